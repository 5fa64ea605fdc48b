"""What to await for the next event, where an await before it was cancelled: nothing that was received is lost."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, final

__all__ = ("Kept", "Ready", "kept", "resumed")


def _shielded(future: Any) -> Any:
    """Return an awaitable whose cancellation does not reach an asyncio future.

    A server that gives futures from `receive()` (granian) has begun to receive, and drops the event with the future.

    Args:
        future: Of asyncio, or like one.
    """
    from asyncio import shield

    return shield(future)


def kept(holder: Any, awaitable: Any) -> Any:
    """Return what to await for what `receive()` gave; a future is kept, so that a cancelled await drops no event.

    Args:
        holder: Has `pending`, which is None.
        awaitable: What `receive()` gave.
    """
    if getattr(awaitable, "_asyncio_future_blocking", None) is None:
        return awaitable
    holder.pending = Kept(awaitable)
    return _shielded(awaitable)


def resumed(holder: Any) -> Any:
    """Return what to await for what was kept.

    Args:
        holder: Has `pending`, which is `Kept` or `Ready`.
    """
    pending = holder.pending
    if pending.done():
        holder.pending = None
        return pending.awaitable
    return _shielded(pending.awaitable)


@final
class Kept:
    """A future that `receive()` gave, which is cancelled when nobody will ask for it any more.

    Args:
        awaitable: The future.
    """

    __slots__ = ("awaitable", "done")

    def __init__(self, awaitable: Any) -> None:
        self.awaitable = awaitable
        self.done = awaitable.done

    def __del__(self) -> None:
        # a server may wait for its receive() to end before it lets go of the connection
        if not self.done():
            self.awaitable.cancel()


@final
class Ready:
    """An event that was received already, as an awaitable.

    Args:
        event: What to return.
    """

    __slots__ = ("_event",)

    def __init__(self, event: Any) -> None:
        self._event = event

    @property
    def awaitable(self) -> Ready:
        """This."""
        return self

    def done(self) -> bool:
        """Return True: there is nothing to wait for."""
        return True

    def __await__(self) -> Generator[Any, Any, Any]:
        yield from ()
        return self._event
