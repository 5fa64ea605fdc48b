"""A whole server that runs the apps of all arms; a client asks them in turn, task by task.

Turns are short and many: what else runs on the machine disturbs neighbours alike. All are in one process, which is
started several times: of two that run the same one may be a fifth slower all its life, by where its memory lies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Final

from ..bounds import Counts
from ..server import run_client, serving
from ..tasks import Task
from .arms import WITHOUT, Arm
from .tasks import APP

__all__ = ("loaded_tasks", "time_servers")

_STARTS: Final = 5
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
    names = [arm.name for arm in arms]
    found: dict[str, list[list[float]]] = {task.name: [] for task in tasks}
    starts = min(_STARTS, rounds)
    for start in range(starts):
        # each has its connections opened first as often as any other
        first = start % len(names)
        order = [*names[first:], *names[:first]]
        with serving(server, "arms", module_of_app="benchmarks.dropin.served") as running:
            for number, task in enumerate(tasks, 1):
                counts = (_CONNECTIONS, _count_of(task), -(-rounds // starts), running.port, running.process.pid)
                for turn in run_client(["benchmarks.dropin.load", task.name, *map(str, counts), *order]):
                    halves = turn[: len(names)], turn[len(names) :]
                    found[task.name].append([half[order.index(name)] for half in halves if half for name in names])
                progress(f"start {start + 1} of {starts}: [{number}/{len(tasks)}] {task.name}")
    times: Counts = {}
    processor_times: Counts = {}
    for task in tasks:
        count = _count_of(task)
        seconds = found[task.name]
        times[task.name] = _times(names, [one[: len(names)] for one in seconds], count)
        if len(seconds[0]) > len(names):
            processor_times[task.name] = _times(names, [one[len(names) :] for one in seconds], count)
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
