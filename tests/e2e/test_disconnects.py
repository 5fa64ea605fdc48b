"""Disconnects, and reads that were given up, on real servers."""

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


def started(name: str) -> AbstractContextManager[RunningServer]:
    if name.startswith("uvicorn"):
        return uvicorn(APP, name.partition("-")[2])
    return hypercorn(APP) if name == "hypercorn" else granian(APP)


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    with started(request.param) as running:
        yield running


def slow_body() -> Iterator[bytes]:
    for _ in range(8):
        yield b"x" * 1000
        time.sleep(0.03)


def seen(server: RunningServer, count: int) -> list[str]:
    """Wait until the application has told of so many requests."""
    for _ in range(400):
        lines = httpx.get(f"{server.url}/seen").text.splitlines()
        if len(lines) >= count:
            return lines
        time.sleep(0.02)
    raise TimeoutError(f"the application has seen {lines} only")


def test_polling_loses_no_byte(server: RunningServer) -> None:
    answer = httpx.post(f"{server.url}/poll", content=slow_body(), timeout=30)
    assert answer.text == "0 8000"


def test_polling_a_request_without_a_body(server: RunningServer) -> None:
    assert httpx.get(f"{server.url}/poll", timeout=30).text == "0 0"


def test_cancelled_reads_are_taken_up(server: RunningServer) -> None:
    answer = httpx.post(f"{server.url}/impatient", content=slow_body(), timeout=30)
    assert answer.text == "1 8000"


def test_a_client_that_goes(server: RunningServer) -> None:
    before = len(seen(server, 0))
    with socket.create_connection((HOST, server.port)) as client:
        client.sendall(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.2)
    assert seen(server, before + 1)[-1] == "gone, connected False"
    with socket.create_connection((HOST, server.port)) as client:
        client.sendall(b"POST /half HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
        time.sleep(0.2)
    assert seen(server, before + 2)[-1] == "499, connected False"
