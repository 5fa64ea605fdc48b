"""`State`, `MultiDict`, `Address`, `Limits` and the exceptions."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import multidict
import pytest

import litecon
from litecon import Address, Limits, MultiDict, State
from litecon import exceptions as litecon_exceptions

DUPLICATE = pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))],
    ids=["copy", "deepcopy", "pickle"],
)


class TestState:
    def test_items_and_attributes(self) -> None:
        state = State({"a": 1})
        state.b = 2
        state["c"] = 3
        assert (state["b"], state.c, state.a) == (2, 3, 1)
        assert list(state) == ["a", "b", "c"]
        assert len(state) == 3
        assert "a" in state
        assert "x" not in state
        assert state.dict() == {"a": 1, "b": 2, "c": 3} == state
        del state.a, state["b"]
        assert state == {"c": 3}
        assert state.setdefault("d", 4) == 4
        assert state.pop("c") == 3
        state.update({"e": 5})
        assert state.e == 5

    def test_missing(self) -> None:
        state = State()
        with pytest.raises(AttributeError, match="nothing"):
            state.nothing  # noqa: B018
        with pytest.raises(AttributeError, match="nothing"):
            del state.nothing
        with pytest.raises(KeyError):
            state["nothing"]
        with pytest.raises(KeyError):
            del state["nothing"]
        assert state.get("nothing") is None
        assert not hasattr(state, "nothing")

    def test_writes_through(self) -> None:
        values: dict[str, Any] = {}
        State(values).a = 1
        assert values == {"a": 1}

    def test_copy_writes_to_a_dict_of_its_own(self) -> None:
        state = State({"a": 1})
        other = state.copy()
        other.a = 2
        assert state.a == 1
        assert state.dict() is not state.dict()

    @DUPLICATE
    def test_copies(self, duplicate: Any) -> None:
        state = State({"a": [1]})
        other = duplicate(state)
        assert type(other) is State
        assert other == state
        other.b = 1
        assert "b" not in state

    def test_repr_holds_no_values(self) -> None:
        assert repr(State({"a": "SECRET"})) == "State('a')"

    def test_subclass(self) -> None:
        class Sub(State):
            pass

        assert type(Sub({"a": 1}).copy()) is Sub

    def test_made_by_new_alone(self) -> None:
        with pytest.raises(AttributeError):
            State.__new__(State).a  # noqa: B018


class TestMultiDict:
    PAIRS = [("a", "1"), ("b", "2"), ("a", "3")]

    def test_is_a_multidict(self) -> None:
        values = MultiDict(self.PAIRS)
        assert isinstance(values, multidict.MultiDict)
        assert values["a"] == "1"
        assert values.getall("a") == ["1", "3"]
        assert values == multidict.MultiDict(self.PAIRS)

    def test_dict(self) -> None:
        assert MultiDict(self.PAIRS).dict() == {"a": ["1", "3"], "b": ["2"]}

    def test_multi_items(self) -> None:
        assert MultiDict(self.PAIRS).multi_items() == self.PAIRS

    @pytest.mark.parametrize("duplicate", [MultiDict.copy, copy.copy, lambda value: pickle.loads(pickle.dumps(value))])
    def test_copies(self, duplicate: Any) -> None:
        values = MultiDict(self.PAIRS)
        other = duplicate(values)
        other.add("c", "4")
        assert type(other) is MultiDict
        assert values.multi_items() == self.PAIRS
        assert other.multi_items() == [*self.PAIRS, ("c", "4")]


def test_address() -> None:
    address = Address("h", 1)
    assert address == ("h", 1) == Address(host="h", port=1)
    assert (address.host, address.port) == tuple(address)
    assert repr(address) == "Address(host='h', port=1)"
    assert pickle.loads(pickle.dumps(address)) == address


class TestLimits:
    DEFAULTS: dict[str, int | None] = {
        "max_body_size": 10 * 1024 * 1024,
        "max_fields": 1000,
        "max_field_size": 1024 * 1024,
        "max_file_size": None,
        "max_part_headers": 16,
        "max_part_header_size": 4096,
        "spool_size": 1024 * 1024,
        "max_message_size": 16 * 1024 * 1024,
        "max_items": 1_000_000,
        "max_other_keys": 1000,
    }

    def test_defaults(self) -> None:
        limits = Limits()
        assert {name: getattr(limits, name) for name in self.DEFAULTS} == self.DEFAULTS
        assert list(inspect.signature(Limits).parameters) == list(self.DEFAULTS)

    @pytest.mark.parametrize("name", DEFAULTS)
    def test_each(self, name: str) -> None:
        limits = Limits(**{name: 5})
        assert getattr(limits, name) == 5
        assert limits == Limits().replace(**{name: 5})
        assert limits != Limits()
        assert getattr(Limits(**{name: 0}), name) == 0

    @pytest.mark.parametrize("name", [name for name in DEFAULTS if name != "spool_size"])
    def test_none_is_no_bound(self, name: str) -> None:
        assert getattr(Limits(**{name: None}), name) is None

    @pytest.mark.parametrize("value", [-1, 1.5, "5", True, b"", float("inf")])
    @pytest.mark.parametrize("name", DEFAULTS)
    def test_wrong_value(self, name: str, value: Any) -> None:
        with pytest.raises(ValueError, match=name):
            Limits(**{name: value})

    def test_spool_size_has_to_be_a_number(self) -> None:
        with pytest.raises(ValueError, match="spool_size"):
            Limits(spool_size=None)  # type: ignore[arg-type]

    @pytest.mark.parametrize("name", [*DEFAULTS, "nonsense"])
    def test_immutable(self, name: str) -> None:
        limits = Limits()
        with pytest.raises(AttributeError, match="immutable"):
            setattr(limits, name, 1)
        with pytest.raises(AttributeError, match="immutable"):
            delattr(limits, name)

    @pytest.mark.parametrize("arguments", [{"nonsense": 1}])
    def test_unknown(self, arguments: Any) -> None:
        with pytest.raises(TypeError):
            Limits(**arguments)
        with pytest.raises(TypeError):
            Limits().replace(**arguments)
        with pytest.raises(TypeError):
            Limits(5)  # type: ignore[misc]

    @DUPLICATE
    def test_copies(self, duplicate: Any) -> None:
        limits = Limits(max_body_size=5)
        assert duplicate(limits) == limits

    def test_hash_and_repr(self) -> None:
        assert len({Limits(), Limits(), Limits(max_fields=1)}) == 2
        assert eval(repr(Limits(max_fields=1)), {"Limits": Limits}) == Limits(max_fields=1)
        assert Limits() != 5


class TestExceptions:
    HTTP: dict[str, int] = {
        "HTTPException": 500,
        "ImproperlyConfiguredException": 500,
        "NoRouteMatchFoundException": 500,
        "ClientException": 400,
        "RequestEntityTooLarge": 413,
        "SerializationException": 400,
        "ClientDisconnect": 499,
    }
    WEBSOCKET: dict[str, int] = {
        "WebSocketException": 4500,
        "WebSocketStateError": 4500,
        "WebSocketDisconnect": 1005,
        "WebSocketMessageTypeError": 1003,
    }
    OTHER = ("LiteconException", "StreamConsumed")

    def test_all_are_here(self) -> None:
        names = {*self.HTTP, *self.WEBSOCKET, *self.OTHER, "LiteconWarning"}
        assert set(litecon_exceptions.__all__) == names
        assert names <= set(litecon.__all__)
        for name in names:
            assert getattr(litecon, name) is getattr(litecon_exceptions, name)

    @pytest.mark.parametrize("name", [*HTTP, *WEBSOCKET, *OTHER])
    def test_arguments(self, name: str) -> None:
        cls = getattr(litecon, name)
        error = cls("what was wrong", headers={"a": "b"}, extra={"c": 1})
        assert isinstance(error, litecon.LiteconException)
        assert (str(error), error.detail) == ("what was wrong", "what was wrong")
        assert (error.headers, error.extra) == ({"a": "b"}, {"c": 1})
        assert (cls().headers, cls().extra) == (None, None)

    @pytest.mark.parametrize("name", [*HTTP, *WEBSOCKET, *OTHER])
    def test_pickling(self, name: str) -> None:
        error = pickle.loads(pickle.dumps(getattr(litecon, name)("detail", headers={"a": "b"})))
        assert (type(error).__name__, error.detail, error.headers) == (name, "detail", {"a": "b"})

    @pytest.mark.parametrize(("name", "status_code"), HTTP.items())
    def test_status_code(self, name: str, status_code: int) -> None:
        cls = getattr(litecon, name)
        assert issubclass(cls, litecon.HTTPException)
        assert cls.status_code == cls("x").status_code == status_code
        assert cls("x", status_code=418).status_code == 418
        assert cls.status_code == status_code

    @pytest.mark.parametrize(("name", "code"), WEBSOCKET.items())
    def test_code(self, name: str, code: int) -> None:
        cls = getattr(litecon, name)
        assert cls.code == cls("x").code == code
        assert cls("x", code=4000).code == 4000

    @pytest.mark.parametrize(
        ("name", "base"),
        [
            ("StreamConsumed", RuntimeError),
            ("SerializationException", ValueError),
            ("NoRouteMatchFoundException", LookupError),
            ("WebSocketMessageTypeError", TypeError),
        ],
    )
    def test_built_in_bases(self, name: str, base: type[Exception]) -> None:
        assert issubclass(getattr(litecon, name), base)

    def test_client_errors_are_client_exceptions(self) -> None:
        for name in ("RequestEntityTooLarge", "SerializationException", "ClientDisconnect"):
            assert issubclass(getattr(litecon, name), litecon.ClientException)


def test_empty() -> None:
    assert repr(litecon.Empty) == "Empty"
    assert pickle.loads(pickle.dumps(litecon.Empty)) is litecon.Empty
    assert copy.deepcopy(litecon.Empty) is litecon.Empty


def test_public_names() -> None:
    assert sorted(litecon.__all__) == sorted(set(litecon.__all__))
    for name in litecon.__all__:
        assert getattr(litecon, name) is not None or name == "FALLBACK_REASON"
    assert isinstance(litecon.COMPILED, bool)
    assert (litecon.FALLBACK_REASON is None) == litecon.COMPILED
