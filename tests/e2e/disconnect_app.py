"""An application that asks for disconnects while it works, and tells what it saw."""

from __future__ import annotations

import asyncio
from typing import Any

from litecon import ClientDisconnect, Request

SEEN: list[str] = []
"""What happened to the requests before; `/seen` gives it."""


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise NotImplementedError
    request: Request[Any, Any, Any] = Request(scope, receive, send)
    handlers = {"/poll": poll, "/impatient": impatient, "/wait": wait, "/half": half, "/seen": seen}
    body = await handlers[request.url.path](request)
    if body is not None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": body})


async def poll(request: Request[Any, Any, Any]) -> bytes:
    """Ask often, before and while the body arrives; no byte of it may be lost."""
    answers = []
    for _ in range(20):
        answers.append(await request.is_disconnected())
        await asyncio.sleep(0.005)
    body = await request.body()
    answers += [await request.is_disconnected() for _ in range(5)]
    return b"%d %d" % (any(answers), len(body))


async def impatient(request: Request[Any, Any, Any]) -> bytes:
    """Give up reading again and again, and take it up."""
    timeouts = 0
    while True:
        try:
            body = await asyncio.wait_for(request.body(), 0.02)
        except TimeoutError:
            timeouts += 1
        else:
            return b"%d %d" % (timeouts > 0, len(body))


async def wait(request: Request[Any, Any, Any]) -> None:
    """Wait for the client to go."""
    for _ in range(400):
        if await request.is_disconnected():
            SEEN.append(f"gone, connected {request.is_connected}")
            return
        await asyncio.sleep(0.02)
    SEEN.append("still there")


async def half(request: Request[Any, Any, Any]) -> None:
    """Read a body that never comes to its end."""
    try:
        await request.body()
    except ClientDisconnect as error:
        SEEN.append(f"{error.status_code}, connected {request.is_connected}")


async def seen(request: Request[Any, Any, Any]) -> bytes:
    return "\n".join(SEEN).encode()
