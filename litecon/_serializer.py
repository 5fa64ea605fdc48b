"""What the encoders ask where they do not know a type."""

from __future__ import annotations

from typing import Any

__all__ = ("default_serializer",)


def default_serializer(value: Any) -> Any:
    """Return something that both encoders know for a value that one of them does not.

    Args:
        value: A set, path, deque, decimal, enum, Struct or attrs object, or an object that is its own string.

    Raises:
        TypeError: There is no way to encode it.
    """
    # not at import, as it is a default argument: who encodes nothing does not pay for these
    from collections import deque
    from decimal import Decimal
    from enum import Enum
    from pathlib import PurePath

    import msgspec

    if isinstance(value, (set, frozenset, deque)):
        return list(value)
    if isinstance(value, (PurePath, Decimal)):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "backslashreplace")
    try:
        return msgspec.to_builtins(value)
    except TypeError:
        pass
    raise TypeError(f"cannot encode an object of type {type(value).__name__!r}: pass a serializer= that converts it")
