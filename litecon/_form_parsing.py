"""What forms that are read as a whole and part by part have in common: no I/O (WHATWG URL section 5.1, RFC 7578)."""

from __future__ import annotations

from typing import Any, Final

from ._core import FieldReader
from ._part_head import PartHead
from .limits import Limits

__all__ = ("MULTIPART", "URLENCODED", "FieldEvents", "Pieces", "expect_unread")

MULTIPART: Final = "multipart/form-data"
URLENCODED: Final = "application/x-www-form-urlencoded"

_SMALL: Final = 512


def expect_unread(request: Any) -> None:
    """Raise where a stream, or a form that was not read to its end, has taken a part of the body.

    Args:
        request: The form's.

    Raises:
        StreamConsumed: The form would be a part of itself.
        ClientDisconnect: It would, and the client disconnected before the end.
    """
    request.body_reader.expect_unread()


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


class FieldEvents:
    """Gives an urlencoded body field by field, in the events of a multipart form that is read part by part.

    Args:
        limits: `max_fields` and `max_field_size` count.
    """

    __slots__ = ("_reader", "check")

    def __init__(self, limits: Limits) -> None:
        self._reader = FieldReader(limits)
        self.check = self._reader.check

    def feed(self, chunk: bytes) -> list[Any]:
        """Return the events of a chunk: a head, then the value as bytes of UTF-8, then None, and so on.

        Args:
            chunk: The next of the body, b"" at its end.
        """
        events: list[Any] = []
        for name, value in self._reader.feed(chunk):
            events.append(PartHead(name, None, {}, None, None))
            if value:
                events.append(value.encode("utf-8", "surrogatepass"))
            events.append(None)
        return events
