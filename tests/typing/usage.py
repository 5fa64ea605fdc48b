"""Typed usage of the public API: a type checker reads this file, nothing runs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, assert_type

from litecon import (
    URL,
    Accept,
    Address,
    ASGIConnection,
    ClientException,
    FormMultiDict,
    Headers,
    Limits,
    MultiDict,
    Request,
    RequestEntityTooLarge,
    State,
    UploadFile,
    WebSocket,
    WebSocketDisconnect,
    WebSocketException,
    WebSocketMessageTypeError,
    WebSocketStateError,
)
from litecon.forms import Part
from litecon.serialization import decode_json, decode_msgpack, encode_json
from litecon.testing import (
    Client,
    ClientSocket,
    RequestFactory,
    Response,
    Sender,
    WebSocketFactory,
    receiver,
    websocket_scope,
)
from litecon.types import Event, Receive, Scope, Send


@dataclass
class User:
    name: str


class AppState(State):
    pass


class AppRequest(Request[User, str, AppState]):
    limits = Limits(max_body_size=1_000_000)

    async def body(self) -> bytes:
        return (await super().body()).strip()


def connection(scope: Scope, receive: Receive, send: Send) -> None:
    connection = ASGIConnection[Any, User, str, State](scope, receive, send)
    assert_type(connection.scope, MutableMapping[str, Any])
    assert_type(connection.url, URL)
    assert_type(connection.base_url, URL)
    assert_type(connection.headers, Headers)
    assert_type(connection.query_params, MultiDict[str])
    assert_type(connection.cookies, dict[str, str])
    assert_type(connection.client, Address | None)
    assert_type(connection.url_for("name", user_id=1), str)
    connection.set_session({"a": 1})
    connection.clear_session()
    connection.scope["x"] = 1
    ASGIConnection[Any, Any, Any, State](scope)
    Request[User, str, State](scope=scope, receive=receive)


async def request(request: Request[User, str, State]) -> None:
    assert_type(request.method, str)
    assert_type(request.content_type, tuple[str, dict[str, str]])
    assert_type(request.content_length, int | None)
    assert_type(request.accept, Accept)
    assert_type(request.is_connected, bool)
    assert_type(request.supports_push_promise, bool)
    assert_type(await request.body(), bytes)
    assert_type(await request.is_disconnected(), bool)
    async for chunk in request.stream():
        assert_type(chunk, bytes)
    assert_type(await request.json(User), User)
    assert_type(await request.json(type=list[int]), list[int])
    assert_type(await request.json(), Any)
    assert_type(await request.json(type=User | None), User | None)
    assert_type(await request.json(int | str), int | str)
    assert_type(await request.json(Any), Any)
    assert_type(await request.msgpack(User), User)
    assert_type(await request.msgpack(type=list[User] | None), list[User] | None)
    assert_type(await request.msgpack(), Any)
    await request.send_push_promise("/style.css", raise_if_unavailable=True)


async def form(request: Request[User, str, State], path: Path) -> None:
    form = await request.form()
    assert_type(form, FormMultiDict)
    assert_type(form["a"], str | UploadFile)
    assert_type(form.get("a"), str | UploadFile | None)
    assert_type(form.getall("a"), list[str | UploadFile])
    assert_type(form.multi_items(), list[tuple[str, str | UploadFile]])
    for value in form.values():
        if isinstance(value, UploadFile):
            assert_type(await value.read(), bytes)
    await form.close()
    async with request.form() as opened:
        assert_type(opened, FormMultiDict)
    assert_type(await asyncio.create_task(request.form()), FormMultiDict)
    assert_type(await asyncio.wait_for(request.form(), 1), FormMultiDict)
    assert_type(await asyncio.gather(request.form(), request.body()), tuple[FormMultiDict, bytes])
    async for part in request.stream_form():
        assert_type(part.name, str)
        assert_type(part.filename, str | None)
        assert_type(part.headers, dict[str, str])
        assert_type(part.content_type, str | None)
        assert_type(part.size, int)
        assert_type(await part.read(), bytes)
        assert_type(await part.read(limit=10), bytes)
        assert_type(await part.text(10), str)
        assert_type(await part.save_to(path), int)
        assert_type(await part.save_to("name", progress=lambda done, total: print(done, total)), int)
        async for chunk in part.stream():
            assert_type(chunk, bytes)
    assert_type(await anext(request.stream_form()), Part)


async def upload(upload: UploadFile) -> None:
    assert_type(upload.filename, str)
    assert_type(upload.content_type, str)
    assert_type(upload.headers, dict[str, str])
    assert_type(upload.size, int)
    assert_type(upload.closed, bool)
    assert_type(upload.rolled_to_disk, bool)
    assert_type(await upload.read(), bytes)
    assert_type(await upload.read(10), bytes)
    assert_type(await upload.write(b"a"), int)
    assert_type(await upload.seek(0), int)
    await upload.close()
    UploadFile("text/plain", "a.txt", b"data", {"a": "b"}, max_spool_size=10)
    UploadFile(content_type="text/plain", filename="a.txt", file_data=None, headers=None)


class AppSocket(WebSocket[User, str, AppState]):
    limits = Limits(max_message_size=1_000)

    def receive_wrapper(self, receive: Receive) -> Receive:
        inner = super().receive_wrapper(receive)

        async def wrapped() -> Event:
            return await inner()

        return wrapped

    def send_wrapper(self, send: Send) -> Send:
        inner = super().send_wrapper(send)

        async def wrapped(event: Event) -> None:
            await inner(event)

        return wrapped

    async def accept(self, subprotocols: str | None = None, headers: Any = None) -> None:
        await super().accept(subprotocols or "chat", headers)

    async def send_data(
        self, data: str | bytes, mode: Literal["text", "binary"] = "text", encoding: str = "utf-8"
    ) -> None:
        await super().send_data(data, mode, encoding)


async def socket(socket: WebSocket[User, str, AppState], mode: Literal["text", "binary"], headers: Headers) -> None:
    assert_type(socket.user, User)
    assert_type(socket.auth, str)
    assert_type(socket.state, AppState)
    assert_type(socket.scope, MutableMapping[str, Any])
    assert_type(socket.url, URL)
    assert_type(socket.limits, Limits)
    assert_type(socket.connection_state, Literal["init", "connect", "receive", "disconnect"])
    socket.connection_state = "disconnect"
    await socket.accept()
    await socket.accept("chat", {"a": "b"})
    await socket.accept(subprotocols=None, headers=[(b"a", b"b"), ("c", "d")])
    await socket.close()
    await socket.close(1001, "why")
    await socket.close(code=1001, reason=None)
    await socket.deny()
    await socket.deny(404, {b"a": b"b"}, b"no")
    await socket.deny(status=404, headers=[("a", "b")], body=b"")
    assert_type(await socket.receive(), MutableMapping[str, Any])
    await socket.send({"type": "websocket.close"})
    assert_type(socket.receive_wrapper(socket.receive), Receive)
    assert_type(socket.send_wrapper(socket.send), Send)
    assert_type(await socket.receive_data("text"), str)
    assert_type(await socket.receive_data(mode="binary"), bytes)
    assert_type(await socket.receive_data(mode), str | bytes)
    assert_type(await socket.receive_text(), str)
    assert_type(await socket.receive_bytes(), bytes)
    assert_type(await socket.receive_json(), Any)
    assert_type(await socket.receive_json("binary"), Any)
    assert_type(await socket.receive_json(type=User), User)
    assert_type(await socket.receive_json("binary", User), User)
    assert_type(await socket.receive_json(mode=mode, type=list[int]), list[int])
    assert_type(await socket.receive_json(type=User | None), User | None)
    assert_type(await socket.receive_msgpack(type=User | None), User | None)
    assert_type(socket.iter_json(type=User | None), AsyncGenerator[User | None, None])
    assert_type(socket.iter_msgpack(User | None), AsyncGenerator[User | None, None])
    assert_type(await socket.receive_msgpack(), Any)
    assert_type(await socket.receive_msgpack(User), User)
    assert_type(await socket.receive_msgpack(type=list[int]), list[int])
    assert_type(socket.iter_data(), AsyncGenerator[str, None])
    assert_type(socket.iter_data("binary"), AsyncGenerator[bytes, None])
    assert_type(socket.iter_data(mode), AsyncGenerator[str | bytes, None])
    async for text in socket.iter_data():
        assert_type(text, str)
    async for data in socket.iter_data(mode="binary"):
        assert_type(data, bytes)
    async for value in socket.iter_json(mode):
        assert_type(value, Any)
    async for value in socket.iter_msgpack():
        assert_type(value, Any)
    await socket.iter_data().aclose()
    await socket.send_data("a")
    await socket.send_data(b"a", "binary", "utf-8")
    await socket.send_text("a")
    await socket.send_text(b"a", encoding="latin-1")
    await socket.send_bytes(b"a")
    await socket.send_bytes("a", "latin-1")
    await socket.send_json({"a": User("b")})
    await socket.send_json([1], mode, "utf-8", str)
    await socket.send_msgpack({1: 2})
    await socket.send_msgpack([1], "utf-8", serializer=str)


async def socket_app(scope: Scope, receive: Receive, send: Send) -> None:
    socket = AppSocket(scope=scope, receive=receive, send=send)
    assert_type(socket.user, User)
    assert_type(await socket.receive_json(type=User), User)
    WebSocket[Any, Any, State](scope)
    sender = Sender()
    doubled = AppSocket(websocket_scope(), receiver({"type": "websocket.connect"}, "text", b"bytes"), sender)
    assert_type(await doubled.receive_text(), str)


def socket_errors() -> None:
    try:
        pass
    except WebSocketMessageTypeError as error:
        assert_type(error.data, str | bytes | None)
        assert_type(error.code, int)
    except WebSocketStateError as state_error:
        assert_type(state_error.detail, str)
    except WebSocketException as other:
        assert_type(other.code, int)


def values(url: URL, headers: Headers, accept: Accept, params: MultiDict[str], state: State) -> None:
    assert_type(url.scheme, str)
    assert_type(url.path, str)
    assert_type(url.hostname, str | None)
    assert_type(url.port, int | None)
    assert_type(url.query_params, MultiDict[str])
    assert_type(url.with_replacements(path="/x", query={"a": 1}), URL)
    assert_type(URL.from_components(scheme="http", netloc="h"), URL)
    assert_type(headers["a"], str)
    assert_type(headers.get("a"), str | None)
    assert_type(headers.multi_items(), list[tuple[str, str]])
    assert_type(headers.to_header_list(), list[tuple[bytes, bytes]])
    assert_type("a" in headers, bool)
    assert_type(accept.best_match(["a/b"]), str | None)
    assert_type(accept.best_match(["a/b"], default="a/b"), str)
    assert_type(accept.accepts("a/b"), bool)
    assert_type(params["a"], str)
    assert_type(params.getall("a"), list[str])
    assert_type(params.multi_items(), list[tuple[str, str]])
    assert_type(params.copy(), MultiDict[str])
    assert_type(state.anything, Any)
    assert_type(state["a"], Any)
    state.anything = 1


class AppURL(URL):
    pass


class AppHeaders(Headers):
    pass


class AppLimits(Limits):
    pass


class AppParams(MultiDict[int]):
    pass


def subclasses(scope: Scope) -> None:
    """What makes an object of a class makes one of its subclass."""
    assert_type(AppURL("x"), AppURL)
    assert_type(AppURL.from_components(path="/x"), AppURL)
    assert_type(AppURL.from_scope(scope), AppURL)
    assert_type(AppURL("x").with_replacements(path="/x"), AppURL)
    assert_type(AppHeaders(), AppHeaders)
    assert_type(AppHeaders.from_scope(scope), AppHeaders)
    assert_type(AppHeaders().copy(), AppHeaders)
    assert_type(AppState().copy(), AppState)
    assert_type(AppLimits().replace(max_fields=1), AppLimits)
    assert_type(AppParams().copy(), AppParams)
    assert_type(FormMultiDict().copy(), FormMultiDict)


def errors() -> None:
    try:
        pass
    except RequestEntityTooLarge as error:
        assert_type(error.status_code, int)
        assert_type(error.detail, str)
    except ClientException as error:
        assert_type(error.status_code, int)
    except WebSocketDisconnect as disconnect:
        assert_type(disconnect.code, int)
        assert_type(disconnect.reason, str)


def codecs() -> None:
    assert_type(encode_json({"a": 1}), bytes)
    assert_type(decode_json(b"1"), Any)
    assert_type(decode_json(b"1", int | None), int | None)
    assert_type(decode_msgpack(b"1", list[int], max_items=5), list[int])


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    request = AppRequest(scope, receive, send)
    assert_type(await request.json(User), User)
    event: Event = {"type": "http.response.start", "status": 200}
    await send(event)


class BareRequest(Request):
    pass


class BareSocket(WebSocket):
    pass


async def bare(connection: ASGIConnection, request: Request, socket: WebSocket, named: Request[User]) -> None:
    assert_type(connection.state, State)
    assert_type(connection.route_handler, Any)
    assert_type(request.state, State)
    assert_type(request.user, Any)
    assert_type(socket.state, State)
    assert_type(socket.auth, Any)
    assert_type(named.user, User)
    assert_type(named.state, State)
    assert_type(BareRequest({}).state, State)
    assert_type(Request({}).user, Any)


async def factories() -> None:
    assert_type(RequestFactory().get().state, State)
    assert_type(RequestFactory(BareRequest).get(), BareRequest)
    assert_type(RequestFactory(AppRequest, headers={"a": "b"}).post("/", json=1), AppRequest)
    assert_type(RequestFactory(BareRequest).request("QUERY", content=b""), BareRequest)
    assert_type(WebSocketFactory(BareSocket).connect("/ws", "text", b"bytes"), BareSocket)
    assert_type(WebSocketFactory(AppSocket).connect(subprotocols=["chat"]), AppSocket)
    assert_type(WebSocketFactory(cookies={"a": "b"}).connect().user, Any)


async def client() -> None:
    async with Client(app, headers=[(b"a", b"b")]) as client:
        response = await client.post("/", json={"a": 1})
        assert_type(response, Response)
        assert_type(response.status, int)
        assert_type(response.headers, Headers)
        assert_type(response.json(User | None), User | None)
        async with client.websocket("/ws", subprotocols=["chat"]) as socket:
            assert_type(socket, ClientSocket)
            assert_type(socket.subprotocol, str | None)
            assert_type(await socket.receive_text(), str)
            assert_type(await socket.receive_json(list[int]), list[int])
