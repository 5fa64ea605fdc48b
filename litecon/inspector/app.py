"""The ASGI application of the inspector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..exceptions import ClientDisconnect, ClientException, ImproperlyConfiguredException
from ..request import Request
from ..types import Receive, Scope, Send
from .echo import echo
from .layout import to_json
from .page import SECURITY_POLICY, render
from .plain import Report, with_text_names
from .recent import Recent, log_line
from .report import make_report
from .uploads import request_of

__all__ = ("Inspector", "app")

# JSON is for clients without a preference, such as those on the command line
_JSON: Final = "application/json"
_HTML: Final = "text/html"
_DRAIN_BYTES: Final = 256 * 1024 * 1024


class Inspector:
    """An ASGI application that reports what it sees of a request, and echoes the messages of a WebSocket (ASGI 3).

    Args:
        recent: The list that keeps the last requests and shows them to anybody; None to keep none.
        log: A callable that takes a line of text about each request; None to print nothing.
    """

    __slots__ = ("_log", "_recent")

    def __init__(self, recent: Recent | None = None, log: Callable[[str], object] | None = None) -> None:
        self._recent = recent
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a connection.

        Args:
            scope: The scope of any kind that the specification defines.
            receive: The server's callable that returns the next event.
            send: The server's callable that takes an event.

        Raises:
            ImproperlyConfiguredException: The scope is of another kind.
        """
        kind = scope.get("type")
        if kind == "http":
            await self._answer(scope, receive, send)
        elif kind == "websocket":
            if self._log is not None:
                self._log(log_line(scope, None, None))
            await echo(scope, receive, send, self._recent)
        elif kind == "lifespan":
            await _live(receive, send)
        else:
            raise ImproperlyConfiguredException(f"the scope is of the kind {str(kind)[:40]!r}, expected 'http'")

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = request_of(scope, receive, send)
        try:
            report, error = await make_report(request)
        except ClientDisconnect:
            return
        status = error.status_code if isinstance(error, ClientException) else 200
        # before the response, so that a client that has received it finds the request in the list
        if self._recent is not None:
            self._recent.add(report, status)
        await _send_report(request, report, status, isinstance(error, ClientException), self._recent is not None)
        if self._log is not None:
            self._log(log_line(scope, status, report["body"]["size"]))


app: Final = Inspector()
"""An inspector that keeps nothing and prints nothing, for any ASGI server."""


async def _send_report(
    request: Request[Any, Any, Any], report: Report, status: int, must_drain: bool, is_kept: bool
) -> None:
    media_type, body = _encoded(request, report, is_kept)
    headers = [
        (b"content-type", media_type.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"vary", b"accept"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"content-security-policy", SECURITY_POLICY.encode()),
    ]
    send = request.send
    # a client that is still sending would lose the response if the connection were closed; one that has not started to
    # send may be waiting for the response
    if must_drain and request.body_reader.size:
        # NOTE: not after the response, which granian would then truncate (2.8)
        await _drain(request)
        must_drain = False
    await send({"type": "http.response.start", "status": status, "headers": headers})
    shown = b"" if request.scope.get("method") == "HEAD" else body
    if must_drain:
        await send({"type": "http.response.body", "body": shown, "more_body": True})
        await _drain(request)
        shown = b""
    await send({"type": "http.response.body", "body": shown, "more_body": False})


def _encoded(request: Request[Any, Any, Any], report: Report, is_kept: bool) -> tuple[str, bytes]:
    """Return the content type and the body of the response."""
    try:
        wanted = request.accept.best_match((_JSON, _HTML), _JSON)
    except ImproperlyConfiguredException:
        wanted = _JSON
    if wanted == _HTML:
        return f"{_HTML}; charset=utf-8", render(report, is_kept).encode()
    return f"{_JSON}; charset=utf-8", f"{to_json(with_text_names(report))}\n".encode()


async def _drain(request: Request[Any, Any, Any]) -> None:
    """Receive the rest of a body, up to a bound, and drop it."""
    left = _DRAIN_BYTES
    reader = request.body_reader
    # if nothing was received, the client may be waiting for the response before it sends anything
    if reader.ended or (reader.size == 0 and "expect" in request.headers):
        return
    while left > 0:
        event = await request.receive()
        left -= len(event.get("body", b""))
        if event.get("type") != "http.request" or not event.get("more_body"):
            return


async def _live(receive: Receive, send: Send) -> None:
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return
