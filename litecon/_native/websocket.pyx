# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The messages of a WebSocket: receiving, iterating and sending."""

from litecon._native.handshake cimport SocketBase
from litecon._native.messages cimport BYTES, DATA, JSON, MSGPACK, TEXT, new_iterator, new_receive, new_send
from litecon._native.operation cimport mark_coroutine_function
from litecon._native.traits cimport RECEIVE_DATA, RECEIVE_JSON, RECEIVE_MSGPACK, SEND_DATA, track_override

from typing import Any

from litecon._shared.codecs import default_serializer


cdef class WebSocketBase(SocketBase):
    """The receiving and sending methods of a WebSocket."""

    def receive_data(self, mode):
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
        return new_receive(self, DATA, mode, None)

    def receive_text(self):
        """Return the next message, a str; the connection is accepted before if it was not.

        Raises:
            WebSocketDisconnect: The connection is closed.
            WebSocketMessageTypeError: The message is a binary one; it is the exception's `data`.
            RequestEntityTooLarge: It is larger than `limits.max_message_size`.
            WebSocketStateError: The connection is not accepted.
            RuntimeError: Another task is receiving.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
        """
        return new_receive(self, TEXT, "text", None)

    def receive_bytes(self):
        """Return the next message, bytes; the connection is accepted before if it was not.

        Raises:
            WebSocketDisconnect: The connection is closed.
            WebSocketMessageTypeError: The message is a text one; it is the exception's `data`.
            RequestEntityTooLarge: It is larger than `limits.max_message_size`.
            WebSocketStateError: The connection is not accepted.
            RuntimeError: Another task is receiving.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
        """
        return new_receive(self, BYTES, "binary", None)

    def receive_json(self, mode="text", type=Any):
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
        return new_receive(self, JSON, mode, type)

    def receive_msgpack(self, type=Any):
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
        return new_receive(self, MSGPACK, "binary", type)

    def iter_data(self, mode="text"):
        """Return an asynchronous iterator over the messages, which ends when the connection is closed.

        Its steps raise what `receive_data()` raises, but for WebSocketDisconnect; it can go on after each.

        Args:
            mode: "text" for str, "binary" for bytes.

        Raises:
            ValueError: There is no such mode.
        """
        return new_iterator(self, DATA, mode, None)

    def iter_json(self, mode="text", type=Any):
        """Return an asynchronous iterator over the messages, decoded as JSON, which ends when the connection is closed.

        Its steps raise what `receive_json()` raises, but for WebSocketDisconnect; it can go on after each.

        Args:
            mode: "text" or "binary": which kind of message is expected.
            type: What to decode into, as for `receive_json()`.

        Raises:
            ValueError: There is no such mode.
        """
        return new_iterator(self, JSON, mode, type)

    def iter_msgpack(self, type=Any):
        """Return an asynchronous iterator over the messages, decoded as MessagePack, which ends when it is closed.

        Its steps raise what `receive_msgpack()` raises, but for WebSocketDisconnect; it can go on after each.

        Args:
            type: What to decode into, as for `receive_msgpack()`.
        """
        return new_iterator(self, MSGPACK, "binary", type)

    def send_data(self, data, mode="text", encoding="utf-8"):
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
        return new_send(self, DATA, data, mode, encoding, None)

    def send_text(self, data, encoding="utf-8"):
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
        return new_send(self, TEXT, data, "text", encoding, None)

    def send_bytes(self, data, encoding="utf-8"):
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
        return new_send(self, BYTES, data, "binary", encoding, None)

    def send_json(self, data, mode="text", encoding="utf-8", serializer=default_serializer):
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
        return new_send(self, JSON, data, mode, encoding, serializer)

    def send_msgpack(self, data, encoding="utf-8", serializer=default_serializer):
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
        return new_send(self, MSGPACK, data, "binary", encoding, serializer)


for _verb in ("receive", "send"):
    for _what in ("data", "text", "bytes", "json", "msgpack"):
        mark_coroutine_function(WebSocketBase, f"{_verb}_{_what}")
track_override(WebSocketBase, "receive_data", RECEIVE_DATA)
track_override(WebSocketBase, "receive_json", RECEIVE_JSON)
track_override(WebSocketBase, "receive_msgpack", RECEIVE_MSGPACK)
track_override(WebSocketBase, "send_data", SEND_DATA)
