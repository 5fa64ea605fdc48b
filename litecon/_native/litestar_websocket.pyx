# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The drop-in's WebSockets: litecon's states and operations, with Litestar's rules."""

from cpython.object cimport PyObject

from litecon._native.channel cimport (
    ACCEPT_EVENT,
    CLOSE_EVENT,
    CUSTOM_RECEIVE,
    CUSTOM_SEND,
    RESPONSE_START,
    Channel,
    RuledChannel,
    Rules,
    SocketReceive,
    SocketSend,
    new_ruled_channel,
    set_state,
    state_name,
)
from litecon._native.handshake cimport new_handshake_operation
from litecon._native.litestar_request cimport fill_connection
from litecon._native.messages cimport (
    BYTES,
    DATA,
    JSON,
    MSGPACK,
    TEXT,
    new_message_iterator,
    new_receive_operation,
    new_send_operation,
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
    decode_messages,
    disconnect_event_error,
    disconnected_error,
    from_json,
    from_msgpack,
)

cdef extern from "slots.h":
    Py_ssize_t litecon_slot_offset(object descriptor) noexcept
    PyObject *litecon_slot_at(object o, Py_ssize_t offset) noexcept
    bint litecon_is_instance(object o, object cls) noexcept

cdef Rules _RULES = Rules(
    disconnect_event_error=disconnect_event_error,
    disconnected_error=disconnected_error,
    disconnect_class=WebSocketDisconnect,
    from_json=from_json,
    from_msgpack=from_msgpack,
    to_json=encode_json,
    to_msgpack=encode_msgpack,
)

cdef object _Headers = Headers

# the slot of Litestar's class for the state holds a channel: no slot is added, so that both can be bases of one class
cdef object _STATE_SLOT = litestar.WebSocket.__dict__["connection_state"]
cdef object _RECEIVE_SLOT = litestar.connection.ASGIConnection.__dict__["receive"]
cdef object _SEND_SLOT = litestar.connection.ASGIConnection.__dict__["send"]

# PERF: read at its offset, since the descriptor checks the class each time
cdef Py_ssize_t _state_offset = litecon_slot_offset(_STATE_SLOT)
cdef object _socket_class = litestar.WebSocket
cdef object _checked_class = None


cdef Channel channel_of(object socket):
    global _checked_class
    cdef PyObject *found
    if _state_offset > 0:
        # SAFETY: the offset is that of instances of Litestar's class; isinstance() accepts a mock that claims to be one
        if type(socket) is not _checked_class and litecon_is_instance(socket, _socket_class):
            _checked_class = type(socket)
        if type(socket) is _checked_class:
            found = litecon_slot_at(socket, _state_offset)
            if found is not NULL:
                return check_channel(<object> found)
    return check_channel(_STATE_SLOT.__get__(socket))


cdef inline Channel check_channel(object found):
    # a cast alone accepts None
    if type(found) is not RuledChannel:
        raise TypeError(f"the state of this WebSocket is of type {type(found).__name__!r}, expected a RuledChannel")
    return <Channel> found


cdef Channel _own_channel(object socket):
    cdef Channel channel
    try:
        return channel_of(socket)
    except AttributeError:
        # a user's class has called the constructor of Litestar's class by its name, which wraps the callables first; or
        # `copy.copy()` sets the attributes of an object that `__new__` alone has made
        channel = new_ruled_channel(_RULES)
        _STATE_SLOT.__set__(socket, channel)
        return channel


cdef object _new_handshake(object socket, int method, object first, object second, object third):
    cdef Channel channel = channel_of(socket)
    return new_handshake_operation(socket, channel, method, first, second, third)


cdef object _new_receive(object socket, int method, object mode, object type_):
    cdef Channel channel = channel_of(socket)
    return new_receive_operation(socket, channel, method, mode, type_)


cdef object _new_iterator(object socket, int method, object mode, object type_):
    cdef Channel channel = channel_of(socket)
    return new_message_iterator(socket, channel, method, mode, type_)


cdef object _new_send(object socket, int method, object data, object mode, object encoding, object serializer):
    cdef Channel channel = channel_of(socket)
    return new_send_operation(socket, channel, method, data, mode, encoding, serializer)


class SocketMethods:
    """The constructor of a WebSocket, which sets the attributes that Litestar's sets, and the methods.

    Methods that receive or send accept the connection first if needed. They raise WebSocketDisconnect if the client
    disconnected, and RuntimeError if another task is receiving.
    """

    __slots__ = ()

    def __init__(self, scope, receive=empty_receive, send=empty_send):
        cdef Channel channel = new_ruled_channel(_RULES)
        _STATE_SLOT.__set__(self, channel)
        channel.receive = receive
        channel.send = send
        fill_connection(self, scope, None, None)
        self.receive = self.receive_wrapper(receive)
        self.send = self.send_wrapper(send)

    @property
    def connection_state(self):
        """The state, by the event that was received last: "init", "connect", "receive" or "disconnect".

        Raises:
            ValueError: It is set to another value.
        """
        return state_name(channel_of(self))

    @connection_state.setter
    def connection_state(self, state):
        set_state(_own_channel(self), state)

    @property
    def receive(self):
        """The callable that returns the next event; it keeps `connection_state` up to date."""
        return _RECEIVE_SLOT.__get__(self)

    @receive.setter
    def receive(self, receive):
        cdef Channel channel = _own_channel(self)
        _RECEIVE_SLOT.__set__(self, receive)
        if type(receive) is SocketReceive and (<SocketReceive> receive).channel is channel:
            channel.receive = (<SocketReceive> receive).receive
            channel.flags &= ~CUSTOM_RECEIVE
        else:
            channel.flags |= CUSTOM_RECEIVE

    @receive.deleter
    def receive(self):
        cdef Channel channel = channel_of(self)
        self.receive = SocketReceive(channel, channel.receive)

    @property
    def send(self):
        """The callable that takes an event; it refuses events after the end of the connection."""
        return _SEND_SLOT.__get__(self)

    @send.setter
    def send(self, send):
        cdef Channel channel = _own_channel(self)
        _SEND_SLOT.__set__(self, send)
        if type(send) is SocketSend and (<SocketSend> send).channel is channel:
            channel.send = (<SocketSend> send).send
            channel.flags &= ~CUSTOM_SEND
        else:
            channel.flags |= CUSTOM_SEND

    @send.deleter
    def send(self):
        cdef Channel channel = channel_of(self)
        self.send = SocketSend(channel, channel.send, None)

    def receive_wrapper(self, receive):
        """Return a `receive` that keeps `connection_state` up to date.

        Args:
            receive: The server's callable that returns the next event.
        """
        return SocketReceive(_own_channel(self), receive)

    def send_wrapper(self, send):
        """Return a `send` that refuses events after the end of the connection.

        Args:
            send: The server's callable that takes an event.
        """
        return SocketSend(_own_channel(self), send, None)

    def accept(self, subprotocols=None, headers=None):
        """Accept the connection, if nothing was received yet.

        Args:
            subprotocols: The subprotocol that was chosen.
            headers: The headers of the response: `Headers`, a mapping, or pairs of bytes or str.

        Raises:
            ImproperlyConfiguredException: The subprotocol or a header is not valid in a response.
        """
        if isinstance(headers, dict):
            headers = _Headers(headers=headers)
        return _new_handshake(self, ACCEPT_EVENT, subprotocols, headers, None)

    def close(self, code=1000, reason=None):
        """Close the connection.

        Args:
            code: The close code, 1000 to 4999, except those that are never sent (RFC 6455 section 7.4).
            reason: The human-readable reason, at most 123 bytes of UTF-8.

        Raises:
            ImproperlyConfiguredException: The code or the reason is not valid in a close frame.
        """
        return _new_handshake(self, CLOSE_EVENT, code, reason, None)

    def deny(self, status=403, headers=None, body=b""):
        """Refuse the connection with an HTTP response (ASGI's `websocket.http.response` extension).

        Litestar's class has no such method. If the server does not offer the extension, the connection is closed, which
        clients see as a 403.

        Args:
            status: The status code, from 200 to 599.
            headers: The headers of the response: `Headers`, a mapping, or pairs of bytes or str.
            body: The whole body.

        Raises:
            ImproperlyConfiguredException: The status, a header or the body is not valid in a response.
        """
        return _new_handshake(self, RESPONSE_START, status, headers, body)

    def receive_data(self, mode):
        """Return the next message.

        Args:
            mode: The kind of message that is expected: "text" for a str, "binary" for bytes.

        Raises:
            ValueError: There is no such mode.
        """
        return _new_receive(self, DATA, mode, None)

    def receive_text(self):
        """Return the next message, a str."""
        return _new_receive(self, TEXT, "text", None)

    def receive_bytes(self):
        """Return the next message, bytes."""
        return _new_receive(self, BYTES, "binary", None)

    def receive_json(self, mode="text", type=Any):
        """Return the next message, decoded as JSON.

        Args:
            mode: The kind of message that is expected: "text" or "binary".
            type: The type to decode into; Litestar's method has no such argument.

        Raises:
            SerializationException: The message is not valid JSON, or is not of that type; the next one can be received.
        """
        return _new_receive(self, JSON, mode, type)

    def receive_msgpack(self, type=Any):
        """Return the next message, decoded as MessagePack.

        Args:
            type: The type to decode into; Litestar's method has no such argument.

        Raises:
            SerializationException: The message is not valid MessagePack, or is not of that type; the next one can be
                received.
        """
        return _new_receive(self, MSGPACK, "binary", type)

    def iter_data(self, mode="text"):
        """Return an asynchronous iterator over the messages, which ends when the client disconnects.

        Args:
            mode: The kind of messages that is expected: "text" for str, "binary" for bytes.
        """
        return _new_iterator(self, DATA, mode, None)

    def iter_json(self, mode="text", type=Any):
        """Return an asynchronous iterator over the messages, decoded as JSON, which ends when the client disconnects.

        Args:
            mode: The kind of message that is expected: "text" or "binary".
            type: The type to decode into; Litestar's method has no such argument.
        """
        if traits_of(self).overrides & ITER_DATA:
            return decode_messages(self, self.iter_data(mode), from_json, type)
        return _new_iterator(self, JSON, mode, type)

    def iter_msgpack(self, type=Any):
        """Return an asynchronous iterator over the messages, decoded as MessagePack, which ends with the connection.

        Args:
            type: The type to decode into; Litestar's method has no such argument.
        """
        if traits_of(self).overrides & ITER_DATA:
            return decode_messages(self, self.iter_data(mode="binary"), from_msgpack, type)
        return _new_iterator(self, MSGPACK, "binary", type)

    def send_data(self, data, mode="text", encoding="utf-8"):
        """Send a message.

        Args:
            data: The message, a str or bytes.
            mode: The kind of message that is sent: "text" or "binary".
            encoding: The encoding for sending a str as bytes, or bytes as text.

        Raises:
            TypeError: The data is neither a str nor bytes.
            UnicodeError: The data cannot be converted.
        """
        return _new_send(self, DATA, data, mode, encoding, None)

    def send_text(self, data, encoding="utf-8"):
        """Send a text message.

        Args:
            data: The text, a str, or bytes that are decoded.
            encoding: The encoding of bytes.
        """
        return _new_send(self, TEXT, data, "text", encoding, None)

    def send_bytes(self, data, encoding="utf-8"):
        """Send a binary message.

        Args:
            data: The bytes, or a str that is encoded.
            encoding: The encoding for a str.
        """
        return _new_send(self, BYTES, data, "binary", encoding, None)

    def send_json(self, data, mode="text", encoding="utf-8", serializer=default_serializer):
        """Send a value as JSON.

        Args:
            data: The value, of any type that Litestar encodes.
            mode: The kind of message that is sent: "text" or "binary".
            encoding: The encoding with which the JSON, as bytes, is decoded to text.
            serializer: The callable that converts values of other types.

        Raises:
            SerializationException: The value cannot be encoded; nothing was sent.
        """
        return _new_send(self, JSON, data, mode, encoding, serializer)

    def send_msgpack(self, data, encoding="utf-8", serializer=default_serializer):
        """Send a value as MessagePack.

        Args:
            data: The value, of any type that Litestar encodes.
            encoding: The argument for an overridden `send_data`.
            serializer: The callable that converts values of other types.

        Raises:
            SerializationException: The value cannot be encoded; nothing was sent.
        """
        return _new_send(self, MSGPACK, data, "binary", encoding, serializer)


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
