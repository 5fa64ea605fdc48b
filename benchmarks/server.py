"""A whole server with one worker: an echo over a WebSocket with litecon, against the same by hand on raw ASGI."""

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

from .contestants import Unavailable
from .instructions import MeasureFailed, callgrind, collected_of

__all__ = ("SERVERS", "Running", "compare_instructions", "compare_throughput", "run_client", "serving")

_UVICORN: Final = ("--timeout-keep-alive", "86400", "--log-level", "warning")

SERVERS: Final[dict[str, list[str]]] = {
    # a ping would be taken for an echo, and a connection whose server waits for its turn is not to be closed
    "uvicorn": ["uvicorn", "--ws", "websockets", "--ws-ping-interval", "86400", *_UVICORN],
    "uvicorn-sansio": ["uvicorn", "--ws", "websockets-sansio", "--ws-ping-interval", "86400", *_UVICORN],
    "uvicorn-wsproto": ["uvicorn", "--ws", "wsproto", "--ws-ping-interval", "86400", *_UVICORN],
    "hypercorn": ["hypercorn", "--workers", "0", "--log-level", "warning"],
    "granian": ["granian", "--interface", "asgi", "--log-level", "error"],
}
"""By name, the module to run and its options."""

_ROOT: Final = Path(__file__).resolve().parent.parent
_APPS: Final = ("raw", "litecon")
_THROUGHPUT_BOUND: Final = 0.97
_INSTRUCTIONS_BOUND: Final = 1.03
_CONNECTIONS: Final = 16
_STARTS: Final = 10
_MESSAGES: Final = 320
_COUNTED_MESSAGES: Final = 1000
_START_SECONDS: Final = 240


def compare_throughput(
    server: str, *, rounds: int = 25, messages: int = _MESSAGES, progress: Callable[[str], None] = lambda line: None
) -> str:
    """Return a sentence about the messages per second. The two applications take turns, and each turn gives a ratio.

    Turns are short and many: what else runs on the machine disturbs neighbours alike. Both are in one process, started
    anew several times: how memory happens to lie in a process makes two that run the same application differ by a
    fifth, as long as they live.

    Args:
        server: Of `SERVERS`.
        rounds: How many ratios the median is of, at least.
        messages: In one turn of one application.
        progress: Called with a line for each step.

    Raises:
        MeasureFailed: A server or the client has failed.
        Unavailable: The server is not installed.
    """
    starts = min(rounds, _STARTS)
    found: list[list[float]] = []
    for start in range(starts):
        progress(f"{server}, start {start + 1} of {starts}: {rounds} rounds in all, of {messages} messages, twice")
        # each has its connections opened first as often as the other
        order = slice(None, None, -1 if start % 2 else 1)
        with serving(server, "both") as running:
            targets = [f"{running.port}/{app}" for app in _APPS[order]]
            found += (times[order] for times in _load(_CONNECTIONS, messages, -(-rounds // starts), targets))
    ratios = [of_raw / of_litecon for of_raw, of_litecon in found]
    quarter = sorted(ratios)[len(ratios) // 4], sorted(ratios)[-1 - len(ratios) // 4]
    rates = [messages / median(times) for times in zip(*found, strict=True)]
    return (
        f"{server}, messages per second: raw {rates[0]:,.0f}, litecon {rates[1]:,.0f}; median of the ratios "
        f"{median(ratios):.3f} (half of them {quarter[0]:.3f} to {quarter[1]:.3f}), "
        f"bound >= {_THROUGHPUT_BOUND}: {_said(median(ratios) >= _THROUGHPUT_BOUND)}"
    )


def compare_instructions(
    server: str, *, messages: int = _COUNTED_MESSAGES, progress: Callable[[str], None] = lambda line: None
) -> str:
    """Return a sentence about the instructions of the server's process for one message, under callgrind.

    Args:
        server: Of `SERVERS`.
        messages: In the smaller run; three times as many in the larger.
        progress: Called with a line for each step.

    Raises:
        MeasureFailed: A server or the client has failed.
        Unavailable: The server is not installed.
        ValueError: It cannot be counted.
    """
    if server == "granian":
        raise ValueError("granian's worker is another process than the one that callgrind would count")
    counts = []
    for app in _APPS:
        fewer, more = (_count(server, app, number) for number in (messages, 3 * messages))
        counts.append((more - fewer) / (2 * messages))
        progress(f"{server}, {app}: {counts[-1]:,.0f} instructions a message")
    found = counts[1] / counts[0]
    return (
        f"{server}, instructions a message: raw {counts[0]:,.0f}, litecon {counts[1]:,.0f}; ratio {found:.3f}, "
        f"bound <= {_INSTRUCTIONS_BOUND}: {_said(found <= _INSTRUCTIONS_BOUND)}"
    )


def _said(reached: bool) -> str:
    return "reached" if reached else "NOT REACHED"


def _count(server: str, app: str, messages: int) -> int:
    with serving(server, app, callgrind("/dev/null")) as running:
        _load(1, messages, 1, [f"{running.port}/{app}"])
        running.stop()
        told = running.said()
    return collected_of(told)


def _load(connections: int, messages: int, rounds: int, targets: Sequence[str]) -> list[list[float]]:
    return run_client(["benchmarks.load", *map(str, (connections, messages, rounds)), *targets])


def run_client(words: Sequence[str]) -> list[list[float]]:
    """Return the seconds of each server in each round, as a client finds them in a process of its own.

    Args:
        words: The client's module and arguments.

    Raises:
        MeasureFailed: The client has failed.
    """
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MeasureFailed(f"the client has failed: {done.stderr.strip()[-500:]}")
    found: list[list[float]] = json.loads(done.stdout)
    return found


class Running:
    """A server that runs.

    Args:
        process: Its process.
        port: Where it listens.
        output: What it writes goes there.
    """

    def __init__(self, process: subprocess.Popen[bytes], port: int, output: IO[bytes]) -> None:
        self.process = process
        self.port = port
        self._output = output

    def said(self) -> str:
        """Return what it has written."""
        # the process writes at a position that it shares with this file object
        return os.pread(self._output.fileno(), 1 << 20, 0).decode("utf-8", "replace")

    def wait_for_start(self) -> None:
        """Wait until it answers.

        Raises:
            MeasureFailed: It does not.
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
        """End it, as Ctrl-C does."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(_START_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def serving(
    server: str, app: str, prefix: Sequence[str] = (), *, module_of_app: str = "benchmarks.apps"
) -> Iterator[Running]:
    """Run an application on a free port until the end of the block.

    Args:
        server: Of `SERVERS`.
        app: Its name in the module.
        prefix: Words before those of the server's process.
        module_of_app: The module that has it.

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
    command = [*prefix, sys.executable, "-m", module, f"{module_of_app}:{app}", *where, *options]
    switches = {"PYTHONHASHSEED": "0", "LITECON_PURE_PYTHON": "0", "PYTHONPATH": os.fspath(_ROOT)}
    environment = {**os.environ, **switches}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=_ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        running = Running(process, port, output)
        try:
            running.wait_for_start()
            yield running
        finally:
            running.stop()
