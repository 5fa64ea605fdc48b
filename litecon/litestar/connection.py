"""`ASGIConnection` for Litestar apps, the base class of their requests and WebSockets."""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from litestar import connection
from litestar.connection.base import AuthT, HandlerT, StateT, UserT
from litestar.datastructures import URL, Headers
from litestar.types import Empty

from .._core import find_header, litestar_kernels
from ..connection import with_public_names
from ..limits import Limits
from .urls import url_from_scope

__all__ = ("ASGIConnection", "has_own_headers")

_kernels = litestar_kernels()
_COOKIES: Final = connection.ASGIConnection.cookies

if TYPE_CHECKING:
    from litestar.types import Receive, Scope, Send

    class _ConnectionMethods:
        """A kernel class, whose methods have the signatures of Litestar's."""

        __slots__ = ()

        def __init__(self, scope: Scope, receive: Receive = ..., send: Send = ...) -> None: ...

else:
    _ConnectionMethods = _kernels.ConnectionMethods


@with_public_names
class ASGIConnection(_ConnectionMethods, connection.ASGIConnection[HandlerT, UserT, AuthT, StateT]):
    """A connection of a Litestar app, like `litestar.connection.ASGIConnection`, but with litecon's parsers.

    Args:
        scope: The scope of any kind of connection.
        receive: The server's callable that returns the next event.
        send: The server's callable that takes an event.
    """

    __slots__ = ()

    # in addition to Litestar's limits of the handler and the app, which apply to bodies and forms
    limits: ClassVar[Limits] = Limits(max_body_size=None, max_message_size=None)

    if not TYPE_CHECKING:
        # PERF: calling an alias of typing takes three times as long, and Litestar calls one for each request
        __class_getitem__ = classmethod(GenericAlias)

    @property
    def headers(self) -> Headers:
        """The headers, shared by all connection objects of this request."""
        state = self._connection_state
        headers = state.headers
        if headers is Empty:
            state.headers = headers = cast("Headers", _kernels.make_headers(self.scope["headers"]))
        return headers

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies of the Cookie header, in a dict that no other request shares."""
        cookies = self._cookies
        if cookies is Empty:
            state = self._connection_state
            cookies = state.cookies
            if cookies is Empty:
                if has_own_headers(self):
                    # a copy, since Litestar caches it for all requests
                    cookies = dict(_COOKIES.__get__(self))
                else:
                    header = find_header(self.scope["headers"], b"cookie")
                    cookies = {} if header is None else _kernels.parse_cookies(header)
                state.cookies = cookies
            self._cookies = cookies
        return cookies

    @property
    def url(self) -> URL:
        """The URL of the request."""
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


# looked up on the class, without calling it
_HEADERS: Final = ASGIConnection.headers


def has_own_headers(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Return whether the class of a connection overrides `headers`, which then differ from those of its scope.

    Args:
        connection: Any connection of a Litestar app.
    """
    return type(connection).headers is not _HEADERS
