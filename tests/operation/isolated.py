"""Tests of operations in a separate interpreter, since they may crash it."""

from __future__ import annotations

import contextlib
import copy
import faulthandler
import gc
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator
from types import CoroutineType
from typing import Any

from ..helpers import check_python
from ..sides import load_side
from .answers import answer_at
from .operations import OPERATIONS, Operation, Server
from .running import BY_HAND

# Py_TPFLAGS_HEAPTYPE: of a class that Python code defines
HEAP_TYPE = 1 << 9


def isolated(call: str, module: str = "isolated") -> str:
    """Return what a call prints in a fresh interpreter.

    Args:
        call: Its text.
        module: Which of this folder has the function.
    """
    code = f"from tests.operation import isolated, {module}\nisolated.start()\n{module}.{call}"
    # as long as the test may take
    return check_python(code, timeout=950)


def start() -> None:
    """Have a crash, and what hangs, tell where.

    What runs for ever is ended by the processor time that it takes, which is the same on a busy machine, and what waits
    for ever by the clock, after a time that is long even there.
    """
    faulthandler.enable()
    faulthandler.dump_traceback_later(900, exit=True)
    limit_processor_time(250)
    # of what was made and not awaited
    warnings.simplefilter("ignore")


def limit_processor_time(seconds: int) -> None:
    """Have this process, and each that it forks, end with a traceback once it has run for so long."""
    if sys.platform == "win32":
        return
    import resource
    import signal

    faulthandler.register(signal.SIGXCPU, chain=True)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _of_a_side(name: Any) -> Iterator[tuple[Any, Operation]]:
    side = load_side(name)
    for operation in OPERATIONS:
        if operation.exists(side) and not operation.needs_loop:
            yield side, operation


def make_operations(name: str) -> None:
    """Print each way to make an operation out of nothing."""
    seen = set()
    for side, operation in _of_a_side(name):
        made = operation.start(operation.open(side, Server()))
        kind = type(made)
        made.close()
        # what Python code defines can be made from Python
        if kind in seen or kind.__flags__ & HEAP_TYPE:
            continue
        seen.add(kind)
        ways: dict[str, Callable[[], Any]] = {
            "a call": kind,
            "__new__": lambda: kind.__new__(kind),  # noqa: B023
            "object.__new__": lambda: object.__new__(kind),  # noqa: B023
            "a subclass": lambda: type("Subclass", (kind,), {}),  # noqa: B023
            "copy": lambda: copy.copy(made),  # noqa: B023
            "pickle": lambda: pickle.dumps(made),  # noqa: B023
        }
        for what, way in ways.items():
            try:
                result = way()
            except TypeError:
                continue
            print(f"{operation}: {what} of {kind} gives something", flush=True)
            try:
                if isinstance(result, kind):
                    result.send(None)
                    result.close()
            except Exception as error:
                print(f"{operation}: {error!r}", flush=True)


def disturb_idle_ones(name: str) -> None:
    """Print what is found of operations that have ended, and what becomes of the next one if they are driven."""
    for side, operation in _of_a_side(name):
        found: list[Any] = []
        kind = _ended(side, operation)
        # an error that was raised keeps the frames that keep its operation
        gc.collect()
        # the interpreter keeps its own apart
        if kind is CoroutineType or kind.__module__.endswith("forms"):
            continue
        found = [each for each in gc.get_objects() if type(each) is kind]
        if found:
            print(f"{operation}: {len(found)} found", flush=True)
        for act in ACTS:
            try:
                complaint = _disturbed(side, operation, found, act)
            except Exception as error:
                complaint = f"{error!r}"
            if complaint is not None:
                print(f"{operation}, after {act}(): {complaint}", flush=True)


def _ended(side: Any, operation: Operation) -> type[Any]:
    """Return the type of an operation that has run and is gone."""
    made = operation.start(operation.open(side, Server()))
    BY_HAND["by-hand"](lambda: made)
    return type(made)


ACTS: dict[str, Callable[[Any], Any]] = {
    "close": lambda operation: operation.close(),
    "throw": lambda operation: operation.throw(KeyError),
    "send": lambda operation: operation.send(None),
}


def _disturbed(side: Any, operation: Operation, found: list[Any], act: str) -> str | None:
    """Return what is wrong with the next operation, while those that lie idle are driven."""

    def disturb() -> None:
        for each in found:
            with contextlib.suppress(BaseException):
                ACTS[act](each)

    disturb()
    server = Server()
    subject = operation.open(side, server)
    server.answers[0] = answer_at("call", disturb)
    made = operation.start(subject)
    if any(each is made for each in found):
        return "one is used again"
    outcome = BY_HAND["by-hand"](lambda: made)
    if operation.error is None and (outcome.kind != "returned" or operation.seen(outcome.value) != operation.result):
        return str(outcome)
    if (tuple(server.calls), tuple(server.sent)) != (operation.calls, operation.sent):
        return f"{server.calls}, {server.sent}"
    return None
