"""Run the tests once per side, or on one: `python -m tests [--side=compiled|pure] [pytest arguments]`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SIDES = ("compiled", "pure")

# an installed package goes before the checkout, which may have no extensions; the tests are the checkout's
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


def run(side: str, arguments: list[str]) -> int:
    print(f"\n===== the {side} side =====", flush=True)
    environment = {**os.environ, "LITECON_PURE_PYTHON": "1" if side == "pure" else ""}
    if side == "compiled":
        environment["LITECON_REQUIRE_EXTENSIONS"] = "1"
    return subprocess.run(command(*arguments), env=environment, cwd=ROOT).returncode


def wanted_sides(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Return the sides that the first argument names, by default both, and the arguments that are pytest's."""
    if arguments and arguments[0].startswith("--side="):
        side = arguments[0].partition("=")[2]
        if side not in SIDES:
            sys.exit(f"error: --side is one of {', '.join(SIDES)}, not {side!r}")
        return [side], arguments[1:]
    return list(SIDES), arguments


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
    # pytest's 5, no test ran, is a failure too
    codes = {side: run(side, arguments) for side in sides}
    print()
    for side, code in codes.items():
        outcome = {0: "passed", 5: "no test ran"}.get(code, f"failed (pytest's exit code {code})")
        print(f"{side}: {outcome}")
    return int(any(codes.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
