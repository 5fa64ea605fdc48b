"""Multipart forms of Litestar apps, read with litecon's scanner into the values that Litestar would make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar import __version__
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from .. import exceptions
from .._core import MultipartReader, find_headers, litestar_kernels
from .._shared.multipart import check_content_type, decode_text
from ..limits import Limits

if TYPE_CHECKING:
    from litestar import Request

__all__ = ("boundary_of", "read_multipart")

# the bounds of Litestar's parser, by the number of parts accepted; the handler limits the size of the whole body
_limits: dict[int | None, Limits] = {}
_SPOOL_SIZE: Final = 1024 * 1024
_HAS_413: Final = __version__.major >= 3
_STREAM: Final = litestar_kernels().RequestMethods.stream


def boundary_of(request: Request[Any, Any, Any]) -> str | None:
    """Return the boundary of a multipart form; None if it is missing or empty, or if the body is not a multipart form.

    Args:
        request: The request of a Litestar app.
    """
    kind, parameters = request.content_type
    return parameters.get("boundary") or None if kind == RequestEncodingType.MULTI_PART else None


async def read_multipart(request: Request[Any, Any, Any], boundary: str, part_limit: int | None) -> dict[str, Any]:
    """Return the parts of a form by their names: a str, an UploadFile, or a list of these.

    Args:
        request: The request of a Litestar app.
        boundary: The boundary of its content type.
        part_limit: The number of parts accepted; None for any number.

    Raises:
        ClientException: The body is not a valid multipart form, or a field cannot be decoded; in Litestar 2 also: a
            bound is exceeded.
        RequestEntityTooLarge: The body is larger than the handler accepts; since Litestar 3 also: a bound is exceeded.
    """
    fields: dict[str, list[Any]] = {}
    # the part that is arriving: a file, or a field whose head has an empty filename
    head: Any = None
    data = bytearray()
    file: UploadFile | None = None
    chunk = b""
    try:
        check_content_type(find_headers(request.scope["headers"], b"content-type"))
        is_own_stream = type(request).stream is _STREAM
        reader = MultipartReader(boundary, _limits_of(part_limit), True)
        async for chunk in request.stream():
            for event in reader.feed(chunk):
                value: Any
                if type(event) is tuple:
                    name, value = event
                elif type(event) is bytes:
                    data += event
                    if len(data) > _SPOOL_SIZE and head.filename:
                        file = file or _new_file(head)
                        await file.write(data)
                        data = bytearray()
                    continue
                elif event is not None:
                    head = event
                    continue
                else:
                    name = head.name
                    if file is not None:
                        await file.write(data)
                        await file.seek(0)
                        value = file
                    else:
                        value = _new_file(head, data) if head.filename else decode_text(data, head.charset)
                    file = None
                    data = bytearray()
                if name in fields:
                    fields[name].append(value)
                else:
                    fields[name] = [value]
            reader.check()
            if not chunk and is_own_stream:
                # PERF: one step less, which would only raise StopAsyncIteration
                break
        if chunk:
            # a stream() that a subclass overrides may leave out the final b""
            reader.feed(b"")
            reader.check()
    except BaseException as error:
        for value in [*(value for values in fields.values() for value in values), file]:
            if isinstance(value, UploadFile):
                value.file.close()
        if isinstance(error, exceptions.HTTPException):
            raise _translate_error(error) from error
        raise
    return {name: values if len(values) > 1 else values[0] for name, values in fields.items()}


def _new_file(head: Any, data: bytes | bytearray = b"") -> UploadFile:
    """Return Litestar's UploadFile for a part, positioned at its beginning.

    Args:
        head: The head of the part.
        data: The whole content, if it is known.
    """
    headers = {name.title(): value for name, value in head.headers.items()}
    file = UploadFile(head.content_type or "text/plain", head.filename, headers=headers)
    if data:
        file.file.write(data)
        file.file.seek(0)
    return file


def _limits_of(part_limit: int | None) -> Limits:
    limits = _limits.get(part_limit)
    if limits is None:
        limits = _limits[part_limit] = Limits(
            max_fields=part_limit,
            max_field_size=None,
            max_part_headers=8,
            max_part_header_size=4096 + 128,
        )
    return limits


def _translate_error(error: exceptions.HTTPException) -> Exception:
    """Return the exception that Litestar would raise instead of one of litecon's."""
    if not isinstance(error, exceptions.RequestEntityTooLarge):
        return ClientException("Invalid multipart/form-data")
    return RequestEntityTooLarge() if _HAS_413 else ClientException("Request Entity Too Large")
