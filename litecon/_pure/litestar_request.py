"""What the drop-in's requests do that a benchmark shows: their construction, what they parse, and reading the body."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import litestar
from litestar._parsers import parse_cookie_string, parse_query_string, parse_url_encoded_form_data
from litestar.connection import base
from litestar.connection.base import empty_receive, empty_send
from litestar.datastructures import Headers
from litestar.types import Empty

from .._joining import joined
from .._litestar import BODY_ERRORS, from_json, from_msgpack, max_body_size
from .body import BodyReader, BodyStream, shared_reader

__all__ = ("ConnectionMethods", "RequestMethods", "make_headers", "parse_cookies", "parse_form", "parse_query")


# its ScopeState is looked up anew each time: it may have been replaced
_base: Final[Any] = base
# a property of the drop-in's hides the slot
_set_connected: Final = litestar.Request.__dict__["is_connected"].__set__


class ConnectionMethods:
    """The constructor of a connection, with what Litestar's own sets."""

    __slots__ = ()

    def __init__(self: Any, scope: Any, receive: Any = empty_receive, send: Any = empty_send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self._connection_state = _base.ScopeState.from_scope(scope)
        self._base_url = self._url = self._parsed_query = self._cookies = Empty
        self._server_extensions = scope.get("extensions") or {}


def make_headers(raw: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return Litestar's `Headers` of raw ones.

    Args:
        raw: Pairs of bytes.
    """
    return Headers(raw)


def parse_query(query: bytes) -> tuple[tuple[str, str], ...]:
    """Return the pairs of a query string, as Litestar parses it.

    Args:
        query: Bytes.
    """
    # the pairs cannot be changed, so that nothing is lost by Litestar's keeping them
    return parse_query_string(query)


def parse_form(body: bytes) -> dict[str, Any]:
    """Return the fields of an urlencoded form, as Litestar parses it; a dict of its own each time.

    Args:
        body: Bytes.
    """
    return {name: value if type(value) is str else list(value) for name, value in parse_url_encoded_form_data(body).items()}


def parse_cookies(header: bytes) -> dict[str, str]:
    """Return the cookies of a Cookie header, as Litestar parses it; a dict of its own each time.

    Args:
        header: The header's value.
    """
    return dict(parse_cookie_string(header.decode("latin-1")))


def _reader_of(request: Any) -> BodyReader:
    reader = shared_reader(request.scope)
    reader.errors = BODY_ERRORS
    return reader


class RequestMethods:
    """The constructor of a request, with what Litestar's own sets, and the methods that read its body."""

    __slots__ = ()

    scope: Any
    receive: Any
    content_length: int | None
    _body: Any
    _json: Any
    _msgpack: Any
    _connection_state: Any

    def __init__(self: Any, scope: Any, receive: Any = empty_receive, send: Any = empty_send) -> None:
        # PERF: ConnectionMethods.__init__() again, which a call would cost as much as it does
        self.scope = scope
        self.receive = receive
        self.send = send
        self._connection_state = state = _base.ScopeState.from_scope(scope)
        self._base_url = self._url = self._parsed_query = self._cookies = Empty
        self._server_extensions = extensions = scope.get("extensions") or {}
        _set_connected(self, True)
        self._body = state.body
        self._form = self._json = self._msgpack = self._content_type = self._accept = self._content_length = Empty
        self.supports_push_promise = "http.response.push" in extensions

    async def body(self) -> bytes:
        """Return the whole body, read once for all connections over the scope.

        A read that was cancelled is taken up again by the next call.

        Raises:
            RequestEntityTooLarge: It is larger than the handler accepts, as announced or as received.
            InternalServerException: The client disconnected before the end, or a stream has given out a part of it.
            RuntimeError: Another task is reading it.
        """
        if self._body is not Empty:
            return self._body  # type: ignore[no-any-return]
        state = self._connection_state
        body = state.body
        if body is not Empty:
            self._body = body
            return body  # type: ignore[no-any-return]
        if type(self).stream is not _stream:
            body = await joined(self.stream())
        else:
            reader = _reader_of(self)
            with reader:
                reader._expect_unstreamed()
                max_size = max_body_size(self)
                reader.check(max_size, self.content_length)
                while not reader.ended:
                    reader.feed(await reader.receiving(self.receive), max_size)
                body = reader.finish()
        self._body = state.body = body
        return body

    def stream(self) -> BodyStream:
        """Return an asynchronous iterator over the chunks of the body, each given once, and a final `b""`.

        After `body()` it gives the body that was kept. Its steps raise what `body()` raises.
        """
        # NOTE: no generator, as Litestar's own is: one whose step is cancelled has ended, and the rest would be missing
        body = self._body
        if body is Empty:
            body = self._connection_state.body
        if body is not Empty:
            reader = BodyReader()
            reader.body = body
            return BodyStream(reader, self.receive, None, None)
        return BodyStream(_reader_of(self), self.receive, max_body_size(self), self.content_length)

    async def json(self) -> Any:
        """Return the body, decoded as JSON; None for an empty body.

        Raises:
            SerializationException: It is no valid JSON.
            RequestEntityTooLarge: It is larger than the handler accepts, as announced or as received.
            InternalServerException: The client disconnected before the end, or a stream has given out a part of it.
            RuntimeError: Another task is reading it.
        """
        if self._json is Empty:
            state = self._connection_state
            value = state.json
            if value is Empty:
                body = await self.body()
                state.json = value = from_json(self, body or b"null")
            self._json = value
        return self._json

    async def msgpack(self) -> Any:
        """Return the body, decoded as MessagePack; None for an empty body.

        Raises:
            SerializationException: It is no valid MessagePack.
            RequestEntityTooLarge: It is larger than the handler accepts, as announced or as received.
            InternalServerException: The client disconnected before the end, or a stream has given out a part of it.
            RuntimeError: Another task is reading it.
        """
        if self._msgpack is Empty:
            state = self._connection_state
            value = state.msgpack
            if value is Empty:
                body = await self.body()
                state.msgpack = value = from_msgpack(self, body or b"\xc0")
            self._msgpack = value
        return self._msgpack


_stream = RequestMethods.stream
