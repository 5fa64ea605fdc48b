"""Random uses of an operation, the same for both sides and for a native coroutine, and their results."""

from __future__ import annotations

import random
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from litecon._errors import wrong_socket_event

from ..helpers import http_scope
from ..websocket.doubles import CONNECT, websocket_scope


class Fuzzed(Exception):
    """What is thrown in."""


ERRORS: dict[str, Callable[[], BaseException]] = {
    "Fuzzed": lambda: Fuzzed("thrown"),
    "StopIteration": lambda: StopIteration("a value"),
    "StopIteration-tuple": lambda: StopIteration((1, 2)),
    "StopAsyncIteration": lambda: StopAsyncIteration("thrown"),
    "GeneratorExit": lambda: GeneratorExit("thrown"),
    "RuntimeError": lambda: RuntimeError("thrown"),
    "KeyboardInterrupt": lambda: KeyboardInterrupt("thrown"),
}
NO_ERRORS: dict[str, Any] = {"int": 5, "class": int, "None": None}


@dataclass(frozen=True)
class Plan:
    """What one awaitable does.

    Args:
        kind: How it is built.
        suspends: How often it suspends.
        ends: "returns", or the name of an error that it raises.
        on_throw: What it does where something is thrown in: "raises", "returns", "suspends", "other" or "stop".
        reenters: Whether it drives the operation that awaits it.
        wraps: What it returns: the value, or a StopIteration or tuple that has nothing to do with its own end.
    """

    kind: str
    suspends: int
    ends: str
    on_throw: str
    reenters: bool
    wraps: str


KINDS = ("coroutine", "await", "iterator", "itself", "generator-based", "generator", "call", "throwing-iterator")


def random_plan(rng: random.Random) -> Plan:
    return Plan(
        kind=rng.choice(KINDS),
        suspends=rng.choice((0, 0, 0, 1, 1, 2, 3)),
        ends=rng.choice(("returns", "returns", "returns", "returns", *ERRORS)),
        on_throw=rng.choice(("raises", "raises", "returns", "suspends", "other", "stop")),
        reenters=rng.random() < 0.1,
        wraps=rng.choice(("event", "event", "event", "event", "StopIteration", "tuple", "None")),
    )


@dataclass
class Stage:
    """The server's side of one run: its awaitables, and a log of all that happened to them."""

    plans: list[Plan]
    events: list[Any]
    log: list[Any] = field(default_factory=list)
    operation: Any = None
    calls: int = 0
    # whether what runs goes on from a throw() or close()
    is_thrown: bool = False

    def answer(self, *event: Any) -> Any:
        """Be called as `receive` or `send`."""
        number = self.calls
        self.calls += 1
        self.log.append(("called", number, *event))
        plan = self.plans[min(number, len(self.plans) - 1)]
        value = self.events[min(number, len(self.events) - 1)]
        if plan.wraps == "StopIteration":
            value = StopIteration(value)
        elif plan.wraps == "tuple":
            value = (value, None)
        elif plan.wraps == "None":
            value = None
        if plan.kind == "call" and plan.ends != "returns":
            raise ERRORS[plan.ends]()
        if plan.reenters:
            self.reenter()
        return BUILDERS.get(plan.kind, _coroutine)(self, plan, value)

    def reenter(self) -> None:
        """Drive the operation that is running."""
        operation = self.operation
        if operation is None:
            return
        self.log.append(("again", told(lambda: operation.send(None))))
        # CPython 3.11 breaks a coroutine of its own by a throw() into it while it goes on from another
        if not (self.is_thrown and sys.version_info < (3, 12)):
            self.log.append(("again", told(lambda: operation.throw(Fuzzed("again")))))
        self.log.append(("again", told(operation.close)))

    def thrown(self, plan: Plan, error: BaseException) -> str:
        # that of a generator which is dropped comes when the last reference goes, a moment earlier or later
        if error.args or not isinstance(error, GeneratorExit):
            self.log.append(("thrown in", shown(error)))
        return plan.on_throw


def body_of(stage: Stage, plan: Plan, value: Any) -> Iterator[Any]:
    """Suspend, take what is thrown in, and end: the body of each awaitable that is a generator inside."""
    left = plan.suspends
    while left:
        left -= 1
        try:
            sent = yield ("waits", left)
            stage.log.append(("sent", sent))
        except BaseException as error:
            act = stage.thrown(plan, error)
            if act == "raises":
                raise
            if act == "returns":
                return value
            if act == "suspends":
                left += 1
                if isinstance(error, GeneratorExit):
                    raise
            elif act == "other":
                raise Fuzzed("in its place") from None
    if plan.ends != "returns":
        raise ERRORS[plan.ends]()
    return value


@types.coroutine
def _based(stage: Stage, plan: Plan, value: Any) -> Iterator[Any]:
    # not body_of itself, which types.coroutine() would change
    return (yield from body_of(stage, plan, value))


async def _coroutine(stage: Stage, plan: Plan, value: Any) -> Any:
    return await _based(stage, plan, value)


class Await:
    """Has `__await__` alone, which gives a generator."""

    def __init__(self, stage: Stage, plan: Plan, value: Any) -> None:
        self.arguments = stage, plan, value

    def __await__(self) -> Any:
        return body_of(*self.arguments)


class Steps:
    """An iterator with `__next__` alone."""

    def __init__(self, stage: Stage, plan: Plan, value: Any) -> None:
        self.stage, self.plan, self.value = stage, plan, value
        self.left = plan.suspends

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        if self.left:
            self.left -= 1
            return ("waits", self.left)
        if self.plan.ends != "returns":
            raise ERRORS[self.plan.ends]()
        stop = StopIteration()
        stop.value = self.value
        raise stop


class OfSteps:
    def __init__(self, stage: Stage, plan: Plan, value: Any) -> None:
        self.steps = Steps(stage, plan, value)

    def __await__(self) -> Any:
        return self.steps


class Itself(Steps):
    def __await__(self) -> Any:
        return self


class Throwing(Itself):
    """Has all methods of a coroutine, and raises StopIteration from throw() where it likes to."""

    def send(self, value: Any) -> Any:
        self.stage.log.append(("sent", value))
        return next(self)

    def throw(self, *details: Any) -> Any:
        error = details[0]() if isinstance(details[0], type) and issubclass(details[0], BaseException) else details[0]
        act = self.stage.thrown(self.plan, error)
        if act == "suspends":
            return ("waits", "after throw")
        if act == "returns":
            raise StopIteration(self.value)
        if act == "other":
            raise Fuzzed("in its place")
        if act == "stop":
            raise StopIteration
        raise error

    def close(self) -> None:
        self.stage.log.append("closed")


BUILDERS: dict[str, Callable[[Stage, Plan, Any], Any]] = {
    "await": Await,
    "iterator": OfSteps,
    "itself": Itself,
    "generator-based": _based,
    # which cannot be awaited
    "generator": body_of,
    "throwing-iterator": Throwing,
}


def shown(value: Any) -> Any:
    """Return what can be compared between two runs."""
    if isinstance(value, StopIteration):
        # one of None that an awaitable raises may have no arguments, or one
        return type(value).__name__, repr(value.value), [type(cause).__name__ for cause in _causes(value)]
    if isinstance(value, BaseException):
        return type(value).__name__, repr(value.args), [type(cause).__name__ for cause in _causes(value)]
    return repr(value)


def _causes(error: BaseException) -> Iterator[BaseException]:
    while error.__cause__ is not None:
        error = error.__cause__
        yield error


def told(act: Callable[[], Any]) -> Any:
    """Return what a call came to."""
    try:
        return "gave", shown(act())
    except BaseException as error:
        return "raised", shown(error)


# what is driven


async def native_receive(stage: Stage) -> Any:
    """What the first `WebSocket.receive()` is: one await, and a look at the event."""
    event = await stage.answer()
    if not isinstance(event, dict):
        raise wrong_socket_event(event, "init")
    return event


SUBJECTS: dict[str, Callable[[Any, Stage], Any]] = {
    "body": lambda side, stage: side.Request(http_scope(), stage.answer).body(),
    "stream": lambda side, stage: side.Request(http_scope(), stage.answer).stream().__anext__(),
    "json": lambda side, stage: side.Request(http_scope(), stage.answer).json(),
    "accept": lambda side, stage: side.WebSocket(websocket_scope(), stage.answer, stage.answer).accept(),
    "receive": lambda side, stage: side.WebSocket(websocket_scope(), stage.answer, stage.answer).receive(),
    "receive_text": lambda side, stage: side.WebSocket(websocket_scope(), stage.answer, stage.answer).receive_text(),
    "iter_json": lambda side, stage: (
        side.WebSocket(websocket_scope(), stage.answer, stage.answer).iter_json().__anext__()
    ),
    "send_text": lambda side, stage: side.WebSocket(websocket_scope(), stage.answer, stage.answer).send_text("a"),
    "close": lambda side, stage: side.WebSocket(websocket_scope(), stage.answer, stage.answer).close(),
    "deny": lambda side, stage: side.WebSocket(websocket_scope(), stage.answer, stage.answer).deny(),
    "send": lambda side, stage: side.WebSocket(websocket_scope(), stage.answer, stage.answer).send(
        {"type": "websocket.close"}
    ),
}
_HTTP = [{"type": "http.request", "body": b"[1", "more_body": True}, {"type": "http.request", "body": b"]"}]
_SOCKET = [CONNECT, None, {"type": "websocket.receive", "text": "[1]"}]


def events_for(subject: str) -> list[Any]:
    return _HTTP if subject in ("body", "stream", "json") else _SOCKET


Step = tuple[str, Any]


def random_steps(rng: random.Random) -> list[Step]:
    """Return what is done to an operation."""
    steps: list[Step] = []
    for _ in range(rng.randrange(1, 7)):
        act = rng.choice(("send", "send", "send", "send", "throw", "throw", "close", "await", "state"))
        what: Any = None
        if act == "send":
            what = rng.choice((None, None, None, 5))
        elif act == "throw":
            what = rng.choice((*ERRORS, *ERRORS, *NO_ERRORS))
        steps.append((act, what))
    return steps


def take(operation: Any, step: Step) -> Any:
    """Take one step, and return what it came to."""
    act, what = step
    if act == "send":
        return told(lambda: operation.send(what))
    if act == "throw":
        return told(lambda: operation.throw(ERRORS[what]() if what in ERRORS else NO_ERRORS[what]))
    if act == "close":
        return told(operation.close)
    if act == "state":
        return operation.cr_running, operation.cr_await is None, operation.cr_frame is None

    async def wait() -> Any:
        return await operation

    # closed at once, so that it does not close what it waits for later
    waiter = wait()
    result = told(lambda: waiter.send(None))
    return "awaited", result if result[0] == "raised" else (result, told(waiter.close))


def run(make: Callable[[Stage], Any], plans: list[Plan], events: list[Any], steps: list[Step]) -> list[Any]:
    """Return the log of one run."""
    stage = Stage(plans, events)
    operation = stage.operation = make(stage)
    for step in steps:
        stage.is_thrown = step[0] in ("throw", "close")
        stage.log.append((step, take(operation, step)))
    stage.is_thrown = True
    stage.log.append(("at last", told(operation.close)))
    # a cycle, by which it would be closed later
    stage.operation = None
    return stage.log
