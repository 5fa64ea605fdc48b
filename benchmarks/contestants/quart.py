"""Quart: requests and WebSockets as its ASGI connection makes them for a handler.

It receives bodies and messages in a separate task with a queue, so these tasks cannot be compared.
"""

from __future__ import annotations

from typing import Any

from ..data import DOCUMENT, OFFERS, TEXT
from . import Contestant, Unavailable, defined_in

__all__ = ("load",)


def load() -> Contestant:
    """Return the contestant.

    Raises:
        Unavailable: Quart is not installed.
    """
    try:
        from importlib.metadata import version

        from quart import Quart
        from quart.asgi import ASGIHTTPConnection, ASGIWebsocketConnection
    except ImportError as error:
        raise Unavailable(f"quart is not installed ({error})") from None

    app = Quart("benchmarks")

    def construct(scope: Any, receive: Any, send: Any) -> Any:
        return ASGIHTTPConnection(app, scope)._create_request_from_scope(send)

    def one_header(scope: Any, receive: Any, send: Any) -> Any:
        return construct(scope, receive, send).headers["x-request-id"]

    def headers_and_cookies(scope: Any, receive: Any, send: Any) -> Any:
        request = construct(scope, receive, send)
        headers = request.headers
        return headers["user-agent"], headers["accept-language"], headers["x-request-id"], dict(request.cookies)

    def query(scope: Any, receive: Any, send: Any) -> Any:
        params = construct(scope, receive, send).args
        return params["page"], params["order"]

    def url(scope: Any, receive: Any, send: Any) -> Any:
        request = construct(scope, receive, send)
        return request.url, request.path

    def base_url(scope: Any, receive: Any, send: Any) -> Any:
        return construct(scope, receive, send).root_url

    def content_type(scope: Any, receive: Any, send: Any) -> Any:
        request = construct(scope, receive, send)
        return request.mimetype, request.mimetype_params

    def accept(scope: Any, receive: Any, send: Any) -> Any:
        return construct(scope, receive, send).accept_mimetypes.best_match(OFFERS)

    def ws_construct(scope: Any, receive: Any, send: Any) -> Any:
        return ASGIWebsocketConnection(app, scope)._create_websocket_from_scope(send)

    async def ws_accept(scopes: Any, receive: Any, send: Any) -> Any:
        for scope in scopes:
            socket = ASGIWebsocketConnection(app, scope)._create_websocket_from_scope(send)
            # the task in which Quart receives drops this event
            await receive()
            await socket.accept()
        return socket

    async def ws_send_text(socket: Any, count: int) -> Any:
        text = TEXT
        for _ in range(count):
            await socket.send(text)

    async def ws_send_json(socket: Any, count: int) -> Any:
        document = DOCUMENT
        for _ in range(count):
            await socket.send_json(document)

    return Contestant("quart", version("quart"), defined_in(locals()))
