"""The suites: what is measured, who takes part, and how it is driven. All are measured by the same machine."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .contestants import Contestant
from .driver import Batch
from .tasks import Task

if TYPE_CHECKING:
    from .load import Exchange

__all__ = ("Suite", "load_suite")

_MODULES: Final = {"core": ".core", "litestar": ".dropin.suite"}


class Suite(NamedTuple):
    """What is measured, and how.

    Args:
        name: Of the suite.
        operation: What is counted or timed, in words.
        floor: The name of the contestant that the others are measured against.
        tasks: The registry.
        contestants: The names of those that may take part.
        load: Returns the contestant of a name, or raises Unavailable.
        check: Does a task a few times, and raises ValueError where what comes out is wrong.
        make_batch: Returns a batch of operations.
        make_empty_batch: Returns one that does nothing, whose cost is taken off; None where all is counted.
        batch_seconds: How long the floor is to take in a round of time.
        collects: Whether what a batch leaves to the garbage collector is counted with it.
        app: The module and the name of the application that serves all contestants, each below a path of its own.
        report: The module that writes what was found out.
        exchange_of: Returns what is sent to a whole server for a task and a contestant's name, and what comes back.
    """

    name: str
    operation: str
    floor: str
    tasks: tuple[Task, ...]
    contestants: tuple[str, ...]
    load: Callable[[str], Contestant]
    check: Callable[[Task, Contestant], None]
    make_batch: Callable[..., Batch]
    make_empty_batch: Callable[..., Batch] | None
    batch_seconds: float
    collects: bool
    app: str
    report: str
    exchange_of: Callable[[Task, str], Exchange]


def load_suite(name: str) -> Suite:
    """Return the suite of that name.

    Args:
        name: `core` or `litestar`.
    """
    suite: Any = import_module(_MODULES[name], __package__)
    return suite.SUITE  # type: ignore[no-any-return]
