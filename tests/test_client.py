"""`litecon.testing.Client`: an application is run without a server."""

from __future__ import annotations

import asyncio
import copy
import pickle
from dataclasses import dataclass
from typing import Any

import pytest

from litecon import Request, WebSocket, WebSocketDisconnect, WebSocketMessageTypeError
from litecon.testing import Client, HandshakeRefused, Response, WebSocketFactory
from litecon.testing import running as running_module

from .websocket.doubles import Task, turns


@dataclass
class User:
    name: str


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await live(scope, receive, send)
    elif scope["type"] == "http":
        await answer(Request(scope, receive, send))
    else:
        await talk(WebSocket(scope, receive, send))


async def live(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    scope["state"]["started"] = True
    await send({"type": "lifespan.startup.complete"})
    await receive()
    scope["state"]["started"] = False
    await send({"type": "lifespan.shutdown.complete"})


async def answer(request: Request) -> None:
    path = request.url.path
    if path == "/error":
        raise ZeroDivisionError
    await request.send(
        {"type": "http.response.start", "status": 201, "headers": [(b"x-method", request.method.encode())]}
    )
    if path == "/incomplete":
        return
    if path == "/disconnected":
        assert not await request.is_disconnected()
    await request.send({"type": "http.response.body", "body": await request.body(), "more_body": True})
    await request.send({"type": "http.response.body", "body": repr(request.state.dict()).encode()})
    if path == "/disconnected":
        assert (await request.receive())["type"] == "http.disconnect"


async def talk(socket: WebSocket) -> None:
    path = socket.url.path
    await socket.receive()
    if path == "/error":
        raise ZeroDivisionError
    if path == "/deny":
        await socket.deny(404, {"x-why": "none"}, b"nothing here")
    elif path == "/refuse":
        await socket.close()
    elif path == "/ends":
        await socket.accept()
    elif path == "/stays":
        await socket.accept()
        await asyncio.Event().wait()
    else:
        await socket.accept(socket.scope["subprotocols"][0] if socket.scope["subprotocols"] else None, {"a": "b"})
        async for text in socket.iter_data():
            if text == "close":
                await socket.close(4000, "as asked")
            elif text == "bytes":
                await socket.send_bytes(b"\0")
            elif text == "raise":
                raise ZeroDivisionError
            else:
                await socket.send_text(text)


class TestRequest:
    def test_answer(self, run: Any) -> None:
        async def main() -> None:
            response = await Client(app, headers={"a": "b"}).post("/x", json={"name": "Ada"})
            assert (response.status, response.headers["x-method"]) == (201, "POST")
            assert response.text == '{"name":"Ada"}{}'
            assert (await Client(app).get("/disconnected", content=b"1")).text == "1{}"

        run(main)

    def test_json(self, run: Any) -> None:
        async def echo(scope: Any, receive: Any, send: Any) -> None:
            body = await Request(scope, receive).body()
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": body})

        async def main() -> None:
            response = await Client(echo).request("PUT", json={"name": "Ada"})
            assert response.json() == {"name": "Ada"}
            assert response.json(User) == User("Ada")

        run(main)

    def test_errors(self, run: Any) -> None:
        async def main() -> None:
            with pytest.raises(ZeroDivisionError):
                await Client(app).get("/error")
            with pytest.raises(RuntimeError, match="without a complete response"):
                await Client(app).get("/incomplete")

        run(main)


class TestWebSocket:
    def test_conversation(self, run: Any) -> None:
        async def main() -> None:
            async with Client(app).websocket("/ws", subprotocols=["chat"]) as socket:
                assert (socket.subprotocol, socket.headers["a"]) == ("chat", "b")
                await socket.send_text("hello")
                await socket.send_json({"name": "Ada"})
                assert await socket.receive_text() == "hello"
                assert await socket.receive_json(User) == User("Ada")
                await socket.send_text("bytes")
                assert await socket.receive_bytes() == b"\0"
                await socket.send_text("bytes")
                with pytest.raises(WebSocketMessageTypeError) as raised:
                    await socket.receive_text()
                assert raised.value.data == b"\0"
                await socket.send_text("close")
                for _ in range(2):
                    with pytest.raises(WebSocketDisconnect) as disconnect:
                        await socket.receive_text()
                    assert (disconnect.value.code, disconnect.value.reason) == (4000, "as asked")

        run(main)

    def test_refusal(self, run: Any) -> None:
        async def main() -> None:
            with pytest.raises(HandshakeRefused) as refused:
                async with Client(app).websocket("/deny"):
                    pytest.fail("it was refused")
            response = refused.value.response
            assert (response.status, response.headers["x-why"], response.body) == (404, "none", b"nothing here")
            with pytest.raises(HandshakeRefused, match="with a 403"):
                async with Client(app).websocket("/refuse"):
                    pytest.fail("it was refused")

        run(main)

    def test_end(self, run: Any) -> None:
        async def main() -> None:
            async with Client(app).websocket("/ends") as socket:
                with pytest.raises(WebSocketDisconnect) as disconnect:
                    await socket.receive_bytes()
                assert disconnect.value.code == 1006
            async with Client(app).websocket("/ws") as socket:
                await socket.close(4001, "enough")

        run(main)

    def test_errors_of_the_application(self, run: Any) -> None:
        async def main() -> None:
            with pytest.raises(ZeroDivisionError):
                async with Client(app).websocket("/error"):
                    pytest.fail("it was not accepted")
            with pytest.raises(ZeroDivisionError):
                async with Client(app).websocket("/ws") as socket:
                    await socket.send_text("raise")
                    with pytest.raises(WebSocketDisconnect):
                        await socket.receive_text()

        run(main)

    @pytest.mark.parametrize("denial", [False, True])
    def test_an_error_of_the_application_is_not_hidden_by_what_the_client_sees(self, run: Any, denial: bool) -> None:
        async def fails(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            if denial:
                await send({"type": "websocket.http.response.start", "status": 403, "headers": []})
            else:
                await send({"type": "websocket.accept"})
                await receive()
            try:
                raise ZeroDivisionError("inner")
            finally:
                raise KeyError("of the application")

        async def main() -> None:
            with pytest.raises(KeyError, match="of the application") as caught:
                async with Client(fails).websocket() as socket:
                    await socket.send_text("x")
                    await socket.receive_text()
            assert isinstance(caught.value.__context__, ZeroDivisionError)

        run(main)

    def test_an_error_of_the_application_is_named_where_the_test_fails(self, run: Any) -> None:
        async def fails(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "websocket.accept"})
            await receive()
            raise KeyError("of the application")

        async def main() -> None:
            with pytest.raises(AssertionError, match="mine"):
                async with Client(fails).websocket() as socket:
                    await socket.send_text("x")
                    with pytest.raises(WebSocketDisconnect) as caught:
                        await socket.receive_text()
                    assert caught.value.__notes__ == ["the application raised KeyError('of the application')"]
                    raise AssertionError("mine")

        run(main)

    def test_error_of_the_block_ends_the_application(self, run: Any) -> None:
        async def main() -> None:
            with pytest.raises(KeyError, match="mine"):
                async with Client(app).websocket("/ws"):
                    raise KeyError("mine")

        run(main)

    def test_tasks_that_wait_at_once(self, run: Any) -> None:
        """Each of two tasks gets one message, on the side of the client and on that of the application."""

        async def both(receive: Any) -> list[Any]:
            async with Task(receive) as one, Task(receive) as other:
                pass
            assert one.error is None and other.error is None
            return [one.result, other.result]

        async def echo(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "websocket.accept"})
            events = await both(receive)
            await turns()
            for event in events:
                await send({**event, "type": "websocket.send"})
            await receive()

        async def main() -> None:
            async with Client(echo).websocket() as socket:
                await turns()
                await socket.send_text("one")
                await socket.send_text("other")
                assert sorted(await both(socket.receive_text)) == ["one", "other"]

        run(main)

    def test_an_application_that_stays(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(running_module, "GRACE", 0.01)

        async def main() -> None:
            with pytest.raises(TimeoutError, match="still ran"):
                async with Client(app).websocket("/stays"):
                    pass

        asyncio.run(main())


class TestLifespan:
    def test_state(self, run: Any) -> None:
        async def main() -> None:
            async with Client(app) as client:
                assert (await client.get()).text == "{'started': True}"

        run(main)

    def test_none(self, run: Any) -> None:
        async def without(scope: Any, receive: Any, send: Any) -> None:
            assert scope["type"] == "http"
            await answer(Request(scope, receive, send))

        async def main() -> None:
            async with Client(without) as client:
                assert (await client.get()).status == 201

        run(main)

    def test_failed(self, run: Any) -> None:
        async def fails(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "lifespan.startup.failed", "message": "no database"})

        async def main() -> None:
            with pytest.raises(RuntimeError, match="no database"):
                async with Client(fails):
                    pytest.fail("it did not start")

        run(main)

    def test_failed_at_the_end(self, run: Any) -> None:
        async def fails(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.failed", "message": "no database"})

        async def main() -> None:
            with pytest.raises(RuntimeError, match="did not shut down: no database"):
                async with Client(fails):
                    pass

        run(main)


class AppSocket(WebSocket):
    pass


def test_factory(run: Any) -> None:
    async def main() -> None:
        socket = WebSocketFactory(AppSocket, headers={"a": "b"}, path_params={"id": 1}).connect(
            "/x", "text", b"bytes", subprotocols=["chat"], headers={"c": "d"}, cookies={"e": "f"}, query={"g": "h"}
        )
        assert type(socket) is AppSocket
        assert (socket.headers["a"], socket.headers["c"], socket.cookies) == ("b", "d", {"e": "f"})
        assert (socket.path_params, socket.query_params["g"], socket.scope["subprotocols"]) == (
            {"id": 1},
            "h",
            ["chat"],
        )
        assert await socket.receive_text() == "text"
        assert await socket.receive_bytes() == b"bytes"
        with pytest.raises(WebSocketDisconnect):
            await socket.receive_text()

    run(main)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_a_refused_handshake_can_be_copied(again: Any) -> None:
    error = again(HandshakeRefused(Response(401, [(b"x-a", b"b")], b"no", [])))
    assert str(error) == "the application refused the WebSocket with a 401"
    assert (error.response.status, error.response.headers["x-a"], error.response.body) == (401, "b", b"no")
