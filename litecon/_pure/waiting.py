"""Awaiting the futures of servers, so that cancelling an await loses no event."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextvars import Context
from typing import Any, final

from .._shared.body import CompletedAwaitable
from .._shared.loops import cancel_threadsafe

__all__ = ("ShieldedFuture",)


def shield_future(holder: Any, awaitable: Any) -> Any:
    """Return the object to await instead of an awaitable; a future is kept until its event was returned.

    Args:
        holder: The object that keeps the future, in `pending`, which is None before.
        awaitable: The awaitable that `receive()` returned.
    """
    if getattr(awaitable, "_asyncio_future_blocking", None) is None:
        return awaitable
    holder.pending = shielded = ShieldedFuture(awaitable)
    return shielded


def resume_pending(holder: Any) -> Any:
    """Return the receive that is under way, to be awaited; None if it cannot return an event any more.

    Args:
        holder: The object with `pending`, a `ShieldedFuture`, a `TrioReceive` or a `CompletedAwaitable`.
    """
    pending = holder.pending
    if not isinstance(pending, CompletedAwaitable):
        if pending is not None and pending.rearm():
            return pending
        pending = None
    holder.pending = None
    return pending


def cancel_pending(holder: Any) -> None:
    """Drop the receive that is under way, since nothing more will be received, and cancel its future, if any.

    Args:
        holder: The object with `pending`, a `ShieldedFuture`, a `TrioReceive` or a `CompletedAwaitable`.
    """
    pending = holder.pending
    holder.pending = None
    # cancelled now, since the traceback of a cancelled task may keep it alive
    if isinstance(pending, ShieldedFuture):
        pending.cancel_future()


@final
class ShieldedFuture:
    """An awaitable over a future: cancelling the task that awaits it leaves the future alone.

    A server that returns futures from `receive()` (granian) has already started to receive, and drops the event with
    the future. The task waits for this object instead, and the future wakes the task; `asyncio.shield()` would take
    another turn of the event loop. The future is cancelled when no task will await it any more.
    """

    __slots__ = ("_asyncio_future_blocking", "_callback", "_context", "_future", "_message", "get_loop")

    def __init__(self, future: Any) -> None:
        # None once its event or its exception was returned
        self._future = future
        # the callback of the task, from when it is suspended until it is cancelled
        self._callback: Callable[[Any], object] | None = None

    def __await__(self) -> Generator[ShieldedFuture, None, Any]:
        future = self._future
        if future is None:
            raise RuntimeError("cannot reuse already awaited future")
        if future.done():
            self._future = None
            return future.result()
        self._asyncio_future_blocking = True
        # PERF: an attribute costs less than a method that calls the future's
        self.get_loop = future.get_loop
        try:
            yield self
        except GeneratorExit:
            self._remove_callback()
            raise
        # PERF: done() is not called; if the future is not done, this raises, and the future is kept
        event = future.result()
        self._future = None
        return event

    def _remove_callback(self) -> None:
        callback = self._callback
        if callback is not None and self._future is not None:
            self._callback = None
            self._future.remove_done_callback(callback)

    def rearm(self) -> bool:
        """Prepare to be awaited once more; return whether that can still return an event."""
        future = self._future
        if future is None:
            return False
        if not future.done():
            if future.get_loop().is_closed():
                self._future = None
                return False
        # the task was woken by an exception, was cancelled when the event arrived, or was destroyed; or the future was
        # cancelled while no task awaited it, as it is when an event loop ends
        elif self._callback is not None or future.cancelled():
            try:
                future.result()
            except BaseException:
                self._future = None
                return False
        self._remove_callback()
        return True

    def done(self) -> bool:
        """Return whether there is nothing to await."""
        return self._future is None or self._future.done()

    def add_done_callback(self, callback: Callable[[Any], object], *, context: Context | None = None) -> None:
        """Add the callback that wakes the task when the future is done.

        Args:
            callback: The callback of the task, which is called with the future.
            context: The context in which it is called.
        """
        self._callback = callback
        self._context = context
        self._future.add_done_callback(callback, context=context)

    def cancel(self, msg: Any = None) -> bool:
        """Wake the task with a CancelledError, and leave the future alone; return whether the task is woken.

        Args:
            msg: The message of the error.
        """
        callback = self._callback
        if callback is None or self.done():
            return False
        self._remove_callback()
        self._message = msg
        self.get_loop().call_soon(callback, self, context=self._context)
        return True

    def result(self) -> None:
        """Raise the CancelledError for which the task was woken."""
        from asyncio import CancelledError

        raise CancelledError() if self._message is None else CancelledError(self._message)

    def cancel_future(self) -> None:
        """Cancel the future, which no task will await any more."""
        if self._future is not None:
            cancel_threadsafe(self._future)

    __del__ = cancel_future
