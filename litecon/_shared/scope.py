"""Reading the values of a scope or an event, and the defaults of a connection's `receive` and `send`.

Scopes and events may be dict subclasses or other mappings; their values may be of subclasses of str and bytes.
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
    "exact_bytes",
    "exact_int",
    "exact_str",
    "lookup",
    "offers_extension",
    "pass_to_setter",
    "to_bytes",
)

_MISSING: Final = object()


def lookup(mapping: Mapping[str, Any], key: str, default: Any = None) -> Any:
    """Return `mapping[key]`, or the default if there is no such key.

    A dict subclass is read by `mapping[key]`, so that its `__getitem__` and `__missing__` are called, which `dict.get`
    ignores. A subclass that overrides only `get` is read by `get`.

    Args:
        mapping: The scope or event.
        key: The key.
        default: The value to return if there is no such key.
    """
    cls = type(mapping)
    if cls is dict or _overrides_only_get(cls):
        return mapping.get(key, default)
    try:
        return mapping[key]
    except KeyError:
        return default


def _overrides_only_get(cls: type[Any]) -> bool:
    return (
        issubclass(cls, dict)
        and cls.get is not dict.get
        and cls.__getitem__ is dict.__getitem__
        and not hasattr(cls, "__missing__")
    )


def event_type(event: Any) -> str | None:
    """Return the type of an event; None if it has none.

    Args:
        event: The object that `receive()` returned.
    """
    try:
        kind = event["type"]
    except (TypeError, KeyError, IndexError):
        return None
    return exact_str(kind) if isinstance(kind, str) else None


def offers_extension(scope: Mapping[str, Any], extension: str) -> bool:
    """Return whether the server offers an extension.

    Args:
        scope: The scope; if its `extensions` are not a container, the server offers none.
        extension: The name of the extension.
    """
    try:
        return extension in lookup(scope, "extensions")
    except TypeError:
        return False


def exact_str(text: str) -> str:
    """Return a text as an exact str, whatever a subclass overrides.

    Args:
        text: A str, or an object of a subclass, such as a member of an enum.
    """
    return text if type(text) is str else str.__str__(text)


def exact_bytes(data: bytes) -> bytes:
    """Return bytes as exact bytes, whatever a subclass overrides.

    Args:
        data: Bytes, or an object of a subclass.
    """
    return data if type(data) is bytes else bytes.__getitem__(data, slice(None))


def to_bytes(data: Any) -> bytes:
    """Return a bytes-like object as exact bytes; `bytes()` returns whatever bytes a `__bytes__` returns.

    Args:
        data: Bytes, a bytearray or a memoryview.
    """
    return exact_bytes(data if isinstance(data, bytes) else bytes(data))


def exact_int(number: Any) -> Any:
    """Return an int as an exact int, whatever a subclass overrides; a bool, and anything else, unchanged.

    Args:
        number: An int, or an object of a subclass, such as a member of an enum.
    """
    return int.__int__(number) if isinstance(number, int) and not isinstance(number, bool) else number


def attribute_of(cls: type[Any], name: str) -> Any:
    """Return an attribute as the class or one of its bases defines it, without calling descriptors; None if none does.

    Args:
        cls: The class.
        name: The name of the attribute.
    """
    for base in cls.__mro__:
        attribute = base.__dict__.get(name, _MISSING)
        if attribute is not _MISSING:
            return attribute
    return None


def pass_to_setter(connection: Any, name: str, value: Any) -> None:
    """Pass an argument of the constructor to the setter that a subclass defines for it.

    An attribute that is overridden without a setter, by a read-only property or a method, gets its value from
    elsewhere.

    Args:
        connection: A connection whose class overrides the attribute.
        name: The name of the attribute: "scope", "receive" or "send".
        value: The argument of the constructor.
    """
    attribute = attribute_of(type(connection), name)
    settable = attribute.fset is not None if isinstance(attribute, property) else hasattr(type(attribute), "__set__")
    if settable:
        setattr(connection, name, value)


async def empty_receive() -> NoReturn:
    """Stand in for `receive` in a connection that was made without one.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError("this connection was made without a receive callable: pass the server's as receive=")


async def empty_send(event: Event) -> NoReturn:
    """Stand in for `send` in a connection that was made without one.

    Args:
        event: The event that cannot be sent.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError("this connection was made without a send callable: pass the server's as send=")
