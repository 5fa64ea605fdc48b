"""The drop-in for Litestar apps: `Litestar(route_handlers=[...], plugins=[LiteconPlugin()])`.

It has no pure side: if litecon runs pure, the classes are Litestar's own, and the plugin changes nothing.
"""

from typing import TYPE_CHECKING

try:
    import litestar as _litestar  # noqa: F401
except ModuleNotFoundError as _error:
    if _error.name != "litestar":
        raise
    raise ImportError(
        "litecon.litestar needs Litestar, which is not installed: pip install 'litecon[litestar]'", name="litestar"
    ) from None

from .._core import COMPILED

if COMPILED or TYPE_CHECKING:
    from .connection import ASGIConnection
    from .plugin import LiteconPlugin
    from .request import Request
    from .websocket import WebSocket
else:
    from litestar.connection import ASGIConnection, Request, WebSocket

    from .pure import LiteconPlugin

__all__ = ("ASGIConnection", "LiteconPlugin", "Request", "WebSocket")
