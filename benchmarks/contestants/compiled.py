"""litecon with its compiled kernels."""

from __future__ import annotations

from ..sides import load_side
from . import Contestant, Unavailable
from ._request import operations
from ._websocket import operations as websocket_operations

__all__ = ("load",)


def load() -> Contestant:
    """Return the contestant.

    Raises:
        Unavailable: litecon has fallen back, or its extensions are of another version.
    """
    try:
        litecon = load_side("native")
    except ImportError as error:
        raise Unavailable(f"litecon cannot be imported, {error}", needed=True) from None
    if not litecon.COMPILED:
        raise Unavailable(f"litecon has fallen back, {litecon.FALLBACK_REASON}", needed=True)
    known = {**operations(litecon.Request), **websocket_operations(litecon.WebSocket)}
    return Contestant("compiled", litecon.__version__, known)
