"""Look-ups by name in many headers: an index is used if it saves time, and never hides a change."""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Callable
from typing import Any

import pytest

from litecon import ImproperlyConfiguredException, Request

from ..helpers import check_linear, http_scope
from ..sides import load_side

Raw = list[tuple[bytes, bytes]]


def many(count: int) -> Raw:
    return [(b"X-%d" % index, b"%d" % index) for index in range(count)]


def warmed(side: Any, raw: Any) -> Any:
    """Return headers that have their index, if they are to have one."""
    headers = side.Request(http_scope(headers=raw)).headers
    for _ in range(50):
        assert headers["x-1"] == "1"
    return headers


def replace_value(raw: Raw) -> None:
    raw[40] = (b"x-40", b"new")


def replace_name(raw: Raw) -> None:
    raw[40] = (b"new", b"40")


def put_before(raw: Raw) -> None:
    # of equal length, and the pair that is asked for stays where it is
    del raw[0]
    raw.insert(3, (b"x-40", b"first"))


def swap(raw: Raw) -> None:
    raw[40], raw[41] = raw[41], (b"x-41", b"moved")


def reverse(raw: Raw) -> None:
    raw.reverse()


def break_pair(raw: Any) -> None:
    raw[0] = (b"x-0", "no bytes")


def make_a_list_pair(raw: Any) -> None:
    raw[40] = [b"x-40", b"list"]


CHANGES: list[Callable[[Any], Any]] = [
    replace_value, replace_name, put_before, swap, reverse, break_pair, make_a_list_pair,
    lambda raw: raw.append((b"new", b"1")),
    lambda raw: raw.append((b"x-40", b"second")),
    lambda raw: raw.insert(0, (b"x-40", b"first")),
    lambda raw: raw.pop(40),
    lambda raw: raw.pop(),
    lambda raw: raw.clear(),
    lambda raw: raw.extend(many(100)),
    lambda raw: raw.__setitem__(slice(None), many(100)),
    lambda raw: raw.__setitem__(slice(40, 41), [(b"x-40", b"slice")]),
    lambda raw: raw.sort(),
    lambda raw: raw.__delitem__(slice(10, 90)),
]  # fmt: skip


class TestChanges:
    @pytest.mark.parametrize("count", [100, 1024, 3000])
    @pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
    def test_what_changes_in_the_raw_list_is_seen(self, side: Any, change: Callable[[Raw], None], count: int) -> None:
        raw = many(count)
        headers = warmed(side, raw)
        change(raw)
        for _ in range(3):
            for name in ("x-40", "x-41", "new", "x-99", "x-0", "absent"):
                fresh = side.Headers.from_scope({"headers": raw})
                for ask in ("get", "getall", "__contains__"):
                    default = () if ask == "__contains__" else (None,)
                    results = []
                    for asked in (headers, fresh):
                        try:
                            results.append(getattr(asked, ask)(name, *default))
                        except side.ImproperlyConfiguredException as error:
                            results.append(str(error))
                    assert results[0] == results[1], (name, ask)

    def test_a_list_that_changes_all_the_time(self, side: Any) -> None:
        raw = many(100)
        headers = warmed(side, raw)
        for turn in range(200):
            raw[turn % 100] = (b"x-%d" % (turn % 100), b"turn %d" % turn)
            assert headers[f"x-{turn % 100}"] == f"turn {turn}"
            if turn % 7 == 0:
                raw.append((b"late-%d" % turn, b"late"))
                assert headers[f"Late-{turn}"] == "late"

    def test_random_changes(self, side: Any) -> None:
        source = random.Random(11)
        raw = many(50)
        headers = warmed(side, raw)
        for _ in range(3000):
            kind = source.randrange(30)
            if kind == 0:
                raw.insert(source.randrange(len(raw)), (b"x-%d" % source.randrange(60), b"%d" % source.randrange(99)))
            elif kind == 1:
                del raw[source.randrange(len(raw))]
            elif kind == 2:
                raw[source.randrange(len(raw))] = (b"X-%d" % source.randrange(60), b"%d" % source.randrange(99))
            name = f"x-{source.randrange(60)}"
            expected = [value.decode() for key, value in raw if key.lower() == name.encode()]
            assert headers.getall(name, []) == expected
            assert headers.get(name) == (expected[0] if expected else None)

    def test_all_is_compared_up_to_1024_headers_and_all_in_turn_beyond(self, side: Any) -> None:
        for count, late in ((1024, 0), (4000, 4000 // 256 + 1)):
            raw = many(count)
            headers = warmed(side, raw)
            # of equal length, in the place of another name, and before the one that is asked for
            raw[count // 2] = (b"x-%d" % (count - 500), b"first")
            seen = [headers[f"x-{count - 500}"] for _ in range(late + 1)]
            assert seen[-1] == "first"
            assert headers.get(f"x-{count // 2}") is None

    @pytest.mark.parametrize("kind", [list, tuple])
    def test_all_headers_are_found(self, side: Any, kind: Any) -> None:
        raw = kind([*many(100), (b"X-5", b"again"), (b"\xe9", b"\xff"), (b"", b"")])
        headers = warmed(side, raw)
        assert headers.getall("x-5") == ["5", "again"]
        assert headers["\xe9"] == "\xff"
        assert headers["\xc9".lower()] == "\xff"
        assert headers[""] == ""
        assert "\u20ac" not in headers
        assert headers.get("\u20ac") is None
        with pytest.raises(TypeError):
            headers.get(5)
        with pytest.raises(KeyError):
            headers["absent"]
        assert dict(headers) == {name: headers[name] for name in headers}

    def test_another_list_in_the_scope(self, side: Any) -> None:
        scope = http_scope(headers=many(100))
        request = side.Request(scope)
        for _ in range(50):
            assert request.headers["x-1"] == "1"
        scope["headers"] = [(b"x-1", b"other")]
        assert request.headers["x-1"] == "other"


def lines_of(work: Callable[[], object]) -> int:
    """Return how many lines of litecon's Python code some work runs."""
    count = 0

    def trace(frame: Any, event: str, argument: object) -> Any:
        nonlocal count
        if "litecon" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def ask_for_each(headers: Any) -> None:
    for name in headers.keys():
        assert headers[name] == headers.get(name.upper())
        assert name in headers
        assert len(headers.getall(name)) == 1


WORK: dict[str, Callable[[Any], object]] = {
    "dict(headers)": dict,
    "each by name": ask_for_each,
    "compared with a dict": lambda headers: headers == {f"x-{index}": str(index) for index in range(len(headers))},
}


class TestCost:
    @pytest.mark.once
    @pytest.mark.slow
    @pytest.mark.parametrize("work", WORK)
    @pytest.mark.parametrize("kind", [list, tuple])
    def test_each_of_n_headers_by_name_is_linear_in_lines(self, kind: Any, work: str) -> None:
        side = load_side("pure")
        counts = [
            lines_of(lambda count=count: WORK[work](side.Headers.from_scope({"headers": kind(many(count))})))
            for count in (1_500, 4_500, 13_500)
        ]
        assert counts[1] < 3.4 * counts[0]
        assert counts[2] < 3.4 * counts[1]

    @pytest.mark.measures
    @pytest.mark.parametrize("work", WORK)
    def test_each_of_n_headers_by_name_is_linear_in_time(self, side: Any, work: str) -> None:
        raws = {count: many(count) for count in (2_000, 16_000)}
        check_linear(lambda size: lambda: WORK[work](side.Headers.from_scope({"headers": raws[size]})), 2_000)


def shape_of(pair: Any) -> str:
    """Return the types of something and of its items, which are the same in each process."""
    items = [type(item).__name__ for item in pair] if isinstance(pair, (tuple, list)) else []
    return "-".join([type(pair).__name__, *items])


class TestMalformed:
    @pytest.mark.parametrize(
        "pair",
        [
            (b"a", "b"), ("a", b"b"), (b"a",), (b"a", b"b", b"c"), None, 5, "ab", b"ab", (b"a", None), (None, b"b"),
            (b"a", bytearray(b"b")), (bytearray(b"a"), b"b"), (b"a", memoryview(b"b")), [], [b"a", 5], object(),
        ],
        ids=shape_of,
    )  # fmt: skip
    @pytest.mark.parametrize("before", [0, 2])
    def test_to_header_list_says_what_the_other_accessors_say(self, side: Any, pair: Any, before: int) -> None:
        headers = side.Headers.from_scope({"headers": [*many(before), pair, (b"z", b"")]})
        errors = set()
        for ask in (
            lambda: headers.to_header_list(), lambda: headers.multi_items(), lambda: headers.items(),
            lambda: headers.keys(), lambda: headers.values(), lambda: list(headers), lambda: headers.dict(),
            lambda: headers.copy(), lambda: headers == headers, lambda: headers.__reduce__(), lambda: repr(headers),
            lambda: dict(headers),
        ):  # fmt: skip
            with pytest.raises(side.ImproperlyConfiguredException, match="not a pair of bytes") as info:
                ask()
            errors.add(str(info.value))
        assert len(errors) == 1
        assert type(pair).__name__ in errors.pop()

    @pytest.mark.parametrize("pair", [[b"a", b"b"], {b"a": 1, b"b": 2}], ids=["list", "dict"])
    def test_a_pair_of_another_kind_is_one(self, side: Any, pair: Any) -> None:
        headers = side.Headers.from_scope({"headers": [pair]})
        assert headers.to_header_list() == [(b"a", b"b")]

    def test_a_public_copy_is_of_exact_bytes(self) -> None:
        class Data(bytes):
            pass

        copy = Request(http_scope(headers=[(Data(b"a"), Data(b"b"))])).headers.to_header_list()
        assert [type(item) for item in copy[0]] == [bytes, bytes]
        with pytest.raises(ImproperlyConfiguredException):
            Request(http_scope(headers=[(Data(b"a"), "b")])).headers.to_header_list()


@pytest.mark.parametrize("count", [40, 1100])
def test_a_list_that_a_finalizer_changes_while_its_index_is_made(side: Any, count: int) -> None:
    """The collector may run a finalizer at any allocation."""

    class Changing:
        def __init__(self, raw: Raw) -> None:
            self.raw = raw
            self.own = self

        def __del__(self) -> None:
            self.raw.insert(0, (b"new", b"new"))

    thresholds = gc.get_threshold()
    try:
        for threshold in range(1, 60):
            raw = many(count)
            headers = side.Request(http_scope(headers=raw)).headers
            for _ in range(16):
                headers.get("x-1")
            gc.collect()
            Changing(raw)
            gc.set_threshold(threshold)
            headers.get("x-1")
            gc.set_threshold(*thresholds)
            for index in (0, 1, count // 2, count - 1):
                assert headers[f"x-{index}"] == str(index)
            assert headers.getall("new", []) in ([], ["new"])
    finally:
        gc.set_threshold(*thresholds)


@pytest.mark.parametrize("count", [40, 1100])
def test_an_index_that_a_finalizer_drops_during_a_look_up(side: Any, count: int) -> None:
    """As another thread may do, it changes the list and looks up names until the index is dropped."""

    class Changing:
        def __init__(self, raw: Raw, headers: Any) -> None:
            self.raw = raw
            self.headers = headers
            self.own = self

        def __del__(self) -> None:
            self.raw.pop()
            for _ in range(3):
                self.headers.get("x-2")

    thresholds = gc.get_threshold()
    try:
        for ask in (lambda headers: headers.get("x-1"), lambda headers: headers.getall("x-1")[0]):
            for threshold in range(1, 30):
                raw = many(count)
                headers = side.Request(http_scope(headers=raw)).headers
                for _ in range(18):
                    headers.get("x-1")
                gc.collect()
                Changing(raw, headers)
                gc.set_threshold(threshold)
                assert ask(headers) == "1"
                gc.set_threshold(*thresholds)
    finally:
        gc.set_threshold(*thresholds)
