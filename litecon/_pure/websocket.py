"""The messages of a WebSocket: receiving, iterating and sending."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

from .._errors import cannot_receive, empty_message, stop_async_iteration_error, wrong_data
from .._shared.codecs import default_serializer
from .._shared.scope import to_bytes
from ..exceptions import WebSocketDisconnect
from ..types import Event
from .channel import ACCEPTED, CLOSED, CONNECT, INIT, OPEN, SEND_EVENT, check_mode
from .codecs import from_json, from_msgpack, load_serialization
from .handshake import SocketBase
from .operation import AsyncIteratorBase
from .waiting import resume_pending

__all__ = ("WebSocketBase",)


class WebSocketBase(SocketBase):
    """The receiving and sending methods of a WebSocket."""

    __slots__ = ()

    async def receive_data(self, mode: str) -> Any:
        """Return the next message; accept the connection first if needed.

        Args:
            mode: The kind of message that is expected: "text" for a str, "binary" for bytes.

        Raises:
            WebSocketDisconnect: The connection is closed.
            WebSocketMessageTypeError: The message is of the other kind; the exception has it as `data`.
            RequestEntityTooLarge: The message is larger than `limits.max_message_size`.
            WebSocketStateError: The connection is not accepted.
            RuntimeError: Another task is receiving.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
            ValueError: There is no such mode.
        """
        check_mode(mode)
        return await self._receive_message(mode)

    async def receive_text(self) -> str:
        """Return the next message, a str; accept the connection first if needed.

        Raises:
            WebSocketDisconnect: The connection is closed.
            WebSocketMessageTypeError: The message is a binary one; the exception has it as `data`.
            RequestEntityTooLarge: The message is larger than `limits.max_message_size`.
            WebSocketStateError: The connection is not accepted.
            RuntimeError: Another task is receiving.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
        """
        return await self._call_receive_data("text")  # type: ignore[no-any-return]

    async def receive_bytes(self) -> bytes:
        """Return the next message, bytes; accept the connection first if needed.

        Raises:
            WebSocketDisconnect: The connection is closed.
            WebSocketMessageTypeError: The message is a text one; the exception has it as `data`.
            RequestEntityTooLarge: The message is larger than `limits.max_message_size`.
            WebSocketStateError: The connection is not accepted.
            RuntimeError: Another task is receiving.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
        """
        return await self._call_receive_data("binary")  # type: ignore[no-any-return]

    async def receive_json(self, mode: str = "text", type: Any = Any) -> Any:
        """Return the next message, decoded as JSON; accept the connection first if needed.

        ```python
        move = await socket.receive_json(type=Move)
        ```

        Args:
            mode: The kind of message that is expected: "text" or "binary".
            type: The type to decode into: a dataclass, Struct, TypedDict, list[int], or another that msgspec supports.

        Raises:
            SerializationException: The message is not valid JSON, is not of that type, or nests too deep; the next one
                can be received.
            WebSocketDisconnect: The connection is closed.
            WebSocketMessageTypeError: The message is of the other kind; the exception has it as `data`.
            RequestEntityTooLarge: The message is larger than `limits.max_message_size`.
            WebSocketStateError: The connection is not accepted.
            RuntimeError: Another task is receiving.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
            ValueError: There is no such mode.
        """
        check_mode(mode)
        return _from_json(await self._call_receive_data(mode), type, self)

    async def receive_msgpack(self, type: Any = Any) -> Any:
        """Return the next message, decoded as MessagePack; accept the connection first if needed.

        Args:
            type: The type to decode into: a dataclass, Struct, TypedDict, list[int], or another that msgspec supports.

        Raises:
            SerializationException: The message is not valid MessagePack, is not of that type, nests too deep or has
                trailing bytes; the next one can be received.
            WebSocketDisconnect: The connection is closed.
            WebSocketMessageTypeError: The message is a text one; the exception has it as `data`.
            RequestEntityTooLarge: The message is larger than `limits.max_message_size`.
            WebSocketStateError: The connection is not accepted.
            RuntimeError: Another task is receiving.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
        """
        return _from_msgpack(await self._call_receive_data("binary"), type, self)

    def iter_data(self, mode: str = "text") -> Any:
        """Return an asynchronous iterator over the messages, which ends when the connection is closed.

        While iterating, it raises what `receive_data()` raises, except WebSocketDisconnect, and can be continued after
        each exception.

        ```python
        async for text in socket.iter_data():
            await socket.send_text(text)
        ```

        Args:
            mode: The kind of messages that is expected: "text" for str, "binary" for bytes.

        Raises:
            ValueError: There is no such mode.
        """
        check_mode(mode)
        return MessageIterator(self, "receive_data", mode, None)

    def iter_json(self, mode: str = "text", type: Any = Any) -> Any:
        """Return an asynchronous iterator over the messages, decoded as JSON, which ends when the connection is closed.

        While iterating, it raises what `receive_json()` raises, except WebSocketDisconnect, and can be continued after
        each exception.

        Args:
            mode: The kind of message that is expected: "text" or "binary".
            type: The type to decode into, as for `receive_json()`.

        Raises:
            ValueError: There is no such mode.
        """
        check_mode(mode)
        return MessageIterator(self, "receive_json", mode, type)

    def iter_msgpack(self, type: Any = Any) -> Any:
        """Return an asynchronous iterator over the messages, decoded as MessagePack, which ends with the connection.

        While iterating, it raises what `receive_msgpack()` raises, except WebSocketDisconnect, and can be continued
        after each exception.

        Args:
            type: The type to decode into, as for `receive_msgpack()`.
        """
        return MessageIterator(self, "receive_msgpack", "binary", type)

    async def send_data(self, data: Any, mode: str = "text", encoding: str = "utf-8") -> None:
        """Send a message; accept the connection first if needed.

        Args:
            data: The message, a str or bytes.
            mode: The kind of message that is sent: "text" or "binary".
            encoding: The encoding for sending a str as bytes, or bytes as text.

        Raises:
            WebSocketDisconnect: The connection is closed.
            WebSocketStateError: The connection is not accepted.
            TypeError: The data is neither a str nor bytes.
            UnicodeError: The data cannot be converted.
            ValueError: There is no such mode.
        """
        check_mode(mode)
        await self._send_message(_message_event(data, mode, encoding))

    async def send_text(self, data: str | bytes, encoding: str = "utf-8") -> None:
        """Send a text message; accept the connection first if needed.

        Args:
            data: The text, a str, or bytes that are decoded.
            encoding: The encoding of bytes.

        Raises:
            WebSocketDisconnect: The connection is closed.
            WebSocketStateError: The connection is not accepted.
            TypeError: The data is neither a str nor bytes.
            UnicodeError: The data cannot be converted.
        """
        if type(self).send_data is not _send_data:
            await self.send_data(data, mode="text", encoding=encoding)
        else:
            await self._send_message(_message_event(data, "text", encoding))

    async def send_bytes(self, data: str | bytes, encoding: str = "utf-8") -> None:
        """Send a binary message; accept the connection first if needed.

        Args:
            data: The bytes, or a str that is encoded.
            encoding: The encoding for a str.

        Raises:
            WebSocketDisconnect: The connection is closed.
            WebSocketStateError: The connection is not accepted.
            TypeError: The data is neither a str nor bytes.
            UnicodeError: The data cannot be converted.
        """
        if type(self).send_data is not _send_data:
            await self.send_data(data, mode="binary", encoding=encoding)
        else:
            await self._send_message(_message_event(data, "binary", encoding))

    async def send_json(
        self,
        data: Any,
        mode: str = "text",
        encoding: str = "utf-8",
        serializer: Callable[[Any], Any] = default_serializer,
    ) -> None:
        """Send a value as compact JSON; accept the connection first if needed.

        ```python
        await socket.send_json({"id": 7, "at": datetime.now(UTC)})
        ```

        Args:
            data: The value: an object of a built-in type, a dataclass, datetime, UUID, decimal, enum, path, set or
                Struct.
            mode: The kind of message that is sent: "text" or "binary".
            encoding: The argument for an overridden `send_data`; JSON itself is in UTF-8 (RFC 8259 section 8.1).
            serializer: The callable that converts values of other types.

        Raises:
            SerializationException: The value cannot be encoded; nothing was sent.
            WebSocketDisconnect: The connection is closed.
            WebSocketStateError: The connection is not accepted.
            ValueError: There is no such mode.
        """
        check_mode(mode)
        encoded = load_serialization().encode_json(data, serializer)
        if type(self).send_data is not _send_data:
            await self.send_data(encoded, mode=mode, encoding=encoding)
        else:
            await self._send_message(_message_event(encoded, mode, "utf-8"))

    async def send_msgpack(
        self, data: Any, encoding: str = "utf-8", serializer: Callable[[Any], Any] = default_serializer
    ) -> None:
        """Send a value as MessagePack; accept the connection first if needed.

        Args:
            data: The value: an object of a built-in type, a dataclass, datetime, UUID, decimal, enum, path, set or
                Struct.
            encoding: The argument for an overridden `send_data`.
            serializer: The callable that converts values of other types.

        Raises:
            SerializationException: The value cannot be encoded; nothing was sent.
            WebSocketDisconnect: The connection is closed.
            WebSocketStateError: The connection is not accepted.
        """
        encoded = load_serialization().encode_msgpack(data, serializer)
        if type(self).send_data is not _send_data:
            await self.send_data(encoded, mode="binary", encoding=encoding)
        else:
            await self._send_message(_message_event(encoded, "binary", "utf-8"))

    def _call_receive_data(self, mode: str) -> Any:
        """Return the awaitable of a message: that of `receive_data()` if a subclass overrides it."""
        if type(self).receive_data is not _receive_data:
            return self.receive_data(mode=mode)
        return self._receive_message(mode)

    async def _receive_message(self, mode: str) -> str | bytes:
        self._check_constructed()
        channel = self._channel
        if channel.state == INIT:
            await self.accept()
        if channel.state >= CLOSED:
            raise channel.disconnected_error()
        # another callable may have accepted without updating the state
        if channel.state not in (ACCEPTED, OPEN) and not self._uses_custom_send():
            raise cannot_receive(channel.state_name)
        max_size: int | None = type(self).limits.max_message_size  # type: ignore[attr-defined]
        # the callable may be replaced meanwhile
        from_application = self._uses_custom_receive()
        if not from_application:
            channel.claim()
            try:
                event = await channel.next_awaitable(channel.receive)
                channel.pending = None
            finally:
                channel.release()
        else:
            # a receive that began before another callable was installed comes first; the next one calls that
            pending = None if channel.pending is None else resume_pending(channel)
            event = await (self.receive() if pending is None else pending)
        return channel.process_message(event, mode, max_size, from_application)

    async def _send_message(self, event: Event) -> None:
        self._check_constructed()
        channel = self._channel
        if channel.state not in (ACCEPTED, OPEN):
            if channel.state == INIT:
                await self.accept()
            if channel.state != CONNECT or not self._uses_custom_send():
                channel.check_send(SEND_EVENT, "websocket.send")
        try:
            await (self.send if self._uses_custom_send() else channel.send)(event)
        except OSError as error:
            raise channel.record_lost_connection() from error


_receive_data = WebSocketBase.receive_data
_receive_json = WebSocketBase.receive_json
_receive_msgpack = WebSocketBase.receive_msgpack
_send_data = WebSocketBase.send_data


@final
class MessageIterator(AsyncIteratorBase):
    """An asynchronous iterator over the messages of a WebSocket, with the methods of an asynchronous generator."""

    __slots__ = ("_method", "_mode", "_socket", "_type")

    def __init__(self, socket: WebSocketBase, method: str, mode: str, type_: Any) -> None:
        super().__init__()
        self._socket = socket
        self._method = method
        self._mode = mode
        self._type = type_

    async def __anext__(self) -> Any:
        self._started = True
        if not self._closed:
            try:
                return await self._next_message()
            except WebSocketDisconnect:
                self._closed = True
            except StopAsyncIteration as error:
                raise stop_async_iteration_error() from error
        raise StopAsyncIteration

    async def _next_message(self) -> Any:
        socket = self._socket
        cls = type(socket)
        if self._method == "receive_json":
            if cls.receive_json is not _receive_json:
                return await socket.receive_json(mode=self._mode, type=self._type)
            return _from_json(await socket._call_receive_data(self._mode), self._type, socket)
        if self._method == "receive_msgpack":
            if cls.receive_msgpack is not _receive_msgpack:
                return await socket.receive_msgpack(type=self._type)
            return _from_msgpack(await socket._call_receive_data("binary"), self._type, socket)
        return await socket._call_receive_data(self._mode)


def _message_event(data: Any, mode: str, encoding: str | None) -> Event:
    if encoding is None:
        encoding = "utf-8"
    if mode == "text":
        if isinstance(data, str):
            return {"type": "websocket.send", "text": data}
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise wrong_data(data)
        return {"type": "websocket.send", "text": str(data, encoding)}
    if isinstance(data, str):
        data = str.encode(data, encoding)
    elif not isinstance(data, bytes):
        if not isinstance(data, (bytearray, memoryview)):
            raise wrong_data(data)
        data = to_bytes(data)
    return {"type": "websocket.send", "bytes": data}


def _from_json(data: Any, type: Any, socket: WebSocketBase) -> Any:
    if isinstance(data, str):
        data = str.encode(data, "utf-8", "surrogatepass")
    if not data:
        raise empty_message("JSON")
    return from_json(data, type, socket)


def _from_msgpack(data: Any, type: Any, socket: WebSocketBase) -> Any:
    if not data:
        raise empty_message("MessagePack")
    return from_msgpack(data, type, socket)
