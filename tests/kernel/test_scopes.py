"""Scopes that are not plain dicts of plain values: both sides treat them alike, whichever member is used."""

from __future__ import annotations

import enum
import types
from collections import ChainMap, UserDict, defaultdict
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

import pytest

from ..helpers import http_scope, outcome

COMPONENTS = ("scheme", "netloc", "path", "query", "fragment")


class Text(str):
    """A str that says something else by every method that a reader might call."""

    __slots__ = ()

    def __str__(self) -> str:
        return "overridden"

    def lower(self) -> str:
        return "overridden"

    def rstrip(self, *args: Any) -> str:
        return "overridden"

    def startswith(self, *args: Any) -> bool:
        return True

    def __getitem__(self, index: Any) -> str:
        return "o"


class Data(bytes):
    """Bytes that say something else by every method that a reader might call."""

    def decode(self, *args: Any, **keywords: Any) -> str:
        return "overridden"

    def lower(self) -> bytes:
        return b"overridden"

    def split(self, *args: Any) -> list[bytes]:
        return [b"overridden"]

    def __getitem__(self, index: Any) -> Any:
        return b"overridden"

    def __bytes__(self) -> bytes:
        return b"overridden"


class Kind(str, enum.Enum):
    HTTP = "http"
    HTTPS = "HTTPS"
    PATH = "/a/b"


class Port(enum.IntEnum):
    OWN = 8000


class Number(int):
    def __str__(self) -> str:
        return "overridden"

    def __int__(self) -> int:
        return 1


# what an accessor gives, of a type that can be compared across the sides
ACCESSORS: dict[str, Callable[[Any], Any]] = {
    "app": lambda connection: connection.app,
    "route_handler": lambda connection: connection.route_handler,
    "auth": lambda connection: connection.auth,
    "user": lambda connection: connection.user,
    "session": lambda connection: connection.session,
    "state": lambda connection: connection.state.dict(),
    "url": lambda connection: tuple(getattr(connection.url, name) for name in COMPONENTS),
    "str(url)": lambda connection: str(connection.url),
    "base_url": lambda connection: tuple(getattr(connection.base_url, name) for name in COMPONENTS),
    "headers": lambda connection: connection.headers.multi_items(),
    "headers.get": lambda connection: [connection.headers.get(name) for name in ("host", "cookie", "x")],
    "to_header_list": lambda connection: connection.headers.to_header_list(),
    "query_params": lambda connection: connection.query_params.multi_items(),
    "path_params": lambda connection: dict(connection.path_params),
    "cookies": lambda connection: connection.cookies,
    "client": lambda connection: None if connection.client is None else tuple(connection.client),
    "get_session_id": lambda connection: connection.get_session_id(),
    "repr": repr,
}
REQUEST_ACCESSORS: dict[str, Callable[[Any], Any]] = {
    "method": lambda request: request.method,
    "content_type": lambda request: request.content_type,
    "content_length": lambda request: request.content_length,
    "accept": lambda request: list(request.accept),
    "supports_push_promise": lambda request: request.supports_push_promise,
    "is_connected": lambda request: request.is_connected,
}

# values of subclasses and of other kinds, and what each accessor that reads them has to give
FULL: dict[str, Any] = http_scope(
    app="the app",
    auth="an auth",
    user="a user",
    session={"a": 1},
    state={"b": 2},
    route_handler="a handler",
    path="/a/b",
    root_path="/a",
    query_string=b"q=1&q=2",
    path_params={"c": 3},
    extensions={"http.response.push": {}},
    headers=[
        (b"host", b"example.com"),
        (b"cookie", b"d=4"),
        (b"accept", b"text/html"),
        (b"content-type", b"text/plain;charset=utf-8"),
        (b"content-length", b"5"),
    ],
)
FULL["litecon.session_id"] = "an id"


class ItemsFirst(dict):  # type: ignore[type-arg]
    """Its items stand elsewhere, and only `[...]` finds them."""

    def __getitem__(self, key: str) -> Any:
        return FULL[key]


class Missing(dict):  # type: ignore[type-arg]
    """Its items are made when they are asked for."""

    def __missing__(self, key: str) -> Any:
        return FULL[key]


class OnlyGet(dict):  # type: ignore[type-arg]
    """Only `get` finds its items."""

    def get(self, key: str, default: Any = None) -> Any:
        return FULL.get(key, default)


class GetIsWrong(ItemsFirst):
    def get(self, key: str, default: Any = None) -> Any:
        raise AssertionError("the items are asked, as in the server's own code")


class Bare:
    """Not even a Mapping: items are all it has."""

    def __init__(self, items: dict[str, Any]) -> None:
        self.own = dict(items)

    def __getitem__(self, key: str) -> Any:
        return self.own[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.own[key] = value


class Counting(MutableMapping[str, Any]):
    def __init__(self, items: dict[str, Any]) -> None:
        self.own = dict(items)
        self.asked: list[str] = []

    def __getitem__(self, key: str) -> Any:
        self.asked.append(key)
        return self.own[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.own[key] = value

    def __delitem__(self, key: str) -> None:
        del self.own[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.own)

    def __len__(self) -> int:
        return len(self.own)


def lazily_full() -> Any:
    scope: defaultdict[str, Any] = defaultdict(lambda: None)
    scope.update(FULL)
    return scope


SCOPES: dict[str, Callable[[], Any]] = {
    "dict": lambda: dict(FULL),
    "own __getitem__": ItemsFirst,
    "own __getitem__ and contents": lambda: ItemsFirst(path="/wrong", headers=[], query_string=b"wrong", user="wrong"),
    "own __missing__": Missing,
    "own get": OnlyGet,
    "own get and __getitem__": GetIsWrong,
    "defaultdict": lazily_full,
    "UserDict": lambda: UserDict(FULL),
    "ChainMap": lambda: ChainMap({}, FULL),
    "mappingproxy": lambda: types.MappingProxyType(dict(FULL)),
    "Mapping": lambda: Counting(FULL),
    "items alone": lambda: Bare(FULL),
}


def kinds_of(side: Any, scope: Any) -> Iterator[tuple[str, Callable[[Any], Any], Any]]:
    for name, accessor in (ACCESSORS | REQUEST_ACCESSORS).items():
        yield name, accessor, side.Request(scope())
    for name, accessor in ACCESSORS.items():
        if name in ACCESSORS:
            yield name, accessor, side.ASGIConnection(scope())


class TestMappings:
    @pytest.mark.parametrize("kind", SCOPES)
    def test_a_scopes_own_way_to_look_up_is_obeyed(self, side: Any, kind: str) -> None:
        made = SCOPES[kind]
        for name, accessor, connection in kinds_of(side, made):
            expected = outcome(accessor, type(connection)(dict(FULL)))
            assert expected[0] == "returned"
            assert outcome(accessor, connection) == expected, name

    @pytest.mark.parametrize("kind", SCOPES)
    def test_a_sockets_scope_too(self, side: Any, kind: str) -> None:
        for name, accessor in ACCESSORS.items():
            expected = outcome(accessor, side.WebSocket(dict(FULL)))
            assert outcome(accessor, side.WebSocket(SCOPES[kind]())) == expected, name

    @pytest.mark.parametrize("error", [ValueError("own"), TypeError("own"), IndexError("own"), StopIteration("own")])
    def test_an_error_of_a_scope_is_its_own(self, twins: Any, error: Exception) -> None:
        class Broken(dict):  # type: ignore[type-arg]
            def __getitem__(self, key: str) -> Any:
                raise error

        for name, accessor in (ACCESSORS | REQUEST_ACCESSORS).items():
            results = [outcome(accessor, side.Request(Broken())) for side in twins]
            assert results[0] == results[1], name

    @pytest.mark.parametrize("value", [{}, {"type": "http"}, Missing, lambda: Bare({}), lambda: defaultdict(str)])
    def test_a_scope_without_anything(self, twins: Any, value: Any) -> None:
        for name, accessor in (ACCESSORS | REQUEST_ACCESSORS).items():
            results = [outcome(accessor, side.Request(value() if callable(value) else dict(value))) for side in twins]
            assert results[0] == results[1], name

    def test_each_key_is_asked_for_as_often(self, twins: Any) -> None:
        for name, accessor in (ACCESSORS | REQUEST_ACCESSORS).items():
            scopes = [Counting(FULL) for _ in twins]
            for side, scope in zip(twins, scopes, strict=True):
                accessor(side.Request(scope))
            assert scopes[0].asked == scopes[1].asked, name


VALUES: list[dict[str, Any]] = [
    *({"scheme": value} for value in (
        Text("http"), Text("HTTPS"), Text("foo"), Text(""), Text("a b"), Kind.HTTP, Kind.HTTPS, 5, True, b"http",
    )),
    *({"type": value, "scheme": ...} for value in (Text("websocket"), Text("http"), 5)),
    *({"path": value} for value in (Text("/a/b"), Text("//a%"), Text(""), Text("*"), Kind.PATH, True, b"/")),
    *({"path": Text(value), "method": Text(method)} for value, method in (
        ("*", "OPTIONS"), ("http://example.com/x", "GET"), ("http://evil/x", "GET"), ("example.com:443", "CONNECT"),
    )),
    *({"root_path": value} for value in (
        Text("/a"), Text("/a/"), Text(""), Kind.PATH, 0, 5, True, False, b"", b"/a", [], ["/a"],
    )),
    *({"app_root_path": value} for value in (Text("/a"), Text("/a/"), Text(""), Kind.PATH, 0, 5, True, b"", [])),
    *({"query_string": value} for value in (
        Data(b"a=1"), Data(b"a=%41+&b"), Data(b""), Data(b"\xff#"), bytearray(b"a=1"), memoryview(b"a=1"), True, "a",
    )),
    *({"method": value} for value in (Text("GET"), Kind.HTTP, True, 5, b"GET", None, ...)),
    *({"headers": headers} for headers in (
        [(Data(b"host"), Data(b"h:1"))], [(b"host", Data(b"h"))], [(Data(b"HOST"), b"h")],
        [(b"cookie", Data(b"a=1; b=2")), (b"cookie", b"c=3")], [(b"content-type", Data(b"text/html;a=b"))],
        [(b"content-length", Data(b"12"))], [(b"accept", Data(b"text/html,a/b;q=0.5"))],
        [(b"host", bytearray(b"h"))], [(bytearray(b"host"), b"h")], [(b"host", memoryview(b"h"))],
        [[b"host", b"h"]], [{b"host": 1, b"h": 2}], [{b"host", b"host2"}], [b"ab"], ["ab"], [Text("ab")], [True],
        [(b"host", Text("h"))], [(b"host", True)], [(True, True)], [(b"host", b"h", b"x")], [(b"x", b"y"), ()],
        UserDict({b"host": b"h"}), {b"ab": 1}, Data(b"ab"), Text("ab"), True, 0, None,
    )),
    *({"headers": [], "server": server} for server in (
        (Text("h"), 1), (Kind.HTTP, 1), (Text("::1"), 1), (Text("/x"), None), ("h", Port.OWN), ("h", Number(5)),
        ("h", True), ("h", False), ("h", -1), ("h", 65535), ("h", 65536), ("h", 10**30), ("h", -(10**30)),
        ("h", Text("5")), ("h", "-1"), ("h", "99999"), ("h", 80.0), ("h", b"80"), (True, True), ("h", Number(-5)),
    )),
    *({"client": client} for client in (
        ("h", 1), ["h", 1], (Text("h"), 1), ("h", Port.OWN), ("h", Number(5)), ("h", True), ("h", False), ("h", -1),
        ("h", 0), ("h", 65535), ("h", 65536), ("h", 10**30), ("h", "5"), ("h", "x"), ("h", None), ("h", 1.5), ("h",),
        (),
        None, (None, None), (None, 1), "ab", b"ab", 5, True, ("h", 1, 2), types.SimpleNamespace(host="h", port=1),
    )),
    *({"state": value} for value in (UserDict({"b": 2}), Missing(b=2), types.MappingProxyType({"b": 2}), ..., None)),
    *({"path_params": value} for value in (UserDict({"c": 3}), None, ..., {})),
    *({"extensions": value} for value in (
        UserDict({"http.response.push": {}}), ["http.response.push"], None, ..., {}, 0, "http.response.push", True, 5,
    )),
    *({"session": value, "user": value, "auth": value, "route_handler": value} for value in (None, ..., False, 0)),
    *({"app": value, "litestar_app": value} for value in (None, ..., False, 0)),
]  # fmt: skip


def described(value: Any) -> Any:
    """Return a value with the types in it, so that what is equal but of a subclass differs."""
    if isinstance(value, dict):
        return {key: described(item) for key, item in value.items()}, type(value)
    if isinstance(value, (list, tuple)):
        return [described(item) for item in value], type(value)
    return value, type(value)


class TestValues:
    @pytest.mark.parametrize(
        "changes", VALUES, ids=[f"{number}-{'-'.join(changes)}" for number, changes in enumerate(VALUES)]
    )
    def test_values_of_other_types_mean_the_same_on_both_sides(self, twins: Any, changes: dict[str, Any]) -> None:
        for name, accessor in (ACCESSORS | REQUEST_ACCESSORS).items():
            scopes = [{**FULL, **changes} for _ in twins]
            results = []
            for side, scope in zip(twins, scopes, strict=True):
                items = {key: value for key, value in scope.items() if value is not ...}
                results.append(described(outcome(accessor, side.Request(items))))
            assert results[0] == results[1], name

    def test_what_a_subclass_overrides_does_not_count(self, side: Any) -> None:
        request = side.Request(
            {
                **FULL,
                "scheme": Text("HTTPS"),
                "path": Text("/a/b%"),
                "root_path": Text("/a/"),
                "query_string": Data(b"q=%31"),
                "headers": [(Data(b"Host"), Data(b"h")), (b"cookie", Data(b"a=1"))],
                "client": ("c", Port.OWN),
            }
        )
        assert request.url == "https://h/a/b%25?q=%31"
        assert all(type(getattr(request.url, name)) is str for name in COMPONENTS)
        assert request.base_url == "https://h/a/"
        assert request.query_params.multi_items() == [("q", "1")]
        assert request.cookies == {"a": "1"}
        assert request.headers["host"] == "h"
        assert request.headers.multi_items() == [("Host", "h"), ("cookie", "a=1")]
        assert type(request.headers.to_header_list()[0][1]) is bytes
        assert request.client == ("c", 8000)

    @pytest.mark.parametrize("port", [-1, True, False, 65536, 10**30, "-1", 1.5])
    def test_what_is_no_port_is_none(self, side: Any, port: Any) -> None:
        request = side.Request({**FULL, "headers": [], "client": ("c", port), "server": ("h", port)})
        assert request.client == ("c", None)
        assert request.url.netloc == "h"

    @pytest.mark.parametrize("port", [0, 1, 65535, Number(7), "0", "07"])
    def test_what_is_a_port(self, side: Any, port: Any) -> None:
        number = int.__index__(port) if isinstance(port, int) else int(port)
        request = side.Request({**FULL, "headers": [], "client": ("c", port), "server": ("h", port)})
        assert request.client == ("c", number)
        assert type(request.client.port) is int
        assert request.url.netloc == f"h:{number}"


class TestArguments:
    """What a caller hands over may be of a subclass too."""

    def test_components_of_a_url(self, twins: Any) -> None:
        for value in (Text("/x"), Kind.PATH, "", 5, None, b"/x", True):
            for name in COMPONENTS:
                results = []
                for side in twins:
                    parts = {**dict.fromkeys(COMPONENTS, "a"), name: value}
                    kind, url, *rest = outcome(side._core.make_url, side.URL, *parts.values())
                    shown = [type(getattr(url, part)) for part in COMPONENTS] if kind == "returned" else []
                    results.append((kind, str(url), *rest, shown))
                assert results[0] == results[1]

    def test_offers(self, twins: Any) -> None:
        for offer in (Text("text/html"), Kind.HTTP, 5, None, b"text/html", True, ["text/html"]):
            results = [outcome(side.Accept("text/html, http/*").best_match, [offer]) for side in twins]
            assert described(results[0]) == described(results[1])
            results = [outcome(side.Accept("text/html, http/*").accepts, offer) for side in twins]
            assert results[0] == results[1]

    def test_texts_of_the_parsers(self, twins: Any) -> None:
        for function, value in (
            ("parse_accept", Text("text/html")), ("parse_content_type", Text("text/html; a=b")),
            ("parse_query", Data(b"a=1&b")), ("find_header", Data(b"host")), ("find_headers", Data(b"host")),
        ):  # fmt: skip
            arguments = {"parse_query": (value, None), "find_header": ([(b"host", b"h")], value)}
            arguments["find_headers"] = arguments["find_header"]
            results = [outcome(getattr(side._core, function), *arguments.get(function, (value,))) for side in twins]
            assert described(results[0]) == described(results[1]), function

    def test_names_of_headers(self, twins: Any) -> None:
        for name in (Text("HOST"), Kind.HTTP, 5, None, b"host", True):
            for method in ("get", "getall", "getone", "__contains__", "__getitem__"):
                results = [outcome(getattr(side.Headers({"Host": "h"}), method), name) for side in twins]
                assert results[0] == results[1]


class TestEvents:
    def test_an_events_own_way_to_look_up_is_obeyed(self, side: Any) -> None:
        parts = {"type": "http.request", "body": b"abc", "more_body": True}

        class Own(dict):  # type: ignore[type-arg]
            def __getitem__(self, key: str) -> Any:
                return parts[key]

        class Made(dict):  # type: ignore[type-arg]
            def __missing__(self, key: str) -> Any:
                return parts[key]

        events: list[Mapping[str, Any]] = [Own(), Made(), UserDict(parts), Made(type="http.request", body=b"abc")]
        for event in events:
            reader = side._core.BodyReader()
            reader.feed(event, None)
            assert (reader.size, reader.ended) == (3, False)
            peeking = side._core.BodyReader()
            peeking.buffer(event)
            assert peeking.ahead_size == 3
