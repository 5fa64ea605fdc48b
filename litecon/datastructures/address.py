"""The address of a client."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ("Address",)


class Address(NamedTuple):
    """The host and port of a client.

    Args:
        host: The name or address of the host.
        port: The port number; None if the server does not know it.
    """

    host: str
    port: int | None
