# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""What the drop-in's WebSockets do: accepting, receiving, iterating and sending, as Litestar's do it."""

cimport cython

from litecon._native.calling cimport litecon_call, litecon_call_with
from litecon._native.classes cimport litecon_class, litecon_version
from litecon._native.iteration cimport Iteration
from litecon._native.litestar_channel cimport (
    Channel,
    SocketReceive,
    SocketSend,
    channel_of,
    code_of,
    connected,
    open_channel,
    received,
    start_receiving,
    start_sending,
)
from litecon._native.litestar_request cimport fill_connection
from litecon._native.mapping cimport item
from litecon._native.operation cimport LiteconPool, Operation, install, litecon_take, mark

import litestar
from litestar.connection.base import empty_receive, empty_send
from litestar.datastructures import Headers
from litestar.exceptions import WebSocketDisconnect
from litestar.serialization import default_serializer, encode_json, encode_msgpack

from litecon._errors import not_constructed
from litecon._litestar import from_json, from_msgpack, socket_disconnected

cdef object _Headers = Headers
cdef object _from_json = from_json
cdef object _from_msgpack = from_msgpack
cdef object _encode_json = encode_json
cdef object _encode_msgpack = encode_msgpack

cdef enum:
    # which method an operation is of
    DATA = 0
    JSON = 1
    MSGPACK = 2
    # what an operation waits for: the server, accept(), or a method that a subclass overrides
    SERVER = 0
    ACCEPTING = 1
    OVERRIDDEN = 2
    # what a class overrides
    RECEIVE_DATA = 1
    SEND_DATA = 2
    ITER_DATA = 4


# PERF: which methods a class overrides is looked up once, and again when the class has another version
cdef void *_known_class = NULL
cdef unsigned int _known_version = 0
cdef int _known_overrides = 0


cdef int _overrides(object socket) except -1:
    global _known_class, _known_version, _known_overrides
    cdef object cls
    cdef unsigned int version = litecon_version(socket)
    cdef int overrides = 0
    if _known_class is litecon_class(socket) and version != 0 and _known_version == version:
        return _known_overrides
    cls = type(socket)
    if cls.receive_data is not _RECEIVE_DATA:
        overrides |= RECEIVE_DATA
    if cls.send_data is not _SEND_DATA:
        overrides |= SEND_DATA
    if cls.iter_data is not _ITER_DATA:
        overrides |= ITER_DATA
    _known_class = litecon_class(socket)
    _known_version = litecon_version(socket)
    _known_overrides = overrides
    return overrides


@cython.final
cdef class ReceiveMessage(Operation):
    """`WebSocket.receive_data` and what is built on it, and each step of an iterator."""

    cdef object socket
    cdef Channel channel
    # of which this is a step, None otherwise
    cdef MessageIterator iterator
    cdef object mode
    cdef str name
    cdef int method
    cdef int waits_for
    cdef bint own

    cdef str label(self):
        return "MessageIterator.__anext__" if self.iterator is not None else self.name

    cdef object begin(self):
        cdef object socket = self.socket
        if self.iterator is not None:
            self.iterator.started = True
            if self.iterator.closed:
                raise StopAsyncIteration
        if self.name is not "WebSocket.receive_data" and _overrides(socket) & RECEIVE_DATA:
            self.waits_for = OVERRIDDEN
            return socket.receive_data(mode=self.mode)
        self.channel = channel_of(socket)
        if self.channel.state == "init":
            self.waits_for = ACCEPTING
            return socket.accept()
        return self.receive()

    cdef object receive(self):
        cdef object receive = self.socket.receive
        self.waits_for = SERVER
        if type(receive) is SocketReceive and (<SocketReceive> receive).channel is self.channel:
            self.own = True
            return start_receiving(self, self.channel, (<SocketReceive> receive).receive)
        # another callable does what it wants
        return litecon_call(receive)

    cdef object step(self, object result):
        if self.waits_for == ACCEPTING:
            return self.receive()
        if self.waits_for == SERVER:
            result = self.data_of(result)
        self._done = True
        if self.method == JSON:
            return _from_json(self.socket, result)
        return _from_msgpack(self.socket, result) if self.method == MSGPACK else result

    cdef object data_of(self, object event):
        if self.own:
            received(self, self.channel, event)
        if event["type"] == "websocket.disconnect":
            raise socket_disconnected(code_of(event))
        if self.mode == "text":
            return item(event, "text") or ""
        return item(event, "bytes") or b""

    cdef object failed(self, object error):
        if isinstance(error, WebSocketDisconnect):
            self.iterator.closed = True
            raise StopAsyncIteration from None
        raise error


cdef LiteconPool _messages
install(ReceiveMessage, &_messages)


cdef ReceiveMessage new_receive(object socket, str name, int method, object mode):
    cdef ReceiveMessage operation = <ReceiveMessage> litecon_take(&_messages, ())
    operation.socket = socket
    operation.name = name
    operation.method = method
    operation.mode = mode
    operation._guarded = False
    return operation


@cython.final
cdef class MessageIterator(Iteration):
    """An asynchronous iterator over the messages of a WebSocket, with the methods of an asynchronous generator."""

    cdef object socket
    cdef object mode
    cdef int method

    cdef Operation following(self):
        cdef ReceiveMessage operation
        if self.socket is None:
            raise not_constructed(self)
        operation = new_receive(self.socket, "WebSocket.iter_data", self.method, self.mode)
        operation.iterator = self
        # the disconnect is the end
        operation._guarded = True
        return operation


cdef object new_iterator(object socket, int method, object mode):
    cdef MessageIterator iterator = MessageIterator.__new__(MessageIterator)
    iterator.socket = socket
    iterator.method = method
    iterator.mode = mode
    return iterator


cdef object _event_sender(object socket, Channel channel, object event):
    """Return what to await for an event to be sent."""
    cdef object send = socket.send
    if type(send) is SocketSend and (<SocketSend> send).channel is channel:
        return start_sending(channel, (<SocketSend> send).send, event)
    return litecon_call_with(send, event)


@cython.final
cdef class SendMessage(Operation):
    """`WebSocket.send_data` and what is built on it."""

    cdef object socket
    cdef Channel channel
    cdef object data
    cdef object mode
    cdef object encoding
    cdef object serializer
    cdef str name
    cdef int method
    cdef int waits_for

    cdef str label(self):
        return self.name

    cdef object begin(self):
        cdef object socket = self.socket
        if self.method == JSON:
            self.data = _encode_json(self.data, self.serializer)
        elif self.method == MSGPACK:
            self.data = _encode_msgpack(self.data, self.serializer)
        if self.name is not "WebSocket.send_data" and _overrides(socket) & SEND_DATA:
            self.waits_for = OVERRIDDEN
            return socket.send_data(data=self.data, mode=self.mode, encoding=self.encoding)
        self.channel = channel_of(socket)
        if self.channel.state == "init":
            self.waits_for = ACCEPTING
            return socket.accept()
        return self.send()

    cdef object send(self):
        cdef object data = self.data
        cdef object event
        self.waits_for = SERVER
        if self.mode == "binary":
            event = {
                "type": "websocket.send",
                "bytes": data if isinstance(data, bytes) else data.encode(self.encoding),
                "text": None,
            }
        else:
            event = {
                "type": "websocket.send",
                "bytes": None,
                "text": data if isinstance(data, str) else data.decode(self.encoding),
            }
        return _event_sender(self.socket, self.channel, event)

    cdef object step(self, object result):
        if self.waits_for == ACCEPTING:
            return self.send()
        self._done = True


cdef LiteconPool _sent
install(SendMessage, &_sent)


cdef object new_send(
    object socket, str name, int method, object data, object mode, object encoding, object serializer
):
    cdef SendMessage operation = <SendMessage> litecon_take(&_sent, ())
    operation.socket = socket
    operation.name = name
    operation.method = method
    operation.data = data
    operation.mode = mode
    operation.encoding = encoding
    operation.serializer = serializer
    return operation


@cython.final
cdef class Answer(Operation):
    """`WebSocket.accept` and `.close`."""

    cdef object socket
    cdef Channel channel
    cdef object first
    cdef object second
    cdef bint closing
    cdef bint connecting
    cdef bint own

    cdef str label(self):
        return "WebSocket.close" if self.closing else "WebSocket.accept"

    cdef object begin(self):
        cdef object receive
        self.channel = channel_of(self.socket)
        if self.closing:
            return self.send({"type": "websocket.close", "code": self.first, "reason": self.second or ""})
        if self.channel.state != "init":
            self._done = True
            return None
        self.connecting = True
        receive = self.socket.receive
        if type(receive) is SocketReceive and (<SocketReceive> receive).channel is self.channel:
            self.own = True
            receive = (<SocketReceive> receive).receive
        # nothing is claimed: of two tasks that both accept, as Litestar's streams have them, one gets the handshake
        return litecon_call(receive)

    cdef object send(self, object event):
        return _event_sender(self.socket, self.channel, event)

    cdef object step(self, object result):
        if not self.connecting:
            self._done = True
            return None
        self.connecting = False
        if self.own and connected(self.channel, result):
            self._done = True
            return None
        return self.send({"type": "websocket.accept", "subprotocol": self.first, "headers": _header_list(self.second)})

cdef LiteconPool _answers
install(Answer, &_answers)


cdef object _header_list(object headers):
    if isinstance(headers, dict):
        return _Headers(headers=headers).to_header_list()
    if isinstance(headers, _Headers):
        return headers.to_header_list()
    return headers if isinstance(headers, list) else []


cdef object _new_answer(object socket, bint closing, object first, object second):
    cdef Answer operation = <Answer> litecon_take(&_answers, ())
    operation.socket = socket
    operation.closing = closing
    operation.first = first
    operation.second = second
    return operation


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
            WebSocketDisconnect: The client has gone.
        """
        return _new_answer(self, False, subprotocols, headers)

    def close(self, code=1000, reason=None):
        """Close the connection.

        Args:
            code: The close code.
            reason: For people.

        Raises:
            WebSocketDisconnect: The client has gone.
        """
        return _new_answer(self, True, code, reason)

    def receive_data(self, mode):
        """Return the next message; the connection is accepted before if it was not.

        Args:
            mode: "text" for a str, "binary" for bytes.

        Raises:
            WebSocketDisconnect: The client has gone.
            RuntimeError: Another task is receiving.
        """
        return new_receive(self, "WebSocket.receive_data", DATA, mode)

    def receive_text(self):
        """Return the next message, a str; the connection is accepted before if it was not.

        Raises:
            WebSocketDisconnect: The client has gone.
            RuntimeError: Another task is receiving.
        """
        return new_receive(self, "WebSocket.receive_text", DATA, "text")

    def receive_bytes(self):
        """Return the next message, bytes; the connection is accepted before if it was not.

        Raises:
            WebSocketDisconnect: The client has gone.
            RuntimeError: Another task is receiving.
        """
        return new_receive(self, "WebSocket.receive_bytes", DATA, "binary")

    def receive_json(self, mode="text"):
        """Return the next message, decoded as JSON; the connection is accepted before if it was not.

        Args:
            mode: "text" or "binary": which kind of message is expected.

        Raises:
            SerializationException: It is no valid JSON; the next can be received.
            WebSocketDisconnect: The client has gone.
            RuntimeError: Another task is receiving.
        """
        return new_receive(self, "WebSocket.receive_json", JSON, mode)

    def receive_msgpack(self):
        """Return the next message, decoded as MessagePack; the connection is accepted before if it was not.

        Raises:
            SerializationException: It is no valid MessagePack; the next can be received.
            WebSocketDisconnect: The client has gone.
            RuntimeError: Another task is receiving.
        """
        return new_receive(self, "WebSocket.receive_msgpack", MSGPACK, "binary")

    def iter_data(self, mode="text"):
        """Return an asynchronous iterator over the messages, which ends when the client has gone.

        Args:
            mode: "text" for str, "binary" for bytes.
        """
        return new_iterator(self, DATA, mode)

    def iter_json(self, mode="text"):
        """Return an asynchronous iterator over the messages, decoded as JSON, which ends when the client has gone.

        Args:
            mode: "text" or "binary": which kind of message is expected.
        """
        if _overrides(self) & ITER_DATA:
            return litestar.WebSocket.iter_json(self, mode)
        return new_iterator(self, JSON, mode)

    def iter_msgpack(self):
        """Return an asynchronous iterator over the messages, decoded as MessagePack, which ends when the client has gone."""
        if _overrides(self) & ITER_DATA:
            return litestar.WebSocket.iter_msgpack(self)
        return new_iterator(self, MSGPACK, "binary")

    def send_data(self, data, mode="text", encoding="utf-8"):
        """Send a message; the connection is accepted before if it was not.

        Args:
            data: A str or bytes.
            mode: "text" or "binary": which kind of message is sent.
            encoding: Of the bytes where a str is sent as bytes, or bytes as text.

        Raises:
            WebSocketDisconnect: The client has gone.
        """
        return new_send(self, "WebSocket.send_data", DATA, data, mode, encoding, None)

    def send_text(self, data, encoding="utf-8"):
        """Send a text message; the connection is accepted before if it was not.

        Args:
            data: A str, or bytes to decode.
            encoding: Of bytes.

        Raises:
            WebSocketDisconnect: The client has gone.
        """
        return new_send(self, "WebSocket.send_text", DATA, data, "text", encoding, None)

    def send_bytes(self, data, encoding="utf-8"):
        """Send a binary message; the connection is accepted before if it was not.

        Args:
            data: Bytes, or a str to encode.
            encoding: Of a str.

        Raises:
            WebSocketDisconnect: The client has gone.
        """
        return new_send(self, "WebSocket.send_bytes", DATA, data, "binary", encoding, None)

    def send_json(self, data, mode="text", encoding="utf-8", serializer=default_serializer):
        """Send a value as JSON; the connection is accepted before if it was not.

        Args:
            data: What Litestar encodes.
            mode: "text" or "binary": which kind of message is sent.
            encoding: Of the text.
            serializer: Called with what msgspec does not know.

        Raises:
            SerializationException: It cannot be encoded; nothing was sent.
            WebSocketDisconnect: The client has gone.
        """
        return new_send(self, "WebSocket.send_json", JSON, data, mode, encoding, serializer)

    def send_msgpack(self, data, encoding="utf-8", serializer=default_serializer):
        """Send a value as MessagePack; the connection is accepted before if it was not.

        Args:
            data: What Litestar encodes.
            encoding: Handed to a `send_data` that a subclass overrides.
            serializer: Called with what msgspec does not know.

        Raises:
            SerializationException: It cannot be encoded; nothing was sent.
            WebSocketDisconnect: The client has gone.
        """
        return new_send(self, "WebSocket.send_msgpack", MSGPACK, data, "binary", encoding, serializer)


for _name in ("accept", "close"):
    mark(SocketMethods, _name)
for _verb in ("receive", "send"):
    for _what in ("data", "text", "bytes", "json", "msgpack"):
        mark(SocketMethods, f"{_verb}_{_what}")

cdef object _RECEIVE_DATA = SocketMethods.receive_data
cdef object _SEND_DATA = SocketMethods.send_data
cdef object _ITER_DATA = SocketMethods.iter_data
