"""What to await for the next event, where `receive()` gives futures: a cancelled await loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from typing import Any, final

__all__ = ("Kept", "Waiting")


def kept(holder: Any, awaitable: Any) -> Any:
    """Return what to await for what `receive()` gave; a future is kept, so that a cancelled await drops no event.

    Args:
        holder: Has `pending`, which is None.
        awaitable: What `receive()` gave.
    """
    if getattr(awaitable, "_asyncio_future_blocking", None) is None:
        return awaitable
    holder.pending = Kept(awaitable)
    return holder.pending.waiting


def resumed(holder: Any) -> Any:
    """Return what to await for what was kept; None where there is nothing any more, but the next is to be asked for.

    Args:
        holder: Has `pending`, which is `Kept` or `Ready`.
    """
    pending = holder.pending
    if isinstance(pending, Kept) and pending.waiting.failed:
        holder.pending = None
        return None
    if pending.done():
        holder.pending = None
        return pending.awaitable
    pending.waiting = Waiting(pending.awaitable)
    return pending.waiting


@final
class Kept:
    """A future that `receive()` gave, which is cancelled when nobody will ask for it any more."""

    __slots__ = ("awaitable", "waiting")

    def __init__(self, awaitable: Any) -> None:
        self.awaitable = awaitable
        # what awaits it, or was the last that did
        self.waiting = Waiting(awaitable)

    def done(self) -> bool:
        """Return whether it is done."""
        return self.awaitable.done()  # type: ignore[no-any-return]

    def __del__(self) -> None:
        # a server may wait for its receive() to end before it lets go of the connection
        if not self.awaitable.done():
            self.awaitable.cancel()


@final
class Waiting:
    """An await of a future which ends when the awaiting task is cancelled, and leaves the future alone.

    A server that gives futures from `receive()` (granian) has begun to receive, and drops the event with the future. The
    task waits for this instead, which wakes it in the same turn of the loop: `asyncio.shield()` takes another.
    """

    __slots__ = (
        "_asyncio_future_blocking",
        "_callback",
        "_cancelled",
        "_context",
        "_future",
        "_message",
        "_steps",
        "_woken",
        "failed",
    )

    def __init__(self, future: Any) -> None:
        self._future = future
        self._steps: Any = None
        # of the task, while it waits
        self._callback: Callable[[Waiting], object] | None = None
        self._context: Context | None = None
        self._message: Any = None
        # whether it has raised the future's error
        self.failed = False
        self._cancelled = self._woken = self._asyncio_future_blocking = False

    def __await__(self) -> Waiting:
        return self

    def __iter__(self) -> Waiting:
        return self

    def __next__(self) -> Any:
        try:
            return self._step()
        except StopIteration:
            raise
        except BaseException:
            self.failed = True
            raise

    def _step(self) -> Any:
        if self._steps is None:
            self._steps = self._future.__await__()
        yielded = next(self._steps)
        if yielded is not self._future:
            return yielded
        if self._woken:
            # granian's where it was cancelled: it says so here alone
            raise StopIteration(yielded.result())
        yielded._asyncio_future_blocking = False
        self._asyncio_future_blocking = True
        return self

    def close(self) -> None:
        """End the waiting."""
        if self._callback is not None:
            self._callback = None
            self._future.remove_done_callback(self)

    def get_loop(self) -> Any:
        """Return the event loop of the future."""
        return self._future.get_loop()

    def add_done_callback(self, callback: Callable[[Waiting], object], *, context: Context | None = None) -> None:
        """Have the task woken when the future is done.

        Args:
            callback: Of the task; called with this.
            context: To call it in.
        """
        self._callback = callback
        self._context = context
        self._future.add_done_callback(self, context=context)

    def __call__(self, future: Any) -> None:
        callback = self._callback
        # none where the task was cancelled in the moment in which the future was done
        if callback is not None:
            self._callback = None
            self._woken = True
            callback(self)

    def cancel(self, msg: Any = None) -> bool:
        """Wake the task with a CancelledError, and leave the future alone; return False where it is done already.

        Args:
            msg: Of the error.
        """
        callback = self._callback
        if callback is None or self._future.done():
            return False
        self.close()
        self._cancelled = True
        self._message = msg
        self._future.get_loop().call_soon(callback, self, context=self._context)
        return True

    def result(self) -> None:
        """Raise CancelledError where the task was cancelled; what becomes of the future is seen when the task goes on."""
        if self._cancelled:
            from asyncio import CancelledError

            raise CancelledError() if self._message is None else CancelledError(self._message)
