"""Falcon: requests and WebSockets as its ASGI application makes them for a responder.

The queue of its WebSocket is switched off, since a separate task fills it; Falcon is faster without it.
"""

from __future__ import annotations

from typing import Any

from ..data import DOCUMENT, FILE_END, OFFERS, SPOOL_SIZE
from . import Contestant, Unavailable, defined_in
from ._websocket import operations as websocket_operations

__all__ = ("load",)


def load() -> Contestant:
    """Return the contestant.

    Raises:
        Unavailable: Falcon is not installed.
    """
    try:
        from importlib.metadata import version

        from falcon import MEDIA_MULTIPART, parse_header
        from falcon.asgi import App, Request, WebSocket
    except ImportError as error:
        raise Unavailable(f"falcon is not installed ({error})") from None

    app = App()
    options = app.req_options
    multipart_options = options.media_handlers[MEDIA_MULTIPART].parse_options
    multipart_options.max_body_part_count = 1000
    multipart_options.max_body_part_buffer_size = SPOOL_SIZE
    media_handlers = app.ws_options.media_handlers
    close_reasons = app.ws_options.default_close_reasons

    def construct(scope: Any, receive: Any, send: Any) -> Any:
        return Request(scope, receive, options=options)

    def one_header(scope: Any, receive: Any, send: Any) -> Any:
        return Request(scope, receive, options=options).get_header("x-request-id")

    def headers_and_cookies(scope: Any, receive: Any, send: Any) -> Any:
        request = Request(scope, receive, options=options)
        get_header = request.get_header
        return get_header("user-agent"), get_header("accept-language"), get_header("x-request-id"), request.cookies

    def query(scope: Any, receive: Any, send: Any) -> Any:
        request = Request(scope, receive, options=options)
        return request.get_param("page"), request.get_param("order")

    def url(scope: Any, receive: Any, send: Any) -> Any:
        request = Request(scope, receive, options=options)
        return request.url, request.path

    def base_url(scope: Any, receive: Any, send: Any) -> Any:
        return Request(scope, receive, options=options).prefix + "/"

    def content_type(scope: Any, receive: Any, send: Any) -> Any:
        return parse_header(Request(scope, receive, options=options).content_type or "")

    def accept(scope: Any, receive: Any, send: Any) -> Any:
        return Request(scope, receive, options=options).client_prefers(OFFERS)

    # Falcon's application receives the first event before it makes the request
    async def body(scope: Any, receive: Any, send: Any) -> Any:
        return await Request(scope, receive, await receive(), options).stream.read()

    async def stream(scope: Any, receive: Any, send: Any) -> Any:
        size = 0
        async for chunk in Request(scope, receive, await receive(), options).stream:
            size += len(chunk)
        return size

    async def json(scope: Any, receive: Any, send: Any) -> Any:
        return await Request(scope, receive, await receive(), options).get_media()

    # Falcon reads a form as media, and a multipart form always part by part, so the values wanted are kept by hand
    async def multipart(scope: Any, receive: Any, send: Any) -> Any:
        form = await Request(scope, receive, await receive(), options).get_media()
        return {part.name: await part.get_text() async for part in form}

    async def multipart_file(scope: Any, receive: Any, send: Any) -> Any:
        form = await Request(scope, receive, await receive(), options).get_media()
        files = {part.name: (part, await part.get_data()) async for part in form}
        part, data = files["file"]
        return part.filename, part.content_type, data[-FILE_END:]

    async def multipart_stream(scope: Any, receive: Any, send: Any) -> Any:
        found = []
        async for part in await Request(scope, receive, await receive(), options).get_media():
            size = 0
            async for chunk in part.stream:
                size += len(chunk)
            found.append((part.name, part.filename, size))
        return found

    async def typical(scope: Any, receive: Any, send: Any) -> Any:
        request = Request(scope, receive, await receive(), options)
        get_header = request.get_header
        cookies = request.cookies
        return (
            request.method,
            request.path,
            (get_header("user-agent"), get_header("accept-language"), get_header("x-request-id")),
            (request.get_param("page"), request.get_param("order")),
            (cookies["session"], cookies["theme"]),
            tuple(scope["client"]),
            await request.get_media(),
        )

    def ws_construct(scope: Any, receive: Any, send: Any) -> Any:
        return WebSocket(scope["asgi"]["spec_version"], scope, receive, send, media_handlers, 0, close_reasons)

    async def ws_accept(scopes: Any, receive: Any, send: Any) -> Any:
        for scope in scopes:
            await receive()
            socket = WebSocket(scope["asgi"]["spec_version"], scope, receive, send, media_handlers, 0, close_reasons)
            await socket.accept()
        return socket

    async def ws_send_json(socket: Any, count: int) -> Any:
        document = DOCUMENT
        for _ in range(count):
            await socket.send_media(document)

    async def ws_receive_bytes(socket: Any, count: int) -> Any:
        for _ in range(count):
            data = await socket.receive_data()
        return data

    async def ws_receive_json(socket: Any, count: int) -> Any:
        for _ in range(count):
            document = await socket.receive_media()
        return document

    async def ws_echo_json(socket: Any, count: int) -> Any:
        for _ in range(count):
            await socket.send_media(await socket.receive_media())

    known = websocket_operations(WebSocket)
    for missing in ("ws_iterate_text", "ws_iterate_json"):
        del known[missing]
    known |= {"form": json}
    known |= defined_in(locals())
    return Contestant("falcon", version("falcon"), known, event_loop=True)
