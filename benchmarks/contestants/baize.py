"""baize: its ASGI request and WebSocket."""

from __future__ import annotations

from typing import Any

from . import Contestant, Unavailable
from ._request import operations
from ._websocket import iterate_text
from ._websocket import operations as websocket_operations

__all__ = ("load",)


def load() -> Contestant:
    """Return the contestant.

    Raises:
        Unavailable: baize is not installed.
    """
    try:
        from importlib.metadata import version

        from baize.asgi.requests import Request
        from baize.asgi.websocket import WebSocket
    except ImportError as error:
        raise Unavailable(f"baize is not installed ({error})") from None

    def content_type(scope: Any, receive: Any, send: Any) -> Any:
        found = Request(scope, receive, send).content_type
        return found.type, found.options

    # a body that is kept comes from a task of asyncio's, and a WebSocket has no JSON
    known = {**operations(Request), **websocket_operations(WebSocket)}
    for missing in (
        "base_url",
        "accept",
        "body",
        "json",
        "msgpack",
        "typical",
        "ws_send_json",
        "ws_receive_json",
        "ws_iterate_json",
        "ws_echo_json",
    ):
        del known[missing]
    known |= {"content_type": content_type, "ws_iterate_text": iterate_text}
    return Contestant("baize", version("baize"), known)
