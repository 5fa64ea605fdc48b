"""A detail is safe to show to the client that caused it; advice for developers is a note, seen in a traceback."""

from __future__ import annotations

import ast
import inspect
import pickle
import re
import traceback
from typing import Any

import pytest

import litecon
from litecon import SerializationException, exceptions
from litecon import _errors as errors
from litecon.serialization import encode_json, encode_msgpack

from .helpers import Receiver, await_, body_events, http_scope
from .sides import PACKAGE
from .websocket.doubles import at, error_of

ADVICE = re.compile(
    r"\b(increase|raise|Limits|middleware|call|pass|ask|use|set|sets|make|accept\(\)|deny\(\)|serializer)\b"
)
ARGUMENTS: dict[str, Any] = {
    "key": "session", "value": 5, "expected": "a str", "scheme": "x", "pair": None, "scope": None, "name": 5,
    "host": "a b",
    "limit": 5, "event": {"type": "x"}, "body": 5, "code": 1000, "reason": "", "state": "connect",
    "type_": "websocket.send", "hint": "accept() it before", "wanted": "text", "data": b"x", "mode": 5, "o": 5,
    "connection": 5, "replaced": None, "what": "x", "authority": "a", "digits": 25, "headers": None,
}  # fmt: skip


def makers() -> list[Any]:
    return [
        function
        for name, function in inspect.getmembers(errors, inspect.isfunction)
        if function.__module__ == errors.__name__ and not name.startswith("_") and name not in ("with_note", "quoted")
    ]


def details() -> list[tuple[str, str]]:
    """Return what the modules of the package write as the detail of an exception, and where."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in exceptions.__all__ and node.args:
                texts = [part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)]
                found.append((f"{path.name}:{node.lineno}", "".join(map(str, texts))))
    return found


class TestDetailsAreSafeToShow:
    def test_there_are_makers(self) -> None:
        assert len(makers()) > 25

    @pytest.mark.parametrize(("where", "detail"), details(), ids=lambda text: text[:40])
    def test_of_every_module(self, where: str, detail: str) -> None:
        assert not ADVICE.search(detail), where

    @pytest.mark.parametrize("make", makers(), ids=lambda make: make.__name__)
    def test_each(self, make: Any) -> None:
        error = make(*(ARGUMENTS[name] for name in inspect.signature(make).parameters))
        if not isinstance(error, litecon.LiteconException):
            return
        assert not ADVICE.search(error.detail), error.detail
        if isinstance(error, litecon.ImproperlyConfiguredException):
            assert error.detail == "the server is improperly configured"
            assert str(error) != error.detail
            # for whoever looks for what is wrong
            assert str(error) in "".join(traceback.format_exception(error))
            assert str(pickle.loads(pickle.dumps(error))) == str(error)

    @pytest.mark.parametrize(
        ("name", "advice"),
        [("session", "a session middleware sets it"), ("user", "authentication middleware"), ("app", "framework")],
    )
    def test_advice_is_a_note(self, side: Any, name: str, advice: str) -> None:
        with pytest.raises(side.ImproperlyConfiguredException) as info:
            getattr(side.Request(http_scope()), name)
        assert advice not in info.value.detail and name not in info.value.detail
        assert any(advice in note for note in info.value.__notes__)
        assert advice in "".join(traceback.format_exception(info.value))

    def test_a_body_beyond_a_bound(self, side: Any) -> None:
        with pytest.raises(side.RequestEntityTooLarge) as info:
            request_class = type("Bounded", (side.Request,), {"limits": side.Limits(max_body_size=4)})
            await_(request_class(http_scope(), Receiver(body_events(b"12345"))).body())
        assert info.value.detail == "the body is larger than 4 bytes"
        assert info.value.__notes__ == ["increase Limits.max_body_size to accept it"]

    def test_encoding_says_nothing_of_the_inside(self) -> None:
        for encode in (encode_json, encode_msgpack):
            with pytest.raises(SerializationException) as info:
                encode({"secret": object()})
            assert "object" not in info.value.detail and "serializer" not in info.value.detail
            assert any("'object'" in note and "serializer=" in note for note in info.value.__notes__)

    def test_a_message_beyond_a_bound(self, side: Any) -> None:
        class Socket(side.WebSocket):  # type: ignore[misc]
            limits = side.Limits(max_message_size=4)

        socket, _ = at(side, "accepted", {"type": "websocket.receive", "text": "12345"}, cls=Socket)
        error: Any = error_of(socket.receive_text())
        assert error.detail == "the message is larger than 4 bytes"
        assert error.__notes__ == ["increase Limits.max_message_size to accept it"]

    def test_a_state_that_does_not_allow_it(self, side: Any) -> None:
        socket, _ = at(side, "connect")
        error: Any = error_of(socket.send_text("a"))
        assert error.detail == "cannot send 'websocket.send' in the state 'connect'"
        assert error.__notes__ == ["accept() it before"]

    @pytest.mark.parametrize(
        "call",
        [
            lambda socket: socket.close(99),
            lambda socket: socket.close(1000, "x" * 200),
            lambda socket: socket.close(1000, 5),
            lambda socket: socket.accept("a,b"),
            lambda socket: socket.accept(headers=[("a b", "c")]),
            lambda socket: socket.accept(headers=[("a", "b\r\n")]),
            lambda socket: socket.accept(headers=5),
            lambda socket: socket.deny(99),
            lambda socket: socket.deny(403, body=5),
            lambda socket: socket.send({"type": "websocket.send"}),
            lambda socket: socket.send({"type": "websocket.send", "text": 5}),
            lambda socket: socket.send({"type": "x"}),
            lambda socket: socket.send({}),
        ],
    )
    def test_what_an_application_sends(self, side: Any, call: Any) -> None:
        socket, _ = at(side, "connect")
        error: Any = error_of(call(socket))
        assert type(error) is side.ImproperlyConfiguredException
        assert error.detail == "the server is improperly configured" != str(error)

    def test_a_framework_that_finds_no_route(self, side: Any) -> None:
        class App:
            def url_path_for(self, name: str, **parameters: Any) -> str:
                raise LookupError("INSIDE")

        with pytest.raises(side.NoRouteMatchFoundException) as info:
            side.Request(http_scope(app=App())).url_for("here")
        assert "INSIDE" not in info.value.detail
        assert any("INSIDE" in note for note in info.value.__notes__)


@pytest.mark.parametrize("name", [name for name in exceptions.__all__ if name != "LiteconWarning"])
@pytest.mark.parametrize("detail", [{"field": "name"}, 5, ["a", "b"]])
def test_a_detail_of_another_type_is_shown(name: str, detail: Any) -> None:
    error = getattr(exceptions, name)(detail)
    assert error.detail == detail and str(error) == str(detail)
    assert str(detail) in "".join(traceback.format_exception(error))
    error.args = ()
    assert str(error) == str(detail)
