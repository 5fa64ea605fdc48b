"""Requests and WebSockets of litecon, made from those of Starlette and FastAPI.

A body can be received only once, and a handshake answered only once: the functions here take over what Starlette's
object has read. Starlette itself is not imported.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar, overload

from .connection import empty_receive, empty_send
from .request import Request
from .websocket import WebSocket

__all__ = ("request_of", "websocket_of")

RequestT = TypeVar("RequestT", bound=Request[Any, Any, Any])
WebSocketT = TypeVar("WebSocketT", bound=WebSocket[Any, Any, Any])


class Connection(Protocol):
    """The members of Starlette's `Request` and `WebSocket` that are used here."""

    @property
    def scope(self) -> Any:
        """The scope of the connection."""


@overload
def request_of(request: Connection) -> Request[Any, Any, Any]: ...
@overload
def request_of(request: Connection, request_class: type[RequestT]) -> RequestT: ...
def request_of(request: Connection, request_class: type[Any] = Request) -> Any:
    """Return a litecon request for a request of Starlette or FastAPI.

    A body that Starlette's request has kept, since `body()`, `json()` or FastAPI read it, is available here too. If its
    `form()` or `stream()` has read the body to the end without keeping it, reading raises StreamConsumed instead of
    waiting forever. Starlette does not tell whether a part of the body was streamed.

    ```python
    async def litecon_request(request: fastapi.Request) -> litecon.Request:
        return request_of(request)
    ```

    Args:
        request: The request of Starlette; FastAPI uses the same class.
        request_class: The class of the request that is returned, `Request` or a subclass.
    """
    ours = request_class(request.scope, _receive_of(request), _send_of(request))
    reader = ours.body_reader
    if not reader.ended and not reader.size:
        body = getattr(request, "_body", None)
        if body is not None:
            reader.buffer({"type": "http.request", "body": body})
            # from now on the body is kept, even if it is streamed
            reader.finish()
        elif getattr(request, "_stream_consumed", False):
            # one byte stands for the streamed ones, whose number is unknown
            reader.skip({"type": "http.request", "body": b"?"})
    return ours


@overload
def websocket_of(websocket: Connection) -> WebSocket[Any, Any, Any]: ...
@overload
def websocket_of(websocket: Connection, websocket_class: type[WebSocketT]) -> WebSocketT: ...
def websocket_of(websocket: Connection, websocket_class: type[Any] = WebSocket) -> Any:
    """Return a litecon WebSocket for a WebSocket of Starlette or FastAPI, in the same state.

    Use only the returned WebSocket afterwards: Starlette's object does not see the events that it receives and sends.

    ```python
    async def litecon_websocket(websocket: fastapi.WebSocket) -> litecon.WebSocket:
        return websocket_of(websocket)
    ```

    Args:
        websocket: The WebSocket of Starlette; FastAPI uses the same class.
        websocket_class: The class of the WebSocket that is returned, `WebSocket` or a subclass.
    """
    ours = websocket_class(websocket.scope, _receive_of(websocket), _send_of(websocket))
    ours.connection_state = _state_of(websocket)
    return ours


def _receive_of(connection: Any) -> Any:
    return getattr(connection, "_receive", empty_receive)


def _send_of(connection: Any) -> Any:
    return getattr(connection, "_send", empty_send)


def _state_of(websocket: Any) -> str:
    """Return the `connection_state` that corresponds to the two states of Starlette's WebSocket."""
    client, application = websocket.client_state.name, websocket.application_state.name
    if "DISCONNECTED" in (client, application):
        return "disconnect"
    if application == "CONNECTED":
        return "receive"
    return "connect" if client == "CONNECTED" else "init"
