"""The scripts of the Litestar application, run against a real server with httpx and websockets."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from ..litestar.scripts import HOST as NAMED
from ..litestar.scripts import Call, Conversation, Exchange, Hear, Jar, Leave, Say, settled
from .servers import HOST

SECONDS = 10
_TIMEOUTS = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)

# the time; what answers a random key; whether the server has seen the end of a body that nobody read
_BY_CHANCE = {b"date", b"sec-websocket-accept", b"connection"}


def record(port: int, scripts: Iterable[Exchange | Conversation]) -> dict[str, Any]:
    """Return what the server answers, by the name of the script; text tells what went wrong."""
    recorded: dict[str, Any] = {}
    for script in scripts:
        try:
            answered = exchange(port, script) if isinstance(script, Exchange) else converse(port, script)
        except Exception as error:
            recorded[script.name] = repr(error)
        else:
            recorded[script.name] = answered
    return recorded


def exchange(port: int, script: Exchange) -> list[Any]:
    jar = Jar()
    # reading the certificates of the machine takes longer than an exchange
    with httpx.HTTPTransport(verify=False) as transport:
        return [answer(transport, port, call, jar) for call in script.calls]


def answer(transport: httpx.HTTPTransport, port: int, call: Call, jar: Jar) -> tuple[Any, ...]:
    """Return the status, headers and body of an answer, as they came."""
    pieces = jar.body_for(call)
    # the transport alone: a client of httpx has headers, cookies and redirects of its own
    request = httpx.Request(
        call.method,
        f"http://{HOST}:{port}{call.target}",
        headers=jar.headers_for(call),
        content=pieces[0] if len(pieces) == 1 else _iterated(pieces) if pieces else None,
        extensions={"timeout": _TIMEOUTS},
    )
    response = transport.handle_request(request)
    try:
        body = b"".join(response.iter_raw())
    finally:
        response.close()
    jar.keep(response.headers.raw)
    return response.status_code, _kept(response.headers.raw), body


def converse(port: int, script: Conversation) -> dict[str, Any]:
    """Return how the handshake went, the messages, how the server closed, and what came of calls meanwhile."""
    said: dict[str, Any] = {"messages": [], "answers": []}
    headers = [(name, value) for name, value in script.headers]
    raw = socket.create_connection((HOST, port), timeout=SECONDS)
    try:
        with connect(
            # the name is that of all tests, and no port that is another one each time
            f"ws://{NAMED}{script.target}",
            sock=raw,
            additional_headers=headers,
            subprotocols=list(script.subprotocols) or None,  # type: ignore[arg-type]
            compression=None,
            proxy=None,
            open_timeout=SECONDS,
            close_timeout=SECONDS,
            max_size=None,
        ) as client:
            response = client.response
            assert response is not None
            said["accepted"] = _kept(_raw(response.headers.raw_items()))
            said["closed"] = _play(port, client, script, said)
    except InvalidStatus as error:
        response = error.response
        said["refused"] = response.status_code, _kept(_raw(response.headers.raw_items())), response.body
    finally:
        raw.close()
    (said["notes"],) = exchange(port, Exchange("notes", (Call("GET", f"/notes?count={script.notes}"),)))
    return said


def _play(port: int, client: ClientConnection, script: Conversation, said: dict[str, Any]) -> Any:
    assert client.request is not None
    key = client.request.headers["Sec-WebSocket-Key"]

    def hear() -> None:
        message = client.recv(SECONDS)
        said["messages"].append(message.replace(key, "<key>") if isinstance(message, str) else message)

    try:
        for act in script.acts:
            if isinstance(act, Say):
                client.send(act.data)
            elif isinstance(act, Hear):
                for _ in range(act.count):
                    hear()
            elif isinstance(act, Leave):
                client.close(act.code)
                return "by the client"
            else:
                said["answers"] += exchange(port, Exchange("meanwhile", (act,)))
        while True:
            hear()
    except ConnectionClosed as error:
        return (error.rcvd.code, error.rcvd.reason) if error.rcvd else None


def _iterated(pieces: list[bytes]) -> Iterator[bytes]:
    # a list would be a body of JSON
    yield from pieces


def _raw(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers]


def _kept(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in settled(headers) if name.lower() not in _BY_CHANCE]
