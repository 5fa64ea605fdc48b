"""`Limits`, every bound on what a client may send, in one immutable object."""

from __future__ import annotations

from typing import Any, Final, NoReturn, Self

__all__ = ("Limits",)

_MIB: Final = 1024 * 1024
_NAMES: Final = (
    "max_body_size",
    "max_fields",
    "max_field_size",
    "max_file_size",
    "max_part_headers",
    "max_part_header_size",
    "spool_size",
    "max_message_size",
    "max_items",
    "max_other_keys",
)


def check_bound(name: str, value: object) -> None:
    """Raise ValueError if a value is not a bound.

    Args:
        name: The name of the bound, for the message.
        value: The value, other than None.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{name} is {value!r}, expected a number of 0 or more, or None for no bound")


class Limits:
    """Bounds on what a client may send, None for no bound. Data beyond a bound is refused at once, with status 413.

    ```python
    class UploadRequest(Request):
        limits = Limits(max_body_size=None, max_file_size=2**31)
    ```

    Args:
        max_body_size: The number of bytes of a request body, as received.
        max_fields: The number of fields of a form or of a query.
        max_field_size: The number of bytes of one form field that is held in memory.
        max_file_size: The number of bytes of one uploaded file.
        max_part_headers: The number of header lines of one multipart part.
        max_part_header_size: The number of bytes of one header line of a multipart part.
        spool_size: The number of bytes of an upload that stay in memory; a larger one is stored on disk.
        max_message_size: The number of bytes of one WebSocket message.
        max_items: The number of values, keys included, in one body or message that is decoded as JSON or MessagePack.
        max_other_keys: The number of MessagePack keys, in one body or message, that are neither str nor bytes, unless
            the type requires such keys. A client can choose numbers that collide in a dict, so that decoding them takes
            quadratic time.

    Raises:
        ValueError: A bound is negative or not an integer.
    """

    __slots__ = _NAMES

    max_body_size: int | None
    max_fields: int | None
    max_field_size: int | None
    max_file_size: int | None
    max_part_headers: int | None
    max_part_header_size: int | None
    spool_size: int
    max_message_size: int | None
    max_items: int | None
    max_other_keys: int | None

    def __init__(
        self,
        *,
        max_body_size: int | None = 10 * _MIB,
        max_fields: int | None = 1000,
        max_field_size: int | None = _MIB,
        max_file_size: int | None = None,
        max_part_headers: int | None = 16,
        max_part_header_size: int | None = 4096,
        spool_size: int = _MIB,
        max_message_size: int | None = 16 * _MIB,
        max_items: int | None = 1_000_000,
        max_other_keys: int | None = 1000,
    ) -> None:
        given = locals()
        for name in _NAMES:
            value = given[name]
            if value is not None or name == "spool_size":
                check_bound(f"Limits: {name}", value)
            object.__setattr__(self, name, value)

    def replace(self, **changes: Any) -> Self:
        """Return these limits with some of them changed.

        Args:
            **changes: New bounds by name, as the constructor takes them.

        Raises:
            TypeError: There is no bound of that name.
            ValueError: A bound is negative or not an integer.
        """
        return type(self)(**{**{name: getattr(self, name) for name in _NAMES}, **changes})

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"Limits are immutable: use limits.replace({name}=...)")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("Limits are immutable")

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), {name: getattr(self, name) for name in _NAMES})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Limits):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in _NAMES)

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in _NAMES))

    def __repr__(self) -> str:
        return f"Limits({', '.join(f'{name}={getattr(self, name)!r}' for name in _NAMES)})"


def _restore(cls: type[Limits], values: dict[str, Any]) -> Limits:
    return cls(**values)
