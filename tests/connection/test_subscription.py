"""Connection classes can be subscripted with some or all of their types: the type variables have defaults (PEP 696)."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, get_args

import pytest

ModelT = TypeVar("ModelT")


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("Request", (int,), (int, Any, "State")),
        ("Request", (int, str), (int, str, "State")),
        ("WebSocket", (int,), (int, Any, "State")),
        ("ASGIConnection", (int,), (int, Any, Any, "State")),
        ("ASGIConnection", (int, str, bytes), (int, str, bytes, "State")),
    ],
)
def test_what_is_left_out_has_its_default(
    side: Any, name: str, given: tuple[Any, ...], expected: tuple[Any, ...]
) -> None:
    alias = getattr(side, name)[given if len(given) > 1 else given[0]]
    assert get_args(alias) == tuple(side.State if kind == "State" else kind for kind in expected)
    assert isinstance(alias({"type": "http"}), getattr(side, name))


def test_too_many(side: Any) -> None:
    with pytest.raises(TypeError, match="[Tt]oo many arguments"):
        side.Request[int, int, side.State, int]


def test_subclasses(side: Any) -> None:
    class Plain(side.Request):
        pass

    class Named(side.Request[int]):
        pass

    class Model(side.Request, Generic[ModelT]):
        pass

    assert get_args(Model[int]) == (int,)
    assert Plain({"type": "http"}).scope == Named({"type": "http"}).scope
