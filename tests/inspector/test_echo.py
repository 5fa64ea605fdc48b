"""The inspector's WebSocket, without a server."""

from __future__ import annotations

import importlib
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import ormsgpack
import pytest

from ..helpers import drive
from ..websocket.doubles import ACCEPT, CONNECT, EXTENSION, binary, closed, disconnect, sent_bytes, sent_text, text
from ..websocket.doubles import websocket_scope as any_scope

MEGABYTE = 1 << 20


def app_of(side: Any) -> Any:
    return importlib.import_module(".inspector", side.__name__).app


def talk(side: Any, query: str, *events: Any, **changes: Any) -> list[Any]:
    """Return what the inspector sends when a client connects, sends these messages and goes away."""
    pending = [CONNECT, *events, disconnect(code=4001, reason="bye")]
    sent: list[Any] = []

    async def receive() -> Any:
        return pending.pop(0)

    async def send(event: Any) -> None:
        sent.append(event)

    scope = any_scope(**{"path": "/ws", "query_string": query.encode(), "subprotocols": [], **changes})
    drive(app_of(side)(scope, receive, send))
    return sent


def messages(side: Any, query: str, *events: Any, **changes: Any) -> list[Any]:
    """Return the messages of the inspector, reports decoded, once it has accepted."""
    accepted, *sent = talk(side, query, *events, **changes)
    assert accepted["type"] == "websocket.accept"
    return [decoded(event) for event in sent]


def decoded(event: Any) -> Any:
    if event["type"] != "websocket.send":
        return event
    assert event.keys() in ({"type", "text"}, {"type", "bytes"})
    data = event.get("text", event.get("bytes"))
    try:
        value = json.loads(data) if isinstance(data, str) else ormsgpack.unpackb(data)
    except ValueError:
        return data
    return value if isinstance(value, dict) and "report" in value else data


def handshake(side: Any, query: str = "report=on", **changes: Any) -> Any:
    [report] = messages(side, query, **changes)
    assert report["report"] == "handshake"
    return report


# echoes


def test_says_nothing_first_and_echoes_as_it_came(side: Any) -> None:
    assert talk(side, "") == [ACCEPT]
    several = [text("é\0"), binary(b"\0\xff"), text(""), binary(b""), text('{"a": 1}'), binary(b"\x81\xa1a\x01")]
    sent = talk(side, "", *several)
    assert sent == [
        ACCEPT,
        sent_text("é\0"),
        sent_bytes(b"\0\xff"),
        sent_text(""),
        sent_bytes(b""),
        sent_text('{"a": 1}'),
        sent_bytes(b"\x81\xa1a\x01"),
    ]


@pytest.mark.parametrize(
    ("mode", "message", "echo", "answer", "kind", "size"),
    [
        ("data", text("é"), "é", "text", "text", 2),
        ("data", binary(b"\0"), b"\0", "bytes", "binary", 1),
        ("text", text("[1]"), "[1]", "text", "text", 3),
        ("bytes", binary(b"\x91\x01"), b"\x91\x01", "bytes", "binary", 2),
        ("json", text('{"é" : [1, 2.50]}'), '{"é":[1,2.5]}', "json", "text", 18),
        ("json", text(" null "), "null", "json", "text", 6),
        ("json", text("18446744073709551616"), "18446744073709551616", "json", "text", 20),
        ("msgpack", binary(b"\x81\xa1a\xd1\x00\x05"), b"\x81\xa1a\x05", "msgpack", "binary", 6),
        ("msgpack", binary(b"\x81\xc0\x91\x01"), b"\x81\xc0\x91\x01", "msgpack", "binary", 4),
    ],
)
def test_echo_and_report(side: Any, mode: str, message: Any, echo: Any, answer: str, kind: str, size: int) -> None:
    greeting, report, answered, second, again = messages(side, f"as={mode}&report=on", message, message)
    assert (greeting["report"], greeting["as"], greeting["connection_state"]) == ("handshake", mode, "connect")
    assert report == {
        "report": "message",
        "number": 1,
        "kind": kind,
        "size": size,
        "as": mode,
        "answer": answer,
        "subprotocol": None,
        "connection_state": "receive",
    }
    assert answered == again == echo
    assert second == {**report, "number": 2}


def test_reports_are_of_the_mode_s_format(side: Any) -> None:
    for mode in ("data", "text", "bytes", "json", "msgpack"):
        _, sent = talk(side, f"as={mode}&report=on")
        assert ("bytes" in sent) == (mode == "msgpack")


@pytest.mark.parametrize(
    ("mode", "bad", "error"),
    [
        ("json", text('{"secret-value": '), "SerializationException"),
        ("json", text(""), "SerializationException"),
        ("json", text("[" * 10_000), "SerializationException"),
        ("json", text("NaN"), "SerializationException"),
        ("json", binary(b"[1]"), "WebSocketMessageTypeError"),
        ("msgpack", binary(b"\x92\x01"), "SerializationException"),
        ("msgpack", binary(b"\x01\x01"), "SerializationException"),
        ("msgpack", binary(b"\x91" * 10_000), "SerializationException"),
        ("msgpack", binary(b""), "SerializationException"),
        ("msgpack", text("x"), "WebSocketMessageTypeError"),
        ("text", binary(b"x"), "WebSocketMessageTypeError"),
        ("bytes", text("x"), "WebSocketMessageTypeError"),
    ],
)
@pytest.mark.parametrize("reports", [True, False])
def test_what_cannot_be_read_is_reported_and_leaves_it_usable(
    side: Any, mode: str, bad: Any, error: str, reports: bool
) -> None:
    good = binary(b"\x91\x01") if mode in ("bytes", "msgpack") else text("[1]")
    sent = messages(side, f"as={mode}&report={'on' if reports else 'off'}", bad, good)
    if reports:
        greeting, report, second, echo = sent
        assert (greeting["report"], second["number"], second["answer"]) == ("handshake", 2, mode)
    else:
        report, echo = sent
    assert (report["report"], report["number"], report["answer"]) == ("message", 1, None)
    assert report["error"]["type"] == error
    assert report["error"].get("code", report["error"].get("status_code")) in (1003, 400)
    assert "secret-value" not in str(report)
    assert echo == good.get("text", good.get("bytes"))


@pytest.mark.parametrize(("mode", "limit"), [("data", 8 * MEGABYTE), ("json", MEGABYTE), ("msgpack", MEGABYTE)])
def test_too_large_a_message_closes_it(side: Any, mode: str, limit: int) -> None:
    assert handshake(side, f"as={mode}&report=on")["max_message_size"] == limit
    start = binary if mode == "msgpack" else text
    fitting = start(ormsgpack.packb("x" * (limit - 5)) if mode == "msgpack" else f'"{"x" * (limit - 2)}"')
    large = start(b"\xc0" * (limit + 1) if mode == "msgpack" else " " * (limit + 1))
    echo, end = messages(side, f"as={mode}", fitting, large, fitting)
    assert echo == fitting.get("text", fitting.get("bytes"))
    assert end == closed(1009, f"a message may have {limit:,} bytes here")


def test_what_cannot_be_encoded_again_closes_it(side: Any) -> None:
    for levels in range(250, 260):
        [echo] = messages(side, "as=msgpack", binary(b"\x91" * levels + b"\xc0"))
        if isinstance(echo, dict) and "code" in echo:
            assert echo == closed(1011, "the message cannot be encoded again")
        elif isinstance(echo, dict):
            assert echo["error"]["type"] == "SerializationException"


def test_no_message_is_kept(side: Any) -> None:
    count, sizes = 200, set()

    async def receive() -> Any:
        nonlocal count
        count -= 1
        sizes.add(tracemalloc.get_traced_memory()[0] // MEGABYTE)
        return CONNECT if count == 199 else text("x" * MEGABYTE) if count else disconnect()

    async def send(event: Any) -> None:
        pass

    tracemalloc.start()
    try:
        drive(app_of(side)(any_scope(path="/ws", query_string=b"report=on"), receive, send))
    finally:
        tracemalloc.stop()
    assert max(sizes) < 8


# the handshake


def test_first_subprotocol_is_chosen(side: Any) -> None:
    accepted, greeting, report, _ = talk(side, "report=on", text("x"), subprotocols=["chat.v2", "chat"])
    assert accepted == {**ACCEPT, "subprotocol": "chat.v2"}
    assert decoded(greeting)["subprotocols"] == ["chat.v2", "chat"]
    assert decoded(greeting)["subprotocol"] == decoded(report)["subprotocol"] == "chat.v2"


SECRETS = [
    (b"cookie", b"session=hunter2; theme=hunter2"),
    (b"authorization", b"Bearer hunter2"),
    (b"proxy-authorization", b"Basic hunter2"),
    (b"X-Auth-Request-Access-Token", b"hunter2"),
    (b"x-api-key", b"hunter2"),
    (b"x-amzn-oidc-accesstoken", b"hunter2"),
]


@pytest.mark.parametrize(
    ("origins", "same"),
    [
        ([], None),
        ([b"http://Example.org:8000"], True),
        ([b"https://example.org:8000"], True),
        ([b"http://example.org"], False),
        ([b"http://evil.test"], False),
        ([b"null"], False),
        ([b"http://example.org:8000", b"http://evil.test"], False),
    ],
)
def test_handshake_as_the_application_saw_it(side: Any, origins: list[bytes], same: bool | None) -> None:
    headers = [
        (b"host", b"example.org:8000"),
        (b"x-forwarded-for", b"203.0.113.9"),
        *((b"origin", origin) for origin in origins),
        *SECRETS,
    ]
    report = handshake(side, "report=on&x=%C3%A9", headers=headers)
    assert report["url"] == "ws://example.org:8000/ws?report=on&x=%C3%A9"
    assert report["query"] == [["report", "on"], ["x", "é"]]
    assert report["client"] == {"host": "192.0.2.1", "port": 50000}
    assert report["same_origin"] is same
    assert [name for name, _ in report["headers"]] == [name.decode() for name, _ in headers]
    assert report["cookies"] == {"session": "(hidden: 7 characters)", "theme": "(hidden: 7 characters)"}
    assert "hunter2" not in json.dumps(report)
    shown = dict(report["headers"])
    assert shown["host"] == "example.org:8000"
    assert shown["authorization"] == "(hidden: 14 characters)"
    # a page of another origin is told less than its own server could tell it
    assert (shown["x-forwarded-for"] == "203.0.113.9") == (same is not False)
    assert report["litecon"]["compiled"] == side.COMPILED


@pytest.mark.parametrize(
    "broken",
    [
        {"headers": ...},
        {"headers": None},
        {"headers": [("a", "b")]},
        {"headers": [(b"host", b"a b"), (b"origin", b"\xff")]},
        {"client": ("x",), "server": "x", "extensions": 5, "path_params": [1]},
        {"extensions": {"\ud800": float("nan"), "x": 1 << 999}},
        {"subprotocols": ...},
        {"subprotocols": None},
        {"subprotocols": 5},
        {"root_path": 5},
        {"http_version": object()},
    ],
)
@pytest.mark.parametrize("mode", ["json", "msgpack"])
def test_broken_scope_is_shown(side: Any, broken: dict[str, Any], mode: str) -> None:
    good = binary(b"\x01") if mode == "msgpack" else text("1")
    scope = {key: value for key, value in any_scope(path="/ws").items() if broken.get(key) is not ...}
    scope |= {key: value for key, value in broken.items() if value is not ...}
    pending, sent = [CONNECT, good, disconnect()], []

    async def receive() -> Any:
        return pending.pop(0)

    async def send(event: Any) -> None:
        sent.append(event)

    scope["query_string"] = f"as={mode}&report=on".encode()
    drive(app_of(side)(scope, receive, send))
    assert len(sent) == 4 and decoded(sent[1])["report"] == "handshake"


@pytest.mark.parametrize(
    ("path", "root_path", "is_there"),
    [
        ("/ws", "", True),
        ("/ws", "/app", True),
        ("/app/ws", "/app", True),
        ("/app/ws", "/app/", True),
        ("/app/ws", "", False),
        ("/", "", False),
        ("/ws/", "", False),
        ("/WS", "", False),
        ("", "", False),
        (None, "", False),
    ],
)
def test_only_one_path(side: Any, path: Any, root_path: str, is_there: bool) -> None:
    first = talk(side, "", path=path, root_path=root_path)[0]
    assert (first == ACCEPT) == is_there
    if not is_there:
        assert first["status"] == 404


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("as=xml", 400, "data, text, bytes, json, msgpack"),
        ("as=", 400, "data, text"),
        ("report=yes", 400, "on or off"),
        ("close=1005", 400, "'close'"),
        ("close=2000", 400, "'close'"),
        ("close=0", 400, "'close'"),
        ("close=%D9%A3000", 400, "'close'"),
        ("close=" + "9" * 5000, 400, "'close'"),
        ("close=3000&reason=" + "%C3%A9" * 62, 400, "124 bytes"),
        ("&".join(["a"] * 1001), 413, "1000 fields"),
    ],
)
@pytest.mark.parametrize("extensions", [{EXTENSION: {}}, {}, None])
def test_refusals(side: Any, query: str, status: int, words: str, extensions: Any) -> None:
    sent = talk(side, query, extensions=extensions)
    if not extensions:
        assert sent == [closed()]
        return
    start, body = sent
    headers = dict(start["headers"])
    assert (start["status"], headers[b"content-length"]) == (status, b"%d" % len(body["body"]))
    assert headers[b"content-type"] == b"text/plain; charset=utf-8"
    assert headers[b"cache-control"] == b"no-store"
    assert words in body["body"].decode() and len(body["body"]) < 300


@pytest.mark.parametrize("offered", ["a b", "a\r\nset-cookie: x=1", "", "é", 5])
def test_subprotocol_that_cannot_be_answered(side: Any, offered: Any) -> None:
    start, body = talk(side, "", subprotocols=[offered])
    assert start["status"] == 400 and b"subprotocol" in body["body"]


# endings


@pytest.mark.parametrize(("query", "end"), [("close=1000", closed()), ("close=4000&reason=%C3%A9", closed(4000, "é"))])
def test_closes_where_asked_to(side: Any, query: str, end: Any) -> None:
    assert talk(side, query, text("x")) == [ACCEPT, end]
    assert talk(side, f"{query}&report=on", text("x"))[-1] == end


@pytest.mark.parametrize("path", ["/ws", "/"])
def test_client_that_has_gone_at_once(side: Any, path: str) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return disconnect(code=1006)

    async def send(event: Any) -> None:
        sent.append(event)

    drive(app_of(side)(any_scope(path=path), receive, send))
    assert sent == []


@pytest.mark.parametrize("failing", range(4))
def test_send_that_fails_is_the_end(side: Any, failing: int) -> None:
    pending = [CONNECT, *[text("x")] * 9]
    sent: list[Any] = []

    async def receive() -> Any:
        return pending.pop(0)

    async def send(event: Any) -> None:
        if len(sent) == failing:
            raise BrokenPipeError
        sent.append(event)

    drive(app_of(side)(any_scope(path="/ws", query_string=b"report=on"), receive, send))
    assert len(sent) == failing


def test_server_that_breaks_the_specification(side: Any) -> None:
    async def receive() -> Any:
        return text("x")

    async def send(event: Any) -> None:
        raise AssertionError(event)

    with pytest.raises(side.ImproperlyConfiguredException, match="websocket.receive"):
        drive(app_of(side)(any_scope(path="/ws"), receive, send))


def test_every_event_loop(side: Any, run: Callable[[Any], Any]) -> None:
    receive = side_testing(side).receiver(CONNECT, "[1]", "[", "[2]", suspend=True)
    sender = side_testing(side).Sender()
    scope = any_scope(path="/ws", query_string=b"as=json")

    async def main() -> None:
        await app_of(side)(scope, receive, sender)

    run(main)
    assert [event.get("text") for event in sender.events if "error" not in str(event)] == [None, "[1]", "[2]"]


def side_testing(side: Any) -> Any:
    return importlib.import_module(".testing", side.__name__)
