"""Both sides of litecon in one process: the installed package, and a second copy that was made to fall back."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Final, Literal

__all__ = ("Side", "load_side")

Side = Literal["native", "pure"]

_PACKAGE: Final = Path(__file__).resolve().parent.parent / "litecon"
_SWITCH: Final = "LITECON_PURE_PYTHON"
_PURE_NAME: Final = "litecon_pure"


def load_side(side: Side) -> ModuleType:
    """Return litecon with the kernels of one side.

    The compiled modules know each other by their full names, so the native side is `litecon` itself; the pure side is
    the same package under another name. Whether the native side is compiled is for the caller to see: `COMPILED` and
    `FALLBACK_REASON`.

    Args:
        side: Which kernels.
    """
    if side == "native":
        with _switch_set_to("0"):
            return import_module("litecon")
    loaded = sys.modules.get(_PURE_NAME)
    return _load_copy() if loaded is None else loaded


def _load_copy() -> ModuleType:
    spec = spec_from_file_location(
        _PURE_NAME, _PACKAGE / "__init__.py", submodule_search_locations=[os.fspath(_PACKAGE)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load the package at {_PACKAGE}")
    module = module_from_spec(spec)
    sys.modules[_PURE_NAME] = module
    try:
        with _switch_set_to("1"):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[_PURE_NAME]
        raise
    return module


@contextmanager
def _switch_set_to(value: str) -> Iterator[None]:
    before = os.environ.get(_SWITCH)
    os.environ[_SWITCH] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SWITCH]
        else:
            os.environ[_SWITCH] = before
