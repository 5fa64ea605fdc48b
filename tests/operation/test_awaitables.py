"""Results of `receive` and `send`: every awaitable is awaited, and anything else is refused with CPython's messages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from ..helpers import drive, suspend
from .answers import AWAITABLE, OF_ASYNCIO, RAISING, STOPS, UNAWAITABLE
from .operations import OPERATIONS, Operation, Server
from .running import BY_HAND, WAYS, Outcome, ends_the_process, over_ways

pytestmark = [pytest.mark.slow, ends_the_process]

ASKING = [operation for operation in OPERATIONS if operation.calls]
ASKING_BY_HAND = [operation for operation in ASKING if not operation.needs_loop]
over_asking = pytest.mark.parametrize("operation", ASKING, ids=str)
over_asking_by_hand = pytest.mark.parametrize("operation", ASKING_BY_HAND, ids=str)


def answered(side: Any, operation: Operation, number: int, answer: Callable[[Any], Any], server: Server) -> Any:
    """Return an operation one of whose calls is answered otherwise."""
    subject = operation.open(side, server)
    server.answers[number] = answer
    return operation.start(subject)


@over_asking
@over_ways
def test_whatever_can_be_awaited(side: Any, operation: Operation, way: str) -> None:
    operation.base(side)
    answers = {**AWAITABLE, **OF_ASYNCIO} if operation.waits and not way.startswith("trio") else AWAITABLE
    for name, answer in answers.items():
        for number in range(len(operation.calls)):
            server = Server()
            outcome = WAYS[way](lambda: answered(side, operation, number, answer, server))  # noqa: B023
            assert outcome.kind == "returned", (name, number, str(outcome))
            assert operation.seen(outcome.value) == operation.result, (name, number)
            assert (tuple(server.calls), tuple(server.sent)) == (operation.calls, operation.sent), (name, number)


def refusal_of(answer: Callable[[Any], Any]) -> tuple[type[BaseException], str]:
    """Return the error with which a native coroutine refuses to await something."""

    async def native() -> None:
        await answer(None)

    try:
        native().send(None)
    except Exception as error:
        return type(error), str(error)
    raise AssertionError("it was awaited")


@over_asking
@pytest.mark.parametrize("way", ["await", "task", *(["eager-task"] if "eager-task" in WAYS else []), "trio"])
def test_what_cannot_be_awaited_is_refused(side: Any, operation: Operation, way: str) -> None:
    operation.base(side)
    complaints = []
    for name, answer in UNAWAITABLE.items():
        expected = refusal_of(answer)
        for number in range(len(operation.calls)):
            outcome = WAYS[way](lambda: answered(side, operation, number, answer, Server()))  # noqa: B023
            error = outcome.error
            if (type(error), str(error)) != expected:
                complaints.append(f"call {number}, {name}: it {outcome}, expected {expected}")
    assert not complaints, "\n".join(complaints)


# both sides compared


class Odd:
    """No event, and nothing that a sensible server gives."""


ODD_VALUES: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "int": lambda: 5,
    "str": lambda: "http.request",
    "list": list,
    "empty": dict,
    "type-None": lambda: {"type": None},
    "type-list": lambda: {"type": []},
    "other-type": lambda: {"type": "lifespan.startup"},
    "object": Odd,
    "StopIteration": lambda: StopIteration("a value"),
    "StopAsyncIteration": lambda: StopAsyncIteration("a value"),
    "tuple": lambda: ({"type": "http.request"}, None),
    "exception": lambda: ValueError("no event"),
}
ERRORS: dict[str, Callable[[], BaseException]] = {
    **STOPS,
    "ValueError": lambda: ValueError("of the server"),
    "TypeError": lambda: TypeError("of the server"),
    "OSError": lambda: OSError("of the server"),
    "RuntimeError": lambda: RuntimeError("of the server"),
    "GeneratorExit": lambda: GeneratorExit("of the server"),
    "CancelledError": lambda: asyncio.CancelledError("of the server"),
    "KeyboardInterrupt": lambda: KeyboardInterrupt("of the server"),
    "BaseException": lambda: BaseException("of the server"),
}


def described(outcome: Outcome, operation: Operation) -> Any:
    """Return what can be compared between two sides."""
    if outcome.error is None:
        return outcome.kind, repr(operation.seen(outcome.value))
    chain = []
    error: BaseException | None = outcome.error
    while error is not None:
        chain.append((type(error).__name__, str(error), getattr(error, "code", None)))
        error = error.__cause__
    return chain


def state_of(subject: Any) -> Any:
    """Return what a connection says of itself."""
    if hasattr(subject, "connection_state"):
        return subject.connection_state
    reader = getattr(subject, "body_reader", None)
    return reader and (reader.busy, reader.ended, reader.disconnected, reader.size, reader.streamed_size, reader.body)


def came_to(side: Any, operation: Operation, number: int, answer: Callable[[Any], Any], way: str) -> Any:
    """Return all that can be seen of an operation, one of whose calls is answered otherwise, and of the next one."""
    server = Server()
    subject = operation.open(side, server)
    server.answers[number] = answer
    outcome = described(BY_HAND[way](lambda: operation.start(subject)), operation)
    return outcome, server.calls, server.sent, state_of(subject)


@over_asking_by_hand
@pytest.mark.parametrize("way", BY_HAND)
def test_both_sides_say_the_same(twins: Any, operation: Operation, way: str) -> None:
    for side in twins:
        operation.base(side)
    answers: dict[str, Callable[[Any], Any]] = dict(UNAWAITABLE)
    for name, value in ODD_VALUES.items():

        async def odd(_: Any, value: Callable[[], Any] = value) -> Any:
            return value()

        answers[f"gives {name}"] = odd
    for name, make in ERRORS.items():
        for raising in RAISING:
            if raising.at_once:
                answers[f"{raising.name} raises {name}"] = lambda value, raising=raising, make=make: raising.answer(  # type: ignore[misc]
                    make(), value
                )
    complaints = []
    for number in range(len(operation.calls)):
        for name, answer in answers.items():
            compiled, pure = (came_to(side, operation, number, answer, way) for side in twins)
            if compiled != pure:
                complaints.append(f"call {number}, {name}:\n  compiled {compiled}\n  pure   {pure}")
    assert not complaints, "\n".join(complaints)


@over_asking_by_hand
def test_a_coroutine_that_somebody_else_awaits(side: Any, operation: Operation) -> None:
    for number in range(len(operation.calls)):
        shared = None

        def answer(value: Any) -> Any:
            nonlocal shared

            async def given() -> Any:
                await suspend()
                return value

            shared = given()
            shared.send(None)
            return shared

        started = answered(side, operation, number, answer, Server())
        with pytest.raises(RuntimeError, match="coroutine is being awaited already"):
            drive(started)
        shared.close()  # type: ignore[attr-defined]
