"""The suites: the tasks, the contestants, and the loops that drive them. The same code measures all suites."""

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
    """The tasks that are measured, and the functions that measure them.

    Args:
        name: The name of the suite.
        operation: The unit that is counted or timed, in words.
        floor: The name of the contestant against which the others are measured.
        tasks: The registry of tasks.
        contestants: The names of the contestants that may take part.
        load: A function that returns the contestant of a name, or raises Unavailable.
        check: A function that does a task a few times, and raises ValueError if a result is wrong.
        make_batch: A function that returns a batch of operations.
        make_empty_batch: A function that returns a batch that does nothing, whose cost is subtracted; None to subtract
            nothing.
        batch_seconds: The number of seconds that a batch of the floor should take when time is measured.
        collects: Whether a garbage collection after each batch is counted with it.
        app: The module and name of the application that serves all contestants, each under its own path.
        report: The module that writes the results.
        exchange_of: A function that returns the `Exchange` with a whole server for a task and a contestant's name.
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
