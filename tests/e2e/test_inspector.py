"""The inspector on every server with which it can be started, tested with a real client."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import signal
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import ormsgpack
import pytest

import litecon
from litecon.inspector import app
from litecon.inspector.layout import to_json
from litecon.inspector.plain import MAX_TEXT, plain

from .servers import HOST, RunningServer, inspector, run_python, uvicorn

SERVERS = ("uvicorn", "granian", "hypercorn")
APP = "litecon.inspector:app"
JSON = {"accept": "application/json"}
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
LIMIT = litecon.Request.limits.max_body_size or 0


@pytest.fixture(scope="module", params=[*SERVERS, "uvicorn-h11", "uvicorn-httptools"])
def server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    name, _, parser = request.param.partition("-")
    with uvicorn(APP, parser) if parser else inspector(name) as running:
        yield running
        stdout, stderr = running.output()
        assert "Traceback" not in stderr + stdout


@pytest.fixture
def client(server: RunningServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=JSON, timeout=30, trust_env=False) as made:
        yield made


def report_of(response: httpx.Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    return response.json()


def exchange(port: int, data: bytes, shut: bool = False) -> bytes:
    """Send bytes as they are and return everything that comes back."""
    received = b""
    with socket.create_connection((HOST, port), timeout=30) as connection:
        connection.sendall(data)
        if shut:
            return b""
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except ConnectionResetError:
            pass
    return received


# what a request is


def test_get_as_data(client: httpx.Client, server: RunningServer) -> None:
    report = report_of(client.get("/users/42?a=1&b=&a=2%20x&%C3%A9"))
    assert report["method"] == "GET"
    assert report["url"] == f"{server.url}/users/42?a=1&b=&a=2%20x&%C3%A9"
    assert report["base_url"] == f"{server.url}/"
    assert report["http_version"] == "1.1"
    assert report["client"]["host"] == HOST
    assert report["path_params"] == {}
    assert report["query"] == [["a", "1"], ["b", ""], ["a", "2 x"], ["é", ""]]
    assert report["accept"] == ["application/json"]
    assert report["content_type"] is None
    assert report["content_length"] is None
    assert report["body"] == {"size": 0, "format": "empty", "truncated": False}
    assert report["form"] is None
    assert report["scope"]["type"] == "http"
    assert report["scope"]["raw_path"].startswith("b'/users/42")
    assert ["accept", "b'application/json'"] in report["scope"]["headers"]
    assert not [key for key in report["scope"] if key.startswith("litecon")]
    assert report["litecon"] == {
        "version": litecon.__version__,
        "compiled": litecon.COMPILED,
        "fallback_reason": litecon.FALLBACK_REASON,
        "python": sys.version.partition(" ")[0],
    }


def test_get_as_page(client: httpx.Client, server: RunningServer) -> None:
    response = client.get("/x?q=<script>alert(1)</script>%3Cb%3E", headers=HTML)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    page = response.text
    assert page.count("<script") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;b&gt;" in page
    assert "<h1>" in page and '<label for="send-method">' in page
    ids = re.findall(r'id="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(ids)
    assert set(re.findall(r'for="([^"]*)"', page)) <= set(ids)
    assert ("compiled" if litecon.COMPILED else "pure Python") in page
    # the policy allows what is in the page, by its hash, and nothing else
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and " style=" not in page
    for kind in ("style", "script"):
        inline = re.search(f"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        assert inline is not None
        digest = base64.b64encode(hashlib.sha256(inline[1].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "application/json"),
        ("text/html", "text/html"),
        ("text/html;q=0.5, application/json", "application/json"),
        ("application/json;q=0, */*", "text/html"),
        ("*/*", "application/json"),
        ("image/png", "application/json"),
    ],
)
def test_accept_chooses(client: httpx.Client, accept: str, kind: str) -> None:
    assert client.get("/", headers={"accept": accept}).headers["content-type"] == f"{kind}; charset=utf-8"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_any_method(client: httpx.Client, method: str) -> None:
    report = report_of(client.request(method, "/any", content=b"x"))
    assert (report["method"], report["body"]["text"]) == (method, "x")


@pytest.mark.parametrize("accept", [JSON, HTML])
def test_head_has_no_body(client: httpx.Client, accept: dict[str, str]) -> None:
    response = client.head("/", headers=accept)
    assert response.status_code == 200
    assert response.content == b""
    assert int(response.headers["content-length"]) > 500
    # the connection is still in step
    assert report_of(client.get("/after"))["method"] == "GET"


def test_repeated_headers_and_cookies(client: httpx.Client) -> None:
    headers = [(b"x-a", b"1"), (b"X-A", b"2"), (b"cookie", b'a=1; b="x y"; a=2; bad'), (b"x-latin", b"\xe9")]
    report = report_of(client.get("/", headers=headers))
    assert [value for name, value in report["headers"] if name == "x-a"] == ["1", "2"]
    assert ["x-latin", "\xe9"] in report["headers"]
    assert report["cookies"] == {"a": "2", "b": "x y"}


# bodies


def test_json_body(client: httpx.Client) -> None:
    value = {"a": [1, 2.5, None, True], "é": {"b": "<&>"}}
    report = report_of(client.post("/", json=value, headers={"content-type": "application/vnd.x+json; Charset=UTF-8"}))
    assert report["content_type"] == {"media_type": "application/vnd.x+json", "parameters": {"charset": "UTF-8"}}
    assert report["body"]["format"] == "json"
    assert report["body"]["value"] == value
    assert report["content_length"] == report["body"]["size"]


def test_msgpack_body(client: httpx.Client) -> None:
    value = {"a": [1, -2, None, 1.5], "b": b"\x00\xff", "c": "é"}
    headers = {"content-type": "application/msgpack"}
    report = report_of(client.post("/", content=ormsgpack.packb(value), headers=headers))
    assert report["body"]["format"] == "msgpack"
    assert report["body"]["value"] == {**value, "b": r"b'\x00\xff'"}


@pytest.mark.parametrize(
    ("kind", "body", "shown"),
    [
        ("application/json", b'{"a": [1,', {"format": "json", "text": '{"a": [1,'}),
        ("application/json", b"\xff", {"format": "json", "hex": "ff"}),
        ("application/json", b"[" * 100_000, {"format": "json", "text": "[" * MAX_TEXT, "truncated": True}),
        ("application/msgpack", b"\x93\x01", {"format": "msgpack", "hex": "9301"}),
    ],
)
def test_body_that_does_not_decode(client: httpx.Client, kind: str, body: bytes, shown: dict[str, Any]) -> None:
    report = report_of(client.post("/", content=body, headers={"content-type": kind}), 400)["body"]
    assert report["error"]["type"] == "SerializationException"
    assert report["error"]["status_code"] == 400
    assert report["size"] == len(body)
    assert {key: report[key] for key in shown} == shown
    page = client.post("/", content=body, headers={**HTML, "content-type": kind})
    assert page.status_code == 400 and "SerializationException" in page.text


def test_text_and_binary_bodies(client: httpx.Client) -> None:
    text = "grüße\n" * 20_000
    report = report_of(client.post("/", content=text.encode()))["body"]
    assert report == {"size": 160_000, "format": "text", "truncated": True, "text": text[:MAX_TEXT]}
    binary = bytes(range(256)) * 40
    report = report_of(client.post("/", content=binary))["body"]
    assert report == {"size": len(binary), "format": "binary", "truncated": True, "hex": binary[:1024].hex()}
    assert "0010  10 11 12" in client.post("/", content=binary, headers=HTML).text


def test_chunked_upload(client: httpx.Client) -> None:
    def chunks() -> Iterator[bytes]:
        for number in range(50):
            yield b"%04d" % number * 1000

    report = report_of(client.post("/", content=chunks()))
    assert report["content_length"] is None
    assert report["body"]["size"] == 200_000


def test_body_at_the_limit(client: httpx.Client) -> None:
    assert report_of(client.post("/", content=bytes(LIMIT)))["body"]["size"] == LIMIT


def test_body_beyond_the_limit_announced(client: httpx.Client) -> None:
    report = report_of(client.post("/", content=bytes(LIMIT + 1)), 413)
    assert report["body"]["error"]["type"] == "RequestEntityTooLarge"
    assert report["body"]["size"] is None
    assert report["content_length"] == LIMIT + 1
    page = client.post("/", content=bytes(LIMIT + 1), headers=HTML)
    assert page.status_code == 413 and "RequestEntityTooLarge" in page.text


def test_body_beyond_the_limit_chunked(client: httpx.Client) -> None:
    chunk = bytes(LIMIT // 16)
    report = report_of(client.post("/", content=(chunk for _ in range(20))), 413)
    assert report["body"]["error"]["status_code"] == 413


def test_body_beyond_the_limit_is_refused_before_it_is_sent(server: RunningServer) -> None:
    request = b"POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 99999999\r\n\r\n"
    with socket.create_connection((HOST, server.port), timeout=30) as connection:
        connection.sendall(request)
        answer = b""
        # hypercorn asks for the body by itself
        while b" 413" not in answer:
            chunk = connection.recv(65536)
            assert chunk, answer
            answer += chunk


# what is wrong


@pytest.mark.parametrize("host", [b"a/b", b"a b", b"[::1", b"x:99999", b"\"<script>'"])
def test_invalid_host(server: RunningServer, host: bytes) -> None:
    for accept in (b"application/json", b"text/html"):
        request = b"GET /p HTTP/1.1\r\nHost: " + host + b"\r\nAccept: " + accept + b"\r\nConnection: close\r\n\r\n"
        head, _, body = exchange(server.port, request).partition(b"\r\n\r\n")
        # some servers refuse it themselves
        if head.startswith(b"HTTP/1.1 400"):
            continue
        assert head.startswith(b"HTTP/1.1 200")
        if accept == b"text/html":
            assert b"invalid Host header" in body and b"<script>'" not in body
        else:
            report = json.loads(body)
            assert report["url"]["error"]["type"] == report["base_url"]["error"]["type"] == "ClientException"
            assert report["url"]["error"]["status_code"] == 400
            assert report["scope"]["path"] == "/p"


def test_client_that_goes_away(client: httpx.Client, server: RunningServer) -> None:
    exchange(server.port, b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc", shut=True)
    assert report_of(client.get("/still"))["scope"]["path"] == "/still"


# the program


@pytest.mark.parametrize("server_name", SERVERS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_it(server_name: str, number: int) -> None:
    with inspector(server_name) as server, httpx.Client(base_url=server.url, timeout=30, trust_env=False) as client:
        # its connection stays open
        assert client.get("/").status_code == 200
        started = time.monotonic()
        ended = server.stop(number, group=number == signal.SIGINT)
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert time.monotonic() - started < 15
    side = "compiled" if litecon.COMPILED else f"pure Python: {litecon.FALLBACK_REASON}"
    expected = (
        f"litecon {litecon.__version__} inspects requests at {server.url}/ ({side}; {server_name}; Ctrl-C ends it)\n"
    )
    first, *others = ended.stdout.splitlines(keepends=True)
    assert first == expected
    assert [re.sub(r"^[\d:]{8} ", "", line) for line in others] == [f"{HOST} GET / -> 200 (0 bytes)\n"]


@pytest.mark.parametrize("server_name", SERVERS)
def test_signal_ends_it_while_a_body_is_read(server_name: str) -> None:
    with inspector(server_name) as server, socket.create_connection((HOST, server.port), timeout=30) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc")
        assert httpx.get(server.url, timeout=30, trust_env=False).status_code == 200
        ended = server.stop()
    assert (ended.exit_code, ended.stderr) == (0, "")


@pytest.mark.parametrize("server_name", SERVERS)
def test_port_in_use(server_name: str) -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        ended = run_python("-m", "litecon", "--port", str(port), "--server", server_name)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"litecon: cannot listen on '{HOST}' port {port}: another program uses it")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("server_name", SERVERS)
def test_missing_server(server_name: str) -> None:
    code = (
        f"import sys; sys.modules[{server_name!r}] = None; from litecon.inspector.serve import main; sys.exit(main())"
    )
    ended = run_python("-c", code, "--port", "0", "--server", server_name)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"litecon: the server {server_name} is not installed: pip install ")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--server", "nginx"), "argument --server: invalid choice: 'nginx'"),
        (("--port", "http"), "argument --port: 'http' is not a port: expected a number from 0 to 65535"),
        (("--port", "65536"), "argument --port: '65536' is not a port"),
        (("--port", "-1"), "argument --port: "),
        (("--nonsense",), "unrecognized arguments: --nonsense"),
    ],
)
def test_wrong_arguments(arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    from litecon.inspector.serve import main

    with pytest.raises(SystemExit) as caught:
        main(arguments)
    written = capsys.readouterr()
    assert (caught.value.code, written.out, written.err.count("\n")) == (2, "", 1)
    assert written.err.startswith(f"litecon: {sentence}")


def test_host_that_does_not_exist() -> None:
    ended = run_python("-m", "litecon", "--host", "a..b", "--port", "0")
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr.startswith("litecon: cannot listen on 'a..b' port 0: ")
    assert ended.stderr.count("\n") == 1


def test_import_of_the_package_leaves_it_out() -> None:
    ended = run_python("-c", "import sys, litecon; print([name for name in sys.modules if 'inspector' in name])")
    assert ended == type(ended)(0, "[]\n", "")


# the application, without a server


def call(scope: Any, *events: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the application sends, when it receives these events."""
    pending, sent = list(events), []

    async def receive() -> dict[str, Any]:
        return pending.pop(0)

    async def send(event: Any) -> None:
        sent.append(dict(event))

    asyncio.run(app(scope, receive, send))
    return sent


def test_lifespan() -> None:
    sent = call({"type": "lifespan"}, {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    assert [event["type"] for event in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_websocket_elsewhere_is_denied() -> None:
    [sent] = call({"type": "websocket", "path": "/", "headers": []}, {"type": "websocket.connect"})
    assert (sent["type"], sent["code"]) == ("websocket.close", 1000)
    scope = {"type": "websocket", "path": "/", "headers": [], "extensions": {"websocket.http.response": {}}}
    start, body = call(scope, {"type": "websocket.connect"})
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 404)
    assert dict(start["headers"])[b"content-length"] == b"%d" % len(body["body"])
    assert b"at /ws only" in body["body"]


def test_unknown_kind_of_scope() -> None:
    with pytest.raises(litecon.ImproperlyConfiguredException, match="'quic'"):
        call({"type": "quic"})


@pytest.mark.parametrize("accept", [[], [(b"accept", b"text/html")]])
@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"headers": None},
        {"headers": [("a", "b")]},
        {"headers": [None]},
        {"method": 5, "path": None, "query_string": "text"},
        {"client": ("x",), "server": "x", "extensions": 5, "path_params": [1]},
        {"path": "\ud800", "query_string": b"\xff=\xfe", "x": float("nan"), "y": 1 << 99999, 5: {(1,): object}},
    ],
)
def test_broken_scope_is_shown(broken: dict[Any, Any], accept: list[tuple[bytes, bytes]]) -> None:
    start, body = call({"type": "http", "headers": accept, **broken}, {"type": "http.request"})
    assert start["status"] == 200
    assert body["body"].decode()
    if dict(start["headers"])[b"content-type"].startswith(b"application/json"):
        json.loads(body["body"])


def test_nothing_is_sent_to_a_client_that_has_gone() -> None:
    assert call({"type": "http", "method": "GET", "path": "/", "headers": []}, {"type": "http.disconnect"}) == []


def test_plain_values() -> None:
    class Bad:
        def __repr__(self) -> str:
            raise RuntimeError

    deep: Any = []
    for _ in range(1000):
        deep = [deep]
    assert plain(b"\xff") == r"b'\xff'"
    assert plain({b"a": (1, {2: float("inf")}), None: "\ud800"}) == {"b'a'": [1, {"2": "inf"}], "None": "\\ud800"}
    assert plain(Bad()) == "<Bad>"
    assert len(plain(range)) < 300
    assert json.dumps(plain(deep)).count("[") == 64


@pytest.mark.parametrize(
    "value", [None, [], {}, "x", [["a", "b" * 200]], {"a": [1] * 100, "b": {"c": ["d" * 90, 1, None]}}]
)
def test_layout_keeps_the_meaning(value: Any) -> None:
    assert json.loads(to_json(value)) == value
