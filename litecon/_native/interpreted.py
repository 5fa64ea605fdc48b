"""Interpreted coroutines for the compiled kernels: those of Cython cost more, and behave differently."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import Any

__all__ = ("await_in_interpreter", "close_form", "join_chunks")


async def close_form(form: Any) -> None:
    """Close the files of a form.

    Args:
        form: The form; None if none was read.
    """
    if form is not None:
        form.close_now()


async def await_in_interpreter(awaitable: Any) -> Any:
    """Await an object in the interpreter, which raises its own TypeError if the object is not awaitable."""
    return await awaitable


async def join_chunks(stream: AsyncIterable[bytes]) -> bytes:
    """Return the chunks of a stream as one bytes object.

    Args:
        stream: The iterator that an overridden `stream()` returned.
    """
    return b"".join([chunk async for chunk in stream])
