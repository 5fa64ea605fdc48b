# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The handshake and the close of a WebSocket: its callables, accept, close and deny."""

cimport cython

from litecon._native.channel cimport (
    ACCEPT_EVENT,
    CLOSED,
    CLOSE_EVENT,
    CONNECT,
    CUSTOM_RECEIVE,
    CUSTOM_SEND,
    HAS_RULES,
    INIT,
    RECEIVE_EVENT,
    RESPONSE_BODY,
    RESPONSE_START,
    Channel,
    SendingOperation,
    SocketReceive,
    SocketSend,
    check_send,
    claim,
    disconnected_error,
    enter_state,
    next_awaitable,
    offers_denial,
    process_event,
    release_channel,
    set_state,
    state_name,
)
from litecon._native.operation cimport (
    DONE,
    check_self,
    finalize,
    mark_coroutine_function,
    register_operation,
    release_claim,
)
from litecon._native.scope cimport DELETED, ConnectionBase, allow_fast_constructor, init_connection, scope_of
from litecon._native.traits cimport RECEIVE, SEND, WRAPPER, track_override, traits_of

from litecon._errors import no_deleter, not_initialised
from litecon._shared.body import CompletedAwaitable
from litecon._shared.scope import empty_receive, empty_send
from litecon._shared.websocket import accept_event, close_event, denial_events
from litecon.exceptions import WebSocketDisconnect



cdef object uninitialised_error(SocketBase socket):
    return not_initialised(socket, "scope")


cdef Channel channel_of(SocketBase socket):
    # the collector has cleared the socket, which finalizers that it runs may still use
    if socket.channel is None:
        raise not_initialised(socket, "scope")
    return socket.channel


@cython.final
@cython.no_gc_clear
cdef class HandshakeOperation(SendingOperation):
    """The operation of `WebSocket.accept()`, `.close()` and `.deny()`."""

    cdef object socket
    cdef Channel channel
    cdef object first
    cdef object second
    cdef object third
    # the event that is sent now, and the event after it
    cdef object event
    cdef object following_event
    # ACCEPT_EVENT, CLOSE_EVENT or RESPONSE_START for deny()
    cdef int method
    cdef int kind
    cdef int state
    cdef bint is_connecting
    # whether the event goes through a callable of the application
    cdef bint is_custom_send

    def __dealloc__(self):
        if self._state != DONE:
            finalize(self)

    cdef void release(self) noexcept:
        release_channel(self.channel)

    cdef str qualified_name(self):
        if self.method == ACCEPT_EVENT:
            return "WebSocket.accept"
        return "WebSocket.close" if self.method == CLOSE_EVENT else "WebSocket.deny"

    cdef object begin(self):
        check_constructed(self.socket, self.channel)
        if self.method == ACCEPT_EVENT:
            return self.accept()
        if self.method == RESPONSE_START:
            return self.deny()
        self.event = close_event(self.first, self.second)
        if self.channel.state < CLOSED or self.channel.flags & HAS_RULES:
            return self.check_and_send(CLOSE_EVENT, self.event)
        self._has_result = True

    cdef object accept(self):
        cdef Channel channel = self.channel
        if self.first is None and self.second is None:
            self.event = _default_accept_event()
        else:
            self.event = accept_event(self.first, self.second)
        if channel.state != INIT:
            if channel.flags & HAS_RULES:
                self._has_result = True
                return None
            return self.check_and_send(ACCEPT_EVENT, self.event)
        self.is_connecting = True
        if uses_custom_receive(channel, traits_of(self.socket)):
            return self.socket.receive()
        if channel.flags & HAS_RULES:
            # nothing is claimed: if two tasks accept, as they do in Litestar's streams, one gets the handshake
            return channel.receive()
        claim(channel)
        self._has_claim = True
        return next_awaitable(channel, channel.receive)

    cdef object deny(self):
        start, self.following_event = denial_events(self.first, self.second, self.third)
        check_send(self.channel, RESPONSE_START)
        if offers_denial(self.socket.scope):
            return self.check_and_send(RESPONSE_START, start)
        return self.check_and_send(CLOSE_EVENT, close_event(1000, None))

    cdef object check_and_send(self, int kind, object event):
        cdef Channel channel = self.channel
        self.state = check_send(channel, kind)
        self.kind = kind
        self.event = event
        self.is_custom_send = uses_custom_send(channel, traits_of(self.socket))
        if not self.is_custom_send:
            return self.send_event(channel, channel.send, event, self.state)
        self.state_before = self.state_after = channel.state
        self.sent = True
        return self.socket.send(event)

    cdef object step(self, object result):
        cdef Channel channel = self.channel
        if self.is_connecting:
            self.is_connecting = False
            if self.process_first_event(result):
                return self.check_and_send(ACCEPT_EVENT, self.event)
            self._has_result = True
            return None
        if self.is_custom_send:
            # a wrapper that does not call litecon's has not updated the state, or at least not the close code
            if channel.state == self.state_before or (self.kind == CLOSE_EVENT and channel.reason is None):
                enter_state(channel, self.state, self.event)
        if self.kind == RESPONSE_START:
            return self.check_and_send(RESPONSE_BODY, self.following_event)
        self._has_result = True

    cdef bint process_first_event(self, object event) except -1:
        """Take the first event, and return whether the connection must still be accepted."""
        cdef Channel channel = self.channel
        # with a framework's rules another task may have accepted meanwhile
        cdef int other_state = channel.state if channel.flags & HAS_RULES and channel.state != INIT else 0
        # a claim means that the server's callable was called, even if it was replaced meanwhile
        cdef bint from_application = not self._has_claim
        if not from_application and channel.pending is not None:
            channel.pending = None
        if process_event(channel, event, from_application) == RECEIVE_EVENT and channel.state < CLOSED:
            # the application's callable has accepted the connection itself, or is a mock
            channel.pending = CompletedAwaitable(event)
            channel.state = <unsigned char> (other_state or CONNECT)
        if channel.state >= CLOSED:
            raise disconnected_error(channel)
        release_claim(self)
        return not other_state

    cdef object handle_error(self, object error):
        try:
            return self.handle_send_error(self.channel, error)
        except WebSocketDisconnect:
            if self.method != CLOSE_EVENT:
                raise
            # the connection is lost, so it is closed already
            return None


register_operation(HandshakeOperation)

cdef dict _ACCEPT_TEMPLATE = {"type": "websocket.accept", "subprotocol": None, "headers": None}


cdef dict _default_accept_event():
    # PERF: a copy costs half as much as making the dict from its keys
    cdef dict event = _ACCEPT_TEMPLATE.copy()
    event["headers"] = []
    return event


cdef inline object new_handshake(SocketBase socket, int method, object first, object second, object third):
    cdef Channel channel = socket.channel
    return new_handshake_operation(socket, channel, method, first, second, third)


cdef object new_handshake_operation(
    object socket, Channel channel, int method, object first, object second, object third
):
    cdef HandshakeOperation operation = HandshakeOperation.__new__(HandshakeOperation)
    operation.socket = socket
    operation.channel = channel
    operation.method = method
    operation.first = first
    operation.second = second
    operation.third = third
    return operation


cdef class SocketBase(ConnectionBase):
    """The state of a WebSocket, its ASGI callables, and the methods that open and close it."""

    def __cinit__(self):
        self.channel = Channel.__new__(Channel)

    def __init__(self, scope, receive=empty_receive, send=empty_send, *, connection_state="init"):
        cdef Channel channel
        if connection_state != "init":
            channel = Channel.__new__(Channel)
            set_state(channel, connection_state)
            self.channel = channel
        init_connection(self, scope, receive, send)

    cdef int complete_construction(self, int overrides) except -1:
        cdef Channel channel = self.channel
        if channel is None or channel.receive is not None:
            # the constructor is called a second time
            self.channel = channel = Channel.__new__(Channel)
        channel.receive = self._receive
        channel.send = self._send
        channel.flags = 0
        self._receive = self._send = None
        if overrides & WRAPPER:
            self.install_wrappers()
        return 0

    cdef int install_wrappers(self) except -1:
        cdef Channel channel = self.channel
        cdef object installed
        cls = type(self)
        if cls.receive_wrapper is not _RECEIVE_WRAPPER:
            installed = self.receive_wrapper(channel.receive)
            set_receive(self, installed)
            if type(installed) is SocketReceive and (<SocketReceive> installed).channel is channel:
                channel.receive = (<SocketReceive> installed).receive
                channel.flags &= ~CUSTOM_RECEIVE
        if cls.send_wrapper is not _SEND_WRAPPER:
            installed = self.send_wrapper(channel.send)
            set_send(self, installed)
            if type(installed) is SocketSend and (<SocketSend> installed).channel is channel:
                channel.send = (<SocketSend> installed).send
                channel.flags &= ~CUSTOM_SEND
        return 0

    cdef object stored_receive(self):
        cdef Channel channel = channel_of(self)
        with cython.critical_section(self):
            if self._receive is None or self._receive is DELETED:
                self._receive = SocketReceive(channel, channel.receive)
            return self._receive

    cdef object stored_send(self):
        cdef object scope = scope_of(self)
        cdef Channel channel = channel_of(self)
        with cython.critical_section(self):
            if self._send is None or self._send is DELETED:
                self._send = SocketSend(channel, channel.send, scope)
            return self._send

    @property
    def receive(self):
        """The callable that returns the next event; it keeps `connection_state` up to date."""
        return self.stored_receive()

    @receive.setter
    def receive(self, receive):
        set_receive(self, receive)

    @receive.deleter
    def receive(self):
        cdef Channel channel = channel_of(self)
        with cython.critical_section(self):
            self._receive = None
            channel.flags &= ~CUSTOM_RECEIVE

    @property
    def send(self):
        """The callable that takes an event; it keeps `connection_state` up to date."""
        return self.stored_send()

    @send.setter
    def send(self, send):
        set_send(self, send)

    @send.deleter
    def send(self):
        cdef Channel channel = channel_of(self)
        with cython.critical_section(self):
            self._send = None
            channel.flags &= ~CUSTOM_SEND

    @property
    def connection_state(self):
        """The state: "init", "connect" after the client's handshake, "receive" after its first message, "disconnect".

        An application may set it if its own wrappers do not call those of litecon.

        Raises:
            ValueError: It is set to another value.
        """
        return state_name(channel_of(self))

    @connection_state.setter
    def connection_state(self, state):
        set_state(channel_of(self), state)

    @connection_state.deleter
    def connection_state(self):
        raise no_deleter(self, "connection_state")

    def receive_wrapper(self, receive):
        """Return a `receive` that keeps `connection_state` up to date and validates events; the constructor calls this.

        Args:
            receive: The server's callable that returns the next event.
        """
        return SocketReceive(channel_of(self), receive)

    def send_wrapper(self, send):
        """Return a `send` that keeps `connection_state` up to date and sends no event that the state does not allow.

        Args:
            send: The server's callable that takes an event.
        """
        return SocketSend(channel_of(self), send, scope_of(self))

    def accept(self, subprotocols=None, headers=None):
        """Accept the connection; the first call that receives or sends does so if needed.

        Args:
            subprotocols: The subprotocol that was chosen from those that the client offers (RFC 6455 section 1.9).
            headers: The headers of the response: `Headers`, a mapping, or pairs of bytes or str.

        Raises:
            WebSocketDisconnect: The client disconnected.
            WebSocketStateError: The connection was accepted before, or is being denied.
            RuntimeError: Another task is receiving.
            ImproperlyConfiguredException: The subprotocol or a header is not valid in a response, or the server's
                events break the ASGI specification.
        """
        return new_handshake(self, ACCEPT_EVENT, subprotocols, headers, None)

    def close(self, code=1000, reason=None):
        """Close the connection, or refuse it if it was not accepted; a second call does nothing.

        Args:
            code: The close code, 1000 to 4999, except those that are never sent (RFC 6455 section 7.4).
            reason: The human-readable reason, at most 123 bytes of UTF-8.

        Raises:
            WebSocketStateError: A denial response is being sent.
            ImproperlyConfiguredException: The code or the reason is not valid in a close frame.
        """
        return new_handshake(self, CLOSE_EVENT, code, reason, None)

    def deny(self, status=403, headers=None, body=b""):
        """Refuse the connection with an HTTP response (ASGI's `websocket.http.response` extension).

        If the server does not offer it, the connection is closed, which clients see as a 403.

        Args:
            status: The status code, from 200 to 599.
            headers: The headers of the response: `Headers`, a mapping, or pairs of bytes or str.
            body: The whole body.

        Raises:
            WebSocketDisconnect: The client disconnected.
            WebSocketStateError: The connection was accepted before.
            ImproperlyConfiguredException: The status, a header or the body is not valid in a response.
        """
        return new_handshake(self, RESPONSE_START, status, headers, body)


cdef int set_receive(SocketBase socket, object receive) except -1:
    cdef Channel channel = channel_of(socket)
    with cython.critical_section(socket):
        socket._receive = receive
        channel.flags |= CUSTOM_RECEIVE
    return 0


cdef int set_send(SocketBase socket, object send) except -1:
    cdef Channel channel = channel_of(socket)
    with cython.critical_section(socket):
        socket._send = send
        channel.flags |= CUSTOM_SEND
    return 0


allow_fast_constructor(SocketBase)
check_self(SocketBase)
for _name in ("accept", "close", "deny"):
    mark_coroutine_function(SocketBase, _name)
track_override(SocketBase, "receive", RECEIVE)
track_override(SocketBase, "send", SEND)
track_override(SocketBase, "receive_wrapper", WRAPPER)
track_override(SocketBase, "send_wrapper", WRAPPER)

cdef object _RECEIVE_WRAPPER = SocketBase.receive_wrapper
cdef object _SEND_WRAPPER = SocketBase.send_wrapper
