"""Instructions per operation: callgrind counts N and 3N operations, in one fork per task of a contestant's process.

Everything else that is counted is the same, so the difference is the cost of 2N operations. The cost of the loop
itself, measured with an operation that does nothing, is subtracted.
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
    """A process that was to be measured has failed; the message has the output of the process."""


def callgrind_is_missing() -> str | None:
    """Return a sentence that says why counting is not possible; None if it is possible."""
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
        suite: The suite of the tasks and contestants.
        tasks: The tasks.
        contestants: The contestants.
        cold: Whether no two inputs are alike.
        jobs: The number of processes that run at a time.
        keep_profile: The directory for the profiles of the larger runs; None to keep none.
        progress: Called with a line for each count.

    Raises:
        MeasureFailed: A result was wrong, or a process has crashed.
    """
    counts: dict[str, dict[str, float]] = {task.name: {} for task in tasks}
    with ThreadPoolExecutor(jobs) as threads:
        # the loop is the same for all tasks
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
    """Return the bytes of one idle object of each kind, not counting its scope, measured in a separate process.

    Raises:
        MeasureFailed: The process has crashed.
    """
    sizes: dict[str, float] = json.loads(
        run_measured([sys.executable, "-m", "benchmarks.child", "core", "memory", contestant.name]).stdout
    )
    return sizes


def callgrind(profile: str, *options: str) -> list[str]:
    """Return the words to put before a command so that callgrind counts it.

    Args:
        profile: The path of the file that callgrind writes.
        options: Further options of callgrind.
    """
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", *options]


def profile_name(task: Task, contestant: str) -> str:
    """Return the name of the file in which a profile is kept."""
    return f"callgrind.out.{task.name.replace('/', '-')}.{contestant}"


def collected_of(told: str) -> int:
    """Return the number of instructions that callgrind reports when it ends.

    Args:
        told: The text that callgrind has written to stderr.

    Raises:
        MeasureFailed: callgrind has counted nothing.
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
            # otherwise a profile would have only the names of functions that no earlier profile has
            command.append("--compress-strings=no")
        words = [suite.name, "count", contestant, "cold" if cold else "warm", *(task.name for task in tasks)]
        told = run_measured([*command, sys.executable, "-m", "benchmarks.child", *words]).stdout
        counts = []
        for task, process in zip(tasks, told.split(), strict=True):
            # profiles 1 and 3 have the counts before each of the two batches
            fewer, more = (f"{profile}.{process}.{number}" for number in (2, 4))
            counts.append((total_of(more) - total_of(fewer)) / (2 * task.repeats))
            if keep_profile is not None:
                shutil.copy(more, keep_profile / profile_name(task, contestant))
    return counts


def total_of(path: str) -> int:
    """Return the number of instructions in a profile.

    Raises:
        MeasureFailed: The profile does not exist.
    """
    try:
        found = _TOTALS.search(Path(path).read_bytes())
    except FileNotFoundError:
        found = None
    if found is None:
        raise MeasureFailed(f"callgrind has counted nothing between two calls of {MARK}")
    return int(found[1])


def run_measured(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command that is to be counted, without any randomness.

    Args:
        command: The words of the command.

    Raises:
        MeasureFailed: The command has failed.
    """
    done = subprocess.run(
        command, cwd=_ROOT, env={**os.environ, **_ENVIRONMENT}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise MeasureFailed(f"{' '.join(command[2:])} has failed: {done.stderr.strip()[-1000:]}")
    return done
