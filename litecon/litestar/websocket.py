"""`WebSocket` for Litestar apps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from litestar import connection
from litestar.connection.base import AuthT, StateT, UserT

from .._core import litestar_kernels
from ..connection import with_public_names
from .connection import ASGIConnection

__all__ = ("WebSocket",)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from litestar.types import Receive, Scope, Send

    from ..types import HeaderPairs

    _T = TypeVar("_T")
    _Mode = Literal["text", "binary"]

    class _SocketMethods:
        """A kernel class, whose methods have the signatures of Litestar's, and `type` in addition."""

        __slots__ = ()

        def __init__(self, scope: Scope, receive: Receive = ..., send: Send = ...) -> None: ...
        async def deny(self, status: int = 403, headers: HeaderPairs | None = None, body: bytes = b"") -> None: ...
        @overload
        async def receive_json(self, mode: _Mode = "text", *, type: type[_T]) -> _T: ...
        @overload
        async def receive_json(self, mode: _Mode, type: type[_T]) -> _T: ...
        @overload
        async def receive_json(self, mode: _Mode = "text", type: Any = ...) -> Any: ...
        async def receive_json(self, mode: Any = "text", type: Any = ...) -> Any: ...
        @overload
        async def receive_msgpack(self, type: type[_T]) -> _T: ...
        @overload
        async def receive_msgpack(self, type: Any = ...) -> Any: ...
        async def receive_msgpack(self, type: Any = ...) -> Any: ...
        @overload
        def iter_json(self, mode: _Mode = "text", *, type: type[_T]) -> AsyncGenerator[_T, None]: ...
        @overload
        def iter_json(self, mode: _Mode, type: type[_T]) -> AsyncGenerator[_T, None]: ...
        @overload
        def iter_json(self, mode: _Mode = "text", type: Any = ...) -> AsyncGenerator[Any, None]: ...
        def iter_json(self, mode: Any = "text", type: Any = ...) -> Any: ...
        @overload
        def iter_msgpack(self, type: type[_T]) -> AsyncGenerator[_T, None]: ...
        @overload
        def iter_msgpack(self, type: Any = ...) -> AsyncGenerator[Any, None]: ...
        def iter_msgpack(self, type: Any = ...) -> Any: ...

else:
    _SocketMethods = litestar_kernels().SocketMethods


@with_public_names
class WebSocket(_SocketMethods, ASGIConnection[Any, UserT, AuthT, StateT], connection.WebSocket[UserT, AuthT, StateT]):
    """A WebSocket of a Litestar app, like `litestar.WebSocket`.

    It receives and sends without creating a coroutine, keeps the code of a disconnect, loses no message when a receive
    is cancelled, and is freed by reference counting.

    Args:
        scope: The scope of a WebSocket.
        receive: The server's callable that returns the next event.
        send: The server's callable that takes an event.
    """

    __slots__ = ()
