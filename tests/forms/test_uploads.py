"""`UploadFile`, in memory and on disk, and `save_to()` of a part."""

from __future__ import annotations

import asyncio
import builtins
import gc
import io
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from ..helpers import DISCONNECT, RUNNERS, Run, body_events, drive, forever
from .bodies import (
    BOUNDARY,
    URLENCODED,
    cut_off,
    make_request,
    more,
    multipart,
    open_descriptors,
    part,
    recorded_disk,
    split,
)


@pytest.fixture(params=RUNNERS)
def run(request: pytest.FixtureRequest) -> Run:
    """Run an async function under one of the event loops, and in asyncio's debug mode."""
    return RUNNERS[request.param]


@pytest.fixture(params=[10_000, 0], ids=["in-memory", "on-disk"])
def spool_size(request: pytest.FixtureRequest) -> Any:
    return request.param


class TestUploadFile:
    def test_made_by_the_application(self, side: Any) -> None:
        file = side.UploadFile("text/plain", "a.txt", b"data", {"x": "y"}, 100)
        assert (file.content_type, file.filename, file.headers) == ("text/plain", "a.txt", {"x": "y"})
        assert (file.size, file.closed, file.rolled_to_disk) == (4, False, False)
        assert drive(file.read()) == b"data"
        assert side.UploadFile("a/b", "c").size == 0
        assert side.UploadFile(content_type="a/b", filename="c", file_data=None, headers=None).headers == {}
        assert side.UploadFile("a/b", "c").max_spool_size == 1024 * 1024

    def test_headers_are_its_own(self, side: Any) -> None:
        headers = {"a": "b"}
        file = side.UploadFile("a/b", "c", None, headers)
        file.headers["c"] = "d"
        assert headers == {"a": "b"}

    def test_write_read_seek(self, side: Any, run: Any, spool_size: int) -> None:
        async def main() -> None:
            file = side.UploadFile("a/b", "c", None, None, spool_size)
            assert await file.read() == b""
            assert await file.write(b"hello world") == 11
            assert file.rolled_to_disk is (spool_size == 0)
            assert file.size == 11
            assert await file.read() == b""
            assert await file.seek(0) == 0
            assert await file.read(5) == b"hello"
            assert await file.read(0) == b""
            assert await file.read(100) == b" world"
            assert await file.seek(6) == 6
            assert await file.write(b"W") == 1
            assert file.size == 11
            assert await file.seek(0) == 0
            assert await file.read(-1) == b"hello World"
            assert await file.seek(20) == 20
            assert await file.read() == b""
            assert await file.write(b"!") == 1
            assert file.size == 21
            await file.seek(9)
            assert await file.read() == b"ld" + bytes(9) + b"!"
            assert await file.write(b"") == 0
            assert file.size == 21
            await file.close()

        with recorded_disk():
            run(main)

    @pytest.mark.parametrize("position", [0, 1, 5, 9])
    def test_as_a_file_of_the_standard_library(self, side: Any, run: Any, spool_size: int, position: int) -> None:
        """The same steps on both, across the bound where it rolls over."""

        async def main() -> None:
            plain = io.BytesIO(b"12345")
            file = side.UploadFile("a/b", "c", b"12345", None, spool_size and 8)
            for step in range(6):
                assert await file.seek(position) == plain.seek(position)
                assert await file.write(b"ab") == plain.write(b"ab")
                assert await file.read(step) == plain.read(step)
                assert await file.seek(step) == plain.seek(step)
                assert await file.write(b"z" * step) == plain.write(b"z" * step)
                assert await file.seek(0) == plain.seek(0)
                assert await file.read() == plain.read()
                assert await file.write(b"+") == plain.write(b"+")
                assert file.size == len(plain.getvalue())
            assert file.rolled_to_disk
            await file.close()

        with recorded_disk():
            run(main)

    @pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 100])
    @pytest.mark.parametrize("piece", [1, 4, 1000])
    def test_rolls_over_by_own_writes(self, side: Any, run: Any, size: int, piece: int) -> None:
        async def main() -> None:
            file = side.UploadFile("a/b", "c", None, None, 10)
            data = bytes(range(size))
            for chunk in split(data, piece):
                await file.write(chunk)
            assert file.rolled_to_disk is (size > 10)
            assert file.size == size
            await file.seek(0)
            assert await file.read() == data
            await file.close()
            assert file.closed

        with recorded_disk() as disk:
            run(main)
        assert len(disk.files) == (size > 10)
        assert threading.get_ident() not in disk.threads

    def test_closed(self, side: Any, run: Any, spool_size: int) -> None:
        async def main() -> None:
            file = side.UploadFile("a/b", "c", None, None, spool_size)
            await file.write(b"data")
            await file.close()
            assert file.closed
            assert file.size == 4
            for work in (
                lambda: file.read(),
                lambda: file.write(b"x"),
                lambda: file.write(b"x" * 20_000),
                lambda: file.seek(0),
            ):
                with pytest.raises(ValueError):
                    await work()
            await file.close()
            file.close_now()
            assert file.closed

        with recorded_disk():
            run(main)

    def test_negative_seek(self, side: Any, run: Any, spool_size: int) -> None:
        async def main() -> None:
            file = side.UploadFile("a/b", "c", None, None, spool_size)
            await file.write(b"data")
            # the same exception wherever it lies
            try:
                with pytest.raises(ValueError):
                    await file.seek(-1)
            finally:
                await file.close()

        with recorded_disk():
            run(main)

    def test_repr(self, side: Any, run: Any, spool_size: int) -> None:
        async def main() -> None:
            file = side.UploadFile("a/b", "../\x00\n" + "x" * 3000, None, None, spool_size)
            await file.write(b"secret")
            text = repr(file)
            assert "6 bytes" in text
            assert ("on disk" if spool_size == 0 else "in memory") in text
            assert "secret" not in text and "\n" not in text and "\x00" not in text
            assert len(text) < 200
            await file.close()
            assert "closed" in repr(file)

        with recorded_disk():
            run(main)

    def test_failed_roll_over_leaves_what_was_there(self, side: Any, run: Any) -> None:
        async def main() -> None:
            file = side.UploadFile("a/b", "c", b"12345", None, 8)
            disk.error = OSError(28, "full")
            await file.seek(5)
            try:
                await file.write(b"x" * 10)
            except OSError as error:
                assert "full" in str(error)
                assert file.size == 5
                assert not file.rolled_to_disk
                await file.seek(0)
                assert await file.read() == b"12345"
                # while the exception, and so the frames, are alive
                await file.close()
            assert file.closed

        with recorded_disk() as disk:
            run(main)

    def test_roll_over_again_after_a_failure(self, side: Any, run: Any) -> None:
        async def main() -> None:
            file = side.UploadFile("a/b", "c", b"12345", None, 8)
            await file.seek(5)
            disk.error = OSError(28, "full")
            with pytest.raises(OSError):
                await file.write(b"x" * 10)
            disk.error = None
            await file.write(b"x" * 10)
            await file.seek(0)
            assert await file.read() == b"12345" + b"x" * 10
            await file.close()

        with recorded_disk() as disk:
            run(main)

    def test_cancelled_write_comes_to_its_end(self, side: Any, run: Any) -> None:
        async def main() -> None:
            file = side.UploadFile("a/b", "c", None, None, 0)
            disk.gate = threading.Event()
            timer = threading.Timer(0.1, disk.gate.set)
            timer.start()
            await cut_off(0.03, lambda: file.write(b"data"))
            assert disk.gate.is_set()
            await file.seek(0)
            assert await file.read() == b"data"
            await file.close()
            timer.join()

        with recorded_disk() as disk:
            run(main)

    def test_size_after_a_cancelled_write(self, side: Any, run: Any) -> None:
        async def main() -> None:
            file = side.UploadFile("a/b", "c", None, None, 0)
            disk.gate = threading.Event()
            timer = threading.Timer(0.1, disk.gate.set)
            timer.start()
            await cut_off(0.03, lambda: file.write(b"data"))
            timer.join()
            try:
                await file.seek(0)
                # whether it was written or not, the size says it
                assert len(await file.read()) == file.size
            finally:
                await file.close()

        with recorded_disk() as disk:
            run(main)

    def test_cancelled_read_leaves_the_position(self, side: Any, run: Any) -> None:
        async def main() -> None:
            file = side.UploadFile("a/b", "c", None, None, 0)
            await file.write(b"0123456789")
            await file.seek(2)
            results: list[bytes] = []

            async def keep() -> None:
                results.append(await file.read(4))

            await cut_off(0, keep)
            # trio: the thread may have come to its end, and nothing was left to wait for
            while len(results) < 2:
                await keep()
            assert results == [b"2345", b"6789"]
            await cut_off(0, keep)
            await file.close()

        run(main)

    def test_without_a_loop(self, side: Any) -> None:
        file = side.UploadFile("a/b", "c")
        drive(file.write(b"data"))
        drive(file.seek(1))
        assert drive(file.read()) == b"ata"
        drive(file.close())

    def test_of_a_form(self, side: Any, run: Any, spool_size: int) -> None:
        async def main() -> None:
            request = make_request(side, multipart(part("f", b"data", "")), spool_size=spool_size)
            async with request.form() as form:
                file = form["f"]
                assert type(file) is side.UploadFile
                assert file.filename == ""
                assert file.max_spool_size == spool_size
                await file.seek(4)
                await file.write(b" and more")
                await file.seek(0)
                assert await file.read() == b"data and more"
                assert file.size == 13
            assert file.closed

        with recorded_disk():
            run(main)

    def test_temporary_file_is_gone_without_close(self, side: Any) -> None:
        async def main() -> None:
            file = side.UploadFile("a/b", "c", None, None, 0)
            await file.write(b"data")
            return file._file

        before = open_descriptors()
        with pytest.warns(ResourceWarning):
            asyncio.run(main())
            gc.collect()
        assert not {each for each in open_descriptors() - before if "(deleted)" in each}


DATA = bytes(range(256)) * 10


def upload(data: bytes = DATA, *lines: bytes) -> bytes:
    return multipart(part("f", data, "../../evil.txt", *lines), part("a", b"1"))


class Opened:
    """What `open` was called with, and from which threads the files were touched."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
        self.threads: set[int] = set()
        self.entered = threading.Event()
        self.gate: Any = None
        self.error: BaseException | None = None
        self.files: list[Any] = []
        self._directory = str(directory)
        self._open = builtins.open
        self._unlink = os.unlink
        self._remove = os.remove
        monkeypatch.setattr(builtins, "open", self.open)
        monkeypatch.setattr(os, "unlink", lambda path, **options: self.remove(self._unlink, path, **options))
        monkeypatch.setattr(os, "remove", lambda path, **options: self.remove(self._remove, path, **options))

    def open(self, path: Any, *arguments: Any, **options: Any) -> Any:
        if isinstance(path, int) or not os.fspath(path).startswith(self._directory):
            return self._open(path, *arguments, **options)
        self.threads.add(threading.get_ident())
        self.entered.set()
        if self.gate is not None:
            assert self.gate.wait(20)
        file = _OpenedFile(self._open(path, *arguments, **options), self)
        self.files.append(file)
        return file

    def remove(self, function: Any, path: Any, **options: Any) -> None:
        if os.fspath(path).startswith(self._directory):
            self.threads.add(threading.get_ident())
        function(path, **options)


class _OpenedFile:
    def __init__(self, file: Any, opened: Opened) -> None:
        self._file = file
        self._opened = opened

    def write(self, data: Any) -> Any:
        self._opened.threads.add(threading.get_ident())
        if self._opened.error is not None:
            raise self._opened.error
        # a raw file may take less than it is given
        return self._file.write(bytes(data)[:100_000])

    def close(self) -> None:
        self._opened.threads.add(threading.get_ident())
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Opened:
    return Opened(monkeypatch, tmp_path)


class TestSaveTo:
    @pytest.mark.parametrize("as_text", [False, True])
    @pytest.mark.parametrize("size", [1, 1000, 10_000_000])
    def test_saved(self, side: Any, run: Any, tmp_path: Path, as_text: bool, size: int) -> None:
        path = tmp_path / "saved"

        async def main() -> None:
            request = make_request(side, *split(upload(), size), suspend=True)
            stream = request.stream_form()
            each = await anext(stream)
            assert await each.save_to(str(path) if as_text else path) == len(DATA)
            assert each.size == len(DATA)
            assert path.read_bytes() == DATA
            assert await (await anext(stream)).text() == "1"

        run(main)
        assert os.listdir(tmp_path) == ["saved"]

    def test_only_in_threads(self, side: Any, run: Any, tmp_path: Path, opened: Opened) -> None:
        data = os.urandom(3_000_000)

        async def main() -> None:
            each = await anext(make_request(side, *split(upload(data), 65536), suspend=True).stream_form())
            assert await each.save_to(tmp_path / "saved") == len(data)

        run(main)
        assert (tmp_path / "saved").read_bytes() == data
        assert opened.threads
        assert threading.get_ident() not in opened.threads
        assert all(file.closed for file in opened.files)

    @pytest.mark.parametrize("size", [1, 500, 10_000_000])
    def test_progress_without_a_total(self, side: Any, run: Any, tmp_path: Path, size: int) -> None:
        calls: list[tuple[int, int | None]] = []

        async def main() -> None:
            each = await anext(make_request(side, *split(upload(), size)).stream_form())
            await each.save_to(tmp_path / "saved", lambda done, total: calls.append((done, total)))

        run(main)
        assert {total for _, total in calls} == {None}
        counts = [done for done, _ in calls]
        assert counts == sorted(set(counts))
        assert counts[-1] == len(DATA)
        assert size > 500 or len(counts) > 3

    def test_progress_with_a_total(self, side: Any, tmp_path: Path) -> None:
        calls: list[tuple[int, int | None]] = []

        async def main() -> None:
            body = upload(DATA, b"Content-Length: %d" % len(DATA))
            each = await anext(make_request(side, *split(body, 500)).stream_form())
            await each.save_to(tmp_path / "saved", progress=lambda done, total: calls.append((done, total)))

        asyncio.run(main())
        assert {total for _, total in calls} == {len(DATA)}
        assert calls[-1] == (len(DATA), len(DATA))

    @pytest.mark.parametrize("length", [b"1", b"9999", b"-1", b"abc", b"1_0", b"9" * 3000])
    def test_content_length_of_a_part_is_ignored(self, side: Any, tmp_path: Path, length: bytes) -> None:
        """RFC 7578 section 4.8."""

        async def main() -> None:
            each = await anext(make_request(side, upload(DATA, b"Content-Length: " + length)).stream_form())
            assert await each.save_to(tmp_path / "saved") == len(DATA)

        asyncio.run(main())
        assert (tmp_path / "saved").read_bytes() == DATA

    def test_existing_file_is_replaced(self, side: Any, run: Any, tmp_path: Path) -> None:
        path = tmp_path / "saved"
        path.write_bytes(b"before" * 10_000)

        async def main() -> None:
            await (await anext(make_request(side, upload()).stream_form())).save_to(path)

        run(main)
        assert path.read_bytes() == DATA

    def test_empty(self, side: Any, run: Any, tmp_path: Path) -> None:
        async def main() -> None:
            each = await anext(make_request(side, upload(b"")).stream_form())
            assert await each.save_to(tmp_path / "saved") == 0

        run(main)
        assert (tmp_path / "saved").read_bytes() == b""

    def test_of_urlencoded_field(self, side: Any, tmp_path: Path) -> None:
        async def main() -> None:
            each = await anext(make_request(side, b"a=%C3%BC", content_type=URLENCODED).stream_form())
            assert await each.save_to(tmp_path / "saved") == 2

        asyncio.run(main())
        assert (tmp_path / "saved").read_text(encoding="utf-8") == "ü"

    @pytest.mark.parametrize(
        "problem", ["cut off", "broken", "disconnect", "receive", "file size", "body size", "progress"]
    )
    @pytest.mark.parametrize("size", [100, 10_000_000])
    def test_removed_on_an_error(
        self, side: Any, run: Any, tmp_path: Path, opened: Opened, problem: str, size: int
    ) -> None:
        head = upload()[:1500]
        events = [more(chunk) for chunk in split(head, size)]
        limits = {}
        match problem:
            case "cut off":
                events += body_events(b"")
            case "broken":
                events += body_events(b"\r\n--" + BOUNDARY + b"broken")
            case "disconnect":
                events += [DISCONNECT]
            case "receive":
                events += [OSError("lost")]
            case "file size":
                limits = {"max_file_size": 1000}
            case "body size":
                limits = {"max_body_size": 1450}
            case _:
                pass

        def progress(done: int, total: int | None) -> None:
            if problem == "progress":
                raise LookupError

        async def main() -> None:
            each = await anext(make_request(side, *events, **limits).stream_form())
            with pytest.raises((side.ClientException, OSError, LookupError)):
                await each.save_to(tmp_path / "saved", progress)

        if problem == "body size" and size > 1500:
            limits["max_body_size"] = None
            limits["max_file_size"] = 10
        run(main)
        assert os.listdir(tmp_path) == []
        assert all(file.closed for file in opened.files)
        assert threading.get_ident() not in opened.threads

    def test_full_disk(self, side: Any, run: Any, tmp_path: Path, opened: Opened) -> None:
        opened.error = OSError(28, "full")

        async def main() -> None:
            each = await anext(make_request(side, upload()).stream_form())
            with pytest.raises(OSError, match="full"):
                await each.save_to(tmp_path / "saved")

        run(main)
        assert os.listdir(tmp_path) == []
        assert all(file.closed for file in opened.files)

    def test_file_that_cannot_be_opened(self, side: Any, run: Any, tmp_path: Path) -> None:
        async def main() -> None:
            stream = make_request(side, upload()).stream_form()
            with pytest.raises(FileNotFoundError):
                await (await anext(stream)).save_to(tmp_path / "missing" / "saved")
            # the next part is there all the same
            assert await (await anext(stream)).text() == "1"
            stream = make_request(side, upload()).stream_form()
            with pytest.raises(OSError):
                await (await anext(stream)).save_to(tmp_path)

        run(main)
        assert tmp_path.is_dir()

    def test_removed_by_somebody_else_meanwhile(self, side: Any, tmp_path: Path) -> None:
        def progress(done: int, total: int | None) -> None:
            for name in os.listdir(tmp_path):
                (tmp_path / name).unlink()
            raise LookupError("of the application")

        async def main() -> None:
            each = await anext(make_request(side, upload()).stream_form())
            with pytest.raises(LookupError, match="of the application"):
                await each.save_to(tmp_path / "saved", progress)

        asyncio.run(main())

    @pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes of this kind")
    def test_pipe_is_not_removed(self, side: Any, tmp_path: Path) -> None:
        path = tmp_path / "pipe"
        os.mkfifo(path)
        reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

        async def main() -> None:
            each = await anext(make_request(side, upload()[:1000]).stream_form())
            with pytest.raises(side.ClientException):
                await each.save_to(path)

        try:
            asyncio.run(main())
        finally:
            os.close(reading)
        assert path.exists()

    @pytest.mark.parametrize("moment", ["receiving", "opening", "writing"])
    def test_cancelled(self, side: Any, run: Any, tmp_path: Path, opened: Opened, moment: str) -> None:
        waits = moment == "receiving"
        events = [more(upload()[:1000])] if waits else body_events(upload())

        async def receive() -> Any:
            if not events:
                await forever()
            return events.pop(0)

        done = False

        async def main() -> None:
            each = await anext(make_request(side, receive=receive).stream_form())

            async def save() -> None:
                nonlocal done
                await each.save_to(tmp_path / "saved")
                done = True

            timer = None
            if moment == "opening":
                opened.gate = threading.Event()
                timer = threading.Timer(0.5, opened.gate.set)
                timer.start()
            elif moment == "writing":
                opened.error = None
                slow = threading.Event()
                timer = threading.Timer(0.5, slow.set)
                timer.start()
                write = _OpenedFile.write

                def wait(file: Any, data: Any) -> Any:
                    assert slow.wait(20)
                    return write(file, data)

                patch.setattr(_OpenedFile, "write", wait)
            # late enough for a busy machine to have opened the file
            await cut_off(0.2, save)
            if timer is not None:
                timer.join()

        with pytest.MonkeyPatch.context() as patch:
            run(main)
        gc.collect()
        # trio lets a thread come to its end: it may be saved as a whole, and never in part
        if done:
            assert (tmp_path / "saved").read_bytes() == DATA
        else:
            assert os.listdir(tmp_path) == []
        assert opened.files
        assert all(file.closed for file in opened.files)

    def test_filename_of_the_client_is_never_a_path(
        self, side: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)

        async def main() -> None:
            body = multipart(*[part("f", b"data", name) for name in ("evil", str(tmp_path / "evil"), "a\x00b", "..")])
            async with make_request(side, body, spool_size=0).form() as form:
                assert all(upload.rolled_to_disk for upload in form.getall("f"))
            async for each in make_request(side, body).stream_form():
                await each.read()

        with recorded_disk():
            asyncio.run(main())
        assert os.listdir(tmp_path) == []


class TestSaveToReplaces:
    """`save_to()` writes beside its target and replaces it at the end."""

    @staticmethod
    def make(side: Any, *events: Any) -> Any:
        return make_request(side, *(events or body_events(*split(upload(), 900)))).stream_form()

    @pytest.mark.parametrize("name", ["saved", "x" * 255, "ü"])
    @pytest.mark.parametrize("as_bytes", [False, True])
    def test_untouched_until_the_end(self, side: Any, run: Any, tmp_path: Path, name: str, as_bytes: bool) -> None:
        path = tmp_path / ("ü" * 127 + "x" if name == "x" * 255 else name)
        path.write_bytes(b"before")
        seen = []

        async def main() -> None:
            each = await anext(self.make(side))
            target: Any = os.fsencode(path) if as_bytes else path
            await each.save_to(target, lambda done, total: seen.append(path.read_bytes()))

        run(main)
        assert set(seen) == {b"before"}
        assert path.read_bytes() == DATA
        assert os.listdir(tmp_path) == [path.name]

    @pytest.mark.parametrize("is_relative", [False, True])
    def test_failure_leaves_what_stood_there(
        self, side: Any, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_relative: bool
    ) -> None:
        monkeypatch.chdir(tmp_path)
        path = tmp_path / "saved"
        path.write_bytes(b"before")

        async def main() -> None:
            for last in (DISCONNECT, OSError("lost"), *body_events(b"")):
                each = await anext(self.make(side, more(upload()[:1500]), last))
                with pytest.raises((side.ClientException, side.ClientDisconnect, OSError)):
                    await each.save_to("saved" if is_relative else path)
                assert path.read_bytes() == b"before"

        run(main)
        assert os.listdir(tmp_path) == ["saved"]

    def test_what_another_process_puts_there_meanwhile(self, side: Any, run: Any, tmp_path: Path) -> None:
        path = tmp_path / "saved"

        async def main() -> None:
            each = await anext(self.make(side, more(upload()[:1500]), DISCONNECT))
            with pytest.raises(side.ClientDisconnect):
                await each.save_to(path, lambda done, total: path.write_bytes(b"another's"))
            assert path.read_bytes() == b"another's"
            each = await anext(self.make(side))
            await each.save_to(path, lambda done, total: path.write_bytes(b"another's"))

        run(main)
        assert path.read_bytes() == DATA
        assert os.listdir(tmp_path) == ["saved"]

    @pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
    @pytest.mark.parametrize("has_target", [False, True])
    @pytest.mark.parametrize("fails", [False, True])
    def test_link(self, side: Any, run: Any, tmp_path: Path, has_target: bool, fails: bool) -> None:
        target, link = tmp_path / "target", tmp_path / "link"
        if has_target:
            target.write_bytes(b"before")
        link.symlink_to(target)

        async def main() -> None:
            events = (more(upload()[:1500]), DISCONNECT) if fails else ()
            each = await anext(self.make(side, *events))
            if fails:
                with pytest.raises(side.ClientDisconnect):
                    await each.save_to(link)
            else:
                await each.save_to(link)

        run(main)
        assert link.is_symlink() is fails
        assert target.exists() is has_target
        assert not has_target or target.read_bytes() == b"before"
        assert fails or link.read_bytes() == DATA
        assert len(os.listdir(tmp_path)) == 1 + has_target

    @pytest.mark.skipif(sys.platform == "win32", reason="there are no such modes")
    def test_mode_of_a_file_stays(self, side: Any, tmp_path: Path) -> None:
        private, new = tmp_path / "private", tmp_path / "new"
        private.touch(0o600)

        async def main() -> None:
            for path in (private, new):
                await (await anext(self.make(side))).save_to(path)

        mask = os.umask(0o022)
        try:
            asyncio.run(main())
        finally:
            os.umask(mask)
        assert [path.stat().st_mode & 0o777 for path in (private, new)] == [0o600, 0o644]

    @pytest.mark.skipif(not os.path.exists("/dev/null"), reason="there are no devices of this kind")
    @pytest.mark.parametrize("way", ["device", "link", "pipe"])
    def test_devices_and_pipes_are_written_to(self, side: Any, run: Any, tmp_path: Path, way: str) -> None:
        path, reading = Path("/dev/null"), None
        if way == "link":
            path = tmp_path / "link"
            path.symlink_to("/dev/null")
        elif way == "pipe":
            path = tmp_path / "pipe"
            os.mkfifo(path)
            reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

        async def main() -> None:
            assert await (await anext(self.make(side))).save_to(path) == len(DATA)

        try:
            run(main)
            if reading is not None:
                assert os.read(reading, 2 * len(DATA)) == DATA
        finally:
            if reading is not None:
                os.close(reading)
        assert not path.is_file()
        assert os.listdir(tmp_path) == [path.name] * (way != "device")
