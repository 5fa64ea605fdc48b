"""`WebSocket`, a WebSocket connection."""

from __future__ import annotations

from typing import Any, ClassVar

from ._core import WebSocketBase, with_fast_constructor
from .connection import ASGIConnection, AuthT, ConstructorSignature, StateT, UserT, with_public_names

__all__ = ("WebSocket",)


@with_public_names
@with_fast_constructor
class WebSocket(WebSocketBase, ASGIConnection[Any, UserT, AuthT, StateT]):
    """A WebSocket connection (ASGI 3, WebSocket message format 2.5; RFC 6455).

    The constructor stores its arguments and reads nothing. One task may receive while another sends.

    ```python
    async for text in WebSocket(scope, receive, send).iter_data():
        print(text)
    ```

    Args:
        scope: The scope of a WebSocket; a dict or another mapping.
        receive: The server's callable that returns the next event.
        send: The server's callable that takes an event.
        connection_state: The state to begin in: "receive" if the connection was accepted before, "connect" if its
            handshake was received and not answered.

    Raises:
        ValueError: There is no such state.
    """

    __slots__ = ()
    __signature__: ClassVar[Any] = ConstructorSignature(WebSocketBase, connection_state="init")
