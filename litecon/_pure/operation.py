"""Asynchronous iterators with the methods of an asynchronous generator; the pure side's operations are coroutines."""

from __future__ import annotations

from typing import Any, NoReturn

from .._shared.copying import Uncopyable

__all__ = ("AsyncIteratorBase",)


class AsyncIteratorBase(Uncopyable):
    """An asynchronous iterator with the methods of an asynchronous generator; a subclass defines the step."""

    __slots__ = ("__weakref__", "_closed", "_started")

    def __init__(self) -> None:
        self._closed = self._started = False

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> Any:
        raise NotImplementedError

    async def asend(self, value: object) -> Any:
        """Return the next value, as `__anext__` does.

        Args:
            value: The value that is sent: None before the first step, ignored afterwards.

        Raises:
            TypeError: A value other than None was sent before the first step.
            StopAsyncIteration: The end was reached.
        """
        if value is not None and not self._started:
            raise TypeError("can't send non-None value to a just-started async generator")
        return await self.__anext__()

    async def athrow(self, error: BaseException | type[BaseException], *details: Any) -> NoReturn:
        """Close the iterator and raise an exception.

        Args:
            error: The exception.
            details: Further arguments of the older signature, which are not used.
        """
        self._closed = True
        raise error

    async def aclose(self) -> None:
        """Close the iterator; data that was received and not yielded is left for the next one."""
        self._closed = True
