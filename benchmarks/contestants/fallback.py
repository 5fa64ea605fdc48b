"""litecon with its kernels in plain Python."""

from __future__ import annotations

from ..sides import load_side
from . import Contestant
from ._request import operations
from ._websocket import operations as websocket_operations

__all__ = ("load",)


def load() -> Contestant:
    """Return the contestant."""
    litecon = load_side("pure")
    known = {**operations(litecon.Request), **websocket_operations(litecon.WebSocket)}
    return Contestant("fallback", litecon.__version__, known)
