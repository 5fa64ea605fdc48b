"""A finalizer that runs other operations, or lets another thread run, changes no operation's result."""

from __future__ import annotations

import asyncio
import gc
import itertools
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from ..websocket.doubles import CONNECT, text, websocket_scope
from .finalizers import PROTOCOLS, Awaitable, Finalizer, Inner, Text, by_next, with_finalizer
from .operations import OPERATIONS, Operation, Server
from .running import ends_the_process

pytestmark = [pytest.mark.slow, ends_the_process]

over_those_by_hand = pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS if each.calls and not each.needs_loop], ids=str
)
protocols = pytest.mark.parametrize("protocol", PROTOCOLS)


@over_those_by_hand
@protocols
@pytest.mark.parametrize("awaitables", [False, True], ids=["coroutines", "awaitables"])
def test_finalizer_that_runs_operations(side: Any, operation: Operation, protocol: str, awaitables: bool) -> None:
    """Events, chunks, messages, awaitables and StopIterations all have one, and so has what was returned before."""
    wrong: list[str] = []
    finalizer = Finalizer(Inner(side, wrong).run)
    run = PROTOCOLS[protocol]

    # Litestar decodes no subclass of str
    is_plain = operation.is_dropin and "json" in operation.name

    def wrapped(value: Any) -> Any:
        if not is_plain:
            value = with_finalizer(value, finalizer)
        if awaitables:
            return Awaitable(value, finalizer)

        async def usual() -> Any:
            return value

        return usual()

    # an operation that is still there may be what keeps an old value
    kept: list[Any] = []
    for _ in range(2):
        # what a StopIteration that is used again would still hold
        kept.append(leave_behind(side, finalizer, protocol))
        server = Server()
        subject = operation.open(side, server)
        server.answers.update(dict.fromkeys(range(len(operation.calls)), wrapped))
        kept.append(operation.start(subject))
        value = run(kept[-1])
        assert operation.seen(value) == operation.result
        assert tuple(server.calls) == operation.calls
        assert tuple(server.sent) == operation.sent
        del value, subject, server
    gc.collect()
    assert not wrong, wrong[:5]
    assert finalizer.count


def leave_behind(side: Any, finalizer: Finalizer, protocol: str) -> Any:
    """Have an operation give a message with a finalizer, drop that, and return the operation."""
    message = Text("left behind")
    message.finalizer = finalizer
    operation = of_message(side, message)
    del message
    assert PROTOCOLS[protocol](operation) == "left behind"
    return operation


@protocols
def test_what_was_returned_is_not_kept(side: Any, protocol: str) -> None:
    """No operation, and nothing that is used again, keeps the last value alive, nor its finalizer for later."""

    class Message(str):
        pass

    message = Message("a")
    gone = weakref.ref(message)
    events = [CONNECT, text(message), text("b")]
    del message

    async def receive() -> Any:
        return events.pop(0)

    async def send(event: Any) -> None: ...

    socket = side.WebSocket(websocket_scope(), receive, send)
    run = PROTOCOLS[protocol]
    assert run(socket.receive_text()) == "a"
    assert run(socket.receive_text()) == "b"
    assert gone() is None


def test_the_finalizer_of_the_last_value(side: Any) -> None:
    """The last value goes while the next is on its way out; what runs then does not take the place of the next."""
    seen: list[Any] = []

    def act() -> None:
        seen.append(by_next(of_message(side, "the finalizer's")))

    finalizer = Finalizer(act)
    # where an operation goes, a value that is left in a StopIteration may go too
    kept = []
    for number in range(30):
        message = Text(f"message {number}")
        message.finalizer = finalizer
        kept.append(of_message(side, message, kept))
        value = by_next(kept[-1])
        assert value == f"message {number}"
        del message, value
    assert set(seen) <= {"the finalizer's"}


def of_message(side: Any, message: str, kept: list[Any] | None = None) -> Any:
    """Return an operation that gives a message; the one that accepts is kept."""
    events = [CONNECT, text(message)]

    async def receive() -> Any:
        return events.pop(0)

    async def send(event: Any) -> None: ...

    socket = side.WebSocket(websocket_scope(), receive, send)
    accepting = socket.accept()
    by_next(accepting)
    if kept is not None:
        kept.append(accepting)
    return socket.receive_text()


# threads


LOOPS = 4
MESSAGES = 1500


@pytest.fixture
def quick_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


class Yielding(str):
    """A message that lets other threads in where it goes."""

    def __del__(self) -> None:
        time.sleep(0)


class Client:
    """One client's messages, each of them distinct; the event loop gets a turn now and then."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.counter = itertools.count(-1)
        self.sent: list[Any] = []

    async def receive(self) -> Any:
        count = next(self.counter)
        if count < 0:
            return CONNECT
        if count % 7 == 0:
            await asyncio.sleep(0)
        if count == MESSAGES:
            return {"type": "websocket.disconnect", "code": 1000}
        return text(Yielding(f"{self.number}:{count}"))

    async def send(self, event: Any) -> None:
        if event["type"] == "websocket.send":
            # without the message itself, which is to go
            self.sent.append(str(event["text"]))


class Bare:
    """An awaitable of the older kind around an operation, which takes the value out of a StopIteration."""

    def __init__(self, operation: Any) -> None:
        self.operation = operation

    def __await__(self) -> Any:
        return (yield from self.operation.__await__())


async def echo_by_receive(socket: Any) -> None:
    # where an operation goes, a value that is left in a StopIteration may go too
    kept = []
    for _ in range(MESSAGES):
        kept.append(socket.receive_text())
        message = await Bare(kept[-1])
        kept.append(socket.send_text(str(message)))
        del message
        await Bare(kept[-1])


async def echo_by_tasks(socket: Any) -> None:
    for _ in range(MESSAGES):
        message = await asyncio.create_task(socket.receive_text())
        await socket.send_text(message)


async def echo_by_iteration(socket: Any) -> None:
    async for message in socket.iter_data():
        await Bare(socket.send_text(message))


@pytest.mark.usefixtures("quick_switches")
@pytest.mark.parametrize("echo", [echo_by_receive, echo_by_tasks, echo_by_iteration])
def test_four_loops_in_threads_each_get_their_own(side: Any, echo: Any) -> None:
    clients = [Client(number) for number in range(LOOPS)]
    errors: list[BaseException] = []

    def run(client: Client) -> None:
        try:
            asyncio.run(echo(side.WebSocket(websocket_scope(), client.receive, client.send)))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(client,), daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a loop never ended"
    assert not errors, errors
    for client in clients:
        assert client.sent == [f"{client.number}:{count}" for count in range(MESSAGES)]
