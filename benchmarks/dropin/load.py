"""The client for one task: `python -m benchmarks.dropin.load TASK CONNECTIONS MESSAGES ROUNDS PORT PROCESS ARM...`.

The seconds of each arm in each round are printed as JSON, and then the processor time that its server has had for it,
where Linux tells it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import clock_gettime

from ..data import Scope, json_of
from ..load import Exchange, echo_of, load
from ..tasks import Task
from .tasks import find_task

__all__ = ("exchange_of", "main")


def exchange_of(task: Task, arm: str) -> Exchange:
    """Return what is sent to a server for a task, and what must come back.

    Args:
        task: Of the registry.
        arm: The name of the one that is to answer.
    """
    scope = task.scope(0)
    target = f"/{arm}{scope['path']}?{scope['query_string'].decode()}"
    if task.message is not None:
        return echo_of(task.message(0)["text"].encode(), target)
    content = task.expected(0)[1]
    answer = content if isinstance(content, bytes) else json_of(content)
    return Exchange(b"", _request_of(scope, target, task), answer, b"")


def _request_of(scope: Scope, target: str, task: Task) -> bytes:
    lines = [f"{scope['method']} {target} HTTP/1.1".encode(), *(b"%b: %b" % header for header in scope["headers"])]
    return b"\r\n".join([*lines, b"", b"".join(event["body"] for event in task.events)])


def _processor_clock(process: int) -> Callable[[], float]:
    """Return what tells the seconds that a process and those that it has started have had of the processors.

    Args:
        process: Its id.
    """
    # the clock of another process's time, as clock_getcpuclockid() makes its id on Linux
    clocks = [~one << 3 | 2 for one in _family_of(process)]
    return lambda: sum(map(clock_gettime, clocks))


def _family_of(process: int) -> list[int]:
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            # the name before the parenthesis may have any characters
            words = path.read_text().rpartition(")")[2].split()
        except OSError:
            # a process that has just ended
            continue
        parents[int(path.parent.name)] = int(words[1])
    family = [process]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


def main(arguments: list[str]) -> int:
    """Do what the arguments say and return the exit status."""
    name, *words = arguments
    connections, messages, rounds, port, process = map(int, words[:5])
    arms = words[5:]
    clocks = [_processor_clock(process)] * len(arms) if sys.platform == "linux" else []
    targets = [(port, exchange_of(find_task(name), arm)) for arm in arms]
    print(json.dumps(load(targets, connections, messages, rounds, clocks)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
