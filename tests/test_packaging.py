"""The published files: the source archive, a wheel built from it, and their metadata."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
EPOCH = "1700000000"

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not (ROOT / ".git").exists() or shutil.which("git") is None, reason="it is no git checkout"),
]


def tracked() -> set[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in done.stdout.splitlines() if (ROOT / name).is_file()}


def build(folder: Path, *command: str) -> Path:
    """Return what a command of setup.py makes of the tracked files, without extensions."""
    copy, output = folder / "copy", folder / "dist"
    for name in tracked():
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    environment = {**os.environ, "LITECON_PURE_PYTHON": "1", "SOURCE_DATE_EPOCH": EPOCH}
    arguments = [sys.executable, "setup.py", "-q", *command, "--dist-dir", str(output)]
    subprocess.run(arguments, cwd=copy, env=environment, check=True, capture_output=True)
    [made] = output.iterdir()
    return made


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return [build(tmp_path_factory.mktemp("sdist"), "sdist") for _ in range(2)]


@pytest.fixture(scope="module")
def metadata(archives: list[Path]) -> str:
    with tarfile.open(archives[0]) as archive:
        [name] = [name for name in archive.getnames() if name.count("/") == 1 and name.endswith("/PKG-INFO")]
        member = archive.extractfile(name)
        assert member is not None
        return member.read().decode()


def project() -> Any:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.slow
def test_the_source_archive_has_every_tracked_file(archives: list[Path]) -> None:
    with tarfile.open(archives[0]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert tracked() - names == set()
    assert not [name for name in names if name.endswith((".c", ".so", ".pyc"))]


@pytest.mark.slow
def test_an_archive_and_a_wheel_are_the_same_each_time(archives: list[Path], tmp_path: Path) -> None:
    assert archives[0].read_bytes() == archives[1].read_bytes()
    wheels = [build(tmp_path / str(number), "bdist_wheel") for number in range(2)]
    assert wheels[0].name == wheels[1].name and wheels[0].name.endswith("-none-any.whl")
    assert wheels[0].read_bytes() == wheels[1].read_bytes()


@pytest.mark.slow
def test_the_wheel_has_what_is_needed(tmp_path: Path) -> None:
    with zipfile.ZipFile(build(tmp_path, "bdist_wheel")) as wheel:
        names = set(wheel.namelist())
    expected = {
        name
        for name in tracked()
        if name.startswith("litecon/") and name.endswith((".py", ".pyi", ".md", ".html", ".css", ".js", "py.typed"))
    }
    assert expected - names == set()
    assert {name.partition("/")[0] for name in names} == {"litecon", f"litecon-{version()}.dist-info"}


def version() -> str:
    import litecon

    return litecon.__version__


@pytest.mark.slow
def test_links_lead_out_of_an_index(metadata: str) -> None:
    links = re.findall(r"(?:\]\(|src=\"|srcset=\")([^)\"]*)[)\"]", metadata)
    assert len(links) > 10
    base = f"{project()['urls']['Source']}/blob/v{version()}/"
    for link in links:
        assert re.match(r"[a-z]+:|#", link), link
        if link.startswith(base):
            assert (ROOT / link.removeprefix(base).partition("#")[0].removesuffix("?raw=true")).exists(), link
    assert {"Source", "Documentation", "Changelog", "Issues"} <= project()["urls"].keys()


def test_every_version_is_named_everywhere() -> None:
    named = re.findall(r":: Python :: (3\.\d+)", "\n".join(project()["classifiers"]))
    assert named == [f"3.{minor}" for minor in range(11, 16)]
    [factors] = re.findall(r"py\{([\w,]+)\}", (ROOT / "tox.ini").read_text(encoding="utf-8"))
    in_tox = [f"3.{factor[1:]}" for factor in factors.split(",")]
    assert [name for name in in_tox if not name.endswith("t")] == named
    assert [name for name in in_tox if name.endswith("t")] == ["3.14t", "3.15t"]
    workflow = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    [listed] = re.findall(r"python: \[(.*)\]", workflow)
    assert re.findall(r'"([^"]+)"', listed) == in_tox
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["cibuildwheel"]
    assert settings["build"].split() == [f"cp{name.replace('.', '')}-*" for name in in_tox]


def test_environments_that_workflows_run_exist() -> None:
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    for path in (ROOT / ".github" / "workflows").iterdir():
        for name in re.findall(r"tox run -e ([\w-]+)", path.read_text(encoding="utf-8")):
            assert f"[testenv:{name}]" in tox, (path.name, name)


def test_workflows() -> None:
    if shutil.which("actionlint") is None:
        pytest.skip("there is no actionlint; `tox -e workflows` has it")
    done = subprocess.run(["actionlint"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
