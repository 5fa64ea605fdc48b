"""Ways to run an operation to its end, each with a time limit: a task that cannot be cancelled is abandoned."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

import pytest

from ..helpers import drive

Make = Callable[[], Any]
"""Makes the operation, where the event loop runs already."""

SECONDS: Final = 5
"""How long one operation may take."""


@dataclass
class Outcome:
    """What became of an operation: it returned, raised, or never ended."""

    kind: str
    value: Any = None
    error: BaseException | None = None

    def __str__(self) -> str:
        if self.error is None:
            return f"{self.kind} {self.value!r}" if self.kind == "returned" else self.kind
        cause = self.error.__cause__
        return f"raised {self.error!r}" + ("" if cause is None else f" from {cause!r}")


HUNG: Final = Outcome("never ended")


async def _settled(task: asyncio.Task[Any]) -> Outcome:
    await asyncio.wait([task], timeout=SECONDS)
    if not task.done():
        # nothing is to be said of it at the end of the loop
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        return HUNG
    if task.cancelled():
        return Outcome("was cancelled")
    error = task.exception()
    return Outcome("returned", task.result()) if error is None else Outcome("raised", error=error)


async def _awaited(make: Make) -> Outcome:
    # in a task all the same, so that one that never ends does not take the test along
    async def wait() -> Any:
        return await make()

    return await _settled(asyncio.create_task(wait()))


async def _as_task(make: Make) -> Outcome:
    return await _settled(asyncio.create_task(make()))


async def _as_eager_task(make: Make) -> Outcome:
    return await _settled(asyncio.Task(make(), loop=asyncio.get_running_loop(), eager_start=True))  # type: ignore[call-arg]


def _ended(loop: asyncio.AbstractEventLoop, main: Coroutine[Any, Any, Outcome]) -> Outcome:
    """Run a loop to the end of `main`, or for a while; `asyncio.run()` would wait for the tasks that it cancels."""
    loop.set_exception_handler(lambda loop, context: None)
    task = loop.create_task(main)
    task.add_done_callback(lambda task: loop.stop())
    handle = loop.call_later(2 * SECONDS, loop.stop)
    try:
        loop.run_forever()
    finally:
        handle.cancel()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
    return task.result() if task.done() else HUNG


def _on_asyncio(
    start: Callable[[Make], Coroutine[Any, Any, Outcome]], debug: bool = False
) -> Callable[[Make], Outcome]:
    def run(make: Make) -> Outcome:
        loop = asyncio.new_event_loop()
        loop.set_debug(debug)
        return _ended(loop, start(make))

    return run


def _on_uvloop(make: Make) -> Outcome:
    uvloop = pytest.importorskip("uvloop")
    return _ended(uvloop.new_event_loop(), _as_task(make))


def _on_trio(make: Make) -> Outcome:
    trio = pytest.importorskip("trio")

    async def main() -> Outcome:
        with trio.move_on_after(SECONDS):
            try:
                return Outcome("returned", await make())
            except BaseException as error:
                if isinstance(error, trio.Cancelled):
                    raise
                return Outcome("raised", error=error)
        return HUNG

    result: Outcome = trio.run(main)
    return result


def _as_trio_task(make: Make) -> Outcome:
    # the operation itself is trio's main task
    trio = pytest.importorskip("trio")
    try:
        return Outcome("returned", trio.run(make))
    except BaseException as error:
        return Outcome("raised", error=error)


def _by_hand(make: Make) -> Outcome:
    try:
        return Outcome("returned", drive(make()))
    except BaseException as error:
        return Outcome("raised", error=error)


def _iterated(make: Make) -> Outcome:
    """Run it inside an awaitable of the older kind, a generator that delegates."""

    class Bare:
        def __await__(self) -> Any:
            return (yield from make().__await__())

    async def main() -> Any:
        return await Bare()

    try:
        main().send(None)
    except StopIteration as stop:
        return Outcome("returned", stop.value)
    except BaseException as error:
        return Outcome("raised", error=error)
    raise AssertionError("it has waited")


WAYS: Final[dict[str, Callable[[Make], Outcome]]] = {
    "await": _on_asyncio(_awaited),
    "task": _on_asyncio(_as_task),
    **({"eager-task": _on_asyncio(_as_eager_task)} if sys.version_info >= (3, 12) else {}),
    "debug": _on_asyncio(_as_task, debug=True),
    "uvloop": _on_uvloop,
    "trio": _on_trio,
    "trio-task": _as_trio_task,
}
BY_HAND: Final = {"by-hand": _by_hand, "iterated": _iterated}

over_ways: Final = pytest.mark.parametrize("way", WAYS)
ends_the_process: Final = pytest.mark.timeout(100, method="thread")
# of what goes over everything in a process of its own, which has limits that tell more
takes_long: Final = pytest.mark.timeout(1000, method="thread")
"""Of modules in which a defect of the compiled side may hang where no signal is looked at."""
