"""The guide to subclassing: the classes that it shows, and which members use an override."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from litecon import Request, RequestEntityTooLarge, WebSocket
from litecon.testing import RequestFactory, Sender, WebSocketFactory, receiver, websocket_scope

from ..readme import run_guide

FORM = "application/x-www-form-urlencoded"
SENDS: dict[str, Callable[[Any], Any]] = {
    "send_data": lambda socket: socket.send_data("12345"),
    "send_text": lambda socket: socket.send_text("12345"),
    "send_bytes": lambda socket: socket.send_bytes(b"12345"),
    "send_json": lambda socket: socket.send_json(12345),
    "send_msgpack": lambda socket: socket.send_msgpack("1234"),
}
RECEIVES: dict[str, Callable[[Any], Any]] = {
    "receive_text": lambda socket: socket.receive_text(),
    "receive_bytes": lambda socket: socket.receive_bytes(),
    "receive_json": lambda socket: socket.receive_json(),
    "receive_msgpack": lambda socket: socket.receive_msgpack(),
    "iter_data": lambda socket: anext(socket.iter_data()),
    "iter_json": lambda socket: anext(socket.iter_json()),
    "iter_msgpack": lambda socket: anext(socket.iter_msgpack()),
}
READS: dict[str, Callable[[Any], Any]] = {
    "json": lambda request: request.json(),
    "msgpack": lambda request: request.msgpack(),
    "form": lambda request: request.form(),
}


async def value_of(awaitable: Any) -> Any:
    return await awaitable


def run(awaitable: Any) -> Any:
    return asyncio.run(value_of(awaitable))


def test_the_classes_of_the_guide() -> None:
    names = run_guide("subclassing", "class AppRequest")
    request = RequestFactory(names["AppRequest"]).post("/", content=b"x" * 65 * 1024)
    with pytest.raises(RequestEntityTooLarge):
        run(request.body())
    send = Sender()
    socket = names["AppSocket"](websocket_scope(), receiver({"type": "websocket.connect"}), send)
    run(socket.send_text(""))
    run(socket.send_bytes(b"1"))
    assert [event["type"] for event in send.events] == ["websocket.accept", "websocket.send"]


@pytest.mark.parametrize("name", SENDS)
def test_a_wrapper_sees_what_every_method_sends(name: str) -> None:
    kind = run_guide("subclassing", "class CountingSocket")["CountingSocket"]
    socket = WebSocketFactory(kind).connect("/")
    run(SENDS[name](socket))
    assert socket.sent_bytes == 5


@pytest.mark.parametrize("name", SENDS)
def test_send_data_is_obeyed(name: str) -> None:
    sent: list[Any] = []

    class Own(WebSocket):
        async def send_data(self, data: Any, mode: Any = "text", encoding: str = "utf-8") -> None:
            sent.append(data)

    run(SENDS[name](WebSocketFactory(Own).connect("/")))
    assert len(sent) == 1


@pytest.mark.parametrize("name", RECEIVES)
def test_receive_data_is_obeyed(name: str) -> None:
    class Own(WebSocket):
        async def receive_data(self, mode: Any) -> Any:
            return "1" if mode == "text" else b"1"

    assert run(RECEIVES[name](WebSocketFactory(Own).connect("/"))) in ("1", b"1", 1, 0x31)


@pytest.mark.parametrize("kind", ["json", "msgpack"])
def test_a_decoding_method_is_obeyed_by_its_iterator(kind: str) -> None:
    class Own(WebSocket):
        async def receive_json(self, mode: Any = "text", type: Any = Any) -> Any:
            return "json"

        async def receive_msgpack(self, type: Any = Any) -> Any:
            return "msgpack"

    assert run(RECEIVES[f"iter_{kind}"](WebSocketFactory(Own).connect("/"))) == kind


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("override", ["body", "stream"])
def test_body_and_stream_are_obeyed(override: str, name: str) -> None:
    class OwnBody(Request):
        async def body(self) -> bytes:
            return b"1"

    class OwnStream(Request):
        def stream(self) -> Any:
            async def chunks() -> Any:
                yield b"1"

            return chunks()

    kind: Any = OwnBody if override == "body" else OwnStream
    request = RequestFactory(kind).post("/", content=b"2", headers={"content-type": FORM})
    value = run(READS[name](request))
    assert value == {"json": 1, "msgpack": 0x31, "form": {"1": ""}}[name]


def test_content_type_is_obeyed_by_forms() -> None:
    class Own(Request):
        @property
        def content_type(self) -> Any:
            return FORM, {}

    assert dict(run(RequestFactory(Own).post("/", content=b"a=1").form())) == {"a": "1"}


@pytest.mark.parametrize("name", ["receive", "send"])
def test_a_callable_that_was_set_is_obeyed_until_it_is_deleted(name: str) -> None:
    socket: Any = WebSocketFactory().connect("/", "theirs")
    other = Sender() if name == "send" else receiver({"type": "websocket.connect"}, "ours")
    setattr(socket, name, other)
    assert getattr(socket, name) is other
    delattr(socket, name)
    assert getattr(socket, name) is not other
    assert run(socket.receive_text()) == "theirs"
