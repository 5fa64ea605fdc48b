"""Values of scopes and events that are no exact dict, str or bytes: subclasses and other mappings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ("lookup", "plain_bytes", "plain_str")


def lookup(mapping: Mapping[str, Any], key: str, default: Any = None) -> Any:
    """Return `mapping[key]`, the default where there is no such key.

    A dict subclass is asked as `mapping[key]` asks it, so that its own `__getitem__` and `__missing__` are obeyed, which
    `dict.get` passes by. One that has nothing of its own but `get` is asked by that.

    Args:
        mapping: A scope or an event.
        key: One of its keys.
        default: What to return without it.
    """
    cls = type(mapping)
    if cls is dict or _has_only_get(cls):
        return mapping.get(key, default)
    try:
        return mapping[key]
    except KeyError:
        return default


def _has_only_get(cls: type[Any]) -> bool:
    return (
        issubclass(cls, dict)
        and cls.get is not dict.get
        and cls.__getitem__ is dict.__getitem__
        and not hasattr(cls, "__missing__")
    )


def plain_str(text: str) -> str:
    """Return a text as an exact str: what a subclass overrides does not count.

    Args:
        text: Of str or a subclass, such as an enum's member.
    """
    return text if type(text) is str else str.__str__(text)


def plain_bytes(data: bytes) -> bytes:
    """Return bytes as exact bytes: what a subclass overrides does not count.

    Args:
        data: Of bytes or a subclass.
    """
    return data if type(data) is bytes else bytes.__getitem__(data, slice(None))
