"""Disconnects, cancelled reads and early responses: on real servers, and behind Starlette and FastAPI."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager

import httpx
import pytest

from .servers import HOST, RunningServer, granian, hypercorn, uvicorn

SERVERS = ("uvicorn-h11", "uvicorn-httptools", "hypercorn", "granian")
APP = "disconnect_app:app"
MEGABYTE = 1024 * 1024

everywhere = pytest.mark.parametrize("way", ["plain", "starlette-twice", "fastapi"])


def started(name: str) -> AbstractContextManager[RunningServer]:
    if name.startswith("uvicorn"):
        return uvicorn(APP, name.partition("-")[2])
    return hypercorn(APP) if name == "hypercorn" else granian(APP)


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    with started(request.param) as running:
        running.name = request.param
        yield running
        assert "Traceback" not in "".join(running.output())


def slow_body(count: int = 8) -> Iterator[bytes]:
    for number in range(count):
        yield b"%d" % number * 1000
        time.sleep(0.03)


def head(target: str, length: int) -> bytes:
    return f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n".encode()


def seen(server: RunningServer, count: int) -> list[str]:
    """Wait until the application has told of so many requests."""
    for _ in range(400):
        lines = httpx.get(f"{server.url}/plain/seen").text.splitlines()
        if len(lines) >= count:
            return lines
        time.sleep(0.02)
    raise TimeoutError(f"the application has seen {lines} only; the server says {server.output()}")


@everywhere
class TestIsDisconnected:
    def test_loses_no_byte_before_and_after_reading(self, server: RunningServer, way: str) -> None:
        answer = httpx.post(f"{server.url}/{way}/poll", content=slow_body(), timeout=30)
        assert answer.text == "0 8000"

    def test_loses_no_byte_between_reading(self, server: RunningServer, way: str) -> None:
        answer = httpx.post(f"{server.url}/{way}/poll_between", content=slow_body(), timeout=30)
        assert answer.content == b"0 " + b"".join(slow_body())

    def test_without_a_body(self, server: RunningServer, way: str) -> None:
        assert httpx.get(f"{server.url}/{way}/poll", timeout=30).text == "0 0"
        assert httpx.get(f"{server.url}/{way}/poll_between", timeout=30).text == "0 "

    @pytest.mark.parametrize(
        ("script", "length", "expected"),
        [
            ("before", 0, "before: True, b''"),
            ("before", 4, "before: True, b'half'"),
            ("before", 100, "before: True, 499"),
            ("between", 100, "between: b'half', True, 499"),
            ("after", 4, "after: b'half', True, b'half'"),
            ("half", 100, "half: 499, connected False"),
        ],
    )
    def test_sees_that_the_client_disconnected(
        self, server: RunningServer, way: str, script: str, length: int, expected: str
    ) -> None:
        before = len(seen(server, 0))
        with socket.create_connection((HOST, server.port)) as client:
            client.sendall(head(f"/{way}/{script}", length) + b"half"[:length])
            time.sleep(0.1)
        assert seen(server, before + 1)[before:] == [expected]


def test_cancelled_reads_are_taken_up(server: RunningServer) -> None:
    answer = httpx.post(f"{server.url}/plain/impatient", content=slow_body(), timeout=30)
    assert answer.text == "1 8000"


@everywhere
@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_drain_lets_an_early_413_reach_a_client_that_is_still_sending(
    server: RunningServer, way: str, framing: str
) -> None:
    sent, piece, end = head(f"/{way}/refuse", 16 * MEGABYTE), b"x" * MEGABYTE, b""
    if framing == "chunks":
        sent = sent.replace(b"Content-Length: %d" % (16 * MEGABYTE), b"Transfer-Encoding: chunked")
        piece, end = b"%x\r\n%s\r\n" % (MEGABYTE, piece), b"0\r\n\r\n"
    received = b""
    with socket.create_connection((HOST, server.port), timeout=30) as client:
        # it looks for an answer only when all is sent
        client.sendall(sent + piece * 16 + end)
        while chunk := client.recv(65536):
            received += chunk
    assert received.startswith(b"HTTP/1.1 413 ")
    assert b"the body is larger than 100000 bytes" in received
