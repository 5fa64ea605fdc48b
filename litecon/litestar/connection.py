"""`ASGIConnection` for Litestar apps: what its requests and WebSockets have in common."""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, ClassVar, cast

from litestar import connection
from litestar.connection.base import AuthT, HandlerT, StateT, UserT
from litestar.datastructures import URL, Headers
from litestar.types import Empty

from .._core import find_header, litestar_kernels
from ..connection import with_public_names
from ..limits import Limits
from .urls import url_from_scope

__all__ = ("ASGIConnection",)

_kernels = litestar_kernels()

if TYPE_CHECKING:
    from litestar.types import Receive, Scope, Send

    class _ConnectionMethods:
        """A kernel's; what its methods take and return is what Litestar's do."""

        __slots__ = ()

        def __init__(self, scope: Scope, receive: Receive = ..., send: Send = ...) -> None: ...

else:
    _ConnectionMethods = _kernels.ConnectionMethods


@with_public_names
class ASGIConnection(_ConnectionMethods, connection.ASGIConnection[HandlerT, UserT, AuthT, StateT]):
    """A connection of a Litestar app, as `litestar.connection.ASGIConnection` is; what it parses, it parses itself.

    Args:
        scope: Of any kind of connection.
        receive: The server's callable that gives events.
        send: The server's callable that takes events.
    """

    __slots__ = ()

    # beside those that Litestar has for a handler or for the app, and which count for bodies and forms
    limits: ClassVar[Limits] = Limits(max_body_size=None, max_message_size=None)

    if not TYPE_CHECKING:
        # PERF: an alias of typing's takes three times as long to call, and Litestar calls one for each request
        __class_getitem__ = classmethod(GenericAlias)

    @property
    def headers(self) -> Headers:
        """The headers, as all that reads them in this request shares them."""
        state = self._connection_state
        headers = state.headers
        if headers is Empty:
            state.headers = headers = cast("Headers", _kernels.make_headers(self.scope["headers"]))
        return headers

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies of the Cookie header; they are this request's own."""
        cookies = self._cookies
        if cookies is Empty:
            state = self._connection_state
            cookies = state.cookies
            if cookies is Empty:
                header = find_header(self.scope["headers"], b"cookie")
                state.cookies = cookies = {} if header is None else _kernels.parse_cookies(header)
            self._cookies = cookies
        return cookies

    @property
    def url(self) -> URL:
        """The URL that was asked for."""
        url = self._url
        if url is Empty:
            state = self._connection_state
            url = state.url
            if url is Empty:
                scope = self.scope
                path = scope.get("root_path", "") + scope["path"]
                state.url = url = url_from_scope(scope, path, scope.get("query_string", b""))
            self._url = url
        return url

    @property
    def base_url(self) -> URL:
        """The URL of the application's root."""
        url = self._base_url
        if url is Empty:
            state = self._connection_state
            url = state.base_url
            if url is Empty:
                scope = self.scope
                path = f"{scope.get('app_root_path') or scope.get('root_path', '')}/"
                state.base_url = url = url_from_scope(scope, path, b"")
            self._base_url = url
        return url
