"""Typed usage of the public API: a type checker reads this file, nothing runs it."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any, assert_type

from litecon import (
    URL,
    Accept,
    Address,
    ASGIConnection,
    ClientException,
    Headers,
    Limits,
    MultiDict,
    Request,
    RequestEntityTooLarge,
    State,
    WebSocketDisconnect,
)
from litecon.serialization import decode_json, encode_json
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
    assert_type(await request.msgpack(User), User)
    assert_type(await request.msgpack(), Any)
    await request.send_push_promise("/style.css", raise_if_unavailable=True)


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
    state.anything = 1
    assert_type(state.anything, Any)
    assert_type(state["a"], Any)


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


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    request = AppRequest(scope, receive, send)
    assert_type(await request.json(User), User)
    event: Event = {"type": "http.response.start", "status": 200}
    await send(event)
