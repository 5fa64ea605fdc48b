"""Early hints: hypercorn offers the extension over HTTP/2 (not over HTTP/1.1)."""

from __future__ import annotations

from collections.abc import Iterator

import h2.events
import httpx
import pytest

from .servers import RunningServer, hypercorn
from .test_push import body_of, fetch, headers_of


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with hypercorn("early_hints_app:app") as running:
        yield running
        assert "Traceback" not in "".join(running.output())


def test_a_client_gets_the_links_before_the_response(server: RunningServer) -> None:
    events = fetch(server.port, streams=1)
    kinds = (h2.events.InformationalResponseReceived, h2.events.ResponseReceived)
    hints, response = [event for event in events if isinstance(event, kinds)]
    assert dict(hints.headers)[":status"] == "103"
    # the server adds some of its own
    assert [value for name, value in hints.headers if name == "link"] == [
        "</style.css>; rel=preload; as=style",
        "</code.js>; rel=preload; as=script",
    ]
    assert dict(response.headers)[":status"] == headers_of(events, 1)[":status"] == "200"
    assert body_of(events, 1) == b"hinted"


def test_http_1_offers_no_early_hints(server: RunningServer) -> None:
    response = httpx.get(server.url, timeout=30, trust_env=False)
    assert response.status_code == 200
    assert response.text == "the server does not offer early hints: ask supports_early_hints before"
