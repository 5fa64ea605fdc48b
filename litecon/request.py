"""`Request`: an HTTP request."""

from __future__ import annotations

import warnings
from typing import Any, Final

from ._core import RequestBase, quickly_constructed, use_accept
from .connection import ASGIConnection, AuthT, StateT, UserT
from .datastructures import Accept
from .exceptions import LiteconException, LiteconWarning

__all__ = ("Request",)

_PUSH: Final = "http.response.push"
_PUSH_HEADERS: Final = frozenset({b"accept", b"accept-encoding", b"accept-language", b"cache-control", b"user-agent"})
_READ_AHEAD: Final = 64 * 1024

use_accept(Accept)


@quickly_constructed
class Request(RequestBase, ASGIConnection[Any, UserT, AuthT, StateT]):
    """An HTTP request (ASGI 3, HTTP message format 2.5).

    Construction stores its arguments and reads nothing. Two requests over one scope are different objects that share what
    was received: the body is read once.

    Args:
        scope: Of the kind `http`; a dict or another mapping.
        receive: The server's callable that gives events.
        send: The server's callable that takes events.
    """

    __slots__ = ()

    @property
    def supports_push_promise(self) -> bool:
        """Whether the server offers the `http.response.push` extension."""
        return _PUSH in (self.scope.get("extensions") or ())

    async def is_disconnected(self) -> bool:
        """Return whether the client has gone, at once, also while nothing is to be received.

        An event that arrives is kept for the body.

        Raises:
            ImproperlyConfiguredException: The server's events break the ASGI specification.
        """
        from ._polling import poll

        reader = self.body_reader
        while not reader.disconnected:
            # another task is receiving, or enough lies here that nobody has read
            if reader.busy or reader.peeked_size > _READ_AHEAD:
                return False
            with reader:
                event = await poll(reader, self.receive)
            if event is None:
                return False
            reader.peek(event)
        return True

    async def send_push_promise(self, path: str, raise_if_unavailable: bool = False) -> None:
        """Ask the server to push a resource (ASGI's `http.response.push` extension, RFC 9113 section 8.4).

        The promise carries this request's accept, accept-encoding, accept-language, cache-control and user-agent.

        Args:
            path: The resource's path.
            raise_if_unavailable: Whether to raise, instead of to warn, where the server does not offer it.

        Raises:
            LiteconException: The server does not offer it, and `raise_if_unavailable` is true.
            ImproperlyConfiguredException: The scope's headers are no pairs of bytes.
        """
        if not self.supports_push_promise:
            message = "the server does not offer server push: ask supports_push_promise before"
            if raise_if_unavailable:
                raise LiteconException(message)
            warnings.warn(message, LiteconWarning, stacklevel=2)
            return
        headers = [
            (name.lower(), value) for name, value in self.headers.to_header_list() if name.lower() in _PUSH_HEADERS
        ]
        await self.send({"type": _PUSH, "path": path, "headers": headers})
