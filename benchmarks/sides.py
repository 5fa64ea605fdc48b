"""A whole copy of litecon for each side, in one process.

A compiled module contains its absolute name, so the compiled copy is `litecon` itself. The pure copy is loaded under
another name, which works because the package imports its own modules only relatively.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Final, Literal

__all__ = ("SWITCH", "Side", "is_set", "load_side")

Side = Literal["compiled", "pure"]

SWITCH: Final = "LITECON_PURE_PYTHON"
_PURE_NAME: Final = "litecon_pure"


def is_set(variable: str) -> bool:
    return os.environ.get(variable, "") not in ("", "0")


def load_side(side: Side) -> ModuleType:
    """Return litecon with the kernels of one side.

    The caller must check `COMPILED` and `FALLBACK_REASON`, since the compiled side may have fallen back.

    Args:
        side: The side.
    """
    if side == "compiled":
        with _switch_set_to("0"):
            return import_module("litecon")
    loaded = sys.modules.get(_PURE_NAME)
    return _load_copy() if loaded is None else loaded


def _load_copy() -> ModuleType:
    # the pure copy is loaded from the files of the installed package, which is not imported for this
    found = find_spec("litecon")
    if found is None or found.origin is None:
        raise ImportError("litecon is not installed")
    spec = spec_from_file_location(
        _PURE_NAME, found.origin, submodule_search_locations=found.submodule_search_locations
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load the package at {found.origin}")
    package = module_from_spec(spec)
    sys.modules[_PURE_NAME] = package
    try:
        with _switch_set_to("1"):
            spec.loader.exec_module(package)
    except BaseException:
        del sys.modules[_PURE_NAME]
        raise
    return package


@contextmanager
def _switch_set_to(value: str) -> Iterator[None]:
    before = os.environ.get(SWITCH)
    os.environ[SWITCH] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[SWITCH]
        else:
            os.environ[SWITCH] = before
