"""What was found out about the drop-in: a table, the rows in which it makes an app slower, and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple

from ..bounds import Counts, geometric_mean, ratio, ratios_of
from ..report import aligned, as_written, circumstances, number_text
from ..tasks import Task
from .arms import WITHOUT

__all__ = ("Outcome", "text_of", "write_json")

_FORMAT: Final = 1
_DIGITS: Final = 3


class Outcome(NamedTuple):
    """What a run has found out.

    Args:
        measure: What the counts are: `instructions`, `nanoseconds`, or the name of a server, whose counts are
            nanoseconds.
        cold: Whether no two inputs were alike.
        tasks: That were done.
        arms: The names of those that were compared, the one without the plugin first.
        counts: Of one request or message, by task and arm.
        processor_times: Of a server, in nanoseconds, likewise.
    """

    measure: str
    cold: bool
    tasks: Sequence[Task]
    arms: Sequence[str]
    counts: Counts
    processor_times: Counts = {}

    @property
    def with_plugin(self) -> list[str]:
        """The names of the arms with the plugin."""
        return [arm for arm in self.arms if arm != WITHOUT]

    @property
    def judged(self) -> Counts:
        """Of the counts those that are steadier: on a shared machine the clock counts what others do."""
        return self.processor_times or self.counts

    def ratio(self, task: str, arm: str) -> float | None:
        """Return what an arm takes as a multiple of what the app without the plugin does."""
        return ratio(self.judged, task, arm, WITHOUT)

    @property
    def slower(self) -> list[str]:
        """Where an arm with the plugin takes more than the one without, in words."""
        found = []
        for task in self.tasks:
            for arm in self.with_plugin:
                number = self.ratio(task.name, arm)
                if number is not None and number > 1:
                    found.append(f"{task.name}, {arm}: {number:.3f}")
        return found


def text_of(outcome: Outcome) -> str:
    """Return the table, and the rows that are slower with the plugin."""
    table = _rates_table(outcome) if outcome.measure not in ("instructions", "nanoseconds") else _counts_table(outcome)
    slower = outcome.slower
    last = "with the plugin nothing is slower" if not slower else "SLOWER with the plugin: " + "; ".join(slower)
    return f"{table}\n\n{last}"


def write_json(outcome: Outcome, path: Path) -> None:
    """Write the result to a file.

    Args:
        outcome: The result.
        path: Of the file, which is overwritten.
    """
    data = {
        "about": "the drop-in for Litestar",
        "litestar": version("litestar"),
        "arms": list(outcome.arms),
        "tasks": [
            {
                "name": task.name,
                "summary": task.summary,
                "kind": task.kind,
                "counts": outcome.counts[task.name],
                "processor_times": outcome.processor_times.get(task.name, {}),
                "of_without": {arm: outcome.ratio(task.name, arm) for arm in outcome.with_plugin},
            }
            for task in outcome.tasks
        ],
        "slower": outcome.slower,
    }
    path.write_text(as_written(_FORMAT, outcome.measure, outcome.cold, data), encoding="utf-8")


def _counts_table(outcome: Outcome) -> str:
    rows = [["task", WITHOUT, *(cell for arm in outcome.with_plugin for cell in (arm, "ratio"))]]
    for task in outcome.tasks:
        found = outcome.counts[task.name]
        row = [task.name, f"{found[WITHOUT]:,.0f}"]
        for arm in outcome.with_plugin:
            row += [f"{found[arm]:,.0f}", number_text(outcome.ratio(task.name, arm), _DIGITS)]
        rows.append(row)
    rows.append([])
    for title, tasks in _groups(outcome):
        row = [f"mean: {title}", ""]
        for arm in outcome.with_plugin:
            row += ["", number_text(geometric_mean(ratios_of(outcome.counts, tasks, arm, WITHOUT)), _DIGITS)]
        rows.append(row)
    title = (
        f"{outcome.measure} of one request or message in a Litestar app, {_circumstances(outcome)}; below 1 is faster"
    )
    return f"{title}\n\n{aligned(rows)}"


def _rates_table(outcome: Outcome) -> str:
    """Return requests and messages a second; a rate is the better the larger it is, and so is its ratio."""
    measured = [counts for counts in (outcome.counts, outcome.processor_times) if counts]
    titles = ["", ", of processor time"][: len(measured)]
    rows = [["task", f"{WITHOUT}, a second", *(arm + title for title in titles for arm in outcome.with_plugin)]]
    for task in outcome.tasks:
        row = [task.name, f"{1e9 / outcome.counts[task.name][WITHOUT]:,.0f}"]
        for counts in measured:
            row += [number_text(ratio(counts, task.name, WITHOUT, arm), _DIGITS) for arm in outcome.with_plugin]
        rows.append(row)
    rows.append([])
    for title, tasks in _groups(outcome):
        row = [f"mean: {title}", ""]
        for counts in measured:
            means = [geometric_mean(ratios_of(counts, tasks, WITHOUT, arm)) for arm in outcome.with_plugin]
            row += [number_text(mean, _DIGITS) for mean in means]
        rows.append(row)
    title = f"{outcome.measure}: requests and messages a second, {_circumstances(outcome)}; above 1 is faster"
    return f"{title}\n\n{aligned(rows)}"


def _circumstances(outcome: Outcome) -> str:
    words = circumstances(outcome.cold, f"Litestar {version('litestar')}")
    return f"{words}; ratios are to the app without the plugin, and means geometric"


def _groups(outcome: Outcome) -> list[tuple[str, list[Task]]]:
    groups = []
    for kind, protocol in (("http", "HTTP"), ("websocket", "WebSocket")):
        for suspends, futures, way in ((False, False, "at once"), (True, False, "suspended"), (True, True, "futures")):
            of_way = (kind, suspends, futures)
            tasks = [task for task in outcome.tasks if (task.kind, task.suspends, task.futures) == of_way]
            groups.append((f"{protocol}, {way}", tasks))
    return [(title, tasks) for title, tasks in groups if tasks]
