"""Handlers that use the members of the request itself."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

from litestar import Request, Router, get, post
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import LitestarException

from .models import AppState, OwnRequest, SlottedRequest, Token, User, decode_celsius, is_celsius

AnyRequest = Request[Any, Any, Any]


def facts_of(connection: ASGIConnection[Any, Any, Any, Any]) -> dict[str, Any]:
    """Return what a connection of either kind tells, in a form that can be sent."""
    url, base, client = connection.url, connection.base_url, connection.client
    return {
        "url": str(url),
        "parts": [url.scheme, url.netloc, url.path, url.fragment, url.query, url.username, url.password, url.port],
        "query in url": list(url.query_params.multi_items()),
        "base": [str(base), base.scheme, base.netloc, base.path],
        # the port of a client over a real connection is another one each time
        "client": [client.host, type(client.port).__name__] if client else None,
        "headers": list(connection.headers.multi_items()),
        "cookies": connection.cookies,
        "query": list(connection.query_params.multi_items()),
        "query dict": connection.query_params.dict(),
        "path params": connection.path_params,
        "state": sorted(connection.state.dict()),
        "app": type(connection.app).__name__,
        "handler": str(connection.route_handler.name),
        "kinds": [type(value).__name__ for value in (url, connection.headers, connection.query_params, client)],
    }


@get("/facts", name="facts")
async def facts(request: AnyRequest) -> dict[str, Any]:
    length = request.content_length
    return {
        **facts_of(request),
        "method": request.method,
        "content type": request.content_type,
        "content length": length,
        "connected": request.is_connected,
        "push": request.supports_push_promise,
        "session id": request.get_session_id(),
    }


@get("/facts/{first:str}/{second:int}", name="facts of two")
async def facts_with_parameters(request: AnyRequest) -> dict[str, Any]:
    return facts_of(request)


@get("/accept")
async def accept(request: AnyRequest) -> dict[str, Any]:
    offers = ["application/json", "text/html", "text/plain", "text/html;level=1"]
    return {
        "kind": type(request.accept).__name__,
        "all": [str(request.accept[index]) for index in range(len(request.accept))],
        "best": request.accept.best_match(offers, default="none"),
        "accepts": [request.accept.accepts(offer) for offer in offers],
    }


@post("/content-type")
async def content_type(request: AnyRequest) -> list[Any]:
    return [*request.content_type, request.content_length]


@post("/json", type_decoders=[(is_celsius, decode_celsius)])
async def as_json(request: AnyRequest) -> list[Any]:
    first = await request.json()
    return [first, first is await request.json(), len(await request.body())]


@post("/msgpack")
async def as_msgpack(request: AnyRequest) -> list[Any]:
    return [await request.msgpack(), len(await request.body())]


@post("/form")
async def as_form(request: AnyRequest) -> dict[str, Any]:
    form = await request.form()
    items: list[Any] = []
    for name, value in form.multi_items():
        content = value if isinstance(value, str) else [value.filename, value.content_type, len(await value.read())]
        items.append([name, content])
    return {"kind": type(form).__name__, "items": items, "again": form is await request.form()}


@post("/body")
async def as_body(request: AnyRequest) -> dict[str, Any]:
    before = request.is_connected
    body = await request.body()
    after = request.is_connected
    return {"body": body.decode("latin-1"), "connected": [before, after], "again": body == await request.body()}


@post("/stream")
async def as_stream(request: AnyRequest) -> dict[str, Any]:
    chunks = [chunk async for chunk in request.stream()]
    # a server may cut a body anew, so the length of a piece proves nothing
    return {"body": b"".join(chunks).decode("latin-1"), "last": len(chunks[-1]), "connected": request.is_connected}


@post("/chunks")
async def as_chunks(request: AnyRequest) -> list[str]:
    return [chunk.decode("latin-1") async for chunk in request.stream()]


@post("/stream-twice")
async def stream_twice(request: AnyRequest) -> dict[str, Any]:
    first = b"".join([chunk async for chunk in request.stream()])
    second = b"".join([chunk async for chunk in request.stream()])
    return {"first": len(first), "second": len(second)}


@post("/stream-after-body")
async def stream_after_body(request: AnyRequest) -> list[str]:
    await request.body()
    return [chunk.decode() async for chunk in request.stream()]


@post("/body-after-stream")
async def body_after_stream(request: AnyRequest) -> str:
    async for _ in request.stream():
        pass
    return (await request.body()).decode()


@post("/body-cancelled")
async def body_cancelled(request: AnyRequest) -> str:
    """A read that is given up, and another one."""
    for _ in range(2):
        try:
            async with asyncio.timeout(0.05):
                await request.body()
        except TimeoutError:
            continue
    async with asyncio.timeout(2):
        return (await request.body()).decode()


@post("/body-at-once")
async def body_at_once(request: AnyRequest) -> list[str]:
    async with asyncio.timeout(2):
        return [body.decode() for body in await asyncio.gather(request.body(), request.body(), request.body())]


@post("/two-connections")
async def two_connections(request: AnyRequest) -> dict[str, Any]:
    """What one connection of a scope has read, another one knows."""
    one = await request.json()
    second: Request[Any, Any, Any] = type(request)(request.scope, request.receive, request.send)
    third: Request[Any, Any, Any] = Request(scope=request.scope, receive=request.receive)
    return {
        "one": one,
        "second": [await second.json(), (await second.body()).decode()],
        "third": [await third.json(), (await third.body()).decode(), str(third.url), third.content_type],
        "shared": [second.url is request.url, third.headers is request.headers, third.cookies is request.cookies],
    }


@get("/missing")
async def missing(request: AnyRequest) -> dict[str, str]:
    """What no middleware has set is an error that says so."""
    said = {}
    for name in ("user", "auth", "session"):
        try:
            getattr(request, name)
        except LitestarException as error:
            said[name] = f"{type(error).__name__}: {error.detail}"
    return said


@get("/state")
async def state(request: Request[Any, Any, State], state: State) -> dict[str, Any]:
    request.state.seen = 1
    request.app.state.visits = request.app.state.get("visits", 0) + 1
    return {"request": request.state.dict(), "seen": request.state["seen"], "app": state.visits}


@get("/url-for")
async def url_for(request: AnyRequest) -> list[str]:
    return [request.url_for("facts"), request.url_for("facts of two", first="ä b", second=2)]


@get("/url-for-none")
async def url_for_none(request: AnyRequest) -> str:
    return request.url_for("nothing of this name")


@get("/set-session")
async def set_session(request: AnyRequest) -> dict[str, Any]:
    request.set_session({"a": 1})
    before = request.session
    request.clear_session()
    return {"before": before, "after": str(request.session), "id": request.get_session_id()}


@get("/push")
async def push(request: AnyRequest) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        await request.send_push_promise("/style.css")
    said = [f"{warning.category.__name__}: {warning.message}" for warning in caught]
    try:
        await request.send_push_promise("/script.js", raise_if_unavailable=True)
    except LitestarException as error:
        said.append(f"{type(error).__name__}: {error.detail}")
    return said


@get("/annotated")
async def annotated(request: Request[User, Token, AppState]) -> str:
    return request.url.path


@get("/own", request_class=OwnRequest)
async def own(request: OwnRequest) -> dict[str, Any]:
    request.extra = 1  # type: ignore[attr-defined]
    return {"shout": request.shout, "kind": type(request).__name__, "facts": facts_of(request), "dict": vars(request)}


@post("/slotted", request_class=SlottedRequest)
async def slotted(request: SlottedRequest) -> dict[str, Any]:
    return {"mark": request.mark, "state": request.state.mark, "body": (await request.body()).decode()}


@post("/slotted-json", request_class=SlottedRequest)
async def slotted_json(request: Request) -> Any:
    return await request.json()


@get("/settable")
async def settable(request: AnyRequest) -> dict[str, Any]:
    """All slots can be set, and what follows from the scope was not computed before."""
    request.scope["query_string"] = b"changed=1"
    request.is_connected = False
    request.supports_push_promise = True
    kinds = [isinstance(request, Request), isinstance(request, ASGIConnection), isinstance(type(request), type)]
    return {
        "query": list(request.query_params.multi_items()),
        "flags": [request.is_connected, request.supports_push_promise],
        "kinds": kinds,
        "dict": hasattr(request, "__dict__"),
    }


MEMBERS = Router(
    "/members",
    route_handlers=[
        facts,
        facts_with_parameters,
        accept,
        content_type,
        as_json,
        as_msgpack,
        as_form,
        as_body,
        as_stream,
        as_chunks,
        body_cancelled,
        body_at_once,
        stream_twice,
        stream_after_body,
        body_after_stream,
        two_connections,
        missing,
        state,
        url_for,
        url_for_none,
        set_session,
        push,
        annotated,
        own,
        slotted,
        slotted_json,
        settable,
    ],
)
