"""Urlencoded forms, read as a whole or field by field (WHATWG URL section 5.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .._core import FieldReader, RequestBase, parse_query
from .._shared.multipart import PartHead
from ..exceptions import ClientException
from ..limits import Limits

__all__ = ("URLENCODED", "FieldEvents", "read_fields")

URLENCODED: Final = "application/x-www-form-urlencoded"


async def read_fields(request: RequestBase) -> list[tuple[str, str]]:
    """Return the fields of an urlencoded body, in order; the body is kept, so that `body()` returns it too.

    Args:
        request: The request whose body is read.

    Raises:
        RequestEntityTooLarge: A bound of the limits is exceeded.
        ClientDisconnect: The client disconnected before the end.
        StreamConsumed: A stream has yielded a part of the body.
        RuntimeError: Another task is reading the body.
    """
    limits = type(request).limits
    reader = request.body_reader
    fields: list[tuple[str, str]] = []
    parsed = 0
    if (
        reader.body is None
        and not reader.streamed
        and type(request).body is RequestBase.body
        and type(request).stream is RequestBase.stream
    ):
        max_size = limits.max_body_size
        parser: Any = None
        with reader:
            reader.check(max_size, _announced_length(request))
            while not reader.ended:
                event = await reader.receiving(request.receive)
                size = reader.size
                reader.feed(event, max_size)
                if parser is None:
                    if reader.ended:
                        # PERF: most bodies arrive in one event, and need no incremental parser
                        break
                    parser = FieldReader(limits)
                if reader.size != size:
                    # what exceeds a bound is refused at once, and not when all of it has arrived
                    parsed += reader.size - size
                    fields += parser.feed(bytes(event["body"]))
                    parser.check()
            body = reader.finish()
        if parsed == len(body) and parser is not None:
            fields += parser.feed(b"")
            parser.check()
            return fields
    else:
        body = await request.body()
    if limits.max_field_size is None or len(body) <= limits.max_field_size:
        return parse_query(body, limits.max_fields)
    parser = FieldReader(limits)
    fields = parser.feed(body) + parser.feed(b"")
    parser.check()
    return fields


def _announced_length(request: RequestBase) -> int | None:
    try:
        return request.content_length
    except ClientException:
        return None


class FieldEvents:
    """Parses an urlencoded body into the same events as `MultipartReader`, so that both are read part by part alike.

    Args:
        limits: The limits, of which `max_fields` and `max_field_size` are used.
    """

    __slots__ = ("_reader", "check")

    def __init__(self, limits: Limits) -> None:
        self._reader = FieldReader(limits)
        self.check: Callable[[], None] = self._reader.check

    def feed(self, chunk: bytes) -> list[Any]:
        """Return the events of a chunk: for each field its `PartHead`, its value in UTF-8 unless empty, and None.

        Args:
            chunk: The next chunk of the body, b"" at its end.
        """
        events: list[Any] = []
        for name, value in self._reader.feed(chunk):
            events.append(PartHead(name, None, {}, None, None))
            if value:
                events.append(value.encode("utf-8", "surrogatepass"))
            events.append(None)
        return events
