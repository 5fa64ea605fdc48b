"""What is measured in a process of its own: `python -m benchmarks.child TASK CONTESTANT COUNT POOL [cold]`.

Imports little, since under callgrind each import takes seconds. `memory CONTESTANT` prints the bytes of one object,
`check CONTESTANT` does each task that it can and compares the results.
"""

from __future__ import annotations

import gc
import sys

from .contestants import Unavailable, load_contestant
from .driver import check, do_nothing, make_receive, make_scopes, run, runner_of, send
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
    operation = do_nothing if empty else contestant.operations[task.operation]
    runner = run if empty else runner_of(task)
    receive = make_receive(task.events, task.suspends)
    warm_up = min(_WARM_UP, task.repeats)
    scopes = make_scopes(task, contestant, pool + warm_up, cold)
    gc.collect()
    gc.disable()
    runner(operation, scopes, warm_up, receive)
    runner(operation, scopes, count, receive)


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


def measure_memory(contestant_name: str) -> float:
    """Return the bytes of one idle connection object, its scope not counted."""
    import tracemalloc

    contestant = load_contestant(contestant_name)
    construct = contestant.operations["construct"]
    task = TASKS[0]
    receive = make_receive(task.events, False)
    scope = make_scopes(task, contestant, 1, False)[0]
    construct(scope, receive, send)
    objects: list[object] = [None] * _OBJECTS
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(_OBJECTS):
        objects[number] = construct(scope, receive, send)
    gc.collect()
    return (tracemalloc.get_traced_memory()[0] - before) / _OBJECTS


def main(arguments: list[str]) -> int:
    """Do what the arguments say and return the exit status."""
    try:
        if arguments[0] == "memory":
            print(measure_memory(arguments[1]))
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
