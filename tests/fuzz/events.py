"""Random events from a server that breaks the specification, read in random ways, with the same outcome on both sides.

The fuzzer checks that every call of a random sequence has the same outcome on both sides, with the same causes, and
leaves the same state; and that only documented exceptions are raised, and those that an object of the event raises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..helpers import drive, http_scope
from ..websocket.doubles import websocket_scope
from . import base
from .odd import any_event

__all__ = ("Fuzzer",)

_JSON = [(b"content-type", b"application/json")]
_FORM = [(b"content-type", b"application/x-www-form-urlencoded")]
_DATA = [b"[1]", b"a=1", b"", b"\x91\x01", b"1" * 600]
_TEXT = ["[1]", "a", "", "é", "1" * 30]
_CODES = [1000, 1001, 4000, 0, 65535, 65536, -1, "1000", 1000.0]
_REASONS = ["", "why", "x" * 200, None]
_RECEIVED: dict[str, dict[str, list[Any]]] = {
    "websocket.connect": {},
    "websocket.receive": {"text": [*_TEXT, None], "bytes": [*_DATA, None]},
    "websocket.disconnect": {"code": _CODES, "reason": _REASONS},
    "websocket.accept": {},
    "http.request": {"body": _DATA},
}

_HTTP_CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "body": lambda request, stream: request.body(),
    "json": lambda request, stream: request.json(),
    "msgpack": lambda request, stream: request.msgpack(),
    "form": lambda request, stream: _items(request),
    "stream": lambda request, stream: stream.__anext__(),
    "another stream": lambda request, stream: request.stream().__anext__(),
    "parts": lambda request, stream: request.stream_form().__anext__(),
    "drain": lambda request, stream: request.drain(max_size=100),
    "replay": lambda request, stream: request.replay()(),
}
_SOCKET_CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "accept": lambda socket, iterators: socket.accept(),
    "receive": lambda socket, iterators: socket.receive(),
    "receive_text": lambda socket, iterators: socket.receive_text(),
    "receive_bytes": lambda socket, iterators: socket.receive_bytes(),
    "receive_json": lambda socket, iterators: socket.receive_json(),
    "receive_json-binary": lambda socket, iterators: socket.receive_json("binary"),
    "receive_msgpack": lambda socket, iterators: socket.receive_msgpack(),
    "receive_data": lambda socket, iterators: socket.receive_data("text"),
    "iter_data": lambda socket, iterators: iterators[0].__anext__(),
    "iter_json": lambda socket, iterators: iterators[1].__anext__(),
    "send_text": lambda socket, iterators: socket.send_text("a"),
    "close": lambda socket, iterators: socket.close(),
    "deny": lambda socket, iterators: socket.deny(),
}


class Server:
    """Gives events, and at their end says that the client disconnected; keeps what is sent."""

    def __init__(self, kind: str, events: list[Any]) -> None:
        self.kind = kind
        self.events = list(events)
        self.calls = 0
        self.sent: list[Any] = []

    async def receive(self) -> Any:
        self.calls += 1
        return self.events.pop(0) if self.events else {"type": f"{self.kind}.disconnect"}

    async def send(self, event: Any) -> None:
        self.sent.append(dict(event))


class Fuzzer(base.Fuzzer):
    """Of events that are received."""

    def check(self) -> None:
        kind = self.random.choice(("http", "websocket"))
        odd = self.random.choice((0.05, 0.2, 0.5))
        events = [
            self.http_event(odd) if kind == "http" else self.socket_event(odd) for _ in range(self.random.randrange(6))
        ]
        if kind == "websocket" and self.chance(0.8):
            events.insert(0, {"type": "websocket.connect"})
        names = list(_HTTP_CALLS if kind == "http" else _SOCKET_CALLS)
        calls = [self.random.choice(names) for _ in range(self.random.randrange(1, 7))]
        headers = self.random.choice((_JSON, _FORM))
        limits = self.random.choice(({}, {}, {"max_body_size": 5, "max_message_size": 5}))
        answers = [getattr(self, kind)(side, events, calls, headers, limits) for side in self.packages]
        told = self.agreed(answers, (kind, events, calls, limits))
        for (answer, _), name in zip(told, calls, strict=True):
            self.counts[f"{kind}, {answer[0]}"] += 1
            more = ("StopAsyncIteration",) if "iter" in name or name in ("stream", "another stream", "parts") else ()
            self.expect_documented(answer, "Fuzzed", *more)

    def http_event(self, odd: float) -> Any:
        kind = self.random.choice(("http.request",) * 8 + ("http.disconnect", "websocket.receive"))
        return any_event(self.random, kind, {"body": _DATA, "more_body": [True, True, True, False]}, odd)

    def socket_event(self, odd: float) -> Any:
        kind = self.random.choice(("websocket.receive",) * 6 + tuple(_RECEIVED))
        values = _RECEIVED[kind]
        if kind == "websocket.receive" and self.chance(0.7):
            # most servers give one of both
            values = {key: values[key] for key in [self.random.choice(("text", "bytes"))]}
        return any_event(self.random, kind, values, odd)

    def http(self, side: Any, events: list[Any], calls: list[str], headers: Any, limits: Any) -> list[Any]:
        """Return what a request says to each call, with its state after it."""
        cls = type("Bounded", (side.Request,), {"limits": side.Limits(**limits)})
        server = Server("http", events)
        request = cls(http_scope(method="POST", headers=headers), server.receive, server.send)
        stream = request.stream()
        reader = request.body_reader
        told = []
        for name in calls:
            answer = _told(lambda: _HTTP_CALLS[name](request, stream))  # noqa: B023
            state = (reader.busy, reader.ended, reader.disconnected, reader.consumed, reader.size, reader.streamed_size)
            told.append((answer, (server.calls, *map(bool, state[:4]), *state[4:])))
        return told

    def websocket(self, side: Any, events: list[Any], calls: list[str], headers: Any, limits: Any) -> list[Any]:
        """Return what a WebSocket says to each call, with its state and what was sent after it."""
        cls = type("Bounded", (side.WebSocket,), {"limits": side.Limits(**limits)})
        server = Server("websocket", events)
        socket = cls(websocket_scope(), server.receive, server.send)
        iterators = socket.iter_data(), socket.iter_json()
        told = []
        for name in calls:
            answer = _told(lambda: _SOCKET_CALLS[name](socket, iterators))  # noqa: B023
            told.append((answer, (socket.connection_state, server.calls, base.described(server.sent))))
        return told


async def _items(request: Any) -> Any:
    return (await request.form()).multi_items()


def _told(call: Callable[[], Any]) -> Any:
    try:
        return "returned", base.described(drive(call()))
    except Exception as error:
        return base.said_of(error)
