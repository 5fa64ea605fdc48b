"""`is_disconnected()` returns immediately and loses no event."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from litecon import ClientDisconnect, ImproperlyConfiguredException, Request

from ..helpers import DISCONNECT, RUNNERS, Receiver, await_, body_events, forever, http_scope, sleep

Run = Callable[[Any], Any]


@pytest.fixture(params=RUNNERS)
def run(request: pytest.FixtureRequest) -> Run:
    """Run an async function under one of the event loops, and in asyncio's debug mode."""
    return RUNNERS[request.param]


def part(body: bytes) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": True}


class QueueReceive:
    """A `receive` over a queue of the event loop that runs."""

    def __init__(self) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            import trio

            self._send, self._receive = trio.open_memory_channel[Any](100)
            self.put = self._send.send_nowait
            self.get = self._receive.receive
        else:
            queue: asyncio.Queue[Any] = asyncio.Queue()
            self.put = queue.put_nowait
            self.get = queue.get

    async def __call__(self) -> Any:
        return await self.get()


class EventReceive:
    """A `receive` that waits for an event object and then looks at its state, as uvicorn's does."""

    def __init__(self) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            import trio

            self._make: Any = trio.Event
        else:
            self._make = asyncio.Event
        self._event = self._make()
        self._events: list[Any] = []

    def put(self, event: Any) -> None:
        self._events.append(event)
        self._event.set()

    async def __call__(self) -> Any:
        while not self._events:
            await self._event.wait()
            self._event = self._make()
        return self._events.pop(0)


class PollReceive:
    """A `receive` that suspends several times before it gives an event that lies ready."""

    def __init__(self) -> None:
        self._events: list[Any] = []
        self.put = self._events.append

    async def __call__(self) -> Any:
        while not self._events:
            await sleep(0.001)
        return self._events.pop(0)


RECEIVES = pytest.mark.parametrize("make_receive", [QueueReceive, EventReceive, PollReceive])


@RECEIVES
class TestUnderEveryLoop:
    @pytest.mark.measures
    def test_nothing_to_receive(self, run: Run, make_receive: Any) -> None:
        async def main() -> None:
            request = Request[Any, Any, Any](http_scope(), make_receive())
            start = time.perf_counter()
            for _ in range(3):
                assert await request.is_disconnected() is False
            assert time.perf_counter() - start < 1
            assert request.is_connected

        run(main)

    def test_swallows_nothing(self, run: Run, make_receive: Any) -> None:
        async def main() -> None:
            receive = make_receive()
            request = Request[Any, Any, Any](http_scope(), receive)
            assert await request.is_disconnected() is False
            receive.put(part(b"a"))
            for _ in range(3):
                assert await request.is_disconnected() is False
            receive.put({"type": "http.request", "body": b"b"})
            assert await request.is_disconnected() is False
            assert await request.body() == b"ab"
            assert await request.is_disconnected() is False

        run(main)

    def test_swallows_nothing_of_a_stream(self, run: Run, make_receive: Any) -> None:
        async def main() -> None:
            receive = make_receive()
            request = Request[Any, Any, Any](http_scope(), receive)
            chunks = []
            for body in (b"a", b"b", b"c"):
                receive.put(part(body))
                assert await request.is_disconnected() is False
            receive.put({"type": "http.request"})
            async for chunk in request.stream():
                chunks.append(chunk)
                assert await request.is_disconnected() is False
            assert chunks == [b"a", b"b", b"c", b""]

        run(main)

    def test_disconnect(self, run: Run, make_receive: Any) -> None:
        async def main() -> None:
            receive = make_receive()
            request = Request[Any, Any, Any](http_scope(), receive)
            receive.put(dict(DISCONNECT))
            await sleep(0.01)
            # a receive that suspends though something lies ready may need to be asked again
            for _ in range(20):
                if await request.is_disconnected():
                    break
                await sleep(0.002)
            if make_receive is not PollReceive:
                assert await request.is_disconnected() is True
            if await request.is_disconnected():
                assert request.is_connected is False
            with pytest.raises(ClientDisconnect):
                await request.body()

        run(main)

    def test_disconnect_after_the_body(self, run: Run, make_receive: Any) -> None:
        async def main() -> None:
            receive = make_receive()
            request = Request[Any, Any, Any](http_scope(), receive)
            receive.put({"type": "http.request", "body": b"a"})
            assert await request.body() == b"a"
            assert await request.is_disconnected() is False
            receive.put(dict(DISCONNECT))
            if make_receive is not PollReceive:
                assert await request.is_disconnected() is True
                assert await request.is_disconnected() is True
            assert await request.body() == b"a"

        run(main)

    def test_disconnect_in_the_middle_of_the_body(self, run: Run, make_receive: Any) -> None:
        async def main() -> None:
            receive = make_receive()
            request = Request[Any, Any, Any](http_scope(), receive)
            receive.put(part(b"a"))
            receive.put(dict(DISCONNECT))
            if make_receive is not PollReceive:
                assert await request.is_disconnected() is True
            for _ in range(2):
                with pytest.raises(ClientDisconnect):
                    await request.body()

        run(main)

    def test_the_receive_under_way_is_handed_on(self, run: Run, make_receive: Any) -> None:
        # what it receives belongs to the reader of the scope; an application inside is given a replay
        async def main() -> None:
            receive = make_receive()
            request = Request[Any, Any, Any](http_scope(), receive)
            for _ in range(5):
                assert await request.is_disconnected() is False
            receive.put({"type": "http.request", "body": b"whole"})
            await sleep(0.01)
            assert await request.replay()() == {"type": "http.request", "body": b"whole"}

        run(main)


@pytest.mark.parametrize("suspend", [False, True])
def test_event_that_lies_ready(suspend: bool) -> None:
    async def main() -> None:
        request = Request[Any, Any, Any](http_scope(), Receiver([dict(DISCONNECT)], suspend=suspend))
        if not suspend:
            assert await request.is_disconnected() is True

    await_(main())


def test_another_task_is_reading(run: Run) -> None:
    async def main() -> None:
        receive = QueueReceive()
        request = Request[Any, Any, Any](http_scope(), receive)
        seen: list[bool] = []
        bodies: list[bytes] = []

        async def read() -> None:
            bodies.append(await request.body())

        async def ask() -> None:
            await sleep(0.01)
            seen.append(await request.is_disconnected())
            receive.put({"type": "http.request", "body": b"a"})

        try:
            asyncio.get_running_loop()
        except RuntimeError:
            import trio

            async with trio.open_nursery() as nursery:
                nursery.start_soon(read)
                nursery.start_soon(ask)
        else:
            await asyncio.gather(read(), ask())
        assert (seen, bodies) == ([False], [b"a"])

    run(main)


def test_second_connection_over_the_scope() -> None:
    async def main() -> None:
        scope = http_scope()
        receive = Receiver([*body_events(b"a"), dict(DISCONNECT)])
        assert await Request[Any, Any, Any](scope, receive).is_disconnected() is True
        other = Request[Any, Any, Any](scope, receive)
        assert other.is_connected is False
        assert await other.body() == b"a"

    await_(main())


def test_wrong_event() -> None:
    with pytest.raises(ImproperlyConfiguredException, match="'websocket.receive'"):
        await_(Request(http_scope(), Receiver([{"type": "websocket.receive"}])).is_disconnected())


def test_error_of_receive() -> None:
    async def main() -> None:
        request = Request[Any, Any, Any](http_scope(), Receiver([OSError("gone"), *body_events(b"a")]))
        with pytest.raises(OSError, match="gone"):
            await request.is_disconnected()
        assert await request.body() == b"a"

    await_(main())


def test_task_that_is_cancelled_is_cancelled() -> None:
    async def main() -> None:
        async def ask() -> None:
            while True:
                await request.is_disconnected()
                await asyncio.sleep(0)

        request = Request[Any, Any, Any](http_scope(), QueueReceive())
        task = asyncio.create_task(ask())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 5)
        assert task.cancelled()

    await_(main())


def test_receive_that_holds_on_to_cancellation() -> None:
    # a receive that cleans up with an await when it is cancelled
    async def main() -> None:
        async def receive() -> Any:
            try:
                await forever()
            finally:
                await asyncio.sleep(0)

        request = Request[Any, Any, Any](http_scope(), receive)
        assert await asyncio.wait_for(request.is_disconnected(), 5) is False

    await_(main())


def test_endless_small_events_are_bounded() -> None:
    # what is peeked lies in memory: a client that sends without end must not fill it
    async def main() -> None:
        calls = 0

        async def receive() -> Any:
            nonlocal calls
            calls += 1
            return part(b"x" * 1024)

        assert await asyncio.wait_for(Request[Any, Any, Any](http_scope(), receive).is_disconnected(), 5) is False
        assert calls < 1000

    await_(main())


class TestFutures:
    """A server whose receive() gives futures has begun to receive: dropping one would drop its event."""

    def test_nothing_is_lost(self) -> None:
        async def main() -> None:
            futures: list[asyncio.Future[Any]] = []

            def receive() -> asyncio.Future[Any]:
                futures.append(asyncio.get_running_loop().create_future())
                return futures[-1]

            request = Request({"type": "http", "headers": []}, receive)  # type: ignore[arg-type]
            assert not await request.is_disconnected()
            assert not await request.is_disconnected()
            assert len(futures) == 1
            futures[0].set_result({"type": "http.request", "body": b"a", "more_body": True})
            assert not await request.is_disconnected()
            assert len(futures) == 2
            for _ in range(2):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(request.body(), 0.01)
            assert len(futures) == 2
            assert not futures[1].cancelled()
            futures[1].set_result({"type": "http.request", "body": b"b", "more_body": True})
            reading = asyncio.create_task(request.body())
            await asyncio.sleep(0.01)
            futures[2].set_result({"type": "http.request", "body": b"c"})
            assert await reading == b"abc"
            assert not await request.is_disconnected()
            futures[3].set_result({"type": "http.disconnect"})
            assert await request.is_disconnected()
            assert len(futures) == 4

        asyncio.run(main())

    def test_error_of_a_future(self) -> None:
        async def main() -> None:
            future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            request = Request({"type": "http", "headers": []}, lambda: future)  # type: ignore[arg-type, return-value]
            assert not await request.is_disconnected()
            future.set_exception(OSError("the server's"))
            with pytest.raises(OSError, match="the server's"):
                await request.body()

        asyncio.run(main())
