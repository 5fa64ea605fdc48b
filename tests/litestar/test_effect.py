"""The plugin has an effect where it should, and nowhere else, which equal answers alone would not prove."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import litestar
import pytest
from litestar import Litestar, Request, WebSocket, asgi, get, websocket
from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult, DefineMiddleware
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.middleware.session.server_side import ServerSideSessionBackend, ServerSideSessionConfig
from litestar.plugins.htmx import HTMXPlugin, HTMXRequest

import litecon.litestar
from litecon.litestar import LiteconPlugin

from .driving import record
from .models import OwnRequest, OwnSocket
from .scripts import Call, Conversation, Exchange, Hear
from .versions import NO_LOGGING

pytestmark = pytest.mark.usefixtures("dropin")

AnyConnection = ASGIConnection[Any, Any, Any, Any]
Seen = dict[str, type[Any]]

OURS = (litecon.litestar.ASGIConnection, litecon.litestar.Request, litecon.litestar.WebSocket)
OF_THE_APP = {"request", "socket", "identifier", "error"}
"""Where Litestar takes the class that an app names."""


def answer_error(request: Any, error: Exception) -> litestar.Response[str]:
    request.app.state.seen["error"] = type(request)
    return litestar.Response("", status_code=400)


def make_app(plugins: list[Any], **settings: Any) -> tuple[Litestar, Seen]:
    """Return an app that tells the class of each connection that Litestar makes, by the place."""
    seen: Seen = {}

    class Authentication(AbstractAuthenticationMiddleware):
        async def authenticate_request(self, connection: AnyConnection) -> AuthenticationResult:
            seen["authentication"] = type(connection)
            return AuthenticationResult(user=None, auth=None)

    class Backend(ServerSideSessionBackend):
        async def load_from_connection(self, connection: AnyConnection) -> dict[str, Any]:
            seen["session"] = type(connection)
            return await super().load_from_connection(connection)

    class BackendConfig(ServerSideSessionConfig):
        _backend_class = Backend

    def guard(connection: AnyConnection, handler: Any) -> None:
        seen["mount"] = type(connection)

    def key(request: Request[Any, Any, Any]) -> str:
        seen["cache key on look-up" if "request" not in seen else "cache key on storing"] = type(request)
        return request.url.path

    def identify(request: Request[Any, Any, Any]) -> str:
        seen["identifier"] = type(request)
        return "anybody"

    @get("/", cache=True, cache_key_builder=key)
    async def handle(request: Request) -> str:
        seen["request"] = type(request)
        return "answer"

    @get("/fails", exception_handlers={ValueError: answer_error})
    async def fail(request: Request) -> str:
        raise ValueError

    @websocket("/socket")
    async def converse(socket: WebSocket) -> None:
        seen["socket"] = type(socket)
        await socket.send_text("here")
        await socket.close()

    @asgi("/mount", is_mount=True, guards=[guard], copy_scope=True)
    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    app = Litestar(
        [handle, fail, converse, mounted],
        plugins=plugins,
        middleware=[
            BackendConfig().middleware,
            DefineMiddleware(Authentication),
            RateLimitConfig(("day", 100), identifier_for_request=identify).middleware,
        ],
        **NO_LOGGING,
        **settings,
    )
    app.state.seen = seen
    return app, seen


def seen_by(*plugins: Any, **settings: Any) -> Seen:
    app, seen = make_app(list(plugins), **settings)
    scripts = [Exchange(path, (Call("GET", path),)) for path in ("/", "/fails", "/mount")]
    answers = record(app, [*scripts, Conversation("socket", "/socket", (Hear(),))])
    assert answers["/"][0]["events"][0]["status"] == 200, answers["/"]
    return seen


@pytest.fixture(autouse=True)
def classes_are_back() -> Iterator[None]:
    yield
    # whatever a plugin has replaced
    assert not set(seen_by().values()) & set(OURS)


def test_app_classes() -> None:
    seen = seen_by(LiteconPlugin())
    assert {place for place, kind in seen.items() if issubclass(kind, OURS)} >= OF_THE_APP
    assert issubclass(seen["request"], Request)
    assert issubclass(seen["socket"], WebSocket)


def test_places_that_are_litestars_own() -> None:
    seen = seen_by(LiteconPlugin())
    for place in ("authentication", "session", "mount", "cache key on storing"):
        assert not issubclass(seen[place], OURS), place


def test_everywhere() -> None:
    first, second = LiteconPlugin(everywhere=True), LiteconPlugin(everywhere=True)
    try:
        seen = seen_by(first)
        assert not [place for place, kind in seen.items() if not issubclass(kind, OURS)]
        # also for an app that has nothing of the plugin, as long as one of two wishes it
        seen_by(second)
        first.undo()
        assert issubclass(seen_by()["authentication"], OURS)
        second.undo()
        assert not issubclass(seen_by()["authentication"], OURS)
    finally:
        first.undo()
        second.undo()


def test_classes_of_the_user_stay() -> None:
    seen = seen_by(LiteconPlugin(), request_class=OwnRequest, websocket_class=OwnSocket)
    assert issubclass(seen["request"], OwnRequest) and issubclass(seen["request"], OURS)
    assert issubclass(seen["socket"], OwnSocket) and issubclass(seen["socket"], OURS)


@pytest.mark.parametrize("first", [True, False])
def test_htmx_plugin(first: bool) -> None:
    plugins = [LiteconPlugin(), HTMXPlugin()]
    seen = seen_by(*(plugins if first else reversed(plugins)))
    if not first:
        assert issubclass(seen["request"], HTMXRequest)
    assert issubclass(seen["request"], litecon.litestar.Request)
    assert issubclass(seen["socket"], litecon.litestar.WebSocket)
