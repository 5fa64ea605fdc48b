"""Every exception that litecon raises.

An exception for HTTP has a `status_code`, one for WebSocket a close `code`; all have `detail`, `headers` and `extra`, so
that a framework can make the response or the close event of them without knowing the class.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

__all__ = (
    "ClientDisconnect",
    "ClientException",
    "HTTPException",
    "ImproperlyConfiguredException",
    "LiteconException",
    "LiteconWarning",
    "NoRouteMatchFoundException",
    "RequestEntityTooLarge",
    "SerializationException",
    "StreamConsumed",
    "WebSocketDisconnect",
    "WebSocketException",
    "WebSocketMessageTypeError",
    "WebSocketStateError",
)


class LiteconWarning(UserWarning):
    """Something was asked for that the server or the application does not offer, and was left out."""


class LiteconException(Exception):
    """The base of all exceptions of litecon.

    Args:
        detail: A sentence that says what was wrong, safe to show to the client; advice for developers is a note.
        headers: Headers that a response made of this exception should have.
        extra: Data for the application; never sent by litecon.
    """

    def __init__(
        self, detail: str = "", *, headers: Mapping[str, str] | None = None, extra: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers
        self.extra = extra

    def __str__(self) -> str:
        return self.detail


class HTTPException(LiteconException):
    """An error that a response can be made of.

    Args:
        detail: A sentence that says what was wrong, safe to show to the client.
        status_code: The response's status; the default is that of the class.
        headers: Headers that a response made of this exception should have.
        extra: Data for the application; never sent by litecon.
    """

    status_code: int = 500

    def __init__(
        self,
        detail: str = "",
        *,
        status_code: int | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail, headers=headers, extra=extra)
        if status_code is not None:
            self.status_code = status_code


class ImproperlyConfiguredException(HTTPException, ValueError):
    """The application or the server lacks something that was asked for, or is asked for what cannot be (500).

    The `detail` of those that litecon raises tells a client nothing of the inside; `str()` says what is wrong, which
    is what a traceback and a log show.
    """

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else self.detail


class NoRouteMatchFoundException(HTTPException, LookupError):
    """`url_for` found no route of that name that takes these parameters (500)."""


class ClientException(HTTPException):
    """The client sent something that cannot be accepted (400)."""

    status_code = 400


class RequestEntityTooLarge(ClientException):
    """The client sent more than a bound of `Limits` allows (413, RFC 9110 section 15.5.14)."""

    status_code = 413


class SerializationException(ClientException, ValueError):
    """A body or message is no valid JSON or MessagePack, or not of the type asked for (400)."""


class ClientDisconnect(ClientException):
    """The client disconnected before the whole body had arrived (499, for logs: nobody is left to answer)."""

    status_code = 499


class StreamConsumed(LiteconException, RuntimeError):
    """The body was already given out by a stream, and litecon does not keep what it streamed."""


class WebSocketException(LiteconException):
    """An error on a WebSocket.

    Args:
        detail: A sentence that says what was wrong, safe to show to the client.
        code: The close code (RFC 6455 section 7.4); the default is that of the class.
        headers: Headers that a response made of this exception should have.
        extra: Data for the application; never sent by litecon.
    """

    code: int = 4500
    default_detail: ClassVar[str] = ""

    def __init__(
        self,
        detail: str = "",
        *,
        code: int | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or self.default_detail, headers=headers, extra=extra)
        if code is not None:
            self.code = code


class WebSocketDisconnect(WebSocketException):
    """The WebSocket was closed, by either side; the same code and reason each time.

    Args:
        detail: The reason that the closing side gave; a sentence stands in for an empty one, but not in `reason`.
        code: The close code (RFC 6455 section 7.4); 1005 if the closing side gave none, 1006 if the connection broke.
        headers: Headers that a response made of this exception should have.
        extra: Data for the application; never sent by litecon.
    """

    code = 1005
    default_detail = "the WebSocket was closed"

    def __init__(
        self,
        detail: str = "",
        *,
        code: int | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail, code=code, headers=headers, extra=extra)
        self.reason = detail


class WebSocketStateError(WebSocketException, RuntimeError):
    """The WebSocket's state does not allow what was called; the server was not."""


class WebSocketMessageTypeError(WebSocketException, TypeError):
    """A text message came where a binary one was asked for, or the other way round.

    Args:
        detail: A sentence that says what was wrong, safe to show to the client.
        data: The message, which would be lost otherwise.
        code: The close code (RFC 6455 section 7.4); the default is that of the class.
        headers: Headers that a response made of this exception should have.
        extra: Data for the application; never sent by litecon.
    """

    code = 1003

    def __init__(
        self,
        detail: str = "",
        data: str | bytes | None = None,
        *,
        code: int | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail, code=code, headers=headers, extra=extra)
        self.data = data
