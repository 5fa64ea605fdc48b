# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The operations of the drop-in's WebSockets: accepting, receiving, iterating, sending and closing, as Litestar's do it."""

cimport cython

from litecon._native.channel cimport ENDED, litecon_socket_event
from litecon._native.litestar_channel cimport (
    Channel,
    SocketReceive,
    SocketSend,
    channel_of,
    code_of,
    connected,
    is_at,
    received,
    release_channel,
    start_receiving,
    start_sending,
)
from litecon._native.mapping cimport item
from litecon._native.messages cimport ACCEPTING, DATA, JSON, MSGPACK, OVERRIDDEN, SERVER, method_name
from litecon._native.operation cimport DONE, AsyncIteratorBase, Operation, discard, register_operation
from litecon._native.traits cimport RECEIVE_DATA, SEND_DATA, traits_of

from litestar.datastructures import Headers
from litestar.exceptions import WebSocketDisconnect
from litestar.serialization import encode_json, encode_msgpack

from litecon._errors import not_constructed
from litecon._litestar import from_json, from_msgpack, socket_disconnected

cdef object _Headers = Headers
cdef object _from_json = from_json
cdef object _from_msgpack = from_msgpack
cdef object _encode_json = encode_json
cdef object _encode_msgpack = encode_msgpack


@cython.final
@cython.no_gc_clear
cdef class ReceiveMessage(Operation):
    """`WebSocket.receive_data` and what is built on it, and each step of an iterator."""

    cdef object socket
    cdef Channel channel
    # of which this is a step, None otherwise
    cdef MessageIterator iterator
    cdef object mode
    cdef int method
    cdef int waits_for
    cdef bint own

    def __dealloc__(self):
        if self._state != DONE:
            discard(self)

    cdef str label(self):
        return "MessageIterator.__anext__" if self._is_step else method_name("receive", self.method)

    cdef void release(self) noexcept:
        release_channel(self.channel)

    cdef object begin(self):
        cdef object socket = self.socket
        if self._is_step:
            self.iterator.started = True
            if self.iterator.closed:
                return self.end_iteration()
        if (self.method != DATA or self._is_step) and traits_of(socket).overrides & RECEIVE_DATA:
            self.waits_for = OVERRIDDEN
            return socket.receive_data(mode=self.mode)
        self.channel = channel_of(socket)
        if is_at(self.channel, "init"):
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
        return receive()

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
        cdef int kind = received(self, self.channel, event) if self.own else litecon_socket_event(event["type"])
        if kind == ENDED:
            raise socket_disconnected(code_of(event))
        if self.mode == "text":
            return item(event, "text") or ""
        return item(event, "bytes") or b""

    cdef object failed(self, object error):
        # the disconnect is the end of an iteration
        if self._is_step and isinstance(error, WebSocketDisconnect):
            self.iterator.closed = True
            return self.end_iteration()
        raise error


register_operation(ReceiveMessage)


cdef Operation new_receive(object socket, int method, object mode):
    cdef ReceiveMessage operation = ReceiveMessage.__new__(ReceiveMessage)
    operation.socket = socket
    operation.method = method
    operation.mode = mode
    return operation


@cython.final
cdef class MessageIterator(AsyncIteratorBase):
    """An asynchronous iterator over the messages of a WebSocket, with the methods of an asynchronous generator."""

    cdef object socket
    cdef object mode
    cdef int method

    cdef Operation next_operation(self):
        cdef ReceiveMessage operation
        if self.socket is None:
            raise not_constructed(self)
        operation = <ReceiveMessage> new_receive(self.socket, self.method, self.mode)
        operation.iterator = self
        operation._is_step = True
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
    return send(event)


@cython.final
@cython.no_gc_clear
cdef class SendMessage(Operation):
    """`WebSocket.send_data` and what is built on it."""

    cdef object socket
    cdef Channel channel
    cdef object data
    cdef object mode
    cdef object encoding
    cdef object serializer
    cdef int method
    cdef int waits_for

    def __dealloc__(self):
        if self._state != DONE:
            discard(self)

    cdef str label(self):
        return method_name("send", self.method)

    cdef object begin(self):
        cdef object socket = self.socket
        if self.method == JSON:
            self.data = _encode_json(self.data, self.serializer)
        elif self.method == MSGPACK:
            self.data = _encode_msgpack(self.data, self.serializer)
        if self.method != DATA and traits_of(socket).overrides & SEND_DATA:
            self.waits_for = OVERRIDDEN
            return socket.send_data(data=self.data, mode=self.mode, encoding=self.encoding)
        self.channel = channel_of(socket)
        if is_at(self.channel, "init"):
            self.waits_for = ACCEPTING
            return socket.accept()
        return self.send()

    cdef object send(self):
        cdef object data = self.data
        cdef object event
        self.waits_for = SERVER
        if self.mode is not "text" and self.mode == "binary":
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


register_operation(SendMessage)


cdef object new_send(object socket, int method, object data, object mode, object encoding, object serializer):
    cdef SendMessage operation = SendMessage.__new__(SendMessage)
    operation.socket = socket
    operation.method = method
    operation.data = data
    operation.mode = mode
    operation.encoding = encoding
    operation.serializer = serializer
    return operation


@cython.final
@cython.no_gc_clear
cdef class HandshakeOperation(Operation):
    """`WebSocket.accept` and `.close`."""

    cdef object socket
    cdef Channel channel
    cdef object first
    cdef object second
    cdef bint closing
    cdef bint connecting
    cdef bint own

    def __dealloc__(self):
        if self._state != DONE:
            discard(self)

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
        return receive()

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


register_operation(HandshakeOperation)


cdef object _header_list(object headers):
    if isinstance(headers, dict):
        return _Headers(headers=headers).to_header_list()
    if isinstance(headers, _Headers):
        return headers.to_header_list()
    return headers if isinstance(headers, list) else []


cdef object new_handshake(object socket, bint closing, object first, object second):
    cdef HandshakeOperation operation = HandshakeOperation.__new__(HandshakeOperation)
    operation.socket = socket
    operation.closing = closing
    operation.first = first
    operation.second = second
    return operation
