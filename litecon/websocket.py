"""`WebSocket`: a WebSocket connection."""

from __future__ import annotations

from typing import Any, ClassVar

from ._core import WebSocketBase, with_fast_constructor
from .connection import ASGIConnection, AuthT, ConstructorSignature, StateT, UserT

__all__ = ("WebSocket",)


@with_fast_constructor
class WebSocket(WebSocketBase, ASGIConnection[Any, UserT, AuthT, StateT]):
    """A WebSocket connection (ASGI 3, WebSocket message format 2.5; RFC 6455).

    Construction stores its arguments and reads nothing. One task may receive while another sends.

    Args:
        scope: Of the kind `websocket`; a dict or another mapping.
        receive: The server's callable that gives events.
        send: The server's callable that takes events.
        connection_state: "receive" where something else has accepted the connection, "connect" where it has received the
            handshake and not answered it; what `WebSocket.connection_state` says at the beginning.

    Raises:
        ValueError: There is no such state.
    """

    __slots__ = ()
    __signature__: ClassVar[Any] = ConstructorSignature(WebSocketBase, connection_state="init")
