"""All operations of the public API: how each is made from a server's two callables, and its result.

A test that iterates over `OPERATIONS` covers every member that a caller awaits. `Server` is a scripted server, whose
calls can return or raise something else than a coroutine.
"""

from __future__ import annotations

import importlib.util
import os
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest

from ..forms.bodies import BOUNDARY, MULTIPART, URLENCODED
from ..helpers import DISCONNECT, body_events, drive, forever, http_scope, sleep
from ..sides import load_module
from ..websocket.doubles import ACCEPT, CONNECT, EXTENSION, binary, closed, sent_bytes, sent_text, text, websocket_scope

Event = dict[str, Any]
Answer = Callable[[Any], Any]
"""What a server's callable does in the place of giving a coroutine; called with what that would return."""

PUSH: Final = "http.response.push"
EARLY_HINT: Final = "http.response.early_hint"


class Server:
    """A server by script: gives events one after the other, waits for ever where it has none, keeps what is sent.

    Args:
        *events: What `receive()` gives.

    Attributes:
        suspend: Whether each answer gives the event loop a turn before.
    """

    def __init__(self, *events: Any) -> None:
        self.suspend = False
        self.arm(events, {})

    def arm(self, events: Iterable[Any], answers: dict[int, Answer]) -> None:
        """Forget what was called and sent.

        Args:
            events: What `receive()` gives from now on.
            answers: By number of the call, counted from now on over both callables: what it returns.
        """
        self.events = deque(events)
        self.answers = answers
        self.calls: list[str] = []
        self.sent: list[Any] = []

    def receive(self) -> Any:
        return self._answer("receive", self.events.popleft() if self.events else None)

    def send(self, event: Any) -> Any:
        self.sent.append(event)
        return self._answer("send", None)

    def _answer(self, kind: str, value: Any) -> Any:
        answer = self.answers.get(len(self.calls))
        self.calls.append(kind)
        return self._usual(kind, value) if answer is None else answer(value)

    async def _usual(self, kind: str, value: Any) -> Any:
        if self.suspend:
            await sleep(0)
        if kind == "receive" and value is None:
            await forever()
        return value


@dataclass(frozen=True)
class Operation:
    """One operation: a member of a public class, in one state of the connection.

    Args:
        name: Of the test.
        kind: The class of the connection; `litestar.` stands before those of the drop-in.
        start: Called with what `prepare` returned; returns what is awaited.
        calls: Which of the server's callables are called while it runs.
        events: What `receive()` gives while it runs.
        result: What it returns.
        error: What it raises instead.
        sent: What it sends.
        prepare: Called with the connection, while the server gives `before`.
        before: What `receive()` gives to `prepare`.
        changes: Of the scope.
        view: Makes what was returned comparable.
        is_step: Whether it is the step of an asynchronous iterator, where StopAsyncIteration means the end.
        needs_loop: Whether it cannot be driven by hand.
        waits: Whether it waits for what the server gives; is_disconnected() answers without.
        member: What the class must have; it is skipped where a later version has it.
    """

    name: str
    kind: str
    start: Callable[[Any], Any]
    calls: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    result: Any = None
    error: type[BaseException] | None = None
    sent: tuple[Event, ...] = ()
    prepare: Callable[[Any], Any] | None = None
    before: tuple[Event, ...] = ()
    changes: dict[str, Any] = field(default_factory=dict)
    view: Callable[[Any], Any] | None = None
    is_step: bool = False
    needs_loop: bool = False
    waits: bool = True
    member: str | None = None

    @property
    def is_dropin(self) -> bool:
        return self.kind.startswith("litestar.")

    @property
    def is_socket(self) -> bool:
        return self.kind.endswith("WebSocket")

    def exists(self, side: Any) -> bool:
        """Return whether a side has it; where litecon is pure, the drop-in is Litestar's own."""
        if self.is_dropin:
            return bool(side.COMPILED) and importlib.util.find_spec("litestar") is not None
        return self.member is None or hasattr(getattr(side, self.kind), self.member)

    def base(self, side: Any) -> Any:
        """Return the public class of a side, or skip the test where that side has none of its own."""
        if not self.exists(side):
            pytest.skip(f"this side has no {self}")
        if self.is_dropin:
            return getattr(load_module("compiled", "litestar"), self.kind.partition(".")[2])
        return getattr(side, self.kind)

    def scope(self) -> dict[str, Any]:
        """Return a scope of its own."""
        if not self.is_dropin:
            return (websocket_scope if self.is_socket else http_scope)(**self.changes)
        from ..litestar.scopes import litestar_scope, socket_scope

        return socket_scope(**self.changes) if self.is_socket else litestar_scope(**self.changes)

    def open(self, side: Any, server: Server, cls: Any = None, scope: Any = None) -> Any:
        """Return what `start` takes, over a server that has its events.

        Args:
            side: The package of one side.
            server: Its answers are the usual ones until now.
            cls: A subclass of the public class.
            scope: In the place of the usual one.
        """
        cls = self.base(side) if cls is None else cls
        server.arm(self.before, {})
        subject = cls(self.scope() if scope is None else scope, server.receive, server.send)
        if self.prepare is not None:
            subject = self.prepare(subject)
        server.arm(self.events, {})
        return subject

    def seen(self, value: Any) -> Any:
        """Return what was returned, as `result` has it."""
        return value if self.view is None else self.view(value)

    def __str__(self) -> str:
        return self.name


def _pairs(form: Any) -> list[tuple[str, Any]]:
    return [(name, value if isinstance(value, str) else value.filename) for name, value in form.multi_items()]


def _name(part: Any) -> Any:
    return part.name


_RECEIVE = ("receive",)
_SEND = ("send",)
_TWICE = ("receive", "receive")
_JSON = tuple(body_events(b"[1", b"]"))
_MSGPACK = tuple(body_events(b"\x91", b"\x01"))
_FIELDS = tuple(body_events(b"a=1", b"&b=2"))
_HEAD = b'--%s\r\nContent-Disposition: form-data; name="a"\r\n\r\n' % BOUNDARY
_END = b"\r\n--%s--\r\n" % BOUNDARY
_PARTS = tuple(body_events(_HEAD[:30], _HEAD[30:] + b"1" + _END))
_HOST = (b"host", b"example.org")


def _typed(content_type: bytes) -> dict[str, Any]:
    return {"method": "POST", "headers": [_HOST, (b"content-type", content_type)]}


def _first_part(request: Any) -> Any:
    stream = request.stream_form()
    # a part keeps its stream alive, and the stream nothing of its caller
    return drive(stream.__anext__())


def _request(name: str, start: Callable[[Any], Any], *calls: str, **items: Any) -> Operation:
    return Operation(f"Request.{name}", "Request", start, calls, **items)


def _part(name: str, start: Callable[[Any], Any], *calls: str, **items: Any) -> Operation:
    before, *events = body_events(_HEAD, b"1" * 200, b"2" * 200 + _END)
    return _request(
        f"part-{name}", start, *calls, prepare=_first_part, before=(before,), events=tuple(events),
        changes=_typed(MULTIPART), **items,
    )  # fmt: skip


_READS: Final = (
    _request("body", lambda request: request.body(), *_TWICE, events=_JSON, result=b"[1]"),
    _request(
        "stream", lambda request: request.stream().__anext__(), *_RECEIVE, events=_JSON, result=b"[1", is_step=True
    ),
    _request(
        "stream-asend",
        lambda request: request.stream().asend(None),
        *_RECEIVE,
        events=_JSON,
        result=b"[1",
        is_step=True,
    ),
    _request("stream-athrow", lambda request: request.stream().athrow(KeyError("mine")), error=KeyError),
    _request("stream-aclose", lambda request: request.stream().aclose()),
    _request("json", lambda request: request.json(), *_TWICE, events=_JSON, result=[1]),
    _request("msgpack", lambda request: request.msgpack(), *_TWICE, events=_MSGPACK, result=[1]),
)
_FORMS: Final = tuple(
    _request(name, start, *_TWICE, events=events, changes=_typed(kind), view=_pairs, result=result)
    for name, start, events, kind, result in (
        ("form-fields", lambda request: request.form(), _FIELDS, URLENCODED, [("a", "1"), ("b", "2")]),
        ("form-parts", lambda request: request.form(), _PARTS, MULTIPART, [("a", "1")]),
        ("form-with", lambda request: request.form().__aenter__(), _PARTS, MULTIPART, [("a", "1")]),
    )
)
_STREAMED_FORMS: Final = (
    _request(
        "stream_form", lambda request: request.stream_form().__anext__(), *_TWICE, events=_PARTS,
        changes=_typed(MULTIPART), view=_name, result="a", is_step=True,
    ),
    _request(
        "stream_form-fields", lambda request: request.stream_form().__anext__(), *_RECEIVE,
        events=tuple(body_events(b"a=1&", b"b=2")), changes=_typed(URLENCODED), view=_name, result="a", is_step=True,
    ),
    _part("read", lambda part: part.read(), *_TWICE, result=b"1" * 200 + b"2" * 200),
    _part("text", lambda part: part.text(), *_TWICE, result="1" * 200 + "2" * 200),
    _part("stream", lambda part: part.stream().__anext__(), *_RECEIVE, view=lambda chunk: chunk[:1], result=b"1",
          is_step=True),
    _part("stream-aclose", lambda part: part.stream().aclose()),
    _part("save_to", lambda part: part.save_to(os.devnull), *_TWICE, result=400, needs_loop=True),
)  # fmt: skip
_OTHERS: Final = (
    _request("is_disconnected", lambda request: request.is_disconnected(), *_RECEIVE, events=(DISCONNECT,), result=True,
             needs_loop=True, waits=False),
    _request("is_disconnected-later", lambda request: request.is_disconnected(), *_TWICE, needs_loop=True,
             waits=False, events=(body_events(b"1", b"2")[0], DISCONNECT), result=True),
    _request("send_push_promise", lambda request: request.send_push_promise("/style.css"), *_SEND,
             changes={"extensions": {PUSH: {}}}, sent=({"type": PUSH, "path": "/style.css", "headers": []},)),
    _request("send_early_hints", lambda request: request.send_early_hints("</style.css>; rel=preload"), *_SEND,
             changes={"extensions": {EARLY_HINT: {}}}, member="send_early_hints",
             sent=({"type": EARLY_HINT, "links": [b"</style.css>; rel=preload"]},)),
    _request("drain", lambda request: request.drain(), *_TWICE, events=_JSON, view=lambda value: None, member="drain"),
    _request("replay", lambda request: request.replay()(), *_RECEIVE, events=_JSON, result=_JSON[0], member="replay"),
)  # fmt: skip


def _accepted(socket: Any) -> Any:
    drive(socket.accept())
    return socket


def _connected(socket: Any) -> Any:
    drive(socket.receive())
    return socket


def _socket(name: str, start: Callable[[Any], Any], *calls: str, **items: Any) -> Operation:
    return Operation(f"WebSocket.{name}", "WebSocket", start, calls, **items)


def _in_both_states(operation: Operation) -> tuple[Operation, Operation]:
    """Return an operation of an accepted WebSocket, and the same where it accepts by itself."""
    return (
        replace(operation, prepare=_accepted, before=(CONNECT,)),
        replace(
            operation,
            name=f"{operation.name}-first",
            calls=("receive", "send", *operation.calls),
            events=(CONNECT, *operation.events),
            sent=(ACCEPT, *operation.sent),
        ),
    )


_TEXT = (text("[1]"),)
_BINARY = (binary(b"\x91\x01"),)
_RECEIVING: Final = (
    _socket("receive_data", lambda socket: socket.receive_data("text"), *_RECEIVE, events=_TEXT, result="[1]"),
    _socket("receive_data-binary", lambda socket: socket.receive_data("binary"), *_RECEIVE, events=_BINARY,
            result=b"\x91\x01"),
    _socket("receive_text", lambda socket: socket.receive_text(), *_RECEIVE, events=_TEXT, result="[1]"),
    _socket("receive_bytes", lambda socket: socket.receive_bytes(), *_RECEIVE, events=_BINARY, result=b"\x91\x01"),
    _socket("receive_json", lambda socket: socket.receive_json(), *_RECEIVE, events=_TEXT, result=[1]),
    _socket("receive_msgpack", lambda socket: socket.receive_msgpack(), *_RECEIVE, events=_BINARY, result=[1]),
    *(
        _socket(f"{name}{suffix}", lambda socket, name=name, call=call: call(getattr(socket, name)()), *_RECEIVE,
                events=events, result=result, is_step=True)
        for name, events, result in (
            ("iter_data", _TEXT, "[1]"), ("iter_json", _TEXT, [1]), ("iter_msgpack", _BINARY, [1]),
        )
        for suffix, call in (
            ("", lambda iterator: iterator.__anext__()),
            ("-asend", lambda iterator: iterator.asend(None)),
        )
    ),
)  # fmt: skip
_SENDING: Final = (
    _socket("send_data", lambda socket: socket.send_data("a"), *_SEND, sent=(sent_text("a"),)),
    _socket("send_data-binary", lambda socket: socket.send_data(b"a", "binary"), *_SEND, sent=(sent_bytes(b"a"),)),
    _socket("send_text", lambda socket: socket.send_text("a"), *_SEND, sent=(sent_text("a"),)),
    _socket("send_bytes", lambda socket: socket.send_bytes(b"a"), *_SEND, sent=(sent_bytes(b"a"),)),
    _socket("send_json", lambda socket: socket.send_json([1]), *_SEND, sent=(sent_text("[1]"),)),
    _socket("send_msgpack", lambda socket: socket.send_msgpack([1]), *_SEND, sent=(sent_bytes(b"\x91\x01"),)),
)
_DENIAL: Final = (
    {"type": f"{EXTENSION}.start", "status": 403, "headers": []},
    {"type": f"{EXTENSION}.body", "body": b"", "more_body": False},
)
_HANDSHAKE: Final = (
    _socket("accept", lambda socket: socket.accept(), "receive", "send", events=(CONNECT,), sent=(ACCEPT,)),
    _socket("accept-connected", lambda socket: socket.accept(), *_SEND, prepare=_connected, before=(CONNECT,),
            sent=(ACCEPT,)),
    _socket("close", lambda socket: socket.close(), *_SEND, prepare=_accepted, before=(CONNECT,), sent=(closed(),)),
    _socket("close-first", lambda socket: socket.close(), *_SEND, sent=(closed(),)),
    _socket("deny", lambda socket: socket.deny(), "send", "send", sent=_DENIAL),
    _socket("deny-closes", lambda socket: socket.deny(), *_SEND, changes={"extensions": {}}, sent=(closed(),)),
    _socket("receive", lambda socket: socket.receive(), *_RECEIVE, prepare=_accepted, before=(CONNECT,), events=_TEXT,
            result=_TEXT[0]),
    _socket("receive-first", lambda socket: socket.receive(), *_RECEIVE, events=(CONNECT,), result=CONNECT),
    _socket("send", lambda socket: socket.send(sent_text("a")), *_SEND, prepare=_accepted, before=(CONNECT,),
            sent=(sent_text("a"),)),
    _socket("iter_data-athrow", lambda socket: socket.iter_data().athrow(KeyError("mine")), error=KeyError),
    _socket("iter_data-aclose", lambda socket: socket.iter_data().aclose()),
)  # fmt: skip


def _of_the_dropin(operation: Operation) -> Operation:
    """Return the operation of the drop-in, whose events have both kinds of data."""
    sent = tuple(
        {**event, "text": event.get("text"), "bytes": event.get("bytes")}
        if event["type"] == "websocket.send"
        else event
        for event in operation.sent
    )
    return replace(operation, name=f"litestar.{operation.name}", kind=f"litestar.{operation.kind}", sent=sent)


def _dropin() -> Iterable[Operation]:
    for operation in (*_READS, *_SOCKETS):
        # accept() does nothing in a later state, and there is no deny()
        if operation.name.partition("-")[0] not in ("WebSocket.deny", "WebSocket.close", "WebSocket.send") and (
            operation.name != "WebSocket.accept-connected"
        ):
            yield _of_the_dropin(operation)
    for name, events, kind, result in (
        ("fields", _FIELDS, URLENCODED, [("a", "1"), ("b", "2")]),
        ("parts", _PARTS, MULTIPART, [("a", "1")]),
    ):
        yield Operation(
            f"litestar.Request.form-{name}", "litestar.Request", lambda request: request.form(), _TWICE, events,
            changes=_typed(kind), view=lambda form: sorted(form.multi_items()), result=result,
        )  # fmt: skip
    for suffix, prepare, before in (("", _accepted, (CONNECT,)), ("-first", None, ())):
        yield Operation(
            f"litestar.WebSocket.close{suffix}", "litestar.WebSocket", lambda socket: socket.close(), _SEND,
            prepare=prepare, before=before, sent=(closed(),),
        )  # fmt: skip
    yield Operation(
        "litestar.WebSocket.send", "litestar.WebSocket", lambda socket: socket.send(sent_text("a")), _SEND,
        prepare=_accepted, before=(CONNECT,), sent=(sent_text("a"),),
    )  # fmt: skip


_SOCKETS: Final = (
    *_HANDSHAKE,
    *(each for operation in (*_RECEIVING, *_SENDING) for each in _in_both_states(operation)),
)

OPERATIONS: Final = (*_READS, *_FORMS, *_STREAMED_FORMS, *_OTHERS, *_SOCKETS, *_dropin())
BY_NAME: Final = {operation.name: operation for operation in OPERATIONS}

over_operations: Final = pytest.mark.parametrize("operation", OPERATIONS, ids=str)
over_those_by_hand: Final = pytest.mark.parametrize(
    "operation", [operation for operation in OPERATIONS if not operation.needs_loop], ids=str
)
