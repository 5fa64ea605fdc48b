"""The places in Litestar that build connections of fixed classes, and how to have litecon's built there."""

from __future__ import annotations

import importlib
import sys
from typing import Any, Final

from litestar import connection

from .connection import ASGIConnection
from .request import Request

__all__ = ("Replacement",)

# some have another module from Litestar 3.0 on
_PLACES: Final = (
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
# not imported for this alone: who uses them has imported them before the app was made
_OPTIONAL: Final = ("litestar.plugins.", "litestar.testing.")
_OURS: Final[dict[str, Any]] = {"ASGIConnection": ASGIConnection, "Request": Request}

# who wants the places to have litecon's classes
_wanting: set[Any] = set()


class Replacement:
    """The wish that litecon's classes are built everywhere: they are as long as anybody wishes it."""

    def make(self) -> None:
        """Replace the classes, if nobody has."""
        if not _wanting:
            for name, attribute in _PLACES:
                _exchange(name, attribute, getattr(connection, attribute), _OURS[attribute])
        _wanting.add(self)

    def undo(self) -> None:
        """Put Litestar's classes back, unless somebody else wants litecon's."""
        if self in _wanting:
            _wanting.remove(self)
            if not _wanting:
                for name, attribute in _PLACES:
                    _exchange(name, attribute, _OURS[attribute], getattr(connection, attribute))


def _exchange(name: str, attribute: str, old: Any, new: Any) -> None:
    if name.startswith(_OPTIONAL):
        module = sys.modules.get(name)
    else:
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            # another version of Litestar has it
            module = None
    # where it is another class, somebody else has put it there
    if module is not None and getattr(module, attribute, None) is old:
        setattr(module, attribute, new)
