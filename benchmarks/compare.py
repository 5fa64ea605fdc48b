"""Comparison of two results of `--instructions`, task by task, which finds tasks that have become more expensive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from .report import aligned, number_text

__all__ = ("compare_results",)

TOLERANCE: Final = 1.03
"""The ratio up to which a task counts as unchanged; counts repeat to within a percent."""

_SIDES: Final = ("compiled", "pure")


def compare_results(old: Path, new: Path) -> tuple[str, list[str]]:
    """Return a table of the tasks that are in both results, and the tasks that exceed the tolerance.

    Args:
        old: The JSON file of a run with `--instructions`.
        new: The JSON file of a later run, on the same version of Python and with the same inputs.

    Raises:
        ValueError: The results cannot be compared, or have no task in common.
    """
    before, after = _load(old), _load(new)
    for key in ("measure", "inputs"):
        if before[key] != after[key]:
            raise ValueError(f"{old} and {new} differ in {key}: {before[key]} and {after[key]}")
    if _minor(before) != _minor(after):
        raise ValueError(f"{old} is of {before['python']}, {new} of {after['python']}")
    counts = _counts(before)
    rows = [["task", "side", "before", "now", "ratio"]]
    dearer = []
    for (task, side), now in _counts(after).items():
        count = counts.get((task, side))
        if count is None:
            continue
        is_dearer = now > TOLERANCE * count
        rows.append([task, side, f"{count:,.0f}", f"{now:,.0f}", number_text(now / count, 3)])
        if is_dearer:
            rows[-1].append("MORE EXPENSIVE")
            dearer.append(f"{task}, {side}")
    if len(rows) == 1:
        raise ValueError(f"{old} and {new} have no task of litecon's in common")
    return aligned(rows), dearer


def _load(path: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if result.get("measure") != "instructions":
        raise ValueError(f"{path} is no result of --instructions")
    return result


def _minor(result: dict[str, Any]) -> str:
    return str(result["python"]).rpartition(".")[0]


def _counts(result: dict[str, Any]) -> dict[tuple[str, str], float]:
    return {
        (task["name"], side): task["counts"][side]
        for task in result["tasks"]
        for side in _SIDES
        if side in task["counts"]
    }
