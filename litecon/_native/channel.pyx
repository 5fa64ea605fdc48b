# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The state machine of a WebSocket, and the ASGI callables that keep it up to date."""

cimport cython
from cpython.bytes cimport PyBytes_GET_SIZE
from cpython.dict cimport PyDict_CheckExact
from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_GET_LENGTH

from litecon._native.mapping cimport PyDict_GetItemWithError, item
from litecon._native.operation cimport DONE, CoroutineCallable, Operation, check_self, finalize, register_operation
from litecon._native.waiting cimport cancel_pending, resume_pending, shield_future

from litecon._errors import (
    cannot_pickle,
    cannot_send,
    message_too_large,
    no_denial,
    not_constructed,
    socket_busy,
    socket_closed,
    wrong_connection_state,
    wrong_message,
    wrong_message_kind,
    wrong_socket_event,
)
from litecon._shared.scope import event_type, exact_int, exact_str, offers_extension, to_bytes
from litecon._shared.websocket import HINTS, NEXT_STATES, STATE_NAMES, normalise_event

cdef extern from *:
    """
    /* Return the text or bytes of a message in the form that servers use, a dict whose first item is the type, as a
       borrowed reference; NULL for any other form. PERF: a walk over the items takes a third of the instructions of two
       look-ups. */
    static PyObject *litecon_message_of(PyObject *event, PyObject *type_key, PyObject *key) {
    #ifndef Py_GIL_DISABLED
        Py_ssize_t position = 0;
        PyObject *found, *value;
        if (!PyDict_CheckExact(event) || !PyDict_Next(event, &position, &found, &value)) return NULL;
        if (found != type_key || litecon_socket_event(value) != 2) return NULL;
        while (PyDict_Next(event, &position, &found, &value)) {
            if (found == key) return value;
        }
    #endif
        return NULL;
    }
    """
    PyObject *litecon_message_of(object event, str type_key, str key) noexcept
    bint PyUnicode_IS_ASCII(object text) noexcept
    int PyCoro_CheckExact(object o) noexcept
    object PyObject_CallNoArgs(object function)
    object PyObject_CallOneArg(object function, object argument)

cdef enum:
    NO_STATUS_RECEIVED = 1005
    ABNORMAL_CLOSURE = 1006
    # the size of NEXT_STATES: from CLOSED on, nothing is sent
    STATES = 5
    KINDS = 5

cdef tuple _KIND_NAMES = (
    "websocket.accept",
    "websocket.send",
    "websocket.close",
    "websocket.http.response.start",
    "websocket.http.response.body",
)

# NEXT_STATES of _shared/websocket.py, with -1 for None
cdef signed char _next_states[STATES][KINDS]


cdef int _fill_next_states() except -1:
    cdef int state, kind
    for state in range(STATES):
        for kind in range(KINDS):
            next_state = NEXT_STATES[state][kind]
            _next_states[state][kind] = -1 if next_state is None else next_state
    return 0


_fill_next_states()


@cython.freelist(8)
cdef class Channel:
    """The state of one WebSocket, and the server's callables. It does no I/O: it takes events and raises exceptions."""

    def __cinit__(self):
        self.code = NO_STATUS_RECEIVED

    def __reduce_ex__(self, protocol):
        raise cannot_pickle(self)


check_self(Channel)


@cython.final
cdef class Rules:
    """The behaviour in which a framework's WebSockets differ."""

    def __init__(
        self,
        *,
        disconnect_event_error,
        disconnected_error,
        disconnect_class,
        from_json,
        from_msgpack,
        to_json,
        to_msgpack,
    ):
        self.disconnect_event_error = disconnect_event_error
        self.disconnected_error = disconnected_error
        self.disconnect_class = disconnect_class
        self.from_json = from_json
        self.from_msgpack = from_msgpack
        self.to_json = to_json
        self.to_msgpack = to_msgpack


@cython.final
cdef class RuledChannel(Channel):
    """The state of a WebSocket that has a framework's rules."""


cdef RuledChannel new_ruled_channel(Rules rules):
    cdef RuledChannel channel = RuledChannel.__new__(RuledChannel)
    channel.rules = rules
    channel.flags = HAS_RULES
    return channel


cdef str state_name(Channel channel):
    return STATE_NAMES[channel.state]


cdef int set_state(Channel channel, object name) except -1:
    if not isinstance(name, str) or name not in STATE_NAMES:
        raise wrong_connection_state(name)
    if name != state_name(channel):
        channel.state = DISCONNECTED if name == "disconnect" else STATE_NAMES.index(name)
    return 0


cdef object next_awaitable(Channel channel, object receive):
    cdef object awaitable
    if channel.pending is not None:
        awaitable = resume_pending(channel)
        if awaitable is not None:
            return awaitable
    awaitable = PyObject_CallNoArgs(receive)
    return awaitable if PyCoro_CheckExact(awaitable) else shield_future(channel, awaitable)


cdef int raise_claim_error(Channel channel) except -1:
    if channel.state >= CLOSED:
        raise disconnected_error(channel)
    raise socket_busy()


cdef object disconnected_error(Channel channel):
    cdef Rules rules = rules_of(channel)
    if rules is not None:
        return rules.disconnected_error(None if channel.reason is None else channel.code)
    return socket_closed(channel.code, "" if channel.reason is None else channel.reason)


cdef object _disconnect_event_error(Channel channel):
    """Return the exception for a disconnect event that has just arrived."""
    cdef Rules rules = rules_of(channel)
    return disconnected_error(channel) if rules is None else rules.disconnect_event_error(channel.code)


cdef int store_close_code(Channel channel, object code, object reason, int default) except -1:
    if type(code) is not int:
        code = exact_int(code)
    channel.code = code if isinstance(code, int) and not isinstance(code, bool) and 0 <= code <= 0xFFFF else default
    channel.reason = exact_str(reason) if isinstance(reason, str) else ""
    return 0


cdef int process_event(Channel channel, object event, bint from_application) except -1:
    cdef PyObject *found
    cdef object type_
    cdef int kind
    if PyDict_CheckExact(event):
        found = PyDict_GetItemWithError(event, "type")
        if found is NULL:
            raise wrong_socket_event(event, state_name(channel))
        type_ = <object> found
    else:
        type_ = event_type(event)
    kind = litecon_socket_event(type_)
    if kind != RECEIVE_EVENT or channel.state != OPEN:
        _update_state(channel, kind, event, from_application)
    return kind


cdef int _update_state(Channel channel, int kind, object event, bint from_application) except -1:
    cdef int state = channel.state
    from_application = from_application or channel.flags & HAS_RULES
    if kind == RECEIVE_EVENT:
        # a receive that was under way when the application closed may still return its event
        if state < CLOSED and state != OPEN:
            if state != ACCEPTED and not from_application:
                raise wrong_socket_event(event, state_name(channel))
            channel.state = OPEN
    elif kind == DISCONNECT_EVENT:
        if state < CLOSED:
            channel.state = DISCONNECTED
        if channel.reason is None:
            store_close_code(channel, item(event, "code"), item(event, "reason"), NO_STATUS_RECEIVED)
    elif kind == CONNECT_EVENT and state == INIT:
        channel.state = CONNECT
    # the handshake may be closed or denied before its event is received
    elif kind != CONNECT_EVENT or not (from_application or state >= DENYING):
        raise wrong_socket_event(event, state_name(channel))
    return 0


cdef object process_message(Channel channel, object event, bint binary, Py_ssize_t max_size, bint from_application):
    cdef PyObject *found = NULL
    cdef object data
    cdef int kind
    if channel.state == OPEN:
        found = litecon_message_of(event, "type", "bytes") if binary else litecon_message_of(event, "type", "text")
    if found is not NULL:
        data = <object> found
    else:
        kind = process_event(channel, event, from_application)
        if kind != RECEIVE_EVENT:
            if kind == DISCONNECT_EVENT:
                raise _disconnect_event_error(channel)
            raise wrong_socket_event(event, state_name(channel))
        data = item(event, "bytes") if binary else item(event, "text")
    if binary:
        if not isinstance(data, bytes):
            data = _bytes_of(channel, event, data)
    elif not isinstance(data, str):
        data = _text_of(channel, event, data)
    # a character has at most four bytes
    if 0 <= max_size < 4 * (PyBytes_GET_SIZE(data) if binary else PyUnicode_GET_LENGTH(data)):
        if max_size < _size_of(data, max_size):
            raise message_too_large(max_size)
    return data


cdef object _bytes_of(Channel channel, object event, object data):
    cdef object other
    if channel.flags & HAS_RULES and not data:
        return b""
    if isinstance(data, (bytearray, memoryview)):
        return to_bytes(data)
    other = item(event, "text")
    if data is not None or not isinstance(other, str):
        raise wrong_message(event)
    raise wrong_message_kind("binary", other)


cdef object _text_of(Channel channel, object event, object data):
    cdef object other
    if channel.flags & HAS_RULES and not data:
        return ""
    other = item(event, "bytes")
    if data is not None or not isinstance(other, (bytes, bytearray, memoryview)):
        raise wrong_message(event)
    raise wrong_message_kind("text", to_bytes(other))


cdef Py_ssize_t _size_of(object data, Py_ssize_t max_size) except -1:
    """Return the number of bytes, in UTF-8 for a text; one that is too long anyway is not encoded."""
    if isinstance(data, bytes):
        return PyBytes_GET_SIZE(data)
    if PyUnicode_IS_ASCII(data) or PyUnicode_GET_LENGTH(data) > max_size:
        return PyUnicode_GET_LENGTH(data)
    return len((<str> data).encode("utf-8", "surrogatepass"))


cdef int check_send(Channel channel, int kind) except -1:
    cdef int state
    if channel.state >= CLOSED:
        raise disconnected_error(channel)
    if channel.flags & HAS_RULES:
        return CLOSED if kind == CLOSE_EVENT else channel.state
    state = _next_states[channel.state][kind]
    if state < 0:
        raise cannot_send(_KIND_NAMES[kind], state_name(channel), HINTS[channel.state])
    return state


cdef int enter_state(Channel channel, int state, object event) except -1:
    if state == CLOSED or ((state == DENYING or channel.flags & HAS_RULES) and is_last_of_denial(event)):
        if channel.flags & HAS_RULES:
            state = channel.state
        else:
            store_close_code(channel, item(event, "code"), item(event, "reason"), ABNORMAL_CLOSURE)
            state = CLOSED
        if channel.pending is not None and not channel.busy:
            # a server (granian) may wait for its receive() to end before it closes
            cancel_pending(channel)
    channel.state = <unsigned char> state
    return 0


cdef bint is_last_of_denial(object event) except -1:
    return event["type"] == "websocket.http.response.body" and not item(event, "more_body")


cdef int roll_back(Channel channel, int state) noexcept:
    channel.state = <unsigned char> state
    if state < CLOSED:
        # the connection is not closed, so its close code is not known yet
        channel.code = NO_STATUS_RECEIVED
        channel.reason = None
    return 0


cdef object record_lost_connection(Channel channel):
    if channel.state != DISCONNECTED or channel.reason is None:
        channel.state = DISCONNECTED
        store_close_code(channel, ABNORMAL_CLOSURE, "", ABNORMAL_CLOSURE)
    return disconnected_error(channel)


cdef class SendingOperation(Operation):
    """An operation that sends events to the server."""

    # PERF: no attribute is an object, or the collector would track and untrack each operation once more

    cdef object send_event(self, Channel channel, object send, object event, int state):
        self.state_before = channel.state
        # before the event is sent, since events of other tasks follow it
        if state != self.state_before or state == DENYING:
            enter_state(channel, state, event)
        self.state_after = channel.state
        self.sent = True
        return PyObject_CallOneArg(send, event)

    cdef object handle_send_error(self, Channel channel, object error):
        if self.sent and not channel.flags & HAS_RULES:
            if isinstance(error, OSError):
                raise record_lost_connection(channel) from error
            # the server refused the event
            if isinstance(error, Exception) and channel.state == self.state_after:
                roll_back(channel, self.state_before)
        raise error


@cython.final
@cython.no_gc_clear
cdef class ReceiveEvent(Operation):
    """The operation of a WebSocket's `receive()`."""

    cdef Channel channel
    cdef object receive

    def __dealloc__(self):
        if self._state != DONE:
            finalize(self)

    cdef str qualified_name(self):
        return "WebSocket.receive"

    cdef void release(self) noexcept:
        release_channel(self.channel)

    cdef object begin(self):
        claim(self.channel)
        self._has_claim = True
        return next_awaitable(self.channel, self.receive)

    cdef object step(self, object result):
        if self.channel.pending is not None:
            self.channel.pending = None
        process_event(self.channel, result, False)
        self._has_result = True
        return result


register_operation(ReceiveEvent)


cdef bint offers_denial(object scope) except -1:
    return offers_extension(scope, "websocket.http.response")


@cython.final
@cython.no_gc_clear
cdef class SendEvent(SendingOperation):
    """The operation of a WebSocket's `send()`."""

    cdef Channel channel
    cdef object send
    cdef object scope
    cdef object event

    def __dealloc__(self):
        if self._state != DONE:
            finalize(self)

    cdef str qualified_name(self):
        return "WebSocket.send"

    cdef object begin(self):
        cdef Channel channel = self.channel
        cdef int kind, state
        cdef object event
        cdef bint is_offered
        if channel.flags & HAS_RULES:
            kind = CLOSE_EVENT if item(self.event, "type") == "websocket.close" else SEND_EVENT
            return self.send_event(channel, self.send, self.event, check_send(channel, kind))
        # the object that is checked is the one that is sent
        kind, event = normalise_event(self.event)
        # a custom mapping runs code here, which may change the state, so the state is read afterwards
        is_offered = kind != RESPONSE_START or offers_denial(self.scope)
        state = check_send(channel, kind)
        if not is_offered:
            raise no_denial()
        return self.send_event(channel, self.send, event, state)

    cdef object step(self, object result):
        self._has_result = True

    cdef object handle_error(self, object error):
        return self.handle_send_error(self.channel, error)


register_operation(SendEvent)


@cython.final
cdef class SocketReceive(CoroutineCallable):
    """The `receive` of a WebSocket, which keeps its state up to date."""

    def __cinit__(self, Channel channel not None, receive):
        self.channel = channel
        self.receive = receive

    def __call__(self):
        """Return the next event."""
        cdef ReceiveEvent operation
        if self.channel is None:
            # the collector has cleared this object
            raise not_constructed(self)
        operation = ReceiveEvent.__new__(ReceiveEvent)
        operation.channel = self.channel
        operation.receive = self.receive
        return operation


@cython.final
cdef class SocketSend(CoroutineCallable):
    """The `send` of a WebSocket, which keeps its state up to date and refuses events that the state does not allow."""

    def __cinit__(self, Channel channel not None, send, scope):
        self.channel = channel
        self.send = send
        self.scope = scope

    def __call__(self, event):
        """Send an event."""
        cdef SendEvent operation
        if self.channel is None:
            # the collector has cleared this object
            raise not_constructed(self)
        operation = SendEvent.__new__(SendEvent)
        operation.channel = self.channel
        operation.send = self.send
        operation.scope = self.scope
        operation.event = event
        return operation
