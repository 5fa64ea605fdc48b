"""Multipart forms, read as a whole (RFC 7578)."""

from __future__ import annotations

from typing import Any

from .._core import MultipartReader, RequestBase, find_headers, raw_headers
from .._errors import body_busy
from .._shared.multipart import check_content_type
from ..datastructures import FormMultiDict
from ..exceptions import ClientException
from .storage import IncomingFile

__all__ = ("read_parts",)


async def read_parts(request: RequestBase, boundary: str | None) -> FormMultiDict:
    """Return the fields and files of a multipart body.

    Args:
        request: The request whose body is the form.
        boundary: The boundary of the content type, None without one.

    Raises:
        ClientException: The form is malformed, or a field cannot be decoded.
        RequestEntityTooLarge: A bound of the limits is exceeded.
        ClientDisconnect: The client disconnected before the end.
        StreamConsumed: A stream has yielded a part of the body.
        RuntimeError: Another task is reading the body.
    """
    limits = type(request).limits
    reader = request.body_reader
    reader.check_unread()
    check_content_type(find_headers(raw_headers(request.scope), b"content-type"))
    is_own_stream = type(request).stream is RequestBase.stream
    parser = MultipartReader(boundary, limits, True)
    pairs: list[tuple[str, Any]] = []
    # the file that is arriving
    file: Any = None
    received = 0
    chunk = b""
    try:
        async for chunk in request.stream():
            received += len(chunk)
            for event in parser.feed(chunk):
                if type(event) is tuple:
                    pairs.append(event)
                elif type(event) is bytes:
                    if file.add(event):
                        await file.flush()
                elif event is not None:
                    file = IncomingFile(event, limits)
                else:
                    pairs.append((file.name, await file.finish()))
                    file = None
            parser.check()
            if not chunk and is_own_stream:
                # PERF: one step less, which would only raise StopAsyncIteration
                break
        if chunk:
            # a stream() that a subclass overrides may leave out the final b""
            parser.feed(b"")
            parser.check()
        if is_own_stream and reader.streamed_size > received:
            # chunks that another task has taken may be missing in a file
            raise body_busy()
    except BaseException as error:
        FormMultiDict(pairs).close_now()
        if file is not None:
            file.close_now()
        if isinstance(error, ClientException) and reader.streamed_size > received:
            # another task took chunks of the body, so that the client is not to blame
            raise body_busy() from None
        raise
    return FormMultiDict(pairs)
