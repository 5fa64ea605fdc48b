"""Look whether something is to be received, without waiting for it.

ASGI has no such call. `receive()` is started, and where it would wait it is cancelled in the way of the event loop that
runs: every server is prepared for that, and it loses no event. To leave it waiting instead would take the next event
away from whoever receives next.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from types import coroutine
from typing import TYPE_CHECKING, Any, Final

from ._loops import running_trio
from .types import Event, Receive

if TYPE_CHECKING:
    from ._core import BodyReader

__all__ = ("poll",)

_BARE_YIELDS: Final = 3
"""How often `receive()` may give the loop a turn, as `asyncio.sleep(0)` does, before that counts as waiting."""


async def poll(reader: BodyReader, receive: Receive) -> Event | None:
    """Return the event that `receive` has at once, None if it would wait.

    Args:
        reader: Where a future is kept that `receive` gave and that is not done.
        receive: The server's callable.
    """
    trio = running_trio()
    event: Event | None = None
    if trio is not None:
        with trio.CancelScope() as scope:
            event = await _watched(receive(), lambda trap: scope.cancel() if hasattr(trap, "abort_func") else None)
        return event
    awaitable = reader.receiving(receive)
    if reader.pending is None:
        event = await _look(awaitable)
    else:
        await _turn()
        # a future that is not done is left alone, and asked again the next time
        if reader.pending.done():
            event = await awaitable
            reader.pending = None
    return event


@coroutine
def _turn() -> Generator[Any, Any, None]:
    yield None


def _steps(awaitable: Any) -> Any:
    return awaitable.__await__() if hasattr(awaitable, "__await__") else awaitable


def _send(steps: Any, value: Any) -> Any:
    return next(steps) if value is None else steps.send(value)


@coroutine
def _watched(awaitable: Any, watch: Callable[[Any], object]) -> Generator[Any, Any, Any]:
    """Await something, and show what it yields before the loop gets it."""
    steps = _steps(awaitable)
    value = None
    error: BaseException | None = None
    while True:
        try:
            yielded = _send(steps, value) if error is None else steps.throw(error)
        except StopIteration as stop:
            return stop.value
        finally:
            # an exception keeps the frame that keeps it
            error = None
        watch(yielded)
        value = None
        try:
            value = yield yielded
        except GeneratorExit:
            steps.close()
            raise
        except BaseException as thrown:
            error = thrown


@coroutine
def _look(awaitable: Any) -> Generator[Any, Any, Any]:
    """Await something under asyncio until it would wait; then cancel it as a task does, and return None."""
    from asyncio import CancelledError

    steps = _steps(awaitable)
    try:
        yielded = _send(steps, None)
        for _ in range(_BARE_YIELDS):
            if yielded is not None:
                break
            yield None
            yielded = _send(steps, None)
    except StopIteration as stop:
        return stop.value
    if hasattr(yielded, "_asyncio_future_blocking"):
        yielded._asyncio_future_blocking = False
        yielded.cancel()
    if not hasattr(steps, "throw"):
        return None
    # what follows is its cleaning up, or the event that came in this moment
    from_loop = False
    error: BaseException | None = CancelledError()
    while True:
        try:
            yielded = _send(steps, None) if error is None else steps.throw(error)
        except StopIteration as stop:
            return stop.value
        except CancelledError:
            if from_loop:
                raise
            return None
        finally:
            # an exception keeps the frame that keeps it
            error = None
        try:
            yield yielded
        except BaseException as thrown:
            error = thrown
            from_loop = True
