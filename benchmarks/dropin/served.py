"""The app that a server runs: each arm's, below a path that begins with the arm's name."""

from __future__ import annotations

from functools import cache
from typing import Any

from .arms import load_arm
from .tasks import APP

__all__ = ("arms",)


async def arms(scope: Any, receive: Any, send: Any) -> None:
    """Have the arm answer that a path begins with, which does not see the name.

    Args:
        scope: Of any kind.
        receive: The server's.
        send: The server's.
    """
    if scope["type"] == "lifespan":
        for _ in ("startup", "shutdown"):
            event = await receive()
            await send({"type": f"{event['type']}.complete"})
        return
    _, name, path = scope["path"].split("/", 2)
    scope["path"] = f"/{path}"
    scope["raw_path"] = scope["path"].encode()
    await _app_of(name)(scope, receive, send)


@cache
def _app_of(name: str) -> Any:
    return load_arm(name).app(APP)
