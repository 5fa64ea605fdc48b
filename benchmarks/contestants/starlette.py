"""Starlette: its `Request` shares most names with `litestar.connection.Request`; its forms need python-multipart."""

from __future__ import annotations

from ..data import SPOOL_SIZE
from . import Contestant, Unavailable
from ._form import operations as form_operations
from ._request import operations
from ._websocket import iterate_text
from ._websocket import operations as websocket_operations

__all__ = ("load",)


def load() -> Contestant:
    """Return the contestant.

    Raises:
        Unavailable: Starlette is not installed.
    """
    try:
        from importlib.metadata import version
        from importlib.util import find_spec

        from starlette.formparsers import MultiPartParser
        from starlette.requests import Request
        from starlette.websockets import WebSocket
    except ImportError:
        raise Unavailable("starlette is not installed") from None

    known = operations(Request)
    for missing in ("content_type", "accept", "msgpack"):
        del known[missing]
    # older versions have no option to keep a file in memory
    if find_spec("python_multipart") is not None and hasattr(MultiPartParser, "spool_max_size"):
        MultiPartParser.spool_max_size = SPOOL_SIZE
        known |= form_operations(Request)
    known |= websocket_operations(WebSocket)
    known["ws_iterate_text"] = iterate_text
    return Contestant("starlette", version("starlette"), known)
