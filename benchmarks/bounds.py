"""The bounds that the counts must keep, the tasks that each is about, and whether it is kept."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from math import exp, log
from typing import Final, Literal, NamedTuple

from .contestants import FLOOR
from .tasks import SUSPENDED, TASKS, Task

__all__ = ("BOUNDS", "Bound", "Counts", "Measure", "Verdict", "geometric_mean", "judge", "ratio", "ratios_of")

Measure = Literal["instructions", "nanoseconds"]
Counts = dict[str, dict[str, float]]
"""The counts of one operation, by task and contestant."""

_LITECON: Final = ("compiled", "pure")
# before CPython 3.12 the value of an operation reaches the caller without a StopIteration
_IS_OLD: Final = sys.version_info < (3, 12)
_MESSAGE_INSTRUCTIONS: Final = 900 if _IS_OLD else 1500
_FLOOR_BOUNDS: Final = (
    # task, bound on CPython 3.11, bound from 3.12 on
    ("accept", 0.4, 0.4),
    ("url", 1.15, 1.15),
    ("base-url", 1.15, 1.15),
    ("body-200B", 1.35, 1.5),
    ("stream-64x16KiB", 1.3, 1.5),
    ("json-200B", 1.15, 1.15),
    ("msgpack-150B", 1.25, 1.25),
    ("typical", 0.7, 0.7),
    ("form-10-fields", 0.9, 0.9),
    ("multipart-10-fields", 0.7, 0.7),
    ("multipart-1000-fields", 0.6, 0.6),
    ("multipart-8MiB-on-disk", 1.2, 1.2),
    ("multipart-8MiB-stream", 1.0, 1.0),
    ("ws-accept", 1.8, 1.8),
)
_PURE_BOUNDS: Final = (("multipart-10-fields", 2.5), ("multipart-1000-fields", 2.0))
_FASTEST_PEERS: Final = {
    "ws-accept": 7.2,
    "ws-receive-text": 3.5,
    "ws-iterate-text": 3.5,
    "ws-send-text": 3.1,
    "ws-send-json": 2.1,
    "ws-echo-text": 3.4,
}
"""The fastest of all peers known, each as a multiple of the raw floor in instructions on CPython 3.11."""


_FASTEST_FORM_PEERS: Final = {
    "form-10-fields": 2.4,
    "multipart-10-fields": 5.0,
    "multipart-8MiB": 1.3,
    "multipart-8MiB-stream": 1.3,
}
"""The same for forms; the number known for a file of 8 MiB is that of a peer that reads it part by part."""


class Verdict(NamedTuple):
    """Whether a bound is kept.

    Args:
        title: What is bounded.
        limit: The bound.
        number: The number that was measured; None if none was.
        detail: The task, or other source, of the number.
        strict: Whether the number must be below the limit, not equal to it.
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
        measure: Returns the number and its source; None if it was not measured.
        strict: Whether the number must be below the limit, not equal to it.
        instructions: Whether the bound applies to instructions only, not to times.
    """

    title: str
    limit: float
    measure: Callable[[Counts], tuple[float, str] | None]
    strict: bool = False
    instructions: bool = False


def ratio(counts: Counts, task: str, contestant: str, to: str) -> float | None:
    """Return one contestant's count as a multiple of another's; None if one of them is missing."""
    found = counts.get(task, {})
    if contestant not in found or to not in found:
        return None
    return found[contestant] / found[to]


def ratios_of(counts: Counts, tasks: Sequence[Task], contestant: str, to: str) -> list[float]:
    """Return the ratios of all tasks that both contestants have done."""
    found = (ratio(counts, task.name, contestant, to) for task in tasks)
    return [number for number in found if number is not None]


def geometric_mean(numbers: Sequence[float]) -> float | None:
    """Return the geometric mean; None if there are no numbers."""
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


def _above(task: str, contestant: str, to: str) -> Callable[[Counts], tuple[float, str] | None]:
    def measure(counts: Counts) -> tuple[float, str] | None:
        found = counts.get(task, {})
        return (found[contestant] - found[to], task) if contestant in found and to in found else None

    return measure


def _mean(contestant: str, to: str, is_meant: Callable[[Task], bool]) -> Callable[[Counts], tuple[float, str] | None]:
    """Return a function that measures the mean over some tasks with each kind of `receive`, and returns the worse."""

    def measure(counts: Counts) -> tuple[float, str] | None:
        means = {}
        for suspends, name in ((False, "receive at once"), (True, "receive suspends")):
            tasks = [task for task in TASKS if is_meant(task) and task.suspends == (suspends and task.asynchronous)]
            # the bound is about the mean of all these tasks, not of some
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


def _is_http(task: Task) -> bool:
    return task.kind == "http" and not task.in_asyncio


def _is_own_http(task: Task) -> bool:
    return task.kind == "http" and task.work == "own"


def _is_websocket(task: Task) -> bool:
    return task.kind == "websocket"


def _is_one_of_six(task: Task) -> bool:
    return task.name.removesuffix(SUSPENDED) in _FASTEST_PEERS


def _both(name: str) -> tuple[str, str]:
    return name, name + SUSPENDED


BOUNDS: Final = (
    Bound("construct, of Litestar's", 0.15, _one(["construct"], "compiled", "litestar")),
    Bound("one header, of the raw floor", 1.0, _one(["one-header"], "compiled", FLOOR), True),
    Bound("headers and cookies, of the raw floor", 1.0, _one(["headers-and-cookies"], "compiled", FLOOR), True),
    Bound("query, of the raw floor", 1.0, _one(["query"], "compiled", FLOOR), True),
    Bound("content type, of the raw floor", 1.0, _one(["content-type"], "compiled", FLOOR), True),
    *(
        Bound(f"{name}, of the raw floor", old if _IS_OLD else new, _one(_both(name), "compiled", FLOOR))
        for name, old, new in _FLOOR_BOUNDS
    ),
    *(
        Bound(f"{name}, pure, of the raw floor", limit, _one(_both(name), "pure", FLOOR))
        for name, limit in _PURE_BOUNDS
    ),
    *(
        Bound(f"{name}, of Litestar's", 1.0, _one(_both(name), "compiled", "litestar"), True)
        for name in (*_FASTEST_FORM_PEERS, "form-1000-fields", "multipart-1000-fields")
        # Litestar cannot read a form part by part
        if name != "multipart-8MiB-stream"
    ),
    Bound("HTTP tasks of the raw floor, geometric mean", 0.82 if _IS_OLD else 0.88, _mean("compiled", FLOOR, _is_http)),
    Bound("litecon's own HTTP tasks of the pure side, geometric mean", 0.33, _mean("compiled", "pure", _is_own_http)),
    *(
        Bound(
            f"{name}, instructions above the raw floor",
            _MESSAGE_INSTRUCTIONS,
            _above(name, "compiled", FLOOR),
            instructions=True,
        )
        for name in ("ws-receive-text", "ws-iterate-text", "ws-send-text")
    ),
    *(
        Bound(f"{name}, of the raw floor: the fastest peer known", limit, _one([name], "compiled", FLOOR), True)
        for name, limit in (_FASTEST_FORM_PEERS | _FASTEST_PEERS).items()
    ),
    *(
        Bound(f"{tasks}, of {other}, geometric mean", limit, _mean("compiled", to, is_meant))
        for tasks, is_meant in (("all WebSocket tasks", _is_websocket), ("the six WebSocket tasks", _is_one_of_six))
        for other, to, limit in (("the raw floor", FLOOR, 1.5 if _IS_OLD else 1.75), ("the pure side", "pure", 0.65))
    ),
    Bound("each task, of the pure side", 1.0, _one([task.name for task in TASKS], "compiled", "pure")),
    Bound("each task, of the fastest peer", 1.0, _against_peers, True),
)


def judge(
    counts: Counts,
    memory: dict[str, dict[str, float]],
    measure: Measure = "instructions",
) -> list[Verdict]:
    """Return for each bound whether it is kept.

    Args:
        counts: The instructions or times, by task and contestant.
        memory: The bytes of one object, by contestant and class.
        measure: The unit of the counts.
    """
    verdicts = []
    for bound in BOUNDS:
        if bound.instructions and measure != "instructions":
            continue
        number, detail = bound.measure(counts) or (None, "")
        verdicts.append(Verdict(bound.title, bound.limit, number, detail, bound.strict))
    for kind in ("Request", "WebSocket"):
        size = memory.get("compiled", {}).get(kind)
        verdicts.append(Verdict(f"bytes of an idle {kind}", 200, size, "its scope not counted"))
    return verdicts
