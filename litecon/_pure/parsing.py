"""Parsers of what a client sends in headers and query; each is linear in its input and raises nothing undocumented."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import unquote, unquote_to_bytes

from .._errors import too_many_fields, wrong_header

__all__ = (
    "best_match",
    "find_header",
    "find_headers",
    "measure_msgpack",
    "nests_deeper",
    "parse_accept",
    "parse_content_type",
    "parse_cookies",
    "parse_query",
)

# possessive quantifiers (`*+`) keep every pattern linear: nothing is tried twice
_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]"
_MEDIA_TYPE: Final = re.compile(rf"{_TOKEN}++/{_TOKEN}++")
_NAME: Final = re.compile(rf"{_TOKEN}++")
_OPTION: Final = re.compile(r';[ \t]*+([^=;]*+)(?:=[ \t]*+(?:"((?:[^"\\]++|\\.)*+)"[^;]*+|([^;]*+)))?', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_LIST_ITEM: Final = re.compile(r'(?:[^,"]++|"(?:[^"\\]++|\\.)*+(?:"|\\?+\Z))++', re.DOTALL)
_QUALITY: Final = re.compile(r"([0-9]*+)(?:\.([0-9]*+))?+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OCTAL_ESCAPE: Final = re.compile(r"\\([0-3][0-7][0-7])")
_JSON_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?+', re.DOTALL)

# how a MessagePack object goes on behind its first byte: so many bytes; a length of so many bytes, then as many bytes and
# these more; a count of so many bytes, then so many times as many objects
_FIXED: Final = {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8} | {
    0xD4 + power: 1 + 2**power for power in range(5)
}
_SIZED: Final = {0xC4: (1, 0), 0xC5: (2, 0), 0xC6: (4, 0), 0xC7: (1, 1), 0xC8: (2, 1), 0xC9: (4, 1)} | {
    0xD9: (1, 0),
    0xDA: (2, 0),
    0xDB: (4, 0),
}
_COUNTED: Final = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}

_NOT_BRACKETS: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")


def find_header(headers: Sequence[Any], name: bytes) -> bytes | None:
    """Return the value of the first header of that name, None if there is none.

    Args:
        headers: Pairs of bytes, as in `scope["headers"]`.
        name: A lower-case name; the headers' case does not count.

    Raises:
        ImproperlyConfiguredException: A header is no pair of bytes.
    """
    lower = bytes.lower  # raises TypeError for what is no bytes
    pair: Any = None
    try:
        for pair in headers:
            key, value = pair
            if lower(key) == name:
                if isinstance(value, bytes):
                    return value
                break
        else:
            return None
    except (TypeError, ValueError):
        pass
    raise wrong_header(pair)


def find_headers(headers: Sequence[Any], name: bytes) -> list[bytes]:
    """Return the values of all headers of that name, in their order.

    Args:
        headers: Pairs of bytes, as in `scope["headers"]`.
        name: A lower-case name; the headers' case does not count.

    Raises:
        ImproperlyConfiguredException: A header is no pair of bytes.
    """
    lower = bytes.lower  # raises TypeError for what is no bytes
    pair: Any = None
    found: list[bytes] = []
    try:
        for pair in headers:
            key, value = pair
            if lower(key) == name:
                if not isinstance(value, bytes):
                    break
                found.append(value)
        else:
            return found
    except (TypeError, ValueError):
        pass
    raise wrong_header(pair)


def parse_query(query: bytes, max_fields: int | None) -> list[tuple[str, str]]:
    """Return the name and value pairs of a query string, or of an urlencoded form.

    Only `&` separates, blank values are kept, empty pairs are not, what is no UTF-8 becomes U+FFFD.

    Args:
        query: The encoded pairs.
        max_fields: How many of them are accepted; None for any number.

    Raises:
        RequestEntityTooLarge: There are more.
    """
    pairs = [pair for pair in query.split(b"&") if pair]
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


def parse_content_type(value: str) -> tuple[str, dict[str, str]]:
    """Return a media type, in lower case, and its parameters (RFC 9110 section 8.3.1).

    Parameters that are none are skipped; the first of a name wins, and names are in lower case.

    Args:
        value: The header's value.

    Returns:
        `("application/octet-stream", {})` for what is no media type, `("", {})` for an empty value.
    """
    kind, _, _ = value.partition(";")
    media_type = kind.strip(" \t")
    if _MEDIA_TYPE.fullmatch(media_type) is None:
        return ("application/octet-stream" if value.strip(" \t") else ""), {}
    return media_type.lower(), _parse_parameters(value, len(kind))


def _parse_parameters(value: str, start: int) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for option in _OPTION.finditer(value, start):
        name, quoted, plain = option.groups()
        name = name.rstrip(" \t")
        if (quoted is None and plain is None) or _NAME.fullmatch(name) is None:
            continue
        name = name.lower()
        if name in parameters:
            continue
        parameters[name] = plain.rstrip(" \t") if quoted is None else _ESCAPE.sub(r"\1", quoted)
    return parameters


def parse_accept(value: str) -> list[tuple[int, int, str, str, dict[str, str], str]]:
    """Return the media ranges of an Accept header, the most wanted first (RFC 9110 section 12.5.1).

    Args:
        value: The header's value.

    Returns:
        For each range: its quality in thousandths, its specificity, type, subtype, parameters without `q`, and its text.
        A quality that is no number counts as 1; an item that is no media range is skipped.
    """
    ranges = []
    for item in _LIST_ITEM.finditer(value):
        text = item[0].strip(" \t")
        kind = text.partition(";")[0]
        media_type = kind.rstrip(" \t")
        if media_type == "*":
            media_type = "*/*"
        if _MEDIA_TYPE.fullmatch(media_type) is None:
            continue
        media_type = media_type.lower()
        main, _, sub = media_type.partition("/")
        parameters = _parse_parameters(text, len(kind))
        quality = _quality(parameters.pop("q", "1"))
        specificity = 0 if main == "*" else 1 if sub == "*" else 2 + len(parameters)
        ranges.append((quality, specificity, main, sub, parameters, media_type + text[len(kind) :]))
    ranges.sort(key=lambda item: (-item[0], -item[1]))
    return ranges


def _quality(text: str) -> int:
    number = _QUALITY.fullmatch(text)
    if number is None or not text.strip("."):
        return 1000
    whole, fraction = number.groups()
    if whole.strip("0"):
        return 1000
    return int(((fraction or "") + "000")[:3])


def best_match(ranges: Sequence[tuple[int, int, str, str, dict[str, str], str]], offers: Iterable[str]) -> str | None:
    """Return the offer that a client wants most, None if it accepts none of them.

    The most specific range that matches an offer decides its quality. Between equal offers the more specific range
    decides, then the order of the ranges, then the order of the offers.

    Args:
        ranges: What `parse_accept` returned.
        offers: Media types; a wildcard in one is filled in from the range that it matches.
    """
    best: str | None = None
    best_rank = (0, 0, 0)
    for offer in offers:
        kind = offer.partition(";")[0]
        main, _, sub = kind.strip(" \t").lower().partition("/")
        parameters = _parse_parameters(offer, len(kind)) if len(kind) != len(offer) else {}
        wildcard = main == "*" or sub == "*"
        found = None
        position = 0
        for index, item in enumerate(ranges):
            if (
                (item[2] == main or item[2] == "*" or main == "*")
                and (item[3] == sub or item[3] == "*" or sub == "*")
                and (found is None or item[1] > found[1])
                and all(parameters.get(name) == wanted for name, wanted in item[4].items())
            ):
                found = item
                position = index
                if wildcard:
                    break
        if found is None or not found[0]:
            continue
        rank = (found[0], found[1], -position)
        if best is None or rank > best_rank:
            best_rank = rank
            best = offer
            if wildcard:
                best = f"{found[2] if main == '*' else main}/{found[3] if sub == '*' else sub}"
    return best


def nests_deeper(body: bytes, limit: int) -> bool:
    """Return whether JSON nests arrays and objects deeper than a limit.

    Decoders recurse on the C stack, and on a thread with a small one they crash where they should raise.

    Args:
        body: JSON, valid or not.
        limit: Levels.
    """
    if len(body) <= limit or body.count(b"[") + body.count(b"{") <= limit:
        return False
    depth = 0
    for bracket in _JSON_STRING.sub(b"", body).translate(None, _NOT_BRACKETS):
        if bracket in b"[{":
            depth += 1
            if depth > limit:
                return True
        elif depth:
            depth -= 1
    return False


def measure_msgpack(body: bytes, limit: int) -> int:
    """Return the length of the MessagePack object that a body begins with.

    Decoders recurse on the C stack, and on a thread with a small one they crash where they should raise; some ignore
    what follows the object.

    Args:
        body: MessagePack, valid or not.
        limit: How many arrays and maps may lie in each other.

    Returns:
        -1 where they nest deeper, more than there is where the body ends too early.
    """
    position = 0
    size = len(body)
    # how many objects each open array or map still lacks; the last line is the whole
    open_: list[int] = [1]
    while position <= size:
        if not open_[-1]:
            open_.pop()
            if not open_:
                return position
            continue
        if position == size:
            break
        open_[-1] -= 1
        first = body[position]
        position += 1
        count = 0
        if first < 0x80 or first >= 0xE0:
            continue
        if first < 0xA0:
            count = (first & 0x0F) * (2 if first < 0x90 else 1)
        elif first < 0xC0:
            position += first & 0x1F
            continue
        elif first in _FIXED:
            position += _FIXED[first]
            continue
        elif first in _SIZED:
            width, more = _SIZED[first]
            position += width + more + int.from_bytes(body[position : position + width], "big")
            continue
        elif first in _COUNTED:
            width, times = _COUNTED[first]
            if position + width > size:
                break
            count = times * int.from_bytes(body[position : position + width], "big")
            position += width
        else:
            continue
        if len(open_) > limit:
            return -1
        open_.append(count)
    return size + 1
