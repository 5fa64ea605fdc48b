"""Both twins offer the same names, with the same signatures and docstrings."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from typing import Any

import pytest

from ..sides import PACKAGE, load_side

pytestmark = pytest.mark.usefixtures("twins")

MODULES = sorted(module.name for module in pkgutil.iter_modules([str(PACKAGE / "_pure")]))
IGNORED = {"COMPILED", "FALLBACK_REASON", "litestar_kernels"}


def names() -> list[str]:
    import litecon._core

    return sorted(set(litecon._core.__all__) - IGNORED)


def pair_of(name: str) -> tuple[Any, Any]:
    return tuple(getattr(load_side(side)._core, name) for side in ("compiled", "pure"))  # type: ignore[return-value, arg-type]


def signature(value: Any) -> list[tuple[str, Any, bool]] | None:
    """Return names, kinds and defaults, without annotations, which the stub has."""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return None
    return [(parameter.name, parameter.kind, parameter.default is parameter.empty) for parameter in parameters]


def docstring(value: Any) -> str | None:
    """Return the docstring, without the signature that `embedsignature` puts before it."""
    text = inspect.getdoc(value)
    if text is None:
        return None
    return re.sub(r"\A[\w.]+\([^\n]*\)(?: -> [^\n]*)?(?:\n+|\Z)", "", text).strip()


def public_members(cls: type) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")}


def test_the_sides_are_what_they_say() -> None:
    compiled, pure = load_side("compiled"), load_side("pure")
    assert compiled.COMPILED is True
    assert compiled.FALLBACK_REASON is None
    assert pure.COMPILED is False
    assert "LITECON_PURE_PYTHON" in pure.FALLBACK_REASON
    assert compiled is not pure
    for name in names():
        one, other = pair_of(name)
        assert one is not other
        assert "_native" in one.__module__
        assert "_pure" in other.__module__


@pytest.mark.parametrize("module", MODULES)
def test_modules_line_up(module: str) -> None:
    compiled = importlib.import_module(f"{load_side('compiled').__name__}._native.{module}")
    pure = importlib.import_module(f"{load_side('pure').__name__}._pure.{module}")
    for name in pure.__all__:
        assert hasattr(compiled, name), name
    assert inspect.getdoc(compiled)


@pytest.mark.parametrize("name", names())
def test_docstrings(name: str) -> None:
    compiled, pure = pair_of(name)
    assert inspect.getdoc(pure), name
    assert docstring(compiled) == docstring(pure)


@pytest.mark.parametrize(
    "name", [name for name in names() if not name.endswith(("Awaitable", "Base", "Reader", "Stream"))]
)
def test_functions(name: str) -> None:
    compiled, pure = pair_of(name)
    assert compiled.__name__ == pure.__name__ == name
    assert signature(compiled) is not None
    assert signature(compiled) == signature(pure)


CLASSES = [name for name in names() if name.endswith(("Base", "Reader", "Stream"))]


@pytest.mark.parametrize("name", CLASSES)
def test_classes_have_the_same_members(name: str) -> None:
    compiled, pure = pair_of(name)
    assert public_members(compiled) == public_members(pure)


@pytest.mark.parametrize("name", CLASSES)
def test_members_have_the_same_signatures_and_docstrings(name: str) -> None:
    compiled, pure = pair_of(name)
    for member in sorted(public_members(pure)):
        one, other = inspect.getattr_static(compiled, member), inspect.getattr_static(pure, member)
        if callable(other):
            assert signature(one) == signature(other), member
            assert one.__name__ == other.__name__
        if isinstance(other, property) or callable(other):
            assert docstring(one) == docstring(other), member


@pytest.mark.parametrize("name", CLASSES)
def test_weak_references_where_both_have_them(name: str) -> None:
    compiled, pure = pair_of(name)
    assert bool(compiled.__weakrefoffset__) == bool(pure.__weakrefoffset__)


@pytest.mark.parametrize("name", ["Request", "WebSocket", "ASGIConnection", "URL", "Headers"])
def test_public_classes(name: str) -> None:
    compiled, pure = getattr(load_side("compiled"), name), getattr(load_side("pure"), name)
    assert public_members(compiled) == public_members(pure)
    assert signature(compiled) == signature(pure)
    assert docstring(compiled) == docstring(pure)
    for member in sorted(public_members(pure)):
        assert docstring(inspect.getattr_static(compiled, member)) == docstring(inspect.getattr_static(pure, member)), (
            member
        )
