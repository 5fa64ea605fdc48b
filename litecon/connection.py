"""`ASGIConnection`: what an HTTP request and a WebSocket have in common."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn

from ._core import ConnectionBase, with_fast_constructor
from ._errors import cannot_pickle, quoted
from ._shared.generics import TypeVar, with_defaults
from ._shared.scope import empty_receive, empty_send, lookup
from .datastructures import State
from .limits import Limits
from .types import Empty

__all__ = ("ASGIConnection", "empty_receive", "empty_send")

HandlerT = TypeVar("HandlerT", default=Any)
UserT = TypeVar("UserT", default=Any)
AuthT = TypeVar("AuthT", default=Any)
StateT = TypeVar("StateT", bound=State, default=State)

SESSION_ID_KEY = "litecon.session_id"


class ConstructorSignature:
    """The `__signature__` of connection classes: `inspect` finds none in a compiled `__init__`.

    It is made when it is asked for, since importing `inspect` costs more than importing the rest of the package.

    Args:
        base: The kernel class. A subclass with a constructor of its own has the signature of that one.
        **keywords: Defaults of further parameters, which are given by keyword only.
    """

    def __init__(self, base: type[Any], **keywords: Any) -> None:
        self._base = base
        self._keywords = keywords

    def __get__(self, instance: object, owner: type[Any]) -> Any:
        # an instance has no signature, and inspect looks further where there is none
        if instance is not None or owner.__init__ is not self._base.__init__:
            raise AttributeError("__signature__")
        from inspect import Parameter, Signature

        kind = Parameter.POSITIONAL_OR_KEYWORD
        return Signature(
            [
                Parameter("scope", kind, annotation="Scope"),
                Parameter("receive", kind, default=empty_receive, annotation="Receive"),
                Parameter("send", kind, default=empty_send, annotation="Send"),
                *(Parameter(name, Parameter.KEYWORD_ONLY, default=default) for name, default in self._keywords.items()),
            ]
        )


@with_fast_constructor
class ASGIConnection(ConnectionBase, Generic[HandlerT, UserT, AuthT, StateT]):
    """The scope, receive and send of a connection, read when they are asked for (ASGI 3).

    Construction stores its arguments and reads nothing. Two connections over one scope are different objects that share
    what was received.

    Args:
        scope: Of any kind of connection; a dict or another mapping.
        receive: The server's callable that gives events.
        send: The server's callable that takes events.
    """

    __slots__ = ()
    __signature__: ClassVar[Any] = ConstructorSignature(ConnectionBase)

    limits: ClassVar[Limits] = Limits()
    """Bounds on what a client may send; a subclass sets another."""

    if not TYPE_CHECKING and sys.version_info < (3, 13):

        def __class_getitem__(cls, arguments):
            return super().__class_getitem__(with_defaults(cls.__parameters__, arguments))

    if TYPE_CHECKING:
        # the kernel's accessors, with the types that this class is subscripted with
        @property
        def route_handler(self) -> HandlerT: ...
        @property
        def auth(self) -> AuthT: ...
        @property
        def user(self) -> UserT: ...
        @property
        def state(self) -> StateT: ...

    def set_session(self, value: Any) -> None:
        """Store the session's data.

        Args:
            value: A dict, or a data container (dataclass, Struct, attrs, pydantic, TypedDict), stored as it is.
        """
        self.scope["session"] = value

    def clear_session(self) -> None:
        """Store `Empty` as the session's data and forget the session's id."""
        self.scope["session"] = Empty
        self.scope.pop(SESSION_ID_KEY, None)

    def get_session_id(self) -> str | None:
        """Return the id that a session middleware stored in the scope as `litecon.session_id`, None without one."""
        session_id: str | None = lookup(self.scope, SESSION_ID_KEY)
        return session_id

    def url_for(self, name: str, /, **path_parameters: Any) -> str:
        """Return the absolute URL of a route.

        Args:
            name: The route's name.
            **path_parameters: A value for each parameter of the route's path.

        Raises:
            NoRouteMatchFoundException: There is no such route, or it does not take these parameters.
            ImproperlyConfiguredException: The scope's application cannot reverse a name.
            ClientException: The Host header is no authority (RFC 9110 section 7.2).
        """
        from .routing import absolute_url

        return absolute_url(self.app, name, path_parameters, self.scope, self.base_url)

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise cannot_pickle(self)

    def __repr__(self) -> str:
        try:
            scope = self.scope
            words = [str(lookup(scope, "type", "?")), str(lookup(scope, "method", "")), quoted(lookup(scope, "path", ""))]
        except (AttributeError, TypeError):
            words = ["not initialised"]
        return f"<{type(self).__name__} {' '.join(filter(None, words))}>"
