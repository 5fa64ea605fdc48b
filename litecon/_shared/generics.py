"""Type variables with defaults (PEP 696), so that a bare `Request` is `Request[Any, Any, State]` for a type checker."""

from __future__ import annotations

import sys
import typing
from typing import TYPE_CHECKING, Any

__all__ = ("TypeVar", "with_defaults")

if TYPE_CHECKING:
    from typing_extensions import TypeVar
elif sys.version_info >= (3, 13):
    from typing import TypeVar
else:
    # NOTE: not that of typing_extensions, whose import costs more than litecon's
    def TypeVar(name: str, *, default: Any, bound: Any = None) -> Any:
        """Return a type variable, whose default `with_defaults` knows.

        Args:
            name: Of the variable it is assigned to.
            default: What stands for it where nothing is given.
            bound: What a type that stands for it must be a subclass of.
        """
        variable = typing.TypeVar(name, bound=bound)
        _defaults[variable] = default
        return variable


_defaults: dict[Any, Any] = {}


def with_defaults(parameters: tuple[Any, ...], arguments: Any) -> Any:
    """Return what a class is subscripted with, and the defaults of the type variables behind it.

    Args:
        parameters: The type variables of the class.
        arguments: What stands between the brackets; a tuple, or one argument.
    """
    given = arguments if isinstance(arguments, tuple) else (arguments,)
    rest = parameters[len(given) :]
    # too few or too many is left to typing to say
    if not rest or not given or any(variable not in _defaults for variable in rest):
        return arguments
    return (*given, *(_defaults[variable] for variable in rest))
