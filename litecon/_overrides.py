"""What a class of connections has in place of an attribute of ours, for both kernels."""

from __future__ import annotations

from typing import Any

__all__ = ("attribute_of", "hand_to_setter")


def attribute_of(cls: type[Any], name: str) -> Any:
    """Return an attribute as it stands in a class or in one of its bases, None without one.

    Args:
        cls: The class.
        name: The attribute's.
    """
    for base in cls.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
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
