"""Inputs that broke other libraries: URL, headers, cookies, parameters, query, body, JSON."""

from __future__ import annotations

import asyncio
import collections
import socket
import types
from typing import Any
from unittest import mock

import pytest

from litecon import (
    URL,
    Accept,
    ASGIConnection,
    ClientException,
    Headers,
    Limits,
    Request,
    RequestEntityTooLarge,
    SerializationException,
)

from ..helpers import Receiver, await_, body_events, check_linear, http_scope, seconds, with_header

COMPONENTS = ("scheme", "netloc", "path", "query", "fragment", "username", "password", "hostname", "port")


class Unlimited(Request[Any, Any, Any]):
    limits = Limits(max_body_size=None, max_fields=None)


def assert_round_trip(url: URL) -> None:
    again = URL(str(url))
    assert again == url
    for name in COMPONENTS:
        assert getattr(again, name) == getattr(url, name), name


class TestURL:
    @pytest.mark.parametrize(
        "host",
        [
            b"a/b", b"a?b", b"a#b", b"a@b", b"user:password@a", b"a b", b" a", b"a ", b"a\r\nb", b"a\rb", b"a\nb",
            b"a\x00b", b"a\tb",
            b"[::1", b"::1]", b"::1", b"[::1]x", b"[::1]x:80", b"x[::1]", b"[[::1]]", b"[]", b"[", b"]", b"[g::1]",
            b"[::1]:abc", b"[::1]:65536",
            b"a:abc", b"a:65536", b"a:99999", b"a:-1", b"a:+1", b"a:1_0", b"a: 1", b"a:1:2", b"a:123456", b"a:\xb2",
            b":80", b":", b"a\\b", b"a\"b",
            b"a<b", b"a^b", b"a`b", b"a{b", b"a|b", b"a%zz", b"a%", b"a%4", b"\xe9", "\u0661".encode(), b"\xff",
            b"a,b/c", b"." + b"a" * 100_000 + b"@",
        ],
        ids=lambda host: repr(host[:20]),
    )  # fmt: skip
    def test_invalid_host(self, host: bytes) -> None:
        request = Request(with_header("host", host, path="/p"))
        with pytest.raises(ClientException) as info:
            request.url  # noqa: B018
        assert info.value.status_code == 400
        assert len(info.value.detail) < 300
        with pytest.raises(ClientException):
            request.base_url  # noqa: B018
        with pytest.raises(ClientException):
            URL.from_scope(request.scope)
        assert request.headers["host"] == host.decode("latin-1")

    @pytest.mark.parametrize(
        "host",
        [
            b"a",
            b"a.b",
            b"a.b.",
            b"A-b_c",
            b"1.2.3.4",
            b"1.2.3.4:65535",
            b"[::1]",
            b"[::FFFF:1.2.3.4]:1",
            b"a:",
            b"a:00080",
            b"a%20b",
            b"xn--a",
        ],
    )
    def test_valid_host(self, host: bytes) -> None:
        for scheme in ("http", "https", "foo"):
            url = Request(with_header("host", host, scheme=scheme, path="/p")).url
            assert url.path == "/p"
            assert url.hostname
            assert_round_trip(url)

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("@google.com", "/@google.com"),
            ("//evil/x", "/%2Fevil/x"),
            ("///evil/x", "/%2F/evil/x"),
            ("\\\\evil", "/%5C%5Cevil"),
            ("/\\evil", "/%5Cevil"),
            ("/a?b#c", "/a%3Fb%23c"),
            (":80/x", "/:80/x"),
            ("http:/evil/", "/http:/evil/"),
            ("?", "/%3F"),
            ("*", "/*"),
            ("/a\r\nb", "/a%0D%0Ab"),
            ("/\x00", "/%00"),
            ("/%2F", "/%252F"),
            ("/a%3Fb", "/a%253Fb"),
            ("/\ud800", "/\ud800"),
        ],
    )
    def test_path(self, path: str, expected: str) -> None:
        url = Request(http_scope(path=path, query_string=b"q=1")).url
        assert url.hostname == "example.org"
        assert (url.path, url.query, url.fragment) == (expected, "q=1", "")
        assert_round_trip(url)

    @pytest.mark.parametrize("path", ["@google.com", "//evil/x", "\\\\evil", "/a?b#c", ""])
    def test_path_without_a_host(self, path: str) -> None:
        url = Request(http_scope(path=path, headers=[], server=None)).url
        assert url.hostname is None
        assert_round_trip(url)

    @pytest.mark.parametrize(
        ("server", "netloc"),
        [
            (("::1", 8000), "[::1]:8000"),
            (["::1", 80], "[::1]"),
            (("[::1]", 8000), "[::1]:8000"),
            (("fe80::1%eth0", 8000), None),
            (("/run/x.sock", None), ""),
            (("unix:/run/x.sock", None), ""),
            ((None, None), ""),
            (("h", None), "h"),
            (("h",), "h"),
            ((), ""),
            (None, ""),
            (..., ""),
            (5, ""),
            ("h:1", ""),
            ((b"h", 1), ""),
            (("h", "abc"), None),
            (("a b", 1), ""),
            (("", 1), ""),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("scheme", ["http", "foo", ...])
    def test_server_without_host_header(self, server: Any, netloc: str | None, scheme: Any) -> None:
        connection = Request(http_scope(headers=[], server=server, scheme=scheme, path="/p"))
        url = connection.url
        assert url.path == "/p"
        if netloc is not None and not (scheme == "foo" and netloc == "[::1]"):
            assert url.netloc == netloc
        assert_round_trip(url)
        assert_round_trip(connection.base_url)

    def test_two_host_headers(self) -> None:
        assert Request(with_header("host", b"first", b"second")).url == "http://first/"
        assert Request(http_scope(headers=[(b"Host", b"first"), (b"host", b"a b")])).url.hostname == "first"

    @pytest.mark.parametrize(
        "name",
        [b"x-forwarded-host", b"forwarded", b"x-forwarded-proto", b"x-forwarded-for", b"x-real-ip", b"x-original-url"],
    )
    def test_no_forwarding_header_is_read(self, name: bytes) -> None:
        plain = Request(http_scope())
        forwarded = Request(
            http_scope(headers=[(name, b"evil"), (b"host", b"example.org"), (name, b"for=evil;host=evil;proto=https")])
        )
        assert forwarded.url == plain.url
        assert forwarded.base_url == plain.base_url
        assert forwarded.client == plain.client

    def test_no_look_ups(self) -> None:
        with (
            mock.patch.object(socket, "getaddrinfo", side_effect=AssertionError),
            mock.patch.object(socket, "socket", side_effect=AssertionError),
        ):
            request = Request(http_scope(headers=[(b"host", b"does-not-exist.invalid")]))
            assert request.url.hostname == "does-not-exist.invalid"
            assert request.client is not None

    def test_raw_bytes_of_the_query_stay_encoded(self) -> None:
        url = Request(http_scope(query_string=b"a=%ff\xff&b=%c3%a9")).url
        assert url.query == "a=%ff%FF&b=%c3%a9"
        assert_round_trip(url)

    @pytest.mark.parametrize("byte", range(256))
    def test_any_byte_in_the_query(self, byte: int) -> None:
        request = Request(http_scope(query_string=bytes([byte]) + b"=" + bytes([byte])))
        assert_round_trip(request.url)
        assert str(request.url).isascii()
        assert request.query_params is not None

    @pytest.mark.measures
    def test_long_path_and_query(self) -> None:
        check_linear(
            lambda size: lambda: Request(http_scope(path="/" + "?" * size, query_string=b"\xff" * size)).url, 50_000
        )


class TestHeaders:
    def test_any_byte(self) -> None:
        everything = bytes(range(256))
        headers = Request(http_scope(headers=[(everything, everything)])).headers
        text = everything.decode("latin-1")
        assert headers.multi_items() == [(text, text)]
        assert headers[text] == text
        assert headers.dict()

    @pytest.mark.parametrize("byte", range(256))
    def test_each_byte_as_a_name(self, byte: int) -> None:
        headers = Headers([(bytes([byte]), b"value")])
        assert headers[chr(byte)] == "value"
        # the case of ASCII letters does not count, that of other latin-1 letters does
        assert (chr(byte ^ 0x20) in headers) == (chr(byte).isascii() and chr(byte).isalpha())

    def test_upper_case_names(self) -> None:
        raw = [
            (b"HOST", b"h"),
            (b"COOKIE", b"a=b"),
            (b"CONTENT-TYPE", b"A/B"),
            (b"Content-Length", b"5"),
            (b"ACCEPT", b"a/b"),
        ]
        request = Request(http_scope(headers=raw))
        assert request.url.hostname == "h"
        assert request.cookies == {"a": "b"}
        assert request.content_type == ("a/b", {})
        assert request.content_length == 5
        assert list(request.accept) == ["a/b"]

    @pytest.mark.parametrize(
        "kind",
        [list, tuple, iter, lambda raw: (pair for pair in raw), collections.deque, lambda raw: dict(raw).items()],
    )
    def test_container(self, kind: Any) -> None:
        request = Request(http_scope(headers=kind([(b"host", b"h"), (b"cookie", b"a=b"), (b"content-length", b"5")])))
        for _ in range(2):
            assert request.headers["host"] == "h"
            assert request.cookies == {"a": "b"}
            assert request.content_length == 5
            assert request.url.hostname == "h"
            assert len(request.headers) == 3

    @pytest.mark.measures
    @pytest.mark.parametrize(
        "work",
        [
            lambda headers: headers["last"],
            lambda headers: headers.getall("x"),
            lambda headers: list(headers),
            lambda headers: headers.dict(),
            lambda headers: headers.multi_items(),
            lambda headers: headers == headers,
            lambda headers: dict(headers),
        ],
        ids=["getitem", "getall", "iter", "dict", "multi_items", "eq", "into-dict"],
    )
    def test_many_copies_of_one_header(self, work: Any) -> None:
        check_linear(lambda size: lambda: work(Headers([(b"x", b"1")] * size + [(b"last", b"2")])), 25_000)

    def test_200_000_copies_of_one_header(self) -> None:
        request = Request(http_scope(headers=[(b"x-a", b"1")] * 200_000))
        assert len(request.headers.getall("x-a")) == 200_000
        assert request.headers["x-a"] == "1"
        assert request.cookies == {}
        assert request.content_type == ("", {})
        assert list(request.headers.keys()) == ["x-a"]

    @pytest.mark.measures
    def test_many_different_headers(self) -> None:
        check_linear(lambda size: lambda: list(Headers([(b"x-%d" % index, b"1") for index in range(size)])), 5_000)

    def test_membership(self) -> None:
        headers = Request(with_header("X-A", b"1")).headers
        assert "x-a" in headers
        assert "X-a" in headers
        assert 5 not in headers
        assert None not in headers
        assert b"x-a" not in headers

    @pytest.mark.parametrize(
        "value", [b"+5", b"-1", b"1_0", b" 5 ", b"5,5", "\u0665".encode(), b"\xb2", b"", b"5.0", b"5\x00", b"\n5"]
    )
    def test_content_length(self, value: bytes) -> None:
        request = Request(with_header("content-length", value), Receiver(body_events(b"body")))
        with pytest.raises(ClientException) as info:
            request.content_length  # noqa: B018
        assert info.value.status_code == 400
        assert await_(request.body()) == b"body"


def cookies_of(*values: bytes) -> dict[str, str]:
    return Request(with_header("cookie", *values)).cookies


class TestCookies:
    @pytest.mark.measures
    @pytest.mark.parametrize("quoted", [True, False])
    def test_64_kib_of_escapes(self, quoted: bool) -> None:
        value = b'a="' + b'\\"' * 32768 + (b'"' if quoted else b"x")
        headers = [(b"cookie", value)]
        cookies = Request(http_scope(headers=headers)).cookies
        assert cookies["a"] == ('"' * 32768 if quoted else '"' + '\\"' * 32768 + "x")
        # the stated bound; the best of many is what the code takes and not what the machine does besides
        assert seconds(lambda: Request(http_scope(headers=headers)).cookies, repeat=20) < 0.005

    @pytest.mark.measures
    @pytest.mark.parametrize(
        "value",
        [b'"' + b"\\101" * 16000 + b'"', b"%41" * 20000, b"%" * 60000, b'"' + b"\\" * 60000 + b'"', b"\xff%41" * 16000],
    )
    def test_escapes_are_linear(self, value: bytes) -> None:
        check_linear(lambda size: lambda: cookies_of(b"a=" + value * size), 1)

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (b"a=\x01; b=2", {"b": "2"}),
            (b"a\x01=1; b=2", {"b": "2"}),
            (b"=x; b=2", {"b": "2"}),
            (b"a; b=2", {"b": "2"}),
            (b";;", {}),
            (b"; ;b=2;", {"b": "2"}),
            (b"", {}),
            (b"=", {}),
            (b"a=b=c", {"a": "b=c"}),
            (b'a="b;c"; d=e', {"a": '"b', "d": "e"}),
            (b'a="b; c=d', {"a": '"b', "c": "d"}),
            (b'a=b"; c="d', {"a": 'b"', "c": '"d'}),
            (b'a="', {"a": '"'}),
            (b'a=""', {"a": ""}),
            (b"a=", {"a": ""}),
            (b'a="\\"x\\\\"', {"a": '"x\\'}),
            (b'a="\\101\\054"', {"a": "A,"}),
            (b"a=%C3%A9%20", {"a": "\xe9 "}),
            (b"a=%ff", {"a": "\ufffd"}),
            (b"a=%zz%", {"a": "%zz%"}),
            (b"a=1; a=2", {"a": "2"}),
            (b" a = 1 ", {"a": "1"}),
            (b"A=1; a=2", {"A": "1", "a": "2"}),
            (b"a=\xe9", {"a": "\xe9"}),
            (b"a=\x7f; b=2", {"b": "2"}),
            (b"a b=1", {"a b": "1"}),
            (b"$Version=1; a=2", {"$Version": "1", "a": "2"}),
            (b"a=b,c", {"a": "b,c"}),
            (b"a=\x00; b=2\x00", {}),
            (b"__proto__=1; __class__=2", {"__proto__": "1", "__class__": "2"}),
        ],
    )
    def test_pairs(self, value: bytes, expected: dict[str, str]) -> None:
        assert cookies_of(value) == expected

    def test_several_headers(self) -> None:
        assert cookies_of(b"a=1; b=1", b"bad\x01=1", b"b=2; c=3") == {"a": "1", "b": "2", "c": "3"}

    @pytest.mark.measures
    def test_10_000_pairs(self) -> None:
        assert len(cookies_of(b"; ".join(b"n%d=v" % index for index in range(10_000)))) == 10_000
        check_linear(lambda size: lambda: cookies_of(b"; ".join(b"n%d=v" % index for index in range(size))), 2_000)

    @pytest.mark.measures
    def test_10_000_headers(self) -> None:
        check_linear(lambda size: lambda: cookies_of(*[b"n=v"] * size), 5_000)


class TestParameters:
    @pytest.mark.measures
    @pytest.mark.parametrize(
        "text",
        [
            b";",
            b'"',
            b"\\",
            b",",
            b";=",
            b'"\\',
            b'\\"',
            b'",',
            b'";',
            b" ",
            b"\t",
            b";a",
            b";a=",
            b';a="',
            b"=",
            b"a/a,",
            b'a/a;b="',
            b"a/a;q=0,",
            b"a/a;a=b;",
        ],
        ids=repr,
    )
    def test_64_kib(self, text: bytes) -> None:
        def work(size: int) -> Any:
            value = (text * (size // len(text) + 1))[:size]

            def read() -> None:
                for prefix in (b"", b"text/html;", b'text/html;a="', b'text/html;a="\\'):
                    request = Request(
                        http_scope(headers=[(b"content-type", prefix + value), (b"accept", prefix + value)])
                    )
                    assert request.content_type
                    assert request.accept.best_match(["text/plain", "a/a"], "none")

            return read

        check_linear(work, 8_192)

    @pytest.mark.measures
    def test_many_parameters(self) -> None:
        check_linear(
            lambda size: (
                lambda: (
                    Request(
                        with_header("content-type", b"a/b" + b"".join(b";n%d=v" % n for n in range(size)))
                    ).content_type
                )
            ),
            2_000,
        )

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (b"text/html; charset=a; charset=b", {"charset": "a"}),
            (b"text/html; Charset=a; CHARSET=b", {"charset": "a"}),
            (b'text/html; charset="utf-8"', {"charset": "utf-8"}),
            (b'text/html; charset="utf-8', {}),
            (b"text/html; charset", {}),
            (b"text/html; =x; a=b", {"a": "b"}),
            (b"text/html;;; a=b;", {"a": "b"}),
            (b"text/html; a = b ", {"a": "b"}),
            (b'text/html; a="x;b=y"; c=d', {"a": "x;b=y", "c": "d"}),
            (b'text/html; a=""', {"a": ""}),
            (b"text/html; a\x00=b; c=d", {"c": "d"}),
            (b"text/html; \xe9=b; c=\xe9", {"c": "\xe9"}),
        ],
    )
    def test_odd_parameters(self, value: bytes, expected: dict[str, str]) -> None:
        media_type, parameters = Request(with_header("content-type", value)).content_type
        assert media_type == "text/html"
        if b'"utf-8' in value and not expected:
            # an unbalanced quote: skipped, or taken as it is
            assert set(parameters) <= {"charset"}
        else:
            assert parameters == expected

    @pytest.mark.parametrize(
        ("value", "offers", "expected"),
        [
            ("text/html;q=0", ["text/html"], None),
            ("text/html;q=0, */*;q=0.1", ["text/html", "a/b"], "a/b"),
            ("text/html;q=2, a/b;q=0.9", ["a/b", "text/html"], "text/html"),
            ("text/html;q=abc, a/b;q=0.9", ["a/b", "text/html"], "text/html"),
            ("*/*;q=0.1, text/html;level=1", ["text/plain", "text/html;level=1"], "text/html;level=1"),
            ("*/*;q=0.1, text/html;level=1", ["text/html"], "text/html"),
            ("application/vnd.x+json", ["application/json"], None),
            ("application/vnd.x+json", ["application/vnd.x+json"], "application/vnd.x+json"),
            ("text/html;q=nan, a/b", ["a/b", "text/html"], "text/html"),
            ("text/html;q=1e9, a/b", ["a/b", "text/html"], "text/html"),
        ],
    )
    def test_accept(self, value: str, offers: list[str], expected: str | None) -> None:
        assert Accept(value).best_match(offers) == expected

    @pytest.mark.measures
    def test_large_quality(self) -> None:
        check_linear(lambda size: lambda: Accept("a/a;q=0." + "9" * size).best_match(["a/a"]), 100_000)
        assert Accept("a/a;q=" + "9" * 10_000).accepts("a/a")


def query_of(query: bytes) -> list[tuple[str, str]]:
    return Request(http_scope(query_string=query)).query_params.multi_items()


class TestQuery:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            (b"a=1;b=2", [("a", "1;b=2")]),
            (b"a", [("a", "")]),
            (b"a=", [("a", "")]),
            (b"=a", [("", "a")]),
            (b"=", [("", "")]),
            (b"&&", []),
            (b"&a=1&", [("a", "1")]),
            (b"%", [("%", "")]),
            (b"%zz", [("%zz", "")]),
            (b"%4", [("%4", "")]),
            (b"a=%ff", [("a", "\ufffd")]),
            (b"+", [(" ", "")]),
            (b"a=%2B+%20", [("a", "+  ")]),
            (b"a=%26%3D", [("a", "&=")]),
            (b"\xff=\xe9", [("\ufffd", "\ufffd")]),
            ("\xe9=\u20ac".encode(), [("\xe9", "\u20ac")]),
            (b"a=%C3\xa9", [("a", "\xe9")]),
            (b"a=%00\x00", [("a", "\x00\x00")]),
            (b"a=%ed%a0%80", [("a", "\ufffd\ufffd\ufffd")]),
            (b"a=1&a=1&a=2", [("a", "1"), ("a", "1"), ("a", "2")]),
            (b"a=?b=c", [("a", "?b=c")]),
            (b"a=%2525", [("a", "%25")]),
        ],
    )
    def test_pairs(self, query: bytes, expected: list[tuple[str, str]]) -> None:
        assert query_of(query) == expected

    @pytest.mark.measures
    @pytest.mark.parametrize("pair", [b"a=1&", b"&", b"a&", b"=&"])
    def test_a_million_fields(self, pair: bytes) -> None:
        request = Request(http_scope(query_string=pair * 1_000_000))

        def read() -> None:
            if pair == b"&":
                assert len(request.query_params) == 0
            else:
                with pytest.raises(RequestEntityTooLarge) as info:
                    request.query_params  # noqa: B018
                assert info.value.status_code == 413

        assert seconds(read, repeat=1) < 1

    def test_the_limit(self) -> None:
        assert len(query_of(b"a&" * 1000)) == 1000
        assert len(query_of(b"a&&" * 1000)) == 1000
        with pytest.raises(RequestEntityTooLarge):
            query_of(b"a&" * 1001)

    @pytest.mark.measures
    @pytest.mark.parametrize("text", [b"%", b"%41", b"+", b"=", b"\xff", b"%ff", b"a"])
    def test_one_long_value(self, text: bytes) -> None:
        check_linear(lambda size: lambda: query_of(b"a=" + text * size), 10_000)

    @pytest.mark.measures
    def test_many_fields_without_a_limit(self) -> None:
        def work(size: int) -> Any:
            scope = http_scope(query_string=b"&".join(b"n%d=%d" % (index, index) for index in range(size)))
            return lambda: Unlimited(scope).query_params.dict()

        check_linear(work, 3_000)


class TestBody:
    @pytest.mark.slow
    def test_1_mib_in_1_byte_events(self) -> None:
        events = body_events(*[b"x"] * 1_048_576)
        request = Request(http_scope(), lambda events=iter(events): given(next(events)))
        assert len(await_(request.body())) == 1_048_576

    @pytest.mark.measures
    @pytest.mark.parametrize("method", ["body", "stream"])
    def test_tiny_chunks_are_linear(self, method: str) -> None:
        def work(size: int) -> Any:
            events = body_events(*[b"x"] * size)

            async def read() -> None:
                request = Unlimited(http_scope(), lambda left=iter(events): given(next(left)))
                if method == "body":
                    assert len(await request.body()) == size
                else:
                    assert sum([len(chunk) async for chunk in request.stream()]) == size

            return lambda: asyncio.run(read())

        check_linear(work, 3_000)

    @pytest.mark.parametrize("length", [None, b"1", b"3", b"100", b"99999999999999999999"])
    def test_content_length(self, length: bytes | None) -> None:
        headers = [] if length is None else [(b"content-length", length)]
        assert await_(Unlimited(http_scope(headers=headers), Receiver(body_events(b"ab", b"c"))).body()) == b"abc"

    def test_is_disconnected_before_body(self) -> None:
        async def main() -> None:
            request = Request[Any, Any, Any](http_scope(), Receiver(body_events(b"a", b"", b"b")))
            assert await request.is_disconnected() is False
            assert await request.is_disconnected() is False
            assert await request.body() == b"ab"

        await_(main())

    def test_retries_after_a_timeout(self) -> None:
        async def main() -> None:
            queue: asyncio.Queue[Any] = asyncio.Queue()
            request = Request[Any, Any, Any](http_scope(), queue.get)
            for chunk in (b"a", b"b", b"c"):
                queue.put_nowait({"type": "http.request", "body": chunk, "more_body": True})
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(request.body(), 0.01)
            queue.put_nowait({"type": "http.request"})
            assert await asyncio.wait_for(request.body(), 5) == b"abc"

        await_(main())

    def test_a_reader_that_is_cancelled_frees_the_other(self) -> None:
        async def main() -> None:
            queue: asyncio.Queue[Any] = asyncio.Queue()
            scope = http_scope()
            task = asyncio.create_task(Request[Any, Any, Any](scope, queue.get).body())
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            queue.put_nowait({"type": "http.request", "body": b"a"})
            assert await asyncio.wait_for(Request[Any, Any, Any](scope, queue.get).body(), 5) == b"a"

        await_(main())


async def given(event: Any) -> Any:
    return event


class TestJSON:
    @pytest.mark.parametrize(
        "body",
        [
            b"[" * 100_000,
            b"[" * 400_000,
            b'{"a":' * 100_000,
            b"[" * 100_000 + b"]" * 100_000,
            b"\xff",
            b'"\xc3"',
            b"[]x",
            b"NaN",
            b"-Infinity",
        ],
        ids=lambda b: repr(b[:8]),
    )
    def test_invalid(self, body: bytes) -> None:
        with pytest.raises(SerializationException) as info:
            await_(Request(http_scope(), Receiver(body_events(body))).json())
        assert info.value.status_code == 400

    @pytest.mark.parametrize(
        ("body", "expected"),
        [(b'{"a":1,"a":2}', {"a": 2}), (b"18446744073709551616", 2**64), (b"", None), (b"null", None), (b"[]\n", [])],
    )
    def test_valid(self, body: bytes, expected: Any) -> None:
        assert await_(Request(http_scope(), Receiver(body_events(body))).json()) == expected

    @pytest.mark.parametrize(
        "body",
        [
            b"\xdd\xff\xff\xff\xff",
            b"\xdf\xff\xff\xff\xff",
            b"\xdb\xff\xff\xff\xff",
            b"\xc6\xff\xff\xff\xff",
            b"\xc9\xff\xff\xff\xff\x00",
            b"\x91" * 100_000,
            b"\xc0\xc0",
        ],
        ids=lambda b: repr(b[:8]),
    )
    def test_invalid_msgpack(self, body: bytes) -> None:
        with pytest.raises(SerializationException) as info:
            await_(Request(http_scope(), Receiver(body_events(body))).msgpack())
        assert info.value.status_code == 400


@pytest.mark.parametrize(
    "make",
    [
        collections.OrderedDict,
        lambda scope: type("Sub", (dict,), {})(scope),
        collections.UserDict,
        types.MappingProxyType,
    ],
)
def test_other_mappings_as_scope(make: Any) -> None:
    request = Request(
        make(http_scope(path="/p", query_string=b"a=1", headers=[(b"host", b"h"), (b"cookie", b"c=d")])),
        Receiver(body_events(b"1")),
    )
    assert request.url == "http://h/p?a=1"
    assert request.query_params == {"a": "1"}
    assert request.cookies == {"c": "d"}
    assert await_(request.json()) == 1
    assert ASGIConnection(request.scope).client is not None
