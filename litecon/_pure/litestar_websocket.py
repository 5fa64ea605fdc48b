"""What the drop-in's WebSockets do: keeping the state, receiving, iterating and sending, as Litestar's do it."""

from __future__ import annotations

from collections.abc import Callable
from types import CoroutineType
from typing import Any, Final, final

import litestar
from litestar.connection.base import empty_receive, empty_send
from litestar.datastructures import Headers

from .._errors import socket_busy
from .._litestar import connection_is_disconnected, from_json, from_msgpack, socket_disconnected
from .._resuming import Ready, kept, resumed
from ..types import Event, Receive, Send
from .litestar_request import ConnectionMethods

__all__ = ("SocketMethods",)

# where Litestar's own class has the state, ours has a channel: no slot is added, so that both can be bases of one class
_SLOT: Final = litestar.WebSocket.__dict__["connection_state"]
_channel: Final[Callable[[Any], _Channel]] = _SLOT.__get__
_NO_CODE: Final = 1005
_STATES: Final = {"websocket.connect": "connect", "websocket.receive": "receive"}


@final
class _Channel:
    """The state of one WebSocket, which its callables keep without keeping the socket itself."""

    __slots__ = ("busy", "code", "pending", "state")

    def __init__(self) -> None:
        self.state = "init"
        # of the event that ended it, None until then
        self.code: Any = None
        # a future that receive() gave and that is not done
        self.pending: Any = None
        self.busy = False

    def take(self, event: Any) -> None:
        kind = event["type"]
        self.state = _STATES.get(kind, "disconnect")
        if kind == "websocket.disconnect":
            self.code = _code_of(event)


    def connected(self, event: Any) -> bool:
        """Take what came to accept(); return whether another task has accepted meanwhile."""
        accepted = self.state != "init"
        if event["type"] == "websocket.receive":
            # it is for who receives next
            self.pending = Ready(event)
            if not accepted:
                self.state = "connect"
        else:
            self.take(event)
        if self.state == "disconnect":
            raise connection_is_disconnected(self.code)
        return accepted

    def start(self, receive: Receive) -> Any:
        """Return what to await for the next event; the caller gives `busy` back, and `pending` where something came."""
        if self.state == "disconnect":
            raise connection_is_disconnected(self.code)
        if self.busy:
            raise socket_busy()
        if self.pending is not None:
            awaitable = resumed(self)
        else:
            awaitable = receive()
            if type(awaitable) is not CoroutineType:
                awaitable = kept(self, awaitable)
        self.busy = True
        return awaitable

    def start_sending(self, event: Any) -> None:
        """Raise what is known before an event is sent."""
        if self.state == "disconnect":
            raise connection_is_disconnected(self.code)
        if self.pending is not None and not self.busy and event["type"] == "websocket.close":
            # a server (granian) may wait for its receive() to end before it closes
            self.pending = None


def _code_of(event: Any) -> Any:
    code = event.get("code")
    return _NO_CODE if code is None else code


def _header_list(headers: Any) -> Any:
    if isinstance(headers, dict):
        headers = Headers(headers=headers)
    if isinstance(headers, Headers):
        return headers.to_header_list()
    return headers if isinstance(headers, list) else []


@final
class SocketReceive:
    """The `receive` of a WebSocket: keeps its state."""

    __slots__ = ("channel", "receive")

    channel: _Channel
    receive: Receive

    async def __call__(self) -> Event:
        """Return the next event."""
        channel = self.channel
        awaitable = channel.start(self.receive)
        try:
            event = await awaitable
            channel.pending = None
        finally:
            channel.busy = False
        channel.take(event)
        return event  # type: ignore[no-any-return]


@final
class SocketSend:
    """The `send` of a WebSocket: refuses events after its end."""

    __slots__ = ("channel", "send")

    channel: _Channel
    send: Send

    async def __call__(self, message: Event) -> None:
        """Send an event."""
        self.channel.start_sending(message)
        await self.send(message)


class SocketMethods:
    """The constructor of a WebSocket, with what Litestar's own sets, and its receiving and sending methods."""

    # NOTE: what is not here is Litestar's own, built on what is
    __slots__ = ()

    receive: Any
    send: Any

    def __init__(self: Any, scope: Any, receive: Any = empty_receive, send: Any = empty_send) -> None:
        _SLOT.__set__(self, _Channel())
        ConnectionMethods.__init__(self, scope, self.receive_wrapper(receive), self.send_wrapper(send))

    @property
    def connection_state(self) -> str:
        """What was received last: "init", "connect", "receive" or "disconnect"."""
        return _channel(self).state

    @connection_state.setter
    def connection_state(self, state: str) -> None:
        _channel(self).state = state

    def receive_wrapper(self, receive: Receive) -> SocketReceive:
        """Return a `receive` that keeps `connection_state`.

        Args:
            receive: The ASGI callable that gives events.
        """
        wrapper = SocketReceive()
        wrapper.channel = _channel(self)
        wrapper.receive = receive
        return wrapper

    def send_wrapper(self, send: Send) -> SocketSend:
        """Return a `send` that refuses events after the end.

        Args:
            send: The ASGI callable that takes events.
        """
        wrapper = SocketSend()
        wrapper.channel = _channel(self)
        wrapper.send = send
        return wrapper

    async def accept(self, subprotocols: str | None = None, headers: Any = None) -> None:
        """Accept the connection, where nothing was received yet.

        Args:
            subprotocols: The subprotocol that was chosen.
            headers: `Headers`, a dict, or a list of pairs of bytes.

        Raises:
            WebSocketDisconnect: The client has gone.
        """
        channel = _channel(self)
        if channel.state != "init":
            return
        receive = self.receive
        own = type(receive) is SocketReceive and receive.channel is channel
        # nothing is claimed: of two tasks that both accept, as Litestar's streams have them, one gets the handshake
        event = await (receive.receive if own else receive)()
        if own and channel.connected(event):
            return
        await self.send(
            {"type": "websocket.accept", "subprotocol": subprotocols, "headers": _header_list(headers)}
        )

    async def receive_data(self, mode: str) -> str | bytes:
        """Return the next message; the connection is accepted before if it was not.

        Args:
            mode: "text" for a str, "binary" for bytes.

        Raises:
            WebSocketDisconnect: The client has gone.
            RuntimeError: Another task is receiving.
        """
        channel = _channel(self)
        if channel.state == "init":
            await self.accept()
        receive = self.receive
        if type(receive) is SocketReceive and receive.channel is channel:
            awaitable = channel.start(receive.receive)
            try:
                event = await awaitable
                channel.pending = None
            finally:
                channel.busy = False
            if event["type"] == "websocket.receive":
                channel.state = "receive"
                return (event.get("text") or "") if mode == "text" else (event.get("bytes") or b"")
            channel.take(event)
        else:
            # another callable does what it wants
            event = await receive()
        if event["type"] == "websocket.disconnect":
            raise socket_disconnected(_code_of(event))
        return (event.get("text") or "") if mode == "text" else (event.get("bytes") or b"")

    async def receive_json(self, mode: str = "text") -> Any:
        """Return the next message, decoded as JSON; the connection is accepted before if it was not.

        Args:
            mode: "text" or "binary": which kind of message is expected.

        Raises:
            SerializationException: It is no valid JSON; the next can be received.
            WebSocketDisconnect: The client has gone.
            RuntimeError: Another task is receiving.
        """
        return from_json(self, await self.receive_data(mode=mode))

    async def receive_msgpack(self) -> Any:
        """Return the next message, decoded as MessagePack; the connection is accepted before if it was not.

        Raises:
            SerializationException: It is no valid MessagePack; the next can be received.
            WebSocketDisconnect: The client has gone.
            RuntimeError: Another task is receiving.
        """
        return from_msgpack(self, await self.receive_data(mode="binary"))

    async def send_data(self, data: str | bytes, mode: str = "text", encoding: str = "utf-8") -> None:
        """Send a message; the connection is accepted before if it was not.

        Args:
            data: A str or bytes.
            mode: "text" or "binary": which kind of message is sent.
            encoding: Of the bytes where a str is sent as bytes, or bytes as text.

        Raises:
            WebSocketDisconnect: The client has gone.
        """
        channel = _channel(self)
        if channel.state == "init":
            await self.accept()
        event: Event = {"type": "websocket.send", "bytes": None, "text": None}
        if mode == "binary":
            event["bytes"] = data if isinstance(data, bytes) else data.encode(encoding)
        else:
            event["text"] = data if isinstance(data, str) else data.decode(encoding)
        send = self.send
        if type(send) is SocketSend and send.channel is channel:
            if channel.state == "disconnect":
                raise connection_is_disconnected(channel.code)
            send = send.send
        await send(event)
