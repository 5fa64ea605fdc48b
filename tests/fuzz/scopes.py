"""Random scopes, valid and invalid: every accessor has the same outcome on both sides.

The fuzzer checks that both sides return the same value or raise the same exception, with the same causes; that only
documented exceptions are raised; and that a URL equals the URL made from its text.
"""

from __future__ import annotations

from collections import UserDict, defaultdict
from collections.abc import Callable
from typing import Any

from ..kernel.test_scopes import COMPONENTS, Bare, Data, Number, Port, Text
from . import base

__all__ = ("Fuzzer",)

_PATH = ["/", "a", "b", "%", "%25", "%2F", "?", "#", "\\", "//", "@", "*", "http://", "h", "evil", "h:80", ":", "\x00",
    "\x7f", "é", "€", "\ud800", " ", "..", "/api", "/a", "\r\n", "[::1]", ";", "=", ",", "\u212a"]  # fmt: skip
_QUERY = [
    b"a",
    b"=",
    b"&",
    b"%",
    b"%41",
    b"%zz",
    b"%ff",
    b"+",
    b"#",
    b"\xff",
    b"\x00",
    b" ",
    b'"',
    b"<",
    b"\xc3\xa9",
    b";",
]
_HOST = [b"a", b"h", b".", b":", b"80", b"443", b"0", b"65536", b"[", b"]", b"[::1]", b"@", b"/", b"%41", b"%", b" ",
    b"\\", b"\xff", b"_", b"evil"]  # fmt: skip
_ACCEPT = [b"a/b", b"text/html", b"*/*", b"*", b"a/*", b";", b"q=", b"0.5", b";q=0", b",", b", ", b"charset=utf-8",
    b"charset=UTF-8", b"=", b'"', b"\\", b"x=1", b" ", b"\t", b"1", b".", b"\xe9", b"A/B", b"Q=0.1"]  # fmt: skip
_COOKIE = [b"a=1", b"b", b";", b"; ", b"=", b'"', b"\\", b"\\101", b"%41", b"%", b"\xe9", b"\x01", b"\t"]
_LENGTH = [b"0", b"1", b"9", b"99999999", b"5", b" ", b"+", b"-", b"000000000", b"9" * 18, b"9" * 60, b"9" * 5000]
_OFFERS = ["a/b", "A/B", "text/html", "a/b;charset=utf-8", "a/b;charset=x", "a/b;x=1", "*/*", "a/*", "*/b", "é/b", "a",
    "", "text/html;charset=UTF-8", " a/b ", "a/b;x=1;charset=UTF-8", "\u212a/b"]  # fmt: skip
_NAMES = [b"host", b"Host", b"HOST", b"cookie", b"Cookie", b"accept", b"Accept", b"content-type", b"content-length",
    b"x",
    b"", b"\xe9", b"transfer-encoding"]  # fmt: skip
_LOOK_UPS = ["host", "HOST", "x", "cookie", "Accept", "", "é", "€", Text("host"), "content-length"]
_ODD = [None, 5, True, False, "", b"", [], (), {}, 1.5, -1, object, "x", b"x", float("nan"), 10**30]
_TARGETS = ["*", "http://h/x", "http://evil/x", "http://h", "h:443", "http://h:80//y%?", "HTTP://H/x"]
_HOSTS = ["h", "::1", "[::1]", "/run/x", None, "", "a b", "é", Text("h"), 5, "h:1", b"h"]
_PORTS = [0, 80, 443, 8000, 65535, 65536, -1, None, True, "80", "x", 1.5, Port.OWN, Number(5), 10**30]
_EXTENSIONS = [None, {}, {"http.response.push": {}}, ["http.response.early_hint"], 5, True, "x", b"x", object()]

# what an accessor gives, of types that can be compared across the sides
_ACCESSORS: dict[str, Callable[[Any], Any]] = {
    **{name: lambda request, name=name: getattr(request, name) for name in (
        "method", "content_type", "content_length", "cookies", "client", "path_params", "is_connected",
        "supports_push_promise", "supports_early_hints", "app", "auth", "user", "session", "route_handler",
    )},
    "state": lambda request: request.state.dict(),
    "query_params": lambda request: request.query_params.multi_items(),
    "accept": lambda request: list(request.accept),
    **{f"headers.{name}": lambda request, name=name: getattr(request.headers, name)() for name in (
        "multi_items", "to_header_list", "keys", "values", "dict",
    )},
    "repr": repr,
}  # fmt: skip


class _Elsewhere(dict[str, Any]):
    """Its items stand elsewhere, and only `[...]` finds them."""

    def __init__(self, items: dict[str, Any]) -> None:
        super().__init__()
        self.own = items

    def __getitem__(self, key: str) -> Any:
        return self.own[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.own[key] = value


_WRAPPERS: list[Callable[[dict[str, Any]], Any]] = [
    *[lambda items: items] * 4,
    UserDict,
    Bare,
    lambda items: defaultdict(lambda: None, items),
    _Elsewhere,
]


class Fuzzer(base.Fuzzer):
    """Of scopes."""

    def check(self) -> None:
        items = self.scope()
        wrap = self.random.choice(_WRAPPERS)
        offers = [self.random.choice(_OFFERS) for _ in range(self.random.randrange(4))]
        look_ups = [(self.random.choice(_LOOK_UPS), self.mutation()) for _ in range(self.random.choice((3, 3, 3, 60)))]
        answers = []
        for side in self.packages:
            own = {key: _copied(value) for key, value in items.items()}
            answers.append(self.answers(side, side.Request(wrap(own)), offers, look_ups))
        for name, answer in self.agreed(answers, items):
            self.counts[answer[0]] += 1
            if name not in ("best_match", "look_ups"):
                self.expect_documented(answer)

    def answers(self, side: Any, request: Any, offers: list[str], look_ups: list[Any]) -> list[Any]:
        """Return what each accessor says."""

        def url(name: str) -> Any:
            found = getattr(request, name)
            again = side.URL(str(found))
            if again != found or any(getattr(again, each) != getattr(found, each) for each in COMPONENTS):
                raise base.UnlikeError(f"{found!r} is {again!r} when it is read again")
            return [str(found), *[getattr(found, each) for each in COMPONENTS]]

        def look() -> Any:
            found = []
            for name, change in look_ups:
                headers = request.headers
                if change is not None and type(headers.raw) is list:
                    change(headers.raw)
                try:
                    found.append((headers.get(name), headers.getall(name, []), name in headers))
                except side.ImproperlyConfiguredException as error:
                    found.append(str(error))
            return found

        calls: dict[str, Callable[[], Any]] = {
            **{name: lambda name=name: url(name) for name in ("url", "base_url")},
            **{name: lambda read=read: read(request) for name, read in _ACCESSORS.items()},
            "best_match": lambda: request.accept.best_match(offers),
            "look_ups": look,
        }
        return [(name, _told(call)) for name, call in calls.items()]

    def scope(self) -> dict[str, Any]:
        """Return the items of a scope; a header list that is an iterator is given by a function."""
        choice = self.random.choice
        root = choice(["", "/", "/api", "/api/", "//e", "/a%", "api", "/a?"])
        path = choice(_TARGETS) if self.chance(0.25) else self.text()
        items: list[tuple[str, float, Callable[[], Any]]] = [
            ("type", 0.9, lambda: self.maybe(choice(["http", "websocket"]), 0.03)),
            ("scheme", 0.9, lambda: self.maybe(choice(["http", "https", "ws", "wss", "HTTP", "foo", "a b", "", "1x"]))),
            ("method", 0.9, lambda: self.maybe(choice(["GET", "OPTIONS", "CONNECT", "POST"]), 0.03)),
            ("root_path", 0.6, lambda: self.maybe(root, 0.05)),
            ("path", 0.97, lambda: self.maybe((root if self.chance(0.4) else "") + path, 0.04)),
            ("app_root_path", 0.15, lambda: self.maybe(choice(["", "/api", "/x/"]), 0.1)),
            ("query_string", 0.95, lambda: self.maybe(self.data(_QUERY), 0.05)),
            ("headers", 0.95, self.headers),
            ("server", 0.9, self.address),
            ("client", 0.9, self.address),
            ("extensions", 0.3, lambda: choice(_EXTENSIONS)),
            ("state", 0.3, lambda: choice([None, {}, {"a": 1}])),
            ("path_params", 0.3, lambda: choice([None, {}, {"a": 1}])),
            *[(key, 0.2, lambda: choice([None, 1, 0])) for key in ("app", "auth", "user", "session", "route_handler")],
        ]
        return {key: make() for key, probability, make in items if self.chance(probability)}

    def text(self) -> str:
        return "".join(self.random.choice(_PATH) for _ in range(self.random.randrange(6)))

    def data(self, pool: list[bytes], count: int = 8) -> bytes:
        return b"".join(self.random.choice(pool) for _ in range(self.random.randrange(count)))

    def maybe(self, value: Any, odd: float = 0.08) -> Any:
        """Return a value, at times of a subclass, or something else."""
        chance = self.random.random()
        if chance < odd:
            return self.random.choice(_ODD)
        if chance < odd + 0.1:
            return Text(value) if isinstance(value, str) else Data(value)
        return value

    def address(self) -> Any:
        chance = self.random.random()
        pair = (self.random.choice(_HOSTS), self.random.choice(_PORTS))
        if chance < 0.1:
            return None
        return pair if chance < 0.8 else list(pair) if chance < 0.85 else self.random.choice([pair[:1], *_ODD])

    def headers(self) -> Any:
        pairs = [self.pair() for _ in range(self.random.randrange(7))]
        if self.chance(0.5):
            pairs += [(b"x-%d" % number, b"v") for number in range(self.random.choice((30, 30, 30, 30, 60, 1100)))]
        chance = self.random.random()
        if chance < 0.85:
            return pairs
        if chance < 0.93:
            return tuple(pairs)
        return _Once(pairs) if chance < 0.96 else self.random.choice(_ODD)

    def pair(self) -> Any:
        name = self.random.choice(_NAMES)
        pair = (name, self.header(name.lower()))
        chance = self.random.random()
        if chance < 0.85:
            return pair
        return self.random.choice([
            (Data(pair[0]), Data(pair[1])), list(pair), (pair[0], bytearray(pair[1])),
            (name.decode("latin-1"), pair[1]),
            pair + pair, *_ODD,
        ])  # fmt: skip

    def header(self, name: bytes) -> bytes:
        if name == b"host":
            usual = self.random.choice([b"h", b"h:80", b"evil", b"h:0", b"[::1]:8000"])
            return self.data(_HOST, 5) if self.chance(0.6) else usual
        pools = {b"accept": _ACCEPT, b"cookie": _COOKIE, b"content-type": _ACCEPT, b"content-length": _LENGTH}
        return self.data(pools.get(name, _QUERY), 4 if name == b"content-length" else 8)

    def mutation(self) -> Any:
        """Return what changes a raw list between two look-ups, most times nothing."""
        if self.chance(0.9):
            return None
        at = self.random.randrange(2000)
        pair = (self.random.choice([*_NAMES, b"x-%d" % self.random.randrange(40)]), b"m%d" % self.random.randrange(9))
        if self.chance(0.1):
            pair = self.pair()
        return self.random.choice([
            lambda raw: raw.append(pair),
            lambda raw: raw.insert(at % (len(raw) + 1), pair),
            lambda raw: raw and raw.__setitem__(at % len(raw), pair),
            lambda raw: raw and raw.pop(at % len(raw)),
            lambda raw: raw.reverse(),
        ])  # fmt: skip


class _Once:
    """Stands for an iterator over pairs."""

    def __init__(self, pairs: list[Any]) -> None:
        self.pairs = pairs

    def __repr__(self) -> str:
        return f"iter({self.pairs!r})"


def _copied(value: Any) -> Any:
    if isinstance(value, _Once):
        return iter(value.pairs)
    return type(value)(value) if type(value) in (list, dict) else value


def _told(call: Callable[[], Any]) -> Any:
    try:
        return "returned", base.described(call())
    except base.UnlikeError:
        raise
    except Exception as error:
        return base.said_of(error)
