"""The headers and the URL of a scope, side by side."""

from __future__ import annotations

import itertools
import types
from typing import Any

import pytest

from ..helpers import http_scope, outcome

COMPONENTS = ("scheme", "netloc", "path", "query", "fragment")


def described(side: Any, scope: Any, base: bool) -> tuple[Any, ...]:
    kind, value, *rest = outcome(side._core.url_from_scope, side.URL, scope, base)
    return (
        (kind, *(getattr(value, name) for name in COMPONENTS), str(value))
        if kind == "returned"
        else (kind, value, *rest)
    )


CHANGES: list[dict[str, Any]] = [
    {}, {"scheme": ...}, {"scheme": None}, {"scheme": ""}, {"scheme": 5}, {"scheme": b"http"}, {"scheme": "HTTPS"},
    {"type": "websocket", "scheme": ...}, {"type": None, "scheme": ...}, {"type": ..., "scheme": ...},
    {"path": ...}, {"path": None}, {"path": 5}, {"path": b"/"}, {"path": ""}, {"path": "a"}, {"path": "//a"},
    {"path": "/\x7f\x00?#\\"}, {"path": "/\ud800\u20ac"}, {"path": "?"}, {"path": "/" * 5},
    {"root_path": ...}, {"root_path": None}, {"root_path": 5}, {"root_path": b"/a"}, {"root_path": "/a"},
    {"root_path": "/a/"}, {"root_path": "a"}, {"root_path": "//"}, {"root_path": "/a", "path": "/a/b"},
    {"root_path": "/a", "path": "/ab"}, {"root_path": "/a?", "path": "/a?"}, {"app_root_path": "/x"},
    {"app_root_path": 5}, {"app_root_path": ""}, {"root_path": "//evil"},
    {"query_string": ...}, {"query_string": None}, {"query_string": "a"}, {"query_string": b"\x00\xff \"#<>'"},
    {"query_string": bytearray(b"a")}, {"query_string": bytes(range(256))},
    {"headers": ...}, {"headers": None}, {"headers": 5}, {"headers": b"ab"}, {"headers": "ab"}, {"headers": [None]},
    {"headers": [(b"host", None)]}, {"headers": [(b"host", "x")]}, {"headers": ()},
    *({"headers": [(b"host", host)]} for host in (
        b"", b"a", b"a:", b"a:0", b"a:1", b"a:80", b"a:080", b"a:0000080", b"a:443", b"a:65535", b"a:65536", b"a:x",
        b"a b", b"a@b", b"[::1]", b"[::1]:80", b"[::1]:", b"[::1", b"::1", b"[]", b"[v1.x]", b"[1.2.3.4]",
        b"[....]", b"[:::::]", b"%41", b"%4", b"a%zz", b"\xff", b"a\n", b"\n", b"A.B", b"a:1:2", b"a;b",
        b"!$&'()*+,;=-._~", b"a\\", b"a:+1", b"a:\xb2", b":", b":1", b"a" * 300,
    )),
    *({"headers": [], "server": server} for server in (
        ..., None, (), ("a",), ("a", 1), ["a", 1], ("a", None), ("a", "1"), ("a", 80), ("a", 0), ("a", -1),
        ("a", 99999), ("::1", 1), ("[::1]", 1), ("/x", None), ("unix:/x", None), (None, 1), ("", 1), ("a b", 1),
        ("\xe9", 1),
        ("a:b", 1), ("a@b", 1), ("%41", 1), ("fe80::1%eth0", 1), 5, "ab", b"ab", ("a", True), ("a", 1.5), ("a", 1, 2),
        (b"a", 1),
    )),
]  # fmt: skip


class TestURLFromScope:
    @pytest.mark.parametrize("changes", CHANGES, ids=ascii)
    @pytest.mark.parametrize("base", [False, True])
    def test_same(self, twins: Any, changes: dict[str, Any], base: bool) -> None:
        compiled, pure = (described(side, http_scope(**changes), base) for side in twins)
        assert compiled == pure
        assert compiled[0] == "returned" or compiled[1] in ("ClientException", "ImproperlyConfiguredException")

    @pytest.mark.parametrize(("one", "other"), list(itertools.combinations(range(8), 2)))
    def test_two_defects_give_the_same_error(self, twins: Any, one: int, other: int) -> None:
        defects: list[tuple[str, Any]] = [
            ("scheme", 5), ("path", None), ("root_path", 5), ("query_string", "x"), ("headers", 5),
            ("headers", [(b"host", b"a b")]), ("server", 5), ("app_root_path", 5),
        ]  # fmt: skip
        scope = http_scope(**dict([defects[one], defects[other]]))
        for base in (False, True):
            compiled, pure = (described(side, dict(scope), base) for side in twins)
            assert compiled == pure

    def test_class_and_immutability(self, side: Any) -> None:
        url = side._core.url_from_scope(side.URL, http_scope(), False)
        assert type(url) is side.URL
        for change in (lambda: setattr(url, "path", "/x"), lambda: delattr(url, "path"), lambda: setattr(url, "x", 1)):
            with pytest.raises(AttributeError):
                change()


class TestMakeURL:
    PARTS = ("", "a", "/b", "//c", "d:e")

    @pytest.mark.parametrize("path", PARTS)
    @pytest.mark.parametrize("netloc", ["", "h"])
    @pytest.mark.parametrize("scheme", ["", "s"])
    @pytest.mark.parametrize(("query", "fragment"), [("", ""), ("q", ""), ("", "f"), ("q", "f")])
    def test_same_text(self, twins: Any, scheme: str, netloc: str, path: str, query: str, fragment: str) -> None:
        compiled, pure = (side._core.make_url(side.URL, scheme, netloc, path, query, fragment) for side in twins)
        assert str(compiled) == str(pure)
        assert hash(compiled) == hash(pure)
        assert repr(compiled) == repr(pure)
        assert [getattr(compiled, name) for name in COMPONENTS] == [scheme, netloc, path, query, fragment]
        assert str(compiled) is str(compiled)

    @pytest.mark.parametrize("name", ["path", "nonsense"])
    def test_same_errors(self, twins: Any, name: str) -> None:
        compiled, pure = (outcome(setattr, side.URL("/a"), name, "x") for side in twins)
        assert compiled == pure
        compiled, pure = (outcome(delattr, side.URL("/a"), name) for side in twins)
        assert compiled == pure


class TestRawHeaders:
    @pytest.mark.parametrize(
        "headers",
        [..., None, 5, "ab", b"ab", [], (), [(b"a", b"b")], ((b"a", b"b"),), {(b"a", b"b"): 1}, {b"a": b"b"}, object()],
        ids=lambda value: type(value).__name__,
    )
    def test_same(self, twins: Any, headers: Any) -> None:
        scope = http_scope(headers=headers)
        compiled, pure = (outcome(side._core.raw_headers, dict(scope)) for side in twins)
        assert compiled == pure

    def test_list_and_tuple_are_given_as_they_are(self, core: Any) -> None:
        for headers in ([(b"a", b"b")], ((b"a", b"b"),)):
            assert core.raw_headers({"headers": headers}) is headers

    def test_iterable_is_put_into_the_scope(self, core: Any) -> None:
        scope = {"headers": (pair for pair in [(b"a", b"b")])}
        assert core.raw_headers(scope) == [(b"a", b"b")]
        assert core.raw_headers(scope) == [(b"a", b"b")]
        assert scope["headers"] == [(b"a", b"b")]

    def test_iterable_that_raises(self, twins: Any) -> None:
        def broken() -> Any:
            yield (b"a", b"b")
            raise KeyError("own")

        compiled, pure = (outcome(side._core.raw_headers, {"headers": broken()}) for side in twins)
        assert compiled == pure == ("raised", "KeyError", "'own'", None)

    def test_immutable_scope(self, twins: Any) -> None:
        scopes = [types.MappingProxyType({"headers": iter([(b"a", b"b")])}) for _ in range(2)]
        compiled, pure = (outcome(side._core.raw_headers, scope) for side, scope in zip(twins, scopes, strict=True))
        assert compiled == pure


class TestHeadersBase:
    @pytest.mark.parametrize("name", ["host", "HOST", "x", "", "\xe9", "\u20ac", "\ud800", 5, None, b"host"], ids=ascii)
    def test_same(self, twins: Any, name: Any) -> None:
        raw = [(b"Host", b"h"), (b"\xe9", b"\xff")]
        for work in (
            lambda headers: headers[name],
            lambda headers: headers.get(name),
            lambda headers: headers.get(name, 5),
            lambda headers: name in headers,
            lambda headers: headers.getall(name),
            lambda headers: headers.getone(name),
        ):
            compiled, pure = (outcome(work, side._core.make_headers(side.Headers, raw)) for side in twins)
            assert compiled == pure

    def test_raw_is_the_list(self, side: Any) -> None:
        raw = [(b"a", b"b")]
        headers = side._core.make_headers(side.Headers, raw)
        assert headers.raw is raw
        with pytest.raises(AttributeError):
            headers.raw = []
