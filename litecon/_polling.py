"""Look whether something is to be received, without waiting for it.

There is no such call in ASGI. `receive()` is started; where it would wait it is cancelled in the way of the event loop that
runs, which is what every server is prepared for: a parked `receive()` would take the next event from other readers.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from types import coroutine
from typing import Any

from .types import Event, Receive

__all__ = ("poll",)


async def poll(receive: Receive) -> Event | None:
    """Return the event that `receive` has at once, None if it would wait.

    Args:
        receive: The server's callable.
    """
    trio = sys.modules.get("trio")
    if trio is not None and _runs(trio):
        with trio.CancelScope() as scope:
            event: Event = await _drive(receive(), scope)
            return event
        return None
    from asyncio import CancelledError

    try:
        event = await _drive(receive(), None)
    except _WouldWait:
        return None
    except CancelledError as error:
        if error is not _cancelled_here(error):
            raise
        return None
    return event


class _WouldWait(BaseException):
    pass


def _runs(trio: Any) -> bool:
    try:
        trio.lowlevel.current_task()
    except RuntimeError:
        return False
    return True


def _cancelled_here(error: BaseException) -> BaseException | None:
    return error if error.args == (_REASON,) else None


_REASON = "litecon: receive() would wait"


@coroutine
def _drive(awaitable: Any, trio_scope: Any) -> Generator[Any, Any, Any]:
    raise NotImplementedError
