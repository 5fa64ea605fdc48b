"""Forms read as a whole: urlencoded bodies (WHATWG URL section 5.1) here, multipart ones by `litecon.forms`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Generator
from types import TracebackType
from typing import Any, Final, final

from .._shared.copying import Uncopyable
from .._shared.scope import exact_bytes
from ..datastructures import FormMultiDict
from ..limits import Limits
from .parameters import FieldReader, parse_query
from .request import RequestBase

__all__ = ("FormAwaitable", "read_form")

_URLENCODED: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"

ReadParts = Callable[[Any, "str | None"], Awaitable[FormMultiDict]]


def read_form(request: RequestBase, read_parts: ReadParts) -> FormAwaitable:
    """Return the coroutine that reads a whole form, of either encoding, once for all connections over the scope.

    Args:
        request: The request whose body is the form.
        read_parts: A coroutine function that returns a multipart form, given the request and the boundary or None.
    """
    return FormAwaitable(request, read_parts)


@final
class FormAwaitable(Uncopyable, Coroutine[Any, Any, FormMultiDict]):
    """The result of `Request.form()`: a coroutine, and an asynchronous context manager that closes the files."""

    __slots__ = ("__weakref__", "_coroutine", "_form")

    def __init__(self, request: RequestBase, read_parts: ReadParts) -> None:
        # Any, since a coroutine has more members than typing's Coroutine
        self._coroutine: Any = _read_form(request, read_parts)
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

    def send(self, value: Any, /) -> Any:
        """Resume the coroutine, as `coroutine.send()` does.

        Args:
            value: The value that is sent into the awaitable on which the coroutine is suspended.
        """
        return self._coroutine.send(value)

    def throw(self, kind: Any, value: Any = None, traceback: Any = None, /) -> Any:
        """Raise an exception inside the coroutine, as `coroutine.throw()` does.

        Args:
            kind: The exception, or its class.
            value: The argument of the class, if `kind` is a class.
            traceback: The traceback of the exception.
        """
        # from CPython 3.12 on, three arguments are deprecated
        given = (kind,) if value is None and traceback is None else (kind, value, traceback)
        return self._coroutine.throw(*given)

    def close(self) -> None:
        """Close the coroutine, as `coroutine.close()` does."""
        self._coroutine.close()

    def __getattr__(self, name: str) -> Any:
        # the names and the state of the coroutine
        if name.startswith("cr_") or name in ("__name__", "__qualname__"):
            return getattr(self._coroutine, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

    def __repr__(self) -> str:
        return f"<coroutine object Request.form at {id(self):#x}>"


async def _read_form(request: RequestBase, read_parts: ReadParts) -> FormMultiDict:
    reader = request.body_reader
    if reader.form is None:
        media_type, parameters = request.content_type
        if media_type == _URLENCODED:
            reader.form = FormMultiDict(await _read_fields(request))
        elif media_type == _MULTIPART:
            reader.form = await read_parts(request, parameters.get("boundary"))
        else:
            reader.form = FormMultiDict()
    form: FormMultiDict = reader.form
    return form


# the names that tasks and warnings show
_read_form.__name__ = "form"
_read_form.__qualname__ = "Request.form"


async def _read_fields(request: RequestBase) -> list[tuple[str, str]]:
    """Return the fields of an urlencoded body, in order; the body is kept, so that `body()` returns it too."""
    limits = type(request).limits  # type: ignore[attr-defined]
    if request._is_overridden():
        return _parse_whole(exact_bytes(await request.body()), limits)
    reader = request.body_reader
    fields: list[tuple[str, str]] = []
    parser: Any = None
    parsed_size = 0
    with reader:
        # checked after the claim, since another thread may have read the body before it
        if reader.body is not None:
            return _parse_whole(reader.body, limits)
        max_size = request._start_reading(reader)
        while not reader.ended:
            chunk = reader.feed(await reader.next_event(request.receive), max_size)
            # PERF: most bodies arrive in one event, and need no incremental parser
            if parser is None and not reader.ended:
                parser = FieldReader(limits)
            if parser is not None and chunk:
                # a form that exceeds a bound is refused at once, before the rest arrives
                parsed_size += len(chunk)
                fields += parser.feed(chunk)
                parser.check()
        body = reader.finish()
    if parser is None or parsed_size != len(body):
        return _parse_whole(body, limits)
    fields += parser.feed(b"")
    parser.check()
    return fields


def _parse_whole(body: bytes, limits: Limits) -> list[tuple[str, str]]:
    if limits.max_field_size is None or len(body) <= limits.max_field_size:
        return parse_query(body, limits.max_fields)
    parser = FieldReader(limits)
    fields = parser.feed(body) + parser.feed(b"")
    parser.check()
    return fields
