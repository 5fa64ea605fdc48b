"""Every member uses the `scope`, `receive` and `send` of a subclass, however the subclass overrides them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ..helpers import drive, http_scope
from ..websocket.doubles import websocket_scope
from .operations import OPERATIONS, Operation, Server
from .running import WAYS, ends_the_process

pytestmark = [pytest.mark.slow, ends_the_process]


class Settable:
    """A descriptor of Python's kind; what the constructor sets is passed over."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.reads = 0

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        self.reads += 1
        return self.value

    def __set__(self, instance: Any, value: Any) -> None: ...


def by_property(cls: Any, name: str, value: Any) -> Any:
    return type("ByProperty", (cls,), {name: property(lambda self: value, lambda self, value: None)})


def by_descriptor(cls: Any, name: str, value: Any) -> Any:
    return type("ByDescriptor", (cls,), {name: Settable(value)})


def by_slot(cls: Any, name: str, value: Any) -> Any:
    def __init__(self: Any, *arguments: Any, **keywords: Any) -> None:
        cls.__init__(self, *arguments, **keywords)
        setattr(self, name, value)

    return type("BySlot", (cls,), {"__slots__": (name,), "__init__": __init__})


def by_class_attribute(cls: Any, name: str, value: Any) -> Any:
    made = type("ByAttribute", (cls,), {name: staticmethod(value) if callable(value) else value})

    def __init__(self: Any, *arguments: Any, **keywords: Any) -> None:
        cls.__init__(self, *arguments, **keywords)
        # what the constructor has stored on the instance goes before an attribute of the class
        vars(self).pop(name, None)

    made.__init__ = __init__  # type: ignore[misc]
    return made


def by_getattribute(cls: Any, name: str, value: Any) -> Any:
    def __getattribute__(self: Any, asked: str) -> Any:
        return value if asked == name else cls.__getattribute__(self, asked)

    return type("ByGetattribute", (cls,), {"__getattribute__": __getattribute__})


def by_mixin(cls: Any, name: str, value: Any) -> Any:
    """Override in a class that stands before the public one, and is no connection itself."""
    mixin = type("Mixin", (), {"__slots__": (), name: property(lambda self: value, lambda self, value: None)})
    return type("ByMixin", (mixin, cls), {})


def by_patch(cls: Any, name: str, value: Any) -> Any:
    """Override after the class was used, as `mock.patch.object` does."""
    made = type("Patched", (cls,), {})
    made({"type": "http", "headers": []})
    setattr(made, name, property(lambda self: value, lambda self, value: None))
    return made


OVERRIDES: dict[str, Callable[[Any, str, Any], Any]] = {
    override.__name__: override
    for override in (by_property, by_descriptor, by_slot, by_class_attribute, by_getattribute, by_mixin, by_patch)
}
over_overrides = pytest.mark.parametrize("override", OVERRIDES)

LITECON = [operation for operation in OPERATIONS if not operation.is_dropin]
# what is prepared before goes by the overriding callable as well; what was read before it would not be
PLAIN = [operation for operation in LITECON if operation.prepare is None and operation.calls]


def complaint_about(side: Any, operation: Operation, override: str, name: str, way: str) -> str | None:
    """Return what is wrong where a subclass has another `receive` or `send` than it is given."""
    given, own = Server(), Server()
    cls = OVERRIDES[override](operation.base(side), name, getattr(own, name))

    def make() -> Any:
        subject = operation.open(side, given, cls=cls)
        own.arm(operation.events, {})
        return operation.start(subject)

    outcome = WAYS[way](make)
    if outcome.kind != "returned" or operation.seen(outcome.value) != operation.result:
        return f"it {outcome}"
    expected = [call for call in operation.calls if call == name]
    if [call for call in own.calls if call == name] != expected or name in given.calls:
        return f"its own {name} got {own.calls}, the one that it was given {given.calls}"
    return None


@over_overrides
@pytest.mark.parametrize("name", ["receive", "send"])
@pytest.mark.parametrize("kind", ["Request", "WebSocket"])
def test_overridden_callables_are_obeyed_by_every_operation(side: Any, kind: str, override: str, name: str) -> None:
    complaints = []
    for operation in PLAIN:
        if operation.kind != kind or name not in operation.calls or not operation.exists(side):
            continue
        problem = complaint_about(side, operation, override, name, "await")
        if problem is not None:
            complaints.append(f"{operation}: {problem}")
    assert not complaints, "\n".join(complaints)


# the scope

OTHER: dict[str, Any] = {
    "method": "PUT",
    "path": "/other",
    "raw_path": b"/other",
    "query_string": b"a=1&b=2",
    "headers": [
        (b"host", b"other.example"),
        (b"cookie", b"c=1"),
        (b"accept", b"text/plain"),
        (b"content-type", b"text/plain; charset=latin-1"),
        (b"content-length", b"12"),
    ],
    "client": ("203.0.113.9", 9),
    "path_params": {"id": 1},
    "app": "an app",
    "route_handler": "a handler",
    "auth": "an auth",
    "user": "a user",
    "session": {"s": 1},
    "state": {"st": 1},
    "extensions": {"http.response.push": {}, "http.response.early_hint": {}},
}
MEMBERS = (
    "app", "route_handler", "auth", "user", "session", "state", "url", "base_url", "headers", "query_params",
    "path_params", "cookies", "client",
)  # fmt: skip
OF_REQUESTS = ("method", "content_type", "content_length", "accept", "supports_push_promise", "supports_early_hints")


def shown(value: Any) -> str:
    """Return something comparable of what a member gives."""
    if hasattr(value, "items"):
        return repr(list(value.items()))
    if hasattr(value, "best_match"):
        return repr(value.best_match(["text/html", "text/plain"]))
    return str(value) if type(value).__name__ in ("URL", "State") else repr(value)


@over_overrides
@pytest.mark.parametrize("kind", ["ASGIConnection", "Request", "WebSocket"])
def test_overridden_scope_is_obeyed_by_every_member(side: Any, kind: str, override: str) -> None:
    base = getattr(side, kind)
    make_scope = websocket_scope if kind == "WebSocket" else http_scope
    other = make_scope(**OTHER)
    server = Server()
    connection = OVERRIDES[override](base, "scope", other)(make_scope(), server.receive, server.send)
    plain = base(make_scope(**OTHER), server.receive, server.send)
    assert connection.scope is other
    complaints = []
    for name in (*MEMBERS, *(OF_REQUESTS if kind == "Request" else ())):
        if not hasattr(base, name):
            continue
        # once more, since the first reading may have filled a cell
        for _ in range(2):
            seen, expected = shown(getattr(connection, name)), shown(getattr(plain, name))
            if seen != expected:
                complaints.append(f"{name}: {seen}, expected {expected}")
    connection.set_session("another")
    if other["session"] != "another":
        complaints.append("set_session() sets that of another scope")
    if "/other" not in repr(connection):
        complaints.append(f"it is shown as {connection!r}")
    assert not complaints, "\n".join(complaints)


@over_overrides
def test_body_is_that_of_the_overridden_scope(side: Any, override: str) -> None:
    """What was received is kept in the scope that the subclass says."""
    server = Server({"type": "http.request", "body": b"kept"})
    other = http_scope()
    request = OVERRIDES[override](side.Request, "scope", other)(http_scope(), server.receive, server.send)
    assert drive(request.body()) == b"kept"
    assert drive(side.Request(other, server.receive).body()) == b"kept"
    assert server.calls == ["receive"]


@over_overrides
def test_extensions_are_those_of_the_overridden_scope(side: Any, override: str) -> None:
    server = Server()
    cls = OVERRIDES[override](side.WebSocket, "scope", websocket_scope(extensions={}))
    drive(cls(websocket_scope(), server.receive, server.send).deny())
    # the extension for denials is not offered there
    assert [event["type"] for event in server.sent] == ["websocket.close"]
