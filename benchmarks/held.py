"""How many bytes litecon holds for each byte received, by kind of input: `python -m benchmarks.held`."""

from __future__ import annotations

import asyncio
import gc
import sys
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, NamedTuple

from .sides import load_side

__all__ = ("KINDS", "Held", "Kind", "main", "measure")

_MIB: Final = 1024 * 1024
_BOUND: Final = 10 * _MIB
_MESSAGE_BOUND: Final = 16 * _MIB
_EVENT_SIZE: Final = 64 * 1024
_ITEMS: Final = 1_000_000
# enough for the bytes that are held in any case to be negligible
_FEW: Final = 30_000
_URLENCODED: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data; boundary=b"
_FIELD: Final = b'--b\r\nContent-Disposition: form-data; name="%d"\r\n\r\n%b\r\n'
_FILE: Final = b'--b\r\nContent-Disposition: form-data; name="%d"; filename="f"\r\n\r\n%b\r\n'

Read = Callable[[Any], Awaitable[Any]]


class Kind(NamedTuple):
    """A kind of input.

    Args:
        name: The description, in a few words.
        read: A function that reads the input, and returns what a handler would hold.
        make: A function that makes an input, as large as the bounds allow, or small with the most bytes held per byte.
        event_size: The number of bytes of each event; None for one event.
        content_type: The content type of the request; None for a message of a WebSocket.
    """

    name: str
    read: Read
    make: Callable[[bool], bytes]
    event_size: int | None = None
    content_type: str | None = "application/json"


class Held(NamedTuple):
    """The memory that an input took at most, including the input itself.

    Args:
        received: The number of bytes received.
        peak: The largest number of bytes held.
    """

    received: int
    peak: int

    @property
    def ratio(self) -> float:
        """The number of bytes held per byte received."""
        return self.peak / self.received


async def _read_body(request: Any) -> Any:
    return await request.body()


async def _read_stream(request: Any) -> Any:
    async for _ in request.stream():
        pass


async def _read_json(request: Any) -> Any:
    return await request.json()


async def _read_records(request: Any) -> Any:
    return await request.json(list[dict[str, int]])


async def _read_msgpack(request: Any) -> Any:
    return await request.msgpack()


async def _read_packed_records(request: Any) -> Any:
    return await request.msgpack(list[dict[str, int]])


async def _read_form(request: Any) -> Any:
    return await request.form()


async def _read_parts(request: Any) -> Any:
    return [await part.read() async for part in request.stream_form()]


async def _receive_text(socket: Any) -> Any:
    return await socket.receive_text()


async def _receive_json(socket: Any) -> Any:
    return await socket.receive_json()


async def _receive_msgpack(socket: Any) -> Any:
    return await socket.receive_msgpack()


def _json(name: str, piece: bytes, values: int, read: Read = _read_json) -> Kind:
    """Return a JSON array of pieces with a given number of values each, filled up with white space to the bound."""

    def make(full: bool) -> bytes:
        count = min((_ITEMS - 1) // values, (_BOUND - 1) // (len(piece) + 1)) if full else _FEW
        return (b"[" + b",".join([piece] * count) + b"]").ljust(_BOUND if full else 0)

    return Kind(f"JSON, {name}", read, make)


def _packed(name: str, piece: bytes, values: int, read: Read = _read_msgpack) -> Kind:
    """Return the same in MessagePack, filled up with a map that has a long key."""

    def make(full: bool) -> bytes:
        if not full:
            return b"\xdd" + _FEW.to_bytes(4, "big") + piece * _FEW
        count = min((_ITEMS - 4) // values, (_BOUND - 12) // len(piece))
        filling = bytes(_BOUND - count * len(piece) - 12)
        filling = b"\x81\xdb" + len(filling).to_bytes(4, "big") + filling + b"\x00"
        return b"\xdd" + (count + 1).to_bytes(4, "big") + piece * count + filling

    return Kind(f"MessagePack, {name}", read, make)


def _json_object(full: bool) -> bytes:
    members = (b'"%06d":0' % number for number in range(_ITEMS // 2 - 1 if full else _FEW))
    return (b"{" + b",".join(members) + b"}").ljust(_BOUND if full else 0)


def _packed_map(full: bool) -> bytes:
    count = _ITEMS // 2 - 1 if full else _FEW
    return b"\xdf" + count.to_bytes(4, "big") + b"".join(b"\xa6%06d\x00" % number for number in range(count))


def _letters(full: bool) -> bytes:
    return b"a" * (_BOUND - 6 if full else 200_000)


def _urlencoded(name: str, large: bool) -> Kind:
    def make(full: bool) -> bytes:
        if not large:
            return b"&".join([b"a=1"] * 1000)
        return b"&".join([b"a=" + b"x" * (_MIB - 8)] * (10 if full else 1))

    return Kind(f"urlencoded, {name}", _read_form, make, _EVENT_SIZE, _URLENCODED)


def _multipart(name: str, head: bytes, large: bool, read: Read = _read_form) -> Kind:
    def make(full: bool) -> bytes:
        count = (10 if full else 1) if large else 1000
        content = b"x" * (_MIB - 100) if large else b""
        return b"".join(head % (number, content) for number in range(count)) + b"--b--\r\n"

    return Kind(f"multipart, {name}", read, make, _EVENT_SIZE, _MULTIPART)


def _text_message(full: bool) -> bytes:
    return (b"[" + b",".join([b"{}"] * (_ITEMS - 1 if full else _FEW)) + b"]").ljust(_MESSAGE_BOUND if full else 0)


def _binary_message(full: bool) -> bytes:
    count = _ITEMS - 2 if full else _FEW
    filling = bytes(_MESSAGE_BOUND - count - 10 if full else 0)
    return (
        b"\xdd" + (count + 1).to_bytes(4, "big") + b"\x80" * count + b"\xc6" + len(filling).to_bytes(4, "big") + filling
    )


KINDS: Final = (
    Kind("body, one event", _read_body, _letters),
    Kind("body, events of 64 KiB", _read_body, _letters, _EVENT_SIZE),
    Kind("body, events of 1 byte", _read_body, lambda full: b"a" * (_MIB if full else 50_000), 1),
    Kind("stream, events of 64 KiB", _read_stream, _letters, _EVENT_SIZE),
    _json("numbers of 1 digit", b"0", 1),
    _json("numbers of 4 digits", b"1000", 1),
    _json("fractions", b"1.5", 1),
    _json("strings of 2 letters", b'"ab"', 1),
    _json("strings of 1 emoji", '"\U0001f600"'.encode(), 1),
    Kind("JSON, one string of ASCII", _read_json, lambda full: b'"' + _letters(full) + b'"'),
    Kind("JSON, the same and 1 emoji", _read_json, lambda full: b'"' + _letters(full) + b'\xf0\x9f\x98\x80"'),
    _json("empty arrays", b"[]", 1),
    _json("empty objects", b"{}", 1),
    _json("objects of 1 member", b'{"":0}', 3),
    Kind("JSON, one object", _read_json, _json_object),
    _json("objects, as list[dict[str, int]]", b'{"":0}', 3, _read_records),
    _packed("numbers of 1 byte", b"\x00", 1),
    _packed("numbers of 3 bytes", b"\xcd\x04\x00", 1),
    _packed("fractions", b"\xcb" + b"?" * 8, 1),
    _packed("strings of 2 letters", b"\xa2ab", 1),
    _packed("empty arrays", b"\x90", 1),
    _packed("empty maps", b"\x80", 1),
    _packed("maps of 1 member", b"\x81\xa0\x00", 3),
    Kind("MessagePack, one map", _read_msgpack, _packed_map),
    _packed("timestamps", b"\xd6\xff" + bytes(4), 1),
    _packed("maps, as list[dict[str, int]]", b"\x81\xa0\x00", 3, _read_packed_records),
    _urlencoded("1,000 fields", False),
    _urlencoded("fields of 1 MiB", True),
    _multipart("1,000 fields", _FIELD, False),
    _multipart("fields of 1 MiB", _FIELD, True),
    _multipart("1,000 files", _FILE, False),
    _multipart("files in memory", _FILE, True),
    _multipart("part by part", _FIELD, True, _read_parts),
    Kind("text message", _receive_text, lambda full: b"a" * (_MESSAGE_BOUND if full else 200_000), None, None),
    Kind("text message as JSON, empty objects", _receive_json, _text_message, None, None),
    Kind("binary message as MessagePack, empty maps", _receive_msgpack, _binary_message, None, None),
)


def _events(kind: Kind, body: bytes) -> Iterator[dict[str, Any]]:
    if kind.content_type is None:
        yield {"type": "websocket.connect"}
        # the event that a server makes from the frame; the server itself holds the bytes of the frame
        yield (
            {"type": "websocket.receive", "bytes": bytes(bytearray(body))}
            if kind.read is _receive_msgpack
            else {"type": "websocket.receive", "text": body.decode()}
        )
        return
    size = kind.event_size or len(body)
    for start in range(0, len(body), size):
        # a copy, since the events of a server do not share memory
        piece = bytes(memoryview(body)[start : start + size])
        yield {"type": "http.request", "body": piece, "more_body": start + size < len(body)}


async def _send(event: Any) -> None:
    pass


def measure(litecon: Any, kind: Kind, full: bool) -> Held:
    """Return the memory that one side holds for an input.

    Args:
        litecon: The package of that side.
        kind: The kind of input.
        full: Whether the input is as large as the bounds allow.
    """
    body = kind.make(full)
    is_request = kind.content_type is not None
    headers = [(b"content-type", kind.content_type.encode())] if kind.content_type is not None else []
    events = _events(kind, body)

    async def receive() -> dict[str, Any]:
        return next(events)

    async def run() -> None:
        scope = {"type": "http" if is_request else "websocket", "headers": headers}
        connection = (litecon.Request if is_request else litecon.WebSocket)(scope, receive, _send)
        gc.collect()
        tracemalloc.start()
        held = await kind.read(connection)
        if kind.read is _read_form:
            await held.close()

    try:
        asyncio.run(run())
        return Held(len(body), tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


def main() -> int:
    """Print a row for each kind of input, and return the exit status."""
    litecon = load_side("compiled")
    # load everything that is loaded at its first use
    for kind in KINDS:
        measure(litecon, kind, False)
    print(f"CPython {sys.version.split()[0]}, {'compiled' if litecon.COMPILED else 'pure'}")
    print(f"\n{'input':44}{'small, per byte':>16}{'at its bounds':>14}{'held':>10}{'per byte':>10}")
    for kind in KINDS:
        small, full = measure(litecon, kind, False), measure(litecon, kind, True)
        print(
            f"{kind.name:44}{small.ratio:>16.1f}{full.received / _MIB:>10.1f} MiB"
            f"{full.peak / _MIB:>6.0f} MiB{full.ratio:>10.1f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
