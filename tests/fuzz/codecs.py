"""Random JSON and MessagePack against both sides and against oracles.

An input is a value, encoded in one of the ways that the format allows, and then often damaged. The fuzzer checks that
both sides measure and decode it alike, through the decoders and through a request; that the results and refusals are
those of an independent decoder; that the bounds are exact; that only documented exceptions are raised, which reveal
nothing of the input; and that an encoded value is decoded to itself.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import json
import math
import struct
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any, Literal

import msgspec
import ormsgpack

from ..helpers import Receiver, body_events, drive, http_scope
from ..sides import load_module
from . import base
from .base import UnlikeError

__all__ = ("Fuzzer",)

# in every text that is made, so that it can be looked for in messages
MARK = "Zq9"
BIG = 10**6
UTC = datetime.UTC


class Color(enum.Enum):
    RED = f"{MARK}red"


class Node(msgspec.Struct, forbid_unknown_fields=True):
    a: int
    b: Any = None


@dataclasses.dataclass
class Record:
    a: int
    b: Any = None


TYPES: list[Any] = [
    int, str, float, bool, None, bytes, list[int], list[Any], dict[str, int], dict[str, Any], dict[int, Any],
    tuple[int, str], set[int], Node, Record, Color, Literal["a", 1], uuid.UUID, decimal.Decimal, datetime.datetime,
    datetime.date, int | None,
    list[Node], dict[str, Record], dict[uuid.UUID, Any],
]  # fmt: skip


class Text(str):
    pass


class Number(int):
    pass


class Refused(Exception):
    """The oracle refuses an input."""


def unpack(data: bytes) -> tuple[Any, int, int]:
    """Return what a MessagePack object is, how many objects are in it, and how many keys are neither str nor bytes.

    Written after the specification, and slowly.

    Raises:
        Refused: It is no valid one.
    """
    position = items = others = 0

    def take(size: int) -> bytes:
        nonlocal position
        if position + size > len(data):
            raise Refused("too short")
        position += size
        return data[position - size : position]

    def number(size: int, signed: bool = False) -> int:
        return int.from_bytes(take(size), "big", signed=signed)

    def text(size: int) -> str:
        try:
            return take(size).decode()
        except UnicodeDecodeError:
            raise Refused("no UTF-8") from None

    def extension(size: int) -> Any:
        kind, content = number(1, True), take(size)
        if kind != -1 or size not in (4, 8, 12):
            raise Refused("an extension")
        if size == 4:
            nanoseconds, seconds = 0, int.from_bytes(content, "big")
        elif size == 8:
            both = int.from_bytes(content, "big")
            nanoseconds, seconds = both >> 34, both & (2**34 - 1)
        else:
            nanoseconds, seconds = int.from_bytes(content[:4], "big"), int.from_bytes(content[4:], "big", signed=True)
        if nanoseconds > 999_999_999:
            raise Refused("nanoseconds")
        try:
            # rounded, from a half on upwards
            since = datetime.timedelta(seconds=seconds, microseconds=(nanoseconds + 500) // 1000)
            return datetime.datetime(1970, 1, 1, tzinfo=UTC) + since
        except OverflowError:
            raise Refused("beyond what a datetime can be") from None

    def array(size: int) -> list[Any]:
        return [value() for _ in range(size)]

    def mapping(size: int, is_key: bool) -> Any:
        nonlocal others
        if is_key:
            raise Refused("a map as a key")
        made = {}
        for _ in range(size):
            others += not is_text(data[position] if position < len(data) else 0xA0)
            key = value(True)
            made[key] = value()
        return made

    def value(is_key: bool = False) -> Any:
        nonlocal items
        items += 1
        first = take(1)[0]
        if first < 0x80:
            return first
        if first >= 0xE0:
            return first - 256
        if first < 0x90:
            return mapping(first & 15, is_key)
        if first < 0xA0:
            return sequence(first & 15, is_key)
        if first < 0xC0:
            return text(first & 31)
        if first in (0xC0, 0xC2, 0xC3):
            return {0xC0: None, 0xC2: False, 0xC3: True}[first]
        if 0xC4 <= first <= 0xC6:
            return take(number(1 << (first - 0xC4)))
        if 0xC7 <= first <= 0xC9:
            return extension(number(1 << (first - 0xC7)))
        if first == 0xCA:
            return struct.unpack(">f", take(4))[0]
        if first == 0xCB:
            return struct.unpack(">d", take(8))[0]
        if 0xCC <= first <= 0xCF:
            return number(1 << (first - 0xCC))
        if 0xD0 <= first <= 0xD3:
            return number(1 << (first - 0xD0), True)
        if 0xD4 <= first <= 0xD8:
            return extension(1 << (first - 0xD4))
        if 0xD9 <= first <= 0xDB:
            return text(number(1 << (first - 0xD9)))
        if first in (0xDC, 0xDD):
            return sequence(number(2 << (first - 0xDC)), is_key)
        if first in (0xDE, 0xDF):
            return mapping(number(2 << (first - 0xDE)), is_key)
        raise Refused("0xc1")

    def sequence(size: int, is_key: bool) -> Any:
        return tuple(value(True) for _ in range(size)) if is_key else array(size)

    found = value()
    if position < len(data):
        raise Refused("trailing bytes")
    return found, items, others


def is_text(first: int) -> bool:
    return 0xA0 <= first < 0xC0 or first in (0xC4, 0xC5, 0xC6, 0xD9, 0xDA, 0xDB)


class Pairs(list[Any]):
    """The members of an object, repeats among them."""


def refuse_constant(name: str) -> Any:
    raise Refused(name)


def parse(body: bytes) -> tuple[Any, int, int]:
    """Return what a JSON text is, how many values are in it, and how deep it nests.

    Raises:
        Refused: It is no valid one, or has a lone surrogate, which is no text.
    """
    if body.startswith(b"\xef\xbb\xbf"):
        body = body[3:]
    try:
        text = body.decode()
        pairs = json.loads(text, object_pairs_hook=Pairs, parse_constant=refuse_constant)
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refused("invalid") from None
    return value, count(pairs), depth(pairs)


def count(value: Any) -> int:
    if isinstance(value, Pairs):
        return 1 + sum(1 + count(item) for _, item in value)
    return 1 + (sum(map(count, value)) if isinstance(value, list) else 0)


def depth(value: Any) -> int:
    if isinstance(value, Pairs):
        return 1 + max((depth(item) for _, item in value), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same, types and signs and numbers that are none included."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return (one == other and math.copysign(1, one) == math.copysign(1, other)) or (one != one and other != other)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return len(one) == len(other) and all(
            same(*keys) and same(one[keys[0]], other[keys[1]]) for keys in zip(one, other, strict=True)
        )
    return bool(one == other)


class Fuzzer(base.Fuzzer):
    """Of JSON and MessagePack."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.codecs: list[Any] = [load_module(side, "serialization") for side in ("compiled", "pure")]

    def text(self) -> str:
        pieces = [
            "a",
            "[",
            "{",
            "]",
            '"',
            "\\",
            ",",
            ":",
            "é",
            "€",
            "\U0001f600",
            "\x00",
            "\n",
            MARK,
            "-",
            "1",
            "\ufeff",
            "'",
        ]
        return MARK + "".join(self.random.choices(pieces, k=self.random.choice((0, 0, 1, 3, 8, 40))))

    def number(self) -> int | float:
        kind = self.random.randrange(6)
        if kind == 0:
            return self.random.choice(
                (0, 1, -1, 127, 128, -32, -33, 255, 256, 65535, 65536, 2**31, 2**32, 2**53, 2**63, 2**64 - 1)
            )
        if kind == 1:
            return -self.random.choice((1, 128, 129, 2**15, 2**31, 2**63))
        if kind == 2:
            return self.random.choice((0.0, -0.0, 1.5, 1e300, 5e-324, 0.1, 1e16, -2.5e-7))
        return self.random.randrange(-(2 ** self.random.randrange(1, 64)), 2 ** self.random.randrange(1, 64))

    def value(self, level: int = 0) -> Any:
        kind = self.random.randrange(9 if level < 5 else 6)
        if kind < 2:
            return self.number()
        if kind < 4:
            return self.text()
        if kind < 6:
            return self.random.choice((None, True, False))
        size = self.random.choice((0, 1, 1, 2, 3, 8))
        if kind < 8:
            return [self.value(level + 1) for _ in range(size)]
        names = (lambda: self.text(), lambda: self.random.choice(("a", "b", "type")))
        return {self.random.choice(names)(): self.value(level + 1) for _ in range(size)}

    def json(self) -> bytes:
        value = self.value()
        separators = self.random.choice(((",", ":"), (", ", ": "), ("\t,\n", " :\r")))
        text = json.dumps(value, ensure_ascii=self.random.random() < 0.5, separators=separators)
        body = text.encode()
        if self.random.random() < 0.1:
            body = b"\xef\xbb\xbf" + body
        if self.random.random() < 0.05:
            levels = self.random.choice((10, 511, 512, 513, 600))
            opening, closing = self.random.choice(((b"[", b"]"), (b'{"a":', b"}")))
            body = opening * levels + body + closing * levels
        return body

    def pack(self, value: Any) -> bytes:
        """Return one of the ways in which MessagePack has a value."""
        wide = self.random.choice((0, 0, 1, 2))
        if value is None or isinstance(value, bool):
            return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
        if isinstance(value, int):
            if wide and 0 <= value < 2**64:
                size = next(size for size in (1, 2, 4, 8) if value < 256**size)
                return bytes([{1: 0xCC, 2: 0xCD, 4: 0xCE, 8: 0xCF}[size]]) + value.to_bytes(size, "big")
            return ormsgpack.packb(value)
        if isinstance(value, float):
            return (
                b"\xca" + struct.pack(">f", value) if wide and abs(value) < 1e30 else b"\xcb" + struct.pack(">d", value)
            )
        if isinstance(value, str):
            data = value.encode()
            if wide and self.random.random() < 0.2:
                return self.sized(0xC4, data, wide)
            return bytes([0xA0 + len(data)]) + data if len(data) < 32 and not wide else self.sized(0xD9, data, wide)
        if isinstance(value, list):
            head = bytes([0x90 + len(value)]) if len(value) < 16 and not wide else b""
            head = head or (
                b"\xdc" + len(value).to_bytes(2, "big") if wide < 2 else b"\xdd" + len(value).to_bytes(4, "big")
            )
            return head + b"".join(map(self.pack, value))
        head = bytes([0x80 + len(value)]) if len(value) < 16 and not wide else b""
        head = head or (
            b"\xde" + len(value).to_bytes(2, "big") if wide < 2 else b"\xdf" + len(value).to_bytes(4, "big")
        )
        return head + b"".join(self.key(key) + self.pack(item) for key, item in value.items())

    def sized(self, first: int, data: bytes, wide: int) -> bytes:
        wide = max(wide, 0 if len(data) < 256 else 1)
        return bytes([first + wide]) + len(data).to_bytes(1 << wide, "big") + data

    def key(self, key: str) -> bytes:
        if self.random.random() < 0.7:
            return self.pack(key)
        if self.random.random() < 0.3:
            return self.random.choice((b"\x91", b"\x92\x01", b"\x90"[:0])) + self.pack(self.number())
        return self.random.choice((self.pack(self.number()), b"\xc0", b"\xc3", self.timestamp()))

    def timestamp(self) -> bytes:
        size = self.random.choice((4, 8, 12))
        data = self.random.choice(
            (bytes(size), self.random.randbytes(size), bytes(size - 2) + self.random.randbytes(2))
        )
        return {4: b"\xd6\xff", 8: b"\xd7\xff", 12: b"\xc7\x0c\xff"}[size] + data

    def msgpack(self) -> bytes:
        if self.random.random() < 0.05:
            return self.timestamp()
        body = self.pack(self.value())
        if self.random.random() < 0.05:
            body = self.random.choice((b"\x91", b"\x81\xa1a")) * self.random.choice((10, 254, 255, 256, 300)) + body
        return body

    def damaged(self, body: bytes, alphabet: bytes) -> bytes:
        data = bytearray(body)
        for _ in range(self.random.choice((0, 1, 1, 2, 5))):
            at = self.random.randrange(len(data) + 1)
            match self.random.randrange(6):
                case 0:
                    data[at:at] = bytes([self.random.choice(alphabet)])
                case 1:
                    del data[at : at + 1]
                case 2:
                    data[at : at + 1] = bytes([self.random.randrange(256)])
                case 3:
                    del data[at:]
                case 4:
                    end = at + self.random.randrange(1, 9)
                    data[at:at] = data[at:end]
                case 5:
                    data[at:at] = self.random.randbytes(self.random.randrange(1, 4))
        return bytes(data)

    def answer(self, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> tuple[Any, ...]:
        start = time.process_time()
        try:
            found: tuple[Any, ...] = ("returned", function(*arguments, **keywords))
        except Exception as error:
            name = type(error).__name__
            if name not in ("SerializationException", "RequestEntityTooLarge"):
                raise UnlikeError(f"raised {error!r}") from error
            shown = "".join((error.detail, *getattr(error, "__notes__", ()), repr(error)))  # type: ignore[attr-defined]
            if MARK in shown:
                raise UnlikeError(f"a message shows the input: {shown!r}") from error
            found = ("raised", name, str(error), error.status_code, getattr(error, "__notes__", None))  # type: ignore[attr-defined]
        taken = time.process_time() - start
        if taken > 2:
            raise UnlikeError(f"took {taken:.1f} s")
        return found

    def alike(self, answers: list[tuple[Any, ...]]) -> tuple[Any, ...]:
        for other in answers[1:]:
            if len(other) != len(answers[0]) or not all(map(same, answers[0], other)):
                raise UnlikeError(f"the sides differ: {answers[0]!r:.300}, {other!r:.300}")
        return answers[0]

    def check_measures(self, body: bytes) -> None:
        bounds = [self.random.choice((None, 0, 1, 2, 5, 20, 100)) for _ in range(2)]
        deepest = self.random.choice((0, 1, 3, 10, 255, 512))
        for name, arguments in (("measure_json", bounds[:1]), ("measure_msgpack", bounds)):
            self.alike([("", getattr(side._core, name)(body, deepest, *arguments)) for side in self.packages])

    def check_json(self) -> None:
        body = self.json()
        if self.random.random() < 0.7:
            body = self.damaged(body, b'[]{},:"\\ 0-.eE\n\xef\xbb\xbf')
        self.check_measures(body)
        answer = self.decoded("json", body, {"max_items": None})
        if not body:
            return
        try:
            value, items, deep = parse(body)
        except Refused:
            if answer[0] == "returned":
                raise UnlikeError(f"accepted, and the oracle refuses it: {answer!r:.300}") from None
            self.counts["JSON, refused"] += 1
            return
        if deep > 512 or (answer[0] == "raised" and "out of range" in answer[2]):
            self.counts["JSON, refused"] += answer[0] == "raised"
            return
        if answer[0] != "returned" or not same(answer[1], value):
            raise UnlikeError(f"{answer!r:.300}, the oracle says {value!r:.300}")
        self.counts["JSON, accepted"] += 1
        self.check_items("json", body, items)

    def check_msgpack(self) -> None:
        body = self.msgpack()
        if self.random.random() < 0.7:
            body = self.damaged(body, bytes(range(0x80, 0xE0)))
        self.check_measures(body)
        answer = self.decoded("msgpack", body, {"max_items": None, "max_other_keys": None})
        if not body:
            return
        try:
            value, items, others = unpack(body)
        except (Refused, RecursionError):
            if answer[0] == "returned":
                raise UnlikeError(f"accepted, and the oracle refuses it: {answer!r:.300}") from None
            self.counts["MessagePack, refused"] += 1
            return
        if answer[0] == "raised" and "deeper" in answer[2]:
            self.counts["MessagePack, refused"] += 1
            return
        if answer[0] != "returned" or not same(answer[1], value):
            raise UnlikeError(f"{answer!r:.300}, the oracle says {value!r:.300}")
        self.counts["MessagePack, accepted"] += 1
        self.check_items("msgpack", body, items)
        if others:
            for bound in (others - 1, others):
                found = self.decoded("msgpack", body, {"max_items": None, "max_other_keys": bound}, typed=False)
                if (found[0] == "returned") is not (bound == others):
                    raise UnlikeError(f"{others} other keys, and with a bound of {bound} {found!r:.200}")

    def check_items(self, method: str, body: bytes, items: int) -> None:
        for bound in (items - 1, items):
            limits = {"max_items": bound} | ({"max_other_keys": None} if method == "msgpack" else {})
            found = self.decoded(method, body, limits, typed=False)
            if (found[0] == "returned") is not (bound == items):
                raise UnlikeError(f"{items} values, and with a bound of {bound} {found!r:.200}")

    def decoded(self, method: str, body: bytes, limits: dict[str, Any], typed: bool = True) -> tuple[Any, ...]:
        """Return what all ways to decode a body come to."""
        answers = [self.answer(getattr(codecs, f"decode_{method}"), body, **limits) for codecs in self.codecs]
        for side in self.packages:
            cls = type("Bounded", (side.Request,), {"limits": side.Limits(**limits)})
            middle = self.random.randrange(len(body) + 1)
            request = cls(http_scope(method="POST"), Receiver(body_events(body[:middle], body[middle:])))
            answers.append(self.answer(lambda request=request: drive(getattr(request, method)())))
        if typed:
            type_ = self.random.choice(TYPES)
            self.alike([self.answer(getattr(codecs, f"decode_{method}"), body, type_) for codecs in self.codecs])
        return self.alike(answers)

    def check_encoders(self) -> None:
        value, plain = self.encodable()
        for codecs in self.codecs:
            for kind, equal in (("json", plain), ("msgpack", plain)):
                data = getattr(codecs, f"encode_{kind}")(value)
                found = getattr(codecs, f"decode_{kind}")(data)
                if not same(found, equal):
                    raise UnlikeError(f"{kind} of {value!r:.200} is {found!r:.200}, expected {equal!r:.200}")
        self.counts["values, encoded by both"] += 1

    def encodable(self, level: int = 0) -> tuple[Any, Any]:
        """Return a value, and what both decoders make of it once it was encoded."""
        match self.random.randrange(14 if level < 4 else 9):
            case 0:
                value = self.text()
                return Text(value), value
            case 1:
                whole = self.random.randrange(-(2**63), 2**64)
                return Number(whole), whole
            case 2:
                whole = self.random.randrange(2**128)
                return uuid.UUID(int=whole), str(uuid.UUID(int=whole))
            case 3:
                day = datetime.date.fromordinal(self.random.randrange(1, 3_000_000))
                return day, day.isoformat()
            case 4:
                amount = decimal.Decimal(self.random.randrange(10**9)).scaleb(-2)
                return amount, str(amount)
            case 5:
                return Color.RED, Color.RED.value
            case 6:
                real = self.random.random()
                return type("Real", (float,), {})(real), real
            case 7 | 8:
                value = self.random.choice((self.text(), None, True, self.random.randrange(2**63), 1.5))
                return value, value
            case 9 | 10:
                items = [self.encodable(level + 1) for _ in range(self.random.randrange(4))]
                made = [item for item, _ in items]
                cls = self.random.choice((list, tuple, collections.deque, type("Items", (list,), {})))
                return cls(made), [plain for _, plain in items]
            case 11:
                one, plain = self.encodable(level + 1)
                cls, name = self.random.choice(((Node, "b"), (Record, "b")))
                return cls(1, one), {"a": 1, name: plain}
            case 12:
                return self.random.choice((set, frozenset))([7]), [7]
            case _:
                names = [self.text() for _ in range(self.random.randrange(4))]
                pairs = {name: self.encodable(level + 1) for name in names}
                cls = self.random.choice((dict, collections.OrderedDict))
                made = cls((self.random.choice((str, Text))(name), item) for name, (item, _) in pairs.items())
                return made, {name: plain for name, (_, plain) in pairs.items()}

    def check(self) -> None:
        self.random.choice((self.check_json, self.check_msgpack, self.check_msgpack, self.check_encoders))()

    def run(self, *args: Any, **keywords: Any) -> int:
        """Do what the base class does; the oracles recurse in Python."""
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(20_000)
        try:
            return super().run(*args, **keywords)
        finally:
            sys.setrecursionlimit(limit)
