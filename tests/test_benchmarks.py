"""The benchmarks measure what they say: a complete registry, correct results, a command that works."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from benchmarks.bounds import geometric_mean, judge
from benchmarks.contestants import Contestant, contestant_names
from benchmarks.driver import check
from benchmarks.tasks import SUSPENDED, TASKS, find_task, select_tasks

ROOT = Path(__file__).resolve().parent.parent

PLAIN = {
    "construct",
    "one-header",
    "headers-and-cookies",
    "query",
    "url",
    "base-url",
    "content-type",
    "accept",
}
READING = {"body-200B", "body-64x16KiB", "stream-64x16KiB", "json-200B", "json-20KB", "msgpack-150B", "typical"}
COMPLETE = ("raw", "compiled", "fallback", "litestar")


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_task_is_there_once() -> None:
    names = [task.name for task in TASKS]
    assert len(set(names)) == len(names)
    assert {task.name for task in TASKS if task.kind == "http"} == PLAIN | READING | {
        name + SUSPENDED for name in READING
    }
    assert all(task.asynchronous == bool(task.events) for task in TASKS)


def test_tasks_are_selected_by_pattern() -> None:
    assert [task.name for task in select_tasks(["url", "json-*B"])] == [
        "url",
        "json-200B",
        "json-20KB",
    ]
    assert len(select_tasks([])) == len(TASKS)
    assert select_tasks(["no such task"]) == []


@pytest.mark.parametrize("name", contestant_names())
def test_a_contestant_has_correct_results(name: str) -> None:
    done = run("benchmarks.child", "check", name)
    if done.returncode == 2 and ("is not installed" in done.stderr or "litecon has fallen back" in done.stderr):
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    if name in COMPLETE:
        assert int(done.stdout) == len(TASKS)


def test_a_wrong_result_is_found() -> None:
    contestant = Contestant("wrong", "1", {"one_header": lambda scope, receive, send: "something else"})
    with pytest.raises(ValueError, match="wrong has a wrong result for one-header: 'something else'"):
        check(find_task("one-header"), contestant)


def test_events_left_unread_are_found() -> None:
    async def body(scope: Any, receive: Any, send: Any) -> Any:
        await receive()
        return find_task("body-64x16KiB").expected(0)

    with pytest.raises(ValueError, match="left events unread"):
        check(find_task("body-64x16KiB"), Contestant("hasty", "1", {"body": body}))


def test_bounds_are_judged() -> None:
    counts = {
        "construct": {"raw": 1900.0, "compiled": 1000.0, "fallback": 2000.0, "litestar": 10000.0},
        "query": {"raw": 24000.0, "compiled": 24000.0, "fallback": 30000.0},
    }
    verdicts = {verdict.title: verdict for verdict in judge(counts, {"compiled": 144.0})}
    assert verdicts["construct, of Litestar's"].reached is True
    assert verdicts["query, of the raw floor"].reached is False
    assert verdicts["typical request, of the raw floor"].reached is None
    assert verdicts["each task, of the fallback"].number == pytest.approx(0.8)
    assert verdicts["each task, of the fastest peer"].detail == "construct, litestar"
    assert verdicts["bytes of an idle Request"].reached is True


def test_the_geometric_mean() -> None:
    assert geometric_mean([0.5, 2.0]) == pytest.approx(1.0)
    assert geometric_mean([]) is None


def test_the_command_times_a_task(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    words = ["--only", "one-header", "--contestants", "raw,fallback", "--rounds", "2", "--json", os.fspath(path)]
    done = run("benchmarks", *words)
    assert done.returncode == 0, done.stderr
    assert "one-header" in done.stdout
    assert "[1/1] one-header" in done.stderr
    result = json.loads(path.read_text(encoding="utf-8"))
    assert (result["measure"], result["inputs"]) == ("nanoseconds", "warm")
    assert list(result["contestants"]) == ["raw", "fallback"]
    (task,) = result["tasks"]
    assert task["name"] == "one-header"
    assert task["of_floor"]["raw"] == 1.0
    assert task["of_floor"]["fallback"] > 1.0
    assert set(result["memory"]) == {"raw", "fallback"}


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
def test_the_command_counts_instructions(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    words = ["--instructions", "--only", "construct", "--contestants", "raw", "--json", os.fspath(path)]
    done = run("benchmarks", *words)
    assert done.returncode == 0, done.stderr
    (task,) = json.loads(path.read_text(encoding="utf-8"))["tasks"]
    assert 500 < task["counts"]["raw"] < 10_000


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--only", "nothing"], "no task matches nothing: --list shows them"),
        (["--contestants", "nobody"], "there is no contestant 'nobody'"),
        (["--jobs", "0"], "--jobs and --rounds are at least 1"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(words: list[str], sentence: str) -> None:
    done = run("benchmarks", *words)
    assert done.returncode == 2
    assert done.stderr.startswith(f"benchmarks: {sentence}")
    assert len(done.stderr.splitlines()) == 1


def test_a_missing_valgrind_is_one_sentence() -> None:
    done = run("benchmarks", "--instructions", PATH="")
    assert done.returncode == 2
    assert done.stderr == "benchmarks: valgrind is not installed: its callgrind counts the instructions\n"
