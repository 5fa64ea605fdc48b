"""Forms read as a whole: urlencoded and multipart bodies (WHATWG URL section 5.1, RFC 7578)."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any, final

from ._core import FieldReader, MultipartReader, RequestBase, parse_query
from ._disk import BATCH
from ._errors import body_busy
from ._form_parsing import MULTIPART, URLENCODED, Pieces, expect_unread
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
        if self._coroutine.cr_running or self._coroutine.cr_await is not None:
            raise RuntimeError("coroutine is being awaited already")
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
    reader = request.body_reader
    fields: list[tuple[str, str]] = []
    parsed = 0
    if (
        reader.body is None
        and not reader.streamed
        and type(request).body is RequestBase.body
        and type(request).stream is RequestBase.stream
    ):
        max_size = limits.max_body_size
        parser: Any = None
        with reader:
            reader.check(max_size, _announced(request))
            while not reader.ended:
                event = await reader.receiving(request.receive)
                size = reader.size
                reader.feed(event, max_size)
                if parser is None:
                    if reader.ended:
                        # PERF: most come in one piece, and need no parser that holds what is arriving
                        break
                    parser = FieldReader(limits)
                if reader.size != size:
                    # what is too much is refused at once, and not when all of it has come
                    parsed += reader.size - size
                    fields += parser.feed(bytes(event["body"]))
                    parser.check()
            body = reader.finish()
        if parsed == len(body) and parser is not None:
            fields += parser.feed(b"")
            parser.check()
            return fields
    else:
        body = await request.body()
    if limits.max_field_size is None or len(body) <= limits.max_field_size:
        return parse_query(body, limits.max_fields)
    parser = FieldReader(limits)
    fields = parser.feed(body) + parser.feed(b"")
    parser.check()
    return fields


def _announced(request: Request[Any, Any, Any]) -> int | None:
    try:
        return request.content_length
    except ClientException:
        return None


async def _read_parts(request: Request[Any, Any, Any], boundary: str | None) -> FormMultiDict:
    limits = type(request).limits
    expect_unread(request)
    parser = MultipartReader(boundary, limits, True)
    pairs: list[tuple[str, Any]] = []
    # the one that is arriving
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
                    file = _IncomingFile(event, limits)
                else:
                    pairs.append((file.name, await file.finish()))
                    file = None
            parser.check()
        if chunk:
            # a stream() of the application's may leave out the b"" at the end
            parser.feed(b"")
            parser.check()
    except BaseException as error:
        FormMultiDict(pairs).close_now()
        if file is not None:
            file.close_now()
        if isinstance(error, ClientException) and request.body_reader.streamed > received:
            # no fault of the client's
            raise body_busy() from None
        raise
    return FormMultiDict(pairs)


class _IncomingFile:
    """A file of a multipart form while it arrives: written in batches once it is too large for memory.

    Args:
        head: Of the part.
        limits: `spool_size` counts.
    """

    __slots__ = ("_batch", "_batch_size", "_file", "_make", "_room", "name")

    def __init__(self, head: Any, limits: Limits) -> None:
        self.name: str = head.name
        content_type = head.content_type or "application/octet-stream"
        self._make = (content_type, head.filename, head.headers, limits.spool_size)
        self._room = limits.spool_size
        self._file: UploadFile | None = None
        self._batch = Pieces()
        self._batch_size = 0

    def add(self, chunk: bytes) -> bool:
        """Take bytes, and return whether `flush()` must be awaited before more of them."""
        self._batch.add(chunk)
        self._batch_size += len(chunk)
        return self._batch_size > self._room

    async def flush(self) -> None:
        """Write what was collected to the disk."""
        if self._file is None:
            self._file = self._made(b"")
        self._batch_size = 0
        self._room = BATCH
        await self._file.write(self._batch.take())

    async def finish(self) -> UploadFile:
        """Return the file, at its beginning."""
        if self._file is None:
            return self._made(self._batch.take())
        if self._batch_size:
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
