"""The upload form of the inspector's page, in a real browser."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from .browser import CHROMIUM, Page
from .servers import RunningServer, inspector

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")

NAMES = ("small.txt", "größer <b>\u202e.bin")
CONTENTS = (b"hello\r\n", bytes(range(256)) * 20_000)
# what a table of parts says, in the page or in its answer
ROWS = """[...document.querySelectorAll('{} .parts tbody tr')].map((row) =>
  [...row.cells].map((cell) => cell.textContent))"""
BAR = "document.querySelector('#upload-bar')"
SENT = "document.querySelector('#upload-text').textContent"
ANSWER = "#answer"
REPORT = "#form"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("uploads")
    paths = [folder / name for name in NAMES]
    for path, content in zip(paths, CONTENTS, strict=True):
        path.write_bytes(content)
    return paths


def choose(page: Page, *paths: Path) -> None:
    """Choose files, as a person does in the browser's window for that."""
    found = page.command("Runtime.evaluate", expression="document.querySelector('#upload-files')")
    page.command("DOM.setFileInputFiles", files=list(map(str, paths)), objectId=found["result"]["objectId"])


def unfold(page: Page) -> None:
    page.evaluate("document.querySelector('#upload').open = true")


def upload(page: Page) -> None:
    unfold(page)
    page.click("#uploader [type=submit]")


def rows(page: Page, where: str = ANSWER) -> Any:
    page.wait(f"document.querySelector('{where} .parts') !== null")
    return page.evaluate(ROWS.format(where))


def row(name: str, kind: str, filename: str, content_type: str, content: bytes) -> list[str]:
    size = f"{len(content):,} byte{'' if len(content) == 1 else 's'}"
    return [name, kind, filename, content_type, size, hashlib.sha256(content).hexdigest()]


EXPECTED = [
    row("file", "file", "small.txt", "text/plain", CONTENTS[0]),
    row("file", "file", "größer <b>\\u202e.bin", "application/octet-stream", CONTENTS[1]),
    row("text", "field", "none", "none", "grüße <i>".encode()),
    ["grüße <i>"],
]


def test_upload(page: Page, files: list[Path]) -> None:
    unfold(page)
    # every value that the bar has had
    page.evaluate(f"""window.seen = [];
      new MutationObserver(() => seen.push({BAR}.position)).observe({BAR}, {{attributes: true}})""")
    assert page.evaluate(f"document.querySelector('#upload-state').hidden && {BAR}.position") == -1
    choose(page, *files)
    page.type("#upload-note", "grüße <i>")
    upload(page)
    assert rows(page) == EXPECTED
    assert page.evaluate("document.querySelector('#answer .status').textContent") == "200 OK"
    hint = page.evaluate("document.querySelector('#answer .hint').textContent")
    assert hint.startswith("3 parts, 5,1") and " bytes in " in hint
    assert page.evaluate("document.querySelector('#progress').textContent") == "Answer: 200 OK"
    seen = page.evaluate("seen")
    assert seen == sorted(seen) and seen[-1] == 1
    assert page.evaluate(f"{BAR}.value === {BAR}.max && {BAR}.value > {len(CONTENTS[1])}")
    total = page.evaluate(f"{BAR}.max.toLocaleString('en')")
    assert page.evaluate(SENT) == f"{total} of {total} bytes sent"
    assert page.evaluate("document.querySelector('#upload-cancel').disabled")
    # and again, with nothing chosen: browsers send an empty file
    page.evaluate("document.querySelector('#upload-files').value = ''")
    page.type("#upload-note", "")
    upload(page)
    page.wait("document.querySelector('#answer .parts th[scope=row] + td + td')?.textContent === 'empty'")
    assert rows(page) == [
        row("file", "file", "empty", "application/octet-stream", b""),
        row("text", "field", "none", "none", b""),
    ]


def test_keyboard_is_enough(page: Page, files: list[Path]) -> None:
    choose(page, files[0])
    page.evaluate("document.querySelector('#sender [type=submit]').focus()")
    page.press("Tab")
    assert page.evaluate("document.activeElement.localName") == "summary"
    page.press("Enter")
    names = []
    for _ in range(3):
        page.press("Tab")
        names.append(page.evaluate("document.activeElement.id || document.activeElement.type"))
    assert names == ["upload-files", "upload-note", "submit"]
    page.press("Enter")
    assert len(rows(page)) == 3
    assert page.evaluate("document.activeElement.type") == "submit"


def test_fields_have_names(page: Page) -> None:
    unfold(page)
    page.evaluate("document.querySelector('#upload-state').hidden = false")
    nodes = page.command("Accessibility.getFullAXTree")["nodes"]
    shown = [node for node in nodes if not node["ignored"]]
    named = {(node["role"]["value"].lower(), node.get("name", {}).get("value")) for node in shown}
    assert {("textbox", "Text"), ("button", "Upload"), ("progressbar", "Sent")} <= named
    assert any("Files" in str(name) for _, name in named)


def test_cancel(page: Page, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(2 << 30)
    choose(page, large)
    upload(page)
    page.wait(f"{BAR}.position > 0")
    page.click("#upload-cancel")
    assert page.wait("document.querySelector('#answer .bad')?.textContent") == "Cancelled"
    assert page.evaluate("document.querySelector('#upload-cancel').disabled")
    # it can be used again
    page.evaluate("document.querySelector('#upload-files').value = ''")
    upload(page)
    assert len(rows(page)) == 3
    assert rows(page)[0][2] == "empty"


def test_connection_that_breaks_is_said(browser: Page) -> None:
    with inspector() as server:
        browser.open(f"{server.url}/")
        server.stop()
        upload(browser)
        assert browser.wait("document.querySelector('#answer .bad')?.textContent").startswith("No answer")
    browser.events.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 400, 1280])
def test_nothing_is_wider_than_the_window(page: Page, files: list[Path], width: int, scheme: str) -> None:
    page.show(width, 800, scheme)
    unfold(page)
    choose(page, *files)
    page.type("#upload-note", "x" * 5000)
    upload(page)
    rows(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_scripts(server: RunningServer, browser: Page, files: list[Path]) -> None:
    browser.show(1280, 900, "light")
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(f"{server.url}/plain?x=1")
        unfold(browser)
        choose(browser, *files)
        browser.type("#upload-note", "grüße <i>")
        browser.click("#uploader [type=submit]")
        assert rows(browser, REPORT) == EXPECTED
        assert browser.evaluate("document.querySelector('h1').textContent") == f"POST {server.url}/plain?x=1"
        assert browser.evaluate("document.querySelector('#form .count').textContent") == "3"
        assert browser.problems() == []
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", value=False)
