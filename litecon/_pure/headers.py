"""The look-ups of `Headers`, over the raw list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._errors import header_name_type
from .lookup import find_header, find_headers

__all__ = ("HeadersBase", "make_headers")


def _encoded(name: object) -> bytes | None:
    """Return the raw form of a name, None for one that no header can have."""
    if not isinstance(name, str):
        raise header_name_type(name)
    try:
        return name.encode("latin-1").lower()
    except UnicodeEncodeError:
        return None


class HeadersBase:
    """A case-insensitive view of a list of headers, which is read at each call and never copied."""

    __slots__ = ("__weakref__", "_raw")

    _raw: Sequence[Any]

    @property
    def raw(self) -> Sequence[Any]:
        """The list that this is a view of."""
        return self._raw

    def __getitem__(self, name: str) -> str:
        key = _encoded(name)
        value = None if key is None else find_header(self._raw, key)
        if value is None:
            raise KeyError(name)
        return value.decode("latin-1")

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        key = _encoded(name)
        return key is not None and find_header(self._raw, key) is not None

    def get(self, name: str, default: Any = None) -> Any:
        """Return the first value of a header.

        Args:
            name: The header's name, in any case.
            default: What to return if there is no such header.

        Raises:
            TypeError: The name is no str.
        """
        key = _encoded(name)
        value = None if key is None else find_header(self._raw, key)
        return default if value is None else value.decode("latin-1")

    def _values(self, name: str) -> list[str]:
        key = _encoded(name)
        return [] if key is None else [value.decode("latin-1") for value in find_headers(self._raw, key)]


def make_headers(cls: type[Any], raw: Sequence[Any]) -> Any:
    """Return a view of that class over a raw list.

    Args:
        cls: A subclass of `HeadersBase`.
        raw: Pairs of bytes, as in `scope["headers"]`.
    """
    headers = HeadersBase.__new__(cls)
    headers._raw = raw
    return headers
