"""Uploaded files, in memory or on disk, and work on files in threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from threading import Lock
from typing import Any, Final, NoReturn, TypeVar

from .._errors import cannot_pickle
from .._shared.loops import run_in_thread

__all__ = ("ThreadedFile", "UploadFile", "write_all")

ResultT = TypeVar("ResultT")

_MIB: Final = 1024 * 1024


class ThreadedFile:
    """The base class of files that threads use, one at a time, and that are never closed while a thread uses them.

    A thread cannot be stopped: if the file is to be closed while a thread uses it, that thread closes it at its end.
    """

    __slots__ = ("_is_closing", "_lock")

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_closing = False

    def _run(self, function: Callable[..., ResultT], *arguments: Any) -> ResultT:
        """Call a function that uses the file, and return its result; this is called in a thread.

        Raises:
            ValueError: The file is closed.
        """
        self._check_open()
        try:
            with self._lock:
                self._check_open()
                return function(*arguments)
        finally:
            self._close_if_idle()

    def _check_open(self) -> None:
        if self._is_closing:
            raise ValueError("I/O operation on closed file.")

    def _request_close(self) -> None:
        """Close the file, now or when the thread that uses it has ended."""
        self._is_closing = True
        self._close_if_idle()

    def _close_if_idle(self) -> None:
        # the thread that holds the lock calls this after its release
        if self._is_closing and self._lock.acquire(blocking=False):
            try:
                self._close_file()
            finally:
                self._lock.release()

    def _close_file(self) -> None:
        """Close the file; a second call does nothing."""
        raise NotImplementedError

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise cannot_pickle(self, "open file")


class UploadFile(ThreadedFile):
    """A file of a form: in memory while it is small, and else in a temporary file on disk.

    Disk operations run in threads, so that they do not block the event loop.

    ```python
    async with request.form() as form:
        data = await form["file"].read()
    ```

    Args:
        content_type: The media type as the client sent it.
        filename: The name of the file as the client sent it, never used as a path.
        file_data: The content of the file; None for an empty one.
        headers: The headers of the part, by their names in lower case.
        max_spool_size: The number of bytes that stay in memory.
    """

    __slots__ = ("__weakref__", "_file", "_on_disk", "content_type", "filename", "headers", "max_spool_size", "size")

    def __init__(
        self,
        content_type: str,
        filename: str,
        file_data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        max_spool_size: int = _MIB,
    ) -> None:
        super().__init__()
        self.content_type: str = content_type
        self.filename: str = filename
        self.headers: dict[str, str] = dict(headers or {})
        self.max_spool_size: int = max_spool_size
        self.size: int = len(file_data or b"")
        self._file: Any = BytesIO(file_data or b"")
        self._on_disk = False

    @property
    def rolled_to_disk(self) -> bool:
        """Whether the file is on disk."""
        return self._on_disk

    @property
    def closed(self) -> bool:
        """Whether the file is closed."""
        return self._is_closing or bool(self._file.closed)

    async def write(self, data: bytes | bytearray) -> int:
        """Write bytes at the current position, and return their number.

        Args:
            data: The bytes.

        Raises:
            ValueError: The file is closed.
            OSError: The disk operation failed.
        """
        self._check_open()
        position = self._file.tell()
        if self._on_disk or position + len(data) > self.max_spool_size:
            await run_in_thread(self._run, self._write_to_disk, data)
        else:
            self._file.write(data)
            self.size = max(self.size, position + len(data))
        return len(data)

    async def read(self, size: int = -1) -> bytes:
        """Return bytes from the current position on; a read that is cancelled leaves the position as it was.

        Args:
            size: The maximum number of bytes; -1 for all.

        Raises:
            ValueError: The file is closed.
            OSError: The disk operation failed.
        """
        self._check_open()
        data: bytes
        if not self._on_disk:
            data = self._file.read(size)
            return data
        position = self._file.tell()
        try:
            data = await run_in_thread(self._run, self._file.read, size)
        except BaseException as error:
            # the thread has ended by now, but for a coroutine that is being closed
            if not isinstance(error, (Exception, GeneratorExit)) and not self._file.closed:
                self._file.seek(position)
            raise
        return data

    async def seek(self, offset: int) -> int:
        """Set the current position, and return it.

        Args:
            offset: The position, in bytes from the beginning.

        Raises:
            ValueError: The file is closed, or the offset is negative.
        """
        if offset < 0:
            raise ValueError(f"the offset is {offset}, expected 0 or more")
        self._check_open()
        position: int = self._file.seek(offset)
        return position

    async def close(self) -> None:
        """Close the file, which deletes it from the disk; a second call does nothing."""
        self.close_now()

    def close_now(self) -> None:
        """Close the file, as `close()` does, which never suspends: there is no buffer to write to the disk."""
        self._request_close()

    def _close_file(self) -> None:
        self._file.close()

    def _write_to_disk(self, data: bytes | bytearray) -> None:
        """Write to the disk, in a thread; the first call moves the content from memory."""
        if not self._on_disk:
            from tempfile import TemporaryFile

            memory = self._file
            position = memory.tell()
            disk = TemporaryFile(buffering=0)
            try:
                with memory.getbuffer() as view:
                    write_all(disk, view)
                disk.seek(position)
            except BaseException:
                disk.close()
                raise
            self._file = disk
            self._on_disk = True
        write_all(self._file, data)
        # set here, since the task that awaits the thread may have been cancelled
        self.size = max(self.size, self._file.tell())

    def __repr__(self) -> str:
        location = "closed" if self.closed else "on disk" if self._on_disk else "in memory"
        return f"<UploadFile {self.filename[:80]!r}, {self.size} bytes, {location}>"


def write_all(file: Any, data: Any) -> None:
    """Write all bytes to an unbuffered file, each of whose writes may be partial.

    Args:
        file: The file, raw and binary.
        data: The bytes, or a view of them.
    """
    # a view that is left to the collector would keep the data alive after an error
    with memoryview(data) as view:
        written = 0
        while written < len(view):
            with view[written:] as rest:
                written += file.write(rest)
