"""The state of a connection."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any, Self

__all__ = ("State",)


class State(MutableMapping[str, Any]):
    """A mapping whose items are attributes too; it reads and writes the dict that it was made with.

    ```python
    request.state.user_id = 7
    request.state["user_id"]  # 7
    ```

    Args:
        state: The dict, such as `scope["state"]`; None for a new one.
    """

    __slots__ = ("__weakref__", "_state")

    _state: MutableMapping[str, Any]

    def __init__(self, state: MutableMapping[str, Any] | None = None) -> None:
        object.__setattr__(self, "_state", {} if state is None else state)

    def __getitem__(self, key: str) -> Any:
        return self._state[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._state[key] = value

    def __delitem__(self, key: str) -> None:
        del self._state[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._state)

    def __len__(self) -> int:
        return len(self._state)

    def __contains__(self, key: object) -> bool:
        return key in self._state

    def __getattr__(self, name: str) -> Any:
        # copy and pickle look for special methods before _state is set
        if name.startswith("__") or name == "_state":
            raise AttributeError(name)
        try:
            return self._state[name]
        except KeyError:
            raise AttributeError(f"the state has no {name!r}", name=name, obj=self) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self._state[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self._state[name]
        except KeyError:
            raise AttributeError(f"the state has no {name!r}", name=name, obj=self) from None

    def __copy__(self) -> Self:
        return self.copy()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self._state),)

    def __repr__(self) -> str:
        # values may be secrets
        return f"{type(self).__name__}({', '.join(map(repr, self._state))})"

    def dict(self) -> dict[str, Any]:
        """Return a copy of the items."""
        return dict(self._state)

    def copy(self) -> Self:
        """Return a State with the same items in a new dict."""
        return type(self)(dict(self._state))
