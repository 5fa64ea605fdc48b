"""Forms read part by part, in constant memory (WHATWG URL section 5.1, RFC 7578)."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, final

from ._disk import BATCH, ThreadedFile, in_thread, in_thread_for_sure, write_all
from ._form_parsing import (
    MULTIPART,
    URLENCODED,
    FieldReader,
    MultipartReader,
    decode_text,
    expect_unread,
    field_too_large,
    file_too_large,
    headers_of,
)
from .exceptions import ClientException, StreamConsumed
from .limits import Limits

if TYPE_CHECKING:
    from .request import Request

__all__ = ("FormStream", "Part")


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
            ClientDisconnect: In its steps: the client has gone before the end.
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
            ClientDisconnect: The client has gone before the end.
        """
        self._begin()
        if limit is None:
            limit = self._stream.limits.max_field_size
        chunks = []
        while (chunk := await self._stream.next_chunk(self)) is not None:
            if limit is not None and self.size > limit:
                raise field_too_large(limit)
            chunks.append(chunk)
        return b"".join(chunks)

    async def text(self, limit: int | None = None) -> str:
        """Return the text of a field, decoded in the charset that the part names, or UTF-8.

        Args:
            limit: How many bytes are accepted; None for `limits.max_field_size`.

        Raises:
            ClientException: The charset is unknown, or the bytes are not encoded in it.
            RequestEntityTooLarge: There are more, or a bound of `Limits` is passed.
            StreamConsumed: They were given before, or the next part was asked for.
            ClientDisconnect: The client has gone before the end.
        """
        return decode_text(await self.read(limit), self._charset)

    async def save_to(
        self, path: str | os.PathLike[str], progress: Callable[[int, int | None], object] | None = None
    ) -> int:
        """Write all bytes to a file, in a thread, and return how many; where that fails, the file is removed.

        Args:
            path: Of the file, which is replaced. It is the application's to choose: a filename of the client is no path.
            progress: Called with the bytes so far and the total, None where the part does not say it.

        Raises:
            OSError: The file cannot be written.
            StreamConsumed: They were given before, or the next part was asked for.
            RequestEntityTooLarge: A bound of `Limits` is passed.
            ClientException: The body is broken.
            ClientDisconnect: The client has gone before the end.
        """
        target = _Target(os.fspath(path))
        self._begin()
        try:
            await in_thread(target.open)
            batch: list[bytes] = []
            collected = 0
            while (chunk := await self._stream.next_chunk(self)) is not None:
                batch.append(chunk)
                collected += len(chunk)
                if collected >= BATCH:
                    await in_thread(target.write, b"".join(batch))
                    batch, collected = [], 0
                if progress is not None:
                    progress(self.size, self._total())
            await in_thread(target.finish, b"".join(batch))
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
        return int(length) if length.isascii() and length.isdigit() and len(length) <= 18 else None

    def _begin(self) -> None:
        if self._is_read:
            raise StreamConsumed(f"the part {self.name[:80]!r} was read before, and is not kept: keep what read() returns")
        self._is_read = True

    def __repr__(self) -> str:
        file = "" if self.filename is None else f", file {self.filename[:80]!r}"
        return f"<Part {self.name[:80]!r}{file}, {self.size} bytes so far>"


class _Target(ThreadedFile):
    """A file that a part is written to, in threads.

    Args:
        path: Of the file.
    """

    __slots__ = ("_file", "_is_ours", "_path")

    def __init__(self, path: str | bytes) -> None:
        super().__init__()
        self._path = path
        self._file: Any = None
        self._is_ours = False

    def open(self) -> None:
        self._work(self._open)

    def write(self, data: bytes) -> None:
        self._work(write_all, self._file, data)

    def finish(self, data: bytes) -> None:
        self._work(self._finish, data)

    def discard(self) -> None:
        self._end_soon()

    def _open(self) -> None:
        self._file = open(self._path, "wb", buffering=0)
        # a device or a pipe is not ours to remove
        self._is_ours = stat.S_ISREG(os.fstat(self._file.fileno()).st_mode)

    def _finish(self, data: bytes) -> None:
        write_all(self._file, data)
        self._file.close()

    def _end(self) -> None:
        if self._file is None:
            return
        # what has failed is being raised; a full disk may be told once more
        with suppress(OSError):
            self._file.close()
        if self._is_ours:
            self._is_ours = False
            with suppress(OSError):
                os.unlink(self._path)


def has_passed(part: Part) -> StreamConsumed:
    return StreamConsumed(f"the part {part.name[:80]!r} has passed: read it before the next is asked for")


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
            raise has_passed(part)
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
        "_error",
        "_events",
        "_is_file",
        "_number",
        "_open",
        "_reader",
        "_request",
        "_size",
        "limits",
    )

    def __init__(self, request: Request[Any, Any, Any]) -> None:
        self._request = request
        self.limits: Limits = type(request).limits
        self._reader: Any = None
        self._chunks: Any = None
        # parts that were given, and which of them is arriving, 0 for none; not itself, which refers to this
        self._number = self._open = 0
        self._is_file = False
        self._size = 0
        # what a chunk has brought and nobody has asked for, and the error behind it
        self._events: deque[Any] = deque()
        self._error: ClientException | None = None

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
        self._is_file = head.filename is not None
        self._size = 0
        return Part(self, head.name, head.filename, headers_of(head), head.content_type, head.charset, self._number)

    async def next_chunk(self, part: Part) -> bytes | None:
        """Return the next bytes of a part, None at its end.

        Args:
            part: The last one that was given.

        Raises:
            StreamConsumed: The next part was asked for.
            RequestEntityTooLarge: A bound of `Limits` is passed.
            ClientException: The body is broken.
            ClientDisconnect: The client has gone before the end.
        """
        if part._number != self._open:
            raise has_passed(part)
        if not self._events:
            await self.fill()
        return self.take(part)

    def take(self, part: Part | None = None) -> bytes | None:
        """Return the next bytes of the part that is arriving, which have come; None at its end.

        Args:
            part: It, where it is not skipped.

        Raises:
            RequestEntityTooLarge: The file is too large.
        """
        chunk: bytes | None = self._events.popleft()
        if chunk is None:
            self._open = 0
            return None
        self._size = size = self._size + len(chunk)
        if part is not None:
            part.size = size
        if self._is_file:
            limit = self.limits.max_file_size
            if limit is not None and size > limit:
                raise file_too_large(limit)
        return chunk

    def _start(self) -> None:
        media_type, parameters = self._request.content_type
        if media_type == MULTIPART:
            self._reader = MultipartReader(parameters.get("boundary"), self.limits)
        elif media_type == URLENCODED:
            self._reader = FieldReader(self.limits)
        expect_unread(self._request)
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
        """Return whether a chunk must be received for the next event; raise the error behind the last one."""
        if self._error is not None:
            raise self._error
        if self._reader is None:
            self._events.append(None)
            return False
        return True

    def feed(self, chunk: bytes) -> None:
        """Take the events of a chunk.

        Args:
            chunk: The next of the body, b"" at its end.
        """
        try:
            self._events.extend(self._reader.feed(chunk))
        except ClientException as error:
            # behind what came before it
            self._error = error
        if not chunk:
            self._reader = None
