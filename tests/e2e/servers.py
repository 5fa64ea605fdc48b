"""Real servers in separate processes, on free loopback ports."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from uvicorn.config import WS_PROTOCOLS

import litecon

HOST = "127.0.0.1"
START_SECONDS = 40
STOP_SECONDS = 60
OPEN_FILES = 4096

WEBSOCKET_SERVERS = (
    *(f"uvicorn-{ws}" for ws in ("wsproto", "websockets", "websockets-sansio") if ws in WS_PROTOCOLS),
    "granian",
    "hypercorn",
)

_HERE = Path(__file__).parent
_PACKAGE_PARENT = Path(litecon.__file__).parent.parent
_PEAK = re.compile(r"VmHWM:\s*(\d+) kB")
_URL = re.compile(r"https?://\S+?:(\d+)/")


@dataclass
class Ended:
    """How a process ended, and what it said."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass
class RunningServer:
    """A server that answers."""

    process: subprocess.Popen[bytes]
    port: int
    stdout: IO[bytes]
    stderr: IO[bytes]
    name: str = ""

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def output(self) -> tuple[str, str]:
        """Return what it has said up to now."""
        return _text_of(self.stdout), _text_of(self.stderr)

    def peak_memory(self) -> int:
        """Return the most memory that one of its processes has held, in bytes; Linux tells it."""
        family = [self.process.pid]
        for process in family:
            family += map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())
        told = [Path(f"/proc/{process}/status").read_text() for process in family]
        return max(int(size) * 1024 for text in told for size in _PEAK.findall(text))

    def stop(self, number: int = signal.SIGINT, group: bool = True) -> Ended:
        """Send a signal, as a terminal does to the whole group of processes, and wait for the end."""
        if group:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        code = self.process.wait(STOP_SECONDS)
        return Ended(code, *self.output())


def environment(**variables: str) -> dict[str, str]:
    """Return this process's environment, with a path on which the litecon under test and the test apps are found."""
    path = os.pathsep.join(filter(None, (str(_PACKAGE_PARENT), str(_HERE), os.environ.get("PYTHONPATH", ""))))
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **variables}


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def run_python(*arguments: str) -> Ended:
    """Run a command that ends by itself."""
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command, env=environment(), cwd=_HERE, capture_output=True, text=True, timeout=START_SECONDS, check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@contextmanager
def serving(*arguments: str, port: int | None = None, ready: Path | None = None) -> Iterator[RunningServer]:
    """Run `python` with these arguments until the end of the block.

    Args:
        arguments: Those of a server.
        port: Where it will listen; without one the first URL that it prints tells.
        ready: The unix socket where it will listen instead, once it has printed something.
    """
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        command = [sys.executable, *arguments]
        # a group of its own, so that a signal goes to workers too and not to the tests
        process = subprocess.Popen(
            command,
            env=environment(),
            cwd=_HERE,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            process_group=0,
        )
        server = RunningServer(process, port or 0, stdout, stderr)
        try:
            _wait(server, command, ready)
            yield server
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()


@contextmanager
def inspector(server: str = "uvicorn") -> Iterator[RunningServer]:
    """Run `python -m litecon` on a free port."""
    with serving("-m", "litecon", "--port", "0", "--server", server) as running:
        yield running


@contextmanager
def uvicorn(app: str, http: str, ws: str = "auto", folder: Path = _HERE) -> Iterator[RunningServer]:
    """Run uvicorn with one of its HTTP parsers and one of its WebSocket implementations."""
    port = free_port()
    where = ("--host", HOST, "--port", str(port), "--app-dir", str(folder))
    # a machine that is busy for long must not look like a client that is gone
    how = ("--http", http, "--ws", ws, "--ws-ping-timeout", "600", "--log-level", "warning")
    with serving("-m", "uvicorn", app, *where, *how, port=port) as running:
        yield running


@contextmanager
def hypercorn(app: str) -> Iterator[RunningServer]:
    """Run hypercorn, which speaks HTTP/2 too."""
    port = free_port()
    with serving("-m", "hypercorn", app, "--bind", f"{HOST}:{port}", "--log-level", "WARNING", port=port) as running:
        yield running


@contextmanager
def granian(app: str) -> Iterator[RunningServer]:
    """Run granian."""
    port = free_port()
    # by default it takes 1024 connections at once
    where = ("--interface", "asgi", "--host", HOST, "--port", str(port), "--backpressure", "2048")
    with serving("-m", "granian", app, *where, "--log-level", "error", port=port) as running:
        yield running


def websocket_server(app: str, name: str) -> AbstractContextManager[RunningServer]:
    """Run one of `WEBSOCKET_SERVERS`, with room for many connections in it and in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < OPEN_FILES:
        wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    if name.startswith("uvicorn"):
        return uvicorn(app, "auto", ws=name.partition("-")[2])
    return hypercorn(app) if name == "hypercorn" else granian(app)


def _wait(server: RunningServer, command: Sequence[str], ready: Path | None) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise RuntimeError(f"{command} ended with {server.process.returncode}: {server.output()}")
        found = _URL.search(_text_of(server.stdout))
        if not server.port and found:
            server.port = int(found[1])
        if _accepts(ready) and server.output()[0] if ready else server.port and _accepts(server.port):
            return
        time.sleep(0.03)
    raise RuntimeError(f"{command} does not answer: {server.output()}")


def _accepts(where: int | Path) -> bool:
    try:
        if isinstance(where, int):
            socket.create_connection((HOST, where), timeout=1).close()
        else:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(where))
        return True
    except OSError:
        return False


def _text_of(file: IO[bytes]) -> str:
    # the child writes at a position that it shares with this file object
    return os.pread(file.fileno(), 1 << 20, 0).decode("utf-8", "replace")
