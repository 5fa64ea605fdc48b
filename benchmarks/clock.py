"""Time: the contestants take turns, round by round in one process, and each round gives a ratio to the floor.

The processor time of the thread is measured, which does not include the time that other processes take during a batch.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import thread_time_ns
from typing import Final

from .contestants import Contestant
from .driver import Batch
from .suites import Suite
from .tasks import Task

__all__ = ("time_ratios",)

_SMALLEST_BATCH: Final = 8
_LARGEST_BATCH: Final = 4000


def time_ratios(
    suite: Suite,
    tasks: Sequence[Task],
    contestants: Sequence[Contestant],
    *,
    cold: bool = False,
    rounds: int = 25,
    event_loop: bool = False,
    progress: Callable[[str], None] = lambda line: None,
) -> dict[str, dict[str, float]]:
    """Return the nanoseconds of one operation, by task and contestant.

    The floor's time is a median; that of any other contestant is its median ratio to the floor, times the floor's time.

    Args:
        suite: The suite of the tasks and contestants.
        tasks: The tasks.
        contestants: The contestants, including the floor.
        cold: Whether no two inputs are alike.
        rounds: The number of rounds, each of which gives a ratio.
        event_loop: Whether asyncio drives the coroutines, instead of a bare loop.
        progress: Called with a line for each task.

    Raises:
        ValueError: A contestant's result is wrong.
    """
    times = {}
    for number, task in enumerate(tasks, 1):
        able = [contestant for contestant in contestants if task.operation in contestant.operations]
        for contestant in able:
            suite.check(task, contestant)
        times[task.name] = _time_task(suite, task, able, cold, rounds, event_loop)
        floor = times[task.name][suite.floor]
        words = ", ".join(
            f"{name} {time / floor:.2f}" for name, time in times[task.name].items() if name != suite.floor
        )
        progress(f"[{number}/{len(tasks)}] {task.name}: {floor:,.0f} ns; {words}")
    return times


def _time_task(
    suite: Suite, task: Task, contestants: Sequence[Contestant], cold: bool, rounds: int, event_loop: bool
) -> dict[str, float]:
    how = {"cold": cold, "event_loop": event_loop and task.asynchronous}
    floor = next(contestant for contestant in contestants if contestant.name == suite.floor)
    for contestant in contestants:
        suite.make_batch(task, contestant, 64, **how)()
    batch = _batch_size(lambda count: suite.make_batch(task, floor, count, **how), suite.batch_seconds)
    empty = 0.0
    make_empty = suite.make_empty_batch
    if make_empty is not None and not task.has_loop:
        # the shortest of several, since a disturbance makes it longer, and too much would be subtracted
        empty = min(_time_batch(make_empty(task, floor, batch, cold=cold), batch) for _ in range(5))

    def make(contestant: Contestant) -> Callable[[], Batch]:
        return lambda: suite.make_batch(task, contestant, batch, **how)

    makers = {contestant.name: make(contestant) for contestant in contestants}
    return _take_turns(makers, suite.floor, batch, rounds, empty)


def _take_turns(
    makers: Mapping[str, Callable[[], Batch]], floor: str, count: int, rounds: int, empty: float
) -> dict[str, float]:
    """Return the nanoseconds of one operation, by name: the floor's median, the others' median ratio times that.

    Args:
        makers: For each name, a function that returns a new batch.
        floor: The name with which the others are compared.
        count: The number of operations of a batch.
        rounds: The number of rounds, each of which gives a ratio.
        empty: The loop's share of the time of an operation, in nanoseconds, which is subtracted.
    """
    names = list(makers)
    floor_times = []
    ratios: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        # each one is first, and last, as often as any other
        first = turn % len(names)
        found = {name: _time_batch(makers[name](), count) - empty for name in [*names[first:], *names[:first]]}
        floor_times.append(found[floor])
        for name, time in found.items():
            ratios[name].append(time / max(found[floor], 0.01))
    floor_time = median(floor_times)
    return {name: floor_time * median(found) for name, found in ratios.items()}


def _batch_size(make: Callable[[int], Batch], seconds: float) -> int:
    """Return the number of operations that take about as long as wanted.

    Args:
        make: Returns a batch of the given number of operations.
        seconds: The time wanted, in seconds.
    """
    one = min(_time_batch(make(_SMALLEST_BATCH), _SMALLEST_BATCH) for _ in range(5))
    return max(_SMALLEST_BATCH, min(_LARGEST_BATCH, int(seconds * 1e9 / max(one, 1.0))))


def _time_batch(batch: Batch, count: int) -> float:
    """Return the nanoseconds of one operation of a batch with the given number of them."""
    gc.collect()
    gc.disable()
    try:
        start = thread_time_ns()
        batch()
        return (thread_time_ns() - start) / count
    finally:
        gc.enable()
