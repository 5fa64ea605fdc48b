"""What a connection has in place of the callables that it was not given."""

from __future__ import annotations

from typing import NoReturn

from .types import Event


async def empty_receive() -> NoReturn:
    """Stand in for `receive` where a connection was made without one.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError("this connection was made without a receive callable: pass the server's as receive=")


async def empty_send(event: Event) -> NoReturn:
    """Stand in for `send` where a connection was made without one.

    Args:
        event: The event that cannot be sent.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError("this connection was made without a send callable: pass the server's as send=")
