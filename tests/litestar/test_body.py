"""Reading a body inside a Litestar app: litecon's guarantees with Litestar's limits, exceptions and decoders."""

from __future__ import annotations

import asyncio
from typing import Any

import litestar
import msgspec
import pytest
from litestar.exceptions import ClientException, InternalServerException, SerializationException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from ..helpers import DISCONNECT, Receiver, await_, body_events, http_scope
from ..sides import load_module
from .scopes import litestar_scope
from .versions import handler_of


def make(dropin: Any, *chunks: bytes, suspend: bool = False, **changes: Any) -> Any:
    return dropin.Request(litestar_scope(method="POST", **changes), Receiver(body_events(*chunks), suspend=suspend))


@pytest.mark.parametrize("suspend", [False, True])
def test_body(dropin: Any, suspend: bool) -> None:
    request = make(dropin, b"a", b"", b"b", suspend=suspend)
    assert request.is_connected is True
    assert await_(request.body()) == b"ab"
    assert await_(request.body()) == b"ab"
    assert request._body == request._connection_state.body == b"ab"
    assert request.is_connected is False


def test_decoded(dropin: Any) -> None:
    assert await_(make(dropin, b'{"a": [1]}').json()) == {"a": [1]}
    assert await_(make(dropin, b"").json()) is None
    assert await_(make(dropin, msgspec.msgpack.encode({"a": 1})).msgpack()) == {"a": 1}
    assert await_(make(dropin, b"").msgpack()) is None


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[1] 2", b"[" * 100_000], ids=lambda body: repr(body[:5]))
def test_undecodable(dropin: Any, body: bytes) -> None:
    changes = {"litestar_app": None, "route_handler": None}
    # of MessagePack these two are numbers
    for method in ["json"] if body in (b"{", b"\xff") else ["json", "msgpack"]:
        with pytest.raises(SerializationException):
            await_(getattr(make(dropin, body, **changes), method)())


def test_messages_are_litestars(dropin: Any) -> None:
    messages = []
    for cls in (dropin.Request, litestar.Request):
        with pytest.raises(SerializationException) as caught:
            await_(cls(litestar_scope(method="POST"), Receiver(body_events(b"{"))).json())
        messages.append((str(caught.value), caught.value.detail))
    assert messages[0] == messages[1]


def test_a_cancelled_read_is_taken_up_again(dropin: Any) -> None:
    async def main() -> None:
        scope = litestar_scope(method="POST")
        queue: asyncio.Queue[Any] = asyncio.Queue()
        first, *rest = body_events(b"a", b"b", b"c")
        queue.put_nowait(first)
        request = dropin.Request(scope, queue.get)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await request.body()
        for event in rest:
            queue.put_nowait(event)
        assert await dropin.Request(scope, queue.get).body() == b"abc"
        assert await request.body() == b"abc"

    asyncio.run(main())


def test_two_readers_do_not_hang(dropin: Any) -> None:
    async def main() -> None:
        request = make(dropin, b"a", b"b", suspend=True)
        results = await asyncio.gather(request.body(), request.body(), return_exceptions=True)
        assert results[0] == b"ab"
        assert isinstance(results[1], RuntimeError)
        assert await request.body() == b"ab"

    asyncio.run(main())


def test_stream(dropin: Any) -> None:
    async def main() -> None:
        request = make(dropin, b"a", b"", b"b")
        assert [chunk async for chunk in request.stream()] == [b"a", b"b", b""]
        assert not request.is_connected
        with pytest.raises(InternalServerException, match="stream consumed"):
            await request.body()
        with pytest.raises(InternalServerException, match="stream consumed"):
            async for _ in request.stream():
                pass
        request = make(dropin, b"a", b"b")
        assert await request.body() == b"ab"
        assert [chunk async for chunk in request.stream()] == [b"ab", b""]
        other = dropin.Request(request.scope)
        assert [chunk async for chunk in other.stream()] == [b"ab", b""]

    asyncio.run(main())


def test_a_truncated_body_is_never_given(dropin: Any) -> None:
    async def main() -> None:
        request = make(dropin, b"a", b"b")
        async for _ in request.stream():
            break
        with pytest.raises(InternalServerException, match="stream consumed"):
            await request.body()

    asyncio.run(main())


def test_disconnect(dropin: Any) -> None:
    events = [*body_events(b"a", b"b")[:1], DISCONNECT]
    request = dropin.Request(litestar_scope(method="POST"), Receiver(events))
    for _ in range(2):
        with pytest.raises(InternalServerException, match="client disconnected prematurely"):
            await_(request.body())
    assert not request.is_connected


def test_the_limit_of_the_handler(dropin: Any) -> None:
    receive = Receiver(body_events(b"x" * 1001))
    request = dropin.Request(litestar_scope(method="POST", headers=[(b"content-length", b"1001")]), receive)
    with pytest.raises(RequestEntityTooLarge):
        await_(request.body())
    assert receive.calls == 0
    for method in ("body", "json"):
        with pytest.raises(RequestEntityTooLarge):
            await_(getattr(make(dropin, b"x" * 600, b"x" * 600), method)())
    with pytest.raises(ClientException, match="Invalid content-length"):
        await_(make(dropin, b"x", headers=[(b"content-length", b"many")]).body())
    assert await_(make(dropin, b"x" * 1000).body()) == b"x" * 1000

    async def stream() -> None:
        async for _ in make(dropin, b"x" * 1001).stream():
            pass

    with pytest.raises(RequestEntityTooLarge):
        asyncio.run(stream())


def test_without_a_handler(dropin: Any) -> None:
    # as in an exception handler of a 404
    request = dropin.Request(http_scope(method="POST"), Receiver(body_events(b"[1]")))
    assert await_(request.json()) == [1]
    scope = litestar_scope(method="POST")
    del scope["route_handler"]
    scope["litestar_app"] = type("App", (), {"request_max_body_size": 2})
    with pytest.raises(RequestEntityTooLarge):
        await_(dropin.Request(scope, Receiver(body_events(b"[1]"))).json())


def test_overridden(dropin: Any) -> None:
    class Streaming(dropin.Request):  # type: ignore[misc, name-defined]
        async def stream(self) -> Any:
            yield b"[1,"
            async for chunk in super().stream():
                yield chunk

    class Reading(dropin.Request):  # type: ignore[misc, name-defined]
        async def body(self) -> bytes:
            return b"[" + await super().body() + b"]"  # type: ignore[no-any-return]

    request = Streaming(litestar_scope(), Receiver(body_events(b"2]")))
    assert await_(request.json()) == [1, 2]
    assert await_(request.body()) == b"[1,2]"
    request = Reading(litestar_scope(), Receiver(body_events(b"3")))
    assert await_(request.json()) == [3]
    assert await_(request.body()) == b"[3]"
    assert request._connection_state.body == b"3"


def test_the_receive_that_was_set_is_asked(dropin: Any) -> None:
    request = dropin.Request(litestar_scope(method="POST"))
    with pytest.raises(RuntimeError):
        await_(request.body())
    request.receive = Receiver(body_events(b"a"))
    assert await_(request.body()) == b"a"


@pytest.mark.parametrize("attribute", ["type_decoders", "request_max_body_size"])
def test_settings_as_the_line_after_2_has_them(dropin: Any, attribute: str, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = type("Handler", (), {"type_decoders": [], "request_max_body_size": 2})
    kernels = load_module("compiled", "_native.litestar_rules")
    monkeypatch.setattr(kernels, "_HAS_RESOLVERS", False)
    request = make(dropin, b"12" if attribute == "type_decoders" else b"123", route_handler=handler)
    if attribute == "type_decoders":
        assert await_(request.json()) == 12
    else:
        with pytest.raises(RequestEntityTooLarge):
            await_(request.json())


def test_a_stream_goes_on_after_a_cancelled_step(dropin: Any) -> None:
    async def main() -> None:
        queue: asyncio.Queue[Any] = asyncio.Queue()
        first, *rest = body_events(b"a", b"b", b"c")
        queue.put_nowait(first)
        stream = dropin.Request(litestar_scope(method="POST"), queue.get).stream()
        assert await anext(stream) == b"a"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await anext(stream)
        for event in rest:
            queue.put_nowait(event)
        assert [chunk async for chunk in stream] == [b"b", b"c", b""]

    asyncio.run(main())


@pytest.mark.parametrize("limit", [1000, None])
@pytest.mark.parametrize("method", ["body", "stream"])
def test_an_announced_length_that_is_none(dropin: Any, limit: int | None, method: str) -> None:
    # whether or not the handler has a bound, as Litestar's own
    handler = handler_of(request_max_body_size=limit)
    for cls in (dropin.Request, litestar.Request):

        async def read(cls: Any = cls) -> None:
            scope = litestar_scope(method="POST", headers=[(b"content-length", b"many")], route_handler=handler)
            request = cls(scope, Receiver(body_events(b"x")))
            if method == "body":
                await request.body()
            else:
                async for _ in request.stream():
                    pass

        with pytest.raises(ClientException, match="Invalid content-length"):
            asyncio.run(read())


@pytest.mark.parametrize("limit", [-(2**70), -2, -1, 0, 1, 2, 3, 2**63 - 1, 2**63, 2**70, None])
@pytest.mark.parametrize("length", [b"-1", b"-2", b"-3", b"+2", b" 1_0 ", b"-" + b"9" * 100, b"9" * 100, b"2", None])
@pytest.mark.parametrize("method", ["body", "stream"])
def test_announced_lengths_and_limits_of_any_number(
    dropin: Any, limit: int | None, length: bytes | None, method: str
) -> None:
    handler = handler_of(request_max_body_size=limit)
    headers = [] if length is None else [(b"content-length", length)]
    answers = []
    for cls in (dropin.Request, litestar.Request):

        async def read(cls: Any = cls) -> Any:
            scope = litestar_scope(method="POST", headers=headers, route_handler=handler)
            request = cls(scope, Receiver(body_events(b"x", b"y")))
            try:
                return await request.body() if method == "body" else [chunk async for chunk in request.stream()]
            except RequestEntityTooLarge:
                return "too large"
            except ClientException as error:
                # Litestar 2.20 also refuses a body that is longer than announced
                if cls is dropin.Request or "Malformed" not in error.detail:
                    raise
                return "malformed"

        answers.append(asyncio.run(read()))
    assert answers[1] in (answers[0], "malformed")
