"""What the drop-in's WebSockets do: accepting, receiving, iterating and sending, as Litestar's do it."""

from __future__ import annotations

from typing import Any, final

import litestar
from litestar.connection.base import empty_receive, empty_send
from litestar.datastructures import Headers
from litestar.exceptions import WebSocketDisconnect

from .._litestar import connection_is_disconnected, from_json, from_msgpack, socket_disconnected
from ..types import Event, Receive, Send
from .operation import AsyncIteratorBase
from .litestar_channel import SocketReceive, SocketSend, channel_of, code_of, open_channel
from .litestar_request import ConnectionMethods

__all__ = ("SocketMethods",)


def _header_list(headers: Any) -> Any:
    if isinstance(headers, dict):
        headers = Headers(headers=headers)
    if isinstance(headers, Headers):
        return headers.to_header_list()
    return headers if isinstance(headers, list) else []


@final
class MessageIterator(AsyncIteratorBase):
    """An asynchronous iterator over the messages of a WebSocket, with the methods of an asynchronous generator."""

    # NOTE: no generator, as Litestar's own is: one whose step is cancelled, or has got a bad message, has ended
    __slots__ = ("_decode", "_mode", "_socket")

    def __init__(self, socket: Any, mode: str, decode: Any = None) -> None:
        super().__init__()
        self._socket = socket
        self._mode = mode
        self._decode = decode

    async def __anext__(self) -> Any:
        if self._closed:
            raise StopAsyncIteration
        self._started = True
        try:
            data = await self._socket.receive_data(self._mode)
        except WebSocketDisconnect:
            self._closed = True
            raise StopAsyncIteration from None
        return data if self._decode is None else self._decode(self._socket, data)


class SocketMethods:
    """The constructor of a WebSocket, with what Litestar's own sets, and its receiving and sending methods."""

    # NOTE: what is not here is Litestar's own, built on what is
    __slots__ = ()

    receive: Any
    send: Any

    def __init__(self: Any, scope: Any, receive: Any = empty_receive, send: Any = empty_send) -> None:
        open_channel(self)
        ConnectionMethods.__init__(self, scope, self.receive_wrapper(receive), self.send_wrapper(send))

    @property
    def connection_state(self) -> str:
        """What was received last: "init", "connect", "receive" or "disconnect"."""
        return channel_of(self).state

    @connection_state.setter
    def connection_state(self, state: str) -> None:
        channel_of(self).state = state

    def receive_wrapper(self, receive: Receive) -> SocketReceive:
        """Return a `receive` that keeps `connection_state`.

        Args:
            receive: The ASGI callable that gives events.
        """
        wrapper = SocketReceive()
        wrapper.channel = channel_of(self)
        wrapper.receive = receive
        return wrapper

    def send_wrapper(self, send: Send) -> SocketSend:
        """Return a `send` that refuses events after the end.

        Args:
            send: The ASGI callable that takes events.
        """
        wrapper = SocketSend()
        wrapper.channel = channel_of(self)
        wrapper.send = send
        return wrapper

    async def accept(self, subprotocols: str | None = None, headers: Any = None) -> None:
        """Accept the connection, where nothing was received yet.

        Args:
            subprotocols: The subprotocol that was chosen.
            headers: `Headers`, a dict, or a list of pairs of bytes.

        Raises:
            WebSocketDisconnect: The client disconnected.
        """
        channel = channel_of(self)
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
            WebSocketDisconnect: The client disconnected.
            RuntimeError: Another task is receiving.
        """
        channel = channel_of(self)
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
            raise socket_disconnected(code_of(event))
        return (event.get("text") or "") if mode == "text" else (event.get("bytes") or b"")

    async def receive_json(self, mode: str = "text") -> Any:
        """Return the next message, decoded as JSON; the connection is accepted before if it was not.

        Args:
            mode: "text" or "binary": which kind of message is expected.

        Raises:
            SerializationException: It is no valid JSON; the next can be received.
            WebSocketDisconnect: The client disconnected.
            RuntimeError: Another task is receiving.
        """
        return from_json(self, await self.receive_data(mode=mode))

    async def receive_msgpack(self) -> Any:
        """Return the next message, decoded as MessagePack; the connection is accepted before if it was not.

        Raises:
            SerializationException: It is no valid MessagePack; the next can be received.
            WebSocketDisconnect: The client disconnected.
            RuntimeError: Another task is receiving.
        """
        return from_msgpack(self, await self.receive_data(mode="binary"))

    def iter_data(self, mode: str = "text") -> Any:
        """Return an asynchronous iterator over the messages, which ends when the client disconnected.

        Args:
            mode: "text" for str, "binary" for bytes.
        """
        return MessageIterator(self, mode)

    def iter_json(self, mode: str = "text") -> Any:
        """Return an asynchronous iterator over the messages, decoded as JSON, which ends when the client disconnected.

        Args:
            mode: "text" or "binary": which kind of message is expected.
        """
        if type(self).iter_data is not _iter_data:
            return litestar.WebSocket.iter_json(self, mode)  # type: ignore[arg-type]
        return MessageIterator(self, mode, from_json)

    def iter_msgpack(self) -> Any:
        """Return an asynchronous iterator over the messages, decoded as MessagePack, which ends when the client disconnected."""
        if type(self).iter_data is not _iter_data:
            return litestar.WebSocket.iter_msgpack(self)  # type: ignore[arg-type]
        return MessageIterator(self, "binary", from_msgpack)

    async def send_data(self, data: str | bytes, mode: str = "text", encoding: str = "utf-8") -> None:
        """Send a message; the connection is accepted before if it was not.

        Args:
            data: A str or bytes.
            mode: "text" or "binary": which kind of message is sent.
            encoding: Of the bytes where a str is sent as bytes, or bytes as text.

        Raises:
            WebSocketDisconnect: The client disconnected.
        """
        channel = channel_of(self)
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


_iter_data = SocketMethods.iter_data
