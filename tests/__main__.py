"""Run the tests on both sides, or on one.

`python -m tests [--side=compiled|pure] [--quick] [--matrix] [pytest arguments]` uses all processors, with `-n0` one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
SIDES = ("compiled", "pure")
# the order is that of tests/selection.py, which puts the longest groups first
PARALLEL = ("-n", "auto", "--dist=loadgroup", "--no-loadscope-reorder") if find_spec("xdist") else ()

# an installed package precedes the checkout, which may have no extensions but has the tests
LAUNCH = """
import sys
root, *arguments = sys.argv[1:]
try:
    import litecon
except ImportError:
    sys.path.insert(0, root)
    import litecon
if arguments == ["--probe"]:
    print(litecon.FALLBACK_REASON or "")
else:
    import pytest
    sys.exit(pytest.main(arguments))
"""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-c", LAUNCH, str(ROOT), *arguments]


def is_set(variable: str) -> bool:
    return os.environ.get(variable, "") not in ("", "0")


def fallback_reason() -> str:
    """Return why a run without LITECON_PURE_PYTHON has no compiled side; empty if it has one."""
    off = {"LITECON_PURE_PYTHON": "", "LITECON_REQUIRE_EXTENSIONS": ""}
    probe = subprocess.run(command("--probe"), env={**os.environ, **off}, cwd=ROOT, capture_output=True, text=True)
    if probe.returncode:
        sys.exit(f"litecon cannot be imported:\n{probe.stderr}")
    return probe.stdout.strip()


def start(side: str, arguments: list[str], stdout: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "LITECON_PURE_PYTHON": "1" if side == "pure" else ""}
    # without bytecode, each of the many processes of a run would compile the tests and the package again
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if side == "compiled":
        environment["LITECON_REQUIRE_EXTENSIONS"] = "1"
    return subprocess.Popen(command(*arguments), env=environment, cwd=ROOT, stdout=stdout)


def run_one_after_another(sides: list[str], arguments: list[str]) -> dict[str, int]:
    """Run each side on all processors, and return pytest's exit code for each."""
    codes = {}
    for side in sides:
        announce(side)
        codes[side] = start(side, [*PARALLEL, *arguments]).wait()
    return codes


def run_at_once(sides: list[str], arguments: list[str]) -> dict[str, int]:
    """Run each side in one process, at the same time, and return pytest's exit code for each.

    Collecting the tests is a large part of a quick run, and with several processes for a side, each would do it.
    """
    codes = {}
    with ExitStack() as stack:
        outputs = [stack.enter_context(tempfile.TemporaryFile()) for _ in sides]
        runs = [start(side, arguments, output) for side, output in zip(sides, outputs, strict=True)]
        for side, process, output in zip(sides, runs, outputs, strict=True):
            announce(side)
            codes[side] = process.wait()
            output.seek(0)
            print(output.read().decode(errors="replace"), flush=True)
    return codes


def announce(side: str) -> None:
    print(f"\n===== the {side} side =====", flush=True)


def wanted_sides(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Return the sides that arguments name, by default both, and the other arguments, which are for pytest."""
    wanted = [argument.partition("=")[2] for argument in arguments if argument.startswith("--side=")]
    for side in wanted:
        if side not in SIDES:
            sys.exit(f"error: --side is one of {', '.join(SIDES)}, not {side!r}")
    return wanted or list(SIDES), [argument for argument in arguments if not argument.startswith("--side=")]


def main(arguments: list[str]) -> int:
    sides, arguments = wanted_sides(arguments)
    if is_set("LITECON_PURE_PYTHON"):
        print("LITECON_PURE_PYTHON is set: running the pure side only")
        sides = ["pure"]
    elif "compiled" in sides and (reason := fallback_reason()):
        if is_set("LITECON_REQUIRE_EXTENSIONS") or sides == ["compiled"]:
            print(f"error: the compiled side is required, and there is none: {reason}", file=sys.stderr)
            return 1
        print(f"there is no compiled side, running the pure side only: {reason}")
        sides = ["pure"]
    # pytest's exit code 5, no test ran, is a failure too
    codes = (run_at_once if "--quick" in arguments else run_one_after_another)(sides, arguments)
    print()
    for side, code in codes.items():
        outcome = {0: "passed", 5: "no test ran"}.get(code, f"failed (pytest's exit code {code})")
        print(f"{side}: {outcome}")
    return int(any(codes.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
