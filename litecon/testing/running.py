"""Running an application in a task beside a test, under asyncio and trio."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

from .._shared.loops import running_trio
from ..types import ASGIApp, Event, Scope

__all__ = ("Pipe", "new_signal", "running")

GRACE: Final = 5
"""The number of seconds in which an application must end after its client disconnected."""


def new_signal() -> Any:
    """Return an `Event` of the running event loop, with `set()` and `await wait()`."""
    trio = running_trio()
    if trio is not None:
        return trio.Event()
    import asyncio

    return asyncio.Event()


class Pipe:
    """A queue of events from one task to another."""

    __slots__ = ("_arrived", "_events")

    def __init__(self) -> None:
        self._events: deque[Event | None] = deque()
        self._arrived: Any = None

    def put(self, event: Event | None) -> None:
        """Add an event.

        Args:
            event: The event; None for the end, which `get()` then returns each time.
        """
        self._events.append(event)
        if self._arrived is not None:
            self._arrived.set()

    async def get(self) -> Event | None:
        """Wait for the next event, and return it; None at the end."""
        while not self._events:
            # one signal for all tasks that wait
            if self._arrived is None or self._arrived.is_set():
                self._arrived = new_signal()
            await self._arrived.wait()
        return self._events[0] if self._events[0] is None else self._events.popleft()


class Running:
    """An application that runs in a separate task.

    Args:
        app: The application, which is called once.
        scope: The scope of the connection.
    """

    __slots__ = ("_app", "_scope", "ended", "error", "received", "sent")

    def __init__(self, app: ASGIApp, scope: Scope) -> None:
        self._app = app
        self._scope = scope
        self.received: Pipe = Pipe()
        """The events that the application receives."""
        self.sent: Pipe = Pipe()
        """The events that the application sent, and None at its end."""
        self.ended: Any = new_signal()
        self.error: Exception | None = None

    async def receive(self) -> Event:
        """Wait for the next event for the application, and return it."""
        event = await self.received.get()
        if event is None:
            raise RuntimeError("nothing more can be received: the client disconnected")
        return event

    async def send(self, event: Event) -> None:
        """Take an event from the application.

        Args:
            event: The event, of any type.
        """
        self.sent.put(event)

    async def run(self) -> None:
        """Call the application, and store the exception that it raises."""
        try:
            await self._app(self._scope, self.receive, self.send)
        except Exception as error:
            self.error = error
        finally:
            self.sent.put(None)
            self.ended.set()


@asynccontextmanager
async def running(app: ASGIApp, scope: Scope, last_event: Event) -> AsyncGenerator[Running, None]:
    """Run an application beside a block of code, and wait for its end after the block.

    Args:
        app: The application, which is called once.
        scope: The scope of the connection.
        last_event: The event that the application receives after the block.

    Raises:
        TimeoutError: The application did not end in time, and was cancelled.
        Exception: The application raised it.
    """
    started = Running(app, scope)
    end = _under_asyncio if running_trio() is None else _under_trio
    async with end(started):
        yield started
        started.received.put(last_event)
    if started.error is not None:
        raise started.error


@asynccontextmanager
async def _under_asyncio(started: Running) -> AsyncGenerator[None, None]:
    import asyncio

    task = asyncio.create_task(started.run())
    try:
        yield
        await asyncio.wait((task,), timeout=GRACE)
        if not task.done():
            raise _still_running()
    finally:
        task.cancel()
        # wait for its end, whether it was cancelled or not
        await asyncio.wait((task,))


@asynccontextmanager
async def _under_trio(started: Running) -> AsyncGenerator[None, None]:
    import trio

    error: BaseException | None = None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(started.run)
        # NOTE: an exception that leaves a nursery is wrapped in a group
        try:
            yield
            with trio.move_on_after(GRACE):
                await started.ended.wait()
            if not started.ended.is_set():
                raise _still_running()
        except BaseException as raised:
            if isinstance(raised, (trio.Cancelled, GeneratorExit)):
                raise
            error = raised
        finally:
            nursery.cancel_scope.cancel()
    if error is not None:
        raise error


def _still_running() -> TimeoutError:
    return TimeoutError(f"the application still ran {GRACE} seconds after the client disconnected")
