"""The report about a connection, a data structure that JSON can represent."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from .. import __version__
from .._core import COMPILED, FALLBACK_REASON, BodyReader
from ..connection import ASGIConnection
from ..exceptions import ClientDisconnect, HTTPException, WebSocketException
from ..request import Request
from ..types import Scope
from .curl import curl_command
from .plain import MAX_TEXT, Report, plain, preview
from .uploads import RawBody, is_form, read_form

__all__ = ("describe_connection", "describe_error", "describe_litecon", "make_report", "read_field")

_MSGPACK_TYPES: Final = frozenset({"application/msgpack", "application/x-msgpack", "application/vnd.msgpack"})
_JSON_TYPES: Final = frozenset({"application/json", "text/json"})
_EMPTY_BODY: Final[Report] = {"size": 0, "format": "empty", "truncated": False}


async def make_report(request: Request[Any, Any, Any]) -> tuple[Report, Exception | None]:
    """Return what litecon sees in a request, and why its body could not be received or decoded, if so.

    An accessor that raises does not stop the others; the report has the exception instead of the value.

    Args:
        request: The request, whose body was not read.

    Raises:
        ClientDisconnect: The client disconnected, so that nobody would receive the report.
    """
    scope = _snapshot(request.scope)
    form: list[Report] | None = None
    if is_form(request):
        form, error = await read_form(request)
        raw = bytes(request.receive.head) if isinstance(request.receive, RawBody) else b""
        body = _form_body(request.body_reader, raw, error)
    else:
        body, error, raw = await _body(request)
    report: Report = {
        "method": read_field(lambda: request.method),
        **describe_connection(request),
        "content_type": read_field(lambda: _content_type(request)),
        "content_length": read_field(lambda: request.content_length),
        "accept": read_field(lambda: list(request.accept)),
        "body": body,
        "form": form,
        "curl": read_field(lambda: curl_command(request, raw, body["size"])),
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
        # NOTE: any exception at all, since the inspector must also show broken scopes
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


async def _body(request: Request[Any, Any, Any]) -> tuple[Report, Exception | None, bytes]:
    """Return the part of the report about the body, why it could not be received or decoded, and the body."""
    try:
        body = await request.body()
    except ClientDisconnect:
        raise
    except Exception as error:
        return _lost_body(error), error, b""
    if not body:
        return dict(_EMPTY_BODY), None, body
    name, decode = _decoder(request)
    failure: Exception | None = None
    if decode is not None:
        try:
            value = await decode()
            if len(body) <= MAX_TEXT:
                return {"size": len(body), "format": name, "truncated": False, "value": plain(value)}, None, body
        except Exception as error:
            failure = error
    shown = preview(body, False, is_binary=name == "msgpack")
    report = {"size": len(body), "format": name or ("text" if "text" in shown else "binary"), **shown}
    return (report if failure is None else {**report, "error": describe_error(failure)}), failure, body


def _form_body(reader: BodyReader, raw: bytes, error: Exception | None) -> Report:
    """Return the part of the report about the body of a form, of which the beginning is kept."""
    size = reader.size
    if error is None and not size:
        return dict(_EMPTY_BODY)
    shown = preview(raw, size > len(raw)) if raw else {}
    if error is None:
        return {"size": size, "format": "form", "truncated": False, **shown}
    if not reader.ended:
        return {**_lost_body(error), **shown}
    return {"size": size, "format": "form", "truncated": False, **shown, "error": describe_error(error)}


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
