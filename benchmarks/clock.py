"""Time: the contestants take turns, round by round in one process, and each round gives a ratio to the raw floor.

It is the thread's processor time: what other processes take of the machine in the middle of a batch is not in it.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Sequence
from statistics import median
from time import thread_time_ns
from typing import Any, Final

from .contestants import FLOOR, Contestant
from .data import Scope
from .driver import Runner, await_all, check, do_nothing, make_receive, make_scopes, run, runner_of
from .tasks import Task

__all__ = ("time_ratios",)

_SMALLEST_BATCH: Final = 8
_LARGEST_BATCH: Final = 4000


def time_ratios(
    tasks: Sequence[Task],
    contestants: Sequence[Contestant],
    *,
    cold: bool = False,
    rounds: int = 25,
    batch_seconds: float = 0.004,
    event_loop: bool = False,
    progress: Callable[[str], None] = lambda line: None,
) -> dict[str, dict[str, float]]:
    """Return nanoseconds of one operation, by task and contestant: the floor's median, and each other's ratio times it.

    Args:
        tasks: What to do.
        contestants: Who does it, the floor among them.
        cold: Whether no two inputs are alike.
        rounds: How many ratios the median is of.
        batch_seconds: How long the floor is to take in a round.
        event_loop: Whether asyncio drives the coroutines, instead of a bare loop.
        progress: Called with a line for each task.

    Raises:
        ValueError: A contestant's result is wrong.
    """
    times = {}
    for number, task in enumerate(tasks, 1):
        able = [contestant for contestant in contestants if task.operation in contestant.operations]
        for contestant in able:
            check(task, contestant)
        times[task.name] = _time_task(task, able, cold, rounds, batch_seconds, event_loop)
        floor = times[task.name][FLOOR]
        words = ", ".join(f"{name} {time / floor:.2f}" for name, time in times[task.name].items() if name != FLOOR)
        progress(f"[{number}/{len(tasks)}] {task.name}: {floor:,.0f} ns; {words}")
    return times


def _time_task(
    task: Task, contestants: Sequence[Contestant], cold: bool, rounds: int, batch_seconds: float, event_loop: bool
) -> dict[str, float]:
    runner = _run_in_asyncio if event_loop and task.asynchronous else runner_of(task)
    receive = make_receive(task.events, task.suspends)
    floor = next(contestant for contestant in contestants if contestant.name == FLOOR)
    batch = _batch_size(task, floor, runner, receive, batch_seconds)
    for contestant in contestants:
        _time_batch(contestant.operations[task.operation], runner, make_scopes(task, contestant, 64, cold), receive)
    # the least of several: whatever disturbs it makes it longer, and would take too much off
    empty = min(_time_batch(do_nothing, run, make_scopes(task, floor, batch, cold), receive) for _ in range(5))
    floor_times = []
    ratios: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    for turn in range(rounds):
        # each is first, and last, as often as any other
        order = [*contestants[turn % len(contestants) :], *contestants[: turn % len(contestants)]]
        found = {
            contestant.name: _time_batch(
                contestant.operations[task.operation], runner, make_scopes(task, contestant, batch, cold), receive
            )
            - empty
            for contestant in order
        }
        floor_times.append(found[FLOOR])
        for name, time in found.items():
            ratios[name].append(time / max(found[FLOOR], 0.01))
    floor_time = median(floor_times)
    return {name: floor_time * median(found) for name, found in ratios.items()}


def _batch_size(task: Task, floor: Contestant, runner: Runner, receive: Any, seconds: float) -> int:
    operation = floor.operations[task.operation]
    one = min(
        _time_batch(operation, runner, make_scopes(task, floor, _SMALLEST_BATCH, False), receive) for _ in range(5)
    )
    return max(_SMALLEST_BATCH, min(_LARGEST_BATCH, int(seconds * 1e9 / max(one, 1.0))))


def _time_batch(operation: Callable[..., Any], runner: Runner, scopes: list[Scope], receive: Any) -> float:
    """Return the nanoseconds of one operation; there are as many as scopes."""
    count = len(scopes)
    gc.collect()
    gc.disable()
    try:
        start = thread_time_ns()
        runner(operation, scopes, count, receive)
        return (thread_time_ns() - start) / count
    finally:
        gc.enable()


def _run_in_asyncio(operation: Callable[..., Any], scopes: list[Scope], count: int, receive: Any) -> None:
    asyncio.run(await_all(operation, scopes, count, receive))
