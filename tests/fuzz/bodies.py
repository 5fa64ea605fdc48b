"""Random bodies in random chunks, read in random ways, with the same outcome on both sides and for any chunks.

The fuzzer checks that every call of a random sequence has the same outcome on both sides, with the same causes and the
same number of calls to the server; that only documented exceptions are raised; and that the outcome of the first call
does not depend on the chunks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from ..forms.bodies import BOUNDARY, multipart, part, raw_part
from ..helpers import http_scope
from . import base

__all__ = ("Fuzzer",)

_TYPES = {
    "json": b"application/json",
    "msgpack": b"application/msgpack",
    "urlencoded": b"application/x-www-form-urlencoded",
    "multipart": b"multipart/form-data; boundary=" + BOUNDARY,
    "bytes": b"application/octet-stream",
}
_PIECES = [b"a", b"b=1", b"&", b"=", b"%41", b"%", b"%zz", b"+", b"\xff", b"\xc3\xbc", b"[1]", b'{"a":1}', b"null",
    b"\x00", b"\x91\x01", b"\xc0", b"\r\n", b"\n", b"\r", b"--", b"--" + BOUNDARY, b"--" + BOUNDARY + b"--",
    b"\r\n\r\n", b'"', b";", b"; filename=y", b"form-data",
    b"Content-Type: text/plain; charset=latin-1\r\n", b"x" * 40]  # fmt: skip
_CHARSETS = [
    None,
    b"text/plain",
    b"text/plain; charset=utf-16",
    b"text/plain; charset=nope",
    b"text/plain; charset=\xc3\xbc",
]

# calls whose answer is of chunks
_OF_CHUNKS = ("stream-some", "drain", "is_disconnected", "replay")


class Receive:
    """A server with events, which at their end says that the client disconnected, and may suspend."""

    def __init__(self, events: list[Any], suspends: bool) -> None:
        self.events = list(events)
        self.suspends = suspends
        self.calls = 0

    async def __call__(self) -> Any:
        self.calls += 1
        if self.suspends:
            await asyncio.sleep(0)
        return self.events.pop(0) if self.events else {"type": "http.disconnect"}


class Fuzzer(base.Fuzzer):
    """Of bodies."""

    def check(self) -> None:
        kind = self.random.choice([*_TYPES, "multipart", "multipart"])
        body = self.body(kind)
        headers = self.headers(kind, body)
        limits = self.limits()
        chunks = self.chunks(body)
        events = self.events(chunks)
        # whether all of it comes, and nothing before its end
        is_whole = events == _events(chunks)
        calls = [self.call() for _ in range(self.random.choice((1, 1, 2, 3, 4)))]
        suspends = self.chance(0.3)

        async def run() -> None:
            shown = (headers, limits, events, [name for name, _ in calls])
            answers = [await self.answers(side, headers, limits, events, calls, suspends) for side in self.packages]
            told = self.agreed(answers, shown)
            for answer in told[:-1]:
                self.counts[f"{kind}, {answer[0]}"] += 1
                self.expect_documented(answer)
            if is_whole and len(chunks) > 1 and calls[0][0] not in _OF_CHUNKS:
                whole = await self.answers(self.packages[0], headers, limits, _events([body]), calls[:1], suspends)
                self.expect_alike(whole[0], told[0], limits, shown)

        self.loop().run_until_complete(run())

    _loop: Any = None

    def loop(self) -> asyncio.AbstractEventLoop:
        """Return an event loop, the same for all inputs."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        return self._loop  # type: ignore[no-any-return]

    def run(self, *args: Any, **keywords: Any) -> int:
        """Do what the base class does, and close the loop."""
        try:
            return super().run(*args, **keywords)
        finally:
            if self._loop is not None:
                self._loop.run_until_complete(self._loop.shutdown_default_executor())
                self._loop.close()
                self._loop = None

    def expect_alike(self, whole: Any, told: Any, limits: dict[str, Any], shown: Any) -> None:
        """Raise where the chunks decide what is said; which of two faults is said first they may decide."""
        if whole[0] != told[0] or (whole[0] == "returned" and whole != told):
            raise base.UnlikeError(f"in one chunk {whole!r:.2000}\nin several {told!r:.2000}\nfor {shown!r:.3000}")

    async def answers(
        self, side: Any, headers: Any, limits: Any, events: list[Any], calls: list[Any], suspends: bool
    ) -> list[Any]:
        """Return what a request says to each call, and how often it has asked the server."""
        cls = type("Bounded", (side.Request,), {"limits": side.Limits(**limits)})
        receive = Receive(events, suspends)
        request = cls(http_scope(method="POST", headers=headers), receive)
        told = []
        for _, call in calls:
            try:
                told.append(("returned", base.described(await call(request))))
            except Exception as error:
                told.append(base.said_of(error))
        told.append(receive.calls)
        form = request.body_reader.form
        if form is not None:
            form.close_now()
        return told

    def call(self) -> tuple[str, Callable[[Any], Any]]:
        """Return a way to read, and its name."""
        count = self.random.randrange(1, 5)
        kind = self.random.choice([int, list[int], dict[str, int], str, None])
        act = self.random.choice(("read", "text", "stream", "skip", "bounded"))
        size = self.random.choice((None, 0, 5, 1000))
        calls: dict[str, Callable[[Any], Any]] = {
            "body": lambda request: request.body(),
            "json": lambda request: request.json(),
            "json-typed": lambda request: request.json(kind),
            "msgpack": lambda request: request.msgpack(),
            "form": _form,
            "stream": _stream,
            "stream-some": lambda request: _stream(request, count),
            "parts": lambda request: _parts(request, act),
            "parts-some": lambda request: _parts(request, act, count),
            "drain": lambda request: request.drain(max_size=size),
            "is_disconnected": lambda request: request.is_disconnected(),
            "replay": _replay,
        }
        name = self.random.choice([*calls, "form", "form", "parts", "body"])
        return name, calls[name]

    def body(self, kind: str) -> bytes:
        choice = self.random.choice
        if kind == "multipart":
            parts = [self.part() for _ in range(self.random.randrange(5))]
            body = multipart(
                *parts, preamble=choice((b"", b"", b"before\r\n")), epilogue=choice((b"\r\n", b"", b"after"))
            )
        elif kind == "json":
            body = choice((b"[1,2]", b'{"a": 1}', b'"\xc3\xbc"', b"5", b"", b"[[[[1]]]]", b"\xef\xbb\xbf[]", b"[1] "))
        elif kind == "msgpack":
            body = choice(
                (b"\x92\x01\x02", b"\x81\xa1a\x01", b"\xc0", b"\x05", b"", b"\x91\x91\x91\x01", b"\x81\x05\x01")
            )
        elif kind == "urlencoded":
            pairs = [b"a=1", b"b=%C3%BC", b"a", b"c=+", b"long=" + b"x" * 30, b"=", b""]
            body = b"&".join(choice(pairs) for _ in range(self.random.randrange(8)))
        else:
            body = self.random.randbytes(choice((0, 1, 10, 2000)))
        return self.damaged(body) if self.chance(0.4) else body

    def part(self) -> bytes:
        choice = self.random.choice
        data = b"".join(choice(_PIECES) for _ in range(self.random.randrange(6)))
        if self.chance(0.15):
            return raw_part(
                b"form-data; " + choice((b"name=b", b"name*=utf-8''b", b"name=\"a\"; filename*=utf-8''%C3%BC")), data
            )
        filename = choice((None, None, "f.txt", "ü", ""))
        return part(choice(("a", "b", "ü", None)), data, filename, content_type=choice(_CHARSETS))

    def damaged(self, body: bytes) -> bytes:
        data = bytearray(body)
        for _ in range(self.random.choice((1, 1, 2, 4))):
            start = self.random.randrange(len(data) + 1)
            end = min(start + self.random.choice((0, 0, 1, 3, 40)), len(data))
            data[start:end] = self.random.choice(_PIECES)
        return bytes(data)

    def headers(self, kind: str, body: bytes) -> list[tuple[bytes, bytes]]:
        choice = self.random.choice
        headers = []
        if self.chance(0.95):
            kind = choice(list(_TYPES)) if self.chance(0.05) else kind
            content_type = choice((b"multipart/form-data", b"x", b";")) if self.chance(0.05) else _TYPES[kind]
            headers.append((b"content-type", content_type))
        if self.chance(0.5):
            length = b"%d" % len(body)
            headers.append(
                (b"content-length", choice((b"0", b"5", b"999999", b"-1", b"x")) if self.chance(0.2) else length)
            )
        return headers

    def limits(self) -> dict[str, Any]:
        if self.chance(0.5):
            return {}
        bounds = {
            "max_body_size": (None, 0, 5, 100, 1000),
            "max_fields": (None, 0, 1, 3),
            "max_field_size": (None, 0, 5, 20),
            "max_file_size": (None, 0, 5, 20),
            "max_part_headers": (None, 1, 2),
            "max_part_header_size": (None, 10, 60),
            "spool_size": (0, 5, 1000),
            "max_items": (None, 0, 1, 2, 3),
        }
        return {name: self.random.choice(values) for name, values in bounds.items() if self.chance(0.3)}

    def chunks(self, body: bytes) -> list[bytes]:
        most = self.random.choice((1, 2, 5, 30, len(body) + 1))
        chunks = []
        while body:
            size = self.random.randrange(0, most + 1)
            chunks.append(body[:size])
            body = body[size:]
        return chunks or [b""]

    def events(self, chunks: list[bytes]) -> list[Any]:
        """Return the events of these chunks, at times with what a server may do besides."""
        events = _events(chunks)
        if self.chance(0.2):
            events.insert(self.random.randrange(len(events) + 1), {"type": "http.disconnect"})
        if self.chance(0.1):
            events.append({"type": "http.request", "body": b"more", "more_body": False})
        for event in events:
            for key in ("body", "more_body"):
                if key in event and not event[key] and self.chance(0.2):
                    del event[key]
        return events


def _events(chunks: list[bytes]) -> list[Any]:
    last = len(chunks) - 1
    return [{"type": "http.request", "body": chunk, "more_body": index < last} for index, chunk in enumerate(chunks)]


async def _form(request: Any) -> Any:
    pairs = []
    for name, value in (await request.form()).multi_items():
        if not isinstance(value, str):
            await value.seek(0)
            value = (value.filename, value.content_type, await value.read())
        pairs.append((name, value))
    return pairs


async def _stream(request: Any, count: int = 10**9) -> Any:
    chunks = []
    stream = request.stream()
    while len(chunks) < count:
        chunk = await anext(stream, None)
        if chunk is None:
            break
        chunks.append(chunk)
    # which chunks there are is the server's doing, what is in them is not
    return b"".join(chunks) if count == 10**9 else chunks


async def _parts(request: Any, act: str, count: int = 10**9) -> Any:
    found = []
    async for arrived in request.stream_form():
        if act == "read":
            data = await arrived.read()
        elif act == "text":
            data = await arrived.text()
        elif act == "bounded":
            data = await arrived.read(5)
        elif act == "stream":
            data = b"".join([chunk async for chunk in arrived.stream()])
        else:
            data = None
        found.append((arrived.name, arrived.filename, arrived.content_type, arrived.headers, data))
        if len(found) == count:
            break
    return found


async def _replay(request: Any) -> Any:
    receive = request.replay()
    events = []
    while len(events) < 50:
        event = await receive()
        events.append(event)
        if event["type"] == "http.disconnect" or not event.get("more_body"):
            break
    return events[-1]["type"], b"".join(event.get("body", b"") for event in events)
