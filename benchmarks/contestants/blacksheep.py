"""BlackSheep: requests and WebSockets as its application makes them for a handler.

It has no option to keep a file of more than 1 MiB in memory: it writes such a file to disk, without a thread.
"""

from __future__ import annotations

from typing import Any

from ..data import FILE, FILE_END
from . import Contestant, Unavailable, defined_in
from ._websocket import operations as websocket_operations

__all__ = ("load",)


def load() -> Contestant:
    """Return the contestant.

    Raises:
        Unavailable: BlackSheep is not installed.
    """
    try:
        from importlib.metadata import version

        from blacksheep.contents import ASGIContent
        from blacksheep.messages import Request, get_absolute_url_to_path, get_request_absolute_url
        from blacksheep.server.websocket import WebSocket
        from ormsgpack import unpackb
    except ImportError as error:
        raise Unavailable(f"blacksheep is not installed ({error})") from None

    def construct(scope: Any, receive: Any, send: Any) -> Any:
        request = Request.incoming(scope["method"], scope["raw_path"], scope["query_string"], list(scope["headers"]))
        request.scope = scope
        request.content = ASGIContent(receive)
        return request

    def one_header(scope: Any, receive: Any, send: Any) -> Any:
        return construct(scope, receive, send).get_first_header(b"x-request-id").decode("latin-1")

    def headers_and_cookies(scope: Any, receive: Any, send: Any) -> Any:
        request = construct(scope, receive, send)
        return (
            request.get_first_header(b"user-agent").decode("latin-1"),
            request.get_first_header(b"accept-language").decode("latin-1"),
            request.get_first_header(b"x-request-id").decode("latin-1"),
            request.cookies,
        )

    def query(scope: Any, receive: Any, send: Any) -> Any:
        params = construct(scope, receive, send).query
        return params["page"][0], params["order"][0]

    def url(scope: Any, receive: Any, send: Any) -> Any:
        request = construct(scope, receive, send)
        return get_absolute_url_to_path(request, request.url.value.decode()).value.decode(), request.path

    def base_url(scope: Any, receive: Any, send: Any) -> Any:
        url = get_request_absolute_url(construct(scope, receive, send))
        return url.base_url().value.decode() + "/"

    async def body(scope: Any, receive: Any, send: Any) -> Any:
        return await construct(scope, receive, send).read()

    async def stream(scope: Any, receive: Any, send: Any) -> Any:
        size = 0
        async for chunk in construct(scope, receive, send).stream():
            size += len(chunk)
        return size

    async def json(scope: Any, receive: Any, send: Any) -> Any:
        return await construct(scope, receive, send).json()

    async def msgpack(scope: Any, receive: Any, send: Any) -> Any:
        return unpackb(await construct(scope, receive, send).read())

    async def form(scope: Any, receive: Any, send: Any) -> Any:
        return await construct(scope, receive, send).form()

    async def multipart_file(scope: Any, receive: Any, send: Any) -> Any:
        (part,) = (await construct(scope, receive, send).form())["file"]
        part.file.seek(len(FILE) - FILE_END)
        data = part.file.read()
        part.file.close()
        return part.file_name.decode(), part.content_type.decode(), data

    async def multipart_stream(scope: Any, receive: Any, send: Any) -> Any:
        found = []
        async for part in construct(scope, receive, send).multipart_stream():
            size = 0
            async for chunk in part.stream():
                size += len(chunk)
            found.append((part.name, part.file_name, size))
        return found

    async def typical(scope: Any, receive: Any, send: Any) -> Any:
        request = construct(scope, receive, send)
        params = request.query
        cookies = request.cookies
        return (
            request.method,
            request.path,
            (
                request.get_first_header(b"user-agent").decode("latin-1"),
                request.get_first_header(b"accept-language").decode("latin-1"),
                request.get_first_header(b"x-request-id").decode("latin-1"),
            ),
            (params["page"][0], params["order"][0]),
            (cookies["session"], cookies["theme"]),
            tuple(scope["client"]),
            await request.json(),
        )

    known = websocket_operations(WebSocket)
    for missing in ("ws_iterate_text", "ws_iterate_json"):
        del known[missing]
    known |= {"multipart": form}
    known |= defined_in(locals())
    return Contestant("blacksheep", version("blacksheep"), known)
