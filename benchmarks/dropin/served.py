"""The app that a server runs: each contestant's, below a path that begins with its name."""

from __future__ import annotations

from functools import cache
from typing import Any

from .suite import SUITE
from .tasks import APP

__all__ = ("contestants",)


async def contestants(scope: Any, receive: Any, send: Any) -> None:
    """Have the contestant answer that a path begins with, which does not see the name.

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
    return SUITE.load(name).operations[APP]()
