"""Litestar's test tools and its error page, with an app that has the plugin."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from litestar.middleware.session.client_side import CookieBackendConfig
from litestar.middleware.session.server_side import ServerSideSessionConfig
from litestar.testing import RequestFactory, TestClient

from litecon.litestar import LiteconPlugin

from . import frozen
from .app import make_app
from .driving import record
from .exchanges import one

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("dropin")]

Plugins = list[Any]
WITHOUT_AND_WITH: list[Callable[[], Plugins]] = [list, lambda: [LiteconPlugin()]]


def sessions(plugins: Plugins, base: str, config: Any) -> list[Any]:
    """Sessions that the test client writes and reads, through connections over a scope of its own."""
    with TestClient(make_app(plugins), session_config=config) as client:
        first = client.get_session_data()
        client.set_session_data({"given": [1]})
        answers = [client.get(f"/{base}").json(), client.post(f"/{base}", json={"more": 2}).json()]
        return [first, answers, client.get_session_data(), sorted(client.cookies)]


@pytest.mark.parametrize(
    ("base", "config"),
    [
        ("client-session", CookieBackendConfig(secret=b"0123456789abcdef")),
        ("server-session", ServerSideSessionConfig()),
    ],
    ids=["client", "server"],
)
def test_client_sessions(base: str, config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen.freeze(monkeypatch.setattr)
    told = []
    for plugins in WITHOUT_AND_WITH:
        frozen.restart()
        told.append(sessions(plugins(), base, config))
    assert told[1] == told[0]
    assert told[0][2] == {"given": [1], "more": 2}


def socket_talk(plugins: Plugins) -> list[Any]:
    with TestClient(make_app(plugins)) as client, client.websocket_connect("/listen/class") as socket:
        hello = socket.receive_json()
        socket.send_json({"a": 1})
        return [hello, socket.receive_json()]


def test_client_sockets() -> None:
    without, with_it = (socket_talk(plugins()) for plugins in WITHOUT_AND_WITH)
    assert with_it == without == [{"hello": "nobody"}, {"a": 2}]


async def factory_made(plugins: Plugins) -> list[Any]:
    """What a factory has put in the shared state is what a connection of any class finds there."""
    app = make_app(plugins)
    made = RequestFactory(app=app).post("/members/json?a=1", data={"a": 1}, headers={"x-a": "b"}, cookies={"c": "d"})
    kind = app.request_class
    assert kind is not None or not plugins
    request: Any = (kind or type(made))(made.scope)
    return [
        await request.body(),
        request.content_type,
        request.headers.get("x-a"),
        request.cookies,
        str(request.url),
        request.query_params.dict(),
        await made.body(),
    ]


def test_factory() -> None:
    without, with_it = (asyncio.run(factory_made(plugins())) for plugins in WITHOUT_AND_WITH)
    assert with_it == without
    # older versions of httpx write a space behind the colon
    assert without[0] == without[-1] in (b'{"a":1}', b'{"a": 1}')


def errors(plugins: Plugins) -> Any:
    accepting = [one(kind, "GET", "/errors/unhandled?a=1", ("accept", kind)) for kind in ("text/html", "text/plain")]
    return record(make_app(plugins, debug=True), accepting)


def test_debug_page() -> None:
    without, with_it = (errors(plugins()) for plugins in WITHOUT_AND_WITH)
    assert with_it == without
    assert b"nobody handles it" in without["text/html"][0]["events"][1]["body"]
