"""Tasks that share one WebSocket: receiving while sending, cancellation, closing, and every use of coroutines."""

from __future__ import annotations

import asyncio
import functools
import gc
import inspect
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from ..helpers import RUNNERS, Receiver, drive, sleep, suspend
from .doubles import (
    ACCEPT,
    CONNECT,
    Line,
    Task,
    at,
    closed,
    disconnect,
    error_of,
    is_trio,
    sent_text,
    text,
    websocket_scope,
)

Run = Callable[[Any], Any]

ASYNCIO_RUNNERS = {name: run for name, run in RUNNERS.items() if name != "trio"}


@pytest.fixture(params=RUNNERS)
def run(request: pytest.FixtureRequest) -> Run:
    """Run an async function under one of the event loops, and in asyncio's debug mode."""
    return RUNNERS[request.param]


@pytest.fixture(params=ASYNCIO_RUNNERS)
def run_asyncio(request: pytest.FixtureRequest) -> Run:
    return ASYNCIO_RUNNERS[request.param]


def open_line(side: Any, *events: Any, cls: Any = None) -> tuple[Any, Line]:
    line = Line(*events)
    return (cls or side.WebSocket)(websocket_scope(), line.receive, line.send), line


class Timeout:
    """Cancel what runs inside after a moment; whether it did is in `expired`."""

    def __init__(self, seconds: float = 0.005) -> None:
        self.seconds = seconds
        self.expired = False

    async def run(self, function: Callable[[], Any]) -> Any:
        if is_trio():
            import trio

            with trio.move_on_after(self.seconds) as scope:
                return await function()
            self.expired = scope.cancelled_caught
            return None
        try:
            async with asyncio.timeout(self.seconds):
                return await function()
        except TimeoutError:
            self.expired = True


class TestLoad:
    COUNT = 5_000

    def test_one_task_receives_another_sends(self, side: Any, run: Run) -> None:
        count = self.COUNT

        async def main() -> None:
            socket, line = open_line(side, CONNECT)
            await socket.accept()
            received: list[str] = []

            async def receive() -> None:
                async for message in socket.iter_data():
                    received.append(message)

            async def send() -> None:
                for index in range(count):
                    await socket.send_text(str(index))
                    line.put(text(str(index)))
                    if index % 10 == 0:
                        await sleep(0)
                line.put(disconnect(code=1000))

            async with Task(receive), Task(send):
                pass
            expected = [str(index) for index in range(count)]
            assert received == expected
            assert line.sent == [ACCEPT, *map(sent_text, expected)]

        run(main)

    def test_through_queues_of_asyncio(self, side: Any) -> None:
        count = self.COUNT

        async def main() -> None:
            incoming: asyncio.Queue[Any] = asyncio.Queue(10)
            outgoing: asyncio.Queue[Any] = asyncio.Queue(10)
            socket = side.WebSocket(websocket_scope(), incoming.get, outgoing.put)

            async def client() -> list[str]:
                await incoming.put(CONNECT)
                assert await outgoing.get() == ACCEPT
                texts = []

                async def read() -> None:
                    while (event := await outgoing.get())["type"] == "websocket.send":
                        texts.append(event["text"])

                task = asyncio.create_task(read())
                for index in range(count):
                    await incoming.put(text(str(index)))
                await task
                return texts

            async def receive() -> list[str]:
                return [await socket.receive_text() for _ in range(count)]

            async def send() -> None:
                for index in range(count):
                    await socket.send_text(str(-index))

            client_task = asyncio.create_task(client())
            await socket.accept()
            received, _ = await asyncio.gather(receive(), send())
            await socket.close()
            assert received == [str(index) for index in range(count)]
            assert await client_task == [str(-index) for index in range(count)]

        asyncio.run(main())

    def test_several_tasks_may_send(self, side: Any, run: Run) -> None:
        async def main() -> None:
            socket, line = open_line(side, CONNECT)
            await socket.accept()

            async def send(mark: str) -> None:
                for index in range(50):
                    await socket.send_text(f"{mark}{index}")
                    await sleep(0)

            async with Task(functools.partial(send, "a")), Task(functools.partial(send, "b")):
                pass
            for mark in "ab":
                texts = [event["text"] for event in line.sent[1:] if event["text"][0] == mark]
                assert texts == [f"{mark}{index}" for index in range(50)]

        run(main)


RECEIVING: dict[str, Callable[[Any], Callable[[], Any]]] = {
    "receive_data": lambda socket: lambda: socket.receive_data("text"),
    "receive_text": lambda socket: socket.receive_text,
    "receive_json": lambda socket: socket.receive_json,
    "iter_data": lambda socket: socket.iter_data().__anext__,
    "iter_json": lambda socket: socket.iter_json().__anext__,
    "receive": lambda socket: socket.receive,
}


class TestTwoReceivers:
    @pytest.mark.parametrize("first", RECEIVING)
    def test_the_second_is_told_and_the_first_goes_on(self, side: Any, run: Run, first: str) -> None:
        async def main() -> None:
            socket, line = open_line(side, CONNECT)
            await socket.accept()
            async with Task(RECEIVING[first](socket)) as task:
                for make in RECEIVING.values():
                    with pytest.raises(RuntimeError, match="another task") as info:
                        await make(socket)()
                    assert not isinstance(info.value, side.WebSocketException)
                assert not task.is_done
                await socket.send_text("still sending")
                line.put(text("1"))
            assert task.error is None
            assert task.result in ("1", 1, text("1"))
            line.put(text("2"))
            assert await socket.receive_text() == "2"

        run(main)

    def test_accept_while_another_task_accepts(self, side: Any, run: Run) -> None:
        async def main() -> None:
            socket, line = open_line(side)
            async with Task(socket.accept) as task:
                for call in (socket.accept, socket.receive_text, lambda: socket.send_text("a"), socket.receive):
                    with pytest.raises(RuntimeError):
                        await call()
                assert socket.connection_state == "init" and line.sent == []
                line.put(CONNECT)
            assert task.error is None
            assert line.sent == [ACCEPT]

        run(main)


class TestCancelled:
    @pytest.mark.parametrize("name", RECEIVING)
    def test_receiving_loses_nothing(self, side: Any, run: Run, name: str) -> None:
        async def main() -> None:
            socket, line = open_line(side, CONNECT)
            await socket.accept()
            call = RECEIVING[name](socket)
            for _ in range(3):
                async with Task(call) as task:
                    assert not task.is_done
                    await task.cancel()
                assert task.result is None
            line.put(text("1"), text("2"))
            assert [await socket.receive_text() for _ in range(2)] == ["1", "2"]
            line.put(text("3"))
            assert await call() in ("3", 3, text("3"))

        run(main)

    @pytest.mark.parametrize("name", RECEIVING)
    def test_timeouts(self, side: Any, run: Run, name: str) -> None:
        async def main() -> None:
            socket, line = open_line(side, CONNECT)
            await socket.accept()
            call = RECEIVING[name](socket)
            timeout = Timeout()
            await timeout.run(call)
            assert timeout.expired
            line.put(text("1"))
            timeout = Timeout(5)
            assert await timeout.run(call) in ("1", 1, text("1"))
            assert not timeout.expired

        run(main)

    def test_wait_for(self, side: Any, run_asyncio: Run) -> None:
        async def main() -> None:
            socket, line = open_line(side, CONNECT)
            await socket.accept()
            iterator = socket.iter_data()
            for call in (socket.receive_text, iterator.__anext__, socket.receive_json, socket.receive):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(call(), 0.002)
            line.put(text("1"), text("2"), disconnect())
            assert await asyncio.wait_for(socket.receive_text(), 5) == "1"
            assert [item async for item in iterator] == ["2"]

        run_asyncio(main)

    @pytest.mark.parametrize("name", RECEIVING)
    @pytest.mark.parametrize("state", ["init", "accepted"])
    def test_a_server_that_gives_futures(self, side: Any, run_asyncio: Run, state: str, name: str) -> None:
        # as granian does; an event whose future is cancelled is lost
        async def main() -> None:
            futures: list[asyncio.Future[Any]] = []

            def receive() -> asyncio.Future[Any]:
                futures.append(asyncio.get_running_loop().create_future())
                return futures[-1]

            line = Line()
            socket = side.WebSocket(websocket_scope(), receive, line.send)
            call = RECEIVING[name](socket)
            expected: list[Any] = []
            if state == "accepted" or name == "receive":
                async with Task(socket.accept):
                    futures.pop().set_result(CONNECT)
            else:
                expected.append(CONNECT)
            expected.append(text("1"))
            for event in expected:
                for _ in range(3):
                    async with Task(call) as task:
                        assert not task.is_done
                        await task.cancel()
                # one event is asked for, and its future is alive
                assert len(futures) == 1 and not futures[0].cancelled()
                futures.pop().set_result(event)
                if event is CONNECT:
                    async with Task(call) as task:
                        await task.cancel()
                    assert line.sent == [ACCEPT]
            assert await call() in ("1", 1, text("1"))
            async with Task(socket.receive_text) as task:
                futures.pop().set_result(disconnect(code=4000))
            assert task.error.code == 4000  # type: ignore[union-attr]

        run_asyncio(main)

    def test_an_event_that_came_between_is_given_at_once(self, side: Any, run_asyncio: Run) -> None:
        async def main() -> None:
            future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            socket, _ = at(side, "accepted")
            receive = socket.receive_wrapper(lambda: future)
            async with Task(receive) as task:
                await task.cancel()
            future.set_result(text("1"))
            assert drive(socket.receive_text()) == "1"

        run_asyncio(main)

    def test_a_future_that_fails(self, side: Any, run_asyncio: Run) -> None:
        async def main() -> None:
            loop = asyncio.get_running_loop()
            futures = [loop.create_future() for _ in range(2)]
            waiting = list(futures)
            socket = side.WebSocket(websocket_scope(), lambda: waiting.pop(0), Line().send)
            socket.connection_state = "receive"
            async with Task(socket.receive_text) as task:
                await task.cancel()
            futures[0].set_exception(LookupError("of the server"))
            with pytest.raises(LookupError):
                await socket.receive_text()
            futures[1].set_result(text("1"))
            assert await socket.receive_text() == "1"

        run_asyncio(main)

    def test_accept_while_it_waits_for_the_handshake(self, side: Any, run: Run) -> None:
        async def main() -> None:
            socket, line = open_line(side)
            async with Task(socket.accept) as task:
                await task.cancel()
            assert socket.connection_state == "init" and line.sent == []
            line.put(CONNECT)
            await socket.accept()
            assert line.sent == [ACCEPT]

        run(main)

    def test_accept_while_it_is_sent(self, side: Any, run: Run) -> None:
        async def main() -> None:
            socket, line = open_line(side, CONNECT, text("1"))
            line.hold()
            async with Task(socket.accept) as task:
                assert line.sent == [ACCEPT]
                await task.cancel()
            line.open.set()
            # the server has it
            with pytest.raises(side.WebSocketStateError):
                await socket.accept()
            assert await socket.receive_text() == "1"
            assert line.sent == [ACCEPT]

        run(main)

    @pytest.mark.parametrize("name", ["receive_text", "iter_json", "send_text"])
    def test_the_accept_within(self, side: Any, run: Run, name: str) -> None:
        async def main() -> None:
            socket, line = open_line(side)
            call = RECEIVING[name](socket) if name in RECEIVING else lambda: socket.send_text("a")
            async with Task(call) as task:
                await task.cancel()
            assert socket.connection_state == "init" and line.sent == []
            line.put(CONNECT, text("1"))
            assert await call() in ("1", 1, None)
            assert line.sent[0] == ACCEPT

        run(main)

    def test_a_step_of_an_iterator(self, side: Any, run: Run) -> None:
        async def main() -> None:
            socket, line = open_line(side, CONNECT)
            await socket.accept()
            iterator = socket.iter_json()
            for number in range(3):
                async with Task(iterator.__anext__) as task:
                    await task.cancel()
                line.put(text(str(number)))
                assert await iterator.__anext__() == number
            line.put(disconnect())
            assert [item async for item in iterator] == []

        run(main)

    def test_sending(self, side: Any, run: Run) -> None:
        async def main() -> None:
            socket, line = open_line(side, CONNECT, text("1"))
            await socket.accept()
            line.hold()
            async with Task(lambda: socket.send_text("a")) as task:
                await task.cancel()
            line.open.set()
            await socket.send_text("b")
            assert await socket.receive_text() == "1"
            assert line.sent == [ACCEPT, sent_text("a"), sent_text("b")]

        run(main)

    def test_close_while_it_is_sent(self, side: Any, run: Run) -> None:
        async def main() -> None:
            socket, line = open_line(side, CONNECT)
            await socket.accept()
            line.hold()
            async with Task(lambda: socket.close(4001, "bye")) as task:
                await task.cancel()
            line.open.set()
            assert socket.connection_state == "disconnect"
            await socket.close()
            with pytest.raises(side.WebSocketDisconnect) as info:
                await socket.receive_text()
            assert (info.value.code, info.value.reason) == (4001, "bye")
            assert line.sent == [ACCEPT, closed(4001, "bye")]

        run(main)


class TestClosedByAnotherTask:
    @pytest.mark.parametrize("name", RECEIVING)
    def test_a_disconnect_comes_then(self, side: Any, run: Run, name: str) -> None:
        async def main() -> None:
            socket, line = open_line(side, CONNECT)
            await socket.accept()
            async with Task(RECEIVING[name](socket)) as task:
                await socket.close(4001, "bye")
                line.put(disconnect(code=1006, reason="of the server"))
            if name == "receive":
                assert task.result["type"] == "websocket.disconnect"
            elif name.startswith("iter"):
                assert isinstance(task.error, StopAsyncIteration)
            else:
                assert isinstance(task.error, side.WebSocketDisconnect)
                assert (task.error.code, task.error.reason) == (4001, "bye")  # type: ignore[attr-defined]
            for call in (socket.receive_text, lambda: socket.send_text("a"), socket.accept, socket.receive):
                with pytest.raises(side.WebSocketDisconnect) as info:
                    await call()
                assert (info.value.code, info.value.reason) == (4001, "bye")
            assert line.sent == [ACCEPT, closed(4001, "bye")]

        run(main)

    @pytest.mark.parametrize("name", RECEIVING)
    def test_a_message_was_under_way(self, side: Any, run: Run, name: str) -> None:
        async def main() -> None:
            socket, line = open_line(side, CONNECT)
            await socket.accept()
            async with Task(RECEIVING[name](socket)) as task:
                await socket.close(4001, "bye")
                line.put(text("1"))
            assert task.error is None
            assert task.result in ("1", 1, text("1"))
            assert socket.connection_state == "disconnect"
            with pytest.raises(side.WebSocketDisconnect) as info:
                await socket.receive_text()
            assert (info.value.code, info.value.reason) == (4001, "bye")

        run(main)

    @pytest.mark.parametrize("how", ["close", "deny", "start"])
    @pytest.mark.parametrize("name", ["accept", "receive_text", "send_text", "iter_data"])
    def test_while_the_handshake_is_awaited(self, side: Any, run: Run, name: str, how: str) -> None:
        # the handshake comes then, from a server that did nothing wrong
        async def main() -> None:
            socket, line = open_line(side)
            call = {
                "accept": socket.accept,
                "receive_text": socket.receive_text,
                "send_text": lambda: socket.send_text("a"),
                "iter_data": socket.iter_data().__anext__,
            }[name]
            async with Task(call) as task:
                if how == "close":
                    await socket.close(4001, "bye")
                elif how == "deny":
                    await socket.deny()
                else:
                    await socket.send({"type": "websocket.http.response.start", "status": 403, "headers": []})
                count = len(line.sent)
                line.put(CONNECT)
            expected = StopAsyncIteration if name == "iter_data" else side.WebSocketDisconnect
            assert type(task.error) is (side.WebSocketStateError if how == "start" else expected)
            if how == "close" and name != "iter_data":
                assert (task.error.code, task.error.reason) == (4001, "bye")  # type: ignore[union-attr]
            assert len(line.sent) == count

        run(main)

    @pytest.mark.parametrize("kind", ["replaced", "wrapped", "plain"])
    def test_nothing_is_sent_after_that(self, side: Any, run: Run, kind: str) -> None:
        async def main() -> None:
            class Wrapped(side.WebSocket):  # type: ignore[misc, name-defined]
                def receive_wrapper(self, receive: Any) -> Any:
                    return receive

            socket, line = open_line(side, cls=Wrapped if kind == "wrapped" else None)
            if kind == "replaced":
                socket.receive = line.receive
            async with Task(socket.accept) as task:
                await socket.close(4001)
                line.put(text("from a mock"))
            assert isinstance(task.error, side.WebSocketDisconnect | side.ImproperlyConfiguredException)
            assert socket.connection_state == "disconnect"
            assert line.sent == [closed(4001)]

        run(main)

    def test_send_while_another_task_closes(self, side: Any, run: Run) -> None:
        async def main() -> None:
            socket, line = open_line(side, CONNECT)
            await socket.accept()
            line.hold()
            async with Task(lambda: socket.close(4001)) as task:
                # the close event is under way, nothing may follow it
                with pytest.raises(side.WebSocketDisconnect) as info:
                    await socket.send_text("a")
                assert info.value.code == 4001
                assert await socket.close() is None
                line.open.set()
            assert task.error is None
            assert line.sent == [ACCEPT, closed(4001)]

        run(main)

    def test_close_while_another_task_sends(self, side: Any, run: Run) -> None:
        async def main() -> None:
            socket, line = open_line(side, CONNECT)
            await socket.accept()
            line.hold()
            async with Task(lambda: socket.send_text("a")) as sending, Task(lambda: socket.close(4001)) as closing:
                line.open.set()
            assert sending.error is None and closing.error is None
            assert line.sent == [ACCEPT, sent_text("a"), closed(4001)]

        run(main)


class TestDisconnect:
    def test_at_the_call(self, side: Any) -> None:
        def send(event: Any) -> Any:
            raise BrokenPipeError("at the call")

        socket, _ = at(side, "accepted")
        socket = side.WebSocket(websocket_scope(), None, send)
        socket.connection_state = "receive"
        error = error_of(socket.send_text("a"))
        assert (type(error), error.code) == (side.WebSocketDisconnect, 1006)  # type: ignore[attr-defined]
        assert isinstance(error.__cause__, BrokenPipeError)
        assert socket.connection_state == "disconnect"

    @pytest.mark.parametrize("name", ["send_text", "send_json", "send", "close", "accept", "deny"])
    def test_during_the_await(self, side: Any, run: Run, name: str) -> None:
        async def main() -> None:
            socket, line = open_line(side, CONNECT)
            await socket.receive()
            if name not in ("accept", "deny"):
                await socket.accept()
            line.error = ConnectionResetError("during the await")
            line.hold()
            call = {
                "send_text": lambda: socket.send_text("a"),
                "send_json": lambda: socket.send_json("a"),
                "send": lambda: socket.send(sent_text("a")),
                "close": lambda: socket.close(4001, "bye"),
                "accept": socket.accept,
                "deny": socket.deny,
            }[name]
            async with Task(call) as task:
                line.open.set()
            if name == "close":
                assert task.error is None
            else:
                assert isinstance(task.error, side.WebSocketDisconnect)
                assert (task.error.code, task.error.reason) == (1006, "")  # type: ignore[attr-defined]
                assert task.error.__cause__ is line.error
            count = len(line.sent)
            calls = (socket.receive_text, lambda: socket.send_text("a"), socket.accept, socket.receive, socket.deny)
            for again in calls:
                with pytest.raises(side.WebSocketDisconnect) as info:
                    await again()
                assert (info.value.code, info.value.reason) == (1006, "")
                assert info.value.__cause__ is None
            await socket.close()
            assert len(line.sent) == count

        run(main)

    def test_while_another_task_receives(self, side: Any, run: Run) -> None:
        async def main() -> None:
            socket, line = open_line(side, CONNECT)
            await socket.accept()
            async with Task(socket.receive_text) as task:
                line.error = OSError("broken")
                with pytest.raises(side.WebSocketDisconnect) as info:
                    await socket.send_text("a")
                line.put(disconnect(code=1001, reason="late"))
            assert isinstance(task.error, side.WebSocketDisconnect)
            assert info.value.code == task.error.code == 1006  # type: ignore[attr-defined]

        run(main)

    def test_while_another_task_sends(self, side: Any, run: Run) -> None:
        async def main() -> None:
            socket, line = open_line(side, CONNECT)
            await socket.accept()
            line.hold()
            async with Task(lambda: socket.send_text("a")) as task:
                line.put(disconnect(code=4000, reason="gone"))
                with pytest.raises(side.WebSocketDisconnect):
                    await socket.receive_text()
                line.error = OSError("broken")
                line.open.set()
            # the code that was seen first stays
            assert isinstance(task.error, side.WebSocketDisconnect)
            assert (task.error.code, task.error.reason) == (4000, "gone")  # type: ignore[attr-defined]

        run(main)


# coroutines in every use

ASYNC_METHODS = (
    "accept", "close", "deny", "receive_data", "receive_text", "receive_bytes", "receive_json", "receive_msgpack",
    "send_data", "send_text", "send_bytes", "send_json", "send_msgpack",
)  # fmt: skip


@pytest.mark.parametrize("name", ASYNC_METHODS)
def test_coroutine_functions(side: Any, name: str) -> None:
    socket, _ = at(side, "init")
    assert inspect.iscoroutinefunction(getattr(side.WebSocket, name))
    assert inspect.iscoroutinefunction(getattr(socket, name))


@pytest.mark.parametrize("name", ["receive_wrapper", "send_wrapper", "iter_data", "iter_json", "iter_msgpack"])
def test_plain_functions(side: Any, name: str) -> None:
    assert not inspect.iscoroutinefunction(getattr(side.WebSocket, name))


Inner = Callable[..., Any]

OPERATIONS = ("receive_text", "iter_data", "receive", "send_text", "send", "close", "accept")


def made(side: Any, name: str, inner: Inner) -> Any:
    """Return an operation whose one call of the server is awaited as `inner` says."""

    def receive() -> Any:
        return inner(text("x"))

    def send(event: Any) -> Any:
        return inner(None)

    socket = side.WebSocket(websocket_scope(), receive, send)
    if name == "accept":
        socket.connection_state = "connect"
        return socket.accept()
    socket.connection_state = "receive"
    return {
        "receive_text": socket.receive_text,
        "iter_data": socket.iter_data().__anext__,
        "receive": socket.receive,
        "send_text": lambda: socket.send_text("a"),
        "send": lambda: socket.send(sent_text("a")),
        "close": socket.close,
    }[name]()


async def at_once(result: Any) -> Any:
    return result


async def suspended(result: Any) -> Any:
    await suspend("first")
    return result


async def suspended_twice(result: Any) -> Any:
    seen = await suspend("first")
    await suspend(("second", seen))
    return result


async def failing(result: Any) -> Any:
    raise KeyError("of the server")


async def failing_late(result: Any) -> Any:
    await suspend("first")
    raise KeyError("of the server")


async def catching(result: Any) -> Any:
    try:
        await suspend("first")
    except KeyError:
        await suspend("cleaning up")
    return result


async def ignoring(result: Any) -> Any:
    try:
        await suspend("first")
    except GeneratorExit:
        await suspend("ignored")
    return result


async def translating(result: Any) -> Any:
    try:
        await suspend("first")
    except KeyError as error:
        raise LookupError("translated") from error
    return result


def not_awaitable(result: Any) -> Any:
    return 5


INNERS = (at_once, suspended, suspended_twice, failing, failing_late, catching, ignoring, translating, not_awaitable)
SCRIPTS: dict[str, list[tuple[str, Any]]] = {
    "awaited": [("send", None)] * 4,
    "values": [("send", None), ("send", 1), ("send", 2), ("send", None)],
    "value first": [("send", 1), ("send", None), ("send", None), ("send", None)],
    "thrown into": [("send", None), ("throw", KeyError("thrown")), ("send", None), ("send", None)],
    "thrown into twice": [("send", None), ("throw", KeyError("one")), ("throw", KeyError("two")), ("send", None)],
    "thrown before": [("throw", KeyError("early")), ("send", None), ("throw", KeyError("late"))],
    "a class thrown": [("send", None), ("throw", KeyError), ("send", None)],
    "closed": [("send", None), ("close", None), ("send", None), ("close", None)],
    "closed before": [("close", None), ("send", None), ("throw", KeyError("late"))],
    "exit thrown": [("send", None), ("throw", GeneratorExit()), ("send", None), ("close", None)],
    "cancelled": [("send", None), ("throw", asyncio.CancelledError()), ("send", None)],
}


def trace(operation: Any, script: list[tuple[str, Any]]) -> list[Any]:
    """Return what each step of a coroutine came to."""
    seen: list[Any] = []
    for how, value in script:
        try:
            result = operation.close() if how == "close" else getattr(operation, how)(value)
            seen.append(("gave", result))
        except StopIteration:
            # what is returned is the operation's own
            seen.append("returned")
        except BaseException as error:
            seen.append((type(error).__name__, str(error)))
    operation.close()
    return seen


class TestCoroutine:
    @pytest.mark.parametrize("script", SCRIPTS)
    @pytest.mark.parametrize("inner", INNERS, ids=lambda inner: inner.__name__)
    @pytest.mark.parametrize("name", OPERATIONS)
    def test_as_a_native_coroutine(self, side: Any, name: str, inner: Inner, script: str) -> None:
        async def reference() -> Any:
            return await inner(None)

        assert trace(made(side, name, inner), SCRIPTS[script]) == trace(reference(), SCRIPTS[script])

    @pytest.mark.parametrize("name", OPERATIONS)
    @pytest.mark.parametrize("what", [5, "text", int])
    def test_what_is_no_exception(self, side: Any, name: str, what: Any) -> None:
        operation = made(side, name, suspended)
        operation.send(None)
        with pytest.raises(TypeError, match="exceptions must be classes or instances deriving from BaseException"):
            operation.throw(what)
        operation.close()

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_never_awaited(self, side: Any, name: str) -> None:
        with pytest.warns(RuntimeWarning, match="was never awaited"):
            made(side, name, at_once)
            gc.collect()

    @pytest.mark.parametrize("name", ASYNC_METHODS)
    def test_never_awaited_is_said_by_name(self, side: Any, name: str) -> None:
        socket, server = at(side, "init")
        method = getattr(socket, name)
        arguments = ["a"] if name.startswith("send") else ["text"] if name == "receive_data" else []
        expected = f"WebSocket.{name}" if side.COMPILED else method.__qualname__
        with pytest.warns(RuntimeWarning, match=f"coroutine '{expected}' was never awaited"):
            method(*arguments)
            gc.collect()
        # nothing has begun
        assert server.calls == 0 and server.sent == []
        assert socket.connection_state == "init"

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_closed_before_the_start_is_quiet(self, side: Any, name: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            operation = made(side, name, at_once)
            operation.close()
            del operation
            gc.collect()

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_awaited_twice(self, side: Any, name: str) -> None:
        async def main() -> None:
            operation = made(side, name, suspended)
            await operation
            await operation

        with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
            drive(main())

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_awaited_by_two(self, side: Any, name: str) -> None:
        operation = made(side, name, suspended)
        assert operation.send(None) == "first"

        async def second() -> None:
            await operation

        with pytest.raises(RuntimeError):
            drive(second())
        operation.close()

    @pytest.mark.parametrize("name", OPERATIONS)
    @pytest.mark.parametrize("end", ["close", "throw", "drop"])
    def test_left_half_way(self, side: Any, name: str, end: str) -> None:
        seen: list[str] = []

        async def inner(result: Any) -> Any:
            try:
                await suspend("first")
            except BaseException as error:
                seen.append(type(error).__name__)
                raise
            return result

        operation = made(side, name, inner)
        assert operation.send(None) == "first"
        if end == "close":
            operation.close()
        elif end == "throw":
            with pytest.raises(KeyError):
                operation.throw(KeyError("thrown"))
        del operation
        gc.collect()
        assert seen == ["KeyError" if end == "throw" else "GeneratorExit"]

    @pytest.mark.parametrize("end", ["close", "throw", "drop"])
    def test_receiving_is_free_again(self, side: Any, end: str) -> None:
        for name in ("receive_text", "iter_data", "receive"):
            socket = side.WebSocket(websocket_scope(), lambda: suspended(text("x")), None)
            socket.connection_state = "receive"
            operation = {
                "receive_text": socket.receive_text,
                "iter_data": socket.iter_data().__anext__,
                "receive": socket.receive,
            }[name]()
            operation.send(None)
            if end == "close":
                operation.close()
            elif end == "throw":
                with pytest.raises(KeyError):
                    operation.throw(KeyError("thrown"))
            del operation
            assert drive(socket.receive_text()) == "x"

    def test_interleaved_by_hand(self, side: Any) -> None:
        # the state is read when a coroutine starts, not when it is made
        socket, server = at(side, "init", CONNECT)
        operation = socket.send_text("a")
        drive(socket.accept())
        drive(operation)
        assert server.sent == [ACCEPT, sent_text("a")]
        operation = socket.send_text("b")
        drive(socket.close(4001))
        assert error_of(operation).code == 4001  # type: ignore[attr-defined]
        operation = socket.receive_text()
        assert error_of(operation).code == 4001  # type: ignore[attr-defined]

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_no_cycle(self, side: Any, name: str) -> None:
        class Token:
            pass

        gc.disable()
        try:
            token = Token()
            alive = weakref.ref(token)

            async def inner(result: Any, token: Any = token) -> Any:
                await suspend("first")
                return result

            operation = made(side, name, inner)
            del token, inner
            operation.send(None)
            del operation
            assert alive() is None
        finally:
            gc.enable()

    def test_tasks_of_asyncio(self, side: Any, run_asyncio: Run) -> None:
        async def main() -> None:
            socket, line = open_line(side, CONNECT, text("1"), text("2"))
            # asyncio takes what iscoroutine() says
            await asyncio.create_task(socket.accept())
            assert await asyncio.gather(socket.receive_text(), socket.send_text("a")) == ["1", None]
            assert await asyncio.shield(socket.receive_json()) == 2
            assert line.sent == [ACCEPT, sent_text("a")]

        run_asyncio(main)

    def test_started_in_a_nursery_of_trio(self, side: Any) -> None:
        trio = pytest.importorskip("trio")

        async def main() -> None:
            socket, line = open_line(side, CONNECT, text("1"))
            async with trio.open_nursery() as nursery:
                nursery.start_soon(socket.accept)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(socket.send_text, "a")
                nursery.start_soon(socket.receive_text)
            assert line.sent == [ACCEPT, sent_text("a")]

        trio.run(main)


def test_a_refused_close_leaves_no_code_behind(side: Any, run: Any) -> None:
    async def main() -> None:
        refusals = [ValueError("not now")]

        async def send(event: Any) -> None:
            if event["type"] == "websocket.close" and refusals:
                raise refusals.pop()

        end = {"type": "websocket.disconnect", "code": 4002, "reason": "theirs"}
        socket = side.WebSocket({"type": "websocket"}, Receiver([{"type": "websocket.connect"}, end]), send)
        await socket.accept()
        with pytest.raises(ValueError, match="not now"):
            await socket.close(4001, "ours")
        assert socket.connection_state == "connect"
        for _ in range(2):
            with pytest.raises(side.WebSocketDisconnect) as caught:
                await socket.receive_text()
            assert (caught.value.code, caught.value.reason) == (4002, "theirs")

    run(main)


def test_receive_replaced_while_one_is_under_way(side: Any) -> None:
    """A future that was asked for before is not asked for again, so that its message comes once."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        futures: list[Any] = []

        def receive() -> Any:
            futures.append(loop.create_future())
            return futures[-1]

        async def other() -> Any:
            return {"type": "websocket.receive", "text": "other"}

        socket = side.WebSocket({"type": "websocket"}, receive, Receiver())
        socket.connection_state = "receive"
        reading = asyncio.ensure_future(socket.receive_text())
        await asyncio.sleep(0)
        socket.receive = other
        futures[0].set_result({"type": "websocket.receive", "text": "first"})
        assert await reading == "first"
        assert await socket.receive_text() == "other"

    asyncio.run(main())
