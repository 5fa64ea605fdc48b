"""The memory and time that each bound allows a client that never stops sending: `python -m benchmarks.limits`."""

from __future__ import annotations

import asyncio
import sys
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from itertools import chain, repeat
from typing import Any, Final, NamedTuple

from .sides import load_side

__all__ = ("CASES", "Case", "Measured", "main", "measure")

_CHUNK: Final = 64 * 1024
_URLENCODED: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data; boundary=b"
_FIELD: Final = b'--b\r\nContent-Disposition: form-data; name="a"\r\n'
_FILE: Final = b'--b\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\n'
_SPOOLED: Final = 256 * 1024 * 1024


class Case(NamedTuple):
    """A body that exceeds a bound, or an accepted one that the bound keeps small in memory.

    Args:
        limit: The bound's name in `Limits`.
        content_type: The content type of the request.
        head: The beginning of the body.
        piece: The piece that follows, repeated forever.
        changes: The bounds that differ from the defaults.
        size: The number of bytes after which the body ends and is accepted; None for an endless body.
    """

    limit: str
    content_type: str
    head: bytes
    piece: bytes
    changes: dict[str, Any] = {}
    size: int | None = None


class Measured(NamedTuple):
    """The memory and time that a case took.

    Args:
        outcome: The status of the refusal; 200 if the body was accepted.
        received: The number of bytes received until then.
        peak: The largest number of bytes held, including the chunk that is arriving.
        milliseconds: The processor time.
    """

    outcome: int
    received: int
    peak: int
    milliseconds: float


def _filled(piece: bytes) -> bytes:
    return piece * (_CHUNK // len(piece))


CASES: Final = (
    Case("max_body_size", "application/json", b"[", _filled(b"0,")),
    Case("max_body_size", _MULTIPART, _FILE, _filled(b"x")),
    Case("max_fields", _URLENCODED, b"", _filled(b"a=1&")),
    Case("max_fields", _MULTIPART, b"", _filled(_FIELD + b"\r\n1\r\n")),
    Case("max_field_size", _URLENCODED, b"a=", _filled(b"%41")),
    Case("max_field_size", _MULTIPART, _FIELD + b"\r\n", _filled(b"x")),
    Case("max_file_size", _MULTIPART, _FILE, _filled(b"x"), {"max_file_size": 1024 * 1024}),
    Case("max_part_headers", _MULTIPART, _FIELD, _filled(b"X-A: b\r\n")),
    Case("max_part_header_size", _MULTIPART, _FIELD + b"X-A: ", _filled(b"b")),
    Case("spool_size", _MULTIPART, _FILE, _filled(b"x"), {"max_body_size": None}, _SPOOLED),
)


def _chunks(case: Case) -> Iterator[bytes]:
    endless = chain((case.head,), repeat(case.piece))
    if case.size is None:
        yield from endless
        return
    left = case.size
    for chunk in endless:
        if left <= 0:
            yield b"\r\n--b--\r\n"
            return
        left -= len(chunk)
        yield chunk


def _receiver(case: Case) -> tuple[Callable[[], Awaitable[dict[str, Any]]], list[int]]:
    chunks = _chunks(case)
    received = [0]

    async def receive() -> dict[str, Any]:
        chunk = next(chunks, None)
        if chunk is None:
            return {"type": "http.request", "body": b"", "more_body": False}
        received[0] += len(chunk)
        # a copy, since the chunks of a server do not share memory
        chunk = bytes(bytearray(chunk))
        return {"type": "http.request", "body": chunk, "more_body": True}

    return receive, received


async def _read(request: Any, is_form: bool) -> int:
    try:
        if is_form:
            async with request.form():
                return 200
        await request.json()
    except Exception as error:
        status = getattr(error, "status_code", None)
        if status is None:
            raise
        return int(status)
    return 200


def measure(litecon: Any, case: Case) -> Measured:
    """Return the memory and time that a case took on one side.

    Args:
        litecon: The package of that side.
        case: The body.
    """
    limits = litecon.Limits(**case.changes)
    request_class = type("BoundedRequest", (litecon.Request,), {"limits": limits})
    scope = {"type": "http", "headers": [(b"content-type", case.content_type.encode())]}
    found = []
    # memory is traced in a separate run, since tracing is slow
    for traced in (False, True):
        receive, received = _receiver(case)
        request = request_class(scope.copy(), receive)
        if traced:
            tracemalloc.start()
        start = time.process_time()
        outcome = asyncio.run(_read(request, case.content_type != "application/json"))
        found.append((time.process_time() - start, tracemalloc.get_traced_memory()[1]))
        if traced:
            tracemalloc.stop()
    return Measured(outcome, received[0], found[1][1], 1000 * found[0][0])


def main() -> int:
    """Print a row for each case, and return the exit status."""
    litecon = load_side("compiled")
    asyncio.run(_read(litecon.Request({"type": "http", "headers": []}), True))
    side = "compiled" if litecon.COMPILED else "pure"
    print(f"CPython {sys.version.split()[0]}, {side}; memory includes the chunk of 64 KiB that arrives")
    print(f"\n{'bound':22}{'body':12}{'answer':>8}{'received':>14}{'memory':>12}{'processor':>12}")
    for case in CASES:
        found = measure(litecon, case)
        kind = {_URLENCODED: "urlencoded", _MULTIPART: "multipart"}.get(case.content_type, "JSON")
        print(
            f"{case.limit:22}{kind:12}{found.outcome:>8}{found.received / 1024:>10,.0f} KiB"
            f"{found.peak / 1024:>8,.0f} KiB{found.milliseconds:>9.1f} ms"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
