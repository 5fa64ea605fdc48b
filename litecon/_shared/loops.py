"""What differs between event loops: under asyncio (and uvloop) and under trio."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from contextvars import Context, copy_context
from types import CoroutineType, coroutine
from typing import Any, Final, TypeVar, final

from ..types import Event

__all__ = (
    "TrioReceive",
    "begin_task",
    "cancel_abandoned",
    "checkpoint",
    "in_thread",
    "in_thread_for_sure",
    "running_trio",
)

ResultT = TypeVar("ResultT")

_NAME: Final = "litecon: receive"


def running_trio() -> Any:
    """Return trio if it runs this task, else None."""
    trio: Any = sys.modules.get("trio")
    if trio is None:
        return None
    try:
        trio.lowlevel.current_task()
    except RuntimeError:
        return None
    return trio


@coroutine
def _bare_yield() -> Generator[Any, Any, None]:
    yield None


async def checkpoint() -> None:
    """Let the other tasks of the loop run once."""
    trio = running_trio()
    await (_bare_yield() if trio is None else trio.lowlevel.checkpoint())


def begin_task(awaitable: Any, context: Context) -> Any:
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


async def in_thread_for_sure(function: Callable[..., object], *arguments: Any) -> None:
    """Call a function in a thread, also where the task is cancelled already, or here where that cannot be.

    Args:
        function: What blocks, and may be called twice.
        *arguments: What it is called with.
    """
    try:
        trio = running_trio()
        if trio is None:
            await in_thread(function, *arguments)
        else:
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(function, *arguments)
    except GeneratorExit:
        function(*arguments)
        raise
    except RuntimeError:
        # the loop shuts down and gives no threads any more
        function(*arguments)


async def in_thread(function: Callable[..., ResultT], *arguments: Any) -> ResultT:
    """Return what a function returns that is called in a thread.

    Where the task is cancelled meanwhile, the function goes on to its end first: what it uses must not be closed under it.
    Where the coroutine is closed, it goes on alone.

    Args:
        function: What blocks.
        *arguments: What it is called with.
    """
    trio = running_trio()
    if trio is not None:
        result: ResultT = await trio.to_thread.run_sync(function, *arguments)
        return result
    import asyncio

    copied = copy_context()
    # no asyncio.to_thread(), which begins only when the loop turns
    work = asyncio.get_running_loop().run_in_executor(None, lambda: copied.run(function, *arguments))
    try:
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            while not work.done():
                try:
                    await asyncio.wait((work,))
                except asyncio.CancelledError:
                    pass
            if not work.cancelled():
                # retrieved, so that the loop does not report it
                work.exception()
            raise
    except GeneratorExit:
        # nothing can be awaited any more; what has not begun shall not, and what fails is not reported by the loop
        work.cancel()
        raise
