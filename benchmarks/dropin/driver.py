"""The loops that are measured: an app is called as a server calls it, in a task of an asyncio loop.

The loop is a real one, since Litestar's session stores and listeners ask for it. When the test doubles of the server
suspend, they are resumed immediately, so that turns of the loop are not measured; only if the server returns futures
does each of them take a turn.
"""

from __future__ import annotations

import json
import types
from asyncio import get_running_loop
from collections.abc import Generator, Iterator
from functools import partial
from itertools import cycle, islice
from typing import Any, Final

from ..contestants import Contestant
from ..data import CONNECT, DISCONNECT, Event
from ..driver import (
    Batch,
    Receive,
    await_all,
    make_bodies,
    make_messages,
    make_receive,
    make_scopes,
    make_send,
    run_in_asyncio,
    sent_data,
)
from ..tasks import Task

__all__ = ("check", "make_batch")

# a server adds nothing to the scopes of the tasks
_SERVER: Final = Contestant("server", "", {})


def make_batch(
    task: Task, contestant: Contestant, count: int, *, pool: int = 0, cold: bool = False, event_loop: bool = True
) -> Batch:
    """Return a batch of requests, or a connection over which a number of messages arrive.

    Args:
        task: The task.
        contestant: The contestant, whose operation returns the app.
        count: The number of requests or messages.
        pool: The number, at least, for which inputs are prepared, so that batches differ in nothing but the count.
        cold: Whether no two inputs are alike.
        event_loop: Ignored, since there always is an event loop.
    """
    app = contestant.operations[task.operation]()
    pool = max(count, pool)
    send = make_send(task.suspends)
    if task.per_message:
        (scope,) = make_scopes(task, _SERVER, 1, cold)
        receive = _receive_of(task, iter([CONNECT, *make_messages(task, count, pool, cold), DISCONNECT]))
        coroutine = app(scope, receive, send)
    else:
        scopes = make_scopes(task, _SERVER, pool, cold)
        receive = _receive_of(task, make_bodies(task, pool, cold))
        coroutine = await_all(app, scopes, count, receive, send)
    return partial(run_in_asyncio, _resumed(coroutine))


def _receive_of(task: Task, events: Iterator[Event]) -> Receive:
    """Return a `receive` of the kind that the task specifies."""
    if not task.futures:
        return make_receive(events, task.suspends)

    def give_future() -> Any:
        loop = get_running_loop()
        future = loop.create_future()
        loop.call_soon(future.set_result, next(events))
        return future

    return give_future


async def _resumed(coroutine: Any) -> None:
    await _resume(coroutine)


@types.coroutine
def _resume(coroutine: Any) -> Generator[Any, None, None]:
    try:
        while True:
            future = coroutine.send(None)
            if future is not None:
                yield future
    except StopIteration:
        pass


def check(task: Task, contestant: Contestant) -> None:
    """Call an app a few times, and compare its answers with the expected ones.

    Args:
        task: The task.
        contestant: The contestant, whose operation returns the app.

    Raises:
        ValueError: An answer is wrong, or events were left over.
    """
    app = contestant.operations[task.operation]()
    for index in range(3):
        sent: list[Event] = []
        if task.per_message:
            found, expected, left = _converse(task, app, index + 1, sent)
        else:
            found, expected, left = _answer(task, app, index, sent)
        if found != expected:
            wrong = f"{found!r:.300}, not {expected!r:.300}"
            raise ValueError(f"{contestant.name} has a wrong answer in {task.name}: {wrong}")
        if left:
            raise ValueError(f"{contestant.name} left events unread in {task.name}")


def _converse(task: Task, app: Any, count: int, sent: list[Event]) -> tuple[Any, Any, bool]:
    if task.message is None or task.sent is None:
        raise ValueError(f"{task.name} has no messages")
    events = iter([CONNECT, *map(task.message, range(count)), DISCONNECT])
    receive = _receive_of(task, events)
    run_in_asyncio(_resumed(app(task.scope(0), receive, make_send(task.suspends, sent))))
    wanted = [task.sent(index) for index in range(count)]
    accepted, *others = [event["type"] for event in sent]
    if accepted != "websocket.accept" or set(others[:count]) != {"websocket.send"}:
        return sent, wanted, False
    # a listener closes the connection even if the client has disconnected
    found = [sent_data(event, wanted[0]) for event in sent if event["type"] == "websocket.send"]
    return found, wanted, any(True for _ in events)


def _answer(task: Task, app: Any, index: int, sent: list[Event]) -> tuple[Any, Any, bool]:
    own = task.events if task.cold_events is None else task.cold_events(0)
    events = cycle(own)
    receive = _receive_of(task, events)
    run_in_asyncio(_resumed(app(task.scope(index), receive, make_send(task.suspends, sent))))
    expected = task.expected(index)
    left = bool(own[0].get("body", True)) and next(islice(events, 1)) is not own[0]
    if task.kind == "websocket":
        return [event["type"] for event in sent], expected, left
    body = b"".join(event.get("body", b"") for event in sent[1:])
    is_bytes = isinstance(expected[1], bytes)
    return (sent[0]["status"], body if is_bytes else json.loads(body)), expected, left
