"""The actions of a client, however it reaches the application."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

HOST = "example.org"

Header = tuple[str, str]
Answer = dict[str, Any]

_COOKIE = re.compile(rb"<cookie:([\w-]+)>")


@dataclass(frozen=True)
class Call:
    """One request.

    Where a cookie's value is to be, header values and bodies have `<cookie:name>`.
    """

    method: str
    target: str
    headers: tuple[Header, ...] = ()
    body: tuple[bytes, ...] = ()
    """The pieces in which the body is sent; several come without an announced length."""
    scope: dict[str, Any] = field(default_factory=dict)
    """What is otherwise in the scope, which no client could send."""
    leaves: bool = False
    """Whether the client leaves when it has sent its body, which then is not whole."""
    sends_cookies: bool = True


@dataclass(frozen=True)
class Exchange:
    """Requests of one client, which keeps its cookies."""

    name: str
    calls: tuple[Call, ...]

    @property
    def needs_scope(self) -> bool:
        """Whether only a call without a server between can ask so."""
        return any(call.scope or call.leaves for call in self.calls)


@dataclass(frozen=True)
class Say:
    """The client sends a message."""

    data: str | bytes


@dataclass(frozen=True)
class Hear:
    """The client waits for so many messages."""

    count: int = 1


@dataclass(frozen=True)
class Leave:
    """The client closes."""

    code: int = 1000


@dataclass(frozen=True)
class Conversation:
    """A WebSocket: what the client does when it is open; at the end it waits for the server to close."""

    name: str
    target: str
    acts: tuple[Say | Hear | Leave | Call, ...] = ()
    headers: tuple[Header, ...] = ()
    subprotocols: tuple[str, ...] = ()
    notes: int = 0
    """How many notes the handler leaves, to be asked for afterwards."""
    scope: dict[str, Any] = field(default_factory=dict)

    @property
    def needs_scope(self) -> bool:
        return bool(self.scope)


def settled(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return headers without what is by chance in each application: the methods of `Allow` come out of a set."""
    return [
        (name, b", ".join(sorted(value.split(b", "))) if name.lower() == b"allow" else value) for name, value in headers
    ]


def different(found: Answer, expected: Answer) -> tuple[Answer, Answer]:
    """Return of two recordings what is not the same in both, by the name of the script."""
    names = [name for name in {**expected, **found} if found.get(name) != expected.get(name)]
    return {name: found.get(name) for name in names}, {name: expected.get(name) for name in names}


class Jar:
    """The cookies of one client."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}

    def keep(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        for name, value in headers:
            if name.lower() == b"set-cookie":
                for key, morsel in SimpleCookie(value.decode("latin-1")).items():
                    self.cookies[key] = morsel.coded_value

    def headers_for(self, call: Call) -> list[tuple[bytes, bytes]]:
        """Return the headers that go out, without those of the body."""
        headers = [(b"host", HOST.encode())]
        headers += [(name.encode("latin-1"), self.filled(value.encode("latin-1"))) for name, value in call.headers]
        if call.sends_cookies and self.cookies and not any(name == "cookie" for name, _ in call.headers):
            headers.append((b"cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()).encode()))
        return headers

    def body_for(self, call: Call) -> list[bytes]:
        return [self.filled(piece) for piece in call.body]

    def filled(self, data: bytes) -> bytes:
        return _COOKIE.sub(lambda found: self.cookies.get(found[1].decode(), "").encode(), data)
