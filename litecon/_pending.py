"""The receive that is under way: events that arrive before they are read, and their way to an application inside.

ASGI has no call that looks whether something is to be received. `is_disconnected()` begins to receive, in a task of its
own, and looks whether that is done. Nothing is thrown into what the server or a middleware gave: the next read waits for
the same task, and a read that is cancelled leaves it alone.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Generator
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from types import CoroutineType, coroutine
from typing import TYPE_CHECKING, Any, Final, final
from weakref import ref

from ._loops import running_trio
from .types import Event, Receive

if TYPE_CHECKING:
    from ._core import BodyReader

__all__ = ("CompletedAwaitable", "Replay", "cancel_abandoned", "has_disconnected", "mark_read", "skip_body")

_READ_AHEAD: Final = 64 * 1024
"""Bytes that are received ahead of reading."""

_EVENTS_AT_ONCE: Final = 64
"""Events that are taken before the loop gets a turn."""

_TURNS: Final = 3
"""Turns of the loop that a receive gets to take what has arrived."""

_FIRST_TURNS: Final = 12
"""Turns of the loop that a receive gets when it has begun: middleware takes some to give an event that is there."""

_NAME: Final = "litecon: receive"

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
            await _turn()
        # a read that has come in between has taken it
        if reader.busy or reader.pending is not pending or not pending.done():
            break
        with reader:
            reader.pending = None
            reader.buffer(await pending)
    if not has_yielded and not reader.disconnected:
        await _turn()
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
                await _turn()


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
            reader.shield(_begin_task(awaitable, context))
        else:
            reader.pending = TrioReceive(trio, awaitable, context)
    return reader.pending


def _begin_task(awaitable: Any, context: Context) -> Any:
    from asyncio import Task, get_running_loop

    if type(awaitable) is not CoroutineType:
        awaitable = _awaited(awaitable)
    loop = get_running_loop()
    task: Task[Event]
    if sys.version_info >= (3, 12):
        task = Task(awaitable, loop=loop, name=_NAME, context=context, eager_start=True)
    else:
        task = Task(awaitable, loop=loop, name=_NAME, context=context)
    # nobody has to ask for it
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    task.add_done_callback(_retrieve)
    return task


async def _awaited(awaitable: Awaitable[Event]) -> Event:
    return await awaitable


def _retrieve(task: Any) -> None:
    # an error that nobody has read is not reported
    if not task.cancelled():
        task.exception()


def cancel_abandoned(future: Any) -> None:
    """Cancel a future that nobody will ask for, from whatever thread.

    Args:
        future: Of asyncio, or of a server of its own.
    """
    if future.done():
        return
    from asyncio import _get_running_loop

    loop = future.get_loop()
    if _get_running_loop() is loop:
        # a server may wait for its receive() to end before it lets go of the connection
        future.cancel()
    elif not loop.is_closed():
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(future.cancel)


@final
class TrioReceive:
    """A receive under trio, in a system task; awaiting it is cancelled without it.

    Args:
        trio: The module.
        awaitable: What `receive()` gave.
        context: Of the task.
    """

    __slots__ = ("_is_taken", "_outcome", "_token")

    def __init__(self, trio: Any, awaitable: Any, context: Context) -> None:
        self._is_taken = False
        self._outcome = outcome = _Outcome(trio)
        self._token = trio.lowlevel.current_trio_token()
        trio.lowlevel.spawn_system_task(_receive_into, outcome, awaitable, name=_NAME, context=context)

    def __await__(self) -> Generator[Any, Any, Event]:
        outcome = self._outcome
        if not outcome.is_done:
            yield from outcome.done.wait().__await__()
        self._is_taken = True
        if outcome.error is not None:
            raise outcome.error
        return outcome.event

    def done(self) -> bool:
        """Return whether there is nothing to wait for."""
        return self._outcome.is_done

    def rearm(self) -> bool:
        """Return whether an event can still come of it."""
        return not self._is_taken and not self._outcome.is_cancelled

    def __del__(self) -> None:
        if not self._outcome.is_done:
            # the run may be over
            with suppress(RuntimeError):
                self._token.run_sync_soon(self._outcome.scope.cancel)


class _Outcome:
    """What comes of a receive: the task does not keep the one who waits for it."""

    __slots__ = ("done", "error", "event", "is_cancelled", "is_done", "scope")

    def __init__(self, trio: Any) -> None:
        self.done = trio.Event()
        self.scope = trio.CancelScope()
        self.is_done = self.is_cancelled = False
        self.event: Event = {}
        self.error: BaseException | None = None


async def _receive_into(outcome: _Outcome, awaitable: Any) -> None:
    from trio import Cancelled

    with outcome.scope:
        try:
            outcome.event = await awaitable
        except BaseException as error:
            # what leaves a system task ends the run; and nobody reads after a cancellation
            outcome.error = error
            outcome.is_cancelled = isinstance(error, Cancelled)
        outcome.is_done = True
        outcome.done.set()


@coroutine
def _bare_yield() -> Generator[Any, Any, None]:
    yield None


async def _turn() -> None:
    """Let the other tasks of the loop run once."""
    trio = running_trio()
    await (_bare_yield() if trio is None else trio.lowlevel.checkpoint())
