"""The WebSocket conversations with the application."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from .exchanges import JSON, post
from .scripts import Conversation, Header, Hear, Leave, Say


def talk(name: str, target: str, *acts: Any, headers: tuple[Header, ...] = (), **how: Any) -> Conversation:
    return Conversation(name, target, acts, headers, **how)


def packed(value: Any) -> bytes:
    return msgspec.msgpack.encode(value)


NAME = ("x-name", "tester")

RAW = [
    talk("raw-echo", "/raw/echo", Say("a"), Hear(), Say("ü"), Say(""), Hear(2), Say("bye")),
    talk("raw-echo-large", "/raw/echo", Say("x" * 100_000), Hear(), Say("bye")),
    talk("raw-facts", "/raw/facts?a=1&b=%C3%BC", Hear(), headers=(NAME, ("cookie", "a=1; b=2"))),
    *[
        talk(f"raw-accept-{how}", f"/raw/accept/{how}", Hear(), subprotocols=("first", "second"))
        for how in ("dict", "list", "headers")
    ],
    talk("raw-never-accepted", "/raw/never-accepted", Hear(), Say("heard"), Hear()),
    talk("raw-received-first", "/raw/received-first", Say('{"a": 1}'), Hear()),
    talk("raw-refused", "/raw/refused"),
    *[
        talk(f"raw-fails-{when}-{how}", f"/raw/fails/{when}/{how}")
        for when in ("before", "after")
        for how in ("websocket", "http", "value")
    ],
    talk(
        "raw-kinds",
        "/raw/kinds",
        Say("text"),
        Say("für Bytes".encode()),
        Say(b"\x00\xff"),
        Say("as bytes"),
        Say('{"a": [1.5, null]}'),
        Say(b'[{"b": "\xc3\xbc"}]'),
        Say(packed({"c": [1, b"2"]})),
        Hear(11),
    ),
    talk("raw-iterate-text", "/raw/iterate/text", Say("abc"), Say("def"), Hear(2), Leave(), notes=1),
    talk("raw-iterate-binary", "/raw/iterate/binary", Say(b"abc"), Hear(), Leave(1001), notes=1),
    talk("raw-iterate-json", "/raw/iterate/json", Say("[1]"), Say("null"), Hear(2), Leave(), notes=1),
    talk("raw-iterate-json-broken", "/raw/iterate/json", Say("[1")),
    talk("raw-iterate-msgpack", "/raw/iterate/msgpack", Say(packed([1])), Hear(), Leave(3000), notes=1),
    talk("raw-mismatch", "/raw/mismatch", Say(b"bytes"), Say("text"), Hear(2)),
    talk("raw-broken-json", "/raw/broken-json", Say("{")),
    talk("raw-gone", "/raw/gone", Say("a"), Leave(4444), notes=4),
    talk("raw-propagates", "/raw/propagates", Say("a"), Hear(), Leave(4000)),
    talk("raw-events", "/raw/events", Say("an event"), Hear(), Leave(), notes=1),
    talk(
        "raw-parameters",
        "/raw/parameters/7?wanted=1&wanted=2",
        Hear(),
        headers=(("X-Token", "t"), ("cookie", "taste=sweet")),
    ),
    talk("raw-parameters-missing", "/raw/parameters/7?wanted=1"),
    talk("raw-parameters-wrong", "/raw/parameters/7?wanted=one", headers=(("X-Token", "t"),)),
    talk("raw-injected", "/raw/injected", Hear(), notes=1),
    talk("raw-own-class", "/raw/own", Say('{"a": 1}'[::-1]), Hear(2), Say("abc"), Hear(2)),
    talk("raw-state", "/raw/state", Hear()),
    talk("raw-tasks", "/raw/tasks", Say("a"), Say("b"), Hear(4), Leave(), notes=1),
    talk("raw-no-route", "/raw/nothing"),
    talk("raw-http-route", "/kinds/inline"),
]

LISTENERS = [
    talk("listener-text", "/listen/text", Say("a"), Hear(), Say("b"), Hear(), Leave(), notes=2),
    talk("listener-text-of-bytes", "/listen/text", Say(b"bytes"), Hear(), Leave(), notes=2),
    talk("listener-thread", "/listen/thread", Say("a"), Hear(), Leave()),
    talk("listener-bytes", "/listen/bytes", Say(b"\x00abc"), Hear(), Leave()),
    talk("listener-json", "/listen/json", Say('{"a": {"b": [1]}}'), Hear(), Leave()),
    talk("listener-json-broken", "/listen/json", Say('{"a"')),
    talk("listener-injected", "/listen/injected", Say("[1, 2]"), Hear(), Leave()),
    talk("listener-injected-fails", "/listen/injected", Say("1"), Leave()),
    talk("listener-dto", "/listen/dto", Say(json.dumps({"fullName": "ann", "tags": ["t"]})), Hear(), Leave()),
    talk("listener-silent", "/listen/silent", Say("a"), Say("b"), Leave(1001), notes=2),
    talk("listener-accepting", "/listen/accepting", Say("a"), Hear(), Leave()),
    talk("listener-lifespan", "/listen/lifespan", Hear(), Say("a"), Hear(), Leave(4111), notes=1),
    talk("listener-failing", "/listen/failing", Say("x")),
    talk("listener-closing-error", "/listen/failing", Say("close")),
    talk("listener-closing", "/listen/closing", Say("so long")),
    talk("listener-class", "/listen/class", Hear(), Say('{"a": 1}'), Hear(), Leave(), headers=(NAME,), notes=1),
]

STREAMS = [
    talk("stream-count", "/stream/count?upto=5", Hear(5)),
    talk("stream-none", "/stream/count?upto=0"),
    talk("stream-socket", "/stream/socket", Hear(2), headers=(NAME,)),
    talk("stream-dto", "/stream/dto", Hear(2)),
    talk("stream-deaf", "/stream/deaf", Hear(2)),
    talk("stream-left", "/stream/endless", Hear(), Leave(), notes=1),
    talk("stream-by-hand", "/stream/by-hand", Hear(3), Say("told"), Hear()),
]

LAYERS = [
    talk("socket-client-session", "/client-session/socket", Hear()),
    talk("socket-server-session", "/server-session/socket", Hear(), headers=(("cookie", "session=none"),)),
    talk("socket-auth", "/auth/socket", Hear(), headers=(("x-api-key", "admin"),)),
    talk("socket-auth-none", "/auth/socket"),
    talk("socket-guard-refuses", "/auth/socket?key=ann"),
    talk("socket-cors", "/raw/state", Hear(), headers=(("origin", "https://good.example"),)),
    talk("channels-history", "/channels/talk", Hear(), Leave()),
    talk(
        "channels",
        "/subscribed/news",
        Hear(),
        post("/publish?to=news", b'{"first": 1}', JSON),
        Hear(),
        post("/publish?to=news", b'"second"', JSON),
        Hear(),
        Say("enough"),
    ),
    talk("channels-unknown", "/subscribed/nothing"),
]

SCOPES = [
    talk("raw-facts-no-extensions", "/raw/facts", Hear(), scope={"extensions": None, "client": None}),
    talk("raw-facts-no-subprotocols", "/raw/facts", Hear(), scope={"subprotocols": [], "headers": []}),
    talk("raw-facts-root-path", "/raw/facts", Hear(), scope={"scheme": "wss", "root_path": "/below"}),
    talk("raw-state-of-server", "/raw/state", Hear(), scope={"state": {"of": "server"}}),
]

CONVERSATIONS = [*RAW, *LISTENERS, *STREAMS, *LAYERS, *SCOPES]
