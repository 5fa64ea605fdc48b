"""Scopes as they are when a Litestar app creates a connection."""

from __future__ import annotations

from typing import Any

from litestar import Litestar, get
from litestar.handlers import HTTPRouteHandler

from ..helpers import http_scope


@get("/", request_max_body_size=1000)
async def handler() -> None: ...


APP = Litestar([handler], openapi_config=None)


def litestar_scope(**changes: Any) -> dict[str, Any]:
    """Return the scope of a request that a router has found a handler for, which accepts 1,000 bytes."""
    route_handler: HTTPRouteHandler = APP.routes[0].route_handlers[0]  # type: ignore[union-attr]
    return http_scope(**{"litestar_app": APP, "app": APP, "route_handler": route_handler, "path_params": {}, **changes})


def socket_scope(**changes: Any) -> dict[str, Any]:
    """Return the scope of a WebSocket that a router has found a handler for."""
    scope = litestar_scope(type="websocket", scheme="ws", subprotocols=[], **changes)
    del scope["method"]
    return scope
