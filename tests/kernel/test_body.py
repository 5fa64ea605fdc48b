"""`BodyReader`, `BodyStream` and the reading methods, side by side and driven by hand."""

from __future__ import annotations

import threading
from collections import UserDict
from contextlib import suppress
from typing import Any

import pytest

from ..helpers import DISCONNECT, Receiver, await_, body_events, drive, http_scope, outcome, suspend

EVENTS: list[Any] = [
    {"type": "http.request"}, {"type": "http.request", "body": b""}, {"type": "http.request", "body": b"ab"},
    {"type": "http.request", "body": b"ab", "more_body": True}, {"type": "http.request", "more_body": True},
    {"type": "http.request", "body": None}, {"type": "http.request", "body": "text"},
    {"type": "http.request", "body": 5}, {"type": "http.request", "body": bytearray(b"x")},
    {"type": "http.request", "body": b"a", "more_body": "yes"},
    {"type": "http.request", "body": b"a", "more_body": 0}, DISCONNECT, {"type": "http.disconnect", "body": b"x"},
    {"type": "websocket.receive"}, {"type": None}, {"type": 5}, {}, None, 5, [], "x", b"x", ["type"],
    {"type": "x" * 500},
]  # fmt: skip


class TestReader:
    @pytest.mark.parametrize("event", EVENTS, ids=ascii)
    @pytest.mark.parametrize("max_size", [None, 0, 1, 2, 10])
    @pytest.mark.parametrize("how", ["feed", "buffer", "skip"])
    def test_same(self, twins: Any, event: Any, max_size: Any, how: str) -> None:
        results = []
        for side in twins:
            reader = side._core.BodyReader()
            steps = [outcome(reader.feed, event, max_size) if how == "feed" else outcome(getattr(reader, how), event)]
            steps.append((reader.disconnected, reader.ahead_size, reader.busy, reader.ended, reader.consumed))
            steps.append(outcome(reader.check, max_size, None))
            steps.append(outcome(reader.check, max_size, 5))
            steps.append(outcome(reader.check_unread))
            steps.append(outcome(reader.finish))
            steps.append((reader.next_chunk(), reader.size, reader.streamed_size))
            steps.append((reader.body, reader.disconnected))
            results.append(steps)
        assert results[0] == results[1]

    @pytest.mark.parametrize("stored", [None, 0, "text", b"bytes", (), {}, object], ids=ascii)
    @pytest.mark.parametrize("mapping", [dict, type("Own", (dict,), {}), UserDict])
    def test_what_is_not_a_reader_is_replaced(self, side: Any, stored: Any, mapping: Any) -> None:
        """Other code may have stored anything in the scope under the key of the reader."""
        scope = mapping(http_scope(**{"litecon.body": stored}))
        request = side.Request(scope, Receiver(body_events(b"a", b"b")))
        assert request.is_connected
        assert type(request.body_reader) is side._core.BodyReader
        assert scope["litecon.body"] is request.body_reader is side.Request(scope).body_reader
        assert await_(request.body()) == b"ab"

    def test_claim(self, twins: Any) -> None:
        errors = []
        for side in twins:
            reader = side._core.BodyReader()
            with reader as claimed:
                assert claimed is reader
                assert reader.busy
                errors.append(outcome(reader.__enter__))
            assert not reader.busy
            with pytest.raises(KeyError), reader:
                raise KeyError
            assert not reader.busy
        assert errors[0] == errors[1]
        assert errors[0][:2] == ("raised", "RuntimeError")

    def test_one_thread_claims(self, side: Any) -> None:
        reader = side._core.BodyReader()
        start = threading.Barrier(4)
        claimed: list[int] = []

        def claim(number: int) -> None:
            start.wait()
            for _ in range(200):
                with suppress(RuntimeError):
                    reader.__enter__()
                    claimed.append(number)
                    return

        threads = [threading.Thread(target=claim, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(claimed) == 1


class Script:
    """A `receive` that gives events, raises errors, and suspends in between."""

    def __init__(self, steps: Any) -> None:
        self.steps = list(steps)

    async def __call__(self) -> Any:
        if not self.steps:
            raise EOFError("nothing is left to receive")
        step = self.steps.pop(0)
        while step == "suspend":
            await suspend()
            step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step


def play(side: Any, steps: Any, calls: list[str], headers: Any = (), limit: int | None = 10) -> list[Any]:
    """Call methods of one request, one after another; return what each came to."""
    cls = type("Sub", (side.Request,), {"limits": side.Limits(max_body_size=limit)})
    scope = http_scope(headers=list(headers))
    receive = Script(steps)
    request = cls(scope, receive)
    results: list[Any] = []
    stream: Any = None
    for call in calls:
        if call == "stream":
            stream = request.stream()
        elif call == "other":
            request = cls(scope, receive)
        elif call == "next":
            if stream is None:
                stream = request.stream()
            results.append(outcome_of(stream.__anext__))
        elif call == "aclose":
            if stream is not None:
                results.append(outcome_of(stream.aclose))
        else:
            results.append(outcome_of(getattr(request, call)))
        results.append((call, request.is_connected, len(receive.steps)))
    return results


def outcome_of(function: Any) -> tuple[Any, ...]:
    try:
        return "returned", drive(function())
    except StopAsyncIteration:
        return ("stopped",)
    except Exception as error:
        return "raised", type(error).__name__, str(error), getattr(error, "status_code", None)


MORE = {"type": "http.request", "body": b"ab", "more_body": True}
LAST = {"type": "http.request", "body": b"1"}


@pytest.mark.parametrize(
    "steps",
    [
        [LAST],
        [MORE, LAST],
        ["suspend", MORE, "suspend", "suspend", LAST],
        [MORE] * 6 + [LAST],
        [DISCONNECT],
        [MORE, DISCONNECT],
        [MORE, OSError("x"), LAST],
        [{}],
        [None],
        [{"type": "http.request"}],
        [],
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "calls",
    [
        ["body", "body"],
        ["json", "json", "body"],
        ["msgpack", "json"],
        ["stream", "next", "next", "next", "next"],
        ["next", "body", "next"],
        ["body", "next", "next", "next"],
        ["next", "aclose", "next", "body"],
        ["body", "other", "body", "json"],
        ["next", "other", "stream", "next", "next"],
    ],
    ids=",".join,
)
@pytest.mark.parametrize(
    "headers", [[], [(b"content-length", b"11")], [(b"content-length", b"x")]], ids=["none", "11", "x"]
)
def test_sequences(twins: Any, steps: Any, calls: list[str], headers: Any) -> None:
    compiled, pure = (play(side, steps, calls, headers) for side in twins)
    assert compiled == pure


@pytest.mark.parametrize("name", ["body", "json", "msgpack"])
def test_driven_by_hand(side: Any, name: str) -> None:
    operation = getattr(
        side.Request(http_scope(), Script(["suspend", MORE, "suspend", {"type": "http.request"}])), name
    )()
    with pytest.raises(TypeError, match="just-started"):
        operation.send(1)
    assert operation.send(None) is None
    assert operation.cr_running is False
    assert operation.cr_await is not None
    assert operation.send(None) is None
    with pytest.raises((StopIteration, side.SerializationException)) as info:
        operation.send(None)
    if name == "body":
        assert info.value.value == b"ab"
    with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
        operation.send(None)
    operation.close()


@pytest.mark.parametrize(
    "receive",
    [None, 5, lambda: None, lambda: 5, lambda event: None],
    ids=["None", "5", "gives-None", "gives-5", "wants-an-argument"],
)
def test_receive_that_is_none(twins: Any, receive: Any) -> None:
    compiled, pure = (outcome_of(side.Request(http_scope(), receive).body) for side in twins)
    assert compiled[:2] == pure[:2]
    assert compiled[1] == "TypeError"
