"""Threads that use the same connections at once: `python tests/threads/hammers.py NAME SECONDS`.

Each function runs in a separate process, which a crash would end. It imports only the package and the standard
library, so that it runs with any installation.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from typing import Any

import litecon
from litecon import Request, WebSocket

THREADS = 4
SUBJECTS = 40
# the bytes of a body in one event
CHUNK = 7

Hammer = Callable[[float], None]
HAMMERS: dict[str, Hammer] = {}


def hammer(function: Hammer) -> Hammer:
    HAMMERS[function.__name__] = function
    return function


def in_threads(*works: Callable[[], object]) -> None:
    """Run each function in a thread of its own; raise the first error of them all."""
    errors: list[BaseException] = []

    def guarded(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def together(seconds: float, make: Callable[[], Any], *works: Callable[[Any], object], check: Any = None) -> None:
    """Have each of some threads do its work with the same new subjects, again and again.

    Args:
        seconds: How long.
        make: Returns a subject.
        works: What each thread does with it; a single one is done by all of them.
        check: Called with a subject and the results of the threads, in their order.
    """
    if len(works) == 1:
        works *= THREADS
    end = time.monotonic() + seconds
    subjects: list[Any] = []
    results: list[list[Any]] = [[] for _ in works]
    is_over = False

    def next_round() -> None:
        nonlocal is_over
        if check is not None:
            for index, subject in enumerate(subjects):
                check(subject, [of_thread[index] for of_thread in results])
        is_over = time.monotonic() > end
        for of_thread in results:
            of_thread.clear()
        subjects[:] = [] if is_over else [make() for _ in range(SUBJECTS)]

    barrier = threading.Barrier(len(works), next_round)

    def run(index: int) -> None:
        work, of_thread = works[index], results[index]
        try:
            while barrier.wait() >= 0 and not is_over:
                for subject in subjects:
                    of_thread.append(work(subject))
        except BaseException:
            barrier.abort()
            raise

    try:
        in_threads(*[lambda index=index: run(index) for index in range(len(works))])
    except threading.BrokenBarrierError as broken:
        raise broken.__context__ or broken from None


def constantly(seconds: float, *works: Callable[[], object]) -> None:
    """Have each thread do its work again and again."""
    end = time.monotonic() + seconds
    failed = threading.Event()

    def run(work: Callable[[], object]) -> None:
        try:
            while time.monotonic() < end and not failed.is_set():
                work()
        except BaseException:
            failed.set()
            raise

    in_threads(*[lambda work=work: run(work) for work in works])


def drive(awaitable: Any) -> Any:
    """Run an awaitable without an event loop; each suspension goes on at once."""
    steps = awaitable.__await__()
    try:
        while True:
            steps.send(None)
    except StopIteration as stop:
        return stop.value


@types.coroutine
def suspend() -> Iterator[None]:
    yield


def scope_of(kind: str = "http", **changes: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http" if kind == "http" else "ws",
        "path": "/a/b",
        "raw_path": b"/a/b",
        "query_string": b"a=1&a=2&b=%C3%BC",
        "root_path": "",
        "headers": [
            (b"host", b"example.org"),
            (b"cookie", b"c=d; e=f"),
            (b"content-type", b"application/json; charset=utf-8"),
            (b"accept", b"text/html, application/json;q=0.5"),
            (b"x-fixed", b"fixed"),
        ],
        "client": ("192.0.2.1", 5000),
        "server": ("198.51.100.1", 80),
        "path_params": {"id": 1},
        "user": "somebody",
        "auth": "token",
        "session": {},
        **changes,
    }


class Receive:
    """A `receive` that any thread may call."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        self.events = events

    async def __call__(self) -> dict[str, Any]:
        await suspend()
        # atomic, whatever threads do
        return self.events.pop(0) if self.events else {"type": "http.disconnect"}


async def send(event: Any) -> None:
    await suspend()


def receive_body(body: bytes) -> Receive:
    chunks = [body[start : start + CHUNK] for start in range(0, len(body), CHUNK)]
    events = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    return Receive([*events, {"type": "http.request"}])


def touch(request: Any) -> list[Any]:
    """Return what every accessor says, in values that can be compared."""
    return [
        str(request.url),
        str(request.base_url),
        request.url.path,
        dict(request.headers),
        request.headers.get("x-fixed"),
        "cookie" in request.headers,
        dict(request.cookies),
        list(request.query_params.items()),
        tuple(request.client),
        request.content_type,
        request.content_length,
        request.accept.best_match(["application/json", "text/html"]),
        request.method,
        dict(request.path_params),
        request.user,
        request.auth,
        request.session,
        request.scope["type"],
        request.is_connected,
    ]


@hammer
def accessors(seconds: float) -> None:
    expected = touch(Request(scope_of()))

    def work(request: Any) -> None:
        assert touch(request) == expected, touch(request)

    together(seconds, lambda: Request(scope_of()), work)


@hammer
def state(seconds: float) -> None:
    """What each thread puts in the state of a connection is there afterwards."""
    numbers = threading.local()
    count = iter(range(10**9))

    def work(request: Any) -> str:
        if not hasattr(numbers, "name"):
            numbers.name = f"of_{next(count)}"
        setattr(request.state, numbers.name, numbers.name)
        assert getattr(request.state, numbers.name) == numbers.name
        return str(numbers.name)

    def check(request: Any, names: list[str]) -> None:
        assert set(names) <= set(request.scope["state"]), (names, request.scope["state"])

    together(seconds, lambda: Request(scope_of()), work, check=check)


@hammer
def scope_set(seconds: float) -> None:
    """One thread sets the members while others read."""
    scopes = [
        scope_of(),
        scope_of(method="GET", path="/c", raw_path=b"/c", query_string=b"c=3", headers=[(b"x-fixed", b"fixed")]),
    ]
    readings = [touch_each(Request(scope)) for scope in scopes]
    request: Any = Request(dict(scopes[0]), Receive([]), send)

    def write() -> None:
        for turn in range(20):
            # of these only the request holds a reference, so that they end when they are replaced
            request.scope = dict(scopes[turn % 2])
            request.receive = Receive([])
            request.send = Receive([]).__call__

    def read() -> None:
        for _ in range(50):
            assert request.scope["path"] in ("/a/b", "/c")
            assert callable(request.receive) and callable(request.send)
            assert drive(request.receive())["type"] == "http.disconnect"

    def read_all() -> None:
        for name, value in touch_each(request).items():
            assert value in (readings[0][name], readings[1][name]), (name, value)

    constantly(seconds, write, read, read, read_all)


def touch_each(request: Any) -> dict[str, Any]:
    return {
        "url": str(request.url),
        "base_url": str(request.base_url),
        "fixed": request.headers.get("x-fixed"),
        "cookies": dict(request.cookies),
        "query": list(request.query_params.items()),
        "content_type": request.content_type,
        "method": request.method,
        "client": tuple(request.client),
    }


@hammer
def members_deleted(seconds: float) -> None:
    """A member that another thread deletes is there, or its absence is an AttributeError."""

    request: Any = Request(scope_of(), Receive([]), send)

    def write() -> None:
        for name, value in (("scope", scope_of()), ("receive", Receive([])), ("send", Receive([]).__call__)):
            try:
                delattr(request, name)
            except AttributeError:
                pass
            setattr(request, name, value)

    def read() -> None:
        for name in ("scope", "receive", "send", "url", "headers", "cookies", "method", "state", "client"):
            try:
                assert getattr(request, name) is not None
            except AttributeError:
                pass

    constantly(seconds, write, write, read, read)


@hammer
def header_list(seconds: float) -> None:
    """The raw list changes at its end while others read: what stays is found each time."""

    request: Any = Request(scope_of())
    pairs = request.scope["headers"]

    def write() -> None:
        for turn in range(30):
            pairs.append((b"x-more", b"%d" % turn))
            pairs.append((b"cookie", b"g=h%d" % turn))
            pairs.pop()
            pairs.pop()

    def read() -> None:
        headers = request.headers
        for _ in range(20):
            assert headers.get("x-fixed") == "fixed"
            assert headers.get("x-more") in (None, *map(str, range(30)))
        assert headers.getall("x-fixed") == ["fixed"]
        assert "x-fixed" in headers and "x-absent" not in headers
        try:
            assert dict(headers)["x-fixed"] == "fixed"
        except KeyError as error:
            # what a mapping's keys said is gone when its value is asked for
            assert error.args == ("x-more",), error
        assert len(headers) in (5, 6, 7)
        assert set(headers.getall("x-more", [])) <= {*map(str, range(30))}
        new = Request(request.scope)
        assert {*new.cookies} <= {"c", "e", "g"}
        assert new.content_type[0] == "application/json"
        assert str(new.url) == "http://example.org/a/b?a=1&a=2&b=%C3%BC", new.url

    constantly(seconds, write, read, read)


@hammer
def header_list_anywhere(seconds: float) -> None:
    """The raw list changes anywhere: what is read is something that was there, or nothing."""
    request: Any = Request(scope_of())
    pairs = request.scope["headers"]
    kept = list(pairs)
    names = {"host", "cookie", "content-type", "accept", "x-fixed"}

    def write() -> None:
        # new ones each time: the list alone holds them
        new = [(bytes(bytearray(name)), bytes(bytearray(value))) for name, value in kept]
        pairs.clear()
        pairs.extend(new)
        pairs.insert(0, pairs.pop())
        pairs[:] = new

    def read() -> None:
        headers = request.headers
        for _ in range(20):
            assert headers.get("x-fixed") in ("fixed", None)
        assert set(headers.getall("x-fixed", [])) <= {"fixed"}
        assert {*headers} <= names
        assert {*headers.keys()} <= names
        new = Request(request.scope)
        assert {*new.cookies} <= {"c", "e"}
        assert new.content_type[0] in ("application/json", "")
        str(new.url), new.accept, new.headers.to_header_list()

    constantly(seconds, write, read, read)


@hammer
def long_header_list(seconds: float) -> None:
    """A list that is long enough for an index changes at its end, so that the index is dropped while others use it."""
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    pairs = [(b"x-%d" % number, b"%d" % number) for number in range(1100)]
    headers = Request(scope_of(headers=pairs)).headers

    def write() -> None:
        for change in (pairs.pop, lambda: pairs.append((b"x-more", b"more"))):
            change()
            for _ in range(40):
                assert headers.get("x-1") == "1"

    def read() -> None:
        for number in (1, 500, 1000):
            assert headers.get(f"x-{number}") == str(number)
            assert headers.getall(f"x-{number}") == [str(number)]
        assert headers.get("x-more") in (None, "more")

    try:
        constantly(seconds, write, read, read)
    finally:
        sys.setswitchinterval(switch)


BODY = b'{"numbers": [%s]}' % b",".join(b"%d" % number for number in range(40))
BUSY = "another task is reading this body"


def or_busy(operation: Any, words: str = BUSY) -> Any:
    """Return what an operation gives; None where it says that another one is reading."""
    try:
        return drive(operation)
    except RuntimeError as error:
        assert str(error).startswith(words), error
        return None


def whole(subject: Any, results: list[Any]) -> None:
    given = [result for result in results if result is not None]
    assert given, "no thread got the body"
    assert all(result == given[0] for result in given), results


@hammer
def body(seconds: float) -> None:
    """Threads read the body of one request: each gets all of it, or is told."""

    def work(request: Any) -> Any:
        result = or_busy(request.body())
        assert result in (None, BODY), result
        return result

    def check(request: Any, results: list[Any]) -> None:
        whole(request, results)
        assert drive(request.body()) == BODY

    together(seconds, lambda: Request(scope_of(), receive_body(BODY)), work, check=check)


@hammer
def body_of_one_scope(seconds: float) -> None:
    """The same, with a connection object of each thread over one scope."""

    def work(subject: Any) -> Any:
        result = or_busy(Request(*subject).body())
        assert result in (None, BODY), result
        return result

    together(seconds, lambda: (scope_of(), receive_body(BODY)), work, check=whole)


@hammer
def decoded(seconds: float) -> None:
    """The same with decoders; one of them may be the first of its process."""
    expected = {"numbers": list(range(40))}

    def as_json(request: Any) -> Any:
        result = or_busy(request.json())
        assert result in (None, expected), result
        return result and BODY

    def as_bytes(request: Any) -> Any:
        return or_busy(request.body())

    together(
        seconds, lambda: Request(scope_of(), receive_body(BODY)), as_json, as_bytes, as_json, as_bytes, check=whole
    )


@hammer
def stream(seconds: float) -> None:
    """Threads stream one body: no byte is given twice."""

    def work(request: Any) -> bytes:
        async def read() -> bytes:
            return b"".join([chunk async for chunk in request.stream()])

        try:
            return bytes(drive(read()))
        except (RuntimeError, litecon.ClientException):
            return b""

    def check(request: Any, results: list[bytes]) -> None:
        assert sum(map(len, results)) <= len(BODY), results

    together(seconds, lambda: Request(scope_of(), receive_body(BODY)), work, check=check)


@hammer
def body_and_stream(seconds: float) -> None:
    """Some threads read a body that others stream: each stream has all of it or an error, or no byte twice."""

    def read(request: Any) -> Any:
        try:
            result = drive(request.body())
        except (RuntimeError, litecon.StreamConsumed):
            return None
        assert result == BODY, result
        return result

    def stream(request: Any) -> Any:
        async def collect() -> bytes:
            return b"".join([chunk async for chunk in request.stream()])

        try:
            return drive(collect())
        except (RuntimeError, litecon.StreamConsumed):
            return None

    def check(request: Any, results: list[Any]) -> None:
        bodies, streams = results[:2], [result for result in results[2:] if result is not None]
        if any(bodies):
            assert set(streams) <= {BODY}, results
        else:
            assert sum(map(len, streams)) <= len(BODY), results

    together(seconds, lambda: Request(scope_of(), receive_body(BODY)), read, read, stream, stream, check=check)


@hammer
def form(seconds: float) -> None:
    fields = b"a=1&b=%C3%BC&a=2"
    headers = [(b"content-type", b"application/x-www-form-urlencoded")]

    def work(request: Any) -> Any:
        result = or_busy(request.form(), "")
        if result is not None:
            result = list(result.multi_items() if hasattr(result, "multi_items") else result.items())
            assert result == [("a", "1"), ("b", "ü"), ("a", "2")], result
        return result

    together(seconds, lambda: Request(scope_of(headers=headers), receive_body(fields)), work, check=whole)


@hammer
def one_operation(seconds: float) -> None:
    """Threads drive the same operation: it runs once, and one of them gets what it returns."""

    def work(operation: Any) -> Any:
        for _ in range(1000):
            try:
                operation.send(None)
            except StopIteration as stop:
                return stop.value
            except ValueError as error:
                assert str(error) == "coroutine already executing", error
            except RuntimeError as error:
                assert str(error) == "cannot reuse already awaited coroutine", error
                return None
        return None

    def check(operation: Any, results: list[Any]) -> None:
        given = [result for result in results if result is not None]
        assert given == [BODY], results

    together(seconds, lambda: Request(scope_of(), receive_body(BODY)).body(), work, check=check)


@hammer
def one_operation_ended(seconds: float) -> None:
    """The same, while others close it and throw into it."""

    def work(operation: Any) -> Any:
        for _ in range(50):
            try:
                operation.send(None)
            except StopIteration as stop:
                assert stop.value == BODY
            except (ValueError, RuntimeError, KeyError, litecon.ClientException):
                pass
            repr(operation), operation.cr_await, operation.cr_running, operation.cr_frame

    def end(operation: Any) -> None:
        for call in (lambda: operation.throw(KeyError("thrown")), operation.close):
            try:
                call()
            except (ValueError, RuntimeError, KeyError, StopIteration):
                pass

    together(seconds, lambda: Request(scope_of(), receive_body(BODY)).body(), work, work, end)


class Event(dict[str, Any]):
    """An event whose finalizer runs another operation."""

    def __del__(self) -> None:
        assert drive(Request(scope_of(), receive_body(b"other")).body()) == b"other"


@hammer
def own_connections(seconds: float) -> None:
    """Each thread has connections and an event loop of its own: nothing of one gets to another."""

    async def converse(name: str) -> None:
        texts = [f"{name}-{number}" for number in range(20)]
        events: list[Any] = [Event(type="websocket.connect")]
        events += [Event(type="websocket.receive", text=text) for text in texts]
        sent: list[Any] = []

        async def receive() -> Any:
            await asyncio.sleep(0)
            return events.pop(0)

        async def collect(event: Any) -> None:
            await asyncio.sleep(0)
            sent.append(event)

        socket = WebSocket(scope_of("websocket"), receive, collect)
        await socket.accept()
        for text in texts:
            received = await socket.receive_text()
            assert received == text, (received, text)
            await socket.send_text(received)
        assert [event["text"] for event in sent[1:]] == texts
        for text in texts:
            request = Request(scope_of(), receive_body(text.encode()))
            read = await request.body()
            assert read == text.encode(), (read, text)

    def work(index: int) -> None:
        end = time.monotonic() + seconds

        async def main() -> None:
            turn = 0
            while time.monotonic() < end:
                await converse(f"{index}.{turn}")
                turn += 1

        asyncio.run(main())

    in_threads(*[lambda index=index: work(index) for index in range(THREADS)])


def socket_of(count: int) -> tuple[Any, list[Any]]:
    events: list[dict[str, Any]] = [{"type": "websocket.connect"}]
    events += [{"type": "websocket.receive", "text": str(number)} for number in range(count)]
    sent: list[Any] = []

    async def collect(event: Any) -> None:
        await suspend()
        sent.append(event)

    socket = WebSocket(scope_of("websocket"), Receive(events), collect)
    drive(socket.accept())
    return socket, sent


@hammer
def sockets(seconds: float) -> None:
    """Threads receive from and send to one WebSocket: each message comes to one of them, each is sent once."""
    count = 12

    def receive(subject: Any) -> list[str]:
        got = []
        for _ in range(count // 2):
            text = or_busy(subject[0].receive_text(), "another task is receiving")
            if text is not None:
                got.append(text)
        return got

    def send_some(subject: Any) -> list[str]:
        for number in range(count):
            drive(subject[0].send_text(str(number)))
        return []

    def check(subject: Any, results: list[list[str]]) -> None:
        received = [text for result in results for text in result]
        assert len(received) == len(set(received)) and received, results
        assert all(result == sorted(result, key=int) for result in results), results
        texts = sorted(int(event["text"]) for event in subject[1][1:])
        assert texts == sorted([*range(count)] * 2), texts

    together(seconds, lambda: socket_of(count), receive, receive, send_some, send_some, check=check)


@hammer
def patched(seconds: float) -> None:
    """Classes are patched while operations of theirs run: the method or what it was patched with is called."""

    async def fake(self: Any) -> bytes:
        return b"fake"

    def work() -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert drive(Request(scope_of(), receive_body(BODY)).body()) in (BODY, b"fake")
            socket, _ = socket_of(1)
            assert drive(socket.receive_text()) in ("0", b"fake")

    def patch() -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for cls, name in ((Request, "body"), (WebSocket, "receive_text")):
                before = cls.__dict__.get(name)
                setattr(cls, name, fake)
                if before is None:
                    delattr(cls, name)
                else:
                    setattr(cls, name, before)

    in_threads(work, work, patch)


@hammer
def subclasses(seconds: float) -> None:
    """Classes are made, patched with properties and dropped while connections of theirs are used."""
    own = {"type": "http.request", "body": b"own"}
    # `receive` is looked up before each event, so the class may have another for any of them; that one ends the body
    bodies = {BODY, *(BODY[:end] + b"own" for end in range(0, len(BODY) + CHUNK, CHUNK))}

    def work(subject: Any) -> None:
        request = subject()
        assert request.scope["type"] == "http"
        assert drive(request.body()) in bodies

    def make() -> Any:
        class Sub(Request[Any, Any, Any]):
            pass

        return lambda: Sub(scope_of(), receive_body(BODY))

    def patch(subject: Any) -> None:
        cls = type(subject())
        cls.scope = property(lambda self: scope_of())
        del cls.scope
        cls.receive = property(lambda self: Receive([own]))
        del cls.receive
        cls.limits = litecon.Limits(max_body_size=10**6)

    together(seconds, make, work, work, patch)


def main(name: str, seconds: float) -> None:
    if hasattr(sys, "_is_gil_enabled") and sys._is_gil_enabled():
        sys.setswitchinterval(1e-5)
    HAMMERS[name](seconds)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
