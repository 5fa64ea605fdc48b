"""Targets of requests in other forms than that of a path (RFC 9112 section 3.2), as servers put them into a scope."""

from __future__ import annotations

import re
from typing import Any, Final

from ._errors import other_authority
from ._hosts import DEFAULT_PORTS

__all__ = ("path_of_target",)

_ABSOLUTE: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*+)://([^/]*+)(.*+)", re.DOTALL)
_AUTHORITY: Final = re.compile(r"(\[[^\]@]*+\]|[^:@\[\]]++)(?::([0-9]*+))?+")


def path_of_target(target: str, method: Any, host: bytes | None, scheme: str) -> str | None:
    """Return the path of a target that does not begin with a slash; "" for one that has none, None for an unknown form.

    Args:
        target: Percent-decoded, without its query.
        method: The request's method, None for a WebSocket.
        host: The value of the Host header, None without one.
        scheme: Of the connection.

    Raises:
        ClientException: The target names another authority than the Host header: there must be one answer to whose
            request this is, and a check of the Host header must not be passed by (RFC 9112 section 3.2.2).
    """
    if target == "*" and method == "OPTIONS":
        return ""
    if method == "CONNECT":
        _check_authority(target, host, scheme)
        return ""
    match = _ABSOLUTE.fullmatch(target)
    if match is None:
        return None
    _check_authority(match[2], host, match[1].lower())
    # an empty path is the same as a slash, but for OPTIONS (RFC 9110 section 4.2.3)
    return match[3] or ("" if method == "OPTIONS" else "/")


def _check_authority(authority: str, host: bytes | None, scheme: str) -> None:
    wanted = "" if host is None else host.decode("latin-1")
    parts = _split(authority, scheme)
    if parts is None or parts != _split(wanted, scheme):
        raise other_authority(authority, wanted)


def _split(authority: str, scheme: str) -> tuple[str, str] | None:
    """Return the host in lower case and the port, "" for the default one; None for what is no authority."""
    match = _AUTHORITY.fullmatch(authority)
    # in lower case, some characters beyond ASCII are ASCII letters
    if match is None or not authority.isascii():
        return None
    port = (match[2] or "").lstrip("0") or (match[2] or "")[:1]
    return match[1].lower(), "" if port == DEFAULT_PORTS.get(scheme) else port
