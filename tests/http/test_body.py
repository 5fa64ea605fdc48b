"""Reading a body: whole, streamed, shared, cancelled, limited, cut off."""

from __future__ import annotations

import asyncio
import collections.abc
import inspect
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from litecon import (
    ASGIConnection,
    ClientDisconnect,
    ImproperlyConfiguredException,
    Limits,
    Request,
    RequestEntityTooLarge,
    StreamConsumed,
)

from ..helpers import DISCONNECT, Receiver, await_, body_events, forever, http_scope, sleep

Run = Callable[[Any], Any]


class Small(Request[Any, Any, Any]):
    limits = Limits(max_body_size=10)


class Unlimited(Request[Any, Any, Any]):
    limits = Limits(max_body_size=None)


def part(body: bytes) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": True}


def make(*events: Any, cls: Any = Request, suspend: bool = False, **changes: Any) -> Any:
    return cls(http_scope(method="POST", **changes), Receiver(events, suspend=suspend))


async def collect(stream: Any) -> list[bytes]:
    return [chunk async for chunk in stream]


@pytest.mark.parametrize("suspend", [False, True], ids=["at-once", "suspending"])
class TestUnderEveryLoop:
    @pytest.mark.parametrize(
        "chunks", [[b""], [b"a"], [b"a", b"b"], [b"", b"a", b"", b"bc", b""], [b"x"] * 100], ids=str
    )
    def test_body(self, run: Run, suspend: bool, chunks: list[bytes]) -> None:
        async def main() -> None:
            request = make(*body_events(*chunks), suspend=suspend)
            assert await request.body() == b"".join(chunks)
            assert await request.body() == b"".join(chunks)
            assert request.receive.calls == len(chunks)

        run(main)

    @pytest.mark.parametrize("chunks", [[b""], [b"a"], [b"a", b"b"], [b"", b"a", b"", b"bc", b""]], ids=str)
    def test_stream(self, run: Run, suspend: bool, chunks: list[bytes]) -> None:
        async def main() -> None:
            request = make(*body_events(*chunks), suspend=suspend)
            assert await collect(request.stream()) == [chunk for chunk in chunks if chunk] + [b""]
            assert request.receive.calls == len(chunks)

        run(main)

    def test_cancelled_and_read_again(self, run: Run, suspend: bool) -> None:
        async def main() -> None:
            gate = Gate()
            request = Request[Any, Any, Any](http_scope(), gate)
            gate.put(part(b"one"))
            with pytest.raises(TimeoutError):
                await timeout(0.01, request.body)
            gate.put(part(b"two"))
            with pytest.raises(TimeoutError):
                await timeout(0.01, request.body)
            gate.put({"type": "http.request", "body": b"three"})
            assert await timeout(5, request.body) == b"onetwothree"

        run(main)

    def test_stream_cancelled_and_taken_up(self, run: Run, suspend: bool) -> None:
        async def main() -> None:
            gate = Gate()
            request = Request[Any, Any, Any](http_scope(), gate)
            gate.put(part(b"one"))
            stream = request.stream()
            assert await stream.__anext__() == b"one"
            with pytest.raises(TimeoutError):
                await timeout(0.01, stream.__anext__)
            gate.put({"type": "http.request", "body": b"two"})
            assert await collect(stream) == [b"two", b""]

        run(main)

    def test_two_readers_at_once(self, run: Run, suspend: bool) -> None:
        async def main() -> None:
            gate = Gate()
            scope = http_scope()
            one = Request[Any, Any, Any](scope, gate)
            two = Request[Any, Any, Any](scope, gate)
            results = await timeout(5, lambda: both(one.body, two.body, lambda: gate.put(*body_events(b"a", b"b"))))
            # one reads; the other gets the same bytes or a clear error, never a hang
            assert b"ab" in results
            for result in results:
                assert result == b"ab" or (isinstance(result, RuntimeError) and "another task" in str(result))
            assert await two.body() == b"ab"

        run(main)

    def test_disconnect_in_the_middle(self, run: Run, suspend: bool) -> None:
        async def main() -> None:
            request = make(part(b"a"), DISCONNECT, suspend=suspend)
            for _ in range(3):
                with pytest.raises(ClientDisconnect) as info:
                    await timeout(5, request.body)
                assert info.value.status_code == 499
            assert request.is_connected is False
            assert request.receive.calls == 2

        run(main)


class Gate:
    """A `receive` that waits until an event is put."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def put(self, *events: Any) -> None:
        self.events.extend(events)

    async def __call__(self) -> Any:
        while not self.events:
            await sleep(0.001)
        return self.events.pop(0)


async def timeout(seconds: float, function: Any) -> Any:
    """Run an async function for a limited time, under asyncio or trio."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        import trio

        try:
            with trio.fail_after(seconds):
                return await function()
        except trio.TooSlowError:
            raise TimeoutError from None
    return await asyncio.wait_for(function(), seconds)


async def both(one: Any, two: Any, then: Callable[[], None]) -> list[Any]:
    """Start two async functions, call `then`, and return their results or errors."""
    results: list[Any] = []

    async def run_one(function: Any) -> None:
        try:
            results.append(await function())
        except Exception as error:
            results.append(error)

    async def run_then() -> None:
        await sleep(0.01)
        then()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        import trio

        async with trio.open_nursery() as nursery:
            for function in (one, two):
                nursery.start_soon(run_one, function)
            nursery.start_soon(run_then)
    else:
        await asyncio.gather(run_one(one), run_one(two), run_then())
    return results


class OnceMapping(collections.abc.Mapping[str, Any]):
    """Gives each value once, and another after that: what is read twice could differ from what was checked."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values_left = values

    def __getitem__(self, key: str) -> Any:
        value = self.values_left.pop(key)
        self.values_left[key] = b"&b=2" if key == "body" else not value if key == "more_body" else "http.disconnect"
        return value

    def __iter__(self) -> Any:
        return iter(self.values_left)

    def __len__(self) -> int:
        return len(self.values_left)


class TestEvents:
    @pytest.mark.parametrize(
        "event",
        [
            {"type": "http.request"},
            {"type": "http.request", "body": None},
            {"type": "http.request", "more_body": False},
            {"type": "http.request", "body": b"", "more_body": None},
        ],
        ids=str,
    )
    def test_missing_keys_are_an_empty_last_chunk(self, event: Any) -> None:
        assert await_(make(dict(event)).body()) == b""
        assert await_(make(part(b"a"), dict(event)).body()) == b"a"
        assert await_(collect(make(part(b"a"), dict(event)).stream())) == [b"a", b""]

    @pytest.mark.parametrize(
        ("event", "message"),
        [
            (None, "NoneType"),
            (5, "'int'"),
            ([], "'list'"),
            ("http.request", "'str'"),
            ({}, "'dict'"),
            ({"type": "websocket.receive"}, "'websocket.receive'"),
            ({"type": None}, "None"),
            ({"type": b"http.request"}, "b'http.request'"),
            ({"type": "http.request", "body": "text"}, "'body' is of type 'str'"),
            ({"type": "http.request", "body": bytearray(b"x")}, "'body' is of type 'bytearray'"),
            ({"type": "http.request", "body": 5}, "'body' is of type 'int'"),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("method", ["body", "stream", "json"])
    def test_wrong_event(self, method: str, event: Any, message: str) -> None:
        async def main() -> None:
            request = make(event)
            if method == "stream":
                await collect(request.stream())
            else:
                await getattr(request, method)()

        with pytest.raises(ImproperlyConfiguredException, match=message):
            await_(main())

    @pytest.mark.parametrize("method", ["body", "stream", "json", "form", "multipart", "parts", "drain"])
    @pytest.mark.parametrize("events", [1, 2])
    def test_each_key_is_read_once(self, events: int, method: str) -> None:
        boundary = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n%b\r\n--x--\r\n"
        first = {"json": b"1", "multipart": boundary % b"1", "parts": boundary % b"1"}.get(method, b"a=1")
        is_multipart = method in ("multipart", "parts")
        media_type = b"multipart/form-data; boundary=x" if is_multipart else b"application/x-www-form-urlencoded"
        given = [
            OnceMapping({"type": "http.request", "body": first if at == 0 else b"", "more_body": at < events - 1})
            for at in range(events)
        ]

        async def main() -> Any:
            request = make(*given, headers=[(b"content-type", media_type)])
            if method == "stream":
                return b"".join(await collect(request.stream()))
            if method == "parts":
                return [(part.name, await part.read()) async for part in request.stream_form()]
            if method == "drain":
                return await request.drain()
            result = await getattr(request, "form" if method == "multipart" else method)()
            return result if method in ("body", "json") else list(result.multi_items())

        expected = {"json": 1, "form": [("a", "1")], "multipart": [("a", "1")], "parts": [("a", b"1")], "drain": None}
        assert await_(main()) == expected.get(method, first)

    def test_event_of_another_mapping_type(self) -> None:
        import collections

        event = collections.UserDict({"type": "http.request", "body": b"a"})
        assert await_(make(event).body()) == b"a"

    def test_bytes_subclass(self) -> None:
        class Sub(bytes):
            pass

        assert await_(make({"type": "http.request", "body": Sub(b"a")}).body()) == b"a"

    @pytest.mark.parametrize("error", [ValueError("x"), OSError("gone"), asyncio.CancelledError(), KeyError("type")])
    def test_error_of_receive(self, error: BaseException) -> None:
        async def main() -> None:
            request = make(part(b"a"), error, *body_events(b"b"))
            with pytest.raises(type(error)) as info:
                await request.body()
            assert info.value is error
            # nothing is lost, and the reader is free again
            assert await request.body() == b"ab"

        await_(main())


class TestSharing:
    def test_two_connections_one_scope(self) -> None:
        async def main() -> None:
            scope = http_scope()
            receive = Receiver(body_events(b"a", b"b"))
            assert await Request[Any, Any, Any](scope, receive).body() == b"ab"
            assert await Request[Any, Any, Any](scope, receive).body() == b"ab"
            assert await collect(Request[Any, Any, Any](scope, receive).stream()) == [b"ab", b""]
            assert receive.calls == 2

        await_(main())

    def test_other_scopes_share_nothing(self) -> None:
        assert await_(make(*body_events(b"a")).body()) == b"a"
        assert await_(make(*body_events(b"b")).body()) == b"b"

    def test_another_scope_set(self) -> None:
        async def main() -> None:
            request = make(*body_events(b"a"))
            assert await request.body() == b"a"
            request.scope = http_scope()
            request.receive = Receiver(body_events(b"b"))
            assert await request.body() == b"b"

        await_(main())

    def test_copied_scope_shares_what_was_read(self) -> None:
        async def main() -> None:
            request = make(*body_events(b"a"))
            await request.body()
            assert await Request[Any, Any, Any](dict(request.scope), request.receive).body() == b"a"

        await_(main())

    def test_reading_is_taken_up_by_another_connection(self) -> None:
        async def main() -> None:
            scope = http_scope()
            with pytest.raises(ValueError):
                await Request[Any, Any, Any](scope, Receiver([part(b"a"), ValueError()])).body()
            assert await Request[Any, Any, Any](scope, Receiver(body_events(b"b"))).body() == b"ab"

        await_(main())

    def test_disconnect_is_seen_by_both(self) -> None:
        async def main() -> None:
            scope = http_scope()
            with pytest.raises(ClientDisconnect):
                await Request[Any, Any, Any](scope, Receiver([DISCONNECT])).body()
            other = Request[Any, Any, Any](scope, Receiver([]))
            assert other.is_connected is False
            with pytest.raises(ClientDisconnect):
                await asyncio.wait_for(other.body(), 5)

        await_(main())

    def test_json_of_two_connections(self) -> None:
        async def main() -> None:
            scope = http_scope()
            receive = Receiver(body_events(b"[1]"))
            assert await Request[Any, Any, Any](scope, receive).json() == [1]
            assert await Request[Any, Any, Any](scope, receive).json() == [1]
            assert await Request[Any, Any, Any](scope, receive).body() == b"[1]"

        await_(main())

    def test_immutable_scope(self) -> None:
        import types

        async def main() -> None:
            request = Request[Any, Any, Any](types.MappingProxyType(http_scope()), Receiver(body_events(b"a")))  # type: ignore[arg-type]
            assert await request.body() == b"a"
            assert await request.body() == b"a"

        await_(main())


class Untold:
    """What does not say whether it is true."""

    def __bool__(self) -> bool:
        raise ValueError("untold")


class Keyless:
    """An event that has items, but is no mapping."""

    def __getitem__(self, key: str) -> Any:
        raise KeyError(key)


@pytest.mark.parametrize("event", [{}, None, 5, pytest.param(Keyless(), id="Keyless"), {"type": 5}], ids=repr)
def test_an_error_of_a_wrong_event_has_no_context(side: Any, event: Any) -> None:
    request = side.Request(http_scope(), Receiver([event]))
    sockets = [side.WebSocket({"type": "websocket", "headers": []}, Receiver([event])) for _ in range(2)]
    for reading in (request.body(), sockets[0].receive(), sockets[1].accept()):
        with pytest.raises(side.ImproperlyConfiguredException) as raised:
            await_(reading)
        assert raised.value.__context__ is None


class AnyText(str):
    """A str that is equal to everything."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


def test_the_type_of_an_event_is_what_its_characters_are(side: Any) -> None:
    with pytest.raises(side.ImproperlyConfiguredException, match="an event of type 'other'"):
        await_(side.Request(http_scope(), Receiver([{"type": AnyText("other"), "body": b"a"}])).body())


class TestStream:
    def test_a_chunk_whose_event_does_not_say_whether_more_comes_is_kept(self, side: Any) -> None:
        receive = Receiver([{"type": "http.request", "body": b"ab", "more_body": Untold()}, part(b"cd"), DISCONNECT])
        stream = side.Request(http_scope(), receive).stream()
        with pytest.raises(ValueError, match="untold"):
            await_(anext(stream))
        assert [await_(anext(stream)) for _ in range(2)] == [b"ab", b"cd"]

    def test_is_an_async_iterator(self) -> None:
        async def main() -> None:
            stream = make(*body_events(b"a")).stream()
            assert isinstance(stream, collections.abc.AsyncGenerator)
            assert aiter(stream) is stream
            assert [await anext(stream), await anext(stream)] == [b"a", b""]
            for _ in range(2):
                with pytest.raises(StopAsyncIteration):
                    await anext(stream)
            assert await anext(stream, "default") == "default"

        await_(main())

    def test_asend(self) -> None:
        async def main() -> None:
            stream = make(*body_events(b"a", b"b")).stream()
            with pytest.raises(TypeError, match="just-started"):
                await stream.asend(1)
            assert await stream.asend(None) == b"a"
            assert await stream.asend("ignored") == b"b"

        await_(main())

    def test_athrow(self) -> None:
        async def main() -> None:
            stream = make(*body_events(b"a", b"b")).stream()
            assert await anext(stream) == b"a"
            error = ValueError("x")
            with pytest.raises(ValueError) as info:
                await stream.athrow(error)
            assert info.value is error
            with pytest.raises(StopAsyncIteration):
                await anext(stream)

        await_(main())

    def test_athrow_of_a_class(self) -> None:
        async def main() -> None:
            with pytest.raises(KeyError):
                await make(*body_events(b"a")).stream().athrow(KeyError)

        await_(main())

    def test_aclose(self) -> None:
        async def main() -> None:
            request = make(*body_events(b"a", b"b"))
            stream = request.stream()
            await stream.aclose()
            await stream.aclose()
            with pytest.raises(StopAsyncIteration):
                await anext(stream)
            # nothing was given out, nothing is lost
            assert await request.body() == b"ab"

        await_(main())

    def test_aclosing(self) -> None:
        from contextlib import aclosing

        async def main() -> None:
            async with aclosing(make(*body_events(b"a", b"b")).stream()) as stream:
                assert await anext(stream) == b"a"

        await_(main())

    def test_consumed(self) -> None:
        async def main() -> None:
            request = make(*body_events(b"a"))
            await collect(request.stream())
            for work in (lambda: collect(request.stream()), request.body, request.json, request.msgpack):
                with pytest.raises(StreamConsumed) as info:
                    await asyncio.wait_for(work(), 5)
                assert isinstance(info.value, RuntimeError)

        await_(main())

    def test_consumed_empty_body(self) -> None:
        async def main() -> None:
            request = make(*body_events(b""))
            assert await collect(request.stream()) == [b""]
            with pytest.raises(StreamConsumed):
                await collect(request.stream())

        await_(main())

    def test_abandoned_half_way(self) -> None:
        async def main() -> None:
            request = make(*body_events(b"a", b"b", b"c"))
            async for chunk in request.stream():
                assert chunk == b"a"
                break
            with pytest.raises(StreamConsumed):
                await request.body()
            assert await collect(request.stream()) == [b"b", b"c", b""]

        await_(main())

    def test_made_and_not_used(self) -> None:
        async def main() -> None:
            request = make(*body_events(b"a", b"b"))
            request.stream()
            assert await request.body() == b"ab"

        await_(main())

    def test_after_body(self) -> None:
        async def main() -> None:
            request = make(*body_events(b"a", b"b"))
            await request.body()
            assert await collect(request.stream()) == [b"ab", b""]
            assert await collect(request.stream()) == [b"ab", b""]
            assert await request.body() == b"ab"

        await_(main())

    def test_after_an_empty_body(self) -> None:
        async def main() -> None:
            request = make(*body_events(b""))
            assert await request.body() == b""
            assert await collect(request.stream()) == [b""]

        await_(main())

    def test_after_a_cancelled_body(self) -> None:
        async def main() -> None:
            request = make(part(b"a"), ValueError(), *body_events(b"b"))
            with pytest.raises(ValueError):
                await request.body()
            assert await collect(request.stream()) == [b"a", b"b", b""]

        await_(main())

    def test_two_streams_at_once(self) -> None:
        async def main() -> None:
            scope = http_scope()
            gate = Gate()
            streams = [Request[Any, Any, Any](scope, gate).stream() for _ in range(2)]
            results = await both(streams[0].__anext__, streams[1].__anext__, lambda: gate.put(*body_events(b"a")))
            assert b"a" in results
            for result in results:
                assert isinstance(result, bytes) or (isinstance(result, RuntimeError) and "another task" in str(result))

        await_(main())

    def test_error_of_receive(self) -> None:
        async def main() -> None:
            stream = make(part(b"a"), OSError(), *body_events(b"b")).stream()
            assert await anext(stream) == b"a"
            with pytest.raises(OSError):
                await anext(stream)
            assert await collect(stream) == [b"b", b""]

        await_(main())

    def test_disconnect(self) -> None:
        async def main() -> None:
            request = make(part(b"a"), DISCONNECT)
            stream = request.stream()
            assert await anext(stream) == b"a"
            for _ in range(2):
                with pytest.raises(ClientDisconnect):
                    await asyncio.wait_for(anext(stream), 5)
            with pytest.raises((ClientDisconnect, StreamConsumed)):
                await asyncio.wait_for(request.body(), 5)
            assert request.receive.calls == 2

        await_(main())


class TestLimits:
    @pytest.mark.parametrize("chunks", [[b"x" * 10], [b"x" * 5] * 2, [b"x"] * 10, [b""] * 20 + [b"x" * 10]], ids=len)
    def test_exactly_the_limit(self, chunks: list[bytes]) -> None:
        assert len(await_(make(*body_events(*chunks), cls=Small).body())) == 10
        assert len(b"".join(await_(collect(make(*body_events(*chunks), cls=Small).stream())))) == 10

    @pytest.mark.parametrize("method", ["body", "json", "msgpack", "stream"])
    @pytest.mark.parametrize("chunks", [[b"x" * 11], [b"x" * 6] * 3, [b"x"] * 12], ids=len)
    def test_received_bytes(self, method: str, chunks: list[bytes]) -> None:
        request = make(*body_events(*chunks), cls=Small)

        async def main() -> None:
            for _ in range(2):
                with pytest.raises(RequestEntityTooLarge, match="max_body_size") as info:
                    await (collect(request.stream()) if method == "stream" else getattr(request, method)())
                assert info.value.status_code == 413

        await_(main())
        # at once: nothing is received beyond the event that passed the limit
        sizes = itertools.accumulate(map(len, chunks))
        assert request.receive.calls == next(index for index, size in enumerate(sizes, 1) if size > 10)

    @pytest.mark.parametrize("method", ["body", "json", "msgpack", "stream"])
    def test_announced_bytes(self, method: str) -> None:
        request = make(*body_events(b"x"), cls=Small, headers=[(b"content-length", b"11")])
        with pytest.raises(RequestEntityTooLarge):
            await_(collect(request.stream()) if method == "stream" else getattr(request, method)())
        assert request.receive.calls == 0

    @pytest.mark.parametrize("method", ["body", "json", "stream", "form", "multipart"])
    def test_an_overridden_content_length_is_not_what_the_client_announced(self, method: str) -> None:
        class Overriding(Small):
            content_length = 11  # type: ignore[assignment]

        is_multipart = method == "multipart"
        media_type = b"multipart/form-data; boundary=x" if is_multipart else b"application/x-www-form-urlencoded"
        body = b"--x--" if is_multipart else b"1"
        request = make(*body_events(body), cls=Overriding, headers=[(b"content-type", media_type)])
        read = getattr(request, "form" if is_multipart else method)
        await_(collect(read()) if method == "stream" else read())

    def test_announced_less_than_received(self) -> None:
        request = make(*body_events(b"x" * 11), cls=Small, headers=[(b"content-length", b"1")])
        with pytest.raises(RequestEntityTooLarge):
            await_(request.body())

    @pytest.mark.parametrize("length", [b"1", b"100", b"", b"abc", b"-1", b"9" * 30])
    def test_content_length_is_no_promise(self, length: bytes) -> None:
        request = make(*body_events(b"abc"), cls=Unlimited, headers=[(b"content-length", length)])
        assert await_(request.body()) == b"abc"

    @pytest.mark.parametrize("length", [b"", b"abc", b"-1", b"1_0"])
    def test_invalid_content_length_does_not_disturb_the_body(self, length: bytes) -> None:
        assert await_(make(*body_events(b"abc"), headers=[(b"content-length", length)]).body()) == b"abc"

    def test_default(self) -> None:
        assert Request.limits.max_body_size == 10 * 1024 * 1024
        assert ASGIConnection.limits == Limits()
        with pytest.raises(RequestEntityTooLarge):
            await_(make(*body_events(*[b"x" * 1024 * 1024] * 11)).body())

    def test_zero(self) -> None:
        class Zero(Request[Any, Any, Any]):
            limits = Limits(max_body_size=0)

        assert await_(make(*body_events(b""), cls=Zero).body()) == b""
        with pytest.raises(RequestEntityTooLarge):
            await_(make(*body_events(b"x"), cls=Zero).body())

    def test_smaller_limit_of_a_second_connection(self) -> None:
        async def main() -> None:
            scope = http_scope()
            await Request[Any, Any, Any](scope, Receiver(body_events(b"x" * 11))).body()
            # what was read is there: giving it out costs nothing more, refusing it is allowed
            try:
                assert len(await Small(scope).body()) == 11
            except RequestEntityTooLarge:
                pass

        await_(main())


class TestDisconnect:
    def test_before(self) -> None:
        request = make(DISCONNECT)
        assert request.is_connected
        with pytest.raises(ClientDisconnect):
            await_(request.body())
        assert not request.is_connected

    @pytest.mark.parametrize("method", ["json", "msgpack"])
    def test_during_decoding_methods(self, method: str) -> None:
        async def main() -> None:
            request = make(part(b"a"), DISCONNECT)
            for _ in range(2):
                with pytest.raises(ClientDisconnect):
                    await asyncio.wait_for(getattr(request, method)(), 5)

        await_(main())

    def test_after(self) -> None:
        async def main() -> None:
            request = make(*body_events(b"a"), DISCONNECT)
            assert await request.body() == b"a"
            assert await request.is_disconnected() is True
            assert await request.body() == b"a"
            assert request.is_connected is False

        await_(main())

    def test_is_no_server_error(self) -> None:
        assert 400 <= ClientDisconnect.status_code < 500
        assert not issubclass(ClientDisconnect, OSError)


def test_close_half_way() -> None:
    async def main() -> None:
        request = make(part(b"a"), suspend=True)
        operation = request.body()
        operation.send(None)
        operation.close()
        request.receive = Receiver(body_events(b"b"))
        # an event that a closed receive() had taken is its loss; litecon's reader is free
        assert (await asyncio.wait_for(request.body(), 5)).endswith(b"b")

    await_(main())


def test_throw_half_way() -> None:
    async def main() -> None:
        request = make(part(b"a"), *body_events(b"b"), suspend=True)
        operation = request.body()
        operation.send(None)
        with pytest.raises(LookupError, match="thrown"):
            operation.throw(LookupError("thrown"))
        assert await asyncio.wait_for(request.body(), 5) == b"ab"

    await_(main())


@pytest.mark.parametrize("name", ["body", "json", "msgpack"])
def test_is_a_coroutine(name: str) -> None:
    operation = getattr(make(*body_events(b"1")), name)()
    assert isinstance(operation, collections.abc.Coroutine)
    assert inspect.isawaitable(operation)
    assert operation.__name__ == name
    assert operation.__qualname__.endswith(name)
    operation.close()


def test_task_and_gather() -> None:
    async def main() -> None:
        request = make(*body_events(b"1"))
        assert await asyncio.create_task(request.body()) == b"1"
        assert await asyncio.gather(request.body(), request.json()) == [b"1", 1]

    await_(main())


def test_awaited_by_two_tasks_at_once() -> None:
    async def main() -> None:
        gate = Gate()
        operation = Request[Any, Any, Any](http_scope(), gate).body()

        async def wait() -> Any:
            return await operation

        results = await both(wait, wait, lambda: gate.put(*body_events(b"a")))
        assert b"a" in results
        assert any(isinstance(result, RuntimeError) for result in results)

    await_(main())


def test_cancellation_reaches_receive() -> None:
    async def main() -> None:
        seen: list[str] = []

        async def receive() -> Any:
            try:
                await forever()
            except asyncio.CancelledError:
                seen.append("cancelled")
                raise

        task = asyncio.create_task(Request[Any, Any, Any](http_scope(), receive).body())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel("why")
        with pytest.raises(asyncio.CancelledError, match="why"):
            await task
        assert seen == ["cancelled"]
        assert task.cancelled()

    await_(main())


def test_anext_with_a_default(side: Any) -> None:
    # the interpreter asks a step for its __await__() again each time it resumes
    async def main() -> None:
        stream = side.Request(http_scope(method="POST"), Receiver(body_events(b"a", b"b"), suspend=True)).stream()
        assert [await anext(stream, None) for _ in range(4)] == [b"a", b"b", b"", None]

    asyncio.run(main())
