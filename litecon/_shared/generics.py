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
    # NOTE: not that of typing_extensions, whose import takes longer than that of litecon
    def TypeVar(name: str, *, default: Any, bound: Any = None) -> Any:
        """Return a type variable, whose default `with_defaults()` uses.

        Args:
            name: The name of the variable to which it is assigned.
            default: The type that is used if no argument is given.
            bound: The class of which an argument must be a subclass.
        """
        variable = typing.TypeVar(name, bound=bound)
        _defaults[variable] = default
        return variable


_defaults: dict[Any, Any] = {}


def with_defaults(parameters: tuple[Any, ...], arguments: Any) -> Any:
    """Return the type arguments of a class, completed by the defaults of the type variables without an argument.

    Args:
        parameters: The type variables of the class.
        arguments: The type arguments, a tuple or a single one.
    """
    given = arguments if isinstance(arguments, tuple) else (arguments,)
    rest = parameters[len(given) :]
    # typing raises the error for too few or too many arguments
    if not rest or not given or any(variable not in _defaults for variable in rest):
        return arguments
    return (*given, *(_defaults[variable] for variable in rest))
