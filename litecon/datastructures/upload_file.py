"""An uploaded file, in memory or on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from threading import Lock
from typing import Any, Final, TypeVar

from .._shared.loops import in_thread

__all__ = ("ThreadedFile", "UploadFile", "write_all")

ResultT = TypeVar("ResultT")

_MEGABYTE: Final = 1024 * 1024


class ThreadedFile:
    """Has work done on a file in threads, one at a time; what ends it never comes between the steps of a work.

    A thread cannot be stopped: where the coroutine that waits for it is closed, the thread that works ends the file.
    """

    __slots__ = ("_lock", "_must_end")

    def __init__(self) -> None:
        self._lock = Lock()
        self._must_end = False

    def _work(self, function: Callable[..., ResultT], *arguments: Any) -> ResultT:
        """Return what a function returns that works on the file; to be called in a thread.

        Raises:
            ValueError: It has ended.
        """
        self._expect_open()
        try:
            with self._lock:
                self._expect_open()
                return function(*arguments)
        finally:
            self._end_if_free()

    def _expect_open(self) -> None:
        if self._must_end:
            raise ValueError("I/O operation on closed file.")

    def _end_soon(self) -> None:
        """End it, now or when the thread is ready that works on it."""
        self._must_end = True
        self._end_if_free()

    def _end_if_free(self) -> None:
        # whoever holds the lock comes here behind it
        if self._must_end and self._lock.acquire(blocking=False):
            try:
                self._end()
            finally:
                self._lock.release()

    def _end(self) -> None:
        """Give the file back; a second time does nothing."""
        raise NotImplementedError


class UploadFile(ThreadedFile):
    """A file of a form: in memory while it is small, in a temporary file on disk beyond that.

    What touches the disk runs in a thread, so that no other request waits for it.

    Args:
        content_type: As the client says it.
        filename: As the client says it; never used as a path.
        file_data: What is in it.
        headers: Of the part, names in lower case.
        max_spool_size: Bytes that stay in memory.
    """

    __slots__ = ("__weakref__", "_file", "_on_disk", "content_type", "filename", "headers", "max_spool_size", "size")

    def __init__(
        self,
        content_type: str,
        filename: str,
        file_data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        max_spool_size: int = _MEGABYTE,
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
        """Whether it lies on disk."""
        return self._on_disk

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._must_end or bool(self._file.closed)

    async def write(self, data: bytes) -> int:
        """Write at the current position, and return the number of bytes.

        Args:
            data: Bytes.

        Raises:
            ValueError: It is closed.
            OSError: The disk cannot take it.
        """
        self._expect_open()
        position = self._file.tell()
        if self._on_disk or position + len(data) > self.max_spool_size:
            await in_thread(self._work, self._write_to_disk, data)
        else:
            self._file.write(data)
            self.size = max(self.size, position + len(data))
        return len(data)

    async def read(self, size: int = -1) -> bytes:
        """Return bytes from the current position on.

        Args:
            size: How many at the most; -1 for all that are left.

        Raises:
            ValueError: It is closed.
        """
        self._expect_open()
        data: bytes = await in_thread(self._work, self._file.read, size) if self._on_disk else self._file.read(size)
        return data

    async def seek(self, offset: int) -> int:
        """Go to a position, and return it.

        Args:
            offset: Bytes from the beginning.

        Raises:
            ValueError: It is closed, or the offset is negative.
        """
        if offset < 0:
            raise ValueError(f"the offset is {offset}, expected 0 or more")
        self._expect_open()
        position: int = self._file.seek(offset)
        return position

    async def close(self) -> None:
        """Close it, which deletes what lies on disk; a second time does nothing."""
        self.close_now()

    def close_now(self) -> None:
        """Do what `close()` does; nothing of it waits, since what is on disk was written without a buffer."""
        self._end_soon()

    def _end(self) -> None:
        self._file.close()

    def _write_to_disk(self, data: bytes) -> None:
        """Write, in a thread; the first time all that lies in memory moves."""
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
        # here, since the task that waits for it may have been cancelled
        self.size = max(self.size, self._file.tell())

    def __repr__(self) -> str:
        where = "closed" if self.closed else "on disk" if self._on_disk else "in memory"
        return f"<UploadFile {self.filename[:80]!r}, {self.size} bytes, {where}>"


def write_all(file: Any, data: Any) -> None:
    """Write to a file without a buffer, which may take less than it is given.

    Args:
        file: Raw and binary.
        data: Bytes or a view of them.
    """
    # views that are left to the collector would hold on to the data after an error
    with memoryview(data) as view:
        written = 0
        while written < len(view):
            with view[written:] as rest:
                written += file.write(rest)
