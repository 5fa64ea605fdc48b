"""The operations that differ between the event loops: asyncio (and uvloop) and trio."""

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
    "cancel_threadsafe",
    "checkpoint",
    "run_in_thread",
    "run_in_thread_shielded",
    "running_trio",
    "start_receive_task",
)

ResultT = TypeVar("ResultT")

_NAME: Final = "litecon: receive"


def running_trio() -> Any:
    """Return the module `trio` if trio runs the current task, else None."""
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
    """Let the other tasks of the event loop run once."""
    trio = running_trio()
    await (_bare_yield() if trio is None else trio.lowlevel.checkpoint())


def start_receive_task(awaitable: Any, context: Context) -> Any:
    """Return an asyncio task that awaits what `receive()` returned.

    Args:
        awaitable: The coroutine or other awaitable.
        context: The context in which the task runs.
    """
    from asyncio import Task, get_running_loop

    if type(awaitable) is not CoroutineType:
        awaitable = _await_event(awaitable)
    loop = get_running_loop()
    task: Task[Event]
    if sys.version_info >= (3, 12):
        task = Task(awaitable, loop=loop, name=_NAME, context=context, eager_start=True)
    else:
        task = Task(awaitable, loop=loop, name=_NAME, context=context)
    # an abandoned task must not be reported when it is destroyed
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    task.add_done_callback(_retrieve_error)
    return task


async def _await_event(awaitable: Awaitable[Event]) -> Event:
    return await awaitable


def _retrieve_error(task: Any) -> None:
    # retrieved here, so that the error of an abandoned task is not reported
    if not task.cancelled():
        task.exception()


def cancel_threadsafe(future: Any) -> None:
    """Cancel a future that no task will await, from any thread.

    Args:
        future: A future of asyncio, or one of the server's own type.
    """
    if future.done():
        return
    from asyncio import _get_running_loop

    loop = future.get_loop()
    if _get_running_loop() is loop:
        # a server may wait for its receive() to end before it releases the connection
        future.cancel()
    elif not loop.is_closed():
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(future.cancel)


@final
class TrioReceive:
    """A receive that runs in a system task of trio; cancelling the task that awaits it leaves the receive alone.

    Args:
        trio: The module `trio`.
        awaitable: The awaitable that `receive()` returned.
        context: The context in which the system task runs.
    """

    __slots__ = ("_is_awaited", "_outcome", "_token")

    def __init__(self, trio: Any, awaitable: Any, context: Context) -> None:
        self._is_awaited = False
        self._outcome = outcome = _Outcome(trio)
        self._token = trio.lowlevel.current_trio_token()
        trio.lowlevel.spawn_system_task(_receive_into, outcome, awaitable, name=_NAME, context=context)

    def __await__(self) -> Generator[Any, Any, Event]:
        outcome = self._outcome
        if not outcome.is_done:
            yield from outcome.done.wait().__await__()
        self._is_awaited = True
        if outcome.error is not None:
            raise outcome.error
        return outcome.event

    def done(self) -> bool:
        """Return whether the receive has ended."""
        return self._outcome.is_done

    def rearm(self) -> bool:
        """Return whether awaiting this can still return an event."""
        return not self._is_awaited and not self._outcome.is_cancelled

    def __del__(self) -> None:
        if not self._outcome.is_done:
            # the run of trio may be over
            with suppress(RuntimeError):
                self._token.run_sync_soon(self._outcome.scope.cancel)


class _Outcome:
    """The result of a `TrioReceive`, separate from it, so that the system task does not keep it alive."""

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
            # an exception that leaves a system task ends the run; a cancelled receive is not awaited again
            outcome.error = error
            outcome.is_cancelled = isinstance(error, Cancelled)
        outcome.is_done = True
        outcome.done.set()


async def run_in_thread_shielded(function: Callable[..., object], *arguments: Any) -> None:
    """Call a function in a thread, even if the task is already cancelled; if no thread can start, call it directly.

    Args:
        function: The function, which blocks and may be called twice.
        *arguments: The arguments of the call.
    """
    try:
        trio = running_trio()
        if trio is None:
            await run_in_thread(function, *arguments)
        else:
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(function, *arguments)
    except GeneratorExit:
        function(*arguments)
        raise
    except RuntimeError:
        # the loop is shutting down and does not start threads any more
        function(*arguments)


async def run_in_thread(function: Callable[..., ResultT], *arguments: Any) -> ResultT:
    """Call a function in a thread, and return its result.

    If the task is cancelled meanwhile, the function runs to its end first, since the objects that it uses must not be
    closed while it runs. If the coroutine is closed, the function continues in its thread.

    Args:
        function: The function, which blocks.
        *arguments: The arguments of the call.
    """
    trio = running_trio()
    if trio is not None:
        result: ResultT = await trio.to_thread.run_sync(function, *arguments)
        return result
    import asyncio

    copied = copy_context()
    # not asyncio.to_thread(), which starts only in the next turn of the loop
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
        # a coroutine that is being closed cannot await: a call that has not started is cancelled, an error is not
        # reported
        work.cancel()
        raise
