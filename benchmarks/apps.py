"""Two applications for a whole server that do the same echo, one by hand on raw ASGI, the other with litecon."""

from __future__ import annotations

from typing import Any

from litecon import WebSocket

__all__ = ("both", "litecon", "raw")


async def raw(scope: Any, receive: Any, send: Any) -> None:
    """Send each text message back.

    Args:
        scope: The scope of a WebSocket or of the lifespan.
        receive: The server's callable that returns the next event.
        send: The server's callable that takes an event.
    """
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            return
        await send({"type": "websocket.send", "text": event["text"]})


async def litecon(scope: Any, receive: Any, send: Any) -> None:
    """Send each text message back.

    Args:
        scope: The scope of a WebSocket or of the lifespan.
        receive: The server's callable that returns the next event.
        send: The server's callable that takes an event.
    """
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    socket: WebSocket[Any, Any, Any] = WebSocket(scope, receive, send)
    await socket.accept()
    async for text in socket.iter_data():
        await socket.send_text(text)


async def both(scope: Any, receive: Any, send: Any) -> None:
    """Call the application that the path names.

    Args:
        scope: The scope of a WebSocket or of the lifespan.
        receive: The server's callable that returns the next event.
        send: The server's callable that takes an event.
    """
    await (litecon if scope.get("path") == "/litecon" else raw)(scope, receive, send)


async def _live(receive: Any, send: Any) -> None:
    for _ in ("startup", "shutdown"):
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
