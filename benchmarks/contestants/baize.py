"""baize: its ASGI request and WebSocket."""

from __future__ import annotations

from typing import Any

from ..data import FILE, FILE_END, SPOOL_SIZE
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
        from baize.datastructures import FormData, UploadFile
        from baize.multipart_helper import parse_async_stream
    except ImportError as error:
        raise Unavailable(f"baize is not installed ({error})") from None

    def content_type(scope: Any, receive: Any, send: Any) -> Any:
        found = Request(scope, receive, send).content_type
        return found.type, found.options

    # form() runs in an asyncio task; this does the same without the task and the limits
    async def read(scope: Any, receive: Any, send: Any, factory: Any) -> Any:
        request = Request(scope, receive, send)
        options = request.content_type.options
        charset = options.get("charset", "utf8")
        boundary = options["boundary"].encode("latin-1")
        return await parse_async_stream(request.stream(), boundary, charset, file_factory=factory, max_form_parts=1000)

    async def multipart(scope: Any, receive: Any, send: Any) -> Any:
        return FormData(await read(scope, receive, send, UploadFile))

    class LargeFile(UploadFile):
        spool_max_size = SPOOL_SIZE

    async def multipart_file(scope: Any, receive: Any, send: Any) -> Any:
        file = FormData(await read(scope, receive, send, LargeFile))["file"]
        await file.aseek(len(FILE) - FILE_END)
        return file.filename, file.content_type, await file.aread()

    class CountedFile:
        def __init__(self, filename: str, headers: Any) -> None:
            self.filename = filename
            self.size = 0

        async def awrite(self, data: bytes) -> None:
            self.size += len(data)

        async def aseek(self, offset: int) -> None:
            pass

    async def multipart_stream(scope: Any, receive: Any, send: Any) -> Any:
        return [(name, file.filename, file.size) for name, file in await read(scope, receive, send, CountedFile)]

    # a body that is kept is read in an asyncio task, and a WebSocket has no methods for JSON
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
    functions = (content_type, multipart, multipart_file, multipart_stream)
    known |= {function.__name__: function for function in functions} | {"ws_iterate_text": iterate_text}
    return Contestant("baize", version("baize"), known)
