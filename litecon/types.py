"""Types of the ASGI interface: scope, events and the two callables (ASGI 3, HTTP and WebSocket message format 2.5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from enum import Enum
from typing import Any, Final, Literal, TypeAlias

__all__ = (
    "ASGIApp",
    "Empty",
    "EmptyType",
    "Event",
    "HeaderPairs",
    "RawHeaders",
    "Receive",
    "Scope",
    "Send",
    "Serializer",
)

Scope: TypeAlias = MutableMapping[str, Any]
"""What a server says of one connection."""

Event: TypeAlias = MutableMapping[str, Any]
"""What `receive` gives and `send` takes."""

Receive: TypeAlias = Callable[[], Awaitable[Event]]
Send: TypeAlias = Callable[[Event], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

RawHeaders: TypeAlias = list[tuple[bytes, bytes]]
"""`scope["headers"]`: names and values as the server received them."""

HeaderPairs: TypeAlias = Mapping[str, str] | Mapping[bytes, bytes] | Iterable[tuple[str | bytes, str | bytes]]
"""Headers as an application or a test writes them."""

Serializer: TypeAlias = Callable[[Any], Any]
"""Called with what an encoder does not know, returns something that it does."""


class EmptyType(Enum):
    """The type of `Empty`."""

    EMPTY = "empty"

    def __repr__(self) -> str:
        return "Empty"


Empty: Final[Literal[EmptyType.EMPTY]] = EmptyType.EMPTY
"""Stands where nothing was set, so that None stays a value. `clear_session()` stores it."""
