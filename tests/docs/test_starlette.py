"""The applications of the guide for Starlette and FastAPI do what the text says, driven by TestClient."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from litecon import RequestEntityTooLarge

from ..readme import blocks, run_block, run_guide


def client(text: str) -> TestClient:
    """Return a client of the application of the block that has a text in it."""
    return TestClient(run_guide("starlette", text)["app"])


def test_the_dependency_gives_the_body_whether_fastapi_has_read_it_or_not() -> None:
    app = client("LiteconRequest = ")
    assert app.post("/sum", json=[1, 2, 3]).json() == {"sum": 6}
    assert app.post("/both", json={"a": 1}).json() == {"same": True, "type": "application/json"}
    assert app.post("/both", json=[]).status_code == 422


@pytest.mark.parametrize(("content", "status"), [(b"[1, 2]", 200), (b"[1", 400), (b'["a"]', 400)])
def test_the_app_of_the_readme_answers_what_a_client_does_wrong(content: bytes, status: int) -> None:
    [code] = blocks("python", "import fastapi")
    response = TestClient(run_block(code)["app"]).post("/sum", content=content)
    assert response.status_code == status
    assert set(response.json()) == {"sum" if status == 200 else "detail"}


@pytest.mark.parametrize(
    ("content", "status"), [(b"[1]", 200), (b"[1", 400), (b'["a"]', 400), (b"[" + b" " * 11_000_000 + b"]", 413)]
)
def test_one_handler_maps_the_exceptions(content: bytes, status: int) -> None:
    response = client("exception_handler").post("/numbers", content=content)
    assert response.status_code == status
    assert set(response.json()) == {"numbers" if status == 200 else "detail"}


def test_uploads_are_saved_while_they_arrive() -> None:
    names = run_guide("starlette", "class UploadRequest")
    app = TestClient(names["app"])
    files = {"a": ("../x", b"x" * 3_000_000), "b": ("y", b"")}
    assert app.post("/upload", data={"field": "1"}, files=files).json() == {"a": 3_000_000, "b": 0}
    assert {path.name: path.stat().st_size for path in names["folder"].iterdir()} == {
        "0.upload": 3_000_000,
        "1.upload": 0,
    }
    broken = app.post("/upload", content=b"--x", headers={"content-type": "multipart/form-data; boundary=x"})
    assert broken.status_code == 400
    names["UploadRequest"].limits = names["UploadRequest"].limits.replace(max_file_size=1000)
    assert app.post("/upload", files=files).status_code == RequestEntityTooLarge.status_code


@pytest.mark.parametrize(("signature", "status"), [(None, 401), ("é", 401), ("right", 200)])
def test_the_middleware_hands_the_body_on(signature: str | None, status: int) -> None:
    content = b'{"kind": "ping"}'
    if signature == "right":
        signature = hmac.new(b"secret", content, hashlib.sha256).hexdigest()
    headers: Any = {"content-type": "application/json"}
    if signature is not None:
        headers["x-signature"] = signature.encode("latin-1")
    response = client("class Signed").post("/hook", content=content, headers=headers)
    assert response.status_code == status
    assert response.json() == ({"got": "ping"} if status == 200 else {"detail": "the signature is wrong"})


def test_a_base_http_middleware_that_reads_the_body() -> None:
    response = client("class Logged").post("/hook", json={"kind": "ping"})
    assert (response.json(), response.headers["x-kind"]) == ({"got": "ping"}, "ping")
    assert client("class Logged").post("/hook", content=b'{"kind": 1}').status_code == 400


def test_the_websocket_goes_on_where_starlettes_has_accepted() -> None:
    with client("websocket_of").websocket_connect("/echo") as socket:
        socket.send_text("hi")
        assert socket.receive_text() == "you said hi"
        socket.send_bytes(b"hi")
        with pytest.raises(WebSocketDisconnect) as caught:
            socket.receive_text()
        assert caught.value.code == 1003
