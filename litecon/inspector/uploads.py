"""Forms read part by part as they arrive, so that an upload may have any size."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar, Final

from .._shared.loops import run_in_thread
from ..exceptions import ClientDisconnect
from ..limits import Limits
from ..request import Request
from .plain import MAX_TEXT, Report, plain, preview

if TYPE_CHECKING:
    from ..forms import Part
    from ..types import Event, Receive, Scope, Send

__all__ = ("MAX_FIELD", "RawBody", "is_form", "read_form", "request_of")

MAX_FIELD: Final = 4096
"""The number of bytes of a field that are shown; for all fields together it is `MAX_TEXT`."""

_MAX_NAME: Final = 255
_STEP: Final = 256 * 1024
"""The number of bytes that are hashed without a thread, while other requests wait."""

_MULTIPART: Final = "multipart/form-data"
_URLENCODED: Final = "application/x-www-form-urlencoded"


class UploadRequest(Request[Any, Any, Any]):
    """A request whose body may have any size, because nothing of it is kept."""

    limits: ClassVar[Limits] = Limits(max_body_size=None)


class RawBody:
    """A server's `receive` that keeps the beginning of the body, of which a form keeps nothing.

    Args:
        receive: The server's callable that returns the next event.
    """

    __slots__ = ("_receive", "head")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.head: bytearray = bytearray()

    async def __call__(self) -> Event:
        """Return the next event."""
        event = await self._receive()
        left = MAX_TEXT - len(self.head)
        if left > 0 and event.get("type") == "http.request":
            self.head += event.get("body", b"")[:left]
        return event


def request_of(scope: Scope, receive: Receive, send: Send) -> Request[Any, Any, Any]:
    """Return a request with the limits for its content type.

    Args:
        scope: The scope of an HTTP request.
        receive: The server's callable that returns the next event.
        send: The server's callable that takes an event.
    """
    request: Request[Any, Any, Any] = Request(scope, receive, send)
    if is_form(request):
        request.receive = RawBody(receive)
    # an urlencoded form holds no files
    return UploadRequest(scope, request.receive, send) if _media_type(request) == _MULTIPART else request


def is_form(request: Request[Any, Any, Any]) -> bool:
    """Return whether the content type is that of a form.

    Args:
        request: The request, of which nothing is received.
    """
    return _media_type(request) in (_MULTIPART, _URLENCODED)


def _media_type(request: Request[Any, Any, Any]) -> str:
    try:
        return request.content_type[0]
    except Exception:
        # NOTE: the scope is broken, which other parts of the report show
        return ""


async def read_form(request: Request[Any, Any, Any]) -> tuple[list[Report], Exception | None]:
    """Return a report about each part that arrived, and the exception for which no more could be read, if any.

    Args:
        request: The request, whose body was not read.

    Raises:
        ClientDisconnect: The client disconnected, so that nobody would receive the report.
    """
    parts: list[Report] = []
    left = MAX_TEXT
    try:
        async for part in request.stream_form():
            parts.append(_describe(part))
            left -= await _read(part, parts[-1], min(left, MAX_FIELD))
    except ClientDisconnect:
        raise
    except Exception as error:
        return parts, error
    return parts, None


def _describe(part: Part) -> Report:
    return {
        "name": _name(part.name),
        "kind": "field" if part.filename is None else "file",
        "filename": None if part.filename is None else _name(part.filename),
        "content_type": None if part.content_type is None else _name(part.content_type),
        "size": 0,
        # an incomplete part has none
        "sha256": None,
    }


def _name(text: str) -> Any:
    return plain(text if len(text) <= _MAX_NAME else f"{text[:_MAX_NAME]}...")


async def _read(part: Part, report: Report, limit: int) -> int:
    """Read a part, add to its report, and return the number of bytes that are shown there."""
    digest = sha256()
    head = b""
    if part.filename is not None:
        limit = 0
    async for chunk in part.stream():
        report["size"] = part.size
        head += chunk[: limit - len(head)]
        if len(chunk) > _STEP:
            await run_in_thread(digest.update, chunk)
        else:
            digest.update(chunk)
    report["sha256"] = digest.hexdigest()
    if part.filename is None:
        report.update(preview(head, part.size > len(head)))
    return len(head)
