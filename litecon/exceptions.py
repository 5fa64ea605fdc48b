"""Every exception that litecon raises.

An HTTP exception has a `status_code`, a WebSocket exception a close `code`; all have `detail`, `headers` and `extra`,
so that a framework can make a response or a close event from them without knowing the class.
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
    """A requested feature was skipped, since the server or the application does not offer it."""


class LiteconException(Exception):
    """The base of all exceptions of litecon.

    Args:
        detail: The sentence that says what was wrong, safe to show to the client; advice for developers is a note.
        headers: The headers that a response made from this exception should have.
        extra: The data for the application; never sent by litecon.
    """

    def __init__(
        self, detail: str = "", *, headers: Mapping[str, str] | None = None, extra: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers
        self.extra = extra

    def __str__(self) -> str:
        # also for a detail of another type, as frameworks allow: an exception that cannot be shown hides its cause
        return str(self.detail)


class HTTPException(LiteconException):
    """An error from which a response can be made.

    Args:
        detail: The sentence that says what was wrong, safe to show to the client.
        status_code: The status of the response; None for that of the class.
        headers: The headers that a response made from this exception should have.
        extra: The data for the application; never sent by litecon.
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
    """The application or the server breaks the ASGI specification, or lacks something that was requested (500).

    If litecon raises it, `detail` tells a client nothing about the application; `str()`, which tracebacks and logs
    show, says what is wrong.
    """

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else str(self.detail)


class NoRouteMatchFoundException(HTTPException, LookupError):
    """`url_for()` found no route of that name that takes these parameters (500)."""


class ClientException(HTTPException):
    """The client sent something invalid (400)."""

    status_code = 400


class RequestEntityTooLarge(ClientException):
    """The client sent more than a bound of `Limits` allows (413; RFC 9110 section 15.5.14)."""

    status_code = 413


class SerializationException(ClientException, ValueError):
    """A body or message is not valid JSON or MessagePack, or not of the requested type (400)."""


class ClientDisconnect(ClientException):
    """The client disconnected before the whole body had arrived (499, a status for logs only)."""

    status_code = 499


class StreamConsumed(LiteconException, RuntimeError):
    """The body was streamed before, and litecon does not keep what it streamed."""


class WebSocketException(LiteconException):
    """An error on a WebSocket.

    Args:
        detail: The sentence that says what was wrong, safe to show to the client.
        code: The close code (RFC 6455 section 7.4); None for that of the class.
        headers: The headers that a response made from this exception should have.
        extra: The data for the application; never sent by litecon.
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
    """The WebSocket was closed, by either side; each exception of one connection has the same code and reason.

    Args:
        detail: The reason that the closing side sent; if it is empty, `detail` is a sentence, and `reason` is empty.
        code: The close code (RFC 6455 section 7.4); 1005 if the closing side sent none, 1006 if the connection broke.
        headers: The headers that a response made from this exception should have.
        extra: The data for the application; never sent by litecon.
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
    """The state of the WebSocket does not allow the call; nothing was sent to the server."""


class WebSocketMessageTypeError(WebSocketException, TypeError):
    """A text message was received when a binary one was requested, or the other way round.

    Args:
        detail: The sentence that says what was wrong, safe to show to the client.
        data: The message that was received.
        code: The close code (RFC 6455 section 7.4); None for that of the class.
        headers: The headers that a response made from this exception should have.
        extra: The data for the application; never sent by litecon.
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
