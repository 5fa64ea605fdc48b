# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""What the drop-in's WebSockets do: accepting, receiving, iterating and sending, as Litestar's do it."""

from litecon._native.litestar_channel cimport SocketReceive, SocketSend, channel_of, open_channel
from litecon._native.litestar_operations cimport new_handshake, new_iterator, new_receive, new_send
from litecon._native.litestar_request cimport fill_connection
from litecon._native.messages cimport BYTES, DATA, JSON, MSGPACK, TEXT
from litecon._native.operation cimport mark_coroutine_function
from litecon._native.traits cimport ITER_DATA, RECEIVE_DATA, SEND_DATA, track_override, traits_of

import litestar
from litestar.connection.base import empty_receive, empty_send
from litestar.serialization import default_serializer


class SocketMethods:
    """The constructor of a WebSocket, with what Litestar's own sets, and its receiving and sending methods."""

    __slots__ = ()

    def __init__(self, scope, receive=empty_receive, send=empty_send):
        open_channel(self)
        fill_connection(self, scope, self.receive_wrapper(receive), self.send_wrapper(send))

    @property
    def connection_state(self):
        """What was received last: "init", "connect", "receive" or "disconnect"."""
        return channel_of(self).state

    @connection_state.setter
    def connection_state(self, state):
        channel_of(self).state = state

    def receive_wrapper(self, receive):
        """Return a `receive` that keeps `connection_state`.

        Args:
            receive: The ASGI callable that gives events.
        """
        cdef SocketReceive wrapper = SocketReceive.__new__(SocketReceive)
        wrapper.channel = channel_of(self)
        wrapper.receive = receive
        return wrapper

    def send_wrapper(self, send):
        """Return a `send` that refuses events after the end.

        Args:
            send: The ASGI callable that takes events.
        """
        cdef SocketSend wrapper = SocketSend.__new__(SocketSend)
        wrapper.channel = channel_of(self)
        wrapper.send = send
        return wrapper

    def accept(self, subprotocols=None, headers=None):
        """Accept the connection, where nothing was received yet.

        Args:
            subprotocols: The subprotocol that was chosen.
            headers: `Headers`, a dict, or a list of pairs of bytes.

        Raises:
            WebSocketDisconnect: The client disconnected.
        """
        return new_handshake(self, False, subprotocols, headers)

    def close(self, code=1000, reason=None):
        """Close the connection.

        Args:
            code: The close code.
            reason: For people.

        Raises:
            WebSocketDisconnect: The client disconnected.
        """
        return new_handshake(self, True, code, reason)

    def receive_data(self, mode):
        """Return the next message; the connection is accepted before if it was not.

        Args:
            mode: "text" for a str, "binary" for bytes.

        Raises:
            WebSocketDisconnect: The client disconnected.
            RuntimeError: Another task is receiving.
        """
        return new_receive(self, DATA, mode)

    def receive_text(self):
        """Return the next message, a str; the connection is accepted before if it was not.

        Raises:
            WebSocketDisconnect: The client disconnected.
            RuntimeError: Another task is receiving.
        """
        return new_receive(self, TEXT, "text")

    def receive_bytes(self):
        """Return the next message, bytes; the connection is accepted before if it was not.

        Raises:
            WebSocketDisconnect: The client disconnected.
            RuntimeError: Another task is receiving.
        """
        return new_receive(self, BYTES, "binary")

    def receive_json(self, mode="text"):
        """Return the next message, decoded as JSON; the connection is accepted before if it was not.

        Args:
            mode: "text" or "binary": which kind of message is expected.

        Raises:
            SerializationException: It is no valid JSON; the next can be received.
            WebSocketDisconnect: The client disconnected.
            RuntimeError: Another task is receiving.
        """
        return new_receive(self, JSON, mode)

    def receive_msgpack(self):
        """Return the next message, decoded as MessagePack; the connection is accepted before if it was not.

        Raises:
            SerializationException: It is no valid MessagePack; the next can be received.
            WebSocketDisconnect: The client disconnected.
            RuntimeError: Another task is receiving.
        """
        return new_receive(self, MSGPACK, "binary")

    def iter_data(self, mode="text"):
        """Return an asynchronous iterator over the messages, which ends when the client disconnected.

        Args:
            mode: "text" for str, "binary" for bytes.
        """
        return new_iterator(self, DATA, mode)

    def iter_json(self, mode="text"):
        """Return an asynchronous iterator over the messages, decoded as JSON, which ends when the client disconnected.

        Args:
            mode: "text" or "binary": which kind of message is expected.
        """
        if traits_of(self).overrides & ITER_DATA:
            return litestar.WebSocket.iter_json(self, mode)
        return new_iterator(self, JSON, mode)

    def iter_msgpack(self):
        """Return an asynchronous iterator over the messages, decoded as MessagePack, which ends when the client disconnected."""
        if traits_of(self).overrides & ITER_DATA:
            return litestar.WebSocket.iter_msgpack(self)
        return new_iterator(self, MSGPACK, "binary")

    def send_data(self, data, mode="text", encoding="utf-8"):
        """Send a message; the connection is accepted before if it was not.

        Args:
            data: A str or bytes.
            mode: "text" or "binary": which kind of message is sent.
            encoding: Of the bytes where a str is sent as bytes, or bytes as text.

        Raises:
            WebSocketDisconnect: The client disconnected.
        """
        return new_send(self, DATA, data, mode, encoding, None)

    def send_text(self, data, encoding="utf-8"):
        """Send a text message; the connection is accepted before if it was not.

        Args:
            data: A str, or bytes to decode.
            encoding: Of bytes.

        Raises:
            WebSocketDisconnect: The client disconnected.
        """
        return new_send(self, TEXT, data, "text", encoding, None)

    def send_bytes(self, data, encoding="utf-8"):
        """Send a binary message; the connection is accepted before if it was not.

        Args:
            data: Bytes, or a str to encode.
            encoding: Of a str.

        Raises:
            WebSocketDisconnect: The client disconnected.
        """
        return new_send(self, BYTES, data, "binary", encoding, None)

    def send_json(self, data, mode="text", encoding="utf-8", serializer=default_serializer):
        """Send a value as JSON; the connection is accepted before if it was not.

        Args:
            data: What Litestar encodes.
            mode: "text" or "binary": which kind of message is sent.
            encoding: Of the text.
            serializer: Called with what msgspec does not know.

        Raises:
            SerializationException: It cannot be encoded; nothing was sent.
            WebSocketDisconnect: The client disconnected.
        """
        return new_send(self, JSON, data, mode, encoding, serializer)

    def send_msgpack(self, data, encoding="utf-8", serializer=default_serializer):
        """Send a value as MessagePack; the connection is accepted before if it was not.

        Args:
            data: What Litestar encodes.
            encoding: Handed to a `send_data` that a subclass overrides.
            serializer: Called with what msgspec does not know.

        Raises:
            SerializationException: It cannot be encoded; nothing was sent.
            WebSocketDisconnect: The client disconnected.
        """
        return new_send(self, MSGPACK, data, "binary", encoding, serializer)


for _name in ("accept", "close"):
    mark_coroutine_function(SocketMethods, _name)
for _verb in ("receive", "send"):
    for _what in ("data", "text", "bytes", "json", "msgpack"):
        mark_coroutine_function(SocketMethods, f"{_verb}_{_what}")

track_override(SocketMethods, "receive_data", RECEIVE_DATA)
track_override(SocketMethods, "send_data", SEND_DATA)
track_override(SocketMethods, "iter_data", ITER_DATA)
