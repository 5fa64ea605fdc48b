"""The Accept header."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, overload

from .._core import best_match, parse_accept
from .._errors import text_type
from .._shared.scope import exact_str

__all__ = ("Accept",)


class Accept:
    """The media ranges of an Accept header, in order of the client's preference (RFC 9110 section 12.5.1).

    ```python
    request.accept.best_match(["application/json", "text/html"], "text/html")
    ```

    Args:
        accept_value: The value of the header.

    Raises:
        TypeError: The value is not a str.
    """

    __slots__ = ("_value",)

    def __init__(self, accept_value: str) -> None:
        if type(accept_value) is not str:
            if not isinstance(accept_value, str):
                raise text_type("an Accept header", accept_value)
            accept_value = exact_str(accept_value)
        self._value = accept_value

    def _texts(self) -> list[str]:
        return [item[-1] for item in parse_accept(self._value)]

    def __len__(self) -> int:
        return len(self._texts())

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        return self._texts()[index]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts())

    @overload
    def best_match(self, provided_types: Sequence[str], default: str) -> str: ...

    @overload
    def best_match(self, provided_types: Sequence[str], default: None = None) -> str | None: ...

    def best_match(self, provided_types: Sequence[str], default: str | None = None) -> str | None:
        """Return the provided media type that the client prefers.

        Args:
            provided_types: The media types to choose from. A wildcard in one is replaced by what the client accepts.
            default: The value to return if the client accepts none of them.
        """
        best = best_match(self._value, provided_types)
        return default if best is None else best

    def accepts(self, media_type: str) -> bool:
        """Return whether the client accepts a media type.

        Args:
            media_type: The media type, as in a Content-Type header.
        """
        return best_match(self._value, (media_type,)) is not None

    def __eq__(self, other: object) -> bool:
        return parse_accept(self._value) == parse_accept(other._value) if isinstance(other, Accept) else NotImplemented

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Accept({', '.join(self)!r})"
