"""Hosts and ports as servers and clients write them."""

from __future__ import annotations

import re
from typing import Final

__all__ = ("DEFAULT_PORTS", "is_ipv6", "is_scheme", "port_number")

DEFAULT_PORTS: Final = {"http": "80", "ws": "80", "https": "443", "wss": "443"}

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+")


def is_scheme(text: str) -> bool:
    """Return whether a text is the scheme of a URL (RFC 3986 section 3.1).

    Args:
        text: Without the colon.
    """
    return _SCHEME.fullmatch(text) is not None


def is_ipv6(text: str) -> bool:
    """Return whether a text is an IPv6 address, without brackets (RFC 3986 section 3.2.2).

    Args:
        text: What stands between the brackets.
    """
    # not at import: few requests name their host by an address
    from ipaddress import AddressValueError, IPv6Address

    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


def port_number(port: object) -> int | None:
    """Return a port of a scope as a number up to 65535, None for what is none.

    Args:
        port: An int, as the ASGI specification requires; a str of digits, as some servers give it.
    """
    if isinstance(port, str) and port.isascii() and port.isdigit() and len(port) <= 5:
        number = int(port)
    elif isinstance(port, int) and not isinstance(port, bool):
        # of a subclass, the number
        number = int.__index__(port)
    else:
        return None
    return number if 0 <= number <= 65535 else None
