"""The members of every connection, and the constructor of all connection classes."""

from __future__ import annotations

from typing import Any, ClassVar, Final, TypeVar

from .._errors import missing_key, no_app, not_initialised, not_set, wrong_type
from .._shared.scope import empty_receive, empty_send, lookup, pass_to_setter
from .._shared.url import port_number
from ..datastructures import URL, Address, Headers, MultiDict, State
from ..types import Receive, Scope, Send
from .headers import make_headers
from .parameters import parse_cookies, parse_query
from .url import raw_headers, url_from_scope

__all__ = ("ConnectionBase", "with_fast_constructor")

_MISSING: Final = object()

ClassT = TypeVar("ClassT", bound=type[Any])


class ConnectionBase:
    """The members that an HTTP request and a WebSocket share."""

    __slots__ = {"__weakref__": None, "_cached": None, "_receive": None, "_scope": None, "_send": None}

    _scope: Scope
    _receive: Receive
    _send: Send
    # a scope and the values read from it, in one object, so that a thread never stores a value with another scope
    _cached: tuple[Scope, dict[str, Any]] | None

    # the kernel class, whose attributes are compared with those of a subclass
    _kernel_class: ClassVar[type[ConnectionBase]]

    def __init__(self, scope: Scope, receive: Receive = empty_receive, send: Send = empty_send) -> None:
        self._scope = scope
        self._cached = None
        self._receive = receive
        self._send = send
        self._pass_to_setters(scope)

    def _pass_to_setters(self, scope: Scope) -> None:
        """Complete the construction: pass the arguments to the setters that a subclass defines."""
        cls = type(self)
        own: Any = cls._kernel_class
        if cls.scope is not own.scope:
            pass_to_setter(self, "scope", scope)
        if cls.receive is not own.receive:
            pass_to_setter(self, "receive", self._stored_receive())
        if cls.send is not own.send:
            pass_to_setter(self, "send", self._stored_send())

    def _stored_receive(self) -> Receive:
        """Return the stored callable, whatever a subclass overrides."""
        receive: Any = getattr(self, "_receive", _MISSING)
        if receive is _MISSING:
            raise not_initialised(self, "receive")
        return receive  # type: ignore[no-any-return]

    def _stored_send(self) -> Send:
        """Return the stored callable, whatever a subclass overrides."""
        send: Any = getattr(self, "_send", _MISSING)
        if send is _MISSING:
            raise not_initialised(self, "send")
        return send  # type: ignore[no-any-return]

    def _delete(self, name: str) -> None:
        if not hasattr(self, f"_{name}"):
            raise not_initialised(self, name)
        delattr(self, f"_{name}")

    @property
    def scope(self) -> Scope:
        """The mapping with which the server describes the connection."""
        scope: Any = getattr(self, "_scope", _MISSING)
        if scope is _MISSING:
            raise not_initialised(self, "scope")
        return scope  # type: ignore[no-any-return]

    @scope.setter
    def scope(self, scope: Scope) -> None:
        self._scope = scope

    @scope.deleter
    def scope(self) -> None:
        self._delete("scope")

    @property
    def receive(self) -> Receive:
        """The callable that returns the next event."""
        return self._stored_receive()

    @receive.setter
    def receive(self, receive: Receive) -> None:
        self._receive = receive

    @receive.deleter
    def receive(self) -> None:
        self._delete("receive")

    @property
    def send(self) -> Send:
        """The callable that takes an event."""
        return self._stored_send()

    @send.setter
    def send(self, send: Send) -> None:
        self._send = send

    @send.deleter
    def send(self) -> None:
        self._delete("send")

    def _load_cache(self) -> tuple[Scope, dict[str, Any]]:
        """Return the scope, and the values read from it, which are dropped if another scope was set."""
        scope = self.scope
        cached = getattr(self, "_cached", None)
        if cached is None or cached[0] is not scope:
            self._cached = cached = (scope, {})
        return cached

    @property
    def app(self) -> Any:
        """The application: `scope["litestar_app"]`, or else `scope["app"]`.

        Raises:
            ImproperlyConfiguredException: The scope has neither of them.
        """
        scope = self.scope
        app = lookup(scope, "litestar_app")
        if app is None:
            app = lookup(scope, "app")
            if app is None:
                raise no_app()
        return app

    @property
    def route_handler(self) -> Any:
        """The handler that the router chose.

        Raises:
            ImproperlyConfiguredException: The scope has none.
        """
        return _required_value(self.scope, "route_handler")

    @property
    def auth(self) -> Any:
        """The credentials, as the authentication middleware stored them.

        Raises:
            ImproperlyConfiguredException: No middleware stored them in the scope.
        """
        return _required_value(self.scope, "auth")

    @property
    def user(self) -> Any:
        """The user, as the authentication middleware stored it.

        Raises:
            ImproperlyConfiguredException: No middleware stored it in the scope.
        """
        return _required_value(self.scope, "user")

    @property
    def session(self) -> Any:
        """The data of the session.

        Raises:
            ImproperlyConfiguredException: No middleware stored them in the scope.
        """
        return _required_value(self.scope, "session")

    @property
    def state(self) -> Any:
        """The state of the connection, which reads and writes `scope["state"]`."""
        scope = self.scope
        state = lookup(scope, "state")
        if state is None:
            state = _add_state(scope)
        return State(state)

    @property
    def url(self) -> Any:
        """The requested URL.

        Raises:
            ClientException: The Host header is not a valid authority (RFC 9110 section 7.2).
            ImproperlyConfiguredException: The scope breaks the ASGI specification.
        """
        scope, cached = self._load_cache()
        url = cached.get("url")
        if url is None:
            cached["url"] = url = url_from_scope(URL, scope, False)
        return url

    @property
    def base_url(self) -> Any:
        """The URL of the root of the application: that of the connection without path and query.

        Raises:
            ClientException: The Host header is not a valid authority (RFC 9110 section 7.2).
            ImproperlyConfiguredException: The scope breaks the ASGI specification.
        """
        scope, cached = self._load_cache()
        url = cached.get("base_url")
        if url is None:
            cached["base_url"] = url = url_from_scope(URL, scope, True)
        return url

    @property
    def headers(self) -> Any:
        """The headers, a live view of `scope["headers"]`.

        Raises:
            ImproperlyConfiguredException: The headers of the scope are not iterable.
        """
        scope, cached = self._load_cache()
        raw = raw_headers(scope)
        headers = cached.get("headers")
        if headers is None or headers._raw is not raw:
            cached["headers"] = headers = make_headers(Headers, raw)
        return headers

    @property
    def query_params(self) -> Any:
        """The parameters of the query string, in order, with all values of repeated ones.

        Raises:
            RequestEntityTooLarge: There are more parameters than `limits.max_fields`.
            ImproperlyConfiguredException: The query string of the scope is not bytes.
        """
        scope, cached = self._load_cache()
        params = cached.get("query_params")
        if params is None:
            query = lookup(scope, "query_string", b"")
            if not isinstance(query, bytes):
                raise wrong_type("query_string", query, "bytes")
            cached["query_params"] = params = MultiDict(parse_query(query, type(self).limits.max_fields))  # type: ignore[attr-defined]
        return params

    @property
    def path_params(self) -> Any:
        """The path parameters that the router found; an empty dict if there was no router."""
        params = lookup(self.scope, "path_params")
        return {} if params is None else params

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies of all Cookie headers (RFC 6265 section 5.4); the last value of a name is used.

        Raises:
            ImproperlyConfiguredException: The headers of the scope are not pairs of bytes.
        """
        scope, cached = self._load_cache()
        cookies: dict[str, str] | None = cached.get("cookies")
        if cookies is None:
            cached["cookies"] = cookies = parse_cookies(raw_headers(scope))
        return cookies

    @property
    def client(self) -> Any:
        """The host and port of the client; None if the server does not know them, as with a unix socket."""
        client = lookup(self.scope, "client")
        if not isinstance(client, (tuple, list)) or len(client) < 2 or client[0] is None:
            return None
        return tuple.__new__(Address, (client[0], port_number(client[1])))


ConnectionBase._kernel_class = ConnectionBase


def _add_state(scope: Scope) -> Any:
    state: dict[str, Any] = {}
    # if two threads call this at once, both get the same state
    other = scope.setdefault("state", state) if type(scope) is dict else None
    if other is None:
        scope["state"] = state
    return state if other is None else other


def _required_value(scope: Scope, key: str) -> Any:
    value = lookup(scope, key, _MISSING)
    if value is _MISSING:
        raise not_set(key)
    return value


def required_str(scope: Scope, key: str) -> str:
    """Return `scope[key]`, which the specification requires."""
    value = lookup(scope, key)
    if not isinstance(value, str):
        raise missing_key(key) if value is None else wrong_type(key, value, "a str")
    return value


def with_fast_constructor(cls: ClassT) -> ClassT:
    """Make calls of a class faster, if the side can do that; a class decorator.

    Args:
        cls: A subclass of `ConnectionBase` without its own constructor. Its subclasses are called in the ordinary way.

    Raises:
        TypeError: The class has its own constructor.
    """
    if not issubclass(cls, ConnectionBase) or not vars(cls).keys().isdisjoint({"__init__", "__new__"}):
        raise TypeError(f"{cls!r} has its own constructor")
    return cls
