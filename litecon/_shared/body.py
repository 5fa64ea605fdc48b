"""What is received of a body before it is read: its announced length, the receive under way, its way to an app inside.

ASGI has no call that looks whether something is to be received. `is_disconnected()` begins to receive, in a task of its
own, and looks whether that is done. Nothing is thrown into what the server or a middleware gave: the next read waits for
the same task, and a read that is cancelled leaves it alone.
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
from .loops import TrioReceive, begin_task, checkpoint, running_trio

if TYPE_CHECKING:
    from .._core import BodyReader

__all__ = ("CompletedAwaitable", "Replay", "has_disconnected", "long_number", "mark_read", "skip_body")

_READ_AHEAD: Final = 64 * 1024
"""Bytes that are received ahead of reading."""

_EVENTS_AT_ONCE: Final = 64
"""Events that are taken before the loop gets a turn."""

_TURNS: Final = 3
"""Turns of the loop that a receive gets to take what has arrived."""

_FIRST_TURNS: Final = 12
"""Turns of the loop that a receive gets when it has begun: middleware takes some to give an event that is there."""

# turning digits into a number takes time that grows with their square, and CPython refuses more than some thousands
_MOST_DIGITS: Final = 100

_asker: ContextVar[tuple[ref[BodyReader], bool] | None] = ContextVar("litecon.asker", default=None)
"""For which reader events are received here, and whether in the task that is the reader's."""


@final
class CompletedAwaitable:
    """An event that was received already, as an awaitable.

    Args:
        event: What to return.
    """

    __slots__ = ("_event",)

    def __init__(self, event: Any) -> None:
        self._event = event

    def __await__(self) -> Generator[Any, Any, Any]:
        yield from ()
        return self._event


async def has_disconnected(reader: BodyReader, receive: Receive) -> bool:
    """Return whether the client disconnected; what has arrived meanwhile is kept by the reader.

    Where the answer is False, the loop has had a turn.

    Args:
        reader: Of the connection's scope.
        receive: The server's callable.
    """
    has_yielded = False
    for _ in range(_EVENTS_AT_ONCE):
        if reader.disconnected:
            return True
        # another task is receiving, or enough lies here that nobody has read
        if reader.busy or (reader.ahead_size > _READ_AHEAD and not reader.ended):
            break
        turns = _TURNS
        with reader:
            pending = reader.resume()
            if pending is None:
                pending = _begin_receive(reader, receive)
                turns = _FIRST_TURNS
        while turns and not pending.done():
            turns -= 1
            has_yielded = True
            await checkpoint()
        # a read that has come in between has taken it
        if reader.busy or reader.pending is not pending or not pending.done():
            break
        with reader:
            reader.pending = None
            reader.buffer(await pending)
    if not has_yielded and not reader.disconnected:
        await checkpoint()
    return reader.disconnected


async def skip_body(reader: BodyReader, receive: Receive, max_size: int | None) -> None:
    """Drop what was received of a body and not read, and what is still coming.

    Args:
        reader: Of the connection's scope.
        receive: The server's callable.
        max_size: How many bytes of what is still coming are dropped; None for any number.
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
            reader.skip(await reader.receiving(receive))
            events += 1
            if not events % _EVENTS_AT_ONCE:
                await checkpoint()


@final
class Replay:
    """A `receive` that gives what was received of a body once more, and then what the server gives.

    Args:
        reader: Of the connection's scope.
        receive: The server's callable.
    """

    __slots__ = ("_has_ended", "_reader", "_receive")

    def __init__(self, reader: BodyReader, receive: Receive) -> None:
        reader.replayed = True
        self._reader = reader
        self._receive = receive
        self._has_ended = False

    async def __call__(self) -> Event:
        reader = self._reader
        asker = _asker.get()
        if asker is not None and asker[0]() is reader:
            # the reader itself asks, which has what it has received, through a connection over the same scope
            return await (self._receive() if asker[1] else reader.receiving(self._receive))
        if reader.body is None:
            with reader:
                event = self._received()
                if event is None:
                    event = await reader.receiving(self._receive)
                    reader.skip(event)
                    self._has_ended = reader.ended
            return event
        if not self._has_ended:
            self._has_ended = True
            return _request_event(reader.body, more=False)
        if reader.disconnected:
            return {"type": "http.disconnect"}
        with reader:
            event = await reader.receiving(self._receive)
            reader.skip(event)
        return event

    def _received(self) -> Event | None:
        """Return an event of what lies in the reader; None if the server is to be asked."""
        reader = self._reader
        if not self._has_ended:
            if reader.ended and not reader.streamed:
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


def mark_read(reader: BodyReader, awaitable: Awaitable[Event]) -> Awaitable[Event]:
    """Return an awaitable that awaits another, and has a `Replay` that is asked in it ask the server.

    Args:
        reader: Which a `Replay` was made of, and which asks now.
        awaitable: What its `receive` gave.
    """
    return _as_asker(ref(reader), awaitable)


async def _as_asker(reader: ref[BodyReader], awaitable: Awaitable[Event]) -> Event:
    token = _asker.set((reader, False))
    try:
        return await awaitable
    finally:
        # where it is closed by the collector, it is in another context
        with suppress(ValueError):
            _asker.reset(token)


def _begin_receive(reader: BodyReader, receive: Receive) -> Any:
    """Have the next event received, and return what is pending then: `done()` tells whether it is there."""
    awaitable: Any = receive()
    if type(awaitable) is not CoroutineType:
        # a server that gives futures has begun to receive
        reader.shield(awaitable)
    if reader.pending is None:
        context = copy_context()
        context.run(_asker.set, (ref(reader), True))
        trio = running_trio()
        if trio is None:
            reader.shield(begin_task(awaitable, context))
        else:
            reader.pending = TrioReceive(trio, awaitable, context)
    return reader.pending


def long_number(digits: bytes) -> int:
    """Return the number that ASCII digits are.

    Args:
        digits: Any number of them.

    Raises:
        RequestEntityTooLarge: It has more than 100, without leading zeros.
    """
    significant = digits.lstrip(b"0")
    if len(significant) > _MOST_DIGITS:
        raise long_content_length(len(significant))
    return int(significant or b"0")
