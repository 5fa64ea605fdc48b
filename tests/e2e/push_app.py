"""An application that pushes its style sheet."""

from __future__ import annotations

from typing import Any

from litecon import LiteconException, Request


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise NotImplementedError
    request: Request[Any, Any, Any] = Request(scope, receive, send)
    kind, body = b"text/css", b"body { color: teal }"
    if request.scope["path"] != "/style.css":
        kind, body = b"text/html", b"pushed"
        try:
            await request.send_push_promise("/style.css", raise_if_unavailable=True)
        except LiteconException as error:
            body = str(error).encode()
    headers = [(b"content-type", kind), (b"x-agent", request.headers.get("user-agent", "none").encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
