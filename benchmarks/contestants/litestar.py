"""Litestar: the connection objects whose API litecon has, as one of its route handlers gets them."""

from __future__ import annotations

from . import Contestant, Unavailable
from ._request import operations

__all__ = ("load",)


def load() -> Contestant:
    """Return the contestant.

    Raises:
        Unavailable: Litestar is not installed.
    """
    try:
        from importlib.metadata import version

        from litestar import post
        from litestar.connection import Request
    except ImportError:
        raise Unavailable("litestar is not installed") from None

    @post("/", request_max_body_size=10_000_000)
    async def handler() -> None: ...

    return Contestant("litestar", version("litestar"), operations(Request), {"route_handler": handler})
