"""`url_for`: with a `RouteTable`, with real frameworks, and with faulty applications."""

from __future__ import annotations

from types import SimpleNamespace
from urllib.parse import unquote

import fastapi
import litestar
import pytest
import starlette.applications
from starlette import routing

import litecon
from litecon import ASGIConnection, ClientException, ImproperlyConfiguredException, NoRouteMatchFoundException
from litecon.routing import RouteTable
from litecon.testing import http_scope, websocket_scope

# of which a part looks like an escape, or has another meaning in a URL
VALUES = ["a%20b.pdf", "100%41", "%", "%%", "%2525", "%2e%2e", "%c3%a9", "a%2Fb", "%zz", "a+b", "é%", "a?b%3F#", "%25"]


def table():
    routes = RouteTable()
    routes.add("root", "/")
    routes.add("user", "/users/{user_id:int}")
    routes.add("file", "/files/{path:path}")
    routes.add("named", "/named/{name:str}")
    return routes


def connection(app, make=http_scope, **options):
    return ASGIConnection(make(app=app, **options))


class TestRouteTable:
    def test_host_of_the_server(self):
        assert connection(table()).url_for("user", user_id=5) == "http://localhost/users/5"

    def test_host_of_the_header(self):
        url = connection(table(), headers={"Host": "example.org:8080"}, scheme="https").url_for("root")
        assert url == "https://example.org:8080/"

    def test_websocket(self):
        url = connection(table(), websocket_scope, scheme="wss", headers={"host": "example.org"}).url_for("root")
        assert url == "wss://example.org/"

    @pytest.mark.parametrize("root_path", ["/api", "/api/"])
    @pytest.mark.parametrize("path", ["/api/here", "/here"])
    def test_root_path_once(self, root_path, path):
        over = connection(table(), root_path=root_path, path=path, query="a=1")
        assert over.url_for("user", user_id=5) == "http://localhost/api/users/5"
        assert over.url_for("root") == "http://localhost/api/"

    def test_parameters_of_any_name(self):
        assert connection(table()).url_for("named", name="a/b?c") == "http://localhost/named/a%2Fb%3Fc"
        routes = RouteTable()
        routes.add("all", "/{self:int}/{app:int}/{scope:int}/{base_url:int}")
        url = connection(routes).url_for("all", self=1, app=2, scope=3, base_url=4)
        assert url == "http://localhost/1/2/3/4"

    def test_what_is_encoded_stays_as_it_is(self):
        assert connection(table()).url_for("named", name="100%+é") == "http://localhost/named/100%25%2B%C3%A9"
        assert connection(table()).url_for("file", path="/a b/c") == "http://localhost/files/a%20b/c"

    @pytest.mark.parametrize(
        ("name", "parameters"), [("nobody", {}), ("user", {}), ("user", {"user_id": "5"}), ("root", {"user_id": 5})]
    )
    def test_no_route(self, name, parameters):
        with pytest.raises(NoRouteMatchFoundException, match=f"'{name}'"):
            connection(table()).url_for(name, **parameters)

    def test_invalid_host(self):
        with pytest.raises(ClientException) as caught:
            connection(table(), headers={"host": "a/b"}).url_for("root")
        assert caught.value.status_code == 400

    def test_as_litestar_app(self):
        scope = http_scope(litestar_app=table(), app=SimpleNamespace())
        assert ASGIConnection(scope).url_for("root") == "http://localhost/"


class TestLitestar:
    @pytest.fixture
    def app(self):
        async def handler(request):
            pass

        handler.__annotations__ = {"request": litestar.Request, "return": None}
        return litestar.Litestar(
            [
                litestar.get("/", name="root")(handler),
                litestar.get("/users/{user_id:int}", name="user")(handler),
                litestar.get("/named/{value:str}", name="named")(handler),
                litestar.get("/files/{path:path}", name="file")(handler),
            ],
            openapi_config=None,
        )

    def test_url(self, app):
        over = ASGIConnection(http_scope(litestar_app=app, root_path="/api", path="/api/x"))
        assert over.url_for("root") == "http://localhost/api/"
        assert over.url_for("user", user_id=5) == "http://localhost/api/users/5"
        assert over.url_for("file", path="/a/b") == "http://localhost/api/files/a/b"

    def test_same_as_litestar(self, app):
        from litestar.connection import ASGIConnection as Reference

        scope = http_scope(litestar_app=app, headers={"host": "example.org"}, scheme="https")
        for name, parameters in [("root", {}), ("user", {"user_id": 5}), ("named", {"value": "a-b.c"})]:
            assert ASGIConnection(scope).url_for(name, **parameters) == Reference(scope).url_for(name, **parameters)

    def test_values_are_encoded(self, app):
        over = ASGIConnection(http_scope(litestar_app=app))
        assert over.url_for("named", value="a?b#c d") == "http://localhost/named/a%3Fb%23c%20d"
        assert over.url_for("named", value="100%") == "http://localhost/named/100%25"

    @pytest.mark.parametrize("value", VALUES)
    def test_the_route_is_given_the_value_again(self, app, value):
        url = ASGIConnection(http_scope(litestar_app=app)).url_for("named", value=value)
        assert unquote(litecon.datastructures.URL(url).path) == f"/named/{value}"

    @pytest.mark.parametrize(
        ("name", "parameters"), [("nobody", {}), ("user", {}), ("user", {"user_id": "5"}), ("named", {"value": ".."})]
    )
    def test_no_route(self, app, name, parameters):
        with pytest.raises(NoRouteMatchFoundException, match=f"'{name}'") as caught:
            ASGIConnection(http_scope(litestar_app=app)).url_for(name, **parameters)
        cause = caught.value.__cause__
        assert cause is not None
        assert not isinstance(cause, litecon.LiteconException)


def starlette_routes():
    async def endpoint(request):
        pass

    async def websocket(websocket):
        pass

    return [
        routing.Route("/", endpoint, name="root"),
        routing.Route("/users/{user_id:int}", endpoint, name="user"),
        routing.Route("/prices/{price:float}", endpoint, name="price"),
        routing.Route("/items/{item_id:uuid}", endpoint, name="item"),
        routing.Route("/named/{value}", endpoint, name="named"),
        routing.Route("/files/{path:path}", endpoint, name="file"),
        routing.WebSocketRoute("/socket", websocket, name="socket"),
        routing.Mount("/sub", routes=[routing.Route("/x/{value}", endpoint, name="x")], name="sub"),
        routing.Mount("/static", app=endpoint, name="static"),
        routing.Host("{tenant}.example.org", routing.Router([routing.Route("/y", endpoint, name="y")]), name="host"),
    ]


def starlette_app():
    return starlette.applications.Starlette(routes=starlette_routes())


def fastapi_app():
    return fastapi.FastAPI(routes=starlette_routes(), openapi_url=None)


@pytest.mark.parametrize("make_app", [starlette_app, fastapi_app])
class TestStarlette:
    @pytest.mark.parametrize("with_router", [False, True])
    def test_url(self, make_app, with_router):
        app = make_app()
        scope = http_scope(app=app, root_path="/api", path="/api/x")
        if with_router:
            scope["router"] = app.router
        over = ASGIConnection(scope)
        assert over.url_for("root") == "http://localhost/api/"
        assert over.url_for("user", user_id=5) == "http://localhost/api/users/5"
        assert over.url_for("user", user_id="5") == "http://localhost/api/users/5"
        assert over.url_for("file", path="a/b c") == "http://localhost/api/files/a/b%20c"
        assert over.url_for("sub:x", value="z") == "http://localhost/api/sub/x/z"
        assert over.url_for("static", path="/a.css") == "http://localhost/api/static/a.css"

    @pytest.mark.parametrize("value", VALUES)
    def test_the_route_is_given_the_value_again(self, make_app, value):
        over = ASGIConnection(http_scope(app=make_app()))
        for name, parameters, path in (
            ("named", {"value": value}, f"/named/{value}"),
            ("file", {"path": f"a/{value}"}, f"/files/a/{value}"),
            ("sub:x", {"value": value}, f"/sub/x/{value}"),
            ("static", {"path": f"/{value}"}, f"/static/{value}"),
        ):
            assert unquote(litecon.datastructures.URL(over.url_for(name, **parameters)).path) == path

    def test_protocol(self, make_app):
        app = make_app()
        assert ASGIConnection(http_scope(app=app)).url_for("socket") == "ws://localhost/socket"
        assert ASGIConnection(http_scope(app=app, scheme="https")).url_for("socket") == "wss://localhost/socket"
        assert ASGIConnection(websocket_scope(app=app)).url_for("root") == "http://localhost/"
        assert ASGIConnection(websocket_scope(app=app, scheme="wss")).url_for("root") == "https://localhost/"
        assert ASGIConnection(websocket_scope(app=app)).url_for("static", path="a") == "ws://localhost/static/a"

    def test_host(self, make_app):
        over = ASGIConnection(http_scope(app=make_app(), scheme="https"))
        assert over.url_for("host:y", tenant="me") == "https://me.example.org/y"
        for tenant in ("me.example.com?", "me@", "a b", "a#b", "a\\b"):
            with pytest.raises(NoRouteMatchFoundException):
                over.url_for("host:y", tenant=tenant)

    def test_same_as_starlette(self, make_app):
        from starlette.requests import HTTPConnection as Reference

        scope = http_scope(app=make_app(), root_path="/api", path="/api/x", headers={"host": "example.org"})
        for name, parameters in [("user", {"user_id": 5}), ("socket", {}), ("sub:x", {"value": "z"})]:
            expected = str(Reference(scope).url_for(name, **parameters))
            assert ASGIConnection(scope).url_for(name, **parameters) == expected

    @pytest.mark.parametrize(
        ("name", "parameters"),
        [
            ("nobody", {}),
            ("user", {}),
            ("user", {"user_id": 5, "more": 1}),
            ("user", {"user_id": "x"}),
            ("user", {"user_id": None}),
            ("user", {"user_id": float("inf")}),
            ("price", {"price": "x"}),
            ("price", {"price": []}),
            ("file", {"path": "../../x"}),
            ("static", {"path": 5}),
            ("sub:nobody", {}),
        ],
    )
    def test_no_route(self, make_app, name, parameters):
        with pytest.raises(NoRouteMatchFoundException, match=f"'{name}'") as caught:
            ASGIConnection(http_scope(app=make_app())).url_for(name, **parameters)
        assert isinstance(caught.value.__cause__, Exception)
        assert not isinstance(caught.value.__cause__, litecon.LiteconException)

    @pytest.mark.skipif(not __debug__, reason="Starlette checks these with assert")
    @pytest.mark.parametrize(
        ("name", "parameters"),
        [("user", {"user_id": -1}), ("named", {"value": "a/b"}), ("named", {"value": ""}), ("price", {"price": -1})],
    )
    def test_assertions(self, make_app, name, parameters):
        with pytest.raises(NoRouteMatchFoundException) as caught:
            ASGIConnection(http_scope(app=make_app())).url_for(name, **parameters)
        assert isinstance(caught.value.__cause__, AssertionError)

    def test_of_a_mounted_application(self, make_app):
        # what Starlette's Mount makes of the scope
        app = make_app()
        scope = http_scope(app=make_app(), router=app.router, root_path="/sub", app_root_path="", path="/sub/x/1")
        assert ASGIConnection(scope).url_for("sub:x", value="z") == "http://localhost/sub/x/z"
        scope = http_scope(app=app, router=app.router, root_path="/api/sub", app_root_path="/api", path="/api/sub/x/1")
        assert ASGIConnection(scope).url_for("sub:x", value="z") == "http://localhost/api/sub/x/z"


class TestOtherApplications:
    def test_neither_method(self):
        with pytest.raises(ImproperlyConfiguredException, match="'object'"):
            connection(object()).url_for("root")

    def test_the_router_of_the_scope(self):
        router = SimpleNamespace(url_path_for=lambda name: "/found")
        assert connection(object(), router=router).url_for("root") == "http://localhost/found"

    def test_no_app(self):
        with pytest.raises(ImproperlyConfiguredException, match="'app'"):
            ASGIConnection(http_scope()).url_for("root")

    @pytest.mark.parametrize(
        ("path", "url"),
        [
            ("a", "http://localhost/a"),
            ("", "http://localhost/"),
            ("//evil/x", "http://localhost//evil/x"),
            ("/a?b#c\\d", "http://localhost/a%3Fb%23c%5Cd"),
            ("/é\r\n", "http://localhost/%C3%A9%0D%0A"),
            ("/%C3%A9%", "http://localhost/%C3%A9%25"),
        ],
    )
    def test_any_path(self, path, url):
        assert connection(SimpleNamespace(route_reverse=lambda name: path)).url_for("x") == url

    @pytest.mark.parametrize("path", ["/..", "/a/../b", "/.", "/%2e%2E/a", "../a", "/a/.%2e", "/\ud800"])
    def test_refused_path(self, path):
        with pytest.raises(NoRouteMatchFoundException):
            connection(SimpleNamespace(route_reverse=lambda name: path)).url_for("x")

    @pytest.mark.parametrize("error", [KeyError("x"), ValueError("x"), AttributeError("x"), AssertionError()])
    def test_errors_of_a_value(self, error):
        def route_reverse(name, **parameters):
            raise error

        with pytest.raises(NoRouteMatchFoundException, match=type(error).__name__) as caught:
            connection(SimpleNamespace(route_reverse=route_reverse)).url_for("x", value="secret")
        assert caught.value.__cause__ is error
        assert "secret" not in caught.value.detail

    @pytest.mark.parametrize("error", [RuntimeError("x"), OSError("x"), ImproperlyConfiguredException("x")])
    def test_other_errors_pass(self, error):
        def route_reverse(name):
            raise error

        with pytest.raises(type(error)) as caught:
            connection(SimpleNamespace(route_reverse=route_reverse)).url_for("x")
        assert caught.value is error

    def test_the_message_is_bounded(self):
        with pytest.raises(NoRouteMatchFoundException) as caught:
            connection(table()).url_for("x" * 100_000)
        assert len(caught.value.detail) < 200

        def route_reverse(name, **parameters):
            raise ValueError("x" * 100_000)

        with pytest.raises(NoRouteMatchFoundException) as caught:
            connection(SimpleNamespace(route_reverse=route_reverse)).url_for("x" * 100_000, **{"y" * 100_000: 1})
        assert len(caught.value.detail) < 400
