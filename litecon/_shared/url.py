"""Schemes, hosts, ports and request targets as servers and clients write them (RFC 3986, RFC 9112)."""

from __future__ import annotations

import re
from typing import Any, Final

from .._errors import other_authority, unkept_headers, wrong_type

__all__ = ("DEFAULT_PORTS", "is_ipv6", "is_scheme", "list_headers", "path_of_target", "port_number")

DEFAULT_PORTS: Final = {"http": "80", "ws": "80", "https": "443", "wss": "443"}

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+")
_ABSOLUTE: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*+)://([^/]*+)(.*+)", re.DOTALL)
_AUTHORITY: Final = re.compile(r"(\[[^\]@]*+\]|[^:@\[\]]++)(?::([0-9]*+))?+")


def is_scheme(text: str) -> bool:
    """Return whether a text is the scheme of a URL (RFC 3986 section 3.1).

    Args:
        text: The text, without the colon.
    """
    return _SCHEME.fullmatch(text) is not None


def is_ipv6(text: str) -> bool:
    """Return whether a text is an IPv6 address, without brackets (RFC 3986 section 3.2.2).

    Args:
        text: The text between the brackets.
    """
    # imported here, since few requests name their host by an address
    from ipaddress import AddressValueError, IPv6Address

    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


def list_headers(scope: Any, headers: Any) -> list[Any]:
    """Return headers that are in neither a list nor a tuple as a list, which the scope has from then on.

    Args:
        scope: The scope. If it cannot be changed, the headers are read each time.
        headers: The headers of the scope.

    Raises:
        ImproperlyConfiguredException: They are not iterable, or can be read only once and not be stored.
    """
    try:
        listed = list(headers)
    except TypeError:
        raise wrong_type("headers", headers, "an iterable of pairs of bytes") from None
    try:
        scope["headers"] = listed
    except TypeError:
        if iter(headers) is headers:
            raise unkept_headers(headers) from None
    return listed


def port_number(port: object) -> int | None:
    """Return a port of a scope as an int from 0 to 65535, or None if it is not a valid port.

    Args:
        port: An int, as the ASGI specification requires, or a str of digits, as some servers send it.
    """
    if isinstance(port, str) and port.isascii() and port.isdigit() and len(port) <= 5:
        number = int(port)
    elif isinstance(port, int) and not isinstance(port, bool):
        # an exact int, whatever a subclass overrides
        number = int.__index__(port)
    else:
        return None
    return number if 0 <= number <= 65535 else None


def path_of_target(target: str, method: Any, host: bytes | None, scheme: str) -> str | None:
    """Return the path of a target that does not begin with a slash; "" if it has none, None if its form is unknown.

    Args:
        target: The target, percent-decoded and without its query (RFC 9112 section 3.2).
        method: The method of the request; None for a WebSocket.
        host: The value of the Host header; None without one.
        scheme: The scheme of the connection.

    Raises:
        ClientException: The target names another authority than the Host header. A request must have one authority, or
            a check of the Host header could be bypassed (RFC 9112 section 3.2.2).
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
    # an empty path is the same as a slash, except for OPTIONS (RFC 9110 section 4.2.3)
    return match[3] or ("" if method == "OPTIONS" else "/")


def _check_authority(authority: str, host: bytes | None, scheme: str) -> None:
    wanted = "" if host is None else host.decode("latin-1")
    parts = _split_authority(authority, scheme)
    if parts is None or parts != _split_authority(wanted, scheme):
        raise other_authority(authority, wanted)


def _split_authority(authority: str, scheme: str) -> tuple[str, str] | None:
    """Return the host in lower case and the port, "" for the default one; None if the text is not an authority."""
    match = _AUTHORITY.fullmatch(authority)
    # some characters beyond ASCII become ASCII letters in lower case
    if match is None or not authority.isascii():
        return None
    port = (match[2] or "").lstrip("0") or (match[2] or "")[:1]
    return match[1].lower(), "" if port == DEFAULT_PORTS.get(scheme) else port
