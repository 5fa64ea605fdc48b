"""How a scope and its values are read, and what a connection has in place of what it was not given.

Scopes, events and their values may be of subclasses of dict, str and bytes, or of other mappings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NoReturn

from ..types import Event

__all__ = (
    "attribute_of",
    "empty_receive",
    "empty_send",
    "event_type",
    "hand_to_setter",
    "lookup",
    "offers",
    "plain_bytes",
    "plain_str",
)

_MISSING: Final = object()


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


def event_type(event: Any) -> str | None:
    """Return the type of an event, None for what has none.

    Args:
        event: What a server gave.
    """
    try:
        kind = event["type"]
    except (TypeError, KeyError, IndexError):
        return None
    return plain_str(kind) if isinstance(kind, str) else None


def offers(scope: Mapping[str, Any], extension: str) -> bool:
    """Return whether the server offers an extension.

    Args:
        scope: Its `extensions` are a mapping; anything that no name can be in offers none.
        extension: Its name.
    """
    try:
        return extension in lookup(scope, "extensions")
    except TypeError:
        return False


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


def attribute_of(cls: type[Any], name: str) -> Any:
    """Return an attribute as it stands in a class or in one of its bases, None without one.

    Args:
        cls: The class.
        name: The attribute's.
    """
    for base in cls.__mro__:
        attribute = base.__dict__.get(name, _MISSING)
        if attribute is not _MISSING:
            return attribute
    return None


def hand_to_setter(connection: Any, name: str, value: Any) -> None:
    """Hand an argument of the constructor to the setter that a subclass has of its own.

    An attribute that it overrides without a setter, a read-only property or a method, has its value from elsewhere.

    Args:
        connection: Whose class overrides the attribute.
        name: "scope", "receive" or "send".
        value: The argument.
    """
    attribute = attribute_of(type(connection), name)
    settable = attribute.fset is not None if isinstance(attribute, property) else hasattr(type(attribute), "__set__")
    if settable:
        setattr(connection, name, value)


async def empty_receive() -> NoReturn:
    """Stand in for `receive` where a connection was made without one.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError("this connection was made without a receive callable: pass the server's as receive=")


async def empty_send(event: Event) -> NoReturn:
    """Stand in for `send` where a connection was made without one.

    Args:
        event: The event that cannot be sent.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError("this connection was made without a send callable: pass the server's as send=")
