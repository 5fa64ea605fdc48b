"""What the encoders ask where they do not know a type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ("complete_serializer", "convert_value", "default_serializer")


def default_serializer(value: Any) -> Any:
    """Return something that both encoders know for a value that one of them does not.

    Args:
        value: A set, path, deque, decimal, enum, dataclass, Struct, attrs object or pydantic model, or an object of a
            subclass of a built-in type.

    Raises:
        TypeError: There is no way to encode it.
    """
    return convert_value(value, default_serializer)


def complete_serializer(serializer: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a serializer of a caller's own that knows what both encoders take, too.

    What one encoder knows by itself, the other must not ask the caller's for; what neither knows, the caller's is
    asked for first.

    Args:
        serializer: Raises TypeError for what it does not know.
    """
    if serializer is default_serializer:
        return serializer

    def complete(value: Any) -> Any:
        if _is_known(value):
            return convert_value(value, complete)
        try:
            return serializer(value)
        except TypeError as error:
            try:
                return convert_value(value, complete)
            except TypeError:
                raise error from None

    return complete


def convert_value(value: Any, serializer: Callable[[Any], Any]) -> Any:
    """Return what `default_serializer()` returns.

    Args:
        value: What an encoder does not know.
        serializer: Called with what the value holds and msgspec does not know.

    Raises:
        TypeError: There is no way to encode it.
    """
    # not at import, as it is a default argument: who encodes nothing does not pay for these
    from collections import deque
    from datetime import datetime
    from decimal import Decimal
    from enum import Enum
    from pathlib import PurePath

    if value is None or value is True or value is False:
        # both know these, but not as keys of JSON
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (str, int, float)):
        # as a subclass may have a conversion of its own
        if isinstance(value, str):
            return str.__str__(value)
        return int.__int__(value) if isinstance(value, int) else float.__float__(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, (set, frozenset, deque)):
        return list(value)
    if isinstance(value, tuple) and type(value) is not tuple:
        return tuple(value)
    if isinstance(value, (PurePath, Decimal)):
        return str(value)
    if _is_record(value):
        import msgspec

        return msgspec.to_builtins(value, enc_hook=serializer, builtin_types=(bytes, bytearray, memoryview, datetime))
    if hasattr(type(value), "__pydantic_validator__"):
        return dict(value)
    moment = _plain_moment(value)
    if moment is not None:
        return moment
    raise TypeError(f"cannot encode an object of type {type(value).__name__!r}: pass a serializer= that converts it")


def _is_known(value: Any) -> bool:
    """Return whether one of the encoders at least takes a value without being helped."""
    from decimal import Decimal
    from enum import Enum

    known = (str, int, bytes, bytearray, memoryview, tuple, list, dict, set, frozenset, Decimal, Enum)
    return value is None or isinstance(value, known) or _is_record(value)


def _is_record(value: Any) -> bool:
    from dataclasses import is_dataclass

    cls = type(value)
    if is_dataclass(cls) or hasattr(cls, "__attrs_attrs__"):
        return True
    from msgspec import Struct

    return isinstance(value, Struct)


def _plain_moment(value: Any) -> Any:
    """Return a date or time of a subclass as one of the class itself, a duration as text, None for anything else."""
    from datetime import date, datetime, time, timedelta

    if isinstance(value, datetime):
        return datetime.combine(datetime.date(value), datetime.timetz(value))
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    if isinstance(value, time):
        return time(value.hour, value.minute, value.second, value.microsecond, value.tzinfo, fold=value.fold)
    if isinstance(value, timedelta):
        from msgspec import to_builtins

        return to_builtins(timedelta(value.days, value.seconds, value.microseconds))
    return None
