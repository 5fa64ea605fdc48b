# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The receiving and sending methods of a WebSocket; `messages` has their operations."""

from litecon._native.handshake cimport SocketBase
from litecon._native.messages cimport BYTES, DATA, JSON, MSGPACK, TEXT, new_iterator, new_receive, new_send
from litecon._native.operation cimport check_self, mark_coroutine_function
from litecon._native.traits cimport RECEIVE_DATA, RECEIVE_JSON, RECEIVE_MSGPACK, SEND_DATA, track_override

from typing import Any

from litecon._shared.codecs import default_serializer


cdef class WebSocketBase(SocketBase):
    """The receiving and sending methods of a WebSocket."""

    def receive_data(self, mode):
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
        return new_receive(self, DATA, mode, None)

    def receive_text(self):
        """Return the next message, a str; accept the connection first if needed.

        Raises:
            WebSocketDisconnect: The connection is closed.
            WebSocketMessageTypeError: The message is a binary one; the exception has it as `data`.
            RequestEntityTooLarge: The message is larger than `limits.max_message_size`.
            WebSocketStateError: The connection is not accepted.
            RuntimeError: Another task is receiving.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
        """
        return new_receive(self, TEXT, "text", None)

    def receive_bytes(self):
        """Return the next message, bytes; accept the connection first if needed.

        Raises:
            WebSocketDisconnect: The connection is closed.
            WebSocketMessageTypeError: The message is a text one; the exception has it as `data`.
            RequestEntityTooLarge: The message is larger than `limits.max_message_size`.
            WebSocketStateError: The connection is not accepted.
            RuntimeError: Another task is receiving.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
        """
        return new_receive(self, BYTES, "binary", None)

    def receive_json(self, mode="text", type=Any):
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
        return new_receive(self, JSON, mode, type)

    def receive_msgpack(self, type=Any):
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
        return new_receive(self, MSGPACK, "binary", type)

    def iter_data(self, mode="text"):
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
        return new_iterator(self, DATA, mode, None)

    def iter_json(self, mode="text", type=Any):
        """Return an asynchronous iterator over the messages, decoded as JSON, which ends when the connection is closed.

        While iterating, it raises what `receive_json()` raises, except WebSocketDisconnect, and can be continued after
        each exception.

        Args:
            mode: The kind of message that is expected: "text" or "binary".
            type: The type to decode into, as for `receive_json()`.

        Raises:
            ValueError: There is no such mode.
        """
        return new_iterator(self, JSON, mode, type)

    def iter_msgpack(self, type=Any):
        """Return an asynchronous iterator over the messages, decoded as MessagePack, which ends with the connection.

        While iterating, it raises what `receive_msgpack()` raises, except WebSocketDisconnect, and can be continued
        after each exception.

        Args:
            type: The type to decode into, as for `receive_msgpack()`.
        """
        return new_iterator(self, MSGPACK, "binary", type)

    def send_data(self, data, mode="text", encoding="utf-8"):
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
        return new_send(self, DATA, data, mode, encoding, None)

    def send_text(self, data, encoding="utf-8"):
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
        return new_send(self, TEXT, data, "text", encoding, None)

    def send_bytes(self, data, encoding="utf-8"):
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
        return new_send(self, BYTES, data, "binary", encoding, None)

    def send_json(self, data, mode="text", encoding="utf-8", serializer=default_serializer):
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
        return new_send(self, JSON, data, mode, encoding, serializer)

    def send_msgpack(self, data, encoding="utf-8", serializer=default_serializer):
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
        return new_send(self, MSGPACK, data, "binary", encoding, serializer)


check_self(WebSocketBase)
for _verb in ("receive", "send"):
    for _what in ("data", "text", "bytes", "json", "msgpack"):
        mark_coroutine_function(WebSocketBase, f"{_verb}_{_what}")
track_override(WebSocketBase, "receive_data", RECEIVE_DATA)
track_override(WebSocketBase, "receive_json", RECEIVE_JSON)
track_override(WebSocketBase, "receive_msgpack", RECEIVE_MSGPACK)
track_override(WebSocketBase, "send_data", SEND_DATA)
