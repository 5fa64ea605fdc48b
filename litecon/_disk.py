"""What touches the disk: in a thread, in the way of the event loop that runs."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from threading import Lock
from typing import Any, Final, TypeVar

from ._loops import running_trio

__all__ = ("BATCH", "ThreadedFile", "in_thread", "in_thread_for_sure", "write_all")

BATCH: Final = 1024 * 1024
"""Bytes that are collected before they are written: a thread costs more than the writing."""

ResultT = TypeVar("ResultT")


class ThreadedFile:
    """Has work done on a file in threads, one at a time; what ends it never comes between the steps of a work.

    A thread cannot be stopped: where the coroutine that waits for it is closed, the thread that works ends the file.
    """

    __slots__ = ("_lock", "_must_end")

    def __init__(self) -> None:
        self._lock = Lock()
        self._must_end = False

    def _work(self, function: Callable[..., ResultT], *arguments: Any) -> ResultT:
        """Return what a function returns that works on the file; to be called in a thread.

        Raises:
            ValueError: It has ended.
        """
        self._expect_open()
        try:
            with self._lock:
                self._expect_open()
                return function(*arguments)
        finally:
            self._end_if_free()

    def _expect_open(self) -> None:
        if self._must_end:
            raise ValueError("I/O operation on closed file.")

    def _end_soon(self) -> None:
        """End it, now or when the thread is ready that works on it."""
        self._must_end = True
        self._end_if_free()

    def _end_if_free(self) -> None:
        # whoever holds the lock comes here behind it
        if self._must_end and self._lock.acquire(blocking=False):
            try:
                self._end()
            finally:
                self._lock.release()

    def _end(self) -> None:
        """Give the file back; a second time does nothing."""
        raise NotImplementedError


async def in_thread_for_sure(function: Callable[..., object], *arguments: Any) -> None:
    """Call a function in a thread, also where the task is cancelled already, or here where that cannot be.

    Args:
        function: What blocks, and may be called twice.
        *arguments: What it is called with.
    """
    try:
        trio = running_trio()
        if trio is None:
            await in_thread(function, *arguments)
        else:
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(function, *arguments)
    except GeneratorExit:
        function(*arguments)
        raise
    except RuntimeError:
        # the loop shuts down and gives no threads any more
        function(*arguments)


async def in_thread(function: Callable[..., ResultT], *arguments: Any) -> ResultT:
    """Return what a function returns that is called in a thread.

    Where the task is cancelled meanwhile, the function goes on to its end first: what it uses must not be closed under it.
    Where the coroutine is closed, it goes on alone.

    Args:
        function: What blocks.
        *arguments: What it is called with.
    """
    trio = running_trio()
    if trio is not None:
        result: ResultT = await trio.to_thread.run_sync(function, *arguments)
        return result
    import asyncio

    copied = copy_context()
    # no asyncio.to_thread(), which begins only when the loop turns
    work = asyncio.get_running_loop().run_in_executor(None, lambda: copied.run(function, *arguments))
    try:
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            while not work.done():
                try:
                    await asyncio.wait((work,))
                except asyncio.CancelledError:
                    pass
            if not work.cancelled():
                # retrieved, so that the loop does not report it
                work.exception()
            raise
    except GeneratorExit:
        # nothing can be awaited any more; what has not begun shall not, and what fails is not reported by the loop
        work.cancel()
        raise


def write_all(file: Any, data: Any) -> None:
    """Write to a file without a buffer, which may take less than it is given.

    Args:
        file: Raw and binary.
        data: Bytes or a view of them.
    """
    # views that are left to the collector would hold on to the data after an error
    with memoryview(data) as view:
        written = 0
        while written < len(view):
            with view[written:] as rest:
                written += file.write(rest)
