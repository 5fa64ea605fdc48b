"""An application that checks for disconnects while it works, and reports what it saw; alone, and behind middleware.

The first segment of the path selects how the script is reached (`WAYS`), the second is its name (`SCRIPTS`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from fastapi import Request as FastAPIRequest
from fastapi.responses import PlainTextResponse
from starlette.middleware.base import BaseHTTPMiddleware

from litecon import ClientDisconnect, Limits, Request, RequestEntityTooLarge

SEEN: list[str] = []
"""What happened to the requests before; `/plain/seen` gives it."""

MAX_SIZE = 100_000


class LimitedRequest(Request[Any, Any, Any]):
    limits = Limits(max_body_size=MAX_SIZE)


AnyRequest = Request[Any, Any, Any]


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise NotImplementedError
    way, _, name = scope["path"].strip("/").partition("/")
    path = f"/{name}"
    await WAYS[way]({**scope, "path": path, "raw_path": path.encode()}, receive, send)


async def plain(scope: Any, receive: Any, send: Any) -> None:
    status, body = await run(LimitedRequest(scope, receive, send))
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def run(request: AnyRequest) -> tuple[int, bytes]:
    """Run the script that the path names, and return the status and body of the answer."""
    answer = await SCRIPTS[request.scope["path"][1:]](request)
    return answer if isinstance(answer, tuple) else (200, answer)


async def dispatch(request: Any, call_next: Any) -> Any:
    return await call_next(request)


api = FastAPI(openapi_url=None)


@api.middleware("http")
async def pass_on(request: FastAPIRequest, call_next: Callable[[FastAPIRequest], Awaitable[Any]]) -> Any:
    return await call_next(request)


@api.api_route("/{script}", methods=["GET", "POST"])
async def endpoint(request: FastAPIRequest) -> PlainTextResponse:
    status, body = await run(LimitedRequest(request.scope, request.receive))
    return PlainTextResponse(body, status)


WAYS: dict[str, Any] = {
    "plain": plain,
    "starlette-twice": BaseHTTPMiddleware(BaseHTTPMiddleware(plain, dispatch), dispatch),
    "fastapi": api,
}


# disconnects


async def is_gone(request: AnyRequest) -> bool:
    """Wait for the client to disconnect, for some seconds."""
    for _ in range(400):
        if await request.is_disconnected():
            return not request.is_connected
        await asyncio.sleep(0.02)
    return False


async def poll(request: AnyRequest) -> bytes:
    """Ask often, before and while the body arrives and behind it; no byte of it may be lost."""
    answers = []
    for _ in range(20):
        answers.append(await request.is_disconnected())
        await asyncio.sleep(0.005)
    body = await request.body()
    answers += [await request.is_disconnected() for _ in range(5)]
    return b"%d %d" % (any(answers), len(body))


async def poll_between(request: AnyRequest) -> bytes:
    """Ask before each chunk, several times, and behind the last."""
    answers = [await request.is_disconnected()]
    chunks = []
    async for chunk in request.stream():
        chunks.append(chunk)
        answers += [await request.is_disconnected() for _ in range(3)]
    return b"%d %s" % (any(answers), b"".join(chunks))


async def impatient(request: AnyRequest) -> bytes:
    """Give up reading again and again, and take it up."""
    timeouts = 0
    while True:
        try:
            body = await asyncio.wait_for(request.body(), 0.02)
        except TimeoutError:
            timeouts += 1
        else:
            return b"%d %d" % (timeouts > 0, len(body))


async def before(request: AnyRequest) -> bytes:
    """Wait for the disconnect without having read."""
    SEEN.append(f"before: {await is_gone(request)}, {await end_of(request)}")
    return b""


async def between(request: AnyRequest) -> bytes:
    """Wait for the disconnect in the middle of the body."""
    stream = request.stream()
    chunk = await anext(stream)
    SEEN.append(f"between: {chunk!r}, {await is_gone(request)}, {await end_of(request)}")
    return b""


async def after(request: AnyRequest) -> bytes:
    """Wait for the disconnect behind the body."""
    body = await request.body()
    SEEN.append(f"after: {body!r}, {await is_gone(request)}, {await request.body()!r}")
    return b""


async def end_of(request: AnyRequest) -> str:
    """Return how reading ends."""
    try:
        return repr(await request.body())
    except ClientDisconnect as error:
        return str(error.status_code)


async def half(request: AnyRequest) -> bytes:
    """Read a body that never comes to its end."""
    SEEN.append(f"half: {await end_of(request)}, connected {request.is_connected}")
    return b""


# early answers


async def refuse(request: AnyRequest) -> tuple[int, bytes]:
    """Answer a body that is too large while it is still sent."""
    try:
        await request.body()
    except RequestEntityTooLarge as error:
        await request.drain()
        return error.status_code, error.detail.encode()
    return 200, b"small enough"


async def seen(request: AnyRequest) -> bytes:
    return "\n".join(SEEN).encode()


SCRIPTS: dict[str, Callable[[AnyRequest], Awaitable[Any]]] = {
    script.__name__: script for script in (poll, poll_between, impatient, before, between, after, half, refuse, seen)
}
