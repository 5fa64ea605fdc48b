"""The exceptions that both sides raise: each is made here, so that its text is the same on both.

A function returns an exception and does not raise it, so that `raise` stands where the control flow ends. Code that
exists once, as in `litecon._shared`, contains its own texts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from ._shared.scope import lookup
from .exceptions import (
    ClientDisconnect,
    ClientException,
    ImproperlyConfiguredException,
    RequestEntityTooLarge,
    SerializationException,
    StreamConsumed,
    WebSocketDisconnect,
    WebSocketMessageTypeError,
    WebSocketStateError,
)

_ErrorT = TypeVar("_ErrorT", bound=Exception)

_QUOTED_LENGTH: Final = 80
_MISCONFIGURED: Final = "the server is improperly configured"
_HOW_TO_SET: Final = {
    "auth": "an authentication middleware sets it",
    "user": "an authentication middleware sets it",
    "session": "a session middleware sets it",
    "route_handler": "the router of the application sets it",
}


def stop_iteration_error() -> RuntimeError:
    """Return the error for a StopIteration that foreign code raised, which must not end a coroutine (PEP 479)."""
    return RuntimeError("coroutine raised StopIteration")


def stop_async_iteration_error() -> RuntimeError:
    """Return the error for a StopAsyncIteration that foreign code raised, which must not end an iterator (PEP 525)."""
    return RuntimeError("async generator raised StopAsyncIteration")


def quoted(value: object) -> str:
    """Return `repr(value)`, cut to a length that fits into a log line."""
    if isinstance(value, (str, bytes, bytearray)):
        value = value[: _QUOTED_LENGTH + 1]
    text = repr(value)
    return text if len(text) <= _QUOTED_LENGTH else f"{text[:_QUOTED_LENGTH]}..."


def with_note(error: _ErrorT, note: str) -> _ErrorT:
    """Add a note to an error and return it; developers see notes in tracebacks, clients never see them."""
    error.add_note(note)
    return error


def misconfigured(what: str) -> ImproperlyConfiguredException:
    """Return an error in the server or the application; its `detail` tells a client nothing about either.

    Args:
        what: The sentence that tells the developer what is wrong.
    """
    error = ImproperlyConfiguredException(what)
    error.detail = _MISCONFIGURED
    return error


def not_set(key: str) -> ImproperlyConfiguredException:
    """The application did not set `scope[key]`."""
    return with_note(misconfigured(f"the scope has no {key!r}"), f"scope[{key!r}] is missing: {_HOW_TO_SET[key]}")


def no_app() -> ImproperlyConfiguredException:
    return with_note(misconfigured("the scope has neither 'litestar_app' nor 'app'"), "the framework sets one of them")


def missing_key(key: str) -> ImproperlyConfiguredException:
    """The ASGI specification requires `scope[key]`."""
    return misconfigured(f"the scope has no {key!r}, which the ASGI specification requires of the server")


def wrong_type(key: str, value: object, expected: str) -> ImproperlyConfiguredException:
    """The ASGI specification requires another type for `scope[key]`."""
    return misconfigured(
        f"scope[{key!r}] is of type {type(value).__name__!r}, the ASGI specification requires {expected}"
    )


def unkept_headers(headers: object) -> ImproperlyConfiguredException:
    """The headers can be read only once, and the scope cannot be changed."""
    return misconfigured(
        f"scope['headers'] is of type {type(headers).__name__!r}, which can be read once, and the scope cannot be "
        "changed: expected a list"
    )


def wrong_scheme(scheme: str) -> ImproperlyConfiguredException:
    return misconfigured(
        f"scope['scheme'] is {quoted(scheme)}, expected a scheme such as 'https' (RFC 3986 section 3.1)"
    )


def wrong_header(pair: object) -> ImproperlyConfiguredException:
    return misconfigured(
        f"scope['headers'] holds an item of type {type(pair).__name__!r} that is not a pair of bytes, "
        "the ASGI specification requires (name, value), both bytes"
    )


def not_initialised(connection: object, name: str) -> AttributeError:
    """`scope`, `receive` or `send` was deleted, or never set."""
    return AttributeError(
        f"{type(connection).__name__!r} object has no attribute {name!r}: "
        "a custom __init__ must call super().__init__(scope, receive, send)"
    )


def no_deleter(connection: object, name: str) -> AttributeError:
    """A property without a deleter was deleted; the text is the interpreter's own."""
    return AttributeError(f"property {name!r} of {type(connection).__name__!r} object has no deleter")


def header_name_type(name: object) -> TypeError:
    return TypeError(f"a header's name must be a str, not {type(name).__name__!r}")


def invalid_host(host: str) -> ClientException:
    return ClientException(f"invalid Host header {quoted(host)}: expected a host name or address with an optional port")


def other_authority(authority: str, host: str) -> ClientException:
    return ClientException(
        f"the request's target names the authority {quoted(authority)} and its Host header {quoted(host)}: "
        "expected the same in both"
    )


def text_type(what: str, value: object) -> TypeError:
    return TypeError(f"{what} must be a str, not {type(value).__name__!r}")


def immutable_url(replaced: object = None) -> AttributeError:
    """A component of a URL was set, or deleted if no name is given."""
    return AttributeError(
        f"a URL is immutable: use url.with_replacements({replaced}=...)" if replaced else "a URL is immutable"
    )


def invalid_content_length(value: str) -> ClientException:
    return ClientException(f"invalid Content-Length header {quoted(value)}: expected ASCII digits")


def long_content_length(digits: int) -> RequestEntityTooLarge:
    return RequestEntityTooLarge(f"the Content-Length header is a number of {digits} digits: no body is that long")


def _limit_exceeded(what: str, bound: str) -> RequestEntityTooLarge:
    return with_note(RequestEntityTooLarge(what), f"increase Limits.{bound} to accept it")


def too_many_fields(limit: int) -> RequestEntityTooLarge:
    return _limit_exceeded(f"more than {limit} fields", "max_fields")


def field_too_large(limit: int) -> RequestEntityTooLarge:
    return _limit_exceeded(f"a field is larger than {limit} bytes", "max_field_size")


def file_too_large(limit: int) -> RequestEntityTooLarge:
    return _limit_exceeded(f"a file is larger than {limit} bytes", "max_file_size")


def too_many_part_headers(limit: int) -> RequestEntityTooLarge:
    return _limit_exceeded(f"a part has more headers than {limit}", "max_part_headers")


def part_header_too_large(limit: int) -> RequestEntityTooLarge:
    return _limit_exceeded(f"a part has a header larger than {limit} bytes", "max_part_header_size")


def no_boundary() -> ClientException:
    return ClientException("the content type multipart/form-data has no boundary (RFC 7578 section 4.1)")


# what is wrong with a multipart form, for broken_multipart()
BOUNDARY_WITH_LINE_BREAK: Final = "a line break in the boundary"
ENDS_TOO_EARLY: Final = "it ends too early"
FIRST_BOUNDARY_WITHIN_LINE: Final = "the first boundary is not at the beginning of a line"
TEXT_AFTER_BOUNDARY: Final = "a boundary is not followed by the end of its line"
FOLDED_FIRST_LINE: Final = "the first line of a part's head is a folded one"
BOUNDARY_IN_HEAD: Final = "a line in the head of a part begins with the boundary"
BARE_LINE_BREAK: Final = "a carriage return or a line feed alone in a part's head"
BOUNDARY_BEFORE_CONTENT: Final = "the content of a part begins with the boundary"


def broken_multipart(reason: str) -> ClientException:
    """A multipart body is malformed, or can be read in two ways."""
    return ClientException(f"the multipart body is broken: {reason}")


def broken_field(reason: str) -> ClientException:
    return ClientException(f"a text field of the form cannot be decoded: {reason}")


def part_already_read() -> StreamConsumed:
    """A part of a form was read twice."""
    return with_note(StreamConsumed("this part was read before, and is not kept"), "keep what read() returns")


def part_not_current() -> StreamConsumed:
    """A part of a form was read after the next one was requested."""
    return with_note(StreamConsumed("this part is no longer available"), "read it before asking for the next one")


def body_too_large(limit: int) -> RequestEntityTooLarge:
    return _limit_exceeded(f"the body is larger than {limit} bytes", "max_body_size")


def body_busy() -> RuntimeError:
    return RuntimeError("another task is reading this body: await it there, and use what it returns")


def body_streamed() -> StreamConsumed:
    return with_note(
        StreamConsumed("the body, or a part of it, was streamed, and what was streamed is not kept"),
        "call body() before stream(), then both work",
    )


def client_disconnected() -> ClientDisconnect:
    return with_note(
        ClientDisconnect("the client disconnected before the whole body had arrived"),
        "if something else read the body first, pass on request.replay(), or use litecon.starlette.request_of()",
    )


class BodyErrors(NamedTuple):
    """The exceptions that are raised while a body is read; the drop-in for Litestar uses those of Litestar."""

    busy: Callable[[], Exception]
    disconnected: Callable[[], Exception]
    streamed: Callable[[], Exception]
    too_large: Callable[[int], Exception]


BODY_ERRORS: Final = BodyErrors(body_busy, client_disconnected, body_streamed, body_too_large)


def wrong_event(event: Any) -> ImproperlyConfiguredException:
    """`receive()` returned something other than an event of an HTTP connection."""
    try:
        kind = event["type"]
    except (TypeError, KeyError, IndexError):
        return misconfigured(
            f"receive() returned an object of type {type(event).__name__!r} without 'type', expected an ASGI event"
        )
    return misconfigured(
        f"receive() returned an event of type {quoted(kind)}, expected 'http.request' or 'http.disconnect'"
    )


def wrong_event_body(body: object) -> ImproperlyConfiguredException:
    return misconfigured(
        f"receive() returned an 'http.request' event whose 'body' is of type {type(body).__name__!r}, expected bytes"
    )


def socket_closed(code: int, reason: str) -> WebSocketDisconnect:
    return WebSocketDisconnect(reason, code=code)


def socket_busy() -> RuntimeError:
    return RuntimeError(
        "another task is receiving from this WebSocket: receive in one task, and accept() before others are started"
    )


def cannot_receive(state: str) -> WebSocketStateError:
    return with_note(
        WebSocketStateError(f"cannot receive messages in the state {state!r}"), "accept() the WebSocket first"
    )


def cannot_send(type_: str, state: str, hint: str) -> WebSocketStateError:
    return with_note(WebSocketStateError(f"cannot send {type_!r} in the state {state!r}"), hint)


def no_denial() -> WebSocketStateError:
    return with_note(
        WebSocketStateError(
            "cannot send 'websocket.http.response.start': the server does not offer the extension "
            "'websocket.http.response'"
        ),
        "deny() closes the WebSocket if the server does not offer it",
    )


def wrong_socket_event(event: Any, state: str) -> ImproperlyConfiguredException:
    """`receive()` returned something other than an event of a WebSocket, or one that this state does not allow."""
    try:
        kind = event["type"]
    except (TypeError, KeyError, IndexError):
        return misconfigured(
            f"receive() returned an object of type {type(event).__name__!r} without 'type', expected an ASGI event"
        )
    error = misconfigured(
        f"receive() returned an event of type {quoted(kind)} in the state {state!r}, "
        "expected 'websocket.connect' once and first, then 'websocket.receive' or 'websocket.disconnect'"
    )
    if state == "init":
        return with_note(error, "if something else accepted it: WebSocket(..., connection_state='receive')")
    return error


def wrong_message(event: Any) -> ImproperlyConfiguredException:
    """A message has neither text nor bytes, or values of other types."""
    kinds = ", ".join(f"{key!r} of type {type(lookup(event, key)).__name__!r}" for key in ("text", "bytes"))
    return misconfigured(
        f"receive() gave a 'websocket.receive' event with {kinds}, the ASGI specification requires a str or bytes"
    )


def wrong_message_kind(wanted: str, data: str | bytes) -> WebSocketMessageTypeError:
    """A message of the other kind was received."""
    if wanted == "text":
        return WebSocketMessageTypeError("received a binary message, expected a text message", data)
    return WebSocketMessageTypeError("received a text message, expected a binary message", data)


def message_too_large(limit: int) -> RequestEntityTooLarge:
    return _limit_exceeded(f"the message is larger than {limit} bytes", "max_message_size")


def too_many_items(limit: int | None) -> RequestEntityTooLarge:
    """A body or message has more values, keys included, than are accepted."""
    return _limit_exceeded(f"the data holds more than {limit} values, keys included", "max_items")


def too_many_other_keys(limit: int | None) -> RequestEntityTooLarge:
    """A MessagePack object has keys that a client can choose so that they collide in a dict."""
    what = f"the MessagePack has more than {limit} keys that are neither text nor bytes"
    return with_note(_limit_exceeded(what, "max_other_keys"), "or decode it into a type that has such keys")


def empty_message(expected: str) -> SerializationException:
    return SerializationException(f"the message is empty, expected {expected}")


def wrong_mode(mode: object) -> ValueError:
    return ValueError(f"mode is {quoted(mode)}, expected 'text' or 'binary'")


def wrong_data(data: object) -> TypeError:
    return TypeError(f"a message must be a str or bytes, not {type(data).__name__!r}")


def wrong_connection_state(state: object) -> ValueError:
    return ValueError(f"connection_state is {quoted(state)}, expected 'init', 'connect', 'receive' or 'disconnect'")


def not_constructed(o: object) -> RuntimeError:
    """An object was used that was created by `__new__` alone."""
    return RuntimeError(f"this {type(o).__name__} was not constructed: it is made by a method of a connection")


def cannot_pickle(value: object, what: str = "live connection") -> TypeError:
    name = type(value).__name__
    return TypeError(f"cannot pickle or copy a {name}: it stands for one {what}; take the data that you need")
