"""An application on litecon runs on servers and their workers, in several processes, and with middleware of others."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from litecon.testing import Client

from .neighbours_app import wrapped
from .servers import HOST, RunningServer, free_port, serving

APP = "neighbours_app:app"
SERVERS = {
    "gunicorn-asgi": ("gunicorn", "--worker-class", "asgi", "--bind", "{host}:{port}", APP),
    "gunicorn-uvicorn": ("gunicorn", "--worker-class", "uvicorn_worker.UvicornWorker", "--bind", "{host}:{port}", APP),
    "uvicorn-workers": ("uvicorn", "--workers", "4", "--host", "{host}", "--port", "{port}", APP),
    "daphne": ("daphne", "--bind", "{host}", "--port", "{port}", APP),
    "hypercorn-trio": ("hypercorn", "--worker-class", "trio", "--bind", "{host}:{port}", APP),
    "granian-workers": ("granian", "--interface=asgi", "--workers=4", "--host", "{host}", "--port", "{port}", APP),
}
NEEDS = {"gunicorn-uvicorn": "uvicorn_worker", "hypercorn-trio": "trio", "gunicorn-asgi": "gunicorn.asgi"}


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    program, *options = SERVERS[request.param]
    for module in (program, NEEDS.get(request.param, program)):
        if not _is_there(module):
            pytest.skip(f"there is no {module}")
    port = free_port()
    arguments = [option.format(host=HOST, port=port) for option in options]
    with serving("-m", program, *arguments, port=port) as running:
        yield running
        assert "Traceback" not in "".join(running.output())


def test_requests(server: RunningServer) -> None:
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client:
        assert client.post("/", json={"a": 1}).text == "{'a': 1} False"
        assert client.post("/", content=b'{"a":').status_code == 400
        assert client.post("/stream", content=bytes(3_000_000)).text == "3000000"
        assert client.post("/stream", content=(b"abc" for _ in range(100))).text == "300"


def test_websockets(server: RunningServer) -> None:
    with connect(f"ws://{HOST}:{server.port}/", open_timeout=60, proxy=None) as socket:
        for text in ("one", "two"):
            socket.send(text)
            assert socket.recv(60) == text.upper()


def test_several_processes(server: RunningServer, request: pytest.FixtureRequest) -> None:
    if not request.node.callspec.params["server"].endswith("-workers"):
        pytest.skip("it is one process")
    seen = set()
    for _ in range(400):
        # a connection of its own each time: they are what the workers share
        seen.add(httpx.get(f"{server.url}/process", timeout=60, trust_env=False).text)
        if len(seen) > 1:
            break
    assert len(seen) > 1


@pytest.mark.parametrize("place", ["around", "inside"])
@pytest.mark.parametrize("kind", ["opentelemetry", "sentry"])
def test_instrumentation(kind: str, place: str, run: Any) -> None:
    pytest.importorskip({"opentelemetry": "opentelemetry.instrumentation.asgi", "sentry": "sentry_sdk"}[kind])

    async def main() -> None:
        with warnings.catch_warnings():
            # theirs
            warnings.simplefilter("ignore")
            client = Client(wrapped(kind, place))
            assert (await client.post("/", json={"a": 1})).text == "{'a': 1} False"
            assert (await client.post("/stream", content=[b"abc"] * 100)).text == "300"
            assert (await client.post("/", content=b'{"a":')).status == 400
            with pytest.raises(ZeroDivisionError):
                await client.get("/error")
            async with client.websocket() as socket:
                await socket.send_text("one")
                assert await socket.receive_text() == "ONE"

    run(main)


def test_the_spans_of_opentelemetry(run: Any) -> None:
    pytest.importorskip("opentelemetry.instrumentation.asgi")
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    export = pytest.importorskip("opentelemetry.sdk.trace.export")
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

    from .neighbours_app import app

    exporter = memory.InMemorySpanExporter()
    provider = sdk.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(exporter))
    middleware: Any = OpenTelemetryMiddleware

    async def main() -> None:
        response = await Client(middleware(app, tracer_provider=provider)).post("/x", json=[1])
        assert response.status == 200

    run(main)
    spans = exporter.get_finished_spans()
    assert "POST /x" in [span.name for span in spans] or "POST" in [span.name for span in spans]
