"""Objects that cannot be copied."""

from __future__ import annotations

from typing import Any, NoReturn

from .._errors import cannot_pickle

__all__ = ("Uncopyable",)


class Uncopyable:
    """The base class of objects that `copy` and `pickle` refuse: a copy would share a lock, but not what it guards."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise cannot_pickle(self)
