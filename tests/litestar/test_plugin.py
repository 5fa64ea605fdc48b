"""The effect of the plugin on an app: which classes it uses where, and that this can be undone."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import litestar
import pytest
from litestar import Controller, Litestar, Router, asgi, connection, get, post, websocket
from litestar.connection import ASGIConnection
from litestar.datastructures import Headers, State
from litestar.di import Provide
from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException
from litestar.plugins.htmx import HTMXPlugin, HTMXRequest
from litestar.response import Response
from litestar.routes import HTTPRoute, WebSocketRoute
from litestar.testing import TestClient

from ..sides import load_module
from .versions import IS_THREE


class OwnRequest(litestar.Request[Any, Any, State]):
    __slots__ = ("greeting",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.greeting = "hello"

    async def json(self) -> Any:
        return [self.greeting, await super().json()]


class OwnSocket(litestar.WebSocket[Any, Any, State]):
    async def receive_data(self, mode: Any) -> Any:
        return await super().receive_data(mode) + "!"


@pytest.fixture
def plugin(dropin: Any) -> Iterator[Any]:
    plugin = dropin.LiteconPlugin(everywhere=True)
    yield plugin
    plugin.undo()


def client(app: Litestar) -> TestClient[Litestar]:
    return TestClient(app)


def test_an_app_uses_the_classes(dropin: Any) -> None:
    seen: list[Any] = []

    def guard(connection: Any, _: Any) -> None:
        seen.append(connection)

    @get("/", guards=[guard])
    async def read(request: litestar.Request[Any, Any, State]) -> str:
        seen.append(request)
        return "x"

    @websocket("/ws", guards=[guard])
    async def talk(socket: litestar.WebSocket) -> None:  # type: ignore[type-arg]
        seen.append(socket)
        await socket.accept()
        await socket.send_text(await socket.receive_text())
        await socket.close()

    def answer(request: litestar.Request, _: Exception) -> Response[str]:  # type: ignore[type-arg]
        seen.append(request)
        return Response("lost", status_code=404)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        app = Litestar([read, talk], plugins=[dropin.LiteconPlugin()], exception_handlers={404: answer})
    assert app.request_class is dropin.Request
    assert app.websocket_class is dropin.WebSocket
    with client(app) as http:
        assert http.get("/").text == "x"
        assert http.get("/missing").text == "lost"
        assert http.get("/schema/openapi.json").status_code == 200
        with http.websocket_connect("/ws") as socket:
            socket.send_text("hi")
            assert socket.receive_text() == "hi"
    assert len(seen) == 5
    assert all(isinstance(connection, dropin.ASGIConnection) for connection in seen)


@pytest.mark.filterwarnings("ignore:.*Inferred dependency")
def test_a_dependency_of_another_name_is_validated(dropin: Any) -> None:
    async def hand_on(request: litestar.Request) -> litestar.Request:  # type: ignore[type-arg]
        return request

    @get("/", dependencies={"r": Provide(hand_on)})
    async def read(request: litestar.Request, r: litestar.Request) -> bool:  # type: ignore[type-arg]
        return r is request and isinstance(r, dropin.Request)

    with client(Litestar([read], plugins=[dropin.LiteconPlugin()])) as http:
        assert http.get("/").json() is True


def test_classes_of_the_user_stay_and_get_faster(dropin: Any) -> None:
    @post("/json")
    async def read(request: OwnRequest) -> Any:
        assert isinstance(request, dropin.Request)
        return await request.json()

    @websocket("/ws")
    async def talk(socket: OwnSocket) -> None:
        assert isinstance(socket, dropin.WebSocket)
        await socket.accept()
        await socket.send_text(await socket.receive_text())

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        app = Litestar(
            [read, talk], request_class=OwnRequest, websocket_class=OwnSocket, plugins=[dropin.LiteconPlugin()]
        )
    assert app.request_class.__name__ == "OwnRequest"
    with client(app) as http:
        assert http.post("/json", json={"a": 1}).json() == ["hello", {"a": 1}]
        with http.websocket_connect("/ws") as socket:
            socket.send_text("hi")
            assert socket.receive_text() == "hi!"


def test_classes_of_every_layer(dropin: Any) -> None:
    seen: dict[str, Any] = {}

    @get("/handler", request_class=OwnRequest)
    async def of_handler(request: OwnRequest) -> None:
        seen["handler"] = request

    @get("/router")
    async def of_router(request: OwnRequest) -> None:
        seen["router"] = request

    class Things(Controller):
        path = "/controller"
        request_class = OwnRequest

        @get()
        async def of_controller(self, request: OwnRequest) -> None:
            seen["controller"] = request

    @get("/ours", request_class=dropin.Request)
    async def ours(request: litestar.Request) -> None:  # type: ignore[type-arg]
        seen["ours"] = request

    router = Router("/", route_handlers=[of_router], request_class=OwnRequest)
    app = Litestar([of_handler, router, Things, ours], plugins=[dropin.LiteconPlugin()])
    with client(app) as http:
        for name in ("handler", "router", "controller", "ours"):
            assert http.get(f"/{name}").status_code == 200
            assert isinstance(seen[name], dropin.Request)
            if name != "ours":
                assert isinstance(seen[name], OwnRequest)
    assert type(seen["handler"]) is type(seen["controller"]) is type(seen["router"])
    # another app has the same handlers, without the plugin
    with client(Litestar([of_handler, router, Things])) as http:
        for name in ("handler", "router", "controller"):
            assert http.get(f"/{name}").status_code == 200
            assert type(seen[name]) is OwnRequest


class Shared(ASGIConnection[Any, Any, Any, Any]):
    """Members that a request and a WebSocket share."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scope["notes"] = ["shared"]

    @property
    def headers(self) -> Headers:
        return Headers({"x-own": "header", "cookie": super().headers.get("x-cookie", "a=b")})

    @property
    def query_params(self) -> Any:
        return {"own": "query"}

    @property
    def url(self) -> Any:
        return f"own {super().url}"

    async def body(self) -> bytes:
        return b"never called, since Litestar's comes first"


class SharedLast(litestar.Request[Any, Any, Any], Shared):
    limits = "a member of the user's"


class SharedFirst(Shared, litestar.Request[Any, Any, Any]):
    body = litestar.Request.body

    @property
    def limits(self) -> str:
        return "a member of the user's"


class SharedBelow(SharedLast):
    url = "another"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scope["notes"].append("below")

    @property
    def query_params(self) -> Any:
        return [super().query_params, "below"]


class SocketLast(litestar.WebSocket[Any, Any, Any], Shared):
    limits = "a member of the user's"


class SocketFirst(Shared, litestar.WebSocket[Any, Any, Any]):
    @property
    def limits(self) -> str:
        return "a member of the user's"


class SocketBelow(SocketLast):
    url = "another"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scope["notes"].append("below")


@pytest.mark.parametrize(
    ("request_class", "socket_class"),
    [(SharedLast, SocketLast), (SharedFirst, SocketFirst), (SharedBelow, SocketBelow)],
)
def test_members_of_the_user_come_first(dropin: Any, request_class: Any, socket_class: Any) -> None:
    def describe(connection: Any) -> dict[str, Any]:
        return {
            "headers": dict(connection.headers),
            "cookies": connection.cookies,
            "query": connection.query_params,
            "url": connection.url,
            "notes": connection.scope["notes"],
            "limits": connection.limits,
        }

    @post("/")
    async def read(request: litestar.Request[Any, Any, Any]) -> dict[str, Any]:
        return {**describe(request), "body": (await request.body()).decode()}

    @websocket("/ws")
    async def talk(socket: litestar.WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        await socket.send_json({**describe(socket), "text": await socket.receive_text()})
        await socket.send_json([await socket.receive_json(), [data async for data in socket.iter_data()]])

    answers: list[Any] = []
    for plugins in ([], [dropin.LiteconPlugin()]):
        app = Litestar([read, talk], request_class=request_class, websocket_class=socket_class, plugins=plugins)
        with client(app) as http:
            answer = http.post("/?a=b", content=b"body", headers={"x-cookie": "c=d"})
            with http.websocket_connect("/ws?a=b", headers={"x-cookie": "c=d"}) as socket:
                socket.send_text("hi")
                socket.send_text("[1]")
                answers.append((answer.status_code, answer.json(), socket.receive_json()))
    assert answers[0] == answers[1]
    assert answers[0][0] == 201
    assert answers[0][1]["body"] == "body"
    assert answers[0][2]["text"] == "hi"


class WithOtherLimits(litestar.Request[Any, Any, Any]):
    limits = "a member of the user's"


def test_form_part_by_part_in_a_class_with_another_member_limits(dropin: Any) -> None:
    @post("/")
    async def read(request: litestar.Request[Any, Any, Any]) -> list[list[str]]:
        with_plugin: Any = request
        return [[part.name, await part.text()] async for part in with_plugin.stream_form()]

    app = Litestar([read], request_class=WithOtherLimits, plugins=[dropin.LiteconPlugin()])
    with client(app) as http:
        assert http.post("/", data={"a": "b"}).json() == [["a", "b"]]


@pytest.mark.parametrize("turn", [1, -1])
def test_htmx(dropin: Any, turn: int) -> None:
    @get("/")
    async def read(request: HTMXRequest) -> Any:
        assert isinstance(request, dropin.Request)
        return {"htmx": bool(request.htmx), "target": request.htmx.target}

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        app = Litestar([read], plugins=[dropin.LiteconPlugin(), HTMXPlugin()][::turn], request_class=HTMXRequest)
    with client(app) as http:
        assert http.get("/", headers={"HX-Request": "true", "HX-Target": "t"}).json() == {"htmx": True, "target": "t"}


def test_a_class_in_a_place_of_ours_is_left_alone(dropin: Any) -> None:
    class Mine(dropin.Request):  # type: ignore[misc, name-defined]
        pass

    app = Litestar([], request_class=Mine, plugins=[dropin.LiteconPlugin()])
    assert app.request_class is Mine


def places(dropin: Any) -> list[Any]:
    module = load_module("compiled", "litestar.everywhere")
    found = []
    for name, attribute in module._REFERENCES:
        try:
            found.append(getattr(importlib.import_module(name), attribute))
        except ImportError:
            continue
    return found


def test_everywhere(dropin: Any, plugin: Any) -> None:
    before = places(dropin)
    assert {cls.__module__.partition(".")[0] for cls in before} == {"litestar"}
    seen: list[Any] = []

    def guard(connection: Any, _: Any) -> None:
        seen.append(connection)

    @asgi("/mounted", guards=[guard], copy_scope=True)
    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    app = Litestar([mounted], plugins=[plugin])
    assert not seen
    for cls in places(dropin):
        assert issubclass(cls, dropin.ASGIConnection), cls
    with client(app) as http:
        assert http.get("/mounted").status_code == 200
    assert isinstance(seen[0], dropin.ASGIConnection)
    # another one wants it too
    other = dropin.LiteconPlugin(everywhere=True)
    Litestar([], plugins=[other])
    plugin.undo()
    plugin.undo()
    assert all(issubclass(cls, dropin.ASGIConnection) for cls in places(dropin))
    other.undo()
    assert places(dropin) == before


def test_by_default_litestar_is_left_alone(dropin: Any) -> None:
    before = places(dropin)
    Litestar([], plugins=[dropin.LiteconPlugin()])
    assert places(dropin) == before
    assert set(before) == {ASGIConnection, litestar.Request}
    dropin.LiteconPlugin().undo()


def test_errors_of_handlers(dropin: Any) -> None:
    @get("/")
    async def fail() -> None:
        raise HTTPException(status_code=418, detail="teapot")

    with client(Litestar([fail], plugins=[dropin.LiteconPlugin()])) as http:
        assert http.get("/").json() == {"status_code": 418, "detail": "teapot"}


class LaterHandler:
    """A handler as Litestar 3.0 has it: its classes are properties, and the methods that gave them warn."""

    def __init__(self, **chosen: Any) -> None:
        self._request_class = chosen.get("request_class")
        self._websocket_class = chosen.get("websocket_class")
        self._kwargs_models: dict[Any, Any] = {}

    @property
    def request_class(self) -> Any:
        return self._request_class or litestar.Request

    @property
    def websocket_class(self) -> Any:
        return self._websocket_class or litestar.WebSocket

    def __getattr__(self, name: str) -> Any:
        if name.startswith("resolve_"):
            raise AssertionError(f"{name}() is deprecated")
        raise AttributeError(name)


def later_model() -> Any:
    field = type("Field", (), {"kwarg_definition": None})()
    form = (RequestEncodingType.MULTI_PART, field)
    return type("Model", (), {"expected_form_data": form, "expected_reserved_kwargs": {"data"}, "extractors": [len]})()


def test_handlers_of_the_line_after_2(dropin: Any) -> None:
    plugin, model = dropin.LiteconPlugin(), later_model()
    plain, own = LaterHandler(), LaterHandler(request_class=OwnRequest)
    plain._kwargs_models[()] = model
    route = object.__new__(HTTPRoute)
    route.route_handlers = (plain, own)  # type: ignore[assignment]
    route.route_handler_map = {"GET": plain, "POST": own}  # type: ignore[assignment, dict-item]
    for _ in range(2):
        plugin.receive_route(route)
    assert plain.request_class is dropin.Request
    assert issubclass(own.request_class, OwnRequest)
    assert issubclass(own.request_class, dropin.Request)
    assert [extractor is len for extractor in model.extractors] == [False, True]
    for chosen, expected in ((None, dropin.WebSocket), (OwnSocket, OwnSocket)):
        socket_route, handler = object.__new__(WebSocketRoute), LaterHandler(websocket_class=chosen)
        socket_route.route_handler = handler  # type: ignore[assignment]
        plugin.receive_route(socket_route)
        assert issubclass(handler.websocket_class, expected)
        assert issubclass(handler.websocket_class, dropin.WebSocket)


@pytest.mark.parametrize(
    ("name", "attribute"),
    [("litestar.middleware._internal.response_cache", "Request"), ("litestar.testing.client._base", "ASGIConnection")],
)
def test_modules_of_the_line_after_2(
    dropin: Any, plugin: Any, name: str, attribute: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if IS_THREE:
        module: Any = importlib.import_module(name)
    else:
        module = ModuleType(name)
        setattr(module, attribute, getattr(connection, attribute))
        monkeypatch.setitem(sys.modules, name, module)
    Litestar([], plugins=[plugin])
    assert getattr(module, attribute) is getattr(dropin, attribute)
    plugin.undo()
    assert getattr(module, attribute) is getattr(connection, attribute)
