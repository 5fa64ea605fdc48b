"""`litecon.starlette`: connections over those of Starlette and FastAPI, before and after these have read something."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import HTTPConnection
from starlette.requests import Request as StarletteRequest
from starlette.websockets import WebSocket as StarletteWebSocket

from litecon import ClientDisconnect, Request, StreamConsumed, WebSocket, WebSocketDisconnect
from litecon.starlette import request_of, websocket_of
from litecon.testing import Sender, http_scope, receiver, websocket_scope

CONNECT = {"type": "websocket.connect"}
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}

READS: dict[str, Callable[[Request], Any]] = {
    "body": lambda request: request.body(),
    "json": lambda request: request.json(),
    "stream": lambda request: joined(request.stream()),
    "form": lambda request: request.form(),
    "stream_form": lambda request: joined(request.stream_form()),
    "msgpack": lambda request: request.msgpack(),
}


async def joined(chunks: Any) -> list[Any]:
    return [chunk async for chunk in chunks]


def only(*chunks: bytes) -> Any:
    """Return a `receive` that gives a body, and then waits for ever, as a server does."""
    receive = receiver(*chunks)
    left = len(chunks)

    async def once() -> Any:
        nonlocal left
        left -= 1
        return await (asyncio.Event().wait() if left < 0 else receive())

    return once


def outer(*chunks: bytes, headers: dict[str, str]) -> StarletteRequest:
    return StarletteRequest(http_scope(method="POST", headers=headers), only(*chunks), Sender())


def run(main: Any) -> Any:
    async def bounded() -> Any:
        return await asyncio.wait_for(main, 5)

    return asyncio.run(bounded())


class TestRequest:
    def test_of_a_body_that_nobody_has_read(self) -> None:
        request = request_of(outer(b"[1,", b"2]", headers=JSON))
        assert type(request) is Request
        assert run(request.json()) == [1, 2]

    @pytest.mark.parametrize("first", ["body", "json"])
    @pytest.mark.parametrize("read", ["body", "json", "stream", "msgpack"])
    def test_a_body_that_was_kept_is_given_again(self, first: str, read: str) -> None:
        starlettes = outer(b"1", headers=JSON)

        async def main() -> Any:
            await getattr(starlettes, first)()
            value = await READS[read](request_of(starlettes))
            # and to a second one, and to Starlette's
            assert await request_of(starlettes).body() == await starlettes.body() == b"1"
            return value

        assert run(main()) == {"body": b"1", "json": 1, "stream": [b"1", b""], "msgpack": 0x31}[read]

    def test_an_empty_body_that_was_kept(self) -> None:
        starlettes = outer(b"", headers=JSON)

        async def main() -> Any:
            await starlettes.body()
            return await request_of(starlettes).body()

        assert run(main()) == b""

    @pytest.mark.parametrize("read", READS)
    @pytest.mark.parametrize("first", ["form", "stream"])
    def test_a_body_that_is_used_up_is_a_clear_error(self, first: str, read: str) -> None:
        starlettes = outer(b"a=1", headers=FORM)

        async def main() -> Any:
            if first == "form":
                await starlettes.form()
            else:
                await joined(starlettes.stream())
            await READS[read](request_of(starlettes))

        with pytest.raises(StreamConsumed):
            run(main())

    def test_what_litecon_has_read_is_not_taken_over_again(self) -> None:
        starlettes = outer(b"1", headers=JSON)
        starlettes._body = b"2"

        async def main() -> Any:
            first = Request(starlettes.scope, starlettes.receive)
            await first.body()
            return await request_of(starlettes).body()

        assert run(main()) == b"1"

    def test_sends_as_starlette_does(self) -> None:
        starlettes = outer(b"", headers=JSON)
        request = request_of(starlettes)
        assert request.scope is starlettes.scope
        assert request.receive is starlettes.receive
        assert request.send is starlettes._send

    def test_a_class_of_ones_own(self) -> None:
        class Mine(Request):
            __slots__ = ()

        assert type(request_of(outer(b"", headers=JSON), Mine)) is Mine

    def test_a_connection_without_receive(self) -> None:
        with pytest.raises(RuntimeError):
            run(request_of(HTTPConnection(http_scope())).body())

    def test_a_disconnect_may_be_a_body_that_something_else_has_read(self) -> None:
        request = Request(http_scope(method="POST", headers=JSON), receiver())
        with pytest.raises(ClientDisconnect) as caught:
            run(request.body())
        assert "request_of" in "".join(caught.value.__notes__)


class TestWebSocket:
    def over(self, *messages: str) -> tuple[StarletteWebSocket, Sender]:
        send = Sender()
        return StarletteWebSocket(websocket_scope(), receiver(CONNECT, *messages), send), send

    def test_before_the_handshake(self) -> None:
        starlettes, send = self.over("hi")

        async def main() -> Any:
            socket = websocket_of(starlettes)
            assert (type(socket), socket.connection_state) == (WebSocket, "init")
            return await socket.receive_text()

        assert run(main()) == "hi"
        assert [event["type"] for event in send.events] == ["websocket.accept"]

    def test_after_the_handshake_was_received(self) -> None:
        starlettes, send = self.over("hi")

        async def main() -> Any:
            await starlettes.receive()
            socket = websocket_of(starlettes)
            assert socket.connection_state == "connect"
            await socket.accept("chat")
            return await socket.receive_text()

        assert run(main()) == "hi"
        assert [event.get("subprotocol") for event in send.events] == ["chat"]

    def test_after_it_was_accepted(self) -> None:
        starlettes, send = self.over("hi", "again")

        async def main() -> Any:
            await starlettes.accept()
            assert await starlettes.receive_text() == "hi"
            socket = websocket_of(starlettes)
            assert socket.connection_state == "receive"
            await socket.send_text("first")
            return await socket.receive_text()

        assert run(main()) == "again"
        assert [event["type"] for event in send.events] == ["websocket.accept", "websocket.send"]

    @pytest.mark.parametrize("end", ["close", "disconnect"])
    def test_after_the_end(self, end: str) -> None:
        starlettes, _ = self.over()

        async def main() -> None:
            await starlettes.accept()
            await (starlettes.close() if end == "close" else starlettes.receive())
            socket = websocket_of(starlettes)
            assert socket.connection_state == "disconnect"
            await socket.receive_text()

        with pytest.raises(WebSocketDisconnect):
            run(main())

    def test_a_class_of_ones_own(self) -> None:
        class Mine(WebSocket):
            __slots__ = ()

        starlettes, _ = self.over()
        assert type(websocket_of(starlettes, Mine)) is Mine
