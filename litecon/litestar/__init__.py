"""The drop-in for Litestar apps: `Litestar(route_handlers=[...], plugins=[LiteconPlugin()])`."""

try:
    import litestar as _litestar  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "litestar":
        raise
    raise ImportError(
        "litecon.litestar needs Litestar, which is not installed: pip install 'litecon[litestar]'", name="litestar"
    ) from None

from .connection import ASGIConnection
from .plugin import LiteconPlugin
from .request import Request
from .websocket import WebSocket

__all__ = ("ASGIConnection", "LiteconPlugin", "Request", "WebSocket")
