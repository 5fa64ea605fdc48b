"""`json()`, `msgpack()`, and the encoders and decoders that they use."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
import pathlib
import uuid
from collections import deque
from typing import Any, Literal, TypedDict

import msgspec
import ormsgpack
import pytest

from litecon import Request, SerializationException
from litecon.serialization import (
    MAX_DEPTH,
    decode_json,
    decode_msgpack,
    default_serializer,
    encode_json,
    encode_msgpack,
)

from ..helpers import Receiver, await_, body_events, check_python, http_scope, with_header


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Struct(msgspec.Struct, forbid_unknown_fields=True):
    x: int


class Typed(TypedDict):
    x: int


class Color(enum.Enum):
    RED = "red"


def make(body: bytes) -> Request[Any, Any, Any]:
    half = len(body) // 2
    return Request(http_scope(method="POST"), Receiver(body_events(body[:half], body[half:])))


CODECS = pytest.mark.parametrize(
    ("method", "encode"),
    [("json", lambda value: json.dumps(value).encode()), ("msgpack", ormsgpack.packb)],
    ids=["json", "msgpack"],
)


@CODECS
class TestRequest:
    @pytest.mark.parametrize(
        "value", [None, True, 0, -5, 1.5, "", "\xe9\u20ac\U0001f600", [], [1, [2]], {}, {"a": {"b": [None]}}], ids=repr
    )
    def test_values(self, method: str, encode: Any, value: Any) -> None:
        assert await_(getattr(make(encode(value)), method)()) == value

    def test_empty_body_is_none(self, method: str, encode: Any) -> None:
        assert await_(getattr(make(b""), method)()) is None
        for type_ in (Any, None, int | None, Point | None, Literal["a", None]):
            assert await_(getattr(make(b""), method)(type_)) is None

    @pytest.mark.parametrize("type_", [int, str, Point, Struct, Typed, list[int], dict[str, Any], Literal["a"], Color])
    def test_empty_body_is_an_error_where_the_type_does_not_admit_none(
        self, method: str, encode: Any, type_: Any
    ) -> None:
        async def main() -> None:
            request = make(b"")
            for _ in range(2):
                with pytest.raises(SerializationException, match="the data is empty") as info:
                    await getattr(request, method)(type_)
                assert info.value.status_code == 400
            assert await getattr(request, method)() is None

        await_(main())

    @pytest.mark.parametrize(
        ("type_", "expected"),
        [
            (Point, Point(1)),
            (Struct, Struct(1)),
            (Typed, {"x": 1}),
            (dict[str, int], {"x": 1}),
            (dict[str, float], {"x": 1.0}),
            (Any, {"x": 1}),
        ],
        ids=str,
    )
    def test_types(self, method: str, encode: Any, type_: Any, expected: Any) -> None:
        for arguments, keywords in (((type_,), {}), ((), {"type": type_})):
            value = await_(getattr(make(encode({"x": 1})), method)(*arguments, **keywords))
            assert value == expected
            assert type(value) is type(expected)

    def test_type_after_none_and_back(self, method: str, encode: Any) -> None:
        async def main() -> None:
            read = getattr(make(encode({"x": 1})), method)
            assert await read() == {"x": 1}
            assert await read(Point) == Point(1)
            assert await read(Struct) == Struct(1)
            assert await read() == {"x": 1}

        await_(main())

    def test_none_after_type(self, method: str, encode: Any) -> None:
        async def main() -> None:
            read = getattr(make(encode({"x": 1})), method)
            assert await read(Point) == Point(1)
            assert await read() == {"x": 1}

        await_(main())

    def test_result_is_kept_on_the_scope(self, method: str, encode: Any) -> None:
        async def main() -> None:
            request = make(encode([1]))
            first = await getattr(request, method)()
            assert await getattr(request, method)() is first
            assert await getattr(Request[Any, Any, Any](request.scope), method)() == [1]

        await_(main())

    def test_result_is_not_kept_across_requests(self, method: str, encode: Any) -> None:
        first = await_(getattr(make(encode({"a": []})), method)())
        first["a"].append(1)
        assert await_(getattr(make(encode({"a": []})), method)()) == {"a": []}

    def test_wrong_type(self, method: str, encode: Any) -> None:
        with pytest.raises(SerializationException) as info:
            await_(getattr(make(encode({"x": "SECRET"})), method)(Point))
        assert info.value.status_code == 400
        assert "SECRET" not in str(info.value)

    def test_after_an_error(self, method: str, encode: Any) -> None:
        async def main() -> None:
            request = make(b"\xc1")
            for _ in range(2):
                with pytest.raises(SerializationException):
                    await getattr(request, method)()
            assert await request.body() == b"\xc1"

        await_(main())

    def test_after_body(self, method: str, encode: Any) -> None:
        async def main() -> None:
            request = make(encode([1]))
            await request.body()
            assert await getattr(request, method)() == [1]

        await_(main())

    def test_content_type_does_not_matter(self, method: str, encode: Any) -> None:
        scope = with_header("content-type", b"text/plain; charset=utf-16", method="POST")
        assert await_(getattr(Request(scope, Receiver(body_events(encode([1])))), method)()) == [1]


def test_json_and_msgpack_do_not_mix() -> None:
    async def main() -> None:
        request = make(b"1")
        assert await request.json() == 1
        assert await request.msgpack() == 0x31

    await_(main())


INVALID_JSON = [
    b" ", b"{", b"[1,]", b"{\"a\":}", b"nul", b"'a'", b"1 2", b"{} x", b"NaN", b"Infinity", b"-Infinity", b"01",
    b"+1", b"\xff",
    b'"\xff"', b'"\xed\xa0\x80"', b'"\\ud800"', b'"\x00"', b'"', b'"\\x"', "[]".encode("utf-16"),
    b"[" * 100_000,
    b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 50_000, b"1e", b"--1", b"]", b"}{",
]  # fmt: skip


@pytest.mark.parametrize("body", INVALID_JSON, ids=lambda body: repr(body[:12]))
def test_invalid_json(body: bytes) -> None:
    with pytest.raises(SerializationException) as info:
        await_(make(body).json())
    assert info.value.status_code == 400
    assert len(str(info.value)) < 300


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"null", None),
        (b" [1] \n", [1]),
        (b'{"a":1,"a":2}', {"a": 2}),
        (b'"\\u00e9\\ud83d\\ude00"', "\xe9\U0001f600"),
        (b"18446744073709551616", 2**64),
        (b"-9223372036854775809", -(2**63) - 1),
        (b"1e2", 100.0),
    ],
)
def test_json_edge_cases(body: bytes, expected: Any) -> None:
    assert await_(make(body).json()) == expected


@pytest.mark.parametrize("body", [b"9" * 100_000, b"1" + b"0" * 5000, b"1e999999", b"-" + b"9" * 400])
def test_huge_numbers(body: bytes) -> None:
    try:
        assert isinstance(await_(make(body).json()), (int, float))
    except SerializationException:
        pass


INVALID_MSGPACK = [
    b"\xc1", b"\x01\x02", b"\x91", b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff", b"\xa5abc",
    b"\xc4\x05a", b"\xa1\xff", b"\x91" * 100_000, b"\x91" * 100_000 + b"\x01", b"\xd9", b"\xcb\x00", b"\xc0\xc0",
    b"\xc7\xff\x01",
    b"\x92\x01", b"\xc9\xff\xff\xff\xff\x01",
]  # fmt: skip


@pytest.mark.parametrize("body", INVALID_MSGPACK, ids=lambda body: repr(body[:12]))
def test_invalid_msgpack(body: bytes) -> None:
    with pytest.raises(SerializationException) as info:
        await_(make(body).msgpack())
    assert info.value.status_code == 400
    assert len(str(info.value)) < 300


@pytest.mark.parametrize(
    ("body", "type_"),
    [
        (b'{"x": "SECRET"}', Struct),
        (b'{"x": 1, "SECRET": 2}', Struct),
        (b'"it\'s SECRET"', Literal["a"]),
        (b'"a \\"SECRET\\""', Literal["a"]),
        (b'"\'SECRET"', Literal["a"]),
        (b'"a\'SECRET\\"b"', Literal["a"]),
        (b'"a\\\\\'SECRET\\"b"', Literal["a"]),
        (b'"a\\nSECRET"', Literal["a"]),
        (b'"a\'b SECRET \\" c"', Color),
        (b'{"x": 1, "`SECRET": 2}', Struct),
        (b'{"x": 1, "a` SECRET `b": 2}', Struct),
        (b'"SECRET"', Color),
        (b"\"x'SECRET'y\"", Color),
        (b'"SECRET"', datetime.datetime),
        (b'"SECRET"', uuid.UUID),
        (b'"SECRET"', decimal.Decimal),
        (b'"SECRET"', int),
        (b'{"SECRET": "x"}', dict[str, int]),
        (b'{"SECRET": 1}', dict[int, int]),
        (b"SECRET", Any),
        (b'{"a": SECRET}', Any),
    ],
)
def test_message_holds_nothing_of_the_body(body: bytes, type_: Any) -> None:
    with pytest.raises(SerializationException) as info:
        decode_json(body, type_)
    assert "SECRET" not in str(info.value)
    assert "SECRET" not in repr(info.value)
    assert info.value.__cause__ is None
    try:
        packed = ormsgpack.packb(json.loads(body))
    except ValueError:
        return
    with pytest.raises(SerializationException) as info:
        decode_msgpack(packed, type_)
    assert "SECRET" not in str(info.value)


@pytest.mark.parametrize("number", ["987654", "-987654"])
def test_message_holds_no_number_of_the_body(number: str) -> None:
    with pytest.raises(SerializationException) as info:
        decode_json(number.encode(), Literal[1, 2])
    assert "987654" not in str(info.value)


SMALL_STACK = """
import threading
from litecon import SerializationException
from litecon.serialization import decode_{decode} as decode

ended = []

def work():
    for depth in (100, 200, 300, 400, 500, 512, 513, 600, 1000, 1024, 2000, 10_000, 400_000):
        for body in ({opening!r} * depth + b"1" + {closing!r} * depth, {opening!r} * depth):
            try:
                decode(body)
            except SerializationException:
                pass
    ended.append(True)

threading.stack_size(256 * 1024)
thread = threading.Thread(target=work)
thread.start()
thread.join()
assert ended
"""


class TestDepth:
    @pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
    def test_bound(self, opening: bytes, closing: bytes) -> None:
        def nested(depth: int) -> bytes:
            return opening * depth + b"1" + closing * depth

        assert decode_json(nested(MAX_DEPTH)) is not None
        with pytest.raises(SerializationException, match="deep"):
            decode_json(nested(MAX_DEPTH + 1))

    def test_brackets_in_strings_do_not_count(self) -> None:
        assert decode_json(b'["' + b"[" * 100_000 + b'"]') == ["[" * 100_000]
        assert decode_json(b'["\\"' + b"[" * 100_000 + b'"]') == ['"' + "[" * 100_000]

    def test_many_that_are_not_deep(self) -> None:
        assert len(decode_json(b"[" + b"[]," * 100_000 + b"[]]")) == 100_001

    @pytest.mark.parametrize(
        ("decode", "opening", "closing"),
        [("json", b"[", b"]"), ("json", b'{"a":', b"}"), ("msgpack", b"\x91", b""), ("msgpack", b"\x81\xa1a", b"")],
    )
    def test_on_a_small_stack(self, decode: str, opening: bytes, closing: bytes) -> None:
        # in an interpreter of its own: what goes wrong here is a crash
        check_python(SMALL_STACK.format(decode=decode, opening=opening, closing=closing))

    def test_msgpack_deep_value_with_a_type(self) -> None:
        class Node(msgspec.Struct):
            child: Any = None

        with pytest.raises(SerializationException):
            decode_msgpack(b"\x81\xa5child" * 100_000, Node)


@dataclasses.dataclass
class Everything:
    when: datetime.datetime = datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC)
    day: datetime.date = datetime.date(2020, 1, 2)
    key: uuid.UUID = uuid.UUID(int=1)


ENCODED: list[tuple[Any, Any]] = [
    ({"a": [1, 2.5, None, True, "\xe9"]}, {"a": [1, 2.5, None, True, "\xe9"]}),
    (Point(1, 2), {"x": 1, "y": 2}),
    (Struct(1), {"x": 1}),
    (Color.RED, "red"),
    (decimal.Decimal("1.50"), "1.50"),
    (pathlib.PurePosixPath("/a/b"), "/a/b"),
    ({1}, [1]),
    (frozenset({1}), [1]),
    (deque([1, 2]), [1, 2]),
    ((1, 2), [1, 2]),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (datetime.date(2020, 1, 2), "2020-01-02"),
    (datetime.time(1, 2), "01:02:00"),
    ([Point(1), {"s": {Color.RED}}], [{"x": 1, "y": 0}, {"s": ["red"]}]),
]


class TestEncoders:
    @pytest.mark.parametrize(("value", "expected"), ENCODED, ids=lambda value: type(value).__name__)
    def test_json(self, value: Any, expected: Any) -> None:
        assert json.loads(encode_json(value)) == expected
        assert decode_json(encode_json(value)) == expected

    @pytest.mark.parametrize(("value", "expected"), ENCODED, ids=lambda value: type(value).__name__)
    def test_msgpack(self, value: Any, expected: Any) -> None:
        assert decode_msgpack(encode_msgpack(value)) == expected

    def test_compact_utf_8(self) -> None:
        assert encode_json({"a": [1, "\xe9"]}) == '{"a":[1,"\xe9"]}'.encode()

    def test_dataclass_with_everything(self) -> None:
        expected = {"when": "2020-01-02T00:00:00Z", "day": "2020-01-02", "key": "00000000-0000-0000-0000-000000000001"}
        assert decode_json(encode_json(Everything())) == expected
        packed = decode_msgpack(encode_msgpack(Everything()))
        assert packed["when"] in ("2020-01-02T00:00:00Z", "2020-01-02T00:00:00+00:00")
        assert packed["key"] == expected["key"]

    @pytest.mark.parametrize("encode", [encode_json, encode_msgpack])
    def test_serializer(self, encode: Any) -> None:
        class Own:
            pass

        decode = decode_json if encode is encode_json else decode_msgpack
        assert decode(encode([Own()], serializer=lambda value: "own")) == ["own"]
        with pytest.raises(SerializationException, match="Own") as info:
            encode(Own())
        assert info.value.status_code == 500

    @pytest.mark.parametrize("encode", [encode_json, encode_msgpack])
    def test_cannot_be_encoded(self, encode: Any) -> None:
        endless: list[Any] = []
        endless.append(endless)
        for value in ("\ud800", endless, object()):
            with pytest.raises(SerializationException) as info:
                encode(value)
            assert info.value.status_code == 500

    def test_default_serializer_refuses(self) -> None:
        with pytest.raises(TypeError, match="object"):
            default_serializer(object())
