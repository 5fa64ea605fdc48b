"""`ASGIConnection`: construction, accessors, subclassing, weak references, equality, and no pickling."""

from __future__ import annotations

import collections
import copy
import dataclasses
import gc
import inspect
import pickle
import types
import weakref
from typing import Any, Generic, TypeVar, get_args
from unittest import mock

import msgspec
import pytest

import litecon
from litecon import Address, ASGIConnection, Empty, ImproperlyConfiguredException, Request, State

from ..helpers import Sender, await_, http_scope

UserT = TypeVar("UserT")
CLASSES = pytest.mark.parametrize("cls", [ASGIConnection, Request])


@dataclasses.dataclass
class User:
    name: str


class Struct(msgspec.Struct):
    name: str


class DictSubclass(dict[str, Any]):
    pass


async def receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"a"}


async def send(event: Any) -> None:
    pass


@CLASSES
class TestConstruction:
    def test_stores_its_arguments(self, cls: Any) -> None:
        scope = http_scope()
        connection = cls(scope, receive, send)
        assert (connection.scope, connection.receive, connection.send) == (scope, receive, send)
        assert connection.scope is scope

    def test_takes_keywords(self, cls: Any) -> None:
        scope = http_scope()
        connection = cls(send=send, receive=receive, scope=scope)
        assert (connection.scope, connection.receive, connection.send) == (scope, receive, send)

    def test_defaults_raise(self, cls: Any) -> None:
        connection = cls(http_scope())
        assert connection.receive is litecon.empty_receive
        assert connection.send is litecon.empty_send
        with pytest.raises(RuntimeError, match="receive"):
            await_(connection.receive())
        with pytest.raises(RuntimeError, match="send"):
            await_(connection.send({}))

    @pytest.mark.parametrize("arguments", [(), ({}, receive, send, None)])
    def test_wrong_number_of_arguments(self, cls: Any, arguments: tuple[Any, ...]) -> None:
        with pytest.raises(TypeError):
            cls(*arguments)

    def test_unknown_keyword(self, cls: Any) -> None:
        with pytest.raises(TypeError):
            cls({}, nonsense=1)

    @pytest.mark.parametrize(
        "scope",
        [
            {},
            {"type": "lifespan"},
            http_scope(extensions=None),
            http_scope(type="websocket", scheme="ws"),
            DictSubclass(http_scope()),
            collections.OrderedDict(http_scope()),
            collections.UserDict(http_scope()),
            collections.ChainMap(http_scope()),
            types.MappingProxyType(http_scope()),
        ],
        ids=lambda scope: type(scope).__name__,
    )
    def test_any_scope(self, cls: Any, scope: Any) -> None:
        connection = cls(scope)
        assert connection.scope is scope
        assert connection.path_params == {}

    def test_headers_of_a_scope_that_cannot_be_changed(self, cls: Any) -> None:
        pairs = [(b"host", b"example.org"), (b"cookie", b"a=b")]
        for headers in (pairs, tuple(pairs), dict(pairs).items(), collections.deque(pairs)):
            connection = cls(types.MappingProxyType(http_scope(headers=headers)))
            for _ in range(2):
                assert connection.headers["cookie"] == "a=b"
                assert connection.cookies == {"a": "b"} and connection.url.hostname == "example.org"
        for headers in (iter(pairs), map(tuple, pairs), (pair for pair in pairs)):
            connection = cls(types.MappingProxyType(http_scope(headers=headers)))
            for name in ("headers", "headers", "cookies", "url", "base_url"):
                with pytest.raises(ImproperlyConfiguredException, match="can be read once"):
                    getattr(connection, name)

    def test_reads_nothing(self, cls: Any) -> None:
        scope = mock.MagicMock(spec=dict)
        cls(scope)
        assert scope.mock_calls == []

    def test_attributes_can_be_set(self, cls: Any) -> None:
        connection = cls(http_scope(path="/one"))
        assert connection.url.path == "/one"
        connection.scope = http_scope(path="/two", query_string=b"a=1")
        connection.receive, connection.send = receive, send
        assert connection.url.path == "/two"
        assert connection.query_params == {"a": "1"}
        assert (connection.receive, connection.send) == (receive, send)

    def test_subscripted(self, cls: Any) -> None:
        alias = cls[Any, Any, Any, Any] if cls is ASGIConnection else cls[Any, Any, Any]
        connection = alias(http_scope())
        assert type(connection) is cls
        assert connection.url.path == "/"

    def test_subclass_of_subscripted_class(self, cls: Any) -> None:
        alias = cls[Any, User, str, State] if cls is ASGIConnection else cls[User, str, State]

        class Sub(alias):  # type: ignore[misc, valid-type]
            @property
            def shouted(self) -> str:
                return str(self.scope["path"].upper())

        connection = Sub(http_scope(path="/a"))
        assert connection.shouted == "/A"
        assert isinstance(connection, cls)
        assert User in get_args(Sub.__orig_bases__[0])

    def test_generic_subclass(self, cls: Any) -> None:
        alias = cls[Any, UserT, Any, Any] if cls is ASGIConnection else cls[UserT, Any, Any]

        class Sub(alias, Generic[UserT]):  # type: ignore[misc, valid-type]
            pass

        assert type(Sub[User](http_scope())) is Sub

    def test_subclass_with_attributes(self, cls: Any) -> None:
        class Sub(cls):  # type: ignore[misc, valid-type]
            def __init__(self, scope: Any, *, tag: str) -> None:
                super().__init__(scope, receive)
                self.tag = tag

        connection = Sub(http_scope(), tag="x")
        assert (connection.tag, connection.receive) == ("x", receive)
        assert list(inspect.signature(Sub).parameters) == ["scope", "tag"]

    def test_has_empty_slots(self, cls: Any) -> None:
        connection = cls(http_scope())
        with pytest.raises(AttributeError):
            connection.nonsense = 1
        assert not hasattr(connection, "__dict__")

    def test_slotted_subclass(self, cls: Any) -> None:
        class Sub(cls):  # type: ignore[misc, valid-type]
            __slots__ = ("tag",)

        connection = Sub(http_scope())
        connection.tag = 1
        assert connection.tag == 1
        assert not hasattr(connection, "__dict__")

    def test_weak_reference(self, cls: Any) -> None:
        connection = cls(http_scope())
        reference = weakref.ref(connection)
        assert reference() is connection
        gc.disable()
        try:
            del connection
            assert reference() is None
        finally:
            gc.enable()

    def test_equality_is_identity(self, cls: Any) -> None:
        scope = http_scope()
        one, two = cls(scope), cls(scope)
        assert one == one
        assert one != two
        assert len({one, two}) == 2

    @pytest.mark.parametrize(
        "make_copy",
        [
            *(lambda value, protocol=protocol: pickle.dumps(value, protocol) for protocol in range(6)),
            copy.copy,
            copy.deepcopy,
        ],
    )
    def test_no_pickling(self, cls: Any, make_copy: Any) -> None:
        with pytest.raises(TypeError, match=f"cannot pickle or copy a {cls.__name__}"):
            make_copy(cls(http_scope()))

    def test_signature(self, cls: Any) -> None:
        parameters = inspect.signature(cls).parameters
        assert list(parameters) == ["scope", "receive", "send"]
        assert parameters["receive"].default is litecon.empty_receive
        assert parameters["send"].default is litecon.empty_send

        class Sub(cls):  # type: ignore[misc, valid-type]
            pass

        assert inspect.signature(Sub) == inspect.signature(cls)

    def test_made_by_new_alone(self, cls: Any) -> None:
        # nothing is there, and nothing may crash
        connection = cls.__new__(cls)
        assert repr(connection)
        for name in [*vars(litecon._core.ConnectionBase), *vars(litecon._core.RequestBase), "receive", "send"]:
            if not name.startswith("_"):
                try:
                    getattr(connection, name, None)
                except Exception as error:  # whatever it says, it says it
                    assert str(error)

    def test_repr_holds_no_secret(self, cls: Any) -> None:
        connection = cls(http_scope(path="/p", query_string=b"token=SECRET", headers=[(b"cookie", b"SECRET")]))
        assert repr(connection) == f"<{cls.__name__} http GET '/p'>"

    def test_has_docstrings(self, cls: Any) -> None:
        assert inspect.getdoc(cls)
        for name in (
            "url",
            "headers",
            "cookies",
            "query_params",
            "client",
            "state",
            "session",
            "set_session",
            "url_for",
        ):
            assert inspect.getdoc(getattr(cls, name)), name

    def test_mock_of_a_property(self, cls: Any) -> None:
        connection = cls(http_scope())
        with mock.patch.object(cls, "cookies", new_callable=mock.PropertyMock, return_value={"a": "b"}):
            assert connection.cookies == {"a": "b"}
        assert connection.cookies == {}


def test_request_is_a_connection() -> None:
    assert issubclass(Request, ASGIConnection)


class TestFromTheScope:
    @pytest.mark.parametrize("name", ["auth", "user", "session", "route_handler"])
    def test_value(self, name: str) -> None:
        value = object()
        assert getattr(ASGIConnection(http_scope(**{name: value})), name) is value

    @pytest.mark.parametrize("name", ["auth", "user", "session", "route_handler"])
    def test_falsy_value(self, name: str) -> None:
        assert getattr(ASGIConnection(http_scope(**{name: None})), name) is None

    @pytest.mark.parametrize(
        ("name", "who"),
        [
            ("auth", "authentication"),
            ("user", "authentication"),
            ("session", "session middleware"),
            ("route_handler", "router"),
        ],
    )
    def test_missing(self, name: str, who: str) -> None:
        with pytest.raises(ImproperlyConfiguredException, match=rf"{name}.*{who}") as info:
            getattr(ASGIConnection(http_scope()), name)
        assert info.value.status_code == 500

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [({"app": 1}, 1), ({"litestar_app": 2}, 2), ({"app": 1, "litestar_app": 2}, 2)],
    )
    def test_app(self, changes: dict[str, Any], expected: int) -> None:
        assert ASGIConnection(http_scope(**changes)).app == expected

    def test_no_app(self) -> None:
        with pytest.raises(ImproperlyConfiguredException, match="app"):
            ASGIConnection(http_scope()).app  # noqa: B018

    def test_path_params(self) -> None:
        params = {"id": 1}
        assert ASGIConnection(http_scope(path_params=params)).path_params == params
        assert ASGIConnection(http_scope()).path_params == {}

    @pytest.mark.parametrize(
        ("client", "expected"),
        [
            (("192.0.2.1", 80), ("192.0.2.1", 80)),
            (["::1", 80], ("::1", 80)),
            (("unix:/run/x", None), ("unix:/run/x", None)),
            (None, None),
            (..., None),
            ((), None),
            (("192.0.2.1",), None),
            ((None, None), None),
            ("", None),
            (b"/run/x.sock", None),
            (7, None),
        ],
    )
    def test_client(self, client: Any, expected: Any) -> None:
        address = ASGIConnection(http_scope(client=client)).client
        assert address == expected
        if expected is not None:
            assert isinstance(address, Address)
            assert (address.host, address.port) == expected


class TestSession:
    @pytest.mark.parametrize("value", [{"a": 1}, User("x"), Struct("x"), {}, None], ids=repr)
    def test_set(self, value: Any) -> None:
        connection = ASGIConnection[Any, Any, Any, Any](http_scope())
        connection.set_session(value)
        assert connection.session is value
        assert connection.scope["session"] is value

    def test_clear(self) -> None:
        connection = ASGIConnection[Any, Any, Any, Any](http_scope(session={"a": 1}))
        connection.scope["litecon.session_id"] = "x"
        assert connection.get_session_id() == "x"
        connection.clear_session()
        assert connection.session is Empty
        assert connection.get_session_id() is None
        connection.clear_session()


class TestState:
    def test_writes_through(self) -> None:
        scope = http_scope(state={"a": 1})
        connection = ASGIConnection[Any, Any, Any, State](scope)
        state = connection.state
        assert isinstance(state, State)
        assert (state.a, state["a"]) == (1, 1)
        state.b = 2
        state["c"] = 3
        del state.a
        assert scope["state"] == {"b": 2, "c": 3}
        assert connection.state == state

    @pytest.mark.parametrize("scope", [http_scope(), http_scope(state=None)])
    def test_is_made_if_missing(self, scope: Any) -> None:
        ASGIConnection[Any, Any, Any, State](scope).state.a = 1
        assert scope["state"] == {"a": 1}
        assert ASGIConnection[Any, Any, Any, State](scope).state.a == 1


class TestQueryParams:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            (b"", []),
            (b"a=1", [("a", "1")]),
            (b"a=1&b=2&a=3", [("a", "1"), ("b", "2"), ("a", "3")]),
            (b"a=&b", [("a", ""), ("b", "")]),
            (b"a=1;b=2", [("a", "1;b=2")]),
            (b"a=b=c", [("a", "b=c")]),
            (b"%C3%A9=%E2%82%AC+x", [("\xe9", "\u20ac x")]),
        ],
    )
    def test_values(self, query: bytes, expected: list[tuple[str, str]]) -> None:
        params = ASGIConnection(http_scope(query_string=query)).query_params
        assert isinstance(params, litecon.MultiDict)
        assert params.multi_items() == expected

    def test_missing_query_string(self) -> None:
        assert ASGIConnection(http_scope(query_string=...)).query_params == {}

    def test_wrong_type(self) -> None:
        with pytest.raises(ImproperlyConfiguredException, match="query_string.*'str'.*bytes"):
            ASGIConnection(http_scope(query_string="a=1")).query_params  # noqa: B018

    def test_limit_of_a_subclass(self) -> None:
        class Sub(ASGIConnection[Any, Any, Any, Any]):
            limits = litecon.Limits(max_fields=2)

        assert len(Sub(http_scope(query_string=b"a&b")).query_params) == 2
        with pytest.raises(litecon.RequestEntityTooLarge, match="max_fields") as info:
            Sub(http_scope(query_string=b"a&b&c")).query_params  # noqa: B018
        assert info.value.status_code == 413

    def test_no_limit(self) -> None:
        class Sub(ASGIConnection[Any, Any, Any, Any]):
            limits = litecon.Limits(max_fields=None)

        assert len(Sub(http_scope(query_string=b"a&" * 5000)).query_params) == 5000


class TestCookies:
    def test_all_headers_are_merged(self) -> None:
        headers = [(b"cookie", b"a=1; b=2"), (b"host", b"x"), (b"Cookie", b"c=3; a=4")]
        assert ASGIConnection(http_scope(headers=headers)).cookies == {"a": "4", "b": "2", "c": "3"}

    def test_none(self) -> None:
        assert ASGIConnection(http_scope(headers=...)).cookies == {}


class TestHeadersOfAConnection:
    def test_live(self) -> None:
        raw: list[Any] = [(b"a", b"1")]
        connection = ASGIConnection(http_scope(headers=raw))
        headers = connection.headers
        assert headers["a"] == "1"
        raw.append((b"b", b"2"))
        assert headers["b"] == "2" == connection.headers["B"]

    def test_another_list_is_seen(self) -> None:
        connection = ASGIConnection(http_scope())
        assert "a" not in connection.headers
        connection.scope["headers"] = [(b"a", b"1")]
        assert connection.headers["a"] == "1"

    def test_generator_is_read_once(self) -> None:
        connection = ASGIConnection(http_scope(headers=(pair for pair in [(b"a", b"1"), (b"cookie", b"c=2")])))
        assert connection.headers["a"] == "1"
        assert connection.cookies == {"c": "2"}
        assert connection.headers.getall("a") == ["1"]

    @pytest.mark.parametrize("headers", [5, None, b"abc", "abc"])
    def test_wrong_type(self, headers: Any) -> None:
        with pytest.raises(ImproperlyConfiguredException, match="headers"):
            ASGIConnection(http_scope(headers=headers)).headers.get("a")

    @pytest.mark.parametrize(
        "pair", [None, 5, (b"a",), (b"host", "x"), ("host", "x"), (b"host", None), (b"a", b"b", b"c")]
    )
    def test_wrong_pair(self, pair: Any) -> None:
        connection = ASGIConnection(http_scope(headers=[(b"b", b"1"), pair]))
        with pytest.raises(ImproperlyConfiguredException, match="headers.*pair"):
            connection.headers.get("host")
        with pytest.raises(ImproperlyConfiguredException, match="headers.*pair"):
            connection.headers.multi_items()


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("path", {"path": ...}),
        ("path", {"path": b"/"}),
        ("root_path", {"root_path": b"/a"}),
        ("scheme", {"scheme": b"http"}),
        ("query_string", {"query_string": "a"}),
        ("query_string", {"query_string": None}),
        ("headers", {"headers": 1}),
    ],
)
def test_url_of_a_scope_that_breaks_the_specification(name: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ImproperlyConfiguredException, match=name):
        ASGIConnection(http_scope(**changes)).url  # noqa: B018


@pytest.mark.parametrize(
    ("method", "message"), [(..., "no 'method'"), (None, "no 'method'"), (b"GET", "'method'.*bytes")]
)
def test_method_of_a_scope_that_breaks_the_specification(method: Any, message: str) -> None:
    with pytest.raises(ImproperlyConfiguredException, match=message):
        Request(http_scope(method=method)).method  # noqa: B018


class TestContexts:
    """An error has no context of how the value was looked for."""

    @pytest.mark.parametrize(
        ("name", "changes"),
        [
            ("url", {"headers": [(b"host", b"a b")]}),
            ("url", {"path": None}),
            ("base_url", {"headers": [(b"host", b"a b")]}),
            ("query_params", {"query_string": "a"}),
            ("cookies", {"headers": [5]}),
            ("content_type", {"headers": [5]}),
            ("content_length", {"headers": [(b"content-length", b"x")]}),
            ("accept", {"headers": [5]}),
            ("method", {"method": ...}),
            ("app", {}),
            ("user", {}),
            ("auth", {}),
            ("session", {}),
            ("route_handler", {}),
        ],
    )
    def test_of_an_accessor(self, side: Any, name: str, changes: dict[str, Any]) -> None:
        request = side.Request(http_scope(**changes))
        with pytest.raises((side.ClientException, side.ImproperlyConfiguredException)) as raised:
            getattr(request, name)
        assert raised.value.__context__ is None

    @pytest.mark.parametrize("name", ["scope", "receive", "send"])
    def test_of_a_member_that_is_not_there(self, side: Any, name: str) -> None:
        request = side.Request(http_scope())
        delattr(request, name)
        for act in (getattr, delattr):
            with pytest.raises(AttributeError, match=name) as raised:
                act(request, name)
            assert raised.value.__context__ is None


def test_send_is_used_as_it_is() -> None:
    sender = Sender()
    connection = ASGIConnection(http_scope(), receive, sender)
    await_(connection.send({"type": "x"}))
    assert sender.events == [{"type": "x"}]


class TestConstructedAgain:
    def test_nothing_of_the_last_connection_stays(self, side: Any) -> None:
        def headers(name: bytes) -> list[tuple[bytes, bytes]]:
            return [
                (b"host", name),
                (b"cookie", b"c=" + name),
                (b"content-type", b"x/" + name),
                (b"accept", b"x/" + name),
            ]

        def read(request: Any) -> list[str]:
            return [
                str(request.url),
                str(request.base_url),
                request.cookies["c"],
                str(request.query_params),
                request.accept.header if hasattr(request.accept, "header") else str(request.accept),
                request.content_type[0],
                request.headers["host"],
            ]

        first, second = (http_scope(headers=headers(name), query_string=b"a=" + name) for name in (b"one", b"two"))
        request = side.Request(first)
        read(request)
        reader = request.body_reader
        request.__init__(second)
        assert read(request) == read(side.Request(second))
        assert request.body_reader is not reader

    def test_a_scope_that_is_none_for_a_while(self, side: Any) -> None:
        request = side.Request(None)
        assert request.scope is None
        request.scope = http_scope(path="/a")
        assert request.url.path == "/a"
        request.scope = None
        with pytest.raises(TypeError):
            _ = request.url
        request.scope = http_scope(path="/b")
        assert request.url.path == "/b"
