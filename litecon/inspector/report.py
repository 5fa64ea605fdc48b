"""The report about a connection, a data structure that JSON can represent."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from .. import __version__
from .._core import COMPILED, FALLBACK_REASON
from ..connection import ASGIConnection
from ..exceptions import ClientDisconnect, HTTPException, WebSocketException
from ..request import Request
from ..types import Scope
from .plain import MAX_BINARY, MAX_TEXT, Report, plain
from .uploads import is_form, read_form

__all__ = ("describe_connection", "describe_error", "describe_litecon", "make_report", "read_field")

_MSGPACK_TYPES: Final = frozenset({"application/msgpack", "application/x-msgpack", "application/vnd.msgpack"})
_JSON_TYPES: Final = frozenset({"application/json", "text/json"})
_EMPTY_BODY: Final[Report] = {"size": 0, "format": "empty", "truncated": False}


async def make_report(request: Request[Any, Any, Any]) -> tuple[Report, Exception | None]:
    """Return what litecon sees in a request, and the exception for which its body could not be received, if any.

    An accessor that raises does not stop the others: its exception stands in its place.

    Args:
        request: The request, whose body was not read.

    Raises:
        ClientDisconnect: The client disconnected, there is nobody to report to.
    """
    scope = _snapshot(request.scope)
    form: list[Report] | None = None
    if is_form(request):
        form, error = await read_form(request)
        body = _form_body(request, error)
    else:
        body, error = await _body(request)
    report: Report = {
        "method": read_field(lambda: request.method),
        **describe_connection(request),
        "content_type": read_field(lambda: _content_type(request)),
        "content_length": read_field(lambda: request.content_length),
        "accept": read_field(lambda: list(request.accept)),
        "body": body,
        "form": form,
        "extensions": read_field(lambda: dict(scope.get("extensions") or {})),
        "scope": read_field(lambda: scope),
        "litecon": describe_litecon(),
    }
    return report, error


def describe_connection(connection: ASGIConnection[Any, Any, Any, Any]) -> Report:
    """Return what litecon sees in a request or in the handshake of a WebSocket.

    Args:
        connection: The request or WebSocket, from which nothing is received.
    """
    return {
        "url": read_field(lambda: str(connection.url)),
        "base_url": read_field(lambda: str(connection.base_url)),
        "http_version": read_field(lambda: connection.scope.get("http_version")),
        "client": read_field(lambda: connection.client and connection.client._asdict()),
        "path_params": read_field(lambda: connection.path_params),
        "query": read_field(lambda: connection.query_params.multi_items()),
        "headers": read_field(lambda: connection.headers.multi_items()),
        "cookies": read_field(lambda: connection.cookies),
    }


def describe_litecon() -> Report:
    """Return the version and the side of litecon."""
    return {
        "version": __version__,
        "compiled": COMPILED,
        "fallback_reason": FALLBACK_REASON,
        "python": sys.version.partition(" ")[0],
    }


def _snapshot(scope: Scope) -> dict[str, Any]:
    return {str(key): value for key, value in scope.items() if not str(key).startswith("litecon.")}


def read_field(read: Callable[[], Any]) -> Any:
    """Return a value that JSON can represent, or `{"error": ...}` if it cannot be read.

    Args:
        read: The callable that returns the value.
    """
    try:
        return plain(read())
    except Exception as error:
        # NOTE: any exception at all, since the inspector is there to show broken scopes
        return {"error": describe_error(error)}


def describe_error(error: Exception) -> dict[str, Any]:
    """Return the type and the text of an exception, and its status or close code.

    Args:
        error: The exception, of any type.
    """
    described: dict[str, Any] = {"type": type(error).__name__, "detail": plain(str(error))}
    if isinstance(error, HTTPException):
        described["status_code"] = error.status_code
    elif isinstance(error, WebSocketException):
        described["code"] = error.code
    return described


def _content_type(request: Request[Any, Any, Any]) -> dict[str, Any] | None:
    media_type, parameters = request.content_type
    return {"media_type": media_type, "parameters": parameters} if media_type else None


async def _body(request: Request[Any, Any, Any]) -> tuple[Report, Exception | None]:
    """Return the part of the report about the body, and the exception for which it could not be received."""
    try:
        body = await request.body()
    except ClientDisconnect:
        raise
    except Exception as error:
        return _lost_body(error), error
    if not body:
        return dict(_EMPTY_BODY), None
    report: Report = {"size": len(body)}
    error_report: dict[str, Any] = {}
    name, decode = _decoder(request)
    if decode is not None:
        report["format"] = name
        try:
            value = await decode()
            if len(body) <= MAX_TEXT:
                return {**report, "truncated": False, "value": plain(value)}, None
        except Exception as error:
            error_report = {"error": describe_error(error)}
    return {**report, **_preview(body, name), **error_report}, None


def _form_body(request: Request[Any, Any, Any], error: Exception | None) -> Report:
    """Return the part of the report about the body of a form, of which nothing is kept."""
    if error is not None:
        return _lost_body(error)
    size = request.body_reader.size
    return {"size": size, "format": "form", "truncated": False} if size else dict(_EMPTY_BODY)


def _lost_body(error: Exception) -> Report:
    return {"size": None, "format": None, "truncated": False, "error": describe_error(error)}


def _decoder(request: Request[Any, Any, Any]) -> tuple[str | None, Callable[[], Any] | None]:
    """Return the name of the format of the body, and the method that decodes it; None if it is unknown."""
    try:
        media_type, _ = request.content_type
    except Exception:
        return None, None
    if media_type in _JSON_TYPES or media_type.endswith("+json"):
        return "json", request.json
    if media_type in _MSGPACK_TYPES or media_type.endswith("+msgpack"):
        return "msgpack", request.msgpack
    return None, None


def _preview(body: bytes, name: str | None) -> Report:
    """Return the beginning of a body as text, or as hexadecimal digits if it is no text."""
    if name != "msgpack":
        try:
            text = body.decode()
        except UnicodeDecodeError:
            text = "\0"
        if "\0" not in text:
            return {"format": name or "text", "truncated": len(text) > MAX_TEXT, "text": text[:MAX_TEXT]}
    return {"format": name or "binary", "truncated": len(body) > MAX_BINARY, "hex": body[:MAX_BINARY].hex()}
