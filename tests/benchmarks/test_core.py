"""The benchmarks measure what they say: a complete registry, correct results, a command that works."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.bounds import geometric_mean, judge
from benchmarks.contestants import Contestant, contestant_names, load_contestant
from benchmarks.core import SUITE
from benchmarks.data import events, http_scope, json_of
from benchmarks.driver import check, drive, make_batch, make_receive, make_send
from benchmarks.growth import FAMILIES, Family
from benchmarks.server import SERVED
from benchmarks.sides import Side, load_side
from benchmarks.tasks import SUSPENDED, TASKS, find_task, select_tasks
from litecon.testing import Sender, receiver, websocket_scope

from ..sides import PACKAGE

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent.parent

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
WEBSOCKET = {
    "ws-accept",
    "ws-receive-text",
    "ws-iterate-text",
    "ws-send-text",
    "ws-send-json",
    "ws-echo-text",
    "ws-receive-bytes",
    "ws-receive-json",
    "ws-iterate-json",
    "ws-echo-json",
}
FORMS = {
    "form-10-fields",
    "form-1000-fields",
    "multipart-10-fields",
    "multipart-1000-fields",
    "multipart-8MiB",
    "multipart-8MiB-stream",
}
READING = FORMS | {
    "body-200B",
    "body-64x16KiB",
    "stream-64x16KiB",
    "json-200B",
    "json-20KB",
    "msgpack-150B",
    "typical",
}
# its turns of the loop are those of the threads
IN_ASYNCIO = {"multipart-8MiB-on-disk"}
# Litestar does not read a form part by part, and its files stay in memory here
LEFT_OUT = {
    "raw": set(),
    "compiled": set(),
    "pure": set(),
    "litestar": {"multipart-8MiB-on-disk", "multipart-8MiB-stream", "multipart-8MiB-stream/suspended"},
}


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # the package under test, which may be an installed one; the benchmarks are the checkout's
    path = os.pathsep.join([str(PACKAGE.parent), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONSAFEPATH": "1", "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_task_is_there_once() -> None:
    names = [task.name for task in TASKS]
    assert len(set(names)) == len(names)
    assert {task.name for task in TASKS if task.kind == "http"} == PLAIN | READING | IN_ASYNCIO | {
        name + SUSPENDED for name in READING
    }
    assert {task.name for task in TASKS if task.kind == "websocket"} == WEBSOCKET | {
        name + SUSPENDED for name in WEBSOCKET
    }
    assert all(task.asynchronous == bool(task.events) for task in TASKS if task.kind == "http")
    assert all(task.asynchronous and task.has_loop for task in TASKS if task.kind == "websocket")


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
    done = run("benchmarks.child", "core", "check", name)
    if done.returncode == 2 and ("is not installed" in done.stderr or "litecon has fallen back" in done.stderr):
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    if name in LEFT_OUT:
        assert int(done.stdout) == len(TASKS) - len(LEFT_OUT[name])


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


@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_form_comes_in_events_of_64_kib_at_the_most(name: str) -> None:
    task = find_task(name)
    sizes = [len(event["body"]) for event in task.events]
    assert all(size == 64 * 1024 for size in sizes[:-1])
    assert 0 < sizes[-1] <= 64 * 1024
    headers = dict(task.scope(1)["headers"])
    assert int(headers[b"content-length"]) == sum(sizes)
    assert task.work == ("decoder" if name.startswith("multipart") else "own")


@pytest.mark.parametrize("name", ["form-10-fields", "form-1000-fields"])
def test_no_two_urlencoded_bodies_are_alike_where_that_is_wanted(name: str) -> None:
    task = find_task(name)
    bodies: list[bytes] = []

    async def form(scope: Any, receive: Any, send: Any) -> None:
        bodies.append((await receive())["body"])

    contestant = Contestant("reading", "1", {"form": form})
    make_batch(task, contestant, 3, pool=5, cold=True)()
    assert len(set(bodies)) == 3
    assert {len(body) for body in bodies} == {len(task.events[0]["body"])}
    bodies.clear()
    make_batch(task, contestant, 3, pool=5)()
    assert set(bodies) == {task.events[0]["body"]}


@pytest.mark.parametrize("name", ["form-10-fields", "multipart-10-fields"])
@pytest.mark.parametrize("lost", ["first_name", "terms"])
def test_a_lost_field_is_found(name: str, lost: str) -> None:
    task = find_task(name)

    async def form(scope: Any, receive: Any, send: Any) -> Any:
        await receive()
        return [(name, value) for name, value in task.expected(0).items() if name != lost]

    with pytest.raises(ValueError, match=f"wrong has a wrong result for {name}"):
        check(task, Contestant("wrong", "1", {task.operation: form}))


@pytest.mark.parametrize(
    "parts",
    [
        {"a": b"1"},
        {"empty": b""},
        {"a": b"\r\n--" + b"-" * 50, "b": b"", "c": b"\r\n" * 40 + b"\r"},
        {},
    ],
)
def test_the_raw_floor_reads_a_form_however_it_is_split(parts: dict[str, bytes]) -> None:
    raw = load_contestant("raw").operations
    boundary = "----form"
    body = b"".join(
        b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (boundary.encode(), name.encode(), value)
        for name, value in parts.items()
    )
    body += b"--%s--\r\n" % boundary.encode()
    scope = http_scope(0, f"multipart/form-data; boundary={boundary}", len(body))
    for size in (1, 2, 7, 64, len(body)):
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        fields = drive(raw["multipart"](scope, make_receive(iter(events(*pieces)), False), None))
        assert dict(fields) == {name: value.decode() for name, value in parts.items()}
        found = drive(raw["multipart_stream"](scope, make_receive(iter(events(*pieces)), False), None))
        assert found == [(name, None, len(value)) for name, value in parts.items()]


@pytest.mark.parametrize("suspends", [False, True])
def test_the_doubles_suspend_once_for_each_event_or_not_at_all(suspends: bool) -> None:
    events = [{"type": "first"}, {"type": "second"}]
    sent: list[dict[str, Any]] = []
    receive = make_receive(iter(events), suspends)
    for send in (make_send(suspends), make_send(suspends, sent)):
        coroutine = send(events[0])
        assert steps_of(coroutine) == (suspends, None)
    assert [steps_of(receive()), steps_of(receive())] == [(suspends, event) for event in events]
    assert sent == events[:1]


def steps_of(coroutine: Any) -> tuple[int, Any]:
    """Return how often a coroutine suspends, and its result."""
    suspended = 0
    try:
        while True:
            coroutine.send(None)
            suspended += 1
    except StopIteration as end:
        return suspended, end.value


@pytest.mark.parametrize("cold", [False, True])
@pytest.mark.parametrize("name", ["ws-echo-text", "ws-iterate-text", "ws-accept", "body-200B", "url"])
def test_a_batch_does_as_many_operations_as_it_says(name: str, cold: bool) -> None:
    done = []

    async def ws_accept(scopes: Any, receive: Any, send: Any) -> Any:
        for _ in scopes:
            done.append(await receive())
        return receive

    async def messages(receive: Any, count: int) -> None:
        assert count == 3
        while (event := await receive())["type"] != "websocket.disconnect":
            done.append(event)

    async def body(scope: Any, receive: Any, send: Any) -> None:
        done.append(await receive())

    operations = {"ws_accept": ws_accept, "ws_echo_text": messages, "ws_iterate_text": messages, "body": body}
    contestant = Contestant("counting", "1", {**operations, "url": lambda scope, receive, send: done.append(scope)})
    task = find_task(name)
    batch = make_batch(task, contestant, 3, pool=5, cold=cold)
    done.clear()
    batch()
    assert len(done) == 3
    if task.per_message or name == "url":
        assert (done[0] != done[1] and done[1] != done[2]) is cold


@pytest.mark.parametrize("sent", [["something else"], [], ["{text}", "{text}"]])
def test_a_wrong_message_is_found(sent: list[str]) -> None:
    async def ws_accept(scopes: Any, receive: Any, send: Any) -> Any:
        await receive()
        await send({"type": "websocket.accept"})
        return receive, send

    async def ws_echo_text(socket: Any, count: int) -> None:
        receive, send = socket
        for _ in range(count):
            text = (await receive())["text"]
            for template in sent:
                await send({"type": "websocket.send", "text": template.format(text=text)})

    contestant = Contestant("wrong", "1", {"ws_accept": ws_accept, "ws_echo_text": ws_echo_text})
    with pytest.raises(ValueError, match="wrong has sent"):
        check(find_task("ws-echo-text"), contestant)


def test_bounds_are_judged() -> None:
    counts = {
        "construct": {"raw": 1900.0, "compiled": 1000.0, "pure": 2000.0, "litestar": 10000.0},
        "query": {"raw": 24000.0, "compiled": 24000.0, "pure": 30000.0},
    }
    memory = {"compiled": {"Request": 144.0, "WebSocket": 208.0}}
    verdicts = {verdict.title: verdict for verdict in judge(counts, memory)}
    assert verdicts["construct, of Litestar's"].reached is True
    assert verdicts["query, of the raw floor"].reached is False
    assert verdicts["typical, of the raw floor"].reached is None
    assert verdicts["each task, of the pure side"].number == pytest.approx(0.8)
    assert verdicts["each task, of the fastest peer"].detail == "construct, litestar"
    assert verdicts["bytes of an idle Request"].reached is True
    assert verdicts["bytes of an idle WebSocket"].reached is False


def test_bounds_on_messages_are_judged() -> None:
    raw = {name + suffix: 2000.0 for name in WEBSOCKET for suffix in ("", SUSPENDED)}
    counts = {name: {"raw": floor, "compiled": floor + 800, "pure": 4 * floor} for name, floor in raw.items()}
    verdicts = {verdict.title: verdict for verdict in judge(counts, {})}
    above = verdicts["ws-send-text, instructions above the raw floor"]
    assert above.number == 800
    assert above.reached is True
    for tasks in ("all", "the six"):
        assert verdicts[f"{tasks} WebSocket tasks, of the raw floor, geometric mean"].number == pytest.approx(1.4)
        assert verdicts[f"{tasks} WebSocket tasks, of the pure side, geometric mean"].number == pytest.approx(0.35)
    assert verdicts["ws-send-json, of the raw floor: the fastest peer known"].reached is True
    assert above.title not in {verdict.title for verdict in judge(counts, {}, "nanoseconds")}


def test_bounds_on_forms_are_judged() -> None:
    counts = {
        "form-10-fields": {"raw": 29_000.0, "compiled": 40_000.0, "litestar": 110_000.0},
        "multipart-8MiB": {"raw": 4e6, "compiled": 6e6, "litestar": 24e6},
        "multipart-8MiB/suspended": {"raw": 4e6, "compiled": 6e6, "litestar": 5e6},
    }
    verdicts = {verdict.title: verdict for verdict in judge(counts, {})}
    assert verdicts["form-10-fields, of the raw floor: the fastest peer known"].reached is True
    assert verdicts["multipart-8MiB, of the raw floor: the fastest peer known"].reached is False
    assert verdicts["multipart-10-fields, of the raw floor: the fastest peer known"].reached is None
    assert verdicts["form-10-fields, of Litestar's"].reached is True
    worse = verdicts["multipart-8MiB, of Litestar's"]
    assert (worse.reached, worse.detail) == (False, "multipart-8MiB/suspended")


def test_the_geometric_mean() -> None:
    assert geometric_mean([0.5, 2.0]) == pytest.approx(1.0)
    assert geometric_mean([]) is None


@pytest.mark.command
def test_the_command_times_a_task(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    words = ["--only", "one-header", "--contestants", "raw,pure", "--rounds", "2", "--json", os.fspath(path)]
    done = run("benchmarks", *words)
    assert done.returncode == 0, done.stderr
    assert "one-header" in done.stdout
    assert "[1/1] one-header" in done.stderr
    result = json.loads(path.read_text(encoding="utf-8"))
    assert (result["measure"], result["inputs"]) == ("nanoseconds", "warm")
    assert list(result["contestants"]) == ["raw", "pure"]
    (task,) = result["tasks"]
    assert task["name"] == "one-header"
    assert task["of_floor"]["raw"] == 1.0
    assert task["of_floor"]["pure"] > 1.0
    assert {name: set(sizes) for name, sizes in result["memory"].items()} == {
        "raw": {"Request", "WebSocket"},
        "pure": {"Request", "WebSocket"},
    }


@pytest.mark.command
def test_the_command_times_a_websocket_under_asyncio(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    words = ["--only", "ws-echo-text*", "--only", "ws-accept", "--contestants", "raw,pure", "--rounds", "2"]
    done = run("benchmarks", *words, "--asyncio", "--json", os.fspath(path))
    assert done.returncode == 0, done.stderr
    assert "mean: own WebSocket work, suspended" in done.stdout
    assert [task["kind"] for task in json.loads(path.read_text(encoding="utf-8"))["tasks"]] == ["websocket"] * 3


@pytest.mark.parametrize("name", ["raw", "compiled"])
def test_both_apps_of_a_whole_server_echo(name: str) -> None:
    from benchmarks.apps import contestants

    sent = Sender()
    scope = websocket_scope(path=f"/{name}/ws_echo_text")
    drive(contestants(scope, receiver({"type": "websocket.connect"}, "one", "two"), sent))
    accept, *others = sent.events
    assert accept["type"] == "websocket.accept"
    assert others == [{"type": "websocket.send", "text": text} for text in ("one", "two")]


@pytest.mark.parametrize("name", ["one-header", "json-200B"])
def test_both_apps_of_a_whole_server_answer_as_the_client_expects(name: str) -> None:
    from benchmarks.apps import contestants

    task = find_task(name)
    for contestant in ("raw", "compiled"):
        sent = Sender()
        scope = {**task.scope(0), "path": f"/{contestant}/{task.operation}"}
        drive(contestants(scope, receiver(*task.events), sent))
        start, body = sent.events
        assert start["status"] == 200
        assert body["body"] == SUITE.exchange_of(task, contestant).answer == json_of(task.expected(0))


def test_a_request_without_a_body_is_a_get() -> None:
    question = SUITE.exchange_of(find_task("one-header"), "raw").question
    assert question.startswith(b"GET /raw/one_header?page=1&order=name HTTP/1.1\r\n")
    assert b"content-" not in question
    assert question.endswith(b"\r\n\r\n")


@pytest.mark.command
@pytest.mark.skipif(find_spec("uvicorn") is None or find_spec("websockets") is None, reason="uvicorn is not installed")
def test_the_command_compares_whole_servers() -> None:
    done = run("benchmarks", "--server", "--rounds", "1")
    if "litecon has fallen back" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.partition(" per second: raw ")[0] for line in lines] == [f"uvicorn, {name}" for name in SERVED]
    assert all("bound >= 0.96" in line for line in lines)


@pytest.mark.command
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


def result_of(path: Path, **counts: float) -> Path:
    tasks = [
        {"name": name.replace("_", "-"), "counts": {"raw": 1000.0, "compiled": count}} for name, count in counts.items()
    ]
    path.write_text(
        json.dumps(
            {
                "measure": "instructions",
                "inputs": "warm",
                "python": "CPython 3.11.7",
                "contestants": {"raw": "3.11.7", "compiled": "1"},
                "tasks": tasks,
            }
        )
    )
    return path


@pytest.mark.parametrize(("now", "status"), [(1000.0, 0), (1029.0, 0), (1031.0, 1), (900.0, 0)])
def test_a_task_that_takes_over_three_percent_more_fails(tmp_path: Path, now: float, status: int) -> None:
    old = result_of(tmp_path / "old.json", query=1000.0, url=500.0)
    new = result_of(tmp_path / "new.json", query=now, accept=1.0)
    done = run("benchmarks", "--compare", str(old), str(new))
    assert done.returncode == status, done.stderr
    assert ("beyond the bound: query, compiled" in done.stderr) is bool(status)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("compiler", "gcc 15", "differ in compiler"),
        ("inputs", "cold", "differ in inputs"),
        ("python", "CPython 3.12.1", "is of CPython 3.11.7"),
        ("tasks", [{"name": "query", "counts": {"raw": 1021.0, "compiled": 1.0}}], "count both results anew"),
    ],
)
def test_results_of_another_build_are_not_compared(tmp_path: Path, key: str, value: Any, reason: str) -> None:
    old = result_of(tmp_path / "old.json", query=1000.0)
    new = tmp_path / "new.json"
    new.write_text(json.dumps({**json.loads(old.read_text()), key: value}))
    done = run("benchmarks", "--compare", str(old), str(new))
    assert done.returncode == 2
    assert reason in done.stderr


def test_results_without_a_task_in_common_are_not_compared(tmp_path: Path) -> None:
    done = run(
        "benchmarks", "--compare", *(str(result_of(tmp_path / name, **{name: 1.0})) for name in ("url", "query"))
    )
    assert done.returncode == 2
    assert "no task of litecon's in common" in done.stderr


def test_a_chart_is_drawn_for_light_and_dark_pages(tmp_path: Path) -> None:
    done = run("benchmarks", "--chart", str(result_of(tmp_path / "result.json", query=890.0)))
    assert done.returncode == 0, done.stderr
    for theme in ("light", "dark"):
        picture = ElementTree.fromstring((tmp_path / f"speed-{theme}.svg").read_text())
        assert "litecon 0.89" in "".join(picture.itertext())


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
@pytest.mark.parametrize("side", ["compiled", "pure"])
def test_a_family_of_inputs_is_read(family: Family, side: Side) -> None:
    loaded = load_side(side)
    if side == "compiled" and not loaded.COMPILED:
        pytest.skip("litecon is not compiled")
    assert family.work(loaded, family.size)() is not None or family.name.startswith("ranges of Accept")
