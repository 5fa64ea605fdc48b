"""The benchmarks of the drop-in: each arm answers as it should, and the command compares them."""

from __future__ import annotations

import json
import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from .test_core import run

pytest.importorskip("litestar")

from benchmarks.contestants import Contestant
from benchmarks.dropin.driver import check
from benchmarks.dropin.report import text_of
from benchmarks.dropin.suite import SUITE, WITHOUT
from benchmarks.dropin.tasks import APP, EVERYWHERE, FUTURE, TASKS, loaded_tasks
from benchmarks.report import Outcome
from benchmarks.sides import load_side
from benchmarks.tasks import SUSPENDED, Task, select_tasks
from benchmarks.tasks import find_task as find_task_of

ASKED = {
    "plain",
    "read",
    "declared",
    "url",
    "json-data",
    "json-request",
    "form-data",
    "form-request",
    "multipart-data",
    "multipart-request",
    "stream",
    "missing",
    "session",
    "authenticated",
    "ws-text",
    "ws-json",
    "ws-listener-text",
    "ws-listener-json",
    "ws-connect",
}
CONTESTANTS = [Contestant(name, "", {}) for name in SUITE.contestants]
WORDS = ["--litestar", "--only", "plain", "--only", "ws-text"]


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    if not (litecon := load_side("compiled")).COMPILED:
        pytest.skip(f"litecon has fallen back, {litecon.FALLBACK_REASON}")


def find_task(name: str) -> Task:
    return find_task_of(name, TASKS)


def test_every_task_is_there_once() -> None:
    names = [task.name for task in TASKS]
    assert len(set(names)) == len(names)
    variants = {SUSPENDED, FUTURE, "/everywhere"}
    assert {name for name in names if "/" not in name} == ASKED
    assert all(f"/{name.partition('/')[2]}" in variants for name in names if "/" in name)
    assert all(task.suspends == task.name.endswith((SUSPENDED, FUTURE)) for task in TASKS)
    assert all(task.futures == task.name.endswith(FUTURE) for task in TASKS)
    assert {task.name for task in TASKS if task.operation == EVERYWHERE} == {
        "session/everywhere",
        "authenticated/everywhere",
    }
    assert [task.name for task in select_tasks(["ws-j*"], TASKS)] == ["ws-json", "ws-json/suspended", "ws-json/future"]


@pytest.mark.parametrize("name", SUITE.contestants)
def test_an_app_answers_correctly(name: str) -> None:
    done = run("benchmarks.child", "litestar", "check", name)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(TASKS)


def test_a_wrong_answer_is_found() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"something else"})

    with pytest.raises(ValueError, match="hasty has a wrong answer in plain: .*something else"):
        check(find_task("plain"), Contestant("hasty", "", {APP: lambda: app}))


def test_a_client_sends_what_the_tasks_say() -> None:
    exchange = SUITE.exchange_of(find_task("json-data"), "compiled")
    head, _, content = exchange.question.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /compiled/json-data?page=1&order=name HTTP/1.1\r\nhost: api.example.com\r\n")
    assert b"content-length: %d" % len(content) in head
    assert exchange.answer == content
    message = SUITE.exchange_of(find_task("ws-json"), "compiled")
    assert message.opening.startswith(b"GET /compiled/ws-json?")
    # the client's frame has a mask
    assert len(message.question) == len(message.answer) + 4
    assert {task.name for task in loaded_tasks(TASKS)} == ASKED - {"ws-connect"}


def test_what_is_slower_is_said() -> None:
    tasks = [find_task("plain"), find_task("ws-text")]
    counts = {
        "plain": {WITHOUT: 100.0, "compiled": 50.0},
        "ws-text": {WITHOUT: 100.0, "compiled": 110.0},
    }
    text = text_of(Outcome("instructions", False, tasks, CONTESTANTS, counts))
    assert text.endswith("SLOWER with the plugin: ws-text, compiled: 1.100")
    assert "0.500" in text
    counts["ws-text"]["compiled"] = 80.0
    text = text_of(Outcome("uvicorn", False, tasks, CONTESTANTS, counts))
    assert text.endswith("with the plugin nothing is slower")
    assert "2.000" in text


@pytest.mark.command
def test_the_command_times_both(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    done = run("benchmarks", *WORDS, "--rounds", "2", "--json", os.fspath(path))
    assert done.returncode == 0, done.stderr
    result = json.loads(path.read_text(encoding="utf-8"))
    assert result["contestants"] == list(SUITE.contestants)
    assert [task["name"] for task in result["tasks"]] == ["plain", "ws-text"]
    assert set(result["tasks"][0]["of_without"]) == {"compiled"}
    assert "mean: HTTP, at once" in done.stdout


# to import Litestar takes a minute under callgrind, and more where others use the processors
@pytest.mark.command
@pytest.mark.timeout(600)
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
def test_the_command_counts_instructions(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    words = ["--only", "plain", "--contestants", "without", "--json", os.fspath(path)]
    done = run("benchmarks", "--litestar", "--instructions", *words)
    assert done.returncode == 0, done.stderr
    (task,) = json.loads(path.read_text(encoding="utf-8"))["tasks"]
    assert 10_000 < task["counts"]["without"] < 1_000_000


@pytest.mark.command
@pytest.mark.skipif(find_spec("uvicorn") is None or find_spec("websockets") is None, reason="uvicorn is not installed")
def test_the_command_loads_whole_servers(tmp_path: Path) -> None:
    words = ["--rounds", "1", "--contestants", "compiled", "--json", os.fspath(tmp_path / "result.json")]
    done = run("benchmarks", *WORDS, "--server", *words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("uvicorn: requests and messages a second")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--only", "nothing"], "no task matches nothing: --litestar --list shows them"),
        (["--contestants", "nobody"], "there is no contestant 'nobody'"),
        (["--memory"], "--litestar is for time, --instructions, or --server"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(words: list[str], sentence: str) -> None:
    done = run("benchmarks", "--litestar", *words)
    assert done.returncode == 2
    assert done.stderr.startswith(f"benchmarks: {sentence}")
    assert len(done.stderr.splitlines()) == 1
