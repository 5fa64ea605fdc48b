"""The states of a WebSocket as one table, and a strict server that fails on every event that ASGI forbids."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..helpers import drive, suspend
from .doubles import (
    ACCEPT,
    CONNECT,
    EXTENSION,
    STATES,
    at,
    binary,
    closed,
    disconnect,
    error_of,
    sent_bytes,
    sent_text,
    text,
    websocket_scope,
)

Call = Callable[[Any], Any]

START = {"type": "websocket.http.response.start", "status": 403, "headers": []}
BODY = {"type": "websocket.http.response.body", "body": b"no", "more_body": False}
PART = {"type": "websocket.http.response.body", "body": b"no", "more_body": True}

TEXT, BYTES, PACKED = text("[1]"), binary(b"[1]"), binary(b"\x91\x01")

# by name: the call, the message that the server has next, what is returned or sent
CALLS: dict[str, tuple[Call, Any, Any]] = {
    "accept": (lambda socket: socket.accept(), None, None),
    "close": (lambda socket: socket.close(1001, "end"), None, closed(1001, "end")),
    "deny": (lambda socket: socket.deny(404, {"A": "b"}, b"no"), None, None),
    "deny-plain": (lambda socket: socket.deny(404, {"A": "b"}, b"no"), None, closed()),
    "receive_data": (lambda socket: socket.receive_data("text"), TEXT, "[1]"),
    "receive_text": (lambda socket: socket.receive_text(), TEXT, "[1]"),
    "receive_bytes": (lambda socket: socket.receive_bytes(), BYTES, b"[1]"),
    "receive_json": (lambda socket: socket.receive_json(), TEXT, [1]),
    "receive_msgpack": (lambda socket: socket.receive_msgpack(), PACKED, [1]),
    "iter_data": (lambda socket: socket.iter_data().__anext__(), TEXT, "[1]"),
    "iter_json": (lambda socket: socket.iter_json().__anext__(), TEXT, [1]),
    "iter_msgpack": (lambda socket: socket.iter_msgpack().__anext__(), PACKED, [1]),
    "send_data": (lambda socket: socket.send_data("é", "binary"), None, sent_bytes("é".encode())),
    "send_text": (lambda socket: socket.send_text("é"), None, sent_text("é")),
    "send_bytes": (lambda socket: socket.send_bytes(b"\xff"), None, sent_bytes(b"\xff")),
    "send_json": (lambda socket: socket.send_json({"a": [1, 2]}), None, sent_text('{"a":[1,2]}')),
    "send_msgpack": (lambda socket: socket.send_msgpack([1]), None, sent_bytes(b"\x91\x01")),
    "get-connect": (lambda socket: socket.receive(), CONNECT, CONNECT),
    "get-message": (lambda socket: socket.receive(), TEXT, TEXT),
    "get-disconnect": (lambda socket: socket.receive(), disconnect(), disconnect()),
    "get-unknown": (lambda socket: socket.receive(), {"type": "http.request"}, None),
    "put-accept": (lambda socket: socket.send({"type": "websocket.accept"}), None, {"type": "websocket.accept"}),
    "put-message": (lambda socket: socket.send(sent_text("a")), None, sent_text("a")),
    "put-close": (lambda socket: socket.send({"type": "websocket.close"}), None, {"type": "websocket.close"}),
    "put-start": (lambda socket: socket.send(START), None, START),
    "put-start-plain": (lambda socket: socket.send(START), None, START),
    "put-body": (lambda socket: socket.send(BODY), None, BODY),
    "put-part": (lambda socket: socket.send(PART), None, PART),
    "put-unknown": (lambda socket: socket.send({"type": "http.response.start"}), None, None),
}

# Each cell: how often the server is asked for an event, what it is sent (Accept, Message, Close, response Start,
# response Body), the outcome, and connection_state afterwards by its first letter. Outcomes: ok, None returned; data, a
# message or an event; State, WebSocketStateError; Gone, WebSocketDisconnect; Wrong, ImproperlyConfiguredException; end,
# the end of the iteration. "-plain" is without the extension for denials. A handshake may be denied before its event is
# received, which is why one is let through there.
TABLE = """
                 init        connect     accepted    open        denying     closed      disconnected
accept           1 A ok c    0 A ok c    0 - State c 0 - State r 0 - State c 0 - Gone d  0 - Gone d
close            0 C ok d    0 C ok d    0 C ok d    0 C ok d    0 - State c 0 - ok d    0 - ok d
deny             0 SB ok d   0 SB ok d   0 - State c 0 - State r 0 - State c 0 - Gone d  0 - Gone d
deny-plain       0 C ok d    0 C ok d    0 - State c 0 - State r 0 - State c 0 - Gone d  0 - Gone d
receive_data     2 A data r  0 - State c 1 - data r  1 - data r  0 - State c 0 - Gone d  0 - Gone d
receive_text     2 A data r  0 - State c 1 - data r  1 - data r  0 - State c 0 - Gone d  0 - Gone d
receive_bytes    2 A data r  0 - State c 1 - data r  1 - data r  0 - State c 0 - Gone d  0 - Gone d
receive_json     2 A data r  0 - State c 1 - data r  1 - data r  0 - State c 0 - Gone d  0 - Gone d
receive_msgpack  2 A data r  0 - State c 1 - data r  1 - data r  0 - State c 0 - Gone d  0 - Gone d
iter_data        2 A data r  0 - State c 1 - data r  1 - data r  0 - State c 0 - end d   0 - end d
iter_json        2 A data r  0 - State c 1 - data r  1 - data r  0 - State c 0 - end d   0 - end d
iter_msgpack     2 A data r  0 - State c 1 - data r  1 - data r  0 - State c 0 - end d   0 - end d
send_data        1 AM ok c   0 - State c 0 M ok c    0 M ok r    0 - State c 0 - Gone d  0 - Gone d
send_text        1 AM ok c   0 - State c 0 M ok c    0 M ok r    0 - State c 0 - Gone d  0 - Gone d
send_bytes       1 AM ok c   0 - State c 0 M ok c    0 M ok r    0 - State c 0 - Gone d  0 - Gone d
send_json        1 AM ok c   0 - State c 0 M ok c    0 M ok r    0 - State c 0 - Gone d  0 - Gone d
send_msgpack     1 AM ok c   0 - State c 0 M ok c    0 M ok r    0 - State c 0 - Gone d  0 - Gone d
get-connect      1 - data c  1 - Wrong c 1 - Wrong c 1 - Wrong r 1 - data c  0 - Gone d  0 - Gone d
get-message      1 - Wrong i 1 - Wrong c 1 - data r  1 - data r  1 - Wrong c 0 - Gone d  0 - Gone d
get-disconnect   1 - data d  1 - data d  1 - data d  1 - data d  1 - data d  0 - Gone d  0 - Gone d
get-unknown      1 - Wrong i 1 - Wrong c 1 - Wrong c 1 - Wrong r 1 - Wrong c 0 - Gone d  0 - Gone d
put-accept       0 - State i 0 A ok c    0 - State c 0 - State r 0 - State c 0 - Gone d  0 - Gone d
put-message      0 - State i 0 - State c 0 M ok c    0 M ok r    0 - State c 0 - Gone d  0 - Gone d
put-close        0 C ok d    0 C ok d    0 C ok d    0 C ok d    0 - State c 0 - Gone d  0 - Gone d
put-start        0 S ok c    0 S ok c    0 - State c 0 - State r 0 - State c 0 - Gone d  0 - Gone d
put-start-plain  0 - State i 0 - State c 0 - State c 0 - State r 0 - State c 0 - Gone d  0 - Gone d
put-body         0 - State i 0 - State c 0 - State c 0 - State r 0 B ok d    0 - Gone d  0 - Gone d
put-part         0 - State i 0 - State c 0 - State c 0 - State r 0 B ok c    0 - Gone d  0 - Gone d
put-unknown      0 - Wrong i 0 - Wrong c 0 - Wrong c 0 - Wrong r 0 - Wrong c 0 - Wrong d 0 - Wrong d
"""

# the same, where something other than what was hoped for arrives: by call, state and the events
OTHERS: list[tuple[str, str, list[Any], str]] = [
    *[
        (call, "init", [disconnect(code=4002, reason="gone")], f"1 - {'end' if call.startswith('iter') else 'Gone'} d")
        for call in CALLS
        if call.startswith(("accept", "receive", "iter", "send"))
    ],
    *[
        (call, state, [disconnect(code=4002, reason="gone")], f"1 - {'end' if call.startswith('iter') else 'Gone'} d")
        for call in CALLS
        if call.startswith(("receive", "iter"))
        for state in ("accepted", "open")
    ],
    *[
        (call, "init", [event], "1 - Wrong i")
        for call in ("accept", "receive_text", "iter_json", "send_bytes")
        for event in (TEXT, {"type": "http.request"}, {"type": "websocket.accept"}, {}, None, 5, {"type": None})
    ],
    *[
        (call, "accepted", [event], "1 - Wrong c")
        for call in ("receive_text", "receive_msgpack", "iter_data")
        for event in (CONNECT, {"type": "http.disconnect"}, {}, None, [], {"type": 5})
    ],
    *[(call, "open", [CONNECT], "1 - Wrong r") for call in ("receive_bytes", "receive_json", "iter_msgpack")],
    ("receive_text", "init", [CONNECT, disconnect(code=4002, reason="gone")], "2 A Gone d"),
    ("iter_data", "init", [CONNECT, disconnect(code=4002, reason="gone")], "2 A end d"),
    ("receive_text", "init", [CONNECT, CONNECT], "2 A Wrong c"),
    ("receive_text", "accepted", [BYTES], "1 - Kind r"),
    ("receive_text", "init", [CONNECT, BYTES], "2 A Kind r"),
    ("receive_bytes", "open", [TEXT], "1 - Kind r"),
    ("receive_data", "open", [BYTES], "1 - Kind r"),
    ("receive_json", "accepted", [BYTES], "1 - Kind r"),
    ("receive_msgpack", "accepted", [TEXT], "1 - Kind r"),
    ("iter_data", "accepted", [BYTES], "1 - Kind r"),
    ("iter_json", "accepted", [BYTES], "1 - Kind r"),
    ("iter_msgpack", "open", [TEXT], "1 - Kind r"),
    ("receive_json", "accepted", [text("[")], "1 - Data r"),
    ("receive_msgpack", "open", [binary(b"\x91")], "1 - Data r"),
    ("iter_json", "open", [text("")], "1 - Data r"),
    ("iter_msgpack", "accepted", [binary(b"")], "1 - Data r"),
    *[
        (call, "accepted", [LookupError("of the server")], "1 - Lookup c")
        for call in ("receive_text", "receive_json", "iter_data", "get-message")
    ],
    *[
        (call, "init", [LookupError("of the server")], "1 - Lookup i")
        for call in ("accept", "receive_text", "iter_json", "send_text", "get-message")
    ],
]

OUTCOMES = {
    "State": "WebSocketStateError",
    "Gone": "WebSocketDisconnect",
    "Wrong": "ImproperlyConfiguredException",
    "Kind": "WebSocketMessageTypeError",
    "Data": "SerializationException",
    "Lookup": "LookupError",
    "end": "StopAsyncIteration",
}
LETTERS = {
    "websocket.accept": "A",
    "websocket.send": "M",
    "websocket.close": "C",
    "websocket.http.response.start": "S",
    "websocket.http.response.body": "B",
}


def cells() -> list[tuple[str, str, str]]:
    header, *lines = TABLE.strip("\n").splitlines()
    starts = [header.index(f" {state}") + 1 for state in STATES]
    assert [line.split()[0] for line in lines] == list(CALLS)
    return [
        (line.split()[0], state, line[start:end].strip())
        for line in lines
        for state, start, end in zip(STATES, starts, [*starts[1:], len(line)], strict=True)
    ]


def check(side: Any, name: str, state: str, events: list[Any], cell: str) -> None:
    call, _, expected = CALLS[name]
    calls, letters, outcome, after = cell.split()
    socket, server = at(side, state, *events)
    if name.endswith("-plain"):
        socket.scope["extensions"] = {}
    if outcome in ("ok", "data"):
        result = drive(call(socket))
        assert result == (expected if outcome == "data" else None)
    else:
        error = error_of(call(socket))
        assert type(error).__name__ == OUTCOMES[outcome]
        if outcome == "Gone":
            code_and_reason = (4001, "bye") if state == "closed" else (4002, "gone")
            assert (error.code, error.reason) == code_and_reason  # type: ignore[attr-defined]
        if outcome == "State":
            assert isinstance(error, side.WebSocketException) and isinstance(error, RuntimeError)
            # a sentence that names the state
            assert repr(socket.connection_state) in str(error) or EXTENSION in str(error)
    assert server.calls == int(calls)
    assert "".join(LETTERS[event["type"]] for event in server.sent) == letters.replace("-", "")
    assert socket.connection_state[0] == after
    for event in server.sent:
        if event["type"] == "websocket.accept" and not name.startswith("put"):
            assert event == ACCEPT
        elif event["type"] in ("websocket.send", "websocket.close") or name.startswith("put"):
            assert event == expected
    if name == "deny" and server.sent:
        assert server.sent == [
            {"type": "websocket.http.response.start", "status": 404, "headers": [(b"a", b"b")]},
            {"type": "websocket.http.response.body", "body": b"no", "more_body": False},
        ]


@pytest.mark.parametrize(("name", "state", "cell"), cells(), ids=[f"{cell[0]}-in-{cell[1]}" for cell in cells()])
def test_table(side: Any, name: str, state: str, cell: str) -> None:
    message = CALLS[name][1]
    events = [] if message is None else [message]
    if state == "init" and not name.startswith(("get", "put")):
        events.insert(0, CONNECT)
    check(side, name, state, events, cell)


@pytest.mark.parametrize(
    ("name", "state", "events", "cell"), OTHERS, ids=[f"{row[0]}-in-{row[1]}-{row[3].split()[2]}" for row in OTHERS]
)
def test_other_events(side: Any, name: str, state: str, events: list[Any], cell: str) -> None:
    check(side, name, state, events, cell)


@pytest.mark.parametrize("state", ["closed", "disconnected"])
def test_after_the_end_everything_says_the_same_each_time(side: Any, state: str) -> None:
    socket, server = at(side, state)
    errors = []
    for _ in range(2):
        for name, (call, _, _) in CALLS.items():
            if name == "close":
                drive(call(socket))
            elif name.startswith("iter"):
                assert isinstance(error_of(call(socket)), StopAsyncIteration)
            elif name != "put-unknown":
                errors.append(error_of(call(socket)))
    code, reason = (4001, "bye") if state == "closed" else (4002, "gone")
    seen = {(type(error), str(error), error.code, error.reason) for error in errors}  # type: ignore[attr-defined]
    assert seen == {(side.WebSocketDisconnect, reason, code, reason)}
    assert len({id(error) for error in errors}) == len(errors)
    assert server.calls == 0 and server.sent == []


class TestRefusal:
    """A server that refuses an event leaves the state as it was, and one that is broken ends it."""

    @pytest.mark.parametrize(
        ("name", "state"),
        [
            ("accept", "connect"),
            ("put-accept", "connect"),
            ("close", "init"),
            ("close", "open"),
            ("put-close", "accepted"),
            ("deny", "connect"),
            ("put-start", "connect"),
            ("put-body", "denying"),
            ("put-part", "denying"),
            ("send_text", "accepted"),
            ("send_msgpack", "open"),
            ("put-message", "open"),
        ],
    )
    def test_an_error_is_let_through_and_the_call_can_be_tried_again(self, side: Any, name: str, state: str) -> None:
        socket, server = at(side, state)
        before = socket.connection_state
        error = LookupError("of the server")
        server.errors.append(error)
        assert error_of(CALLS[name][0](socket)) is error
        assert server.sent == [] and socket.connection_state == before
        drive(CALLS[name][0](socket))
        assert server.sent

    @pytest.mark.parametrize("state", ["init", "connect", "accepted", "open", "denying"])
    @pytest.mark.parametrize("name", [name for name in CALLS if name.startswith(("accept", "deny", "send", "put"))])
    def test_an_os_error_is_a_disconnect(self, side: Any, name: str, state: str) -> None:
        cell = next(cell for call, at_state, cell in cells() if (call, at_state) == (name, state))
        if cell.split()[2] != "ok":
            return
        socket, server = at(side, state, CONNECT)
        if name.endswith("-plain"):
            socket.scope["extensions"] = {}
        cause = BrokenPipeError("of the server")
        server.errors.append(cause)
        error = error_of(CALLS[name][0](socket))
        assert type(error) is side.WebSocketDisconnect
        assert (error.code, error.reason, error.__cause__) == (1006, "", cause)
        assert socket.connection_state == "disconnect"
        for call in (socket.receive_text, socket.accept, socket.receive, lambda: socket.send_text("a")):
            again = error_of(call())
            assert type(again) is side.WebSocketDisconnect
            assert (again.code, again.reason) == (1006, "")
        drive(socket.close())
        assert server.sent == []

    @pytest.mark.parametrize("state", ["init", "connect", "accepted", "open"])
    def test_close_swallows_an_os_error(self, side: Any, state: str) -> None:
        socket, server = at(side, state)
        server.errors.append(ConnectionResetError())
        assert drive(socket.close(4000, "why")) is None
        assert socket.connection_state == "disconnect"
        assert error_of(socket.receive_text()).code == 1006  # type: ignore[attr-defined]

    def test_an_os_error_in_the_second_event_of_a_denial(self, side: Any) -> None:
        socket, server = at(side, "connect")
        server.errors.extend([None, OSError()])
        assert error_of(socket.deny()).code == 1006  # type: ignore[attr-defined]
        assert [event["type"] for event in server.sent] == ["websocket.http.response.start"]

    def test_an_os_error_of_receive_is_no_disconnect(self, side: Any) -> None:
        # the specification gives OSError a meaning in send alone
        error = OSError("of the server")
        socket, _ = at(side, "accepted", error, text("a"))
        assert error_of(socket.receive_text()) is error
        assert drive(socket.receive_text()) == "a"


BAD_HEADERS: list[Any] = [
    [(b"a", b"b\r\nc: d")],
    [("a", "b\nc")],
    [("a\r\n", "b")],
    [(b"a", b"\0")],
    {"a": "\u20ac"},
    {"\u20ac": "a"},
    {"": "a"},
    {"a b": "a"},
    {"a:": "a"},
    ["ab"],
    [("a", "b", "c")],
    [("a",)],
    "a: b",
    b"a: b",
    5,
    [5],
    {"a": 5},
    {"a": None},
]
BAD_ARGUMENTS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    *[("accept", (), {"headers": headers}) for headers in BAD_HEADERS],
    *[("deny", (), {"headers": headers}) for headers in BAD_HEADERS],
    *[
        ("accept", (subprotocol,), {})
        for subprotocol in ("a\r\nb", "a\nb", "a\0", "a b", "a,b", "é", "", b"chat", 5, ["a"])
    ],
    *[
        ("close", (code,), {})
        for code in (0, 999, 1004, 1005, 1006, 1015, 5000, 65536, -1, 2**64, True, 1000.0, "1000", None)
    ],
    *[
        ("close", (1000, reason), {})
        for reason in ("x" * 124, "é" * 62, "\ud800" * 42, "a\udfff", "x" * 200, b"why", 5)
    ],
    *[("deny", (status,), {}) for status in (0, 100, 199, 600, -1, True, 200.0, "403", None)],
    *[("deny", (), {"body": body}) for body in ("text", None, 5, [b"a"])],
]


@pytest.mark.parametrize("state", ["init", "connect"])
@pytest.mark.parametrize(("name", "arguments", "keywords"), BAD_ARGUMENTS, ids=lambda value: repr(value)[:40])
def test_bad_arguments(side: Any, state: str, name: str, arguments: Any, keywords: Any) -> None:
    socket, server = at(side, state)
    error = error_of(getattr(socket, name)(*arguments, **keywords))
    assert type(error) is side.ImproperlyConfiguredException and isinstance(error, ValueError)
    assert server.calls == 0 and server.sent == []
    assert socket.connection_state == state
    # a cookie or a reason is not for logs
    assert "c: d" not in str(error) and "xxx" not in str(error)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (None, []),
        ({}, []),
        ({"X-A": "é"}, [(b"x-a", b"\xe9")]),
        ({b"X-A": b"\xff"}, [(b"x-a", b"\xff")]),
        ([("a", b"1"), (b"a", "2"), ["b", "3"]], [(b"a", b"1"), (b"a", b"2"), (b"b", b"3")]),
        ((("a", "1"),), [(b"a", b"1")]),
        (iter([("set-cookie", "a=b; c")]), [(b"set-cookie", b"a=b; c")]),
    ],
)
@pytest.mark.parametrize("name", ["accept", "deny"])
def test_headers(side: Any, name: str, headers: Any, expected: Any) -> None:
    socket, server = at(side, "connect")
    if hasattr(headers, "__next__"):
        # one that another test did not use up
        headers = iter([("set-cookie", "a=b; c")])
    drive(getattr(socket, name)(headers=headers))
    assert server.sent[0]["headers"] == expected


@pytest.mark.parametrize("name", ["accept", "deny"])
def test_headers_of_the_package(side: Any, name: str) -> None:
    socket, server = at(side, "connect")
    drive(getattr(socket, name)(headers=side.Headers([(b"X-A", b"1"), (b"x-a", b"2")])))
    assert server.sent[0]["headers"] == [(b"x-a", b"1"), (b"x-a", b"2")]


@pytest.mark.parametrize("subprotocol", ["chat", "v1.json", "a/b"])
def test_subprotocol(side: Any, subprotocol: str) -> None:
    for arguments, keywords in (((subprotocol,), {}), ((), {"subprotocols": subprotocol})):
        socket, server = at(side, "connect")
        drive(socket.accept(*arguments, **keywords))
        assert server.sent == [{**ACCEPT, "subprotocol": subprotocol}]


@pytest.mark.parametrize("reason", ["", "x" * 123, "é" * 61, "why"])
@pytest.mark.parametrize("code", [1000, 1001, 1003, 1011, 3000, 4000, 4999])
def test_codes_and_reasons(side: Any, code: int, reason: str) -> None:
    socket, server = at(side, "open")
    drive(socket.close(code=code, reason=reason))
    assert server.sent == [closed(code, reason)]
    error = error_of(socket.receive_text())
    assert (error.code, error.reason) == (code, reason)  # type: ignore[attr-defined]
    drive(socket.close(4000, "another"))
    assert len(server.sent) == 1


@pytest.mark.parametrize(
    ("items", "code", "reason"),
    [
        ({}, 1005, ""),
        ({"code": None, "reason": None}, 1005, ""),
        ({"code": 1000, "reason": ""}, 1000, ""),
        ({"code": 1001}, 1001, ""),
        ({"code": 1006, "reason": "lost"}, 1006, "lost"),
        ({"reason": "é"}, 1005, "é"),
        ({"code": "1000"}, 1005, ""),
        ({"code": 4999, "reason": b"x"}, 4999, ""),
        ({"code": 2**70}, 1005, ""),
        ({"code": -1}, 1005, ""),
    ],
    ids=repr,
)
def test_codes_and_reasons_of_a_disconnect(side: Any, items: Any, code: int, reason: str) -> None:
    socket, _ = at(side, "accepted", disconnect(**items))
    for call in (socket.receive_text, socket.receive_text, socket.receive, lambda: socket.send_text("a")):
        error = error_of(call())
        assert type(error) is side.WebSocketDisconnect
        assert (error.code, error.reason) == (code, reason)
        assert str(error) == error.detail and error.detail
        assert error.detail == reason or not reason


MALFORMED: list[Any] = [
    None,
    5,
    [],
    {},
    "websocket.send",
    {"type": None},
    {"type": 5},
    {"type": []},
    {"type": "websocket.receive", "text": "a"},
    {"type": "http.response.start", "status": 200},
    {"type": "websocket.send"},
    {"type": "websocket.send", "text": None, "bytes": None},
    {"type": "websocket.send", "text": b"a"},
    {"type": "websocket.send", "bytes": "a"},
    {"type": "websocket.send", "text": 5},
    {"type": "websocket.accept", "subprotocol": "a\r\nb"},
    {"type": "websocket.accept", "headers": [(b"a", b"b\r\nc")]},
    {"type": "websocket.accept", "headers": 5},
    {"type": "websocket.close", "code": 1005},
    {"type": "websocket.close", "code": "1000"},
    {"type": "websocket.close", "reason": "x" * 124},
    {"type": "websocket.close", "reason": 5},
    {"type": "websocket.http.response.start"},
    {"type": "websocket.http.response.start", "status": 42},
    {"type": "websocket.http.response.start", "status": 403, "headers": [(b"a", b"\r\n")]},
]


@pytest.mark.parametrize("event", MALFORMED, ids=repr)
@pytest.mark.parametrize("state", ["connect", "open"])
def test_malformed_events_do_not_reach_the_server(side: Any, state: str, event: Any) -> None:
    socket, server = at(side, state)
    error = error_of(socket.send(event))
    assert type(error) is side.ImproperlyConfiguredException
    assert server.sent == []
    drive(socket.close())


@pytest.mark.parametrize("state", ["init", "connect"])
@pytest.mark.parametrize("extensions", [None, {}, {"other": {}}, 5, b"websocket.http.response", ...], ids=repr)
def test_a_server_without_the_extension(side: Any, state: str, extensions: Any) -> None:
    socket, server = at(side, state)
    socket.scope["extensions"] = extensions
    if extensions is ...:
        del socket.scope["extensions"]
    assert type(error_of(socket.send(START))) is side.WebSocketStateError
    drive(socket.deny(404, body=b"no"))
    assert server.sent == [closed()]
    assert socket.connection_state == "disconnect"


def test_a_denial_in_parts(side: Any) -> None:
    socket, server = at(side, "connect")
    for event in (START, PART, PART, BODY):
        assert socket.connection_state == "connect"
        drive(socket.send(event))
    assert socket.connection_state == "disconnect"
    assert server.sent == [START, PART, PART, BODY]
    assert type(error_of(socket.send(PART))) is side.WebSocketDisconnect


def test_the_event_that_was_checked_is_the_one_that_the_server_gets(side: Any) -> None:
    socket, server = at(side, "accepted")
    drive(socket.send({"type": "websocket.send", "text": None, "bytes": memoryview(b"a"), "extra": 1}))
    assert server.sent == [{"type": "websocket.send", "text": None, "bytes": b"a"}]
    assert type(server.sent[0]["bytes"]) is bytes


def test_connection_state_cannot_be_anything(side: Any) -> None:
    socket, _ = at(side, "accepted")
    for state in ("", "open", "INIT", None, 5, ["init"]):
        with pytest.raises(ValueError, match="connection_state"):
            socket.connection_state = state
    assert socket.connection_state == "connect"


def test_without_callables(side: Any) -> None:
    socket = side.WebSocket(websocket_scope())
    assert socket.connection_state == "init"
    for call in (socket.accept, socket.receive, socket.receive_text, socket.close, socket.deny):
        error = error_of(call())
        assert isinstance(error, RuntimeError) and not isinstance(error, side.WebSocketException)
        assert socket.connection_state == "init"


# a strict server


class StrictServer:
    """A server that fails on every event that the ASGI specification forbids, and on calls after the end.

    Written from the specification (WebSocket message format 2.5), not from the code. It suspends in every call.
    """

    def __init__(
        self, events: list[Any], *, has_extension: bool, breaks_after: int | None = None, waits_for_accept: bool = False
    ) -> None:
        self.events = deque(events)
        # whether it holds messages back until the handshake is answered, and ends the connection instead, as servers do
        self.waits_for_accept = waits_for_accept
        self.has_extension = has_extension
        self.breaks_after = breaks_after
        self.phase = "connecting"
        self.connected = self.gone = self.broken = False
        self.receiving = 0
        self.log: list[Any] = []

    async def receive(self) -> Any:
        self.require(not self.gone, "receive() after the disconnect was given")
        self.require(not self.broken, "receive() after send() has failed")
        self.require(not self.receiving, "receive() while another receive() waits")
        self.receiving += 1
        try:
            await suspend()
        finally:
            self.receiving -= 1
        if self.waits_for_accept and self.connected and self.phase in ("connecting", "responding"):
            self.events.clear()
        event = self.events.popleft() if self.events else disconnect(code=1001)
        self.log.append(("given", event))
        if isinstance(event, Exception):
            raise event
        if isinstance(event, dict):
            self.connected |= event.get("type") == "websocket.connect"
            self.gone |= event.get("type") == "websocket.disconnect"
        return event

    async def send(self, event: Any) -> None:
        self.require(not self.gone, f"{event!r} after the disconnect was given")
        self.require(not self.broken, f"{event!r} after send() has failed")
        checks = {
            "websocket.accept": self.check_accept,
            "websocket.send": self.check_message,
            "websocket.close": self.check_close,
            "websocket.http.response.start": self.check_start,
            "websocket.http.response.body": self.check_body,
        }
        checks[event["type"]](event)
        self.log.append(("sent", event))
        await suspend()
        if self.breaks_after is not None:
            self.breaks_after -= 1
            if self.breaks_after < 0:
                self.broken = True
                raise OSError("broken")

    def require(self, condition: bool, message: str) -> None:
        if not condition:
            raise AssertionError(message)

    def require_headers(self, headers: Any) -> None:
        for name, value in headers:
            self.require(type(name) is bytes and type(value) is bytes, "headers are bytes")
            self.require(name == name.lower() and name != b"", "names are lower-case")
            self.require(not set(name + value) & set(b"\r\n\0"), "no line ends in headers")

    def check_accept(self, event: Any) -> None:
        self.require(self.connected, "accept before websocket.connect was given")
        self.require(self.phase == "connecting", f"accept when {self.phase}")
        self.require(isinstance(event.get("subprotocol"), str | None), "the subprotocol is a str")
        self.require_headers(event.get("headers", ()))
        self.phase = "accepted"

    def check_message(self, event: Any) -> None:
        data, raw = event.get("text"), event.get("bytes")
        self.require(self.phase == "accepted", f"a message when {self.phase}")
        self.require(data is not None or raw is not None, "a message without data")
        self.require(isinstance(data, str | None) and isinstance(raw, bytes | None), "the types of a message")

    def check_close(self, event: Any) -> None:
        code, reason = event.get("code", 1000), event.get("reason") or ""
        self.require(self.phase in ("connecting", "accepted"), f"close when {self.phase}")
        self.require(1000 <= code < 5000 and code not in (1004, 1005, 1006, 1015), "the code")
        self.require(len(reason.encode()) <= 123, "the reason")
        self.phase = "closed"

    def check_start(self, event: Any) -> None:
        self.require(self.has_extension, "a response without the extension")
        self.require(self.phase == "connecting", f"a response when {self.phase}")
        self.require(200 <= event["status"] <= 599, "the status")
        self.require_headers(event.get("headers", ()))
        self.phase = "responding"

    def check_body(self, event: Any) -> None:
        self.require(self.phase == "responding", f"a body when {self.phase}")
        self.require(isinstance(event.get("body", b""), bytes), "the body is bytes")
        if not event.get("more_body"):
            self.phase = "closed"


OPERATIONS: dict[str, Call] = {
    **{name: call for name, (call, _, _) in CALLS.items() if "plain" not in name and not name.startswith("get")},
    "receive": lambda socket: socket.receive(),
    "receive_bytes_json": lambda socket: socket.receive_json("binary", list[int]),
    "accept-wrong": lambda socket: socket.accept("a\r\n"),
    "accept-chat": lambda socket: socket.accept("chat", {"A": "b"}),
    "close-wrong": lambda socket: socket.close(1005),
    "deny-wrong": lambda socket: socket.deny(42),
    "send-wrong": lambda socket: socket.send_text(5),
    "put-none": lambda socket: socket.send(None),
    "put-both": lambda socket: socket.send({"type": "websocket.send", "text": "a", "bytes": b"b"}),
    "put-neither": lambda socket: socket.send({"type": "websocket.send"}),
    "put-code": lambda socket: socket.send({"type": "websocket.close", "code": 999}),
}
COMMON = st.sampled_from(
    [text("a"), text("[1]"), binary(b"\x91\x01"), text("["), binary(b"[2]"), text(""), binary(b"")]
)
RARE = st.sampled_from(
    [
        CONNECT,
        disconnect(),
        disconnect(code=4000, reason="why"),
        {"type": "websocket.receive"},
        {"type": "websocket.receive", "text": "a", "bytes": None},
        {"type": "websocket.receive", "text": None, "bytes": b"a"},
        {"type": "websocket.receive", "text": 5},
        {"type": "http.request"},
        {},
        None,
        LookupError("of the server"),
    ]
)
EVENTS = st.one_of(
    st.lists(COMMON, max_size=5).map(lambda events: [CONNECT, *events]),
    st.lists(st.one_of(COMMON, RARE), max_size=5).map(lambda events: [CONNECT, *events]),
    st.lists(st.one_of(COMMON, RARE), max_size=5),
)
STEPS = st.lists(
    st.one_of(
        st.sampled_from(sorted(OPERATIONS)).map(lambda name: ("run", name)),
        st.sampled_from(sorted(OPERATIONS)).map(lambda name: ("start", name)),
        st.integers(0, 3).map(lambda index: ("step", index)),
        st.integers(0, 3).map(lambda index: ("cancel", index)),
        st.integers(0, 3).map(lambda index: ("drop", index)),
    ),
    min_size=1,
    max_size=14,
)
BREAKS = st.one_of(st.none(), st.none(), st.integers(0, 4))


class Cancelled(BaseException):
    pass


@cache
def wrapping_class(side: Any, kind: str) -> Any:
    """Return a subclass with wrappers or methods of its own."""

    class Wrapping(side.WebSocket):  # type: ignore[misc, name-defined]
        def receive_wrapper(self, receive: Any) -> Any:
            if kind in ("send-plain", "methods"):
                return super().receive_wrapper(receive)
            inner = super().receive_wrapper(receive) if kind == "built-on" else receive

            async def wrapped() -> Any:
                event = await inner()
                if kind == "own-state" and event["type"] in ("websocket.connect", "websocket.disconnect"):
                    self.connection_state = event["type"].removeprefix("websocket.")
                return event

            return wrapped

        def send_wrapper(self, send: Any) -> Any:
            if kind in ("receive-plain", "methods"):
                return super().send_wrapper(send)
            inner = super().send_wrapper(send) if kind == "built-on" else send

            async def wrapped(event: Any) -> None:
                if kind == "own-state" and event["type"] == "websocket.close":
                    self.connection_state = "disconnect"
                await inner(event)

            return wrapped

        async def accept(self, subprotocols: Any = None, headers: Any = None) -> None:
            await super().accept(subprotocols or "chat", headers)

        async def receive_data(self, mode: Any) -> Any:
            return await super().receive_data(mode)

        async def send_data(self, data: Any, mode: Any = "text", encoding: Any = "utf-8") -> None:
            await super().send_data(data, mode, encoding)

        if kind != "methods":
            del accept, receive_data, send_data

    return Wrapping


def play(
    side: Any,
    events: list[Any],
    has_extension: bool,
    breaks_after: int | None,
    script: list[Any],
    kind: str | None = None,
    waits_for_accept: bool = False,
) -> list[Any]:
    """Run a script over a strict server, tasks interleaved by hand; return everything that can be seen.

    A subclass with wrappers of its own may let through what it likes: what the server finds wrong is seen, no failure.
    """
    server = StrictServer(
        events, has_extension=has_extension, breaks_after=breaks_after, waits_for_accept=waits_for_accept
    )
    scope = websocket_scope(extensions={EXTENSION: {}} if has_extension else {})
    cls = side.WebSocket if kind is None else wrapping_class(side, kind)
    socket = cls(scope, server.receive, server.send)
    tasks: list[Any] = []
    seen: list[Any] = []

    def step(task: Any, how: str = "send", value: Any = None) -> bool:
        try:
            getattr(task, how)(value)
            result: tuple[Any, ...] = ("waits",)
        except StopIteration as stop:
            result = ("returned", stop.value)
        except (Exception, Cancelled) as error:
            if isinstance(error, AssertionError) and kind is None:
                raise
            result = ("raised", type(error).__name__, str(error), getattr(error, "code", None))
        seen.append((*result, socket.connection_state))
        return result == ("waits",)

    for action, argument in script:
        if action in ("run", "start"):
            task = OPERATIONS[argument](socket).__await__()
            is_waiting = step(task)
            while is_waiting and action == "run":
                is_waiting = step(task)
            if is_waiting:
                tasks.append(task)
        elif tasks:
            index = argument % len(tasks)
            if action == "drop":
                tasks.pop(index).close()
                seen.append(("dropped", socket.connection_state))
            elif not step(tasks[index], *(("throw", Cancelled()) if action == "cancel" else ())):
                del tasks[index]
    while tasks:
        tasks.pop().close()
    seen.append(socket.connection_state)
    return [*seen, *server.log]


@given(EVENTS, st.booleans(), BREAKS, STEPS)
def test_no_forbidden_event_reaches_the_server(
    side: Any, events: list[Any], has_extension: bool, breaks_after: int | None, script: list[Any]
) -> None:
    play(side, events, has_extension, breaks_after, script)


@given(st.lists(COMMON, max_size=5), st.booleans(), BREAKS, STEPS)
def test_a_right_server_is_never_said_to_be_wrong(
    side: Any, messages: list[Any], has_extension: bool, breaks_after: int | None, script: list[Any]
) -> None:
    seen = play(side, [CONNECT, *messages], has_extension, breaks_after, script, waits_for_accept=True)
    assert not [item for item in seen if item[0] == "raised" and "receive() gave" in item[2]]


@given(EVENTS, st.booleans(), BREAKS, STEPS)
def test_both_sides_do_the_same(
    twins: Any, events: list[Any], has_extension: bool, breaks_after: int | None, script: list[Any]
) -> None:
    compiled, pure = (play(side, events, has_extension, breaks_after, script) for side in twins)
    assert compiled == pure


@given(
    st.sampled_from(["built-on", "plain", "receive-plain", "send-plain", "own-state", "methods"]),
    EVENTS,
    st.booleans(),
    BREAKS,
    STEPS,
)
def test_both_sides_do_the_same_with_wrappers(
    twins: Any, kind: str, events: list[Any], has_extension: bool, breaks_after: int | None, script: list[Any]
) -> None:
    compiled, pure = (play(side, events, has_extension, breaks_after, script, kind) for side in twins)
    assert compiled == pure


@pytest.mark.parametrize("kind", ["built-on", "methods"])
@given(EVENTS, st.booleans(), BREAKS, STEPS)
def test_what_is_built_on_litecon_is_as_strict(
    side: Any, kind: str, events: list[Any], has_extension: bool, breaks_after: int | None, script: list[Any]
) -> None:
    seen = play(side, events, has_extension, breaks_after, script, kind)
    assert not [item for item in seen if item[:2] == ("raised", "AssertionError")]


class _Text(str):
    def __str__(self) -> str:
        return "x\r\nset-cookie: a=b"


class _Number(int):
    def __int__(self) -> int:
        return 7

    __index__ = __int__


class _Protocol(str, enum.Enum):
    V1 = "v1"


@pytest.mark.parametrize(("given", "expected"), [(_Text("v1"), "v1"), (_Protocol.V1, "v1")])
def test_what_is_checked_of_a_subclass_is_what_is_sent(side: Any, given: Any, expected: str) -> None:
    socket, server = at(side, "init", CONNECT)
    drive(socket.accept(given))
    drive(socket.send({"type": "websocket.send", "text": given}))
    drive(socket.close(_Number(1001), given))
    assert [server.sent[0]["subprotocol"], server.sent[1]["text"], server.sent[2]["reason"]] == [expected] * 3
    assert {type(server.sent[0]["subprotocol"]), type(server.sent[1]["text"]), type(server.sent[2]["reason"])} == {str}
    assert (type(server.sent[2]["code"]), server.sent[2]["code"]) == (int, 1001)
    error = error_of(socket.receive_text())
    assert (error.code, error.reason, type(error.reason)) == (1001, expected, str)  # type: ignore[attr-defined]
    socket, server = at(side, "init", CONNECT, extensions={"websocket.http.response": {}})
    drive(socket.deny(_Number(404)))
    assert (type(server.sent[0]["status"]), server.sent[0]["status"]) == (int, 404)


def test_a_scope_that_closes_while_it_is_read_is_seen(side: Any) -> None:
    """The state is looked at after everything that may run code of others."""
    socket, server = at(side, "connect")

    class Closing(dict):  # type: ignore[type-arg]
        def __getitem__(self, key: str) -> Any:
            if key == "extensions" and not server.sent:
                drive(socket.close(4001, "bye"))
            return super().__getitem__(key)

    socket.scope = Closing(socket.scope)
    assert type(error_of(socket.send(START))) is side.WebSocketDisconnect
    assert [event["type"] for event in server.sent] == ["websocket.close"]
