"""Instructions of one request or message: callgrind over N of them and over 3N, in one process for each arm."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from ..bounds import Counts
from ..instructions import MeasureFailed, callgrind, profile_name, run_measured
from ..tasks import Task
from .arms import Arm
from .child import MARK

__all__ = ("count_instructions",)

_TOTALS: Final = re.compile(rb"^totals: (\d+)", re.MULTILINE)
_MARKS: Final = 4


def count_instructions(
    tasks: Sequence[Task],
    arms: Sequence[Arm],
    *,
    cold: bool = False,
    jobs: int = 2,
    keep_profile: Path | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> Counts:
    """Return the instructions of one request or message, by task and arm.

    Args:
        tasks: What the apps are asked.
        arms: Whose.
        cold: Whether no two inputs are alike.
        jobs: How many processes at a time.
        keep_profile: A directory for the profiles of the larger runs.
        progress: Called with a line for each arm.

    Raises:
        MeasureFailed: An answer was wrong, or a process has crashed.
    """
    counts: Counts = {task.name: {} for task in tasks}
    progress(f"{len(tasks)} tasks in {len(arms)} processes, which takes minutes")
    with ThreadPoolExecutor(jobs) as threads:
        runs = [(arm, threads.submit(_count, tasks, arm, cold, keep_profile)) for arm in arms]
        try:
            for arm, run in runs:
                for task, count in zip(tasks, run.result(), strict=True):
                    counts[task.name][arm.name] = count
                progress(f"{arm.name}: counted")
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise
    return counts


def _count(tasks: Sequence[Task], arm: Arm, cold: bool, keep_profile: Path | None) -> list[float]:
    with tempfile.TemporaryDirectory() as directory:
        profile = os.path.join(directory, "profile")
        command = callgrind(profile, f"--dump-before={MARK}")
        if keep_profile is not None:
            # else a profile has the names of functions only that none before it has
            command.append("--compress-strings=no")
        words = [*(["--cold"] if cold else []), arm.name, *(task.name for task in tasks)]
        run_measured([*command, sys.executable, "-m", "benchmarks.dropin.child", *words])
        counts = []
        for number, task in enumerate(tasks):
            # the numbers of the profiles begin with 1; the first and the third of a task have what was before a mark
            fewer, more = (f"{profile}.{number * _MARKS + ordinal}" for ordinal in (2, 4))
            counts.append((_total(more) - _total(fewer)) / (2 * task.repeats))
            if keep_profile is not None:
                shutil.copy(more, keep_profile / profile_name(task, arm.name))
    return counts


def _total(path: str) -> int:
    try:
        found = _TOTALS.search(Path(path).read_bytes())
    except FileNotFoundError:
        found = None
    if found is None:
        raise MeasureFailed(f"callgrind has counted nothing between two calls of {MARK}")
    return int(found[1])
