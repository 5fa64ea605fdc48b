"""Which event loop runs, where that cannot be left to it."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ("running_trio",)


def running_trio() -> Any:
    """Return trio if it runs this task, else None."""
    trio: Any = sys.modules.get("trio")
    if trio is None:
        return None
    try:
        trio.lowlevel.current_task()
    except RuntimeError:
        return None
    return trio
