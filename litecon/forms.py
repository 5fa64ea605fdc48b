"""Forms read as a whole: urlencoded and multipart bodies (WHATWG URL section 5.1, RFC 7578)."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any, final

from ._core import RequestBase, parse_query
from ._disk import BATCH
from ._errors import body_busy
from ._form_parsing import (
    MULTIPART,
    URLENCODED,
    FieldWatch,
    MultipartError,
    MultipartReader,
    decode_text,
    expect_unread,
    field_too_large,
    file_too_large,
    headers_of,
)
from .datastructures import FormMultiDict, UploadFile
from .exceptions import ClientException
from .limits import Limits

if TYPE_CHECKING:
    from .request import Request

__all__ = ("FormReading",)


@final
class FormReading(Coroutine[Any, Any, FormMultiDict]):
    """What `Request.form()` returns: await it for the form or, with `async with`, have its files closed at the end.

    Args:
        request: The form's.
    """

    __slots__ = ("__weakref__", "_coroutine", "_form")

    def __init__(self, request: Request[Any, Any, Any]) -> None:
        # Any: it has more than typing's Coroutine
        self._coroutine: Any = _read_form(request)
        self._form: FormMultiDict | None = None

    def __await__(self) -> Generator[Any, Any, FormMultiDict]:
        iterator: Generator[Any, Any, FormMultiDict] = self._coroutine.__await__()
        return iterator

    async def __aenter__(self) -> FormMultiDict:
        self._form = await self._coroutine
        return self._form

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._form is not None:
            self._form.close_now()

    def send(self, value: Any) -> Any:
        """Do what a coroutine's does.

        Args:
            value: What the awaitable that it waits for is given.
        """
        return self._coroutine.send(value)

    def throw(self, *details: Any) -> Any:
        """Do what a coroutine's does.

        Args:
            *details: An exception.
        """
        return self._coroutine.throw(*details)

    def close(self) -> None:
        """Do what a coroutine's does."""
        self._coroutine.close()

    @property
    def cr_await(self) -> Any:
        """What this waits for, None while it does not wait."""
        return self._coroutine.cr_await

    @property
    def cr_code(self) -> Any:
        """The code that runs."""
        return self._coroutine.cr_code

    @property
    def cr_frame(self) -> Any:
        """The frame that runs, None at the end."""
        return self._coroutine.cr_frame

    @property
    def cr_running(self) -> bool:
        """Whether it is executing."""
        return bool(self._coroutine.cr_running)

    def __repr__(self) -> str:
        return f"<coroutine object Request.form at {id(self):#x}>"


async def _read_form(request: Request[Any, Any, Any]) -> FormMultiDict:
    reader = request.body_reader
    if reader.form is None:
        media_type, parameters = request.content_type
        if media_type == URLENCODED:
            form = FormMultiDict(await _read_fields(request))
        elif media_type == MULTIPART:
            form = await _read_parts(request, parameters.get("boundary"))
        else:
            form = FormMultiDict()
        reader.form = form
    kept: FormMultiDict = reader.form
    return kept


# what tasks and warnings show
_read_form.__name__ = "form"
_read_form.__qualname__ = "Request.form"


async def _read_fields(request: Request[Any, Any, Any]) -> list[tuple[str, str]]:
    """Return the fields of an urlencoded body, which stays to be read again."""
    limits = type(request).limits
    watch = FieldWatch(limits)
    watched = 0
    if type(request).body is RequestBase.body and type(request).stream is RequestBase.stream:
        watched = await _watch_body(request, watch)
    body = await request.body()
    if watched != len(body):
        # the whole, or a part of it, was received before
        watch = FieldWatch(limits)
        watch.feed(body)
    watch.end_field()
    return parse_query(body, limits.max_fields)


async def _watch_body(request: Request[Any, Any, Any], watch: FieldWatch) -> int:
    """Receive the rest of the body, show it to the watch, and return how many bytes that were."""
    reader = request.body_reader
    watched = 0
    if reader.body is not None or reader.streamed:
        return watched
    max_size = type(request).limits.max_body_size
    with reader:
        reader.check(max_size, _announced(request))
        while not reader.ended:
            event = await reader.receiving(request.receive)
            size = reader.size
            reader.feed(event, max_size)
            if reader.size != size:
                watched += reader.size - size
                watch.feed(bytes(event["body"]))
    return watched


def _announced(request: Request[Any, Any, Any]) -> int | None:
    try:
        return request.content_length
    except ClientException:
        return None


async def _read_parts(request: Request[Any, Any, Any], boundary: str | None) -> FormMultiDict:
    limits = type(request).limits
    max_field_size = limits.max_field_size
    expect_unread(request)
    reader = MultipartReader(boundary, limits)
    form = FormMultiDict()
    # of the part that is arriving: its head, and the file or the bytes of the field
    segment: Any = None
    file: _IncomingFile | None = None
    field: Any = b""
    received = 0
    chunk = b""
    try:
        async for chunk in request.stream():
            received += len(chunk)
            event: Any = None
            for event in (chunk,) if reader.is_content(chunk) else reader.parse(chunk):
                if type(event) is bytes:
                    if file is None:
                        # most come in one piece
                        field = event if not field else bytearray(field + event) if type(field) is bytes else field + event
                        if max_field_size is not None and len(field) > max_field_size:
                            raise field_too_large(max_field_size)
                    elif file.add(event):
                        await file.flush()
                elif event is not None:
                    reader.check_head(event)
                    segment, field = event, b""
                    file = None if event.filename is None else _IncomingFile(event, limits)
                elif file is None:
                    form.add(segment.name, decode_text(field, segment.charset))
                else:
                    form.add(segment.name, await file.finish())
                    file = None
            reader.remember(chunk, event)
        if chunk:
            # a stream() of the application's may leave out the b"" at the end, which tells the parser
            reader.finish()
    except BaseException as error:
        form.close_now()
        if file is not None:
            file.close_now()
        if isinstance(error, (ClientException, MultipartError)) and request.body_reader.streamed > received:
            # no fault of the client's
            raise body_busy() from None
        if isinstance(error, MultipartError):
            raise reader.refusal(error) from None
        raise
    return form


class _IncomingFile:
    """A file of a multipart form while it arrives: written in batches once it is too large for memory."""

    __slots__ = ("_batch", "_batch_size", "_file", "_limit", "_make", "_room", "_size")

    def __init__(self, segment: Any, limits: Limits) -> None:
        content_type = segment.content_type or "application/octet-stream"
        self._make = (content_type, segment.filename, headers_of(segment), limits.spool_size)
        self._limit = limits.max_file_size
        self._room = limits.spool_size
        self._file: UploadFile | None = None
        self._batch: list[bytes] = []
        self._batch_size = self._size = 0

    def add(self, chunk: bytes) -> bool:
        """Take bytes, and return whether `flush()` must be awaited before more of them."""
        self._size += len(chunk)
        if self._limit is not None and self._size > self._limit:
            raise file_too_large(self._limit)
        self._batch.append(chunk)
        self._batch_size += len(chunk)
        return self._batch_size > self._room

    async def flush(self) -> None:
        """Write what was collected to the disk."""
        if self._file is None:
            self._file = self._made(b"")
        batch, self._batch = self._batch, []
        self._batch_size = 0
        self._room = BATCH
        await self._file.write(b"".join(batch))

    async def finish(self) -> UploadFile:
        """Return the file, at its beginning."""
        if self._file is None:
            return self._made(b"".join(self._batch))
        if self._batch:
            await self.flush()
        await self._file.seek(0)
        return self._file

    def close_now(self) -> None:
        """Close what was written."""
        if self._file is not None:
            self._file.close_now()

    def _made(self, data: bytes) -> UploadFile:
        content_type, filename, headers, spool_size = self._make
        return UploadFile(content_type, filename, data, headers, spool_size)
