"""Test doubles of a server's `receive` and `send`."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from .._shared.loops import checkpoint
from ..types import Event, Receive

__all__ = ("Sender", "receiver")


def receiver(*events: Event | bytes | str, suspend: bool = False) -> Receive:
    """Return a `receive` callable that returns these events in order, and a disconnect after the last.

    ```python
    request = Request(http_scope(method="POST"), receiver(b"first chunk", b"second chunk"))
    ```

    Args:
        *events: The events. Bytes stand for an `http.request` event with that body, whose `more_body` is true unless it
            is the last; after a `websocket.connect` event, bytes and str stand for messages.
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
            await checkpoint()
        return queue.popleft() if queue else {"type": end}

    return receive


def _body_event(body: str | bytes, more: bool) -> Event:
    return {"type": "http.request", "body": body.encode() if isinstance(body, str) else body, "more_body": more}


def _message_event(data: str | bytes, more: bool) -> Event:
    return {"type": "websocket.receive", "text" if isinstance(data, str) else "bytes": data}


class Sender:
    """A `send` callable that appends each event to the list `events`."""

    __slots__ = ("__weakref__", "events")

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def __call__(self, event: Event) -> None:
        """Append an event.

        Args:
            event: The event, of any type.
        """
        self.events.append(event)
