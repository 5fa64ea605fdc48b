# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The operations of a WebSocket's messages: receiving them one by one and by iteration, and sending them."""

cimport cython

from litecon._native.channel cimport (
    ACCEPTED,
    CLOSED,
    CONNECT,
    HAS_RULES,
    INIT,
    OPEN,
    SEND_EVENT,
    Channel,
    Rules,
    check_send,
    claim,
    disconnected_error,
    next_awaitable,
    process_message,
    record_lost_connection,
    release_channel,
    rules_of,
    state_name,
)
from litecon._native.codecs cimport from_json, from_msgpack, to_json, to_msgpack
from litecon._native.handshake cimport check_constructed, uses_custom_receive, uses_custom_send
from litecon._native.operation cimport DONE, AsyncIteratorBase, Operation, finalize, register_operation, release_claim
from litecon._native.traits cimport (
    RECEIVE_DATA,
    RECEIVE_JSON,
    RECEIVE_MSGPACK,
    SEND_DATA,
    Traits,
    traits_of,
    traits_with_bounds,
)
from litecon._native.waiting cimport resume_pending

from litecon._errors import cannot_receive, empty_message, not_constructed, wrong_data, wrong_mode
from litecon._shared.scope import to_bytes
from litecon.exceptions import WebSocketDisconnect
from litecon.limits import Limits

cdef extern from *:
    object PyObject_CallOneArg(object function, object argument)


cdef bint is_binary(object mode) except -1:
    # PERF: the usual name, an interned literal, is recognised by identity
    if mode is "text" or mode == "text":
        return False
    if mode == "binary":
        return True
    raise wrong_mode(mode)


@cython.final
@cython.no_gc_clear
cdef class ReceiveMessage(Operation):
    """The operation of `WebSocket.receive_data()`, of the methods based on it, and of an iterator's steps."""

    cdef object socket
    cdef Channel channel
    # the iterator of which this is a step, or None
    cdef MessageIterator iterator
    cdef object mode
    # the type to decode into
    cdef object type
    cdef Py_ssize_t max_size
    cdef unsigned char method
    cdef unsigned char waits_for
    cdef bint binary

    def __dealloc__(self):
        if self._state != DONE:
            finalize(self)

    cdef str qualified_name(self):
        return "MessageIterator.__anext__" if self._is_step else method_name("receive", self.method)

    cdef void release(self) noexcept:
        release_channel(self.channel)

    cdef object begin(self):
        cdef Traits traits
        if self._is_step:
            self.iterator.started = True
            if self.iterator.closed:
                return self.end_iteration()
        self.binary = is_binary(self.mode)
        check_constructed(self.socket, self.channel)
        traits = traits_of(self.socket)
        if traits.overrides and self.is_overridden(traits.overrides):
            return self.call_overridden()
        if self.channel.state == INIT:
            self.waits_for = ACCEPTING
            return self.socket.accept()
        return self.receive(traits)

    cdef bint is_overridden(self, int overrides) noexcept:
        if self._is_step and not self.channel.flags & HAS_RULES:
            if self.method == JSON and overrides & RECEIVE_JSON:
                return True
            if self.method == MSGPACK and overrides & RECEIVE_MSGPACK:
                return True
        elif self.method == DATA and not self._is_step:
            return False
        return overrides & RECEIVE_DATA

    cdef object call_overridden(self):
        self.waits_for = OVERRIDDEN
        if self._is_step and not self.channel.flags & HAS_RULES:
            if self.method == JSON:
                return self.socket.receive_json(mode=self.mode, type=self.type)
            if self.method == MSGPACK:
                return self.socket.receive_msgpack(type=self.type)
        self.waits_for = OVERRIDDEN_DATA
        return self.socket.receive_data(mode=self.mode)

    cdef object receive(self, Traits traits):
        cdef Channel channel = self.channel
        cdef object pending
        self.waits_for = SERVER
        if channel.state != OPEN and channel.state != ACCEPTED:
            if channel.state >= CLOSED:
                raise disconnected_error(channel)
            # another callable may have accepted without updating the state
            if not channel.flags & HAS_RULES and not uses_custom_send(channel, traits):
                raise cannot_receive(state_name(channel))
        if traits.has_bounds:
            self.max_size = traits.max_message_size
        else:
            self.max_size = determine_max_size(self.socket, channel)
        if uses_custom_receive(channel, traits):
            # a receive that began before another callable was installed comes first; the next one calls that
            pending = None if channel.pending is None else resume_pending(channel)
            return self.socket.receive() if pending is None else pending
        claim(channel)
        self._has_claim = True
        return next_awaitable(channel, channel.receive)

    cdef object step(self, object result):
        cdef Channel channel = self.channel
        # a claim means that the server's callable was called, even if it was replaced meanwhile
        cdef bint from_application = not self._has_claim
        if self.waits_for == ACCEPTING:
            return self.receive(traits_of(self.socket))
        self._has_result = True
        if self.waits_for == OVERRIDDEN:
            return result
        if self.waits_for == SERVER:
            if not from_application:
                if channel.pending is not None:
                    channel.pending = None
                # released before decoding, since hooks of the decoder may receive
                release_claim(self)
            result = process_message(channel, result, self.binary, self.max_size, from_application)
        if self.method == JSON:
            return decode_json_message(result, self.type, self.socket, channel)
        return decode_msgpack_message(result, self.type, self.socket, channel) if self.method == MSGPACK else result

    cdef object handle_error(self, object error):
        cdef Rules rules = rules_of(self.channel)
        if self._is_step and isinstance(error, WebSocketDisconnect if rules is None else rules.disconnect_class):
            self.iterator.closed = True
            return self.end_iteration()
        raise error


register_operation(ReceiveMessage)


cdef Py_ssize_t determine_max_size(object socket, Channel channel) except -2:
    """Return the number of bytes of a message that the class of a WebSocket accepts, -1 for no bound."""
    if channel.flags & HAS_RULES and not isinstance(type(socket).limits, Limits):
        # a class written for the framework may have another member of this name
        return -1
    return traits_with_bounds(socket).max_message_size


cdef object decode_json_message(object data, object type_, object socket, Channel channel):
    cdef Rules rules = rules_of(channel)
    if rules is not None:
        return rules.from_json(socket, data, type_)
    if isinstance(data, str):
        data = (<str> data).encode("utf-8", "surrogatepass")
    if not data:
        raise empty_message("JSON")
    return from_json(data, type_, socket)


cdef object decode_msgpack_message(object data, object type_, object socket, Channel channel):
    cdef Rules rules = rules_of(channel)
    if rules is not None:
        return rules.from_msgpack(socket, data, type_)
    if not data:
        raise empty_message("MessagePack")
    return from_msgpack(data, type_, socket)


cdef Operation new_receive_operation(object socket, Channel channel, int method, object mode, object type_):
    cdef ReceiveMessage operation = ReceiveMessage.__new__(ReceiveMessage)
    operation.socket = socket
    operation.channel = channel
    operation.method = method
    operation.mode = mode
    operation.type = type_
    return operation


@cython.final
cdef class MessageIterator(AsyncIteratorBase):
    """An asynchronous iterator over the messages of a WebSocket, with the methods of an asynchronous generator."""

    cdef object socket
    cdef Channel channel
    cdef object mode
    cdef object type
    cdef int method

    cdef Operation next_operation(self):
        cdef ReceiveMessage operation
        if self.socket is None:
            raise not_constructed(self)
        operation = ReceiveMessage.__new__(ReceiveMessage)
        operation.socket = self.socket
        operation.channel = self.channel
        operation.iterator = self
        operation.method = self.method
        operation.mode = self.mode
        operation.type = self.type
        operation._is_step = True
        return operation


cdef object new_message_iterator(object socket, Channel channel, int method, object mode, object type_):
    cdef MessageIterator iterator = MessageIterator.__new__(MessageIterator)
    is_binary(mode)
    iterator.socket = socket
    iterator.channel = channel
    iterator.mode = mode
    iterator.type = type_
    iterator.method = method
    return iterator


@cython.final
@cython.no_gc_clear
cdef class SendMessage(Operation):
    """The operation of `WebSocket.send_data()`, and of the methods based on it."""

    cdef object socket
    cdef Channel channel
    cdef object data
    cdef object mode
    cdef object encoding
    cdef object serializer
    cdef unsigned char method
    cdef bint is_accepting
    cdef bint sent

    def __dealloc__(self):
        if self._state != DONE:
            finalize(self)

    cdef str qualified_name(self):
        return method_name("send", self.method)

    cdef object begin(self):
        cdef bint binary = is_binary(self.mode)
        cdef object data = self.data
        cdef object encoding
        cdef Traits traits
        if self.method == JSON or self.method == MSGPACK:
            data = self.encode_data()
        check_constructed(self.socket, self.channel)
        traits = traits_of(self.socket)
        if self.method != DATA and traits.overrides & SEND_DATA:
            if self.channel.flags & HAS_RULES:
                return self.socket.send_data(data=data, mode=self.mode, encoding=self.encoding)
            return self.socket.send_data(data, mode=self.mode, encoding=self.encoding)
        encoding = "utf-8" if self.encoding is None else self.encoding
        if self.channel.flags & HAS_RULES:
            self.data = event_with_both_keys(data, encoding, binary)
        else:
            if self.method == JSON and not binary:
                data = (<bytes> data).decode("utf-8")
            self.data = bytes_event(data, encoding) if binary else text_event(data, encoding)
        if self.channel.state == INIT:
            self.is_accepting = True
            return self.socket.accept()
        return self.send(traits)

    cdef object encode_data(self):
        cdef Rules rules = rules_of(self.channel)
        if self.method == JSON:
            return to_json(self.data, self.serializer) if rules is None else rules.to_json(self.data, self.serializer)
        return to_msgpack(self.data, self.serializer) if rules is None else rules.to_msgpack(self.data, self.serializer)

    cdef object send(self, Traits traits):
        cdef Channel channel = self.channel
        cdef bint is_custom_send = uses_custom_send(channel, traits)
        if channel.state != OPEN and channel.state != ACCEPTED and not (channel.state == CONNECT and is_custom_send):
            check_send(channel, SEND_EVENT)
        self.sent = True
        return PyObject_CallOneArg(self.socket.send if is_custom_send else channel.send, self.data)

    cdef object step(self, object result):
        if self.is_accepting:
            self.is_accepting = False
            return self.send(traits_of(self.socket))
        self._has_result = True

    cdef object handle_error(self, object error):
        if self.sent and not self.channel.flags & HAS_RULES and isinstance(error, OSError):
            raise record_lost_connection(self.channel) from error
        raise error


register_operation(SendMessage)


cdef inline dict text_event(object data, object encoding):
    if not isinstance(data, str):
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise wrong_data(data)
        data = str(data, encoding)
    return {"type": "websocket.send", "text": data}


cdef dict bytes_event(object data, object encoding):
    if isinstance(data, str):
        data = str.encode(data, encoding)
    elif not isinstance(data, bytes):
        if not isinstance(data, (bytearray, memoryview)):
            raise wrong_data(data)
        data = to_bytes(data)
    return {"type": "websocket.send", "bytes": data}


cdef dict event_with_both_keys(object data, object encoding, bint binary):
    cdef dict event = {"type": "websocket.send", "bytes": None, "text": None}
    event.update(bytes_event(data, encoding) if binary else text_event(data, encoding))
    return event


cdef Operation new_send_operation(
    object socket, Channel channel, int method, object data, object mode, object encoding, object serializer
):
    cdef SendMessage operation = SendMessage.__new__(SendMessage)
    operation.socket = socket
    operation.channel = channel
    operation.method = method
    operation.data = data
    operation.mode = mode
    operation.encoding = encoding
    operation.serializer = serializer
    return operation
