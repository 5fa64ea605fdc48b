"""The parsers, side by side: same inputs, same results, same errors."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from ..helpers import outcome

HEADERS: list[tuple[bytes, bytes]] = [
    (b"Host", b"h"),
    (b"x-a", b"1"),
    (b"X-A", b"2"),
    (b"cookie", b"a=b"),
    (b"", b"empty"),
]


class TestFindHeader:
    @pytest.mark.parametrize(
        ("name", "first", "every"),
        [
            (b"host", b"h", [b"h"]),
            (b"x-a", b"1", [b"1", b"2"]),
            (b"missing", None, []),
            (b"", b"empty", [b"empty"]),
            (b"x-", None, []),
        ],
    )
    @pytest.mark.parametrize("kind", [list, tuple])
    def test_found(self, core: Any, name: bytes, first: Any, every: list[bytes], kind: Any) -> None:
        assert core.find_header(kind(HEADERS), name) == first
        assert core.find_headers(kind(HEADERS), name) == every

    def test_pairs_that_are_lists(self, core: Any) -> None:
        assert core.find_header([[b"A", b"1"]], b"a") == b"1"
        assert core.find_headers([[b"A", b"1"]], b"a") == [b"1"]

    def test_ascii_case_only(self, core: Any) -> None:
        assert core.find_header([(b"\xc9", b"1")], b"\xe9") is None
        assert core.find_header([(b"@[`{", b"1")], b"@[`{") == b"1"
        assert core.find_header([(b"@", b"1")], b"`") is None

    @pytest.mark.parametrize("function", ["find_header", "find_headers"])
    @pytest.mark.parametrize(
        "pair",
        [
            None,
            5,
            (),
            (b"a",),
            (b"a", b"1", b"2"),
            ("a", "1"),
            (b"a", "1"),
            (b"a", None),
            ("a", b"1"),
            (None, b"1"),
            "ab",
            b"ab",
            {b"a": 1, b"b": 2},
            [b"a"],
            (bytearray(b"a"), b"1"),
            (b"a", bytearray(b"1")),
        ],
        ids=repr,
    )
    def test_wrong_pairs(self, twins: Any, function: str, pair: Any) -> None:
        for headers in ([pair], [(b"x", b"y"), pair], (pair,)):
            for name in (b"a", b"zz"):
                compiled, pure = (outcome(getattr(side._core, function), headers, name) for side in twins)
                assert compiled == pure

    def test_list_that_changes_while_it_is_read(self, core: Any) -> None:
        headers: list[Any] = []

        class Name(bytes):
            def lower(self) -> bytes:
                headers.clear()
                return b"x"

        headers[:] = [(Name(b"a"), b"1")] * 3 + [(b"b", b"2")]
        try:
            core.find_header(headers, b"b")
        except Exception as error:
            assert type(error).__name__ == "ImproperlyConfiguredException"


QUERIES = [
    b"", b"a", b"a=", b"=a", b"=", b"&", b"&&", b"a&b", b"a=1&b=2&a=3", b"a=1;b=2", b"a=b=c", b"%", b"%%", b"%4",
    b"%41", b"%zz", b"%4z", b"%ff", b"%FF",
    b"+", b"%2B", b"a+b=c+d", b"\x00", b"\xff", b"\xc3\xa9", b"%c3%a9", b"%c3\xa9", b"%ed%a0%80", b"%f4%90%80%80",
    b"%c0%80", b"\xe2\x82", b"%e2%82=x",
    b"a=\xf0\x9f\x98\x80", b"a=" + b"x" * 1000, b"?a=1", b"#a", b"a=%00", b" a = b ",
]  # fmt: skip


class TestParseQuery:
    @pytest.mark.parametrize("query", QUERIES, ids=repr)
    def test_same(self, twins: Any, query: bytes) -> None:
        compiled, pure = (outcome(side._core.parse_query, query, None) for side in twins)
        assert compiled == pure
        assert compiled[0] == "returned"

    @pytest.mark.parametrize(
        ("fields", "limit", "fits"), [(0, 0, True), (1, 0, False), (3, 3, True), (4, 3, False), (1000, None, True)]
    )
    def test_limit(self, core: Any, fields: int, limit: Any, fits: bool) -> None:
        query = b"&".join([b"a=1"] * fields) + b"&&"
        result = outcome(core.parse_query, query, limit)
        if fits:
            assert result == ("returned", [("a", "1")] * fields)
        else:
            assert result == (
                "raised",
                "RequestEntityTooLarge",
                f"more than {limit} fields",
                413,
            )

    @pytest.mark.parametrize("query", [None, "a=1", 5, bytearray(b"a=1")], ids=repr)
    def test_wrong_type(self, core: Any, query: Any) -> None:
        assert outcome(core.parse_query, query, None)[0] == "raised" or isinstance(query, bytearray)


COOKIES = [
    b"", b"a", b"a=", b"=a", b"=", b";", b"; ;", b"a=1", b"a=1;b=2", b"a=1; b=2;", b" a = 1 ", b"\ta\t=\t1\t",
    b"a=b=c", b'a="b"', b'a="b', b'a=b"', b'a="',
    b'a=""', b'a="b;c"', b'a="\\""', b'a="\\\\"', b'a="\\"', b'a="\\101"', b'a="\\400"', b'a="\\08"', b'a="\\1"',
    b'a="x\\', b'a="\\377"', b"a=%41", b"a=%",
    b"a=%zz", b"a=%ff", b"a=%c3%a9", b'a="%22"', b"a=\xe9", b"\xe9=1", b"a=\xe9%41", b"a=\x00", b"a=\x7f", b"a\x1f=1",
    b"a=\t", b"a=1\tb", b"a=\n", b"a=1; a=2",
    b"a=1,b=2", b"a b=c d", b"a=+", b'a="\\\xe9"', b"a=\x80%80", b"$Version=1", b'"a"=1',
]  # fmt: skip


class TestParseCookies:
    @pytest.mark.parametrize("value", COOKIES, ids=repr)
    def test_same(self, twins: Any, value: bytes) -> None:
        for headers in ([(b"cookie", value)], [(b"Cookie", b"z=1"), (b"cookie", value), (b"COOKIE", value)]):
            compiled, pure = (outcome(side._core.parse_cookies, headers) for side in twins)
            assert compiled == pure
            assert compiled[0] == "returned"

    def test_none(self, core: Any) -> None:
        assert core.parse_cookies([]) == {}
        assert core.parse_cookies([(b"cookies", b"a=1")]) == {}

    @pytest.mark.parametrize("headers", [[(b"cookie", "a=1")], [None], [("cookie", "a=1")]], ids=repr)
    def test_wrong_pairs(self, twins: Any, headers: Any) -> None:
        compiled, pure = (outcome(side._core.parse_cookies, headers) for side in twins)
        assert compiled == pure
        assert compiled[:2] == ("raised", "ImproperlyConfiguredException")


CONTENT_TYPES = [
    "", " ", "a/b", "A/B", " a/b ", "a/b;", "a/b;c", "a/b;c=d", "a/b;C=D", "a/b; c = d ", "a/b;c=", 'a/b;c="d"',
    'a/b;c=""', 'a/b;c="d', 'a/b;c="', 'a/b;c="\\""', 'a/b;c="\\',
    'a/b;c="d;e=f";g=h', 'a/b;c="d"x;e=f', "a/b;c=d;c=e", "a/b;;c=d", "a/b;=d;e=f", "a/b;c d=e", "a", "a/", "/b", "/",
    "a/b/c", "a b/c", "a/b c", "\xe9/b", "a/b;\xe9=c", "a/b;c=\xe9",
    ";c=d", "a/b,c/d", "a/b\x00", "a/b;c=\x00", "a/b;\tc\t=\td\t", "multipart/form-data; boundary=\"x y\"",
    "a/b;c=d=e", 'a/b;c=d"e"', "\u20ac/b", "a/b;c=\u20ac", "a/b;c=\ud800", "\u0130/b",
    "a/b;\u0130=c", "\u212a/b", "a/b;\u212a=c", "a/b ;c=d", "\xa0a/b", "a/b\x0b", "a/b;c='d'",
]  # fmt: skip


class TestParseContentType:
    @pytest.mark.parametrize("value", CONTENT_TYPES, ids=ascii)
    def test_same(self, twins: Any, value: str) -> None:
        compiled, pure = (outcome(side._core.parse_content_type, value) for side in twins)
        assert compiled == pure
        assert compiled[0] == "returned"


ACCEPTS = [
    "", "*", "*/*", "a/b", "A/B", "a/*", "*/b", "a/b, c/d", "a/b,c/d;q=0.5", "a/b;q=0", "a/b;q=1.000", "a/b;q=0.0001",
    "a/b;q=.5", "a/b;q=5", "a/b;q=", "a/b;q=.", "a/b;q=abc",
    "a/b;q=-1", "a/b;q=00.5", "a/b;q=0.5.5", 'a/b;q="0.5"', "a/b;Q=0.5", "a/b;q=0.5;x=1", "a/b;x=1;q=0.5",
    'a/b;x="1,2",c/d', 'a/b;x="1', 'a/b;x="\\",c/d', ",", ",,a/b,,", "a", "a/",
    "a/b;x=1, a/b;x=2, a/b", " a/b ;q=0.1 , c/d", "a/b;q=\u0661", "\xe9/b", "a/b;x=\xe9",
    "text/html;q=0.7,*/*;q=0.1,text/*;q=0.3", "a/b;q=0.5;q=0.7", '"a/b"', 'a/b"', "a/b;q=1e1", "*;q=0.5", "* ;q=0.5",
    "a/b\x00", "a/b;q=0,a/b", "a/b;charset=UTF-8", 'a/b;q=0.5;charset="utf-8", a/b;charset=x;q=0.6',
    "a/b;charset=x;x=1",
    "a/b;charset=utf-8;q=0.5, a/b", "a/*;charset=utf-8", "*/*;charset=utf-8, a/b;q=0.1", "a/b;q=1.0", "a/b;q=0.1234",
    "a/b;\tq=0.5", "a/b; q=0.25 ", "a/b;q=01", "a/b;q=0.5x", ",".join(["*"] * 40),
    ", ".join(f"a/c{i}" for i in range(30)),
]  # fmt: skip
OFFERS: list[list[str]] = [
    [], ["a/b"], ["A/B"], ["c/d", "a/b"], ["a/b;x=1"], ["a/b;x=2", "a/b;x=1"], ["a/*"], ["*/*"], ["*/b", "c/d"],
    ["text/html", "text/plain", "image/png"], [""], ["a"], ["nonsense", "a/b"], [" a/b "],
    ['a/b;x="1"'], ["a/b;q=0.1"], ["\xe9/b", "a/b"], ["*"],
    ["a/b;charset=utf-8"], ["a/b;charset=latin-1", "a/b"], ["a/b;charset=X;x=1", "a/b;x=1"], ["\u212a/b"],
    ["A/c29", "*/C3"],
    ["\xc9/*", "\xc9X/B"], ["*/\xc9X"], ["a/\u20ac"], ["/", "/*", "*/"],
]  # fmt: skip


class TestAccept:
    @pytest.mark.parametrize("value", ACCEPTS, ids=ascii)
    def test_same(self, twins: Any, value: str) -> None:
        compiled, pure = (outcome(side._core.parse_accept, value) for side in twins)
        assert compiled == pure
        assert compiled[0] == "returned"
        for offers in OFFERS:
            compiled_best, pure_best = (outcome(side._core.best_match, value, offers) for side in twins)
            assert compiled_best == pure_best, offers
            assert compiled_best[0] == "returned"

    @pytest.mark.parametrize("kind", [list, tuple, iter])
    def test_offers_of_any_kind(self, core: Any, kind: Any) -> None:
        assert core.best_match("a/b", kind(["c/d", "a/b"])) == "a/b"

    @pytest.mark.parametrize("offers", [[None], [5], None, [b"a/b"]], ids=repr)
    def test_wrong_offers(self, twins: Any, offers: Any) -> None:
        compiled, pure = (outcome(side._core.best_match, "a/b", offers) for side in twins)
        assert compiled[0] == pure[0] == "raised"


NESTED = [
    b"", b"1", b"[]", b"[[]]", b"[[[]]]", b"{}", b'{"a":{}}', b'["["]', b'["[[[["]', b'["\\"[[["]', b'["\\\\", []]',
    b'["\\\\"[[[', b'"[[[[', b'["', b"[[", b"]]]][[", b"[][][][]", b"[{[{", b"\xff[[[",
    b'"\\', b'["a\\"', b"}{}{}{", b"[]" * 100, b"[" * 100, b'[{"a":[1,2,{"b":"]"}]}]',
]  # fmt: skip


class TestMeasureJson:
    @pytest.mark.parametrize("body", NESTED, ids=repr)
    def test_same(self, twins: Any, body: bytes) -> None:
        for limit in range(6):
            compiled, pure = (outcome(side._core.measure_json, body, limit, None) for side in twins)
            assert compiled == pure, limit
            assert compiled[0] == "returned"

    @pytest.mark.parametrize(
        ("body", "depth"), [(b"1", 0), (b"[]", 1), (b"[[],[]]", 2), (b'{"a":[{"b":1}]}', 3), (b'["[[", "]]", [1]]', 2)]
    )
    def test_depth(self, core: Any, body: bytes, depth: int) -> None:
        assert core.measure_json(body, depth, None) == 0
        if depth:
            assert core.measure_json(body, depth - 1, None) == -1


PACKED = [
    b"", b"\x01", b"\x01\x01", b"\xff", b"\x90", b"\x91", b"\x91\x01", b"\x91\x90", b"\x92\x01", b"\x81", b"\x81\x01",
    b"\x81\x01\x90", b"\xa0", b"\xa1", b"\xa1a", b"\xa1ab", b"\xbf" + b"a" * 31, b"\xc0", b"\xc1", b"\xc1x",
    b"\xc4", b"\xc4\x00", b"\xc4\x02a", b"\xc4\x01a", b"\xc5\x00\x01a", b"\xc5\x00", b"\xc6\x00\x00\x00\x01a",
    b"\xc6\xff\xff\xff\xff", b"\xc7\x01\x05a", b"\xc7\x01", b"\xc8\x00\x01\x05a", b"\xc9\x00\x00\x00\x01\x05a",
    b"\xc9\xff\xff\xff\xff",
    b"\xca\x00\x00\x00\x00", b"\xcb" + b"\x00" * 8, b"\xcb", b"\xcc\x01", b"\xcd\x00\x01", b"\xce" + b"\x00" * 4,
    b"\xcf" + b"\x00" * 8, b"\xd0\x01", b"\xd1", b"\xd2\x00", b"\xd3" + b"\x00" * 8, b"\xd4\x01a", b"\xd5\x01ab",
    b"\xd6\x01" + b"a" * 4, b"\xd7\x01" + b"a" * 8, b"\xd8\x01" + b"a" * 16, b"\xd8", b"\xd9\x01a", b"\xd9",
    b"\xda\x00\x01a", b"\xdb\x00\x00\x00\x01a", b"\xdb\xff\xff\xff\xff", b"\xdc\x00\x01\x01", b"\xdc\x00", b"\xdc",
    b"\xdd\xff\xff\xff\xff", b"\xdd\x00\x00\x00\x00",
    b"\xde\x00\x01\x01\x01", b"\xdf\x00\x00\x00\x00", b"\xdf\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff\x01\x01",
    b"\xe0", b"\x91" * 10, b"\x91" * 10 + b"\x01", b"\x92\x90\x91\x91\x01\x01", b"\x90" * 5,
]  # fmt: skip


class TestMeasureMsgpack:
    @pytest.mark.parametrize("body", PACKED, ids=repr)
    def test_same(self, twins: Any, body: bytes) -> None:
        for limit in (0, 1, 2, 3, 20):
            compiled, pure = (outcome(side._core.measure_msgpack, body, limit, None, None) for side in twins)
            assert compiled == pure, limit
            assert compiled[0] == "returned"

    @pytest.mark.parametrize(
        ("body", "limit", "expected"),
        [
            (b"\x01", 0, 1),
            (b"\x01\x02", 0, 1),
            (b"\x90", 0, -1),
            (b"\x90", 1, 1),
            (b"\x91\x90", 1, -1),
            (b"\x91\x90", 2, 2),
            (b"\x92\x90\x90\x90", 2, 3),
            (b"\xa3abcd", 5, 4),
            (b"\x91" * 600, 256, -1),
        ],
    )
    def test_length(self, core: Any, body: bytes, limit: int, expected: int) -> None:
        assert core.measure_msgpack(body, limit, None, None) == expected

    @pytest.mark.parametrize("limit", [255, 256, 2**31, 2**60, 2**61 - 1, 2**61, sys.maxsize - 1, sys.maxsize])
    @pytest.mark.parametrize("depth", [0, 254, 255, 256, 257, 100_000])
    def test_any_limit_of_the_depth(self, core: Any, depth: int, limit: int) -> None:
        body = b"\x91" * depth + b"\x01"
        assert core.measure_msgpack(body, limit, None, None) == (-1 if depth > limit else len(body))

    @pytest.mark.parametrize(
        "body",
        [b"", b"\x91", b"\xa3ab", b"\xdd\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xcd\x01", b"\x82\x01\x01"],
    )
    def test_end_too_early(self, core: Any, body: bytes) -> None:
        assert core.measure_msgpack(body, 10, None, None) > len(body)
