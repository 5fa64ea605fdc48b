"""The signature of a class whose constructor may be compiled."""

from __future__ import annotations

from typing import Any

from ._defaults import empty_receive, empty_send

__all__ = ("ConstructorSignature",)


class ConstructorSignature:
    """The `__signature__` of connection classes: `inspect` finds none in a compiled `__init__`.

    It is made when it is asked for, since importing `inspect` costs more than importing the rest of the package.

    Args:
        base: The kernel class. A subclass with a constructor of its own has the signature of that one.
    """

    def __init__(self, base: type[Any]) -> None:
        self._base = base

    def __get__(self, instance: object, owner: type[Any]) -> Any:
        # an instance has no signature, and inspect looks further where there is none
        if instance is not None or owner.__init__ is not self._base.__init__:
            raise AttributeError("__signature__")
        from inspect import Parameter, Signature

        kind = Parameter.POSITIONAL_OR_KEYWORD
        return Signature(
            [
                Parameter("scope", kind, annotation="Scope"),
                Parameter("receive", kind, default=empty_receive, annotation="Receive"),
                Parameter("send", kind, default=empty_send, annotation="Send"),
            ]
        )
