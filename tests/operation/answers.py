"""Everything that a server's `receive` or `send` may return or raise instead of a coroutine."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..helpers import sleep


class Ending(StopIteration):
    """A subclass, which is a StopIteration all the same."""


STOPS: Final[dict[str, Callable[[], BaseException]]] = {
    "StopIteration": StopIteration,
    "StopIteration-value": lambda: StopIteration("a value"),
    "StopIteration-tuple": lambda: StopIteration((1, 2)),
    "StopIteration-subclass": lambda: Ending("a value"),
    "StopAsyncIteration": lambda: StopAsyncIteration("of somebody else"),
}


@dataclass(frozen=True)
class Raising:
    """A way in which the exception that it is given leaves foreign code.

    Args:
        name: Of the test.
        answer: Called with the exception and with what is usually returned; does what the server's callable does.
        by_iterator: Whether the exception comes out of the iterator that is awaited, where StopIteration is its return.
        at_once: Whether it can be driven without a loop.
    """

    name: str
    answer: Callable[[BaseException, Any], Any]
    by_iterator: bool = False
    at_once: bool = True


def _plain(error: BaseException, value: Any) -> Any:
    raise error


async def _coroutine(error: BaseException, value: Any) -> Any:
    raise error


async def _later(error: BaseException, value: Any) -> Any:
    await sleep(0)
    raise error


class _Await:
    def __init__(self, error: BaseException, value: Any) -> None:
        self.error = error

    def __await__(self) -> Any:
        raise self.error


class _Next(_Await):
    def __await__(self) -> Any:
        return self

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        raise self.error


class _NextLater(_Await):
    """Suspends once, and raises then; trio sends a value where it resumes."""

    steps: Any = None

    def __await__(self) -> Any:
        return self

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        return self.send(None)

    def send(self, value: Any) -> Any:
        if self.steps is None:
            self.steps = sleep(0).__await__()
        try:
            return self.steps.send(value)
        except StopIteration:
            raise self.error from None


class _NestedAwait(_Await):
    """Its iterator is a generator, which delegates to what raises."""

    def __await__(self) -> Any:
        return (yield from _Await(self.error, None).__await__())


@types.coroutine
def _generator(error: BaseException, value: Any) -> Iterator[Any]:
    raise error
    yield


RAISING: Final = (
    Raising("call", _plain),
    Raising("coroutine", _coroutine),
    Raising("coroutine-later", _later, at_once=False),
    Raising("await", _Await),
    Raising("await-in-await", _NestedAwait),
    Raising("next", _Next, by_iterator=True),
    Raising("next-later", _NextLater, by_iterator=True, at_once=False),
    Raising("generator-based", _generator),
)


# what cannot be awaited


class _ReturnsNoIterator:
    def __init__(self, value: Any) -> None:
        pass

    def __await__(self) -> Any:
        return 5


class _ReturnsNone(_ReturnsNoIterator):
    def __await__(self) -> Any:
        return None


class _ReturnsIterable(_ReturnsNoIterator):
    def __await__(self) -> Any:
        return [1, 2]


class _ReturnsCoroutine(_ReturnsNoIterator):
    def __await__(self) -> Any:
        # closed, so that nobody is told that it was never awaited
        coroutine = _value(None)
        coroutine.close()
        return coroutine


class _ReturnsGeneratorBased(_ReturnsNoIterator):
    def __await__(self) -> Any:
        return _generator(KeyError(), None)


class _AwaitIsNone:
    __await__ = None

    def __init__(self, value: Any) -> None:
        pass


class _AwaitOfTheInstance:
    """Special methods are looked up on the class."""

    def __init__(self, value: Any) -> None:
        self.__await__ = lambda: iter(())


async def _value(value: Any) -> Any:
    return value


def _plain_generator(value: Any) -> Iterator[Any]:
    yield value


async def _async_generator(value: Any) -> Any:
    yield value


UNAWAITABLE: Final[dict[str, Callable[[Any], Any]]] = {
    "None": lambda value: None,
    "int": lambda value: 5,
    "event": lambda value: {"type": "http.request"},
    "exception": lambda value: StopIteration(value),
    "class": lambda value: _ReturnsNone,
    "await-is-None": _AwaitIsNone,
    "await-of-the-instance": _AwaitOfTheInstance,
    "await-returns-int": _ReturnsNoIterator,
    "await-returns-None": _ReturnsNone,
    "await-returns-list": _ReturnsIterable,
    "await-returns-coroutine": _ReturnsCoroutine,
    "await-returns-generator-based": _ReturnsGeneratorBased,
    "generator": _plain_generator,
    "async-generator": _async_generator,
}


# what can be


class _AwaitAlone:
    def __init__(self, value: Any) -> None:
        self.value = value

    def __await__(self) -> Any:
        return _value(self.value).__await__()


class _NextAlone(_AwaitAlone):
    """An iterator that is its own awaitable, with neither send() nor throw() nor close()."""

    def __await__(self) -> Any:
        return self

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        stop = StopIteration()
        # as an argument a tuple is one value
        stop.value = self.value
        raise stop


class _Generator(_AwaitAlone):
    def __await__(self) -> Any:
        yield from ()
        return self.value


class _Delegating(_AwaitAlone):
    """A StopIteration instance of a user's class, with the value in its place."""

    def __await__(self) -> Any:
        return self

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        raise Ending(self.value)


@types.coroutine
def _based(value: Any) -> Iterator[Any]:
    yield from ()
    return value


def _done_future(value: Any) -> Any:
    future = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future


def _future(value: Any) -> Any:
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    loop.call_soon(future.set_result, value)
    return future


AWAITABLE: Final[dict[str, Callable[[Any], Any]]] = {
    "await-alone": _AwaitAlone,
    "next-alone": _NextAlone,
    "generator": _Generator,
    "StopIteration-subclass": _Delegating,
    "generator-based": _based,
}
OF_ASYNCIO: Final[dict[str, Callable[[Any], Any]]] = {
    "done-future": _done_future,
    "future": _future,
    "task": lambda value: asyncio.ensure_future(_value(value)),
    "gathered": lambda value: _Delegated(asyncio.ensure_future(_value(value))),
}


class _Delegated:
    """What a wrapper makes of a future."""

    def __init__(self, future: Any) -> None:
        self.future = future

    def __await__(self) -> Any:
        return (yield from self.future.__await__())


def answer_at(place: str, act: Callable[[], None]) -> Callable[[Any], Any]:
    """Return an answer that does something while it is given or awaited.

    Args:
        place: "call", "coroutine", "await" or "next".
        act: What it does there, before it gives what is usually given.
    """

    class Acting:
        def __init__(self, value: Any) -> None:
            self.value = value

        def __await__(self) -> Any:
            if place == "await":
                act()
            return self

        def __iter__(self) -> Any:
            return self

        def __next__(self) -> Any:
            if place == "next":
                act()
            stop = StopIteration()
            stop.value = self.value
            raise stop

    async def coroutine(value: Any) -> Any:
        act()
        return value

    async def usual(value: Any) -> Any:
        return value

    def answer(value: Any) -> Any:
        if place == "call":
            act()
            return usual(value)
        return coroutine(value) if place == "coroutine" else Acting(value)

    return answer
