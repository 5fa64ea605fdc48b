"""Parsers of query strings and cookies; each is linear in its input and raises nothing undocumented."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote, unquote_to_bytes

from .._errors import too_many_fields
from .._scopes import plain_bytes
from .lookup import find_headers

__all__ = ("parse_cookies", "parse_query")

_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OCTAL_ESCAPE: Final = re.compile(r"\\([0-3][0-7][0-7])")


def parse_query(query: bytes, max_fields: int | None) -> list[tuple[str, str]]:
    """Return the name and value pairs of a query string, or of an urlencoded form.

    Only `&` separates, blank values are kept, empty pairs are not, what is no UTF-8 becomes U+FFFD.

    Args:
        query: The encoded pairs.
        max_fields: How many of them are accepted; None for any number.

    Raises:
        RequestEntityTooLarge: There are more.
    """
    pairs = [pair for pair in plain_bytes(query).split(b"&") if pair]
    if max_fields is not None and len(pairs) > max_fields:
        raise too_many_fields(max_fields)
    fields = []
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        fields.append((_decode_field(name), _decode_field(value)))
    return fields


def _decode_field(field: bytes) -> str:
    if b"+" in field:
        field = field.replace(b"+", b" ")
    if b"%" in field:
        field = unquote_to_bytes(field)
    return field.decode("utf-8", "replace")


def parse_cookies(headers: Sequence[Any]) -> dict[str, str]:
    """Return the cookies of all Cookie headers (RFC 6265 section 5.4); the last of a name wins.

    A pair without `=`, without a name or with a control character is skipped. Values are unquoted and percent-decoded.

    Args:
        headers: Pairs of bytes, as in `scope["headers"]`.

    Raises:
        ImproperlyConfiguredException: A header is no pair of bytes.
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
    """Decode a text without escaped backslashes; a call for each escape would make long values slow."""
    last = "\\" if text.endswith("\\") else ""
    parts = _OCTAL_ESCAPE.split(text)
    parts[::2] = [part.replace("\\", "") for part in parts[::2]]
    parts[1::2] = [chr(int(digits, 8)) for digits in parts[1::2]]
    return "".join(parts) + last
