# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The state of the drop-in's WebSockets, and the ASGI callables that keep it, as Litestar's do."""

cimport cython
from cpython.object cimport PyObject

from litecon._native.channel cimport CONNECTED, ENDED, MESSAGE, litecon_socket_event
from litecon._native.mapping cimport item
from litecon._native.operation cimport DONE, CoroutineCallable, Operation, discard, register_operation, release
from litecon._native.waiting cimport abandon, resume_pending, shield_future

import litestar

from litecon._errors import not_constructed, socket_busy
from litecon._litestar import connection_is_disconnected
from litecon._shared.body import CompletedAwaitable

cdef extern from *:
    int PyCoro_CheckExact(object o) noexcept

cdef extern from *:
    """
    #define litecon_slot(descriptor, o) (Py_TYPE(descriptor)->tp_descr_get(descriptor, o, (PyObject *) Py_TYPE(o)))
    #define litecon_set_slot(descriptor, o, value) (Py_TYPE(descriptor)->tp_descr_set(descriptor, o, value))
    """
    object litecon_slot(object descriptor, object o)
    int litecon_set_slot(object descriptor, object o, object value) except -1

cdef extern from "slots.h":
    Py_ssize_t litecon_offset(object descriptor) noexcept
    PyObject *litecon_slot_at(object o, Py_ssize_t offset) noexcept
    bint litecon_is_instance(object o, object cls) noexcept

# where Litestar's own class has the state, ours has a channel: no slot is added, so that both can be bases of one class
cdef object _SLOT = litestar.WebSocket.__dict__["connection_state"]


@cython.final
cdef class Channel:
    """The state of one WebSocket, which its callables keep without keeping the socket itself."""

    def __cinit__(self):
        self.state = "init"


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
    return expect_channel(litecon_slot(_SLOT, socket))


cdef inline Channel expect_channel(object found):
    # a cast alone lets None pass
    if type(found) is not Channel:
        raise TypeError(f"the state of this WebSocket is of type {type(found).__name__!r}, expected a Channel")
    return <Channel> found


cdef int open_channel(object socket) except -1:
    return litecon_set_slot(_SLOT, socket, Channel.__new__(Channel))


cdef int take(Channel channel, object event) except -1:
    """Take an event, and return its kind."""
    cdef int kind = litecon_socket_event(event["type"])
    if kind == MESSAGE:
        channel.state = "receive"
    elif kind == CONNECTED:
        channel.state = "connect"
    else:
        channel.state = "disconnect"
        if kind == ENDED:
            channel.code = code_of(event)
    return kind


cdef object code_of(object event):
    cdef object code = item(event, "code")
    return 1005 if code is None else code


cdef object start_receiving(Operation operation, Channel channel, object receive):
    cdef object awaitable
    cdef bint busy
    if is_at(channel, "disconnect"):
        raise connection_is_disconnected(channel.code)
    with cython.critical_section(channel):
        busy = channel.busy
        channel.busy = True
    if busy:
        raise socket_busy()
    operation._holds = True
    if channel.pending is not None:
        awaitable = resume_pending(channel)
        if awaitable is not None:
            return awaitable
    awaitable = receive()
    return awaitable if PyCoro_CheckExact(awaitable) else shield_future(channel, awaitable)


cdef void release_channel(Channel channel) noexcept:
    channel.busy = False


cdef int received(Operation operation, Channel channel, object event) except -1:
    if channel.pending is not None:
        channel.pending = None
    cdef int kind = take(channel, event)
    release(operation)
    return kind


cdef bint connected(Channel channel, object event) except -1:
    cdef bint accepted = channel.state != "init"
    if litecon_socket_event(event["type"]) == MESSAGE:
        # it is for who receives next
        channel.pending = CompletedAwaitable(event)
        if not accepted:
            channel.state = "connect"
    else:
        take(channel, event)
    if channel.state == "disconnect":
        raise connection_is_disconnected(channel.code)
    return accepted


cdef object start_sending(Channel channel, object send, object event):
    if is_at(channel, "disconnect"):
        raise connection_is_disconnected(channel.code)
    if channel.pending is not None and not channel.busy and event["type"] == "websocket.close":
        # a server (granian) may wait for its receive() to end before it closes
        abandon(channel)
    return send(event)


@cython.final
@cython.no_gc_clear
cdef class ReceiveEvent(Operation):
    """`WebSocket.receive`."""

    cdef Channel channel
    cdef object receive

    def __dealloc__(self):
        if self._state != DONE:
            discard(self)

    cdef str label(self):
        return "WebSocket.receive"

    cdef void release(self) noexcept:
        release_channel(self.channel)

    cdef object begin(self):
        return start_receiving(self, self.channel, self.receive)

    cdef object step(self, object result):
        received(self, self.channel, result)
        self._done = True
        return result


register_operation(ReceiveEvent)


@cython.final
@cython.no_gc_clear
cdef class SendEvent(Operation):
    """`WebSocket.send`."""

    cdef Channel channel
    cdef object send
    cdef object event

    def __dealloc__(self):
        if self._state != DONE:
            discard(self)

    cdef str label(self):
        return "WebSocket.send"

    cdef object begin(self):
        return start_sending(self.channel, self.send, self.event)

    cdef object step(self, object result):
        self._done = True


register_operation(SendEvent)


@cython.final
cdef class SocketReceive(CoroutineCallable):
    """The `receive` of a WebSocket: keeps its state."""

    def __call__(self):
        """Return the next event."""
        cdef ReceiveEvent operation
        if self.channel is None:
            raise not_constructed(self)
        operation = ReceiveEvent.__new__(ReceiveEvent)
        operation.channel = self.channel
        operation.receive = self.receive
        return operation


@cython.final
cdef class SocketSend(CoroutineCallable):
    """The `send` of a WebSocket: refuses events after its end."""

    def __call__(self, message):
        """Send an event."""
        cdef SendEvent operation
        if self.channel is None:
            raise not_constructed(self)
        operation = SendEvent.__new__(SendEvent)
        operation.channel = self.channel
        operation.send = self.send
        operation.event = message
        return operation
