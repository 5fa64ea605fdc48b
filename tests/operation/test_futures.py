"""A server whose `receive()` returns futures (granian): no event is lost, and none arrives a turn of the loop late."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ..helpers import http_scope
from ..websocket.doubles import Line, text, websocket_scope
from ..websocket.test_tasks import ASYNCIO_RUNNERS

Run = Callable[[Any], Any]


@pytest.fixture(params=ASYNCIO_RUNNERS)
def run_asyncio(request: pytest.FixtureRequest) -> Run:
    return ASYNCIO_RUNNERS[request.param]


class ServerFuture:
    """A server's own future: it is its own iterator, keeps one callback, and yields itself where it is cancelled."""

    def __init__(self) -> None:
        self._asyncio_future_blocking = True
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.callback: Any = None

    def __await__(self) -> ServerFuture:
        return self

    def __next__(self) -> ServerFuture:
        if self.future.done() and not self.future.cancelled():
            raise StopIteration(self.future.result())
        return self

    def __iter__(self) -> ServerFuture:
        return self

    def get_loop(self) -> Any:
        return self.future.get_loop()

    def add_done_callback(self, callback: Any, context: Any = None) -> None:
        self.callback = (callback, context)
        if self.done():
            self._call()

    def remove_done_callback(self, callback: Any) -> int:
        self.callback = None
        return 1

    def _call(self) -> None:
        if self.callback is not None:
            callback, context = self.callback
            self.get_loop().call_soon(callback, self, context=context)

    def set_result(self, value: Any) -> None:
        self.future.set_result(value)
        self._call()

    def set_exception(self, error: Exception) -> None:
        self.future.set_exception(error)
        self._call()

    def cancel(self, msg: Any = None) -> bool:
        done = self.future.cancel(msg)
        self._call()
        return done

    def cancelled(self) -> bool:
        return self.future.cancelled()

    def done(self) -> bool:
        return self.future.done()

    def result(self) -> Any:
        return self.future.result()


def loop_future() -> Any:
    return asyncio.get_running_loop().create_future()


@pytest.fixture(params=[loop_future, ServerFuture], ids=["of-the-loop", "of-the-server"])
def make(request: pytest.FixtureRequest) -> Callable[[], Any]:
    return request.param  # type: ignore[no-any-return]


class Futures:
    """A server that gives a future for each event."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make
        self.given: list[Any] = []

    def __call__(self) -> Any:
        self.given.append(self.make())
        return self.given[-1]

    def socket(self, side: Any) -> Any:
        socket = side.WebSocket(websocket_scope(), self, Line().send)
        socket.connection_state = "receive"
        return socket


async def give_up(socket: Any) -> None:
    """Begin to receive, and cancel it."""
    task = asyncio.ensure_future(socket.receive_text())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


CALLS: dict[str, Callable[[Any], Any]] = {
    "receive_text": lambda socket: socket.receive_text(),
    "receive_data": lambda socket: socket.receive_data("text"),
    "iteration": lambda socket: socket.iter_data().__anext__(),
    "receive": lambda socket: socket.receive(),
}
GIVEN = {"receive": text("1")}


@pytest.mark.parametrize("name", CALLS)
def test_a_message_comes_in_the_same_turn(side: Any, run_asyncio: Run, make: Any, name: str) -> None:
    async def main() -> None:
        server = Futures(make)
        task = asyncio.ensure_future(CALLS[name](server.socket(side)))
        await asyncio.sleep(0)
        server.given[0].set_result(text("1"))
        # as `await server()` itself would be
        await asyncio.sleep(0)
        assert task.done()
        assert task.result() == GIVEN.get(name, "1")

    run_asyncio(main)


def test_a_chunk_comes_in_the_same_turn(side: Any, run_asyncio: Run, make: Any) -> None:
    async def main() -> None:
        server = Futures(make)
        task = asyncio.ensure_future(side.Request(http_scope(), server).body())
        await asyncio.sleep(0)
        server.given[0].set_result({"type": "http.request", "body": b"1"})
        await asyncio.sleep(0)
        assert task.done() and task.result() == b"1"

    run_asyncio(main)


@pytest.fixture
def counted() -> Iterator[None]:
    """Without the collector: what is left is freed by its reference count."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def receive_twenty(server: Futures, event: Any, receive: Callable[[], Any]) -> list[weakref.ref[Any]]:
    """Receive one by one, each with a future that is not done yet; return weak references to the futures."""
    futures = []
    for _ in range(20):
        task = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        future = server.given.pop()
        future.set_result(event)
        await task
        futures.append(weakref.ref(future))
        del task, future
    return futures


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize("name", CALLS)
def test_no_future_of_a_message_stays(side: Any, run_asyncio: Run, make: Any, name: str) -> None:
    async def main() -> None:
        server = Futures(make)
        socket = server.socket(side)
        futures = await receive_twenty(server, text("1"), lambda: CALLS[name](socket))
        # granian's keeps the callback, and the collector does not see into it: a cycle through it would never be freed
        assert [future for future in futures[:-1] if future() is not None] == []

    run_asyncio(main)


@pytest.mark.usefixtures("counted")
def test_no_future_of_a_chunk_stays(side: Any, run_asyncio: Run, make: Any) -> None:
    async def main() -> None:
        server = Futures(make)
        stream = side.Request(http_scope(), server).stream()
        event = {"type": "http.request", "body": b"1", "more_body": True}
        futures = await receive_twenty(server, event, stream.__anext__)
        assert [future for future in futures[:-1] if future() is not None] == []

    run_asyncio(main)


@pytest.mark.parametrize("name", CALLS)
def test_the_message_of_a_cancellation(side: Any, run_asyncio: Run, make: Any, name: str) -> None:
    async def main() -> None:
        server = Futures(make)
        socket = server.socket(side)
        for arguments in ((), ("why",)):
            task = asyncio.ensure_future(CALLS[name](socket))
            await asyncio.sleep(0)
            assert task.cancel(*arguments)
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert caught.value.args == arguments
        assert len(server.given) == 1 and not server.given[0].done()
        server.given[0].set_result(text("1"))
        assert await CALLS[name](socket) == GIVEN.get(name, "1")

    run_asyncio(main)


@pytest.mark.parametrize("first", ["event", "cancellation"])
@pytest.mark.parametrize("name", CALLS)
def test_an_event_and_a_cancellation_in_one_moment(
    side: Any, run_asyncio: Run, make: Any, name: str, first: str
) -> None:
    async def main() -> None:
        server = Futures(make)
        socket = server.socket(side)
        other = loop_future()

        async def receive() -> Any:
            try:
                return await CALLS[name](socket)
            except asyncio.CancelledError:
                # whoever wakes it now is not what it waits for
                return await other

        task = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        if first == "event":
            server.given[0].set_result(text("1"))
        task.cancel()
        if first == "cancellation":
            server.given[0].set_result(text("1"))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not task.done()
        other.set_result("other")
        assert await task == "other"
        assert await CALLS[name](socket) == GIVEN.get(name, "1")
        assert len(server.given) == 1

    run_asyncio(main)


@pytest.mark.parametrize("again", [False, True])
def test_a_server_that_cancels_its_future(side: Any, run_asyncio: Run, make: Any, again: bool) -> None:
    async def main() -> None:
        server = Futures(make)
        socket = server.socket(side)
        for _ in range(1 + again):
            task = asyncio.ensure_future(socket.receive_text())
            await asyncio.sleep(0)
            if again and not task.done():
                again_cancelled = task.cancel()
                assert again_cancelled
                await asyncio.wait([task])
        if again:
            task = asyncio.ensure_future(socket.receive_text())
            await asyncio.sleep(0)
        server.given[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 5)

    run_asyncio(main)


def test_a_server_that_fails(side: Any, run_asyncio: Run, make: Any) -> None:
    async def main() -> None:
        server = Futures(make)
        socket = server.socket(side)
        task = asyncio.ensure_future(socket.receive_text())
        await asyncio.sleep(0)
        server.given[0].set_exception(LookupError("of the server"))
        with pytest.raises(LookupError, match="of the server"):
            await task
        task = asyncio.ensure_future(socket.receive_text())
        await asyncio.sleep(0)
        server.given[1].set_result(text("1"))
        assert await task == "1"

    run_asyncio(main)


def test_the_context_of_the_task(side: Any, run_asyncio: Run, make: Any) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="none")

    async def main() -> None:
        server = Futures(make)
        socket = server.socket(side)

        async def receive() -> Any:
            variable.set("the task's")
            return await socket.receive_text(), variable.get()

        task = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        server.given[0].set_result(text("1"))
        assert await task == ("1", "the task's")

    run_asyncio(main)


def test_a_task_that_is_cancelled_before_it_waits(side: Any, run_asyncio: Run, make: Any) -> None:
    async def main() -> None:
        server = Futures(make)
        socket = server.socket(side)

        async def receive() -> Any:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            return await socket.receive_text()

        with pytest.raises(asyncio.CancelledError):
            await asyncio.ensure_future(receive())
        assert not server.given[0].done()
        server.given[0].set_result(text("1"))
        assert await socket.receive_text() == "1"

    run_asyncio(main)


def test_a_coroutine_that_is_closed_while_it_waits(side: Any, run_asyncio: Run, make: Any) -> None:
    async def main() -> None:
        server = Futures(make)
        socket = server.socket(side)
        operation = socket.receive_text()
        waits_for = operation.send(None)
        assert waits_for._asyncio_future_blocking
        woken: list[Any] = []
        waits_for.add_done_callback(woken.append, context=contextvars.copy_context())
        operation.close()
        server.given[0].set_result(text("1"))
        for _ in range(3):
            await asyncio.sleep(0)
        assert woken == []
        assert await socket.receive_text() == "1"

    run_asyncio(main)


def test_what_waits_is_used_after_its_end(side: Any, run_asyncio: Run, make: Any) -> None:
    async def main() -> None:
        server = Futures(make)
        operation = server.socket(side).receive_text()
        waits_for = operation.send(None)
        waits_for.add_done_callback(lambda future: None, context=contextvars.copy_context())
        assert not waits_for.done()
        server.given[0].set_result(text("1"))
        with pytest.raises(StopIteration) as caught:
            operation.send(None)
        assert caught.value.value == "1"
        assert waits_for.done()
        assert waits_for.cancel() is False
        with pytest.raises(RuntimeError, match="cannot reuse already awaited future"):
            await waits_for

    run_asyncio(main)


def test_a_socket_that_ends_while_a_future_is_kept(side: Any, run_asyncio: Run, make: Any) -> None:
    async def main() -> None:
        server = Futures(make)
        socket = server.socket(side)
        await give_up(socket)
        del socket
        gc.collect()
        await asyncio.sleep(0)
        assert server.given[0].cancelled()

    run_asyncio(main)


def test_a_future_that_nobody_asks_for_any_more_is_cancelled(side: Any, run_asyncio: Run, make: Any) -> None:
    async def main() -> None:
        server = Futures(make)
        socket = server.socket(side)
        await give_up(socket)
        assert not server.given[0].cancelled()
        # granian's close waits for the end of its receive()
        await socket.close()
        assert server.given[0].cancelled()

    run_asyncio(main)
