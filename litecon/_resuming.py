"""An event that was received already, where others wait for theirs."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, final

__all__ = ("Ready",)


@final
class Ready:
    """An event that was received already, as an awaitable.

    Args:
        event: What to return.
    """

    __slots__ = ("_event",)

    def __init__(self, event: Any) -> None:
        self._event = event

    def __await__(self) -> Generator[Any, Any, Any]:
        yield from ()
        return self._event
