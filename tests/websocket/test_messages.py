"""The messages of a WebSocket: text, binary, JSON and MessagePack, in and out."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import json
import pathlib
import sys
import uuid
from collections.abc import Callable
from typing import Any, TypedDict

import msgspec
import ormsgpack
import pytest

from ..helpers import drive
from .doubles import ACCEPT, CONNECT, Server, at, binary, disconnect, error_of, sent_bytes, sent_text, text

RECEIVERS = ("receive_text", "receive_bytes", "receive_json", "receive_msgpack")


def read(side: Any, method: str, event: Any, *arguments: Any, **keywords: Any) -> Any:
    """Return what a method makes of an event."""
    socket, _ = at(side, "accepted", event)
    return drive(getattr(socket, method)(*arguments, **keywords))


def sent(side: Any, method: str, *arguments: Any, **keywords: Any) -> Any:
    """Return the event that a method sends."""
    socket, server = at(side, "accepted")
    assert drive(getattr(socket, method)(*arguments, **keywords)) is None
    (event,) = server.sent
    return event


class TestReceiving:
    @pytest.mark.parametrize("data", ["", "a", "é€😀", "a\0b", "\ud800", "x" * 100_000])
    def test_text(self, side: Any, data: str) -> None:
        assert read(side, "receive_text", text(data)) == data
        assert read(side, "receive_data", text(data), "text") == data
        assert read(side, "receive_data", text(data), mode="text") == data

    @pytest.mark.parametrize("data", [b"", b"a", bytes(range(256)), b"x" * 100_000])
    def test_bytes(self, side: Any, data: bytes) -> None:
        assert read(side, "receive_bytes", binary(data)) == data
        assert read(side, "receive_data", binary(data), "binary") == data

    @pytest.mark.parametrize("make", [bytearray, memoryview])
    def test_other_buffers_become_bytes(self, side: Any, make: Callable[[bytes], Any]) -> None:
        for method in ("receive_bytes", "receive_data"):
            data = read(side, method, binary(make(b"abc")), *(["binary"] if method == "receive_data" else []))
            assert type(data) is bytes and data == b"abc"
        assert read(side, "receive_json", binary(make(b"[1]")), mode="binary") == [1]
        assert read(side, "receive_msgpack", binary(make(b"\x91\x01"))) == [1]
        error = error_of(at(side, "accepted", binary(make(b"abc")))[0].receive_text())
        assert type(error) is side.WebSocketMessageTypeError
        assert type(error.data) is bytes and error.data == b"abc"

    def test_what_was_received_does_not_change_with_the_buffer(self, side: Any) -> None:
        buffer = bytearray(b"abc")
        data = read(side, "receive_bytes", binary(buffer))
        buffer[:] = b"xyz"
        assert data == b"abc"

    def test_both_keys(self, side: Any) -> None:
        as_text = {"type": "websocket.receive", "text": "a", "bytes": None}
        as_bytes = {"type": "websocket.receive", "text": None, "bytes": b"a"}
        assert read(side, "receive_text", as_text) == "a"
        assert read(side, "receive_bytes", as_bytes) == b"a"
        error = error_of(at(side, "accepted", as_bytes)[0].receive_text())
        assert type(error) is side.WebSocketMessageTypeError and error.data == b"a"
        error = error_of(at(side, "accepted", as_text)[0].receive_bytes())
        assert type(error) is side.WebSocketMessageTypeError and error.data == "a"

    def test_both_keys_and_empty(self, side: Any) -> None:
        assert read(side, "receive_text", {"type": "websocket.receive", "text": "", "bytes": None}) == ""
        assert read(side, "receive_bytes", {"type": "websocket.receive", "text": None, "bytes": b""}) == b""

    @pytest.mark.parametrize(
        "items",
        [
            {},
            {"text": None},
            {"bytes": None},
            {"text": None, "bytes": None},
            {"text": 5},
            {"bytes": 5},
            {"text": b"a"},
            {"bytes": "a"},
            {"text": ["a"]},
            {"data": "a"},
        ],
        ids=repr,
    )
    @pytest.mark.parametrize("method", RECEIVERS)
    def test_neither_text_nor_bytes(self, side: Any, method: str, items: Any) -> None:
        good = text("[1]") if method in ("receive_text", "receive_json") else binary(b"\x91\x01")
        socket, _ = at(side, "accepted", {"type": "websocket.receive", **items}, good)
        error = error_of(getattr(socket, method)())
        assert type(error) is side.ImproperlyConfiguredException
        assert "websocket.receive" in str(error)
        # the next is received
        assert drive(getattr(socket, method)())
        assert socket.connection_state == "receive"

    @pytest.mark.parametrize("method", RECEIVERS)
    def test_neither_in_an_event_that_is_no_mapping(self, side: Any, method: str) -> None:
        class Items:
            """Items are all that it has."""

            def __getitem__(self, key: str) -> Any:
                return {"type": "websocket.receive"}[key]

        socket, _ = at(side, "accepted", Items())
        error = error_of(getattr(socket, method)())
        assert type(error) is side.ImproperlyConfiguredException
        assert "'text' of type 'NoneType', 'bytes' of type 'NoneType'" in str(error)

    @pytest.mark.parametrize("data", ["", "secret"])
    def test_the_other_kind_is_kept(self, side: Any, data: str) -> None:
        for method, event, value in (
            ("receive_bytes", text(data), data),
            ("receive_msgpack", text(data), data),
            ("receive_text", binary(data.encode()), data.encode()),
            ("receive_json", binary(data.encode()), data.encode()),
        ):
            socket, _ = at(side, "accepted", event, disconnect(code=1000))
            error = error_of(getattr(socket, method)())
            assert type(error) is side.WebSocketMessageTypeError and isinstance(error, TypeError)
            assert error.data == value and type(error.data) is type(value)
            assert error.code == 1003
            assert "secret" not in str(error) and "secret" not in repr(error)
            assert isinstance(error_of(getattr(socket, method)()), side.WebSocketDisconnect)

    def test_subclasses_of_str_and_bytes(self, side: Any) -> None:
        class Text(str):
            pass

        class Bytes(bytes):
            pass

        assert read(side, "receive_text", text(Text("a"))) == "a"
        assert read(side, "receive_bytes", binary(Bytes(b"a"))) == b"a"
        assert read(side, "receive_json", text(Text("[1]"))) == [1]
        assert read(side, "receive_msgpack", binary(Bytes(b"\x91\x01"))) == [1]

    def test_another_mapping(self, side: Any) -> None:
        event = collections.UserDict(text("a"))
        assert read(side, "receive_text", event) == "a"
        assert read(side, "receive_text", collections.OrderedDict(text("a"))) == "a"
        connect = collections.UserDict(CONNECT)
        socket, server = at(side, "init", connect, collections.UserDict(disconnect(code=4000, reason="why")))
        error = error_of(socket.receive_text())
        assert (error.code, error.reason) == (4000, "why")  # type: ignore[attr-defined]
        assert server.sent == [ACCEPT]

    def test_events_are_not_changed(self, side: Any) -> None:
        event = {"type": "websocket.receive", "text": "[1]", "bytes": None, "extra": 1}
        before = dict(event)
        assert read(side, "receive_json", event) == [1]
        assert event == before


class Place(msgspec.Struct):
    name: str
    at: tuple[float, float] = (0.0, 0.0)


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Named(TypedDict):
    name: str


TYPED: list[tuple[Any, Any, Any]] = [
    (list[int], [1, 2], [1, 2]),
    (dict[str, int], {"a": 1}, {"a": 1}),
    (int, 5, 5),
    (int | None, None, None),
    (Point, {"x": 1, "y": 2}, Point(1, 2)),
    (Point, {"x": 1}, Point(1)),
    (Place, {"name": "a", "at": [1.0, 2.0]}, Place("a", (1.0, 2.0))),
    (Named, {"name": "a"}, {"name": "a"}),
    (list[Point], [{"x": 1}], [Point(1)]),
    (uuid.UUID, "12345678-1234-5678-1234-567812345678", uuid.UUID("12345678-1234-5678-1234-567812345678")),
]


class TestDecoding:
    @pytest.mark.parametrize(
        "value", [None, True, 0, -1.5, "", "é€😀", [], {}, [1, [2, {"a": None}]], {"a": {"b": []}}]
    )
    def test_values(self, side: Any, value: Any) -> None:
        encoded = json.dumps(value, ensure_ascii=False)
        assert read(side, "receive_json", text(encoded)) == value
        assert read(side, "receive_json", text(encoded), "text") == value
        assert read(side, "receive_json", binary(encoded.encode()), "binary") == value
        assert read(side, "receive_json", binary(encoded.encode()), mode="binary") == value
        assert read(side, "receive_json", text(json.dumps(value))) == value
        assert read(side, "receive_msgpack", binary(ormsgpack.packb(value))) == value

    @pytest.mark.parametrize(("type_", "value", "expected"), TYPED)
    def test_types(self, side: Any, type_: Any, value: Any, expected: Any) -> None:
        assert read(side, "receive_json", text(json.dumps(value)), type=type_) == expected
        assert read(side, "receive_json", text(json.dumps(value)), "text", type_) == expected
        assert read(side, "receive_json", binary(json.dumps(value).encode()), "binary", type_) == expected
        assert read(side, "receive_msgpack", binary(ormsgpack.packb(value)), type_) == expected
        assert read(side, "receive_msgpack", binary(ormsgpack.packb(value)), type=type_) == expected

    @pytest.mark.parametrize(
        ("type_", "value"),
        [
            (list[int], ["secret"]),
            (int, "secret"),
            (Point, {"x": "secret"}),
            (Place, {}),
            (Named, {"name": 5}),
            (Point, []),
        ],
    )
    def test_values_of_another_type(self, side: Any, type_: Any, value: Any) -> None:
        for method, event in (
            ("receive_json", text(json.dumps(value))),
            ("receive_msgpack", binary(ormsgpack.packb(value))),
        ):
            socket, _ = at(side, "accepted", event, event)
            error = error_of(getattr(socket, method)(type=type_))
            assert type(error) is side.SerializationException and error.status_code == 400
            assert "secret" not in str(error)
            assert drive(getattr(socket, method)()) == value

    @pytest.mark.parametrize(
        "data",
        [
            "",
            " ",
            "[",
            "nul",
            "{'a': 1}",
            "[1]]",
            "[1] 2",
            "NaN",
            '"secret',
            "\ud800",
            '"\ud800"',
            "[" * 100_000,
            "[" * 513,
        ],
        ids=lambda data: repr(data[:10]) + str(len(data)),
    )
    def test_bad_json(self, side: Any, data: str) -> None:
        socket, _ = at(side, "accepted", text(data), text("[1]"))
        error = error_of(socket.receive_json())
        assert type(error) is side.SerializationException and isinstance(error, ValueError)
        assert "secret" not in str(error) and len(str(error)) < 300
        # the next can be received
        assert drive(socket.receive_json()) == [1]
        assert socket.connection_state == "receive"

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\x91",
            b"\xc1",
            b"\x01\x01",
            b"\xdb\xff\xff\xff\xff",
            b"\xa6secre",
            b"\x91" * 100_000,
            b"\xa1\xff",
            b"\xff\xff",
        ],
        ids=lambda data: repr(data[:10]) + str(len(data)),
    )
    def test_bad_msgpack(self, side: Any, data: bytes) -> None:
        socket, _ = at(side, "accepted", binary(data), binary(b"\x91\x01"))
        error = error_of(socket.receive_msgpack())
        assert type(error) is side.SerializationException and isinstance(error, ValueError)
        assert "secre" not in str(error) and len(str(error)) < 300
        assert drive(socket.receive_msgpack()) == [1]

    @pytest.mark.parametrize("data", [b"", b"\xff", b'"\xff"', b"[", '"é"'.encode("latin-1"), b'"\xed\xa0\x80"'])
    def test_bad_json_in_binary_messages(self, side: Any, data: bytes) -> None:
        socket, _ = at(side, "accepted", binary(data), binary(b"[1]"))
        assert type(error_of(socket.receive_json("binary"))) is side.SerializationException
        assert drive(socket.receive_json("binary")) == [1]

    def test_as_deep_as_is_allowed(self, side: Any) -> None:
        value = read(side, "receive_json", text("[" * 512 + "]" * 512))
        depth = 0
        while value:
            (value,), depth = value, depth + 1
        assert depth == 511

    def test_an_escaped_surrogate_is_a_value_or_an_error(self, side: Any) -> None:
        socket, _ = at(side, "accepted", text('"\\ud800"'), text('"\\ud83d\\ude00"'))
        try:
            drive(socket.receive_json())
        except side.SerializationException:
            pass
        assert drive(socket.receive_json()) == "😀"

    def test_an_error_between_messages_of_an_iterator(self, side: Any) -> None:
        socket, _ = at(side, "accepted", text("[1]"), text("["), binary(b""), text("2"), disconnect())
        iterator = socket.iter_json()
        assert drive(iterator.__anext__()) == [1]
        assert type(error_of(iterator.__anext__())) is side.SerializationException
        assert type(error_of(iterator.__anext__())) is side.WebSocketMessageTypeError
        assert drive(iterator.__anext__()) == 2
        assert isinstance(error_of(iterator.__anext__()), StopAsyncIteration)
        assert isinstance(error_of(iterator.__anext__()), StopAsyncIteration)


class TestIterators:
    def collect(self, iterator: Any) -> list[Any]:
        async def main() -> list[Any]:
            return [item async for item in iterator]

        result: list[Any] = drive(main())
        return result

    @pytest.mark.parametrize("state", ["init", "accepted"])
    def test_messages(self, side: Any, state: str) -> None:
        for arguments, keywords, method, events, expected in (
            ((), {}, "iter_data", [text("a"), text("")], ["a", ""]),
            (("text",), {}, "iter_data", [text("a"), text("b")], ["a", "b"]),
            (("binary",), {}, "iter_data", [binary(b"a"), binary(b"")], [b"a", b""]),
            ((), {"mode": "binary"}, "iter_data", [binary(b"a")], [b"a"]),
            ((), {}, "iter_json", [text("1"), text("null"), text('"é"')], [1, None, "é"]),
            ((), {"mode": "binary"}, "iter_json", [binary(b"1"), binary(b"[]")], [1, []]),
            ((), {}, "iter_msgpack", [binary(b"\x01"), binary(b"\xc0")], [1, None]),
            ((), {}, "iter_data", [], []),
        ):
            before = [CONNECT] if state == "init" else []
            socket, server = at(side, state, *before, *events, disconnect(code=1001))
            assert self.collect(getattr(socket, method)(*arguments, **keywords)) == expected
            assert server.sent == ([ACCEPT] if before else [])
            assert socket.connection_state == "disconnect"
            assert error_of(socket.receive_text()).code == 1001  # type: ignore[attr-defined]

    def test_is_its_own_iterator(self, side: Any) -> None:
        socket, _ = at(side, "accepted")
        for iterator in (socket.iter_data(), socket.iter_json(), socket.iter_msgpack()):
            assert aiter(iterator) is iterator

    def test_closing(self, side: Any) -> None:
        socket, _ = at(side, "accepted", text("a"), text("b"))
        iterator = socket.iter_data()
        assert drive(iterator.__anext__()) == "a"
        assert drive(iterator.aclose()) is None
        assert drive(iterator.aclose()) is None
        assert isinstance(error_of(iterator.__anext__()), StopAsyncIteration)
        # the connection is as it was
        assert socket.connection_state == "receive"
        assert drive(socket.receive_text()) == "b"

    def test_asend(self, side: Any) -> None:
        socket, _ = at(side, "accepted", text("a"), text("b"))
        iterator = socket.iter_data()
        operation = iterator.asend(1)
        # as with an asynchronous generator, it is said where it is awaited
        assert isinstance(error_of(operation), TypeError)
        assert drive(iterator.asend(None)) == "a"
        assert drive(iterator.asend(1)) == "b"

    def test_athrow(self, side: Any) -> None:
        socket, _ = at(side, "accepted", text("a"))
        iterator = socket.iter_data()
        assert isinstance(error_of(iterator.athrow(LookupError)), LookupError)
        assert isinstance(error_of(iterator.__anext__()), StopAsyncIteration)
        assert drive(socket.receive_text()) == "a"

    def test_two_iterators_take_turns(self, side: Any) -> None:
        socket, _ = at(side, "accepted", text("1"), text("2"), text("[3]"), disconnect())
        first, second, third = socket.iter_data(), socket.iter_data(), socket.iter_json()
        assert [drive(one.__anext__()) for one in (first, second, third)] == ["1", "2", [3]]
        assert self.collect(first) == self.collect(second) == self.collect(third) == []

    def test_left_by_break(self, side: Any) -> None:
        socket, _ = at(side, "accepted", text("a"), text("b"))

        async def main() -> None:
            async for _ in socket.iter_data():
                break

        drive(main())
        assert drive(socket.receive_text()) == "b"

    def test_created_before_it_is_accepted(self, side: Any) -> None:
        socket, server = at(side, "init", CONNECT, text("a"), disconnect())
        iterator = socket.iter_data()
        assert server.calls == 0 and socket.connection_state == "init"
        assert self.collect(iterator) == ["a"]


class TestSending:
    @pytest.mark.parametrize("data", ["", "a", "é€😀", "x" * 100_000])
    def test_str(self, side: Any, data: str) -> None:
        assert sent(side, "send_text", data) == sent_text(data)
        assert sent(side, "send_data", data) == sent_text(data)
        assert sent(side, "send_data", data, "binary") == sent_bytes(data.encode())
        assert sent(side, "send_bytes", data) == sent_bytes(data.encode())
        assert sent(side, "send_bytes", data, "utf-16-le") == sent_bytes(data.encode("utf-16-le"))
        assert sent(side, "send_data", data, mode="binary", encoding="utf-8") == sent_bytes(data.encode())

    @pytest.mark.parametrize("make", [bytes, bytearray, memoryview])
    @pytest.mark.parametrize("data", [b"", b"abc", "é".encode()])
    def test_bytes(self, side: Any, data: bytes, make: Callable[[bytes], Any]) -> None:
        assert sent(side, "send_bytes", make(data)) == sent_bytes(data)
        assert type(sent(side, "send_bytes", make(data))["bytes"]) is bytes
        assert sent(side, "send_data", make(data), "binary") == sent_bytes(data)
        assert sent(side, "send_text", make(data)) == sent_text(data.decode())
        assert sent(side, "send_data", make(data), mode="text") == sent_text(data.decode())
        assert sent(side, "send_text", make(data), "latin-1") == sent_text(data.decode("latin-1"))
        assert sent(side, "send_data", make(data), encoding="latin-1") == sent_text(data.decode("latin-1"))

    @pytest.mark.parametrize("state", ["init", "accepted"])
    @pytest.mark.parametrize(
        "data", [None, 5, 1.5, [], {}, [b"a"], object(), str], ids=lambda data: type(data).__name__
    )
    def test_other_types(self, side: Any, state: str, data: Any) -> None:
        socket, server = at(side, state)
        for call in (
            lambda: socket.send_data(data),
            lambda: socket.send_data(data, "binary"),
            lambda: socket.send_text(data),
            lambda: socket.send_bytes(data),
        ):
            assert type(error_of(call())) is TypeError
        assert server.sent == [] and server.calls == 0

    @pytest.mark.parametrize("state", ["init", "accepted"])
    def test_what_cannot_be_converted(self, side: Any, state: str) -> None:
        socket, server = at(side, state)
        for call in (
            lambda: socket.send_text(b"\xff"),
            lambda: socket.send_data(b"\xff"),
            lambda: socket.send_bytes("\ud800"),
            lambda: socket.send_bytes("é", "ascii"),
            lambda: socket.send_data("é", "binary", "ascii"),
        ):
            assert isinstance(error_of(call()), UnicodeError)
        for call in (lambda: socket.send_bytes("a", "nope"), lambda: socket.send_text(b"a", encoding="nope")):
            assert isinstance(error_of(call()), LookupError)
        assert server.sent == [] and server.calls == 0

    @pytest.mark.parametrize("mode", ["", "TEXT", "bytes", "text ", None, 5, b"text", True, ["text"]], ids=repr)
    @pytest.mark.parametrize("state", ["init", "accepted", "closed"])
    def test_modes(self, side: Any, state: str, mode: Any) -> None:
        socket, server = at(side, state)
        for call in (
            lambda: socket.receive_data(mode),
            lambda: socket.receive_json(mode),
            lambda: socket.receive_json(mode=mode, type=int),
            lambda: socket.send_data("a", mode),
            lambda: socket.send_json("a", mode=mode),
        ):
            error = error_of(call())
            assert type(error) is ValueError and "mode" in str(error)
        for make in (socket.iter_data, socket.iter_json):
            with pytest.raises(ValueError, match="mode"):
                make(mode)
        assert server.sent == [] and server.calls == 0

    def test_mode_is_compared_by_value(self, side: Any) -> None:
        class Mode(enum.StrEnum):
            TEXT = "text"
            BINARY = "binary"

        assert read(side, "receive_data", text("a"), Mode.TEXT) == "a"
        assert read(side, "receive_data", binary(b"a"), Mode.BINARY) == b"a"
        assert sent(side, "send_data", "a", Mode.BINARY) == sent_bytes(b"a")
        assert sent(side, "send_json", [1], Mode.BINARY) == sent_bytes(b"[1]")
        assert read(side, "receive_json", binary(b"[1]"), "".join(["bin", "ary"])) == [1]

    def test_sent_twice_is_sent_twice(self, side: Any) -> None:
        socket, server = at(side, "accepted")
        for _ in range(2):
            drive(socket.send_text("a"))
        assert server.sent == [sent_text("a")] * 2
        assert server.sent[0] is not server.sent[1]

    def test_messages_and_replies(self, side: Any) -> None:
        count = 200
        socket, server = at(side, "init", CONNECT, *[text(str(index)) for index in range(count)], disconnect())

        async def main() -> None:
            async for message in socket.iter_data():
                await socket.send_text(message)

        drive(main())
        assert server.sent == [ACCEPT, *[sent_text(str(index)) for index in range(count)]]


class TestOneAfterAnother:
    """What one call was given is not seen by the next, also where objects are used again."""

    RECEIVED: dict[str, tuple[Callable[[Any], Any], Any, Any]] = {
        "text": (lambda socket: socket.receive_text(), text("[1]"), "[1]"),
        "bytes": (lambda socket: socket.receive_bytes(), binary(b"[1]"), b"[1]"),
        "data": (lambda socket: socket.receive_data("binary"), binary(b"[1]"), b"[1]"),
        "json": (lambda socket: socket.receive_json(), text("[1]"), [1]),
        "json-typed": (lambda socket: socket.receive_json("binary", set[int]), binary(b"[1]"), {1}),
        "msgpack": (lambda socket: socket.receive_msgpack(tuple[int]), binary(b"\x91\x01"), (1,)),
        "iter_data": (lambda socket: socket.iter_data("binary").__anext__(), binary(b"[1]"), b"[1]"),
        "iter_json": (lambda socket: socket.iter_json().__anext__(), text("[1]"), [1]),
        "iter_msgpack": (lambda socket: socket.iter_msgpack().__anext__(), binary(b"\x91\x01"), [1]),
    }

    @pytest.mark.parametrize("second", RECEIVED)
    @pytest.mark.parametrize("first", RECEIVED)
    def test_receiving(self, side: Any, first: str, second: str) -> None:
        call, event, expected = self.RECEIVED[first]
        again, other, other_expected = self.RECEIVED[second]
        is_iterator = second.startswith("iter")
        socket, _ = at(side, "accepted", event, other, {}, disconnect(code=4000))
        assert drive(call(socket)) == expected
        assert drive(again(socket)) == other_expected
        assert type(error_of(again(socket))) is side.ImproperlyConfiguredException
        error = error_of(again(socket))
        assert type(error) is (StopAsyncIteration if is_iterator else side.WebSocketDisconnect)
        assert type(error_of(socket.receive_text())) is side.WebSocketDisconnect
        # and after one that has failed
        socket, _ = at(side, "accepted", {}, other)
        assert type(error_of(call(socket))) is side.ImproperlyConfiguredException
        assert drive(again(socket)) == other_expected
        # and after one that has seen the end
        error_of(call(at(side, "disconnected")[0]))
        socket, _ = at(side, "init", CONNECT, other)
        assert drive(again(socket)) == other_expected

    def test_sending(self, side: Any) -> None:
        socket, server = at(side, "accepted")
        for _ in range(2):
            drive(socket.send_json(Strange(1), "binary", "utf-16", lambda value: "strange"))
            drive(socket.send_text(b"\xe9", "latin-1"))
            drive(socket.send_bytes("é"))
            assert type(error_of(socket.send_json(Strange(1)))) is side.SerializationException
            assert type(error_of(socket.send_msgpack(Strange(1)))) is side.SerializationException
            assert isinstance(error_of(socket.send_text(b"\xe9")), UnicodeError)
            drive(socket.send_data("a", "binary"))
            drive(socket.send_data("a"))
            drive(socket.send_json("a"))
        expected = [
            sent_bytes(b'"strange"'), sent_text("é"), sent_bytes("é".encode()), sent_bytes(b"a"), sent_text("a"),
            sent_text('"a"'),
        ]  # fmt: skip
        assert server.sent == expected * 2

    def test_the_beginning_and_the_end(self, side: Any) -> None:
        for _ in range(2):
            socket, server = at(side, "init", CONNECT)
            drive(socket.accept("chat", {"a": "b"}))
            drive(socket.close(4000, "why"))
            other, other_server = at(side, "init", CONNECT)
            drive(other.accept())
            drive(other.close())
            drive(at(side, "connect")[0].deny(404, {"a": "b"}, b"no"))
            third, third_server = at(side, "connect")
            drive(third.deny())
            assert [server.sent[0]["subprotocol"], server.sent[1]["reason"]] == ["chat", "why"]
            assert other_server.sent == [ACCEPT, {"type": "websocket.close", "code": 1000, "reason": ""}]
            assert third_server.sent == [
                {"type": "websocket.http.response.start", "status": 403, "headers": []},
                {"type": "websocket.http.response.body", "body": b"", "more_body": False},
            ]


class Color(enum.Enum):
    RED = "red"
    DEEP = 3


class Level(enum.IntEnum):
    LOW = 1


class Word(enum.StrEnum):
    YES = "yes"


UTC = datetime.UTC

# the value, and what a JSON or MessagePack decoder makes of what was sent; two where the formats differ
SERIALIZED: dict[str, tuple[Any, Any, Any]] = {
    "None": (None, None, None),
    "bool": (True, True, True),
    "int": (2**53, 2**53, 2**53),
    "float": (1.5, 1.5, 1.5),
    "str": ("é€😀\n", "é€😀\n", "é€😀\n"),
    "list": ([1, [2]], [1, [2]], [1, [2]]),
    "tuple": ((1, 2), [1, 2], [1, 2]),
    "dict": ({"a": {"b": 1}}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    "keys": ({1: 2}, {"1": 2}, {1: 2}),
    "dataclass": (Point(1, 2), {"x": 1, "y": 2}, {"x": 1, "y": 2}),
    "Struct": (Place("a"), {"name": "a", "at": [0.0, 0.0]}, {"name": "a", "at": [0.0, 0.0]}),
    "TypedDict": (Named(name="a"), {"name": "a"}, {"name": "a"}),
    "datetime": (datetime.datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05", "2026-01-02T03:04:05"),
    "aware": (
        datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00",
    ),
    "date": (datetime.date(2026, 1, 2), "2026-01-02", "2026-01-02"),
    "time": (datetime.time(3, 4, 5), "03:04:05", "03:04:05"),
    "UUID": (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000001"),
    "Decimal": (decimal.Decimal("1.50"), "1.50", "1.50"),
    "Enum": ([Color.RED, Color.DEEP], ["red", 3], ["red", 3]),
    "IntEnum": (Level.LOW, 1, 1),
    "StrEnum": (Word.YES, "yes", "yes"),
    "path": (pathlib.PurePosixPath("/a/b"), "/a/b", "/a/b"),
    "set": ({1}, [1], [1]),
    "frozenset": (frozenset({"a"}), ["a"], ["a"]),
    "deque": (collections.deque([1, 2]), [1, 2], [1, 2]),
    "nested": (
        {
            "a": [Point(1), {Place("b", (1.5, 2.5)).name}, (pathlib.PurePosixPath("c"), decimal.Decimal(2))],
            "d": Color.RED,
        },
        {"a": [{"x": 1, "y": 0}, ["b"], ["c", "2"]], "d": "red"},
        {"a": [{"x": 1, "y": 0}, ["b"], ["c", "2"]], "d": "red"},
    ),
}  # fmt: skip


class Strange:
    """Something that no encoder knows."""

    def __init__(self, value: int) -> None:
        self.value = value


class TestEncoding:
    @pytest.mark.parametrize("name", SERIALIZED)
    def test_values(self, side: Any, name: str) -> None:
        value, as_json, as_msgpack = SERIALIZED[name]
        event = sent(side, "send_json", value)
        assert list(event) == ["type", "text"] and type(event["text"]) is str
        assert json.loads(event["text"]) == as_json
        assert sent(side, "send_json", value, "binary") == sent_bytes(event["text"].encode())
        assert sent(side, "send_json", value, mode="text") == event
        event = sent(side, "send_msgpack", value)
        assert list(event) == ["type", "bytes"] and type(event["bytes"]) is bytes
        assert ormsgpack.unpackb(event["bytes"], option=ormsgpack.OPT_NON_STR_KEYS) == as_msgpack

    def test_json_is_compact_utf_8(self, side: Any) -> None:
        value = {"a": [1, 2.5, None, True], "é": "€😀/<>&\u2028"}
        assert sent(side, "send_json", value)["text"] == '{"a":[1,2.5,null,true],"é":"€😀/<>&\u2028"}'
        expected = '{"a":[1,2.5,null,true],"é":"€😀/<>&\u2028"}'.encode()
        assert sent(side, "send_json", value, "binary")["bytes"] == expected

    @pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
    def test_json_is_utf_8_whatever_the_encoding(self, side: Any, encoding: str) -> None:
        assert sent(side, "send_json", "é", encoding=encoding) == sent_text('"é"')
        assert sent(side, "send_json", "é", "binary", encoding) == sent_bytes('"é"'.encode())
        assert sent(side, "send_msgpack", "é", encoding=encoding) == sent_bytes(b"\xa2\xc3\xa9")
        assert sent(side, "send_msgpack", "é", encoding) == sent_bytes(b"\xa2\xc3\xa9")

    @pytest.mark.parametrize("state", ["init", "accepted"])
    @pytest.mark.parametrize(
        "value",
        [Strange(1), [Strange(1)], {"a": {Strange(1)}}, "\ud800", ["\ud800"], {1j}],
        ids=["object", "in-list", "in-set", "surrogate", "surrogate-in-list", "complex"],
    )
    def test_what_cannot_be_encoded(self, side: Any, state: str, value: Any) -> None:
        socket, server = at(side, state)
        for call in (
            lambda: socket.send_json(value),
            lambda: socket.send_json(value, "binary"),
            lambda: socket.send_msgpack(value),
        ):
            error = error_of(call())
            assert type(error) is side.SerializationException and error.status_code == 500
        assert server.sent == [] and server.calls == 0

    def test_deep_and_cyclic_values(self, side: Any) -> None:
        deep: list[Any] = []
        for _ in range(100_000):
            deep = [deep]
        cyclic: list[Any] = []
        cyclic.append(cyclic)
        socket, server = at(side, "accepted")
        for value in (deep, cyclic):
            for call in (socket.send_json, socket.send_msgpack):
                try:
                    drive(call(value))
                except side.SerializationException:
                    assert server.sent == []
                else:
                    # from 3.14 on the stack is the bound, and there may be enough of it
                    assert value is deep and sys.version_info >= (3, 14)
                    server.sent.clear()
        # not all at once, which would need the stack
        while deep:
            deep = deep[0]

    def test_serializer(self, side: Any) -> None:
        def serializer(value: Any) -> Any:
            assert type(value) is Strange
            return {"strange": value.value}

        value = [Strange(1), {"a": Strange(2)}]
        expected = [{"strange": 1}, {"a": {"strange": 2}}]
        assert sent(side, "send_json", value, serializer=serializer) == sent_text(json.dumps(expected).replace(" ", ""))
        event = sent(side, "send_json", value, "binary", "utf-8", serializer)
        assert json.loads(event["bytes"]) == expected
        assert ormsgpack.unpackb(sent(side, "send_msgpack", value, serializer=serializer)["bytes"]) == expected
        assert ormsgpack.unpackb(sent(side, "send_msgpack", value, "utf-8", serializer)["bytes"]) == expected

    def test_serializer_that_fails(self, side: Any) -> None:
        def serializer(value: Any) -> Any:
            raise TypeError("not this one")

        socket, server = at(side, "accepted")
        for call in (socket.send_json, socket.send_msgpack):
            assert type(error_of(call(Strange(1), serializer=serializer))) is side.SerializationException
        assert server.sent == []

    @pytest.mark.parametrize("value", [Point(1, 2), Place("a"), [1, "é"], {"a": None}])
    def test_there_and_back(self, side: Any, value: Any) -> None:
        as_text = sent(side, "send_json", value)["text"]
        as_bytes = sent(side, "send_msgpack", value)["bytes"]
        assert read(side, "receive_json", text(as_text), type=type(value)) == value
        assert read(side, "receive_msgpack", binary(as_bytes), type=type(value)) == value


class TestMaxMessageSize:
    def limited(self, side: Any, limit: int | None, *events: Any) -> tuple[Any, Server]:
        class Limited(side.WebSocket):  # type: ignore[misc, name-defined]
            limits = side.Limits(max_message_size=limit)

        return at(side, "accepted", *events, cls=Limited)

    @pytest.mark.parametrize(
        ("limit", "data"),
        [
            (4, ""),
            (4, "abc"),
            (4, "abcd"),
            (4, "éé"),
            (4, "😀"),
            (4, "€a"),
            (0, ""),
            (3, "\ud800"),
            (None, "a" * 10**7),
        ],
        ids=lambda value: repr(value)[:12],
    )
    def test_within(self, side: Any, limit: int | None, data: str) -> None:
        socket, _ = self.limited(side, limit, text(data), binary(data.encode("utf-8", "surrogatepass")))
        assert drive(socket.receive_text()) == data
        assert len(drive(socket.receive_bytes())) == len(data.encode("utf-8", "surrogatepass"))

    @pytest.mark.parametrize(
        ("limit", "data"),
        [
            (4, "abcde"),
            (4, "ééa"),
            (4, "aéé"),
            (4, "😀a"),
            (4, "€é"),
            (3, "😀"),
            (0, "a"),
            (1, "é"),
            (2, "\ud800"),
            (4, "a" * 1000),
        ],
        ids=lambda value: repr(value)[:12],
    )
    def test_beyond(self, side: Any, limit: int, data: str) -> None:
        raw = data.encode("utf-8", "surrogatepass")
        events = [text(data), binary(raw), binary(bytearray(raw)), text(data), binary(raw), binary(raw), text(data)]
        socket, _ = self.limited(side, limit, *events, text(""), text(""))
        for call in (
            socket.receive_text,
            socket.receive_bytes,
            lambda: socket.receive_data("binary"),
            socket.receive_json,
            lambda: socket.receive_json("binary"),
            socket.receive_msgpack,
            socket.iter_data().__anext__,
        ):
            error = error_of(call())
            assert type(error) is side.RequestEntityTooLarge and error.status_code == 413
            assert str(limit) in str(error) and "aaa" not in str(error)
            assert socket.connection_state == "receive"
        # it stays usable
        assert drive(socket.receive_text()) == ""
        assert drive(socket.send_text("a")) is None

    def test_an_iterator_goes_on(self, side: Any) -> None:
        socket, _ = self.limited(side, 3, text("1"), text("12345"), text("2"), disconnect())
        iterator = socket.iter_json()
        assert drive(iterator.__anext__()) == 1
        assert type(error_of(iterator.__anext__())) is side.RequestEntityTooLarge
        assert drive(iterator.__anext__()) == 2
        assert isinstance(error_of(iterator.__anext__()), StopAsyncIteration)

    def test_what_is_sent_has_no_bound(self, side: Any) -> None:
        socket, server = self.limited(side, 1)
        drive(socket.send_text("abc"))
        assert server.sent == [sent_text("abc")]

    def test_raw_events_have_no_bound(self, side: Any) -> None:
        socket, _ = self.limited(side, 1, text("abc"))
        assert drive(socket.receive()) == text("abc")


def test_a_hook_of_the_decoder_receives_the_next_message(side: Any) -> None:
    seen = []

    @dataclasses.dataclass
    class Receiving:
        a: int

        def __post_init__(self) -> None:
            seen.append(drive(socket.receive_text()))

    socket, _ = at(side, "accepted", text('{"a":1}'), text("next"))
    assert drive(socket.receive_json(type=Receiving)).a == 1
    assert seen == ["next"]
