"""StopIteration and StopAsyncIteration of foreign code never become an operation's result or end (PEP 479, PEP 525).

A native coroutine turns a StopIteration that would leave it into a RuntimeError, and an asynchronous generator a
StopAsyncIteration too. Each operation is tested at each of its calls to the server, in each way to run it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from .answers import RAISING, STOPS, Raising
from .operations import OPERATIONS, Operation, Server
from .running import BY_HAND, HUNG, WAYS, Outcome, ends_the_process, over_ways

pytestmark = [pytest.mark.slow, ends_the_process]

ASKING = pytest.mark.parametrize("operation", [operation for operation in OPERATIONS if operation.calls], ids=str)
ASKING_BY_HAND = pytest.mark.parametrize(
    "operation", [operation for operation in OPERATIONS if operation.calls and not operation.needs_loop], ids=str
)


def complaint(operation: Operation, error: BaseException, outcome: Outcome) -> str | None:
    """Return what is wrong with the outcome of an operation that foreign code has raised an error in."""
    raised = outcome.error
    if isinstance(error, StopIteration):
        expected = "coroutine raised StopIteration"
    elif operation.is_step:
        expected = "async generator raised StopAsyncIteration"
    elif raised is error:
        return None
    else:
        # where the operation goes over a stream, whose step has turned it
        expected = "async generator raised StopAsyncIteration"
    if type(raised) is not RuntimeError:
        return f"it {outcome}, expected RuntimeError({expected!r})"
    # of a generator that raises it by itself, CPython's own words
    if str(raised) not in (expected, "generator raised StopIteration", "coroutine raised StopAsyncIteration"):
        return f"it {outcome}, expected RuntimeError({expected!r})"
    causes = list(causes_of(raised))
    return None if any(cause is error for cause in causes) else f"it {outcome}, whose causes are {causes!r}"


def causes_of(error: BaseException) -> Iterator[BaseException]:
    while (cause := error.__cause__) is not None:
        yield cause
        error = cause


def returns(raising: Raising, error: BaseException) -> bool:
    """Return whether the exception is what an iterator returns by."""
    return raising.by_iterator and isinstance(error, StopIteration)


FEW = ("StopIteration-value", "StopAsyncIteration")
"""Exceptions for the ways in which nothing else is to be found, to save time."""


def try_all(
    side: Any,
    operation: Operation,
    way: Callable[[Callable[[], Any]], Outcome],
    errors: Iterable[str] = FEW,
    by_hand: bool = False,
    subclass: Callable[[Any], Any] | None = None,
) -> list[str]:
    """Return the complaints about each call, each way to raise and each exception."""
    base = operation.base(side)
    cls = base if subclass is None else subclass(base)
    complaints = []
    for number in range(len(operation.calls)):
        for raising in RAISING:
            if not raising.at_once and (by_hand or not operation.waits):
                continue
            for name in errors:
                error = STOPS[name]()
                if returns(raising, error):
                    continue

                def make(error: BaseException = error, number: int = number, raising: Raising = raising) -> Any:
                    server = Server()
                    subject = operation.open(side, server, cls=cls)
                    server.answers[number] = lambda value: raising.answer(error, value)
                    return operation.start(subject)

                outcome = way(make)
                problem = complaint(operation, error, outcome)
                if problem is not None:
                    complaints.append(f"call {number}, {raising.name}, {name}: {problem}")
                if outcome is HUNG:
                    # the others would take as long
                    return complaints
    return complaints


@ASKING
@over_ways
def test_stop_iteration_of_the_server(side: Any, operation: Operation, way: str) -> None:
    complaints = try_all(side, operation, WAYS[way], STOPS if way == "task" else FEW)
    assert not complaints, "\n".join(complaints)


@ASKING_BY_HAND
@pytest.mark.parametrize("way", BY_HAND)
def test_stop_iteration_of_the_server_by_hand(side: Any, operation: Operation, way: str) -> None:
    complaints = try_all(side, operation, BY_HAND[way], STOPS, by_hand=True)
    assert not complaints, "\n".join(complaints)


def plain_wrappers(base: Any) -> Any:
    """Return a WebSocket whose callables are the server's own, so that it goes by what a subclass has put there."""
    return type("Plain", (base,), {name: lambda self, wrapped: wrapped for name in ("receive_wrapper", "send_wrapper")})


def wrappers_around(base: Any) -> Any:
    """Return a WebSocket whose wrappers are plain functions around litecon's."""

    def receive_wrapper(self: Any, receive: Any) -> Any:
        inner = base.receive_wrapper(self, receive)
        return lambda: inner()

    def send_wrapper(self: Any, send: Any) -> Any:
        inner = base.send_wrapper(self, send)
        return lambda event: inner(event)

    return type("Around", (base,), {"receive_wrapper": receive_wrapper, "send_wrapper": send_wrapper})


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.kind == "WebSocket" and each.calls], ids=str)
@pytest.mark.parametrize("subclass", [plain_wrappers, wrappers_around])
@pytest.mark.parametrize("way", ["task", "trio"])
def test_stop_iteration_behind_wrappers(side: Any, operation: Operation, subclass: Any, way: str) -> None:
    if subclass is plain_wrappers and operation.name.partition("-")[0] in ("WebSocket.receive", "WebSocket.send"):
        pytest.skip("that is the server's own")
    complaints = try_all(side, operation, WAYS[way], subclass=subclass)
    assert not complaints, "\n".join(complaints)
