"""However threads use the same connections at once, nothing crashes and no value is wrong.

On interpreters with the GIL the hammers find little, and run only with `--hammer=SECONDS`, which also says how long
each of them runs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import litecon

from ..sides import PACKAGE
from . import hammers

HAS_GIL = getattr(sys, "_is_gil_enabled", lambda: True)()
SHORT = 0.5
CPYTHONS_OWN = ("one_operation", "one_operation_ended")

# with seconds by choice, a bound of the suite's does not fit
pytestmark = pytest.mark.timeout(0)


@pytest.mark.parametrize("name", hammers.HAMMERS)
def test_hammer(side: Any, name: str, request: pytest.FixtureRequest) -> None:
    seconds = request.config.getoption("hammer")
    if HAS_GIL and seconds is None:
        pytest.skip("one thread at a time runs here: --hammer=SECONDS tries it all the same")
    if not side.COMPILED and name in CPYTHONS_OWN and not HAS_GIL:
        pytest.skip("a native coroutine that two threads drive crashes CPython 3.13 without the GIL")
    seconds = SHORT if seconds is None else seconds
    path = os.pathsep.join(filter(None, (str(PACKAGE.parent), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path, "LITECON_PURE_PYTHON": "" if side.COMPILED else "1"}
    command = [sys.executable, "-P", "-X", "faulthandler", str(Path(hammers.__file__)), name, str(seconds)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120 + 3 * seconds)
    how = signal.Signals(-done.returncode).name if done.returncode < 0 else f"exit code {done.returncode}"
    assert not done.returncode and not done.stderr, f"{how}\n{done.stderr}"


def test_the_gil_stays_off() -> None:
    if HAS_GIL or not litecon.COMPILED:
        pytest.skip("there are no kernels that run without the GIL")
    # the kernels alone: what others have not declared is none of this package's
    code = """
import importlib, pkgutil, sys
import litecon._native as native
for module in pkgutil.iter_modules(native.__path__):
    if "litestar" not in module.name:
        importlib.import_module(f"{native.__name__}.{module.name}")
sys.exit(sys._is_gil_enabled())
"""
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    environment.pop("PYTHON_GIL", None)
    assert not subprocess.run([sys.executable, "-P", "-c", code], env=environment).returncode
