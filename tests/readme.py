"""The code blocks of the README and of the guides, which are tested unchanged."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
GUIDES = sorted((ROOT / "litecon" / "docs").glob("*.md"))
DOCUMENTS = [README, *GUIDES]

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def guide(name: str) -> Path:
    """Return the path of a guide."""
    return ROOT / "litecon" / "docs" / f"{name}.md"


def blocks(language: str, text: str = "", document: Path = README) -> list[str]:
    """Return the blocks of a document that are in a language and contain a text, in order."""
    found = _BLOCK.findall(document.read_text(encoding="utf-8"))
    return [code for name, code in found if name == language and text in code]


def snippets() -> list[tuple[str, Path, str]]:
    """Return the name, document and code of every block of Python.

    Blocks that need Ray are left out, since the test extra does not contain it; they were tried by hand.
    """
    return [
        (f"{document.stem.lower()}_{number}", document, code)
        for document in DOCUMENTS
        for number, code in enumerate(blocks("python", document=document))
        if "from ray import" not in code
    ]


def run_block(code: str, document: Path = README) -> dict[str, Any]:
    """Execute a block as a module, and return its names."""
    module = ModuleType("pasted")
    # some frameworks look up the module of a handler
    sys.modules[module.__name__] = module
    try:
        exec(compile(code, str(document), "exec"), module.__dict__)
    finally:
        del sys.modules[module.__name__]
    return module.__dict__


def run_guide(name: str, text: str) -> dict[str, Any]:
    """Execute the only block of Python of a guide that contains a text, and return its names."""
    [code] = blocks("python", text, guide(name))
    return run_block(code, guide(name))
