"""The result, as tables for people and as JSON."""

from __future__ import annotations

import json
import platform
import subprocess
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from .bounds import Counts, Measure, Verdict, geometric_mean, judge, ratio, ratios_of
from .contestants import FLOOR, Contestant
from .tasks import Task

__all__ = ("Outcome", "aligned", "as_written", "circumstances", "number_text", "text_of", "write_json")

_FORMAT: Final = 3


class Outcome(NamedTuple):
    """The result of a run.

    Args:
        measure: `instructions`, `nanoseconds`, or the name of a server, whose counts are nanoseconds.
        cold: Whether no two inputs were alike.
        tasks: The tasks that were done.
        contestants: The contestants that took part, the floor first.
        counts: The counts of one operation, by task and contestant.
        processor_times: The processor times of a server in nanoseconds, by task and contestant.
        memory: The bytes of one idle connection object, by contestant and class.
    """

    measure: str
    cold: bool
    tasks: Sequence[Task]
    contestants: Sequence[Contestant]
    counts: Counts
    processor_times: Counts = {}
    memory: dict[str, dict[str, float]] = {}


def text_of(outcome: Outcome) -> str:
    """Return the tables."""
    parts = [_counts_table(outcome), _memory_table(outcome), _verdict_table(outcome)]
    return "\n\n".join(part for part in parts if part)


def write_json(outcome: Outcome, path: Path) -> None:
    """Write the result to a file.

    Args:
        outcome: The result.
        path: The path of the file, which is overwritten.
    """
    path.write_text(as_written(_FORMAT, outcome.measure, outcome.cold, _as_data(outcome)), encoding="utf-8")


def as_written(number: int, measure: str, cold: bool, found: dict[str, Any]) -> str:
    """Return the text of a result's file, including the circumstances of the measurement.

    Args:
        number: The number of the format.
        measure: The unit of the counts.
        cold: Whether no two inputs were alike.
        found: The other items of the file.
    """
    data = {
        "format": number,
        "measure": measure,
        "inputs": "cold" if cold else "warm",
        "python": _python(),
        "platform": platform.platform(),
        "compiler": _compiler(),
        **found,
    }
    return json.dumps(data, indent=2) + "\n"


def circumstances(cold: bool, *libraries: str) -> str:
    """Return a description of the circumstances of a measurement.

    Args:
        cold: Whether no two inputs were alike.
        libraries: The libraries that took part, with their versions.
    """
    return ", ".join([_python(), *libraries, "no two inputs alike" if cold else "inputs warm"])


def _python() -> str:
    return f"{platform.python_implementation()} {platform.python_version()}"


def _compiler() -> str | None:
    """Return the name and version of the compiler with which this interpreter builds extensions; None if unknown."""
    command = str(sysconfig.get_config_var("CC") or "").split()[:1]
    try:
        done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.partition("\n")[0]


def _as_data(outcome: Outcome) -> dict[str, Any]:
    names = [contestant.name for contestant in outcome.contestants]
    return {
        "contestants": {contestant.name: contestant.version for contestant in outcome.contestants},
        "tasks": [
            {
                "name": task.name,
                "summary": task.summary,
                "kind": task.kind,
                "work": task.work,
                "counts": outcome.counts.get(task.name, {}),
                "of_floor": {name: ratio(outcome.counts, task.name, name, FLOOR) for name in names},
                "compiled_of_pure": ratio(outcome.counts, task.name, "compiled", "pure"),
            }
            for task in outcome.tasks
        ],
        "geometric_means": {
            title: {
                **{name: geometric_mean(ratios_of(outcome.counts, tasks, name, FLOOR)) for name in names},
                "compiled_of_pure": geometric_mean(ratios_of(outcome.counts, tasks, "compiled", "pure")),
            }
            for title, tasks in _groups(outcome)
        },
        "memory": outcome.memory,
        "bounds": [{**verdict._asdict(), "reached": verdict.reached} for verdict in _verdicts(outcome)],
    }


def _groups(outcome: Outcome) -> list[tuple[str, list[Task]]]:
    """Return the groups of tasks for which means are shown, with their titles."""
    own = [task for task in outcome.tasks if task.work == "own"]
    groups = [("all tasks", list(outcome.tasks))]
    for kind, protocol in (("http", "HTTP"), ("websocket", "WebSocket")):
        for suspended, way in ((False, "at once"), (True, "suspended")):
            tasks = [task for task in own if task.kind == kind and task.suspends == (suspended and task.asynchronous)]
            groups.append((f"own {protocol} work, {way}", tasks))
    return [(title, tasks) for title, tasks in groups if tasks]


def _verdicts(outcome: Outcome) -> list[Verdict]:
    measure: Measure = "instructions" if outcome.measure == "instructions" else "nanoseconds"
    return judge(outcome.counts, outcome.memory, measure)


def _counts_table(outcome: Outcome) -> str:
    if not outcome.counts:
        return ""
    counts = outcome.counts
    names = [contestant.name for contestant in outcome.contestants if contestant.name != FLOOR]
    rows = [["task", f"{FLOOR}, {outcome.measure}", *names, "compiled/pure"]]
    for task in outcome.tasks:
        floor = counts[task.name].get(FLOOR)
        rows.append(
            [
                task.name,
                "-" if floor is None else f"{floor:,.0f}",
                *(number_text(ratio(counts, task.name, name, FLOOR)) for name in names),
                number_text(ratio(counts, task.name, "compiled", "pure")),
            ]
        )
    rows.append([])
    for title, tasks in _groups(outcome):
        rows.append(
            [
                f"mean: {title}",
                "",
                *(number_text(geometric_mean(ratios_of(counts, tasks, name, FLOOR))) for name in names),
                number_text(geometric_mean(ratios_of(counts, tasks, "compiled", "pure"))),
            ]
        )
    title = (
        f"{outcome.measure} of one operation, {circumstances(outcome.cold)}; "
        f"contestants as a multiple of {FLOOR}; the means are geometric"
    )
    return f"{title}\n\n{aligned(rows)}"


def _memory_table(outcome: Outcome) -> str:
    if not outcome.memory:
        return ""
    kinds = ("Request", "WebSocket")
    rows = [["contestant", *kinds]]
    for name, sizes in outcome.memory.items():
        rows.append([name, *(f"{sizes[kind]:,.0f}" if kind in sizes else "-" for kind in kinds)])
    return f"bytes of one idle connection object, its scope not counted\n\n{aligned(rows)}"


def _verdict_table(outcome: Outcome) -> str:
    known = [verdict for verdict in _verdicts(outcome) if verdict.number is not None]
    if not known:
        return ""
    rows = [["bound on compiled", "limit", "found", "", "worst"]]
    for verdict in known:
        limit = f"{'<' if verdict.strict else '<='} {verdict.limit:g}"
        rows.append(
            [
                verdict.title,
                limit,
                f"{verdict.number:.3g}" if verdict.limit >= 100 else number_text(verdict.number, 3),
                "reached" if verdict.reached else "NOT REACHED",
                verdict.detail,
            ]
        )
    is_time = outcome.measure != "instructions" and outcome.counts
    note = " (they are meant for instructions; these are times)" if is_time else ""
    return f"bounds{note}\n\n{aligned(rows)}"


def number_text(value: float | None, digits: int = 2) -> str:
    """Return the text of a number for a table; a dash if there is none.

    Args:
        value: The number.
        digits: The number of digits after the point.
    """
    return "-" if value is None else f"{value:.{digits}f}"


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as lines, with numbers aligned to the right and words to the left.

    Args:
        rows: The rows of cells; a row may be shorter than others.
    """
    columns = max(map(len, rows))
    padded = [[*row, *[""] * (columns - len(row))] for row in rows]
    widths = [max(len(row[column]) for row in padded) for column in range(columns)]
    words = {column for column in range(columns) if not any(_is_number(row[column]) for row in padded)}
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in words else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in padded
    )


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "").isdigit()
