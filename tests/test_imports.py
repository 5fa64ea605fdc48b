"""The cost of imports, and that every module can be imported alone."""

from __future__ import annotations

import os
import pkgutil
from pathlib import Path

import pytest

import litecon

from .helpers import check_python, run_python
from .sides import PACKAGE

pytestmark = pytest.mark.slow

NOT_LOADED = (
    "msgspec",
    "ormsgpack",
    "inspect",
    "asyncio",
    "email",
    "http",
    "litecon.routing",
    "litecon.testing",
    "litecon.inspector",
    "litecon.litestar",
    "litecon.serialization",
)
# they need an optional requirement, or run a program
NOT_ALONE = {"litecon.__main__", "litecon.litestar"}
COMPILED_ONLY = ("litecon._native", "litecon.litestar.")


def modules() -> list[str]:
    names = ["litecon"]
    for module in pkgutil.walk_packages([str(PACKAGE)], "litecon."):
        # another interpreter's extension, or one that this side does not load
        if module.name in NOT_ALONE or (module.name.startswith(COMPILED_ONLY) and not litecon.COMPILED):
            continue
        names.append(module.name)
    return names


def test_import_loads_no_more_than_it_uses() -> None:
    # what a bare interpreter, or multidict, has loaded is not litecon's
    code = f"""
import sys, multidict
before = set(sys.modules)
import litecon
print(set({NOT_LOADED!r}) & (set(sys.modules) - before))
"""
    assert check_python(code) == "set()\n"


def test_using_the_accessors_loads_no_codec() -> None:
    code = """
import sys, multidict
before = set(sys.modules)
from litecon import Request
headers = [(b"cookie", b"a=b"), (b"host", b"h")]
request = Request({"type": "http", "method": "GET", "path": "/", "query_string": b"a=%41", "headers": headers})
request.url, request.cookies, request.query_params, request.headers, request.content_type, request.accept
print(sorted({"msgspec", "ormsgpack", "asyncio", "inspect"} & (set(sys.modules) - before)))
"""
    assert check_python(code) == "[]\n"


ALONE = """
import os, sys
for name in sorted(names, key=lambda name: name.startswith("litecon.litestar")):
    if len(names) > 1 and name.startswith("litecon.litestar"):
        # which any of these would import first
        import litestar
    if len(names) == 1 or not os.fork():
        __import__(name)
        sys.exit()
    if os.wait()[1]:
        print(name)
"""


def test_alone_with_warnings_as_errors() -> None:
    # one interpreter forks for each where the system can, since to start it takes most of the time
    together = [modules()] if hasattr(os, "fork") else [[name] for name in modules()]
    for names in together:
        done = run_python(f"names = {names}{ALONE}", "-W", "error", "-X", "dev")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_nothing_is_created_at_import() -> None:
    code = """
import threading, sys
import litecon
assert threading.active_count() == 1
assert "asyncio" not in sys.modules or sys.modules["asyncio"].get_event_loop_policy
"""
    check_python(code)


class TestSwitch:
    @pytest.mark.parametrize("value", ["1", "yes", "true"])
    def test_forced_fallback(self, value: str) -> None:
        code = "import litecon; print(litecon.COMPILED, litecon.FALLBACK_REASON)"
        assert check_python(code, env={"LITECON_PURE_PYTHON": value}) == "False LITECON_PURE_PYTHON is set\n"

    @pytest.mark.skipif(not litecon.COMPILED, reason="needs the compiled side")
    @pytest.mark.parametrize("value", ["", "0"])
    def test_off(self, value: str) -> None:
        code = "import litecon; print(litecon.COMPILED, litecon.FALLBACK_REASON)"
        assert check_python(code, env={"LITECON_PURE_PYTHON": value}) == "True None\n"

    @pytest.mark.parametrize("name", ["body", "headers", "request", "scope", "url", "websocket"])
    def test_missing_extension(self, name: str) -> None:
        # whichever kernel it is, nothing that was made of the others stays
        code = f"""
import sys
sys.modules["litecon._native.{name}"] = None
import litecon
assert not litecon.COMPILED
print(litecon.FALLBACK_REASON)
import litecon._core
assert "_pure" in litecon._core.parse_query.__module__ and "_pure" in litecon._core.BodyReader.__module__
for public in ("URL", "ASGIConnection", "Headers", "Request", "WebSocket"):
    modules = {{base.__module__ for base in getattr(litecon, public).__mro__}}
    assert any("_pure" in module for module in modules) and not any("_native" in module for module in modules), modules
parts = {{"path": "/", "query_string": b"", "headers": [(b"a", b"b")], "server": ("h", 1)}}
scope = {{"type": "http", "method": "GET", **parts}}
request = litecon.Request(scope)
assert type(request.headers) is litecon.Headers and type(request.url) is litecon.URL
"""
        assert f"litecon._native.{name}" in check_python(
            code, env={"LITECON_PURE_PYTHON": "", "LITECON_REQUIRE_EXTENSIONS": ""}
        )

    def test_the_command_line_says_which_side_runs_and_why(self) -> None:
        code = "import runpy, sys; sys.argv[1:] = ['--version']; runpy.run_module('litecon', run_name='__main__')"
        side = "compiled" if litecon.COMPILED else f"pure Python: {litecon.FALLBACK_REASON}"
        assert check_python(code) == f"litecon {litecon.__version__} ({side})\n"
        forced = check_python(code, env={"LITECON_PURE_PYTHON": "1"})
        assert forced == f"litecon {litecon.__version__} (pure Python: LITECON_PURE_PYTHON is set)\n"

    def test_only_the_switch_imports_kernels(self) -> None:
        for path in PACKAGE.rglob("*.py"):
            if path.parent.name in ("_pure", "_native") or path.name == "_core.py":
                continue
            text = path.read_text()
            assert "_pure" not in text.replace("LITECON_PURE", ""), path
            assert "._native" not in text, path


def test_error_in_a_fresh_interpreter_is_seen() -> None:
    # the helper that the tests of this file rely on
    done = run_python("raise SystemExit('no')")
    assert done.returncode == 1
    assert "no" in done.stderr


@pytest.mark.once
def test_no_line_of_a_kernel_is_too_long() -> None:
    """ruff, which says so of Python, does not read Cython and C."""
    # those of the checkout: a wheel has no sources
    native = Path(__file__).parents[1] / "litecon" / "_native"
    kernels = [path for path in native.iterdir() if path.suffix in (".pyx", ".pxd", ".h")]
    assert kernels
    lines = [
        (path.name, number, line) for path in kernels for number, line in enumerate(path.read_text().split("\n"), 1)
    ]
    assert [(name, number) for name, number, line in lines if len(line) > 120] == []
