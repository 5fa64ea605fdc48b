"""A whole copy of the package for each side, in one process.

A compiled module carries its absolute name, so the native copy is `litecon` itself. The pure copy is loaded a second
time, under a name of its own, which works because the package imports itself relatively only.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest

import litecon

Side = Literal["native", "pure"]

SIDES: tuple[Side, ...] = ("native", "pure")
PACKAGE = Path(litecon.__file__).parent
_ALIAS = "litecon_pure"
_VARIABLE = "LITECON_PURE_PYTHON"


def is_set(variable: str) -> bool:
    return os.environ.get(variable, "") not in ("", "0")


def is_native_required() -> bool:
    """Return whether a native side that did not load is a failure of this run."""
    return is_set("LITECON_REQUIRE_EXTENSIONS") and not is_set(_VARIABLE)


@cache
def load_side(side: Side) -> ModuleType:
    """Return the package of one side.

    The native one skips the test where there is none, and fails it where there has to be one.
    """
    if side == "native":
        if litecon.COMPILED:
            return litecon
        message = f"no native side in this run: {litecon.FALLBACK_REASON}"
        if is_native_required():
            pytest.fail(message)
        pytest.skip(message)
    if not litecon.COMPILED:
        return litecon
    return _load_alias()


def load_module(side: Side, name: str) -> Any:
    """Return one module of a side, such as `serialization`."""
    return importlib.import_module(f".{name}", load_side(side).__name__)


def _load_alias() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        _ALIAS, PACKAGE / "__init__.py", submodule_search_locations=[str(PACKAGE)]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[_ALIAS] = package
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = "1"
    try:
        spec.loader.exec_module(package)
        # what is imported on first use must not find the switch turned back
        importlib.import_module(f"{_ALIAS}.serialization")
    except BaseException:
        del sys.modules[_ALIAS]
        raise
    finally:
        if before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = before
    assert not package.COMPILED
    return package
