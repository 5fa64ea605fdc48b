"""Forms read as a whole, of both encodings (WHATWG URL section 5.1, RFC 7578)."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from types import TracebackType
from typing import Any, final

from .._core import MultipartReader, RequestBase
from .._errors import body_busy
from ..datastructures import FormMultiDict
from ..exceptions import ClientException
from .parts import MULTIPART
from .storage import IncomingFile
from .urlencoded import URLENCODED, read_fields

__all__ = ("FormAwaitable",)


@final
class FormAwaitable(Coroutine[Any, Any, FormMultiDict]):
    """The coroutine that `Request.form()` returns; as an asynchronous context manager it closes the files at the end.

    Args:
        request: The request whose body is the form.
    """

    __slots__ = ("__weakref__", "_coroutine", "_form")

    def __init__(self, request: RequestBase) -> None:
        # Any, since it has more members than typing's Coroutine
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
        """Resume the coroutine, as `coroutine.send()` does.

        Args:
            value: The value that is sent into the awaitable that it is suspended on.
        """
        return self._coroutine.send(value)

    def throw(self, *details: Any) -> Any:
        """Raise an exception inside the coroutine, as `coroutine.throw()` does.

        Args:
            *details: The exception, or its type, value and traceback.
        """
        return self._coroutine.throw(*details)

    def close(self) -> None:
        """Close the coroutine, as `coroutine.close()` does."""
        self._coroutine.close()

    @property
    def cr_await(self) -> Any:
        """The awaitable that the coroutine is suspended on, or None."""
        return self._coroutine.cr_await

    @property
    def cr_code(self) -> Any:
        """The code object."""
        return self._coroutine.cr_code

    @property
    def cr_frame(self) -> Any:
        """The frame, None once the coroutine has ended."""
        return self._coroutine.cr_frame

    @property
    def cr_running(self) -> bool:
        """Whether the coroutine is executing."""
        return bool(self._coroutine.cr_running)

    def __repr__(self) -> str:
        return f"<coroutine object Request.form at {id(self):#x}>"


async def _read_form(request: RequestBase) -> FormMultiDict:
    reader = request.body_reader
    if reader.form is None:
        media_type, parameters = request.content_type
        if media_type == URLENCODED:
            form = FormMultiDict(await read_fields(request))
        elif media_type == MULTIPART:
            form = await _read_parts(request, parameters.get("boundary"))
        else:
            form = FormMultiDict()
        reader.form = form
    kept: FormMultiDict = reader.form
    return kept


# the names that tasks and warnings show
_read_form.__name__ = "form"
_read_form.__qualname__ = "Request.form"


async def _read_parts(request: RequestBase, boundary: str | None) -> FormMultiDict:
    limits = type(request).limits
    request.body_reader.expect_unread()
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
        if chunk:
            # a stream() that a subclass overrides may leave out the final b""
            parser.feed(b"")
            parser.check()
        if type(request).stream is RequestBase.stream and request.body_reader.streamed > received:
            # what another task was given may be missing in a file
            raise body_busy()
    except BaseException as error:
        FormMultiDict(pairs).close_now()
        if file is not None:
            file.close_now()
        if isinstance(error, ClientException) and request.body_reader.streamed > received:
            # another task took chunks of the body, so that the client is not to blame
            raise body_busy() from None
        raise
    return FormMultiDict(pairs)
