"""A multi-mapping of parameters."""

from __future__ import annotations

from typing import Self, TypeVar

import multidict

__all__ = ("MultiDict",)

ValueT = TypeVar("ValueT")


class MultiDict(multidict.MultiDict[ValueT]):
    """A dict whose keys may have several values, in order; see `multidict.MultiDict`."""

    def dict(self) -> dict[str, list[ValueT]]:
        """Return a dict with the list of all values of each key."""
        values: dict[str, list[ValueT]] = {}
        for key, value in self.items():
            values.setdefault(key, []).append(value)
        return values

    def multi_items(self) -> list[tuple[str, ValueT]]:
        """Return the list of all pairs of key and value, in order."""
        return list(self.items())

    def copy(self) -> Self:
        """Return a MultiDict with the same pairs."""
        return type(self)(self)

    def __copy__(self) -> Self:
        return self.copy()
