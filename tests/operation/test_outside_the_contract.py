"""Misused operations raise, as coroutines do, and nothing is done twice."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import sys
import warnings
from collections.abc import Callable
from types import CoroutineType
from typing import Any

import pytest

from ..helpers import sleep
from .answers import answer_at
from .isolated import isolated
from .operations import OPERATIONS, Operation, Server, over_operations, over_those_by_hand
from .running import BY_HAND, SECONDS, ends_the_process, takes_long

pytestmark = [pytest.mark.slow, ends_the_process]

ASKING_BY_HAND = [operation for operation in OPERATIONS if operation.calls and not operation.needs_loop]
over_asking_by_hand = pytest.mark.parametrize("operation", ASKING_BY_HAND, ids=str)


@pytest.fixture
def name(side: Any) -> str:
    """The name of a side, for an interpreter of its own."""
    return "compiled" if side.COMPILED else "pure"


@takes_long
def test_operations_cannot_be_made(name: str) -> None:
    assert isolated(f"make_operations({name!r})") == ""


# driven again from inside


def throw_again(operation: Any) -> None:
    """Throw into an operation that runs."""
    if sys.version_info < (3, 12) and isinstance(operation, CoroutineType):
        # CPython 3.11 may crash: it looks for what a native coroutine waits for, and takes a counter for an instruction
        raise ValueError(EXECUTING)
    operation.throw(KeyError("again"))


def drive_again(operation: Any) -> list[str]:
    """Return what is said of an operation that is driven while it runs."""
    said = []
    for call in (lambda: operation.send(None), lambda: throw_again(operation), operation.close):
        try:
            call()
        except ValueError as error:
            said.append(str(error))
        except BaseException as error:
            said.append(repr(error))
        else:
            said.append("nothing")

    async def wait() -> None:
        await operation

    waiter = wait()
    try:
        waiter.send(None)
    except (ValueError, RuntimeError) as error:
        said.append(str(error))
    except BaseException as error:
        said.append(repr(error))
    else:
        said.append("nothing")
    return said


EXECUTING = "coroutine already executing"
PLACES = ("call", "coroutine", "await", "next")


@over_asking_by_hand
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("way", BY_HAND)
def test_driven_again_from_inside(side: Any, operation: Operation, place: str, way: str) -> None:
    """What the server calls drives the operation that is just running."""
    for number in range(len(operation.calls)):
        server = Server()
        subject = operation.open(side, server)
        said: list[list[str]] = []
        made = operation.start(subject)
        server.answers[number] = answer_at(place, lambda: said.append(drive_again(made)))  # noqa: B023
        outcome = BY_HAND[way](lambda: made)  # noqa: B023
        assert outcome.kind == "returned", str(outcome)
        assert operation.seen(outcome.value) == operation.result
        # nothing was received or sent twice
        assert (tuple(server.calls), tuple(server.sent)) == (operation.calls, operation.sent)
        assert len(said) == 1 and said[0][:3] == [EXECUTING] * 3, said
        assert said[0][3] in (EXECUTING, "coroutine is being awaited already")


@over_operations
def test_awaited_by_two_tasks(side: Any, operation: Operation) -> None:
    """The second is refused, and the first gets what it waits for."""
    server = Server()
    if not operation.calls or not operation.waits:
        pytest.skip("it waits for nothing")

    async def main() -> None:
        subject = operation.open(side, server)
        open_ = asyncio.Event()

        async def held(value: Any) -> Any:
            await open_.wait()
            return value

        server.answers[len(operation.calls) - 1] = held
        made = operation.start(subject)

        async def wait() -> Any:
            return await made

        first = asyncio.create_task(wait())
        for _ in range(20):
            await sleep(0)
        assert not first.done()
        for _ in range(2):
            assert await said_by(wait()) == "coroutine is being awaited already"
        open_.set()
        await asyncio.wait([first], timeout=SECONDS)
        assert first.done(), "it never ended"
        assert operation.seen(first.result()) == operation.result
        assert await said_by(wait()) == "cannot reuse already awaited coroutine"
        assert (tuple(server.calls), tuple(server.sent)) == (operation.calls, operation.sent)

    with asyncio.Runner() as runner:
        runner.run(main())


async def said_by(waiting: Any) -> str:
    """Return the RuntimeError of one that must not wait."""
    task = asyncio.ensure_future(waiting)
    await asyncio.wait([task], timeout=SECONDS)
    if not task.done():
        task.cancel()
        return "nothing, it waits"
    error = task.exception()
    return str(error) if isinstance(error, RuntimeError) else repr(error)


# what lies idle


@takes_long
def test_idle_operations_are_out_of_reach(name: str) -> None:
    """What has ended is found by nobody, so that nobody can close it while another uses its memory."""
    assert isolated(f"disturb_idle_ones({name!r})") == ""


# the C protocol


def sent_into(iterator: Any, value: Any) -> tuple[int | None, bool, BaseException | None]:
    """Call PyIter_Send with a result that is set; return its status, whether the result is NULL now, the error."""
    send = ctypes.PyDLL(None).PyIter_Send
    send.argtypes = [ctypes.py_object, ctypes.py_object, ctypes.POINTER(ctypes.c_void_p)]
    send.restype = ctypes.c_int
    result = ctypes.c_void_p(0x5A5A)
    try:
        status = send(iterator, value, ctypes.byref(result))
    except BaseException as error:
        return None, result.value is None, error
    if result.value is not None and result.value != 0x5A5A:
        ctypes.pythonapi.Py_DecRef(ctypes.cast(result, ctypes.py_object))
    return status, result.value is None, None


def the_c_iterator(made: Any) -> Any:
    """Return what an `await` sends into; of a native coroutine that is the coroutine itself."""
    return made if type(made) is CoroutineType else made.__await__()


@over_those_by_hand
def test_am_send_clears_its_result_with_an_error(side: Any, operation: Operation) -> None:
    """A debug interpreter aborts where an error comes with a result."""
    makers: list[tuple[str, Callable[[], Any], Any]] = []
    for number in range(len(operation.calls)):

        def failing(number: int = number) -> Any:
            subject = operation.open(side, server := Server())

            def fail(value: Any) -> Any:
                raise KeyError("of the server")

            server.answers[number] = fail
            return operation.start(subject)

        makers.append((f"the server's call {number}", failing, None))
    makers.append(("a value for one that was not started", lambda: operation.start(operation.open(side, Server())), 5))

    def ended() -> Any:
        made = operation.start(operation.open(side, Server()))
        made.close()
        return made

    if operation.name.partition("-")[0] != "Request.form":
        makers.append(("one that has ended", ended, None))
    for what, make, value in makers:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = make()
            # `await` is what refuses a coroutine that has ended
            iterator = made if hasattr(made, "cr_code") else the_c_iterator(made)
            _, is_null, error = sent_into(iterator, value)
            made.close()
            del made, iterator
            # an error that was raised keeps the frames that keep what was never awaited
            gc.collect()
        assert error is not None, what
        assert is_null, f"{what}: {error!r}"
