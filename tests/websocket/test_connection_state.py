"""A WebSocket over a connection that other code has begun: `WebSocket(..., connection_state=...)`."""

from __future__ import annotations

import inspect
from typing import Any
from unittest import mock

import pytest

from ..helpers import drive
from .doubles import ACCEPT, CONNECT, Server, binary, closed, disconnect, error_of, sent_text, text, websocket_scope


def over(side: Any, state: str, *events: Any, cls: Any = None) -> tuple[Any, Server]:
    server = Server(*events)
    kind = cls or side.WebSocket
    return kind(websocket_scope(), server.receive, server.send, connection_state=state), server


@pytest.mark.parametrize("state", ["init", "connect", "receive", "disconnect"])
def test_it_is_what_the_socket_says(side: Any, state: str) -> None:
    socket, server = over(side, state)
    assert socket.connection_state == state
    assert (server.calls, server.sent) == (0, [])


class TestAccepted:
    def test_messages_are_received_at_once(self, side: Any) -> None:
        socket, server = over(
            side, "receive", text("a"), binary(b"b"), text("[1]"), disconnect(code=4002, reason="gone")
        )
        assert drive(socket.receive_text()) == "a"
        assert drive(socket.receive_bytes()) == b"b"
        assert drive(socket.iter_json().__anext__()) == [1]
        error: Any = error_of(socket.receive_text())
        assert (type(error), error.code, error.reason) == (side.WebSocketDisconnect, 4002, "gone")
        assert server.sent == []

    def test_messages_are_sent_at_once(self, side: Any) -> None:
        socket, server = over(side, "receive")
        drive(socket.send_text("a"))
        drive(socket.close(4001, "bye"))
        assert server.sent == [sent_text("a"), closed(4001, "bye")]
        assert server.calls == 0

    def test_it_is_not_accepted_again(self, side: Any) -> None:
        socket, server = over(side, "receive")
        for call in (socket.accept, socket.deny):
            assert type(error_of(call())) is side.WebSocketStateError
        assert server.sent == []

    def test_its_own_callables_keep_the_state(self, side: Any) -> None:
        socket, server = over(side, "receive", text("a"))
        assert drive(socket.receive()) == text("a")
        assert type(error_of(socket.send(ACCEPT))) is side.WebSocketStateError
        assert server.sent == []


def test_a_handshake_that_was_received_is_answered(side: Any) -> None:
    socket, server = over(side, "connect", text("a"))
    drive(socket.accept())
    assert server.calls == 0
    assert drive(socket.receive_text()) == "a"
    assert server.sent == [ACCEPT]


def test_a_handshake_that_was_received_is_denied(side: Any) -> None:
    socket, server = over(side, "connect")
    drive(socket.deny(404))
    assert server.sent[0]["status"] == 404


def test_a_connection_that_has_ended(side: Any) -> None:
    socket, server = over(side, "disconnect")
    for call in (socket.receive_text, lambda: socket.send_text("a"), socket.accept):
        error: Any = error_of(call())
        assert (type(error), error.code) == (side.WebSocketDisconnect, 1005)
    assert drive(socket.close()) is None
    assert (server.calls, server.sent) == (0, [])


@pytest.mark.parametrize("state", ["open", "", None, 3, b"receive"])
def test_there_is_no_such_state(side: Any, state: Any) -> None:
    with pytest.raises(
        ValueError, match="connection_state is .*, expected 'init', 'connect', 'receive' or 'disconnect'"
    ):
        over(side, state)


def test_wrappers_see_the_state_from_the_beginning(side: Any) -> None:
    seen = []

    class Wrapped(side.WebSocket):  # type: ignore[misc, name-defined]
        def receive_wrapper(self, receive: Any) -> Any:
            seen.append(self.connection_state)
            return super().receive_wrapper(receive)

        def send_wrapper(self, send: Any) -> Any:
            seen.append(self.connection_state)
            return super().send_wrapper(send)

    socket, server = over(side, "receive", text("a"), cls=Wrapped)
    assert seen == ["receive", "receive"]
    assert drive(socket.receive_text()) == "a"
    drive(socket.send_text("b"))
    assert server.sent == [sent_text("b")]


def test_subclasses_take_it(side: Any) -> None:
    class Mine(side.WebSocket):  # type: ignore[misc, name-defined]
        def __init__(self, *arguments: Any, **keywords: Any) -> None:
            super().__init__(*arguments, **keywords)

    assert over(side, "receive", cls=Mine)[0].connection_state == "receive"
    assert over(side, "receive", cls=side.WebSocket[Any, Any, Any])[0].connection_state == "receive"


@pytest.mark.parametrize("first", ["init", "receive"])
def test_constructed_again_it_is_new_again(side: Any, first: str) -> None:
    socket, _ = over(side, first, text("a"))
    server = Server(CONNECT, text("b"))
    socket.__init__(websocket_scope(), server.receive, server.send)
    assert socket.connection_state == "init"
    assert drive(socket.receive_text()) == "b"
    assert server.sent == [ACCEPT]
    server = Server(text("c"))
    socket.__init__(websocket_scope(), server.receive, server.send, connection_state="receive")
    assert drive(socket.receive_text()) == "c"
    assert server.sent == []


def test_it_is_given_by_keyword_and_to_a_websocket_alone(side: Any) -> None:
    server = Server()
    with pytest.raises(TypeError):
        side.WebSocket(websocket_scope(), server.receive, server.send, "receive")
    for kind in (side.Request, side.ASGIConnection):
        with pytest.raises(TypeError):
            kind(websocket_scope(), server.receive, server.send, connection_state="receive")
        assert "connection_state" not in inspect.signature(kind).parameters
    parameter = inspect.signature(side.WebSocket).parameters["connection_state"]
    assert (parameter.kind, parameter.default) == (inspect.Parameter.KEYWORD_ONLY, "init")


def test_a_constructor_that_was_replaced_is_called(side: Any) -> None:
    with mock.patch.object(side.WebSocket, "__init__", return_value=None) as constructor:
        side.WebSocket({}, connection_state="receive")
    constructor.assert_called_once_with({}, connection_state="receive")
    assert over(side, "receive")[0].connection_state == "receive"


def test_without_it_a_message_says_what_to_do(side: Any) -> None:
    server = Server(text("a"))
    error = error_of(side.WebSocket(websocket_scope(), server.receive, server.send).receive_text())
    assert type(error) is side.ImproperlyConfiguredException
    assert "connection_state='receive'" in "".join(error.__notes__)
