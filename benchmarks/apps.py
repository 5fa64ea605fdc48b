"""The application for a whole server: each task once by hand on raw ASGI, and once with litecon."""

from __future__ import annotations

from functools import cache
from typing import Any

from .contestants import load_contestant
from .data import json_of

__all__ = ("contestants",)


async def contestants(scope: Any, receive: Any, send: Any) -> None:
    """Do what the path names, `/CONTESTANT/OPERATION`, and answer with the result as JSON, or echo all messages.

    Args:
        scope: The scope, of any kind.
        receive: The server's callable that returns the next event.
        send: The server's callable that takes an event.
    """
    if scope["type"] == "lifespan":
        for _ in ("startup", "shutdown"):
            event = await receive()
            await send({"type": f"{event['type']}.complete"})
        return
    _, name, operation = scope["path"].split("/")
    if scope["type"] == "websocket":
        await (_echo_by_hand if name == "raw" else _echo)(scope, receive, send)
        return
    result = _operations_of(name)[operation](scope, receive, send)
    content = json_of(await result if hasattr(result, "__await__") else result)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


@cache
def _operations_of(name: str) -> dict[str, Any]:
    return load_contestant(name).operations


async def _echo_by_hand(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            return
        await send({"type": "websocket.send", "text": event["text"]})


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    # imported here, since the raw floor needs no litecon
    from litecon import WebSocket

    socket: WebSocket[Any, Any, Any] = WebSocket(scope, receive, send)
    await socket.accept()
    async for text in socket.iter_data():
        await socket.send_text(text)
