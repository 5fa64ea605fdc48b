"""An event that was received already, where others wait for theirs."""

from __future__ import annotations

from ._pending import CompletedAwaitable as Ready

__all__ = ("Ready",)
