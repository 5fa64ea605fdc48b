"""The doubles of the server, and the loops that are measured.

Whatever is prepared for a run is prepared before it: the loops take a scope from a list and call the operation.
"""

from __future__ import annotations

import types
from collections.abc import Awaitable, Callable, Generator, Sequence
from itertools import cycle
from typing import Any

from .contestants import Contestant
from .data import Event, Scope
from .tasks import Task

__all__ = ("Runner", "await_all", "check", "do_nothing", "make_receive", "make_scopes", "run", "runner_of", "send")

Receive = Callable[[], Awaitable[Event]]
Runner = Callable[[Callable[..., Any], list[Scope], int, Any], None]


@types.coroutine
def _suspend() -> Generator[None, None, None]:
    yield


def make_receive(events: Sequence[Event], suspends: bool) -> Receive:
    """Return a `receive` that gives the events, and then again from the first.

    Args:
        events: Of one body.
        suspends: Whether it suspends once for each event, as a server's does that waits for the network.
    """
    following = cycle(events).__next__

    async def receive_at_once() -> Event:
        return following()

    async def receive_suspended() -> Event:
        await _suspend()
        return following()

    return receive_suspended if suspends else receive_at_once


async def send(event: Event) -> None:
    """Take an event and forget it."""


def do_nothing(scope: Scope, receive: Any, send: Any) -> None:
    """Stand in for an operation, to find out what the loop itself costs."""


def make_scopes(task: Task, contestant: Contestant, count: int, cold: bool) -> list[Scope]:
    """Return as many new scopes for a task.

    Args:
        task: It says what is in them.
        contestant: It may need keys of its own, as its framework puts them there.
        count: How many.
        cold: Whether each has values that no other has.
    """
    if cold:
        return [{**task.scope(index + 1), **contestant.scope} for index in range(count)]
    template = {**task.scope(0), **contestant.scope}
    return [{**template, "headers": template["headers"].copy(), "state": {}} for _ in range(count)]


def run(operation: Callable[..., Any], scopes: list[Scope], count: int, receive: Any) -> None:
    """Call an operation so many times."""
    next_scope = scopes.pop
    for _ in range(count):
        operation(next_scope(), receive, send)


async def await_all(operation: Callable[..., Any], scopes: list[Scope], count: int, receive: Any) -> None:
    """Await a coroutine function so many times, as a server awaits its application."""
    next_scope = scopes.pop
    for _ in range(count):
        await operation(next_scope(), receive, send)


def run_coroutines(operation: Callable[..., Any], scopes: list[Scope], count: int, receive: Any) -> None:
    """Call a coroutine function so many times and drive the coroutines to their end, with no event loop."""
    drive(await_all(operation, scopes, count, receive))


def drive(coroutine: Any) -> Any:
    """Return the result of a coroutine; where it suspends it is resumed at once."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as end:
        return end.value


def runner_of(task: Task) -> Runner:
    """Return the loop for a task."""
    return run_coroutines if task.asynchronous else run


def check(task: Task, contestant: Contestant) -> None:
    """Do the task a few times and compare what comes out with what is expected.

    Raises:
        ValueError: The result is wrong, or events were left over.
    """
    operation = contestant.operations[task.operation]
    receive = make_receive(task.events, task.suspends)
    for index in (0, 1, 2):
        found = operation({**task.scope(index), **contestant.scope}, receive, send)
        if task.asynchronous:
            found = drive(found)
        expected = task.expected(index)
        # a constructed object is its own proof; every other result is compared
        if found != expected if task.operation != "construct" else found is None:
            raise ValueError(f"{contestant.name} has a wrong result for {task.name}: {found!r:.200}")
    if task.events and drive(receive()) is not task.events[0]:
        raise ValueError(f"{contestant.name} left events unread in {task.name}")
