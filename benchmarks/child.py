"""What is measured in a process of its own: `python -m benchmarks.child TASK CONTESTANT COUNT POOL [cold]`.

Imports little, since under callgrind each import takes seconds. `memory CONTESTANT` prints the bytes of one object,
`check CONTESTANT` does each task that it can and compares the results.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable

from .contestants import Unavailable, load_contestant
from .data import Scope, http_scope, websocket_scope
from .driver import check, make_batch, make_empty_batch, make_receive, make_send, running_loop
from .tasks import TASKS, find_task

__all__ = ("EMPTY", "main")

EMPTY = "empty"
"""The contestant that does nothing, for any task."""

_WARM_UP = 64
_OBJECTS = 10_000


def perform(task_name: str, contestant_name: str, count: int, pool: int, cold: bool) -> None:
    """Do a task so many times.

    The interpreter has specialised the code before, and as many scopes are prepared in the smaller run as in the
    larger, so that two runs differ in nothing but the operations.

    Args:
        task_name: Of the registry.
        contestant_name: Of the registry, or `EMPTY`.
        count: Operations.
        pool: Scopes to prepare, at least as many.
        cold: Whether each scope has values of its own.
    """
    task = find_task(task_name)
    empty = contestant_name == EMPTY
    contestant = load_contestant("raw" if empty else contestant_name)
    check(task, contestant)
    make = make_empty_batch if empty else make_batch
    # before anything is prepared: a larger run has more of it to look through
    gc.collect()
    gc.disable()
    warm_up = make(task, contestant, min(_WARM_UP, task.repeats), cold=cold)
    batch = make(task, contestant, count, pool=pool, cold=cold)
    warm_up()
    batch()


def check_all(contestant_name: str) -> int:
    """Do each task that a contestant can do, compare the results, and return how many tasks that were.

    Raises:
        ValueError: A result is wrong.
    """
    contestant = load_contestant(contestant_name)
    tasks = [task for task in TASKS if task.operation in contestant.operations]
    for task in tasks:
        check(task, contestant)
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
    """Do what the arguments say and return the exit status."""
    try:
        if arguments[0] == "memory":
            print(json.dumps(measure_memory(arguments[1])))
        elif arguments[0] == "check":
            print(check_all(arguments[1]))
        else:
            task, contestant, count, pool = arguments[:4]
            perform(task, contestant, int(count), int(pool), "cold" in arguments[4:])
    except (Unavailable, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
