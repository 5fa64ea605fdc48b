"""Parsers of query strings and cookies; each is linear in its input and raises nothing undocumented."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Final, final
from urllib.parse import unquote, unquote_to_bytes

from .._errors import field_too_large, too_many_fields
from .._shared.scope import exact_bytes
from ..limits import Limits
from .headers import find_headers

__all__ = ("FieldReader", "parse_cookies", "parse_query")

_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OCTAL_ESCAPE: Final = re.compile(r"\\([0-3][0-7][0-7])")
_PAIR: Final = re.compile(rb"[^&]+")
_AMPERSANDS: Final = re.compile(rb"&&+")
_STEP: Final = 4096
_MAX_CHUNK: Final = 16384
_PERCENT_ESCAPE: Final = re.compile(rb"%[0-9A-Fa-f]{2}")


def parse_query(query: bytes, max_fields: int | None) -> list[tuple[str, str]]:
    """Return the name and value pairs of a query string, or of an urlencoded form.

    Only `&` separates pairs; blank values are kept, empty pairs are not; malformed UTF-8 becomes U+FFFD.

    Args:
        query: The encoded pairs.
        max_fields: The number of pairs that is accepted; None for any number.

    Raises:
        RequestEntityTooLarge: There are more pairs.
    """
    query = exact_bytes(query)
    if max_fields is None or query.count(b"&") < max_fields:
        pairs = [pair for pair in query.split(b"&") if pair]
    else:
        # one by one, since a list of all of them would take many times the memory of the query
        pairs = [match[0] for match in islice(_PAIR.finditer(query), max_fields + 1)]
        if len(pairs) > max_fields:
            raise too_many_fields(max_fields)
    fields = []
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        fields.append((_decode_field(name), _decode_field(value)))
    return fields


@final
class FieldReader:
    """An incremental parser of urlencoded forms, whose result does not depend on where the chunks end.

    It buffers the field that is arriving. Fields are parsed as by `parse_query()`.

    Args:
        limits: The limits, of which `max_fields` and `max_field_size` are used; the latter bounds the decoded size of
            each name and of each value.
    """

    __slots__ = ("_count", "_counted", "_has_equals", "_buffered", "_max_fields", "_max_size", "_error", "_size")

    def __init__(self, limits: Limits) -> None:
        self._max_fields = limits.max_fields
        self._max_size = limits.max_field_size
        self._error: tuple[Callable[[int], Exception], int] | None = None
        self._count = 0
        self._buffered = bytearray()
        # of the buffered field: the number of counted bytes, their decoded size, and whether the name has ended
        self._counted = self._size = 0
        self._has_equals = False

    def feed(self, chunk: bytes) -> list[tuple[str, str]]:
        """Return the fields that a chunk completes; `check()` then raises the error that follows them, if any.

        Args:
            chunk: The next chunk of the body, b"" at its end.
        """
        fields: list[tuple[str, str]] = []
        chunk = bytes(chunk)
        # in steps, since the list of all pieces of a chunk would take many times its memory
        for start in range(0, len(chunk) or 1, _MAX_CHUNK):
            if self._error is None:
                self._feed(chunk[start : start + _MAX_CHUNK], fields)
        return fields

    def _feed(self, chunk: bytes, fields: list[tuple[str, str]]) -> None:
        # consecutive empty fields become one, since they do not count
        pieces = (_AMPERSANDS.sub(b"&", chunk) if b"&&" in chunk else chunk).split(b"&")
        last = pieces.pop() if chunk else None
        for piece in pieces:
            if piece or self._buffered:
                if not self._buffer_piece(piece, True):
                    return
                name, _, value = self._buffered.partition(b"=")
                self._buffered = bytearray()
                self._counted = self._size = 0
                self._has_equals = False
                fields.append((_decode_field(name), _decode_field(value)))
        if last:
            self._buffer_piece(last, False)

    def check(self) -> None:
        """Raise the error that follows the returned fields, if any.

        Raises:
            RequestEntityTooLarge: There are more fields than accepted, or one is too large.
        """
        if self._error is not None:
            make, limit = self._error
            raise make(limit)

    def _buffer_piece(self, piece: bytes, is_last: bool) -> bool:
        """Add a piece to the field that is arriving, and return whether it is within the bounds."""
        if not self._buffered:
            self._count += 1
            if self._max_fields is not None and self._count > self._max_fields:
                self._error = too_many_fields, self._max_fields
                return False
        self._buffered += piece
        # decoding does not enlarge a field
        if (
            self._max_size is not None
            and len(self._buffered) > self._max_size
            and self._measure(is_last) > self._max_size
        ):
            self._error = field_too_large, self._max_size
            return False
        return True

    def _measure(self, is_last: bool) -> int:
        """Count the new bytes of the buffered field, and return the decoded size of its name or value."""
        new = bytes(self._buffered[self._counted :])
        if not is_last:
            # an escape may continue in the next chunk
            cut = new.rfind(b"%", max(len(new) - 2, 0))
            if cut >= 0:
                new = new[:cut]
        self._counted += len(new)
        if not self._has_equals:
            name, equals, new = new.partition(b"=")
            self._size += len(name) - 2 * _count_escapes(name)
            if not equals or (self._max_size is not None and self._size > self._max_size):
                return self._size
            self._has_equals = True
            self._size = 0
        self._size += len(new) - 2 * _count_escapes(new)
        return self._size


def _count_escapes(field: bytes) -> int:
    # counted one by one, since a list of them would take many times the memory of the field
    return sum(1 for _ in _PERCENT_ESCAPE.finditer(field))


def _decode_field(field: bytes | bytearray) -> str:
    if b"+" in field:
        field = field.replace(b"+", b" ")
    if b"%" in field:
        field = unquote_to_bytes(bytes(field)) if len(field) <= _STEP else _unquote_in_steps(field)
    return field.decode("utf-8", "replace")


def _unquote_in_steps(field: bytes | bytearray) -> bytearray:
    """Decode as `unquote_to_bytes()` does, but in steps, since that holds an object for each escape."""
    result = bytearray()
    start = 0
    while start < len(field):
        end = start + _STEP
        # do not cut an escape
        cut = field.rfind(b"%", end - 2, end)
        end = end if cut < 0 else cut
        result += unquote_to_bytes(bytes(field[start:end]))
        start = end
    return result


def parse_cookies(headers: Sequence[Any]) -> dict[str, str]:
    """Return the cookies of all Cookie headers (RFC 6265 section 5.4); the last value of a name is used.

    A pair without `=`, without a name or with a control character is skipped. Values are unquoted and percent-decoded.

    Args:
        headers: The headers, pairs of bytes as in `scope["headers"]`.

    Raises:
        ImproperlyConfiguredException: A header is not a pair of bytes.
    """
    cookies: dict[str, str] = {}
    for header in find_headers(headers, b"cookie"):
        for pair in header.decode("latin-1").split(";"):
            name, separator, value = pair.partition("=")
            name = name.strip(" \t")
            value = value.strip(" \t")
            if separator and name and _CONTROL.search(name) is None and _CONTROL.search(value) is None:
                cookies[name] = _decode_cookie(value)
    return cookies


def _decode_cookie(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
        if "\\" in value:
            value = "\\".join([_decode_escapes(part) for part in value.split("\\\\")])
    return unquote(value) if "%" in value else value


def _decode_escapes(text: str) -> str:
    """Decode the escapes of a text without escaped backslashes; a call for each escape would make long values slow."""
    last = "\\" if text.endswith("\\") else ""
    parts = _OCTAL_ESCAPE.split(text)
    parts[::2] = [part.replace("\\", "") for part in parts[::2]]
    parts[1::2] = [chr(int(digits, 8)) for digits in parts[1::2]]
    return "".join(parts) + last
