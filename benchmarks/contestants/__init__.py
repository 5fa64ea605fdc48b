"""The registry of contestants: each is one module here, found by its name.

A module has `load()`, which returns a `Contestant` or raises `Unavailable`. Its operations have the names that the
tasks ask for; an operation that it cannot do is missing. An operation takes scope, receive and send, and makes its
connection object itself, as the framework of a handler would for each request. `ws_accept` takes the scopes of all
connections and returns the last socket; the operations on messages take such a socket and the number of messages.
`construct` and `ws_construct` return an idle object.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any, Final, NamedTuple

__all__ = ("FLOOR", "Contestant", "Unavailable", "contestant_names", "defined_in", "load_contestant", "wanted_names")

FLOOR: Final = "raw"
"""The name of the contestant against which the others are measured."""

_ORDER: Final = ("raw", "compiled", "pure")


class Unavailable(Exception):
    """A contestant that cannot take part; the message says why.

    Args:
        reason: The reason, as one sentence.
        needed: Whether a run needs the contestant unless it is excluded explicitly.
    """

    def __init__(self, reason: str, needed: bool = False) -> None:
        super().__init__(reason)
        self.needed = needed


class Contestant(NamedTuple):
    """One way to do the tasks.

    Args:
        name: The name in tables and for `--contestants`.
        version: The version of the library.
        operations: The functions that do the tasks, by the name of the operation.
        scope: The items that its framework puts into the scope of a request before a handler runs.
        websocket_scope: The items that it puts into the scope of a WebSocket.
        event_loop: Whether it asks asyncio for the running loop.
    """

    name: str
    version: str
    operations: dict[str, Callable[..., Any]]
    scope: dict[str, Any] = {}
    websocket_scope: dict[str, Any] = {}
    event_loop: bool = False


def defined_in(namespace: dict[str, Any]) -> dict[str, Callable[..., Any]]:
    """Return the functions that are defined in a function, by name.

    Args:
        namespace: The `locals()` of the function.
    """
    return {
        name: value
        for name, value in namespace.items()
        if isinstance(value, FunctionType) and "<locals>" in value.__qualname__
    }


def contestant_names() -> list[str]:
    """Return the names of all contestants, whether they can take part or not."""
    found = {path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_")}
    return [name for name in _ORDER if name in found] + sorted(found.difference(_ORDER))


def wanted_names(wanted: str | None, known: Sequence[str]) -> list[str]:
    """Return the names that the command line asks for.

    Args:
        wanted: The names, separated by commas; None for all.
        known: The names of all contestants.

    Raises:
        ValueError: There is no contestant of that name.
    """
    names = list(known) if wanted is None else [name.strip() for name in wanted.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise ValueError(f"there is no contestant {name!r}: there are {', '.join(known)}")
    return names


def load_contestant(name: str) -> Contestant:
    """Return the contestant of that name.

    Raises:
        Unavailable: The contestant cannot take part.
    """
    contestant: Contestant = import_module(f"{__name__}.{name}").load()
    return contestant
