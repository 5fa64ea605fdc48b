"""`Request.stream_form()`: parts as they arrive."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
import weakref
from typing import Any

import pytest

from ..helpers import DISCONNECT, body_events, drive, sleep
from .bodies import (
    BOUNDARY,
    FIELDS,
    FIELDS_FORM,
    MIX,
    MIX_FORM,
    MULTIPART,
    URLENCODED,
    at_once,
    cut_off,
    make_request,
    more,
    multipart,
    part,
    read_parts,
    split,
    verdict,
)

THREE = multipart(part("a", b"one"), part("f", b"x" * 100, "f.txt", content_type=b"text/plain"), part("c", b"three"))
BOTH = pytest.mark.parametrize(
    ("kind", "body", "pairs"),
    [(MULTIPART, MIX, MIX_FORM), (URLENCODED, FIELDS, FIELDS_FORM)],
    ids=["multipart", "urlencoded"],
)


async def names(stream: Any) -> list[str]:
    return [each.name async for each in stream]


class TestParts:
    @BOTH
    @pytest.mark.parametrize("size", [1, 30, 10_000])
    def test_order(self, side: Any, run: Any, kind: bytes, body: bytes, pairs: Any, size: int) -> None:
        async def main() -> None:
            request = make_request(side, *split(body, size), content_type=kind, suspend=True)
            assert await read_parts(request) == pairs

        run(main)

    @BOTH
    @pytest.mark.parametrize("size", [1, 30, 10_000])
    def test_none_is_read(self, side: Any, run: Any, kind: bytes, body: bytes, pairs: Any, size: int) -> None:
        async def main() -> None:
            request = make_request(side, *split(body, size), content_type=kind)
            assert await names(request.stream_form()) == [name for name, _ in pairs]

        run(main)

    @BOTH
    @pytest.mark.parametrize("remainder", [0, 1])
    def test_every_other_is_read(self, side: Any, kind: bytes, body: bytes, pairs: Any, remainder: int) -> None:
        async def main(size: int) -> None:
            request = make_request(side, *split(body, size), content_type=kind)
            found = []
            index = 0
            async for each in request.stream_form():
                if index % 2 == remainder:
                    value: Any = await each.read()
                    found.append((each.name, value))
                index += 1
            expected = [(name, value[2] if isinstance(value, tuple) else value.encode()) for name, value in pairs]
            assert found == expected[remainder::2]

        for size in range(1, 60):
            drive(main(size))

    def test_what_a_part_is(self, side: Any) -> None:
        async def main() -> None:
            stream = make_request(side, THREE).stream_form()
            assert aiter(stream) is stream
            field, file = await anext(stream), None
            assert (field.name, field.filename, field.content_type) == ("a", None, None)
            assert field.headers == {"content-disposition": 'form-data; name="a"'}
            assert await field.text() == "one"
            assert field.size == 3
            file = await anext(stream)
            assert (file.name, file.filename, file.content_type) == ("f", "f.txt", "text/plain")
            assert file.headers["content-type"] == "text/plain"
            assert file.size == 0
            assert "f.txt" in repr(file)
            assert await file.read() == b"x" * 100
            assert file.size == 100
            assert await names(stream) == ["c"]
            for _ in range(2):
                with pytest.raises(StopAsyncIteration):
                    await anext(stream)

        drive(main())

    def test_what_an_urlencoded_part_is(self, side: Any) -> None:
        async def main() -> None:
            stream = make_request(side, b"a=%C3%BC&b=2", content_type=URLENCODED).stream_form()
            each = await anext(stream)
            assert (each.name, each.filename, each.content_type, each.headers) == ("a", None, None, {})
            assert await each.text() == "ü"
            assert each.size == 2
            assert await (await anext(stream)).read() == b"2"

        drive(main())

    @BOTH
    def test_given_before_the_end_has_come(self, side: Any, run: Any, kind: bytes, body: bytes, pairs: Any) -> None:
        async def main() -> None:
            head = b"a=1&b=2" if kind == URLENCODED else THREE[: THREE.index(b"x" * 50)]
            request = make_request(side, more(head), content_type=kind)
            stream = request.stream_form()
            assert await (await anext(stream)).read() in (b"1", b"one")
            assert request.receive.calls == 1

        run(main)

    def test_chunks(self, side: Any, run: Any) -> None:
        async def main() -> None:
            stream = make_request(side, *split(THREE, 9), suspend=True).stream_form()
            chunks = []
            async for each in stream:
                async for chunk in each.stream():
                    assert type(chunk) is bytes and chunk
                    chunks.append((each.name, chunk))
            for name, data in (("a", b"one"), ("f", b"x" * 100), ("c", b"three")):
                assert b"".join(chunk for of, chunk in chunks if of == name) == data
            assert len(chunks) > 10

        run(main)

    def test_sizes_count_what_arrived(self, side: Any) -> None:
        async def main() -> None:
            async for each in make_request(side, *split(THREE, 9)).stream_form():
                seen = 0
                async for chunk in each.stream():
                    seen += len(chunk)
                    assert each.size == seen

        drive(main())

    @pytest.mark.parametrize("kind", [b"text/plain", b"", b"multipart/mixed; boundary=x"])
    def test_other_content_types(self, side: Any, kind: bytes) -> None:
        request = make_request(side, b"a=1", content_type=kind)
        assert drive(names(request.stream_form())) == []
        assert drive(request.body()) == b"a=1"

    @BOTH
    def test_after_body(self, side: Any, kind: bytes, body: bytes, pairs: Any) -> None:
        async def main() -> None:
            request = make_request(side, *split(body, 9), content_type=kind)
            await request.body()
            for _ in range(2):
                assert await read_parts(request) == pairs
            assert await request.body() == body

        drive(main())

    def test_made_and_not_used(self, side: Any) -> None:
        request = make_request(side, THREE)
        request.stream_form()
        gc.collect()
        assert request.receive.calls == 0
        assert [name for name, _ in drive(read_parts(request))] == ["a", "f", "c"]


class TestConsumed:
    @BOTH
    def test_after_the_end(self, side: Any, kind: bytes, body: bytes, pairs: Any) -> None:
        async def main() -> None:
            request = make_request(side, *split(body, 9), content_type=kind)
            await read_parts(request)
            for work in (lambda: read_parts(request), request.form, request.body):
                with pytest.raises(side.StreamConsumed):
                    await work()

        drive(main())

    @BOTH
    @pytest.mark.parametrize("size", [9, 10_000])
    def test_abandoned_half_way(self, side: Any, run: Any, kind: bytes, body: bytes, pairs: Any, size: int) -> None:
        async def main() -> None:
            request = make_request(side, *split(body, size), content_type=kind)
            async for _ in request.stream_form():
                break
            gc.collect()
            for work in (lambda: read_parts(request), request.form, request.body):
                with pytest.raises(side.StreamConsumed):
                    await work()

        run(main)

    def test_after_a_multipart_form(self, side: Any) -> None:
        async def main() -> None:
            request = make_request(side, THREE)
            (await request.form()).close_now()
            with pytest.raises(side.StreamConsumed):
                await read_parts(request)

        drive(main())

    def test_after_an_urlencoded_form(self, side: Any) -> None:
        async def main() -> None:
            request = make_request(side, FIELDS, content_type=URLENCODED)
            await request.form()
            assert await read_parts(request) == FIELDS_FORM

        drive(main())

    @pytest.mark.parametrize("size", [1, 10, 10_000])
    @pytest.mark.parametrize("way", ["read", "text", "stream", "save_to"])
    def test_part_read_twice(self, side: Any, run: Any, size: int, way: str, tmp_path: Any) -> None:
        async def read(each: Any) -> Any:
            if way == "stream":
                return [chunk async for chunk in each.stream()]
            return await (each.save_to(tmp_path / "file") if way == "save_to" else getattr(each, way)())

        async def main() -> None:
            async for each in make_request(side, *split(THREE, size)).stream_form():
                await read(each)
                with pytest.raises(side.StreamConsumed):
                    await read(each)
                with pytest.raises(side.StreamConsumed):
                    await each.read()

        run(main)

    @pytest.mark.parametrize("size", [1, 10, 10_000])
    @pytest.mark.parametrize("way", ["read", "text", "stream", "save_to", "half"])
    def test_part_read_after_the_next_was_asked_for(
        self, side: Any, run: Any, size: int, way: str, tmp_path: Any
    ) -> None:
        path = tmp_path / "file"

        async def main() -> None:
            stream = make_request(side, *split(THREE, size)).stream_form()
            first = await anext(stream)
            chunks = first.stream() if way in ("half", "stream") else None
            if way == "half":
                assert await anext(chunks)
            second = await anext(stream)
            with pytest.raises(side.StreamConsumed):
                if chunks is not None:
                    await anext(chunks)
                else:
                    await (first.save_to(path) if way == "save_to" else getattr(first, way)())
            # which does not disturb the others
            assert await second.read() == b"x" * 100
            assert await (await anext(stream)).text() == "three"

        run(main)
        assert not path.exists()

    def test_part_read_after_the_end(self, side: Any) -> None:
        async def main() -> None:
            parts = [each async for each in make_request(side, THREE).stream_form()]
            for each in parts:
                with pytest.raises(side.StreamConsumed):
                    await each.read()

        drive(main())

    def test_two_tasks(self, side: Any, run: Any) -> None:
        async def main() -> None:
            request = make_request(side, *split(MIX, 50), suspend=True)
            results = await at_once(*[lambda: read_parts(request)] * 2)
            for result in results:
                assert result == MIX_FORM or isinstance(result, RuntimeError), result
            assert MIX_FORM in results

        run(main)


@pytest.mark.slow
class TestAbandoned:
    @pytest.mark.parametrize("how", ["part", "chunk", "both"])
    def test_leaves_nothing(self, side: Any, run: Any, how: str) -> None:
        async def main() -> None:
            for size in (9, 10_000):
                request = make_request(side, *split(THREE, size), suspend=True)
                async for each in request.stream_form():
                    if how == "part":
                        break
                    async for _ in each.stream():
                        break
                    if how == "both" and each.name == "f":
                        break
                gc.collect()

        run(main)
        gc.collect()

    def test_rest_of_a_part_is_skipped(self, side: Any, run: Any) -> None:
        async def main() -> None:
            seen = []
            async for each in make_request(side, *split(THREE, 9)).stream_form():
                async for chunk in each.stream():
                    seen.append((each.name, chunk[:1]))
                    break
            assert seen == [("a", b"o"), ("f", b"x"), ("c", b"t")]

        run(main)

    def test_dies_without_the_collector(self, side: Any) -> None:
        async def main() -> None:
            for leave in (True, False):
                request = make_request(side, *split(THREE, 9))
                stream = request.stream_form()
                async for each in stream:
                    async for _ in each.stream():
                        break
                    if leave:
                        break
                alive = [weakref.ref(request), weakref.ref(stream)]
                del request, stream, each, _
                assert [ref() for ref in alive] == [None, None]

        gc.collect()
        gc.disable()
        try:
            drive(main())
        finally:
            gc.enable()


class TestReadLimit:
    @pytest.mark.parametrize("way", ["read", "text"])
    @pytest.mark.parametrize("size", [1, 7, 10_000])
    def test_exact(self, side: Any, way: str, size: int) -> None:
        async def main() -> None:
            for limit in (None, 100, 101, 10_000):
                stream = make_request(side, *split(THREE, size)).stream_form()
                await anext(stream)
                assert len(await getattr(await anext(stream), way)(limit)) == 100
            for limit in (0, 1, 99):
                stream = make_request(side, *split(THREE, size)).stream_form()
                await anext(stream)
                with pytest.raises(side.RequestEntityTooLarge) as info:
                    await getattr(await anext(stream), way)(limit)
                assert str(limit) in str(info.value)

        drive(main())

    def test_default_is_that_of_fields(self, side: Any) -> None:
        async def main(limit: int) -> Any:
            async for each in make_request(side, THREE, max_field_size=limit).stream_form():
                await each.read()

        drive(main(100))
        with pytest.raises(side.RequestEntityTooLarge, match="max_field_size"):
            drive(main(99))

    def test_limit_of_one_part_leaves_the_next(self, side: Any) -> None:
        async def main() -> None:
            stream = make_request(side, *split(THREE, 9)).stream_form()
            with pytest.raises(side.RequestEntityTooLarge):
                await (await anext(stream)).read(1)
            assert await (await anext(stream)).read() == b"x" * 100

        drive(main())

    def test_stops_at_once(self, side: Any) -> None:
        async def main() -> None:
            request = make_request(side, more(b"--" + BOUNDARY + b"\r\n" + part("a")), *[more(b"x" * 10)] * 50)
            each = await anext(request.stream_form())
            with pytest.raises(side.RequestEntityTooLarge):
                await each.read(95)
            assert request.receive.calls == 11

        drive(main())

    @pytest.mark.parametrize("name", ["max_file_size", "max_fields", "max_part_headers", "max_body_size"])
    def test_other_bounds(self, side: Any, name: str) -> None:
        body = multipart(*[part("f", b"x" * 100, "f", b"X: y")] * 3)
        exact = {"max_file_size": 100, "max_fields": 3, "max_part_headers": 3, "max_body_size": len(body)}[name]
        for size in (1, 10, 10_000):
            for read in (read_parts, lambda request: names(request.stream_form())):
                for limit, expected in ((exact, "read"), (exact - 1, "raised"), (None, "read")):
                    outcome = drive(verdict(read(make_request(side, *split(body, size), **{name: limit}))))
                    assert outcome[0] == expected
                    assert expected == "read" or name in outcome[-1]


class TestErrors:
    """Parts that came before an error are given."""

    @pytest.mark.parametrize("size", [1, 10, 10_000])
    @pytest.mark.parametrize(
        ("ending", "error"),
        [
            (b"broken\r\n\r\n", "ClientException"),
            (b"", "ClientException"),
            (part("a", b"1", None, *[b"X: y"] * 20), "RequestEntityTooLarge"),
            (part("a", b"1", None, b"X: " + b"y" * 10_000), "RequestEntityTooLarge"),
            (part(None, b"1"), "ClientException"),
        ],
        ids=["broken", "cut-off", "headers", "header-size", "name"],
    )
    def test_multipart(self, side: Any, run: Any, size: int, ending: bytes, error: str) -> None:
        body = b"--" + BOUNDARY + b"\r\n" + part("a", b"1") + b"\r\n--" + BOUNDARY + b"\r\n" + part("f", b"xyz", "f")
        body += b"\r\n--" + BOUNDARY + b"\r\n" + ending + b"\r\n"

        async def main() -> None:
            found = []
            stream = make_request(side, *split(body, size)).stream_form()
            with pytest.raises(side.ClientException) as info:
                async for each in stream:
                    found.append((each.name, await each.read()))
            assert type(info.value).__name__ == error
            assert found == [("a", b"1"), ("f", b"xyz")]
            # and it stays one
            with pytest.raises((side.ClientException, StopAsyncIteration)):
                await anext(stream)

        run(main)

    @pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 100])
    def test_urlencoded(self, side: Any, size: int) -> None:
        for ending, limits in ((b"d=1", {"max_fields": 2}), (b"d=" + b"x" * 20, {"max_field_size": 10})):
            request = make_request(side, *split(b"a=1&b=2&" + ending, size), content_type=URLENCODED, **limits)
            found = []

            async def main(request: Any = request, found: list[Any] = found) -> None:
                async for each in request.stream_form():
                    found.append((each.name, await each.text()))

            with pytest.raises(side.RequestEntityTooLarge):
                drive(main())
            assert found == [("a", "1"), ("b", "2")]

    @pytest.mark.parametrize("last", [DISCONNECT, OSError("lost")], ids=["disconnect", "receive"])
    def test_of_the_connection(self, side: Any, run: Any, last: Any) -> None:
        async def main() -> None:
            cut = THREE.index(b"x" * 50)
            stream = make_request(side, more(THREE[:cut]), last).stream_form()
            assert await (await anext(stream)).read() == b"one"
            each = await anext(stream)
            with pytest.raises((side.ClientDisconnect, OSError)):
                await each.read()

        run(main)

    def test_undecodable_field_leaves_the_next(self, side: Any) -> None:
        async def main() -> None:
            stream = make_request(side, multipart(part("a", b"\xff"), part("b", b"1"))).stream_form()
            with pytest.raises(side.ClientException):
                await (await anext(stream)).text()
            assert await (await anext(stream)).text() == "1"

        drive(main())

    def test_cancelled_step_goes_on(self, side: Any, run: Any) -> None:
        """What was asked for in vain is asked for again."""

        async def main() -> None:
            events = [more(THREE[:20])]

            async def receive() -> Any:
                while not events:
                    await sleep(0.001)
                return events.pop(0)

            stream = make_request(side, receive=receive).stream_form()
            assert await cut_off(0.02, stream.__anext__)
            events += [more(THREE[20 : THREE.index(b"x" * 90)])]
            assert await (await anext(stream)).read() == b"one"
            each = await anext(stream)
            chunks = each.stream()
            received = b""

            async def collect() -> None:
                nonlocal received
                async for chunk in chunks:
                    received += chunk

            assert await cut_off(0.02, collect)
            events += body_events(THREE[THREE.index(b"x" * 90) :])
            await collect()
            assert received == b"x" * 100
            assert await (await anext(stream)).read() == b"three"

        run(main)

    @BOTH
    @pytest.mark.parametrize("size", [1, 7, 30])
    def test_cancelled_read_is_continued(
        self, side: Any, run: Any, kind: bytes, body: bytes, pairs: Any, size: int
    ) -> None:
        """Each receive is cancelled once, and no byte is lost."""

        async def main() -> None:
            events = body_events(*split(body, size))
            calls = 0

            async def receive() -> Any:
                nonlocal calls
                calls += 1
                if calls % 2:
                    # long enough to be cut off by each loop
                    await sleep(10)
                return events.pop(0)

            async def again(work: Any) -> Any:
                results: list[Any] = []

                async def keep() -> None:
                    results.append(await work())

                while await cut_off(0, keep):
                    pass
                return results[0]

            async def step() -> Any:
                return await anext(stream, None)

            stream = make_request(side, receive=receive, content_type=kind).stream_form()
            received = []
            while (each := await again(step)) is not None:
                if each.filename is None:
                    received.append((each.name, await again(each.text)))
                else:
                    received.append((each.name, (each.filename, each.content_type, await again(each.read))))
                with pytest.raises(side.StreamConsumed):
                    await each.read()
            assert received == pairs

        run(main)

    def test_continued_read_has_a_limit(self, side: Any, run: Any) -> None:
        async def main() -> None:
            events = [more(THREE[: THREE.index(b"x" * 90) + 60])]

            async def receive() -> Any:
                while not events:
                    await sleep(0.001)
                return events.pop(0)

            stream = make_request(side, receive=receive).stream_form()
            assert await (await anext(stream)).read() == b"one"
            each = await anext(stream)
            assert await cut_off(0.01, each.read)
            with pytest.raises(side.RequestEntityTooLarge):
                await each.read(9)
            with pytest.raises(side.StreamConsumed):
                await each.read()

        run(main)

    @pytest.mark.parametrize("then", ["stream", "save_to", "next"])
    def test_cancelled_read_is_continued_by_a_read_alone(self, side: Any, run: Any, then: str, tmp_path: Any) -> None:
        async def main() -> None:
            events = [more(THREE[: THREE.index(b"x" * 90) + 60])]

            async def receive() -> Any:
                while not events:
                    await sleep(0.001)
                return events.pop(0)

            stream = make_request(side, receive=receive).stream_form()
            await anext(stream)
            each = await anext(stream)
            assert await cut_off(0.01, each.read)
            events += body_events(THREE[THREE.index(b"x" * 90) + 60 :])
            with pytest.raises(side.StreamConsumed):
                if then == "stream":
                    each.stream()
                elif then == "save_to":
                    await each.save_to(tmp_path / "file")
                else:
                    assert await (await anext(stream)).read() == b"three"
                    await each.read()

        run(main)


@pytest.mark.slow
class TestMemory:
    def measure(self, side: Any, read: Any, kind: bytes, chunks: Any) -> int:
        iterator = iter(chunks)

        async def receive() -> Any:
            chunk = next(iterator, None)
            return body_events(b"")[0] if chunk is None else more(chunk)

        request = make_request(side, receive=receive, content_type=kind, max_body_size=None, max_fields=None)
        tracemalloc.start()
        try:
            asyncio.run(read(request))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize("way", ["stream", "skip", "save_to"])
    def test_upload_of_200_mb(self, side: Any, way: str, tmp_path: Any) -> None:
        size = 200 * 1024 * 1024

        def chunks() -> Any:
            yield b"--" + BOUNDARY + b"\r\n" + part("f", b"", "f")
            for _ in range(size // 262144):
                yield bytes(262144)
            yield b"\r\n--" + BOUNDARY + b"--\r\n"

        async def read(request: Any) -> None:
            seen = 0
            async for each in request.stream_form():
                if way == "stream":
                    async for chunk in each.stream():
                        seen += len(chunk)
                elif way == "save_to":
                    seen = await each.save_to(tmp_path / "file")
                    (tmp_path / "file").unlink()
            assert seen == (0 if way == "skip" else size)

        assert self.measure(side, read, MULTIPART, chunks()) < 8_000_000

    def test_many_parts(self, side: Any) -> None:
        def chunks() -> Any:
            for _ in range(15_000):
                yield b"--" + BOUNDARY + b"\r\n" + part("a", b"1") + b"\r\n"
            yield b"--" + BOUNDARY + b"--\r\n"

        async def read(request: Any) -> None:
            assert len([None async for each in request.stream_form() if await each.read() == b"1"]) == 15_000

        assert self.measure(side, read, MULTIPART, chunks()) < 8_000_000

    def test_many_urlencoded_fields(self, side: Any) -> None:
        async def read(request: Any) -> None:
            assert len([None async for each in request.stream_form() if await each.read() == b"1"]) == 60_000

        assert self.measure(side, read, URLENCODED, (b"a=1&" * 100 for _ in range(600))) < 4_000_000


@pytest.mark.slow
class TestTinyEvents:
    """A field or a file in events of 1 and 2 bytes costs linear time, and holds at most four times its size."""

    SIZE = 20_000

    @pytest.mark.parametrize("size", [1, 2])
    @pytest.mark.parametrize("content", [b"x", b"\r\n--" + BOUNDARY[:-1]], ids=["plain", "like-a-boundary"])
    @pytest.mark.parametrize("way", ["field", "file", "read", "text", "save_to", "urlencoded", "urlencoded text"])
    def test_memory(self, side: Any, way: str, content: bytes, size: int, tmp_path: Any) -> None:
        data = (content * self.SIZE)[: self.SIZE]
        kind = MULTIPART
        if way.startswith("urlencoded"):
            kind, body = URLENCODED, b"a=" + data.replace(b"\r\n", b"%0A")[: self.SIZE]
        else:
            body = multipart(part("a", data, "f" if way in ("file", "save_to") else None))

        async def read(request: Any) -> Any:
            if way in ("field", "file"):
                value = (await request.form())["a"]
                return value if isinstance(value, str) else await value.read()
            async for each in request.stream_form():
                if way == "save_to":
                    await each.save_to(tmp_path / "file")
                    return (tmp_path / "file").read_bytes()
                return await (each.text() if way.endswith("text") else each.read())

        def chunks() -> Any:
            # not all at once, since they would count
            return (body[start : start + size] for start in range(0, len(body), size))

        # what is imported at first does not count
        TestMemory().measure(side, read, kind, [body])
        peak = TestMemory().measure(side, read, kind, chunks())
        # an event loop is in it, and the threads that write
        assert peak < 4 * len(body) + 30_000, peak / len(body)
