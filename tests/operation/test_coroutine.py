"""The driven operation behaves as a native coroutine: each test runs over both and, where it compares, compares them.

The compiled side's `Request.body()` is a driven operation, the pure side's a coroutine; what holds for one holds for
the other.
"""

from __future__ import annotations

import asyncio
import collections.abc
import gc
import inspect
import pickle
import re
import sys
import types
import warnings
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.sides import load_module

from .operations import OPERATIONS, Operation, Server


@pytest.fixture
def encode_json(side: Any) -> Any:
    return load_module("compiled" if side.COMPILED else "pure", "serialization").encode_json


@types.coroutine
def suspend(value: Any = "suspended") -> Iterator[Any]:
    return (yield value)


def made(side: Any, receive: Callable[[], Any]) -> Any:
    """Return the awaitable of `body()` over a receive callable."""
    return side.Request({"type": "http", "headers": []}, receive).body()


def event(body: bytes = b"x", more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def at_once() -> dict[str, Any]:
    return event()


async def suspended() -> dict[str, Any]:
    await suspend()
    return event()


def result_of(operation: Any) -> Any:
    with pytest.raises(StopIteration) as stop:
        operation.send(None)
    return stop.value.value


class TestProtocol:
    def test_returns_none(self, side: Any) -> None:
        """The StopIteration has no arguments then, as a coroutine's."""
        with pytest.raises(StopIteration) as stop:
            side.Request({"type": "http"}).stream().aclose().send(None)
        assert stop.value.args == ()

    def test_returns_at_once(self, side: Any) -> None:
        assert result_of(made(side, at_once)) == b"x"

    def test_yields_what_the_inner_awaitable_yields(self, side: Any) -> None:
        operation = made(side, suspended)
        assert operation.send(None) == "suspended"
        assert result_of(operation) == b"x"

    def test_sends_values_through(self, side: Any) -> None:
        sent = []

        async def receive() -> dict[str, Any]:
            sent.append(await suspend(1))
            sent.append(await suspend(2))
            return event()

        operation = made(side, receive)
        assert operation.send(None) == 1
        assert operation.send("first") == 2
        with pytest.raises(StopIteration):
            operation.send("second")
        assert sent == ["first", "second"]

    def test_first_value_must_be_none(self, side: Any) -> None:
        operation = made(side, at_once)
        with pytest.raises(TypeError, match="can't send non-None value to a just-started coroutine"):
            operation.send(1)
        assert result_of(operation) == b"x"

    def test_cannot_be_used_again(self, side: Any) -> None:
        operation = made(side, at_once)
        result_of(operation)
        with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
            operation.send(None)
        with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
            operation.throw(ValueError)
        operation.close()

    def test_awaited_again(self, side: Any) -> None:
        async def main() -> None:
            operation = made(side, at_once)
            assert await operation == b"x"
            await operation

        with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
            asyncio.run(main())

    def test_error_of_the_inner_awaitable(self, side: Any) -> None:
        async def receive() -> dict[str, Any]:
            raise ValueError("broken")

        operation = made(side, receive)
        with pytest.raises(ValueError, match="broken"):
            operation.send(None)
        with pytest.raises(RuntimeError, match="cannot reuse"):
            operation.send(None)

    def test_error_of_the_call(self, side: Any) -> None:
        def receive() -> Any:
            raise ValueError("broken")

        with pytest.raises(ValueError, match="broken"):
            made(side, receive).send(None)

    def test_what_cannot_be_awaited(self, side: Any) -> None:
        with pytest.raises(TypeError, match="can't be (used in 'await' expression|awaited)"):
            made(side, lambda: 5).send(None)

    def test_await_that_returns_no_iterator(self, side: Any) -> None:
        class Broken:
            def __await__(self) -> Any:
                return 5

        with pytest.raises(TypeError, match="__await__\\(\\) (returned|must return)"):
            made(side, Broken).send(None)

    def test_generator_based_coroutine(self, side: Any) -> None:
        @types.coroutine
        def receive() -> Iterator[Any]:
            yield "turn"
            return event()

        operation = made(side, receive)
        assert operation.send(None) == "turn"
        assert result_of(operation) == b"x"

    def test_iterator_with_next_alone(self, side: Any) -> None:
        class Steps:
            turns = 0

            def __await__(self) -> Any:
                return self

            def __iter__(self) -> Any:
                return self

            def __next__(self) -> Any:
                self.turns += 1
                if self.turns < 3:
                    return self.turns
                raise StopIteration(event())

        operation = made(side, Steps)
        assert [operation.send(None), operation.send(None)] == [1, 2]
        assert result_of(operation) == b"x"

    def test_running_one_is_not_entered(self, side: Any) -> None:
        errors = []

        async def receive() -> dict[str, Any]:
            for call in (lambda: operation.send(None), lambda: operation.throw(KeyError), operation.close):
                try:
                    call()
                except ValueError as error:
                    errors.append(str(error))
            assert operation.cr_running
            return event()

        operation = made(side, receive)
        assert result_of(operation) == b"x"
        assert errors == ["coroutine already executing"] * 3

    @pytest.mark.parametrize("value", [b"", b"body", b"\x00" * 100_000])
    def test_awaited_from_a_coroutine(self, side: Any, value: bytes) -> None:
        async def receive() -> dict[str, Any]:
            return event(value)

        async def outer() -> Any:
            return await made(side, receive)

        assert result_of(outer()) == value

    @pytest.mark.parametrize("value", [None, (), (1, 2), [], {"a": 1}])
    def test_any_value_comes_through_await(self, side: Any, encode_json: Any, value: Any) -> None:
        # a tuple or None in a StopIteration is where hand-made awaitables go wrong
        async def receive() -> dict[str, Any]:
            return event(encode_json(value))

        async def outer() -> Any:
            return await side.Request({"type": "http"}, receive).json()

        assert result_of(outer()) == (list(value) if isinstance(value, tuple) else value)


class TestThrow:
    def test_reaches_the_inner_awaitable(self, side: Any) -> None:
        seen = []

        async def receive() -> dict[str, Any]:
            try:
                await suspend()
            except KeyError as error:
                seen.append(error)
                raise
            return event()

        operation = made(side, receive)
        operation.send(None)
        error = KeyError("thrown")
        with pytest.raises(KeyError) as caught:
            operation.throw(error)
        assert caught.value is error and seen == [error]
        with pytest.raises(RuntimeError, match="cannot reuse"):
            operation.send(None)

    def test_inner_awaitable_may_catch_and_yield(self, side: Any) -> None:
        async def receive() -> dict[str, Any]:
            try:
                await suspend()
            except KeyError:
                await suspend("cleaning up")
            return event()

        operation = made(side, receive)
        operation.send(None)
        assert operation.throw(KeyError) == "cleaning up"
        assert result_of(operation) == b"x"

    def test_inner_awaitable_may_catch_and_return(self, side: Any) -> None:
        async def receive() -> dict[str, Any]:
            try:
                await suspend()
            except KeyError:
                pass
            return event(b"caught")

        operation = made(side, receive)
        operation.send(None)
        with pytest.raises(StopIteration) as stop:
            operation.throw(KeyError)
        assert stop.value.value == b"caught"

    def test_goes_on_to_the_next_awaitable(self, side: Any) -> None:
        events = [event(b"a", True), event(b"b")]

        async def receive() -> dict[str, Any]:
            try:
                await suspend(len(events))
            except KeyError:
                pass
            return events.pop(0)

        operation = made(side, receive)
        assert operation.send(None) == 2
        assert operation.throw(KeyError) == 1
        assert result_of(operation) == b"ab"

    def test_before_the_start(self, side: Any) -> None:
        called = []
        operation = made(side, lambda: called.append(1))
        with pytest.raises(KeyError):
            operation.throw(KeyError("early"))
        assert not called
        with pytest.raises(RuntimeError, match="cannot reuse"):
            operation.send(None)

    def test_into_an_iterator_without_throw(self, side: Any) -> None:
        class Steps:
            def __await__(self) -> Any:
                return iter([1, 2])

        operation = made(side, Steps)
        assert operation.send(None) == 1
        with pytest.raises(KeyError):
            operation.throw(KeyError)

    @pytest.mark.filterwarnings("ignore:the .type, exc, tb. signature:DeprecationWarning")
    def test_the_signature_of_three(self, side: Any) -> None:
        for arguments in ((KeyError,), (KeyError, "text"), (KeyError, KeyError("text")), (KeyError, None, None)):
            operation = made(side, suspended)
            operation.send(None)
            with pytest.raises(KeyError):
                operation.throw(*arguments)

    @pytest.mark.parametrize("what", [5, "text", int])
    def test_what_is_no_exception(self, side: Any, what: Any) -> None:
        operation = made(side, suspended)
        operation.send(None)
        with pytest.raises(TypeError, match="exceptions must be classes or instances deriving from BaseException"):
            operation.throw(what)
        # it has ended
        with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
            operation.send(None)

    def test_what_is_no_exception_is_refused_where_it_waits(self, side: Any) -> None:
        seen = []

        async def receive() -> dict[str, Any]:
            try:
                await suspend()
            except TypeError as error:
                seen.append(str(error))
            return event(b"caught")

        request = side.Request({"type": "http"}, receive)
        operation = request.body()
        operation.send(None)
        with pytest.raises(StopIteration) as stop:
            operation.throw(5)
        assert stop.value.value == b"caught"
        assert seen == ["exceptions must be classes or instances deriving from BaseException, not int"]

    def test_what_is_no_exception_before_the_start(self, side: Any) -> None:
        operation = made(side, suspended)
        with pytest.raises(TypeError, match="exceptions must be classes or instances deriving from BaseException"):
            operation.throw(5)
        assert operation.send(None) == "suspended"
        assert result_of(operation) == b"x"

    def test_what_is_no_exception_while_it_runs_or_at_the_end(self, side: Any) -> None:
        """CPython 3.15 says first that it runs or has ended, those before it what is thrown."""
        said: dict[str, list[str]] = {"operation": [], "coroutine": []}

        def throw(kind: str, subject: Any) -> None:
            with pytest.raises((TypeError, ValueError, RuntimeError)) as raised:
                subject.throw(5)
            said[kind].append(repr(raised.value))

        async def receive() -> dict[str, Any]:
            throw("operation", operation)
            return event(b"x")

        async def native() -> None:
            throw("coroutine", coroutine)

        operation = side.Request({"type": "http"}, receive).body()
        coroutine = native()
        for kind, subject in ("operation", operation), ("coroutine", coroutine):
            with pytest.raises(StopIteration):
                subject.send(None)
            throw(kind, subject)
        assert said["operation"] == said["coroutine"]

    def test_reader_is_free_again(self, side: Any) -> None:
        request = side.Request({"type": "http"}, suspended)
        first = request.body()
        first.send(None)
        with pytest.raises(KeyError):
            first.throw(KeyError)
        second = request.body()
        second.send(None)
        assert result_of(second) == b"x"


class TestClose:
    def test_raises_generator_exit_inside(self, side: Any) -> None:
        seen = []

        async def receive() -> dict[str, Any]:
            try:
                await suspend()
            except GeneratorExit as error:
                seen.append(type(error))
                raise
            return event()

        operation = made(side, receive)
        operation.send(None)
        operation.close()
        assert seen == [GeneratorExit]
        operation.close()
        with pytest.raises(RuntimeError, match="cannot reuse"):
            operation.send(None)

    def test_before_the_start_is_quiet(self, side: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            operation = made(side, at_once)
            operation.close()
            del operation

    def test_ignored_generator_exit(self, side: Any) -> None:
        async def receive() -> dict[str, Any]:
            try:
                await suspend()
            except GeneratorExit:
                await suspend("ignored")
            return event()

        operation = made(side, receive)
        operation.send(None)
        with pytest.raises(RuntimeError, match="ignored GeneratorExit"):
            operation.close()

    def test_thrown_generator_exit(self, side: Any) -> None:
        operation = made(side, suspended)
        operation.send(None)
        with pytest.raises(GeneratorExit):
            operation.throw(GeneratorExit)


# the others are made by what a method returned
_OF_METHODS = [
    operation
    for operation in OPERATIONS
    if not operation.is_dropin
    and not operation.is_step
    and not re.search(r"\.(stream|part|iter|replay|form-with)", operation.name)
]


@pytest.mark.parametrize("operation", _OF_METHODS, ids=str)
def test_it_has_the_name_of_the_public_method(side: Any, operation: Operation) -> None:
    """Tasks and warnings show it: not that of the kernel's class, and the same on both sides."""
    awaitable = operation.start(operation.open(side, Server()))
    awaitable.close()
    name = operation.name.partition("-")[0]
    assert (awaitable.__qualname__, awaitable.__name__) == (name, name.partition(".")[2])


@pytest.mark.parametrize("name", ["ASGIConnection", "Request", "WebSocket"])
def test_methods_are_named_after_the_public_class(side: Any, name: str) -> None:
    cls = getattr(side, name)
    for member in dir(cls):
        found = inspect.getattr_static(cls, member)
        if hasattr(found, "__code__") and found.__module__.startswith(side.__name__):
            owner = next(base for base in cls.__mro__ if base.__qualname__ == found.__qualname__.partition(".")[0])
            assert owner.__module__ == found.__module__
            assert pickle.loads(pickle.dumps(found)) is found


class TestDropped:
    @pytest.mark.parametrize("method", ["body", "json", "msgpack"])
    def test_never_awaited(self, side: Any, method: str) -> None:
        request = side.Request({"type": "http"}, at_once)
        with pytest.warns(RuntimeWarning, match=f"coroutine 'Request.{method}' was never awaited"):
            getattr(request, method)()
            gc.collect()

    def test_dropped_half_way_closes_the_inner_awaitable(self, side: Any) -> None:
        seen = []

        async def receive() -> dict[str, Any]:
            try:
                await suspend()
            finally:
                seen.append("closed")
            return event()

        request = side.Request({"type": "http"}, receive)
        operation = request.body()
        operation.send(None)
        del operation
        assert seen == ["closed"]
        again = request.body()
        again.send(None)
        assert result_of(again) == b"x"

    def test_no_cycle(self, side: Any) -> None:
        class Token:
            pass

        async def receive() -> dict[str, Any]:
            await suspend()
            return event()

        gc.disable()
        try:
            token = Token()
            alive = weakref.ref(token)
            operation = side.Request({"type": "http", "token": token}, receive).body()
            del token
            operation.send(None)
            del operation
            assert alive() is None
        finally:
            gc.enable()

    def test_a_cycle_is_collected(self, side: Any) -> None:
        class Token:
            pass

        scope: dict[str, Any] = {"type": "http", "token": Token()}
        alive = weakref.ref(scope["token"])
        operation = side.Request(scope, suspended).body()
        operation.send(None)
        scope["operation"] = operation
        del operation, scope
        gc.collect()
        assert alive() is None

    def test_result_is_not_kept_alive(self, side: Any) -> None:
        class Body(bytes):
            pass

        class Watched:
            pass

        async def receive() -> dict[str, Any]:
            return event(b"[1]")

        async def outer() -> Any:
            value = await side.Request({"type": "http"}, receive).json(list)
            return sys.getrefcount(value)

        async def plain() -> Any:
            value = list("1")
            return sys.getrefcount(value)

        # the local variable, and before 3.14 the argument of getrefcount
        assert result_of(outer()) == result_of(plain())


class TestIntrospection:
    def test_is_a_coroutine_to_the_abc(self, side: Any) -> None:
        operation = made(side, at_once)
        assert isinstance(operation, collections.abc.Coroutine)
        assert isinstance(operation, collections.abc.Awaitable)
        assert inspect.isawaitable(operation)
        assert asyncio.iscoroutine(operation)
        assert not isinstance(operation, collections.abc.Iterator)
        assert not hasattr(operation, "__next__") and not hasattr(operation, "__iter__")
        operation.close()

    @pytest.mark.parametrize("method", ["body", "json", "msgpack", "is_disconnected", "send_push_promise"])
    def test_methods_are_coroutine_functions(self, side: Any, method: str) -> None:
        assert inspect.iscoroutinefunction(getattr(side.Request, method))
        assert inspect.iscoroutinefunction(getattr(side.Request({"type": "http"}), method))

    def test_names_and_state(self, side: Any) -> None:
        operation = made(side, suspended)
        assert operation.__name__ == "body"
        assert operation.__qualname__.endswith(".body")
        assert operation.cr_code.co_name in {"body", "Request.body"}
        assert operation.cr_frame is not None
        assert (operation.cr_await, operation.cr_running, operation.cr_origin) == (None, False, None)
        assert "coroutine object" in repr(operation) and "body" in repr(operation)
        assert not operation.cr_suspended
        operation.send(None)
        assert operation.cr_await is not None
        assert operation.cr_suspended
        operation.close()
        assert operation.cr_frame is None
        assert operation.cr_await is None
        assert not operation.cr_suspended

    def test_inspect_sees_the_state(self, side: Any) -> None:
        operation = made(side, suspended)
        assert inspect.getcoroutinestate(operation) == inspect.CORO_CREATED
        operation.send(None)
        assert inspect.getcoroutinestate(operation) == inspect.CORO_SUSPENDED
        operation.close()
        assert inspect.getcoroutinestate(operation) == inspect.CORO_CLOSED

    def test_traceback_names_the_caller(self, side: Any) -> None:
        async def receive() -> dict[str, Any]:
            raise ValueError("broken")

        async def handler() -> None:
            await made(side, receive)

        with pytest.raises(ValueError) as caught:
            handler().send(None)
        names = [entry.name for entry in caught.traceback]
        assert "handler" in names and names[-1] == "receive"


def test_the_reused_stop_iteration_is_clean(side: Any) -> None:
    """What is caught in a bare `__await__` protocol is not changed by a later operation."""

    class Bare:
        def __init__(self, operation: Any) -> None:
            self.operation = operation

        def __await__(self) -> Any:
            return (yield from self.operation.__await__())

    async def outer() -> list[Any]:
        values = []
        for body in (b"first", b"second", b"third"):

            async def receive(body: bytes = body) -> dict[str, Any]:
                return event(body)

            values.append(await Bare(made(side, receive)))
        return values

    assert result_of(outer()) == [b"first", b"second", b"third"]
    kept = []
    for body in (b"first", b"second"):

        async def receive(body: bytes = body) -> dict[str, Any]:
            return event(body)

        try:
            made(side, receive).send(None)
        except StopIteration as stop:
            kept.append(stop)
    assert [stop.value for stop in kept] == [b"first", b"second"]
    assert [stop.args for stop in kept] == [(b"first",), (b"second",)]
