"""The state of the drop-in's WebSockets, and the ASGI callables that keep it, as Litestar's do."""

from __future__ import annotations

from collections.abc import Callable
from types import CoroutineType
from typing import Any, Final, final

import litestar

from .._errors import socket_busy
from .._litestar import connection_is_disconnected
from .._pending import CompletedAwaitable
from ..types import Event, Receive, Send
from .waiting import abandon, resume_pending, shield_future

__all__ = ("Channel", "SocketReceive", "SocketSend")

# where Litestar's own class has the state, ours has a channel: no slot is added, so that both can be bases of one class
_SLOT: Final = litestar.WebSocket.__dict__["connection_state"]
channel_of: Final[Callable[[Any], Channel]] = _SLOT.__get__
_NO_CODE: Final = 1005
_STATES: Final = {"websocket.connect": "connect", "websocket.receive": "receive"}


def open_channel(socket: Any) -> None:
    """Give a socket a channel of its own."""
    _SLOT.__set__(socket, Channel())


@final
class Channel:
    """The state of one WebSocket, which its callables keep without keeping the socket itself."""

    __slots__ = ("busy", "code", "pending", "state")

    def __init__(self) -> None:
        self.state = "init"
        # of the event that ended it, None until then
        self.code: Any = None
        # a future that receive() gave and that is not done
        self.pending: Any = None
        self.busy = False

    def take(self, event: Any) -> None:
        kind = event["type"]
        self.state = _STATES.get(kind, "disconnect")
        if kind == "websocket.disconnect":
            self.code = code_of(event)

    def connected(self, event: Any) -> bool:
        """Take what came to accept(); return whether another task has accepted meanwhile."""
        accepted = self.state != "init"
        if event["type"] == "websocket.receive":
            # it is for who receives next
            self.pending = CompletedAwaitable(event)
            if not accepted:
                self.state = "connect"
        else:
            self.take(event)
        if self.state == "disconnect":
            raise connection_is_disconnected(self.code)
        return accepted

    def start(self, receive: Receive) -> Any:
        """Return what to await for the next event; the caller gives `busy` back, and `pending` where something came."""
        if self.state == "disconnect":
            raise connection_is_disconnected(self.code)
        if self.busy:
            raise socket_busy()
        awaitable = None if self.pending is None else resume_pending(self)
        if awaitable is None:
            awaitable = receive()
            if type(awaitable) is not CoroutineType:
                awaitable = shield_future(self, awaitable)
        self.busy = True
        return awaitable

    def start_sending(self, event: Any) -> None:
        """Raise what is known before an event is sent."""
        if self.state == "disconnect":
            raise connection_is_disconnected(self.code)
        if self.pending is not None and not self.busy and event["type"] == "websocket.close":
            # a server (granian) may wait for its receive() to end before it closes
            abandon(self)


def code_of(event: Any) -> Any:
    code = event.get("code")
    return _NO_CODE if code is None else code


@final
class SocketReceive:
    """The `receive` of a WebSocket: keeps its state."""

    __slots__ = ("channel", "receive")

    channel: Channel
    receive: Receive

    async def __call__(self) -> Event:
        """Return the next event."""
        channel = self.channel
        awaitable = channel.start(self.receive)
        try:
            event = await awaitable
            channel.pending = None
        finally:
            channel.busy = False
        channel.take(event)
        return event  # type: ignore[no-any-return]


@final
class SocketSend:
    """The `send` of a WebSocket: refuses events after its end."""

    __slots__ = ("channel", "send")

    channel: Channel
    send: Send

    async def __call__(self, message: Event) -> None:
        """Send an event."""
        self.channel.start_sending(message)
        await self.send(message)
