"""Scopes, test doubles, runners and time measurements that many tests use."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import time
import types
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

from .sides import PACKAGE

ROOT = Path(__file__).resolve().parent.parent

Main = Callable[[], Coroutine[Any, Any, Any]]
Run = Callable[[Main], Any]


def http_scope(**changes: Any) -> dict[str, Any]:
    """Return the scope of a plain GET request; a value of `...` removes the key."""
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"example.org")],
        "client": ("192.0.2.1", 50000),
        "server": ("198.51.100.1", 8000),
        **changes,
    }
    return {key: value for key, value in scope.items() if value is not ...}


def with_header(name: str, *values: bytes, **changes: Any) -> dict[str, Any]:
    """Return a scope with a header, once for each value."""
    return http_scope(headers=[(name.encode("latin-1"), value) for value in values], **changes)


DISCONNECT: dict[str, Any] = {"type": "http.disconnect"}


def body_events(*chunks: bytes) -> list[dict[str, Any]]:
    """Return the events of a body that arrives in these chunks."""
    last = len(chunks) - 1
    return [{"type": "http.request", "body": chunk, "more_body": index < last} for index, chunk in enumerate(chunks)]


async def forever() -> None:
    if running_trio() is None:
        await asyncio.Event().wait()
    else:
        await running_trio().sleep_forever()


async def sleep(seconds: float = 0) -> None:
    """Sleep under whatever event loop runs."""
    if running_trio() is None:
        await asyncio.sleep(seconds)
    else:
        await running_trio().sleep(seconds)


def running_trio() -> Any:
    """Return trio if it runs the caller; None if another event loop does."""
    trio: Any = sys.modules.get("trio")
    if trio is None:
        return None
    try:
        trio.lowlevel.current_task()
    except RuntimeError:
        return None
    return trio


class Receiver:
    """A `receive` that returns events, raises those that are exceptions, and then waits forever."""

    def __init__(self, events: Iterable[Any] = (), *, suspend: bool = False) -> None:
        self.events = deque(events)
        self.calls = 0
        self.suspend = suspend

    async def __call__(self) -> Any:
        self.calls += 1
        if self.suspend:
            await sleep(0)
        if not self.events:
            await forever()
        event = self.events.popleft()
        if isinstance(event, BaseException):
            raise event
        return event


class Sender:
    """A `send` that records the events."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    async def __call__(self, event: Any) -> None:
        self.events.append(event)


def _run_asyncio(main: Main) -> Any:
    return asyncio.run(main())


def _run_asyncio_debug(main: Main) -> Any:
    return asyncio.run(main(), debug=True)


def _run_uvloop(main: Main) -> Any:
    uvloop = pytest.importorskip("uvloop")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


def _run_trio(main: Main) -> Any:
    return pytest.importorskip("trio").run(main)


RUNNERS: dict[str, Run] = {
    "asyncio": _run_asyncio,
    "asyncio-debug": _run_asyncio_debug,
    "uvloop": _run_uvloop,
    "trio": _run_trio,
}


def await_(awaitable: Any) -> Any:
    """Return the result of an awaitable, under asyncio."""

    async def main() -> Any:
        return await awaitable

    return asyncio.run(main())


@types.coroutine
def suspend(value: object = None) -> Generator[object, Any, Any]:
    """Suspend once, and return the value that the driver sends; `drive` sends back the yielded value."""
    return (yield value)


def drive(awaitable: Any) -> Any:
    """Run an awaitable by hand, without an event loop; it is resumed immediately whenever it suspends."""
    steps = awaitable.__await__()
    value = None
    try:
        while True:
            value = steps.send(value)
    except StopIteration as stop:
        return stop.value
    finally:
        steps.close()


def outcome(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> tuple[Any, ...]:
    """Return the result or the exception of a call, so that both sides can be compared."""
    try:
        return "returned", function(*arguments, **keywords)
    except Exception as error:
        return "raised", type(error).__name__, str(error), getattr(error, "status_code", None)


def run_python(
    code: str, *options: str, env: dict[str, str] | None = None, timeout: float = 100
) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter, which imports the same package and the same side."""
    # an installed package precedes the checkout, which may have no extensions but has the tests
    path = os.pathsep.join(filter(None, (str(PACKAGE.parent), str(ROOT), os.environ.get("PYTHONPATH"))))
    return subprocess.run(
        [sys.executable, *options, "-c", code],
        env={**os.environ, "PYTHONSAFEPATH": "1", "PYTHONPATH": path, **(env or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def check_python(code: str, *options: str, env: dict[str, str] | None = None, timeout: float = 100) -> str:
    """Run code in a fresh interpreter, which must succeed and write nothing to stderr; return its output."""
    done = run_python(code, *options, env=env, timeout=timeout)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def seconds(work: Callable[[], object], repeat: int = 3) -> float:
    """Return the shortest processor time of some runs of the work, which excludes the time of other processes.

    Garbage collection is off, since it would traverse the objects that other tests left.
    """
    best = float("inf")
    gc.disable()
    try:
        for _ in range(repeat):
            start = time.thread_time()
            work()
            best = min(best, time.thread_time() - start)
    finally:
        gc.enable()
    return best


def check_linear(make: Callable[[int], Callable[[], object]], size: int) -> None:
    """Fail if work on eight times the input takes much more than eight times as long; quadratic work takes 64 times.

    Args:
        make: A function that takes a size and returns the work.
        size: The smaller size, large enough that constant costs do not hide the growth.
    """
    ratios = []
    # one good ratio is enough, since a disturbance of the larger run only increases the ratio
    for repeat in (1, 1, 3, 3):
        small = seconds(make(size))
        ratios.append(seconds(make(8 * size), repeat) / max(small, 2e-5))
        if ratios[-1] <= 16:
            return
    pytest.fail(f"8 times the input took {', '.join(f'{ratio:.1f}' for ratio in ratios)} times as long")
