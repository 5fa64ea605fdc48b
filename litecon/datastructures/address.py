"""The address of a client."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ("Address",)


class Address(NamedTuple):
    """A host and a port.

    Args:
        host: A name or an address.
        port: A number; None where the server does not know it.
    """

    host: str
    port: int | None
