"""`python -m benchmarks --litestar`: the drop-in measured inside an app."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable

from ..bounds import Counts
from ..contestants import wanted_names
from .arms import ARMS, WITHOUT, Arm, load_arm
from .counting import count_instructions
from .report import Outcome, text_of, write_json
from .server import loaded_tasks, time_servers
from .tasks import TASKS, select_tasks
from .timing import time_ratios

__all__ = ("run",)


def run(options: Namespace, progress: Callable[[str], None]) -> int:
    """Do what the options of the command line say and return the exit status.

    Args:
        options: Of `python -m benchmarks`.
        progress: Called with a line for each step.

    Raises:
        MeasureFailed: A process has failed.
        Unavailable: Something is not installed.
        ValueError: It cannot be done.
    """
    if options.list:
        print(*(f"{task.name:32}{task.summary}" for task in TASKS), "", *ARMS, sep="\n")
        return 0
    if options.memory or (options.server is not None and options.instructions):
        raise ValueError("--litestar is for time, --instructions, or --server")
    tasks = select_tasks(options.only)
    if options.server is not None:
        tasks = loaded_tasks(tasks)
    if not tasks:
        raise ValueError(f"no task matches {' or '.join(options.only)}: --litestar --list shows them")
    arms = _arms(options.contestants)
    measure = "nanoseconds"
    processor_times: Counts = {}
    if options.server is not None:
        measure = options.server
        counts, processor_times = time_servers(options.server, tasks, arms, rounds=options.rounds, progress=progress)
    elif options.instructions:
        measure = "instructions"
        counts = count_instructions(
            tasks,
            arms,
            cold=options.cold,
            jobs=options.jobs,
            keep_profile=options.keep_profile,
            progress=progress,
        )
    else:
        counts = time_ratios(tasks, arms, cold=options.cold, rounds=options.rounds, progress=progress)
    outcome = Outcome(measure, options.cold, tasks, [arm.name for arm in arms], counts, processor_times)
    write_json(outcome, options.json)
    print(text_of(outcome))
    progress(f"written to {options.json}")
    return 0


def _arms(wanted: str | None) -> list[Arm]:
    names = wanted_names(wanted, list(ARMS), "arm")
    return [load_arm(name) for name in ARMS if name in names or name == WITHOUT]
