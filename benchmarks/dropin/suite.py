"""The suite of the drop-in: one Litestar app, without the plugin and with it."""

from __future__ import annotations

from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from ..contestants import Contestant, Unavailable
from ..data import json_of
from ..sides import load_side
from ..suites import Suite
from ..tasks import Task
from .driver import check, make_batch
from .tasks import APP, EVERYWHERE, TASKS

if TYPE_CHECKING:
    from ..load import Exchange

__all__ = ("SUITE", "WITHOUT")

WITHOUT: Final = "without"
"""The name of the contestant against which the other is measured."""

# the plugin whose classes have replaced Litestar's everywhere, at most one
_everywhere: list[Any] = []


def _load(name: str) -> Contestant:
    """Return a contestant, whose operations return the app.

    An operation also replaces, or restores, the classes that Litestar itself creates, as its app needs them.

    Args:
        name: `without` for the app without the plugin, `compiled` for the app with it.

    Raises:
        Unavailable: Litestar is not installed, or litecon has fallen back.
    """
    try:
        import litestar  # noqa: F401
    except ImportError:
        raise Unavailable("litestar is not installed", needed=True) from None
    plugin_class = None
    if name != WITHOUT:
        litecon = load_side("compiled")
        if not litecon.COMPILED:
            raise Unavailable(f"litecon has fallen back, {litecon.FALLBACK_REASON}", needed=True)
        plugin_class = import_module(f"{litecon.__name__}.litestar").LiteconPlugin
    # made here, since this takes most of a minute under callgrind
    _made(plugin_class, APP)
    version = import_module("importlib.metadata").version("litestar")
    return Contestant(name, version, {way: partial(_app_of, plugin_class, way) for way in (APP, EVERYWHERE)})


def _app_of(plugin_class: Any, way: str) -> Any:
    while _everywhere:
        _everywhere.pop().undo()
    app, plugin = _made(plugin_class, way)
    if plugin is not None and way == EVERYWHERE:
        from litestar.config.app import AppConfig

        plugin.on_app_init(AppConfig())
        _everywhere.append(plugin)
    return app


@cache
def _made(plugin_class: Any, way: str) -> tuple[Any, Any]:
    from .app import make_app

    if plugin_class is None:
        return make_app(), None
    plugin = plugin_class(everywhere=way == EVERYWHERE)
    return make_app([plugin]), plugin


def _exchange_of(task: Task, name: str) -> Exchange:
    # imported here, since the processes that are counted do not need it
    from ..load import Exchange, echo_of, request_of

    scope = task.scope(0)
    target = f"/{name}{scope['path']}?{scope['query_string'].decode()}"
    if task.message is not None:
        return echo_of(task.message(0)["text"].encode(), target)
    content = task.expected(0)[1]
    answer = content if isinstance(content, bytes) else json_of(content)
    return Exchange(b"", request_of(task, target), answer, b"")


SUITE: Final = Suite(
    name="litestar",
    operation="request or message in a Litestar app",
    floor=WITHOUT,
    tasks=TASKS,
    contestants=(WITHOUT, "compiled"),
    load=_load,
    check=check,
    make_batch=make_batch,
    make_empty_batch=None,
    # a long batch, since a batch of messages includes the beginning and end of the connection
    batch_seconds=0.02,
    collects=True,
    app="benchmarks.dropin.served:contestants",
    report="benchmarks.dropin.report",
    exchange_of=_exchange_of,
)
