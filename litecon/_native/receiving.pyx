# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""Receiving the messages of a WebSocket, one by one and by iteration."""

cimport cython
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF

from litecon._native.calling cimport (
    likely,
    litecon_call,
    litecon_call_raw,
    litecon_drop,
    litecon_is_coroutine,
    litecon_send_into,
    unlikely,
)
from litecon._native.channel cimport (
    ACCEPTED,
    CLOSED,
    FOREIGN_RECEIVE,
    FOREIGN_SEND,
    INIT,
    OPEN,
    Channel,
    disconnected,
    expect_free,
    receiving,
    state_name,
    take_message,
    usual_message,
    usual_message_at_last,
)
from litecon._native.codecs cimport from_json, from_msgpack
from litecon._native.handshake cimport (
    RECEIVE_DATA,
    RECEIVE_JSON,
    RECEIVE_MSGPACK,
    Plain,
    SocketBase,
    foreign_receive,
    is_plain,
    overrides_of,
)
from litecon._native.iteration cimport Iteration
from litecon._native.modes cimport (
    ACCEPTING,
    BYTES,
    DATA,
    IS_BINARY,
    IS_TEXT,
    JSON,
    MSGPACK,
    OVERRIDDEN,
    OVERRIDDEN_DATA,
    SERVER,
    UNKNOWN,
    method_name,
    mode_of,
)
from litecon._native.operation cimport (
    CREATED,
    DONE,
    ERROR,
    NEXT,
    RETURN,
    SUSPENDED,
    LiteconPool,
    Operation,
    am_send,
    claim,
    drive,
    drive_from,
    drive_on,
    go_on_waiting,
    install,
    let_go_quickly,
    litecon_take,
    wait_for,
)
from litecon._native.waiting cimport kept

from typing import Any

from litecon._errors import cannot_receive, not_constructed, wrong_mode
from litecon.exceptions import SerializationException, WebSocketDisconnect

cdef object ANY = Any
cdef Plain _plain


cdef int check_mode(object mode) except -1:
    if mode == "text":
        return IS_TEXT
    if mode == "binary":
        return IS_BINARY
    raise wrong_mode(mode)


@cython.final
cdef class ReceiveMessage(Operation):
    """`WebSocket.receive_data` and what is built on it, and each step of an iterator."""

    cdef SocketBase socket
    # of which this is a step, None otherwise
    cdef MessageIterator iterator
    # of what is decoded; where the mode is UNKNOWN a pair of it and that
    cdef object type
    cdef Py_ssize_t max_size
    cdef unsigned char mode
    cdef unsigned char method
    cdef unsigned char waits_for

    cdef str label(self):
        return "MessageIterator.__anext__" if self.iterator is not None else method_name("receive", self.method)

    cdef object begin(self):
        cdef int overrides = overrides_of(self.socket, &self.max_size)
        if self.mode == UNKNOWN:
            mode, self.type = self.type
            self.mode = check_mode(mode)
        if self.iterator is not None:
            self.iterator.started = True
            if self.iterator.closed:
                raise StopAsyncIteration
        if overrides and self.is_overridden(overrides):
            return self.overridden()
        if self.socket.channel.state == INIT:
            self.waits_for = ACCEPTING
            return self.socket.accept()
        return self.receive()

    cdef bint is_overridden(self, int overrides) noexcept:
        if self.iterator is not None:
            if self.method == JSON and overrides & RECEIVE_JSON or self.method == MSGPACK and overrides & RECEIVE_MSGPACK:
                return True
        elif self.method == DATA:
            return False
        return overrides & RECEIVE_DATA

    cdef object overridden(self):
        self.waits_for = OVERRIDDEN
        if self.iterator is not None:
            if self.method == JSON:
                return self.socket.receive_json(mode="binary" if self.mode == IS_BINARY else "text")
            if self.method == MSGPACK:
                return self.socket.receive_msgpack()
        self.waits_for = OVERRIDDEN_DATA
        return self.socket.receive_data(mode="binary" if self.mode == IS_BINARY else "text")

    cdef object receive(self):
        cdef Channel channel = self.socket.channel
        self.waits_for = SERVER
        if channel.state != OPEN and channel.state != ACCEPTED:
            if channel.state >= CLOSED:
                raise disconnected(channel)
            # where another callable sends, it may have accepted unseen
            if not channel.foreign & FOREIGN_SEND:
                raise cannot_receive(state_name(channel))
        if not channel.foreign & FOREIGN_RECEIVE:
            expect_free(channel)
            claim(self, channel, &channel.busy)
            return receiving(channel, channel.receive)
        if channel.pending is not None:
            return receiving(channel, channel.receive)
        return litecon_call(foreign_receive(self.socket))

    cdef object step(self, object result):
        cdef Channel channel = self.socket.channel
        # the server's own was claimed; it may have been replaced meanwhile
        cdef bint foreign = self._busy is NULL
        if self.waits_for == ACCEPTING:
            return self.receive()
        self._done = True
        if self.waits_for == OVERRIDDEN:
            return result
        if self.waits_for == SERVER:
            if not foreign and channel.pending is not None:
                channel.pending = None
            result = take_message(channel, result, self.mode == IS_BINARY, self.max_size, foreign)
        return self.decoded(result)

    cdef object decoded(self, object data):
        if self.method == JSON:
            return _from_json(data, self.type)
        return _from_msgpack(data, self.type) if self.method == MSGPACK else data

    cdef object failed(self, object error):
        if isinstance(error, WebSocketDisconnect):
            self.iterator.closed = True
            raise StopAsyncIteration from None
        raise error


# PERF: the usual case of an operation in one piece, without the calls of begin() and step() and the references that they
# count; the rest goes the general way, from where it turns out to be something else
cdef int _receive(Operation operation, PyObject *value, PyObject **result) noexcept:
    if operation._state != CREATED:
        return _going_on(operation, value, result)
    return _receive_from(
        <ReceiveMessage> operation, <PyObject *> (<ReceiveMessage> operation).socket.channel, value, result
    )


# SAFETY: the cast hides from Cython that it returns NULL for an error, which stays set
ctypedef PyObject *(*_keeper)(Channel, PyObject *) noexcept


cdef object _kept(Channel channel, PyObject *awaitable):
    cdef object given = <object> awaitable
    Py_DECREF(given)
    return kept(channel, given)


cdef inline bint _is_quick(ReceiveMessage self, Channel channel, PyObject *value) noexcept:
    return (
        likely(value is <PyObject *> None)
        and likely(channel.state == OPEN)
        and likely(not channel.foreign)
        and likely(not channel.busy)
        and likely(channel.pending is None)
        and likely(self.mode != UNKNOWN)
        and (self.iterator is None or likely(self.iterator.is_going_on()))
        and is_plain(<PyObject *> self.socket, &_plain)
    )


cdef inline int _receive_from(ReceiveMessage self, PyObject *channel, PyObject *value, PyObject **result) noexcept:
    cdef PyObject *inner
    cdef PyObject *data
    cdef PyObject *out = NULL
    cdef int status
    if unlikely(not _is_quick(self, <Channel> channel, value)):
        return drive(self, value, result)
    self.max_size = -1
    # the server's code may give the socket another channel
    Py_INCREF(<object> channel)
    (<Channel> channel).busy = True
    inner = litecon_call_raw(<PyObject *> (<Channel> channel).receive)
    if unlikely(inner is not NULL and not litecon_is_coroutine(inner)):
        claim(self, <Channel> channel, &(<Channel> channel).busy)
        Py_DECREF(<object> channel)
        inner = (<_keeper> <void *> _kept)(<Channel> channel, inner)
        return drive_on(self, ERROR, NULL, NULL, result) if inner is NULL else drive_from(self, inner, result)
    status = ERROR if inner is NULL else litecon_send_into(inner, value, &out)
    if status == RETURN and self.method <= BYTES and (<Channel> channel).state == OPEN:
        data = usual_message(out, self.mode == IS_BINARY)
        if data is not NULL:
            Py_INCREF(<object> data)
            litecon_drop(out)
            litecon_drop(inner)
            self._state = DONE
            (<Channel> channel).busy = False
            Py_DECREF(<object> channel)
            result[0] = data
            return RETURN
    claim(self, <Channel> channel, &(<Channel> channel).busy)
    Py_DECREF(<object> channel)
    if status == NEXT:
        return wait_for(self, inner, out, result)
    return drive_on(self, status, inner, out, result)


cdef int _go_on(Operation operation, PyObject *value, PyObject **result) noexcept:
    # one that has claimed the channel waits for the server
    if unlikely(operation._state != SUSPENDED) or unlikely(operation._claimed is None):
        return drive(operation, value, result)
    return _go_on_receiving(<ReceiveMessage> operation, <PyObject *> operation._claimed, value, result)


# PERF: through a pointer, so that its code makes the beginning no longer
cdef am_send _going_on = _go_on


cdef inline int _go_on_receiving(ReceiveMessage self, PyObject *channel, PyObject *value, PyObject **result) noexcept:
    cdef PyObject *inner = NULL
    cdef PyObject *data
    cdef PyObject *out = NULL
    cdef int status = go_on_waiting(self, value, &inner, &out)
    if status == NEXT:
        result[0] = out
        return NEXT
    if (
        likely(status == RETURN)
        and likely(self.method <= BYTES)
        and likely((<Channel> channel).state == OPEN)
        and likely(self.max_size < 0)
    ):
        data = usual_message_at_last(out, self.mode == IS_BINARY)
        if likely(data is not NULL):
            if unlikely((<Channel> channel).pending is not None):
                (<Channel> channel).pending = None
            Py_INCREF(<object> data)
            litecon_drop(out)
            litecon_drop(inner)
            self._state = DONE
            let_go_quickly(self)
            result[0] = data
            return RETURN
    return drive_on(self, status, inner, out, result)


cdef LiteconPool _receives
install(ReceiveMessage, &_receives, _receive)


cdef object _from_json(object data, object type_):
    if isinstance(data, str):
        data = (<str> data).encode("utf-8", "surrogatepass")
    if not data:
        raise SerializationException("the message is empty, expected JSON")
    return from_json(data, type_)


cdef object _from_msgpack(object data, object type_):
    if not data:
        raise SerializationException("the message is empty, expected MessagePack")
    return from_msgpack(data, type_)


cdef Operation new_receive(SocketBase socket, int method, int mode, object type_):
    return _new_receive(socket, method, mode, type_)


cdef inline ReceiveMessage _new_receive(SocketBase socket, int method, int mode, object type_):
    cdef ReceiveMessage operation = <ReceiveMessage> litecon_take(&_receives)
    operation.socket = socket
    operation.method = method
    operation.mode = mode
    operation._guarded = False
    # PERF: what is None already is not set
    if type_ is not None:
        operation.type = type_
    return operation


cdef Operation new_receive_in(SocketBase socket, int method, object mode, object type_):
    cdef int known = mode_of(mode)
    return new_receive(socket, method, known, (mode, type_) if known == UNKNOWN else type_)


@cython.final
cdef class MessageIterator(Iteration):
    """An asynchronous iterator over the messages of a WebSocket, with the methods of an asynchronous generator."""

    cdef SocketBase socket
    cdef int method
    cdef int mode

    cdef Operation following(self):
        cdef ReceiveMessage operation
        if unlikely(self.socket is None):
            raise not_constructed(self)
        operation = _new_receive(<SocketBase> <PyObject *> self.socket, self.method, self.mode, None)
        if self.method > BYTES:
            operation.type = ANY
        operation.iterator = self
        # the disconnect is the end
        operation._guarded = True
        return operation

    cdef bint is_going_on(self) noexcept:
        self.started = True
        return not self.closed


cdef object new_iterator(SocketBase socket, int method, object mode):
    cdef MessageIterator iterator = MessageIterator.__new__(MessageIterator)
    iterator.mode = check_mode(mode)
    iterator.socket = socket
    iterator.method = method
    return iterator
