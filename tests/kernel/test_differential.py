"""Random inputs: both sides return the same result, or raise the same exception with the same text."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

import ormsgpack
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ..helpers import DISCONNECT, outcome
from ..sides import load_side
from .test_body import play

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("twins")]

CLIENT_ERRORS = {"ClientException", "RequestEntityTooLarge", "SerializationException", "ClientDisconnect"}
DOCUMENTED = CLIENT_ERRORS | {"ImproperlyConfiguredException", "StreamConsumed"}
COMPONENTS = ("scheme", "netloc", "path", "query", "fragment")


def both(function: Any) -> tuple[Any, ...]:
    """Return what a function of a package comes to on both sides, which has to be the same."""
    compiled, pure = (outcome(function, load_side(side)) for side in ("compiled", "pure"))
    assert compiled == pure
    return compiled


def pieces(*texts: str) -> st.SearchStrategy[bytes]:
    """Bytes that are made of telling pieces, and of any others."""
    piece = st.one_of(st.sampled_from([text.encode("latin-1") for text in texts]), st.binary(max_size=3))
    return st.lists(piece, max_size=12).map(b"".join)


QUERY = pieces(
    "a", "=", "&", ";", "+", "%", "%4", "%41", "%zz", "%ff", "%C3%A9", "%e2%82", "\xe9", "\xff", "\x00", "%2B", "%26"
)
COOKIE = pieces(
    "a",
    "b=1",
    "=",
    ";",
    "; ",
    '"',
    "\\",
    '\\"',
    "\\101",
    "\\4",
    "%41",
    "%",
    "%ff",
    "\xe9",
    "\x01",
    "\x7f",
    "\t",
    " ",
    ",",
)
OPTIONS = pieces(
    "a/b",
    "text/html",
    "/",
    ";",
    "; ",
    "=",
    '"',
    "\\",
    '\\"',
    ",",
    "q",
    "q=",
    "0.5",
    ";q=0",
    "*",
    "*/*",
    "a/*",
    "charset=utf-8",
    "charset=UTF-8",
    "a/b;charset=x",
    "C=D",
    " ",
    "\t",
    "\xe9",
    "\x00",
    "level=1",
    "1",
    ".",
)
JSON_TEXT = pieces(
    "[", "]", "{", "}", '"', "\\", '\\"', "\\\\", "1", ",", ":", '"a":', "[[", "]]", '"[', '{"a":', " ", "\xff"
)
HOST = pieces(
    "a",
    ".",
    ":",
    "80",
    "443",
    "65535",
    "65536",
    "[",
    "]",
    "[::1]",
    "@",
    "/",
    "?",
    "#",
    "%41",
    "%",
    " ",
    "\r\n",
    "\\",
    "\xe9",
    "0",
    "-",
    "_",
)


@given(QUERY, st.sampled_from([None, 0, 1, 3]))
@example(b"%" * 3, None)
def test_parse_query(query: bytes, limit: Any) -> None:
    result = both(lambda side: side._core.parse_query(query, limit))
    assert result[0] == "returned" or result[1] == "RequestEntityTooLarge"


@given(QUERY)
def test_parse_query_as_urllib(query: bytes) -> None:
    # urllib knows two spellings of a blank name; text of raw bytes it takes as ASCII only
    ascii_query = bytes(byte & 0x7F for byte in query)
    expected = parse_qsl(ascii_query.decode("ascii"), keep_blank_values=True, separator="&")
    for side in ("compiled", "pure"):
        assert load_side(side)._core.parse_query(ascii_query, None) == expected  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.text(), st.text())))
def test_parse_query_takes_back_what_urllib_encodes(pairs: list[tuple[str, str]]) -> None:
    from urllib.parse import urlencode

    query = urlencode(pairs, errors="surrogatepass").encode("ascii")
    expected = list(pairs)
    for side in ("compiled", "pure"):
        assert load_side(side)._core.parse_query(query, None) == expected  # type: ignore[arg-type]


@given(st.lists(COOKIE, max_size=3))
def test_parse_cookies(values: list[bytes]) -> None:
    headers = [(b"Cookie" if index % 2 else b"cookie", value) for index, value in enumerate(values)]
    assert both(lambda side: side._core.parse_cookies(headers))[0] == "returned"


@given(
    st.lists(
        st.tuples(st.text("abcXYZ09-_", min_size=1), st.text('abc 09-_=/+éß€%,"\\')), unique_by=lambda pair: pair[0]
    )
)
def test_parse_cookies_takes_back_what_was_quoted(pairs: list[tuple[str, str]]) -> None:
    from urllib.parse import quote

    value = "; ".join(f"{name}={quote(value, safe='')}" for name, value in pairs)
    assert both(lambda side: side._core.parse_cookies([(b"cookie", value.encode())]))[1] == dict(pairs)


@given(OPTIONS)
def test_parse_content_type(value: bytes) -> None:
    kind, (media_type, parameters) = both(lambda side: side._core.parse_content_type(value.decode("latin-1")))
    assert kind == "returned"
    assert media_type == media_type.lower()
    assert all(name == name.lower() for name in parameters)


@given(st.text())
def test_parse_content_type_of_any_text(value: str) -> None:
    assert both(lambda side: side._core.parse_content_type(value))[0] == "returned"


@given(OPTIONS, st.lists(OPTIONS.map(lambda offer: offer.decode("latin-1")), max_size=4))
def test_parse_accept_and_best_match(value: bytes, offers: list[str]) -> None:
    kind, ranges = both(lambda side: side._core.parse_accept(value.decode("latin-1")))
    assert kind == "returned"
    assert [item[0] for item in ranges] == sorted((item[0] for item in ranges), reverse=True)
    text = value.decode("latin-1")
    kind, best = both(lambda side: side._core.best_match(text, offers))
    assert kind == "returned"
    assert best is None or isinstance(best, str)
    concrete = [offer for offer in offers if "*" not in offer]
    assert both(lambda side: side._core.best_match(text, concrete))[1] in [None, *concrete]


PAIRS: st.SearchStrategy[Any] = st.one_of(
    st.tuples(st.sampled_from([b"a", b"A", b"b", b"host", b"x-y", b""]), st.binary(max_size=3)),
    st.tuples(st.binary(max_size=2), st.binary(max_size=2)).map(list),
)
ODD_PAIRS: st.SearchStrategy[Any] = st.one_of(
    PAIRS,
    st.none(),
    st.integers(),
    st.text(max_size=2),
    st.binary(max_size=3),
    st.lists(st.one_of(st.none(), st.binary(max_size=1), st.text(max_size=1)), max_size=3),
    st.tuples(st.just(b"a"), st.text(max_size=1)),
)


@given(st.lists(PAIRS, max_size=6), st.sampled_from([b"a", b"b", b"host", b"", b"x-y"]))
def test_find_headers(headers: Any, name: bytes) -> None:
    expected = [value for key, value in headers if key.lower() == name]
    assert both(lambda side: side._core.find_headers(headers, name)) == ("returned", expected)
    assert both(lambda side: side._core.find_header(headers, name)) == ("returned", expected[0] if expected else None)


@given(st.lists(ODD_PAIRS, max_size=4), st.sampled_from([b"a", b"b", b"host", b""]))
def test_find_headers_in_odd_ones(headers: Any, name: bytes) -> None:
    for function in ("find_header", "find_headers"):
        result = both(lambda side, function=function: getattr(side._core, function)(headers, name))
        assert result[0] == "returned" or result[1] == "ImproperlyConfiguredException"
    result = both(lambda side: side._core.parse_cookies(headers))
    assert result[0] == "returned" or result[1] == "ImproperlyConfiguredException"


@given(JSON_TEXT, st.integers(0, 6))
def test_measure_json(body: bytes, limit: int) -> None:
    assert both(lambda side: side._core.measure_json(body, limit, None))[0] == "returned"


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


STRINGS = st.text('[]{}"\\ab', max_size=6)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), STRINGS),
    lambda children: st.one_of(st.lists(children, max_size=3), st.dictionaries(STRINGS, children, max_size=3)),
)


@given(VALUES, st.sampled_from([None, 1]))
def test_measure_json_as_the_decoder_sees_it(value: Any, indent: Any) -> None:
    depth = depth_of(value)
    body = json.dumps(value, indent=indent).encode()
    assert both(lambda side: side._core.measure_json(body, depth, None)) == ("returned", 0)
    if depth:
        assert both(lambda side: side._core.measure_json(body, depth - 1, None)) == ("returned", -1)


@given(VALUES)
def test_measure_msgpack_as_the_encoder_sees_it(value: Any) -> None:
    depth = depth_of(value)
    body = ormsgpack.packb(value)
    assert both(lambda side: side._core.measure_msgpack(body + b"\xff", depth, None, None)) == ("returned", len(body))
    if depth:
        assert both(lambda side: side._core.measure_msgpack(body, depth - 1, None, None)) == ("returned", -1)
    for end in range(len(body)):
        assert both(lambda side, end=end: side._core.measure_msgpack(body[:end], depth, None, None))[1] > end


@given(st.binary(max_size=12), st.integers(0, 3))
def test_measure_msgpack(body: bytes, limit: int) -> None:
    kind, length = both(lambda side: side._core.measure_msgpack(body, limit, None, None))
    assert kind == "returned"
    try:
        ormsgpack.unpackb(body[:length] if length >= 0 else body)
    except ValueError:
        return
    assert length == -1 or length <= len(body)


ANYTHING: st.SearchStrategy[Any] = st.one_of(
    st.just(...),
    st.none(),
    st.booleans(),
    st.integers(-5, 70000),
    st.floats(allow_nan=False),
    st.text(max_size=4),
    st.binary(max_size=4),
    st.just([]),
    st.just({}),
    st.just(()),
    st.tuples(st.text(max_size=2)),
    st.just({"a": 1}),
)
PATH = st.lists(
    st.one_of(
        st.sampled_from(["/", "//", "\\", "?", "#", "@", ":", "a", "%2F", "é", "\x00", "\n", " ", "/a"]),
        st.text(max_size=2),
    ),
    max_size=6,
).map("".join)
SERVER = st.one_of(
    st.tuples(
        st.one_of(st.sampled_from(["h", "::1", "[::1]", "/run/x", "a b", "", "a:b"]), st.text(max_size=3), st.none()),
        st.one_of(st.sampled_from([80, 443, 8000, 0]), st.none(), st.integers()),
    ),
    ANYTHING,
)
HEADERS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from([b"host", b"Host"]), HOST),
        st.tuples(st.just(b"cookie"), COOKIE),
        st.tuples(st.just(b"Content-Type"), OPTIONS),
        st.tuples(st.just(b"accept"), OPTIONS),
        st.tuples(st.just(b"content-length"), pieces("0", "12", "+", "-", "_", " ", "99999999999999999999")),
        ODD_PAIRS,
    ),
    max_size=5,
)


def usually(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 9).flatmap(lambda number: ANYTHING if number == 0 else strategy)


SCOPES = st.fixed_dictionaries(
    {
        "type": usually(st.sampled_from(["http", "websocket", ...])),
        "method": usually(st.sampled_from(["GET", "POST"])),
        "scheme": usually(st.sampled_from(["http", "https", "ws", "wss", "foo", ...])),
        "path": usually(PATH),
        "root_path": usually(st.one_of(st.just(""), PATH)),
        "query_string": usually(QUERY),
        "headers": usually(st.one_of(HEADERS, HEADERS.map(tuple))),
        "server": SERVER,
        "client": SERVER,
    }
).map(lambda scope: {key: value for key, value in scope.items() if value is not ...})


def look(request: Any, name: str) -> Any:
    value = getattr(request, name)
    if name in ("url", "base_url"):
        return str(value), *(getattr(value, component) for component in COMPONENTS), value.hostname, value.port
    if name == "headers":
        return value.multi_items(), value.dict(), value.get("host"), "cookie" in value, len(value), list(value)
    if name == "query_params":
        return value.multi_items()
    if name == "accept":
        return list(value), value.best_match(["a/b", "text/html"]), value.accepts("a/b")
    if name == "state":
        value.key = 1
        return value.dict()
    return value


ACCESSORS = (
    "url", "base_url", "headers", "query_params", "cookies", "content_type", "content_length", "accept", "client",
    "path_params", "method", "state", "auth", "user", "session", "app", "route_handler", "is_connected",
    "supports_push_promise",
)  # fmt: skip


@given(SCOPES, st.permutations(ACCESSORS))
def test_requests(scope: dict[str, Any], order: list[str]) -> None:
    seen = []
    for side in ("compiled", "pure"):
        request = load_side(side).Request(dict(scope))  # type: ignore[arg-type]
        seen.append([(name, outcome(look, request, name)) for name in order])
    assert seen[0] == seen[1]
    for name, (kind, *rest) in seen[0]:
        assert kind == "returned" or rest[0] in DOCUMENTED, name


@given(SCOPES)
def test_urls_come_back(scope: dict[str, Any]) -> None:
    for side in ("compiled", "pure"):
        package = load_side(side)  # type: ignore[arg-type]
        for name in ("url", "base_url"):
            kind, url, *_ = outcome(getattr, package.Request(dict(scope)), name)
            # what is no scheme cannot come back as one
            if kind == "returned" and re.fullmatch("[a-z][a-z0-9+.-]*", url.scheme):
                again = package.URL(str(url))
                assert again == url
                assert [getattr(again, part) for part in COMPONENTS] == [getattr(url, part) for part in COMPONENTS]


@given(HEADERS, QUERY, PATH)
def test_what_a_client_sends_gives_client_errors(headers: list[Any], query: bytes, path: str) -> None:
    headers = [
        pair
        for pair in headers
        if isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(item, bytes) for item in pair)
    ]
    request = load_side("compiled").Request(
        {"type": "http", "method": "GET", "path": path, "query_string": query, "headers": headers}
    )
    for name in ("url", "base_url", "headers", "query_params", "cookies", "content_type", "content_length", "accept"):
        kind, *rest = outcome(look, request, name)
        assert kind == "returned" or (rest[0] in CLIENT_ERRORS and 400 <= rest[2] < 500 and len(rest[1]) < 300)


@given(st.text(alphabet=st.one_of(st.sampled_from("/:?#@[]a1.\n"), st.characters())))
def test_url_of_any_text(text: str) -> None:
    def components(side: Any) -> Any:
        url = side.URL(text)
        again = side.URL(str(url))
        values = [getattr(url, name) for name in COMPONENTS]
        assert values == [getattr(again, name) for name in COMPONENTS]
        return values, url.hostname, url.port, url.username, url.password, url.query_params.multi_items(), repr(url)

    assert both(components)[0] == "returned"


STEPS = st.lists(
    st.one_of(
        st.just("suspend"),
        st.builds(
            lambda body, more: {"type": "http.request", "body": body, "more_body": more},
            st.binary(max_size=6),
            st.booleans(),
        ),
        st.sampled_from(
            [
                {"type": "http.request"},
                {"type": "http.request", "body": None},
                {"type": "http.request", "body": "x"},
                DISCONNECT,
                {},
                None,
                {"type": "x"},
                OSError("x"),
                {"type": "http.request", "body": b"[1]", "more_body": True},
            ]
        ),
    ),
    max_size=6,
)
CALLS = st.lists(
    st.sampled_from(["body", "json", "msgpack", "stream", "next", "aclose", "other"]), min_size=1, max_size=8
)
LENGTHS = st.sampled_from(
    [(), ((b"content-length", b"3"),), ((b"content-length", b"11"),), ((b"content-length", b"+3"),)]
)


@given(STEPS, CALLS, LENGTHS, st.sampled_from([None, 0, 5, 10]))
def test_reading(steps: Any, calls: list[str], headers: Any, limit: Any) -> None:
    # a script that ends while it suspends would fail in the double
    steps = [*steps, EOFError("nothing is left to receive")]
    compiled, pure = (play(load_side(side), steps, calls, headers, limit) for side in ("compiled", "pure"))  # type: ignore[arg-type]
    assert compiled == pure
    for result in compiled:
        if result[0] == "raised":
            assert result[1] in DOCUMENTED | {"EOFError", "OSError"}


@given(st.binary(max_size=30))
def test_decoders(body: bytes) -> None:
    for name in ("decode_json", "decode_msgpack"):

        def decode(side: Any, name: str = name) -> Any:
            import importlib

            return repr(getattr(importlib.import_module(f"{side.__name__}.serialization"), name)(body))

        kind, *rest = both(decode)
        assert kind == "returned" or rest[0] == "SerializationException"
