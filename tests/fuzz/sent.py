"""Random events and arguments from an application: both sides send the same, valid events to the server.

The fuzzer checks that every call of a random sequence has the same outcome on both sides, with the same causes, and
sends the same events; that these are valid and of built-in types; and that only documented exceptions are raised, and
those that an object of the application raises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..helpers import drive, http_scope
from ..websocket.doubles import EXTENSION, websocket_scope
from ..websocket.test_states import StrictServer
from . import base
from .odd import any_event, any_text, odd_value

__all__ = ("Fuzzer",)

_PAIRS: list[Any] = [(b"a", b"b"), ("A", "b"), [b"x-y", "é"], (b"a\r", b""), (b"", b"b"), (b"a", b"\r\nx: y"),
    ("é", "b"), (b"a",),
    ("a", "€"), b"ab", None, (b"a", None), (b"a", bytearray(b"b"))]  # fmt: skip
_SUBPROTOCOLS = [None, "chat", "a,b", "a\r\n", "é", ""]
_CODES = [1000, 1001, 3000, 4999, 999, 5000, 1004, 1005, 1006, 1015]
_REASONS = [None, "", "why", "x" * 123, "x" * 124, "é" * 62, "\ud800"]
_STATUSES = [403, 200, 599, 199, 600]
_BODIES = [b"", b"body", bytearray(b"body"), memoryview(b"body"), "body", None]
_PATHS = ["/a", "/a?b=c", "/", "a", "", "/a b", "/a#b", "/é", "/a\r\n", "//a", "/%41"]
_LINKS = ["</a>; rel=a", b"</a>", "</a\r\n>", "", "a", "</é>", b"</a>; rel=\xff"]
_OFFERED = {"http.response.push": {}, "http.response.early_hint": {}}
_ARGUMENTS = ("TypeError", "ValueError", "LookupError", "UnicodeEncodeError", "UnicodeDecodeError")


class Server:
    """Takes events of an HTTP response."""

    def __init__(self) -> None:
        self.log: list[Any] = []

    async def send(self, event: Any) -> None:
        self.log.append(("sent", event))


class Fuzzer(base.Fuzzer):
    """Of events that are sent."""

    def check(self) -> None:
        odd = self.random.choice((0.02, 0.1, 0.4))
        if self.chance(0.25):
            calls = [self.http_call(odd) for _ in range(3)]
            answers = [self.http(side, calls) for side in self.packages]
        else:
            calls = [self.socket_call(odd) for _ in range(self.random.randrange(1, 7))]
            breaks = self.random.choice((None, None, None, 0, 1, 2))
            offers = self.chance(0.7)
            events = [{"type": "websocket.connect"}, *[{"type": "websocket.receive", "text": "a"}] * 3]
            answers = [self.websocket(side, calls, events, offers, breaks) for side in self.packages]
        shown = [(name, shown) for name, shown, _ in calls]
        told = self.agreed(answers, shown)
        for name, (answer, _) in zip([name for name, _, _ in calls], told, strict=True):
            self.counts[f"{name}, {answer[0]}"] += 1
            more = _ARGUMENTS if name in ("send_data", "receive_data", "send_text") else ("LiteconException",)
            self.expect_documented(answer, "Fuzzed", *more)

    def value(self, usual: list[Any], odd: float) -> Any:
        return odd_value(self.random) if self.chance(odd) else self.random.choice(usual)

    def headers(self, odd: float) -> Callable[[], Any]:
        """Return what makes headers, for each side its own: some can be read only once."""
        if self.chance(odd):
            value = odd_value(self.random)
            return lambda: value
        pairs = [
            self.random.choice(_PAIRS if self.chance(odd) else _PAIRS[:3]) for _ in range(self.random.randrange(4))
        ]
        kinds: list[Callable[[], Any]] = [
            lambda: pairs,
            lambda: iter(pairs),
            lambda: (pair for pair in pairs),
            lambda: tuple(pairs),
            lambda: _Changing(pairs),
            lambda: None,
            lambda: iter([1]),
        ]
        if all(isinstance(pair, tuple) for pair in pairs):
            kinds.append(lambda: {pair[0]: pair[-1] for pair in pairs})
        return self.random.choice(kinds)

    def event(self, odd: float) -> Callable[[], Any]:
        """Return what makes an event, the same for each side but for its headers."""
        kinds: dict[str, dict[str, list[Any]]] = {
            "websocket.accept": {"subprotocol": _SUBPROTOCOLS[:2], "headers": [None]},
            "websocket.send": {self.random.choice(("text", "bytes")): ["a", b"a", bytearray(b"a"), None]},
            "websocket.close": {"code": _CODES[:4], "reason": _REASONS[:4]},
            "websocket.http.response.start": {"status": _STATUSES[:3], "headers": [None]},
            "websocket.http.response.body": {"body": _BODIES[:4], "more_body": [True, False]},
        }
        kind = self.random.choice(list(kinds))
        event = any_event(self.random, kind, kinds[kind], odd)
        if type(event) is dict and "headers" in event and self.chance(0.8):
            headers = self.headers(odd)
            return lambda: {**event, "headers": headers(), "other": 1}
        return lambda: event

    def socket_call(self, odd: float) -> tuple[str, Any, Callable[[Any], Any]]:
        name = self.random.choice(
            ("send",) * 8 + ("accept", "close", "deny", "send_data", "receive_data", "send_text", "wrapper")
        )
        if name in ("send", "wrapper"):
            event = self.event(odd)
            return (
                name,
                event(),
                lambda socket: (socket.send if name == "send" else socket.send_wrapper(socket.lower))(event()),
            )
        if name == "accept":
            subprotocol, headers = self.value(_SUBPROTOCOLS, odd), self.headers(odd)
            return name, (subprotocol, headers()), lambda socket: socket.accept(subprotocol, headers())
        if name == "deny":
            status, body, headers = self.value(_STATUSES, odd), self.value(_BODIES, odd), self.headers(odd)
            return name, (status, headers(), body), lambda socket: socket.deny(status, headers(), body)
        if name == "close":
            arguments = self.value(_CODES, odd), self.value(_REASONS, odd)
        elif name == "send_data":
            mode = self.value(["text", "binary"], odd)
            arguments = (
                self.value(["a", b"a", b"\xff", "\ud800"], odd),
                mode,
                self.value(["utf-8", "latin-1", "nope", None], odd),
            )
        elif name == "receive_data":
            arguments = (self.value(["text", "binary"], odd),)
        else:
            arguments = (any_text(self.random, "a") if self.chance(odd) else "a",)
        return name, arguments, lambda socket: getattr(socket, name)(*arguments)

    def http_call(self, odd: float) -> tuple[str, Any, Callable[[Any], Any]]:
        if self.chance(0.5):
            path = any_text(self.random, self.random.choice(_PATHS)) if self.chance(odd) else self.random.choice(_PATHS)
            return "send_push_promise", path, lambda request: request.send_push_promise(path, self.strict)
        links = [self.value(_LINKS, odd) for _ in range(self.random.randrange(3))]
        return (
            "send_early_hints",
            links,
            lambda request: request.send_early_hints(*links, raise_if_unavailable=self.strict),
        )

    strict = True

    def http(self, side: Any, calls: list[Any]) -> list[Any]:
        """Return what a request says to each call, and what the server got."""
        server = Server()
        scope = http_scope(extensions=_OFFERED, headers=[(b"accept", b"a/b"), (b"User-Agent", b"c\xff"), (b"x", b"y")])
        request = side.Request(scope, None, server.send)
        told = []
        for _, _, call in calls:
            answer = _told(lambda: call(request))  # noqa: B023
            told.append((answer, base.described(server.log)))
        for _, event in server.log:
            if event["type"] == "http.response.push":
                _require(type(event["path"]) is str and event["path"].isprintable() and event["path"][0] == "/", event)
            else:
                _require(all(type(link) is bytes and not set(link) & set(b"\r\n\0") for link in event["links"]), event)
        return told

    def websocket(self, side: Any, calls: list[Any], events: list[Any], offers: bool, breaks: int | None) -> list[Any]:
        """Return what a WebSocket says to each call, its state, and what the server got."""
        server = StrictServer(events, has_extension=offers, breaks_after=breaks)

        class Socket(side.WebSocket):  # type: ignore[name-defined, misc]
            lower = server.send

        socket = Socket(websocket_scope(extensions={EXTENSION: {}} if offers else {}), server.receive, server.send)
        told = []
        for _, _, call in calls:
            # what a wrapper of the application sends is not the socket's, but is as strict
            answer = _told(lambda: call(socket))  # noqa: B023
            told.append((answer, (socket.connection_state, base.described(server.log))))
        for kind, event in server.log:
            # a message is sent as it is, for what it is in Python
            if kind == "sent" and event["type"] != "websocket.send":
                _require(_is_plain(event), event)
        return told


class _Changing:
    """Headers that are others the second time."""

    def __init__(self, pairs: list[Any]) -> None:
        self.pairs = pairs
        self.is_read = False

    def __iter__(self) -> Any:
        was_read, self.is_read = self.is_read, True
        return iter([(b"evil", b"\r\n")] if was_read else self.pairs)


def _is_plain(value: Any) -> bool:
    if type(value) in (dict, list, tuple):
        return all(map(_is_plain, [*value, *value.values()] if type(value) is dict else value))
    return value is None or type(value) in (str, bytes, int, bool)


def _require(condition: bool, event: Any) -> None:
    if not condition:
        raise base.UnlikeError(f"the server got {event!r}")


def _told(call: Callable[[], Any]) -> Any:
    try:
        return "returned", base.described(drive(call()))
    except Exception as error:
        return base.said_of(error)
