"""The inspector's list of recent requests, the lines that it prints, and its curl commands."""

from __future__ import annotations

import importlib
import shlex
from typing import Any

import pytest

from litecon.testing import Client, HandshakeRefused

JSON = {"accept": "application/json"}
ORIGIN = {"host": "example.org"}


@pytest.fixture
def inspector(side: Any) -> Any:
    return importlib.import_module(".inspector.app", side.__name__).Inspector


@pytest.fixture
def recent(side: Any) -> Any:
    return importlib.import_module(".inspector.recent", side.__name__).Recent()


def test_the_last_fifty(inspector: Any, recent: Any, run: Any) -> None:
    async def main() -> None:
        client = Client(inspector(recent), headers=ORIGIN)
        for number in range(60):
            await client.post(f"/{number}", content=b"x" * number)
        async with client.websocket("/ws", query="recent=on") as socket:
            await socket.send_text("0")
            entries = await socket.receive_json()
            assert [entry["number"] for entry in entries] == list(range(11, 61))
            assert entries[-1].items() >= {
                "method": "POST", "url": "http://example.org/59", "status": 200, "size": 59, "client": "127.0.0.1"
            }.items()  # fmt: skip
            await client.get("/new")
            await socket.send_text("60")
            assert [entry["url"] for entry in await socket.receive_json()] == ["http://example.org/new"]
            for nonsense in ("-1", "x", "9" * 5000):
                await socket.send_text(nonsense)
                assert len(await socket.receive_json()) in (0, 50)

    run(main)


def test_nothing_is_kept_unless_asked_for(inspector: Any, run: Any) -> None:
    async def main() -> None:
        client = Client(inspector(), headers=ORIGIN)
        page = await client.get(headers={"accept": "text/html"})
        assert 'id="recent"' not in page.text and "Nothing is kept" in page.text
        with pytest.raises(HandshakeRefused, match="404"):
            async with client.websocket("/ws", query="recent=on"):
                pytest.fail("it keeps nothing")

    run(main)


def test_the_page_says_so(inspector: Any, recent: Any, run: Any) -> None:
    async def main() -> None:
        page = await Client(inspector(recent), headers=ORIGIN, root_path="/in").get(
            "/in/x", headers={"accept": "text/html"}
        )
        assert 'data-socket="/in/ws?recent=on"' in page.text
        assert "The last 50 requests are kept in memory, and shown to everybody" in page.text

    run(main)


def test_pages_of_other_hosts_are_refused(inspector: Any, recent: Any, run: Any) -> None:
    async def main() -> None:
        client = Client(inspector(recent), headers=ORIGIN)
        async with client.websocket("/ws", query="recent=on", headers={"origin": "http://example.org"}) as socket:
            await socket.send_text("0")
            assert await socket.receive_json() == []
        with pytest.raises(HandshakeRefused, match="403"):
            async with client.websocket("/ws", query="recent=on", headers={"origin": "http://evil.org"}):
                pytest.fail("it was let in")

    run(main)


def test_secrets_are_hidden_from_others(inspector: Any, recent: Any, run: Any) -> None:
    async def main() -> None:
        secret = 'it\'s a "secret"'
        headers = {"authorization": f"Bearer {secret}", "x-api-key": "k1", "x-plain": "shown", **JSON}
        response = await Client(inspector(recent), headers=ORIGIN).get(headers=headers, cookies={"a": "b1"})
        # to whom it belongs, it is shown
        assert f"authorization: Bearer {secret}" in shlex.split(response.json()["curl"])
        [entry] = recent.since(0)
        assert "cret" not in entry["curl"] and "k1" not in entry["curl"] and "b1" not in entry["curl"]
        assert "x-plain: shown" in shlex.split(entry["curl"])
        assert "authorization: (hidden)" in shlex.split(entry["curl"])

    run(main)


@pytest.mark.parametrize(
    ("method", "options", "words"),
    [
        ("GET", {}, ["curl", "http://example.org/a%20b?c=d"]),
        ("PUT", {"content": "it's"}, ["curl", "--request", "PUT", "http://example.org/a%20b?c=d",
                                      "--data-raw", "it's"]),
        ("POST", {"content": "@x\n"}, ["curl", "http://example.org/a%20b?c=d", "--data-raw", "@x\n"]),
        ("POST", {"content": b"\xff"}, ["curl", "http://example.org/a%20b?c=d", "--data-binary", "@body"]),
        ("POST", {"content": b"x" * 100_000}, None),
        ("DELETE", {"headers": {"a": "", "B": "c"}}, ["curl", "--request", "DELETE", "http://example.org/a%20b?c=d",
                                                     "--header", "a;", "--header", "b: c"]),
    ],
)  # fmt: skip
def test_curl(inspector: Any, run: Any, method: str, options: Any, words: list[str] | None) -> None:
    async def main() -> None:
        client = Client(inspector(), headers=ORIGIN)
        command = (await client.request(method, "/a b", query="c=d", **options)).json()["curl"]
        if words is None:
            # all that a body has is here, however long
            assert shlex.split(command)[-1] == "x" * 100_000
        else:
            assert shlex.split(command) == words

    run(main)


def test_curl_without_a_body_to_look_at(inspector: Any, recent: Any, run: Any) -> None:
    async def main() -> None:
        await Client(inspector(recent), headers=ORIGIN).request("HEAD", "/[1-9]")
        assert shlex.split(recent.since(0)[0]["curl"]) == ["curl", "--head", "--globoff", "http://example.org/[1-9]"]

    run(main)


def test_curl_with_line_breaks(inspector: Any, run: Any) -> None:
    async def main() -> None:
        response = await Client(inspector(), headers=ORIGIN).post("/", content="a\r\n'b\\\0"[:-1])
        assert response.json()["curl"].endswith(r"--data-raw $'a\r\n\'b\\'")

    run(main)


def test_lines(inspector: Any, run: Any) -> None:
    lines: list[str] = []

    async def main() -> None:
        client = Client(inspector(log=lines.append), headers=ORIGIN)
        await client.post("/é\n\x1b[31m", content=b"12345", query=b"a=b&c=%41")
        await client.request("\x1bGET", "/", client=None)
        async with client.websocket("/ws"):
            pass
        await client.post("/", content=b'{"a":', headers={"content-type": "application/json"})

    run(main)
    assert [line.split(" ", 1)[1] for line in lines] == [
        "127.0.0.1 POST /%C3%A9%0A%1B%5B31m?a=b&c=%41 -> 200 (5 bytes)",
        "- %1BGET / -> 200 (0 bytes)",
        "127.0.0.1 WebSocket /ws",
        "127.0.0.1 POST / -> 400 (5 bytes)",
    ]


def test_what_does_not_decode_is_answered_alike(inspector: Any, run: Any) -> None:
    async def main() -> None:
        client = Client(inspector(), headers=ORIGIN)
        for content_type in ("application/json", "multipart/form-data; boundary=x"):
            response = await client.post("/", content=b'{"a":', headers={"content-type": content_type, **JSON})
            body = response.json()["body"]
            assert response.status == body["error"]["status_code"] == 400
            assert (body["size"], body["text"], body["truncated"]) == (5, '{"a":', False)

    run(main)


def test_names_are_text(inspector: Any, run: Any) -> None:
    async def main() -> None:
        response = await Client(inspector(), headers=[(b"Host", b"x"), (b"\xe9", b"\xff")]).get("/")
        assert response.json()["scope"]["headers"] == [["Host", "b'x'"], ["é", r"b'\xff'"]]
        page = await Client(inspector(), headers=[(b"host", b"x")]).get("/", headers={"accept": "text/html"})
        assert "[b&#x27;host&#x27;, b&#x27;x&#x27;]" in page.text

    run(main)
