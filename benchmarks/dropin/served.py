"""The application that a server runs, which has the app of each contestant under a path that begins with its name."""

from __future__ import annotations

from functools import cache
from typing import Any

from .suite import SUITE
from .tasks import APP

__all__ = ("contestants",)


async def contestants(scope: Any, receive: Any, send: Any) -> None:
    """Call the app of the contestant that the path begins with, after removing the name from the path.

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
    _, name, path = scope["path"].split("/", 2)
    scope["path"] = f"/{path}"
    scope["raw_path"] = scope["path"].encode()
    await _app_of(name)(scope, receive, send)


@cache
def _app_of(name: str) -> Any:
    return SUITE.load(name).operations[APP]()
