"""The types of the public API, as mypy sees them."""

from __future__ import annotations

import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import litecon

from . import readme
from .sides import PACKAGE

pytest.importorskip("mypy")

pytestmark = pytest.mark.slow
# a type checker reads the sources, which are the same whichever side runs; stubtest alone imports them
once = pytest.mark.once

HERE = Path(__file__).parent / "typing"


# mypy finds what is installed by itself, and refuses to be told of it
INSTALLED = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
MYPYPATH = "" if str(PACKAGE.parent) in INSTALLED else str(PACKAGE.parent)


def run_tool(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a tool of this environment over the package under test."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "MYPYPATH": MYPYPATH, "PYTHONPATH": str(PACKAGE.parent), "PATH": path}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env=environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def check(cache: Path, *paths: Path) -> subprocess.CompletedProcess[str]:
    options = ["--strict", "--config-file=", "--no-error-summary", f"--cache-dir={cache}"]
    return run_tool("mypy", *options, *map(str, paths), cwd=cache)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


@once
def test_usage(cache: Path) -> None:
    done = check(cache, HERE / "usage.py")
    assert done.stdout == ""
    assert done.returncode == 0, done.stderr


@once
def test_misuse(cache: Path) -> None:
    lines = (HERE / "misuse.py").read_text().splitlines()
    expected = {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
    done = check(cache, HERE / "misuse.py")
    found = {int(number) for number in re.findall(r"misuse\.py:(\d+): error", done.stdout)}
    assert found == expected, done.stdout


@pytest.fixture(scope="module")
def snippets(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The blocks of Python of the README and of the guides, each a file."""
    folder = tmp_path_factory.mktemp("snippets")
    paths = []
    for name, _, code in readme.snippets():
        paths.append(folder / f"snippet_{name}.py")
        paths[-1].write_text(code, encoding="utf-8")
    return paths


@once
def test_snippets_are_strict(cache: Path, snippets: list[Path]) -> None:
    done = check(cache, *snippets)
    assert done.returncode == 0, done.stdout


@once
def test_package_is_strict(cache: Path) -> None:
    done = run_tool("mypy", "--strict", "--config-file=", f"--cache-dir={cache}", "--package=litecon", cwd=cache)
    assert done.returncode == 0, done.stdout


SAME_ON_BOTH_SIDES = {"__main__", "_native", "inspector", "litestar", "starlette"}
"""They have no kernel where litecon is pure; Litestar alone takes mypy longer than all others."""


def test_stubs_are_what_this_side_has(tmp_path: Path) -> None:
    # Cython's own names are in no stub
    options = ["--ignore-missing-stub"]
    if litecon.COMPILED:
        modules = ["litecon"]
    else:
        names = {module.name for module in pkgutil.iter_modules([str(PACKAGE)])}
        modules = sorted(f"litecon.{name}" for name in names - SAME_ON_BOTH_SIDES)
        options += ["--allowlist", str(HERE / "stubtest-pure.txt"), "--ignore-unused-allowlist"]
    done = run_tool("mypy.stubtest", *modules, *options, cwd=tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def pyright() -> None:
    pytest.importorskip("pyright")
    if shutil.which("node") is None:
        pytest.skip("pyright needs node, and would download it")


@once
@pytest.mark.usefixtures("pyright")
def test_usage_and_snippets_are_strict_for_pyright(tmp_path: Path, snippets: list[Path]) -> None:
    paths = [tmp_path / path.name for path in (HERE / "usage.py", *snippets)]
    for path, source in zip(paths, (HERE / "usage.py", *snippets), strict=True):
        path.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    settings = {
        "typeCheckingMode": "strict",
        "extraPaths": [str(PACKAGE.parent)],
        "include": [path.name for path in paths],
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    done = run_tool("pyright", "--pythonpath", sys.executable, cwd=tmp_path)
    assert done.returncode == 0, done.stdout


@once
@pytest.mark.usefixtures("pyright")
def test_types_are_complete(tmp_path: Path) -> None:
    done = run_tool("pyright", "--verifytypes", "litecon", "--ignoreexternal", cwd=tmp_path)
    assert "Type completeness score: 100%" in done.stdout, done.stdout
