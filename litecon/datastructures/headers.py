"""The headers of a connection."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, ClassVar, Final, Self

from multidict import CIMultiDict, MultiMapping

from .._core import HeadersBase, make_headers, raw_headers
from .._errors import wrong_header
from .._shared.scope import exact_bytes
from ..types import RawHeaders, Scope

__all__ = ("Headers",)

_MISSING: Final = object()


def _encode(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")


class Headers(HeadersBase):
    """A live, case-insensitive multi-mapping over raw headers, with the reading methods of `multidict.CIMultiDict`.

    `raw` is the list itself, whose changes are seen. Names and values are decoded from latin-1; any byte is allowed.

    ```python
    headers = Headers({"accept": "text/html"})
    headers["Accept"]  # "text/html"
    ```

    Args:
        headers: A mapping or an iterable of pairs of str or bytes; a list or tuple of pairs of bytes is not copied.

    Raises:
        UnicodeEncodeError: A str has characters beyond latin-1.
    """

    __slots__ = ()

    def __new__(cls, headers: Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]] = ()) -> Self:
        if isinstance(headers, Headers):
            pairs: Any = headers.to_header_list()
        elif isinstance(headers, Mapping):
            pairs = headers.items()
        elif isinstance(headers, (list, tuple)) and all(type(name) is type(value) is bytes for name, value in headers):
            return make_headers(cls, headers)
        else:
            pairs = headers
        return make_headers(cls, [(_encode(name), _encode(value)) for name, value in pairs])

    @classmethod
    def from_scope(cls, scope: Scope) -> Self:
        """Return a view of the headers of a scope.

        Args:
            scope: The scope of any kind of connection.

        Raises:
            ImproperlyConfiguredException: The headers of the scope are not an iterable.
        """
        return make_headers(cls, raw_headers(scope))

    def getone(self, key: str, default: Any = _MISSING) -> Any:
        """Return the first value of a header.

        Args:
            key: The name of the header, in any case.
            default: The value to return if there is no such header.

        Raises:
            KeyError: There is no such header, and no default.
            TypeError: The name is not a str.
        """
        return self[key] if default is _MISSING else self.get(key, default)

    def getall(self, key: str, default: Any = _MISSING) -> Any:
        """Return the list of all values of a header.

        Args:
            key: The name of the header, in any case.
            default: The value to return if there is no such header.

        Raises:
            KeyError: There is no such header, and no default.
            TypeError: The name is not a str.
        """
        values = self._values(key)
        if not values:
            if default is _MISSING:
                raise KeyError(key)
            return default
        return values

    def multi_items(self) -> list[tuple[str, str]]:
        """Return all pairs of name and value, in order.

        Raises:
            ImproperlyConfiguredException: A header is not a pair of bytes.
        """
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in _pairs(self.raw)]

    def __iter__(self) -> Iterator[str]:
        seen: set[str] = set()
        for name, _ in self.multi_items():
            key = name.lower()
            if key not in seen:
                seen.add(key)
                yield name

    def __len__(self) -> int:
        return len(self.raw)

    def keys(self) -> KeysView[str]:
        """Return the names as they are now, each once, in the case of its first occurrence."""
        return CIMultiDict(self.multi_items()).keys()

    def values(self) -> ValuesView[str]:
        """Return all values as they are now, in order."""
        return CIMultiDict(self.multi_items()).values()

    def items(self) -> ItemsView[str, str]:
        """Return all pairs of name and value as they are now, in order."""
        return CIMultiDict(self.multi_items()).items()

    def dict(self) -> dict[str, list[str]]:
        """Return a dict with the list of all values of each name, in lower case."""
        values: dict[str, list[str]] = {}
        for name, value in self.multi_items():
            values.setdefault(name.lower(), []).append(value)
        return values

    def to_header_list(self) -> RawHeaders:
        """Return a copy of the raw headers: a list of pairs of bytes, as an ASGI event takes it.

        Raises:
            ImproperlyConfiguredException: A header is not a pair of bytes.
        """
        return _pairs(self.raw)

    def copy(self) -> Self:
        """Return headers with the same pairs, over a new list."""
        return make_headers(type(self), self.to_header_list())

    __copy__ = copy

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Headers):
            return _lower_names(self.multi_items()) == _lower_names(other.multi_items())
        if isinstance(other, MultiMapping):
            return _lower_names(self.multi_items()) == _lower_names(other.items())
        if isinstance(other, Mapping):
            return len(self) == len(other) and self.dict() == _values_of(other)
        return NotImplemented

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.to_header_list(),)

    def __repr__(self) -> str:
        # values may be secrets
        return f"Headers({', '.join(map(repr, self))})"


def _pairs(raw: Iterable[Any]) -> RawHeaders:
    """Return all pairs of a raw list as exact bytes; raise for a pair for which a look-up would raise."""
    pairs: RawHeaders = []
    pair: Any = None
    try:
        for pair in raw:
            name, value = pair
            if type(name) is not bytes or type(value) is not bytes:
                if not isinstance(name, bytes) or not isinstance(value, bytes):
                    break
                name, value = exact_bytes(name), exact_bytes(value)
            pairs.append((name, value))
        else:
            return pairs
    except (TypeError, ValueError):
        pass
    raise wrong_header(pair)


def _values_of(mapping: Mapping[Any, Any]) -> dict[Any, list[Any]]:
    """Return what `Headers.dict()` returns, for a mapping with keys of any type."""
    values: dict[Any, list[Any]] = {}
    for key, value in mapping.items():
        values.setdefault(key.lower() if isinstance(key, str) else key, []).append(value)
    return values


def _lower_names(items: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in items]


MultiMapping.register(Headers)
