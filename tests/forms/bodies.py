"""Bodies of forms, requests that receive them, and checks of the files."""

from __future__ import annotations

import asyncio
import gc
import os
import tempfile
import threading
import urllib.parse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from ..helpers import Receiver, body_events, http_scope, running_trio

BOUNDARY = b"----WebKitFormBoundary7MA4YWxkTrZu0gW"
MULTIPART = b"multipart/form-data; boundary=" + BOUNDARY
URLENCODED = b"application/x-www-form-urlencoded"

Pairs = list[tuple[str, Any]]


def part(
    name: str | None, data: bytes = b"", filename: str | None = None, *lines: bytes, content_type: bytes | None = None
) -> bytes:
    """Return a part as a browser writes it, up to its last byte of data, with more header lines behind its own."""
    disposition = "form-data"
    for key, value in ("name", name), ("filename", filename):
        if value is not None:
            value = value.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
            disposition += f'; {key}="{value}"'
    if filename is not None and content_type is None:
        content_type = b"application/octet-stream"
    types = [b"Content-Type: " + content_type] if content_type is not None else []
    return b"\r\n".join([b"Content-Disposition: " + disposition.encode(), *types, *lines, b"", data])


def raw_part(disposition: bytes, data: bytes = b"", *lines: bytes) -> bytes:
    """Return a part whose Content-Disposition is given as it stands."""
    return b"\r\n".join([b"Content-Disposition: " + disposition, *lines, b"", data])


def multipart(*parts: bytes, boundary: bytes = BOUNDARY, preamble: bytes = b"", epilogue: bytes = b"\r\n") -> bytes:
    """Return a body of these parts."""
    return preamble + b"".join(b"--%s\r\n%s\r\n" % (boundary, each) for each in parts) + b"--%s--" % boundary + epilogue


# what a naive parser takes for the end of the part
TRICKY = (
    b"\r\n--"
    + BOUNDARY[:-1]
    + b"X\r\n--\r\n\r--"
    + BOUNDARY
    + b"\n--"
    + BOUNDARY
    + b"--\r\n\r\n\r\r\n--"
    + BOUNDARY[:8]
    + b"\x00\xff\r"
)
MIX = multipart(
    part("text", "Grüße".encode()),
    part("empty"),
    part("file", TRICKY, "a.bin"),
    part("text", b"again\r\n"),
    part("file", b"\r\n", "b.txt", content_type=b"text/plain"),
    part("none", b"", "empty.bin"),
    part("", b"--"),
)
MIX_FORM: Pairs = [
    ("text", "Grüße"),
    ("empty", ""),
    ("file", ("a.bin", "application/octet-stream", TRICKY)),
    ("text", "again\r\n"),
    ("file", ("b.txt", "text/plain", b"\r\n")),
    ("none", ("empty.bin", "application/octet-stream", b"")),
    ("", "--"),
]
FIELDS = b"a=1&b=%C3%A9+x&&c&=d&a=%zz%&e=%2B%26%3D&f=\xc3\xa9;g=1&h=&%41=%ff"
FIELDS_FORM: Pairs = [
    ("a", "1"),
    ("b", "é x"),
    ("c", ""),
    ("", "d"),
    ("a", "%zz%"),
    ("e", "+&="),
    ("f", "é;g=1"),
    ("h", ""),
    ("A", "\ufffd"),
]


def request_class(side: Any, **limits: Any) -> Any:
    """Return a class of requests with these limits; without any, the body may have any size."""
    bounds = side.Limits(**{"max_body_size": None, **limits})
    return type("BoundedRequest", (side.Request,), {"limits": bounds, "__slots__": ()})


def make_request(
    side: Any,
    *chunks: Any,
    content_type: bytes = MULTIPART,
    receive: Any = None,
    suspend: bool = False,
    cls: Any = None,
    headers: Iterable[tuple[bytes, bytes]] = (),
    **limits: Any,
) -> Any:
    """Return a request whose body arrives in these chunks, or, where they are no bytes, with these events."""
    if cls is None:
        cls = request_class(side, **limits) if limits else side.Request
    events = body_events(*chunks) if all(isinstance(chunk, bytes) for chunk in chunks) else list(chunks)
    scope = http_scope(method="POST", headers=[(b"content-type", content_type), *headers])
    return cls(scope, receive or Receiver(events, suspend=suspend))


def more(body: bytes) -> dict[str, Any]:
    """Return an event with a part of a body behind which more comes."""
    return {"type": "http.request", "body": body, "more_body": True}


def split(body: bytes, size: int) -> list[bytes]:
    """Return the pieces of a body, all of one size but the last."""
    return [body[start : start + size] for start in range(0, len(body), size)] or [b""]


async def contents(form: Any) -> Pairs:
    """Return the pairs of a form; a file as its name, type and data."""
    pairs: Pairs = []
    for name, value in form.items():
        if not isinstance(value, str):
            data = await value.read()
            assert len(data) == value.size
            value = value.filename, value.content_type, data
        pairs.append((name, value))
    return pairs


async def read_form(request: Any) -> Pairs:
    """Return the pairs of a request's form, and close its files."""
    async with request.form() as form:
        return await contents(form)


async def read_parts(request: Any) -> Pairs:
    """Return the same of the parts of a request's form."""
    pairs: Pairs = []
    async for each in request.stream_form():
        if each.filename is None:
            pairs.append((each.name, await each.text()))
        else:
            pairs.append((each.name, (each.filename, each.content_type, await each.read())))
    return pairs


async def verdict(reading: Any) -> tuple[Any, ...]:
    """Return what a reading came to, so that two of them can be compared."""
    try:
        return "read", await reading
    except Exception as error:
        said = "\n".join((str(error), *getattr(error, "__notes__", ())))
        return "raised", type(error).__name__, getattr(error, "status_code", None), said


def urlencoded(pairs: Iterable[tuple[str, str]]) -> bytes:
    return urllib.parse.urlencode(list(pairs)).encode()


def open_descriptors() -> set[str]:
    """Return what the process has open, where the system says it, by descriptor and target."""
    try:
        numbers = os.listdir("/proc/self/fd")
    except OSError:
        pytest.skip("this system does not say which descriptors are open")
    found = set()
    for number in numbers:
        with suppress(OSError):
            found.add(f"{number} {os.readlink(f'/proc/self/fd/{number}')}")
    return found


class Disk:
    """The temporary files that were made, and the threads that touched them.

    It stands in for `tempfile.TemporaryFile`.
    """

    def __init__(self) -> None:
        self.files: list[Any] = []
        self.threads: set[int] = set()
        self.error: BaseException | None = None
        self.gate: Any = None
        self.entered = threading.Event()
        self._make = tempfile.TemporaryFile

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.threads.add(threading.get_ident())
        made = _Watched(self._make(*arguments, **options), self)
        self.files.append(made)
        return made

    def touched(self) -> None:
        self.threads.add(threading.get_ident())
        self.entered.set()
        if self.gate is not None:
            assert self.gate.wait(20)

    @property
    def all_closed(self) -> bool:
        return all(file.closed for file in self.files)


class _Watched:
    """A file of which every reading and writing is recorded."""

    def __init__(self, file: Any, disk: Disk) -> None:
        self._file = file
        self._disk = disk

    def write(self, data: Any) -> Any:
        self._disk.touched()
        if self._disk.error is not None:
            raise self._disk.error
        return self._file.write(data)

    def read(self, *arguments: Any) -> Any:
        self._disk.touched()
        return self._file.read(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@contextmanager
def recorded_disk() -> Iterator[Disk]:
    """Record temporary files; at the end all must be closed and no descriptor may be left open."""
    before = open_descriptors()
    disk = Disk()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "TemporaryFile", disk)
        yield disk
    assert disk.all_closed
    # young ones only: all would take longer than the test
    gc.collect(1)
    left = {each for each in open_descriptors() - before if "/proc/" not in each and "anon_inode" not in each}
    assert not {each for each in left if "(deleted)" in each or tempfile.gettempdir() in each}, left


async def cut_off(seconds: float, work: Any) -> bool:
    """Cancel work after a time, in the way of the event loop that runs; return whether that was needed.

    Args:
        seconds: How long it may take.
        work: Called without arguments, returns an awaitable.
    """
    trio = running_trio()
    if trio is not None:
        with trio.move_on_after(seconds) as cancel_scope:
            await work()
        return bool(cancel_scope.cancelled_caught)
    try:
        async with asyncio.timeout(seconds):
            await work()
    except TimeoutError:
        return True
    return False


async def at_once(*works: Any) -> list[Any]:
    """Return what works come to that run at the same time, in the way of the event loop that runs."""
    results: list[Any] = [None] * len(works)

    async def keep(index: int, work: Any) -> None:
        try:
            results[index] = await work()
        except Exception as error:
            results[index] = error

    trio = running_trio()
    if trio is not None:
        async with trio.open_nursery() as nursery:
            for index, work in enumerate(works):
                nursery.start_soon(keep, index, work)
    else:
        async with asyncio.TaskGroup() as group:
            for index, work in enumerate(works):
                group.create_task(keep(index, work))
    return results
