"""Whole servers, one for each arm, all running at once; a client loads them in turn, task by task.

Turns are short and many: what else runs on the machine disturbs neighbours alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from statistics import median
from typing import Final

from ..bounds import Counts
from ..server import run_client, serving
from ..tasks import Task
from .arms import ARMS, WITHOUT, Arm
from .tasks import APP

__all__ = ("loaded_tasks", "time_servers")

_CONNECTIONS: Final = 16
_REQUESTS: Final = 96
_MESSAGES: Final = 320
_MEGABYTES: Final = 24


def loaded_tasks(tasks: Sequence[Task]) -> list[Task]:
    """Return those of the tasks that a server can be asked: whether it suspends is for itself to say.

    Args:
        tasks: Of the registry.
    """
    return [
        task for task in tasks if task.operation == APP and not task.suspends and (task.message or task.kind == "http")
    ]


def time_servers(
    server: str,
    tasks: Sequence[Task],
    arms: Sequence[Arm],
    *,
    rounds: int = 25,
    progress: Callable[[str], None] = lambda line: None,
) -> tuple[Counts, Counts]:
    """Return nanoseconds of one request or message, by task and arm: by the clock, and of the server's processor time.

    By the clock the client's own share is in it. Where the system does not tell processor times, there are none.

    Args:
        server: By name.
        tasks: What the apps are asked.
        arms: Whose, the one without the plugin among them.
        rounds: How many ratios the median is of.
        progress: Called with a line for each task.

    Raises:
        MeasureFailed: A server or the client has failed.
        Unavailable: The server is not installed.
    """
    times: Counts = {}
    processor_times: Counts = {}
    with ExitStack() as servers:
        addresses = {}
        names = [arm.name for arm in arms]
        for arm in arms:
            app = "without" if arm.plugin is None else "with_plugin"
            pure = ARMS[arm.name] == "pure"
            running = serving(server, app, module_of_app="benchmarks.dropin.served", pure=pure)
            started = servers.enter_context(running)
            addresses[arm.name] = f"{started.port}:{started.process.pid}"
        for number, task in enumerate(tasks, 1):
            count = _count_of(task)
            words = [task.name, *map(str, (_CONNECTIONS, count, rounds)), *addresses.values()]
            found = run_client(["benchmarks.dropin.load", *words])
            times[task.name] = _times(names, found, count)
            if len(found[0]) > len(names):
                processor_times[task.name] = _times(names, [seconds[len(names) :] for seconds in found], count)
            floor = times[task.name][WITHOUT]
            rates = ", ".join(f"{name} {floor / time:.3f}" for name, time in times[task.name].items())
            progress(f"[{number}/{len(tasks)}] {task.name}: {1e9 / floor:,.0f} a second; {rates}")
    return times, processor_times


def _count_of(task: Task) -> int:
    if task.per_message:
        return _MESSAGES
    size = sum(len(event["body"]) for event in task.events)
    return min(_REQUESTS, max(_CONNECTIONS, _MEGABYTES * 1024 * 1024 // max(size, 1)))


def _times(arms: list[str], found: list[list[float]], count: int) -> dict[str, float]:
    """Return the nanoseconds of one: those of the arm without are a median, the others' the median ratio times it."""
    without = arms.index(WITHOUT)
    floor = median(seconds[without] for seconds in found) / count * 1e9
    return {arm: floor * median(seconds[at] / seconds[without] for seconds in found) for at, arm in enumerate(arms)}
