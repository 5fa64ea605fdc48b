"""Server push: a real HTTP/2 server, and a client that takes pushes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import h2.config
import h2.connection
import h2.events
import h2.settings
import httpx
import pytest

from .servers import HOST, RunningServer, hypercorn

SENT = {
    ":method": "GET",
    ":scheme": "http",
    ":authority": "example.org",
    ":path": "/page?x=1",
    "user-agent": "pusher/1",
    "accept": "text/html",
    "accept-encoding": "br",
    "accept-language": "de",
    "cache-control": "no-cache",
    "cookie": "secret=1",
    "authorization": "Basic secret",
    "x-other": "1",
}
COPIED = ("user-agent", "accept", "accept-encoding", "accept-language", "cache-control")


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with hypercorn("push_app:app") as running:
        yield running


def fetch(port: int, streams: int, settings: dict[int, int] | None = None) -> list[Any]:
    """Send one request over HTTP/2 with prior knowledge, and return all events until so many streams have ended."""
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
    connection.initiate_connection()
    if settings:
        connection.update_settings(settings)
    connection.send_headers(1, list(SENT.items()), end_stream=True)
    events: list[Any] = []
    with socket.create_connection((HOST, port), timeout=30) as client:
        client.sendall(connection.data_to_send())
        while sum(isinstance(event, h2.events.StreamEnded) for event in events) < streams:
            data = client.recv(65536)
            if not data:
                raise EOFError(f"the server closed the connection after {events}")
            events += connection.receive_data(data)
            client.sendall(connection.data_to_send())
        connection.close_connection()
        client.sendall(connection.data_to_send())
    return events


def body_of(events: list[Any], stream: int) -> bytes:
    return b"".join(
        event.data for event in events if isinstance(event, h2.events.DataReceived) and event.stream_id == stream
    )


def only(events: list[Any], kind: type[Any]) -> Any:
    [event] = [event for event in events if isinstance(event, kind)]
    return event


def headers_of(events: list[Any], stream: int) -> dict[str, str]:
    of_stream = [event for event in events if getattr(event, "stream_id", None) == stream]
    return dict(only(of_stream, h2.events.ResponseReceived).headers)


def test_promise_and_pushed_response(server: RunningServer) -> None:
    events = fetch(server.port, streams=2)
    promise = only(events, h2.events.PushedStreamReceived)
    assert promise.parent_stream_id == 1
    promised = dict(promise.headers)
    assert promised[":path"] == "/style.css"
    assert promised[":method"] == "GET"
    assert {name: promised.get(name) for name in COPIED} == {name: SENT[name] for name in COPIED}
    assert not promised.keys() & {"cookie", "authorization", "x-other"}
    assert body_of(events, 1) == b"pushed"
    assert body_of(events, promise.pushed_stream_id) == b"body { color: teal }"
    pushed = headers_of(events, promise.pushed_stream_id)
    assert (pushed[":status"], pushed["content-type"], pushed["x-agent"]) == ("200", "text/css", "pusher/1")


def test_client_that_takes_no_pushes(server: RunningServer) -> None:
    events = fetch(server.port, streams=1, settings={h2.settings.SettingCodes.ENABLE_PUSH: 0})
    assert not [event for event in events if isinstance(event, h2.events.PushedStreamReceived)]
    assert body_of(events, 1) == b"pushed"


def test_http_1_offers_no_push(server: RunningServer) -> None:
    response = httpx.get(f"{server.url}/page", timeout=30, trust_env=False)
    assert response.status_code == 200
    assert response.text == "the server does not offer server push: ask supports_push_promise before"
