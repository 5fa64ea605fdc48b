"""Parsers of media types: Content-Type and Accept; each is linear in its input and raises nothing undocumented."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from .._errors import text_type
from .._shared.scope import exact_str

__all__ = ("best_match", "parse_accept", "parse_content_type")

# possessive quantifiers (`*+`) keep every pattern linear: nothing is tried twice
_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]"
_MEDIA_TYPE: Final = re.compile(rf"{_TOKEN}++/{_TOKEN}++")
_NAME: Final = re.compile(rf"{_TOKEN}++")
_OPTION: Final = re.compile(r';[ \t]*+([^=;]*+)(?:=[ \t]*+(?:"((?:[^"\\]++|\\.)*+)"[^;]*+|([^;]*+)))?', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_LIST_ITEM: Final = re.compile(r'(?:[^,"]++|"(?:[^"\\]++|\\.)*+(?:"|\\?+\Z))++', re.DOTALL)
_QUALITY: Final = re.compile(r"([0-9]*+)(?:\.([0-9]*+))?+")


def parse_content_type(value: str) -> tuple[str, dict[str, str]]:
    """Return a media type, in lower case, and its parameters (RFC 9110 section 8.3.1).

    Malformed parameters are skipped; the first of several with the same name is used; names are in lower case.

    Args:
        value: The value of the header.

    Returns:
        The pair of them; `("application/octet-stream", {})` if the value is not a media type, `("", {})` if it is
        empty.
    """
    value = _require_str("a Content-Type header", value)
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
    """Return the media ranges of an Accept header, in order of preference (RFC 9110 section 12.5.1).

    Args:
        value: The value of the header.

    Returns:
        For each range: its quality in thousandths, its specificity, type, subtype, parameters without `q`, and its
        text. A quality that is not a number counts as 1; an item that is not a media range is skipped.
    """
    ranges = []
    for item in _LIST_ITEM.finditer(_require_str("an Accept header", value)):
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
        quality = _parse_quality(parameters.pop("q", "1"))
        specificity = 0 if main == "*" else 1 if sub == "*" else 2 + len(parameters)
        ranges.append((quality, specificity, main, sub, parameters, media_type + text[len(kind) :]))
    ranges.sort(key=lambda item: (-item[0], -item[1]))
    return ranges


def _parse_quality(text: str) -> int:
    number = _QUALITY.fullmatch(text)
    if number is None or not text.strip("."):
        return 1000
    whole, fraction = number.groups()
    if whole.strip("0"):
        return 1000
    return int(((fraction or "") + "000")[:3])


def best_match(value: str, offers: Iterable[str]) -> str | None:
    """Return the offer that a client prefers; None if it accepts none of them (RFC 9110 section 12.5.1).

    The most specific range that matches an offer decides its quality. Between offers of equal quality the more specific
    range decides, then the order of the ranges, then the order of the offers. A `charset` is compared
    case-insensitively, and an offer without one matches any.

    Args:
        value: The value of the Accept header.
        offers: The media types to choose from; a wildcard in an offer is replaced by the type or subtype of the range.
    """
    ranges = parse_accept(value)
    best: str | None = None
    best_rank = (0, 0, 0)
    for offer in offers:
        text = _require_str("an offered media type", offer)
        kind = text.partition(";")[0]
        main, _, sub = kind.strip(" \t").partition("/")
        main, sub = _lower(main), _lower(sub)
        parameters = _parse_parameters(text, len(kind)) if len(kind) != len(text) else {}
        wildcard = main == "*" or sub == "*"
        found = None
        position = specificity = 0
        for index, item in enumerate(ranges):
            if not (item[2] == main or item[2] == "*" or main == "*") or not (
                item[3] == sub or item[3] == "*" or sub == "*"
            ):
                continue
            missing = _missing_parameters(parameters, item[4])
            if missing >= 0 and (found is None or item[1] - missing > specificity):
                found = item
                position = index
                specificity = item[1] - missing
                if wildcard:
                    break
        if found is None or not found[0]:
            continue
        rank = (found[0], specificity, -position)
        if best is None or rank > best_rank:
            best_rank = rank
            best = offer
            if wildcard:
                best = f"{found[2] if main == '*' else main}/{found[3] if sub == '*' else sub}"
    return best


def _missing_parameters(parameters: dict[str, str], wanted: dict[str, str]) -> int:
    """Return how many parameters of a range an offer lacks; -1 if it does not have those that the range requires."""
    missing = 0
    for name, value in wanted.items():
        own = parameters.get(name)
        if name == "charset":
            # an offer has some charset even if it does not name one (RFC 9110 section 8.3.2)
            if own is None:
                missing += 1
            elif own.lower() != value.lower():
                return -1
        elif own != value:
            return -1
    return missing


def _lower(text: str) -> str:
    """Return a text in lower case, unchanged if it has characters beyond ASCII, which no name has."""
    return text.lower() if text.isascii() else text


def _require_str(what: str, text: str) -> str:
    if not isinstance(text, str):
        raise text_type(what, text)
    return exact_str(text)
