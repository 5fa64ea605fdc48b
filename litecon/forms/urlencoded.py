"""Urlencoded forms, read field by field (WHATWG URL section 5.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .._core import FieldReader
from .._shared.multipart import PartHead
from ..limits import Limits

__all__ = ("URLENCODED", "FieldEvents")

URLENCODED: Final = "application/x-www-form-urlencoded"


class FieldEvents:
    """Parses an urlencoded body into the same events as `MultipartReader`, so that both are read part by part alike.

    Args:
        limits: The limits, of which `max_fields` and `max_field_size` are used.
    """

    __slots__ = ("_reader", "check")

    def __init__(self, limits: Limits) -> None:
        self._reader = FieldReader(limits)
        self.check: Callable[[], None] = self._reader.check

    def feed(self, chunk: bytes) -> list[Any]:
        """Return the events of a chunk: for each field its `PartHead`, its value in UTF-8 unless empty, and None.

        Args:
            chunk: The next chunk of the body, b"" at its end.
        """
        events: list[Any] = []
        for name, value in self._reader.feed(chunk):
            events.append(PartHead(name, None, {}, None, None))
            if value:
                events.append(value.encode("utf-8", "surrogatepass"))
            events.append(None)
        return events
