"""The side that a run tests, and both sides in one process for tests that compare them."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import litecon
from benchmarks import sides
from benchmarks.sides import Side, is_set

PACKAGE = Path(litecon.__file__).parent


def is_pure_wanted() -> bool:
    """Return whether the pure side was requested for this run."""
    return is_set(sides.SWITCH)


def is_compiled_required() -> bool:
    """Return whether this run must fail if the compiled side did not load."""
    return is_set("LITECON_REQUIRE_EXTENSIONS") and not is_pure_wanted()


@cache
def load_side(side: Side) -> ModuleType:
    """Return the package of one side.

    If there is no compiled side, the test is skipped, or fails if this run requires one.
    """
    if side == "compiled":
        if litecon.COMPILED:
            return litecon
        message = f"no compiled side in this run: {litecon.FALLBACK_REASON}"
        if is_compiled_required():
            pytest.fail(message)
        pytest.skip(message)
    return sides.load_side("pure") if litecon.COMPILED else litecon


def load_module(side: Side, name: str) -> Any:
    """Return one module of a side, such as `serialization`."""
    return importlib.import_module(f".{name}", load_side(side).__name__)
