"""Measurements in a separate process: `python -m benchmarks.child SUITE count CONTESTANT warm|cold TASK...`.

Under callgrind each import takes seconds, so one process imports everything and forks for each task. Before and after
the code to be counted, a fork calls a function of the C library that nothing else calls; at each such call, callgrind
writes the counts since the previous one and starts again from zero. `SUITE check CONTESTANT` does all tasks that the
contestant can do and compares the results; `core memory CONTESTANT` prints the bytes of one object.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable

from .contestants import Contestant, Unavailable, load_contestant
from .data import Scope, http_scope, websocket_scope
from .driver import make_receive, make_send, running_loop
from .suites import Suite, load_suite
from .tasks import Task, find_task

__all__ = ("EMPTY", "MARK", "main")

MARK = "getppid"
"""The function of the C library that marks the code to be counted."""

EMPTY = "empty"
"""The name of the contestant that does nothing, whatever the task."""

_WARM_UP = 64
_OBJECTS = 10_000


def count_tasks(suite: Suite, names: list[str], contestant_name: str, cold: bool) -> None:
    """Do each task in a fork, so that none runs code that the interpreter has specialised for another; print its id.

    Args:
        suite: The suite.
        names: The names of its tasks.
        contestant_name: The name of a contestant of the suite, or `EMPTY`.
        cold: Whether no two inputs are alike.

    Raises:
        ValueError: A task has failed; its message is on stderr.
    """
    empty = contestant_name == EMPTY
    contestant = suite.load(suite.floor if empty else contestant_name)
    for name in names:
        process = os.fork()
        if not process:
            _perform_and_exit(suite, find_task(name, suite.tasks), contestant, empty, cold)
        if os.waitpid(process, 0)[1]:
            raise ValueError(f"{contestant_name} has failed in {name}")
        print(process, flush=True)


def _perform_and_exit(suite: Suite, task: Task, contestant: Contestant, empty: bool, cold: bool) -> None:
    status = 2
    try:
        perform(suite, task, contestant, empty, cold)
        status = 0
    except ValueError as error:
        print(error, file=sys.stderr, flush=True)
    finally:
        os._exit(status)


def perform(suite: Suite, task: Task, contestant: Contestant, empty: bool, cold: bool) -> None:
    """Run a batch of `task.repeats` operations and one of three times as many, with a mark before and after each.

    A warm-up lets the interpreter specialise the code, and as many scopes are prepared for the smaller batch as for the
    larger, so that the two batches differ only in the number of operations.

    Args:
        suite: The suite of the task.
        task: The task.
        contestant: The contestant that does it.
        empty: Whether to do nothing instead, which measures the cost of the loop.
        cold: Whether no two inputs are alike.
    """
    suite.check(task, contestant)
    make = suite.make_empty_batch if empty and suite.make_empty_batch is not None else suite.make_batch
    pool = 3 * task.repeats
    # before anything is prepared, since the collector would look through more objects for a larger batch
    gc.collect()
    gc.disable()
    warm_up = make(task, contestant, min(_WARM_UP, task.repeats), cold=cold)
    batches = [make(task, contestant, count, pool=pool, cold=cold) for count in (task.repeats, pool)]
    warm_up()
    for batch in batches:
        if suite.collects:
            gc.collect()
            gc.freeze()
        os.getppid()
        batch()
        if suite.collects:
            gc.collect()
        os.getppid()


def check_all(suite: Suite, contestant_name: str) -> int:
    """Do each task that a contestant can do, compare the results, and return the number of tasks.

    Raises:
        ValueError: A result is wrong.
    """
    contestant = suite.load(contestant_name)
    tasks = [task for task in suite.tasks if task.operation in contestant.operations]
    for task in tasks:
        suite.check(task, contestant)
    return len(tasks)


def measure_memory(contestant_name: str) -> dict[str, float]:
    """Return the bytes of one idle object of each kind that a contestant has, its scope not counted."""
    contestant = load_contestant(contestant_name)
    scopes = {
        "Request": ("construct", {**http_scope(0), **contestant.scope}),
        "WebSocket": ("ws_construct", {**websocket_scope(0), **contestant.websocket_scope}),
    }
    with running_loop(contestant):
        return {
            kind: _memory_of(contestant.operations[operation], scope)
            for kind, (operation, scope) in scopes.items()
            if operation in contestant.operations
        }


def _memory_of(construct: Callable[..., object], scope: Scope) -> float:
    import tracemalloc

    receive = make_receive(iter(()), False)
    send = make_send(False)
    construct(scope, receive, send)
    objects: list[object] = [None] * _OBJECTS
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(_OBJECTS):
        objects[number] = construct(scope, receive, send)
    gc.collect()
    size = (tracemalloc.get_traced_memory()[0] - before) / _OBJECTS
    tracemalloc.stop()
    return size


def main(arguments: list[str]) -> int:
    """Run the command line, and return the exit status."""
    suite = load_suite(arguments[0])
    way, contestant, *words = arguments[1:]
    try:
        if way == "memory":
            print(json.dumps(measure_memory(contestant)))
        elif way == "check":
            print(check_all(suite, contestant))
        else:
            inputs, *names = words
            count_tasks(suite, names, contestant, inputs == "cold")
    except (Unavailable, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
