"""The messages of a WebSocket: receiving, iterating and sending."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, final

from .._errors import cannot_receive, wrong_data
from .._serializer import default_serializer
from ..exceptions import SerializationException, WebSocketDisconnect
from ..types import Event
from .channel import ACCEPTED, CLOSED, CONNECT, INIT, OPEN, check_mode
from .codecs import codecs
from .handshake import SocketBase
from .iteration import Iteration

__all__ = ("WebSocketBase",)

_SEND: Final = 1


class WebSocketBase(SocketBase):
    """The receiving and sending methods of a WebSocket."""

    __slots__ = ()

    async def receive_data(self, mode: str) -> Any:
        """Return the next message; the connection is accepted before if it was not.

        Args:
            mode: "text" for a str, "binary" for bytes.

        Raises:
            WebSocketDisconnect: The connection is closed.
            WebSocketMessageTypeError: The message is of the other kind; it is the exception's `data`.
            RequestEntityTooLarge: It is larger than `limits.max_message_size`.
            WebSocketStateError: The connection is not accepted.
            RuntimeError: Another task is receiving.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
            ValueError: There is no such mode.
        """
        check_mode(mode)
        channel = self._channel
        awaitable = channel.start()
        if awaitable is None:
            return await self._receive_slowly(mode)
        try:
            event = await awaitable
            channel.pending = None
        finally:
            channel.busy = False
        return channel.message(event, mode, self._max_size())

    async def receive_text(self) -> str:
        """Return the next message, a str; the connection is accepted before if it was not.

        Raises:
            WebSocketDisconnect: The connection is closed.
            WebSocketMessageTypeError: The message is a binary one; it is the exception's `data`.
            RequestEntityTooLarge: It is larger than `limits.max_message_size`.
            WebSocketStateError: The connection is not accepted.
            RuntimeError: Another task is receiving.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
        """
        channel = self._channel
        awaitable = channel.start() if type(self).receive_data is _receive_data else None
        if awaitable is None:
            return await self.receive_data(mode="text")  # type: ignore[no-any-return]
        try:
            event = await awaitable
            channel.pending = None
        finally:
            channel.busy = False
        return channel.message(event, "text", self._max_size())  # type: ignore[return-value]

    async def receive_bytes(self) -> bytes:
        """Return the next message, bytes; the connection is accepted before if it was not.

        Raises:
            WebSocketDisconnect: The connection is closed.
            WebSocketMessageTypeError: The message is a text one; it is the exception's `data`.
            RequestEntityTooLarge: It is larger than `limits.max_message_size`.
            WebSocketStateError: The connection is not accepted.
            RuntimeError: Another task is receiving.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
        """
        channel = self._channel
        awaitable = channel.start() if type(self).receive_data is _receive_data else None
        if awaitable is None:
            return await self.receive_data(mode="binary")  # type: ignore[no-any-return]
        try:
            event = await awaitable
            channel.pending = None
        finally:
            channel.busy = False
        return channel.message(event, "binary", self._max_size())  # type: ignore[return-value]

    async def receive_json(self, mode: str = "text", type: Any = Any) -> Any:
        """Return the next message, decoded as JSON; the connection is accepted before if it was not.

        Args:
            mode: "text" or "binary": which kind of message is expected.
            type: What to decode into: a dataclass, Struct, TypedDict, list[int], or whatever else msgspec validates.

        Raises:
            SerializationException: It is no valid JSON, not of that type, or nests too deep; the next can be received.
            WebSocketDisconnect: The connection is closed.
            WebSocketMessageTypeError: The message is of the other kind; it is the exception's `data`.
            RequestEntityTooLarge: It is larger than `limits.max_message_size`.
            WebSocketStateError: The connection is not accepted.
            RuntimeError: Another task is receiving.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
            ValueError: There is no such mode.
        """
        check_mode(mode)
        channel = self._channel
        awaitable = channel.start() if self.__class__.receive_data is _receive_data else None
        if awaitable is None:
            data = await self.receive_data(mode=mode)
        else:
            try:
                event = await awaitable
                channel.pending = None
            finally:
                channel.busy = False
            data = channel.message(event, mode, self._max_size())
        return _from_json(data, type)

    async def receive_msgpack(self, type: Any = Any) -> Any:
        """Return the next message, decoded as MessagePack; the connection is accepted before if it was not.

        Args:
            type: What to decode into: a dataclass, Struct, TypedDict, list[int], or whatever else msgspec validates.

        Raises:
            SerializationException: It is no valid MessagePack, not of that type, nests too deep or has trailing bytes;
                the next can be received.
            WebSocketDisconnect: The connection is closed.
            WebSocketMessageTypeError: The message is a text one; it is the exception's `data`.
            RequestEntityTooLarge: It is larger than `limits.max_message_size`.
            WebSocketStateError: The connection is not accepted.
            RuntimeError: Another task is receiving.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
        """
        channel = self._channel
        awaitable = channel.start() if self.__class__.receive_data is _receive_data else None
        if awaitable is None:
            data = await self.receive_data(mode="binary")
        else:
            try:
                event = await awaitable
                channel.pending = None
            finally:
                channel.busy = False
            data = channel.message(event, "binary", self._max_size())
        return _from_msgpack(data, type)

    def iter_data(self, mode: str = "text") -> Any:
        """Return an asynchronous iterator over the messages, which ends when the connection is closed.

        Its steps raise what `receive_data()` raises, but for WebSocketDisconnect; it can go on after each.

        Args:
            mode: "text" for str, "binary" for bytes.

        Raises:
            ValueError: There is no such mode.
        """
        check_mode(mode)
        return MessageIterator(self, "receive_data", mode)

    def iter_json(self, mode: str = "text") -> Any:
        """Return an asynchronous iterator over the messages, decoded as JSON, which ends when the connection is closed.

        Its steps raise what `receive_json()` raises, but for WebSocketDisconnect; it can go on after each.

        Args:
            mode: "text" or "binary": which kind of message is expected.

        Raises:
            ValueError: There is no such mode.
        """
        check_mode(mode)
        return MessageIterator(self, "receive_json", mode)

    def iter_msgpack(self) -> Any:
        """Return an asynchronous iterator over the messages, decoded as MessagePack, which ends when it is closed.

        Its steps raise what `receive_msgpack()` raises, but for WebSocketDisconnect; it can go on after each.
        """
        return MessageIterator(self, "receive_msgpack", "binary")

    async def send_data(self, data: Any, mode: str = "text", encoding: str = "utf-8") -> None:
        """Send a message; the connection is accepted before if it was not.

        Args:
            data: A str or bytes.
            mode: "text" or "binary": which kind of message is sent.
            encoding: Of the bytes where a str is sent as bytes, or bytes as text.

        Raises:
            WebSocketDisconnect: The connection is closed.
            WebSocketStateError: It is not accepted.
            TypeError: The data is neither a str nor bytes.
            UnicodeError: The data cannot be converted.
            ValueError: There is no such mode.
        """
        check_mode(mode)
        await self._send_message(_message(data, mode, encoding))

    async def send_text(self, data: str | bytes, encoding: str = "utf-8") -> None:
        """Send a text message; the connection is accepted before if it was not.

        Args:
            data: A str, or bytes to decode.
            encoding: Of bytes.

        Raises:
            WebSocketDisconnect: The connection is closed.
            WebSocketStateError: It is not accepted.
            TypeError: The data is neither a str nor bytes.
            UnicodeError: The data cannot be converted.
        """
        if type(self).send_data is not _send_data:
            await self.send_data(data, mode="text", encoding=encoding)
        else:
            await self._send_message(_message(data, "text", encoding))

    async def send_bytes(self, data: str | bytes, encoding: str = "utf-8") -> None:
        """Send a binary message; the connection is accepted before if it was not.

        Args:
            data: Bytes, or a str to encode.
            encoding: Of a str.

        Raises:
            WebSocketDisconnect: The connection is closed.
            WebSocketStateError: It is not accepted.
            TypeError: The data is neither a str nor bytes.
            UnicodeError: The data cannot be converted.
        """
        if type(self).send_data is not _send_data:
            await self.send_data(data, mode="binary", encoding=encoding)
        else:
            await self._send_message(_message(data, "binary", encoding))

    async def send_json(
        self,
        data: Any,
        mode: str = "text",
        encoding: str = "utf-8",
        serializer: Callable[[Any], Any] = default_serializer,
    ) -> None:
        """Send a value as compact JSON; the connection is accepted before if it was not.

        Args:
            data: Built-in types, dataclasses, datetimes, UUIDs, decimals, enums, paths, sets, Structs.
            mode: "text" or "binary": which kind of message is sent.
            encoding: Handed to a `send_data` that a subclass overrides; JSON is UTF-8 (RFC 8259 section 8.1).
            serializer: Called with what msgspec does not know.

        Raises:
            SerializationException: It cannot be encoded; nothing was sent.
            WebSocketDisconnect: The connection is closed.
            WebSocketStateError: It is not accepted.
            ValueError: There is no such mode.
        """
        check_mode(mode)
        encoded = codecs().encode_json(data, serializer)
        if type(self).send_data is not _send_data:
            await self.send_data(encoded, mode=mode, encoding=encoding)
        else:
            await self._send_message(_message(encoded, mode, "utf-8"))

    async def send_msgpack(
        self, data: Any, encoding: str = "utf-8", serializer: Callable[[Any], Any] = default_serializer
    ) -> None:
        """Send a value as MessagePack; the connection is accepted before if it was not.

        Args:
            data: Built-in types, dataclasses, datetimes, UUIDs, decimals, enums, paths, sets, Structs.
            encoding: Handed to a `send_data` that a subclass overrides.
            serializer: Called with what ormsgpack does not know.

        Raises:
            SerializationException: It cannot be encoded; nothing was sent.
            WebSocketDisconnect: The connection is closed.
            WebSocketStateError: It is not accepted.
        """
        encoded = codecs().encode_msgpack(data, serializer)
        if type(self).send_data is not _send_data:
            await self.send_data(encoded, mode="binary", encoding=encoding)
        else:
            await self._send_message(_message(encoded, "binary", "utf-8"))

    def _max_size(self) -> int | None:
        max_size: int | None = type(self).limits.max_message_size  # type: ignore[attr-defined]
        return max_size

    async def _receive_slowly(self, mode: str) -> str | bytes:
        channel = self._channel
        if channel.state == INIT:
            await self.accept()
        if channel.state >= CLOSED:
            raise channel.disconnected()
        # where another callable sends, it may have accepted unseen
        if channel.state not in (ACCEPTED, OPEN) and not channel.foreign_send:
            raise cannot_receive(channel.name)
        # it may be replaced meanwhile
        foreign = channel.foreign_receive
        if not foreign:
            channel.expect_free()
            awaitable = channel.receiving(channel.receive)
            channel.busy = True
            try:
                event = await awaitable
                channel.pending = None
            finally:
                channel.busy = False
        elif channel.pending is not None:
            event = await channel.receiving(channel.receive)
        else:
            event = await self.receive()
        return channel.message(event, mode, self._max_size(), foreign)

    async def _send_message(self, event: Event) -> None:
        channel = self._channel
        if channel.state not in (ACCEPTED, OPEN):
            if channel.state == INIT:
                await self.accept()
            if channel.state != CONNECT or not channel.foreign_send:
                channel.check_send(_SEND, "websocket.send")
        try:
            await (self.send if channel.foreign_send else channel.send)(event)
        except OSError as error:
            raise channel.lose() from error


_receive_data = WebSocketBase.receive_data
_receive_json = WebSocketBase.receive_json
_receive_msgpack = WebSocketBase.receive_msgpack
_send_data = WebSocketBase.send_data


@final
class MessageIterator(Iteration):
    """An asynchronous iterator over the messages of a WebSocket, with the methods of an asynchronous generator."""

    __slots__ = ("_method", "_mode", "_socket")

    def __init__(self, socket: WebSocketBase, method: str, mode: str) -> None:
        super().__init__()
        self._socket = socket
        self._method = method
        self._mode = mode

    async def __anext__(self) -> Any:
        if self._closed:
            raise StopAsyncIteration
        self._started = True
        socket = self._socket
        channel = socket._channel
        try:
            awaitable = None if _is_overridden(type(socket), self._method) else channel.start()
            if awaitable is None:
                return await self._otherwise()
            try:
                event = await awaitable
                channel.pending = None
            finally:
                channel.busy = False
            data = channel.message(event, self._mode, socket._max_size())
        except WebSocketDisconnect:
            self._closed = True
            raise StopAsyncIteration from None
        if self._method == "receive_data":
            return data
        return _from_json(data, Any) if self._method == "receive_json" else _from_msgpack(data, Any)

    async def _otherwise(self) -> Any:
        if self._method == "receive_msgpack":
            return await self._socket.receive_msgpack()
        return await getattr(self._socket, self._method)(mode=self._mode)


def _is_overridden(cls: type[WebSocketBase], method: str) -> bool:
    if cls.receive_data is not _receive_data:
        return True
    if method == "receive_json":
        return cls.receive_json is not _receive_json
    return method == "receive_msgpack" and cls.receive_msgpack is not _receive_msgpack


def _message(data: Any, mode: str, encoding: str | None) -> Event:
    if encoding is None:
        encoding = "utf-8"
    if mode == "text":
        if isinstance(data, str):
            return {"type": "websocket.send", "text": data}
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise wrong_data(data)
        return {"type": "websocket.send", "text": str(data, encoding)}
    if isinstance(data, str):
        data = data.encode(encoding)
    elif not isinstance(data, bytes):
        if not isinstance(data, (bytearray, memoryview)):
            raise wrong_data(data)
        data = bytes(data)
    return {"type": "websocket.send", "bytes": data}


def _from_json(data: Any, type: Any) -> Any:
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    if not data:
        raise SerializationException("the message is empty, expected JSON")
    return codecs().decode_json(data, type)


def _from_msgpack(data: Any, type: Any) -> Any:
    if not data:
        raise SerializationException("the message is empty, expected MessagePack")
    return codecs().decode_msgpack(data, type)
