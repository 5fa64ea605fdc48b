"""Conversion of values to those that JSON has."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final, TypeAlias

__all__ = ("MAX_BINARY", "MAX_TEXT", "BytesText", "Report", "plain")

Report: TypeAlias = dict[str, Any]

MAX_TEXT: Final = 64 * 1024
"""The number of characters of a body that are shown."""

MAX_BINARY: Final = 1024
"""The number of bytes of a binary body that are shown."""

_MAX_DEPTH: Final = 64
_MAX_REPR: Final = 200


class BytesText(str):
    """The representation of bytes, such as `b'x'`, of a class of its own to distinguish it from a str."""

    __slots__ = ()


def plain(value: object, depth: int = 0) -> Any:
    """Return a value that JSON has for any value: bytes as `b'...'`, objects as their representation, both cut.

    Args:
        value: The value, of any type.
        depth: The depth at which the value is nested; one that is nested too deep is omitted.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, int):
        return value if value.bit_length() <= 64 else hex(value)
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, bytes):
        return BytesText(repr(value))
    if depth == _MAX_DEPTH:
        return "..."
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, depth + 1) for item in value]
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return plain(text if len(text) <= _MAX_REPR else f"{text[:_MAX_REPR]}...")
