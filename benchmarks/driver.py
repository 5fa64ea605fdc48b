"""The test doubles of the server, and the loops that are measured.

Everything that a batch needs is prepared before it is measured: it takes each scope from a list and calls the
operation, or its socket is open and its messages are waiting.
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
"""A callable that performs a number of operations; it can be called only once."""


@types.coroutine
def _suspend() -> Generator[None, None, None]:
    yield


def make_receive(events: Iterator[Event], suspends: bool) -> Receive:
    """Return a `receive` that returns the events.

    Args:
        events: The events, in order.
        suspends: Whether it suspends once for each event, as a server's `receive` does that waits for the network.
    """
    following = events.__next__

    async def receive_at_once() -> Event:
        return following()

    async def receive_suspended() -> Event:
        await _suspend()
        return following()

    return receive_suspended if suspends else receive_at_once


def make_send(suspends: bool, sent: list[Event] | None = None) -> Send:
    """Return a `send` that drops each event, or appends it to a list.

    Args:
        suspends: Whether it suspends once for each event, as a server's `send` does whose buffer is full.
        sent: The list of the events; None to drop them.
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
    """Do nothing in place of an operation, which measures the cost of the loop itself."""


def make_batch(
    task: Task, contestant: Contestant, count: int, *, pool: int = 0, cold: bool = False, event_loop: bool = False
) -> Batch:
    """Return a batch of operations.

    Args:
        task: The task.
        contestant: The contestant that does it.
        count: The number of operations.
        pool: The number of operations, at least, for which inputs are prepared, so that batches differ in nothing but
            the count.
        cold: Whether no two inputs are alike.
        event_loop: Whether asyncio drives the coroutines, instead of a bare loop.
    """
    operation = contestant.operations[task.operation]
    drive_all = run_in_asyncio if event_loop or task.in_asyncio else drive
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
    """Return a batch of operations that do nothing; its cost is that of the loop, which is no part of an operation.

    Args:
        task: The task for which the scopes are made.
        contestant: The contestant for which the scopes are made.
        count: The number of operations.
        pool: The number of scopes, at least, that are prepared.
        cold: Whether no two inputs are alike.
    """
    scopes = make_scopes(task, contestant, max(count, pool), cold)
    return partial(_run, do_nothing, scopes, count, None, None)


def make_scopes(task: Task, contestant: Contestant, count: int, cold: bool) -> list[Scope]:
    """Return new scopes for a task.

    Args:
        task: The task, which defines the content of the scopes.
        contestant: The contestant, whose framework may add keys to them.
        count: The number of scopes.
        cold: Whether no two scopes are alike.
    """
    if cold:
        return [_scope_of(task, contestant, index + 1) for index in range(count)]
    template = _scope_of(task, contestant, 0)
    return [{**template, "headers": template["headers"].copy(), "state": {}} for _ in range(count)]


def open_socket(task: Task, contestant: Contestant, messages: Sequence[Event], sent: list[Event] | None = None) -> Any:
    """Return a contestant's socket, accepted.

    Args:
        task: The task, which defines the content of the scope, and whether the server suspends.
        contestant: The contestant, whose `ws_accept` makes the socket.
        messages: The messages that the server returns, followed by a disconnect.
        sent: The list to which the events are appended that are sent; None to drop them.
    """
    receive = make_receive(iter([CONNECT, *messages, DISCONNECT]), task.suspends)
    accept = contestant.operations["ws_accept"]
    with running_loop(contestant):
        return drive(accept([_scope_of(task, contestant, 0)], receive, make_send(task.suspends, sent)))


@contextmanager
def running_loop(contestant: Contestant) -> Iterator[None]:
    """Make asyncio report a running loop in the block, if the contestant asks for one.

    Args:
        contestant: The contestant.
    """
    if not contestant.event_loop:
        yield
        return
    # imported here, since the import takes seconds under callgrind
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
    """Return the result of a coroutine, which is resumed immediately whenever it suspends."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as end:
        return end.value


def check(task: Task, contestant: Contestant) -> None:
    """Do the task a few times, and compare the results with the expected ones.

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
            found = run_in_asyncio(found) if task.in_asyncio else drive(found)
        expected = task.expected(index)
        if isinstance(expected, dict) and isinstance(found, (Mapping, list)):
            # a form is a list of pairs, or a mapping whose class may not compare equal to a dict
            found = dict(found)
        # the result of a construction must only exist; every other result is compared
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
    """Return the data of an event: unchanged if text or bytes are wanted, and otherwise decoded as JSON.

    Args:
        event: The event that was sent.
        wanted: The value with which the data will be compared.
    """
    if event["type"] != "websocket.send":
        return event
    text = event.get("text")
    data = event["bytes"] if text is None else text
    return data if isinstance(wanted, (str, bytes)) else json.loads(data)


def make_messages(task: Task, count: int, pool: int, cold: bool) -> list[Event]:
    """Return the events of the messages that a server passes on.

    Args:
        task: The task, which defines the content of the messages.
        count: The number of messages.
        pool: The number of messages, at least, that are prepared.
        cold: Whether no two messages are alike.
    """
    if task.message is None:
        return []
    made = [task.message(index + 1) for index in range(pool)] if cold else [task.message(0)] * pool
    return made[:count]


def make_bodies(task: Task, count: int, cold: bool) -> Iterator[Event]:
    """Return the events of the bodies of at least a number of requests.

    Args:
        task: The task, which defines the content of the bodies.
        count: The number of requests.
        cold: Whether no two bodies are alike, if the task has such bodies.
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
    """Await a coroutine function a number of times, as a server awaits its application.

    Args:
        operation: The coroutine function.
        scopes: The scopes, one of which is taken from the end each time.
        count: The number of times.
        receive: The `receive` that is passed each time.
        send: The `send` that is passed each time.
    """
    next_scope = scopes.pop
    for _ in range(count):
        await operation(next_scope(), receive, send)


def _drive_holding(scopes: list[Scope], drive_all: Callable[[Any], Any], coroutine: Any) -> None:
    """Drive a coroutine; the scopes are freed together with the batch, not while it is measured."""
    drive_all(coroutine)


def run_in_asyncio(coroutine: Any) -> Any:
    """Run a coroutine in an asyncio loop, the same one each time, and return its result."""
    return _runner().run(coroutine)


@cache
def _runner() -> Runner:
    import atexit
    from asyncio import Runner

    # one for all batches, since creating a loop takes longer than a small batch
    runner = Runner()
    atexit.register(runner.close)
    return runner


def _run_with_loop(contestant: Contestant, batch: Batch) -> None:
    with running_loop(contestant):
        batch()
