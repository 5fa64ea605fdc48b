"""What the counts must show: each bound, the tasks that it is about, and whether it is reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, log
from typing import Final, NamedTuple

from .contestants import FLOOR
from .tasks import SUSPENDED, TASKS, Task

__all__ = ("BOUNDS", "Bound", "Counts", "Verdict", "geometric_mean", "judge", "ratio", "ratios_of")

Counts = dict[str, dict[str, float]]
"""By task and contestant."""

_LITECON: Final = ("compiled", "fallback")


class Verdict(NamedTuple):
    """How a bound stands.

    Args:
        title: What is bounded.
        limit: The bound.
        number: What was found; None where what it is about was not measured.
        detail: Where the number is from.
        strict: Whether the number must lie below the limit, not at it.
    """

    title: str
    limit: float
    number: float | None
    detail: str = ""
    strict: bool = False

    @property
    def reached(self) -> bool | None:
        """Whether the bound is kept; None if that is not known."""
        if self.number is None:
            return None
        return self.number < self.limit if self.strict else self.number <= self.limit


class Bound(NamedTuple):
    """A bound.

    Args:
        title: What is bounded.
        limit: The largest number that is allowed.
        measure: Returns the number and where it is from, None if it was not measured.
        strict: Whether the number must lie below the limit.
    """

    title: str
    limit: float
    measure: Callable[[Counts], tuple[float, str] | None]
    strict: bool = False


def ratio(counts: Counts, task: str, contestant: str, to: str) -> float | None:
    """Return one contestant's count as a multiple of another's, None if one of them is missing."""
    found = counts.get(task, {})
    if contestant not in found or to not in found:
        return None
    return found[contestant] / found[to]


def ratios_of(counts: Counts, tasks: Sequence[Task], contestant: str, to: str) -> list[float]:
    """Return the ratios of all tasks that both have done."""
    found = (ratio(counts, task.name, contestant, to) for task in tasks)
    return [number for number in found if number is not None]


def geometric_mean(numbers: Sequence[float]) -> float | None:
    """Return the geometric mean, None of nothing."""
    return exp(sum(map(log, numbers)) / len(numbers)) if numbers and min(numbers) > 0 else None


def _one(tasks: Sequence[str], contestant: str, to: str) -> Callable[[Counts], tuple[float, str] | None]:
    def measure(counts: Counts) -> tuple[float, str] | None:
        return _worst({name: ratio(counts, name, contestant, to) for name in tasks})

    return measure


def _worst(numbers: dict[str, float | None]) -> tuple[float, str] | None:
    found = {name: number for name, number in numbers.items() if number is not None}
    if not found:
        return None
    name = max(found, key=found.__getitem__)
    return found[name], name


def _mean(contestant: str, to: str, own_only: bool) -> Callable[[Counts], tuple[float, str] | None]:
    """Measure the mean over the HTTP tasks, once with each kind of `receive`; the worse counts."""

    def measure(counts: Counts) -> tuple[float, str] | None:
        means = {}
        for suspends, name in ((False, "receive at once"), (True, "receive suspends")):
            tasks = [
                task
                for task in TASKS
                if task.kind == "http"
                and task.suspends == (suspends and task.asynchronous)
                and not (own_only and task.work != "own")
            ]
            # the mean of some of the tasks would say nothing about the bound
            ratios = ratios_of(counts, tasks, contestant, to)
            means[name] = geometric_mean(ratios) if len(ratios) == len(tasks) else None
        return _worst(means)

    return measure


def _against_peers(counts: Counts) -> tuple[float, str] | None:
    numbers: dict[str, float | None] = {}
    for name, found in counts.items():
        peers = [peer for peer in found if peer not in (FLOOR, *_LITECON)]
        if peers and "compiled" in found:
            fastest = min(peers, key=found.__getitem__)
            numbers[f"{name}, {fastest}"] = ratio(counts, name, "compiled", fastest)
    return _worst(numbers)


def _both(name: str) -> tuple[str, str]:
    return name, name + SUSPENDED


BOUNDS: Final = (
    Bound("construct, of Litestar's", 0.15, _one(["construct"], "compiled", "litestar")),
    Bound("one header, of the raw floor", 1.0, _one(["one-header"], "compiled", FLOOR), True),
    Bound("headers and cookies, of the raw floor", 1.0, _one(["headers-and-cookies"], "compiled", FLOOR), True),
    Bound("query, of the raw floor", 1.0, _one(["query"], "compiled", FLOOR), True),
    Bound("content type, of the raw floor", 1.0, _one(["content-type"], "compiled", FLOOR), True),
    Bound("accept, of the raw floor", 1.0, _one(["accept"], "compiled", FLOOR), True),
    Bound("body of one chunk, of the raw floor", 1.3, _one(_both("body-200B"), "compiled", FLOOR)),
    Bound("stream of 64 chunks, of the raw floor", 1.3, _one(_both("stream-64x16KiB"), "compiled", FLOOR)),
    Bound("typical request, of the raw floor", 0.5, _one(_both("typical"), "compiled", FLOOR)),
    Bound("HTTP tasks of the raw floor, geometric mean", 0.8, _mean("compiled", FLOOR, False)),
    Bound("litecon's own HTTP tasks of the fallback, geometric mean", 0.33, _mean("compiled", "fallback", True)),
    Bound("each task, of the fallback", 1.0, _one([task.name for task in TASKS], "compiled", "fallback")),
    Bound("each task, of the fastest peer", 1.0, _against_peers, True),
)


def judge(counts: Counts, memory: dict[str, float]) -> list[Verdict]:
    """Return how each bound stands.

    Args:
        counts: Instructions or times.
        memory: Bytes of one object, by contestant.
    """
    verdicts = []
    for bound in BOUNDS:
        number, detail = bound.measure(counts) or (None, "")
        verdicts.append(Verdict(bound.title, bound.limit, number, detail, bound.strict))
    verdicts.append(Verdict("bytes of an idle Request", 200, memory.get("compiled"), "its scope not counted"))
    return verdicts
