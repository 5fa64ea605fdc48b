"""Doubles of a server's `receive` and `send`."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Generator, Mapping
from types import coroutine
from typing import Any

from ..types import Event, Receive

__all__ = ("Sender", "receiver", "running_trio")


@coroutine
def _yield_once() -> Generator[None, None, None]:
    yield


def running_trio() -> Any:
    """Return the module trio where it runs the caller, None where something else does."""
    trio = sys.modules.get("trio")
    return trio if trio is not None and trio.lowlevel.in_trio_task() else None


async def _pause() -> None:
    """Let other tasks run; under asyncio, trio, or whatever drives the coroutine by hand."""
    trio = running_trio()
    if trio is not None:
        await trio.lowlevel.checkpoint()
    else:
        await _yield_once()


def receiver(*events: Event | bytes | str, suspend: bool = False) -> Receive:
    """Return a `receive` callable that gives these events, and a disconnect after the last.

    Args:
        *events: Events. Bytes are an `http.request` with that body, whose `more_body` is true where something follows;
            on a WebSocket, that is behind a `websocket.connect`, bytes and str are messages.
        suspend: Whether to let other tasks run before each event, as a server does that waits for the network.
    """
    is_websocket = bool(events) and isinstance(events[0], Mapping) and events[0]["type"] == "websocket.connect"
    encode = _message_event if is_websocket else _body_event
    last = len(events) - 1
    queue: deque[Event] = deque(
        encode(event, index < last) if isinstance(event, (str, bytes)) else event for index, event in enumerate(events)
    )
    end = "websocket.disconnect" if is_websocket else "http.disconnect"

    async def receive() -> Event:
        if suspend:
            await _pause()
        return queue.popleft() if queue else {"type": end}

    return receive


def _body_event(body: str | bytes, more: bool) -> Event:
    return {"type": "http.request", "body": body.encode() if isinstance(body, str) else body, "more_body": more}


def _message_event(data: str | bytes, more: bool) -> Event:
    return {"type": "websocket.receive", "text" if isinstance(data, str) else "bytes": data}


class Sender:
    """A `send` callable that keeps what it is given, in `events`."""

    __slots__ = ("__weakref__", "events")

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def __call__(self, event: Event) -> None:
        """Keep an event.

        Args:
            event: Of any type.
        """
        self.events.append(event)
