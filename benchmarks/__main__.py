"""The command: `python -m benchmarks`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from importlib import import_module
from pathlib import Path
from typing import Final

from .bounds import Counts
from .chart import draw_charts
from .clock import time_ratios
from .compare import compare_results
from .contestants import Contestant, Unavailable, contestant_names, load_contestant, wanted_names
from .instructions import MeasureFailed, callgrind_is_missing, count_instructions, memory_of
from .report import Outcome
from .server import SERVED, SERVERS, compare_instructions, compare_throughput, time_servers
from .suites import Suite, load_suite
from .tasks import Task, select_tasks

__all__ = ("main",)

_DEFAULT_JSON: Final = Path("benchmark-results.json")
_COMMITTED: Final = Path(__file__).parent / "results" / "cpython-3.11.json"


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks and return the exit status.

    Args:
        arguments: The arguments of the command line; None for those in `sys.argv`.
    """
    try:
        return _run(_parser().parse_args(arguments))
    except (MeasureFailed, Unavailable, ValueError, OSError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("benchmarks: interrupted", file=sys.stderr)
        return 130


def _parser() -> ArgumentParser:
    parser = ArgumentParser("python -m benchmarks", description="Measure litecon against the raw floor and its peers.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--instructions", action="store_true", help="count instructions (callgrind), not time")
    parser.add_argument(
        "--server",
        nargs="?",
        const="uvicorn",
        choices=SERVERS,
        help="a whole server's GET, POST and echo against raw ASGI, per second or --instructions; "
        "one of %(choices)s (default: %(const)s)",
    )
    parser.add_argument(
        "--litestar",
        action="store_true",
        help="the drop-in inside a Litestar app, with the plugin and without; also with --instructions or --server",
    )
    what.add_argument(
        "--compare",
        nargs=2,
        type=Path,
        metavar=("OLD", "NEW"),
        help="two results of --instructions: fail where a task takes over 3 %% more",
    )
    what.add_argument("--growth", action="store_true", help="how the cost grows with the size of each kind of input")
    what.add_argument(
        "--chart",
        nargs="?",
        const=_COMMITTED,
        type=Path,
        metavar="RESULT",
        help="draw the README's picture (default: %(const)s)",
    )
    what.add_argument("--memory", action="store_true", help="only the size of idle connection objects")
    what.add_argument("--list", action="store_true", help="only list tasks and contestants")
    parser.add_argument(
        "--only", action="append", default=[], metavar="PATTERN", help="tasks by name, as 'body-*'; may be repeated"
    )
    parser.add_argument("--contestants", metavar="A,B", help=f"of {', '.join(contestant_names())}; all by default")
    parser.add_argument("--cold", action="store_true", help="no two inputs alike: process-wide caches do not help")
    parser.add_argument("--json", type=Path, default=_DEFAULT_JSON, metavar="FILE", help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=25, help="time: rounds per task (default: %(default)s)")
    parser.add_argument("--asyncio", action="store_true", help="time: under an asyncio loop, not a bare driver")
    parser.add_argument("--jobs", type=int, default=2, help="instructions: processes at a time (default: %(default)s)")
    parser.add_argument("--keep-profile", type=Path, metavar="DIR", help="instructions: keep callgrind's profiles")
    return parser


def _prepare(options: Namespace) -> None:
    if options.jobs < 1 or options.rounds < 1:
        raise ValueError("--jobs and --rounds are at least 1")
    if options.instructions and (missing := callgrind_is_missing()) is not None:
        raise ValueError(missing)
    if options.keep_profile is not None:
        # the processes that are counted may run in another directory
        options.keep_profile = options.keep_profile.resolve()
        options.keep_profile.mkdir(parents=True, exist_ok=True)


def _run(options: Namespace) -> int:
    if options.compare is not None or options.growth:
        return _report_failures(*(_growth() if options.growth else compare_results(*options.compare)))
    if options.chart is not None:
        for path in draw_charts(options.chart, options.chart.parent):
            print(path)
        return 0
    suite = load_suite("litestar" if options.litestar else "core")
    if options.list:
        print(*(f"{task.name:32}{task.summary}" for task in suite.tasks), "", *suite.contestants, sep="\n")
        return 0
    _prepare(options)
    tasks = _tasks(suite, options)
    if options.server is not None and not options.litestar:
        load_contestant("compiled")
        if options.instructions:
            print(compare_instructions(options.server, tasks, progress=_tell))
        else:
            print(compare_throughput(options.server, tasks, rounds=options.rounds, progress=_tell))
        return 0
    _report(suite, options, _measure(suite, options, tasks, _contestants(suite, options.contestants)))
    return 0


def _tasks(suite: Suite, options: Namespace) -> list[Task]:
    if options.litestar and (options.memory or (options.server is not None and options.instructions)):
        raise ValueError("--litestar is for time, --instructions, or --server")
    if options.memory:
        return []
    tasks = select_tasks(options.only, suite.tasks)
    if options.litestar and options.server is not None:
        # imported here, since the other benchmarks do not need it
        from .dropin.tasks import loaded_tasks

        tasks = loaded_tasks(tasks)
    elif options.server is not None:
        tasks = [task for task in tasks if task.name in SERVED]
    if not tasks:
        listing = "--litestar --list shows" if options.litestar else "--list shows"
        raise ValueError(f"no task matches {' or '.join(options.only)}: {listing} them")
    return tasks


def _measure(suite: Suite, options: Namespace, tasks: list[Task], contestants: list[Contestant]) -> Outcome:
    processor_times: Counts = {}
    if options.server is not None:
        measure = options.server
        names = [contestant.name for contestant in contestants]
        counts, processor_times = time_servers(
            options.server, suite, tasks, names, rounds=options.rounds, progress=_tell
        )
    elif options.instructions:
        measure = "instructions"
        counts = count_instructions(
            suite,
            tasks,
            contestants,
            cold=options.cold,
            jobs=options.jobs,
            keep_profile=options.keep_profile,
            progress=_tell,
        )
    else:
        measure = "nanoseconds"
        counts = time_ratios(
            suite,
            tasks,
            contestants,
            cold=options.cold,
            rounds=options.rounds,
            event_loop=options.asyncio,
            progress=_tell,
        )
    memory = {} if options.litestar else {contestant.name: memory_of(contestant) for contestant in contestants}
    return Outcome(measure, options.cold, tasks, contestants, counts, processor_times, memory)


def _report(suite: Suite, options: Namespace, outcome: Outcome) -> None:
    report = import_module(suite.report)
    report.write_json(outcome, options.json)
    print(report.text_of(outcome))
    _tell(f"written to {options.json}")


def _growth() -> tuple[str, list[str]]:
    # imported here, since it loads litecon
    from .growth import growth_of

    if (missing := callgrind_is_missing()) is not None:
        raise ValueError(missing)
    return growth_of("compiled")


def _report_failures(table: str, failures: list[str]) -> int:
    print(table)
    for failure in failures:
        _tell(f"beyond the bound: {failure}")
    return 1 if failures else 0


def _contestants(suite: Suite, wanted: str | None) -> list[Contestant]:
    """Load the requested contestants, and the floor, against which the others are measured.

    Raises:
        ValueError: There is no contestant of that name.
        Unavailable: A contestant that was requested by name, or that every run needs, cannot take part.
    """
    names = wanted_names(wanted, suite.contestants)
    found = []
    for name in suite.contestants:
        if name not in names and name != suite.floor:
            continue
        try:
            found.append(suite.load(name))
        except Unavailable as error:
            if name == suite.floor:
                raise
            if wanted is not None or error.needed:
                others = ",".join(other for other in names if other != name)
                advice = f"Leave it out with --contestants {others}"
                raise Unavailable(f"{name} cannot take part: {error}. {advice}") from None
            _tell(f"{name} is left out: {error}")
    return found


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
