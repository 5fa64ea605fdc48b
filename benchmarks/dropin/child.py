"""What is counted in a process of its own: `python -m benchmarks.dropin.child [--cold] ARM TASK...`.

To import Litestar and to make an app takes most of a minute under callgrind, so that one process does all tasks. Before
and after what is to be counted it calls a function of the C library that nothing else calls; callgrind gives what was
counted since the last such call, and begins anew. `check ARM` does each task and compares the answers.
"""

from __future__ import annotations

import gc
import os
import sys

from ..contestants import Unavailable
from ..tasks import Task
from .arms import Arm, load_arm
from .driver import check, make_batch
from .tasks import TASKS, find_task

__all__ = ("MARK", "main")

MARK = "getppid"
"""The function of the C library."""

_WARM_UP = 64


def perform(task: Task, arm: Arm, cold: bool) -> None:
    """Do a task so many times, and three times as many; a mark is before and after each.

    Args:
        task: Of the registry.
        arm: Whose app is asked.
        cold: Whether no two inputs are alike.
    """
    app = arm.app(task.operation)
    check(task, app, arm.name)
    pool = 3 * task.repeats
    make_batch(task, app, _WARM_UP, cold=cold)()
    batches = [make_batch(task, app, count, pool=pool, cold=cold) for count in (task.repeats, pool)]
    gc.disable()
    for batch in batches:
        gc.collect()
        gc.freeze()
        os.getppid()
        batch()
        # what a batch leaves to the collector is a part of what it costs
        gc.collect()
        os.getppid()
        gc.unfreeze()
    gc.enable()


def check_all(arm: Arm) -> int:
    """Do each task, compare the answers, and return how many tasks that were.

    Args:
        arm: Whose app is asked.

    Raises:
        ValueError: An answer is wrong.
    """
    for task in TASKS:
        check(task, arm.app(task.operation), arm.name)
    return len(TASKS)


def main(arguments: list[str]) -> int:
    """Do what the arguments say and return the exit status."""
    way = arguments[0] if arguments[0] in ("check", "--cold") else None
    name, *tasks = arguments[way is not None :]
    try:
        arm = load_arm(name)
        if way == "check":
            print(check_all(arm))
        for task in tasks:
            perform(find_task(task), arm, way == "--cold")
    except (Unavailable, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
