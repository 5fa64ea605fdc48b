"""How the bytes of a form are kept while they arrive: in memory in pieces, on the disk in batches."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from secrets import token_hex
from typing import Any, Final

from ..datastructures import UploadFile
from ..datastructures.upload_file import ThreadedFile, write_all
from ..limits import Limits

__all__ = ("BATCH", "IncomingFile", "Pieces", "TargetFile")

BATCH: Final = 2 * 1024 * 1024
"""The number of bytes that are collected before they are written: a thread costs more than the writing."""

_SMALL: Final = 512


class Pieces:
    """Bytes that are collected in pieces; small ones are joined at once, since an object is larger than its content."""

    __slots__ = ("_pieces", "_tail")

    def __init__(self) -> None:
        self._pieces: list[bytes | bytearray] = []
        self._tail = bytearray()

    def add(self, piece: bytes) -> None:
        """Add a piece.

        Args:
            piece: The next piece.
        """
        if len(piece) < _SMALL:
            self._tail += piece
            return
        if self._tail:
            self._pieces.append(self._tail)
            self._tail = bytearray()
        self._pieces.append(piece)

    def take(self) -> bytes:
        """Return all that was added, as one bytes object, and start anew."""
        pieces, tail = self._pieces, self._tail
        self._pieces, self._tail = [], bytearray()
        return b"".join([*pieces, tail] if tail else pieces)


class IncomingFile:
    """A file of a multipart form while it arrives; it is written to disk in batches once it exceeds `spool_size`.

    Args:
        head: The `PartHead` of the part.
        limits: The limits, of which `spool_size` is used.
    """

    __slots__ = ("_batch", "_file", "_head", "_pieces", "_size", "_spool_size", "name")

    def __init__(self, head: Any, limits: Limits) -> None:
        self.name: str = head.name
        self._head = head
        self._spool_size = limits.spool_size
        self._file: UploadFile | None = None
        # the content while it is in memory, and its size; afterwards the bytes that are not yet written
        self._pieces = Pieces()
        self._size = 0
        self._batch = bytearray()

    def add(self, chunk: bytes) -> bool:
        """Add a chunk, and return whether `flush()` must be awaited before the next one."""
        if self._file is not None:
            self._batch += chunk
            return len(self._batch) >= BATCH
        self._pieces.add(chunk)
        self._size += len(chunk)
        return self._size > self._spool_size

    async def flush(self) -> None:
        """Write the collected bytes to the disk."""
        if self._file is None:
            self._file = self._new_upload(b"")
            await self._file.write(self._pieces.take())
        else:
            await self._file.write(self._batch)
            # the thread may hold a reference for a while, so that a new object would double the memory
            self._batch.clear()

    async def finish(self) -> UploadFile:
        """Return the upload, positioned at its beginning."""
        if self._file is None:
            return self._new_upload(self._pieces.take())
        if self._batch:
            await self.flush()
        await self._file.seek(0)
        return self._file

    def close_now(self) -> None:
        """Close the file if it was created."""
        if self._file is not None:
            self._file.close_now()

    def _new_upload(self, data: bytes) -> UploadFile:
        head = self._head
        content_type = head.content_type or "application/octet-stream"
        return UploadFile(content_type, head.filename, data, head.headers, self._spool_size)


class TargetFile(ThreadedFile):
    """The file that a part is saved to, in threads.

    It is a temporary file in the same directory, and replaces the target at the end. A device or a pipe cannot be
    replaced, and is written to directly.

    Args:
        path: The path of the file.
    """

    __slots__ = ("_file", "_path", "_temporary_path")

    def __init__(self, path: str | bytes) -> None:
        super().__init__()
        self._path: Any = path
        self._file: Any = None
        # the path of the temporary file, None if there is nothing to remove
        self._temporary_path: Any = None

    def open(self) -> None:
        self._run(self._open)

    def write(self, data: bytes | bytearray) -> None:
        self._run(write_all, self._file, data)

    def finish(self, data: bytes | bytearray) -> None:
        self._run(self._finish, data)

    def replace(self) -> None:
        self._run(self._replace)

    def discard(self) -> None:
        self._request_close()

    def _open(self) -> None:
        mode = 0
        with suppress(FileNotFoundError):
            mode = os.stat(self._path).st_mode
        if mode and not stat.S_ISREG(mode):
            self._file = open(self._path, "wb", buffering=0)
            return
        name: Any = f".litecon-{token_hex(8)}"
        if isinstance(self._path, bytes):
            name = name.encode()
        temporary_path = os.path.join(os.path.dirname(self._path), name)
        self._file = open(temporary_path, "xb", buffering=0)
        self._temporary_path = temporary_path
        if mode and not os.path.islink(self._path):
            # the permissions of the file that is replaced stay the same
            with suppress(OSError):
                os.chmod(temporary_path, mode & 0o777)

    def _finish(self, data: bytes | bytearray) -> None:
        write_all(self._file, data)
        self._file.close()

    def _replace(self) -> None:
        if self._temporary_path is not None:
            os.replace(self._temporary_path, self._path)
            self._temporary_path = None

    def _close_file(self) -> None:
        if self._file is None:
            return
        # the error that matters is being raised already; a full disk may report another one here
        with suppress(OSError):
            self._file.close()
        temporary_path, self._temporary_path = self._temporary_path, None
        if temporary_path is not None:
            with suppress(OSError):
                os.unlink(temporary_path)
