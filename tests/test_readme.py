"""What the README shows runs when it is pasted, and its tables have all members."""

from __future__ import annotations

import asyncio
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from litecon import Limits, Request, RequestEntityTooLarge, WebSocket
from litecon.testing import RequestFactory, Sender, receiver, websocket_scope

from .readme import README, blocks, run_block

TEXT = README.read_text(encoding="utf-8")


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_every_block_of_python_runs(number: int) -> None:
    run_block(blocks("python")[number])


@pytest.mark.parametrize("kind", [Request, WebSocket])
def test_the_tables_have_every_member(kind: Any) -> None:
    members = [name for name, _ in inspect.getmembers(kind) if not name.startswith("_")]
    tables = "".join(line for line in TEXT.splitlines() if line.startswith("| `"))
    # the reader is what litecon's own parts share
    assert [name for name in members if not re.search(rf"\b{name}\b", tables)] == ["body_reader"] * (kind is Request)


def test_the_table_of_bounds_has_every_bound_with_its_default() -> None:
    units = {"": 1, " KiB": 1024, " MiB": 1024 * 1024}
    table = TEXT[TEXT.index("| bound in `Limits` |") :].partition("\n\n")[0]
    shown: dict[str, int | None] = {}
    for line in table.splitlines()[2:]:
        names, defaults = line.split("|")[1:3]
        numbers = re.findall(r"(None|[\d,]*\d)( KiB| MiB)?", defaults)
        for name, (number, unit) in zip(re.findall(r"\w+", names), numbers, strict=True):
            shown[name] = None if number == "None" else int(number.replace(",", "")) * units[unit]
    assert shown == {name: getattr(Limits(), name) for name in Limits.__slots__}


def test_a_message_that_is_too_large_for_the_first_app() -> None:
    [code] = blocks("python", "async def app(")
    send = Sender()
    message = {"type": "websocket.receive", "text": "x" * (Limits().max_message_size or 0) + "x"}
    receive = receiver({"type": "websocket.connect"}, message)
    asyncio.run(run_block(code)["app"](websocket_scope(), receive, send))
    assert [(event["type"], event.get("code")) for event in send.events] == [
        ("websocket.accept", None),
        ("websocket.close", 1009),
    ]


class TestUpload:
    @pytest.fixture
    def names(self) -> dict[str, Any]:
        [code] = blocks("python", "save_files")
        return run_block(code)

    def request(self, kind: Any) -> Any:
        whole = RequestFactory().post("/", form={"a": "1"}, files={"f": ("../x", b"x" * 5000)})
        body = asyncio.run(whole.body())
        chunks = [body[at : at + 100] for at in range(0, len(body), 100)]
        content_type = whole.headers["content-type"]
        return RequestFactory(kind).post("/", content=chunks, headers={"content-type": content_type})

    def test_files_are_saved_under_paths_of_our_own(self, names: dict[str, Any], tmp_path: Path) -> None:
        request = self.request(names["UploadRequest"])
        paths = asyncio.run(names["save_files"](request, tmp_path))
        assert paths == [tmp_path / "0.upload"]
        assert paths[0].read_bytes() == b"x" * 5000
        assert list(tmp_path.iterdir()) == paths

    def test_what_is_still_coming_is_received_before_a_413(self, names: dict[str, Any], tmp_path: Path) -> None:
        class Small(names["UploadRequest"]):  # type: ignore[misc]
            limits = names["UploadRequest"].limits.replace(max_file_size=1000)

        request = self.request(Small)
        with pytest.raises(RequestEntityTooLarge):
            asyncio.run(names["save_files"](request, tmp_path))
        assert request.body_reader.ended
        assert list(tmp_path.iterdir()) == []
