"""StopIteration and StopAsyncIteration raised by a user's code, and by the objects in a scope or an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from .answers import STOPS
from .hooks import HOOKS, Hook, Raise
from .operations import Operation, Server
from .running import BY_HAND, HUNG, WAYS, Outcome, ends_the_process
from .test_awaitables import described
from .test_foreign_stops import complaint

pytestmark = [pytest.mark.slow, ends_the_process]

WAYS_TO_TRY = [way for way in ("await", "task", "eager-task", "trio") if way in WAYS]


# what tests/threads/standins has of msgspec calls none of these
BEYOND_STANDIN = ("__post_init__-of-a-dataclass", "__post_init__-of-a-Struct", "serializer")
IS_STANDIN = msgspec.__version__.endswith("standin")


def is_an_end(hook: Hook, error: BaseException) -> bool:
    """Return whether the exception is the right way to end a stream of the application's."""
    return hook.name == "own-stream-anext" and isinstance(error, StopAsyncIteration)


def try_one(
    side: Any, hook: Hook, operation: Operation, error: BaseException, way: Callable[[Callable[[], Any]], Outcome]
) -> tuple[Outcome, str | None]:
    """Return the outcome, and what is wrong with it."""
    raise_ = Raise(error)
    early: list[BaseException] = []

    def make() -> Any:
        try:
            return hook.make(side, operation, Server(), raise_)
        except BaseException as caught:
            # in a task it would be turned by the task's own coroutine
            early.append(caught)
            raise

    outcome = way(make)
    if early:
        # bounds may be read by the method itself: what it raises then is no end of an operation
        problem = None if hook.name == "limits" else f"it was raised before anything was awaited: {early[0]!r}"
        return outcome, problem
    return outcome, complaint(operation, error, outcome) if raise_.was_called else "the hook was not called"


@pytest.mark.parametrize("way", WAYS_TO_TRY)
@pytest.mark.parametrize("hook", HOOKS, ids=str)
def test_stop_iteration_of_a_hook(side: Any, hook: Hook, way: str) -> None:
    if IS_STANDIN and hook.name in BEYOND_STANDIN:
        pytest.skip("this interpreter has no msgspec, and what stands in for it calls no such hook")
    complaints = []
    for operation in hook.operations:
        if not operation.exists(side):
            continue
        for name, make_error in STOPS.items():
            error = make_error()
            if is_an_end(hook, error):
                continue
            outcome, problem = try_one(side, hook, operation, error, WAYS[way])
            if problem is not None:
                complaints.append(f"{operation}, {name}: {problem}")
            if outcome is HUNG:
                pytest.fail("\n".join(complaints))
    assert not complaints, "\n".join(complaints)


OTHERS: dict[str, Callable[[], BaseException]] = {
    **STOPS,
    "KeyError": lambda: KeyError("of a hook"),
    "TypeError": lambda: TypeError("of a hook"),
    "ValueError": lambda: ValueError("of a hook"),
    "OSError": lambda: OSError("of a hook"),
    "RuntimeError": lambda: RuntimeError("of a hook"),
    "RecursionError": lambda: RecursionError("of a hook"),
    "BaseException": lambda: BaseException("of a hook"),
}


# but for what may be read before or after the server is asked
@pytest.mark.parametrize("hook", [hook for hook in HOOKS if hook.name != "limits"], ids=str)
def test_both_sides_say_the_same_of_a_hook(twins: Any, hook: Hook) -> None:
    complaints = []
    for operation in hook.operations:
        if operation.needs_loop or not all(map(operation.exists, twins)):
            continue
        for name, make_error in OTHERS.items():
            seen = []
            for side in twins:
                server = Server()
                raise_ = Raise(make_error())
                outcome = BY_HAND["by-hand"](lambda: hook.make(side, operation, server, raise_))  # noqa: B023
                seen.append((described(outcome, operation), server.calls, server.sent, raise_.was_called))
            if seen[0] != seen[1]:
                complaints.append(f"{operation}, {name}:\n  compiled {seen[0]}\n  pure   {seen[1]}")
    assert not complaints, "\n".join(complaints)
