"""Answers that deliberately differ from Litestar's, because litecon guarantees more."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import litestar
import pytest

from litecon import ImproperlyConfiguredException
from litecon.litestar import LiteconPlugin

from ..helpers import Receiver, Sender, await_, http_scope
from .app import make_app
from .driving import record
from .exchanges import one
from .scopes import socket_scope
from .scripts import Conversation, Exchange, Leave

pytestmark = pytest.mark.usefixtures("dropin")


def plain_and_plugged() -> list[list[Any]]:
    """Return the plugins of the two applications that are compared."""
    return [[], [LiteconPlugin()]]


def statuses(script: Exchange) -> list[int]:
    """Return the status without and with the plugin."""
    answers = [record(make_app(plugins), [script])[script.name] for plugins in plain_and_plugged()]
    # what is no HTTPException comes out of Litestar 3, and is answered by the server
    return [answer[0]["events"][0]["status"] if answer[0]["events"] else 500 for answer in answers]


def test_byte_in_query() -> None:
    """A byte that has no place in a query is no error of the server."""
    script = one("byte", "GET", "/members/facts", scope={"query_string": b"a=\xff"})
    assert statuses(script) == [500, 200]


def test_code_of_disconnect() -> None:
    """The code with which a client has left is told each time."""
    script = Conversation("codes", "/raw/gone-codes", (Leave(4444),), notes=2)
    notes = [json.loads(record(make_app(plugins), [script])["codes"]["notes"]) for plugins in plain_and_plugged()]
    assert [[note[-4:] for note in noted] for noted in notes] == [["4444", "1000"], ["4444", "4444"]]


class Slow:
    """A client whose body comes in pieces, each after a while."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)

    async def __call__(self) -> dict[str, Any]:
        await asyncio.sleep(0.02)
        if not self.pieces:
            return {"type": "http.disconnect"}
        piece = self.pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(self.pieces)}


async def slowly(plugins: list[Any], path: str, *pieces: bytes) -> tuple[bytes | None, list[str]]:
    """Return the body of an answer, None where there is none, and what went wrong."""
    sent: list[Any] = []
    causes: list[str] = []

    async def send(event: Any) -> None:
        sent.append(event)

    app = make_app(plugins)
    scope = {**http_scope(method="POST", path=path), "causes": causes}
    async with app.lifespan():
        # it is among the causes
        with suppress(RuntimeError):
            await app(scope, Slow(*pieces), send)  # type: ignore[arg-type]
    return sent[1]["body"] if sent else None, causes


def test_cancelled_read() -> None:
    """A read that was given up resumes with what had arrived."""
    answers = [
        asyncio.run(slowly(plugins, "/members/body-cancelled", b"one ", b"two ", b"three ", b"four"))
        for plugins in plain_and_plugged()
    ]
    assert answers[0] != answers[1] == (b"one two three four", [])


def test_readers_at_once() -> None:
    """Of several tasks that read one body the first gets it whole, and the others are told."""
    _, causes = asyncio.run(slowly([LiteconPlugin()], "/members/body-at-once", b"one", b"two", b"three", b"four"))
    assert {*causes} == {"RuntimeError: another task is reading this body: await it there, and use what it returns"}


def test_encodings_of_forms() -> None:
    """A text of a multipart form that cannot be decoded is the client's fault."""
    body = b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--\r\n'
    script = one("latin", "POST", "/members/form", ("content-type", "multipart/form-data; boundary=x"), body=body)
    assert statuses(script) == [500, 400]


@pytest.mark.parametrize(
    "refused",
    [
        lambda socket: socket.accept(headers=[(b"x-a", b"1\r\nx-b: 2")]),
        lambda socket: socket.accept("two, protocols"),
        lambda socket: socket.close(1005),
        lambda socket: socket.close(reason="x" * 200),
    ],
)
def test_what_cannot_be_sent(dropin: Any, refused: Any) -> None:
    """What would break the answer to a handshake, or a close frame, is refused before it is sent."""
    for cls in (litestar.WebSocket, dropin.WebSocket):
        sender = Sender()
        socket = cls(socket_scope(), Receiver([{"type": "websocket.connect"}]), sender)
        if cls is litestar.WebSocket:
            await_(refused(socket))
            assert len(sender.events) == 1
        else:
            with pytest.raises(ImproperlyConfiguredException):
                await_(refused(socket))
            assert not sender.events
