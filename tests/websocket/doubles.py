"""Shared code of the WebSocket tests: events, scripted servers, ways to reach each state, tasks under every loop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from ..helpers import drive, sleep

Event = dict[str, Any]

CONNECT: Event = {"type": "websocket.connect"}
ACCEPT: Event = {"type": "websocket.accept", "subprotocol": None, "headers": []}
EXTENSION = "websocket.http.response"


def text(data: Any) -> Event:
    return {"type": "websocket.receive", "text": data}


def binary(data: Any) -> Event:
    return {"type": "websocket.receive", "bytes": data}


def disconnect(**items: Any) -> Event:
    return {"type": "websocket.disconnect", **items}


def sent_text(data: str) -> Event:
    return {"type": "websocket.send", "text": data}


def sent_bytes(data: bytes) -> Event:
    return {"type": "websocket.send", "bytes": data}


def closed(code: int = 1000, reason: str = "") -> Event:
    return {"type": "websocket.close", "code": code, "reason": reason}


def websocket_scope(**changes: Any) -> dict[str, Any]:
    """Return the scope of a WebSocket; the server offers the extension for denials."""
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": "/chat",
        "raw_path": b"/chat",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"example.org")],
        "client": ("192.0.2.1", 50000),
        "server": ("198.51.100.1", 8000),
        "subprotocols": ["chat"],
        "extensions": {EXTENSION: {}},
        **changes,
    }


class Server:
    """A server by script: gives events, raises an error where one stands in their place, and keeps what is sent.

    Being asked for more events than it has is a failure of the test.
    """

    def __init__(self, *events: Any) -> None:
        self.events: deque[Any] = deque(events)
        self.sent: list[Any] = []
        self.calls = 0
        self.errors: deque[BaseException | None] = deque()

    async def receive(self) -> Any:
        self.calls += 1
        if not self.events:
            raise AssertionError("the server was asked for more events than it has")
        event = self.events.popleft()
        if isinstance(event, BaseException):
            raise event
        return event

    async def send(self, event: Any) -> None:
        if self.errors:
            error = self.errors.popleft()
            if error is not None:
                raise error
        self.sent.append(event)


STATES = ("init", "connect", "accepted", "open", "denying", "closed", "disconnected")


def at(side: Any, state: str, *events: Any, cls: Any = None, **changes: Any) -> tuple[Any, Server]:
    """Return a WebSocket in a state, and its server with further events; what led there is forgotten.

    Args:
        side: The package of one side.
        state: One of `STATES`.
        *events: What the server gives next.
        cls: A subclass of WebSocket.
        **changes: Of the scope.
    """
    server = Server()
    socket = (cls or side.WebSocket)(websocket_scope(**changes), server.receive, server.send)
    if state in ("connect", "denying"):
        server.events.append(CONNECT)
        drive(socket.receive())
        if state == "denying":
            drive(socket.send({"type": "websocket.http.response.start", "status": 403, "headers": []}))
    elif state != "init":
        server.events.append(CONNECT)
        drive(socket.accept())
        if state == "open":
            server.events.append(text("first"))
            drive(socket.receive_text())
        elif state == "closed":
            drive(socket.close(4001, "bye"))
        elif state == "disconnected":
            server.events.append(disconnect(code=4002, reason="gone"))
            drive(socket.receive())
    server.sent.clear()
    server.calls = 0
    server.events.extend(events)
    return socket, server


def steps_of(awaitable: Any) -> Any:
    """Return what runs an awaitable step by step."""
    return awaitable.__await__()


def error_of(awaitable: Awaitable[Any]) -> Exception:
    """Return the exception that an awaitable ends with."""
    try:
        result = drive(awaitable)
    except Exception as error:
        return error
    raise AssertionError(f"it returned {result!r}")


# every event loop


def is_trio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return True
    return False


def new_flag() -> Any:
    """Return an event of the event loop that runs."""
    if is_trio():
        import trio

        return trio.Event()
    return asyncio.Event()


class Line:
    """A server whose events arrive when the test puts them; what is sent is kept, and may be held up."""

    def __init__(self, *events: Any) -> None:
        self.events: deque[Any] = deque(events)
        self.sent: list[Any] = []
        self.error: BaseException | None = None
        self._flag = new_flag()
        self.open = new_flag()
        self.open.set()

    def put(self, *events: Any) -> None:
        self.events.extend(events)
        self._flag.set()

    async def receive(self) -> Any:
        await sleep(0)
        while not self.events:
            self._flag = new_flag()
            await self._flag.wait()
        return self.events.popleft()

    async def send(self, event: Any) -> None:
        self.sent.append(event)
        await self.open.wait()
        if self.error is not None:
            raise self.error

    def hold(self) -> None:
        """Let further sends wait until `open` is set."""
        self.open = new_flag()


async def turns(count: int = 5) -> None:
    """Let the other tasks go on."""
    for _ in range(count):
        await sleep(0)


class Task:
    """A task of whichever event loop runs: `async with Task(function) as task`."""

    def __init__(self, function: Callable[[], Awaitable[Any]]) -> None:
        self._function = function
        self.result: Any = None
        self.error: BaseException | None = None
        self.is_done = False

    async def _run(self) -> None:
        try:
            self.result = await self._function()
        except Exception as error:
            self.error = error
        finally:
            self.is_done = True

    async def __aenter__(self) -> Task:
        if is_trio():
            import trio

            self._manager = trio.open_nursery()
            self._nursery = await self._manager.__aenter__()
            self._nursery.start_soon(self._run)
        else:
            self._task = asyncio.ensure_future(self._run())
        await turns()
        return self

    async def cancel(self) -> None:
        """Cancel it, and wait until it has ended."""
        if is_trio():
            self._nursery.cancel_scope.cancel()
        else:
            self._task.cancel()
        while not self.is_done:
            await _shielded_turn()

    async def __aexit__(self, *details: Any) -> Any:
        if is_trio():
            return await self._manager.__aexit__(*details)
        if details[0] is not None:
            self._task.cancel()
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.result()
        return None


async def _shielded_turn() -> None:
    if is_trio():
        import trio

        with trio.CancelScope(shield=True):
            await trio.sleep(0)
    else:
        await asyncio.sleep(0)
