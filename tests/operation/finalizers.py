"""Values whose finalizer runs other operations when the last reference to them is dropped, wherever that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..helpers import body_events, http_scope
from ..websocket.doubles import CONNECT, binary, text, websocket_scope

MOST = 40


class Finalizer:
    """What the finalizers of one test do; while it runs, theirs do nothing.

    Args:
        act: Called where a value goes.
    """

    def __init__(self, act: Callable[[], None]) -> None:
        self.act = act
        self.is_running = False
        self.count = 0

    def run(self) -> None:
        # more of them find nothing more, and take their time
        if self.is_running or self.count == MOST:
            return
        self.is_running = True
        try:
            self.count += 1
            self.act()
        finally:
            self.is_running = False


class Text(str):
    finalizer: Finalizer

    def __del__(self) -> None:
        self.finalizer.run()


class Bytes(bytes):
    finalizer: Finalizer

    def __del__(self) -> None:
        self.finalizer.run()


class Event(dict[str, Any]):
    finalizer: Finalizer

    def __del__(self) -> None:
        self.finalizer.run()


class Stop(StopIteration):
    finalizer: Finalizer

    def __del__(self) -> None:
        self.finalizer.run()


class Awaitable:
    """Returns an event at once, by a StopIteration with a finalizer, and has one itself."""

    def __init__(self, value: Any, finalizer: Finalizer) -> None:
        self.value = value
        self.finalizer = finalizer

    def __await__(self) -> Any:
        return self

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        stop = Stop()
        stop.finalizer = self.finalizer
        stop.value = self.value
        raise stop

    def __del__(self) -> None:
        self.finalizer.run()


def with_finalizer(value: Any, finalizer: Finalizer) -> Any:
    """Return an equal value that has a finalizer, and values inside that have one."""
    result: Any
    if type(value) is dict:
        result = Event({key: with_finalizer(item, finalizer) for key, item in value.items()})
        # of exact types, by which events are told apart
        for key in ("type", "subprotocol"):
            if key in value:
                result[key] = value[key]
    elif type(value) is str:
        result = Text(value)
    elif type(value) is bytes:
        result = Bytes(value)
    else:
        return value
    result.finalizer = finalizer
    return result


@dataclass
class Inner:
    """The operations that a finalizer runs, and what they gave."""

    side: Any
    wrong: list[str]
    count: int = 0

    def run(self) -> None:
        """Run some operations to their ends, by each protocol."""
        for run in PROTOCOLS.values():
            self.count += 1
            data = f"inner {self.count}"
            for expected, operation in self._operations(data):
                try:
                    value = run(operation)
                except BaseException as error:
                    self.wrong.append(f"inner {data}: {error!r}")
                else:
                    if value != expected:
                        self.wrong.append(f"inner {data}: {value!r}, not {expected!r}")

    def _operations(self, data: str) -> Any:
        events: list[Any] = [CONNECT, text(data), binary(data.encode()), text(f'"{data}"')]
        sent: list[Any] = []

        async def receive() -> Any:
            return events.pop(0)

        async def send(event: Any) -> None:
            sent.append(event)

        socket = self.side.WebSocket(websocket_scope(), receive, send)
        yield data, socket.receive_text()
        yield data.encode(), socket.receive_bytes()
        yield data, socket.iter_json().__anext__()
        yield None, socket.send_text(data)
        chunks = body_events(data.encode()[:3], data.encode()[3:])

        async def receive_chunk() -> Any:
            return chunks.pop(0)

        yield data.encode(), self.side.Request(http_scope(), receive_chunk).body()


def by_send(operation: Any) -> Any:
    try:
        operation.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it has waited")


def by_next(operation: Any) -> Any:
    """Run it inside a generator that delegates, which asks for the next value without sending one."""

    def delegating() -> Any:
        return (yield from operation.__await__())

    try:
        next(delegating())
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it has waited")


def by_await(operation: Any) -> Any:
    async def main() -> Any:
        return await operation

    return by_send(main())


PROTOCOLS: dict[str, Callable[[Any], Any]] = {"send": by_send, "next": by_next, "await": by_await}
