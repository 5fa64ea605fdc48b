"""The stand-in for the plugin if litecon runs pure."""

from __future__ import annotations

import warnings

from litestar.plugins.base import InitPlugin

from .._core import FALLBACK_REASON
from ..exceptions import LiteconWarning

__all__ = ("LiteconPlugin",)

_has_warned = False


class LiteconPlugin(InitPlugin):
    """Changes nothing in a Litestar app, and warns once, since the drop-in is compiled only.

    Args:
        everywhere: Ignored, since nothing is replaced.
    """

    def __init__(self, everywhere: bool = False) -> None:
        global _has_warned
        if not _has_warned:
            _has_warned = True
            message = f"LiteconPlugin changes nothing, since the drop-in is compiled only: {FALLBACK_REASON}"
            warnings.warn(message, LiteconWarning, stacklevel=2)

    def undo(self) -> None:
        """Do nothing: nothing was replaced."""
