"""Time: the arms take turns in one process, and each round gives a ratio to the app without the plugin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from ..bounds import Counts
from ..clock import batch_size, take_turns
from ..driver import Batch
from ..tasks import Task
from .arms import WITHOUT, Arm
from .driver import check, make_batch

__all__ = ("time_ratios",)

# a connection's beginning and end are in a batch of messages, so it is a long one
_BATCH_SECONDS: Final = 0.02
_WARM_UP: Final = 64


def time_ratios(
    tasks: Sequence[Task],
    arms: Sequence[Arm],
    *,
    cold: bool = False,
    rounds: int = 25,
    progress: Callable[[str], None] = lambda line: None,
) -> Counts:
    """Return nanoseconds of one request or message, by task and arm.

    Args:
        tasks: What the apps are asked.
        arms: Whose, the one without the plugin among them.
        cold: Whether no two inputs are alike.
        rounds: How many ratios the median is of.
        progress: Called with a line for each task.

    Raises:
        ValueError: An answer is wrong.
    """
    times: Counts = {}
    for number, task in enumerate(tasks, 1):
        for arm in arms:
            check(task, arm.app(task.operation), arm.name)
            _batch(task, arm, cold, _WARM_UP)()
        floor = next(arm for arm in arms if arm.name == WITHOUT)
        count = batch_size(partial(_batch, task, floor, cold), _BATCH_SECONDS)
        makers = {arm.name: partial(_batch, task, arm, cold, count) for arm in arms}
        times[task.name] = take_turns(makers, WITHOUT, count, rounds)
        floor_time = times[task.name][WITHOUT]
        words = ", ".join(f"{name} {time / floor_time:.2f}" for name, time in times[task.name].items())
        progress(f"[{number}/{len(tasks)}] {task.name}: {floor_time:,.0f} ns; {words}")
    return times


def _batch(task: Task, arm: Arm, cold: bool, count: int) -> Batch:
    return make_batch(task, arm.app(task.operation), count, cold=cold)
