"""The drop-in's WebSocket keeps Litestar's states and sends its events; it loses no message and no code."""

from __future__ import annotations

import asyncio
import copy
import gc
import weakref
from contextlib import suppress
from functools import partial
from typing import Any
from unittest import mock

import litestar
import pytest
from litestar.datastructures import Headers
from litestar.exceptions import SerializationException, WebSocketDisconnect

from ..helpers import Receiver, Sender, await_, drive
from .scopes import socket_scope

CONNECT = {"type": "websocket.connect"}
ENDED = {"type": "websocket.disconnect", "code": 1001, "reason": "gone"}


def text(value: str) -> dict[str, Any]:
    return {"type": "websocket.receive", "text": value}


def binary(value: bytes) -> dict[str, Any]:
    return {"type": "websocket.receive", "bytes": value}


def make(dropin: Any, *events: Any, suspend: bool = False) -> tuple[Any, Sender]:
    sender = Sender()
    return dropin.WebSocket(socket_scope(), Receiver(events, suspend=suspend), sender), sender


async def talk(socket: Any) -> list[Any]:
    """Do everything once; return what was seen."""
    seen: list[Any] = [socket.connection_state]
    await socket.accept("proto", {"x-name": "value"})
    await socket.accept()
    seen += [socket.connection_state, await socket.receive_text(), socket.connection_state]
    seen += [await socket.receive_bytes(), await socket.receive_json(), await socket.receive_json("binary")]
    seen += [
        await socket.receive_msgpack(),
        await socket.receive_data("text"),
        await socket.receive_data(mode="binary"),
    ]
    seen.append(await socket.receive())
    for name in ("receive_json", "receive_msgpack"):
        try:
            await getattr(socket, name)()
        except SerializationException as error:
            seen.append(str(error))
    await socket.send_text("a")
    await socket.send_text(b"b")
    await socket.send_bytes(b"c")
    await socket.send_bytes("d\xe9", encoding="latin-1")
    await socket.send_json({"a": 1})
    await socket.send_json([1], mode="binary")
    await socket.send_json({1}, serializer=list)
    await socket.send_msgpack([2])
    await socket.send_data("e")
    await socket.send_data(data=b"f", mode="binary")
    await socket.send({"type": "websocket.send", "text": "own", "bytes": None})
    seen.append([item async for item in socket.iter_data()])
    seen.append(socket.connection_state)
    return seen


EVENTS = [
    CONNECT,
    text("1"),
    binary(b"2"),
    text("[3]"),
    binary(b"[4]"),
    binary(b"\x05"),
    binary(b"no text"),
    text("no bytes"),
    text("raw"),
    text("{"),
    binary(b"\xc1"),
    text("6"),
    {"type": "websocket.receive", "text": "7", "bytes": None},
    ENDED,
]


@pytest.mark.parametrize("suspend", [False, True])
def test_everything_is_as_with_litestars_own(dropin: Any, suspend: bool) -> None:
    ours, sent = make(dropin, *EVENTS, suspend=suspend)
    expected = Sender()
    theirs: Any = litestar.WebSocket(socket_scope(), Receiver(EVENTS, suspend=suspend), expected)
    assert await_(talk(ours)) == await_(talk(theirs))
    assert sent.events == expected.events
    assert [list(event) for event in sent.events] == [list(event) for event in expected.events]


@pytest.mark.parametrize("headers", [None, [(b"a", b"b")], {"A": "b"}, Headers({"a": "b"})], ids=repr)
def test_accept_with_headers(dropin: Any, headers: Any) -> None:
    socket, sent = make(dropin, CONNECT)
    await_(socket.accept(headers=headers))
    assert sent.events == [
        {"type": "websocket.accept", "subprotocol": None, "headers": [(b"a", b"b")] if headers else []}
    ]
    assert socket.connection_state == "connect"


@pytest.mark.parametrize("method", ["receive_text", "receive_json"])
def test_receiving_accepts_first(dropin: Any, method: str) -> None:
    socket, sent = make(dropin, CONNECT, text("1"))
    assert await_(getattr(socket, method)()) in ("1", 1)
    assert [event["type"] for event in sent.events] == ["websocket.accept"]
    socket, sent = make(dropin, CONNECT)
    await_(socket.send_text("x"))
    assert [event["type"] for event in sent.events] == ["websocket.accept", "websocket.send"]


def test_litestars_own_accept(dropin: Any) -> None:
    # the default of a listener
    socket, sent = make(dropin, CONNECT, text("1"))
    await_(litestar.WebSocket.accept(socket))
    assert socket.connection_state == "connect"
    assert await_(socket.receive_text()) == "1"
    assert [event["type"] for event in sent.events] == ["websocket.accept"]


def test_the_code_is_never_lost(dropin: Any) -> None:
    socket, sent = make(dropin, CONNECT, {**ENDED, "code": 4001})
    await_(socket.accept())
    for call in (
        socket.receive_text,
        socket.receive_json,
        socket.receive,
        partial(socket.send_text, "x"),
        partial(socket.send_json, 1),
        socket.close,
        partial(socket.send, {"type": "websocket.send", "text": "x"}),
    ):
        with pytest.raises(WebSocketDisconnect) as caught:
            await_(call())
        assert caught.value.code == 4001
        assert caught.value.detail in ("disconnect event", "connection is disconnected")
    assert socket.connection_state == "disconnect"
    assert len(sent.events) == 1


def test_a_disconnect_without_a_code(dropin: Any) -> None:
    socket, _ = make(dropin, CONNECT, {"type": "websocket.disconnect"})
    await_(socket.accept())
    with pytest.raises(WebSocketDisconnect) as caught:
        await_(socket.receive_text())
    assert caught.value.code == 1005


def test_a_disconnect_first(dropin: Any) -> None:
    for method in ("accept", "receive_text"):
        socket, sent = make(dropin, ENDED)
        with pytest.raises(WebSocketDisconnect) as caught:
            await_(getattr(socket, method)())
        assert caught.value.code == 1001
        assert sent.events == []


def test_a_cancelled_receive_loses_nothing(dropin: Any) -> None:
    async def main() -> None:
        queue: asyncio.Queue[Any] = asyncio.Queue()

        def receive() -> Any:
            # as granian: a future, which takes an event when it is made
            return asyncio.ensure_future(queue.get())

        socket = dropin.WebSocket(socket_scope(), receive, Sender())
        queue.put_nowait(CONNECT)
        await socket.accept()
        for _ in range(2):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await socket.receive_text()
        queue.put_nowait(text("1"))
        assert await socket.receive_text() == "1"

    asyncio.run(main())


def test_two_tasks_receiving_do_not_hang(dropin: Any) -> None:
    async def main() -> None:
        socket, _ = make(dropin, CONNECT, text("1"), suspend=True)
        await socket.accept()
        results = await asyncio.gather(socket.receive_text(), socket.receive_text(), return_exceptions=True)
        assert results[0] == "1"
        assert isinstance(results[1], RuntimeError)

    asyncio.run(main())


def test_overridden(dropin: Any) -> None:
    class Own(dropin.WebSocket):  # type: ignore[misc, name-defined]
        async def receive_data(self, mode: Any) -> Any:
            data = await super().receive_data(mode)
            return data + ("0" if mode == "text" else b"\x00")

        async def send_data(self, data: Any, mode: Any = "text", encoding: str = "utf-8") -> None:
            await super().send_data(data=b"<" + (data.encode() if isinstance(data, str) else data) + b">", mode=mode)

    sent = Sender()
    socket = Own(socket_scope(), Receiver([CONNECT, text("1"), text("2"), text("3"), text("4"), ENDED]), sent)

    async def main() -> None:
        assert await socket.receive_text() == "10"
        assert await socket.receive_json() == 20
        assert [item async for item in socket.iter_json()] == [30, 40]
        socket.connection_state = "receive"
        await socket.send_text("a")
        await socket.send_json(1)
        await socket.send_bytes(b"b")

    asyncio.run(main())
    assert [event["text"] or event["bytes"] for event in sent.events[1:]] == ["<a>", "<1>", b"<b>"]


def test_overridden_iteration_and_accept(dropin: Any) -> None:
    class Own(dropin.WebSocket):  # type: ignore[misc, name-defined]
        async def iter_data(self, mode: Any = "text") -> Any:
            yield "1"
            yield "2"

        async def accept(self, *args: Any, **kwargs: Any) -> None:
            await super().accept("own")

    async def main() -> None:
        sent = Sender()
        socket = Own(socket_scope(), Receiver([CONNECT, text("x")]), sent)
        assert [item async for item in socket.iter_json()] == [1, 2]
        assert await socket.receive_text() == "x"
        assert sent.events[0]["subprotocol"] == "own"

    asyncio.run(main())


def test_wrapped(dropin: Any) -> None:
    class Own(dropin.WebSocket):  # type: ignore[misc, name-defined]
        def receive_wrapper(self, receive: Any) -> Any:
            inner = super().receive_wrapper(receive)

            async def wrapped() -> Any:
                event = await inner()
                return {**event, "text": "wrapped"} if "text" in event else event

            return wrapped

    socket = Own(socket_scope(), Receiver([CONNECT, text("1"), ENDED]), Sender())
    assert await_(socket.receive_text()) == "wrapped"
    assert socket.connection_state == "receive"
    with pytest.raises(WebSocketDisconnect) as caught:
        await_(socket.receive_text())
    assert caught.value.code == 1001


def test_replaced_callables(dropin: Any) -> None:
    socket, sent = make(dropin, CONNECT)
    await_(socket.accept())
    socket.receive = Receiver([text("other"), ENDED])
    socket.send = other = Sender()
    assert await_(socket.receive_text()) == "other"
    await_(socket.send_text("x"))
    with pytest.raises(WebSocketDisconnect) as caught:
        await_(socket.receive_text())
    assert caught.value.code == 1001
    assert (len(sent.events), len(other.events)) == (1, 1)


def test_methods_taken_from_the_class(dropin: Any) -> None:
    socket, sent = make(dropin, CONNECT)
    await_(partial(type(socket).send_data, mode="text")(socket, "x"))
    assert sent.events[-1]["text"] == "x"
    assert type(socket).accept is type(socket).accept


def test_freed_by_reference_count(dropin: Any) -> None:
    class Own(dropin.WebSocket):  # type: ignore[misc, name-defined]
        # with weak references
        pass

    async def work(socket: Any) -> None:
        assert await socket.receive_text() == "1"
        iterator = socket.iter_data()
        assert await iterator.__anext__() == "2"
        await socket.send_text("x")
        receive, send = socket.receive, socket.send
        assert callable(receive)
        assert callable(send)

    gc.disable()
    try:
        socket = Own(socket_scope(), Receiver([CONNECT, text("1"), text("2")]), Sender())
        drive(work(socket))
        gone = weakref.ref(socket)
        del socket
        assert gone() is None
    finally:
        gc.enable()


def test_closing(dropin: Any) -> None:
    socket, sent = make(dropin, CONNECT)
    await_(socket.accept())
    await_(socket.close(4000, "why"))
    assert sent.events[-1] == {"type": "websocket.close", "code": 4000, "reason": "why"}
    await_(socket.close(reason=None))
    assert sent.events[-1] == {"type": "websocket.close", "code": 1000, "reason": ""}


def test_an_error_of_the_server_frees_the_socket(dropin: Any) -> None:
    socket, _ = make(dropin, CONNECT, OSError("broken"), text("1"))
    await_(socket.accept())
    with pytest.raises(OSError, match="broken"):
        await_(socket.receive_text())
    assert await_(socket.receive_text()) == "1"


def test_two_tasks_accept(dropin: Any) -> None:
    # Litestar's streams send in one task and listen for the end in another
    async def main(*events: Any) -> list[Any]:
        socket, sent = make(dropin, CONNECT, *events, suspend=True)
        results = await asyncio.gather(socket.send_text("x"), socket.receive_text(), return_exceptions=True)
        assert [event["type"] for event in sent.events] == ["websocket.accept", "websocket.send"]
        return results

    assert asyncio.run(main(text("1"))) == [None, "1"]
    _, ended = asyncio.run(main(ENDED))
    assert isinstance(ended, WebSocketDisconnect)
    assert ended.code == 1001


def test_anext_with_a_default(dropin: Any) -> None:
    async def main() -> None:
        socket, _ = make(dropin, CONNECT, text("1"), ENDED, suspend=True)
        messages = socket.iter_data()
        assert [await anext(messages, None) for _ in range(3)] == ["1", None, None]

    asyncio.run(main())


def test_a_message_without_a_handshake_is_not_lost(dropin: Any) -> None:
    socket, sent = make(dropin, text("1"))
    assert await_(socket.receive_text()) == "1"
    assert [event["type"] for event in sent.events] == ["websocket.accept"]


def test_iteration_goes_on_after_a_cancelled_step_and_a_bad_message(dropin: Any) -> None:
    async def main() -> None:
        queue: asyncio.Queue[Any] = asyncio.Queue()
        socket = dropin.WebSocket(socket_scope(), queue.get, Sender())
        queue.put_nowait(CONNECT)
        await socket.accept()
        messages = socket.iter_json()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await anext(messages)
        for event in (text("{"), text("1"), ENDED):
            queue.put_nowait(event)
        with pytest.raises(SerializationException):
            await anext(messages)
        assert [item async for item in messages] == [1]

    asyncio.run(main())


@pytest.mark.parametrize("kind", ["data", "text", "bytes", "json", "msgpack"])
def test_operations_are_named_after_their_methods(dropin: Any, kind: str) -> None:
    socket, _ = make(dropin)
    for verb in ("receive", "send"):
        arguments = {"receive_data": ["text"]}.get(f"{verb}_{kind}", [] if verb == "receive" else [b"1"])
        operation = getattr(socket, f"{verb}_{kind}")(*arguments)
        assert operation.__qualname__.endswith(f".{verb}_{kind}")
        operation.close()


@pytest.mark.parametrize("method", ["accept", "close", "receive_text", "receive_wrapper", "__init__"])
def test_a_mock_that_says_it_is_a_socket(dropin: Any, method: str) -> None:
    arguments = {"receive_wrapper": (None,), "__init__": (socket_scope(),)}.get(method, ())
    for _ in range(3):
        stand_in = mock.Mock(spec=litestar.WebSocket)
        # whatever comes of it, the process lives
        with suppress(Exception):
            drive(getattr(dropin.WebSocket, method)(stand_in, *arguments))


def test_something_else_in_the_place_of_the_state(dropin: Any) -> None:
    socket, _ = make(dropin, CONNECT)
    litestar.WebSocket.__dict__["connection_state"].__set__(socket, None)
    for use in (lambda: socket.connection_state, lambda: drive(socket.accept()), lambda: drive(socket.send_text("a"))):
        with pytest.raises((TypeError, AttributeError)):
            use()


def test_decoded_into_a_type(dropin: Any) -> None:
    messages = [text("[1]"), text("[1]"), text('["a"]'), binary(b"\x91\x01"), text('["1"]'), text("[2]")]
    socket, _ = make(dropin, CONNECT, *messages)
    ours = list[int]

    async def main() -> None:
        assert await socket.receive_json(type=ours) == [1]
        assert await socket.receive_json(type=set[int]) == {1}
        with pytest.raises(SerializationException):
            await socket.receive_json("text", ours)
        assert await socket.receive_msgpack(type=ours) == [1]
        values = socket.iter_json(type=ours)
        with pytest.raises(SerializationException):
            await anext(values)
        assert await anext(values) == [2]

    asyncio.run(main())


def test_an_own_iteration_decoded_into_a_type(dropin: Any) -> None:
    class Own(dropin.WebSocket):  # type: ignore[misc, name-defined]
        async def iter_data(self, mode: Any = "text") -> Any:
            yield "[1]" if mode == "text" else b"\x91\x01"

    async def main() -> None:
        socket = Own(socket_scope())
        assert [value async for value in socket.iter_json(type=set[int])] == [{1}]
        assert [value async for value in socket.iter_msgpack(type=set[int])] == [{1}]

    asyncio.run(main())


@pytest.mark.parametrize("name", ["receive", "send"])
def test_a_callable_that_is_replaced_for_a_while(dropin: Any, name: str) -> None:
    socket, sent = make(dropin, CONNECT, text("1"))
    await_(socket.accept())
    own, other = getattr(socket, name), Sender() if name == "send" else Receiver([text("other")])
    with mock.patch.object(socket, name, other):
        assert getattr(socket, name) is other
        await_(socket.send_text("x") if name == "send" else socket.receive_text())
    await_(socket.send_text("y"))
    assert await_(socket.receive_text()) == "1"
    assert len(sent.events) == 2
    setattr(socket, name, own)
    assert getattr(socket, name) is own


def test_a_state_that_there_is_not(dropin: Any) -> None:
    socket, _ = make(dropin)
    with pytest.raises(ValueError, match="connection_state"):
        socket.connection_state = "gone"
    with pytest.raises(ValueError, match="mode"):
        await_(socket.receive_data("words"))


def test_an_own_send_is_called_with_keywords(dropin: Any) -> None:
    # as Litestar calls it
    socket, _ = make(dropin, CONNECT)
    with mock.patch.object(dropin.WebSocket, "send_data") as send:
        await_(socket.send_text("x"))
    assert send.call_args == mock.call(data="x", mode="text", encoding="utf-8")


def test_a_copy_is_used_as_without_the_plugin(dropin: Any) -> None:
    """It has the callables of the original, as the copy of a Litestar WebSocket has."""

    async def use(cls: Any) -> list[Any]:
        sender = Sender()
        socket = cls(socket_scope(), Receiver([CONNECT, text("[1]"), text("a"), text("b")]), sender)
        await copy.copy(socket).accept()
        copied = copy.copy(socket)
        assert type(copied) is cls and copied.scope is socket.scope
        seen = [copied.connection_state, await copied.receive_json(), await socket.receive_text()]
        await copied.send_text(await copied.receive_text())
        return [*seen, socket.connection_state, sender.events]

    assert await_(use(dropin.WebSocket)) == await_(use(litestar.WebSocket))


def test_made_by_new_alone_it_takes_a_state(dropin: Any) -> None:
    for cls in (dropin.WebSocket, litestar.WebSocket):
        for name, value in (("connection_state", "receive"), ("receive", len), ("send", len)):
            socket = cls.__new__(cls)
            setattr(socket, name, value)
            assert getattr(socket, name) == value
