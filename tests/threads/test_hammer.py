"""Whatever threads do with the same connections at once, there is no crash and no wrong value.

On interpreters with the GIL the hammers find little, and run only with `--hammer=SECONDS`, which also says how long each
of them runs.
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

# with seconds by choice, a bound of the suite's does not fit
pytestmark = pytest.mark.timeout(0)


@pytest.mark.parametrize("name", hammers.HAMMERS)
def test_hammer(side: Any, name: str, request: pytest.FixtureRequest) -> None:
    seconds = request.config.getoption("hammer")
    if HAS_GIL and seconds is None:
        pytest.skip("one thread at a time runs here: --hammer=SECONDS tries it all the same")
    seconds = SHORT if seconds is None else seconds
    path = os.pathsep.join(filter(None, (str(PACKAGE.parent), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path, "LITECON_PURE_PYTHON": "" if side.COMPILED else "1"}
    command = [sys.executable, "-P", "-X", "faulthandler", str(Path(hammers.__file__)), name, str(seconds)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120 + 3 * seconds)
    how = signal.Signals(-done.returncode).name if done.returncode < 0 else f"exit code {done.returncode}"
    assert not done.returncode and not done.stderr, f"{how}\n{done.stderr}"


def test_the_gil_stays_off() -> None:
    if HAS_GIL:
        pytest.skip("this interpreter has the GIL on")
    code = "import sys, litecon, litecon.forms, litecon.serialization; sys.exit(sys._is_gil_enabled())"
    # what others have not declared is none of this package's
    kernels = "import importlib, pkgutil, litecon._native as n;" if litecon.COMPILED else ""
    load = "[importlib.import_module(n.__name__ + '.' + m.name) for m in pkgutil.iter_modules(n.__path__) if 'litestar' not in m.name];"
    code = f"import sys; {kernels}{load if kernels else ''} sys.exit(sys._is_gil_enabled())"
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    environment.pop("PYTHON_GIL", None)
    assert not subprocess.run([sys.executable, "-P", "-c", code], env=environment).returncode
