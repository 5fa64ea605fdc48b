"""The doubles of the server, and the loops that are measured.

Whatever is prepared for a run is prepared before it: a batch takes a scope from a list and calls the operation, or has
its socket open and its messages waiting.
"""

from __future__ import annotations

import json
import types
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from itertools import cycle
from typing import TYPE_CHECKING, Any

from .contestants import Contestant
from .data import CONNECT, DISCONNECT, Event, Scope
from .tasks import Task

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Runner

__all__ = (
    "Batch",
    "await_all",
    "check",
    "drive",
    "make_batch",
    "make_bodies",
    "make_empty_batch",
    "make_messages",
    "make_receive",
    "make_scopes",
    "make_send",
    "open_socket",
    "run_in_asyncio",
    "running_loop",
    "sent_data",
)

Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Batch = Callable[[], Any]
"""So many operations, when it is called; it can be called once."""


@types.coroutine
def _suspend() -> Generator[None, None, None]:
    yield


def make_receive(events: Iterator[Event], suspends: bool) -> Receive:
    """Return a `receive` that gives the events.

    Args:
        events: One after the other.
        suspends: Whether it suspends once for each event, as a server's does that waits for the network.
    """
    following = events.__next__

    async def receive_at_once() -> Event:
        return following()

    async def receive_suspended() -> Event:
        await _suspend()
        return following()

    return receive_suspended if suspends else receive_at_once


def make_send(suspends: bool, sent: list[Event] | None = None) -> Send:
    """Return a `send` that forgets each event.

    Args:
        suspends: Whether it suspends once for each event, as a server's does whose buffer is full.
        sent: Where the events are kept, if that is wanted.
    """

    async def send_at_once(event: Event) -> None:
        pass

    async def send_suspended(event: Event) -> None:
        await _suspend()

    async def send_and_keep(event: Event) -> None:
        if suspends:
            await _suspend()
        kept.append(event)

    if sent is not None:
        kept = sent
        return send_and_keep
    return send_suspended if suspends else send_at_once


def do_nothing(scope: Scope, receive: Any, send: Any) -> None:
    """Stand in for an operation, to find out what the loop itself costs."""


def make_batch(
    task: Task, contestant: Contestant, count: int, *, pool: int = 0, cold: bool = False, event_loop: bool = False
) -> Batch:
    """Return a batch of operations.

    Args:
        task: What to do.
        contestant: Who does it.
        count: How often.
        pool: For how many operations, at least, something is prepared: so that two batches differ in nothing else.
        cold: Whether no two inputs are alike.
        event_loop: Whether asyncio drives the coroutines, instead of a bare loop.
    """
    operation = contestant.operations[task.operation]
    drive_all = run_in_asyncio if event_loop else drive
    pool = max(count, pool)
    if task.per_message:
        socket = open_socket(task, contestant, make_messages(task, count, pool, cold))
        coroutine = operation(socket, count)
        batch = partial(drive_all, coroutine)
    else:
        scopes = make_scopes(task, contestant, pool, cold)
        receive = make_receive(make_bodies(task, pool, cold), task.suspends)
        send = make_send(task.suspends)
        if task.has_loop:
            batch = partial(_drive_holding, scopes, drive_all, operation(scopes[:count], receive, send))
        elif task.asynchronous:
            batch = partial(_drive_holding, scopes, drive_all, await_all(operation, scopes, count, receive, send))
        else:
            batch = partial(_run, operation, scopes, count, receive, send)
    if contestant.event_loop and not event_loop:
        return partial(_run_with_loop, contestant, batch)
    return batch


def make_empty_batch(task: Task, contestant: Contestant, count: int, *, pool: int = 0, cold: bool = False) -> Batch:
    """Return a batch of operations that do nothing. Its cost is that of the loop, which is no part of an operation.

    Args:
        task: Whose scopes it takes.
        contestant: Whose scopes it takes.
        count: How often.
        pool: How many scopes are prepared, at least.
        cold: Whether no two inputs are alike.
    """
    scopes = make_scopes(task, contestant, max(count, pool), cold)
    return partial(_run, do_nothing, scopes, count, None, None)


def make_scopes(task: Task, contestant: Contestant, count: int, cold: bool) -> list[Scope]:
    """Return as many new scopes for a task.

    Args:
        task: It says what is in them.
        contestant: It may need keys of its own, as its framework puts them there.
        count: How many.
        cold: Whether each has values that no other has.
    """
    if cold:
        return [_scope_of(task, contestant, index + 1) for index in range(count)]
    template = _scope_of(task, contestant, 0)
    return [{**template, "headers": template["headers"].copy(), "state": {}} for _ in range(count)]


def open_socket(task: Task, contestant: Contestant, messages: Sequence[Event], sent: list[Event] | None = None) -> Any:
    """Return a contestant's socket, accepted.

    Args:
        task: It says what is in the scope, and whether the server suspends.
        contestant: Its `ws_accept` makes the socket.
        messages: That the server gives; a disconnect follows.
        sent: Where what is sent is kept, if that is wanted.
    """
    receive = make_receive(iter([CONNECT, *messages, DISCONNECT]), task.suspends)
    accept = contestant.operations["ws_accept"]
    with running_loop(contestant):
        return drive(accept([_scope_of(task, contestant, 0)], receive, make_send(task.suspends, sent)))


@contextmanager
def running_loop(contestant: Contestant) -> Iterator[None]:
    """Have asyncio say that a loop runs, in the block, for a contestant that cannot do without.

    Args:
        contestant: Which.
    """
    if not contestant.event_loop:
        yield
        return
    # here, since under callgrind the import takes seconds
    from asyncio import _get_running_loop, _set_running_loop

    before = _get_running_loop()
    _set_running_loop(before or _idle_loop())
    try:
        yield
    finally:
        _set_running_loop(before)


@cache
def _idle_loop() -> AbstractEventLoop:
    import atexit
    from asyncio import new_event_loop

    loop = new_event_loop()
    atexit.register(loop.close)
    return loop


def drive(coroutine: Any) -> Any:
    """Return the result of a coroutine; where it suspends it is resumed at once."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as end:
        return end.value


def check(task: Task, contestant: Contestant) -> None:
    """Do the task a few times and compare what comes out with what is expected.

    Raises:
        ValueError: The result is wrong, events were left over, or something else was sent.
    """
    with running_loop(contestant):
        if task.per_message:
            _check_messages(task, contestant)
        else:
            _check_requests(task, contestant)


def _check_requests(task: Task, contestant: Contestant) -> None:
    operation = contestant.operations[task.operation]
    sent: list[Event] = []
    receive = make_receive(cycle(task.events), task.suspends)
    send = make_send(task.suspends, sent)
    for index in (0, 1, 2):
        scope = _scope_of(task, contestant, index)
        found = operation([scope] if task.has_loop else scope, receive, send)
        if task.asynchronous:
            found = drive(found)
        expected = task.expected(index)
        if isinstance(expected, dict) and isinstance(found, (Mapping, list)):
            # a form: pairs, or a mapping that is equal to none of another class
            found = dict(found)
        # a constructed object is its own proof; every other result is compared
        if found is None if task.operation in ("construct", "ws_accept") else found != expected:
            raise ValueError(f"{contestant.name} has a wrong result for {task.name}: {found!r:.200}")
    if task.events and drive(receive()) is not task.events[0]:
        raise ValueError(f"{contestant.name} left events unread in {task.name}")
    accepts = 3 if task.operation == "ws_accept" else 0
    if [event["type"] for event in sent] != ["websocket.accept"] * accepts:
        raise ValueError(f"{contestant.name} has sent {sent!r:.200} in {task.name}")


def _check_messages(task: Task, contestant: Contestant) -> None:
    operation = contestant.operations[task.operation]
    for count in (1, 2, 3):
        sent: list[Event] = []
        messages = [task.message(index) for index in range(count)] if task.message else []
        found = drive(operation(open_socket(task, contestant, messages, sent), count))
        if found != task.expected(count - 1):
            raise ValueError(f"{contestant.name} has a wrong result for {task.name}: {found!r:.200}")
        wanted = [task.sent(index) for index in range(count)] if task.sent else []
        if len(sent) != 1 + len(wanted) or list(map(sent_data, sent[1:], wanted)) != wanted:
            raise ValueError(f"{contestant.name} has sent {sent[1:]!r:.200} in {task.name}")


def sent_data(event: Event, wanted: Any) -> Any:
    """Return what an event carries: as it is, or decoded where something else than text and bytes is wanted.

    Args:
        event: That was sent.
        wanted: What it is compared with.
    """
    if event["type"] != "websocket.send":
        return event
    text = event.get("text")
    data = event["bytes"] if text is None else text
    return data if isinstance(wanted, (str, bytes)) else json.loads(data)


def make_messages(task: Task, count: int, pool: int, cold: bool) -> list[Event]:
    """Return the messages that a server gives.

    Args:
        task: It says what is in them.
        count: How many.
        pool: How many are prepared, at least.
        cold: Whether no two are alike.
    """
    if task.message is None:
        return []
    made = [task.message(index + 1) for index in range(pool)] if cold else [task.message(0)] * pool
    return made[:count]


def make_bodies(task: Task, count: int, cold: bool) -> Iterator[Event]:
    """Return the events of the bodies of so many requests, or of more.

    Args:
        task: It says what is in them.
        count: How many.
        cold: Whether no two are alike, where the task has such.
    """
    if not cold or task.cold_events is None:
        return cycle(task.events)
    return iter([event for index in range(count) for event in task.cold_events(index + 1)])


def _scope_of(task: Task, contestant: Contestant, index: int) -> Scope:
    added = contestant.scope if task.kind == "http" else contestant.websocket_scope
    return {**task.scope(index), **added}


def _run(operation: Callable[..., Any], scopes: list[Scope], count: int, receive: Any, send: Any) -> None:
    next_scope = scopes.pop
    for _ in range(count):
        operation(next_scope(), receive, send)


async def await_all(
    operation: Callable[..., Any], scopes: list[Scope], count: int, receive: Receive, send: Send
) -> None:
    """Await a coroutine function so many times, as a server awaits its application.

    Args:
        operation: The coroutine function.
        scopes: One is taken, from the end, for each time.
        count: How often.
        receive: The same each time.
        send: The same each time.
    """
    next_scope = scopes.pop
    for _ in range(count):
        await operation(next_scope(), receive, send)


def _drive_holding(scopes: list[Scope], drive_all: Callable[[Any], Any], coroutine: Any) -> None:
    """Drive a coroutine; the scopes are freed with the batch, and not while it is measured."""
    drive_all(coroutine)


def run_in_asyncio(coroutine: Any) -> Any:
    """Return the result of a coroutine that a loop of asyncio runs, the same loop each time."""
    return _runner().run(coroutine)


@cache
def _runner() -> Runner:
    import atexit
    from asyncio import Runner

    # one for all batches: to make a loop takes longer than a small batch
    runner = Runner()
    atexit.register(runner.close)
    return runner


def _run_with_loop(contestant: Contestant, batch: Batch) -> None:
    with running_loop(contestant):
        batch()
