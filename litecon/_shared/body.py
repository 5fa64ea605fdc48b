"""Receiving ahead of reading: `is_disconnected()`, `replay()` and `drain()` of a request; and the announced length.

ASGI has no call that asks whether an event is available. `is_disconnected()` starts to receive, in a task of its own,
and checks whether that task is done. Nothing is thrown into the awaitable that the server or a middleware returned: the
next read awaits the same task, and a read that is cancelled leaves it alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from contextlib import suppress
from contextvars import ContextVar, copy_context
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Final, final
from weakref import ref

from .._errors import long_content_length
from ..types import Event, Receive
from .copying import Uncopyable
from .loops import TrioReceive, checkpoint, running_trio, start_receive_task

if TYPE_CHECKING:
    from .._core import BodyReader

__all__ = ("CompletedAwaitable", "Replay", "await_as_reader", "parse_content_length", "poll_disconnected", "skip_body")

_READ_AHEAD: Final = 64 * 1024
"""The number of bytes that are received ahead of reading."""

_EVENTS_AT_ONCE: Final = 64
"""The number of events that are received before the other tasks of the event loop run."""

_TURNS: Final = 3
"""The number of turns of the event loop after which a receive under way is not waited for any longer."""

_FIRST_TURNS: Final = 12
"""The same for a new receive: middleware takes some turns to return an event that is available."""

# converting digits takes quadratic time, and CPython refuses more than a few thousand of them
_MAX_DIGITS: Final = 100

_receiving_reader: ContextVar[tuple[ref[BodyReader], bool] | None] = ContextVar(
    "litecon.receiving_reader", default=None
)
"""The reader for which this context receives an event, and whether it is that of a task that the reader started."""


@final
class CompletedAwaitable:
    """An awaitable that returns an event that was already received.

    Args:
        event: The event.
    """

    __slots__ = ("_event",)

    def __init__(self, event: Any) -> None:
        self._event = event

    def __await__(self) -> Generator[Any, Any, Any]:
        yield from ()
        return self._event


async def poll_disconnected(reader: BodyReader, receive: Receive) -> bool:
    """Return whether the client disconnected; events that arrived meanwhile are buffered by the reader.

    If the result is False, the other tasks of the event loop have run once.

    Args:
        reader: The reader of the connection's scope.
        receive: The connection's `receive`.
    """
    has_yielded = False
    for _ in range(_EVENTS_AT_ONCE):
        if reader.disconnected:
            return True
        # another task is receiving, or enough is buffered
        if reader.busy or (reader.ahead_size > _READ_AHEAD and not reader.ended):
            break
        turns = _TURNS
        with reader:
            pending = reader.resume()
            if pending is None:
                pending = _start_receive(reader, receive)
                turns = _FIRST_TURNS
        while turns and not pending.done():
            turns -= 1
            has_yielded = True
            await checkpoint()
        # a read in between may have taken the event
        if reader.busy or reader.pending is not pending or not pending.done():
            break
        with reader:
            reader.pending = None
            reader.buffer(await pending)
    if not has_yielded and not reader.disconnected:
        await checkpoint()
    return reader.disconnected


async def skip_body(reader: BodyReader, receive: Receive, max_size: int | None) -> None:
    """Drop the buffered part of a body, then receive and drop the rest.

    Args:
        reader: The reader of the connection's scope.
        receive: The connection's `receive`.
        max_size: The number of bytes after which receiving stops; None for any number.
    """
    if reader.body is not None:
        return
    with reader:
        while reader.next_chunk() is not None:
            pass
        before = reader.size
        events = 0
        while not reader.ended and not reader.disconnected:
            if max_size is not None and reader.size - before > max_size:
                return
            reader.skip(await reader.next_event(receive))
            events += 1
            if not events % _EVENTS_AT_ONCE:
                await checkpoint()


@final
class Replay(Uncopyable):
    """A `receive` that returns the received part of a body once more, and then the server's events.

    Args:
        reader: The reader of the connection's scope.
        receive: The connection's `receive`.
    """

    __slots__ = ("_has_ended", "_reader", "_receive")

    def __init__(self, reader: BodyReader, receive: Receive) -> None:
        reader.has_replay = True
        self._reader = reader
        self._receive = receive
        self._has_ended = False

    async def __call__(self) -> Event:
        reader = self._reader
        receiving_for = _receiving_reader.get()
        if receiving_for is not None and receiving_for[0]() is reader:
            # the reader itself calls this, through a connection over the same scope: it has its buffered events already
            return await (self._receive() if receiving_for[1] else reader.next_event(self._receive))
        if reader.body is None:
            with reader:
                event = self._next_buffered_event()
                if event is None:
                    event = await reader.next_event(self._receive)
                    reader.skip(event)
                    self._has_ended = reader.ended
            return event
        if not self._has_ended:
            self._has_ended = True
            return _request_event(reader.body, more=False)
        if reader.disconnected:
            return {"type": "http.disconnect"}
        with reader:
            event = await reader.next_event(self._receive)
            reader.skip(event)
        return event

    def _next_buffered_event(self) -> Event | None:
        """Return the next event, made of buffered data; None if it must come from the server."""
        reader = self._reader
        if not self._has_ended:
            if reader.ended and not reader.streamed_size:
                self._has_ended = True
                return _request_event(reader.finish(), more=False)
            chunk = reader.next_chunk()
            if chunk is not None:
                return _request_event(chunk, more=True)
            if reader.ended:
                self._has_ended = True
                return _request_event(b"", more=False)
        return {"type": "http.disconnect"} if reader.disconnected else None


def _request_event(body: bytes, *, more: bool) -> Event:
    return {"type": "http.request", "body": body, "more_body": more}


def await_as_reader(reader: BodyReader, awaitable: Awaitable[Event]) -> Awaitable[Event]:
    """Return a coroutine that awaits an event; a `Replay` of the reader that is called in it receives from the server.

    Args:
        reader: The reader that receives, for which a `Replay` was made.
        awaitable: The awaitable that the connection's `receive` returned.
    """
    return _await_as_reader(ref(reader), awaitable)


async def _await_as_reader(reader: ref[BodyReader], awaitable: Awaitable[Event]) -> Event:
    token = _receiving_reader.set((reader, False))
    try:
        return await awaitable
    finally:
        # the collector may close this coroutine in another context
        with suppress(ValueError):
            _receiving_reader.reset(token)


def _start_receive(reader: BodyReader, receive: Receive) -> Any:
    """Start to receive the next event, and return the pending receive; its `done()` tells whether the event arrived."""
    awaitable: Any = receive()
    if type(awaitable) is not CoroutineType:
        # a server that returns futures has already started to receive
        reader.shield(awaitable)
    if reader.pending is None:
        context = copy_context()
        context.run(_receiving_reader.set, (ref(reader), True))
        trio = running_trio()
        if trio is None:
            reader.shield(start_receive_task(awaitable, context))
        else:
            reader.pending = TrioReceive(trio, awaitable, context)
    return reader.pending


def parse_content_length(digits: bytes) -> int:
    """Return the value of a Content-Length header (RFC 9110 section 8.6).

    Args:
        digits: The ASCII digits of the header, any number of them.

    Raises:
        RequestEntityTooLarge: There are more than 100 digits, leading zeros not counted.
    """
    significant = digits.lstrip(b"0")
    if len(significant) > _MAX_DIGITS:
        raise long_content_length(len(significant))
    return int(significant or b"0")
