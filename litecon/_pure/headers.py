"""The look-ups of `Headers`, over the raw list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from .._errors import header_name_type
from .lookup import find_header, find_headers

__all__ = ("HeadersBase", "make_headers")

# how many look-ups go through the list before there is an index, and how many headers are not worth one
_LOOKUPS: Final = 16
_FEW: Final = 32


def _encoded(name: object) -> bytes | None:
    """Return the raw form of a name, None for one that no header can have."""
    if not isinstance(name, str):
        raise header_name_type(name)
    try:
        return str.encode(name, "latin-1").lower()
    except UnicodeEncodeError:
        return None


def _index_of(raw: Sequence[Any]) -> dict[bytes, list[bytes]] | None:
    """Return all values of each lower-case name; None where an item could change, or is no pair of bytes."""
    index: dict[bytes, list[bytes]] = {}
    for pair in raw:
        if type(pair) is not tuple or len(pair) != 2 or type(pair[0]) is not bytes or type(pair[1]) is not bytes:
            return None
        index.setdefault(pair[0].lower(), []).append(pair[1])
    return index


class HeadersBase:
    """A case-insensitive view of a list of headers, which is read at each call.

    After some look-ups in many headers it keeps an index of them. That is used as long as the list has the same items,
    which is a comparison of pointers: much less than one of names.
    """

    __slots__ = ("__weakref__", "_index", "_lookups", "_pairs", "_raw")

    _raw: Sequence[Any]
    _lookups: int
    _pairs: Sequence[Any] | None
    _index: dict[bytes, list[bytes]]

    @property
    def raw(self) -> Sequence[Any]:
        """The list that this is a view of."""
        return self._raw

    def __getitem__(self, name: str) -> str:
        value = self._first(name)
        if value is None:
            raise KeyError(name)
        return value.decode("latin-1")

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._first(name) is not None

    def get(self, name: str, default: Any = None) -> Any:
        """Return the first value of a header.

        Args:
            name: The header's name, in any case.
            default: What to return if there is no such header.

        Raises:
            TypeError: The name is no str.
        """
        value = self._first(name)
        return default if value is None else value.decode("latin-1")

    def _values(self, name: str) -> list[str]:
        key = _encoded(name)
        if key is None:
            return []
        values = self._index.get(key, ()) if self._is_indexed() else find_headers(self._raw, key)
        return [value.decode("latin-1") for value in values]

    def _first(self, name: str) -> bytes | None:
        key = _encoded(name)
        if key is None:
            return None
        if self._is_indexed():
            values = self._index.get(key)
            return None if values is None else values[0]
        return find_header(self._raw, key)

    def _is_indexed(self) -> bool:
        """Return whether the index is that of the list as it is now; it is made when it begins to pay."""
        if self._lookups < _LOOKUPS:
            self._lookups += 1
            return False
        if self._pairs is not None:
            if self._pairs == self._raw:
                return True
            self._pairs = None
        elif len(self._raw) >= _FEW and type(self._raw) in (list, tuple):
            index = _index_of(self._raw)
            if index is not None:
                self._index = index
                self._pairs = self._raw[:]
                return True
        # the next look-ups go through the list again, so that a list that changes all the time costs no index each time
        self._lookups = 0
        return False


def make_headers(cls: type[Any], raw: Sequence[Any]) -> Any:
    """Return a view of that class over a raw list.

    Args:
        cls: A subclass of `HeadersBase`.
        raw: Pairs of bytes, as in `scope["headers"]`.
    """
    headers = HeadersBase.__new__(cls)
    headers._raw = raw
    headers._lookups = 0
    headers._pairs = None
    return headers
