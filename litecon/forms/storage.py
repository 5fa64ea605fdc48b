"""Where the bytes of a form go while they arrive: pieces in memory, and batches of them on the disk."""

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

BATCH: Final = 1024 * 1024
"""Bytes that are collected before they are written: a thread costs more than the writing."""

_SMALL: Final = 512


class Pieces:
    """Bytes that arrive in pieces; small ones are put together at once: an object is larger than what is in it."""

    __slots__ = ("_pieces", "_tail")

    def __init__(self) -> None:
        self._pieces: list[bytes | bytearray] = []
        self._tail = bytearray()

    def add(self, piece: bytes) -> None:
        """Add a piece.

        Args:
            piece: The next.
        """
        if len(piece) < _SMALL:
            self._tail += piece
            return
        if self._tail:
            self._pieces.append(self._tail)
            self._tail = bytearray()
        self._pieces.append(piece)

    def take(self) -> bytes:
        """Return all that was added, and forget it."""
        pieces, tail = self._pieces, self._tail
        self._pieces, self._tail = [], bytearray()
        return b"".join([*pieces, tail] if tail else pieces)


class IncomingFile:
    """A file of a multipart form while it arrives: written in batches once it is too large for memory.

    Args:
        head: Of the part.
        limits: `spool_size` counts.
    """

    __slots__ = ("_batch", "_batch_size", "_file", "_make", "_room", "name")

    def __init__(self, head: Any, limits: Limits) -> None:
        self.name: str = head.name
        content_type = head.content_type or "application/octet-stream"
        self._make = (content_type, head.filename, head.headers, limits.spool_size)
        self._room = limits.spool_size
        self._file: UploadFile | None = None
        self._batch = Pieces()
        self._batch_size = 0

    def add(self, chunk: bytes) -> bool:
        """Take bytes, and return whether `flush()` must be awaited before more of them."""
        self._batch.add(chunk)
        self._batch_size += len(chunk)
        return self._batch_size > self._room

    async def flush(self) -> None:
        """Write what was collected to the disk."""
        if self._file is None:
            self._file = self._made(b"")
        self._batch_size = 0
        self._room = BATCH
        await self._file.write(self._batch.take())

    async def finish(self) -> UploadFile:
        """Return the file, at its beginning."""
        if self._file is None:
            return self._made(self._batch.take())
        if self._batch_size:
            await self.flush()
        await self._file.seek(0)
        return self._file

    def close_now(self) -> None:
        """Close what was written."""
        if self._file is not None:
            self._file.close_now()

    def _made(self, data: bytes) -> UploadFile:
        content_type, filename, headers, spool_size = self._make
        return UploadFile(content_type, filename, data, headers, spool_size)


class TargetFile(ThreadedFile):
    """A file that a part is written to, in threads: beside its path, which it replaces at the end.

    What is no regular file, a device or a pipe, cannot be replaced and is written to where it stands.

    Args:
        path: Of the file.
    """

    __slots__ = ("_beside", "_file", "_path")

    def __init__(self, path: str | bytes) -> None:
        super().__init__()
        self._path: Any = path
        self._file: Any = None
        # where the file is written, None where nothing is to be removed
        self._beside: Any = None

    def open(self) -> None:
        self._work(self._open)

    def write(self, data: bytes) -> None:
        self._work(write_all, self._file, data)

    def finish(self, data: bytes) -> None:
        self._work(self._finish, data)

    def replace(self) -> None:
        self._work(self._replace)

    def discard(self) -> None:
        self._end_soon()

    def _open(self) -> None:
        mode = 0
        with suppress(FileNotFoundError):
            mode = os.stat(self._path).st_mode
        if mode and not stat.S_ISREG(mode):
            self._file = open(self._path, "wb", buffering=0)
            return
        name = f".litecon-{token_hex(8)}"
        beside = os.path.join(os.path.dirname(self._path), name.encode() if isinstance(self._path, bytes) else name)
        self._file = open(beside, "xb", buffering=0)
        self._beside = beside
        if mode and not os.path.islink(self._path):
            # who may read it stays as it is
            with suppress(OSError):
                os.chmod(beside, mode & 0o777)

    def _finish(self, data: bytes) -> None:
        write_all(self._file, data)
        self._file.close()

    def _replace(self) -> None:
        if self._beside is not None:
            os.replace(self._beside, self._path)
            self._beside = None

    def _end(self) -> None:
        if self._file is None:
            return
        # what has failed is being raised; a full disk may be told once more
        with suppress(OSError):
            self._file.close()
        beside, self._beside = self._beside, None
        if beside is not None:
            with suppress(OSError):
                os.unlink(beside)
