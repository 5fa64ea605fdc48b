"""What stands in for the plugin where litecon runs pure."""

from __future__ import annotations

import warnings

from litestar.plugins.base import InitPlugin

from .._core import FALLBACK_REASON
from ..exceptions import LiteconWarning

__all__ = ("LiteconPlugin",)

_has_warned = False


class LiteconPlugin(InitPlugin):
    """Leaves a Litestar app as it is, and says so once: the drop-in is compiled only.

    Args:
        everywhere: As for the plugin of the compiled side; nothing is replaced.
    """

    def __init__(self, everywhere: bool = False) -> None:
        global _has_warned
        if not _has_warned:
            _has_warned = True
            message = f"LiteconPlugin changes nothing, since the drop-in is compiled only: {FALLBACK_REASON}"
            warnings.warn(message, LiteconWarning, stacklevel=2)

    def undo(self) -> None:
        """Do nothing: nothing was replaced."""
