"""The part of msgspec that tests of threads need, for interpreters for which msgspec has no build."""

from __future__ import annotations

import types
import typing
from typing import Any

from . import json as json

__version__ = "0.0-standin"


class MsgspecError(Exception):
    pass


class DecodeError(MsgspecError):
    pass


class ValidationError(DecodeError):
    pass


class EncodeError(MsgspecError):
    pass


from . import msgpack as msgpack  # noqa: E402


def convert(value: Any, type: Any, **options: Any) -> Any:
    if type is Any:
        return value
    origin, arguments = typing.get_origin(type), typing.get_args(type)
    if origin in (typing.Union, types.UnionType):
        return _first_that_fits(value, arguments)
    expected = type if origin is None else origin
    if expected is float and value.__class__ is int:
        return float(value)
    if expected is None or expected is types.NoneType:
        expected = types.NoneType
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        raise ValidationError(f"Expected `{getattr(expected, '__name__', expected)}`, got `{value.__class__.__name__}`")
    if expected is list and arguments:
        return [convert(item, arguments[0]) for item in value]
    if expected is dict and arguments:
        return {convert(key, arguments[0]): convert(item, arguments[1]) for key, item in value.items()}
    return value


def _first_that_fits(value: Any, kinds: tuple[Any, ...]) -> Any:
    for kind in kinds:
        try:
            return convert(value, kind)
        except ValidationError:
            pass
    raise ValidationError(f"Expected `{kinds}`, got `{value.__class__.__name__}`")


def to_builtins(value: Any, **options: Any) -> Any:
    raise TypeError(f"cannot convert {value.__class__.__name__}")
