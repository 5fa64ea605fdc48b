"""A whole server with one worker, which serves all contestants; a client asks them in turn, task by task.

There are many short turns, so that other processes on the machine disturb neighbouring turns equally. All contestants
are in one process, which is restarted several times: because of their memory layout, two processes with the same
application can differ by a fifth for as long as they run.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import IO, Final

from .bounds import Counts
from .contestants import Unavailable
from .instructions import MeasureFailed, callgrind, collected_of
from .suites import Suite, load_suite
from .tasks import Task

__all__ = ("SERVED", "SERVERS", "compare_instructions", "compare_throughput", "time_servers")

_UVICORN: Final = ("--timeout-keep-alive", "86400", "--log-level", "warning")

SERVERS: Final[dict[str, list[str]]] = {
    # the client would take a ping for an echo, and a connection must not be closed while it waits for its turn
    "uvicorn": ["uvicorn", "--ws", "websockets", "--ws-ping-interval", "86400", *_UVICORN],
    "uvicorn-sansio": ["uvicorn", "--ws", "websockets-sansio", "--ws-ping-interval", "86400", *_UVICORN],
    "uvicorn-wsproto": ["uvicorn", "--ws", "wsproto", "--ws-ping-interval", "86400", *_UVICORN],
    "hypercorn": ["hypercorn", "--workers", "0", "--log-level", "warning"],
    "granian": ["granian", "--interface", "asgi", "--log-level", "error"],
}
"""The module to run and its options, by the name of the server."""

SERVED: Final = ("one-header", "json-200B", "ws-echo-text")
"""The tasks of the core that a whole server does: a GET, a POST, and a message."""

_ROOT: Final = Path(__file__).resolve().parent.parent
_APPS: Final = ("raw", "compiled")
_THROUGHPUT_BOUND: Final = 0.96
_INSTRUCTIONS_BOUND: Final = 1.03
_CONNECTIONS: Final = 16
_STARTS: Final = 5
_CORE_STARTS: Final = 10
_REQUESTS: Final = 96
_MESSAGES: Final = 320
_MEGABYTES: Final = 24
_COUNTED: Final = 1000
_START_SECONDS: Final = 240


def time_servers(
    server: str,
    suite: Suite,
    tasks: Sequence[Task],
    names: Sequence[str],
    *,
    rounds: int = 25,
    progress: Callable[[str], None] = lambda line: None,
) -> tuple[Counts, Counts]:
    """Return the nanoseconds of one request or message, by task and name: wall time, and the server's processor time.

    The wall time includes the share of the client. There are no processor times if the system does not report them.

    Args:
        server: The name of the server, a key of `SERVERS`.
        suite: The suite whose application is served.
        tasks: The tasks.
        names: The names of the contestants, including the floor.
        rounds: The number of rounds, each of which gives a ratio.
        progress: Called with a line for each task.

    Raises:
        MeasureFailed: A server or the client has failed.
        Unavailable: The server is not installed.
    """
    found = _take_turns(server, suite, tasks, names, rounds, _STARTS, progress)
    times: Counts = {}
    processor_times: Counts = {}
    floor = names.index(suite.floor)
    for task in tasks:
        turns = found[task.name]
        times[task.name] = _times(names, floor, [turn[: len(names)] for turn in turns], _count_of(task))
        if len(turns[0]) > len(names):
            processor = [turn[len(names) :] for turn in turns]
            processor_times[task.name] = _times(names, floor, processor, _count_of(task))
    return times, processor_times


def _times(names: Sequence[str], floor: int, turns: list[list[float]], count: int) -> dict[str, float]:
    """Return the nanoseconds of one message or request, by name: the floor's median, the others' ratio times that."""
    time = median(seconds[floor] for seconds in turns) / count * 1e9
    return {name: time * median(turn[at] / turn[floor] for turn in turns) for at, name in enumerate(names)}


def compare_throughput(
    server: str, tasks: Sequence[Task], *, rounds: int = 25, progress: Callable[[str], None] = lambda line: None
) -> str:
    """Return a line for each task about the requests or messages per second, with litecon and by hand on raw ASGI.

    Args:
        server: The name of the server, a key of `SERVERS`.
        tasks: Tasks of `SERVED`.
        rounds: The number of rounds, at least, each of which gives a ratio.
        progress: Called with a line for each step.

    Raises:
        MeasureFailed: A server or the client has failed.
        Unavailable: The server is not installed.
    """
    found = _take_turns(server, load_suite("core"), tasks, _APPS, rounds, _CORE_STARTS, progress)
    return "\n".join(_throughput_line(server, task, found[task.name]) for task in tasks)


def _throughput_line(server: str, task: Task, turns: list[list[float]]) -> str:
    ratios = sorted(turn[0] / turn[1] for turn in turns)
    quarter = ratios[len(ratios) // 4], ratios[-1 - len(ratios) // 4]
    rates = [_count_of(task) / median(turn[at] for turn in turns) for at in range(len(_APPS))]
    return (
        f"{server}, {task.name} per second: raw {rates[0]:,.0f}, litecon {rates[1]:,.0f}; median of the ratios "
        f"{median(ratios):.3f} (half of them {quarter[0]:.3f} to {quarter[1]:.3f}), "
        f"bound >= {_THROUGHPUT_BOUND}: {_said(median(ratios) >= _THROUGHPUT_BOUND)}"
    )


def compare_instructions(
    server: str, tasks: Sequence[Task], *, count: int = _COUNTED, progress: Callable[[str], None] = lambda line: None
) -> str:
    """Return a line for each task about the instructions of the server's process, under callgrind.

    Args:
        server: The name of the server, a key of `SERVERS`.
        tasks: Tasks of `SERVED`.
        count: The number of requests or messages in the smaller run; the larger has three times as many.
        progress: Called with a line for each step.

    Raises:
        MeasureFailed: A server or the client has failed.
        Unavailable: The server is not installed.
        ValueError: The server's process cannot be counted.
    """
    if server == "granian":
        raise ValueError("granian's worker is another process than the one that callgrind would count")
    lines = []
    for task in tasks:
        counts = []
        for app in _APPS:
            fewer, more = (_count(server, task, app, number) for number in (count, 3 * count))
            counts.append((more - fewer) / (2 * count))
            progress(f"{server}, {task.name}, {app}: {counts[-1]:,.0f} instructions")
        found = counts[1] / counts[0]
        lines.append(
            f"{server}, instructions of {task.name}: raw {counts[0]:,.0f}, litecon {counts[1]:,.0f}; ratio "
            f"{found:.3f}, bound <= {_INSTRUCTIONS_BOUND}: {_said(found <= _INSTRUCTIONS_BOUND)}"
        )
    return "\n".join(lines)


def _said(reached: bool) -> str:
    return "reached" if reached else "NOT REACHED"


def _count(server: str, task: Task, app: str, number: int) -> int:
    suite = load_suite("core")
    with _serving(server, suite.app, callgrind("/dev/null")) as running:
        _run_client(suite, task, (1, number, 1), running, [app])
        running.stop()
        told = running.said()
    return collected_of(told)


def _take_turns(
    server: str,
    suite: Suite,
    tasks: Sequence[Task],
    names: Sequence[str],
    rounds: int,
    starts: int,
    progress: Callable[[str], None],
) -> dict[str, list[list[float]]]:
    """Return for each task and round the seconds of each name, and then, if known, the processor seconds."""
    found: dict[str, list[list[float]]] = {task.name: [] for task in tasks}
    starts = min(starts, rounds)
    for start in range(starts):
        # the connections of each one are opened first as often as those of any other
        first = start % len(names)
        order = [*names[first:], *names[:first]]
        with _serving(server, suite.app) as running:
            for number, task in enumerate(tasks, 1):
                counts = (_CONNECTIONS, _count_of(task), -(-rounds // starts))
                for turn in _run_client(suite, task, counts, running, order):
                    halves = turn[: len(names)], turn[len(names) :]
                    found[task.name].append([half[order.index(name)] for half in halves if half for name in names])
                progress(f"{server}, start {start + 1} of {starts}: [{number}/{len(tasks)}] {task.name}")
    return found


def _count_of(task: Task) -> int:
    """Return the number of messages or requests of a turn."""
    if task.per_message:
        return _MESSAGES
    size = sum(len(event["body"]) for event in task.events)
    return min(_REQUESTS, max(_CONNECTIONS, _MEGABYTES * 1024 * 1024 // max(size, 1)))


def _run_client(
    suite: Suite, task: Task, counts: tuple[int, int, int], running: Running, names: Sequence[str]
) -> list[list[float]]:
    """Return the seconds of each name in each round, as measured by a client in a separate process.

    Args:
        suite: The suite whose application is served.
        task: The task.
        counts: The numbers of connections, of messages or requests in a turn, and of rounds.
        running: The server.
        names: The names of the contestants, in the order in which their connections are opened.

    Raises:
        MeasureFailed: The client has failed.
    """
    words = [suite.name, task.name, *map(str, (*counts, running.port, running.process.pid)), *names]
    command = [sys.executable, "-m", "benchmarks.load", *words]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MeasureFailed(f"the client has failed: {done.stderr.strip()[-500:]}")
    found: list[list[float]] = json.loads(done.stdout)
    return found


class Running:
    """A server that runs.

    Args:
        process: The server's process.
        port: The port on which it listens.
        output: The file that has its output.
    """

    def __init__(self, process: subprocess.Popen[bytes], port: int, output: IO[bytes]) -> None:
        self.process = process
        self.port = port
        self._output = output

    def said(self) -> str:
        """Return the output so far."""
        # the process and this file object share one position, which must not be moved
        return os.pread(self._output.fileno(), 1 << 20, 0).decode("utf-8", "replace")

    def wait_for_start(self) -> None:
        """Wait until the server answers.

        Raises:
            MeasureFailed: The server does not answer.
        """
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise MeasureFailed(f"the server does not answer: {self.said().strip()[-500:]}")

    def stop(self) -> None:
        """Stop the server, as Ctrl-C does."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(_START_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def _serving(server: str, app: str, prefix: Sequence[str] = ()) -> Iterator[Running]:
    """Run an application on a free port until the end of the block.

    Args:
        server: The name of the server, a key of `SERVERS`.
        app: The module and name of the application.
        prefix: The words to put before the command of the server.

    Raises:
        MeasureFailed: The server does not start.
        Unavailable: The server is not installed.
    """
    module, *options = SERVERS[server]
    if find_spec(module) is None:
        raise Unavailable(f"{module} is not installed")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    where = ["--bind", f"127.0.0.1:{port}"] if module == "hypercorn" else ["--host", "127.0.0.1", "--port", str(port)]
    command = [*prefix, sys.executable, "-m", module, app, *where, *options]
    # an installed litecon may be measured, and uvicorn would put its working directory before it in the path
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), os.fspath(_ROOT))))
    switches = {"PYTHONHASHSEED": "0", "LITECON_PURE_PYTHON": "0", "PYTHONPATH": path}
    environment = {**os.environ, **switches}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            cwd=tempfile.gettempdir(),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        running = Running(process, port, output)
        try:
            running.wait_for_start()
            yield running
        finally:
            running.stop()
