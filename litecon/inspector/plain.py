"""Conversion of values to those that JSON can represent."""

from __future__ import annotations

from ast import literal_eval
from codecs import getincrementaldecoder
from collections.abc import Mapping
from math import isfinite
from typing import Any, Final, TypeAlias

__all__ = ("MAX_BINARY", "MAX_TEXT", "BytesText", "Report", "plain", "preview", "with_text_names")

Report: TypeAlias = dict[str, Any]

MAX_TEXT: Final = 64 * 1024
"""The number of characters of a body that are shown."""

MAX_BINARY: Final = 1024
"""The number of bytes of a binary body that are shown."""

_MAX_DEPTH: Final = 64
_MAX_REPR: Final = 200


class BytesText(str):
    """The representation of bytes, such as `b'x'`; its class distinguishes it from an ordinary str."""

    __slots__ = ()

    def text(self) -> str:
        """Return the bytes as Latin-1, which is what the names of headers are."""
        data: bytes = literal_eval(str(self))
        return data.decode("latin-1")


def plain(value: object, depth: int = 0) -> Any:
    """Return a value that JSON can represent: bytes become `b'...'`, other objects their representation, truncated.

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
        return {_key(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, depth + 1) for item in value]
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return plain(text if len(text) <= _MAX_REPR else f"{text[:_MAX_REPR]}...")


def _key(key: object) -> str:
    text = plain(key)
    return text if isinstance(text, str) else str(text)


def with_text_names(value: Any) -> Any:
    """Return a plain value whose names are decoded to text: the keys of mappings, and the names of raw headers.

    Args:
        value: The value, as `plain` returns it.
    """
    if isinstance(value, dict):
        return {_text_of(key): with_text_names(item) for key, item in value.items()}
    if isinstance(value, list):
        if len(value) == 2 and isinstance(value[0], BytesText) and isinstance(value[1], BytesText):
            return [_text_of(value[0]), value[1]]
        return [with_text_names(item) for item in value]
    return value


def _text_of(name: str) -> str:
    return name.text() if isinstance(name, BytesText) else name


def preview(head: bytes, is_cut: bool, is_binary: bool = False) -> Report:
    """Return the beginning of a body as text, or as hexadecimal digits if it is not text.

    Args:
        head: The first bytes of the body, of which at most `MAX_TEXT` characters or `MAX_BINARY` bytes are shown.
        is_cut: Whether the body continues after them.
        is_binary: Whether to show digits even if the bytes are valid text.
    """
    if not is_binary:
        try:
            # the last character may be incomplete
            text = getincrementaldecoder("utf-8")().decode(head, not is_cut)
        except UnicodeDecodeError:
            text = "\0"
        if "\0" not in text:
            return {"truncated": is_cut or len(text) > MAX_TEXT, "text": text[:MAX_TEXT]}
    return {"truncated": is_cut or len(head) > MAX_BINARY, "hex": head[:MAX_BINARY].hex()}
