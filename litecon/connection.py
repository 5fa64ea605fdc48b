"""`ASGIConnection`, the base class of HTTP requests and WebSockets."""

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
_T = TypeVar("_T", default=Any)

SESSION_ID_KEY = "litecon.session_id"


class ConstructorSignature:
    """The `__signature__` of connection classes: `inspect` cannot read the signature of a compiled `__init__`.

    The signature is made on access, since importing `inspect` costs more than importing the rest of the package.

    Args:
        base: The kernel class; a subclass that defines `__init__` has the signature of that method.
        **keywords: The defaults of further parameters, which are keyword-only.
    """

    def __init__(self, base: type[Any], **keywords: Any) -> None:
        self._base = base
        self._keywords = keywords

    def __get__(self, instance: object, owner: type[Any]) -> Any:
        # an instance has no signature; after an AttributeError, inspect reads that of __init__
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


def with_public_names(cls: type[_T]) -> type[_T]:
    """Name a kernel's methods after the public class, for tasks, warnings and reprs; a class decorator.

    Args:
        cls: A subclass of kernel classes. A method that was already named after another class keeps that name.
    """
    kernels = f"{ConnectionBase.__module__.rpartition('.')[0]}."
    for base in cls.__mro__:
        if not base.__module__.startswith(kernels):
            continue
        for name, member in vars(base).items():
            if hasattr(member, "__code__") and member.__module__ == base.__module__:
                member.__module__ = cls.__module__
                member.__qualname__ = f"{cls.__qualname__}.{name}"
    return cls


@with_public_names
@with_fast_constructor
class ASGIConnection(ConnectionBase, Generic[HandlerT, UserT, AuthT, StateT]):
    """The scope, receive and send of a connection (ASGI 3).

    The constructor stores its arguments; each member reads from the scope when it is accessed. Two connections over one
    scope are different objects that share what was received.

    ```python
    connection = ASGIConnection(scope, receive, send)
    print(connection.url, connection.headers.get("user-agent"))
    ```

    Args:
        scope: The scope of any kind of connection; a dict or another mapping.
        receive: The server's callable that returns the next event.
        send: The server's callable that takes an event.
    """

    __slots__ = ()
    __signature__: ClassVar[Any] = ConstructorSignature(ConnectionBase)

    limits: ClassVar[Limits] = Limits()
    """The bounds on what a client may send; a subclass may set others."""

    if not TYPE_CHECKING and sys.version_info < (3, 13):

        def __class_getitem__(cls, arguments):
            return super().__class_getitem__(with_defaults(cls.__parameters__, arguments))

    if TYPE_CHECKING:
        # the kernel's properties, with the type parameters of this class
        @property
        def route_handler(self) -> HandlerT: ...
        @property
        def auth(self) -> AuthT: ...
        @property
        def user(self) -> UserT: ...
        @property
        def state(self) -> StateT: ...

    def set_session(self, value: Any) -> None:
        """Store the data of the session as `scope["session"]`.

        Args:
            value: A dict or a data container (dataclass, Struct, attrs, pydantic, TypedDict), which is stored
                unchanged.
        """
        self.scope["session"] = value

    def clear_session(self) -> None:
        """Store `Empty` as the data of the session, and delete the session's id."""
        self.scope["session"] = Empty
        self.scope.pop(SESSION_ID_KEY, None)

    def get_session_id(self) -> str | None:
        """Return the id that a session middleware stored as `scope["litecon.session_id"]`; None if there is none."""
        session_id: str | None = lookup(self.scope, SESSION_ID_KEY)
        return session_id

    def url_for(self, name: str, /, **path_parameters: Any) -> str:
        """Return the absolute URL of a route.

        ```python
        request.url_for("user", user_id=7)  # "https://example.org/users/7"
        ```

        Args:
            name: The name of the route.
            **path_parameters: A value for each parameter of the route's path.

        Raises:
            NoRouteMatchFoundException: There is no such route, or it does not take these parameters.
            ImproperlyConfiguredException: The application of the scope cannot reverse names.
            ClientException: The Host header is not a valid authority (RFC 9110 section 7.2).
        """
        from .routing import absolute_url

        return absolute_url(self.app, name, path_parameters, self.scope, self.base_url)

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise cannot_pickle(self)

    def __repr__(self) -> str:
        try:
            scope = self.scope
            path = quoted(lookup(scope, "path", ""))
            words = [str(lookup(scope, "type", "?")), str(lookup(scope, "method", "")), path]
        except (AttributeError, TypeError):
            words = ["not initialised"]
        return f"<{type(self).__name__} {' '.join(filter(None, words))}>"
