"""The arms: one app without the plugin, and with it."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any, Final, NamedTuple

from ..contestants import Unavailable
from ..sides import Side, load_side
from .tasks import EVERYWHERE

__all__ = ("ARMS", "WITHOUT", "Arm", "load_arm")

WITHOUT: Final = "without"
"""The arm that the others are measured against."""

ARMS: Final[dict[str, Side | None]] = {WITHOUT: None, "compiled": "compiled"}
"""By name, the side of litecon whose plugin is used."""

# at most one: the plugin whose classes are in Litestar's places
_everywhere: list[Any] = []


class Arm(NamedTuple):
    """An app in one of the ways that are compared.

    Args:
        name: Of `ARMS`.
        plugin: The class of the plugin; None for the arm without.
    """

    name: str
    plugin: Any

    def app(self, operation: str) -> Any:
        """Return the app for an operation, and have Litestar's own places as it needs them until another is asked for.

        Args:
            operation: `APP` or `EVERYWHERE`.
        """
        from litestar.config.app import AppConfig

        while _everywhere:
            _everywhere.pop().undo()
        app, plugin = _app_of(self, operation)
        if plugin is not None and operation == EVERYWHERE:
            plugin.on_app_init(AppConfig())
            _everywhere.append(plugin)
        return app


@cache
def _app_of(arm: Arm, operation: str) -> tuple[Any, Any]:
    from .app import make_app

    if arm.plugin is None:
        return make_app(), None
    plugin = arm.plugin(everywhere=operation == EVERYWHERE)
    return make_app([plugin]), plugin


def load_arm(name: str) -> Arm:
    """Return the arm of that name.

    Args:
        name: Of `ARMS`.

    Raises:
        Unavailable: Litestar is not installed, or litecon has fallen back where it must not.
    """
    try:
        import litestar  # noqa: F401
    except ImportError:
        raise Unavailable("litestar is not installed", needed=True) from None
    side = ARMS[name]
    if side is None:
        return Arm(name, None)
    litecon = load_side(side)
    if side == "compiled" and not litecon.COMPILED:
        raise Unavailable(f"litecon has fallen back, {litecon.FALLBACK_REASON}", needed=True)
    return Arm(name, import_module(f"{litecon.__name__}.litestar").LiteconPlugin)
