"""What touches the disk: in a thread, in the way of the event loop that runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from ._loops import running_trio

__all__ = ("BATCH", "in_thread", "in_thread_for_sure", "write_all")

BATCH: Final = 1024 * 1024
"""Bytes that are collected before they are written: a thread costs more than the writing."""

ResultT = TypeVar("ResultT")


async def in_thread_for_sure(function: Callable[..., object], *arguments: Any) -> None:
    """Call a function in a thread, also where the task is cancelled already.

    Args:
        function: What blocks.
        *arguments: What it is called with.
    """
    trio = running_trio()
    if trio is None:
        await in_thread(function, *arguments)
        return
    with trio.CancelScope(shield=True):
        await trio.to_thread.run_sync(function, *arguments)


async def in_thread(function: Callable[..., ResultT], *arguments: Any) -> ResultT:
    """Return what a function returns that is called in a thread.

    Where the task is cancelled meanwhile, the function goes on to its end first: what it uses must not be closed under it.

    Args:
        function: What blocks.
        *arguments: What it is called with.
    """
    trio = running_trio()
    if trio is not None:
        result: ResultT = await trio.to_thread.run_sync(function, *arguments)
        return result
    import asyncio

    work = asyncio.ensure_future(asyncio.to_thread(function, *arguments))
    try:
        return await asyncio.shield(work)
    except GeneratorExit:
        # nothing can be awaited any more; retrieved, so that the loop does not report it
        work.add_done_callback(lambda done: done.cancelled() or done.exception())
        raise
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
