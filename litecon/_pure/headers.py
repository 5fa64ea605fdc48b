"""Headers: look-ups in the raw list, and the base class of `Headers`, which keeps an index of a long list."""

from __future__ import annotations

from collections.abc import Sequence
from operator import is_
from typing import Any, Final

from .._errors import header_name_type, wrong_header
from .._shared.scope import exact_bytes

__all__ = ("HeadersBase", "find_header", "find_headers", "make_headers")

# the number of look-ups before an index is made, and the number of headers below which there is none
_LOOKUPS_BEFORE_INDEX: Final = 16
_MIN_INDEXED: Final = 32
# the number of headers up to which all are compared with the index, and the number in each part of a longer list
_COMPARE_ALL: Final = 1024
_PART: Final = 256


def find_header(headers: Sequence[Any], name: bytes) -> bytes | None:
    """Return the value of the first header of that name; None if there is none.

    Args:
        headers: The headers, pairs of bytes as in `scope["headers"]`.
        name: The name of the header, in any case.

    Raises:
        ImproperlyConfiguredException: A header is not a pair of bytes.
    """
    lower = bytes.lower  # raises TypeError for anything but bytes
    name = lower(name)
    pair: Any = None
    try:
        for pair in headers:
            key, value = pair
            if lower(key) == name:
                if isinstance(value, bytes):
                    return exact_bytes(value)
                break
        else:
            return None
    except (TypeError, ValueError):
        pass
    raise wrong_header(pair)


def find_headers(headers: Sequence[Any], name: bytes) -> list[bytes]:
    """Return the values of all headers of that name, in order.

    Args:
        headers: The headers, pairs of bytes as in `scope["headers"]`.
        name: The name of the header, in any case.

    Raises:
        ImproperlyConfiguredException: A header is not a pair of bytes.
    """
    lower = bytes.lower  # raises TypeError for anything but bytes
    name = lower(name)
    pair: Any = None
    found: list[bytes] = []
    try:
        for pair in headers:
            key, value = pair
            if lower(key) == name:
                if not isinstance(value, bytes):
                    break
                found.append(exact_bytes(value))
        else:
            return found
    except (TypeError, ValueError):
        pass
    raise wrong_header(pair)


def _encode_name(name: object) -> bytes | None:
    """Return the raw form of a name; None for one that no header can have."""
    if not isinstance(name, str):
        raise header_name_type(name)
    try:
        return str.encode(name, "latin-1").lower()
    except UnicodeEncodeError:
        return None


def _build_index(raw: Sequence[Any]) -> dict[bytes, list[int]] | None:
    """Return the positions of each lower-case name; None if an item is mutable or not a pair of bytes."""
    index: dict[bytes, list[int]] = {}
    for at, pair in enumerate(raw):
        if type(pair) is not tuple or len(pair) != 2 or type(pair[0]) is not bytes or type(pair[1]) is not bytes:
            return None
        index.setdefault(pair[0].lower(), []).append(at)
    return index


class _HeaderIndex:
    """The positions of each lower-case name in headers, and the items from which they were read."""

    __slots__ = ("pairs", "part", "positions")

    def __init__(self, pairs: Sequence[Any], positions: dict[bytes, list[int]]) -> None:
        self.pairs = pairs
        self.positions = positions
        # the position of the part that is compared next
        self.part = 0


class HeadersBase:
    """A case-insensitive view of a list of headers, which is read at each call.

    After some look-ups in a long list it keeps an index, which is used as long as the list has the same items.
    """

    __slots__ = ("__weakref__", "_index", "_lookups", "_raw")

    _raw: Sequence[Any]
    _lookups: int
    # one object, so that a thread never uses the positions of one index with the items of another
    _index: _HeaderIndex | None

    @property
    def raw(self) -> Sequence[Any]:
        """The list of raw headers of which this is a view."""
        return self._raw

    def __getitem__(self, name: str) -> str:
        value = self._find(name)
        if value is None:
            raise KeyError(name)
        return value.decode("latin-1")

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._find(name) is not None

    def get(self, name: str, default: Any = None) -> Any:
        """Return the first value of a header.

        Args:
            name: The name of the header, in any case.
            default: The value to return if there is no such header.

        Raises:
            TypeError: The name is not a str.
        """
        value = self._find(name)
        return default if value is None else value.decode("latin-1")

    def _values(self, name: str) -> list[str]:
        key = _encode_name(name)
        if key is None:
            return []
        index = self._ensure_index()
        if index is not None:
            positions = index.positions.get(key)
            if self._validate_index(index, positions):
                return [index.pairs[at][1].decode("latin-1") for at in positions or ()]
        return [value.decode("latin-1") for value in find_headers(self._raw, key)]

    def _find(self, name: str) -> bytes | None:
        key = _encode_name(name)
        if key is None:
            return None
        index = self._ensure_index()
        if index is not None:
            positions = index.positions.get(key)
            if self._validate_index(index, None if positions is None else positions[:1]):
                return None if positions is None else index.pairs[positions[0]][1]
        return find_header(self._raw, key)

    def _ensure_index(self) -> _HeaderIndex | None:
        """Return the index, which may be outdated, or None; it is made when it begins to pay off."""
        if self._lookups < _LOOKUPS_BEFORE_INDEX:
            self._lookups += 1
            return None
        index = self._index
        if index is not None:
            return index
        # if an index is impossible or does not pay off, this is not checked again at every look-up
        self._lookups = 0
        if type(self._raw) not in (list, tuple) or len(self._raw) < _MIN_INDEXED:
            return None
        # the positions are those in a copy, since another thread or a finalizer can change the list
        pairs = self._raw if type(self._raw) is tuple else list(self._raw)
        positions = _build_index(pairs)
        if positions is None:
            return None
        self._index = index = _HeaderIndex(pairs, positions)
        self._lookups = _LOOKUPS_BEFORE_INDEX
        return index

    def _validate_index(self, index: _HeaderIndex, positions: list[int] | None) -> bool:
        """Return whether the list still matches the index, as far as the look-up of a name can tell.

        A list does not report changes, so its items are compared with those of the index: all of them if there are at
        most 1,024, or if the name is absent. In a longer list only the items of the name, the first and the last 256,
        and a part of 256 that advances with each look-up are compared; otherwise n look-ups in n headers would take
        quadratic time. One change can then be noticed late, after up to one look-up per 256 items: a header that
        replaces one of another name, if its own name was in the list before.

        Args:
            index: The index.
            positions: The positions of the name that the look-up needs; None if the name is absent.
        """
        if self._raw is index.pairs or self._compare_items(index, positions):
            return True
        # the next look-ups search the list, so that a list that keeps changing does not cost an index for each change
        self._index = None
        self._lookups = 0
        return False

    def _compare_items(self, index: _HeaderIndex, positions: list[int] | None) -> bool:
        raw: Any = self._raw
        pairs = index.pairs
        size = len(pairs)
        if len(raw) != size:
            return False
        # compared by identity, so that both sides notice a change at the same look-up
        if positions is None or size <= _COMPARE_ALL:
            return all(map(is_, raw, pairs))
        part = index.part if index.part <= size - _PART else 0
        index.part = part + _PART
        try:
            if not all([raw[at] is pairs[at] for at in positions]):
                return False
        except IndexError:
            # another thread has shortened the list
            return False
        return all([all(map(is_, raw[at : at + _PART], pairs[at : at + _PART])) for at in (0, part, size - _PART)])


def make_headers(cls: type[Any], raw: Sequence[Any]) -> Any:
    """Return a view of that class over a raw list.

    Args:
        cls: A subclass of `HeadersBase`.
        raw: The headers, pairs of bytes as in `scope["headers"]`.
    """
    headers = HeadersBase.__new__(cls)
    headers._raw = raw
    headers._lookups = 0
    headers._index = None
    return headers
