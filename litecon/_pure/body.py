"""The body of a request: its reader, which all connections over one scope share, and the stream."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Awaitable
from threading import Lock
from types import CoroutineType
from typing import Any, Final, final

from .._errors import BODY_ERRORS, stop_async_iteration_error, wrong_event, wrong_event_body
from .._shared.body import await_as_reader
from .._shared.copying import Uncopyable
from .._shared.scope import event_type, exact_bytes, lookup
from ..types import Event, Receive, Scope
from .operation import AsyncIteratorBase
from .waiting import resume_pending, shield_future

__all__ = ("BodyReader", "BodyStream")

_SCOPE_KEY: Final = "litecon.body"
# the number of unread chunks that are kept one by one; small ones after them are joined
_SEPARATE_CHUNKS: Final = 64
_SMALL_CHUNK: Final = 512
_JOINED_CHUNKS: Final = 65536


@final
class BodyReader(Uncopyable):
    """The received part of one body. It does no I/O: it is fed with events, and returns bytes.

    Entering the reader claims it for one task, which alone may feed it; leaving releases it.
    """

    __slots__ = (
        "__weakref__",
        "_chunks",
        "_claim_lock",
        "_json",
        "_msgpack",
        "ahead_size",
        "body",
        "consumed",
        "disconnected",
        "ended",
        "errors",
        "form",
        "pending",
        "has_replay",
        "size",
        "streamed_size",
    )

    _json: Any
    _msgpack: Any

    def __init__(self) -> None:
        # the unread chunks; small ones are joined in a bytearray
        self._chunks: deque[bytes | bytearray] = deque()
        # the number of bytes that were received ahead of reading
        self.ahead_size = 0
        # whether the receive() of an inner application may call this reader, see Replay
        self.has_replay = False
        self.size = 0
        self.streamed_size = 0
        self.body: bytes | None = None
        self.pending: Any = None
        self.form: Any = None
        self.errors = BODY_ERRORS
        self._claim_lock = Lock()
        self.ended = False
        self.consumed = False
        self.disconnected = False

    @property
    def busy(self) -> bool:
        """Whether a task is reading."""
        return self._claim_lock.locked()

    def __enter__(self) -> BodyReader:
        self._claim()
        return self

    def __exit__(self, kind: object, error: object, traceback: object, /) -> None:
        self._release()

    def _claim(self) -> None:
        """Claim the reader for one task, until `_release()`; if several threads call this at once, one gets it.

        Raises:
            RuntimeError: Another task is reading.
        """
        if not self._claim_lock.acquire(blocking=False):
            raise self.errors.busy()

    def _release(self) -> None:
        """Let other tasks read."""
        self._claim_lock.release()

    def check(self, max_size: int | None, announced: int | None) -> None:
        """Raise an exception if the body is known to be too large before more of it is received.

        Args:
            max_size: The number of bytes that is accepted; None for any number.
            announced: The Content-Length; None if it is missing or invalid.

        Raises:
            RequestEntityTooLarge: More bytes were received, or are announced.
        """
        # a body cannot be larger than an object, so sys.maxsize stands for any larger number
        if max_size is not None and (self.size > max_size or min(announced or 0, sys.maxsize) > max_size):
            raise self.errors.too_large(max_size)

    def _check_unstreamed(self) -> None:
        """Raise an exception if a stream has yielded a part of the body.

        Raises:
            ClientDisconnect: The client disconnected before the end.
            StreamConsumed: The rest of the body is not the whole.
        """
        if self.streamed_size:
            # the caller must know that the rest will never arrive
            if self.disconnected and not self.ended:
                raise self.errors.disconnected()
            raise self.errors.streamed()

    def check_unread(self) -> None:
        """Raise an exception if the whole body is not available any more.

        Raises:
            ClientDisconnect: The client disconnected before the end.
            StreamConsumed: A stream has yielded a part of the body.
        """
        if self.body is None:
            self._check_unstreamed()
            if self.consumed:
                raise self.errors.streamed()

    def next_event(self, receive: Receive) -> Awaitable[Event]:
        """Return the awaitable of the next event: that of a receive under way, or else the one that `receive` returns.

        Cancelling the read does not cancel a receive that is under way, since that would drop its event.

        Args:
            receive: The connection's `receive`.

        Raises:
            ClientDisconnect: The client disconnected, so that there are no more events.
        """
        if self.disconnected:
            raise self.errors.disconnected()
        # a caller that receives has read everything that was buffered
        self.ahead_size = 0
        if self.pending is not None:
            awaitable = resume_pending(self)
            if awaitable is not None:
                return awaitable  # type: ignore[no-any-return]
        awaitable = receive()
        if type(awaitable) is not CoroutineType:
            awaitable = shield_future(self, awaitable)
        if self.has_replay and self.pending is None:
            return await_as_reader(self, awaitable)  # type: ignore[arg-type]
        return awaitable  # type: ignore[no-any-return]

    def resume(self) -> Any:
        """Return the awaitable of the receive that is under way; None if there is none."""
        return None if self.pending is None else resume_pending(self)

    def shield(self, awaitable: Any) -> None:
        """Store a future as the receive that is under way; other awaitables are not stored.

        Args:
            awaitable: The awaitable that `receive()` returned, or a task.
        """
        shield_future(self, awaitable)

    def feed(self, event: Event, max_size: int | None) -> bytes:
        """Take an event that `receive` returned, and return the bytes of the body that it contains.

        Args:
            event: The event, `http.request` or `http.disconnect`.
            max_size: The number of bytes of the body that is accepted; None for any number.

        Raises:
            ClientDisconnect: The client disconnected before the end.
            RequestEntityTooLarge: More bytes than accepted were received; they are kept.
            ImproperlyConfiguredException: The event is not one of an HTTP request.
        """
        chunk = self._store_event(event)
        if chunk is None:
            raise self.errors.disconnected()
        if max_size is not None and self.size > max_size:
            raise self.errors.too_large(max_size)
        return chunk

    def buffer(self, event: Event) -> None:
        """Take an event that was received ahead of reading.

        Args:
            event: The event, `http.request` or `http.disconnect`.

        Raises:
            ImproperlyConfiguredException: The event is not one of an HTTP request.
        """
        size = self.size
        self._store_event(event)
        self.ahead_size += self.size - size

    def skip(self, event: Event) -> None:
        """Take an event without keeping its bytes, which the caller passes on or drops.

        Args:
            event: The event, `http.request` or `http.disconnect`.

        Raises:
            ImproperlyConfiguredException: The event is not one of an HTTP request.
        """
        self._store_event(event)
        while self.next_chunk() is not None:
            pass
        self.consumed = self.ended

    def _store_event(self, event: Event) -> bytes | None:
        """Store an event, and return the bytes of the body that it contains; None if the client disconnected."""
        kind = event_type(event)
        if kind != "http.request" and kind != "http.disconnect":
            raise wrong_event(event)
        self.pending = None
        if kind == "http.disconnect":
            self.disconnected = True
            return None
        chunk: bytes = lookup(event, "body") or b""
        if chunk:
            if type(chunk) is not bytes:
                if not isinstance(chunk, bytes):
                    raise wrong_event_body(chunk)
                chunk = exact_bytes(chunk)
            self.size += len(chunk)
            self._append(chunk)
        if not lookup(event, "more_body"):
            self.ended = True
        return chunk

    def _append(self, chunk: bytes) -> None:
        chunks = self._chunks
        if len(chunks) > _SEPARATE_CHUNKS and len(chunk) < _SMALL_CHUNK:
            # one object per chunk would take many times the memory of its content
            last = chunks[-1]
            if type(last) is bytearray and len(last) < _JOINED_CHUNKS:
                last += chunk
            else:
                chunks.append(bytearray(chunk))
        else:
            chunks.append(chunk)

    def next_chunk(self) -> bytes | None:
        """Remove the first unread chunk and return it; None if there is none."""
        chunks = self._chunks
        chunk = bytes(chunks.popleft()) if chunks else None
        if chunk is not None:
            self.streamed_size += len(chunk)
        if self.ended and not chunks:
            self.consumed = True
        return chunk

    def finish(self) -> bytes:
        """Return the whole body, once its last event was fed.

        Raises:
            StreamConsumed: A stream has yielded a part of the body.
            ClientDisconnect: A stream has yielded a part of the body, and the client disconnected before the end.
        """
        self._check_unstreamed()
        if self.body is None:
            self.body = bytes(self._chunks[0]) if len(self._chunks) == 1 else b"".join(self._chunks)
            self._chunks.clear()
        return self.body


def shared_reader(scope: Scope) -> BodyReader:
    """Return the reader that all connections over a scope share; the first call makes it.

    Args:
        scope: The scope of an HTTP request. If it cannot be changed, each connection has its own reader.
    """
    # only a stored reader counts, not a value that the __missing__ of a dict subclass returns, nor any other object
    if isinstance(scope, dict):
        stored = dict.get(scope, _SCOPE_KEY)
        if stored is None:
            # if two threads call this at once, both get the same reader
            stored = dict.setdefault(scope, _SCOPE_KEY, BodyReader())
        if not isinstance(stored, BodyReader):
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

    __slots__ = ("_announced", "_has_yielded_body", "_max_size", "_reader", "_receive")

    def __init__(self, reader: BodyReader, receive: Receive, max_size: int | None, announced: int | None) -> None:
        super().__init__()
        self._reader = reader
        self._receive = receive
        self._max_size = max_size
        self._announced = announced
        self._has_yielded_body = False

    async def __anext__(self) -> bytes:
        reader = self._reader
        if self._closed:
            raise StopAsyncIteration
        if reader.body is not None:
            return self._yield_body(reader.body)
        max_size = self._max_size
        chunks = reader._chunks
        # PERF: not as a context manager, which costs two calls per chunk
        reader._claim()
        try:
            # checked after the claim, since another thread may have read the body before it
            if reader.body is not None:
                return self._yield_body(reader.body)
            if not self._started:
                if reader.consumed:
                    raise reader.errors.streamed()
                self._started = True
                reader.check(max_size, self._announced)
            elif max_size is not None and reader.size > max_size:
                raise reader.errors.too_large(max_size)
            while not chunks and not reader.ended:
                # PERF: the same as reader.next_event(), without the call
                if reader.pending is None and not reader.disconnected and not reader.has_replay:
                    reader.ahead_size = 0
                    awaitable = self._receive()
                    if type(awaitable) is not CoroutineType:
                        awaitable = shield_future(reader, awaitable)
                else:
                    awaitable = reader.next_event(self._receive)
                event = await awaitable
                reader.pending = None
                # PERF: returned directly; reader.feed() would buffer the chunk first
                if type(event) is dict and event.get("more_body") is True and event_type(event) == "http.request":
                    chunk = event.get("body")
                    if type(chunk) is bytes and chunk and (max_size is None or reader.size + len(chunk) <= max_size):
                        reader.size += len(chunk)
                        reader.streamed_size += len(chunk)
                        return chunk
                reader.feed(event, max_size)
            if chunks:
                chunk = bytes(chunks.popleft())
                reader.streamed_size += len(chunk)
                return chunk
        except StopAsyncIteration as error:
            raise stop_async_iteration_error() from error
        finally:
            reader._release()
        self._closed = reader.consumed = True
        return b""

    def _yield_body(self, body: bytes) -> bytes:
        self._started = True
        if self._has_yielded_body or not body:
            self._closed = True
            return b""
        self._has_yielded_body = True
        return body
