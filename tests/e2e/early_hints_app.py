"""An application that hints at its style sheet and script."""

from __future__ import annotations

from typing import Any

from litecon import LiteconException, Request


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise NotImplementedError
    request: Request[Any, Any, Any] = Request(scope, receive, send)
    links = ("</style.css>; rel=preload; as=style", b"</code.js>; rel=preload; as=script")
    try:
        await request.send_early_hints(*links, raise_if_unavailable=True)
        body = b"hinted"
    except LiteconException as error:
        body = str(error).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body})
