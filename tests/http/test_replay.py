"""A receive that `is_disconnected()` has started, `replay()` and `drain()`: behind wrappers, under every event loop."""

from __future__ import annotations

import asyncio
import gc
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from litecon import ClientDisconnect, Limits, Request, RequestEntityTooLarge, StreamConsumed

from ..helpers import DISCONNECT, Receiver, await_, http_scope

Run = Callable[[Any], Any]
Script = Callable[[Any, Any], Any]


def part(body: bytes, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def in_group(receive: Any) -> Any:
    async def wrapped() -> Any:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 0)
            event = await receive()
            group.cancel_scope.cancel()
        return event

    return wrapped


def shielded(receive: Any) -> Any:
    async def wrapped() -> Any:
        with anyio.CancelScope(shield=True):
            return await receive()

    return wrapped


def sleeping_after(receive: Any) -> Any:
    async def wrapped() -> Any:
        event = await receive()
        await anyio.sleep(0.002)
        return event

    return wrapped


def awaiting_at_the_end(receive: Any) -> Any:
    async def wrapped() -> Any:
        try:
            return await receive()
        finally:
            await anyio.sleep(0)

    return wrapped


def with_timeout(receive: Any) -> Any:
    async def wrapped() -> Any:
        with anyio.fail_after(30):
            return await receive()

    return wrapped


def in_asyncio_group(receive: Any) -> Any:
    async def wrapped() -> Any:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(receive())
        return task.result()

    return wrapped


def waited_for(receive: Any) -> Any:
    async def wrapped() -> Any:
        return await asyncio.wait_for(receive(), 30)

    return wrapped


def in_asyncio_shield(receive: Any) -> Any:
    async def wrapped() -> Any:
        return await asyncio.shield(receive())

    return wrapped


ANYWHERE = [lambda receive: receive, in_group, shielded, sleeping_after, awaiting_at_the_end, with_timeout]
ASYNCIO = [in_asyncio_group, waited_for, in_asyncio_shield]


def behind(app: Any, times: int) -> Any:
    """Return the application behind Starlette's BaseHTTPMiddleware, as `@app.middleware("http")` puts it."""
    base = pytest.importorskip("starlette.middleware.base")

    async def dispatch(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    for _ in range(times):
        app = base.BaseHTTPMiddleware(app, dispatch=dispatch)
    return app


async def answer(send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def drop(event: Any) -> None:
    pass


async def conversation(script: Script, wrap: Any, times: int) -> None:
    put, source = anyio.create_memory_object_stream[Any](1000)
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(await script(Request(scope, receive, send), put.send_nowait))
        await answer(send)

    with anyio.fail_after(30):
        await behind(app, times)(http_scope(method="POST"), wrap(source.receive), drop)
    # what is still under way ends
    put.close()
    await anyio.sleep(0.005)
    source.close()
    assert len(seen) == 1


async def until_disconnected(request: Any) -> None:
    for _ in range(200):
        if await request.is_disconnected():
            return
        await anyio.sleep(0.002)
    raise AssertionError("the disconnect is not seen")


async def before_and_after_reading(request: Any, put: Any) -> None:
    for _ in range(20):
        assert not await request.is_disconnected()
    for number in range(5):
        put(part(b"%d" % number, number < 4))
        assert not await request.is_disconnected()
        await anyio.sleep(0.003)
    assert await request.body() == b"01234"
    assert not await request.is_disconnected()
    put(dict(DISCONNECT))
    await until_disconnected(request)
    assert await request.body() == b"01234"


async def between_chunks(request: Any, put: Any) -> None:
    chunks = []
    assert not await request.is_disconnected()
    put(part(b"0"))
    async for chunk in request.stream():
        chunks.append(chunk)
        assert not await request.is_disconnected()
        if chunk and len(chunks) < 5:
            put(part(b"%d" % len(chunks), len(chunks) < 4))
    assert b"".join(chunks) == b"01234"


async def asked_and_given_up(request: Any, put: Any) -> None:
    for _ in range(5):
        with anyio.move_on_after(0.001):
            while True:
                await request.is_disconnected()
    for _ in range(3):
        with anyio.move_on_after(0.002):
            await request.body()
    put(part(b"a", False))
    assert await request.body() == b"a"


async def replay_to_another(request: Any, put: Any) -> None:
    assert not await request.is_disconnected()
    replay = request.replay()
    for _ in range(3):
        with anyio.move_on_after(0.002):
            await replay()
    put(part(b"a"))
    assert await replay() == part(b"a")
    assert not await request.is_disconnected()
    put(part(b"b", False))
    assert await replay() == part(b"b", False)
    put(dict(DISCONNECT))
    for _ in range(2):
        assert await replay() == DISCONNECT
    assert await request.is_disconnected()


async def replay_to_litecon(request: Any, put: Any) -> None:
    assert not await request.is_disconnected()
    put(part(b"a"))
    await anyio.sleep(0.01)
    assert not await request.is_disconnected()
    bodies = []

    async def inside(scope: Any, receive: Any, send: Any) -> None:
        inner = Request[Any, Any, Any](scope, receive)
        for _ in range(2):
            assert not await inner.is_disconnected()
        put(part(b"b"))
        await anyio.sleep(0.01)
        assert not await inner.is_disconnected()
        put(part(b"c", False))
        bodies.append(await inner.body())
        await answer(send)

    await behind(inside, 2)(request.scope, request.replay(), drop)
    assert bodies == [b"abc"]
    assert await request.body() == b"abc"


SCRIPTS = [before_and_after_reading, between_chunks, asked_and_given_up, replay_to_another, replay_to_litecon]


@pytest.mark.slow
@pytest.mark.parametrize("times", [0, 2])
@pytest.mark.parametrize("script", SCRIPTS)
class TestBehindWrappers:
    @pytest.mark.parametrize("wrap", ANYWHERE)
    def test_under_every_loop(self, run: Run, script: Any, wrap: Any, times: int) -> None:
        run(lambda: conversation(script, wrap, times))

    @pytest.mark.parametrize("wrap", ASYNCIO)
    def test_under_asyncio(self, script: Any, wrap: Any, times: int) -> None:
        asyncio.run(conversation(script, wrap, times))

    @pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are newer")
    @pytest.mark.parametrize("wrap", [*ANYWHERE, *ASYNCIO])
    def test_eager_tasks(self, script: Any, wrap: Any, times: int) -> None:
        async def main() -> None:
            asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined]
            await asyncio.ensure_future(conversation(script, wrap, times))

        asyncio.run(main())


@pytest.mark.parametrize("times", [0, 1, 2])
def test_asked_a_thousand_times(times: int) -> None:
    async def script(request: Any, put: Any) -> None:
        for _ in range(1000):
            assert not await request.is_disconnected()
        put(part(b"a", False))
        assert await request.body() == b"a"

    asyncio.run(conversation(script, lambda receive: receive, times))


def test_empty_events_without_end_are_counted(run: Run) -> None:
    async def main() -> None:
        calls = 0
        turns = 0

        async def receive() -> Any:
            nonlocal calls
            calls += 1
            return part(b"") if calls <= 200_000 else dict(DISCONNECT)

        async def other() -> None:
            nonlocal turns
            while True:
                await anyio.sleep(0)
                turns += 1

        async with anyio.create_task_group() as group:
            group.start_soon(other)
            await anyio.sleep(0)
            assert not await Request[Any, Any, Any](http_scope(), receive).is_disconnected()
            group.cancel_scope.cancel()
        assert calls < 1000
        assert turns

    run(main)


def test_the_receive_ends_with_the_reader() -> None:
    async def main() -> None:
        ended = []

        async def receive() -> Any:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(True)

        request = Request[Any, Any, Any](http_scope(), receive)
        assert not await request.is_disconnected()
        await asyncio.sleep(0)
        assert ended == []
        del request
        gc.collect()
        for _ in range(3):
            await asyncio.sleep(0)
        assert ended == [True]

    asyncio.run(main())


def test_a_loop_that_has_ended() -> None:
    events = [part(b"a", False)]
    waiting = True

    async def receive() -> Any:
        if waiting:
            await asyncio.Event().wait()
        return events.pop()

    request = Request[Any, Any, Any](http_scope(), receive)
    assert await_(request.is_disconnected()) is False
    loop = asyncio.new_event_loop()
    assert loop.run_until_complete(request.is_disconnected()) is False
    loop.close()
    waiting = False
    assert await_(request.body()) == b"a"


class TestReplay:
    def test_after_body(self) -> None:
        async def main() -> None:
            request = Request[Any, Any, Any](http_scope(), Receiver([part(b"a"), part(b"b", False), DISCONNECT]))
            assert await request.body() == b"ab"
            for _ in range(2):
                replay = request.replay()
                assert await replay() == part(b"ab", False)
            assert await replay() == DISCONNECT
            assert await request.body() == b"ab"

        await_(main())

    def test_after_half_a_stream_the_rest(self) -> None:
        async def main() -> None:
            request = Request[Any, Any, Any](http_scope(), Receiver([part(b"a"), part(b"b"), part(b"c", False)]))
            assert await anext(request.stream()) == b"a"
            replay = request.replay()
            assert [await replay(), await replay()] == [part(b"b"), part(b"c", False)]
            with pytest.raises(StreamConsumed):
                await request.body()

        await_(main())

    def test_after_a_whole_stream_its_end(self) -> None:
        async def main() -> None:
            request = Request[Any, Any, Any](http_scope(), Receiver([part(b"a", False), DISCONNECT]))
            assert [chunk async for chunk in request.stream()] == [b"a", b""]
            replay = request.replay()
            assert [await replay(), await replay()] == [part(b"", False), DISCONNECT]

        await_(main())

    def test_after_a_disconnect(self) -> None:
        async def main() -> None:
            request = Request[Any, Any, Any](http_scope(), Receiver([part(b"a"), DISCONNECT]))
            with pytest.raises(ClientDisconnect):
                await request.body()
            replay = request.replay()
            assert [await replay() for _ in range(3)] == [part(b"a"), DISCONNECT, DISCONNECT]

        await_(main())


class TestDrain:
    def test_what_is_coming_is_dropped(self) -> None:
        async def main() -> None:
            receive = Receiver([part(b"x" * 10)] * 20 + [part(b"", False)])
            request = type("Sub", (Request,), {"limits": Limits(max_body_size=15)})(http_scope(), receive)
            with pytest.raises(RequestEntityTooLarge):
                await request.body()
            await request.drain(max_size=50)
            assert len(receive.events) == 13
            await request.drain()
            assert not receive.events
            with pytest.raises(StreamConsumed):
                await request.body()

        await_(main())

    def test_a_disconnect_ends_it(self) -> None:
        request = Request[Any, Any, Any](http_scope(), Receiver([part(b"a"), DISCONNECT]))
        await_(request.drain())
        assert not request.is_connected

    def test_a_body_that_was_read_stays(self) -> None:
        request = Request[Any, Any, Any](http_scope(), Receiver([part(b"a", False)]))
        assert await_(request.body()) == b"a"
        await_(request.drain())
        assert await_(request.body()) == b"a"


READS = {
    "body": lambda request: request.body(),
    "json": lambda request: request.json(),
    "msgpack": lambda request: request.msgpack(),
    "stream": lambda request: request.stream().__anext__(),
    "form": lambda request: request.form(),
    "stream_form": lambda request: request.stream_form().__anext__(),
}


@pytest.mark.parametrize("kind", [b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=b"])
@pytest.mark.parametrize("first", [*READS, "half a stream"])
@pytest.mark.parametrize("then", READS)
def test_disconnect_in_the_middle_each_time(kind: bytes, first: str, then: str) -> None:
    async def main() -> None:
        body = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx' if b"multi" in kind else b"a=1&b"
        scope = http_scope(method="POST", headers=[(b"content-type", kind)])
        request = Request[Any, Any, Any](scope, Receiver([part(body), DISCONNECT]))
        if first == "half a stream":
            stream = request.stream()
            assert await anext(stream) == body
            with pytest.raises(ClientDisconnect):
                await anext(stream)
        elif first in ("stream", "stream_form"):
            with pytest.raises(ClientDisconnect):
                async for _ in getattr(request, first)():
                    pass
        else:
            with pytest.raises(ClientDisconnect):
                await READS[first](request)
        for _ in range(2):
            with pytest.raises(ClientDisconnect):
                if then in ("stream", "stream_form"):
                    async for _ in getattr(request, then)():
                        pass
                else:
                    await READS[then](request)

    await_(main())


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("how", ["feed", "buffer"])
def test_memory_of_small_events(side: Any, size: int, how: str) -> None:
    total = 100_000
    reader = side._core.BodyReader()
    arguments = (None,) if how == "feed" else ()
    tracemalloc.start()
    try:
        for number in range(total // size):
            getattr(reader, how)(part(bytes((number % 251, number % 7))[:size]), *arguments)
        reader.feed(part(b"", False), None)
        body = reader.finish()
        assert tracemalloc.get_traced_memory()[1] <= 4 * total
    finally:
        tracemalloc.stop()
    assert body == b"".join(bytes((number % 251, number % 7))[:size] for number in range(total // size))
