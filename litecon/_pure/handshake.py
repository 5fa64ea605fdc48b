"""The handshake and the close of a WebSocket: its callables, accept, close and deny."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NoReturn, Self

from .._errors import no_deleter, not_initialised
from .._shared.body import CompletedAwaitable
from .._shared.scope import empty_receive, empty_send
from .._shared.websocket import accept_event, close_event, denial_events
from ..exceptions import WebSocketDisconnect
from ..types import Event, Receive, Scope, Send
from .channel import (
    ACCEPT_EVENT,
    CLOSE_EVENT,
    CLOSED,
    CONNECT,
    INIT,
    RESPONSE_BODY,
    RESPONSE_START,
    Channel,
    SocketReceive,
    SocketSend,
    offers_denial,
    send_event,
)
from .scope import ConnectionBase

__all__ = ("SocketBase",)

# the callables of a WebSocket whose constructor has not run
_UNSET: Any = None


class SocketBase(ConnectionBase):
    """The state of a WebSocket, its ASGI callables, and the methods that open and close it."""

    __slots__ = ("_channel",)

    _channel: Channel

    def __new__(cls, *args: Any, **keywords: Any) -> Self:
        socket = super().__new__(cls)
        socket._channel = Channel(_UNSET, _UNSET)
        return socket

    def __init__(
        self, scope: Scope, receive: Receive = empty_receive, send: Send = empty_send, *, connection_state: str = "init"
    ) -> None:
        if connection_state != "init":
            channel = Channel(_UNSET, _UNSET)
            channel.set_state(connection_state)
            self._channel = channel
        self._scope = scope
        self._cached = None
        self._install_callables(receive, send)
        self._pass_to_setters(scope)

    def _install_callables(self, receive: Receive, send: Send) -> None:
        """Pass the server's callables to the channel, and to the wrappers that a subclass defines."""
        channel = self._channel
        if channel.receive is not _UNSET:
            # the constructor is called a second time
            channel = self._channel = Channel(_UNSET, _UNSET)
        channel.receive = receive
        channel.send = send
        # from now on they hold an installed callable, or litecon's wrapper, which is made on access
        self._receive = self._send = _UNSET
        del self._receive, self._send
        if type(self).receive_wrapper is not _receive_wrapper:
            installed: Any = self.receive_wrapper(receive)
            self._install_receive(installed)
            if type(installed) is SocketReceive and installed.channel is channel:
                channel.receive = installed.receive
                channel.has_custom_receive = False
        if type(self).send_wrapper is not _send_wrapper:
            installed = self.send_wrapper(send)
            self._install_send(installed)
            if type(installed) is SocketSend and installed.channel is channel:
                channel.send = installed.send
                channel.has_custom_send = False

    def _check_constructed(self) -> None:
        """Raise an exception if the constructor has not run."""
        if not hasattr(self, "_cached"):
            raise not_initialised(self, "scope")

    def _stored_receive(self) -> Receive:
        channel = self._channel
        if not hasattr(self, "_receive"):
            self._receive = SocketReceive(channel, channel.receive)
        return self._receive

    def _stored_send(self) -> Send:
        channel = self._channel
        if not hasattr(self, "_send"):
            self._send = SocketSend(channel, channel.send, self.scope)
        return self._send

    def _install_receive(self, receive: Receive) -> None:
        self._receive = receive
        self._channel.has_custom_receive = True

    def _install_send(self, send: Send) -> None:
        self._send = send
        self._channel.has_custom_send = True

    @property
    def receive(self) -> Receive:
        """The callable that returns the next event; it keeps `connection_state` up to date."""
        return self._stored_receive()

    @receive.setter
    def receive(self, receive: Receive) -> None:
        self._install_receive(receive)

    @receive.deleter
    def receive(self) -> None:
        with suppress(AttributeError):
            del self._receive
        self._channel.has_custom_receive = False

    @property
    def send(self) -> Send:
        """The callable that takes an event; it keeps `connection_state` up to date."""
        return self._stored_send()

    @send.setter
    def send(self, send: Send) -> None:
        self._install_send(send)

    @send.deleter
    def send(self) -> None:
        with suppress(AttributeError):
            del self._send
        self._channel.has_custom_send = False

    def _uses_custom_receive(self) -> bool:
        """Return whether events are received by a callable other than litecon's own over the server's."""
        cls: Any = type(self)
        return (
            self._channel.has_custom_receive
            or cls.receive is not _receive_property
            or cls.__getattribute__ is not object.__getattribute__
        )

    def _uses_custom_send(self) -> bool:
        """Return whether events are sent by a callable other than litecon's own over the server's."""
        cls: Any = type(self)
        return (
            self._channel.has_custom_send
            or cls.send is not _send_property
            or cls.__getattribute__ is not object.__getattribute__
        )

    @property
    def connection_state(self) -> str:
        """The state: "init", "connect" after the client's handshake, "receive" after its first message, "disconnect".

        An application may set it if its own wrappers do not call those of litecon.

        Raises:
            ValueError: It is set to another value.
        """
        return self._channel.state_name

    @connection_state.setter
    def connection_state(self, state: str) -> None:
        self._channel.set_state(state)

    @connection_state.deleter
    def connection_state(self) -> NoReturn:
        raise no_deleter(self, "connection_state")

    def receive_wrapper(self, receive: Receive) -> Receive:
        """Return a `receive` that keeps `connection_state` up to date and validates events; the constructor calls this.

        Args:
            receive: The server's callable that returns the next event.
        """
        return SocketReceive(self._channel, receive)

    def send_wrapper(self, send: Send) -> Send:
        """Return a `send` that keeps `connection_state` up to date and sends no event that the state does not allow.

        Args:
            send: The server's callable that takes an event.
        """
        return SocketSend(self._channel, send, self.scope)

    async def accept(self, subprotocols: str | None = None, headers: Any = None) -> None:
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
        self._check_constructed()
        event = accept_event(subprotocols, headers)
        channel = self._channel
        if channel.state == INIT:
            await self._receive_first_event()
        await self._check_and_send(ACCEPT_EVENT, event)

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Close the connection, or refuse it if it was not accepted; a second call does nothing.

        Args:
            code: The close code, 1000 to 4999, except those that are never sent (RFC 6455 section 7.4).
            reason: The human-readable reason, at most 123 bytes of UTF-8.

        Raises:
            WebSocketStateError: A denial response is being sent.
            ImproperlyConfiguredException: The code or the reason is not valid in a close frame.
        """
        self._check_constructed()
        event = close_event(code, reason)
        if self._channel.state < CLOSED:
            try:
                await self._check_and_send(CLOSE_EVENT, event)
            except WebSocketDisconnect:
                # the connection is lost, so it is closed already
                pass

    async def deny(self, status: int = 403, headers: Any = None, body: bytes = b"") -> None:
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
        self._check_constructed()
        start, end = denial_events(status, headers, body)
        self._channel.check_send(RESPONSE_START, "websocket.http.response.start")
        if offers_denial(self.scope):
            await self._check_and_send(RESPONSE_START, start)
            await self._check_and_send(RESPONSE_BODY, end)
        else:
            await self._check_and_send(CLOSE_EVENT, close_event(1000, None))

    async def _receive_first_event(self) -> None:
        """Receive the first event."""
        channel = self._channel
        if self._uses_custom_receive():
            event = await self.receive()
            if channel.process_event(event, True) == "websocket.receive" and channel.state < CLOSED:
                # the application's callable has accepted the connection itself, or is a mock
                channel.pending = CompletedAwaitable(event)
                channel.state = CONNECT
        else:
            channel.claim()
            try:
                event = await channel.next_awaitable(channel.receive)
                channel.pending = None
                channel.process_event(event)
            finally:
                channel.release()
        if channel.state >= CLOSED:
            raise channel.disconnected_error()

    async def _check_and_send(self, kind: int, event: Event) -> None:
        channel = self._channel
        state = channel.check_send(kind, event["type"])
        if not self._uses_custom_send():
            await send_event(channel, channel.send, event, state)
            return
        before = channel.state
        try:
            await self.send(event)
        except OSError as error:
            raise channel.record_lost_connection() from error
        # a wrapper that does not call litecon's has not updated the state, or at least not the close code
        if channel.state == before or (kind == CLOSE_EVENT and channel.reason is None):
            channel.enter_state(state, event)


SocketBase._kernel_class = SocketBase
_receive_property: Any = SocketBase.receive
_send_property: Any = SocketBase.send
_receive_wrapper = SocketBase.receive_wrapper
_send_wrapper = SocketBase.send_wrapper
