"""Starlette: its `Request` has the members that were named after it."""

from __future__ import annotations

from . import Contestant, Unavailable
from ._request import operations

__all__ = ("load",)


def load() -> Contestant:
    """Return the contestant.

    Raises:
        Unavailable: Starlette is not installed.
    """
    try:
        from importlib.metadata import version

        from starlette.requests import Request
    except ImportError:
        raise Unavailable("starlette is not installed") from None

    known = operations(Request)
    for missing in ("content_type", "accept", "msgpack"):
        del known[missing]
    return Contestant("starlette", version("starlette"), known)
