"""The types of the public API, as mypy sees them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .sides import PACKAGE

pytest.importorskip("mypy")

HERE = Path(__file__).parent / "typing"


def check(name: str, cache: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--config-file=",
            "--no-error-summary",
            f"--cache-dir={cache}",
            str(HERE / name),
        ],
        env={**os.environ, "MYPYPATH": str(PACKAGE.parent), "PYTHONPATH": str(PACKAGE.parent)},
        cwd=cache,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


def test_usage(cache: Path) -> None:
    done = check("usage.py", cache)
    assert done.stdout == ""
    assert done.returncode == 0, done.stderr


def test_misuse(cache: Path) -> None:
    lines = (HERE / "misuse.py").read_text().splitlines()
    expected = {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
    done = check("misuse.py", cache)
    found = {int(number) for number in re.findall(r"misuse\.py:(\d+): error", done.stdout)}
    assert found == expected, done.stdout
