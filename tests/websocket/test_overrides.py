"""An application's replacements for the parts of a WebSocket are used: wrappers, callables, methods, limits."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from ..helpers import drive
from .doubles import (
    ACCEPT,
    CONNECT,
    Server,
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

RECEIVING: dict[str, tuple[Callable[[Any], Any], Any, Any]] = {
    "receive_data": (lambda socket: socket.receive_data("text"), text("[1]"), "[1]"),
    "receive_text": (lambda socket: socket.receive_text(), text("[1]"), "[1]"),
    "receive_bytes": (lambda socket: socket.receive_bytes(), binary(b"[1]"), b"[1]"),
    "receive_json": (lambda socket: socket.receive_json(), text("[1]"), [1]),
    "receive_msgpack": (lambda socket: socket.receive_msgpack(), binary(b"\x91\x01"), [1]),
    "iter_data": (lambda socket: socket.iter_data().__anext__(), text("[1]"), "[1]"),
    "iter_json": (lambda socket: socket.iter_json().__anext__(), text("[1]"), [1]),
    "iter_msgpack": (lambda socket: socket.iter_msgpack().__anext__(), binary(b"\x91\x01"), [1]),
}
SENDING: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "send_data": (lambda socket: socket.send_data("a"), sent_text("a")),
    "send_text": (lambda socket: socket.send_text("a"), sent_text("a")),
    "send_bytes": (lambda socket: socket.send_bytes(b"a"), sent_bytes(b"a")),
    "send_json": (lambda socket: socket.send_json("a"), sent_text('"a"')),
    "send_msgpack": (lambda socket: socket.send_msgpack("a"), sent_bytes(b"\xa1a")),
}


def over(cls: Any, *events: Any, **changes: Any) -> tuple[Any, Server]:
    server = Server(*events)
    return cls(websocket_scope(**changes), server.receive, server.send), server


class Seen:
    """What the wrappers of one test have seen."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.sent: list[str] = []
        self.states: list[str] = []


def wrapping_class(side: Any, seen: Seen, kind: str) -> Any:
    """Return a subclass with wrappers: built on litecon's, plain, or plain ones that set `connection_state`."""

    class Wrapped(side.WebSocket):  # type: ignore[misc, name-defined]
        def receive_wrapper(self, receive: Any) -> Any:
            inner = super().receive_wrapper(receive) if kind == "built-on" else receive

            async def wrapped() -> Any:
                event = await inner()
                seen.received.append(event["type"])
                if kind == "own-state":
                    name = event["type"].removeprefix("websocket.")
                    self.connection_state = name
                return event

            return wrapped

        def send_wrapper(self, send: Any) -> Any:
            inner = super().send_wrapper(send) if kind == "built-on" else send

            async def wrapped(event: Any) -> None:
                seen.sent.append(event["type"])
                if kind == "own-state" and event["type"] == "websocket.close":
                    self.connection_state = "disconnect"
                await inner(event)

            return wrapped

    return Wrapped


KINDS = ("built-on", "plain", "own-state")


@pytest.mark.parametrize("kind", KINDS)
class TestWrappers:
    @pytest.mark.parametrize("name", RECEIVING)
    def test_receiving(self, side: Any, kind: str, name: str) -> None:
        call, event, expected = RECEIVING[name]
        seen = Seen()
        gone = disconnect(code=4002, reason="gone")
        socket, server = over(wrapping_class(side, seen, kind), CONNECT, event, event, gone)
        assert socket.connection_state == "init"
        assert drive(call(socket)) == expected
        assert socket.connection_state == "receive"
        assert drive(call(socket)) == expected
        error = error_of(call(socket))
        assert type(error) is (StopAsyncIteration if name.startswith("iter") else side.WebSocketDisconnect)
        assert socket.connection_state == "disconnect"
        assert seen.received == ["websocket.connect", "websocket.receive", "websocket.receive", "websocket.disconnect"]
        assert seen.sent == ["websocket.accept"]
        assert server.sent == [ACCEPT]
        # afterwards nobody is asked
        for again in (socket.receive_text, lambda: socket.send_text("a")):
            error = error_of(again())
            assert type(error) is side.WebSocketDisconnect
            assert (error.code, error.reason) == (4002, "gone")
        assert len(seen.received) == 4 and server.calls == 4

    @pytest.mark.parametrize("name", SENDING)
    def test_sending(self, side: Any, kind: str, name: str) -> None:
        call, event = SENDING[name]
        seen = Seen()
        socket, server = over(wrapping_class(side, seen, kind), CONNECT)
        drive(call(socket))
        assert socket.connection_state == "connect"
        drive(call(socket))
        drive(socket.close(4001, "bye"))
        assert socket.connection_state == "disconnect"
        assert seen.sent == ["websocket.accept", "websocket.send", "websocket.send", "websocket.close"]
        assert server.sent == [ACCEPT, event, event, closed(4001, "bye")]
        error = error_of(call(socket))
        assert (type(error), error.code) == (side.WebSocketDisconnect, 4001)  # type: ignore[attr-defined]
        assert drive(socket.close()) is None
        assert len(seen.sent) == 4

    def test_states_are_kept(self, side: Any, kind: str) -> None:
        seen = Seen()
        socket, server = over(wrapping_class(side, seen, kind), CONNECT, text("a"))
        drive(socket.accept())
        assert type(error_of(socket.accept())) is side.WebSocketStateError
        assert type(error_of(socket.deny())) is side.WebSocketStateError
        assert drive(socket.receive_text()) == "a"
        assert server.sent == [ACCEPT]

    def test_first_event_a_disconnect(self, side: Any, kind: str) -> None:
        socket, server = over(wrapping_class(side, Seen(), kind), disconnect(code=4002, reason="gone"))
        for call in (socket.accept, socket.accept, socket.receive_text):
            error = error_of(call())
            assert type(error) is side.WebSocketDisconnect
            assert (error.code, error.reason) == (4002, "gone")
        assert server.sent == [] and server.calls == 1

    def test_deny(self, side: Any, kind: str) -> None:
        seen = Seen()
        socket, server = over(wrapping_class(side, seen, kind))
        drive(socket.deny(404, {"a": "b"}, b"no"))
        assert seen.sent == ["websocket.http.response.start", "websocket.http.response.body"]
        assert len(server.sent) == 2
        assert socket.connection_state == "disconnect"

    def test_os_error(self, side: Any, kind: str) -> None:
        socket, server = over(wrapping_class(side, Seen(), kind), CONNECT)
        drive(socket.accept())
        server.errors.append(OSError("broken"))
        error = error_of(socket.send_text("a"))
        assert (type(error), error.code) == (side.WebSocketDisconnect, 1006)  # type: ignore[attr-defined]
        assert isinstance(error.__cause__, OSError)
        assert error_of(socket.receive_text()).code == 1006  # type: ignore[attr-defined]

    def test_raw_callables_are_the_wrapped_ones(self, side: Any, kind: str) -> None:
        seen = Seen()
        socket, server = over(wrapping_class(side, seen, kind), CONNECT)
        assert drive(socket.receive()) == CONNECT
        assert seen.received == ["websocket.connect"]
        drive(socket.send({"type": "websocket.accept"}))
        assert seen.sent == ["websocket.accept"]
        assert server.sent == [{"type": "websocket.accept"}]

    def test_messages_of_the_wrong_kind_and_bad_data(self, side: Any, kind: str) -> None:
        socket, _ = over(wrapping_class(side, Seen(), kind), CONNECT, binary(b"a"), text("["), text("[1]"))
        assert error_of(socket.receive_text()).data == b"a"  # type: ignore[attr-defined]
        assert type(error_of(socket.receive_json())) is side.SerializationException
        assert drive(socket.receive_json()) == [1]


class TestWrapperMethods:
    def test_are_called_by_the_constructor_once(self, side: Any) -> None:
        calls: list[Any] = []

        class Wrapped(side.WebSocket):  # type: ignore[misc, name-defined]
            def receive_wrapper(self, receive: Any) -> Any:
                calls.append(receive)
                return super().receive_wrapper(receive)

            def send_wrapper(self, send: Any) -> Any:
                calls.append(send)
                return super().send_wrapper(send)

        server = Server(CONNECT, text("a"))
        receive, send = server.receive, server.send
        socket = Wrapped(websocket_scope(), receive=receive, send=send)
        assert calls == [receive, send]
        assert drive(socket.receive_text()) == "a"
        drive(socket.close())
        assert server.sent == [ACCEPT, closed()]
        assert calls == [receive, send]

    def test_of_the_base_are_callables_of_their_own(self, side: Any) -> None:
        socket, server = at(side, "accepted", text("a"), text("b"), text("c"))
        other = Server(text("other"))
        receive, send = socket.receive_wrapper(other.receive), socket.send_wrapper(other.send)
        # they keep the state of this socket, over other callables
        assert drive(receive()) == text("other")
        assert socket.connection_state == "receive"
        drive(send({"type": "websocket.close", "code": 4000}))
        assert other.sent == [{"type": "websocket.close", "code": 4000}] and server.sent == []
        assert socket.connection_state == "disconnect"
        assert error_of(send(sent_text("a"))).code == 4000  # type: ignore[attr-defined]

    def test_one_wrapper_alone(self, side: Any) -> None:
        class Receiving(side.WebSocket):  # type: ignore[misc, name-defined]
            def receive_wrapper(self, receive: Any) -> Any:
                async def wrapped() -> Any:
                    event = await receive()
                    return text(event["text"].upper()) if event["type"] == "websocket.receive" else event

                return wrapped

        class Sending(side.WebSocket):  # type: ignore[misc, name-defined]
            def send_wrapper(self, send: Any) -> Any:
                async def wrapped(event: Any) -> None:
                    await send({**event, "text": event["text"].upper()} if "text" in event else event)

                return wrapped

        for cls, received, sent in ((Receiving, "A", "b"), (Sending, "a", "B")):
            socket, server = over(cls, CONNECT, text("a"), disconnect())
            assert drive(socket.receive_text()) == received
            drive(socket.send_text("b"))
            assert server.sent == [ACCEPT, sent_text(sent)]
            assert isinstance(error_of(socket.iter_data().__anext__()), StopAsyncIteration)

    def test_a_wrapper_that_gives_what_it_got(self, side: Any) -> None:
        class Unwrapped(side.WebSocket):  # type: ignore[misc, name-defined]
            def receive_wrapper(self, receive: Any) -> Any:
                return receive

            def send_wrapper(self, send: Any) -> Any:
                return send

        server = Server(CONNECT, text("a"), disconnect(code=4000))
        receive, send = server.receive, server.send
        socket = Unwrapped(websocket_scope(), receive, send)
        assert socket.receive is receive and socket.send is send
        assert drive(socket.receive_text()) == "a"
        assert error_of(socket.receive_text()).code == 4000  # type: ignore[attr-defined]
        assert server.sent == [ACCEPT]

    def test_patched_on_the_class(self, side: Any) -> None:
        socket, _ = at(side, "accepted", text("a"))
        replaced = mock.AsyncMock(side_effect=[CONNECT, text("mocked")])
        with mock.patch.object(side.WebSocket, "receive_wrapper", lambda self, receive: replaced):
            patched, server = over(side.WebSocket)
            assert drive(patched.receive_text()) == "mocked"
            assert server.sent == [ACCEPT] and server.calls == 0
            # who was constructed before is as it was
            assert drive(socket.receive_text()) == "a"
        after, server = over(side.WebSocket, CONNECT, text("b"))
        assert drive(after.receive_text()) == "b"


class TestCallablesOfTheInstance:
    def test_read_twice_they_are_equal(self, side: Any) -> None:
        socket, server = at(side, "accepted", text("a"))
        assert socket.receive is socket.receive and socket.send is socket.send
        assert socket.receive != server.receive and socket.send != server.send

    @pytest.mark.parametrize("name", RECEIVING)
    @pytest.mark.parametrize("state", ["accepted", "open"])
    def test_receive_is_replaced(self, side: Any, state: str, name: str) -> None:
        call, event, expected = RECEIVING[name]
        socket, server = at(side, state)
        other = Server(event, disconnect(code=4002))
        socket.receive = other.receive
        assert socket.receive == other.receive
        assert drive(call(socket)) == expected
        assert socket.connection_state == "receive"
        assert error_of(socket.receive_text()).code == 4002  # type: ignore[attr-defined]
        assert server.calls == 0 and other.calls == 2

    @pytest.mark.parametrize("name", SENDING)
    def test_send_is_replaced(self, side: Any, name: str) -> None:
        call, event = SENDING[name]
        socket, server = at(side, "init", CONNECT)
        other = Server()
        socket.send = other.send
        drive(call(socket))
        drive(socket.close())
        assert other.sent == [ACCEPT, event, closed()]
        assert server.sent == []
        assert socket.connection_state == "disconnect"

    def test_restored(self, side: Any) -> None:
        socket, server = at(side, "accepted", text("a"))
        other = Server()
        socket.receive, socket.send = other.receive, other.send
        del socket.receive, socket.send
        assert socket.receive != other.receive and socket.send != other.send
        drive(socket.send_text("a"))
        assert drive(socket.receive_text()) == "a"
        assert server.sent == [sent_text("a")]
        assert socket.connection_state == "receive"
        assert drive(socket.send({"type": "websocket.close"})) is None
        assert socket.connection_state == "disconnect"

    @pytest.mark.parametrize("name", RECEIVING)
    @pytest.mark.parametrize("state", ["init", "accepted"])
    def test_receive_is_a_mock(self, side: Any, state: str, name: str) -> None:
        call, event, expected = RECEIVING[name]
        socket, server = at(side, state)
        socket.receive = mock.AsyncMock(return_value=event)
        for count in (1, 2):
            assert drive(call(socket)) == expected
            assert socket.receive.await_count == count
        assert server.sent == ([ACCEPT] if state == "init" else [])

    def test_send_is_a_mock(self, side: Any) -> None:
        socket, server = at(side, "init", CONNECT)
        socket.send = mock.AsyncMock()
        drive(socket.send_json({"a": 1}))
        drive(socket.close(1001))
        assert [call.args[0] for call in socket.send.await_args_list] == [ACCEPT, sent_text('{"a":1}'), closed(1001)]
        assert server.sent == []

    def test_patched_on_the_instance(self, side: Any) -> None:
        socket, server = at(side, "init", CONNECT, text("after"))
        with mock.patch.object(socket, "send", mock.AsyncMock()) as send:
            drive(socket.send_text("a"))
            assert send.await_count == 2
        with mock.patch.object(socket, "receive", mock.AsyncMock(return_value=text("mocked"))) as receive:
            assert drive(socket.receive_text()) == "mocked"
            assert drive(socket.iter_data().__anext__()) == "mocked"
            assert receive.await_count == 2
        assert drive(socket.receive_text()) == "after"
        drive(socket.send_text("after"))
        assert server.sent == [sent_text("after")]

    def test_replaced_ones_that_wrap_the_standard_ones(self, side: Any) -> None:
        socket, server = at(side, "init", CONNECT, text("a"), disconnect(code=4000, reason="why"))
        receive, send = socket.receive, socket.send
        log: list[Any] = []

        async def logging_receive() -> Any:
            event = await receive()
            log.append(event["type"])
            return event

        async def logging_send(event: Any) -> None:
            log.append(event["type"])
            await send(event)

        socket.receive, socket.send = logging_receive, logging_send
        assert drive(socket.receive_text()) == "a"
        drive(socket.send_text("b"))
        error = error_of(socket.receive_text())
        assert (error.code, error.reason) == (4000, "why")  # type: ignore[attr-defined]
        names = [word.removeprefix("websocket.") for word in log]
        assert names == ["connect", "accept", "receive", "send", "disconnect"]
        assert server.sent == [ACCEPT, sent_text("b")]

    def test_the_scope_can_be_replaced(self, side: Any) -> None:
        socket, server = at(side, "connect")
        socket.scope = websocket_scope(extensions={}, path="/other")
        assert socket.url.path == "/other"
        drive(socket.deny())
        assert server.sent == [closed()]


class TestMethods:
    @pytest.mark.parametrize("name", [name for name in RECEIVING if name != "receive_data"])
    def test_receive_data_of_a_subclass(self, side: Any, name: str) -> None:
        modes = []

        class Upper(side.WebSocket):  # type: ignore[misc, name-defined]
            async def receive_data(self, mode: str) -> Any:
                modes.append(mode)
                data = await super().receive_data(mode)
                return data.replace("1", "2") if mode == "text" else data.replace(b"1", b"2").replace(b"\x01", b"\x02")

        call, event, expected = RECEIVING[name]
        socket, _ = over(Upper, CONNECT, event, disconnect())
        result = drive(call(socket))
        assert result == {"[1]": "[2]", b"[1]": b"[2]"}.get(None if isinstance(expected, list) else expected, [2])
        assert modes == ["binary" if "bytes" in event else "text"]
        error = error_of(call(socket))
        assert type(error) is (StopAsyncIteration if name.startswith("iter") else side.WebSocketDisconnect)

    @pytest.mark.parametrize("name", [name for name in SENDING if name != "send_data"])
    def test_send_data_of_a_subclass(self, side: Any, name: str) -> None:
        calls = []

        class Counting(side.WebSocket):  # type: ignore[misc, name-defined]
            async def send_data(self, data: Any, mode: str = "text", encoding: str = "utf-8") -> None:
                calls.append((mode, encoding))
                await super().send_data(data, mode, encoding)

        call, event = SENDING[name]
        socket, server = over(Counting, CONNECT)
        drive(call(socket))
        assert server.sent == [ACCEPT, event]
        assert calls == [("binary" if "bytes" in event else "text", "utf-8")]

    def test_encoding_reaches_send_data_of_a_subclass(self, side: Any) -> None:
        seen = []

        class Seeing(side.WebSocket):  # type: ignore[misc, name-defined]
            async def send_data(self, data: Any, mode: str = "text", encoding: str = "utf-8") -> None:
                seen.append((mode, encoding))

        socket, server = over(Seeing)
        drive(socket.send_text("a", "latin-1"))
        drive(socket.send_bytes("a", encoding="ascii"))
        drive(socket.send_json("a", "binary", "utf-16"))
        drive(socket.send_msgpack("a", "utf-32"))
        assert seen == [("text", "latin-1"), ("binary", "ascii"), ("binary", "utf-16"), ("binary", "utf-32")]
        assert server.sent == []

    @pytest.mark.parametrize("name", [*RECEIVING, *SENDING])
    def test_accept_of_a_subclass(self, side: Any, name: str) -> None:
        class Chat(side.WebSocket):  # type: ignore[misc, name-defined]
            async def accept(self, subprotocols: str | None = None, headers: Any = None) -> None:
                await super().accept(subprotocols or "chat", headers or {"x": "y"})

        call = (RECEIVING.get(name) or SENDING[name])[0]
        socket, server = over(Chat, CONNECT, *([RECEIVING[name][1]] if name in RECEIVING else []))
        drive(call(socket))
        assert server.sent[0] == {"type": "websocket.accept", "subprotocol": "chat", "headers": [(b"x", b"y")]}
        assert len(server.sent) == (1 if name in RECEIVING else 2)

    def test_an_accept_that_fails(self, side: Any) -> None:
        class Refusing(side.WebSocket):  # type: ignore[misc, name-defined]
            async def accept(self, subprotocols: str | None = None, headers: Any = None) -> None:
                raise PermissionError("not you")

        socket, server = over(Refusing, CONNECT)
        for call in (socket.receive_text, lambda: socket.send_text("a"), socket.iter_data().__anext__):
            assert type(error_of(call())) is PermissionError
        assert server.sent == [] and server.calls == 0

    def test_an_accept_that_closes(self, side: Any) -> None:
        class Closing(side.WebSocket):  # type: ignore[misc, name-defined]
            async def accept(self, subprotocols: str | None = None, headers: Any = None) -> None:
                await self.close(4003, "not you")

        for name, call in (
            ("receive_text", lambda socket: socket.receive_text()),
            ("send_json", lambda socket: socket.send_json(1)),
        ):
            socket, server = over(Closing, CONNECT)
            error = error_of(call(socket))
            assert (type(error), error.code) == (side.WebSocketDisconnect, 4003), name  # type: ignore[attr-defined]
            assert server.sent == [closed(4003, "not you")]

    @pytest.mark.parametrize("method", ["receive_json", "receive_msgpack"])
    def test_decoding_methods_of_a_subclass(self, side: Any, method: str) -> None:
        class Checked(side.WebSocket):  # type: ignore[misc, name-defined]
            async def receive_json(self, mode: str = "text", type: Any = Any) -> Any:
                return ("checked", mode, await super().receive_json(mode, type))

            async def receive_msgpack(self, type: Any = Any) -> Any:
                return ("checked", "binary", await super().receive_msgpack(type))

        event = text("[1]") if method == "receive_json" else binary(b"\x91\x01")
        mode = "text" if method == "receive_json" else "binary"
        socket, _ = over(Checked, CONNECT, event, event, binary(b"[1]"), disconnect())
        iterator = getattr(socket, method.replace("receive", "iter"))()
        assert drive(iterator.__anext__()) == drive(getattr(socket, method)()) == ("checked", mode, [1])
        if method == "receive_json":
            assert drive(socket.iter_json("binary").__anext__()) == ("checked", "binary", [1])
            assert isinstance(error_of(iterator.__anext__()), StopAsyncIteration)

    @pytest.mark.parametrize("name", [name for name in RECEIVING if name != "receive_data"])
    def test_receive_data_patched_after_first_use(self, side: Any, name: str) -> None:
        call, event, expected = RECEIVING[name]
        socket, server = at(side, "accepted", event, event)
        assert drive(call(socket)) == expected
        mode = "binary" if "bytes" in event else "text"
        patched_data = {"text": '"patched"', "binary": b"\xa7patched"}[mode]
        decoded = patched_data if name in ("receive_text", "receive_bytes", "iter_data") else "patched"
        with mock.patch.object(side.WebSocket, "receive_data", mock.AsyncMock(return_value=patched_data)) as patched:
            assert drive(call(socket)) == decoded
            patched.assert_awaited_once_with(mode=mode)
        assert "receive_data" not in vars(side.WebSocket)
        assert drive(call(socket)) == expected
        assert server.calls == 2

    @pytest.mark.parametrize("name", [name for name in SENDING if name != "send_data"])
    def test_send_data_patched_after_first_use(self, side: Any, name: str) -> None:
        call, event = SENDING[name]
        socket, server = at(side, "accepted")
        drive(call(socket))
        with mock.patch.object(side.WebSocket, "send_data", mock.AsyncMock()) as patched:
            drive(call(socket))
            patched.assert_awaited_once_with(mock.ANY, mode="binary" if "bytes" in event else "text", encoding="utf-8")
            assert server.sent == [event]
        drive(call(socket))
        assert server.sent == [event, event]

    @pytest.mark.parametrize(
        ("method", "iterator", "event"),
        [
            ("receive_data", "iter_data", text("[1]")),
            ("receive_json", "iter_json", text("[1]")),
            ("receive_msgpack", "iter_msgpack", binary(b"\x91\x01")),
        ],
    )
    def test_iterators_see_patches_between_steps(self, side: Any, method: str, iterator: str, event: Any) -> None:
        socket, server = at(side, "accepted", event, event)
        steps = getattr(socket, iterator)()
        first = drive(steps.__anext__())
        with mock.patch.object(side.WebSocket, method, mock.AsyncMock(return_value="patched")):
            assert drive(steps.__anext__()) == "patched"
        assert drive(steps.__anext__()) == first
        assert server.calls == 2

    def test_accept_patched_after_first_use(self, side: Any) -> None:
        drive(at(side, "init", CONNECT, text("a"))[0].receive_text())
        plain = side.WebSocket.accept

        async def accept(self: Any, subprotocols: str | None = None, headers: Any = None) -> None:
            await plain(self, "patched", headers)

        for call in (lambda socket: socket.receive_text(), lambda socket: socket.send_text("a")):
            with mock.patch.object(side.WebSocket, "accept", accept):
                socket, server = at(side, "init", CONNECT, text("a"))
                drive(call(socket))
                assert server.sent[0]["subprotocol"] == "patched"
            socket, server = at(side, "init", CONNECT, text("a"))
            drive(call(socket))
            assert server.sent[0]["subprotocol"] is None

    def test_a_subclass_patched(self, side: Any) -> None:
        class Own(side.WebSocket):  # type: ignore[misc, name-defined]
            pass

        socket, _ = over(Own, CONNECT, text("a"), text("b"))
        plain, _ = at(side, "accepted", text("plain"))
        assert drive(socket.receive_text()) == "a"
        with mock.patch.object(Own, "receive_data", mock.AsyncMock(return_value="patched")):
            assert drive(socket.receive_text()) == "patched"
            assert drive(plain.receive_text()) == "plain"
        assert drive(socket.receive_text()) == "b"

    def test_a_mixin(self, side: Any) -> None:
        class Upper:
            async def receive_data(self, mode: str) -> Any:
                return (await super().receive_data(mode)).upper()  # type: ignore[misc]

        class Own(Upper, side.WebSocket):  # type: ignore[misc, name-defined]
            pass

        socket, _ = over(Own, CONNECT, text("a"), text("b"))
        assert drive(socket.receive_text()) == "A"
        assert drive(socket.iter_data().__anext__()) == "B"

    def test_a_method_of_the_class_is_called_unbound(self, side: Any) -> None:
        socket, server = at(side, "init", CONNECT, text("a"))
        drive(side.WebSocket.accept(socket, headers={"a": "b"}))
        drive(type(socket).send_data(socket, data="x", mode="text"))
        assert drive(side.WebSocket.receive_data(socket, mode="text")) == "a"
        assert server.sent == [{**ACCEPT, "headers": [(b"a", b"b")]}, sent_text("x")]


class TestSubclasses:
    def test_own_constructor(self, side: Any) -> None:
        class Own(side.WebSocket):  # type: ignore[misc, name-defined]
            def __init__(self, *arguments: Any, **keywords: Any) -> None:
                super().__init__(*arguments, **keywords)
                self.scope["own"] = True
                self.extra = []

        for make in (lambda s, r, w: Own(s, r, w), lambda s, r, w: Own(scope=s, receive=r, send=w)):
            server = Server(CONNECT, text("a"))
            socket = make(websocket_scope(), server.receive, server.send)
            socket.extra.append(1)
            assert socket.scope["own"] is True
            assert drive(socket.receive_text()) == "a"

    def test_own_parameters(self, side: Any) -> None:
        class Own(side.WebSocket):  # type: ignore[misc, name-defined]
            def __init__(self, server: Server, *, path: str) -> None:
                super().__init__(websocket_scope(path=path), server.receive, server.send)

        socket = Own(Server(CONNECT, text("a")), path="/own")
        assert socket.url.path == "/own"
        assert drive(socket.receive_text()) == "a"

    def test_constructor_called_again(self, side: Any) -> None:
        socket, _ = at(side, "closed")
        server = Server(CONNECT, text("a"))
        socket.__init__(websocket_scope(path="/again"), server.receive, server.send)
        assert socket.connection_state == "init"
        assert socket.url.path == "/again"
        assert drive(socket.receive_text()) == "a"

    def test_slots(self, side: Any) -> None:
        class Own(side.WebSocket):  # type: ignore[misc, name-defined]
            __slots__ = ("name",)

        socket, _ = over(Own, CONNECT, text("a"))
        socket.name = "me"
        assert drive(socket.receive_text()) == "a"
        assert socket.name == "me"
        with pytest.raises(AttributeError):
            socket.other = 1

    def test_no_dict_without_a_subclass(self, side: Any) -> None:
        socket, _ = at(side, "init")
        with pytest.raises(AttributeError):
            socket.other = 1
        assert not hasattr(socket, "__dict__")

    def test_subscription(self, side: Any) -> None:
        socket, _ = over(side.WebSocket[Any, Any, Any], CONNECT, text("a"))
        assert type(socket) is side.WebSocket
        assert drive(socket.receive_text()) == "a"

        class Own(side.WebSocket[int, str, side.State]):  # type: ignore[misc, name-defined]
            pass

        socket, _ = over(Own, CONNECT, text("a"))
        assert drive(socket.receive_text()) == "a"
        with pytest.raises(TypeError):
            side.WebSocket[int, str, side.State, int]

    def test_a_connection(self, side: Any) -> None:
        socket, _ = at(side, "init")
        assert isinstance(socket, side.ASGIConnection) and not isinstance(socket, side.Request)
        assert str(socket.url) == "ws://example.org/chat"
        assert socket.headers["host"] == "example.org"
        assert socket.client.host == "192.0.2.1"
        socket.state.a = 1
        assert socket.scope["state"] == {"a": 1}

    def test_limits_of_a_subclass_and_changed_later(self, side: Any) -> None:
        class Small(side.WebSocket):  # type: ignore[misc, name-defined]
            limits = side.Limits(max_message_size=3)

        class Smaller(Small):
            pass

        socket, _ = over(Smaller, CONNECT, *[text("abcd")] * 6)
        iterator = socket.iter_data()
        assert type(error_of(socket.receive_text())) is side.RequestEntityTooLarge
        Small.limits = side.Limits(max_message_size=4)
        assert drive(socket.receive_text()) == "abcd"
        Smaller.limits = side.Limits(max_message_size=2)
        assert type(error_of(iterator.__anext__())) is side.RequestEntityTooLarge
        del Smaller.limits
        assert drive(iterator.__anext__()) == "abcd"
        with mock.patch.object(side.WebSocket, "limits", side.Limits(max_message_size=1)):
            assert drive(socket.receive_text()) == "abcd"
            assert type(error_of(at(side, "accepted", text("ab"))[0].receive_text())) is side.RequestEntityTooLarge
        assert side.WebSocket.limits.max_message_size == 16 * 1024 * 1024

    def test_a_subclass_can_be_freed(self, side: Any) -> None:
        import weakref

        def make() -> Any:
            class Own(side.WebSocket):  # type: ignore[misc, name-defined]
                async def receive_data(self, mode: str) -> Any:
                    return await super().receive_data(mode)

            socket, _ = over(Own, CONNECT, text("a"))
            assert drive(socket.receive_text()) == "a"
            return weakref.ref(Own)

        reference = make()
        gc.collect()
        assert reference() is None


class TestConnectionState:
    """An application may set it, as a wrapper that is not built on litecon's does."""

    @pytest.mark.parametrize("state", ["init", "connect", "receive", "disconnect"])
    def test_set(self, side: Any, state: str) -> None:
        socket, _ = at(side, "init")
        socket.connection_state = state
        assert socket.connection_state == state

    def test_set_to_what_it_is_changes_nothing(self, side: Any) -> None:
        socket, server = at(side, "accepted", text("a"))
        socket.connection_state = "connect"
        drive(socket.send_text("a"))
        assert drive(socket.receive_text()) == "a"
        assert server.sent == [sent_text("a")]

    def test_set_to_disconnect(self, side: Any) -> None:
        socket, server = at(side, "open")
        socket.connection_state = "disconnect"
        for call in (socket.receive_text, socket.receive_text, lambda: socket.send_text("a")):
            error = error_of(call())
            assert type(error) is side.WebSocketDisconnect and error.code == 1005
        drive(socket.close())
        assert server.sent == [] and server.calls == 0

    def test_set_to_receive(self, side: Any) -> None:
        socket, server = at(side, "init", text("a"))
        socket.connection_state = "receive"
        assert drive(socket.receive_text()) == "a"
        assert server.sent == []


class TestWhatChangesMeanwhile:
    def test_limits_that_a_descriptor_gives(self, side: Any) -> None:
        class Changing:
            limits = side.Limits(max_message_size=3)

            def __get__(self, instance: Any, owner: Any) -> Any:
                return self.limits

        cls = type("Bounded", (side.WebSocket,), {"limits": Changing()})
        for bound, expected in ((3, None), (4, "abcd"), (2, None), (None, "abcd")):
            Changing.limits = side.Limits(max_message_size=bound)
            socket, _ = at(side, "accepted", text("abcd"), cls=cls)
            if expected is None:
                assert isinstance(error_of(socket.receive_text()), side.RequestEntityTooLarge)
            else:
                assert drive(socket.receive_text()) == expected

    def test_steps_ask_the_class_for_what_is_overridden(self, side: Any) -> None:
        cls = type("WithDict", (side.WebSocket,), {})
        for name, event, method in (
            ("receive_json", text("[1]"), "iter_json"),
            ("receive_msgpack", binary(b"\x91\x01"), "iter_msgpack"),
            ("receive_data", text("[1]"), "iter_json"),
        ):
            socket, _ = at(side, "accepted", event, cls=cls)
            setattr(socket, name, mock.AsyncMock())
            assert drive(getattr(socket, method)().__anext__()) == [1]

    def test_an_encoding_of_none_is_handed_on(self, side: Any) -> None:
        seen: list[Any] = []

        async def send_data(self: Any, data: Any, mode: str = "text", encoding: Any = "utf-8") -> None:
            seen.append(encoding)

        socket, _ = at(side, "accepted", cls=type("Sending", (side.WebSocket,), {"send_data": send_data}))
        drive(socket.send_text("a", encoding=None))
        drive(socket.send_bytes("a", encoding=None))
        assert seen == [None, None]

    def test_a_callable_that_is_installed_while_a_future_is_under_way(self, side: Any) -> None:
        async def main() -> list[str]:
            loop = asyncio.get_running_loop()
            futures: list[Any] = []

            def receive() -> Any:
                futures.append(loop.create_future())
                return futures[-1]

            socket = side.WebSocket(websocket_scope(), receive, mock.AsyncMock())
            task = asyncio.ensure_future(socket.accept())
            await asyncio.sleep(0)
            futures[-1].set_result(CONNECT)
            await task
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(socket.receive_text(), 0.001)
            futures[-1].set_result(text("begun before"))
            socket.receive = mock.AsyncMock(return_value=text("installed"))
            return [await socket.receive_text(), await socket.receive_text()]

        assert asyncio.run(main()) == ["begun before", "installed"]
