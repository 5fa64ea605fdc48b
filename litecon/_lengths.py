"""Content-Length as a number (RFC 9110 section 8.6)."""

from __future__ import annotations

from typing import Final

from ._errors import long_content_length

__all__ = ("long_number",)

# turning digits into a number takes time that grows with their square, and CPython refuses more than some thousands
_MOST_DIGITS: Final = 100


def long_number(digits: bytes) -> int:
    """Return the number that ASCII digits are.

    Args:
        digits: Any number of them.

    Raises:
        RequestEntityTooLarge: It has more than 100, without leading zeros.
    """
    significant = digits.lstrip(b"0")
    if len(significant) > _MOST_DIGITS:
        raise long_content_length(len(significant))
    return int(significant or b"0")
