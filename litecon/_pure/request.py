"""The members of a request that read its headers, and the methods that read its body."""

from __future__ import annotations

import sys
from typing import Any

from .._errors import invalid_content_length
from .._shared.body import parse_content_length
from ..datastructures import Accept
from .body import BodyReader, BodyStream, shared_reader
from .codecs import from_json, from_msgpack
from .headers import find_header, find_headers
from .media import parse_content_type
from .scope import ConnectionBase, required_str
from .url import raw_headers

__all__ = ("RequestBase",)


class RequestBase(ConnectionBase):
    """The members of an HTTP request, and the methods that read its body."""

    __slots__ = ()

    @property
    def method(self) -> str:
        """The method of the request.

        Raises:
            ImproperlyConfiguredException: The scope has none.
        """
        return required_str(self.scope, "method")

    @property
    def content_type(self) -> tuple[str, dict[str, str]]:
        """The media type, in lower case, and its parameters (RFC 9110 section 8.3.1).

        It is `("application/octet-stream", {})` if the header is not a media type, and `("", {})` without a header.

        Raises:
            ImproperlyConfiguredException: The headers of the scope are not pairs of bytes.
        """
        scope, cached = self._load_cache()
        parsed: tuple[str, dict[str, str]] | None = cached.get("content_type")
        if parsed is None:
            value = find_header(raw_headers(scope), b"content-type")
            cached["content_type"] = parsed = parse_content_type("" if value is None else value.decode("latin-1"))
        return parsed

    @property
    def content_length(self) -> int | None:
        """The number of bytes that the client announced; None if it announced none.

        Raises:
            ClientException: The header is not a number in ASCII digits (RFC 9110 section 8.6).
            RequestEntityTooLarge: The number has more digits than any possible length.
            ImproperlyConfiguredException: The headers of the scope are not pairs of bytes.
        """
        value = find_header(raw_headers(self.scope), b"content-length")
        if value is None:
            return None
        length = _parse_length(value)
        if length is None:
            raise invalid_content_length(value.decode("latin-1"))
        return parse_content_length(value) if length == sys.maxsize else length

    @property
    def accept(self) -> Any:
        """The media types that the client accepts (RFC 9110 section 12.5.1); all of them without an Accept header.

        Raises:
            ImproperlyConfiguredException: The headers of the scope are not pairs of bytes.
        """
        scope, cached = self._load_cache()
        accept = cached.get("accept")
        if accept is None:
            # several header lines are one list (RFC 9110 section 5.3)
            values = find_headers(raw_headers(scope), b"accept")
            cached["accept"] = accept = Accept(b", ".join(values).decode("latin-1") if values else "*/*")
        return accept

    @property
    def is_connected(self) -> bool:
        """Whether the client is connected, as far as the received events tell."""
        return not self.body_reader.disconnected

    @property
    def body_reader(self) -> BodyReader:
        """The reader of the body, which all connections over the scope share."""
        scope, cached = self._load_cache()
        reader: BodyReader | None = cached.get("reader")
        if reader is None:
            cached["reader"] = reader = shared_reader(scope)
        return reader

    async def body(self) -> bytes:
        """Return the whole body, read once for all connections over the scope.

        If a read is cancelled, the next call continues it.

        Raises:
            RequestEntityTooLarge: The body is larger than `limits.max_body_size`, as announced or as received.
            ClientDisconnect: The client disconnected before the end.
            StreamConsumed: A stream has yielded a part of the body.
            RuntimeError: Another task is reading the body.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
        """
        reader = self.body_reader
        if reader.body is not None:
            return reader.body
        if type(self).stream is not _stream:
            chunks = [chunk async for chunk in self.stream()]
            reader.body = body = b"".join(chunks)
            return body
        with reader:
            max_size = self._start_reading(reader)
            while not reader.ended:
                reader.feed(await reader.next_event(self.receive), max_size)
            return reader.finish()

    def stream(self) -> BodyStream:
        """Return an asynchronous iterator over the chunks of the body, each yielded once, and a final `b""`.

        After `body()` it yields the body that was kept. While iterating, it raises what `body()` raises.

        ```python
        async for chunk in request.stream():
            file.write(chunk)
        ```
        """
        max_size: int | None = type(self).limits.max_body_size  # type: ignore[attr-defined]
        return BodyStream(self.body_reader, self.receive, max_size, self._announced_length())

    async def json(self, type: Any = Any) -> Any:
        """Return the body, decoded as JSON; None for an empty body, if the type admits None.

        ```python
        order = await request.json(type=Order)
        ```

        Args:
            type: The type to decode into: a dataclass, Struct, TypedDict, list[int], or another that msgspec supports.

        Raises:
            SerializationException: The body is not valid JSON, is not of that type, or nests too deep.
            RequestEntityTooLarge: The body is larger than `limits.max_body_size`, as announced or as received.
            ClientDisconnect: The client disconnected before the end.
            StreamConsumed: A stream has yielded a part of the body.
            RuntimeError: Another task is reading the body.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
        """
        reader = self.body_reader
        if type is Any and hasattr(reader, "_json"):
            return reader._json
        body = reader.body
        if body is None:
            if self._is_overridden():
                body = await self.body()
            else:
                with reader:
                    max_size = self._start_reading(reader)
                    while not reader.ended:
                        reader.feed(await reader.next_event(self.receive), max_size)
                    body = reader.finish()
        value = from_json(body, type, self)
        if type is Any:
            reader._json = value
        return value

    async def msgpack(self, type: Any = Any) -> Any:
        """Return the body, decoded as MessagePack; None for an empty body, if the type admits None.

        Args:
            type: The type to decode into: a dataclass, Struct, TypedDict, list[int], or another that msgspec supports.

        Raises:
            SerializationException: The body is not valid MessagePack, is not of that type, nests too deep or has
                trailing bytes.
            RequestEntityTooLarge: The body is larger than `limits.max_body_size`, as announced or as received.
            ClientDisconnect: The client disconnected before the end.
            StreamConsumed: A stream has yielded a part of the body.
            RuntimeError: Another task is reading the body.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
        """
        reader = self.body_reader
        if type is Any and hasattr(reader, "_msgpack"):
            return reader._msgpack
        body = reader.body
        if body is None:
            if self._is_overridden():
                body = await self.body()
            else:
                with reader:
                    max_size = self._start_reading(reader)
                    while not reader.ended:
                        reader.feed(await reader.next_event(self.receive), max_size)
                    body = reader.finish()
        value = from_msgpack(body, type, self)
        if type is Any:
            reader._msgpack = value
        return value

    def _is_overridden(self) -> bool:
        return type(self).body is not _body or type(self).stream is not _stream

    def _announced_length(self) -> int | None:
        value = find_header(raw_headers(self.scope), b"content-length")
        return None if value is None else _parse_length(value)

    def _start_reading(self, reader: BodyReader) -> int | None:
        reader._check_unstreamed()
        max_size: int | None = type(self).limits.max_body_size  # type: ignore[attr-defined]
        reader.check(max_size, None if max_size is None else self._announced_length())
        return max_size


_body = RequestBase.body
_stream = RequestBase.stream


def _parse_length(value: bytes) -> int | None:
    """Return a Content-Length of any number of digits, sys.maxsize for a larger one; None if it is not a number."""
    if not value.isdigit():
        return None
    significant = value.lstrip(b"0")
    return min(int(significant or b"0"), sys.maxsize) if len(significant) < 20 else sys.maxsize
