"""Uploads of any size to the inspector, behind real servers."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

import litecon

from .servers import HOST, RunningServer, inspector, uvicorn

APP = "litecon.inspector:app"
SERVERS = ("uvicorn", "granian", "hypercorn", "uvicorn-h11", "uvicorn-httptools")
MEGABYTE = 1 << 20
LARGE = 512 * MEGABYTE
MAX_MEMORY = 100 * MEGABYTE
BOUNDARY = b"boundary-of-the-upload"
HEAD = b'--%s\r\nContent-Disposition: form-data; name="f"; filename="large.bin"\r\n\r\n' % BOUNDARY
END = b"\r\n--%s--\r\n" % BOUNDARY


def started(name: str) -> AbstractContextManager[RunningServer]:
    server, _, parser = name.partition("-")
    return uvicorn(APP, parser) if parser else inspector(server)


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    with started(request.param) as running:
        yield running
        stdout, stderr = running.output()
        assert "Traceback" not in stderr + stdout


@pytest.fixture
def client(server: RunningServer) -> Iterator[httpx.Client]:
    headers = {"accept": "application/json"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60, trust_env=False) as made:
        yield made


def multipart(length: int) -> bytes:
    lines = (
        b"POST /upload HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nConnection: close\r\n"
        b"Content-Type: multipart/form-data; boundary=%s\r\nContent-Length: %d\r\n\r\n"
    )
    return lines % (BOUNDARY, length)


def upload(port: int, size: int) -> tuple[Any, str]:
    """Send a file of generated data, of so many bytes, and return the report and the file's SHA-256."""
    digest = hashlib.sha256()
    answer = b""
    with socket.create_connection((HOST, port), timeout=60) as connection:
        connection.sendall(multipart(len(HEAD) + size + len(END)) + HEAD)
        for number in range(size // MEGABYTE):
            block = number.to_bytes(8, "big") * (MEGABYTE // 8)
            digest.update(block)
            connection.sendall(block)
        connection.sendall(END)
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), answer[:1000]
    return json.loads(body), digest.hexdigest()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell of memory")
@pytest.mark.parametrize("server_name", ["uvicorn-h11", "uvicorn-httptools", "granian", "hypercorn"])
def test_memory_stays_small(server_name: str) -> None:
    with started(server_name) as server:
        httpx.get(server.url, trust_env=False)
        report, digest = upload(server.port, LARGE)
        [part] = report["form"]
        assert (part["kind"], part["filename"], part["size"], part["sha256"]) == ("file", "large.bin", LARGE, digest)
        assert report["body"]["size"] == report["content_length"] == LARGE + len(HEAD) + len(END)
        assert server.peak_memory() < MAX_MEMORY


def test_multipart(client: httpx.Client) -> None:
    small, large = b"hello", bytes(range(256)) * 100_000
    files = [("f", ("ü.txt", small, "text/plain")), ("f", ("large.bin", large, "application/x"))]
    for _ in range(2):
        # the connection stays usable
        report = client.post("/any/path", data={"a": ["1", "é"]}, files=files).json()
        assert len(large) > (litecon.Request.limits.max_body_size or 0)
        assert [(part["name"], part.get("text"), part["size"]) for part in report["form"]] == [
            ("a", "1", 1),
            ("a", "é", 2),
            ("f", None, 5),
            ("f", None, len(large)),
        ]
        assert [part["filename"] for part in report["form"]] == [None, None, "ü.txt", "large.bin"]
        assert [part["content_type"] for part in report["form"]] == [None, None, "text/plain", "application/x"]
        assert [part["sha256"] for part in report["form"][2:]] == [
            hashlib.sha256(data).hexdigest() for data in (small, large)
        ]


def test_urlencoded(client: httpx.Client) -> None:
    report = client.put("/", data={"a": ["1", "é"], "b": ""}).json()
    assert [(part["name"], part["text"]) for part in report["form"]] == [("a", "1"), ("a", "é"), ("b", "")]
    assert report["body"]["size"] == report["content_length"]


def test_page(client: httpx.Client) -> None:
    page = client.post("/", files={"<f>": ("<b>.txt", b"hello")}, headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "&lt;b&gt;.txt" in page.text and hashlib.sha256(b"hello").hexdigest() in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (HEAD + b"x" * 100_000, 400, "the multipart body is broken"),
        (HEAD.replace(b" name=", b" nam=") + END + b"x" * 30 * MEGABYTE, 400, "a part has no name"),
        (HEAD.replace(b"\r\n\r\n", b"\r\nx: %s\r\n\r\n" % (b"y" * 5000)) + END, 413, "a header larger than"),
        ((HEAD + b"\r\n") * 1001 + END + b"x" * 30 * MEGABYTE, 413, "more than 1000"),
    ],
)
def test_broken_form(client: httpx.Client, body: bytes, status: int, error: str, accept: str) -> None:
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY.decode()}", "accept": accept}
    answer = client.post("/", content=body, headers=headers)
    assert answer.status_code == status
    assert error in answer.text
    if accept == "application/json":
        assert answer.json()["body"]["error"]["status_code"] == status
    assert client.get("/after").status_code == 200


def test_client_that_goes_away(client: httpx.Client, server: RunningServer) -> None:
    with socket.create_connection((HOST, server.port), timeout=30) as connection:
        connection.sendall(multipart(1 << 30) + HEAD + b"x" * MEGABYTE)
    assert client.get("/still").status_code == 200


def test_others_are_answered_meanwhile(client: httpx.Client, server: RunningServer) -> None:
    with socket.create_connection((HOST, server.port), timeout=30) as connection:
        connection.sendall(multipart(1 << 30) + HEAD + b"x" * MEGABYTE)
        assert client.get("/meanwhile").json()["scope"]["path"] == "/meanwhile"
