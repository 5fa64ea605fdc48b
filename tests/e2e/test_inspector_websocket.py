"""The inspector's WebSocket on every server, tested with a real client."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
from collections.abc import Coroutine, Iterator
from typing import Any

import httpx
import ormsgpack
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

import litecon

from .servers import HOST, WEBSOCKET_SERVERS, RunningServer, inspector, uvicorn

APP = "litecon.inspector:app"
SECONDS = 60
MEGABYTE = 1 << 20


@pytest.fixture(scope="module", params=WEBSOCKET_SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    name, _, implementation = request.param.partition("-")
    with uvicorn(APP, "auto", ws=implementation) if implementation else inspector(name) as running:
        yield running
        assert "Traceback" not in "".join(running.output())


def opened(server: RunningServer, target: str = "/ws", **options: Any) -> connect:
    """Return a client's connection, to be entered."""
    plain: dict[str, Any] = {"proxy": None, "compression": None, "max_size": None, "ping_interval": None}
    times = {"open_timeout": SECONDS, "close_timeout": SECONDS}
    return connect(f"ws://{HOST}:{server.port}{target}", **{**plain, **times, **options})


def talk(conversation: Coroutine[Any, Any, Any]) -> Any:
    """Run a client."""
    return asyncio.run(asyncio.wait_for(conversation, SECONDS))


def test_plain_echo(server: RunningServer) -> None:
    async def conversation() -> None:
        async with opened(server) as client:
            for message in ("é", b"\0\xff", "", b"", '{"a": 1}', "x" * MEGABYTE, bytes(MEGABYTE)):
                await client.send(message)
                assert await client.recv() == message

    talk(conversation())


@pytest.mark.parametrize(
    ("mode", "message", "echo", "bad"),
    [
        ("text", "é", "é", b"\0"),
        ("bytes", b"\0", b"\0", "x"),
        ("json", '{"é": [1, 2.5, null]}', '{"é":[1,2.5,null]}', "{"),
        ("msgpack", ormsgpack.packb({"é": [1, None]}), ormsgpack.packb({"é": [1, None]}), b"\x92"),
    ],
)
def test_echo_and_report(server: RunningServer, mode: str, message: Any, echo: Any, bad: Any) -> None:
    async def conversation() -> None:
        async def report() -> Any:
            received = await client.recv()
            assert isinstance(received, bytes) == (mode == "msgpack")
            return json.loads(received) if isinstance(received, str) else ormsgpack.unpackb(received)

        async with opened(server, f"/ws?as={mode}&report=on") as client:
            assert (await report())["report"] == "handshake"
            for number in (1, 3, 5):
                await client.send(message)
                told = await report()
                assert (told["number"], told["answer"], told["connection_state"]) == (number, mode, "receive")
                assert told["size"] == len(message.encode() if isinstance(message, str) else message)
                assert await client.recv() == echo
                await client.send(bad)
                told = await report()
                assert (told["number"], told["answer"]) == (number + 1, None)
                assert told["error"]["type"] in ("SerializationException", "WebSocketMessageTypeError")

    talk(conversation())


def test_handshake(server: RunningServer) -> None:
    headers = {"cookie": "a=hunter2", "authorization": "hunter2", "x-test": "seen"}

    async def conversation() -> None:
        options: dict[str, Any] = {"subprotocols": ["v2", "v1"], "additional_headers": headers, "origin": server.url}
        async with opened(server, "/ws?report=on&q=%C3%A9", **options) as client:
            assert client.subprotocol == "v2"
            received = await client.recv()
            report = json.loads(received)
            assert report["url"] == f"ws://{HOST}:{server.port}/ws?report=on&q=%C3%A9"
            assert report["query"] == [["report", "on"], ["q", "é"]]
            assert (report["subprotocols"], report["subprotocol"]) == (["v2", "v1"], "v2")
            assert (report["same_origin"], report["connection_state"]) == (True, "connect")
            assert ["x-test", "seen"] in report["headers"]
            assert ["authorization", "(hidden: 7 characters)"] in report["headers"]
            assert b"hunter2" not in received.encode()
            assert report["litecon"]["compiled"] is litecon.COMPILED
        async with opened(server, "/ws?report=on", additional_headers=headers, origin="http://evil.test") as client:
            report = json.loads(await client.recv())
            assert report["same_origin"] is False
            assert dict(report["headers"])["x-test"] == "(hidden: 4 characters)"

    talk(conversation())


@pytest.mark.parametrize(
    ("target", "status", "words"),
    [
        ("/", 404, "at /ws only"),
        ("/ws/", 404, "at /ws only"),
        ("/ws?as=x", 400, "data, text"),
        ("/ws?close=1", 400, "code"),
    ],
)
def test_refusals(server: RunningServer, target: str, status: int, words: str) -> None:
    async def conversation() -> None:
        with pytest.raises(InvalidStatus) as caught:
            async with opened(server, target):
                pass
        response = caught.value.response
        # a server need not offer the extension
        if response.status_code != 403:
            assert response.status_code == status
            assert words in (response.body or b"").decode()

    talk(conversation())


@pytest.mark.parametrize(("mode", "limit"), [("data", 8 * MEGABYTE), ("json", MEGABYTE), ("msgpack", MEGABYTE)])
def test_too_large_a_message_closes_it(server: RunningServer, mode: str, limit: int) -> None:
    async def conversation() -> tuple[int, str]:
        async with opened(server, f"/ws?as={mode}") as client:
            with pytest.raises(ConnectionClosed):
                await client.send(b"\xc0" * (limit + 1) if mode == "msgpack" else " " * (limit + 1))
                await client.recv()
        return client.close_code or 0, client.close_reason or ""

    assert talk(conversation()) == (1009, f"a message may have {limit:,} bytes here")


def test_close_codes_of_the_application(server: RunningServer) -> None:
    async def conversation(code: int, reason: str) -> None:
        async with opened(server, f"/ws?close={code}&reason={reason}") as client:
            with pytest.raises(ConnectionClosed):
                await client.recv()
        assert (client.close_code, client.close_reason) == (code, reason)

    for code, reason in ((1000, ""), (1011, "broken"), (3000, "é"), (4999, "x" * 123)):
        talk(conversation(code, reason))


def test_close_codes_of_the_client(server: RunningServer) -> None:
    async def conversation(code: int) -> None:
        async with opened(server) as client:
            await client.close(code, "bye")
        assert client.close_code == code

    for code in (1000, 1001, 3000, 4999):
        talk(conversation(code))


def test_client_that_breaks_off(server: RunningServer) -> None:
    async def conversation() -> None:
        for _ in range(5):
            client = await opened(server)
            await client.send("x")
            client.transport.abort()
        async with opened(server) as client:
            await client.send("still")
            assert await client.recv() == "still"

    talk(conversation())


def test_request_at_its_path_is_inspected(server: RunningServer) -> None:
    report = httpx.get(f"{server.url}/ws", timeout=SECONDS, trust_env=False).json()
    assert (report["method"], report["scope"]["path"]) == ("GET", "/ws")


# the program


def seconds_to_end(name: str, number: int) -> float:
    """Return how long a server takes to end, as it should, while a WebSocket is open."""
    with inspector(name) as server:

        async def conversation() -> Any:
            async with opened(server) as client:
                await client.send("x")
                assert await client.recv() == "x"
                started = time.monotonic()
                stopping = asyncio.create_task(asyncio.to_thread(server.stop, number, group=number == signal.SIGINT))
                with pytest.raises(ConnectionClosed):
                    await client.recv()
                return await stopping, time.monotonic() - started

        ended, seconds = talk(conversation())
    assert (ended.exit_code, ended.stderr) == (0, "")
    return seconds


@pytest.mark.parametrize("server_name", ["uvicorn", "granian", "hypercorn"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_it_while_one_is_open(server_name: str, number: int) -> None:
    # a machine may be busy for once; what waits for the client to leave is late each time
    late = []
    while (seconds := seconds_to_end(server_name, number)) >= 15 and len(late) < 2:
        late.append(seconds)
    assert seconds < 15, late


def test_handshake_that_is_none(server: RunningServer) -> None:
    request = f"GET /ws HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n".encode()
    with socket.create_connection((HOST, server.port), timeout=SECONDS) as connection:
        connection.sendall(request)
        assert connection.recv(65536).startswith(b"HTTP/1.1 ")
    assert httpx.get(server.url, timeout=SECONDS, trust_env=False).status_code == 200
