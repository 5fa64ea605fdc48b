"""Litestar: the connection objects whose API litecon has, as a route handler receives them."""

from __future__ import annotations

from typing import Any

from ..data import SPOOL_SIZE
from . import Contestant, Unavailable
from ._form import operations as form_operations
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

        from litestar import Litestar, post, websocket
        from litestar.connection import Request, WebSocket
        from litestar.datastructures import UploadFile
    except ImportError:
        raise Unavailable("litestar is not installed") from None

    @post("/", request_max_body_size=10_000_000)
    async def handler() -> None: ...

    @websocket("/")
    async def websocket_handler(socket: WebSocket[Any, Any, Any]) -> None: ...

    # the parser does not pass a size that stays in memory, so the default decides
    UploadFile.__init__.__defaults__ = (None, None, SPOOL_SIZE)
    # the limit on the parts of a form comes from the application
    app = Litestar([handler, websocket_handler], openapi_config=None)
    known = {**operations(Request), **form_operations(Request), **websocket_operations(WebSocket)}
    scopes = {"route_handler": handler, "litestar_app": app}, {"route_handler": websocket_handler}
    return Contestant("litestar", version("litestar"), known, *scopes)
