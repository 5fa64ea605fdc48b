"""Coroutines of the interpreter for the compiled kernels: those of Cython cost more, and behave differently."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import Any

__all__ = ("await_in_interpreter", "close_form", "join_chunks")


async def close_form(form: Any) -> None:
    """Close the files of a form.

    Args:
        form: None where none was read.
    """
    if form is not None:
        form.close_now()


async def await_in_interpreter(awaitable: Any) -> Any:
    """Await something in the interpreter's way, which has a TypeError of its own for what is no awaitable."""
    return await awaitable


async def join_chunks(stream: AsyncIterable[bytes]) -> bytes:
    """Return the chunks of a stream as one bytes object.

    Args:
        stream: What the overridden `stream()` returned.
    """
    return b"".join([chunk async for chunk in stream])
