"""The results for the drop-in: a table, the rows in which it makes an app slower, and JSON."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Final

from ..bounds import geometric_mean, ratio, ratios_of
from ..report import Outcome, aligned, as_written, circumstances, number_text
from ..tasks import Task
from .suite import WITHOUT

__all__ = ("text_of", "write_json")

_FORMAT: Final = 1
_DIGITS: Final = 3


def _with_plugin(outcome: Outcome) -> list[str]:
    return [contestant.name for contestant in outcome.contestants if contestant.name != WITHOUT]


def _ratio(outcome: Outcome, task: Task, name: str) -> float | None:
    """Return the cost of a contestant as a multiple of that of the app without the plugin.

    Processor times are preferred, since on a shared machine the wall time includes other processes.
    """
    return ratio(outcome.processor_times or outcome.counts, task.name, name, WITHOUT)


def _slower(outcome: Outcome) -> list[str]:
    """Return a description of each task that takes more with the plugin than without."""
    found = []
    for task in outcome.tasks:
        for name in _with_plugin(outcome):
            number = _ratio(outcome, task, name)
            if number is not None and number > 1:
                found.append(f"{task.name}, {name}: {number:.3f}")
    return found


def text_of(outcome: Outcome) -> str:
    """Return the table, and the rows that are slower with the plugin."""
    table = _rates_table(outcome) if outcome.measure not in ("instructions", "nanoseconds") else _counts_table(outcome)
    slower = _slower(outcome)
    last = "with the plugin nothing is slower" if not slower else "SLOWER with the plugin: " + "; ".join(slower)
    return f"{table}\n\n{last}"


def write_json(outcome: Outcome, path: Path) -> None:
    """Write the result to a file.

    Args:
        outcome: The result.
        path: The path of the file, which is overwritten.
    """
    data = {
        "about": "the drop-in for Litestar",
        "litestar": version("litestar"),
        "contestants": [contestant.name for contestant in outcome.contestants],
        "tasks": [
            {
                "name": task.name,
                "summary": task.summary,
                "kind": task.kind,
                "counts": outcome.counts[task.name],
                "processor_times": outcome.processor_times.get(task.name, {}),
                "of_without": {name: _ratio(outcome, task, name) for name in _with_plugin(outcome)},
            }
            for task in outcome.tasks
        ],
        "slower": _slower(outcome),
    }
    path.write_text(as_written(_FORMAT, outcome.measure, outcome.cold, data), encoding="utf-8")


def _counts_table(outcome: Outcome) -> str:
    rows = [["task", WITHOUT, *(cell for name in _with_plugin(outcome) for cell in (name, "ratio"))]]
    for task in outcome.tasks:
        found = outcome.counts[task.name]
        row = [task.name, f"{found[WITHOUT]:,.0f}"]
        for name in _with_plugin(outcome):
            row += [f"{found[name]:,.0f}", number_text(_ratio(outcome, task, name), _DIGITS)]
        rows.append(row)
    rows.append([])
    for title, tasks in _groups(outcome):
        row = [f"mean: {title}", ""]
        for name in _with_plugin(outcome):
            row += ["", number_text(geometric_mean(ratios_of(outcome.counts, tasks, name, WITHOUT)), _DIGITS)]
        rows.append(row)
    title = (
        f"{outcome.measure} of one request or message in a Litestar app, {_circumstances(outcome)}; below 1 is faster"
    )
    return f"{title}\n\n{aligned(rows)}"


def _rates_table(outcome: Outcome) -> str:
    """Return a table of requests and messages per second; larger rates and ratios are better."""
    measured = [counts for counts in (outcome.counts, outcome.processor_times) if counts]
    titles = ["", ", of processor time"][: len(measured)]
    rows = [["task", f"{WITHOUT}, a second", *(name + title for title in titles for name in _with_plugin(outcome))]]
    for task in outcome.tasks:
        row = [task.name, f"{1e9 / outcome.counts[task.name][WITHOUT]:,.0f}"]
        for counts in measured:
            row += [number_text(ratio(counts, task.name, WITHOUT, name), _DIGITS) for name in _with_plugin(outcome)]
        rows.append(row)
    rows.append([])
    for title, tasks in _groups(outcome):
        row = [f"mean: {title}", ""]
        for counts in measured:
            means = [geometric_mean(ratios_of(counts, tasks, WITHOUT, name)) for name in _with_plugin(outcome)]
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
