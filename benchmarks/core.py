"""The suite of litecon's own objects, against the raw floor and their peers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .contestants import FLOOR, contestant_names, load_contestant
from .data import json_of
from .driver import check, make_batch, make_empty_batch
from .suites import Suite
from .tasks import TASKS, Task

if TYPE_CHECKING:
    from .load import Exchange

__all__ = ("SUITE",)


def _exchange_of(task: Task, name: str) -> Exchange:
    # imported here, since the processes that are counted do not need it
    from .load import Exchange, echo_of, request_of

    query = task.scope(0)["query_string"].decode()
    target = f"/{name}/{task.operation}?{query}"
    if task.message is not None:
        return echo_of(task.message(0)["text"].encode(), target)
    return Exchange(b"", request_of(task, target), json_of(task.expected(0)), b"")


SUITE: Final = Suite(
    name="core",
    operation="operation",
    floor=FLOOR,
    tasks=TASKS,
    contestants=tuple(contestant_names()),
    load=load_contestant,
    check=check,
    make_batch=make_batch,
    make_empty_batch=make_empty_batch,
    batch_seconds=0.004,
    collects=False,
    app="benchmarks.apps:contestants",
    report="benchmarks.report",
    exchange_of=_exchange_of,
)
