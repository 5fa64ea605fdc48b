"""`Headers`: a live, case-insensitive multi-mapping over the raw list."""

from __future__ import annotations

import collections.abc
import copy
import pickle
import weakref
from typing import Any

import multidict
import pytest

from litecon import Headers

RAW = [(b"Host", b"h"), (b"X-A", b"1"), (b"x-b", b"\xe9"), (b"x-a", b"2")]


@pytest.fixture
def headers() -> Headers:
    return Headers(list(RAW))


@pytest.fixture
def reference() -> Any:
    return multidict.CIMultiDictProxy(
        multidict.CIMultiDict([(name.decode("latin-1"), value.decode("latin-1")) for name, value in RAW])
    )


class TestLookUp:
    @pytest.mark.parametrize("name", ["host", "HOST", "x-a", "X-B", "missing", "", "\xe9", "\u20ac", "x-a "])
    def test_as_the_reference(self, headers: Headers, reference: Any, name: str) -> None:
        assert (name in headers) == (name in reference)
        assert headers.get(name) == reference.get(name)
        assert headers.get(name, "default") == reference.get(name, "default")
        assert headers.getone(name, None) == reference.getone(name, None)
        assert headers.getall(name, None) == reference.getall(name, None)
        if name in reference:
            assert headers[name] == reference[name] == headers.getone(name)
            assert headers.getall(name) == reference.getall(name)
        else:
            for look_up in (headers.__getitem__, headers.getone, headers.getall):
                with pytest.raises(KeyError) as info:
                    look_up(name)
                assert info.value.args == (name,)

    @pytest.mark.parametrize("name", [5, None, b"host", ("host",)])
    def test_name_of_another_type(self, headers: Headers, name: Any) -> None:
        assert name not in headers
        for look_up in (headers.__getitem__, headers.get, headers.getone, headers.getall):
            with pytest.raises(TypeError, match=type(name).__name__):
                look_up(name)

    def test_str_subclass(self, headers: Headers) -> None:
        istr = multidict.istr("Host")
        assert headers[istr] == "h"
        assert istr in headers

    def test_first_of_repeated(self, headers: Headers) -> None:
        assert headers["x-a"] == "1"
        assert headers.getall("x-a") == ["1", "2"]

    def test_get_with_keywords(self, headers: Headers) -> None:
        assert headers.getall("x", default=[]) == []
        assert headers.getone("x", default="y") == "y"
        assert headers.get("x", default="y") == "y"


class TestViews:
    def test_as_the_reference(self, headers: Headers, reference: Any) -> None:
        assert len(headers) == len(reference)
        assert list(headers.items()) == list(reference.items()) == headers.multi_items()
        assert list(headers.values()) == list(reference.values())
        assert list(dict.fromkeys(key.lower() for key in headers)) == ["host", "x-a", "x-b"]
        assert list(headers.keys()) == list(headers)

    def test_views_are_those_of_the_reference(self, headers: Headers, reference: Any) -> None:
        for name in ("keys", "values", "items"):
            view, expected = getattr(headers, name)(), getattr(reference, name)()
            assert isinstance(view, getattr(collections.abc, f"{name.title()}View"))
            assert (list(view), len(view), repr(view)) == (list(expected), len(expected), repr(expected))
        for name in ("HOST", "x-A", "none", 5):
            assert (name in headers.keys()) is (name in reference.keys())
        assert ("HOST", "h") in headers.items()
        assert ("HOST", "other") not in headers.items()
        assert headers.keys() & {"HOST", "none"} == reference.keys() & {"HOST", "none"}
        assert headers.keys() - {"HOST"} == reference.keys() - {"HOST"}
        assert headers.items() >= {("host", "h")}

    def test_view_of_what_was_there(self) -> None:
        raw = [(b"a", b"1")]
        names = Headers(raw).keys()
        for _ in names:
            raw.append((b"b", b"2"))
        assert list(names) == ["a"]

    def test_dict(self, headers: Headers) -> None:
        assert headers.dict() == {"host": ["h"], "x-a": ["1", "2"], "x-b": ["\xe9"]}

    def test_to_header_list(self, headers: Headers) -> None:
        raw = headers.to_header_list()
        assert raw == RAW
        raw.append((b"a", b"b"))
        assert len(headers) == 4

    def test_to_header_list_of_lists(self) -> None:
        raw: Any = [[b"a", b"b"]]
        assert Headers(raw).to_header_list() == [(b"a", b"b")]

    def test_from_scope(self) -> None:
        assert Headers.from_scope({"headers": RAW})["host"] == "h"
        assert len(Headers.from_scope({})) == 0

    def test_live(self) -> None:
        raw = [(b"a", b"1")]
        headers = Headers(raw)
        raw.append((b"b", b"2"))
        assert headers["b"] == "2"
        raw.clear()
        assert len(headers) == 0

    def test_list_that_shrinks_while_it_is_read(self) -> None:
        raw = [(b"a", b"1")] * 10
        headers = Headers(raw)
        for _ in headers:
            raw.clear()
        assert list(headers) == []

    def test_empty(self) -> None:
        headers = Headers()
        assert (len(headers), list(headers), headers.dict()) == (0, [], {})
        assert not headers


class TestConstruction:
    @pytest.mark.parametrize(
        "given",
        [
            {"A": "1", "b": "2"},
            [("A", "1"), ("b", "2")],
            [(b"A", b"1"), (b"b", b"2")],
            ((b"A", b"1"), (b"b", b"2")),
            [("A", b"1"), (b"b", "2")],
            (pair for pair in [("A", "1"), ("b", "2")]),
            multidict.CIMultiDict([("A", "1"), ("b", "2")]),
            Headers([(b"A", b"1"), (b"b", b"2")]),
        ],
        ids=lambda given: type(given).__name__,
    )
    def test_of(self, given: Any) -> None:
        assert Headers(given).to_header_list() == [(b"A", b"1"), (b"b", b"2")]

    def test_repeats_of_a_multi_mapping(self) -> None:
        assert Headers(multidict.CIMultiDict([("a", "1"), ("A", "2")])).getall("a") == ["1", "2"]

    def test_beyond_latin_1(self) -> None:
        with pytest.raises(UnicodeEncodeError):
            Headers({"a": "\u20ac"})


class TestObject:
    def test_types(self, headers: Headers) -> None:
        assert isinstance(headers, multidict.MultiMapping)
        assert isinstance(headers, collections.abc.Mapping)

    def test_equality(self, headers: Headers, reference: Any) -> None:
        assert headers == Headers(RAW)
        assert headers == reference
        assert headers == Headers([(name.upper(), value) for name, value in RAW])
        assert headers != Headers(RAW[:-1])
        assert headers != 5
        assert Headers([(b"A", b"1")]) == {"a": "1"}
        assert Headers([(b"A", b"1")]) != {"a": "2"}
        assert Headers([(b"A", b"1")]) != {"b": "1"}
        assert Headers([(b"A", b"1")]) != {}

    @pytest.mark.parametrize(
        "mapping",
        [
            {1: "1"},
            {None: "1"},
            {("a",): "1"},
            {b"a": "1"},
            {"\u20ac": "1"},
            {"a": None},
            {"a": 1},
            {"a": ["1"]},
            {"a": b"1"},
        ],
        ids=repr,
    )
    def test_a_mapping_of_anything_else_is_not_equal(self, mapping: Any) -> None:
        headers = Headers([(b"a", b"1")])
        assert headers != mapping and mapping != headers

    def test_every_value_of_a_name_counts(self) -> None:
        assert Headers([(b"a", b"1"), (b"A", b"2")]) == {"a": "1", "A": "2"}
        assert Headers([(b"a", b"1"), (b"a", b"2")]) != {"a": "1", "A": "1"}
        assert Headers([(b"a", b"1"), (b"b", b"2"), (b"b", b"2")]) != {"a": "1", "b": "2", "c": "2"}

    def test_not_hashable(self, headers: Headers) -> None:
        with pytest.raises(TypeError, match="unhashable"):
            hash(headers)

    @pytest.mark.parametrize(
        "duplicate", [Headers.copy, copy.copy, copy.deepcopy, lambda h: pickle.loads(pickle.dumps(h))]
    )
    def test_copies(self, duplicate: Any) -> None:
        raw = list(RAW)
        duplicated = duplicate(Headers(raw))
        raw.clear()
        assert type(duplicated) is Headers
        assert duplicated.to_header_list() == RAW

    def test_repr_holds_no_values(self) -> None:
        assert repr(Headers({"Authorization": "SECRET", "host": "h"})) == "Headers('Authorization', 'host')"

    def test_weak_reference(self, headers: Headers) -> None:
        assert weakref.ref(headers)() is headers

    def test_subclass(self) -> None:
        class Sub(Headers):
            pass

        assert type(Sub(RAW)) is Sub
        assert type(Sub(RAW).copy()) is Sub
        assert type(Sub.from_scope({"headers": RAW})) is Sub

    def test_into_other_types(self, headers: Headers) -> None:
        assert dict(Headers([(b"a", b"1"), (b"b", b"2")])) == {"a": "1", "b": "2"}
        # multidict's Python code takes the first value of each name from what has keys()
        is_compiled = multidict.CIMultiDict.__module__ == "multidict._multidict"
        assert multidict.CIMultiDict(headers).getall("x-a") == (["1", "2"] if is_compiled else ["1"])

    def test_made_by_new_alone(self) -> None:
        assert len(Headers.__new__(Headers)) == 0
