"""Types of the ASGI interface: scope, events and the two callables (ASGI 3, HTTP and WebSocket message format 2.5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from enum import Enum
from typing import Any, Final, Literal, TypeAlias

__all__ = ("ASGIApp", "Empty", "EmptyType", "Event", "RawHeaders", "Receive", "Scope", "Send")

Scope: TypeAlias = MutableMapping[str, Any]
"""What a server says of one connection."""

Event: TypeAlias = MutableMapping[str, Any]
"""What `receive` gives and `send` takes."""

Receive: TypeAlias = Callable[[], Awaitable[Event]]
Send: TypeAlias = Callable[[Event], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

RawHeaders: TypeAlias = list[tuple[bytes, bytes]]
"""`scope["headers"]`: names and values as the server received them."""


class EmptyType(Enum):
    """The type of `Empty`."""

    EMPTY = "empty"

    def __repr__(self) -> str:
        return "Empty"


Empty: Final[Literal[EmptyType.EMPTY]] = EmptyType.EMPTY
"""Stands where nothing was set, so that None stays a value. `clear_session()` stores it."""
