"""Look-ups of headers in the raw list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._errors import wrong_header
from .._shared.scope import plain_bytes

__all__ = ("find_header", "find_headers")


def find_header(headers: Sequence[Any], name: bytes) -> bytes | None:
    """Return the value of the first header of that name; None if there is none.

    Args:
        headers: The headers, pairs of bytes as in `scope["headers"]`.
        name: The name of the header, in any case.

    Raises:
        ImproperlyConfiguredException: A header is no pair of bytes.
    """
    lower = bytes.lower  # raises TypeError for what is no bytes
    name = lower(name)
    pair: Any = None
    try:
        for pair in headers:
            key, value = pair
            if lower(key) == name:
                if isinstance(value, bytes):
                    return plain_bytes(value)
                break
        else:
            return None
    except (TypeError, ValueError):
        pass
    raise wrong_header(pair)


def find_headers(headers: Sequence[Any], name: bytes) -> list[bytes]:
    """Return the values of all headers of that name, in order.

    Args:
        headers: The headers, pairs of bytes as in `scope["headers"]`.
        name: The name of the header, in any case.

    Raises:
        ImproperlyConfiguredException: A header is no pair of bytes.
    """
    lower = bytes.lower  # raises TypeError for what is no bytes
    name = lower(name)
    pair: Any = None
    found: list[bytes] = []
    try:
        for pair in headers:
            key, value = pair
            if lower(key) == name:
                if not isinstance(value, bytes):
                    break
                found.append(plain_bytes(value))
        else:
            return found
    except (TypeError, ValueError):
        pass
    raise wrong_header(pair)
