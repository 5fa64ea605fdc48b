"""JSON and MessagePack of a client are bounded and decoded correctly, and both sides encode alike."""

from __future__ import annotations

import ast
import collections
import dataclasses
import datetime
import decimal
import enum
import gc
import inspect
import json
import pathlib
import time
import traceback
import tracemalloc
import uuid
from collections.abc import Callable
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import ormsgpack
import pytest

from litecon import Limits, Request, RequestEntityTooLarge, SerializationException
from litecon.serialization import MAX_DEPTH, MAX_MSGPACK_DEPTH, decode_json, decode_msgpack, encode_json, encode_msgpack

from ..helpers import Receiver, await_, body_events, http_scope
from ..sides import PACKAGE, load_module
from ..websocket.doubles import at, binary, error_of, text

UTC = datetime.UTC
MEGABYTE = 1024 * 1024
# integers that are the same modulo a power of two, and the numbers of one hash
STEP = 2**40


def side_name(side: Any) -> Any:
    return "compiled" if side.COMPILED else "pure"


def request_of(side: Any, body: bytes, **limits: Any) -> Any:
    cls = type("Bounded", (side.Request,), {"limits": side.Limits(**limits)})
    return cls(http_scope(method="POST"), Receiver(body_events(body)))


def packed_map(keys: list[bytes]) -> bytes:
    return b"\xdf" + len(keys).to_bytes(4, "big") + b"".join(key + b"\xc0" for key in keys)


def packed_array(items: list[bytes]) -> bytes:
    return b"\xdd" + len(items).to_bytes(4, "big") + b"".join(items)


@dataclasses.dataclass
class Scores:
    by_user: dict[int, int]
    parent: Outer | None = None


class Outer(msgspec.Struct):
    scores: list[Scores]


INTEGERS = [ormsgpack.packb(number * STEP) for number in range(1, 5001)]
FLOATS = [b"\xcb" + (number << 40).to_bytes(8, "big") for number in range(1, 5001)]
PAIRS = [b"\x92" + number + number for number in INTEGERS]
TIMES = [b"\xd6\xff" + number.to_bytes(4, "big") for number in range(5000)]
MANY_KEYS = {
    "one map": packed_map(INTEGERS),
    "floats": packed_map(FLOATS),
    "pairs": packed_map(PAIRS),
    "timestamps": packed_map(TIMES),
    "small": packed_map([bytes([number % 128]) for number in range(5000)]),
    "nil": packed_array([b"\x81\xc0\xc0"] * 5000),
    "many maps": packed_array([packed_map(INTEGERS[:10])] * 500),
    "in a value": b"\x81\xa1a" + packed_map(INTEGERS),
    "in a key": packed_map([b"\x91" + number for number in INTEGERS]),
    "deep": b"\x91" * 100 + packed_map(INTEGERS),
}


class TestOtherKeys:
    @pytest.mark.measures
    @pytest.mark.parametrize("name", MANY_KEYS)
    def test_many_are_refused(self, side: Any, name: str) -> None:
        start = time.process_time()
        with pytest.raises(side.RequestEntityTooLarge, match=r"increase Limits\.max_other_keys") as info:
            await_(request_of(side, MANY_KEYS[name]).msgpack())
        assert time.process_time() - start < 0.5
        assert info.value.status_code == 413
        assert "1000" in info.value.detail and "Limits" not in info.value.detail

    @pytest.mark.parametrize("count", [1, 999, 1000])
    def test_few_are_accepted(self, side: Any, count: int) -> None:
        value = await_(request_of(side, packed_map(INTEGERS[:count])).msgpack())
        assert value == {number * STEP: None for number in range(1, count + 1)}

    def test_bound(self, side: Any) -> None:
        for bound, size in ((0, 1), (1, 2), (3, 4), (1000, 1001)):
            with pytest.raises(side.RequestEntityTooLarge):
                await_(request_of(side, packed_map(INTEGERS[:size]), max_other_keys=bound).msgpack())
            assert await_(request_of(side, packed_map(INTEGERS[:bound]), max_other_keys=bound).msgpack()) is not None
        assert len(await_(request_of(side, packed_map(INTEGERS), max_other_keys=None).msgpack())) == 5000

    def test_text_and_bytes_do_not_count(self, side: Any) -> None:
        keys = [
            ormsgpack.packb(f"{number}{'x' * length}")
            for number in range(2000)
            for length in (0, 40, 300, 66_000)[: 3 + (number < 2)]
        ]
        keys += [
            ormsgpack.packb(b"%d" % number + bytes(length))
            for number in range(2000)
            for length in (0, 300, 66_000)[: 2 + (number < 2)]
        ]
        assert len(await_(request_of(side, packed_map(keys), max_other_keys=0).msgpack())) == len(keys)

    def test_values_do_not_count(self, side: Any) -> None:
        body = b"\x82\xa1a" + packed_array(INTEGERS) + b"\xa1b" + packed_array(PAIRS)
        assert len(await_(request_of(side, body, max_other_keys=0).msgpack())["b"]) == 5000

    @pytest.mark.parametrize("type_", [dict[int, None], dict[int | str, Any], dict[float | int, Any] | None], ids=str)
    def test_a_type_that_asks_for_them(self, side: Any, type_: Any) -> None:
        keys = [ormsgpack.packb(number) for number in range(3000)]
        assert await_(request_of(side, packed_map(keys)).msgpack(type_)) == dict.fromkeys(range(3000))

    def test_a_type_that_has_them_inside(self, side: Any) -> None:
        keys = b"\xdf" + (3000).to_bytes(4, "big") + b"".join(ormsgpack.packb(number) * 2 for number in range(3000))
        body = b"\x81\xa6scores\x91\x81\xa7by_user" + keys
        value = await_(request_of(side, body).msgpack(Outer))
        assert value.scores[0].by_user == {number: number for number in range(3000)}

    @pytest.mark.parametrize(
        "type_", [Any, dict, dict[str, Any], dict[Any, Any], dict[bytes, Any], dict[uuid.UUID, Any], list[Any], object]
    )
    def test_a_type_that_does_not_ask_for_them(self, side: Any, type_: Any) -> None:
        with pytest.raises(side.RequestEntityTooLarge):
            await_(request_of(side, MANY_KEYS["one map"]).msgpack(type_))

    def test_in_messages(self, side: Any) -> None:
        socket, _ = at(side, "accepted", binary(MANY_KEYS["one map"]), binary(b"\x81\x01\x02"))
        error = error_of(socket.receive_msgpack())
        assert type(error) is side.RequestEntityTooLarge
        assert await_(socket.receive_msgpack()) == {1: 2}

    @pytest.mark.measures
    def test_decoding_a_flood_takes_no_time(self, side: Any) -> None:
        # multiples of the modulus of a hash, and of a power of two, as many as a body may have
        keys = [ormsgpack.packb(number << 44) for number in range(100_000)]
        start = time.process_time()
        with pytest.raises(side.RequestEntityTooLarge):
            await_(request_of(side, packed_map(keys)).msgpack())
        assert time.process_time() - start < 0.5


JSON_OF_ITEMS: dict[str, Callable[[int], bytes]] = {
    "numbers": lambda count: b"[" + b",".join([b"1"] * (count - 1)) + b"]",
    "spaced": lambda count: b" [ " + b" , ".join([b"-1.5e3"] * (count - 1)) + b" ] ",
    "strings": lambda count: b"[" + b",".join([b'",\\":[{\\\\"'] * (count - 1)) + b"]",
    "literals": lambda count: b"[" + b",".join([b"null"] * (count - 1)) + b"]",
    "arrays": lambda count: b"[" + b",".join([b"[]"] * (count - 1)) + b"]",
    "objects": lambda count: b"[" + b",".join([b"{ }"] * (count - 1)) + b"]",
    "members": lambda count: b"{" + b",".join([b'"%d":0' % number for number in range(count // 2)]) + b"}",
    "one-member objects": lambda count: b"[" + b",".join([b'{"":0}'] * (count // 3)) + b"]",
}
PACKED_OF_ITEMS: dict[str, Callable[[int], bytes]] = {
    "numbers": lambda count: packed_array([b"\x01"] * (count - 1)),
    "strings": lambda count: packed_array([b"\xa1a"] * (count - 1)),
    "floats": lambda count: packed_array([b"\xcb" + bytes(8)] * (count - 1)),
    "maps": lambda count: packed_array([b"\x80"] * (count - 1)),
    "members": lambda count: packed_map([ormsgpack.packb(str(number)) for number in range(count // 2)]),
    "one-member maps": lambda count: packed_array([b"\x81\xa0\x00"] * (count // 3)),
    "timestamps": lambda count: packed_array([b"\xd6\xff" + bytes(4)] * (count - 1)),
}


class TestItems:
    @pytest.mark.parametrize("name", JSON_OF_ITEMS)
    def test_json(self, side: Any, name: str) -> None:
        for bound in (1, 7, 31, 3001):
            make = JSON_OF_ITEMS[name]
            assert await_(request_of(side, make(bound), max_items=bound).json()) is not None
            with pytest.raises(side.RequestEntityTooLarge, match=r"increase Limits\.max_items") as info:
                await_(request_of(side, make(bound + 3), max_items=bound).json())
            assert info.value.status_code == 413
            assert str(bound) in info.value.detail and "Limits" not in info.value.detail

    @pytest.mark.parametrize("name", PACKED_OF_ITEMS)
    def test_msgpack(self, side: Any, name: str) -> None:
        for bound in (1, 7, 31, 3001):
            make = PACKED_OF_ITEMS[name]
            assert await_(request_of(side, make(bound), max_items=bound).msgpack()) is not None
            with pytest.raises(side.RequestEntityTooLarge, match=r"increase Limits\.max_items"):
                await_(request_of(side, make(bound + 3), max_items=bound).msgpack())

    @pytest.mark.parametrize("decode", ["json", "msgpack"])
    def test_with_a_type(self, side: Any, decode: str) -> None:
        body = (JSON_OF_ITEMS if decode == "json" else PACKED_OF_ITEMS)["numbers"](11)
        assert await_(getattr(request_of(side, body, max_items=11), decode)(list[int])) == [1] * 10
        for type_ in (list[int], Any, dict[str, int]):
            with pytest.raises(side.RequestEntityTooLarge):
                await_(getattr(request_of(side, body, max_items=10), decode)(type_))

    @pytest.mark.parametrize("decode", ["json", "msgpack"])
    def test_no_bound(self, side: Any, decode: str) -> None:
        body = (JSON_OF_ITEMS if decode == "json" else PACKED_OF_ITEMS)["numbers"](1_000_011)
        assert len(await_(getattr(request_of(side, body, max_items=None), decode)())) == 1_000_010
        assert len(await_(getattr(request_of(side, body, max_items=2**80), decode)())) == 1_000_010
        with pytest.raises(side.RequestEntityTooLarge):
            await_(getattr(request_of(side, body), decode)())

    def test_in_messages(self, side: Any) -> None:
        class Socket(side.WebSocket):  # type: ignore[misc]
            limits = side.Limits(max_items=5)

        long, longer = b"[1,2,3,4]", b"[1,2,3,4,5]"
        events = [
            text(longer.decode()),
            binary(longer),
            binary(b"\x95\x01\x02\x03\x04\x05"),
            text(longer.decode()),
            text(long.decode()),
        ]
        socket, _ = at(side, "accepted", *events, cls=Socket)
        for call in (
            socket.receive_json,
            lambda: socket.receive_json("binary"),
            socket.receive_msgpack,
            lambda: anext(socket.iter_json()),
        ):
            assert type(error_of(call())) is side.RequestEntityTooLarge
        assert await_(socket.receive_json()) == [1, 2, 3, 4]

    def test_max_message_size_has_a_default(self, side: Any) -> None:
        assert side.Limits().max_message_size == 16 * MEGABYTE

    def test_the_class_counts_and_not_the_base(self, side: Any) -> None:
        strict = type("Strict", (side.Request,), {"limits": side.Limits(max_items=3)})
        assert await_(side.Request(http_scope(), Receiver(body_events(b"[1,2,3]"))).json()) == [1, 2, 3]
        with pytest.raises(side.RequestEntityTooLarge):
            await_(strict(http_scope(), Receiver(body_events(b"[1,2,3]"))).json())
        strict.limits = side.Limits(max_items=4)
        assert await_(strict(http_scope(), Receiver(body_events(b"[1,2,3]"))).json()) == [1, 2, 3]


def filled(piece: bytes, *, opening: bytes = b"[", closing: bytes = b"]", size: int = 10 * MEGABYTE) -> bytes:
    """Return as many pieces as are accepted, and a string behind them up to the bound of a body."""
    return opening + piece + closing + b" " * (size - len(piece) - 2)


@pytest.mark.slow
class TestMemory:
    ITEMS = 100_000
    # a tenth of everything: 16 bytes are held for each that is received, at a body's bound
    MOST = 16 * MEGABYTE

    @pytest.mark.parametrize("name", JSON_OF_ITEMS)
    def test_json(self, name: str) -> None:
        assert self.peak(decode_json, JSON_OF_ITEMS[name](self.ITEMS)) < self.MOST

    @pytest.mark.parametrize("name", PACKED_OF_ITEMS)
    def test_msgpack(self, name: str) -> None:
        assert self.peak(decode_msgpack, PACKED_OF_ITEMS[name](self.ITEMS)) < self.MOST

    @pytest.mark.parametrize("body", [b"\x80", b"\x90", b"\x81\xa0\xc0", b"\x00"], ids=repr)
    def test_what_is_refused_holds_nothing(self, side: Any, body: bytes) -> None:
        count = MEGABYTE // len(body)
        decode = load_module(side_name(side), "serialization").decode_msgpack
        body = b"\xdd" + count.to_bytes(4, "big") + body * count
        assert self.peak(decode, body, max_items=100) < MEGABYTE // 10

    def test_a_claim_costs_nothing(self, side: Any) -> None:
        decode = load_module(side_name(side), "serialization").decode_msgpack
        for first in (b"\xdd", b"\xdf", b"\xdb", b"\xc6", b"\xc9"):
            for rest in (b"", b"\xff", b"\xa0" * 1000):
                assert self.peak(decode, first + b"\xff\xff\xff\xff" + rest) < 100_000

    @staticmethod
    def peak(decode: Any, body: bytes, **bounds: Any) -> int:
        gc.collect()
        tracemalloc.start()
        try:
            kept = decode(body, **bounds)
            del kept
        except (RequestEntityTooLarge, SerializationException) as error:
            del error
        except Exception as error:
            assert type(error).__name__ in ("RequestEntityTooLarge", "SerializationException")
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return peak


class Checked(msgspec.Struct):
    """A type that says what it has seen."""

    x: Any

    def __post_init__(self) -> None:
        raise ValueError(f"bad: {self.x}")


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    x: int


class Tagged(msgspec.Struct, tag="a"):
    x: int


class OtherTagged(msgspec.Struct, tag="b"):
    x: int


class Color(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Record:
    x: int


TYPES: list[Any] = [
    Any, int, str, float, bool, None, bytes, list[int], dict[str, int], dict[int, str], tuple[int, str], set[int],
    Checked, Strict, Record, Color, Literal["a", "b"], Literal[1, 2], uuid.UUID, decimal.Decimal, datetime.datetime,
    datetime.date, datetime.time, datetime.timedelta, int | str, list[Strict], dict[str, Strict],
    Tagged | OtherTagged, dict[uuid.UUID, int], dict[Color, int],
]  # fmt: skip
SECRETS: list[Any] = [
    "SECRET", {"SECRET": 1}, {"x": "SECRET"}, {"x": 1, "SECRET": 2}, ["SECRET"], [1, "SECRET"], {"x": {"SECRET": 1}},
    {"type": "SECRET"}, {"type": "SECRET", "x": 1}, {"SECRET": "SECRET"}, {"SECRET": {"x": "SECRET"}},
    "Expected `SECRET",
    "Expected `int`, got SECRET", {"Expected `SECRET": 1},
]  # fmt: skip
BROKEN_JSON = [
    b"SECRET", b'{"a": SECRET}', b'"SECRET\xff"', b'"SECRET', b'["SECRET"', b'"SECRET" SECRET', b'{"SECRET"}',
    b'"\\uSECR"', b"\xffSECRET", b'{SECRET: 1}', b"[1] SECRET", b"\xef\xbb\xbfSECRET", b'"SECRET\\q"',
]  # fmt: skip
BROKEN_MSGPACK = [
    b"\xa6SECRE", b"\xa7SECRET\xff", b"\xa6SECRET\xa6SECRET", b"\xc1SECRET", b"\xd8\x05SECRETSECRETSECR",
    b"\x81\xa6SECRET",
    b"\x81\x81\xa6SECRET\x01\x02", b"\xc7\x06\x01SECRET", b"\xc7\x06\xffSECRET", b"\x81\xc7\x06\x01SECRET\x01",
]  # fmt: skip


def assert_silent(error: Any) -> None:
    """Nothing that an exception shows, in a response, a log or a traceback, has anything of what was decoded."""
    assert error.status_code == 400
    shown = [str(error), repr(error), error.detail, repr(error.extra), *getattr(error, "__notes__", ())]
    assert "SECRET" not in "".join(shown)
    assert error.__context__ is None or error.__context__ is error.__cause__
    if error.__cause__ is None:
        assert "SECRET" not in "".join(traceback.format_exception(error)).replace('"SECRET', "").replace("b'SECRET", "")


class TestNoMessageShowsBytesOfABody:
    @pytest.mark.parametrize("type_", TYPES, ids=str)
    @pytest.mark.parametrize("method", ["json", "msgpack"])
    def test_wrong_types(self, side: Any, method: str, type_: Any) -> None:
        encode = encode_json if method == "json" else ormsgpack.packb
        for value in SECRETS:
            try:
                await_(getattr(request_of(side, encode(value)), method)(type_))
            except side.SerializationException as error:
                assert_silent(error)

    @pytest.mark.parametrize("body", BROKEN_JSON, ids=repr)
    def test_broken_json(self, side: Any, body: bytes) -> None:
        for type_ in (Any, str, Strict, dict[str, int]):
            with pytest.raises(side.SerializationException) as info:
                await_(request_of(side, body).json(type_))
            assert_silent(info.value)

    @pytest.mark.parametrize("body", BROKEN_MSGPACK, ids=repr)
    def test_broken_msgpack(self, side: Any, body: bytes) -> None:
        for type_ in (Any, str, Strict, dict[str, int]):
            with pytest.raises(side.SerializationException) as info:
                await_(request_of(side, body).msgpack(type_))
            assert_silent(info.value)

    @pytest.mark.parametrize("decode", [decode_json, decode_msgpack])
    def test_what_a_check_of_the_type_says_is_its_cause(self, decode: Any) -> None:
        body = b'{"x": "SECRET"}' if decode is decode_json else b"\x81\xa1x\xa6SECRET"
        with pytest.raises(SerializationException) as info:
            decode(body, Checked)
        assert "SECRET" not in str(info.value) and "bad" not in str(info.value)
        assert isinstance(info.value.__cause__, ValueError) and "bad" in str(info.value.__cause__)

    def test_what_is_wrong_is_said_all_the_same(self) -> None:
        for body, type_, words in [
            (b'{"x": "a"}', Record, r"Expected `int`, got `str` - at `\$.x`"),
            (b"{}", Record, "missing required field `x`"),
            (b"[1,", Any, "truncated"),
            (b'"\xff"', Any, "invalid UTF-8 at byte|Invalid|malformed"),
            (b'"x"', uuid.UUID, "Invalid UUID"),
            (b'"blue"', Color, "Invalid enum value"),
        ]:
            with pytest.raises(SerializationException, match=words):
                decode_json(body, type_)

    @pytest.mark.parametrize("decode", [decode_json, decode_msgpack])
    def test_nothing_is_kept_alive_by_a_cycle(self, decode: Any) -> None:
        gc.collect()
        gc.disable()
        try:
            late = b"\xc7\x0c\xff" + bytes(4) + (253402300800).to_bytes(8, "big")
            for body, type_ in (
                (b"\xc1" * 50, Any), (b"1", str), (b'"\xff', Any), (b"", int), (b"[{}]", set), (b"\x91\x80", set),
                (late, Any), (late, datetime.datetime),
            ):  # fmt: skip
                with pytest.raises(SerializationException):
                    decode(body, type_)
            gc.set_debug(gc.DEBUG_SAVEALL)
            gc.collect()
            assert not [item for item in gc.garbage if isinstance(item, Exception)]
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()

    def test_no_module_puts_a_decoders_error_into_a_message(self) -> None:
        # what `json`, `msgspec` and `ormsgpack` say stays in serialization.py, where it is looked through
        for path in (PACKAGE / "serialization.py", PACKAGE / "_native" / "litestar_rules.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FormattedValue) and isinstance(node.value, ast.Name):
                    assert node.value.id not in ("error", "exc", "body", "data", "value"), path


TIMESTAMPS = [
    (b"\xd6\xff\x00\x00\x00\x01", datetime.datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
    (b"\xd6\xff\xff\xff\xff\xff", datetime.datetime(2106, 2, 7, 6, 28, 15, tzinfo=UTC)),
    (b"\xd7\xff" + (500_000_000 << 34 | 1).to_bytes(8, "big"),
     datetime.datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)),
    (b"\xc7\x0c\xff" + bytes(4) + (-1).to_bytes(8, "big", signed=True),
     datetime.datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
]  # fmt: skip
BROKEN_TIMESTAMPS = [
    b"\xd4\xff\x01", b"\xd5\xff\x01\x01", b"\xd7\xff" + b"\xff" * 8, b"\xc7\x0c\xff" + b"\xff" * 12, b"\xc7\x00\xff",
    b"\xc7\x0c\xff" + bytes(4) + (2**60).to_bytes(8, "big"),
    b"\xc7\x0c\xff" + bytes(4) + (253_402_300_800).to_bytes(8, "big"),
]  # fmt: skip


class TestTimestamps:
    @pytest.mark.parametrize(("body", "expected"), TIMESTAMPS, ids=repr)
    def test_aware(self, side: Any, body: bytes, expected: datetime.datetime) -> None:
        value = await_(request_of(side, body).msgpack())
        assert value == expected and value.utcoffset() == datetime.timedelta(0)
        assert await_(request_of(side, body).msgpack(datetime.datetime)) == expected
        assert await_(request_of(side, b"\x81\xa1x" + body).msgpack(dict[str, datetime.datetime])) == {"x": expected}
        assert await_(request_of(side, b"\x81" + body + b"\x01").msgpack()) == {expected: 1}

    @pytest.mark.parametrize("body", BROKEN_TIMESTAMPS, ids=repr)
    def test_broken(self, side: Any, body: bytes) -> None:
        with pytest.raises(side.SerializationException):
            await_(request_of(side, body).msgpack())

    def test_other_extensions_are_refused(self, side: Any) -> None:
        for body in (b"\xd4\x05a", b"\xd6\x00\x00\x00\x00\x01", b"\xc7\x00\x7f"):
            with pytest.raises(side.SerializationException):
                await_(request_of(side, body).msgpack())

    def test_in_messages(self, side: Any) -> None:
        socket, _ = at(side, "accepted", binary(TIMESTAMPS[0][0]))
        assert await_(socket.receive_msgpack()) == TIMESTAMPS[0][1]


class TestByteOrderMark:
    @pytest.mark.parametrize("body", [b"[1]", b' {"a": "\xef\xbb\xbf"}', b"null", b'"x"'])
    def test_is_ignored(self, side: Any, body: bytes) -> None:
        expected = json.loads(body.decode())
        for type_ in (Any, list[int] | dict[str, str] | str | None):
            assert await_(request_of(side, b"\xef\xbb\xbf" + body).json(type_)) == expected

    @pytest.mark.parametrize("body", [b"", b" ", b"\xef\xbb\xbf", b"\xef\xbb\xbf[]", b"\xef\xbb", b"x"], ids=repr)
    def test_but_once(self, side: Any, body: bytes) -> None:
        with pytest.raises(side.SerializationException):
            await_(request_of(side, b"\xef\xbb\xbf" + body).json())

    def test_depth_and_items_are_bounded_behind_it(self, side: Any) -> None:
        with pytest.raises(side.SerializationException, match="deep"):
            await_(request_of(side, b"\xef\xbb\xbf" + b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1)).json())
        assert await_(request_of(side, b"\xef\xbb\xbf[1,2]", max_items=3).json()) == [1, 2]
        with pytest.raises(side.RequestEntityTooLarge):
            await_(request_of(side, b"\xef\xbb\xbf[1,2,3]", max_items=3).json())

    def test_in_messages(self, side: Any) -> None:
        socket, _ = at(side, "accepted", text("\ufeff[1]"), binary(b"\xef\xbb\xbf[2]"), text("\ufeff"))
        assert await_(socket.receive_json()) == [1]
        assert await_(socket.receive_json("binary")) == [2]
        assert type(error_of(socket.receive_json())) is side.SerializationException


class Text(str):
    def __str__(self) -> str:
        return "other"


class Number(int):
    def __int__(self) -> int:
        return 99


class Real(float):
    pass


class Raw(bytes):
    pass


class Items(list[Any]):
    pass


class Mapped(dict[str, Any]):
    pass


class Moment(datetime.datetime):
    pass


class Day(datetime.date):
    pass


class Clock(datetime.time):
    pass


class Span(datetime.timedelta):
    pass


class Named(NamedTuple):
    x: Any


class Level(enum.IntEnum):
    HIGH = 2


class Word(enum.StrEnum):
    A = "a"


class OldWord(str, enum.Enum):
    A = "a"


class Flags(enum.Flag):
    A = 1


class Node(msgspec.Struct):
    x: Any


@dataclasses.dataclass
class Data:
    x: Any
    _y: int = 1


@dataclasses.dataclass(slots=True)
class Slotted:
    x: Any


BERLIN = ZoneInfo("Europe/Berlin")
# a value, and what a decoder makes of it
BOTH_ENCODE: list[tuple[Any, Any]] = [
    (Text("a"), "a"), (Number(5), 5), (Real(1.5), 1.5), (Items([1]), [1]), (Mapped(a=1), {"a": 1}),
    (Moment(2020, 1, 2), "2020-01-02T00:00:00"), (Day(2020, 1, 2), "2020-01-02"), (Clock(1, 2), "01:02:00"),
    (Span(seconds=5), "PT5S"), (datetime.timedelta(seconds=5), "PT5S"), (datetime.time(1, 2, tzinfo=UTC), "01:02:00Z"),
    (datetime.datetime(2020, 1, 2, tzinfo=BERLIN), "2020-01-02T00:00:00+01:00"),
    (Named(Text("a")), ["a"]), (Named(Named(1)), [[1]]), (Level.HIGH, 2), (Word.A, "a"), (OldWord.A, "a"), (Flags.A, 1),
    (Node(Text("a")), {"x": "a"}), (Node(Number(1)), {"x": 1}), (Node(Node({1})), {"x": {"x": [1]}}),
    (Node(pathlib.PurePosixPath("/a")), {"x": "/a"}), (Node(Real(1)), {"x": 1.0}), (Node(msgspec.UNSET), {}),
    (Data(Number(1)), {"x": 1, "_y": 1}), (Data(Data(Text("a"))), {"x": {"x": "a", "_y": 1}, "_y": 1}),
    (Slotted(Text("a")), {"x": "a"}), (Data(msgspec.UNSET), {"_y": 1}),
    ({Text("a"): Text("b")}, {"a": "b"}), ([Text("a"), {Number(1)}], ["a", [1]]),
    ({uuid.UUID(int=1): 1}, {"00000000-0000-0000-0000-000000000001": 1}), ({decimal.Decimal("1.5"): 1}, {"1.5": 1}),
    ({pathlib.PurePosixPath("/a"): 1}, {"/a": 1}), ({datetime.timedelta(seconds=5): 1}, {"PT5S": 1}),
    ({datetime.date(2020, 1, 2): 1}, {"2020-01-02": 1}), ({OldWord.A: 1}, {"a": 1}),
    (collections.OrderedDict(a=1), {"a": 1}), (collections.defaultdict(int, a=1), {"a": 1}),
    (collections.Counter("a"), {"a": 1}),
    (collections.deque([Text("a")]), ["a"]), (frozenset({Number(1)}), [1]), (decimal.Decimal("1.50"), "1.50"),
]  # fmt: skip
# keys and bytes, which JSON has not: what JSON makes of them, and MessagePack
JSON_DIFFERS: list[tuple[Any, Any, Any]] = [
    ({1: 1}, {"1": 1}, {1: 1}), ({Number(1): 1}, {"1": 1}, {1: 1}), ({Real(1.5): 1}, {"1.5": 1}, {1.5: 1}),
    ({None: 1}, {"null": 1}, {None: 1}), ({True: 1}, {"true": 1}, {True: 1}), ({False: 1}, {"false": 1}, {False: 1}),
    ({Level.HIGH: 1}, {"2": 1}, {2: 1}), (b"ab", "YWI=", b"ab"), (Raw(b"ab"), "YWI=", b"ab"),
    (bytearray(b"ab"), "YWI=", b"ab"), (memoryview(b"ab"), "YWI=", b"ab"), (Node(b"ab"), {"x": "YWI="}, {"x": b"ab"}),
    (Data(Raw(b"ab")), {"x": "YWI=", "_y": 1}, {"x": b"ab", "_y": 1}),
]  # fmt: skip
NEITHER_ENCODES: list[Any] = [
    object(), 1j, range(3), iter([1]), {"a": 1}.keys(), len, int, ..., msgspec.UNSET, "\ud800", Text("\ud800"),
    {"\ud800": 1},
    Node(object()), Data(1j), Named(object()), [object()], {"a": object()}, {object(): 1}, {frozenset({object()}): 1},
    Items([object()]), collections.UserDict(a=1), collections.ChainMap({}),
]  # fmt: skip


def own(value: Any) -> Any:
    """A serializer of an application, which knows one type."""
    if isinstance(value, complex):
        return [value.real, value.imag]
    raise TypeError("unknown")


SERIALIZERS = pytest.mark.parametrize("serializer", [(), (own,)], ids=["default", "own"])


class TestBothEncodersTakeTheSameTypes:
    @SERIALIZERS
    @pytest.mark.parametrize(("value", "expected"), BOTH_ENCODE, ids=range(len(BOTH_ENCODE)))
    def test_same(self, value: Any, expected: Any, serializer: Any) -> None:
        assert json.loads(encode_json(value, *serializer)) == expected
        assert decode_msgpack(encode_msgpack(value, *serializer)) == expected

    @SERIALIZERS
    @pytest.mark.parametrize(("value", "as_json", "as_msgpack"), JSON_DIFFERS, ids=range(len(JSON_DIFFERS)))
    def test_keys_and_bytes(self, value: Any, as_json: Any, as_msgpack: Any, serializer: Any) -> None:
        assert json.loads(encode_json(value, *serializer)) == as_json
        assert decode_msgpack(encode_msgpack(value, *serializer)) == as_msgpack

    @SERIALIZERS
    @pytest.mark.parametrize("value", [*NEITHER_ENCODES, "endless"], ids=lambda value: type(value).__name__)
    def test_what_neither_encodes_raises_the_same(self, value: Any, serializer: Any) -> None:
        if "1j" in repr(value) and serializer:
            pytest.skip("this one knows it")
        if value == "endless":
            value = []
            value.append(value)
        found = []
        for encode, kind in ((encode_json, "JSON"), (encode_msgpack, "MessagePack")):
            with pytest.raises(SerializationException) as info:
                encode(value, *serializer)
            assert info.value.__cause__ is not None
            found.append((type(info.value), info.value.status_code, info.value.detail.replace(kind, "")))
        assert found[0] == found[1]
        assert found[0][1] == 500

    def test_a_serializer_of_ones_own_is_asked_for_what_neither_knows(self) -> None:
        for encode, decode in ((encode_json, decode_json), (encode_msgpack, decode_msgpack)):
            assert decode(encode([1j, {1}, Text("a"), Node(1j)], own)) == [[0.0, 1.0], [1], "a", {"x": [0.0, 1.0]}]
            path = pathlib.PurePosixPath("/a")
            assert decode(encode([path], lambda value: "mine")) == ["mine"]
            assert decode(encode([{1}, 1.5, Text("a"), Node(2)], lambda value: "mine")) == [[1], 1.5, "a", {"x": 2}]

    def test_pydantic_models(self) -> None:
        pydantic = pytest.importorskip("pydantic")
        Model = pydantic.create_model("Model", a=(int, 1), day=(datetime.date, datetime.date(2020, 1, 2)))
        for encode, decode in ((encode_json, decode_json), (encode_msgpack, decode_msgpack)):
            assert decode(encode([Model()])) == [{"a": 1, "day": "2020-01-02"}]

    def test_attrs(self) -> None:
        attrs = pytest.importorskip("attrs")
        Point = attrs.make_class("Point", ["x"])
        for encode, decode in ((encode_json, decode_json), (encode_msgpack, decode_msgpack)):
            assert decode(encode([Point(Text("a")), Point(Number(2))])) == [{"x": "a"}, {"x": 2}]

    def test_sent_by_both_sides(self, side: Any) -> None:
        for value, expected in BOTH_ENCODE:
            socket, server = at(side, "accepted")
            await_(socket.send_json(value))
            await_(socket.send_msgpack(value))
            as_json, as_msgpack = server.sent[-2:]
            assert json.loads(as_json["text"]) == expected
            assert decode_msgpack(as_msgpack["bytes"]) == expected


def test_depth_on_both_sides(side: Any) -> None:
    for method, body, deepest in (
        ("json", b"[" * 100_000, MAX_DEPTH), ("json", b'{"":' * 100_000, MAX_DEPTH),
        ("msgpack", b"\x91" * 100_000, MAX_MSGPACK_DEPTH),
    ):  # fmt: skip
        with pytest.raises(side.SerializationException, match=str(deepest)):
            await_(getattr(request_of(side, body), method)())


def test_limits_are_those_of_the_decoders() -> None:
    for decode, names in ((decode_json, ["max_items"]), (decode_msgpack, ["max_items", "max_other_keys"])):
        parameters = inspect.signature(decode).parameters
        for name in names:
            assert parameters[name].default == getattr(Limits(), name)
            assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
    assert Request.limits == Limits()


@pytest.mark.parametrize(
    ("nanoseconds", "seconds", "expected"),
    [
        (0, 0, "1970-01-01T00:00:00+00:00"),
        (499, 0, "1970-01-01T00:00:00+00:00"),
        (500, 0, "1970-01-01T00:00:00.000001+00:00"),
        (999_999_999, -1, "1970-01-01T00:00:00+00:00"),
        (999_999_000, 253402300799, "9999-12-31T23:59:59.999999+00:00"),
        # no datetime can be so late, and no second has so many nanoseconds
        (999_999_999, 253402300799, None),
        (0, 253402300800, None),
        (1_000_000_000, 0, None),
    ],
)
def test_timestamps_are_rounded_to_microseconds(nanoseconds: int, seconds: int, expected: str | None) -> None:
    body = b"\xc7\x0c\xff" + nanoseconds.to_bytes(4, "big") + seconds.to_bytes(8, "big", signed=True)
    if expected is not None:
        assert decode_msgpack(body) == datetime.datetime.fromisoformat(expected)
        return
    with pytest.raises(SerializationException) as info:
        decode_msgpack(body)
    assert info.value.detail == "invalid MessagePack"


@dataclasses.dataclass(frozen=True)
class Frozen:
    x: Any


class FrozenStruct(msgspec.Struct, frozen=True):
    x: Any


class HasSet(msgspec.Struct):
    x: set[Any]


UNHASHABLE: list[tuple[Any, Any]] = [
    (set, [{}]), (frozenset, [{}]), (set[Any], [1, {}]), (set[tuple[Any, ...]], [[{}]]), (set[Frozen], [{"x": {}}]),
    (frozenset[FrozenStruct], [{"x": [{}]}]), (HasSet, {"x": [{"a": 1}]}), (dict[str, set[Any]], {"a": [{}]}),
    (set[decimal.Decimal], ["sNaN"]), (list[set[Any] | None], [None, [{}]]),
]  # fmt: skip


class TestValuesThatCannotBeHashed:
    @pytest.mark.parametrize(("type_", "value"), UNHASHABLE, ids=str)
    @pytest.mark.parametrize("method", ["json", "msgpack"])
    def test_are_the_clients_mistake(self, side: Any, method: str, type_: Any, value: Any) -> None:
        body = encode_json(value) if method == "json" else ormsgpack.packb(value)
        with pytest.raises(side.SerializationException) as info:
            await_(getattr(request_of(side, body), method)(type_))
        assert info.value.status_code == 400 and isinstance(info.value.__cause__, TypeError)
        assert info.value.__context__ is None

    @pytest.mark.parametrize("type_", [[1], {}, Literal[1.5], set[Frozen | FrozenStruct]], ids=str)
    def test_a_type_without_a_decoder_is_the_applications(self, type_: Any) -> None:
        for decode, body in ((decode_json, b"[{}]"), (decode_msgpack, b"\x91\x80")):
            with pytest.raises(TypeError):
                decode(body, type_)

    def test_an_error_of_the_types_own_code_is_the_applications(self) -> None:
        def fail() -> Any:
            raise TypeError("of the application")

        type_ = msgspec.defstruct("Failing", [("x", Any, msgspec.field(default_factory=fail))])
        for decode, body in ((decode_json, b"{}"), (decode_msgpack, b"\x80")):
            with pytest.raises(TypeError, match="of the application"):
                decode(body, type_)


class Enveloped(msgspec.Struct):
    kind: str
    content: msgspec.Raw


class TestTypedMessagePack:
    """A type means for MessagePack what it means for msgspec's own decoder."""

    @pytest.mark.parametrize(
        "type_", [*TYPES, bytes | None, list[bytes], bytearray, msgspec.Raw, Node, Slotted], ids=str
    )
    def test_is_accepted_or_not_as_by_the_decoder(self, type_: Any) -> None:
        values = [
            None, True, 1, -1, 1.5, "a", "YWI=", b"ab", [], [1], ["YWI="], [b"ab"], {}, {"x": 1}, {"a": "b"}, {1: "a"},
            datetime.datetime(2024, 1, 1, tzinfo=UTC), "2024-01-01", "1.5", str(uuid.uuid4()), uuid.uuid4().bytes,
            "red", {"red": 1}, {"type": "a", "x": 1}, [1, "a"],
        ]  # fmt: skip
        for value in values:
            body = msgspec.msgpack.encode(value)
            try:
                expected = msgspec.msgpack.decode(body, type=type_)
            except (msgspec.DecodeError, ValueError):
                with pytest.raises(SerializationException):
                    decode_msgpack(body, type_)
            else:
                found = decode_msgpack(body, type_)
                assert type(found) is type(expected)
                assert bytes(found) == bytes(expected) if type_ is msgspec.Raw else found == expected

    def test_text_is_not_bytes(self, side: Any) -> None:
        with pytest.raises(side.SerializationException, match="Expected `bytes`, got `str`"):
            await_(request_of(side, ormsgpack.packb("YWI=")).msgpack(bytes))

    def test_raw(self, side: Any) -> None:
        found = await_(request_of(side, ormsgpack.packb({"kind": "a", "content": [1, 2]})).msgpack(Enveloped))
        assert decode_msgpack(bytes(found.content), list[int]) == [1, 2]
        found = await_(request_of(side, b'{"kind": "a", "content": [1, 2]}').json(Enveloped))
        assert bytes(found.content) == b"[1, 2]"


def test_where_utf8_is_broken_is_counted_in_the_body() -> None:
    for body, position in ((b'"\xff"', 1), (b'{"a": "b", "c": "\xc3"}', 17), (b'["a", "bc\xe9"]', 9)):
        with pytest.raises(SerializationException, match=f"invalid UTF-8 at byte {position}$"):
            decode_json(body)


@pytest.mark.parametrize("bound", [-1, "1", 2.5, True])
@pytest.mark.parametrize(
    ("decode", "name"),
    [("decode_json", "max_items"), ("decode_msgpack", "max_items"), ("decode_msgpack", "max_other_keys")],
)
def test_a_bound_that_is_none(side: Any, decode: str, name: str, bound: Any) -> None:
    function = getattr(load_module("compiled" if side.COMPILED else "pure", "serialization"), decode)
    for body in (b"", b"1", b"\x81\x01\x02"):
        with pytest.raises(ValueError, match=f"{name} is {bound!r}, expected a number of 0 or more") as info:
            function(body, **{name: bound})
        assert type(info.value) is ValueError
