"""`LiteconPlugin`, which makes a Litestar app use litecon's connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from litestar import exceptions
from litestar.enums import RequestEncodingType
from litestar.exceptions.responses import create_exception_response
from litestar.params import BodyKwarg
from litestar.plugins.base import InitPlugin, ReceiveRoutePlugin
from litestar.routes import HTTPRoute, WebSocketRoute
from litestar.types import Empty

from ..exceptions import HTTPException
from .everywhere import Replacement
from .forms import boundary_of, read_multipart
from .request import Request
from .websocket import WebSocket

if TYPE_CHECKING:
    from litestar.config.app import AppConfig
    from litestar.routes.base import BaseRoute

__all__ = ("LiteconPlugin",)

# for each class of a user, its subclass that is also a subclass of litecon's class
_combined: WeakKeyDictionary[type[Any], type[Any]] = WeakKeyDictionary()


def _combine_classes(cls: Any, litecon_class: type[Any]) -> type[Any]:
    """Return a subclass of both a user's class and litecon's.

    Args:
        cls: The class that the user has chosen for a layer; None for none.
        litecon_class: `Request` or `WebSocket`.
    """
    if cls is None or issubclass(litecon_class, cls):
        return litecon_class
    if issubclass(cls, litecon_class):
        return cls  # type: ignore[no-any-return]
    if cls not in _combined:
        names = {
            "__slots__": (),
            "__module__": cls.__module__,
            "__qualname__": cls.__qualname__,
            "__doc__": cls.__doc__,
        }
        hidden = _hidden_members(cls, litecon_class)
        if hidden:
            # between the user's classes and litecon's, so that a super() in the former finds these members
            metaclass: Any = type(litecon_class)
            litecon_class = metaclass("Hidden", (litecon_class,), {"__slots__": (), **hidden})
        _combined[cls] = type(cls)(cls.__name__, (cls, litecon_class), names)
    return _combined[cls]


def _hidden_members(cls: type[Any], litecon_class: type[Any]) -> dict[str, Any]:
    """Return the members of a user's class that litecon's would hide, since Litestar's come between its bases.

    Args:
        cls: The class that the user has chosen, such as `class Own(litestar.Request, Shared)` where `Shared` is a
            subclass of `litestar.ASGIConnection`.
        litecon_class: `Request` or `WebSocket`.
    """
    known = litecon_class.__mro__
    owners = cls.__mro__
    later = owners[next(index for index, owner in enumerate(owners) if owner in known) :]
    hidden: dict[str, Any] = {}
    for owner in reversed(later):
        for name, member in vars(owner).items():
            if owner in known:
                hidden.pop(name, None)
            elif not name.startswith("__") and hasattr(litecon_class, name):
                hidden[name] = member
    constructors = [owner for owner in later if "__init__" in vars(owner)]
    if any(owner not in known for owner in constructors):
        # the constructor of Litestar's class calls the next one
        hidden["__init__"] = vars(constructors[0])["__init__"]
    return hidden


def _set_handler_class(handler: Any, name: str, litecon_class: type[Any]) -> None:
    """Make a handler use a subclass of both litecon's class and the class that the handler or its layers have chosen.

    Args:
        handler: The handler, of any kind.
        name: "request_class" or "websocket_class".
        litecon_class: `Request` or `WebSocket`.
    """
    # since Litestar 3.0 a property returns the choice of the layers; before, a method does
    is_property = isinstance(getattr(type(handler), name, None), property)
    chosen = getattr(handler, name) if is_property else getattr(handler, f"resolve_{name}")()
    if issubclass(chosen, litecon_class):
        return
    if is_property:
        setattr(handler, f"_{name}", _combine_classes(chosen, litecon_class))
        return
    setattr(handler, name, _combine_classes(chosen, litecon_class))
    if name == "request_class":
        # the handler caches the class that it resolved
        handler._resolved_request_class = Empty


def _models_of(route: Any) -> list[Any]:
    """Return the models of the keyword arguments of a route's handlers, each once."""
    # since Litestar 3.0 the handlers have them; before, the route has them
    models = [model for handler in route.route_handlers for model in getattr(handler, "_kwargs_models", {}).values()]
    models = models or [model for _, model in route.route_handler_map.values()]
    return list({id(model): model for model in models}.values())


def _add_form_extractor(model: Any) -> None:
    """Make litecon read the multipart forms of a handler that takes one as its `data`, before Litestar reads them.

    Args:
        model: Litestar's model of the handler's keyword arguments.
    """
    if not model.expected_form_data or model.expected_form_data[0] != RequestEncodingType.MULTI_PART:
        return
    if any(getattr(extractor, "__module__", None) == __name__ for extractor in model.extractors):
        # a handler with several paths is passed in once for each route
        return
    mark = model.expected_form_data[1].kwarg_definition
    own_limit = mark.multipart_form_part_limit if isinstance(mark, BodyKwarg) else None

    async def read_form(values: dict[str, Any], connection: Any) -> None:
        boundary = boundary_of(connection) if isinstance(connection, Request) else None
        if boundary is not None and connection._connection_state.form is Empty:
            limit = connection.app.multipart_form_part_limit if own_limit is None else own_limit
            connection._connection_state.form = await read_multipart(connection, boundary, limit)

    # the extractors of the reserved keyword arguments come first, in this order
    model.extractors.insert(list(model.expected_reserved_kwargs).index("data"), read_form)


def _create_response(request: Any, error: HTTPException) -> Any:
    """Return the response that Litestar makes for an exception of its own with the same status and detail."""
    made = exceptions.HTTPException(
        error.detail,
        status_code=error.status_code,
        headers=None if error.headers is None else dict(error.headers),
        extra=None if error.extra is None else dict(error.extra),
    )
    return create_exception_response(request, made)


class LiteconPlugin(InitPlugin, ReceiveRoutePlugin):
    """Makes a Litestar app use litecon's `Request` and `WebSocket`, without any change to its handlers.

    A class that the user has chosen, on any layer, keeps its methods; litecon's come after it in the method resolution
    order.

    Args:
        everywhere: Whether to replace Litestar's classes also where Litestar creates its own whatever an app has
            chosen: for mounted ASGI apps, sessions, authentication, cache keys, Prometheus and tests. This affects all
            apps of the process; `undo()` reverts it.
    """

    def __init__(self, everywhere: bool = False) -> None:
        self._replacement = Replacement() if everywhere else None

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Choose litecon's classes for an app.

        Args:
            app_config: The configuration of the app.
        """
        app_config.exception_handlers.setdefault(HTTPException, _create_response)
        app_config.request_class = _combine_classes(app_config.request_class, Request)
        app_config.websocket_class = _combine_classes(app_config.websocket_class, WebSocket)
        if self._replacement is not None:
            self._replacement.make()
        return app_config

    def receive_route(self, route: BaseRoute) -> None:
        """Choose litecon's classes for the handlers of a route, if a layer or another plugin has chosen others.

        Args:
            route: The route, of any kind.
        """
        if isinstance(route, HTTPRoute):
            for model in _models_of(route):
                _add_form_extractor(model)
            for handler in route.route_handlers:
                _set_handler_class(handler, "request_class", Request)
        elif isinstance(route, WebSocketRoute):
            _set_handler_class(route.route_handler, "websocket_class", WebSocket)

    def undo(self) -> None:
        """Restore the classes that `everywhere` has replaced; existing apps keep litecon's classes."""
        if self._replacement is not None:
            self._replacement.undo()
