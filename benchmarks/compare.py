"""Comparison of two results of `--instructions`, task by task, which finds tasks that have become more expensive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from .contestants import FLOOR
from .report import aligned, number_text

__all__ = ("compare_results",)

TOLERANCE: Final = 1.03
"""The ratio up to which a task counts as unchanged; counts repeat to within a percent."""

_FLOOR_TOLERANCE: Final = 0.02
_SIDES: Final = ("compiled", "pure")


def compare_results(old: Path, new: Path) -> tuple[str, list[str]]:
    """Return a table of the tasks that are in both results, and the tasks that exceed the tolerance.

    Args:
        old: The JSON file of a run with `--instructions`.
        new: The JSON file of a later run, with the same inputs, build of Python and compiler.

    Raises:
        ValueError: The results cannot be compared, or have no task in common.
    """
    before, after = _load(old), _load(new)
    for key in ("measure", "inputs", "compiler"):
        if before.get(key) != after.get(key):
            raise ValueError(f"{old} and {new} differ in {key}: {before.get(key)} and {after.get(key)}")
    if _minor(before) != _minor(after):
        raise ValueError(f"{old} is of {before['python']}, {new} of {after['python']}")
    _check_floors(before, after)
    counts = _counts(before, _SIDES)
    rows = [["task", "side", "before", "now", "ratio"]]
    dearer = []
    for (task, side), now in _counts(after, _SIDES).items():
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


def _check_floors(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Raise ValueError if the floor of a task, which litecon cannot change, has another count."""
    floors = _counts(before, (FLOOR,))
    for (task, floor), now in _counts(after, (FLOOR,)).items():
        count = floors.get((task, floor), now)
        if abs(now / count - 1) > _FLOOR_TOLERANCE:
            raise ValueError(
                f"the hand-written {task} took {count:,.0f} instructions and takes {now:,.0f}: it was changed, or this "
                "is another build of Python; count both results anew"
            )


def _counts(result: dict[str, Any], names: tuple[str, ...]) -> dict[tuple[str, str], float]:
    return {
        (task["name"], name): task["counts"][name]
        for task in result["tasks"]
        for name in names
        if name in task["counts"]
    }
