"""`URL`: made from text, from components and from a scope."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from litecon import URL, ASGIConnection, ClientException, MultiDict, Request

from ..helpers import http_scope

COMPONENTS = ("scheme", "netloc", "path", "query", "fragment")


def components(url: URL) -> tuple[str, ...]:
    return tuple(getattr(url, name) for name in COMPONENTS)


def assert_round_trip(url: URL) -> None:
    again = URL(str(url))
    assert components(again) == components(url)
    assert again == url
    assert hash(again) == hash(url)


class TestText:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("http://h/p?q#f", ("http", "h", "/p", "q", "f")),
            ("HTTPS://Host:8000/", ("https", "Host:8000", "/", "", "")),
            ("//h/p", ("", "h", "/p", "", "")),
            ("/p?a=1", ("", "", "/p", "a=1", "")),
            ("p", ("", "", "p", "", "")),
            ("", ("", "", "", "", "")),
            ("?q", ("", "", "", "q", "")),
            ("#f", ("", "", "", "", "f")),
            ("mailto:a@b", ("mailto", "", "a@b", "", "")),
            ("http://h?a?b", ("http", "h", "", "a?b", "")),
            ("http://h#a#b?c", ("http", "h", "", "", "a#b?c")),
            ("1:2", ("", "", "1:2", "", "")),
            ("http://[::1]:80/x", ("http", "[::1]:80", "/x", "", "")),
            ("a\nb", ("", "", "a\nb", "", "")),
        ],
    )
    def test_components(self, text: str, expected: tuple[str, ...]) -> None:
        url = URL(text)
        assert components(url) == expected
        assert_round_trip(url)

    @pytest.mark.parametrize(
        ("text", "username", "password", "hostname", "port"),
        [
            ("http://h/", None, None, "h", None),
            ("http://H:80/", None, None, "h", 80),
            ("http://u@h/", "u", None, "h", None),
            ("http://u:p@h:1/", "u", "p", "h", 1),
            ("http://u:p@x@h/", "u", "p@x", "h", None),
            ("http://:p@h/", "", "p", "h", None),
            ("http://u:@h/", "u", "", "h", None),
            ("http://[::1]:8000/", None, None, "::1", 8000),
            ("http://[2001:DB8::1]/", None, None, "2001:db8::1", None),
            ("http://h:/", None, None, "h", None),
            ("http://h:abc/", None, None, "h", None),
            ("http://h:65536/", None, None, "h", None),
            ("http://h:65535/", None, None, "h", 65535),
            ("http://h:\u0661/", None, None, "h", None),
            ("http://h:" + "9" * 5000 + "/", None, None, "h", None),
            ("/p", None, None, None, None),
            ("http://[::1/", None, None, "::1", None),
        ],
    )
    def test_authority(self, text: str, username: Any, password: Any, hostname: Any, port: Any) -> None:
        url = URL(text)
        assert (url.username, url.password, url.hostname, url.port) == (username, password, hostname, port)

    def test_of_a_url(self) -> None:
        assert URL(URL("http://h/p")) == URL("http://h/p")  # type: ignore[arg-type]

    @pytest.mark.parametrize("value", [None, 5, b"http://h/"])
    def test_wrong_type(self, value: Any) -> None:
        with pytest.raises(TypeError, match=type(value).__name__):
            URL(value)

    def test_query_params(self) -> None:
        params = URL("/?a=1&a=2&b=%C3%A9").query_params
        assert isinstance(params, MultiDict)
        assert params.multi_items() == [("a", "1"), ("a", "2"), ("b", "\xe9")]


class TestObject:
    def test_equality(self) -> None:
        url = URL("http://h/p?q#f")
        assert url == "http://h/p?q#f"
        assert url == URL("http://h/p?q#f")
        assert url != "http://h/p"
        assert url != URL("http://h/p")
        assert url != 5
        assert url is not None
        assert (url == b"http://h/p?q#f") is False

    def test_hash(self) -> None:
        assert len({URL("/a"), URL("/a"), URL("/b")}) == 2
        assert hash(URL("/a")) == hash("/a")

    @pytest.mark.parametrize("name", [*COMPONENTS, "nonsense", "hostname"])
    def test_immutable(self, name: str) -> None:
        url = URL("http://h/p")
        with pytest.raises(AttributeError):
            setattr(url, name, "x")
        with pytest.raises(AttributeError):
            delattr(url, name)
        assert str(url) == "http://h/p"

    @pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda url: pickle.loads(pickle.dumps(url))])
    def test_copies(self, duplicate: Any) -> None:
        url = duplicate(URL("http://u@h/p?q#f"))
        assert type(url) is URL
        assert url == "http://u@h/p?q#f"

    def test_repr_holds_no_password(self) -> None:
        assert repr(URL("http://h/p")) == "URL('http://h/p')"
        assert repr(URL("http://u:SECRET@h/p")) == "URL('http://u:***@h/p')"

    def test_subclass(self) -> None:
        class Sub(URL):
            pass

        assert type(Sub("/a")) is Sub
        assert type(Sub.from_components(path="/a")) is Sub
        assert type(Sub.from_scope(http_scope())) is Sub
        assert type(Sub("/a").with_replacements(path="/b")) is Sub
        assert Sub("/a") == URL("/a")


class TestComponents:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({"scheme": "http", "netloc": "h", "path": "/p", "query": "q", "fragment": "f"}, "http://h/p?q#f"),
            ({"path": "/p"}, "/p"),
            ({}, ""),
            ({"netloc": "h"}, "//h"),
            ({"scheme": "http", "netloc": "h"}, "http://h"),
            ({"query": "a=1"}, "?a=1"),
        ],
    )
    def test_from_components(self, given: dict[str, str], expected: str) -> None:
        url = URL.from_components(**given)
        assert str(url) == expected
        assert_round_trip(url)

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({"scheme": "https"}, "https://h:1/p?q=1#f"),
            ({"netloc": "x"}, "http://x/p?q=1#f"),
            ({"path": "/x"}, "http://h:1/x?q=1#f"),
            ({"query": "x=2"}, "http://h:1/p?x=2#f"),
            ({"query": {"x": 2, "y": [3, 4]}}, "http://h:1/p?x=2&y=3&y=4#f"),
            ({"query": MultiDict([("x", "a b"), ("x", "&")])}, "http://h:1/p?x=a+b&x=%26#f"),
            ({"query": [("x", "\xe9")]}, "http://h:1/p?x=%C3%A9#f"),
            ({"query": None}, "http://h:1/p#f"),
            ({"query": ""}, "http://h:1/p#f"),
            ({"query": {}}, "http://h:1/p#f"),
            ({"fragment": "x"}, "http://h:1/p?q=1#x"),
            ({}, "http://h:1/p?q=1#f"),
        ],
    )
    def test_with_replacements(self, given: Any, expected: str) -> None:
        url = URL("http://h:1/p?q=1#f")
        assert str(url.with_replacements(**given)) == expected
        assert str(url) == "http://h:1/p?q=1#f"

    def test_a_path_never_becomes_part_of_the_host(self) -> None:
        url = URL("http://h/p").with_replacements(path="users")
        assert url.hostname == "h"
        assert URL(str(url)).hostname == "h"


class TestScope:
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({}, "http://example.org/"),
            ({"path": "/a/b", "query_string": b"c=d"}, "http://example.org/a/b?c=d"),
            ({"scheme": "https"}, "https://example.org/"),
            ({"scheme": ..., "type": "websocket"}, "ws://example.org/"),
            ({"scheme": ...}, "http://example.org/"),
            ({"scheme": "foo"}, "foo://example.org/"),
            ({"headers": []}, "http://198.51.100.1:8000/"),
            ({"headers": [(b"host", b"")]}, "http://198.51.100.1:8000/"),
            ({"headers": ...}, "http://198.51.100.1:8000/"),
            ({"headers": [(b"Host", b"a.b:1")]}, "http://a.b:1/"),
            ({"headers": [(b"host", b"h:80")]}, "http://h/"),
            ({"headers": [(b"host", b"h:443")], "scheme": "https"}, "https://h/"),
            ({"headers": [(b"host", b"h:443")]}, "http://h:443/"),
            ({"headers": [(b"host", b"h:80")], "scheme": "ws"}, "ws://h/"),
            ({"headers": [(b"host", b"h:443")], "scheme": "wss"}, "wss://h/"),
            ({"headers": [(b"host", b"h:80")], "scheme": "foo"}, "foo://h:80/"),
            ({"headers": [(b"host", b"[::1]:8000")]}, "http://[::1]:8000/"),
            ({"headers": [(b"host", b"[::1]")]}, "http://[::1]/"),
            ({"headers": [(b"host", b"h:")]}, "http://h/"),
            ({"headers": [], "server": ("h", 80)}, "http://h/"),
            ({"headers": [], "server": ["h", 443], "scheme": "https"}, "https://h/"),
            ({"path": "/\xe9"}, "http://example.org/\xe9"),
            ({"path": "/a%2Fb"}, "http://example.org/a%252Fb"),
            ({"path": "/100%"}, "http://example.org/100%25"),
            ({"query_string": b'a=%ff&b=\xff "#'}, "http://example.org/?a=%ff&b=%FF%20%22%23"),
        ],
        ids=str,
    )
    def test_url(self, changes: dict[str, Any], expected: str) -> None:
        url = ASGIConnection(http_scope(**changes)).url
        assert isinstance(url, URL)
        assert str(url) == expected
        assert URL.from_scope(http_scope(**changes)) == url
        assert_round_trip(url)

    @pytest.mark.parametrize(
        ("root_path", "path", "url", "base_url"),
        [
            ("", "/a", "/a", "/"),
            (..., "/a", "/a", "/"),
            (None, "/a", "/a", "/"),
            ("/api", "/api/a", "/api/a", "/api/"),
            ("/api", "/a", "/api/a", "/api/"),
            ("/api/", "/api/a", "/api/a", "/api/"),
            ("/api/", "/a", "/api/a", "/api/"),
            ("/api", "/api", "/api", "/api/"),
            ("/api", "/apiary", "/api/apiary", "/api/"),
            ("/", "/a", "/a", "/"),
            ("/x?y", "/a", "/x%3Fy/a", "/x%3Fy/"),
            ("//evil", "/a", "/%2Fevil/a", "/%2Fevil/"),
        ],
    )
    def test_root_path(self, root_path: Any, path: str, url: str, base_url: str) -> None:
        connection = ASGIConnection(http_scope(root_path=root_path, path=path, query_string=b"q"))
        assert connection.url == f"http://example.org{url}?q"
        assert connection.base_url == f"http://example.org{base_url}"
        assert_round_trip(connection.url)
        assert_round_trip(connection.base_url)

    def test_base_url_of_an_app(self) -> None:
        connection = ASGIConnection(http_scope(app_root_path="/app", root_path="/app/mounted", path="/app/mounted/x"))
        assert connection.base_url == "http://example.org/app/"

    def test_upper_case_scheme(self) -> None:
        assert_round_trip(ASGIConnection(http_scope(scheme="HTTP")).url)

    def test_is_kept(self) -> None:
        connection = ASGIConnection(http_scope())
        assert connection.url is connection.url
        assert connection.base_url is connection.base_url

    def test_invalid_host_breaks_nothing_else(self) -> None:
        request = Request(http_scope(path="/p", query_string=b"a=1", headers=[(b"host", b"a b"), (b"cookie", b"c=d")]))
        for _ in range(2):
            with pytest.raises(ClientException, match="Host") as info:
                request.url  # noqa: B018
            assert info.value.status_code == 400
        assert request.query_params == {"a": "1"}
        assert request.cookies == {"c": "d"}
        assert request.headers["host"] == "a b"
        assert request.method == "GET"
        assert request.content_type == ("", {})
