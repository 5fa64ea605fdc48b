"""Situations of WebSockets that broke other libraries."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from ..helpers import drive
from .doubles import (
    ACCEPT,
    CONNECT,
    Line,
    Task,
    at,
    binary,
    closed,
    disconnect,
    error_of,
    sent_text,
    text,
    websocket_scope,
)


class TestDisconnects:
    @pytest.mark.parametrize("name", ["accept", "receive_text", "receive_bytes", "receive_json", "receive_msgpack"])
    def test_first_event_a_disconnect(self, side: Any, name: str) -> None:
        socket, server = at(side, "init", disconnect(code=1006))
        for _ in range(2):
            error = error_of(getattr(socket, name)())
            assert (type(error), error.code) == (side.WebSocketDisconnect, 1006)  # type: ignore[attr-defined]
        assert socket.connection_state == "disconnect"
        assert server.calls == 1 and server.sent == []
        # what a handler does in its finally clause
        drive(socket.close())
        assert server.sent == []

    def test_first_event_a_disconnect_and_the_handler_sends(self, side: Any) -> None:
        socket, server = at(side, "init", disconnect())
        for call in (lambda: socket.send_text("a"), lambda: socket.send_json({}), lambda: socket.send_msgpack({})):
            assert type(error_of(call())) is side.WebSocketDisconnect
        assert server.sent == []

    def test_first_event_a_disconnect_and_the_handler_iterates(self, side: Any) -> None:
        for method in ("iter_data", "iter_json", "iter_msgpack"):
            socket, server = at(side, "init", disconnect())

            async def main(iterator: Any = getattr(socket, method)()) -> list[Any]:
                return [item async for item in iterator]

            assert drive(main()) == []
            assert server.sent == []

    @pytest.mark.parametrize(
        ("items", "code", "reason"),
        [
            ({}, 1005, ""),
            ({"code": None}, 1005, ""),
            ({"code": 1001}, 1001, ""),
            ({"reason": "why"}, 1005, "why"),
            ({"code": 1000, "reason": None}, 1000, ""),
        ],
    )
    def test_without_code_or_reason(self, side: Any, items: Any, code: int, reason: str) -> None:
        socket, _ = at(side, "open", disconnect(**items))
        error = error_of(socket.receive_text())
        assert type(error) is side.WebSocketDisconnect
        assert (error.code, error.reason) == (code, reason)

    def test_receive_twice_after_it(self, side: Any) -> None:
        socket, server = at(side, "open", disconnect(code=4000, reason="why"))
        errors = [error_of(socket.receive_text()) for _ in range(3)]
        assert {(type(error), error.code, error.reason) for error in errors} == {  # type: ignore[attr-defined]
            (side.WebSocketDisconnect, 4000, "why")
        }
        assert server.calls == 1

    def test_receive_twice_after_a_raw_one(self, side: Any) -> None:
        event = disconnect(code=4000, reason="why")
        socket, server = at(side, "open", event)
        assert drive(socket.receive()) == event
        for call in (socket.receive, socket.receive_text):
            assert error_of(call()).code == 4000  # type: ignore[attr-defined]
        assert server.calls == 1


class TestKinds:
    def test_text_where_bytes_are_wanted(self, side: Any) -> None:
        socket, _ = at(side, "accepted", text("a"), text(""), text("[1]"), binary(b"b"))
        for call, data in ((socket.receive_bytes, "a"), (socket.receive_bytes, ""), (socket.receive_msgpack, "[1]")):
            error = error_of(call())
            assert type(error) is side.WebSocketMessageTypeError and error.data == data
        assert drive(socket.receive_bytes()) == b"b"

    def test_bytes_where_text_is_wanted(self, side: Any) -> None:
        socket, _ = at(side, "accepted", binary(b"a"), binary(b""), binary(b"[1]"), text("b"))
        for call, data in ((socket.receive_text, b"a"), (socket.receive_text, b""), (socket.receive_json, b"[1]")):
            error = error_of(call())
            assert type(error) is side.WebSocketMessageTypeError and error.data == data
        assert drive(socket.receive_text()) == "b"

    def test_both_keys_present_one_none(self, side: Any) -> None:
        for raw, data in ((None, "a"), (None, "")):
            socket, _ = at(side, "accepted", {"type": "websocket.receive", "text": data, "bytes": raw})
            assert drive(socket.receive_text()) == data
        for raw in (b"a", b""):
            socket, _ = at(side, "accepted", {"type": "websocket.receive", "bytes": raw, "text": None})
            assert drive(socket.receive_bytes()) == raw


class TestStates:
    def test_accept_twice(self, side: Any) -> None:
        socket, server = at(side, "init", CONNECT)
        drive(socket.accept())
        assert type(error_of(socket.accept())) is side.WebSocketStateError
        assert server.sent == [ACCEPT]

    def test_accept_after_the_first_message_accepted(self, side: Any) -> None:
        socket, server = at(side, "init", CONNECT, text("a"))
        drive(socket.receive_text())
        error = error_of(socket.accept())
        assert type(error) is side.WebSocketStateError and "accept" in str(error)
        assert server.sent == [ACCEPT]

    def test_close_twice(self, side: Any) -> None:
        socket, server = at(side, "open")
        for code in (4000, 4001):
            assert drive(socket.close(code)) is None
        assert server.sent == [closed(4000)]

    def test_close_after_a_disconnect(self, side: Any) -> None:
        socket, server = at(side, "disconnected")
        assert drive(socket.close()) is None
        assert server.sent == []

    def test_send_after_close(self, side: Any) -> None:
        socket, server = at(side, "open")
        drive(socket.close(4000, "why"))
        for call in (lambda: socket.send_text("a"), lambda: socket.send_json(1), lambda: socket.send(sent_text("a"))):
            error = error_of(call())
            assert type(error) is side.WebSocketDisconnect and (error.code, error.reason) == (4000, "why")
        assert server.sent == [closed(4000, "why")]

    def test_send_before_accept(self, side: Any) -> None:
        # in "init" it accepts; once the handshake was received by hand, it is the application's to answer
        socket, server = at(side, "init", CONNECT)
        drive(socket.send_text("a"))
        assert server.sent == [ACCEPT, sent_text("a")]
        socket, server = at(side, "connect")
        error = error_of(socket.send_text("a"))
        assert type(error) is side.WebSocketStateError and "'connect'" in str(error)
        assert server.sent == []
        drive(socket.accept())
        drive(socket.send_text("a"))
        assert server.sent == [ACCEPT, sent_text("a")]

    def test_receive_after_close(self, side: Any) -> None:
        socket, server = at(side, "open", text("a"))
        drive(socket.close(4000, "why"))
        error = error_of(socket.receive_text())
        assert type(error) is side.WebSocketDisconnect and (error.code, error.reason) == (4000, "why")
        assert server.calls == 0

    @pytest.mark.parametrize(
        "error", [OSError(), BrokenPipeError(32, "x"), ConnectionResetError(), TimeoutError()], ids=repr
    )
    def test_os_error_from_send(self, side: Any, error: OSError) -> None:
        socket, server = at(side, "open")
        server.errors.append(error)
        raised = error_of(socket.send_text("a"))
        assert type(raised) is side.WebSocketDisconnect and raised.code == 1006
        assert raised.__cause__ is error
        for call in (socket.receive_text, lambda: socket.send_text("a")):
            again = error_of(call())
            assert type(again) is side.WebSocketDisconnect and again.code == 1006
        assert drive(socket.close()) is None

    def test_other_errors_from_send(self, side: Any) -> None:
        socket, server = at(side, "open")
        for error in (RuntimeError("of the server"), ValueError(), AssertionError()):
            server.errors.append(error)
            assert error_of(socket.send_text("a")) is error
        drive(socket.send_text("a"))
        assert server.sent == [sent_text("a")]


class TestArguments:
    @pytest.mark.parametrize("state", ["init", "connect"])
    @pytest.mark.parametrize("text_", ["a\r\nset-cookie: b", "a\nb", "a\rb", "a\0b"], ids=repr)
    def test_line_ends_in_headers_and_subprotocols(self, side: Any, state: str, text_: str) -> None:
        socket, server = at(side, state)
        for keywords in (
            {"subprotocols": text_},
            {"headers": {"x": text_}},
            {"headers": [(b"x", text_.encode())]},
            {"headers": {text_: "x"}},
            {"headers": side.Headers([(b"x", text_.encode())])},
        ):
            error = error_of(socket.accept(**keywords))
            assert type(error) is side.ImproperlyConfiguredException
        assert type(error_of(socket.deny(headers={"x": text_}))) is side.ImproperlyConfiguredException
        assert server.sent == [] and server.calls == 0
        # a good one is still possible
        if state == "connect":
            drive(socket.accept())
            assert server.sent == [ACCEPT]

    @pytest.mark.parametrize("state", ["init", "connect", "accepted", "open"])
    def test_a_reason_of_200_characters(self, side: Any, state: str) -> None:
        socket, server = at(side, state)
        before = socket.connection_state
        for reason in ("x" * 200, "é" * 100):
            error = error_of(socket.close(1000, reason))
            assert type(error) is side.ImproperlyConfiguredException and reason not in str(error)
        assert server.sent == [] and socket.connection_state == before
        drive(socket.close(1000, "x" * 123))
        assert server.sent == [closed(1000, "x" * 123)]


def test_bad_json_then_a_good_message(side: Any) -> None:
    socket, server = at(side, "init", CONNECT, text("{"), text('{"a": 1}'), disconnect())
    error = error_of(socket.receive_json())
    assert type(error) is side.SerializationException
    drive(socket.send_json({"error": error.detail}))
    assert drive(socket.receive_json()) == {"a": 1}
    assert len(server.sent) == 2


def test_a_task_cancelled_in_receive_text_loses_no_message(side: Any, run: Any) -> None:
    async def main() -> None:
        line = Line(CONNECT)
        socket = side.WebSocket(websocket_scope(), line.receive, line.send)
        await socket.accept()
        for number in range(5):
            async with Task(socket.receive_text) as task:
                await task.cancel()
            line.put(text(str(number)))
            assert await socket.receive_text() == str(number)

    run(main)


class TestCoroutines:
    def test_never_awaited(self, side: Any) -> None:
        socket, server = at(side, "accepted", text("a"))
        with pytest.warns(RuntimeWarning, match="was never awaited"):
            socket.receive_text()
            gc.collect()
        assert server.calls == 0
        assert drive(socket.receive_text()) == "a"

    def test_awaited_twice(self, side: Any) -> None:
        socket, server = at(side, "accepted", text("a"), text("b"))

        async def main() -> None:
            coroutine = socket.receive_text()
            assert await coroutine == "a"
            with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
                await coroutine
            assert await socket.receive_text() == "b"

        drive(main())
        assert server.calls == 2

    def test_closed_half_way(self, side: Any) -> None:
        async def main() -> None:
            line = Line(CONNECT)
            socket = side.WebSocket(websocket_scope(), line.receive, line.send)
            await socket.accept()
            coroutine = socket.receive_text()
            coroutine.send(None)
            coroutine.close()
            line.put(text("a"))
            assert await socket.receive_text() == "a"

        asyncio.run(main())

    def test_thrown_into(self, side: Any) -> None:
        async def main() -> None:
            line = Line(CONNECT)
            socket = side.WebSocket(websocket_scope(), line.receive, line.send)
            await socket.accept()
            coroutine = socket.receive_text()
            coroutine.send(None)
            with pytest.raises(LookupError):
                coroutine.throw(LookupError("thrown"))
            line.put(text("a"))
            assert await socket.receive_text() == "a"

        asyncio.run(main())
