"""The operations on a class with the API of `litestar.connection.Request`, for the contestants with such a class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..data import OFFERS
from . import defined_in

__all__ = ("operations",)


def operations(Request: Any) -> dict[str, Callable[..., Any]]:
    """Return the operations.

    Args:
        Request: The class; if it lacks a member, the contestant must leave out the operation that needs it.
    """

    def construct(scope: Any, receive: Any, send: Any) -> Any:
        return Request(scope, receive, send)

    def one_header(scope: Any, receive: Any, send: Any) -> Any:
        return Request(scope, receive, send).headers["x-request-id"]

    def headers_and_cookies(scope: Any, receive: Any, send: Any) -> Any:
        request = Request(scope, receive, send)
        headers = request.headers
        return headers["user-agent"], headers["accept-language"], headers["x-request-id"], request.cookies

    def query(scope: Any, receive: Any, send: Any) -> Any:
        params = Request(scope, receive, send).query_params
        return params["page"], params["order"]

    def url(scope: Any, receive: Any, send: Any) -> Any:
        url = Request(scope, receive, send).url
        return str(url), url.path

    def base_url(scope: Any, receive: Any, send: Any) -> Any:
        return str(Request(scope, receive, send).base_url)

    def content_type(scope: Any, receive: Any, send: Any) -> Any:
        return Request(scope, receive, send).content_type

    def accept(scope: Any, receive: Any, send: Any) -> Any:
        return Request(scope, receive, send).accept.best_match(OFFERS)

    async def body(scope: Any, receive: Any, send: Any) -> Any:
        return await Request(scope, receive, send).body()

    async def stream(scope: Any, receive: Any, send: Any) -> Any:
        size = 0
        async for chunk in Request(scope, receive, send).stream():
            size += len(chunk)
        return size

    async def json(scope: Any, receive: Any, send: Any) -> Any:
        return await Request(scope, receive, send).json()

    async def msgpack(scope: Any, receive: Any, send: Any) -> Any:
        return await Request(scope, receive, send).msgpack()

    async def typical(scope: Any, receive: Any, send: Any) -> Any:
        request = Request(scope, receive, send)
        headers = request.headers
        params = request.query_params
        cookies = request.cookies
        client = request.client
        return (
            request.method,
            scope["path"],
            (headers["user-agent"], headers["accept-language"], headers["x-request-id"]),
            (params["page"], params["order"]),
            (cookies["session"], cookies["theme"]),
            (client.host, client.port),
            await request.json(),
        )

    return defined_in(locals())
