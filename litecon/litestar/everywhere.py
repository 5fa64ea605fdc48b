"""The places in Litestar that create connections of fixed classes, and how to replace these classes with litecon's."""

from __future__ import annotations

import importlib
import sys
from typing import Any, Final

from litestar import connection

from .connection import ASGIConnection
from .request import Request

__all__ = ("Replacement",)

# some are in another module since Litestar 3.0
_REFERENCES: Final = (
    # mounted ASGI apps
    ("litestar.routes.asgi", "ASGIConnection"),
    ("litestar.middleware.session.base", "ASGIConnection"),
    ("litestar.middleware.authentication", "ASGIConnection"),
    # cache keys
    ("litestar.middleware.response_cache", "Request"),
    ("litestar.middleware._internal.response_cache", "Request"),
    ("litestar.plugins.prometheus.middleware", "Request"),
    ("litestar.testing.client.base", "ASGIConnection"),
    ("litestar.testing.client._base", "ASGIConnection"),
    ("litestar.testing.request_factory", "Request"),
)
# not imported only for this: an app that uses them has imported them before it creates the plugin
_OPTIONAL: Final = ("litestar.plugins.", "litestar.testing.")
_LITECON_CLASSES: Final[dict[str, Any]] = {"ASGIConnection": ASGIConnection, "Request": Request}

# the replacements that are in effect
_active: set[Any] = set()


class Replacement:
    """A request to use litecon's classes everywhere, which is in effect until every such request is undone."""

    def make(self) -> None:
        """Replace the classes, if no other replacement has done so."""
        if not _active:
            for name, attribute in _REFERENCES:
                _replace_class(name, attribute, getattr(connection, attribute), _LITECON_CLASSES[attribute])
        _active.add(self)

    def undo(self) -> None:
        """Restore Litestar's classes, unless another replacement is still in effect."""
        if self in _active:
            _active.remove(self)
            if not _active:
                for name, attribute in _REFERENCES:
                    _replace_class(name, attribute, _LITECON_CLASSES[attribute], getattr(connection, attribute))


def _replace_class(name: str, attribute: str, old: Any, new: Any) -> None:
    if name.startswith(_OPTIONAL):
        module = sys.modules.get(name)
    else:
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            # the module belongs to another version of Litestar
            module = None
    # any other class was put there by other code, and stays
    if module is not None and getattr(module, attribute, None) is old:
        setattr(module, attribute, new)
