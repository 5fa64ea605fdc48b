# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The drop-in's WebSockets: litecon's states and operations, with Litestar's rules."""

from cpython.object cimport PyObject

from litecon._native.channel cimport (
    FOREIGN_RECEIVE,
    FOREIGN_SEND,
    TO_ACCEPT,
    TO_CLOSE,
    TO_START,
    Channel,
    RuledChannel,
    Rules,
    SocketReceive,
    SocketSend,
    new_ruled_channel,
    set_state,
    state_name,
)
from litecon._native.handshake cimport handshake_operation
from litecon._native.litestar_request cimport fill_connection
from litecon._native.messages cimport (
    BYTES,
    DATA,
    JSON,
    MSGPACK,
    TEXT,
    message_iterator,
    receive_operation,
    send_operation,
)
from litecon._native.operation cimport mark_coroutine_function
from litecon._native.traits cimport (
    ITER_DATA,
    RECEIVE,
    RECEIVE_DATA,
    RECEIVE_JSON,
    RECEIVE_MSGPACK,
    SCOPE,
    SEND,
    SEND_DATA,
    track_override,
    traits_of,
)

from typing import Any

import litestar
from litestar.connection.base import empty_receive, empty_send
from litestar.datastructures import Headers
from litestar.exceptions import WebSocketDisconnect
from litestar.serialization import default_serializer, encode_json, encode_msgpack

from litecon._native.litestar_rules import (
    connection_is_disconnected,
    decoded,
    from_json,
    from_msgpack,
    socket_disconnected,
)

cdef extern from "slots.h":
    Py_ssize_t litecon_offset(object descriptor) noexcept
    PyObject *litecon_slot_at(object o, Py_ssize_t offset) noexcept
    bint litecon_is_instance(object o, object cls) noexcept

cdef Rules _RULES = Rules(
    ended=socket_disconnected,
    disconnected=connection_is_disconnected,
    disconnect_class=WebSocketDisconnect,
    from_json=from_json,
    from_msgpack=from_msgpack,
    to_json=encode_json,
    to_msgpack=encode_msgpack,
)

cdef object _Headers = Headers

# where Litestar's own class has the state, ours has a channel: no slot is added, so that both can be bases of one class
cdef object _SLOT = litestar.WebSocket.__dict__["connection_state"]
cdef object _RECEIVE_SLOT = litestar.connection.ASGIConnection.__dict__["receive"]
cdef object _SEND_SLOT = litestar.connection.ASGIConnection.__dict__["send"]

# PERF: read at its offset, since the descriptor looks at the class each time
cdef Py_ssize_t _offset = litecon_offset(_SLOT)
cdef object _socket_class = litestar.WebSocket
cdef object _known_class = None


cdef Channel channel_of(object socket):
    global _known_class
    cdef PyObject *found
    if _offset > 0:
        # SAFETY: the offset is that of instances of Litestar's class; isinstance() believes a mock that says it is one
        if type(socket) is not _known_class and litecon_is_instance(socket, _socket_class):
            _known_class = type(socket)
        if type(socket) is _known_class:
            found = litecon_slot_at(socket, _offset)
            if found is not NULL:
                return expect_channel(<object> found)
    return expect_channel(_SLOT.__get__(socket))


cdef inline Channel expect_channel(object found):
    # a cast alone lets None pass
    if type(found) is not RuledChannel:
        raise TypeError(f"the state of this WebSocket is of type {type(found).__name__!r}, expected a RuledChannel")
    return <Channel> found


cdef object _handshake(object socket, int method, object first, object second, object third):
    cdef Channel channel = channel_of(socket)
    return handshake_operation(socket, channel, method, first, second, third)


cdef object _receive(object socket, int method, object mode, object type_):
    cdef Channel channel = channel_of(socket)
    return receive_operation(socket, channel, method, mode, type_)


cdef object _iterate(object socket, int method, object mode, object type_):
    cdef Channel channel = channel_of(socket)
    return message_iterator(socket, channel, method, mode, type_)


cdef object _send(object socket, int method, object data, object mode, object encoding, object serializer):
    cdef Channel channel = channel_of(socket)
    return send_operation(socket, channel, method, data, mode, encoding, serializer)


class SocketMethods:
    """The constructor of a WebSocket, with what Litestar's own sets, and what it receives and sends with.

    What receives or sends accepts the connection before, where that was not done. It raises WebSocketDisconnect where
    the client disconnected, and RuntimeError where another task is receiving.
    """

    __slots__ = ()

    def __init__(self, scope, receive=empty_receive, send=empty_send):
        cdef Channel channel = new_ruled_channel(_RULES)
        _SLOT.__set__(self, channel)
        channel.receive = receive
        channel.send = send
        fill_connection(self, scope, None, None)
        self.receive = self.receive_wrapper(receive)
        self.send = self.send_wrapper(send)

    @property
    def connection_state(self):
        """What was received last: "init", "connect", "receive" or "disconnect".

        Raises:
            ValueError: It is set to something else.
        """
        return state_name(channel_of(self))

    @connection_state.setter
    def connection_state(self, state):
        set_state(channel_of(self), state)

    @property
    def receive(self):
        """The callable that gives events; it keeps `connection_state`."""
        return _RECEIVE_SLOT.__get__(self)

    @receive.setter
    def receive(self, receive):
        cdef Channel channel = channel_of(self)
        _RECEIVE_SLOT.__set__(self, receive)
        if type(receive) is SocketReceive and (<SocketReceive> receive).channel is channel:
            channel.receive = (<SocketReceive> receive).receive
            channel.flags &= ~FOREIGN_RECEIVE
        else:
            channel.flags |= FOREIGN_RECEIVE

    @receive.deleter
    def receive(self):
        cdef Channel channel = channel_of(self)
        self.receive = SocketReceive(channel, channel.receive)

    @property
    def send(self):
        """The callable that takes events; it refuses them after the end."""
        return _SEND_SLOT.__get__(self)

    @send.setter
    def send(self, send):
        cdef Channel channel = channel_of(self)
        _SEND_SLOT.__set__(self, send)
        if type(send) is SocketSend and (<SocketSend> send).channel is channel:
            channel.send = (<SocketSend> send).send
            channel.flags &= ~FOREIGN_SEND
        else:
            channel.flags |= FOREIGN_SEND

    @send.deleter
    def send(self):
        cdef Channel channel = channel_of(self)
        self.send = SocketSend(channel, channel.send, self.scope)

    def receive_wrapper(self, receive):
        """Return a `receive` that keeps `connection_state`.

        Args:
            receive: The ASGI callable that gives events.
        """
        return SocketReceive(channel_of(self), receive)

    def send_wrapper(self, send):
        """Return a `send` that refuses events after the end.

        Args:
            send: The ASGI callable that takes events.
        """
        return SocketSend(channel_of(self), send, self.scope)

    def accept(self, subprotocols=None, headers=None):
        """Accept the connection, where nothing was received yet.

        Args:
            subprotocols: The subprotocol that was chosen.
            headers: `Headers`, a mapping, or pairs of bytes or str.

        Raises:
            ImproperlyConfiguredException: The subprotocol or a header cannot stand in a response.
        """
        if isinstance(headers, dict):
            headers = _Headers(headers=headers)
        return _handshake(self, TO_ACCEPT, subprotocols, headers, None)

    def close(self, code=1000, reason=None):
        """Close the connection.

        Args:
            code: 1000 to 4999, but for those that are never sent (RFC 6455 section 7.4).
            reason: For people, 123 bytes of UTF-8 at the most.

        Raises:
            ImproperlyConfiguredException: The code or the reason cannot stand in a close frame.
        """
        return _handshake(self, TO_CLOSE, code, reason, None)

    def deny(self, status=403, headers=None, body=b""):
        """Refuse the connection with an HTTP response (ASGI's `websocket.http.response` extension).

        Litestar's own has no such method. Where the server does not offer the extension, the connection is closed,
        which clients see as a 403.

        Args:
            status: From 200 to 599.
            headers: `Headers`, a mapping, or pairs of bytes or str.
            body: The whole body.

        Raises:
            ImproperlyConfiguredException: The status, a header or the body cannot stand in a response.
        """
        return _handshake(self, TO_START, status, headers, body)

    def receive_data(self, mode):
        """Return the next message.

        Args:
            mode: "text" for a str, "binary" for bytes; anything else is a ValueError.
        """
        return _receive(self, DATA, mode, None)

    def receive_text(self):
        """Return the next message, a str."""
        return _receive(self, TEXT, "text", None)

    def receive_bytes(self):
        """Return the next message, bytes."""
        return _receive(self, BYTES, "binary", None)

    def receive_json(self, mode="text", type=Any):
        """Return the next message, decoded as JSON.

        Args:
            mode: "text" or "binary": which kind of message is expected.
            type: What to decode into; Litestar's own has no such argument.

        Raises:
            SerializationException: It is no valid JSON, or not of that type; the next can be received.
        """
        return _receive(self, JSON, mode, type)

    def receive_msgpack(self, type=Any):
        """Return the next message, decoded as MessagePack.

        Args:
            type: What to decode into; Litestar's own has no such argument.

        Raises:
            SerializationException: It is no valid MessagePack, or not of that type; the next can be received.
        """
        return _receive(self, MSGPACK, "binary", type)

    def iter_data(self, mode="text"):
        """Return an asynchronous iterator over the messages, which ends when the client disconnected.

        Args:
            mode: "text" for str, "binary" for bytes.
        """
        return _iterate(self, DATA, mode, None)

    def iter_json(self, mode="text", type=Any):
        """Return an asynchronous iterator over the messages, decoded as JSON, which ends when the client disconnected.

        Args:
            mode: "text" or "binary": which kind of message is expected.
            type: What to decode into; Litestar's own has no such argument.
        """
        if traits_of(self).overrides & ITER_DATA:
            return decoded(self, self.iter_data(mode), from_json, type)
        return _iterate(self, JSON, mode, type)

    def iter_msgpack(self, type=Any):
        """Return an asynchronous iterator over the messages, decoded as MessagePack, which ends with the connection.

        Args:
            type: What to decode into; Litestar's own has no such argument.
        """
        if traits_of(self).overrides & ITER_DATA:
            return decoded(self, self.iter_data(mode="binary"), from_msgpack, type)
        return _iterate(self, MSGPACK, "binary", type)

    def send_data(self, data, mode="text", encoding="utf-8"):
        """Send a message.

        Args:
            data: A str or bytes.
            mode: "text" or "binary": which kind of message is sent.
            encoding: Of the bytes where a str is sent as bytes, or bytes as text.

        Raises:
            TypeError: The data is neither a str nor bytes.
            UnicodeError: The data cannot be converted.
        """
        return _send(self, DATA, data, mode, encoding, None)

    def send_text(self, data, encoding="utf-8"):
        """Send a text message.

        Args:
            data: A str, or bytes to decode.
            encoding: Of bytes.
        """
        return _send(self, TEXT, data, "text", encoding, None)

    def send_bytes(self, data, encoding="utf-8"):
        """Send a binary message.

        Args:
            data: Bytes, or a str to encode.
            encoding: Of a str.
        """
        return _send(self, BYTES, data, "binary", encoding, None)

    def send_json(self, data, mode="text", encoding="utf-8", serializer=default_serializer):
        """Send a value as JSON.

        Args:
            data: What Litestar encodes.
            mode: "text" or "binary": which kind of message is sent.
            encoding: Of the text.
            serializer: Called with what msgspec does not know.

        Raises:
            SerializationException: It cannot be encoded; nothing was sent.
        """
        return _send(self, JSON, data, mode, encoding, serializer)

    def send_msgpack(self, data, encoding="utf-8", serializer=default_serializer):
        """Send a value as MessagePack.

        Args:
            data: What Litestar encodes.
            encoding: Handed to a `send_data` that a subclass overrides.
            serializer: Called with what msgspec does not know.

        Raises:
            SerializationException: It cannot be encoded; nothing was sent.
        """
        return _send(self, MSGPACK, data, "binary", encoding, serializer)


for _name in ("accept", "close", "deny"):
    mark_coroutine_function(SocketMethods, _name)
for _verb in ("receive", "send"):
    for _what in ("data", "text", "bytes", "json", "msgpack"):
        mark_coroutine_function(SocketMethods, f"{_verb}_{_what}")

track_override(litestar.connection.ASGIConnection, "scope", SCOPE)
track_override(SocketMethods, "receive", RECEIVE)
track_override(SocketMethods, "send", SEND)
track_override(SocketMethods, "receive_data", RECEIVE_DATA)
track_override(SocketMethods, "receive_json", RECEIVE_JSON)
track_override(SocketMethods, "receive_msgpack", RECEIVE_MSGPACK)
track_override(SocketMethods, "send_data", SEND_DATA)
track_override(SocketMethods, "iter_data", ITER_DATA)
