"""`url` and `base_url` for request targets as servers pass them on: decoded paths, and targets that are no path."""

from __future__ import annotations

from typing import Any

import pytest

from litecon import URL, ClientException, Request, WebSocket
from litecon.routing import RouteTable

from ..helpers import http_scope

COMPONENTS = ("scheme", "netloc", "path", "query", "fragment")


def assert_round_trip(url: URL) -> None:
    again = URL(str(url))
    assert [getattr(again, name) for name in COMPONENTS] == [getattr(url, name) for name in COMPONENTS]
    assert again == url


def request_for(path: str, *, host: bytes | None = b"h.example", **changes: Any) -> Request:
    headers = [] if host is None else [(b"host", host)]
    return Request(http_scope(path=path, headers=headers, server=("127.0.0.1", 8000), **changes))


# What uvicorn 0.54 (h11 0.16, httptools 0.9), hypercorn 0.18 and granian 2.8 give for the first line of a request,
# without and with a root path.
TARGETS_OF_SERVERS = [
    ("GET /a%2525b?q=%25", {"path": "/a%25b", "query_string": b"q=%25"}, "http://h.example/a%2525b?q=%25"),
    ("GET /a%3Fb", {"path": "/a?b"}, "http://h.example/a%3Fb"),
    ("GET /a?b", {"path": "/a", "query_string": b"b"}, "http://h.example/a?b"),
    ("GET /100%25", {"path": "/100%"}, "http://h.example/100%25"),
    ("GET //evil/x", {"path": "//evil/x"}, "http://h.example/%2Fevil/x"),
    ("GET /%2Fx", {"path": "//x"}, "http://h.example/%2Fx"),
    ("uvicorn: GET /a%2525b", {"path": "/api/a%25b", "root_path": "/api"}, "http://h.example/api/a%2525b"),
    ("hypercorn: GET /a%2525b", {"path": "/a%25b", "root_path": "/api"}, "http://h.example/api/a%2525b"),
    ("OPTIONS *", {"path": "*"}, "http://h.example"),
    ("uvicorn: OPTIONS *", {"path": "/api*", "root_path": "/api"}, "http://h.example"),
    ("hypercorn: OPTIONS *", {"path": "*", "root_path": "/api"}, "http://h.example"),
    ("h11: GET http://h.example/x?q", {"path": "http://h.example/x", "query_string": b"q"}, "http://h.example/x?q"),
    ("h11: GET http://h.example", {"path": "http://h.example"}, "http://h.example/"),
    ("h11: OPTIONS http://h.example", {"path": "http://h.example"}, "http://h.example"),
    ("granian: OPTIONS http://h.example", {"path": "/"}, "http://h.example/"),
    ("uvicorn: GET http://h.example/x", {"path": "/apihttp://h.example/x", "root_path": "/api"}, "http://h.example/api/x"),
    ("hypercorn: GET http://h.example/x", {"path": "http://h.example/x", "root_path": "/api"}, "http://h.example/api/x"),
]  # fmt: skip


class TestServers:
    @pytest.mark.parametrize(
        ("line", "changes", "expected"), TARGETS_OF_SERVERS, ids=[line for line, _, _ in TARGETS_OF_SERVERS]
    )
    def test_url_of_what_servers_give(self, line: str, changes: dict[str, Any], expected: str) -> None:
        method = line.rpartition(": ")[2].partition(" ")[0]
        request = request_for(**changes, method=method)
        assert request.url == expected
        assert_round_trip(request.url)
        assert request.base_url == f"http://h.example{changes.get('root_path', '')}/"


class TestPercent:
    def test_a_percent_sign_in_a_decoded_path_is_encoded(self) -> None:
        urls = [request_for(path).url.path for path in ("/a?b", "/a%3Fb", "/a%253Fb", "/100%", "/%", "/%%", "/%zz")]
        assert urls == ["/a%3Fb", "/a%253Fb", "/a%25253Fb", "/100%25", "/%25", "/%25%25", "/%25zz"]

    def test_in_a_root_path(self) -> None:
        request = request_for("/50%/a", root_path="/50%")
        assert (request.url.path, request.base_url.path) == ("/50%25/a", "/50%25/")


class TestAsterisk:
    def test_options_asterisk_has_a_url_without_a_path(self) -> None:
        url = request_for("*", method="OPTIONS", query_string=b"never").url
        assert url == "http://h.example"
        assert (url.path, url.query) == ("", "")

    def test_only_with_that_method(self) -> None:
        assert request_for("*").url == "http://h.example/*"
        assert request_for("/*", method="OPTIONS").url == "http://h.example/*"
        assert request_for("", method="OPTIONS", query_string=b"q").url == "http://h.example?q"

    def test_a_socket_has_no_method(self) -> None:
        assert WebSocket({"type": "websocket", "path": "*", "headers": [(b"host", b"h")]}).url == "ws://h/*"

    def test_connect_has_a_url_without_a_path(self) -> None:
        assert request_for("h.example:443", method="CONNECT", host=b"h.example:443").url == "http://h.example:443"
        with pytest.raises(ClientException):
            request_for("evil.example:443", method="CONNECT").url  # noqa: B018


class TestAbsoluteForm:
    @pytest.mark.parametrize(
        ("target", "host", "path"),
        [
            ("http://h/x", b"h", "/x"),
            ("HTTP://H/x", b"h", "/x"),
            ("http://h/x", b"H", "/x"),
            ("http://h:80/x", b"h", "/x"),
            ("http://h/x", b"h:80", "/x"),
            ("http://h:080/x", b"h", "/x"),
            ("http://h:/x", b"h", "/x"),
            ("https://h:443/x", b"h", "/x"),
            ("http://h:8000/x", b"h:8000", "/x"),
            ("http://[::1]:8000/x", b"[::1]:8000", "/x"),
            ("foo://h/x", b"h", "/x"),
            ("http://h", b"h", "/"),
            ("http://h/", b"h", "/"),
            ("http://h//x", b"h", "/%2Fx"),
            ("http://h/http://evil/x", b"h", "/http://evil/x"),
            ("http://h/a?b#c%", b"h", "/a%3Fb%23c%25"),
        ],
    )
    def test_the_targets_path_is_the_urls(self, target: str, host: bytes, path: str) -> None:
        request = request_for(target, host=host, query_string=b"q=1")
        assert (request.url.path, request.url.query) == (path, "q=1")
        assert request.url.netloc == host.decode().removesuffix(":80")
        assert request.base_url.path == "/"
        assert_round_trip(request.url)

    @pytest.mark.parametrize(
        ("target", "host"),
        [
            ("http://evil/x", b"h"),
            ("http://h:81/x", b"h"),
            ("http://h/x", b"h:81"),
            ("http://h:443/x", b"h"),
            ("https://h/x", b"h:80"),
            ("http://h:0/x", b"h"),
            ("http://user@h/x", b"h"),
            ("http://user:word@h/x", b"h"),
            ("http://h@evil/x", b"h"),
            ("http://h?@evil/x", b"h"),
            ("http://h#@evil/x", b"h"),
            ("http://h\\@evil/x", b"h"),
            ("http:///x", b"h"),
            ("http://h:x/", b"h"),
            ("http://[h]/", b"h"),
            ("http://\u212a/", b"k"),
            ("http://h/x", None),
            ("http://h/x", b""),
            ("http:///x", b""),
            ("ws://evil/x", b"h"),
        ],
    )
    def test_another_authority_than_the_hosts_is_a_400(self, target: str, host: bytes | None) -> None:
        for root_path in ("", "/api"):
            request = request_for(root_path + target, host=host, root_path=root_path)
            for name in ("url", "base_url"):
                with pytest.raises(ClientException, match="authority") as info:
                    getattr(request, name)
                assert info.value.status_code == 400
            assert request.method == "GET"

    def test_first_of_two_hosts_counts(self) -> None:
        headers = [(b"host", b"h"), (b"host", b"evil")]
        with pytest.raises(ClientException):
            Request(http_scope(path="http://evil/", headers=headers)).url  # noqa: B018

    @pytest.mark.parametrize("target", ["http:/x", "http:x", "://h/x", "1://h/x", "@h", "h:443", ":80/x"])
    def test_what_is_none_is_a_path(self, target: str) -> None:
        assert request_for(target).url.path == "/" + target
        assert request_for("/" + target).url.path == "/" + target


class TestWithoutAHost:
    @pytest.mark.parametrize("server", [..., None, ("/run/x.sock", None), ("unix:/x", None), ["", 80], ("a b", 1)])
    @pytest.mark.parametrize("headers", [..., [], [(b"host", b"")]])
    def test_without_a_host_there_is_no_scheme(self, headers: Any, server: Any) -> None:
        for scheme in (..., "http", "https", "ws", "foo"):
            request = Request(
                http_scope(path="/evil.com/x", query_string=b"q", scheme=scheme, headers=headers, server=server)
            )
            assert request.url == "/evil.com/x?q"
            assert (request.url.scheme, request.url.netloc) == ("", "")
            assert request.base_url == "/"
            assert_round_trip(request.url)

    def test_a_route_has_none_either(self) -> None:
        table = RouteTable()
        table.add("item", "/items/{name:str}")
        request = Request(http_scope(headers=[], server=None, app=table))
        assert request.url_for("item", name="x") == "/items/x"

    def test_a_wrong_scheme_is_an_error_nevertheless(self) -> None:
        with pytest.raises(ValueError, match="scheme"):
            Request(http_scope(headers=[], server=None, scheme="a b")).url  # noqa: B018


class TestPortZero:
    @pytest.mark.parametrize(
        ("changes", "netloc"),
        [
            ({"headers": [(b"host", b"h:0")]}, "h:0"),
            ({"headers": [(b"host", b"h:00")]}, "h:0"),
            ({"headers": [(b"host", b"[::1]:0")]}, "[::1]:0"),
            ({"headers": [], "server": ("h", 0)}, "h:0"),
            ({"headers": [], "server": ("h", "0")}, "h:0"),
            ({"headers": [], "server": ("h", None)}, "h"),
        ],
        ids=str,
    )
    def test_port_0_is_kept(self, changes: dict[str, Any], netloc: str) -> None:
        request = Request(http_scope(**changes))
        assert request.url.netloc == request.base_url.netloc == netloc
        assert request.url.port == (0 if netloc.endswith(":0") else None)
        assert_round_trip(request.url)
