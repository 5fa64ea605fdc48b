"""litecon with its kernels in plain Python."""

from __future__ import annotations

from ..sides import load_side
from . import Contestant
from ._request import operations

__all__ = ("load",)


def load() -> Contestant:
    """Return the contestant."""
    litecon = load_side("pure")
    return Contestant("fallback", litecon.__version__, operations(litecon.Request))
