"""The operations on forms for a class with the API of `litestar.connection.Request`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..data import FILE, FILE_END

__all__ = ("operations", "stream_operations")


def operations(Request: Any, UploadRequest: Any = None) -> dict[str, Callable[..., Any]]:
    """Return the operations that read a whole form.

    Args:
        Request: The class.
        UploadRequest: The class for the form with a file, which keeps the file in memory; `Request` by default.
    """
    UploadRequest = UploadRequest or Request

    async def form(scope: Any, receive: Any, send: Any) -> Any:
        return await Request(scope, receive, send).form()

    async def multipart_file(scope: Any, receive: Any, send: Any) -> Any:
        file = (await UploadRequest(scope, receive, send).form())["file"]
        await file.seek(len(FILE) - FILE_END)
        return file.filename, file.content_type, await file.read()

    return {"form": form, "multipart": form, "multipart_file": multipart_file}


def stream_operations(Request: Any) -> dict[str, Callable[..., Any]]:
    """Return the operation that reads a form part by part, for a class that can do so.

    Args:
        Request: The class.
    """

    async def multipart_stream(scope: Any, receive: Any, send: Any) -> Any:
        found = []
        async for part in Request(scope, receive, send).stream_form():
            size = 0
            async for chunk in part.stream():
                size += len(chunk)
            found.append((part.name, part.filename, size))
        return found

    return {"multipart_stream": multipart_stream}
