"""Instructions per operation: callgrind over N operations and over 3N, in one fork of a process for each contestant.

What is done besides is the same, so the difference is that of 2N operations; the loop's own share, measured with an
operation that does nothing, is taken off.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from .child import EMPTY, MARK
from .contestants import Contestant
from .suites import Suite
from .tasks import Task

__all__ = (
    "MeasureFailed",
    "callgrind",
    "callgrind_is_missing",
    "collected_of",
    "count_instructions",
    "memory_of",
    "profile_name",
    "run_measured",
    "total_of",
)

_COLLECTED: Final = re.compile(r"Collected : (\d+)")
_TOTALS: Final = re.compile(rb"^totals: (\d+)", re.MULTILINE)
_ROOT: Final = Path(__file__).resolve().parent.parent
# NOTE: callgrind counts each byte that `rep movsb` copies as an instruction, so glibc is asked to copy in registers
_TUNABLES: Final = "glibc.cpu.x86_rep_movsb_threshold=1000000000"
_ENVIRONMENT: Final = {"PYTHONHASHSEED": "0", "GLIBC_TUNABLES": _TUNABLES}


class MeasureFailed(Exception):
    """A process that was to be measured has failed; the message says what it said."""


def callgrind_is_missing() -> str | None:
    """Return a sentence that says why nothing can be counted, None if it can."""
    return None if shutil.which("valgrind") else "valgrind is not installed: its callgrind counts the instructions"


def count_instructions(
    suite: Suite,
    tasks: Sequence[Task],
    contestants: Sequence[Contestant],
    *,
    cold: bool = False,
    jobs: int = 2,
    keep_profile: Path | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> dict[str, dict[str, float]]:
    """Return the instructions of one operation, by task and contestant.

    Args:
        suite: Whose tasks and contestants they are.
        tasks: What to do.
        contestants: Who does it.
        cold: Whether no two inputs are alike.
        jobs: How many processes at a time.
        keep_profile: A directory for the profiles of the larger runs.
        progress: Called with a line for each count.

    Raises:
        MeasureFailed: A result was wrong, or a process has crashed.
    """
    counts: dict[str, dict[str, float]] = {task.name: {} for task in tasks}
    with ThreadPoolExecutor(jobs) as threads:
        # whatever the task, the loop is the same
        empty = threads.submit(_count, suite, suite.tasks[:1], EMPTY, False, None) if suite.make_empty_batch else None
        runs = []
        for contestant in contestants:
            possible = [task for task in tasks if task.operation in contestant.operations]
            runs.append(
                (
                    contestant.name,
                    possible,
                    threads.submit(_count, suite, possible, contestant.name, cold, keep_profile),
                )
            )
        try:
            loop = empty.result()[0] if empty else 0.0
            for name, possible, run in runs:
                for task, counted in zip(possible, run.result(), strict=True):
                    counts[task.name][name] = counted - (0 if task.has_loop else loop)
                    progress(f"{task.name}, {name}: {counts[task.name][name]:,.0f}")
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise
    return counts


def memory_of(contestant: Contestant) -> dict[str, float]:
    """Return the bytes of one idle object of each kind, its scope not counted, found in a process of its own.

    Raises:
        MeasureFailed: The process has crashed.
    """
    sizes: dict[str, float] = json.loads(
        run_measured([sys.executable, "-m", "benchmarks.child", "core", "memory", contestant.name]).stdout
    )
    return sizes


def callgrind(profile: str, *options: str) -> list[str]:
    """Return the words that come before those of a command that callgrind is to count.

    Args:
        profile: The path of the file that it writes.
        options: Of callgrind.
    """
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", *options]


def profile_name(task: Task, contestant: str) -> str:
    """Return the name of the file of a profile that is kept."""
    return f"callgrind.out.{task.name.replace('/', '-')}.{contestant}"


def collected_of(told: str) -> int:
    """Return the instructions that callgrind says at its end that it has counted.

    Args:
        told: What it has written to stderr.

    Raises:
        MeasureFailed: It has counted nothing.
    """
    found = _COLLECTED.search(told)
    if found is None:
        raise MeasureFailed(f"callgrind has counted nothing: {told.strip()[-500:]}")
    return int(found[1])


def _count(suite: Suite, tasks: Sequence[Task], contestant: str, cold: bool, keep_profile: Path | None) -> list[float]:
    if not tasks:
        return []
    with tempfile.TemporaryDirectory() as directory:
        profile = os.path.join(directory, "profile")
        command = callgrind(f"{profile}.%p", f"--dump-before={MARK}")
        if keep_profile is not None:
            # else a profile has the names of functions only that none before it has
            command.append("--compress-strings=no")
        words = [suite.name, "count", contestant, "cold" if cold else "warm", *(task.name for task in tasks)]
        told = run_measured([*command, sys.executable, "-m", "benchmarks.child", *words]).stdout
        counts = []
        for task, process in zip(tasks, told.split(), strict=True):
            # the first and the third have what was before a mark
            fewer, more = (f"{profile}.{process}.{number}" for number in (2, 4))
            counts.append((total_of(more) - total_of(fewer)) / (2 * task.repeats))
            if keep_profile is not None:
                shutil.copy(more, keep_profile / profile_name(task, contestant))
    return counts


def total_of(path: str) -> int:
    """Return the instructions that a profile has counted.

    Raises:
        MeasureFailed: It is not there.
    """
    try:
        found = _TOTALS.search(Path(path).read_bytes())
    except FileNotFoundError:
        found = None
    if found is None:
        raise MeasureFailed(f"callgrind has counted nothing between two calls of {MARK}")
    return int(found[1])


def run_measured(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command that is to be counted, with nothing random in it.

    Args:
        command: The words.

    Raises:
        MeasureFailed: It has failed.
    """
    done = subprocess.run(
        command, cwd=_ROOT, env={**os.environ, **_ENVIRONMENT}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise MeasureFailed(f"{' '.join(command[2:])} has failed: {done.stderr.strip()[-1000:]}")
    return done
