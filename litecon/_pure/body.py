"""The body of a request: what was received of it, shared by all connections over one scope, and the stream."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable
from threading import Lock
from types import CoroutineType
from typing import Any, Final, final

from .._errors import BODY_ERRORS, raised_stop_async_iteration, wrong_event, wrong_event_body
from .._scopes import lookup
from ..types import Event, Receive, Scope
from .operation import AsyncIteratorBase
from .waiting import kept, resumed

__all__ = ("BodyReader", "BodyStream")

_SCOPE_KEY: Final = "litecon.body"


@final
class BodyReader:
    """What was received of one body. It does no I/O: events go in, bytes come out.

    As a context manager it is claimed by one task, which alone may feed it.
    """

    __slots__ = (
        "_ahead",
        "_chunks",
        "_claimed",
        "_json",
        "_msgpack",
        "_peeked",
        "body",
        "consumed",
        "disconnected",
        "ended",
        "errors",
        "form",
        "peeked_size",
        "pending",
        "size",
        "streamed",
    )

    _json: Any
    _msgpack: Any

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()
        self._peeked: deque[Event] = deque()
        # whether next_peeked() has anything to say
        self._ahead = False
        self.peeked_size = 0
        self.size = 0
        self.streamed = 0
        self.body: bytes | None = None
        self.pending: Any = None
        self.form: Any = None
        self.errors = BODY_ERRORS
        self._claimed = Lock()
        self.ended = False
        self.consumed = False
        self.disconnected = False

    @property
    def busy(self) -> bool:
        """Whether one task reads."""
        return self._claimed.locked()

    def __enter__(self) -> BodyReader:
        self.claim()
        return self

    def __exit__(self, *details: object) -> None:
        self.release()

    def claim(self) -> None:
        """Have one task read alone, until `release()`; one thread gets it where several ask at once.

        Raises:
            RuntimeError: Another task is reading.
        """
        if not self._claimed.acquire(blocking=False):
            raise self.errors.busy()

    def release(self) -> None:
        """Let others read."""
        if self._claimed.locked():
            self._claimed.release()

    def check(self, max_size: int | None, announced: int | None) -> None:
        """Raise what is known before anything more is received.

        Args:
            max_size: Bytes that are accepted; None for any number.
            announced: The Content-Length, None if it is missing or invalid.

        Raises:
            RequestEntityTooLarge: More was received, or is announced.
        """
        if max_size is not None and (self.size > max_size or (announced is not None and announced > max_size)):
            raise self.errors.too_large(max_size)

    def peek(self, event: Event) -> None:
        """Keep an event that was received ahead of reading; `next_peeked` gives it.

        Args:
            event: Of an HTTP connection.

        Raises:
            ImproperlyConfiguredException: It is no event of an HTTP connection.
        """
        self._ahead = True
        if _kind_of(event) == "http.disconnect":
            self.disconnected = True
        else:
            body = lookup(event, "body")
            if isinstance(body, bytes):
                self.peeked_size += len(body)
        self._peeked.append(event)

    def next_peeked(self) -> Event | None:
        """Return the first event that was received ahead, None if there is none and more can be received.

        Raises:
            ClientDisconnect: The client has gone, and no event is left.
        """
        if self._peeked:
            return self._peeked.popleft()
        if self.disconnected:
            raise self.errors.disconnected()
        return None

    def receiving(self, receive: Receive) -> Awaitable[Event]:
        """Return what to await for the next event: what `receive` returns, or a future that it gave before.

        A future is not cancelled with the read, which would drop its event.

        Args:
            receive: The server's callable.
        """
        if self.pending is not None:
            awaitable = resumed(self)
            if awaitable is not None:
                return awaitable  # type: ignore[no-any-return]
        awaitable = receive()
        return awaitable if type(awaitable) is CoroutineType else kept(self, awaitable)

    def feed(self, event: Event, max_size: int | None) -> None:
        """Take an event that `receive` gave.

        Args:
            event: `http.request` or `http.disconnect`.
            max_size: Bytes of body that are accepted; None for any number.

        Raises:
            ClientDisconnect: The client has gone before the end.
            RequestEntityTooLarge: The bytes received are more than accepted; they are kept.
            ImproperlyConfiguredException: It is no event of an HTTP connection.
        """
        # PERF: as _kind_of() does, but for each chunk
        try:
            kind = event["type"]
        except (TypeError, KeyError, IndexError):
            raise wrong_event(event) from None
        if kind == "http.request":
            chunk = lookup(event, "body")
            if chunk:
                if type(chunk) is not bytes:
                    if not isinstance(chunk, bytes):
                        raise wrong_event_body(chunk)
                    chunk = bytes(chunk)
                self._chunks.append(chunk)
                self.size += len(chunk)
            if not lookup(event, "more_body"):
                self.ended = True
            if max_size is not None and self.size > max_size:
                raise self.errors.too_large(max_size)
        elif kind == "http.disconnect":
            self.disconnected = self._ahead = True
            raise self.errors.disconnected()
        else:
            raise wrong_event(event)

    def finish(self) -> bytes:
        """Return the whole body, once its last event was fed.

        Raises:
            StreamConsumed: A stream has given a part of it away.
        """
        if self.streamed:
            raise self.errors.streamed()
        if self.body is None:
            self.body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
            self._chunks.clear()
        return self.body


def _kind_of(event: Event) -> str:
    try:
        kind: str = event["type"]
    except (TypeError, KeyError, IndexError):
        raise wrong_event(event) from None
    if kind != "http.request" and kind != "http.disconnect":
        raise wrong_event(event)
    return kind


def shared_reader(scope: Scope) -> BodyReader:
    """Return the reader that all connections over a scope share; it is made when it is first asked for.

    Args:
        scope: Of an HTTP connection. Where it cannot be changed, each connection has a reader of its own.
    """
    # of a dict subclass, what was stored: not what it makes up for keys that it does not have
    if isinstance(scope, dict):
        stored: BodyReader | None = dict.get(scope, _SCOPE_KEY)
        if stored is None:
            stored = BodyReader()
            dict.__setitem__(scope, _SCOPE_KEY, stored)
        return stored
    reader = lookup(scope, _SCOPE_KEY)
    if not isinstance(reader, BodyReader):
        reader = BodyReader()
        try:
            scope[_SCOPE_KEY] = reader
        except TypeError:
            pass
    return reader


@final
class BodyStream(AsyncIteratorBase):
    """An asynchronous iterator over the chunks of a body, with the methods of an asynchronous generator."""

    __slots__ = ("_announced", "_at_end", "_max_size", "_reader", "_receive")

    def __init__(self, reader: BodyReader, receive: Receive, max_size: int | None, announced: int | None) -> None:
        super().__init__()
        self._reader = reader
        self._receive = receive
        self._max_size = max_size
        self._announced = announced
        self._at_end = False

    async def __anext__(self) -> bytes:
        reader = self._reader
        if self._closed:
            raise StopAsyncIteration
        if reader.body is not None:
            return self._kept(reader.body)
        if not self._started and reader.consumed:
            raise reader.errors.streamed()
        max_size = self._max_size
        chunks = reader._chunks
        # PERF: not as a context manager, whose two calls a chunk would pay for
        reader.claim()
        try:
            if not self._started:
                self._started = True
                reader.check(max_size, self._announced)
            elif max_size is not None and reader.size > max_size:
                raise reader.errors.too_large(max_size)
            while not chunks and not reader.ended:
                event = reader.next_peeked() if reader._ahead else None
                if event is None:
                    # PERF: as reader.receiving() does
                    if reader.pending is None:
                        awaitable = self._receive()
                        if type(awaitable) is not CoroutineType:
                            awaitable = kept(reader, awaitable)
                    else:
                        awaitable = reader.receiving(self._receive)
                    event = await awaitable
                    reader.pending = None
                # PERF: what reader.feed() would put into the chunks, and this take out of them
                try:
                    if type(event) is dict and event["type"] == "http.request" and event["more_body"]:
                        chunk = event["body"]
                        size = reader.size + len(chunk)
                        if type(chunk) is bytes and chunk and (max_size is None or size <= max_size):
                            reader.size = size
                            reader.streamed += len(chunk)
                            return chunk
                except (KeyError, TypeError):
                    pass
                reader.feed(event, max_size)
        except StopAsyncIteration as error:
            raise raised_stop_async_iteration() from error
        finally:
            reader.release()
        if chunks:
            chunk = chunks.popleft()
            reader.streamed += len(chunk)
            return chunk
        self._closed = reader.consumed = True
        return b""

    def _kept(self, body: bytes) -> bytes:
        self._started = True
        if self._at_end or not body:
            self._closed = True
            return b""
        self._at_end = True
        return body
