"""Addresses in hosts."""

from __future__ import annotations

__all__ = ("is_ipv6",)


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
