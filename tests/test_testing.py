"""`litecon.testing`: scopes, doubles and the request factory."""

from __future__ import annotations

import asyncio
import inspect
import sys
from dataclasses import dataclass

import pytest

import litecon
import litecon.routing
import litecon.testing
from litecon import ASGIConnection, ClientDisconnect, Headers, Request, WebSocket, WebSocketDisconnect
from litecon.testing import RequestFactory, Sender, http_scope, receiver, websocket_scope

from .helpers import check_python

DISCONNECT = {"type": "http.disconnect"}


def by_hand(coroutine):
    """Run a coroutine without an event loop; return how often it waited, and its value."""
    steps = 0
    while True:
        try:
            assert coroutine.send(None) is None
        except StopIteration as stop:
            return steps, stop.value
        steps += 1


class TestScopes:
    def test_http(self):
        assert http_scope() == {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.5"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/",
            "raw_path": b"/",
            "query_string": b"",
            "root_path": "",
            "headers": [],
            "client": ("127.0.0.1", 50000),
            "server": ("localhost", 80),
        }

    def test_websocket(self):
        scope = websocket_scope(subprotocols=["chat"])
        expected = {**http_scope(), "type": "websocket", "scheme": "ws", "subprotocols": ["chat"]}
        del expected["method"]
        assert scope == expected

    @pytest.mark.parametrize("make", [http_scope, websocket_scope])
    def test_two_scopes_share_nothing(self, make):
        first, second = make(), make()
        first["headers"].append((b"a", b"b"))
        first["asgi"]["version"] = "2.0"
        assert second == make()

    @pytest.mark.parametrize("make", [http_scope, websocket_scope])
    def test_everything_given(self, make):
        state = {"a": 1}
        scope = make(
            path="/a b/é",
            root_path="/a b",
            http_version="2",
            client=None,
            server=("/run/x.sock", None),
            scheme="foo",
            extensions={},
            state=state,
            path_params={"a": 1},
            user="me",
        )
        assert scope["raw_path"] == b"/a%20b/%C3%A9"
        assert scope["root_path"] == "/a b"
        assert scope["http_version"] == "2"
        assert scope["client"] is None
        assert scope["server"] == ("/run/x.sock", None)
        assert scope["scheme"] == "foo"
        assert scope["extensions"] == {}
        assert scope["state"] is state
        assert scope["path_params"] == {"a": 1}
        assert scope["user"] == "me"

    @pytest.mark.parametrize("scheme", ["http", "https", "ws", "wss"])
    def test_the_url_has_no_default_port(self, scheme):
        assert str(ASGIConnection(http_scope(scheme=scheme)).url) == f"{scheme}://localhost/"

    @pytest.mark.parametrize(
        ("headers", "raw"),
        [
            ({"X-A": "1", "x-b": "é"}, [(b"x-a", b"1"), (b"x-b", b"\xe9")]),
            ({b"X-A": b"\xff"}, [(b"X-A", b"\xff")]),
            ([("A", "1"), (b"A", "2"), ("a", b"3")], [(b"a", b"1"), (b"A", b"2"), (b"a", b"3")]),
            (Headers([(b"a", b"1"), (b"a", b"2")]), [(b"a", b"1"), (b"a", b"2")]),
            (iter([("a", "1")]), [(b"a", b"1")]),
        ],
    )
    def test_headers(self, headers, raw):
        assert http_scope(headers=headers)["headers"] == raw

    def test_headers_beyond_latin_1(self):
        with pytest.raises(UnicodeEncodeError):
            http_scope(headers={"a": "€"})

    @pytest.mark.parametrize(
        ("query", "raw"),
        [
            ("a=1&b=é", "a=1&b=é".encode()),
            (b"a=\xff", b"a=\xff"),
            ({"a": 1, "b": ["x y", "&"]}, b"a=1&b=x+y&b=%26"),
            ([("a", "1"), ("a", "2")], b"a=1&a=2"),
            ({}, b""),
        ],
    )
    def test_query(self, query, raw):
        assert http_scope(query=query)["query_string"] == raw

    def test_cookies_come_back(self):
        cookies = {"a": "1", "b": 'a "b"; c=d, é\\%41\n', "c": "", "d": '"x"'}
        scope = http_scope(cookies=cookies, headers={"Cookie": "z=0"})
        assert ASGIConnection(scope).cookies == {"z": "0", **cookies}
        assert [name for name, _ in scope["headers"]] == [b"cookie", b"cookie"]

    def test_extra_items_win(self):
        assert http_scope(raw_path=None)["raw_path"] is None


class TestReceiver:
    def test_events_in_order(self):
        events = [{"type": "http.request", "body": b"a", "more_body": True}, {"type": "other"}]
        receive = receiver(*events)
        assert [by_hand(receive()) for _ in range(4)] == [
            (0, events[0]),
            (0, events[1]),
            (0, DISCONNECT),
            (0, DISCONNECT),
        ]

    def test_bytes(self):
        receive = receiver(b"a", b"", b"b")
        assert [by_hand(receive())[1] for _ in range(4)] == [
            {"type": "http.request", "body": b"a", "more_body": True},
            {"type": "http.request", "body": b"", "more_body": True},
            {"type": "http.request", "body": b"b", "more_body": False},
            DISCONNECT,
        ]

    def test_nothing(self):
        assert by_hand(receiver()()) == (0, DISCONNECT)

    def test_bytes_before_a_disconnect(self):
        request = Request(http_scope(), receiver(b"a", DISCONNECT))
        with pytest.raises(ClientDisconnect):
            asyncio.run(request.body())

    def test_suspend(self):
        receive = receiver(b"a", suspend=True)
        assert by_hand(receive()) == (1, {"type": "http.request", "body": b"a", "more_body": False})
        assert by_hand(receive()) == (1, DISCONNECT)

    def test_closed_before_the_event(self):
        receive = receiver(b"a", suspend=True)
        coroutine = receive()
        coroutine.send(None)
        coroutine.close()
        assert by_hand(receive())[1]["body"] == b"a"

    def test_suspend_in_asyncio(self):
        order = []

        async def read():
            order.append((await receiver(b"a", suspend=True)())["body"])

        async def main():
            task = asyncio.ensure_future(read())
            await asyncio.sleep(0)
            order.append("other")
            await task

        asyncio.run(main())
        assert order == ["other", b"a"]

    def test_suspend_in_trio(self):
        trio = pytest.importorskip("trio")
        request = RequestFactory().request("POST", content=b"abc")
        request.receive = receiver(b"a", b"b", suspend=True)
        assert trio.run(request.body) == b"ab"
        # trio is imported now, which asyncio does not mind
        request = Request(http_scope(), receiver(b"a", b"b", suspend=True))
        assert asyncio.run(request.body()) == b"ab"


CONNECT = {"type": "websocket.connect"}


class TestReceiverOfAWebSocket:
    def test_messages(self):
        event = {"type": "websocket.receive", "text": None, "bytes": b"both"}
        receive = receiver(CONNECT, "text", b"bytes", "", b"", event)
        assert [by_hand(receive())[1] for _ in range(8)] == [
            CONNECT,
            {"type": "websocket.receive", "text": "text"},
            {"type": "websocket.receive", "bytes": b"bytes"},
            {"type": "websocket.receive", "text": ""},
            {"type": "websocket.receive", "bytes": b""},
            event,
            {"type": "websocket.disconnect"},
            {"type": "websocket.disconnect"},
        ]

    def test_nothing_but_the_handshake(self):
        receive = receiver(CONNECT)
        assert [by_hand(receive())[1] for _ in range(2)] == [CONNECT, {"type": "websocket.disconnect"}]

    def test_a_disconnect_with_a_code(self):
        receive = receiver(CONNECT, "a", {"type": "websocket.disconnect", "code": 4000, "reason": "why"})
        socket = WebSocket(websocket_scope(), receive, Sender())
        assert by_hand(socket.receive_text()) == (0, "a")
        with pytest.raises(WebSocketDisconnect) as info:
            by_hand(socket.receive_text())
        assert (info.value.code, info.value.reason) == (4000, "why")

    def test_messages_without_a_handshake_are_a_body(self):
        assert by_hand(receiver("a")())[1] == {"type": "http.request", "body": b"a", "more_body": False}

    def test_suspend(self):
        receive = receiver(CONNECT, "a", suspend=True)
        assert by_hand(receive()) == (1, CONNECT)
        assert by_hand(receive()) == (1, {"type": "websocket.receive", "text": "a"})
        assert by_hand(receive()) == (1, {"type": "websocket.disconnect"})

    def test_a_handler(self):
        async def handler(socket):
            await socket.accept()
            async for message in socket.iter_json():
                await socket.send_json(message)

        for suspend in (False, True):
            send = Sender()
            asyncio.run(handler(WebSocket(websocket_scope(), receiver(CONNECT, "[1]", "2", suspend=suspend), send)))
            assert send.events == [
                {"type": "websocket.accept", "subprotocol": None, "headers": []},
                {"type": "websocket.send", "text": "[1]"},
                {"type": "websocket.send", "text": "2"},
            ]


def test_sender():
    send = Sender()
    events = [{"type": "http.response.start", "status": 200}, {"type": "http.response.body"}]
    for event in events:
        assert by_hand(send(event)) == (0, None)
    assert send.events == events
    assert Sender().events == []


async def parts_of(request):
    async for part in request.stream_form():
        yield part.name, part.filename, part.content_type, await part.read()


@dataclass
class Item:
    name: str


class TestRequestFactory:
    @pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "head", "options"])
    def test_methods(self, method):
        make = getattr(RequestFactory(), method)
        request = make()
        assert type(request) is Request
        assert request.method == method.upper()
        assert request.url.path == "/"
        assert len(request.headers) == 0
        assert asyncio.run(request.body()) == b""
        request = make("/a", query={"b": "c"}, headers={"X-D": "e"}, cookies={"f": "g"}, content=b"h", user="me")
        assert str(request.url) == "http://localhost/a?b=c"
        assert request.headers["x-d"] == "e"
        assert request.cookies == {"f": "g"}
        assert request.user == "me"
        assert asyncio.run(request.body()) == b"h"
        assert make("/", json=[1]).content_type == ("application/json", {})

    @pytest.mark.parametrize("value", [{"a": [1, "é"]}, None, "", 0, []])
    def test_json(self, value):
        request = RequestFactory().post("/", json=value)
        assert asyncio.run(request.json()) == value
        assert request.content_type == ("application/json", {})
        assert request.content_length == len(asyncio.run(request.body()))

    def test_json_of_an_object(self):
        assert asyncio.run(RequestFactory().put(json=Item("x")).json()) == {"name": "x"}

    def test_content(self):
        factory = RequestFactory()
        request = factory.post(content="é")
        assert asyncio.run(request.body()) == b"\xc3\xa9"
        assert request.content_length == 2
        request = factory.post(content=b"")
        assert request.content_length == 0
        assert asyncio.run(request.body()) == b""

    def test_content_in_chunks(self):
        async def chunks(request):
            return [chunk async for chunk in request.stream()]

        request = RequestFactory().post(content=(chunk for chunk in (b"a", b"b")))
        assert request.content_length is None
        assert asyncio.run(chunks(request)) == [b"a", b"b", b""]
        assert asyncio.run(RequestFactory().post(content=[]).body()) == b""

    def test_headers_given_are_kept(self):
        headers = [(b"Content-Length", b"7"), ("Content-Type", "application/x"), ("a", "1"), ("a", "2")]
        request = RequestFactory().post(json={}, headers=headers)
        assert request.content_length == 7
        assert request.content_type == ("application/x", {})
        assert request.headers.getall("a") == ["1", "2"]
        assert len(request.headers) == 4

    @pytest.mark.parametrize(
        "bodies",
        [
            {"json": 1, "content": b"1"},
            {"json": None, "form": {}},
            {"content": b"", "files": {}},
            {"content": "", "form": {}, "files": {}},
            {"json": 1, "content": [], "files": []},
        ],
    )
    def test_one_body(self, bodies):
        with pytest.raises(TypeError, match="a request has one body: pass json=, or content=, or a form"):
            RequestFactory().post(**bodies)

    @pytest.mark.parametrize("method", ["post", "put", "patch"])
    @pytest.mark.parametrize("pairs", [False, True])
    def test_form(self, method, pairs):
        form = {"a": "1 é&=+%", "": "", "b": ["x", 2, b"\xc3\xa9"], "c": (), "d": None}
        request = getattr(RequestFactory(), method)("/", form=iter(form.items()) if pairs else form)
        assert request.content_type == ("application/x-www-form-urlencoded", {})
        assert request.content_length == len(asyncio.run(request.body()))
        items = [("a", "1 é&=+%"), ("", ""), ("b", "x"), ("b", "2"), ("b", "é"), ("d", "None")]
        assert asyncio.run(request.form()).multi_items() == items

    def test_empty_forms(self):
        request = RequestFactory().post(form={})
        assert request.content_type == ("application/x-www-form-urlencoded", {})
        assert asyncio.run(request.body()) == b""
        request = RequestFactory().post(files=[])
        assert request.content_type[0] == "multipart/form-data"
        assert len(asyncio.run(request.form())) == 0

    @pytest.mark.parametrize("method", ["post", "put", "patch"])
    @pytest.mark.parametrize("pairs", [False, True])
    def test_files(self, method, pairs):
        files = {"one": b"", "two": ('é "2"\r\n.txt', b"a\r\nb"), "three": ("3.txt", b"\xff" * 70_000, "text/plain")}
        form = {"a": ["1", "é\r\n"], "b": 2}
        options = {"form": form.items(), "files": files.items()} if pairs else {"form": form, "files": files}
        request = getattr(RequestFactory(), method)("/", **options)
        assert request.content_type[0] == "multipart/form-data"

        async def parts():
            return [part async for part in parts_of(request)]

        octets = "application/octet-stream"
        assert asyncio.run(parts()) == [
            ("a", None, None, b"1"),
            ("a", None, None, "é\r\n".encode()),
            ("b", None, None, b"2"),
            ("one", "one", octets, b""),
            ("two", 'é "2"\r\n.txt', octets, b"a\r\nb"),
            ("three", "3.txt", "text/plain", b"\xff" * 70_000),
        ]

    def test_bytes_of_a_form(self):
        request = RequestFactory().post(form={'a"b': "1"}, files={"f": ("f.txt", b"2", "text/plain; charset=ascii")})
        boundary = request.content_type[1]["boundary"].encode()
        body = asyncio.run(request.body())
        assert body == (
            b'--%s\r\nContent-Disposition: form-data; name="a%%22b"\r\n\r\n1\r\n'
            b'--%s\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n'
            b"Content-Type: text/plain; charset=ascii\r\n\r\n2\r\n--%s--\r\n"
        ) % (boundary, boundary, boundary)
        assert request.content_length == len(body)
        # the same in every test, unless what is sent has it
        first = RequestFactory().post(files={"f": boundary, "g": b"\r\n--" + boundary + b"-1"})
        assert first.content_type[1]["boundary"].encode() == boundary + b"-2"
        assert len(asyncio.run(first.form())) == 2

    def test_content_type_of_a_form_can_be_given(self):
        request = RequestFactory().post(files={"f": b""}, headers={"content-type": "multipart/form-data"})
        assert request.content_type == ("multipart/form-data", {})
        with pytest.raises(litecon.ClientException, match="boundary"):
            asyncio.run(request.form())

    @pytest.mark.parametrize(
        "file", ["text", None, 5, ("f.txt",), ("f.txt", "text"), (b"f", b""), ["f", b""], (None, b"")]
    )
    def test_what_is_no_file(self, file):
        with pytest.raises(TypeError, match=r"the file 'f' is a .*: pass bytes, \(filename, bytes\) or"):
            RequestFactory().post(files={"f": file})

    def test_defaults(self):
        class Custom(Request):
            pass

        factory = RequestFactory(
            Custom, headers=[("Host", "example.org"), ("A", "1"), ("A", "2")], cookies={"a": "1", "b": "2"}, user="me"
        )
        request = factory.get("/x", scheme="https")
        assert type(request) is Custom
        assert str(request.url) == "https://example.org/x"
        assert request.headers.getall("a") == ["1", "2"]
        assert request.cookies == {"a": "1", "b": "2"}
        assert request.user == "me"
        request = factory.get(headers={"a": "3"}, cookies={"b": "4"}, user="you")
        assert request.headers.getall("a") == ["3"]
        assert request.headers["host"] == "example.org"
        assert request.cookies == {"a": "1", "b": "4"}
        assert request.user == "you"

    def test_requests_share_nothing(self):
        factory = RequestFactory(headers={"a": "1"})
        first, second = factory.get(), factory.get()
        first.headers.raw.clear()
        assert second.headers["a"] == "1"
        assert len(factory.get().headers) == 1

    def test_send_is_a_sender(self):
        request = RequestFactory(extensions={"http.response.push": {}}).get(headers={"accept": "a/b"})
        asyncio.run(request.send_push_promise("/x"))
        assert isinstance(request.send, Sender)
        assert request.send.events == [{"type": "http.response.push", "path": "/x", "headers": [(b"accept", b"a/b")]}]


@pytest.mark.skipif(sys.flags.optimize > 1, reason="there are no docstrings")
@pytest.mark.parametrize("module", [litecon.routing, litecon.testing])
def test_everything_is_documented(module):
    for name in module.__all__:
        value = getattr(module, name)
        assert inspect.getdoc(value), name
        for member, function in vars(value).items() if inspect.isclass(value) else ():
            if inspect.isfunction(function) and not member.startswith("_"):
                assert inspect.getdoc(function), f"{name}.{member}"


@pytest.mark.parametrize("module", ["routing", "testing"])
def test_import_loads_nothing_heavy(module):
    code = f"import litecon, sys; old = set(sys.modules); import litecon.{module}; print(*set(sys.modules) - old)"
    loaded = check_python(code, "-W", "error")
    heavy = {"asyncio", "trio", "datetime", "decimal", "uuid", "json", "msgspec", "litestar", "starlette"}
    assert heavy.isdisjoint(loaded.split())
