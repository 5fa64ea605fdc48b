"""What a class of connections has in place of an attribute of ours, for both kernels."""

from __future__ import annotations

from typing import Any, Final

__all__ = ("attribute_of", "hand_to_setter")

_MISSING: Final = object()


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
