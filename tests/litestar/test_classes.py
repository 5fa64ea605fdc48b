"""The drop-in's classes work as Litestar, its users and type checkers expect."""

from __future__ import annotations

import inspect
from typing import Any, Generic, TypeVar
from unittest import mock

import litestar
import pytest
from litestar.connection import ASGIConnection
from litestar.connection.base import AuthT, StateT, UserT, empty_receive, empty_send
from litestar.datastructures import Headers, State
from litestar.exceptions import ImproperlyConfiguredException
from litestar.types import Empty

from ..helpers import Receiver, Sender, await_, body_events, check_python, http_scope
from .scopes import litestar_scope, socket_scope

CLASSES = {"ASGIConnection": ASGIConnection, "Request": litestar.Request, "WebSocket": litestar.WebSocket}
names = pytest.mark.parametrize("name", CLASSES)
T = TypeVar("T")


@names
def test_real_subclasses(dropin: Any, name: str) -> None:
    cls = getattr(dropin, name)
    assert issubclass(cls, CLASSES[name])
    assert issubclass(cls, dropin.ASGIConnection)
    assert isinstance(cls(http_scope()), CLASSES[name])


@names
@pytest.mark.parametrize("count", [1, 2, 3])
def test_constructed_by_position_and_keyword(dropin: Any, name: str, count: int) -> None:
    cls, given = getattr(dropin, name), {"scope": http_scope(), "receive": empty_receive, "send": empty_send}
    arguments = dict(list(given.items())[:count])
    for connection in (cls(*arguments.values()), cls(**arguments)):
        assert connection.scope is given["scope"]
        if name != "WebSocket":
            assert connection.receive is empty_receive
            assert connection.send is empty_send
    assert list(inspect.signature(cls).parameters) == ["scope", "receive", "send"]
    with pytest.raises(TypeError):
        cls()
    with pytest.raises(TypeError):
        cls({}, nonsense=1)


@names
def test_what_it_sets_is_what_litestars_own_sets(dropin: Any, name: str) -> None:
    ours, theirs = getattr(dropin, name)(litestar_scope()), CLASSES[name](litestar_scope())  # type: ignore[operator]
    slots = [slot for cls in type(theirs).__mro__ for slot in getattr(cls, "__slots__", ())]
    assert len(slots) >= 9
    for slot in set(slots) - {"scope", "_connection_state", "receive", "send"}:
        assert getattr(ours, slot) == getattr(theirs, slot), slot
    assert not hasattr(ours, "__dict__")


@names
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"state": {}},
        {"extensions": None},
        {"extensions": {}},
        {"headers": ...},
        {"type": "websocket", "method": ...},
    ],
    ids=str,
)
def test_construction_looks_at_state_and_extensions_alone(dropin: Any, name: str, changes: dict[str, Any]) -> None:
    scope = http_scope(**changes)
    connection = getattr(dropin, name)(scope)
    assert scope["state"]["_ls_connection_state"] is connection._connection_state


def test_server_push_is_offered(dropin: Any) -> None:
    assert dropin.Request(http_scope(extensions={"http.response.push": {}})).supports_push_promise is True
    assert dropin.Request(http_scope()).supports_push_promise is False


@names
def test_subscripted(dropin: Any, name: str) -> None:
    cls = getattr(dropin, name)
    parameters = (Any,) * (4 if name == "ASGIConnection" else 3)
    assert type(cls[parameters](http_scope())) is cls
    assert type(cls[parameters](scope=http_scope(), receive=empty_receive, send=empty_send)) is cls
    assert cls[parameters].__args__ == parameters
    assert cls[parameters].__origin__ is cls


def test_subclasses_of_subscripted_classes(dropin: Any) -> None:
    class Own(dropin.Request[UserT, AuthT, StateT]):  # type: ignore[misc, name-defined]
        __slots__ = ("more",)

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.more = 1
            self.scope["called"] = True

    request = Own[Any, Any, State](scope=litestar_scope())
    assert request.more == 1
    assert request.scope["called"]
    assert isinstance(request, litestar.Request)

    class Open(dropin.WebSocket[Any, Any, State], Generic[T]):  # type: ignore[misc, name-defined]
        pass

    socket = Open(socket_scope())
    socket.anything = 1
    assert socket.connection_state == "init"


@names
@pytest.mark.parametrize("of", ["litecon", "litestar"])
@pytest.mark.parametrize("is_mixed_in", [False, True])
def test_subclasses_that_call_a_constructor_by_its_name(dropin: Any, name: str, of: str, is_mixed_in: bool) -> None:
    base = CLASSES[name]
    called: Any = getattr(dropin, name) if of == "litecon" else base

    class Own(base if is_mixed_in else getattr(dropin, name)):  # type: ignore[misc]
        def __init__(self, scope: Any, receive: Any, send: Any) -> None:
            called.__init__(self, scope, receive, send)
            self.more = 1

    if is_mixed_in:
        # as the plugin combines them
        Own = type("Own", (Own, getattr(dropin, name)), {})  # type: ignore[misc, assignment]
    receiver, sender = Receiver([{"type": "websocket.connect"}, {"type": "websocket.receive", "text": "a"}]), Sender()
    scope = socket_scope() if name == "WebSocket" else litestar_scope()
    connection: Any = Own(scope, receiver, sender)
    assert connection.more == 1
    assert connection.scope is scope
    if name != "WebSocket":
        assert (connection.receive, connection.send) == (receiver, sender)
        return
    assert connection.connection_state == "init"
    assert await_(connection.receive_text()) == "a"
    assert connection.connection_state == "receive"
    await_(connection.send_text("b"))
    assert [event["type"] for event in sender.events] == ["websocket.accept", "websocket.send"]


@pytest.mark.parametrize("is_read_first", [False, True])
def test_a_class_with_headers_of_its_own(dropin: Any, is_read_first: bool) -> None:
    """What is read from headers is read from those that the class says."""
    raw = [(b"content-type", b"application/json"), (b"cookie", b"b=2"), (b"accept", b"a/b"), (b"content-length", b"7")]
    said = {
        "content-type": "Application/x-www-form-urlencoded; a=b",
        "cookie": "a=1",
        "accept": "c/d",
        "content-length": "3",
    }
    answers = []
    for base in (litestar.Request, dropin.Request):

        class Own(base):  # type: ignore[misc, valid-type]
            @property
            def headers(self) -> Headers:
                return Headers(said)

        request = Own(litestar_scope(method="POST", headers=raw), Receiver(body_events(b"c=d")))
        if is_read_first:
            base.headers.fget(request)
        form = await_(request.form())
        answers.append(
            (request.content_type, request.cookies, request.accept.accepts("c/d"), request.content_length, dict(form))
        )
    assert answers[0] == answers[1]
    cookies = Own(litestar_scope(headers=raw)).cookies
    assert cookies == {"a": "1"}
    cookies.clear()
    assert Own(litestar_scope(headers=raw)).cookies == {"a": "1"}


@names
def test_no_weak_references_and_no_dict_as_litestars_own(dropin: Any, name: str) -> None:
    assert getattr(dropin, name).__weakrefoffset__ == CLASSES[name].__weakrefoffset__
    assert getattr(dropin, name).__dictoffset__ == CLASSES[name].__dictoffset__
    assert getattr(dropin, name).__basicsize__ == CLASSES[name].__basicsize__


@pytest.mark.parametrize("method", ["body", "json", "msgpack", "form", "send_push_promise"])
def test_methods_of_a_request_are_coroutine_functions(dropin: Any, method: str) -> None:
    assert inspect.iscoroutinefunction(getattr(dropin.Request, method))


@pytest.mark.parametrize(
    "method",
    [
        "accept",
        "close",
        *(f"{verb}_{kind}" for verb in ("receive", "send") for kind in ("data", "text", "bytes", "json", "msgpack")),
    ],
)
def test_methods_of_a_socket_are_coroutine_functions(dropin: Any, method: str) -> None:
    assert inspect.iscoroutinefunction(getattr(dropin.WebSocket, method))
    ours, theirs = (inspect.signature(getattr(cls, method)) for cls in (dropin.WebSocket, litestar.WebSocket))
    # `type` is litecon's own, and the last
    assert [(p.name, p.default is p.empty) for p in ours.parameters.values() if p.name != "type"] == [
        (p.name, p.default is p.empty) for p in theirs.parameters.values()
    ]
    assert list(ours.parameters).index("type") == len(ours.parameters) - 1 if "type" in ours.parameters else True


def test_a_method_replaced_on_the_class_is_obeyed(dropin: Any) -> None:
    for body, value in ((b"", None), (b'{"a": 1}', {"a": 1})):
        with mock.patch.object(dropin.Request, "body", return_value=body):
            assert await_(dropin.Request(litestar_scope()).json()) == value
    with mock.patch.object(dropin.Request, "body", return_value=b""):
        assert await_(dropin.Request(litestar_scope()).msgpack()) is None


def test_accessors_inherited(dropin: Any) -> None:
    request = dropin.Request(litestar_scope(session={"a": 1}, user="u", auth="t"))
    assert (request.session, request.user, request.auth) == ({"a": 1}, "u", "t")
    assert request.app is request.scope["litestar_app"]
    assert request.route_handler is request.scope["route_handler"]
    assert request.client == ("192.0.2.1", 50000)
    assert request.get_session_id() is None
    request.clear_session()
    assert request.scope["session"] is Empty
    for name in ("user", "auth", "session"):
        with pytest.raises(ImproperlyConfiguredException, match=name):
            getattr(dropin.Request(litestar_scope()), name)


def test_the_state_shows_litestars_own_key_alone(dropin: Any) -> None:
    request = dropin.Request(litestar_scope())
    assert list(request.state.keys()) == ["_ls_connection_state"]
    assert request.state.dict() == {}


def test_one_sentence_without_litestar() -> None:
    code = """
import sys
sys.modules["litestar"] = None
try:
    import litecon.litestar
except ImportError as error:
    print(error)
"""
    assert check_python(code) == (
        "litecon.litestar needs Litestar, which is not installed: pip install 'litecon[litestar]'\n"
    )
