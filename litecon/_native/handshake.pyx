# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The beginning and the end of a WebSocket: its callables, accepting, closing and denying."""

cimport cython

from litecon._native.calling cimport litecon_call, litecon_call_with
from litecon._native.channel cimport (
    CLOSED,
    CONNECT,
    FOREIGN_RECEIVE,
    FOREIGN_SEND,
    INIT,
    MESSAGE,
    TO_ACCEPT,
    TO_CLOSE,
    TO_END,
    TO_START,
    Channel,
    Sending,
    SocketReceive,
    SocketSend,
    check_send,
    disconnected,
    enter,
    expect_free,
    receiving,
    rename,
    state_name,
    take,
)
from litecon._native.classes cimport litecon_class, litecon_version
from litecon._native.mapping cimport item
from litecon._native.operation cimport LiteconPool, claim, install, litecon_take, mark
from litecon._native.scope cimport ConnectionBase, scope_of

from litecon._resuming import Ready
from litecon._websocket_events import accept_event, close_event, denial_events
from litecon.exceptions import WebSocketDisconnect

cdef str _DENIAL = "websocket.http.response"

cdef enum:
    KNOWN = 8

cdef struct Traits:
    void *cls
    unsigned int version
    int overrides
    bint plain
    Py_ssize_t max_message_size


# PERF: what a class overrides is looked up once, and again when the class has another version
cdef Traits _known[KNOWN]
cdef list _watched = []


cdef int watch(type cls, str name, int bit) except -1:
    _watched.append((name, getattr(cls, name), bit))
    return 0


cdef int overrides_of(object socket, Py_ssize_t *max_message_size) except -1:
    cdef void *cls = litecon_class(socket)
    cdef unsigned int version = litecon_version(socket)
    cdef Traits *known = &_known[(<size_t> cls >> 6) % KNOWN]
    if known.cls is cls and version != 0 and known.version == version:
        max_message_size[0] = known.max_message_size
        return known.overrides
    return _look_up(socket, known, max_message_size)


cdef bint look_up_plain(object socket, Plain *last) noexcept:
    cdef void *cls = litecon_class(socket)
    cdef unsigned int version = litecon_version(socket)
    cdef Traits *known = &_known[(<size_t> cls >> 6) % KNOWN]
    if not known.plain or known.cls is not cls or known.version != version:
        return False
    last.cls = cls
    last.version = version
    return True


cdef int _look_up(object socket, Traits *known, Py_ssize_t *max_message_size) except -1:
    cdef Traits traits
    cdef int bit
    traits.cls = litecon_class(socket)
    traits.overrides = 0
    for name, original, bit in _watched:
        if getattr(type(socket), name) is not original:
            traits.overrides |= bit
    limit = type(socket).limits.max_message_size
    traits.max_message_size = max_message_size[0] = -1 if limit is None else limit
    traits.plain = traits.overrides & ~WRAPPER == 0 and limit is None
    # looking up has given the class a version, if it can have one
    traits.version = litecon_version(socket)
    if traits.version != 0:
        known[0] = traits
    return traits.overrides


cdef object foreign_receive(SocketBase socket):
    return socket.receive if socket._receive is None else socket._receive


cdef object foreign_send(SocketBase socket):
    return socket.send if socket._send is None else socket._send


@cython.final
cdef class Answer(Sending):
    """`WebSocket.accept`, `.close` and `.deny`: the answers to a handshake, and the end."""

    cdef SocketBase socket
    cdef object first
    cdef object second
    cdef object third
    # the event that is sent now, and the one after it
    cdef object event
    cdef object end
    # TO_ACCEPT, TO_CLOSE or TO_START for deny()
    cdef int method
    cdef int kind
    cdef int state
    cdef bint connecting

    cdef str label(self):
        if self.method == TO_ACCEPT:
            return "WebSocket.accept"
        return "WebSocket.close" if self.method == TO_CLOSE else "WebSocket.deny"

    cdef object begin(self):
        if self.method == TO_ACCEPT:
            return self.accept()
        if self.method == TO_START:
            return self.deny()
        self.event = close_event(self.first, self.second)
        if self.channel.state < CLOSED:
            return self.answer(TO_CLOSE, self.event)
        self._done = True

    cdef object accept(self):
        cdef Channel channel = self.channel
        if self.first is None and self.second is None:
            self.event = {"type": "websocket.accept", "subprotocol": None, "headers": []}
        else:
            self.event = accept_event(self.first, self.second)
        if channel.state != INIT:
            return self.answer(TO_ACCEPT, self.event)
        self.connecting = True
        if channel.foreign & FOREIGN_RECEIVE:
            return litecon_call(foreign_receive(self.socket))
        expect_free(channel)
        claim(self, channel, &channel.busy)
        return receiving(channel, channel.receive)

    cdef object deny(self):
        cdef object extensions
        start, self.end = denial_events(self.first, self.second, self.third)
        check_send(self.channel, TO_START)
        extensions = item(scope_of(self.socket), "extensions")
        if extensions and _DENIAL in extensions:
            return self.answer(TO_START, start)
        return self.answer(TO_CLOSE, close_event(1000, None))

    cdef object answer(self, int kind, object event):
        cdef Channel channel = self.channel
        self.state = check_send(channel, kind)
        self.kind = kind
        self.event = event
        if not channel.foreign & FOREIGN_SEND:
            return self.hand(channel.send, event, self.state)
        self.before = self.after = channel.state
        self.handed = True
        return litecon_call_with(foreign_send(self.socket), event)

    cdef object step(self, object result):
        cdef Channel channel = self.channel
        if self.connecting:
            self.connecting = False
            self.connected(result)
            return self.answer(TO_ACCEPT, self.event)
        if channel.foreign & FOREIGN_SEND:
            # a wrapper that is not built on litecon's has not kept the state, or not the code
            if channel.state == self.before or (self.kind == TO_CLOSE and channel.reason is None):
                enter(channel, self.state, self.event)
        if self.kind == TO_START:
            return self.answer(TO_END, self.end)
        self._done = True

    cdef int connected(self, object event) except -1:
        cdef Channel channel = self.channel
        # the server's own was claimed; it may have been replaced meanwhile
        cdef bint foreign = self._busy is NULL
        if not foreign and channel.pending is not None:
            channel.pending = None
        if take(channel, event, foreign) == MESSAGE and channel.state < CLOSED:
            # a callable of the application has the connection accepted, or is a mock
            channel.pending = Ready(event)
            channel.state = CONNECT
        if channel.state >= CLOSED:
            raise disconnected(channel)
        self.let_go()
        return 0

    cdef object failed(self, object error):
        try:
            return Sending.failed(self, error)
        except WebSocketDisconnect:
            if self.method != TO_CLOSE:
                raise
            # the connection broke: it is closed, as was asked for
            return None


cdef LiteconPool _answers
install(Answer, &_answers)


cdef object _new_answer(SocketBase socket, int method, object first, object second, object third):
    cdef Answer operation = <Answer> litecon_take(&_answers)
    operation.socket = socket
    operation.channel = socket.channel
    operation.method = method
    operation.first = first
    operation.second = second
    operation.third = third
    return operation


cdef class SocketBase(ConnectionBase):
    """The state of a WebSocket, its ASGI callables, and how it begins and ends."""

    def __cinit__(self):
        self.channel = Channel.__new__(Channel)

    cdef int constructed(self) except -1:
        cdef Channel channel = self.channel
        cdef Py_ssize_t max_message_size
        if channel.receive is not None:
            # called again, and new again
            self.channel = channel = Channel.__new__(Channel)
        channel.receive = self._receive
        channel.send = self._send
        channel.foreign = 0
        self._receive = self._send = None
        if overrides_of(self, &max_message_size) & WRAPPER:
            self.wrap()
        return 0

    cdef int wrap(self) except -1:
        cdef Channel channel = self.channel
        cls = type(self)
        if cls.receive_wrapper is not _RECEIVE_WRAPPER:
            self.receive = installed = self.receive_wrapper(channel.receive)
            if type(installed) is SocketReceive and (<SocketReceive> installed).channel is channel:
                channel.receive = (<SocketReceive> installed).receive
                channel.foreign &= ~FOREIGN_RECEIVE
        if cls.send_wrapper is not _SEND_WRAPPER:
            self.send = installed = self.send_wrapper(channel.send)
            if type(installed) is SocketSend and (<SocketSend> installed).channel is channel:
                channel.send = (<SocketSend> installed).send
                channel.foreign &= ~FOREIGN_SEND
        return 0

    @property
    def receive(self):
        """The callable that gives events; it keeps `connection_state`."""
        if self._receive is None:
            self._receive = SocketReceive(self.channel, self.channel.receive)
        return self._receive

    @receive.setter
    def receive(self, receive):
        self._receive = receive
        self.channel.foreign |= FOREIGN_RECEIVE

    @receive.deleter
    def receive(self):
        self._receive = None
        self.channel.foreign &= ~FOREIGN_RECEIVE

    @property
    def send(self):
        """The callable that takes events; it keeps `connection_state`."""
        if self._send is None:
            self._send = SocketSend(self.channel, self.channel.send, scope_of(self))
        return self._send

    @send.setter
    def send(self, send):
        self._send = send
        self.channel.foreign |= FOREIGN_SEND

    @send.deleter
    def send(self):
        self._send = None
        self.channel.foreign &= ~FOREIGN_SEND

    @property
    def connection_state(self):
        """The state: "init", "connect" from the client's handshake on, "receive" from its first message on, "disconnect".

        A wrapper of the application that is not built on litecon's may set it.

        Raises:
            ValueError: It is set to something else.
        """
        return state_name(self.channel)

    @connection_state.setter
    def connection_state(self, state):
        rename(self.channel, state)

    def receive_wrapper(self, receive):
        """Return a `receive` that keeps `connection_state` and validates events; the constructor installs it.

        Args:
            receive: The server's callable that gives events.
        """
        return SocketReceive(self.channel, receive)

    def send_wrapper(self, send):
        """Return a `send` that keeps `connection_state` and sends no event that it does not allow.

        Args:
            send: The server's callable that takes events.
        """
        return SocketSend(self.channel, send, scope_of(self))

    def accept(self, subprotocols=None, headers=None):
        """Accept the connection; the first receiving or sending does it where it was not done.

        Args:
            subprotocols: The subprotocol that was chosen of those that the client offers (RFC 6455 section 1.9).
            headers: Of the response: `Headers`, a mapping, or pairs of bytes or str.

        Raises:
            WebSocketDisconnect: The client has gone.
            WebSocketStateError: It was accepted before, or is being denied.
            RuntimeError: Another task is receiving.
            ImproperlyConfiguredException: The subprotocol or a header cannot stand in a response, or the server's events
                break the ASGI specification.
        """
        return _new_answer(self, TO_ACCEPT, subprotocols, headers, None)

    def close(self, code=1000, reason=None):
        """Close the connection, or refuse it where it was not accepted; nothing where it is closed already.

        Args:
            code: 1000 to 4999, but for those that are never sent (RFC 6455 section 7.4).
            reason: For people, 123 bytes of UTF-8 at the most.

        Raises:
            WebSocketStateError: A denial response is being sent.
            ImproperlyConfiguredException: The code or the reason cannot stand in a close frame.
        """
        return _new_answer(self, TO_CLOSE, code, reason, None)

    def deny(self, status=403, headers=None, body=b""):
        """Refuse the connection with an HTTP response (ASGI's `websocket.http.response` extension).

        Where the server does not offer it, the connection is closed, which clients see as a 403.

        Args:
            status: From 200 to 599.
            headers: `Headers`, a mapping, or pairs of bytes or str.
            body: The whole body.

        Raises:
            WebSocketDisconnect: The client has gone.
            WebSocketStateError: It was accepted before.
            ImproperlyConfiguredException: The status, a header or the body cannot stand in a response.
        """
        return _new_answer(self, TO_START, status, headers, body)


for _name in ("accept", "close", "deny"):
    mark(SocketBase, _name)
watch(SocketBase, "receive_wrapper", WRAPPER)
watch(SocketBase, "send_wrapper", WRAPPER)

cdef object _RECEIVE_WRAPPER = SocketBase.receive_wrapper
cdef object _SEND_WRAPPER = SocketBase.send_wrapper
