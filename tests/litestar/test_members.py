"""The drop-in's classes have the members of Litestar's, and those that only litecon has."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import litestar
import pytest
from litestar import Litestar, post
from litestar.connection import ASGIConnection
from litestar.exceptions import SerializationException
from litestar.testing import TestClient

from ..helpers import DISCONNECT, Receiver, Sender, await_, body_events
from .scopes import litestar_scope, socket_scope

CLASSES = {"ASGIConnection": ASGIConnection, "Request": litestar.Request, "WebSocket": litestar.WebSocket}
OWN = {
    "ASGIConnection": {"limits"},
    "Request": {"limits", "body_reader", "drain", "is_disconnected", "replay", "stream_form"},
    "WebSocket": {"limits", "deny"},
}
"""By class, the members that Litestar's own does not have."""

TYPED = {"json", "msgpack", "receive_json", "receive_msgpack", "iter_json", "iter_msgpack"}
"""The methods that take a type, as their last argument."""


def members(cls: Any) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")}


@pytest.mark.parametrize("name", CLASSES)
def test_members(dropin: Any, name: str) -> None:
    ours, theirs = getattr(dropin, name), CLASSES[name]
    assert members(ours) - members(theirs) == OWN[name]
    assert members(theirs) <= members(ours)


@pytest.mark.parametrize("name", CLASSES)
def test_signatures(dropin: Any, name: str) -> None:
    ours, theirs = getattr(dropin, name), CLASSES[name]
    for member in members(theirs):
        if not callable(inspect.getattr_static(theirs, member)):
            continue
        found, expected = (list(inspect.signature(getattr(cls, member)).parameters) for cls in (ours, theirs))
        assert found == expected + ["type"] * (member in TYPED), member


def request_of(dropin: Any, *chunks: bytes, **changes: Any) -> Any:
    return dropin.Request(litestar_scope(method="POST", **changes), Receiver(body_events(*chunks)))


@pytest.mark.parametrize(("method", "body"), [("json", b"[1]"), ("msgpack", b"\x91\x01")])
def test_decoded_into_a_type(dropin: Any, method: str, body: bytes) -> None:
    async def main() -> None:
        request = request_of(dropin, body)
        decode = getattr(request, method)
        assert await decode(type=set[int]) == {1}
        assert await decode() == [1]
        assert await decode(list[float]) == [1.0]
        assert await decode() == [1]
        with pytest.raises(SerializationException):
            await decode(dict)
        assert await getattr(request_of(dropin, b""), method)(int | None) is None
        with pytest.raises(SerializationException):
            await getattr(request_of(dropin, b""), method)(int)

    asyncio.run(main())


def test_is_disconnected(dropin: Any) -> None:
    async def main() -> None:
        request = request_of(dropin, b"a", b"b")
        assert not await request.is_disconnected()
        assert await request.body() == b"ab"
        request = dropin.Request(litestar_scope(), Receiver([DISCONNECT]))
        assert await request.is_disconnected()

    asyncio.run(main())


@pytest.mark.parametrize("is_read", [False, True])
def test_replay(dropin: Any, is_read: bool) -> None:
    async def main() -> None:
        request = request_of(dropin, b"a", b"b")
        if is_read:
            await request.body()
        assert await dropin.Request(litestar_scope(), request.replay()).body() == b"ab"

    asyncio.run(main())


def test_replay_of_what_others_have_read(dropin: Any) -> None:
    async def main() -> None:
        scope, receive = litestar_scope(), Receiver(body_events(b"a"))
        assert await litestar.Request(scope, receive).body() == b"a"
        assert await litestar.Request(litestar_scope(), dropin.Request(scope, receive).replay()).body() == b"a"

    asyncio.run(main())


def test_drain(dropin: Any) -> None:
    async def main() -> None:
        request = request_of(dropin, b"a", b"b")
        await request.drain()
        assert not request.receive.events
        assert not request.is_connected

    asyncio.run(main())


def test_deny(dropin: Any) -> None:
    for extensions, kinds in (
        ({"websocket.http.response": {}}, ["websocket.http.response.start", "websocket.http.response.body"]),
        ({}, ["websocket.close"]),
    ):
        sender = Sender()
        socket = dropin.WebSocket(
            socket_scope(extensions=extensions), Receiver([{"type": "websocket.connect"}]), sender
        )
        await_(socket.deny(401, body=b"no"))
        assert [event["type"] for event in sender.events] == kinds


@post("/parts")
async def parts(request: litestar.Request[Any, Any, Any]) -> list[list[Any]]:
    return [[part.name, part.filename, (await part.read()).decode()] async for part in request.stream_form()]  # type: ignore[attr-defined]


def test_stream_form(dropin: Any) -> None:
    with TestClient(Litestar([parts], plugins=[dropin.LiteconPlugin()])) as client:
        answer = client.post("/parts", data={"a": "1"}, files={"f": ("n", b"2")})
        assert answer.json() == [["a", None, "1"], ["f", "n", "2"]]
        assert client.post("/parts", data={"a": "1"}).json() == [["a", None, "1"]]
        # litecon's exceptions are answered as Litestar's are
        broken = client.post("/parts", content=b"--x", headers={"content-type": "multipart/form-data; boundary=x"})
        assert broken.status_code == 400
        assert broken.json()["detail"] == "the multipart body is broken: it ends too early"
        large = client.post("/parts", data={"a": "1" * 2_000_000}, files={"f": ("n", b"2")})
        assert large.status_code == 413
