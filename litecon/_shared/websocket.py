"""The states of a WebSocket, and the events that an application sends (ASGI 3, WebSocket message format 2.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from .._errors import misconfigured, quoted
from ..types import Event, RawHeaders
from .scope import exact_bytes, exact_int, exact_str, lookup, to_bytes

__all__ = (
    "HINTS",
    "NEXT_STATES",
    "STATE_NAMES",
    "accept_event",
    "close_event",
    "denial_events",
    "normalise_event",
)

STATE_NAMES: Final = ("init", "connect", "connect", "receive", "connect", "disconnect", "disconnect")
"""The value of `connection_state` for each state: nothing was received; `websocket.connect` was received; accepted; a
message was received; a denial response is being sent; closed by the application; the connection has ended."""

_NOT_ACCEPTED: Final = "accept() it before"
_ACCEPTED: Final = "it was accepted before"

HINTS: Final = (_NOT_ACCEPTED, _NOT_ACCEPTED, _ACCEPTED, _ACCEPTED, "a denial response is being sent")
"""For each state before the end, the note of an error that says why an event cannot be sent in it."""

_KINDS: Final = {
    "websocket.accept": 0,
    "websocket.send": 1,
    "websocket.close": 2,
    "websocket.http.response.start": 3,
    "websocket.http.response.body": 4,
}

NEXT_STATES: Final = (
    # accept, send, close, response start, response body
    (None, None, 5, 4, None),
    (2, None, 5, 4, None),
    (None, 2, 5, None, None),
    (None, 3, 5, None, None),
    (None, None, None, None, 4),
)
"""For each state before the end and kind of event, the state after it was sent; None if it must not be sent."""

_MAX_REASON: Final = 123
_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_SUBPROTOCOL: Final = re.compile(r"[!-+\--~]+")
_FORBIDDEN: Final = re.compile(rb"[\r\n\0]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
# RFC 6455 section 7.4.1: these are reported if there was no close frame, and are never sent
_RESERVED_CODES: Final = frozenset({1004, 1005, 1006, 1015})


def accept_event(subprotocol: Any, headers: Any) -> Event:
    """Return a `websocket.accept` event.

    Args:
        subprotocol: The subprotocol that was chosen; None for none.
        headers: `Headers`, a mapping, or pairs of bytes or str; None for none.

    Raises:
        ImproperlyConfiguredException: The subprotocol or a header is not valid in an HTTP response.
    """
    if isinstance(subprotocol, str):
        # the object that is checked is the one that is sent
        subprotocol = exact_str(subprotocol)
    if subprotocol is not None and not (isinstance(subprotocol, str) and _SUBPROTOCOL.fullmatch(subprotocol)):
        raise misconfigured(
            f"the subprotocol is {quoted(subprotocol)}, expected a str of visible ASCII characters without a comma"
        )
    return {"type": "websocket.accept", "subprotocol": subprotocol, "headers": _encode_headers(headers)}


def close_event(code: Any, reason: Any) -> Event:
    """Return a `websocket.close` event.

    Args:
        code: The close code.
        reason: The human-readable reason; None for none.

    Raises:
        ImproperlyConfiguredException: The code must not be sent, or the reason is too long.
    """
    code = exact_int(code)
    if not isinstance(code, int) or isinstance(code, bool) or not 1000 <= code <= 4999 or code in _RESERVED_CODES:
        raise misconfigured(
            f"the close code is {quoted(code)}, expected 1000 to 4999, but for 1004, 1005, 1006 and 1015"
        )
    if reason is not None and not isinstance(reason, str):
        raise misconfigured(f"the reason is of type {type(reason).__name__!r}, expected a str or None")
    reason = exact_str(reason or "")
    size = len(reason.encode("utf-8", "surrogatepass"))
    if size > _MAX_REASON:
        raise misconfigured(f"the reason has {size} bytes of UTF-8, a close frame has room for {_MAX_REASON}")
    if _SURROGATE.search(reason) is not None:
        raise misconfigured("the reason has a surrogate, which a close frame cannot have")
    return {"type": "websocket.close", "code": code, "reason": reason}


def denial_events(status: Any, headers: Any, body: Any) -> list[Event]:
    """Return the events of a response to the handshake (the `websocket.http.response` extension).

    Args:
        status: The status code, from 200 to 599.
        headers: `Headers`, a mapping, or pairs of bytes or str; None for none.
        body: The whole body, in bytes.

    Raises:
        ImproperlyConfiguredException: The status, a header or the body is not valid in an HTTP response.
    """
    status = exact_int(status)
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise misconfigured(f"the status is {quoted(status)}, expected 200 to 599")
    end = _body_event(body, False)
    return [{"type": "websocket.http.response.start", "status": status, "headers": _encode_headers(headers)}, end]


def normalise_event(event: Any) -> tuple[int, Event]:
    """Return the kind of an event, as an index into `NEXT_STATES`, and the event as it is sent.

    Each value is read once and checked. The returned event has only values of built-in types, and only those of the
    given keys that the ASGI specification defines.

    Args:
        event: The argument of `send()`.

    Raises:
        ImproperlyConfiguredException: The ASGI specification has no such event, or does not allow these values.
    """
    try:
        type_ = lookup(event, "type", _MISSING)
    except (TypeError, LookupError, AttributeError):
        type_ = _MISSING
    if type_ is _MISSING:
        raise misconfigured(
            f"send() was given an object of type {type(event).__name__!r} without 'type', expected an ASGI event"
        )
    kind = _KINDS.get(type_) if isinstance(type_, str) else None
    if kind is None:
        raise misconfigured(
            f"send() was given an event of type {quoted(type_)}, expected one of {', '.join(map(repr, _KINDS))}"
        )
    known, normalise = _NORMALISERS[kind]
    # each key is looked up once
    fields = {key: value for key in known if (value := lookup(event, key, _MISSING)) is not _MISSING}
    whole = normalise(fields)
    return kind, {key: value for key, value in whole.items() if key == "type" or key in fields}


def _normalise_accept(fields: dict[str, Any]) -> Event:
    return accept_event(fields.get("subprotocol"), fields.get("headers"))


def _normalise_message(fields: dict[str, Any]) -> Event:
    text, data = fields.get("text"), fields.get("bytes")
    if (text is None) == (data is None):
        which = "neither 'text' nor 'bytes'" if text is None else "both 'text' and 'bytes', expected one of them"
        raise misconfigured(f"send() was given a 'websocket.send' event with {which}")
    if isinstance(text, str):
        return {"type": "websocket.send", "text": exact_str(text), "bytes": None}
    if isinstance(data, (bytes, bytearray, memoryview)):
        return {"type": "websocket.send", "text": None, "bytes": to_bytes(data)}
    raise misconfigured(
        f"send() was given a 'websocket.send' event with 'text' of type {type(text).__name__!r} and 'bytes' of type "
        f"{type(data).__name__!r}, expected a str or bytes"
    )


def _normalise_close(fields: dict[str, Any]) -> Event:
    return close_event(fields.get("code", 1000), fields.get("reason"))


def _normalise_response_start(fields: dict[str, Any]) -> Event:
    return denial_events(fields.get("status"), fields.get("headers"), b"")[0]


def _normalise_response_body(fields: dict[str, Any]) -> Event:
    return _body_event(fields.get("body", b""), bool(fields.get("more_body", False)))


_MISSING: Final = object()
# for each kind of event: its keys, and the function that checks their values
_NORMALISERS: Final = (
    (("subprotocol", "headers"), _normalise_accept),
    (("text", "bytes"), _normalise_message),
    (("code", "reason"), _normalise_close),
    (("status", "headers"), _normalise_response_start),
    (("body", "more_body"), _normalise_response_body),
)


def _body_event(body: Any, more_body: bool) -> Event:
    if not isinstance(body, (bytes, bytearray, memoryview)):
        raise misconfigured(f"the body is of type {type(body).__name__!r}, expected bytes")
    return {"type": "websocket.http.response.body", "body": to_bytes(body), "more_body": more_body}


def _encode_headers(headers: Any) -> RawHeaders:
    if headers is None:
        return []
    if hasattr(headers, "to_header_list"):
        pairs: Any = headers.to_header_list()
    else:
        pairs = headers.items() if isinstance(headers, Mapping) else headers
    if isinstance(pairs, (str, bytes)) or not isinstance(pairs, Iterable):
        raise misconfigured(
            f"the headers are of type {type(headers).__name__!r}, expected a mapping or pairs of bytes or str"
        )
    return [_encode_header(pair) for pair in pairs]


def _encode_header(pair: Any) -> tuple[bytes, bytes]:
    if isinstance(pair, (str, bytes)) or not isinstance(pair, Iterable) or len(items := tuple(pair)) != 2:
        raise misconfigured(
            f"the headers hold an item of type {type(pair).__name__!r}, expected a pair of name and value"
        )
    name, value = _encode_text("name", items[0]), _encode_text("value", items[1])
    if _TOKEN.fullmatch(name) is None:
        raise misconfigured(f"{quoted(name)} is not a valid header name, expected a token (RFC 9110 section 5.6.2)")
    if _FORBIDDEN.search(value) is not None:
        # the message does not quote the value, which may be a cookie
        raise misconfigured(
            f"the value of the header {quoted(name)} has a carriage return, line feed or NUL, which end it on the wire"
        )
    return name.lower(), value


def _encode_text(what: str, text: Any) -> bytes:
    if isinstance(text, bytes):
        return exact_bytes(text)
    try:
        encoded = text.encode("latin-1")
    except (AttributeError, UnicodeEncodeError):
        encoded = None
    if not isinstance(encoded, bytes):
        raise misconfigured(
            f"a header's {what} is of type {type(text).__name__!r} or not latin-1, expected bytes or a latin-1 str"
        )
    return exact_bytes(encoded)
