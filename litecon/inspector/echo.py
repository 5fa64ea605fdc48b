"""The WebSocket at `/ws`, which echoes every message and reports what litecon saw of it.

The query of the handshake sets the options:

- `as=data` (the default): text messages are echoed as text and binary messages as bytes, unchanged.
- `as=text`, `as=bytes`, `as=json`, `as=msgpack`: litecon's receiving and sending methods of that name are used. JSON
  is expected in text messages, MessagePack in binary ones; both are decoded and encoded again.
- `report=on`: the first message is a report of the handshake. Then each message of the client is answered with a
  report, followed by the echo if the report's `answer` is not null.
- `recent=on`: if the inspector keeps the last requests, the client sends the number of a request in each text message,
  and receives a JSON list of the later ones. A page of another origin is refused.
- `close=4000&reason=...`: the inspector closes the connection with that code after the handshake.

A report is a JSON object in a text message or, with `as=msgpack`, a MessagePack map in a binary one; its key `report`
is "handshake" or "message". A message that cannot be read is reported in any case, and the connection stays usable; one
that is too large closes it with 1009. The first of the subprotocols that the client offers is chosen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final, NamedTuple

from .._shared.websocket import close_event
from ..connection import ASGIConnection
from ..exceptions import (
    ClientException,
    HTTPException,
    ImproperlyConfiguredException,
    RequestEntityTooLarge,
    SerializationException,
    WebSocketDisconnect,
    WebSocketMessageTypeError,
)
from ..limits import Limits
from ..types import Event, Receive, Scope, Send
from ..websocket import WebSocket
from .plain import Report
from .recent import SECRET_WORDS, Recent, as_number
from .report import describe_connection, describe_error, describe_litecon, read_field

__all__ = ("echo",)

_PATH: Final = "/ws"
_MODES: Final = ("data", "text", "bytes", "json", "msgpack")
_MIB: Final = 1024 * 1024
# servers refuse to send codes that RFC 6455 and its registry leave undefined
_CLOSE_CODE: Final = re.compile(r"100[0-37-9]|101[0-4]|[34][0-9]{3}", re.ASCII)
_PLAIN_TEXT: Final = [
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]
_OPEN_NAMES: Final = frozenset({"host", "origin", "connection", "upgrade", "user-agent"})
_OPEN_PREFIX: Final = "sec-websocket-"


class EchoSocket(WebSocket[Any, Any, Any]):
    """A WebSocket whose messages are sent back unchanged."""

    # servers accept 16 MiB themselves, and not all of them close with 1009 beyond it
    limits: ClassVar[Limits] = Limits(max_message_size=8 * _MIB)


class DecodingSocket(EchoSocket):
    """A WebSocket whose messages are decoded: one byte can become an object of 64 bytes."""

    limits: ClassVar[Limits] = Limits(max_message_size=_MIB)


class EchoOptions(NamedTuple):
    """The options in the query of the handshake."""

    mode: str
    is_reported: bool
    is_recent: bool
    close: tuple[int, str] | None


class MessageRecorder:
    """A `receive` that records the number, kind and size of the last message, which a decoded value does not show.

    Args:
        receive: The server's callable that returns the next event.
    """

    __slots__ = ("_receive", "kind", "number", "size")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.number: int = 0
        self.kind: str = "text"
        self.size: int = 0

    async def __call__(self) -> Event:
        """Return the next event."""
        event = await self._receive()
        if isinstance(event, Mapping) and event.get("type") == "websocket.receive":
            text, data = event.get("text"), event.get("bytes")
            self.number += 1
            self.kind = "text" if isinstance(text, str) else "binary"
            self.size = len(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else data or b"")
        return event


async def echo(scope: Scope, receive: Receive, send: Send, recent: Recent | None = None) -> None:
    """Serve a WebSocket until it is closed (ASGI 3, WebSocket message format 2.5).

    Args:
        scope: The scope of a WebSocket.
        receive: The server's callable that returns the next event.
        send: The server's callable that takes an event.
        recent: The list of the last requests; None if the inspector keeps none.

    Raises:
        ImproperlyConfiguredException: The server's events break the ASGI specification.
    """
    try:
        await _echo(scope, receive, send, recent)
    except WebSocketDisconnect:
        # the client disconnected and gets no report
        pass


async def _echo(scope: Scope, receive: Receive, send: Send, recent: Recent | None) -> None:
    try:
        options = _read_options(scope)
        if options.is_recent:
            _expect_recent(scope, recent)
    except HTTPException as error:
        socket = EchoSocket(scope, receive, send)
        await socket.receive()
        await _refuse(socket, error)
        return
    recorder = MessageRecorder(receive)
    socket = (DecodingSocket if options.mode in ("json", "msgpack") else EchoSocket)(scope, recorder, send)
    await socket.receive()
    subprotocol = _first_subprotocol(scope)
    try:
        await socket.accept(subprotocol)
    except ImproperlyConfiguredException as error:
        await _refuse(socket, ClientException(str(error)))
        return
    if recent is not None and options.is_recent:
        async for text in socket.iter_data():
            await socket.send_json(recent.since(as_number(text)))
        return
    if options.is_reported:
        await _send_report(socket, options, _describe_handshake(socket, options, subprotocol))
    if options.close is not None:
        await socket.close(*options.close)
        return
    while await _answer(socket, recorder, options, subprotocol):
        pass


def _read_options(scope: Scope) -> EchoOptions:
    path, root = scope.get("path"), str(scope.get("root_path") or "").rstrip("/")
    if path not in (_PATH, f"{root}{_PATH}"):
        raise ClientException(
            f"the inspector answers WebSockets at {_PATH} only, and HTTP requests at any path", status_code=404
        )
    connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
    query = connection.query_params
    mode, is_reported = query.get("as", _MODES[0]), query.get("report", "off")
    if mode not in _MODES:
        raise ClientException(f"the query's 'as' must be one of {', '.join(_MODES)}")
    if is_reported not in ("on", "off"):
        raise ClientException("the query's 'report' must be on or off")
    is_recent = query.get("recent") == "on"
    return EchoOptions(mode, is_reported == "on", is_recent, _read_close(query.get("close"), query.get("reason", "")))


def _expect_recent(scope: Scope, recent: Recent | None) -> None:
    if recent is None:
        raise ClientException("the inspector keeps nothing: start it with --recent", status_code=404)
    if _is_same_origin(EchoSocket(scope)) is False:
        raise ClientException("what others have sent is for pages of this host only", status_code=403)


def _read_close(code: str | None, reason: str) -> tuple[int, str] | None:
    if code is None:
        return None
    try:
        number = int(code) if _CLOSE_CODE.fullmatch(code) else 0
        close_event(number, reason)
    except ImproperlyConfiguredException as error:
        raise ClientException(f"the query's 'close' and 'reason' cannot be sent: {error}") from None
    return number, reason


def _first_subprotocol(scope: Scope) -> Any:
    offered = scope.get("subprotocols")
    return offered[0] if isinstance(offered, (list, tuple)) and offered else None


async def _refuse(socket: EchoSocket, error: HTTPException) -> None:
    body = f"{error}\n".encode("utf-8", "backslashreplace")
    await socket.deny(error.status_code, [*_PLAIN_TEXT, (b"content-length", b"%d" % len(body))], body)


async def _answer(socket: EchoSocket, recorder: MessageRecorder, options: EchoOptions, subprotocol: str | None) -> bool:
    """Answer the next message, and return whether others may follow."""
    answer = value = error = None
    try:
        answer, value = await _receive(socket, options.mode)
    except RequestEntityTooLarge as too_large:
        limit = socket.limits.max_message_size
        # a short message can decode into too many values
        is_long = limit is not None and recorder.size > limit
        await socket.close(1009, f"a message may have {limit:,} bytes here" if is_long else too_large.detail)
        return False
    except (SerializationException, WebSocketMessageTypeError) as caught:
        error = describe_error(caught)
    if options.is_reported or error is not None:
        report: Report = {
            "report": "message",
            "number": recorder.number,
            "kind": recorder.kind,
            "size": recorder.size,
            "as": options.mode,
            "answer": answer,
            "subprotocol": subprotocol,
            "connection_state": socket.connection_state,
        }
        await _send_report(socket, options, report if error is None else {**report, "error": error})
    if answer is not None:
        try:
            await _send(socket, answer, value)
        except SerializationException:
            # a value that is not too deeply nested for the decoder can be so for the encoder
            await socket.close(1011, "the message cannot be encoded again")
            return False
    return True


async def _receive(socket: EchoSocket, mode: str) -> tuple[str, Any]:
    """Return the kind of the answer to the next message, and the value that litecon read."""
    if mode == "json":
        return mode, await socket.receive_json()
    if mode == "msgpack":
        return mode, await socket.receive_msgpack()
    if mode == "bytes":
        return mode, await socket.receive_bytes()
    try:
        return "text", await socket.receive_text()
    except WebSocketMessageTypeError as error:
        if mode == "text":
            raise
        return "bytes", error.data


async def _send(socket: EchoSocket, answer: str, value: Any) -> None:
    if answer == "json":
        await socket.send_json(value)
    elif answer == "msgpack":
        await socket.send_msgpack(value)
    elif answer == "bytes":
        await socket.send_bytes(value)
    else:
        await socket.send_text(value)


async def _send_report(socket: EchoSocket, options: EchoOptions, report: Report) -> None:
    await _send(socket, "msgpack" if options.mode == "msgpack" else "json", report)


def _describe_handshake(socket: EchoSocket, options: EchoOptions, subprotocol: str | None) -> Report:
    report = {"report": "handshake", **describe_connection(socket)}
    same_origin = read_field(lambda: _is_same_origin(socket))
    # NOTE: a page of any origin can open a WebSocket with this origin's cookies and read its messages, while the
    # response to a request can be read by pages of this origin only
    if isinstance(report["headers"], list):
        report["headers"] = [
            [name, value if _is_shown(name, same_origin) else _hidden(value)] for name, value in report["headers"]
        ]
    report["cookies"] = {
        name: _hidden(value) if isinstance(value, str) else value for name, value in report["cookies"].items()
    }
    return {
        **report,
        "same_origin": same_origin,
        "subprotocols": read_field(lambda: list(socket.scope.get("subprotocols") or ())),
        "subprotocol": subprotocol,
        "extensions": read_field(lambda: dict(socket.scope.get("extensions") or {})),
        "as": options.mode,
        "max_message_size": socket.limits.max_message_size,
        "connection_state": socket.connection_state,
        "litecon": describe_litecon(),
    }


def _is_same_origin(socket: EchoSocket) -> bool | None:
    """Return whether a page of this host opened the WebSocket; None if no page did."""
    origins = socket.headers.getall("origin", [])
    if not origins:
        return None
    authorities = {origin.partition("://")[2].lower() for origin in origins}
    return authorities == {socket.headers.get("host", "-").lower()}


def _is_shown(name: str, same_origin: object) -> bool:
    """Return whether the value of a header is reported: never a possible secret, and few to pages of other origins."""
    if same_origin is True or same_origin is None:
        return not any(word in name.lower() for word in SECRET_WORDS)
    return name.lower() in _OPEN_NAMES or name.lower().startswith(_OPEN_PREFIX)


def _hidden(value: object) -> str:
    return f"(hidden: {len(str(value))} characters)"
