"""Forms of both encodings that are read part by part, in constant memory (WHATWG URL section 5.1, RFC 7578)."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, final

from .._core import MultipartReader, RequestBase, find_headers, raw_headers
from .._errors import field_too_large, part_already_read, part_not_current
from .._shared.copying import Uncopyable
from .._shared.loops import run_in_thread, run_in_thread_shielded
from .._shared.multipart import check_content_type, decode_text
from ..limits import Limits
from .storage import BATCH, Pieces, TargetFile
from .urlencoded import URLENCODED, FieldEvents

__all__ = ("MULTIPART", "FormStream", "Part")

MULTIPART: Final = "multipart/form-data"


@final
class Part(Uncopyable):
    """A field or a file of a form while it arrives; `Request.stream_form()` yields them.

    Bytes of a part that were not read are skipped when the next part is requested.

    ```python
    async for part in request.stream_form():
        print(part.name, part.filename, len(await part.read()))
    ```
    """

    __slots__ = (
        "_charset",
        "_is_read",
        "_number",
        "_stream",
        "_unfinished",
        "content_type",
        "filename",
        "headers",
        "name",
        "size",
    )

    name: str
    """The name of the field."""

    filename: str | None
    """The name of the file as the client sent it, never used as a path; None for a field that is not a file."""

    headers: dict[str, str]
    """The headers of the part, by their names in lower case."""

    content_type: str | None
    """The media type as the client sent it, without parameters; None if it sent none."""

    size: int
    """The number of bytes received so far."""

    def __init__(
        self,
        stream: FormStream,
        name: str,
        filename: str | None = None,
        headers: dict[str, str] | None = None,
        content_type: str | None = None,
        charset: str | None = None,
        number: int = 0,
    ) -> None:
        self._number = number
        self.name = name
        self.filename = filename
        self.headers = headers or {}
        self.content_type = content_type
        self.size = 0
        self._charset = charset
        self._stream = stream
        self._is_read = False
        # what a read() that was cancelled had received
        self._unfinished: Pieces | None = None

    def stream(self) -> AsyncIterator[bytes]:
        """Return an asynchronous iterator over the chunks of bytes as they arrive; each is yielded once.

        Raises:
            StreamConsumed: The part was read before; while iterating, the next part was requested.
            RequestEntityTooLarge: While iterating: a bound of `Limits` is exceeded.
            ClientException: While iterating: the body is malformed.
            ClientDisconnect: While iterating: the client disconnected before the end.
        """
        self._mark_read()
        return _PartChunks(self)

    async def read(self, limit: int | None = None) -> bytes:
        """Return all bytes of the part. If a read is cancelled, the next call continues it.

        Args:
            limit: The number of bytes that is accepted; None for `limits.max_field_size`.

        Raises:
            RequestEntityTooLarge: There are more bytes, or a bound of `Limits` is exceeded.
            StreamConsumed: The part was read before, or the next part was requested.
            ClientException: The body is malformed.
            ClientDisconnect: The client disconnected before the end.
        """
        pieces = self._unfinished
        if pieces is None:
            self._mark_read()
            pieces = Pieces()
        # another task must not continue it meanwhile
        self._unfinished = None
        if limit is None:
            limit = self._stream.limits.max_field_size
        chunk: bytes | None = b""
        try:
            while chunk is not None:
                pieces.add(chunk)
                if limit is not None and self.size > limit:
                    raise field_too_large(limit)
                chunk = await self._stream.next_chunk(self)
        except BaseException as error:
            if not isinstance(error, Exception):
                self._unfinished = pieces
            raise
        return pieces.take()

    async def text(self, limit: int | None = None) -> str:
        """Return the text of a field, decoded from the charset that the part names, or else from UTF-8.

        If a read is cancelled, the next call continues it.

        Args:
            limit: The number of bytes that is accepted; None for `limits.max_field_size`.

        Raises:
            ClientException: The charset is unknown, the bytes are not encoded in it, or the body is malformed.
            RequestEntityTooLarge: There are more bytes, or a bound of `Limits` is exceeded.
            StreamConsumed: The part was read before, or the next part was requested.
            ClientDisconnect: The client disconnected before the end.
        """
        return decode_text(await self.read(limit), self._charset)

    async def save_to(
        self, path: str | os.PathLike[str], progress: Callable[[int, int | None], object] | None = None
    ) -> int:
        """Write all bytes to a file, in threads, and return how many were written.

        They are written to a temporary file in the same directory, which replaces the target at the end: until then,
        and when anything fails, the target is untouched. A symbolic link is replaced, not followed. A device or a pipe
        is written to directly.

        ```python
        async for part in request.stream_form():
            await part.save_to(uploads / str(uuid4()))
        ```

        Args:
            path: The path of the file. The application chooses it: the client's filename must not be used as a path.
            progress: Called with the number of bytes so far and the total, or None if the part has no Content-Length;
                the total is what the client claims, and is not checked.

        Raises:
            OSError: The file cannot be written.
            StreamConsumed: The part was read before, or the next part was requested.
            RequestEntityTooLarge: A bound of `Limits` is exceeded.
            ClientException: The body is malformed.
            ClientDisconnect: The client disconnected before the end.
        """
        target = TargetFile(os.fspath(path))
        self._mark_read()
        try:
            await run_in_thread(target.open)
            batch = bytearray()
            while (chunk := await self._stream.next_chunk(self)) is not None:
                batch += chunk
                if len(batch) >= BATCH:
                    await run_in_thread(target.write, batch)
                    batch.clear()
                if progress is not None:
                    progress(self.size, self._announced_size())
            await run_in_thread(target.finish, batch)
            # a separate step, so that an upload that is cancelled while it is written replaces nothing
            await run_in_thread(target.replace)
        except GeneratorExit:
            # a coroutine that is being closed cannot await
            target.discard()
            raise
        except BaseException:
            await run_in_thread_shielded(target.discard)
            raise
        return self.size

    def _announced_size(self) -> int | None:
        length = self.headers.get("content-length", "")
        total = int(length) if length.isascii() and length.isdigit() and len(length) <= 18 else -1
        return total if total >= self.size else None

    def _mark_read(self) -> None:
        if self._is_read:
            raise part_already_read()
        self._is_read = True

    def __repr__(self) -> str:
        file = "" if self.filename is None else f", file {self.filename[:80]!r}"
        return f"<Part {self.name[:80]!r}{file}, {self.size} bytes so far>"


@final
class _PartChunks(Uncopyable):
    """An asynchronous iterator over the chunks of a part.

    Args:
        part: The part that is read.
    """

    __slots__ = ("_is_closed", "_part")

    def __init__(self, part: Part) -> None:
        self._part = part
        self._is_closed = False

    def __aiter__(self) -> _PartChunks:
        return self

    async def __anext__(self) -> bytes:
        if self._is_closed:
            raise StopAsyncIteration
        part = self._part
        stream = part._stream
        # PERF: the same as FormStream.next_chunk(), without its two coroutines for each chunk
        if part._number != stream._current_number:
            raise part_not_current()
        while not stream._events and not stream.end_if_complete():
            try:
                received = await stream._chunks.__anext__()
            except StopAsyncIteration:
                received = b""
            stream.feed(received)
        chunk = stream.take_chunk(part)
        if chunk is None:
            self._is_closed = True
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        """End the iteration; the rest of the part is skipped when the next part is requested."""
        self._is_closed = True


@final
class FormStream(Uncopyable):
    """An asynchronous iterator over the parts of a form, in the order in which they arrive.

    Args:
        request: The request whose body is the form.
        limits: The bounds of the form.
    """

    __slots__ = (
        "__weakref__",
        "_chunks",
        "_has_ended",
        "_events",
        "_number",
        "_current_number",
        "_reader",
        "_request",
        "_size",
        "limits",
    )

    def __init__(self, request: RequestBase, limits: Limits) -> None:
        self._request = request
        self.limits: Limits = limits
        self._reader: Any = None
        self._chunks: Any = None
        # the number of parts yielded, and the number of the one that is arriving, 0 for none; storing the part itself
        # would make a reference cycle
        self._number = self._current_number = 0
        self._size = 0
        # the events of the last chunk that were not taken yet, and whether that was the last chunk of the body
        self._events: deque[Any] = deque()
        self._has_ended = False

    def __aiter__(self) -> FormStream:
        return self

    async def __anext__(self) -> Part:
        if self._chunks is None:
            self._open_reader()
        while self._current_number:
            if not self._events:
                await self.receive_events()
            self.take_chunk()
        if not self._events:
            await self.receive_events()
        head = self._events.popleft()
        if head is None:
            raise StopAsyncIteration
        self._number = self._current_number = self._number + 1
        self._size = 0
        return Part(self, head.name, head.filename, head.headers, head.content_type, head.charset, self._number)

    async def next_chunk(self, part: Part) -> bytes | None:
        """Return the next chunk of a part, None at its end.

        Args:
            part: The part that is arriving.

        Raises:
            StreamConsumed: The next part was requested.
            RequestEntityTooLarge: A bound of `Limits` is exceeded.
            ClientException: The body is malformed.
            ClientDisconnect: The client disconnected before the end.
        """
        if part._number != self._current_number:
            raise part_not_current()
        if not self._events:
            await self.receive_events()
        return self.take_chunk(part)

    def take_chunk(self, part: Part | None = None) -> bytes | None:
        """Return the next chunk of the part that is arriving, from the events received; None at its end.

        Args:
            part: The part, whose size is updated; None if it is skipped.
        """
        chunk: bytes | None = self._events.popleft()
        if chunk is None:
            self._current_number = 0
            return None
        self._size = size = self._size + len(chunk)
        if part is not None:
            part.size = size
        return chunk

    def _open_reader(self) -> None:
        media_type, parameters = self._request.content_type
        if media_type == MULTIPART:
            check_content_type(find_headers(raw_headers(self._request.scope), b"content-type"))
            self._reader = MultipartReader(parameters.get("boundary"), self.limits, False)
        elif media_type == URLENCODED:
            self._reader = FieldEvents(self.limits)
        self._request.body_reader.check_unread()
        self._chunks = self._request.stream()

    async def receive_events(self) -> None:
        """Receive until there is an event: a head, bytes, or None at the end of a part and of the form."""
        while not self._events and not self.end_if_complete():
            try:
                chunk = await self._chunks.__anext__()
            except StopAsyncIteration:
                # a stream() that a subclass overrides may leave out the final b""
                chunk = b""
            self.feed(chunk)

    def end_if_complete(self) -> bool:
        """Add the end of the form if no chunk can follow, and return whether it was added.

        Raises:
            RequestEntityTooLarge: A bound of `Limits` is exceeded after the last event.
            ClientException: The body is malformed after the last event.
        """
        if self._reader is not None:
            self._reader.check()
        if self._has_ended or self._reader is None:
            self._events.append(None)
            return True
        return False

    def feed(self, chunk: bytes) -> None:
        """Add the events of a chunk.

        Args:
            chunk: The next chunk of the body, b"" at its end.
        """
        self._events.extend(self._reader.feed(chunk))
        self._has_ended = not chunk
