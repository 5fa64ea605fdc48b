# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""Sending the messages of a WebSocket."""

cimport cython
from cpython.bytes cimport PyBytes_CheckExact
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF

from litecon._native.calling cimport (
    litecon_call_with,
    litecon_call_with_raw,
    litecon_drop,
    litecon_is_coroutine,
    litecon_is_str,
    litecon_send_into,
    likely,
    unlikely,
)
from litecon._native.channel cimport ACCEPTED, CONNECT, FOREIGN_SEND, INIT, OPEN, TO_SEND, Channel, Sending, check_send
from litecon._native.codecs cimport to_json, to_msgpack
from litecon._native.handshake cimport SEND_DATA, Plain, SocketBase, foreign_send, is_plain, overrides_of
from litecon._native.modes cimport (
    ACCEPTING,
    BYTES,
    DATA,
    IS_BINARY,
    IS_TEXT,
    JSON,
    MSGPACK,
    OVERRIDDEN,
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
    drive,
    drive_from,
    drive_on,
    go_on_waiting,
    install,
    litecon_take,
    wait_for,
)
from litecon._native.receiving cimport check_mode

from litecon._errors import wrong_data

cdef extern from *:
    """
    static inline PyObject *litecon_event(PyObject *type_key, PyObject *type, PyObject *key, PyObject *data) {
        PyObject *event = PyDict_New();
        if (event == NULL) return NULL;
        if (PyDict_SetItem(event, type_key, type) < 0) Py_CLEAR(event);
        else if (PyDict_SetItem(event, key, data) < 0) Py_CLEAR(event);
        return event;
    }
    """
    PyObject *litecon_event(str type_key, str type, PyObject *key, PyObject *data) noexcept


cdef Plain _plain


@cython.final
cdef class SendMessage(Sending):
    """`WebSocket.send_data` and what is built on it."""

    cdef SocketBase socket
    cdef object data
    # None for the usual one
    cdef object encoding
    # where the mode is UNKNOWN a pair of it and the serializer
    cdef object serializer
    cdef unsigned char mode
    cdef unsigned char method
    cdef unsigned char waits_for

    cdef str label(self):
        return method_name("send", self.method)

    cdef object begin(self):
        cdef object data = self.data
        cdef object encoding = "utf-8" if self.encoding is None else self.encoding
        cdef Py_ssize_t max_message_size
        if self.mode == UNKNOWN:
            mode, self.serializer = self.serializer
            self.mode = check_mode(mode)
        if self.method == JSON:
            data = to_json(data, self.serializer)
        elif self.method == MSGPACK:
            data = to_msgpack(data, self.serializer)
        if self.method != DATA and overrides_of(self.socket, &max_message_size) & SEND_DATA:
            self.waits_for = OVERRIDDEN
            return self.socket.send_data(data, mode="binary" if self.mode == IS_BINARY else "text", encoding=encoding)
        if self.method == JSON and self.mode == IS_TEXT:
            data = (<bytes> data).decode("utf-8")
        self.data = _bytes_event(data, encoding) if self.mode == IS_BINARY else _text_event(data, encoding)
        if self.channel.state == INIT:
            self.waits_for = ACCEPTING
            return self.socket.accept()
        return self.send()

    cdef object send(self):
        cdef Channel channel = self.channel
        self.waits_for = SERVER
        if channel.state != OPEN and channel.state != ACCEPTED:
            if channel.state != CONNECT or not channel.foreign & FOREIGN_SEND:
                check_send(channel, TO_SEND)
        self.handed = True
        return litecon_call_with(foreign_send(self.socket) if channel.foreign & FOREIGN_SEND else channel.send, self.data)

    cdef object step(self, object result):
        if self.waits_for == ACCEPTING:
            return self.send()
        self._done = True


cdef int _send(Operation operation, PyObject *value, PyObject **result) noexcept:
    if operation._state != CREATED:
        return _going_on(operation, value, result)
    return _send_to(<SendMessage> operation, <PyObject *> (<SendMessage> operation).channel, value, result)


cdef inline bint _is_quick(SendMessage self, Channel channel, PyObject *value) noexcept:
    return (
        likely(value is <PyObject *> None)
        and likely(channel.state == OPEN or channel.state == ACCEPTED)
        and likely(not channel.foreign)
        and likely(self.method <= BYTES)
        and likely(is_plain(<PyObject *> self.socket, &_plain))
        and (likely(litecon_is_str(<PyObject *> self.data)) if self.mode == IS_TEXT else _is_quick_binary(self))
    )


cdef inline bint _is_quick_binary(SendMessage self) noexcept:
    return self.mode == IS_BINARY and PyBytes_CheckExact(self.data)


cdef inline int _send_to(SendMessage self, PyObject *channel, PyObject *value, PyObject **result) noexcept:
    cdef PyObject *key
    cdef PyObject *event
    cdef PyObject *inner
    cdef PyObject *out = NULL
    cdef int status
    if unlikely(not _is_quick(self, <Channel> channel, value)):
        return drive(self, value, result)
    self.handed = True
    key = <PyObject *> "text" if likely(self.mode == IS_TEXT) else <PyObject *> "bytes"
    event = litecon_event("type", "websocket.send", key, <PyObject *> self.data)
    inner = NULL if event is NULL else litecon_call_with_raw(<PyObject *> (<Channel> channel).send, event)
    if likely(event is not NULL):
        Py_DECREF(<object> event)
    if unlikely(inner is NULL):
        return drive_on(self, ERROR, NULL, NULL, result)
    if unlikely(not litecon_is_coroutine(inner)):
        return drive_from(self, inner, result)
    status = litecon_send_into(inner, value, &out)
    if likely(status == RETURN):
        litecon_drop(inner)
        Py_DECREF(<object> out)
        self._state = DONE
        Py_INCREF(None)
        result[0] = <PyObject *> None
        return RETURN
    if status == NEXT:
        return wait_for(self, inner, out, result)
    return drive_on(self, status, inner, out, result)


cdef int _go_on(Operation operation, PyObject *value, PyObject **result) noexcept:
    if operation._state != SUSPENDED or (<SendMessage> operation).waits_for != SERVER:
        return drive(operation, value, result)
    return _go_on_sending(<SendMessage> operation, value, result)


# PERF: through a pointer, so that its code makes the beginning no longer
cdef am_send _going_on = _go_on


cdef inline int _go_on_sending(SendMessage self, PyObject *value, PyObject **result) noexcept:
    cdef PyObject *inner = NULL
    cdef int status = go_on_waiting(self, value, &inner, result)
    if status == RETURN:
        litecon_drop(inner)
        Py_DECREF(<object> result[0])
        self._state = DONE
        Py_INCREF(None)
        result[0] = <PyObject *> None
    elif status == ERROR:
        return drive_on(self, ERROR, inner, NULL, result)
    return status


cdef LiteconPool _sends
install(SendMessage, &_sends, _send)


cdef dict _text_event(object data, object encoding):
    if not isinstance(data, str):
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise wrong_data(data)
        data = str(data, encoding)
    return {"type": "websocket.send", "text": data}


cdef dict _bytes_event(object data, object encoding):
    if isinstance(data, str):
        data = (<str> data).encode(encoding)
    elif not isinstance(data, bytes):
        if not isinstance(data, (bytearray, memoryview)):
            raise wrong_data(data)
        data = bytes(data)
    return {"type": "websocket.send", "bytes": data}


cdef Operation new_send(SocketBase socket, int method, object data, int mode, object encoding, object serializer):
    cdef SendMessage operation = <SendMessage> litecon_take(&_sends)
    operation.socket = socket
    operation.channel = socket.channel
    operation.method = method
    operation.data = data
    operation.mode = mode
    # PERF: what is None already is not set
    if encoding is not None:
        operation.encoding = encoding
    if serializer is not None:
        operation.serializer = serializer
    return operation


cdef Operation new_send_in(SocketBase socket, int method, object data, object mode, object encoding, object serializer):
    cdef int known = mode_of(mode)
    return new_send(socket, method, data, known, encoding, (mode, serializer) if known == UNKNOWN else serializer)
