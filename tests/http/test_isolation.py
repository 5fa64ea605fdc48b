"""Nothing of one request reaches another, nothing is kept, and everything is freed by reference counting."""

from __future__ import annotations

from typing import Any

import pytest

import litecon
from litecon import Request

from ..helpers import Receiver, await_, body_events, check_python, http_scope

pytestmark = pytest.mark.slow

PRELUDE = """
import asyncio, gc, sys, tracemalloc, weakref
from litecon import Request, ASGIConnection, ClientException, Limits

def scope(**changes):
    return {
        "type": "http", "method": "POST", "scheme": "http", "path": "/p", "root_path": "", "query_string": b"a=1",
        "headers": [(b"host", b"h"), (b"cookie", b"c=d"), (b"content-type", b"a/b;c=d"), (b"accept", b"a/b;q=0.1")],
        "client": ("192.0.2.1", 1), "server": ("192.0.2.2", 2), **changes,
    }

def receiver(*bodies):
    events = [{"type": "http.request", "body": body, "more_body": True} for body in bodies] + [{"type": "http.request"}]
    async def receive():
        await asyncio.sleep(0)
        if not events:
            await asyncio.Event().wait()
        return events.pop(0)
    return receive

def touch(request):
    return [
        str(request.url), str(request.base_url), request.headers, request.cookies, request.query_params, request.client,
        request.content_type, request.accept, request.state, request.method, request.path_params, request.is_connected,
    ]
"""


def make() -> Request[Any, Any, Any]:
    headers = [(b"host", b"h"), (b"cookie", b"a=b"), (b"content-type", b"a/b;c=d"), (b"accept", b"a/b")]
    return Request(
        http_scope(method="POST", query_string=b"a=1&a=2", headers=headers), Receiver(body_events(b'{"a": [1]}'))
    )


def test_the_next_request_is_pristine() -> None:
    def read(request: Request[Any, Any, Any]) -> list[Any]:
        return [
            request.cookies,
            request.query_params,
            request.content_type[1],
            request.path_params,
            await_(request.json()),
            request.state,
            request.url.query_params,
            request.headers.to_header_list(),
            request.headers.dict(),
            request.accept[:],
        ]

    expected = [value.copy() for value in read(make())]
    for value in read(make()):
        if isinstance(value, list):
            value.append(("spoiled", b""))
        else:
            value["spoiled"] = "yes"
            for key in list(value):
                if isinstance(value[key], list):
                    value[key].append("spoiled")
    assert read(make()) == expected


def test_what_is_read_without_being_kept_can_be_changed() -> None:
    request = make()
    request.headers.dict()["host"].append("x")
    request.headers.to_header_list().clear()
    request.headers.getall("host").append("x")
    request.url.query_params["a"] = "x"
    request.accept[:].clear()
    assert request.headers.getall("host") == ["h"]
    assert request.url.query_params.getall("a") == ["1", "2"]
    assert list(request.accept) == ["a/b"]


MEMORY = """
def work(start, count):
    async def main():
        for index in range(start, start + count):
            mark = b"%d" % index
            request = Request(
                scope(
                    path="/" + str(index), query_string=b"q%s=%%41%s" % (mark, mark),
                    headers=[
                        (b"host", b"h" + mark), (b"cookie", b'c%s="v\\\\"%s"' % (mark, mark)),
                        (b"content-type", b"a/b%s;x%s=y" % (mark, mark)), (b"accept", b"a/b%s;q=0.1" % mark),
                        (b"x-" + mark, mark),
                    ],
                ),
                receiver(b'{"key%s": ' % mark, b'"value%s"}' % mark),
            )
            touch(request)
            assert await request.body()
            await request.json()
            await request.json(dict[str, str])
            request.accept.best_match(["a/b%d" % index])
            request.headers.get("x-%d" % index)
    asyncio.run(main())

work(0, 2_000)
gc.collect()
tracemalloc.start()
work(2_000, 2_000)
gc.collect()
before = tracemalloc.get_traced_memory()[0]
work(4_000, 10_000)
gc.collect()
grown = tracemalloc.get_traced_memory()[0] - before
assert grown < 50_000, grown
"""


def test_10_000_different_requests_leave_nothing() -> None:
    check_python(PRELUDE + MEMORY)


REFERENCES = """
gc.disable()
references = []

class Own(Request):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.extra = object()

async def used(cls):
    request = cls(scope(), receiver(b"[1]"))
    references.append(weakref.ref(request))
    touch(request)
    assert await request.json() == [1]

async def streamed(cls):
    request = cls(scope(), receiver(b"a", b"b"))
    references.append(weakref.ref(request))
    async for chunk in request.stream():
        pass

async def abandoned(cls):
    request = cls(scope(), receiver(b"a", b"b"))
    references.append(weakref.ref(request))
    stream = request.stream()
    await stream.__anext__()

async def failed(cls):
    request = cls(scope(headers=[(b"host", b"a b")]), receiver(b"["))
    references.append(weakref.ref(request))
    for work in (lambda: request.url, lambda: request.user):
        try:
            work()
        except Exception:
            pass
    try:
        await request.json()
    except ClientException:
        pass

async def handler_fails(cls):
    request = cls(scope(), receiver(b"[1]"))
    references.append(weakref.ref(request))
    await request.body()
    raise LookupError("in the handler")

async def cancelled(cls):
    async def receive():
        await asyncio.sleep(100)
    request = cls(scope(), receive)
    references.append(weakref.ref(request))
    try:
        await asyncio.wait_for(request.body(), 0.001)
    except TimeoutError:
        pass

async def asked(cls):
    async def receive():
        await asyncio.sleep(100)
    request = cls(scope(), receive)
    references.append(weakref.ref(request))
    assert not await request.is_disconnected()

async def closed(cls):
    request = cls(scope(), receiver(b"a"))
    references.append(weakref.ref(request))
    operation = request.body()
    operation.close()
    operation = request.body()
    operation.send(None)
    operation.close()

async def main():
    for cls in (Request, Own, Request[int, int, int]):
        for handler in (used, streamed, abandoned, failed, handler_fails, cancelled, asked, closed):
            try:
                await handler(cls)
            except LookupError:
                pass
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert references[-1]() is None, (cls, handler.__name__)

asyncio.run(main())
assert len(references) == 24
"""


def test_a_request_dies_by_reference_count() -> None:
    check_python(PRELUDE + REFERENCES)


TYPICAL = """
async def main():
    # what a busy machine is late with is no warning of ours
    asyncio.get_running_loop().slow_callback_duration = 60
    for _ in range(3):
        request = Request(scope(), receiver(b'{"a":', b"1}"))
        touch(request)
        assert await request.body() == b'{"a":1}'
        assert await request.json() == {"a": 1}
        assert await request.json(dict[str, int]) == {"a": 1}
        request = Request(scope(), receiver(b"a", b"b"))
        assert [chunk async for chunk in request.stream()] == [b"a", b"b", b""]
        assert not await Request(scope(), receiver(b"a")).is_disconnected()
        for name, value, member in ((b"host", b"a b", "url"), (b"content-length", b"x", "content_length")):
            try:
                getattr(Request(scope(headers=[(name, value)])), member)
            except ClientException as error:
                assert error.status_code == 400
            else:
                raise SystemExit("no error")
        for broken in ([("host", "x")], [None], 5, [(b"host", None)]):
            try:
                Request(scope(headers=broken)).url
            except ValueError as error:
                assert "headers" in str(error)
            else:
                raise SystemExit("no error")
        assert "a" not in Request(scope()).headers
        assert 5 not in Request(scope()).headers
        assert b"host" not in Request(scope()).headers
        assert Request(scope()).url != b"x"

asyncio.run(main())
print("done")
"""


@pytest.mark.parametrize(
    "options", [("-O",), ("-OO",), ("-W", "error"), ("-X", "dev", "-W", "error"), ("-bb",)], ids=" ".join
)
def test_interpreter_options(options: tuple[str, ...]) -> None:
    assert check_python(PRELUDE + TYPICAL, *options) == "done\n"


def test_asyncio_debug_mode() -> None:
    assert check_python(PRELUDE + TYPICAL, env={"PYTHONASYNCIODEBUG": "1"}) == "done\n"


def test_in_many_threads() -> None:
    code = """
import threading
errors = []
shared = Request(scope())

async def read(request):
    return await request.json()

def work():
    try:
        for _ in range(200):
            touch(shared)
            touch(Request(scope()))
        assert asyncio.run(read(Request(scope(), receiver(b"[1]")))) == [1]
    except BaseException as error:
        errors.append(error)

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not errors, errors
"""
    check_python(PRELUDE + code)


def test_no_references_leak() -> None:
    # native code counts by hand: what goes in must come out as often; the interpreter's own caches let go of some
    # dozens of None now and then, a leak would be one for each request
    code = """
objects = {
    "scope": scope(), "name": "x-some-header", "query": b"name%41=value", "value": b"cookie=value; b=c",
}
def work():
    for _ in range(1000):
        s = objects["scope"]
        s.pop("state", None); s.pop("litecon.body", None)
        s["query_string"] = objects["query"]
        s["headers"] = [(b"host", b"h"), (b"cookie", objects["value"])]
        request = Request(s)
        touch(request)
        objects["name"] in request.headers
        request.headers.get(objects["name"], objects["name"])
        for broken in (5, [None], [(objects["query"], None)]):
            try:
                Request({**s, "headers": broken}).url
            except ValueError:
                pass
            try:
                Request({**s, "headers": broken}).headers.get(objects["name"])
            except ValueError:
                pass

# in a function of its own: from 3.14 on it depends on the code whether an argument is one more
def count():
    return {key: sys.getrefcount(value) for key, value in objects.items()}

work()
before = count()
none = sys.getrefcount(None)
work()
assert count() == before
assert abs(sys.getrefcount(None) - none) < 500
"""
    check_python(PRELUDE + code)


@pytest.mark.skipif(not litecon.COMPILED, reason="the bound is the compiled side's")
def test_memory_of_an_idle_request() -> None:
    code = """
scopes = [scope() for _ in range(1000)]
requests = [None] * 1000
tracemalloc.start()
before = tracemalloc.get_traced_memory()[0]
for index in range(1000):
    requests[index] = Request(scopes[index])
size = (tracemalloc.get_traced_memory()[0] - before) / 1000
assert size <= 200, size
"""
    check_python(PRELUDE + code)
