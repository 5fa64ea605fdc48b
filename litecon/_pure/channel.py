"""The state machine of a WebSocket, and the ASGI callables that keep it up to date."""

from __future__ import annotations

from collections.abc import Awaitable
from threading import Lock
from types import CoroutineType
from typing import Any, Final, final

from .._errors import (
    cannot_send,
    message_too_large,
    no_denial,
    socket_busy,
    socket_closed,
    wrong_connection_state,
    wrong_message,
    wrong_message_kind,
    wrong_mode,
    wrong_socket_event,
)
from .._shared.copying import Uncopyable
from .._shared.scope import event_type, exact_int, exact_str, lookup, offers_extension, to_bytes
from .._shared.websocket import HINTS, NEXT_STATES, STATE_NAMES, normalise_event
from ..exceptions import WebSocketDisconnect
from ..types import Event, Receive, Scope, Send
from .waiting import cancel_pending, resume_pending, shield_future

__all__ = ("Channel", "SocketReceive", "SocketSend")

INIT: Final = 0
CONNECT: Final = 1
ACCEPTED: Final = 2
OPEN: Final = 3
DENYING: Final = 4
CLOSED: Final = 5
DISCONNECTED: Final = 6

# kinds of events that are sent, the columns of NEXT_STATES
ACCEPT_EVENT: Final = 0
SEND_EVENT: Final = 1
CLOSE_EVENT: Final = 2
RESPONSE_START: Final = 3
RESPONSE_BODY: Final = 4

NO_STATUS_RECEIVED: Final = 1005
ABNORMAL_CLOSURE: Final = 1006


@final
class Channel(Uncopyable):
    """The state of one WebSocket, and the server's callables. It does no I/O: it takes events and raises exceptions."""

    __slots__ = (
        "_claim_lock",
        "code",
        "has_custom_receive",
        "has_custom_send",
        "pending",
        "reason",
        "receive",
        "send",
        "state",
    )

    def __init__(self, receive: Receive, send: Send) -> None:
        self.receive = receive
        self.send = send
        self.pending: Any = None
        self.state = INIT
        self.code = NO_STATUS_RECEIVED
        # None until the connection has ended
        self.reason: str | None = None
        self._claim_lock = Lock()
        self.has_custom_receive = self.has_custom_send = False

    @property
    def busy(self) -> bool:
        """Whether a task is receiving."""
        return self._claim_lock.locked()

    @property
    def state_name(self) -> str:
        return STATE_NAMES[self.state]

    def set_state(self, name: object) -> None:
        """Set the state that a wrapper of the application has observed."""
        if not isinstance(name, str) or name not in STATE_NAMES:
            raise wrong_connection_state(name)
        if name != self.state_name:
            self.state = DISCONNECTED if name == "disconnect" else STATE_NAMES.index(name)

    def claim(self) -> None:
        """Claim the channel for one receiving task, until `release()`; raise if it is closed or another task has it."""
        if self.state >= CLOSED:
            raise self.disconnected_error()
        if not self._claim_lock.acquire(blocking=False):
            raise socket_busy()

    def release(self) -> None:
        """Let other tasks receive."""
        self._claim_lock.release()

    def next_awaitable(self, receive: Receive) -> Awaitable[Event]:
        """Return the awaitable of the next event: after an await that was cancelled, the same one again."""
        if self.pending is not None:
            awaitable = resume_pending(self)
            if awaitable is not None:
                return awaitable  # type: ignore[no-any-return]
        awaitable = receive()
        return awaitable if type(awaitable) is CoroutineType else shield_future(self, awaitable)

    def disconnected_error(self) -> WebSocketDisconnect:
        return socket_closed(self.code, self.reason or "")

    def process_event(self, event: Event, from_application: bool = False) -> str | None:
        """Take an event that `receive` returned, and return its type.

        Args:
            event: The event, one of a WebSocket.
            from_application: Whether a callable of the application returned it, and may have updated the state already.
        """
        type_ = event_type(event)
        state = self.state
        if type_ == "websocket.receive":
            # a receive that was under way when the application closed may still return its event
            if state < CLOSED and state != OPEN:
                if state != ACCEPTED and not from_application:
                    raise wrong_socket_event(event, self.state_name)
                self.state = OPEN
        elif type_ == "websocket.disconnect":
            if state < CLOSED:
                self.state = DISCONNECTED
            if self.reason is None:
                self.store_close_code(lookup(event, "code"), lookup(event, "reason"), NO_STATUS_RECEIVED)
        elif type_ == "websocket.connect" and state == INIT:
            self.state = CONNECT
        # the handshake may be closed or denied before its event is received
        elif type_ != "websocket.connect" or not (from_application or state >= DENYING):
            raise wrong_socket_event(event, self.state_name)
        return type_

    def process_message(
        self, event: Event, mode: str, max_size: int | None, from_application: bool = False
    ) -> str | bytes:
        """Take an event that `receive` returned, and return its text or bytes."""
        if mode == "text" and self.state == OPEN:
            text = _text_of_plain_event(event)
            # a character has at most four bytes
            if text is not None and (max_size is None or 4 * len(text) <= max_size):
                return text
        type_ = self.process_event(event, from_application)
        if type_ == "websocket.disconnect":
            raise self.disconnected_error()
        if type_ != "websocket.receive":
            raise wrong_socket_event(event, self.state_name)
        if mode == "text":
            data = lookup(event, "text")
            if not isinstance(data, str):
                other = lookup(event, "bytes")
                if data is not None or not isinstance(other, (bytes, bytearray, memoryview)):
                    raise wrong_message(event)
                raise wrong_message_kind("text", to_bytes(other))
        else:
            data = lookup(event, "bytes")
            if not isinstance(data, bytes):
                if isinstance(data, (bytearray, memoryview)):
                    data = to_bytes(data)
                else:
                    other = lookup(event, "text")
                    if data is not None or not isinstance(other, str):
                        raise wrong_message(event)
                    raise wrong_message_kind("binary", other)
        if max_size is not None and _size_of(data, max_size) > max_size:
            raise message_too_large(max_size)
        return data  # type: ignore[no-any-return]

    def check_send(self, kind: int, type_: str) -> int:
        """Return the state after an event is sent; raise an exception if it must not be sent.

        Args:
            kind: The kind of the event, a column of `NEXT_STATES`.
            type_: The type of the event.
        """
        if self.state >= CLOSED:
            raise self.disconnected_error()
        state = NEXT_STATES[self.state][kind]
        if state is None:
            raise cannot_send(type_, self.state_name, HINTS[self.state])
        return state

    def enter_state(self, state: int, event: Event) -> None:
        """Enter the state that follows the sending of an event."""
        if state == CLOSED or (event["type"] == "websocket.http.response.body" and not lookup(event, "more_body")):
            self.store_close_code(lookup(event, "code"), lookup(event, "reason"), ABNORMAL_CLOSURE)
            state = CLOSED
            if self.pending is not None and not self.busy:
                # a server (granian) may wait for its receive() to end before it closes
                cancel_pending(self)
        self.state = state

    def roll_back(self, state: int) -> None:
        """Return to a state, since the server refused the event that was to end it."""
        self.state = state
        if state < CLOSED:
            # the connection is not closed, so its close code is not known yet
            self.code = NO_STATUS_RECEIVED
            self.reason = None

    def record_lost_connection(self) -> WebSocketDisconnect:
        """Record that the connection is lost, since the server's `send` failed; return the exception for it."""
        if self.state != DISCONNECTED or self.reason is None:
            self.state = DISCONNECTED
            self.store_close_code(ABNORMAL_CLOSURE, "", ABNORMAL_CLOSURE)
        return self.disconnected_error()

    def store_close_code(self, code: Any, reason: Any, default: int) -> None:
        """Store the close code and the reason; the default is used if there is no code."""
        code = exact_int(code)
        is_code = isinstance(code, int) and not isinstance(code, bool) and 0 <= code <= 0xFFFF
        self.code = code if is_code else default
        self.reason = exact_str(reason) if isinstance(reason, str) else ""


@final
class SocketReceive(Uncopyable):
    """The `receive` of a WebSocket, which keeps its state up to date."""

    __slots__ = ("channel", "receive")

    def __init__(self, channel: Channel, receive: Receive) -> None:
        self.channel = channel
        self.receive = receive

    async def __call__(self) -> Event:
        """Return the next event."""
        channel = self.channel
        channel.claim()
        try:
            event = await channel.next_awaitable(self.receive)
            channel.pending = None
            channel.process_event(event)
        finally:
            channel.release()
        return event


@final
class SocketSend(Uncopyable):
    """The `send` of a WebSocket, which keeps its state up to date and refuses events that the state does not allow."""

    __slots__ = ("channel", "scope", "send")

    def __init__(self, channel: Channel, send: Send, scope: Scope) -> None:
        self.channel = channel
        self.send = send
        self.scope = scope

    async def __call__(self, event: Event) -> None:
        """Send an event."""
        channel = self.channel
        # the object that is checked is the one that is sent
        kind, event = normalise_event(event)
        # a custom mapping runs code here, which may change the state, so the state is read afterwards
        is_offered = kind != RESPONSE_START or offers_denial(self.scope)
        state = channel.check_send(kind, event["type"])
        if not is_offered:
            raise no_denial()
        await send_event(channel, self.send, event, state)


# the names that tasks and warnings show
for _call, _name in ((SocketReceive.__call__, "receive"), (SocketSend.__call__, "send")):
    _call.__name__ = _name
    _call.__qualname__ = f"WebSocket.{_name}"


def offers_denial(scope: Scope) -> bool:
    """Return whether the server offers HTTP responses to the handshake."""
    return offers_extension(scope, "websocket.http.response")


async def send_event(channel: Channel, send: Send, event: Event, state: int) -> None:
    """Send an event that the state allows; the state changes first, since events of other tasks follow this one."""
    before = channel.state
    channel.enter_state(state, event)
    after = channel.state
    try:
        await send(event)
    except OSError as error:
        raise channel.record_lost_connection() from error
    except Exception:
        # the server refused the event
        if channel.state == after:
            channel.roll_back(before)
        raise


def check_mode(mode: object) -> None:
    if not (mode == "text" or mode == "binary"):
        raise wrong_mode(mode)


def _text_of_plain_event(event: Event) -> str | None:
    """Return the text of an event in the form that most servers use; None for any other form.

    PERF: the general way through the checks takes three times as much.
    """
    if type(event) is dict:
        type_ = event.get("type")
        text = event.get("text")
        if type(type_) is str and type_ == "websocket.receive" and type(text) is str:
            return text
    return None


def _size_of(data: str | bytes, max_size: int) -> int:
    """Return the number of bytes, in UTF-8 for a text; one that is too long anyway is not encoded."""
    # not len(text) or text.encode(), which a subclass may override
    if isinstance(data, bytes):
        return bytes.__len__(data)
    if str.isascii(data) or str.__len__(data) > max_size:
        return str.__len__(data)
    return len(str.encode(data, "utf-8", "surrogatepass"))
