"""Serializers: the callables that the JSON and MessagePack encoders call for types that they do not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ("complete_serializer", "convert_value", "default_serializer")


def default_serializer(value: Any) -> Any:
    """Return a replacement that both encoders can encode, for a value that one of them cannot.

    Args:
        value: A set, path, deque, decimal, enum, dataclass, Struct, attrs object or pydantic model, or an object of a
            subclass of a built-in type.

    Raises:
        TypeError: The value is of another type.
    """
    return convert_value(value, default_serializer)


def complete_serializer(serializer: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a serializer that calls the application's for types that no encoder knows, otherwise the default one.

    An encoder must not call the application's serializer for a value that the other encoder can encode by itself.

    Args:
        serializer: The application's serializer, which raises TypeError for values that it does not know.
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
    """Convert a value as `default_serializer()` does, with another serializer for nested values.

    Args:
        value: The value that an encoder does not know.
        serializer: The serializer, which is called with nested values that msgspec does not know.

    Raises:
        TypeError: The value is of a type that cannot be encoded.
    """
    # PERF: imported here, since `default_serializer` is a default argument of kernels, which need none of these
    from collections import deque
    from datetime import datetime
    from decimal import Decimal
    from enum import Enum
    from pathlib import PurePath

    if value is None or value is True or value is False:
        # both encoders know these, but not as keys of JSON objects
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (str, int, float)):
        # not str(value), since a subclass may override its conversion
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
    moment = _convert_date_or_time(value)
    if moment is not None:
        return moment
    raise TypeError(f"cannot encode an object of type {type(value).__name__!r}: pass a serializer= that converts it")


def _is_known(value: Any) -> bool:
    """Return whether at least one of the encoders can encode a value, or a value of its kind, by itself."""
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


def _convert_date_or_time(value: Any) -> Any:
    """Return a date or time as an object of the exact class, a duration as text, and None for anything else."""
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
