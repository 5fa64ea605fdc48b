"""The types of the ASGI interface: scope, event, receive and send (ASGI 3, HTTP and WebSocket message format 2.5)."""

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
"""The mapping with which a server describes one connection."""

Event: TypeAlias = MutableMapping[str, Any]
"""The mapping that `receive` returns and `send` takes."""

Receive: TypeAlias = Callable[[], Awaitable[Event]]
Send: TypeAlias = Callable[[Event], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

RawHeaders: TypeAlias = list[tuple[bytes, bytes]]
"""The value of `scope["headers"]`: pairs of name and value as the server received them."""

HeaderPairs: TypeAlias = Mapping[str, str] | Mapping[bytes, bytes] | Iterable[tuple[str | bytes, str | bytes]]
"""Headers as an application or a test may pass them."""

Serializer: TypeAlias = Callable[[Any], Any]
"""A callable that an encoder calls with a value of an unknown type, and that returns a value of a known one."""


class EmptyType(Enum):
    """The type of `Empty`."""

    EMPTY = "empty"

    def __repr__(self) -> str:
        return "Empty"


Empty: Final[Literal[EmptyType.EMPTY]] = EmptyType.EMPTY
"""The value of something that was not set, as distinct from None; `clear_session()` stores it."""
