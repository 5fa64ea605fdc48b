"""The inspector, and its page in a browser; a module that needs another server defines it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .browser import Page, chromium
from .servers import RunningServer, inspector


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with inspector() as running:
        yield running
        assert "Traceback" not in "".join(running.output())


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with chromium() as page:
        yield page


@pytest.fixture
def page(server: RunningServer, browser: Page) -> Iterator[Page]:
    browser.show(1280, 900, "light")
    browser.open(f"{server.url}/hello?x=1")
    yield browser
    assert browser.problems() == []
