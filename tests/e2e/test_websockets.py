"""WebSockets on real servers: the handshake, and messages."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import ormsgpack
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from .servers import HOST, WEBSOCKET_SERVERS, RunningServer, websocket_server
from .websocket_app import MAX_SIZE

APP = "websocket_app:app"
SECONDS = 60
MESSAGES = 10_000
CONNECTIONS = 1_000
LARGE_MESSAGE = bytes(1 << 18)
LARGE_MESSAGES = 200

TEXTS = ["", "a", "grüße, 世界 \U0001f600 \0", "é" * 512, "x" * 1024, "ü" * (1 << 19)]
BLOBS = [b"", b"\0", bytes(range(256)) * 4, bytes(range(256)) * 4096]
VALUES = [None, 0, "é", [], {"a": [1, 2.5, True, None, "世界"]}, ["x" * 1000] * 1000]


@pytest.fixture(scope="module", params=WEBSOCKET_SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    with websocket_server(APP, request.param) as running:
        running.name = request.param
        yield running
        assert "Traceback" not in "".join(running.output())


def opened(server: RunningServer, target: str, **options: Any) -> connect:
    """Return a client's connection, to be entered."""
    plain: dict[str, Any] = {"proxy": None, "compression": None, "max_size": None, "ping_interval": None}
    times = {"open_timeout": SECONDS, "close_timeout": SECONDS}
    return connect(f"ws://{HOST}:{server.port}{target}", **{**plain, **times, **options})


def talk(conversation: Coroutine[Any, Any, Any]) -> Any:
    """Run a client."""
    return asyncio.run(asyncio.wait_for(conversation, SECONDS))


def ask(server: RunningServer) -> httpx.Client:
    # without the certificates, which take longer to load than an answer takes
    return httpx.Client(base_url=server.url, timeout=SECONDS, trust_env=False, verify=False)


def seen(server: RunningServer, name: str, last: object = "ended") -> list[Any]:
    """Wait until a handler has reported this, and return all that it reported."""
    deadline = time.monotonic() + SECONDS
    with ask(server) as client:
        while time.monotonic() < deadline:
            report: list[Any] = client.get(f"/seen?id={name}").json()
            if last in report:
                return report
            time.sleep(0.02)
    raise TimeoutError(f"the handler has reported {report} only; the server says {server.output()}")


async def echoed(client: ClientConnection, message: str | bytes) -> None:
    await client.send(message)
    assert await client.recv() == message


# messages


@pytest.mark.parametrize("compression", [None, "deflate"])
@pytest.mark.parametrize("path", ["/echo?mode=text", "/events"])
def test_text(server: RunningServer, path: str, compression: str | None) -> None:
    async def conversation() -> None:
        async with opened(server, path, compression=compression) as client:
            for text in TEXTS:
                await echoed(client, text)

    talk(conversation())


@pytest.mark.parametrize("compression", [None, "deflate"])
@pytest.mark.parametrize("path", ["/echo?mode=binary", "/events"])
def test_bytes(server: RunningServer, path: str, compression: str | None) -> None:
    async def conversation() -> None:
        async with opened(server, path, compression=compression) as client:
            for blob in BLOBS:
                await echoed(client, blob)

    talk(conversation())


@pytest.mark.parametrize("mode", ["text", "binary"])
def test_json(server: RunningServer, mode: str) -> None:
    async def conversation() -> None:
        async with opened(server, f"/json?mode={mode}") as client:
            for value in VALUES:
                message = json.dumps(value)
                await client.send(message if mode == "text" else message.encode())
                answer = await client.recv()
                assert isinstance(answer, str) == (mode == "text")
                assert json.loads(answer) == value

    talk(conversation())


def test_msgpack(server: RunningServer) -> None:
    async def conversation() -> None:
        async with opened(server, "/msgpack") as client:
            for value in VALUES:
                await client.send(ormsgpack.packb(value))
                answer = await client.recv()
                assert isinstance(answer, bytes)
                assert ormsgpack.unpackb(answer) == value

    talk(conversation())


def test_fragments(server: RunningServer) -> None:
    async def conversation() -> None:
        async with opened(server, "/echo") as client:
            await client.send(["frag", "", "ments: ", "é" * 70_000])
            # a ping may stand between two messages, and between two frames
            await (await client.ping())
            assert await client.recv() == "fragments: " + "é" * 70_000

    talk(conversation())


def test_messages_beyond_the_limit(server: RunningServer) -> None:
    async def conversation() -> None:
        async with opened(server, "/limited") as client:
            for message in ("x" * (MAX_SIZE + 1), "é" * MAX_SIZE, "x" * (1 << 20)):
                await echoed(client, "é" * (MAX_SIZE // 2))
                await client.send(message)
                assert await client.recv() == "too large"

    talk(conversation())


def test_many_messages_both_ways_at_once(server: RunningServer) -> None:
    name = uuid4().hex

    async def conversation() -> None:
        async with opened(server, f"/stream?count={MESSAGES}&id={name}") as client:

            async def send_all() -> None:
                for number in range(MESSAGES):
                    await client.send(f"{number:100}")

            sending = asyncio.create_task(send_all())
            assert [int(await client.recv()) for _ in range(MESSAGES)] == list(range(MESSAGES))
            await sending
            await echoed(client, "all")

    talk(conversation())
    assert seen(server, name)[0] is True


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell of memory")
def test_messages_do_not_stay_in_memory(server: RunningServer) -> None:
    async def conversation() -> None:
        async with opened(server, "/echo?mode=binary") as client:
            for _ in range(LARGE_MESSAGES):
                await echoed(client, LARGE_MESSAGE)

    talk(conversation())
    before = server.peak_memory()
    talk(conversation())
    assert server.peak_memory() - before < LARGE_MESSAGES * len(LARGE_MESSAGE) / 4


def test_many_connections_at_once(server: RunningServer) -> None:
    async def conversation() -> None:
        in_flight = asyncio.Semaphore(32)

        async def enter(number: int) -> ClientConnection:
            async with in_flight:
                client = await opened(server, "/echo")
                await echoed(client, f"first {number}")
                return client

        clients = await asyncio.gather(*map(enter, range(CONNECTIONS)))
        assert len({client.local_address for client in clients}) == CONNECTIONS
        await asyncio.gather(*(echoed(client, f"second {number}") for number, client in enumerate(clients)))
        await asyncio.gather(*(client.close() for client in clients))

    talk(conversation())


def test_cancelled_receives_lose_nothing(server: RunningServer) -> None:
    name = uuid4().hex

    async def conversation() -> None:
        async with opened(server, f"/impatient?id={name}") as client:
            assert await client.recv() == "given up"
            for number in range(200):
                await echoed(client, f"one {number}")
            for number in range(500):
                await client.send(f"many {number}")
            assert [await client.recv() for _ in range(500)] == [f"many {number}" for number in range(500)]

    talk(conversation())
    assert seen(server, name)[0][:2] in (["disconnect", 1000], ["disconnect", 1006])


# the handshake


def about(server: RunningServer, target: str, **options: Any) -> tuple[ClientConnection, Any]:
    """Return a client's connection, closed again, and what the application said about it."""

    async def conversation() -> tuple[ClientConnection, Any]:
        async with opened(server, target, **options) as client:
            return client, json.loads(await client.recv())

    return talk(conversation())  # type: ignore[no-any-return]


def test_path_query_headers_and_cookies(server: RunningServer) -> None:
    target = f"/about/{quote('é b')}?a=1&b=&a={quote('ü /&')}"
    headers = [("X-Test", "one"), ("Cookie", 'session="x y"; b=2'), ("X-Test", "two, three")]
    _, said = about(server, target, additional_headers=headers)
    assert said["path"] == "/about/é b"
    assert said["scheme"] == "ws"
    assert said["query"] == [["a", "1"], ["b", ""], ["a", "ü /&"]]
    assert said["headers"] == ["one", "two, three"]
    assert said["cookies"] == {"session": "x y", "b": "2"}
    assert said["subprotocols"] == []
    assert said["state"] == "connect"
    # all servers have the extension today
    assert said["denial"] is True


@pytest.mark.parametrize(
    ("offered", "chosen"), [(None, None), (["chat"], None), (["chat"], "chat"), (["a.b", "c-d"], "c-d")]
)
def test_subprotocol(server: RunningServer, offered: Any, chosen: str | None) -> None:
    query = f"?subprotocol={chosen}" if chosen else ""
    client, said = about(server, f"/about{query}", subprotocols=offered)
    assert said["subprotocols"] == (offered or [])
    assert client.subprotocol == chosen


def test_headers_on_accept(server: RunningServer) -> None:
    client, _ = about(server, "/about?headers&subprotocol=chat", subprotocols=["chat"])
    assert client.subprotocol == "chat"
    assert client.response is not None
    seen_headers = client.response.headers.get_all("x-app") + client.response.headers.get_all("set-cookie")
    # granian leaves out the headers of websocket.accept
    assert seen_headers == ["litecon", "a=1", "b=2"] or (server.name == "granian" and not seen_headers)
    client, _ = about(server, "/about")
    assert client.response is not None
    assert not client.response.headers.get_all("x-app")


def refusal(server: RunningServer, target: str) -> Any:
    async def conversation() -> None:
        async with opened(server, target):
            pass

    with pytest.raises(InvalidStatus) as caught:
        talk(conversation())
    return caught.value.response


@pytest.mark.parametrize("status", [400, 401, 403, 451, 503])
def test_deny(server: RunningServer, status: int) -> None:
    name = uuid4().hex
    response = refusal(server, f"/deny?status={status}&id={name}")
    assert response.status_code == status
    assert bytes(response.body) == b"denied: \xc3\xa9"
    assert response.headers["x-why"] == "test"
    assert response.headers["content-type"] == "text/plain"
    # there was no close frame
    assert seen(server, name) == [["disconnect", 1006, ""], "ended"]


def test_deny_without_the_extension(server: RunningServer) -> None:
    name = uuid4().hex
    response = refusal(server, f"/deny?status=451&plainly&id={name}")
    assert (response.status_code, bytes(response.body)) == (403, b"")
    assert seen(server, name) == [["disconnect", 1000, ""], "ended"]


def test_close_before_accept(server: RunningServer) -> None:
    name = uuid4().hex
    response = refusal(server, f"/refuse?id={name}")
    assert (response.status_code, bytes(response.body)) == (403, b"")
    assert seen(server, name) == [["disconnect", 4003, "no"], "ended"]
