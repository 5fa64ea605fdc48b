"""Reading a form and saving a part, interrupted at every point where they wait: files are closed, and none is left."""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
import tempfile
import threading
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..helpers import body_events, running_trio
from .bodies import at_once, make_request, multipart, open_descriptors, part, split

SIZES = {"a": 50, "f": 3000, "g": 2000, "b": 1}
BODY = multipart(*[part(name, b"x" * size, None if size < 99 else name) for name, size in SIZES.items()])


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The directory of temporary files; at the end no descriptor of one is left."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    yield temporary
    assert not [each for each in open_descriptors() if str(tmp_path) in each]
    assert os.listdir(temporary) == []


async def awaited(side: Any, folder: Path) -> None:
    form = await make_request(side, *split(BODY, 400), spool_size=500, suspend=True).form()
    await form.close()


async def with_context_manager(side: Any, folder: Path) -> None:
    async with make_request(side, *split(BODY, 400), spool_size=500, suspend=True).form() as form:
        await form["f"].read(10)
        await form["g"].seek(2000)
        await form["g"].write(b"y" * 900)


async def saved(side: Any, folder: Path) -> None:
    async for each in make_request(side, *split(BODY, 400), suspend=True).stream_form():
        await each.save_to(folder / each.name)


WORKS = pytest.mark.parametrize("work", [awaited, with_context_manager, saved], ids=lambda work: work.__name__)


def check_saved(folder: Path) -> None:
    """What is there must be whole; then it goes."""
    for name in os.listdir(folder):
        assert (folder / name).stat().st_size == SIZES[name]
        (folder / name).unlink()


@types.coroutine
def counted(work: Any, at: int, action: Any) -> Any:
    """Await a coroutine, and call something in its so manyth suspension; return whether it came to its end before."""
    count = 0
    value: Any = None
    error: BaseException | None = None
    while True:
        try:
            awaited = work.send(value) if error is None else work.throw(error)
        except StopIteration:
            return count < at
        count += 1
        if count == at:
            action()
            if work.cr_frame is None:
                # it was closed
                return False
        value = error = None
        try:
            value = yield awaited
        except BaseException as raised:
            error = raised


@WORKS
def test_cancelled_anywhere(side: Any, run: Any, directory: Path, tmp_path: Path, work: Any) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    ended = False

    async def main() -> None:
        nonlocal ended
        trio = running_trio()
        if trio is not None:
            with trio.CancelScope() as scope:
                ended = await counted(work(side, folder), at, scope.cancel)
            return
        task: Any = None

        async def watched() -> bool:
            result: bool = await counted(work(side, folder), at, lambda: loop.call_soon(task.cancel))
            return result

        loop = asyncio.get_running_loop()
        problems: list[Any] = []
        loop.set_exception_handler(lambda loop, context: problems.append(context))
        task = asyncio.ensure_future(watched())
        try:
            ended = await task
        except asyncio.CancelledError:
            pass
        await asyncio.sleep(0)
        assert problems == []

    at = 0
    while not ended:
        at += 1
        run(main)
        check_saved(folder)
    # how many turns it takes is the interpreter's
    assert at > 10


@WORKS
def test_closed_anywhere(side: Any, directory: Path, tmp_path: Path, work: Any) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    ended = False

    async def main() -> None:
        nonlocal ended
        loop = asyncio.get_running_loop()
        problems: list[Any] = []
        loop.set_exception_handler(lambda loop, context: problems.append(context))
        coroutine = work(side, folder)
        ended = await counted(coroutine, at, coroutine.close)
        # a thread may be at work still
        await loop.shutdown_default_executor()
        await asyncio.sleep(0)
        assert problems == []

    at = 0
    while not ended:
        at += 1
        asyncio.run(main())
        check_saved(folder)
    # how many turns it takes is the interpreter's
    assert at > 10


class TestUploadFile:
    """An upload whose file is closed, or written twice, while a thread works on it."""

    @pytest.mark.parametrize("moment", ["rolling over", "on disk"])
    def test_closed_while_a_thread_works(
        self, side: Any, directory: Path, moment: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        entered, gate = threading.Event(), threading.Event()
        module = importlib.import_module(".datastructures.upload_file", side.__name__)
        write_all = module.write_all
        seen: list[Any] = []

        def slow(file: Any, data: Any) -> None:
            entered.set()
            assert gate.wait(20)
            seen.append(file)
            assert not file.closed
            write_all(file, data)

        async def main() -> None:
            upload = side.UploadFile("a/b", "f", b"x" * 10, max_spool_size=10)
            if moment == "on disk":
                await upload.write(b"x" * 20)
            monkeypatch.setattr(module, "write_all", slow)
            writing = asyncio.ensure_future(upload.write(b"y" * 30))
            await asyncio.to_thread(entered.wait, 20)
            await upload.close()
            assert upload.closed
            with pytest.raises(ValueError, match="closed"):
                await upload.read()
            gate.set()
            assert await writing == 30
            assert seen and all(file.closed for file in seen)

        asyncio.run(main())

    def test_two_writes_at_once(self, side: Any, run: Any, directory: Path) -> None:
        async def main() -> None:
            upload = side.UploadFile("a/b", "f", b"", max_spool_size=10)
            await at_once(lambda: upload.write(b"x" * 20), lambda: upload.write(b"y" * 30))
            await upload.seek(0)
            data = await upload.read()
            assert sorted(data) == sorted(b"x" * 20 + b"y" * 30)
            assert upload.size == 50
            await upload.close()

        run(main)


class TestSaveTo:
    UPLOAD = multipart(part("f", b"x" * 100, "f"))

    @pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes of this kind")
    def test_pipe_is_not_removed_by_a_cancellation_at_the_end(self, side: Any, tmp_path: Path) -> None:
        path = tmp_path / "pipe"

        async def main(at: int) -> bool:
            task: Any = None

            async def work() -> None:
                await (await anext(make_request(side, self.UPLOAD).stream_form())).save_to(path)

            async def watched() -> bool:
                result: bool = await counted(work(), at, lambda: asyncio.get_running_loop().call_soon(task.cancel))
                return result

            task = asyncio.ensure_future(watched())
            try:
                return bool(await task)
            except asyncio.CancelledError:
                return False

        os.mkfifo(path)
        reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            at = 1
            while not asyncio.run(main(at)):
                assert path.exists(), at
                at += 1
            # how many turns it takes is the interpreter's
            assert at > 1
        finally:
            os.close(reading)

    @pytest.mark.parametrize("path", [7, None, 1.5], ids=str)
    def test_what_is_no_path(self, side: Any, run: Any, path: Any) -> None:
        async def main() -> None:
            each = await anext(make_request(side, self.UPLOAD).stream_form())
            with pytest.raises(TypeError):
                await each.save_to(path)
            # nothing was taken of it
            assert await each.read() == b"x" * 100

        run(main)

    def test_file_that_cannot_be_closed_is_removed(
        self, side: Any, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Full:
            def __init__(self, path: Any) -> None:
                self._file = real_open(path, "wb", buffering=0)
                self.fileno = self._file.fileno

            def write(self, data: Any) -> int:
                raise OSError(28, "full when written")

            def close(self) -> None:
                self._file.close()
                raise OSError(28, "full when closed")

        real_open = open
        path = tmp_path / "saved"

        async def main() -> None:
            each = await anext(make_request(side, self.UPLOAD).stream_form())
            monkeypatch.setattr("builtins.open", lambda path, *arguments, **options: Full(path))
            try:
                with pytest.raises(OSError, match="full when written"):
                    await each.save_to(path)
            finally:
                monkeypatch.undo()

        run(main)
        assert not path.exists()

    def test_loop_that_gives_no_threads_any_more(self, side: Any, tmp_path: Path) -> None:
        async def main() -> None:
            head = self.UPLOAD[:150]
            events: list[Any] = [{"type": "http.request", "body": head, "more_body": True}, *body_events(b"")]

            async def receive() -> Any:
                if len(events) == 1:
                    await asyncio.get_running_loop().shutdown_default_executor()
                return events.pop(0)

            each = await anext(make_request(side, receive=receive).stream_form())
            with pytest.raises(side.ClientException):
                await each.save_to(tmp_path / "saved")

        asyncio.run(main())
        assert os.listdir(tmp_path) == []


def test_a_chunk_that_another_task_takes_is_missed(side: Any, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the file is written to the disk, another may read; a file without that chunk is not taken for whole."""
    request = make_request(side, *split(multipart(part("f", b"x" * 4000, "f")), 400), spool_size=500)
    incoming = importlib.import_module(f"{side.__name__}.forms.storage").IncomingFile
    flush = incoming.flush
    taken = []

    async def flush_while_another_reads(file: Any) -> None:
        await flush(file)
        if not taken:
            taken.append(await anext(request.stream()))

    monkeypatch.setattr(incoming, "flush", flush_while_another_reads)
    with pytest.raises(RuntimeError, match="another task is reading this body"):
        asyncio.run(await_form(request))
    assert taken == [b"x" * 400]


async def await_form(request: Any) -> Any:
    return await request.form()
