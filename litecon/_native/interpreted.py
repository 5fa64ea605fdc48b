"""Coroutines of the interpreter for the compiled kernels: those of Cython cost more, and behave differently."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import Any

__all__ = ("await_in_interpreter", "join_chunks")


async def await_in_interpreter(awaitable: Any) -> Any:
    """Await something in the interpreter's way, which has a TypeError of its own for what is no awaitable."""
    return await awaitable


async def join_chunks(stream: AsyncIterable[bytes]) -> bytes:
    """Return the chunks of a stream as one bytes object.

    Args:
        stream: What the overridden `stream()` returned.
    """
    return b"".join([chunk async for chunk in stream])
