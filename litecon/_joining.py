"""Read a stream that a subclass has overridden."""

from __future__ import annotations

from collections.abc import AsyncIterable

__all__ = ("joined",)


async def joined(stream: AsyncIterable[bytes]) -> bytes:
    """Return the chunks of a stream as one bytes object.

    Args:
        stream: What the overridden `stream()` returned.
    """
    return b"".join([chunk async for chunk in stream])
