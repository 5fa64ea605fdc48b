"""The code blocks of the README and of the guides, which are tested as they stand there."""

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
    """Return a document's blocks in a language, in order, those that have a text in them."""
    found = _BLOCK.findall(document.read_text(encoding="utf-8"))
    return [code for name, code in found if name == language and text in code]


def snippets() -> list[tuple[str, Path, str]]:
    """Return all blocks of Python: a name for each, its document, its code.

    Ray has no place in the test extra: what a guide says of it was seen by hand.
    """
    return [
        (f"{document.stem.lower()}_{number}", document, code)
        for document in DOCUMENTS
        for number, code in enumerate(blocks("python", document=document))
        if "from ray import" not in code
    ]


def run_block(code: str, document: Path = README) -> dict[str, Any]:
    """Execute a block as the module that it is saved as, and return its names."""
    module = ModuleType("pasted")
    # some look into the module of a handler
    sys.modules[module.__name__] = module
    try:
        exec(compile(code, str(document), "exec"), module.__dict__)
    finally:
        del sys.modules[module.__name__]
    return module.__dict__


def run_guide(name: str, text: str) -> dict[str, Any]:
    """Execute the one block of Python of a guide that has a text in it, and return its names."""
    [code] = blocks("python", text, guide(name))
    return run_block(code, guide(name))
