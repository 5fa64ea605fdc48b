"""`Request` for Litestar apps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar, cast, overload

from litestar import connection
from litestar._multipart import parse_content_header
from litestar.connection.base import AuthT, StateT, UserT
from litestar.datastructures import FormMultiDict
from litestar.enums import RequestEncodingType
from litestar.types import Empty

from .._core import BodyReader, find_header, litestar_kernels
from .._shared.body import Replay, poll_disconnected, skip_body
from ..connection import with_public_names
from ..forms import FormStream
from ..limits import Limits
from .connection import ASGIConnection, has_own_headers
from .forms import boundary_of, read_multipart

__all__ = ("Request",)

_kernels = litestar_kernels()
# the slot of Litestar's class, which the property of the same name hides
_IS_CONNECTED: Final = connection.Request.__dict__["is_connected"]

if TYPE_CHECKING:
    from litestar.types import Receive, Scope, Send

    from .. import types
    from .._core import RequestBase

    _T = TypeVar("_T")

    class _RequestMethods:
        """A kernel class, whose methods have the signatures of Litestar's, and `type` in addition."""

        __slots__ = ()

        def __init__(self, scope: Scope, receive: Receive = ..., send: Send = ...) -> None: ...
        @property
        def body_reader(self) -> BodyReader: ...
        @overload
        async def json(self, type: type[_T]) -> _T: ...
        @overload
        async def json(self, type: Any = ...) -> Any: ...
        async def json(self, type: Any = ...) -> Any: ...
        @overload
        async def msgpack(self, type: type[_T]) -> _T: ...
        @overload
        async def msgpack(self, type: Any = ...) -> Any: ...
        async def msgpack(self, type: Any = ...) -> Any: ...

else:
    _RequestMethods = _kernels.RequestMethods


@with_public_names
class Request(_RequestMethods, ASGIConnection[Any, UserT, AuthT, StateT], connection.Request[UserT, AuthT, StateT]):
    """A request of a Litestar app, like `litestar.Request`.

    It reads the body without creating a coroutine, and continues a read that was cancelled. What it has read and parsed
    is shared with the request objects that Litestar and its middlewares create for the same request, and vice versa.

    Args:
        scope: The scope of an HTTP request.
        receive: The server's callable that returns the next event.
        send: The server's callable that takes an event.
    """

    __slots__ = ()

    if not TYPE_CHECKING:

        @property
        def is_connected(self) -> bool:
            """Whether more of the body may arrive: neither its end nor a disconnect was received."""
            reader = self.scope.get("litecon.body")
            has_ended = isinstance(reader, BodyReader) and (reader.ended or reader.disconnected)
            return _IS_CONNECTED.__get__(self) and not has_ended

        @is_connected.setter
        def is_connected(self, value: bool) -> None:
            _IS_CONNECTED.__set__(self, value)

    @property
    def content_type(self) -> tuple[str, dict[str, str]]:
        """The media type, in lower case, and its parameters."""
        content_type = self._content_type
        if content_type is Empty:
            state = self._connection_state
            content_type = state.content_type
            if content_type is Empty:
                if has_own_headers(self):
                    value = self.headers.get("content-type", "")
                else:
                    header = find_header(self.scope["headers"], b"content-type")
                    value = "" if header is None else header.decode("latin-1")
                if ";" in value or "\\" in value:
                    content_type = parse_content_header(value)
                else:
                    content_type = (value.strip().lower(), {})
                state.content_type = content_type
            self._content_type = content_type
        return content_type

    async def is_disconnected(self) -> bool:
        """Return immediately whether the client disconnected, as `litecon.Request.is_disconnected()` does."""
        return await poll_disconnected(self.body_reader, cast("types.Receive", self.receive))

    def replay(self) -> Receive:
        """Return a `receive` that gives an inner application the body again, as `litecon.Request.replay()` does."""
        return cast("Receive", Replay(self.body_reader, cast("types.Receive", self.receive)))

    async def drain(self, max_size: int | None = None) -> None:
        """Receive the rest of the body and drop it, as `litecon.Request.drain()` does.

        Args:
            max_size: The number of bytes after which receiving stops; None for any number.

        Raises:
            RuntimeError: Another task is reading the body.
        """
        await skip_body(self.body_reader, cast("types.Receive", self.receive), max_size)

    def stream_form(self) -> FormStream:
        """Return an asynchronous iterator over the parts of a form, as `litecon.Request.stream_form()` does.

        The bounds are those of `limits`. The exceptions are litecon's, and the plugin makes responses from them.
        """
        limits = type(self).limits
        # a class written for Litestar may have another member of this name
        known = limits if isinstance(limits, Limits) else ASGIConnection.limits
        return FormStream(cast("RequestBase", self), known)

    async def form(self) -> FormMultiDict:
        """Return the form, in either encoding; it is empty for any other content type.

        Raises:
            ValidationException: The boundary is missing.
            ClientException: The form is malformed.
            RequestEntityTooLarge: The body is larger than the handler accepts.
        """
        if self._form is not Empty:
            return self._form
        state = self._connection_state
        form: Any = state.form
        if form is Empty:
            kind = self.content_type[0]
            boundary = boundary_of(self)
            if boundary is not None:
                form = await read_multipart(self, boundary, self.app.multipart_form_part_limit)
            elif kind == RequestEncodingType.MULTI_PART:
                # the exception for a missing boundary depends on Litestar's version
                return await super().form()
            elif kind == RequestEncodingType.URL_ENCODED:
                form = _kernels.parse_form(await self.body())
            else:
                form = {}
            state.form = form
        self._form = FormMultiDict.from_form_data(form)
        return self._form
