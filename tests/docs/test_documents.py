"""The code of the README and the guides runs when pasted, links have targets, and tables have all members."""

from __future__ import annotations

import importlib
import inspect
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

import litecon
import litecon.testing
from litecon import ASGIConnection, Limits, Request, WebSocket

from ..readme import DOCUMENTS, GUIDES, README, ROOT, blocks, guide, run_block, snippets

SITE = ROOT / ".github" / "docs"
TEXTS = {document: document.read_text(encoding="utf-8") for document in DOCUMENTS}
BLOCKS = [pytest.param(document, code, id=name) for name, document, code in snippets()]
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
DOCUMENT = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.stem)


def anchors(text: str) -> set[str]:
    """Return the anchors of a document's headings, as index pages and forges make them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


# where litecon runs pure
@pytest.mark.filterwarnings("ignore:LiteconPlugin changes nothing")
@pytest.mark.parametrize(("document", "code"), BLOCKS)
def test_every_block_of_python_runs(document: Path, code: str) -> None:
    names = run_block(code, document)
    for name, function in names.items():
        if name.startswith("test_"):
            function()


@DOCUMENT
def test_every_link_leads_somewhere(document: Path) -> None:
    for link in LINK.findall(TEXTS[document]):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


@DOCUMENT
def test_every_name_of_the_package_is_there(document: Path) -> None:
    """What stands in the text as `litecon.x.Y` can be had under that name."""
    for dotted in set(re.findall(r"`(litecon(?:\.\w+)+)`", TEXTS[document])):
        *modules, name = dotted.split(".")
        try:
            __import__(dotted)
        except ImportError:
            assert hasattr(__import__(".".join(modules), fromlist=["*"]), name), dotted


@DOCUMENT
def test_a_line_of_code_is_no_longer_than_the_page(document: Path) -> None:
    assert [line for code in blocks("python", document=document) for line in code.splitlines() if len(line) > 100] == []


def test_the_readme_links_every_guide() -> None:
    linked = {(ROOT / link).resolve() for link in LINK.findall(TEXTS[README]) if "://" not in link}
    assert [path.name for path in GUIDES if path not in linked] == []


def test_the_guides_are_installed() -> None:
    folder = Path(litecon.__file__).parent / "docs"
    assert sorted(path.name for path in folder.glob("*.md")) == [path.name for path in GUIDES]


def test_the_site_has_every_guide_and_every_public_name() -> None:
    names = runpy.run_path(str(SITE / "build.py"))
    pages = {
        path: title
        for title, path in re.findall(r"- (.+): (\S+\.md)$", (SITE / "mkdocs.yml").read_text(), re.MULTILINE)
    }
    guides = {path.name for path in GUIDES}
    assert set(pages) == {"index.md", *guides, *(f"reference/{name}.md" for name in names["REFERENCE"])}
    shown = {member for _, members in names["REFERENCE"].values() for member in members}
    public = {name for name in litecon.__all__ if inspect.isclass(getattr(litecon, name))}
    public -= {*litecon.exceptions.__all__}
    assert public | {f"testing.{name}" for name in litecon.testing.__all__} <= shown
    for member in shown:
        module, _, name = member.rpartition(".")
        if member not in ("exceptions", "serialization"):
            assert hasattr(importlib.import_module(f"litecon.{module}".rstrip(".")), name), member
    # what is no page is named, and not linked; the pictures lie beside it
    links = [link for link in LINK.findall(names["first_page"]()) if "://" not in link]
    pictures = {path.name for path in names["PICTURES"]}
    assert pictures
    assert {link.partition("#")[0] for link in links} == guides | pictures
    assert not re.search(r"<img|<source", names["first_page"]())


def test_the_readme_is_for_a_reader_of_two_minutes() -> None:
    # code and tables are looked at, not read
    prose = re.sub(r"^```.*?^```$|^\|.*$", "", TEXTS[README], flags=re.MULTILINE | re.DOTALL)
    assert len(prose.split()) < 700


@pytest.mark.parametrize("kind", [ASGIConnection, Request, WebSocket])
def test_the_tables_have_every_member(kind: Any) -> None:
    members = [name for name, _ in inspect.getmembers(kind) if not name.startswith("_")]
    tables = "".join(line for line in TEXTS[guide("members")].splitlines() if line.startswith("| `"))
    # the reader is what litecon's own parts share
    assert [name for name in members if not re.search(rf"\b{name}\b", tables)] == ["body_reader"] * (kind is Request)


def test_the_table_of_bounds_has_every_bound_with_its_default() -> None:
    units = {"": 1, " KiB": 1024, " MiB": 1024 * 1024}
    text = TEXTS[guide("limits")]
    table = text[text.index("| bound in `Limits` |") :].partition("\n\n")[0]
    shown: dict[str, int | None] = {}
    for line in table.splitlines()[2:]:
        names, defaults = line.split("|")[1:3]
        numbers = re.findall(r"(None|[\d,]*\d)( KiB| MiB)?", defaults)
        for name, (number, unit) in zip(re.findall(r"\w+", names), numbers, strict=True):
            shown[name] = None if number == "None" else int(number.replace(",", "")) * units[unit]
    assert shown == {name: getattr(Limits(), name) for name in Limits.__slots__}
