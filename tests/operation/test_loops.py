"""The driven operation under event loops: asyncio with and without debug mode, uvloop and trio."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

trio = pytest.importorskip("trio")

Runner = Callable[[Callable[[], Awaitable[Any]]], Any]


def run_asyncio(main: Any) -> Any:
    return asyncio.run(main())


def run_asyncio_debug(main: Any) -> Any:
    return asyncio.run(main(), debug=True)


def run_uvloop(main: Any) -> Any:
    uvloop = pytest.importorskip("uvloop")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


LOOPS = [
    pytest.param(run_asyncio, id="asyncio"),
    pytest.param(run_asyncio_debug, id="asyncio-debug"),
    pytest.param(run_uvloop, id="uvloop"),
]


def event(body: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


class Connection:
    """An asyncio server's side: events are put in while the application reads."""

    def __init__(self, side: Any) -> None:
        self.queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.request = side.Request({"type": "http", "headers": []}, self.queue.get)

    def put(self, body: bytes, more: bool = False) -> None:
        self.queue.put_nowait(event(body, more))


@pytest.mark.parametrize("run", LOOPS)
class TestAsyncio:
    def test_create_task(self, side: Any, run: Runner) -> None:
        async def main() -> Any:
            connection = Connection(side)
            task = asyncio.create_task(connection.request.body(), name="reader")
            await asyncio.sleep(0)
            assert not task.done()
            assert "body" in repr(task)
            connection.put(b"a", more=True)
            connection.put(b"b")
            return await task

        assert run(main) == b"ab"

    def test_gather(self, side: Any, run: Runner) -> None:
        async def main() -> Any:
            connections = [Connection(side) for _ in range(50)]
            for number, connection in enumerate(connections):
                asyncio.get_running_loop().call_soon(connection.put, b"%d" % number)
            return await asyncio.gather(*[connection.request.body() for connection in connections])

        assert run(main) == [b"%d" % number for number in range(50)]

    def test_wait_for_in_time(self, side: Any, run: Runner) -> None:
        async def main() -> Any:
            connection = Connection(side)
            connection.put(b"a")
            return await asyncio.wait_for(connection.request.body(), 10)

        assert run(main) == b"a"

    def test_timeout_cancels_the_inner_awaitable_and_loses_nothing(self, side: Any, run: Runner) -> None:
        async def main() -> Any:
            connection = Connection(side)
            connection.put(b"a", more=True)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(connection.request.body(), 0.01)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await connection.request.body()
            assert connection.queue.empty()
            connection.put(b"b")
            return await connection.request.body()

        assert run(main) == b"ab"

    def test_cancelled_task(self, side: Any, run: Runner) -> None:
        async def main() -> Any:
            connection = Connection(side)
            task = asyncio.create_task(connection.request.body())
            await asyncio.sleep(0)
            task.cancel("enough")
            with pytest.raises(asyncio.CancelledError):
                await task
            assert task.cancelled()
            connection.put(b"x")
            return await connection.request.body()

        assert run(main) == b"x"

    def test_cancelled_before_the_start(self, side: Any, run: Runner) -> None:
        async def main() -> Any:
            connection = Connection(side)
            task = asyncio.create_task(connection.request.body())
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return connection.queue.qsize()

        assert run(main) == 0

    def test_shield(self, side: Any, run: Runner) -> None:
        async def main() -> Any:
            connection = Connection(side)
            task = asyncio.ensure_future(connection.request.body())
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(task), 0.01)
            connection.put(b"x")
            return await task

        assert run(main) == b"x"

    def test_task_group(self, side: Any, run: Runner) -> None:
        async def main() -> Any:
            connections = [Connection(side) for _ in range(3)]
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(connection.request.body()) for connection in connections]
                await asyncio.sleep(0)
                for connection in connections:
                    connection.put(b"x")
            return [task.result() for task in tasks]

        assert run(main) == [b"x"] * 3

    def test_awaited_by_two_tasks(self, side: Any, run: Runner) -> None:
        async def main() -> Any:
            connection = Connection(side)
            operation = connection.request.body()

            async def wait() -> Any:
                return await operation

            first = asyncio.create_task(wait())
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="coroutine is being awaited already"):
                await wait()
            connection.put(b"x")
            return await first

        assert run(main) == b"x"

    def test_two_readers(self, side: Any, run: Runner) -> None:
        async def main() -> Any:
            connection = Connection(side)
            first = asyncio.create_task(connection.request.body())
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="another task is reading this body"):
                await connection.request.json()
            connection.put(b"1")
            assert await first == b"1"
            return await connection.request.json()

        assert run(main) == 1

    def test_run_until_complete(self, side: Any, run: Runner) -> None:
        async def main() -> Any:
            connection = Connection(side)
            connection.put(b"x")
            return await asyncio.create_task(connection.request.stream().__anext__())

        assert run(main) == b"x"

    def test_contextvars_and_exceptions_of_receive(self, side: Any, run: Runner) -> None:
        async def broken() -> Any:
            await asyncio.sleep(0)
            raise OSError("the server's")

        async def main() -> Any:
            request = side.Request({"type": "http"}, broken)
            with pytest.raises(OSError, match="the server's"):
                await request.body()
            with pytest.raises(OSError, match="the server's"):
                await asyncio.create_task(request.body())

        run(main)


def test_task_displays(side: Any) -> None:
    async def main() -> str:
        connection = Connection(side)
        task = asyncio.create_task(connection.request.body())
        await asyncio.sleep(0)
        output = io.StringIO()
        task.print_stack(file=output)
        assert len(task.get_stack()) == 1
        task.cancel()
        return output.getvalue()

    assert "body" in asyncio.run(main())


def test_run_of_an_operation(side: Any) -> None:
    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return event(b"x")

    # asyncio.run() takes a coroutine, as inspect and asyncio see one
    operation = side.Request({"type": "http"}, receive).body()
    assert asyncio.iscoroutine(operation)

    async def main() -> Any:
        return await operation

    assert asyncio.run(main()) == b"x"


class TestTrio:
    def test_body(self, side: Any) -> None:
        async def main() -> Any:
            send, receive = trio.open_memory_channel(10)
            request = side.Request({"type": "http"}, receive.receive)

            async def serve() -> None:
                await trio.sleep(0)
                await send.send(event(b"a", True))
                await send.send(event(b"b"))

            async with trio.open_nursery() as nursery:
                nursery.start_soon(serve)
                return await request.body()

        assert trio.run(main) == b"ab"

    def test_started_in_a_nursery(self, side: Any) -> None:
        async def receive() -> dict[str, Any]:
            await trio.sleep(0)
            return event(b"x")

        async def main() -> Any:
            request = side.Request({"type": "http"}, receive)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(request.body)
            return await request.body()

        assert trio.run(main) == b"x"

    def test_run(self, side: Any) -> None:
        async def receive() -> dict[str, Any]:
            await trio.sleep(0)
            return event(b"x")

        assert trio.run(side.Request({"type": "http"}, receive).body) == b"x"

    def test_cancelled(self, side: Any) -> None:
        async def main() -> Any:
            send, receive = trio.open_memory_channel(10)
            request = side.Request({"type": "http"}, receive.receive)
            send.send_nowait(event(b"a", True))
            with trio.move_on_after(0.01) as scope:
                await request.body()
            assert scope.cancelled_caught
            send.send_nowait(event(b"b"))
            return await request.body()

        assert trio.run(main) == b"ab"

    def test_stream(self, side: Any) -> None:
        async def main() -> Any:
            send, receive = trio.open_memory_channel(10)
            request = side.Request({"type": "http"}, receive.receive)
            for body, more in ((b"a", True), (b"", True), (b"b", False)):
                send.send_nowait(event(body, more))
            return [chunk async for chunk in request.stream()]

        assert trio.run(main) == [b"a", b"b", b""]
