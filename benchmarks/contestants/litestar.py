"""Litestar: the connection objects whose API litecon has, as one of its route handlers gets them."""

from __future__ import annotations

from typing import Any

from . import Contestant, Unavailable
from ._request import operations
from ._websocket import operations as websocket_operations

__all__ = ("load",)


def load() -> Contestant:
    """Return the contestant.

    Raises:
        Unavailable: Litestar is not installed.
    """
    try:
        from importlib.metadata import version

        from litestar import post, websocket
        from litestar.connection import Request, WebSocket
    except ImportError:
        raise Unavailable("litestar is not installed") from None

    @post("/", request_max_body_size=10_000_000)
    async def handler() -> None: ...

    @websocket("/")
    async def websocket_handler(socket: WebSocket[Any, Any, Any]) -> None: ...

    known = {**operations(Request), **websocket_operations(WebSocket)}
    handlers = {"route_handler": handler}, {"route_handler": websocket_handler}
    return Contestant("litestar", version("litestar"), known, *handlers)
