"""The code blocks of the README, which are tested as they stand there."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

README = Path(__file__).resolve().parent.parent / "README.md"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str, text: str = "") -> list[str]:
    """Return the README's blocks in a language, in order, those that have a text in them."""
    found = _BLOCK.findall(README.read_text(encoding="utf-8"))
    return [code for name, code in found if name == language and text in code]


def run_block(code: str) -> dict[str, Any]:
    """Execute a block as the module that it is saved as, and return its names."""
    module = ModuleType("pasted")
    # some look into the module of a handler
    sys.modules[module.__name__] = module
    try:
        exec(compile(code, str(README), "exec"), module.__dict__)
    finally:
        del sys.modules[module.__name__]
    return module.__dict__
