"""`Request.form()`: the form that it returns, its bounds, and its files."""

from __future__ import annotations

import asyncio
import collections.abc
import gc
import importlib
import inspect
import threading
import tracemalloc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from ..helpers import DISCONNECT, Receiver, body_events, drive, forever, sleep
from .bodies import (
    BOUNDARY,
    FIELDS,
    FIELDS_FORM,
    MIX,
    MIX_FORM,
    MULTIPART,
    URLENCODED,
    at_once,
    contents,
    cut_off,
    make_request,
    more,
    multipart,
    part,
    read_form,
    read_parts,
    recorded_disk,
    split,
    verdict,
)

FILE = multipart(part("a", b"1"), part("f", b"x" * 100, "f.txt"), part("b", b"2"))
FILE_FORM = [("a", "1"), ("f", ("f.txt", "application/octet-stream", b"x" * 100)), ("b", "2")]
BOTH = pytest.mark.parametrize(
    ("kind", "body", "pairs"),
    [(MULTIPART, MIX, MIX_FORM), (URLENCODED, FIELDS, FIELDS_FORM)],
    ids=["multipart", "urlencoded"],
)


@pytest.fixture
def uploads(side: Any, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The files that `form()` makes, also those of a form that nobody gets."""
    made: list[Any] = []
    module = importlib.import_module(f"{side.__name__}.forms.storage")

    def make(*arguments: Any, **options: Any) -> Any:
        made.append(side.UploadFile(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(module, "UploadFile", make)
    return made


class TestForm:
    @BOTH
    @pytest.mark.parametrize("suspend", [False, True], ids=["at-once", "suspending"])
    def test_twice(self, side: Any, run: Any, suspend: bool, kind: bytes, body: bytes, pairs: Any) -> None:
        async def main() -> None:
            request = make_request(side, *split(body, 50), content_type=kind, suspend=suspend)
            form = await request.form()
            assert type(form) is side.FormMultiDict
            assert await contents(form) == pairs
            assert await request.form() is form
            async with request.form() as again:
                assert again is form
            # over the same scope, by another object, which receives nothing
            assert await side.Request(request.scope, Receiver()).form() is form
            await form.close()
            await form.close()

        run(main)

    @BOTH
    def test_after_body(self, side: Any, run: Any, kind: bytes, body: bytes, pairs: Any) -> None:
        async def main() -> None:
            request = make_request(side, *split(body, 50), content_type=kind)
            assert await request.body() == body
            assert await read_form(request) == pairs
            assert await request.body() == body

        run(main)

    @BOTH
    def test_body_afterwards(self, side: Any, kind: bytes, body: bytes, pairs: Any) -> None:
        async def main() -> None:
            request = make_request(side, *split(body, 50), content_type=kind)
            assert await read_form(request) == pairs
            if kind == URLENCODED:
                assert await request.body() == body
                assert [chunk async for chunk in request.stream()] == [body, b""]
            else:
                for _ in range(2):
                    with pytest.raises(side.StreamConsumed):
                        await request.body()

        drive(main())

    @BOTH
    def test_after_a_stream(self, side: Any, kind: bytes, body: bytes, pairs: Any) -> None:
        async def main() -> None:
            request = make_request(side, *split(body, 50), content_type=kind)
            async for chunk in request.stream():
                assert chunk
                break
            for _ in range(2):
                with pytest.raises(side.StreamConsumed):
                    await request.form()

        drive(main())

    @BOTH
    def test_after_is_disconnected(self, side: Any, run: Any, kind: bytes, body: bytes, pairs: Any) -> None:
        async def main() -> None:
            request = make_request(side, *split(body, 50), content_type=kind)
            for _ in range(3):
                assert await request.is_disconnected() is False
            assert await read_form(request) == pairs

        run(main)

    @BOTH
    def test_of_a_class_with_a_body_of_its_own(self, side: Any, kind: bytes, body: bytes, pairs: Any) -> None:
        class Own(side.Request):  # type: ignore[misc]
            async def body(self) -> bytes:
                return bytes(await super().body()) + b"&own=1"

        request = make_request(side, *split(body, 50), content_type=kind, cls=Own)
        assert drive(read_form(request)) == pairs + [("own", "1")] * (kind == URLENCODED)

    @pytest.mark.parametrize("kind", [b"text/plain", b"application/json", b"multipart/mixed; boundary=a", b""])
    def test_other_content_types(self, side: Any, kind: bytes) -> None:
        request = make_request(side, b"a=1", content_type=kind)
        form = drive(request.form())
        assert type(form) is side.FormMultiDict
        assert not form
        assert drive(request.form()) is form
        assert request.receive.calls == 0

    def test_what_one_changes_the_next_does_not_see(self, side: Any) -> None:
        for _ in range(2):
            for kind, body, pairs in ((MULTIPART, FILE, FILE_FORM), (URLENCODED, FIELDS, FIELDS_FORM)):
                form = drive(make_request(side, body, content_type=kind).form())
                assert drive(contents(form)) == pairs
                form["new"] = "1"
                if "f" in form and not isinstance(form["f"], str):
                    form["f"].headers["x"] = "y"
                form.close_now()
                form.clear()

    def test_multidict(self, side: Any) -> None:
        form = drive(make_request(side, b"a=1&b=2&a=3", content_type=URLENCODED).form())
        assert form["a"] == "1"
        assert form.getall("a") == ["1", "3"]
        assert form.multi_items() == [("a", "1"), ("b", "2"), ("a", "3")]
        assert form.dict() == {"a": ["1", "3"], "b": ["2"]}
        assert type(form.copy()) is side.FormMultiDict


class TestAwaitable:
    def test_is_a_coroutine(self, side: Any) -> None:
        reading = make_request(side, FIELDS, content_type=URLENCODED).form()
        assert isinstance(reading, collections.abc.Coroutine)
        assert inspect.isawaitable(reading)
        assert asyncio.iscoroutine(reading)
        assert "form" in repr(reading)
        reading.close()
        with pytest.raises(RuntimeError):
            drive(reading)

    def test_awaited_twice(self, side: Any) -> None:
        reading = make_request(side, FIELDS, content_type=URLENCODED).form()
        drive(reading)
        with pytest.raises(RuntimeError, match="already awaited"):
            drive(reading)

    def test_never_awaited(self, side: Any) -> None:
        request = make_request(side, FIELDS, content_type=URLENCODED)
        with pytest.warns(RuntimeWarning, match="never awaited"):
            request.form()
            gc.collect()
        assert request.receive.calls == 0
        assert drive(read_form(request)) == FIELDS_FORM

    @BOTH
    @pytest.mark.parametrize("debug", [False, True])
    def test_tasks(self, side: Any, kind: bytes, body: bytes, pairs: Any, debug: bool) -> None:
        def make() -> Any:
            return make_request(side, *split(body, 50), content_type=kind, suspend=True).form()

        async def main() -> None:
            forms = [
                await asyncio.create_task(make()),
                *await asyncio.gather(make(), make()),
                await asyncio.wait_for(make(), 20),
                await asyncio.shield(make()),
                await asyncio.ensure_future(make()),
            ]
            async with asyncio.TaskGroup() as group:
                task = group.create_task(make())
            for form in [*forms, task.result()]:
                assert await contents(form) == pairs
                form.close_now()

        asyncio.run(main(), debug=debug)

    def test_started_by_a_nursery(self, side: Any) -> None:
        trio = pytest.importorskip("trio")
        request = make_request(side, *split(MIX, 50), suspend=True)

        async def main() -> None:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(request.form)
            assert await read_form(request) == MIX_FORM

        trio.run(main)

    def test_run_by_asyncio(self, side: Any) -> None:
        with asyncio.Runner() as runner:
            assert list(runner.run(make_request(side, FIELDS, content_type=URLENCODED).form()).items()) == FIELDS_FORM

    def test_thrown_into(self, side: Any) -> None:
        request = make_request(side, *split(FIELDS, 9), content_type=URLENCODED, suspend=True)
        reading = request.form()
        reading.send(None)
        with pytest.raises(LookupError, match="thrown"):
            reading.throw(LookupError("thrown"))
        assert asyncio.run(read_form_in_loop(request)) == FIELDS_FORM

    def test_dies_without_the_collector(self, side: Any) -> None:
        gc.collect()
        gc.disable()
        try:
            for kind, body in ((MULTIPART, MIX), (URLENCODED, FIELDS), (MULTIPART, MIX[:-9])):
                request = make_request(side, body, content_type=kind)
                alive = weakref.ref(request)
                try:
                    drive(request.form()).close_now()
                except side.ClientException as error:
                    del error
                del request
                assert alive() is None
        finally:
            gc.enable()


async def read_form_in_loop(request: Any) -> Any:
    return await asyncio.wait_for(asyncio.ensure_future(read_form(request)), 20)


class TestCancelled:
    @pytest.mark.parametrize("cut", [0, 1, 10, 40, len(FIELDS)])
    def test_urlencoded_goes_on(self, side: Any, run: Any, cut: int) -> None:
        async def main() -> None:
            receive = Gate(more(FIELDS[:cut]))
            request = make_request(side, receive=receive, content_type=URLENCODED)
            assert await cut_off(0.02, request.form)
            assert await cut_off(0.02, request.form)
            receive.events += body_events(FIELDS[cut:])
            assert await read_form(request) == FIELDS_FORM
            assert await request.body() == FIELDS

        run(main)

    @pytest.mark.parametrize("cut", [10, 150, 300, len(MIX) - 3])
    def test_multipart_does_not_go_on_in_the_middle(self, side: Any, run: Any, cut: int) -> None:
        async def main() -> None:
            receive = Gate(more(MIX[:cut]))
            request = make_request(side, receive=receive)
            assert await cut_off(0.02, request.form)
            receive.events += body_events(MIX[cut:])
            for _ in range(2):
                with pytest.raises(side.StreamConsumed):
                    await request.form()
            with pytest.raises(side.StreamConsumed):
                await request.body()

        run(main)

    def test_multipart_before_anything_arrived(self, side: Any, run: Any) -> None:
        async def main() -> None:
            receive = Gate()
            request = make_request(side, receive=receive)
            assert await cut_off(0.02, request.form)
            receive.events += body_events(MIX)
            # nothing is lost: the form, or a plain refusal, but no part of it
            outcome = await verdict(read_form(request))
            assert outcome == ("read", MIX_FORM) or outcome[1] == "StreamConsumed"

        run(main)

    @pytest.mark.parametrize("error", ["broken", "limit", "receive"])
    def test_multipart_after_an_error(self, side: Any, error: str) -> None:
        head = multipart(part("a", b"1"), part("a", b"\xff" if error == "broken" else b"12"))[: -len(BOUNDARY)]
        tail = b"\r\n--" + multipart(part("later", b"2"))[2:]
        events = [more(head), *([OSError("lost")] if error == "receive" else []), *body_events(tail)]
        request = make_request(side, *events, max_field_size=1 if error == "limit" else 100)
        first = drive(verdict(read_form(request)))
        assert first[0] == "raised"
        second = drive(verdict(read_form(request)))
        # the same again, or that the body is gone; never the fields behind the error
        assert second[0] == "raised"


class Gate:
    """A `receive` that gives the events there are, and waits while there are none."""

    def __init__(self, *events: Any) -> None:
        self.events = list(events)

    async def __call__(self) -> Any:
        while not self.events:
            await sleep(0.001)
        return self.events.pop(0)


class TestTwoTasks:
    def test_urlencoded(self, side: Any, run: Any) -> None:
        async def main() -> None:
            request = make_request(side, *split(FIELDS, 9), content_type=URLENCODED, suspend=True)
            self.check(await at_once(request.form, request.form), FIELDS_FORM)

        run(main)

    def test_multipart(self, side: Any, run: Any) -> None:
        async def main() -> None:
            request = make_request(side, *split(MIX, 50), suspend=True)
            results = await at_once(*[lambda: read_form(request)] * 2)
            assert MIX_FORM in results
            for result in results:
                assert result == MIX_FORM or isinstance(result, RuntimeError), result

        run(main)

    @pytest.mark.parametrize("reading", ["form", "body", "stream_form", "stream"])
    def test_while_the_first_writes_to_disk(self, side: Any, run: Any, reading: str) -> None:
        """What the first has not asked for yet must not go to the second."""
        data = b"x" * 1_100_000
        body = multipart(part("f", data, "f"), part("later", b"1"))
        second = multipart(part("later", b"1"))
        rest = body.index(b"\r\n--" + second[2:30])

        async def main() -> None:
            request = make_request(side, body[:rest], body[rest:], spool_size=10)
            disk.gate = threading.Event()

            async def other() -> Any:
                while not disk.entered.is_set():
                    await sleep(0.001)
                try:
                    if reading in ("stream", "stream_form"):
                        return [each async for each in getattr(request, reading)()]
                    return list(await getattr(request, reading)())
                finally:
                    disk.gate.set()

            first, intruder = await at_once(request.form, other)
            if reading == "stream":
                # it may take what nobody is receiving; the form then says so, and blames no client
                assert isinstance(first, RuntimeError), first
                return
            assert isinstance(intruder, RuntimeError), intruder
            assert isinstance(first, side.FormMultiDict), first
            assert [(name, getattr(value, "size", value)) for name, value in first.items()] == [
                ("f", len(data)),
                ("later", "1"),
            ]
            await first.close()

        with recorded_disk() as disk:
            run(main)

    def check(self, results: list[Any], pairs: Any) -> None:
        forms = [result for result in results if not isinstance(result, Exception)]
        assert forms
        for result in results:
            assert isinstance(result, RuntimeError) or list(result.items()) == pairs


def fields(count: int, kind: bytes) -> bytes:
    return b"&".join([b"a=1"] * count) if kind == URLENCODED else multipart(*[part("a", b"1")] * count)


def one(size: int, kind: bytes) -> bytes:
    return b"a=" + b"x" * size if kind == URLENCODED else multipart(part("a", b"x" * size))


KINDS = pytest.mark.parametrize("kind", [MULTIPART, URLENCODED], ids=["multipart", "urlencoded"])


class TestLimits:
    def outcome(self, side: Any, body: bytes, size: int, kind: bytes = MULTIPART, **limits: Any) -> Any:
        request = make_request(side, *split(body, size), content_type=kind, **limits)
        return drive(verdict(read_form(request)))

    def check(self, side: Any, name: str, limit: int, inside: bytes, beyond: bytes, kind: bytes = MULTIPART) -> None:
        for size in (1, 10, 10_000):
            assert self.outcome(side, inside, size, kind, **{name: limit})[0] == "read"
            outcome = self.outcome(side, beyond, size, kind, **{name: limit})
            assert outcome[:3] == ("raised", "RequestEntityTooLarge", 413)
            assert name in outcome[3] and str(limit) in outcome[3]
            assert self.outcome(side, beyond, size, kind, **{name: None})[0] == "read"

    @KINDS
    @pytest.mark.parametrize("limit", [0, 1, 2, 20])
    def test_fields(self, side: Any, kind: bytes, limit: int) -> None:
        self.check(side, "max_fields", limit, fields(limit, kind), fields(limit + 1, kind), kind)

    @KINDS
    @pytest.mark.parametrize("limit", [0, 1, 20])
    def test_field_size(self, side: Any, kind: bytes, limit: int) -> None:
        # a name counts as well, where it stands in the body
        inside = one(limit, kind) if limit else (b"=" if kind == URLENCODED else one(0, kind))
        self.check(side, "max_field_size", limit, inside, one(limit + 1, kind), kind)

    @pytest.mark.parametrize("piece", [b"%41", b"+", b"%2B", b"\x80", b"=", b"%zz"[:1], b"%C3"])
    def test_field_size_is_that_of_the_decoded_bytes(self, side: Any, piece: bytes) -> None:
        self.check(side, "max_field_size", 9, b"a=" + piece * 9, b"a=" + piece * 10, URLENCODED)

    def test_field_size_of_a_name(self, side: Any) -> None:
        self.check(side, "max_field_size", 9, b"%61" * 9 + b"=1", b"%61" * 10 + b"=1", URLENCODED)
        self.check(side, "max_field_size", 9, b"a" * 9, b"a" * 10, URLENCODED)

    def test_percent_signs_that_escape_nothing_hide_nothing(self, side: Any) -> None:
        for body in (b"a=" + b"%" * 100, b"a=" + b"%" * 40 + b"x" * 60, b"a=" + b"%zz" * 30, b"a=" + b"%4" * 50):
            assert self.outcome(side, body, 7, URLENCODED, max_field_size=50)[1] == "RequestEntityTooLarge", body

    @pytest.mark.parametrize("limit", [0, 1, 20])
    def test_file_size(self, side: Any, limit: int) -> None:
        inside, beyond = (multipart(part("f", b"x" * size, "f")) for size in (limit, limit + 1))
        self.check(side, "max_file_size", limit, inside, beyond)

    def test_file_size_is_not_that_of_fields(self, side: Any) -> None:
        body = multipart(part("f", b"x" * 10, "f"), part("a", b"x" * 5), part("g", b"", "g"))
        assert self.outcome(side, body, 9, max_file_size=10, max_field_size=5)[0] == "read"

    @pytest.mark.parametrize("limit", [1, 2, 20])
    def test_part_headers(self, side: Any, limit: int) -> None:
        inside, beyond = (
            multipart(part("a", b"1", None, *[b"X: y"] * (count - 1)), part("a", b"1", None, *[b"X: y"] * (count - 1)))
            for count in (limit, limit + 1)
        )
        self.check(side, "max_part_headers", limit, inside, beyond)

    @pytest.mark.parametrize("limit", [60, 100])
    @pytest.mark.parametrize("name", [b"X: ", b"X:", b"X:  "], ids=str)
    def test_part_header_size(self, side: Any, limit: int, name: bytes) -> None:
        inside, beyond = (
            multipart(part("a", b"1", None, name + b"y" * (size - len(name)))) for size in (limit, limit + 1)
        )
        self.check(side, "max_part_header_size", limit, inside, beyond)

    @KINDS
    def test_body_size(self, side: Any, kind: bytes) -> None:
        body = fields(3, kind)
        self.check(side, "max_body_size", len(body), body, body + b" ", kind)

    @KINDS
    def test_announced_body_size(self, side: Any, kind: bytes) -> None:
        body = fields(3, kind)
        request = make_request(side, body, content_type=kind, max_body_size=9, headers=[(b"content-length", b"10")])
        assert drive(verdict(read_form(request)))[1] == "RequestEntityTooLarge"
        assert request.receive.calls == 0

    @KINDS
    def test_default(self, side: Any, kind: bytes) -> None:
        for body, expected in ((fields(1000, kind), "read"), (fields(1001, kind), "raised")):
            assert drive(verdict(read_form(make_request(side, body, content_type=kind))))[0] == expected
        for size, expected in ((1024 * 1024, "read"), (1024 * 1024 + 1, "raised")):
            request = make_request(side, one(size, kind), content_type=kind)
            assert drive(verdict(read_form(request)))[0] == expected

    @KINDS
    @pytest.mark.parametrize(
        "bound", ["max_fields", "max_field_size", "max_body_size", "max_file_size", "max_part_headers"]
    )
    def test_at_once(self, side: Any, bound: str, kind: bytes) -> None:
        """Nothing is received behind the event that passes a bound."""
        separator = b"&" if kind == URLENCODED else b"\r\n--" + BOUNDARY + b"\r\n"
        start = b"" if kind == URLENCODED else separator[2:]
        match bound:
            case "max_fields":
                chunks = [(b"a=1" if kind == URLENCODED else part("a", b"1")) + separator] * 50
                calls = 11
            case "max_field_size":
                chunks = [b"a=1" if kind == URLENCODED else part("a", b"1"), *[b"x"] * 50]
                calls = 11
            case "max_file_size" if kind == MULTIPART:
                chunks = [part("a", b"1", "f"), *[b"x"] * 50]
                calls = 11
            case "max_part_headers" if kind == MULTIPART:
                chunks = [b'Content-Disposition: form-data; name="a"\r\n', *[b"X: y\r\n"] * 50]
                calls = 11
            case "max_body_size":
                chunks = [b"a"] * 50
                calls, start = 11, b""
            case _:
                pytest.skip("this encoding has none")
        chunks[0] = start + chunks[0]
        request = make_request(side, *map(more, chunks), content_type=kind, **{bound: 10})
        assert drive(verdict(read_form(request)))[1] == "RequestEntityTooLarge"
        # the part that is one too many is known when its boundary is complete
        assert request.receive.calls in (calls - 1, calls)

    def test_limits_count_for_a_kept_body_too(self, side: Any) -> None:
        for kind in (MULTIPART, URLENCODED):
            request = make_request(side, fields(3, kind), content_type=kind, max_fields=2)
            drive(request.body())
            for _ in range(2):
                assert drive(verdict(read_form(request)))[1] == "RequestEntityTooLarge"

    def test_urlencoded_again_after_too_much(self, side: Any) -> None:
        request = make_request(side, *split(fields(30, URLENCODED), 4), content_type=URLENCODED, max_fields=9)
        for _ in range(3):
            assert drive(verdict(read_form(request)))[1] == "RequestEntityTooLarge"


ENDINGS: dict[str, tuple[Any, ...]] = {
    "broken": (b"\r\n--" + BOUNDARY + b"\r\nbroken\r\n\r\n",),
    "cut off": (b"\r\n--" + BOUNDARY + b"\r\n" + part("g", b"x" * 99, "g"),),
    "undecodable": (b"\r\n" + multipart(part("a", b"\xff")),),
    "charset": (b"\r\n" + multipart(part("a", b"a", content_type=b"a/b; charset=nope")),),
    "field size": (b"\r\n" + multipart(part("a", b"x" * 200)),),
    "file size": (b"\r\n" + multipart(part("g", b"x" * 200, "g")),),
    "fields": (b"\r\n" + multipart(*[part("a")] * 9),),
    "headers": (b"\r\n" + multipart(part("a", b"1", None, *[b"X: y"] * 20)),),
    "disconnect": (b"\r\n--" + BOUNDARY + b"\r\n" + part("g", b"x" * 99, "g"), DISCONNECT),
    "receive": (b"\r\n--" + BOUNDARY + b"\r\n" + part("g", b"x" * 99, "g"), OSError("lost")),
    "event": (b"", {"type": "nonsense"}),
}


class TestFilesAreClosed:
    @pytest.fixture(params=[0, 10_000], ids=["on-disk", "in-memory"])
    def spool_size(self, request: pytest.FixtureRequest) -> Any:
        return request.param

    @pytest.fixture
    def disk(self, uploads: list[Any]) -> Iterator[Any]:
        with recorded_disk() as disk:
            yield disk
        assert uploads and all(upload.closed for upload in uploads)

    def make(self, side: Any, spool_size: int, *ending: Any) -> Any:
        start = (
            b"--"
            + BOUNDARY
            + b"\r\n"
            + part("f", b"x" * 99, "f")
            + b"\r\n--"
            + BOUNDARY
            + b"\r\n"
            + part("f", b"y", "f")
        )
        events = [more(each) if isinstance(each, bytes) else each for each in ending]
        if all(isinstance(each, bytes) for each in ending):
            events += body_events(b"")
        return make_request(
            side, more(start), *events, spool_size=spool_size, max_fields=8, max_field_size=100, max_file_size=100
        )

    @pytest.mark.parametrize("ending", ENDINGS)
    def test_on_an_error(
        self, side: Any, run: Any, disk: Any, uploads: list[Any], spool_size: int, ending: str
    ) -> None:
        async def main() -> None:
            with pytest.raises((side.ClientException, OSError, side.ImproperlyConfiguredException)):
                await self.make(side, spool_size, *ENDINGS[ending]).form()
            assert all(upload.closed for upload in uploads)
            assert disk.all_closed

        run(main)
        assert bool(disk.files) is (spool_size == 0)

    @pytest.mark.parametrize("way", ["with", "with-error", "close", "close_now", "wrapped"])
    def test_by_the_application(
        self, side: Any, run: Any, disk: Any, uploads: list[Any], spool_size: int, way: str
    ) -> None:
        async def main() -> None:
            request = self.make(side, spool_size, b"\r\n" + multipart(part("a", b"1")))
            if way == "with":
                async with request.form() as form:
                    assert [await upload.read() for upload in form.getall("f")] == [b"x" * 99, b"y"]
            elif way == "with-error":
                with pytest.raises(LookupError):
                    async with request.form():
                        raise LookupError
            elif way == "close_now":
                (await request.form()).close_now()
            else:
                form = await request.form()
                await form.close()
                await form.close()
                with pytest.raises(ValueError):
                    await form["f"].read()
            assert [upload.closed for upload in uploads] == [True, True]
            assert (await request.form())["a"] == "1"

        run(main)

    def test_by_each_file(self, side: Any, run: Any, disk: Any, spool_size: int) -> None:
        async def main() -> None:
            form = await self.make(side, spool_size, b"\r\n" + multipart(part("a", b"1"))).form()
            for upload in form.getall("f"):
                await upload.close()
                await upload.close()
            await form.close()

        run(main)

    def test_by_cancellation(self, side: Any, run: Any, disk: Any, uploads: list[Any], spool_size: int) -> None:
        async def main() -> None:
            request = self.make(side, spool_size, b"zzz", *[])
            request.receive = Gate(*list(request.receive.events)[:-1])
            assert await cut_off(0.1, request.form)
            # one that is still arriving is in memory as chunks, or closed with the others
            assert uploads
            assert all(upload.closed for upload in uploads)

        run(main)

    def test_by_cancellation_with_the_context_manager(
        self, side: Any, run: Any, disk: Any, uploads: list[Any], spool_size: int
    ) -> None:
        async def main() -> None:
            request = self.make(side, spool_size, b"\r\n" + multipart(part("a", b"1")))

            async def work() -> None:
                async with request.form():
                    await forever()

            assert await cut_off(0.1, work)
            assert all(upload.closed for upload in uploads)

        run(main)

    def test_by_closing_the_coroutine(self, side: Any, disk: Any, uploads: list[Any]) -> None:
        request = self.make(side, 10_000, b"zzz")
        request.receive = Receiver(list(request.receive.events)[:2], suspend=True)
        reading = request.form()

        async def main() -> None:
            for _ in range(3):
                reading.send(None)
            assert uploads
            reading.close()
            assert all(upload.closed for upload in uploads)

        asyncio.run(main())

    @pytest.mark.parametrize("moment", ["make", "write"])
    def test_cancelled_while_a_thread_writes(
        self, side: Any, run: Any, disk: Any, uploads: list[Any], moment: str
    ) -> None:
        async def main() -> None:
            request = self.make(side, 0 if moment == "make" else 98, b"\r\n" + multipart(part("a", b"1")))
            disk.gate = threading.Event()
            timer = threading.Timer(0.15, disk.gate.set)
            timer.start()
            cancelled = await cut_off(0.05, request.form)
            timer.join()
            if not cancelled:
                # trio: the thread came to its end, and nothing was left to wait for
                (await request.form()).close_now()
            assert all(upload.closed for upload in uploads)

        run(main)

    def test_full_disk(self, side: Any, run: Any, disk: Any, uploads: list[Any]) -> None:
        async def main() -> None:
            disk.error = OSError(28, "full")
            with pytest.raises(OSError, match="full"):
                await self.make(side, 5, b"\r\n" + multipart(part("a", b"1"))).form()
            assert disk.files

        run(main)

    def test_disk_that_makes_no_file(
        self, side: Any, run: Any, uploads: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*arguments: Any, **options: Any) -> Any:
            raise PermissionError("no")

        async def main() -> None:
            monkeypatch.setattr("tempfile.TemporaryFile", fail)
            with pytest.raises(PermissionError):
                await self.make(side, 5, b"").form()
            assert uploads and all(upload.closed for upload in uploads)

        run(main)


class TestDisk:
    def test_only_in_threads(self, side: Any, run: Any) -> None:
        body = multipart(part("f", b"x" * 3_000_000, "f"), part("g", b"y" * 100, "g"), part("a", b"1"))

        async def main() -> None:
            async with make_request(side, *split(body, 65536), spool_size=50, suspend=True).form() as form:
                assert form["f"].rolled_to_disk and form["g"].rolled_to_disk
                assert await form["f"].read() == b"x" * 3_000_000
                assert await form["g"].read(60) == b"y" * 60

        with recorded_disk() as disk:
            run(main)
        assert len(disk.files) == 2
        assert disk.threads
        assert threading.get_ident() not in disk.threads

    @pytest.mark.parametrize(("size", "on_disk"), [(0, False), (99, False), (100, False), (101, True)])
    @pytest.mark.parametrize("pieces", [7, 10_000])
    def test_spool_size(self, side: Any, run: Any, size: int, on_disk: bool, pieces: int) -> None:
        async def main() -> None:
            request = make_request(side, *split(multipart(part("f", b"x" * size, "f")), pieces), spool_size=100)
            async with request.form() as form:
                assert form["f"].rolled_to_disk is on_disk
                assert form["f"].size == size
                assert await form["f"].read() == b"x" * size

        with recorded_disk():
            run(main)

    def test_constant_memory(self, side: Any) -> None:
        count = 640

        async def receive() -> Any:
            nonlocal count
            count -= 1
            match count:
                case 639:
                    return more(b"--" + BOUNDARY + b"\r\n" + part("f", b"", "f"))
                case 0:
                    return body_events(b"\r\n--" + BOUNDARY + b"--")[0]
            return more(bytes(65536))

        async def main() -> int:
            tracemalloc.start()
            try:
                async with make_request(side, receive=receive, max_body_size=None).form() as form:
                    assert form["f"].size == 638 * 65536
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        assert asyncio.run(main()) < 8_000_000

    def test_nothing_is_left_of_many_forms(self, side: Any) -> None:
        async def main() -> None:
            for _ in range(200):
                async with make_request(side, FILE, spool_size=10).form() as form:
                    assert form["f"].rolled_to_disk

        with recorded_disk() as disk:
            asyncio.run(main())
        assert len(disk.files) == 200


def test_overridden_stream_runs_to_its_end(side: Any) -> None:
    ended = []

    class Streaming(side.Request):  # type: ignore[misc, name-defined]
        async def stream(self) -> Any:
            async for chunk in super().stream():
                yield chunk
            ended.append(self)

    request = make_request(side, MIX, content_type=MULTIPART, cls=Streaming)
    assert len(drive(request.form())) == len(drive(make_request(side, MIX, content_type=MULTIPART).form()))
    assert ended == [request]


@pytest.mark.parametrize("cut", [0, 9])
@pytest.mark.parametrize("reading", ["form", "stream_form"])
def test_overridden_stream_without_an_empty_end(side: Any, reading: str, cut: int) -> None:
    """Where the body is broken off, it is refused, as with litecon's own stream."""

    class Streaming(side.Request):  # type: ignore[misc, name-defined]
        async def stream(self) -> Any:
            yield MIX[: len(MIX) - cut]

    async def main() -> Any:
        request = Streaming(make_request(side, content_type=MULTIPART).scope, Receiver())
        if reading == "stream_form":
            return [part.name async for part in request.stream_form()]
        async with request.form() as form:
            return [name for name, _ in form.items()]

    if cut:
        with pytest.raises(side.ClientException, match="the multipart body is broken"):
            asyncio.run(main())
    else:
        assert asyncio.run(main()) == [name for name, _ in MIX_FORM]


class TestDisconnectInTheMiddle:
    """It is said each time, whatever is asked for next."""

    READINGS = {
        "form": lambda request: request.form(),
        "stream_form": lambda request: read_parts(request),
        "body": lambda request: request.body(),
        "json": lambda request: request.json(),
        "stream": lambda request: read_chunks(request),
    }

    @BOTH
    @pytest.mark.parametrize("second", READINGS)
    @pytest.mark.parametrize("first", READINGS)
    def test_each_time(
        self, side: Any, run: Any, first: str, second: str, kind: bytes, body: bytes, pairs: Any
    ) -> None:
        async def main() -> None:
            for cut in (0, 1, 10, len(body) - 10):
                for size in (5, 10_000):
                    events = [more(piece) for piece in split(body[:cut], size)]
                    request = make_request(side, *events, DISCONNECT, content_type=kind)
                    for reading in (first, first, second, second, first):
                        with pytest.raises(side.ClientDisconnect):
                            await self.READINGS[reading](request)
                    with pytest.raises(side.ClientDisconnect):
                        await self.READINGS[second](side.Request(request.scope, Receiver()))
                    assert await request.is_disconnected()

        run(main)

    @BOTH
    def test_behind_the_end_is_none(self, side: Any, run: Any, kind: bytes, body: bytes, pairs: Any) -> None:
        """A body that came whole was given away, and not cut off."""

        async def main() -> None:
            request = make_request(side, *body_events(body), DISCONNECT, content_type=kind)
            assert await read_parts(request) == pairs
            assert await request.is_disconnected()
            for reading in (request.form, request.body):
                with pytest.raises(side.StreamConsumed):
                    await reading()

        run(main)

    def test_found_out_while_events_are_left(self, side: Any, run: Any) -> None:
        """What came before it can be read on."""

        async def main() -> None:
            cut = len(MIX) - 10
            request = make_request(side, more(MIX[:100]), more(MIX[100:cut]), DISCONNECT)
            stream = request.stream()
            assert await anext(stream) == MIX[:100]
            while not await request.is_disconnected():
                pass
            with pytest.raises(side.ClientDisconnect):
                await request.form()
            assert await anext(stream) == MIX[100:cut]
            with pytest.raises(side.ClientDisconnect):
                await anext(stream)
            for reading in (request.form, request.body):
                with pytest.raises(side.ClientDisconnect):
                    await reading()

        run(main)


async def read_chunks(request: Any) -> bytes:
    return b"".join([chunk async for chunk in request.stream()])


@pytest.mark.parametrize(("kind", "body"), [(MULTIPART, MIX), (URLENCODED, FIELDS)])
def test_bounds_that_are_more_than_there_can_be(side: Any, kind: Any, body: bytes) -> None:
    names = [name for name in side.Limits.__slots__ if name != "spool_size"]
    cls = type("Unbounded", (side.Request,), {"limits": side.Limits(**dict.fromkeys(names, 2**70))})
    headers = [(b"content-type", kind if isinstance(kind, bytes) else kind.encode())]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "query_string": b"a=1"}

    async def read() -> int:
        async with cls(scope, Receiver(body_events(body[:9], body[9:]))).form() as form:
            return len(form)

    assert drive(read()) > 0
    assert len(cls(scope).query_params) == 1


def test_the_coroutine_of_a_form_has_the_names_and_the_state_of_one(side: Any) -> None:
    reading = make_request(side, b"a=1", content_type=URLENCODED).form()
    assert (reading.__name__, reading.__qualname__) == ("form", "Request.form")
    assert (reading.cr_running, reading.cr_suspended, reading.cr_await, reading.cr_origin) == (False, False, None, None)
    assert reading.cr_code.co_name in ("form", "Request.form", "_read_form")
    with pytest.raises(AttributeError):
        _ = reading.missing
    reading.close()
    assert reading.cr_frame is None
