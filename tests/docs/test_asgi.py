"""The applications of the guide for bare ASGI, and the README's first app, do what the text says."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from litecon import Limits, Request, RequestEntityTooLarge
from litecon.testing import RequestFactory, Sender, http_scope, receiver, websocket_scope

from ..readme import blocks, run_block, run_guide

CONNECT = {"type": "websocket.connect"}


def answer(app: Any, request: Any) -> tuple[int, bytes]:
    """Return the status and the body that an application answers a request with."""
    asyncio.run(app(request.scope, request.receive, request.send))
    start, *rest = request.send.events
    return start["status"], b"".join(event.get("body", b"") for event in rest)


def test_a_message_that_is_too_large_for_the_first_app() -> None:
    [code] = blocks("python", "async def app(")
    send = Sender()
    message = {"type": "websocket.receive", "text": "x" * (Limits().max_message_size or 0) + "x"}
    asyncio.run(run_block(code)["app"](websocket_scope(), receiver(CONNECT, message), send))
    assert [(event["type"], event.get("code")) for event in send.events] == [
        ("websocket.accept", None),
        ("websocket.close", 1009),
    ]


class TestErrorsInOnePlace:
    @pytest.fixture
    def app(self) -> Any:
        return run_guide("asgi", "ROUTES")["app"]

    @pytest.mark.parametrize(
        ("method", "target", "options", "status", "value"),
        [
            ("POST", "/greet", {"json": {"name": "Ada"}}, 200, {"hello": "Ada"}),
            ("POST", "/greet", {"json": {"age": 1}}, 400, "name"),
            ("POST", "/greet", {"content": b'{"name'}, 400, "invalid JSON"),
            ("POST", "/greet", {"content": b"x" * 11_000_000}, 413, "the body is larger"),
            ("GET", "/search", {"query": "word=a&word=b"}, 200, {"words": ["a", "b"], "wanted": "application/json"}),
            ("GET", "/search", {}, 400, "no word"),
            ("GET", "/none", {}, 404, "nothing here"),
        ],
    )
    def test_answers(self, app: Any, method: str, target: str, options: Any, status: int, value: Any) -> None:
        answered, body = answer(app, RequestFactory().request(method, target, **options))
        assert answered == status
        said = json.loads(body)
        if status == 200:
            assert said == value
        else:
            assert value in said["detail"]

    def test_a_client_that_disconnected_is_not_answered(self, app: Any) -> None:
        send = Sender()
        event = {"type": "http.request", "body": b"[", "more_body": True}
        asyncio.run(app(http_scope(method="POST", path="/greet"), receiver(event), send))
        assert send.events == []


class TestUpload:
    @pytest.fixture
    def names(self) -> dict[str, Any]:
        return run_guide("asgi", "save_files")

    def request(self, kind: Any) -> Any:
        whole = RequestFactory().post("/", form={"a": "1"}, files={"f": ("../x", b"x" * 5000)})
        body = asyncio.run(whole.body())
        chunks = [body[at : at + 100] for at in range(0, len(body), 100)]
        content_type = whole.headers["content-type"]
        return RequestFactory(kind).post("/", content=chunks, headers={"content-type": content_type})

    def test_files_are_saved_under_paths_of_our_own(self, names: dict[str, Any], tmp_path: Path) -> None:
        request = self.request(names["UploadRequest"])
        paths = asyncio.run(names["save_files"](request, tmp_path))
        assert paths == [tmp_path / "0.upload"]
        assert paths[0].read_bytes() == b"x" * 5000
        assert list(tmp_path.iterdir()) == paths

    def test_what_is_still_coming_is_received_before_a_413(self, names: dict[str, Any], tmp_path: Path) -> None:
        class Small(names["UploadRequest"]):  # type: ignore[misc]
            limits = names["UploadRequest"].limits.replace(max_file_size=1000)

        request = self.request(Small)
        with pytest.raises(RequestEntityTooLarge):
            asyncio.run(names["save_files"](request, tmp_path))
        assert request.body_reader.ended
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("signed", "status"), [("body", 200), ("other", 401), (None, 401)])
def test_the_middleware_lets_signed_requests_through(signed: str | None, status: int) -> None:
    async def inside(scope: Any, receive: Any, send: Any) -> None:
        event = await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": event["body"]})

    app = run_guide("asgi", "class Signed")["Signed"](inside, b"key")
    headers = {}
    if signed is not None:
        headers["x-signature"] = hmac.new(b"key", signed.encode(), hashlib.sha256).hexdigest()
    answered, body = answer(app, RequestFactory().post("/", content=[b"bo", b"dy"], headers=headers))
    assert (answered, body) == (status, b"body" if status == 200 else b"the signature is wrong")


def test_long_work_ends_when_the_client_disconnects() -> None:
    export = run_guide("asgi", "async def export")["export"]

    async def with_client(*events: Any) -> list[Any]:
        request: Any = Request(http_scope(), receiver(*events), Sender())
        await export(request, [b"a", b"b"])
        return [event.get("body") for event in request.send.events]

    assert asyncio.run(with_client(b"")) == [None]

    async def waiting() -> list[Any]:
        request: Any = Request(http_scope(), asyncio.Event().wait, Sender())
        await export(request, [b"a", b"b"])
        return [event.get("body") for event in request.send.events]

    assert asyncio.run(waiting()) == [None, b"a", b"b", None]


class TestGame:
    @pytest.fixture
    def play(self) -> Any:
        return run_guide("asgi", "async def play")["play"]

    def test_moves(self, play: Any, capsys: pytest.CaptureFixture[str]) -> None:
        send = Sender()
        scope = websocket_scope(subprotocols=["game.v1"])
        moves = ('{"x": 1, "y": 2}', "no JSON", '{"x": 1}', '{"x": 1, "y": 1}')
        asyncio.run(play(scope, receiver(CONNECT, *moves), send))
        assert send.events[0]["subprotocol"] == "game.v1"
        first, second, third, fourth = (json.loads(event["text"]) for event in send.events[1:])
        assert (first, fourth) == ({"x": 1, "y": 2}, {"x": 2, "y": 3})
        assert "invalid JSON" in second["error"] and "y" in third["error"]
        assert capsys.readouterr().out == "ended with 1005\n"

    def test_another_subprotocol_is_denied(self, play: Any) -> None:
        send = Sender()
        scope = websocket_scope(subprotocols=["chat"], extensions={"websocket.http.response": {}})
        asyncio.run(play(scope, receiver(CONNECT), send))
        assert send.events[0]["status"] == 400
