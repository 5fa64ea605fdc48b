"""The inspector's report about forms, without a server."""

from __future__ import annotations

import hashlib
import importlib
import json
import tracemalloc
from typing import Any

import pytest

from ..helpers import DISCONNECT, body_events, http_scope

MEGABYTE = 1 << 20
URLENCODED = b"application/x-www-form-urlencoded"
MULTIPART = b"multipart/form-data; boundary=x"
END = b"--x--\r\n"


def module_of(side: Any, name: str) -> Any:
    return importlib.import_module(f".{name}", side.__name__)


def part(headers: str, content: bytes) -> bytes:
    return b"--x\r\nContent-Disposition: form-data; " + headers.encode() + b"\r\n\r\n" + content + b"\r\n"


async def answer(side: Any, content_type: bytes, events: Any, **headers: bytes) -> tuple[int, str]:
    """Return the status and the body of what the inspector answers; where it asks for too much, an IndexError."""
    pending, sent = list(events), []
    lines = [(b"host", b"example.org"), (b"content-type", content_type)]
    scope = http_scope(method="POST", headers=[*lines, *((name.encode(), value) for name, value in headers.items())])

    async def receive() -> Any:
        return pending.pop(0)

    async def send(event: Any) -> None:
        sent.append(event)

    await module_of(side, "inspector").app(scope, receive, send)
    if not sent:
        return 0, ""
    assert [event.get("more_body") for event in sent[1:]][-1] is False
    return sent[0]["status"], b"".join(event["body"] for event in sent[1:]).decode()


@pytest.fixture
def report(side: Any, run: Any) -> Any:
    """Return the report of a form in these chunks, whose answer has this status."""

    def make(content_type: bytes, *chunks: bytes, status: int = 200, **headers: bytes) -> Any:
        got, text = run(lambda: answer(side, content_type, body_events(*chunks), **headers))
        assert got == status, text
        return json.loads(text)

    return make


def field(name: str, data: bytes, **more: Any) -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    described = {"name": name, "kind": "field", "filename": None, "content_type": None}
    return {**described, "size": len(data), "sha256": digest, "truncated": False, **more}


def file(name: str, filename: str, content_type: str | None, data: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    described = {"name": name, "kind": "file", "filename": filename, "content_type": content_type}
    return {**described, "size": len(data), "sha256": digest}


def test_multipart(side: Any, report: Any) -> None:
    content = bytes(range(256)) * 1000
    request = (
        module_of(side, "testing")
        .RequestFactory()
        .post(form={"a": ["1", "é<b>"], "": b"\xff\x00"}, files={"f": b"", "g": ("ü.bin", content, "a/b; c=d")})
    )
    content_type = request.headers["content-type"].encode()
    chunks = request.receive
    body = _drained(chunks)
    expected = [
        field("a", b"1", text="1"),
        field("a", "é<b>".encode(), text="é<b>"),
        field("", b"\xff\x00", hex="ff00"),
        file("f", "f", "application/octet-stream", b""),
        file("g", "ü.bin", "a/b", content),
    ]
    for step in (len(body), 1000, 7):
        pieces = [body[start : start + step] for start in range(0, len(body), step)]
        seen = report(content_type, *pieces)
        assert seen["form"] == expected
        assert seen["body"] == {"size": len(body), "format": "form", "truncated": True, "hex": body[:1024].hex()}


def _drained(receive: Any) -> bytes:
    try:
        receive().send(None)
    except StopIteration as stop:
        body: bytes = stop.value["body"]
        assert not stop.value["more_body"]
        return body
    raise AssertionError("it waits")


def test_urlencoded(report: Any) -> None:
    seen = report(URLENCODED, b"a=1&b=%C3%A9&a=x+", b"y&c&=%FF%00")
    assert seen["form"] == [
        field("a", b"1", text="1"),
        field("b", "é".encode(), text="é"),
        field("a", b"x y", text="x y"),
        field("c", b"", text=""),
        field("", "\ufffd\0".encode(), hex="efbfbd00"),
    ]
    assert seen["body"] == {"size": 28, "format": "form", "truncated": False, "text": "a=1&b=%C3%A9&a=x+y&c&=%FF%00"}


def test_no_parts(report: Any) -> None:
    seen = report(URLENCODED, b"")
    assert (seen["form"], seen["body"]["format"]) == ([], "empty")
    seen = report(MULTIPART, END)
    assert (seen["form"], seen["body"]["format"]) == ([], "form")
    assert report(b"text/plain", b"a=1")["form"] is None


def test_large_chunk_is_hashed(report: Any) -> None:
    content = b"0123456789" * 100_000
    seen = report(MULTIPART, part('name="a"; filename="b"', content) + END)
    assert seen["form"] == [file("a", "b", None, content)]


def test_what_is_shown_is_bounded(side: Any, report: Any) -> None:
    most = module_of(side, "inspector.uploads").MAX_FIELD
    content = "é".encode() * 10_000
    parts = [part(f'name="{"n" * 300}"', b"x" + content) for _ in range(40)]
    seen = report(MULTIPART, *parts, part(f'name="b"; filename="{"f" * 300}"', b""), END)["form"]
    shown = [one["text"] for one in seen[:-1]]
    assert shown[0] == "x" + "é" * (most // 2 - 1)
    assert shown[20:] == [""] * 20 and sum(map(len, shown)) <= 65536
    assert all(one["truncated"] and one["sha256"] == seen[0]["sha256"] for one in seen[:-1])
    assert seen[0]["name"] == "n" * 255 + "..." and seen[-1]["filename"] == "f" * 255 + "..."
    seen = report(MULTIPART, part('name="a"', b"\xff" * 2000), END)["form"][0]
    assert (seen["hex"], seen["truncated"]) == ("ff" * 1024, True)


@pytest.mark.parametrize(
    ("content_type", "body", "status", "words", "kept"),
    [
        (b"multipart/form-data", END, 400, "boundary", 0),
        (b"multipart/form-data; boundary=", END, 400, "boundary", 0),
        (MULTIPART, b"--x", 400, "broken", 0),
        (MULTIPART, b"no form at all", 400, "broken", 0),
        (MULTIPART, part('nam="a"', b"") + END, 400, "no name", 0),
        (MULTIPART, part('name="a"', b"1") + part('name="b"', b"22")[:-4], 400, "broken", 2),
        (MULTIPART, part('name="a"', b"") * 1001 + END, 413, "1000", 1000),
        (MULTIPART, part('name="a"\r\nx: ' + "y" * 5000, b"") + END, 413, "a header larger than", 0),
        (MULTIPART, part('name="a"' + "\r\nx: y" * 20, b"") + END, 413, "more headers than 16", 0),
        (URLENCODED, b"a=1&" * 1001, 413, "1000", 1000),
        (URLENCODED, b"a=1&b=" + b"x" * (MEGABYTE + 1), 413, "a field is larger", 1),
        (URLENCODED, (b"a=" + b"x" * (MEGABYTE - 3) + b"&") * 11, 413, "the body is larger", None),
    ],
)
def test_broken_forms(report: Any, content_type: bytes, body: bytes, status: int, words: str, kept: int | None) -> None:
    """What came before is listed; what came to its end asks the server for nothing more."""
    pieces = [body[start : start + 65536] for start in range(0, len(body), 65536)]
    seen = report(content_type, *(pieces or [b""]), status=status)
    assert seen["body"]["error"]["status_code"] == status
    assert words in seen["body"]["error"]["detail"]
    # what stands behind the error was received or not
    assert seen["body"]["size"] in (None, len(body))
    if len(pieces) == 1 and b"boundary=x" in content_type:
        assert (seen["body"]["size"], seen["body"]["text"]) == (len(body), body.decode())
    assert kept is None or len(seen["form"]) == kept


def test_part_that_did_not_arrive(side: Any, run: Any, report: Any) -> None:
    body = part('name="a"; filename="f"', b"12345")[:-2]
    [seen] = report(MULTIPART, body, status=400)["form"]
    assert seen == {**file("a", "f", None, b"12345"), "sha256": None, "size": seen["size"]}
    assert seen["size"] <= 5
    status, page = run(lambda: answer(side, MULTIPART, body_events(body), accept=b"text/html"))
    assert status == 400
    assert "did not arrive completely" in page and "What follows could not be read." in page


def test_page(side: Any, run: Any) -> None:
    body = [part('name="<a>"', b"<script>\x07"), part('name="b"; filename=""', b""), part('name="c"', b"\xff"), END]
    status, page = run(lambda: answer(side, MULTIPART, body_events(*body), accept=b"text/html"))
    assert status == 200
    section = page[page.index('<section id="form"') : page.index('<section id="extensions"')]
    assert '<th scope="row">&lt;a&gt;</th><td data-title="Kind">field</td>' in section
    assert '<pre tabindex="0">&lt;script&gt;\\x07</pre>' in section
    assert '<td data-title="Filename"><span class="none">empty</span></td>' in section
    assert '<pre class="dump" tabindex="0">0000  ff' in section
    assert section.count("<code>") == 3
    assert '<a href="#form">Form</a>' in page
    assert "bytes of form data" in page
    status, page = run(lambda: answer(side, URLENCODED, body_events(b""), accept=b"text/html"))
    assert "The form has no parts." in page
    status, page = run(lambda: answer(side, b"text/plain", body_events(b""), accept=b"text/html"))
    assert 'id="form"' not in page and "#form" not in page.partition("<nav")[2].partition("</nav>")[0]


def test_client_that_goes_away(side: Any, run: Any) -> None:
    events = [{"type": "http.request", "body": part('name="a"', b"1"), "more_body": True}, DISCONNECT]
    assert run(lambda: answer(side, MULTIPART, events)) == (0, "")


@pytest.mark.parametrize("content_type", [MULTIPART, URLENCODED, b"text/plain"])
def test_too_much_at_the_very_end_waits_for_nothing(side: Any, run: Any, content_type: bytes) -> None:
    # the last event is the one that passes the bound: another receive() would wait for the client to go
    chunk = b"x" * (MEGABYTE - 1) + b"&"
    many = [part('name="a"', b"") * 1001] if content_type == MULTIPART else [chunk] * 11
    assert run(lambda: answer(side, content_type, body_events(*many)))[0] == 413


def test_rest_is_received_before_the_answer(side: Any, run: Any) -> None:
    left = body_events(part('nam="a"', b""), *[b"x" * 1000] * 20)
    taken = []

    class Events(list[Any]):
        def pop(self, index: Any = -1) -> Any:
            taken.append(len(self))
            return super().pop(index)

    async def main() -> None:
        pending, sent = Events(left), []

        async def receive() -> Any:
            return pending.pop(0)

        async def send(event: Any) -> None:
            sent.append((event["type"], len(taken)))

        scope = http_scope(method="POST", headers=[(b"content-type", MULTIPART)])
        await module_of(side, "inspector").app(scope, receive, send)
        assert not pending and sent[0][1] == 21

    run(main)


@pytest.mark.slow
def test_memory_is_constant(side: Any, run: Any) -> None:
    chunk, count = b"x" * 65536, 1600
    peak = 0

    async def main() -> None:
        nonlocal peak
        first = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
        sent, given = [], 0

        async def receive() -> Any:
            nonlocal given
            given += 1
            body = first if given == 1 else chunk if given <= count else b"\r\n" + END
            return {"type": "http.request", "body": body, "more_body": given <= count}

        async def send(event: Any) -> None:
            sent.append(event)

        scope = http_scope(method="POST", headers=[(b"content-type", MULTIPART)])
        app = module_of(side, "inspector").app
        tracemalloc.start()
        try:
            await app(scope, receive, send)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        [seen] = json.loads(sent[1]["body"])["form"]
        assert seen["size"] == 65536 * (count - 1)

    run(main)
    assert peak < 4 * MEGABYTE
