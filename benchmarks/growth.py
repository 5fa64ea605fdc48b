"""How the cost of each kind of input grows with its size: instructions at three sizes, and the exponent between them.

`python -m benchmarks.growth SIDE` runs each family at each size in a fork, between marks that callgrind recognises.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Callable
from itertools import pairwise
from math import log
from typing import Any, Final, NamedTuple

from .child import MARK
from .data import CONNECT, DISCONNECT, Event, boundary, events, http_scope, json_of, multipart_of, websocket_scope
from .driver import drive, make_receive, make_send
from .instructions import callgrind, run_measured, total_of
from .report import aligned, number_text
from .sides import load_side

__all__ = ("FAMILIES", "MAX_EXPONENT", "growth_of")

MAX_EXPONENT: Final = 1.05
_STEP: Final = 4
_URLENCODED: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = f"multipart/form-data; boundary={boundary(0)}"

Work = Callable[[Any, int], Callable[[], Any]]
"""A function that takes a side of litecon and a size, and returns the function to be counted."""


class Family(NamedTuple):
    """A kind of input.

    Args:
        name: The name in tables.
        size: The smallest size; the others are four and sixteen times as large.
        work: The work that is done with an input of a given size.
    """

    name: str
    size: int
    work: Work


def _of_scope(change: Callable[[dict[str, Any], int], None], read: Callable[[Any], Any]) -> Work:
    def work(side: Any, size: int) -> Callable[[], Any]:
        scope = http_scope(0)
        change(scope, size)
        return lambda: read(_unlimited(side)(scope))

    return work


def _of_body(content_type: str, chunks: Callable[[int], list[bytes]], read: Callable[[Any], Any]) -> Work:
    def work(side: Any, size: int) -> Callable[[], Any]:
        made = chunks(size)
        scope = http_scope(0, content_type, sum(map(len, made)))
        request = _unlimited(side)(scope, make_receive(iter(events(*made)), False), make_send(False))
        return lambda: drive(read(request))

    return work


def _of_messages(message: Callable[[int], list[Event]]) -> Work:
    def work(side: Any, size: int) -> Callable[[], Any]:
        messages = iter([CONNECT, *message(size), DISCONNECT])
        socket = side.WebSocket(websocket_scope(0), make_receive(messages, False), make_send(False))

        async def read() -> int:
            return sum([len(text) async for text in socket.iter_data()])

        return lambda: drive(read())

    return work


def _unlimited(side: Any) -> Any:
    limits = side.Limits(max_fields=None, max_body_size=None, max_items=None, spool_size=2**30)
    return type("Request", (side.Request,), {"limits": limits})


def _with_header(name: bytes, value: Callable[[int], bytes]) -> Callable[[dict[str, Any], int], None]:
    def change(scope: dict[str, Any], size: int) -> None:
        scope["headers"] = [(key, old) for key, old in scope["headers"] if key != name] + [(name, value(size))]

    return change


def _many_headers(scope: dict[str, Any], size: int) -> None:
    scope["headers"] = [(b"x-%d" % number, b"value") for number in range(size)]


def _many_parameters(scope: dict[str, Any], size: int) -> None:
    scope["query_string"] = b"&".join(b"name-%d=v+%%41" % number for number in range(size))


def _cut(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


async def _read_parts(request: Any) -> int:
    size = 0
    async for part in request.stream_form():
        async for chunk in part.stream():
            size += len(chunk)
    return size


async def _stream(request: Any) -> int:
    return sum([len(chunk) async for chunk in request.stream()])


def _fields(size: int) -> bytes:
    return multipart_of({f"name-{number}": "value" for number in range(size)})


def _text(text: str) -> Event:
    return {"type": "websocket.receive", "text": text}


FAMILIES: Final = (
    Family(
        "headers, each looked up",
        100,
        _of_scope(_many_headers, lambda request: [request.headers[name] for name in request.headers]),
    ),
    Family(
        "cookies",
        200,
        _of_scope(
            _with_header(b"cookie", lambda size: b"; ".join(b"c%d=%%41" % n for n in range(size))),
            lambda request: request.cookies,
        ),
    ),
    Family("query parameters", 200, _of_scope(_many_parameters, lambda request: request.query_params)),
    Family(
        "parameters of a content type",
        100,
        _of_scope(
            _with_header(b"content-type", lambda size: b"a/b" + b"".join(b'; p%d="\\v"' % n for n in range(size))),
            lambda request: request.content_type,
        ),
    ),
    Family(
        "quotes of a content type that never end",
        1000,
        _of_scope(_with_header(b"content-type", lambda size: b'a/b; p="' * size), lambda request: request.content_type),
    ),
    Family(
        "ranges of Accept",
        100,
        _of_scope(
            _with_header(b"accept", lambda size: b",".join(b"a/b%d;q=0.5" % n for n in range(size))),
            lambda request: request.accept.best_match(["x/y"]),
        ),
    ),
    Family(
        "body, events of 1 byte",
        1000,
        _of_body("text/plain", lambda size: [b"x"] * size, lambda request: request.body()),
    ),
    Family("stream, events of 1 KiB", 200, _of_body("text/plain", lambda size: [b"x" * 1024] * size, _stream)),
    Family(
        "JSON, objects",
        200,
        _of_body(
            "application/json", lambda size: [json_of([{"a": 1, "b": "x"}] * size)], lambda request: request.json()
        ),
    ),
    Family(
        "MessagePack, maps",
        200,
        _of_body(
            "application/msgpack",
            lambda size: [b"\xdd" + size.to_bytes(4, "big") + b"\x81\xa1a\x01" * size],
            lambda request: request.msgpack(),
        ),
    ),
    Family(
        "urlencoded, one event",
        200,
        _of_body(
            _URLENCODED,
            lambda size: [b"&".join(b"n%d=v+%%41" % n for n in range(size))],
            lambda request: request.form(),
        ),
    ),
    Family(
        "urlencoded, events of 1 byte",
        50,
        _of_body(
            _URLENCODED,
            lambda size: _cut(b"&".join(b"n%d=v+%%41" % n for n in range(size)), 1),
            lambda request: request.form(),
        ),
    ),
    Family(
        "multipart, many parts", 100, _of_body(_MULTIPART, lambda size: [_fields(size)], lambda request: request.form())
    ),
    Family(
        "multipart, events of 1 byte",
        20,
        _of_body(_MULTIPART, lambda size: _cut(_fields(size), 1), lambda request: request.form()),
    ),
    Family(
        "multipart, a large file",
        65536,
        _of_body(_MULTIPART, lambda size: _cut(multipart_of({}, b"\r\n--" * (size // 4)), 65536), _read_parts),
    ),
    Family("messages of a WebSocket", 200, _of_messages(lambda size: [_text("x")] * size)),
    Family("a long message of a WebSocket", 65536, _of_messages(lambda size: [_text("\u00e9" * size)])),
)


def growth_of(side: str, max_exponent: float = MAX_EXPONENT) -> tuple[str, list[str]]:
    """Return a table of all families, and the names of those that grow faster than allowed.

    Args:
        side: `compiled` or `pure`.
        max_exponent: The largest exponent allowed between each size and the next.

    Raises:
        MeasureFailed: The process has failed.
    """
    with tempfile.TemporaryDirectory() as directory:
        profile = os.path.join(directory, "profile")
        command = callgrind(f"{profile}.%p", f"--dump-before={MARK}")
        processes = iter(run_measured([*command, sys.executable, "-m", "benchmarks.growth", side]).stdout.split())
        rows = [["input", "size", "instructions", "4 times", "16 times", "exponents", ""]]
        steep = []
        for family in FAMILIES:
            counts = [total_of(f"{profile}.{next(processes)}.2") for _ in range(3)]
            exponents = [log(more / fewer, _STEP) for fewer, more in pairwise(counts)]
            is_steep = max(exponents) > max_exponent
            if is_steep:
                steep.append(family.name)
            rows.append(
                [
                    family.name,
                    f"{family.size:,}",
                    *(f"{count:,}" for count in counts),
                    ", ".join(number_text(exponent) for exponent in exponents),
                    "STEEP" if is_steep else "",
                ]
            )
    return aligned(rows), steep


def main(name: str) -> None:
    """Run each family at each size, between two marks, and print the ids of the processes.

    Args:
        name: `compiled` or `pure`.
    """
    side = load_side(name)
    for family in FAMILIES:
        # a first run, so that initialisation is not counted
        family.work(side, 2)()
        for size in (family.size, family.size * _STEP, family.size * _STEP**2):
            process = os.fork()
            if not process:
                _count(family.work(side, size))
            os.waitpid(process, 0)
            print(process, flush=True)


def _count(work: Callable[[], Any]) -> None:
    status = 2
    try:
        gc.disable()
        os.getppid()
        work()
        os.getppid()
        status = 0
    finally:
        os._exit(status)


if __name__ == "__main__":
    main(sys.argv[1])
