"""Wrong usage: a type checker must report each marked line, and no other."""

from __future__ import annotations

from typing import Any

from litecon import URL, Accept, Headers, Limits, Request, State, WebSocket
from litecon.testing import RequestFactory, WebSocketFactory


async def wrong(request: Request[Any, Any, State], headers: Headers) -> None:
    Request()  # wrong
    Request(5)  # wrong
    request.nonsense  # wrong
    text: str = await request.body()  # wrong
    (await request.json(str)).nonsense()  # wrong
    await request.send_push_promise(b"/x")  # wrong
    headers[5]  # wrong
    headers["a"] = "b"  # wrong
    URL(b"x")  # wrong
    Limits(5)  # wrong
    Limits(nonsense=5)  # wrong
    Accept()  # wrong
    request.method = "GET"  # wrong
    print(text)


async def wrong_socket(socket: WebSocket[Any, Any, State]) -> None:
    WebSocket()  # wrong
    WebSocket({}, 5)  # wrong
    socket.connection_state = "open"  # wrong
    number: int = socket.connection_state  # wrong
    await socket.accept(["chat"])  # wrong
    await socket.accept(headers=5)  # wrong
    await socket.close("1000")  # wrong
    await socket.close(1000, b"why")  # wrong
    await socket.deny("403")  # wrong
    await socket.deny(body="text")  # wrong
    await socket.receive_data()  # wrong
    await socket.receive_data("bytes")  # wrong
    (await socket.receive_data("text")).decode()  # wrong
    (await socket.receive_data("binary")).encode()  # wrong
    text: str = await socket.receive_bytes()  # wrong
    data: bytes = await socket.receive_text()  # wrong
    await socket.receive_json("bytes")  # wrong
    (await socket.receive_json(type=str)).nonsense()  # wrong
    (await socket.receive_msgpack(str)).nonsense()  # wrong
    socket.iter_data("bytes")  # wrong
    socket.iter_json(5)  # wrong
    socket.iter_msgpack(str, 5)  # wrong
    await socket.send_data(5)  # wrong
    await socket.send_data("a", "bytes")  # wrong
    await socket.send_text(5)  # wrong
    await socket.send_bytes(None)  # wrong
    await socket.send_json({}, "bytes")  # wrong
    await socket.send_json({}, serializer=5)  # wrong
    await socket.send_msgpack()  # wrong
    socket.receive_wrapper(5)  # wrong
    socket.nonsense  # wrong
    async for chunk in socket.iter_data():
        chunk.decode()  # wrong
    print(number, text, data)


async def wrong_form(request: Request, socket: WebSocket) -> None:
    form = await request.form()
    form["a"].encode()  # wrong
    form.get("a").strip()  # wrong
    (await request.json(type=str | None)).strip()  # wrong
    await socket.accept(subprotocol="chat")  # wrong
    RequestFactory(WebSocket)  # wrong
    WebSocketFactory(Request)  # wrong
