"""The README's first app on uvicorn, unchanged: the commands that are shown, and clients that misbehave."""

from __future__ import annotations

import shlex
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from uvicorn.config import WS_PROTOCOLS
from websockets.exceptions import ConnectionClosed

from ..readme import blocks
from .servers import HOST, RunningServer, uvicorn
from .test_websocket_endings import RawClient
from .test_websockets import ask, opened, talk

MEGABYTE = 1024 * 1024
SERVERS = [("httptools", ws) for ws in ("websockets", "websockets-sansio") if ws in WS_PROTOCOLS] + [("h11", "wsproto")]

# what is shown: the command, and what it prints
SHOWN = [
    (shlex.split(command), printed)
    for part in "".join(blocks("console", "$ curl")).split("$ ")[1:]
    for command, _, printed in [part.partition("\n")]
]


@pytest.fixture(scope="module", params=SERVERS, ids="-".join)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder: Path = tmp_path_factory.mktemp("readme")
    [code] = blocks("python", "async def app(")
    (folder / "app.py").write_text(code, encoding="utf-8")
    with uvicorn("app:app", *request.param, folder=folder) as running:
        yield running
        stdout, stderr = running.output()
        assert running.process.poll() is None
        assert "Traceback" not in stdout + stderr
        assert "ERROR" not in stdout + stderr


def request_of(
    body: bytes, *, method: str = "POST", target: str = "/", host: str = "x", length: int | None = None
) -> bytes:
    length = len(body) if length is None else length
    head = f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def leave(client: socket.socket, how: str) -> None:
    if how == "reset":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@pytest.mark.parametrize(("command", "printed"), [shown for shown in SHOWN if shown[0][0] == "curl"])
def test_what_curl_prints(server: RunningServer, command: list[str], printed: str) -> None:
    program, option, data, url = command
    assert (program, option) == ("curl", "--data")
    headers = {"content-type": "application/x-www-form-urlencoded"}
    with ask(server) as client:
        assert client.post(httpx.URL(url).path, content=data, headers=headers).text == printed


def test_what_the_client_of_websockets_prints(server: RunningServer) -> None:
    [(command, printed)] = [shown for shown in SHOWN if shown[0][0] != "curl"]
    assert command[1:3] == ["-m", "websockets"]
    _, sent, received = printed.splitlines()

    async def conversation() -> None:
        async with opened(server, httpx.URL(command[3]).path) as client:
            await client.send(sent.removeprefix("> "))
            assert await client.recv() == received.removeprefix("< ")

    talk(conversation())


def test_a_message_of_the_wrong_kind_is_answered_with_close_code_1003(server: RunningServer) -> None:
    async def conversation() -> None:
        async with opened(server, "/") as client:
            await client.send("hi")
            assert await client.recv() == "you said hi"
            await client.send(b"hi")
            with pytest.raises(ConnectionClosed):
                await client.recv()
            assert (client.close_code, client.close_reason) == (
                1003,
                "received a binary message, expected a text message",
            )

    talk(conversation())


@pytest.mark.parametrize(
    ("sent", "status", "printed"),
    [
        (request_of(b"", method="GET", target="/%ff?a=%"), 200, b"GET /"),
        (request_of(b"", method="HEAD"), 200, b""),
        (request_of(b"", method="OPTIONS", target="*"), 200, b"OPTIONS"),
        (request_of(b"9" * 6000), 400, b"out of range"),
        (request_of(b"1e999"), 400, b"out of range"),
        (request_of(b"[" * 100_000), 400, b"512 levels"),
        (request_of(b'"\\ud800"'), 400, b"invalid JSON"),
        (request_of(b'"\xe9"'), 400, b"invalid UTF-8"),
        (request_of(b'"\\ud83d\\ude00\\u0000"'), 200, "'\U0001f600\\x00'".encode()),
        (request_of(b"1", host="a b"), 400, b"invalid Host header"),
        (request_of(b"1" * 9 * MEGABYTE, host="a b"), 400, b"invalid Host header"),
        (request_of(b"1" * 11 * MEGABYTE), 413, b"the body is larger"),
        (request_of(b"[" + b"1," * 1_100_000 + b"1]"), 413, b"more than 1000000 values"),
    ],
    ids=range(13),
)
def test_requests_that_a_client_may_get_wrong(server: RunningServer, sent: bytes, status: int, printed: bytes) -> None:
    received = b""
    with socket.create_connection((HOST, server.port), timeout=30) as client:
        client.sendall(sent)
        while chunk := client.recv(65536):
            received += chunk
    assert int(received.split(b" ", 2)[1]) == status
    assert printed in received.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("how", ["close", "reset"])
def test_clients_that_disconnect(server: RunningServer, how: str) -> None:
    for _ in range(5):
        client = socket.create_connection((HOST, server.port), timeout=30)
        client.sendall(request_of(b"[1, ", length=100))
        time.sleep(0.01)
        leave(client, how)
        for opcode, payload in ((1, b"x" * 100), (2, b"x"), (1, b"")):
            socket_client = RawClient(server, "/")
            socket_client.finish_handshake()
            for _ in range(50):
                socket_client.send_frame(opcode, payload)
            leave(socket_client.socket, how)
    # it is still there
    with ask(server) as other:
        assert other.get("/").text == "GET /, None\n"
