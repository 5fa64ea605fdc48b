"""Options of `python -m litecon` that are passed to the server: its address, the root path, TLS."""

from __future__ import annotations

import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import httpx
import pytest

from .servers import HOST, run_python, serving

SERVERS = ("uvicorn", "granian", "hypercorn")
JSON = {"accept": "application/json"}


@pytest.fixture(scope="module")
def certificate() -> Iterator[tuple[str, str]]:
    """The paths of a certificate and its key."""
    if which("openssl") is None:
        pytest.skip("there is no openssl")
    with tempfile.TemporaryDirectory() as folder:
        paths = f"{folder}/certificate.pem", f"{folder}/key.pem"
        how = ("-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost")
        made = f"subjectAltName=IP:{HOST}"
        subprocess.run(
            ["openssl", "req", *how, "-addext", made, "-out", paths[0], "-keyout", paths[1]],
            check=True,
            capture_output=True,
        )
        yield paths


@pytest.mark.parametrize("server_name", SERVERS)
def test_root_path(server_name: str) -> None:
    with serving("-m", "litecon", "--port", "0", "--server", server_name, "--root-path", "/mounted") as server:
        report = httpx.get(f"{server.url}/mounted/x", headers=JSON, timeout=30, trust_env=False).json()
        assert report["scope"]["root_path"] == "/mounted"
        assert report["base_url"] == f"{server.url}/mounted/"
        assert f"{server.url}/mounted/ (" in server.output()[0]


@pytest.mark.parametrize("server_name", SERVERS)
def test_unix_socket(server_name: str) -> None:
    # the path of a socket is short
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        path = f"{folder}/s"
        with serving("-m", "litecon", "--server", server_name, "--uds", path, port=None, ready=Path(path)) as server:
            transport = httpx.HTTPTransport(uds=path)
            with httpx.Client(transport=transport, base_url="http://localhost", timeout=30) as client:
                report = client.get("/x", headers=JSON).json()
            # granian gives an empty host instead
            assert report["url"] == "http://localhost/x"
            assert report["client"] in (None, {"host": "", "port": 0})
            ended = server.stop()
        assert ended.exit_code == 0
        assert ended.stdout.startswith("litecon ") and f"at the unix socket {path} (" in ended.stdout
        assert not Path(path).exists()


@pytest.mark.parametrize("server_name", SERVERS)
def test_tls(server_name: str, certificate: tuple[str, str]) -> None:
    where = ("--port", "0", "--ssl-certfile", certificate[0], "--ssl-keyfile", certificate[1])
    with serving("-m", "litecon", "--server", server_name, *where) as server:
        url = f"https://{HOST}:{server.port}/"
        context = ssl.create_default_context(cafile=certificate[0])
        report = httpx.get(url, headers=JSON, verify=context, timeout=30, trust_env=False).json()
        assert report["url"] == url
        assert f"inspects requests at {url} (" in server.output()[0]


def test_quiet() -> None:
    with serving("-m", "litecon", "--port", "0", "--quiet") as server:
        assert httpx.get(server.url, timeout=30, trust_env=False).status_code == 200
        ended = server.stop()
    assert ended.stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--ssl-keyfile", __file__), "a key needs a certificate: name it with --ssl-certfile"),
        (("--ssl-certfile", "/no/such"), "there is no file '/no/such'"),
        (("--uds", "/no/such/folder/s"), "cannot listen on '/no/such/folder/s': No such file or directory"),
        (("--uds", __file__), f"cannot listen on {__file__!r}: Address already in use"),
    ],
)
def test_what_cannot_be_served(arguments: tuple[str, ...], sentence: str) -> None:
    ended = run_python("-m", "litecon", *arguments)
    assert (ended.exit_code, ended.stdout, ended.stderr) == (1, "", f"litecon: {sentence}\n")
    assert Path(__file__).is_file()
