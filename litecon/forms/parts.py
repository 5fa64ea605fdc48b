"""Forms read part by part, in constant memory (WHATWG URL section 5.1, RFC 7578)."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, final

from .._core import MultipartReader, RequestBase
from .._errors import field_too_large, noted
from .._shared.loops import in_thread, in_thread_for_sure
from .._shared.multipart import decode_text
from ..exceptions import StreamConsumed
from ..limits import Limits
from .storage import BATCH, Pieces, TargetFile
from .urlencoded import URLENCODED, FieldEvents

__all__ = ("MULTIPART", "FormStream", "Part")

MULTIPART: Final = "multipart/form-data"


@final
class Part:
    """A field or file of a form, while it arrives. What is not read of it is skipped when the next is asked for."""

    __slots__ = ("_charset", "_is_read", "_number", "_stream", "content_type", "filename", "headers", "name", "size")

    name: str
    """Of the field."""

    filename: str | None
    """As the client says it, never used as a path; None for what is no file."""

    headers: dict[str, str]
    """Of the part, names in lower case."""

    content_type: str | None
    """As the client says it, without parameters; None if it does not."""

    size: int
    """Bytes that arrived up to now."""

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

    def stream(self) -> AsyncIterator[bytes]:
        """Return an asynchronous iterator over the bytes as they arrive, each given once.

        Raises:
            StreamConsumed: They were given before; in its steps, the next part was asked for.
            RequestEntityTooLarge: In its steps: a bound of `Limits` is passed.
            ClientException: In its steps: the body is broken.
            ClientDisconnect: In its steps: the client disconnected before the end.
        """
        self._begin()
        return _PartChunks(self)

    async def read(self, limit: int | None = None) -> bytes:
        """Return all bytes.

        Args:
            limit: How many are accepted; None for `limits.max_field_size`.

        Raises:
            RequestEntityTooLarge: There are more, or a bound of `Limits` is passed.
            StreamConsumed: They were given before, or the next part was asked for.
            ClientException: The body is broken.
            ClientDisconnect: The client disconnected before the end.
        """
        self._begin()
        if limit is None:
            limit = self._stream.limits.max_field_size
        pieces = Pieces()
        while (chunk := await self._stream.next_chunk(self)) is not None:
            if limit is not None and self.size > limit:
                raise field_too_large(limit)
            pieces.add(chunk)
        return pieces.take()

    async def text(self, limit: int | None = None) -> str:
        """Return the text of a field, decoded in the charset that the part names, or UTF-8.

        Args:
            limit: How many bytes are accepted; None for `limits.max_field_size`.

        Raises:
            ClientException: The charset is unknown, or the bytes are not encoded in it.
            RequestEntityTooLarge: There are more, or a bound of `Limits` is passed.
            StreamConsumed: They were given before, or the next part was asked for.
            ClientDisconnect: The client disconnected before the end.
        """
        return decode_text(await self.read(limit), self._charset)

    async def save_to(
        self, path: str | os.PathLike[str], progress: Callable[[int, int | None], object] | None = None
    ) -> int:
        """Write all bytes to a file, in a thread, and return how many.

        They are written beside it, in the same directory, and replace it at the end: until then, and where that fails,
        what stands there is untouched. A symbolic link is replaced, not followed. To a device or a pipe they are written
        directly.

        Args:
            path: Of the file. It is the application's to choose: a filename of the client is no path.
            progress: Called with the bytes so far and the total, None where the part does not say it; what a client says
                of it is not checked.

        Raises:
            OSError: The file cannot be written.
            StreamConsumed: They were given before, or the next part was asked for.
            RequestEntityTooLarge: A bound of `Limits` is passed.
            ClientException: The body is broken.
            ClientDisconnect: The client disconnected before the end.
        """
        target = TargetFile(os.fspath(path))
        self._begin()
        try:
            await in_thread(target.open)
            batch = Pieces()
            collected = 0
            while (chunk := await self._stream.next_chunk(self)) is not None:
                batch.add(chunk)
                collected += len(chunk)
                if collected >= BATCH:
                    await in_thread(target.write, batch.take())
                    collected = 0
                if progress is not None:
                    progress(self.size, self._total())
            await in_thread(target.finish, batch.take())
            # in a step of its own: what is cancelled while it is written replaces nothing
            await in_thread(target.replace)
        except GeneratorExit:
            # nothing can be awaited any more
            target.discard()
            raise
        except BaseException:
            await in_thread_for_sure(target.discard)
            raise
        return self.size

    def _total(self) -> int | None:
        length = self.headers.get("content-length", "")
        total = int(length) if length.isascii() and length.isdigit() and len(length) <= 18 else -1
        return total if total >= self.size else None

    def _begin(self) -> None:
        if self._is_read:
            raise noted(StreamConsumed("this part was read before, and is not kept"), "keep what read() returns")
        self._is_read = True

    def __repr__(self) -> str:
        file = "" if self.filename is None else f", file {self.filename[:80]!r}"
        return f"<Part {self.name[:80]!r}{file}, {self.size} bytes so far>"


def has_passed() -> StreamConsumed:
    return noted(StreamConsumed("this part has passed"), "read it before the next is asked for")


@final
class _PartChunks:
    """An asynchronous iterator over the bytes of a part.

    Args:
        part: Whose.
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
        # PERF: as FormStream.next_chunk() does it, but without two more coroutines for each chunk
        if part._number != stream._open:
            raise has_passed()
        while not stream._events and stream.goes_on():
            try:
                received = await stream._chunks.__anext__()
            except StopAsyncIteration:
                received = b""
            stream.feed(received)
        chunk = stream.take(part)
        if chunk is None:
            self._is_closed = True
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        """End it; what is left of the part is skipped when the next is asked for."""
        self._is_closed = True


@final
class FormStream:
    """An asynchronous iterator over the parts of a form, in the order in which they arrive.

    Args:
        request: The form's.
    """

    __slots__ = (
        "__weakref__",
        "_chunks",
        "_has_ended",
        "_events",
        "_number",
        "_open",
        "_reader",
        "_request",
        "_size",
        "limits",
    )

    def __init__(self, request: RequestBase) -> None:
        self._request = request
        self.limits: Limits = type(request).limits
        self._reader: Any = None
        self._chunks: Any = None
        # parts that were given, and which of them is arriving, 0 for none; not itself, which refers to this
        self._number = self._open = 0
        self._size = 0
        # what a chunk has brought and nobody has asked for, and whether more can come
        self._events: deque[Any] = deque()
        self._has_ended = False

    def __aiter__(self) -> FormStream:
        return self

    async def __anext__(self) -> Part:
        if self._chunks is None:
            self._start()
        while self._open:
            if not self._events:
                await self.fill()
            self.take()
        if not self._events:
            await self.fill()
        head = self._events.popleft()
        if head is None:
            raise StopAsyncIteration
        self._number = self._open = self._number + 1
        self._size = 0
        return Part(self, head.name, head.filename, head.headers, head.content_type, head.charset, self._number)

    async def next_chunk(self, part: Part) -> bytes | None:
        """Return the next bytes of a part, None at its end.

        Args:
            part: The last one that was given.

        Raises:
            StreamConsumed: The next part was asked for.
            RequestEntityTooLarge: A bound of `Limits` is passed.
            ClientException: The body is broken.
            ClientDisconnect: The client disconnected before the end.
        """
        if part._number != self._open:
            raise has_passed()
        if not self._events:
            await self.fill()
        return self.take(part)

    def take(self, part: Part | None = None) -> bytes | None:
        """Return the next bytes of the part that is arriving, which have come; None at its end.

        Args:
            part: It, where it is not skipped.
        """
        chunk: bytes | None = self._events.popleft()
        if chunk is None:
            self._open = 0
            return None
        self._size = size = self._size + len(chunk)
        if part is not None:
            part.size = size
        return chunk

    def _start(self) -> None:
        media_type, parameters = self._request.content_type
        if media_type == MULTIPART:
            self._reader = MultipartReader(parameters.get("boundary"), self.limits, False)
        elif media_type == URLENCODED:
            self._reader = FieldEvents(self.limits)
        self._request.body_reader.expect_unread()
        self._chunks = self._request.stream()

    async def fill(self) -> None:
        """Receive until there is an event: a head, bytes, or None at the end of a part, and of the form."""
        while not self._events and self.goes_on():
            try:
                chunk = await self._chunks.__anext__()
            except StopAsyncIteration:
                # a stream() of the application's may leave out the b"" at the end
                chunk = b""
            self.feed(chunk)

    def goes_on(self) -> bool:
        """Return whether a chunk must be received for the next event; raise what is wrong behind the last one."""
        if self._reader is not None:
            self._reader.check()
        if self._has_ended or self._reader is None:
            self._events.append(None)
            return False
        return True

    def feed(self, chunk: bytes) -> None:
        """Take the events of a chunk.

        Args:
            chunk: The next of the body, b"" at its end.
        """
        self._events.extend(self._reader.feed(chunk))
        self._has_ended = not chunk
