"""How WebSockets end on real servers: closed by either side, interrupted in every state, or by a failing handler."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from .servers import HOST, WEBSOCKET_SERVERS, RunningServer, websocket_server
from .test_websockets import APP, SECONDS, ask, echoed, opened, seen, talk

HANDSHAKE = (
    "GET {target} HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)

# What servers report differs. The tests take what RFC 6455 section 7.1.5 says, or what the server is known to report.

NO_CLOSE_FRAME = {"uvicorn-wsproto": 1005, "uvicorn-websockets-sansio": 1005, "granian": 1005}
"""The code where an accepted connection breaks off; 1006 would be right."""

NO_REASONS = ("granian",)
"""Leave out the client's reason."""

NO_CODES = ("hypercorn",)
"""Leave out the client's code and reason: 1006 for each."""

HANDLER_FAILED = {"granian": 1005}
"""The client's code where the handler of an accepted connection raises; 1011 would be right, uvicorn sends none."""

HANDLER_FAILED_EARLY = {"granian": 403}
"""The status where the handler raises before the connection is accepted; 500 would be right."""


TRACEBACKS = {"uvicorn-websockets": "in send_500_response"}
"""What the server itself stumbles over where a client goes before it is accepted."""


@pytest.fixture(scope="module", params=WEBSOCKET_SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    with websocket_server(APP, request.param) as running:
        running.name = request.param
        yield running
        assert running.process.poll() is None
        known = ("raise Deliberate", TRACEBACKS.get(running.name, "raise Deliberate"))
        _, *tracebacks = "".join(running.output()).split("Traceback ")
        assert [text for text in tracebacks if not any(part in text for part in known)] == []


@pytest.fixture
def name() -> str:
    """The id of a connection."""
    return uuid4().hex


class RawClient:
    """A client whose bytes are made by hand, and which can go without a word.

    Args:
        server: Where it connects to.
        target: What it asks for.
    """

    def __init__(self, server: RunningServer, target: str) -> None:
        self.socket = socket.create_connection((HOST, server.port), timeout=SECONDS)
        self.socket.sendall(HANDSHAKE.format(target=target).encode())

    def read_until(self, end: bytes) -> bytes:
        """Return what arrives up to some bytes, and no byte after them."""
        received = b""
        while not received.endswith(end):
            chunk = self.socket.recv(1)
            assert chunk, received
            received += chunk
        return received

    def finish_handshake(self) -> None:
        assert self.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")

    def send_frame(self, opcode: int, payload: bytes, final: bool = True) -> None:
        # masked with zeros, so that the payload stands there as it is
        self.socket.sendall(bytes((opcode | final << 7, 128 | len(payload))) + bytes(4) + payload)

    def vanish(self) -> None:
        """Close the connection without a close frame."""
        self.socket.close()

    def reset(self) -> None:
        """Break off the connection, so that the server's next read or write fails."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


Leave = Callable[[RawClient], None]
leaving = pytest.mark.parametrize("leave", [RawClient.vanish, RawClient.reset])


def open_gate(server: RunningServer, name: str) -> None:
    with ask(server) as client:
        client.get(f"/open?id={name}")


def assert_broken(server: RunningServer, ending: Any) -> None:
    """The application was told that the connection broke, by everything that it asked alike."""
    assert ending in (["disconnect", 1006, ""], ["disconnect", NO_CLOSE_FRAME.get(server.name, 1006), ""])


def assert_ended_broken(server: RunningServer, name: str) -> None:
    """The application was told so, and has come to its end."""
    _, ending, last = seen(server, name)
    assert_broken(server, ending)
    assert last == "ended"


def raw_client(server: RunningServer, target: str) -> RawClient:
    """Return a client whose handshake is done."""
    client = RawClient(server, target)
    client.finish_handshake()
    return client


# closed


@pytest.mark.parametrize(("code", "reason"), [(4001, "why"), (1000, ""), (3000, "grüße"), (4999, "x" * 123)])
def test_server_closes(server: RunningServer, name: str, code: int, reason: str) -> None:
    async def conversation() -> None:
        async with opened(server, f"/close?id={name}&code={code}&reason={reason}") as client:
            await client.send("x")
            with pytest.raises(ConnectionClosed):
                await client.recv()
            assert (client.close_code, client.close_reason) == (code, reason)

    talk(conversation())
    assert seen(server, name) == [["disconnect", code, reason], "ended"]


def test_server_closes_without_a_code(server: RunningServer, name: str) -> None:
    async def conversation() -> None:
        async with opened(server, f"/close?id={name}") as client:
            await client.send("x")
            with pytest.raises(ConnectionClosed):
                await client.recv()
            assert (client.close_code, client.close_reason) == (1000, "")

    talk(conversation())
    assert seen(server, name) == [["disconnect", 1000, ""], "ended"]


def test_server_closes_while_it_receives(server: RunningServer, name: str) -> None:
    if server.name == "granian":
        pytest.skip("granian's websocket.close waits until a receive() that is under way has a message")

    async def conversation() -> None:
        async with opened(server, f"/crossed?id={name}") as client:
            with pytest.raises(ConnectionClosed):
                await client.recv()
            assert (client.close_code, client.close_reason) == (4001, "why")

    talk(conversation())
    assert seen(server, name) == [["disconnect", 4001, "why"], "ended"]


@pytest.mark.parametrize("how", ["close", "return"])
def test_idle_client_is_closed(server: RunningServer, name: str, how: str) -> None:
    async def conversation() -> None:
        async with opened(server, f"/idle?{how}&id={name}") as client:
            with pytest.raises(ConnectionClosed):
                await client.recv()
            if how == "close":
                assert (client.close_code, client.close_reason) == (4001, "idle")

    talk(conversation())
    assert seen(server, name) == ([["disconnect", 4001, "idle"], "ended"] if how == "close" else ["ended"])


@pytest.mark.parametrize(("code", "reason"), [(4002, "bye"), (1000, ""), (1001, "grüße")])
def test_client_closes(server: RunningServer, name: str, code: int, reason: str) -> None:
    async def conversation() -> None:
        async with opened(server, f"/wait?id={name}") as client:
            await echoed(client, "x")
            await client.close(code, reason)
            assert (client.close_code, client.close_reason) == (code, reason)

    talk(conversation())
    known = [["disconnect", code, reason]]
    if server.name in NO_REASONS:
        known.append(["disconnect", code, ""])
    if server.name in NO_CODES:
        known.append(["disconnect", 1006, ""])
    report = seen(server, name)
    assert (report[0], report[2:]) == ("waiting", ["ended"])
    assert report[1] in known


def test_client_closes_without_a_code(server: RunningServer, name: str) -> None:
    client = raw_client(server, f"/wait?id={name}")
    client.send_frame(8, b"")
    # the answer has no code either
    client.read_until(b"\x88\x00")
    client.vanish()
    known = [1005, 1006] if server.name in NO_CODES else [1005]
    assert seen(server, name) in [["waiting", ["disconnect", code, ""], "ended"] for code in known]


# broken off


@leaving
def test_client_goes_before_accept(server: RunningServer, name: str, leave: Leave) -> None:
    client = RawClient(server, f"/late?id={name}")
    seen(server, name, "websocket.connect")
    leave(client)
    open_gate(server, name)
    assert_ended_broken(server, name)


@leaving
def test_client_goes_while_the_application_waits_for_it_before_accept(
    server: RunningServer, name: str, leave: Leave
) -> None:
    if server.name == "granian":
        pytest.skip("granian's receive() gives nothing between websocket.connect and websocket.accept")
    client = RawClient(server, f"/undecided?id={name}")
    seen(server, name, "websocket.connect")
    leave(client)
    assert seen(server, name) == ["websocket.connect", "websocket.disconnect", ["disconnect", 1006, ""], "ended"]


@leaving
def test_client_goes_before_the_first_message(server: RunningServer, name: str, leave: Leave) -> None:
    client = raw_client(server, f"/wait?id={name}")
    seen(server, name, "waiting")
    leave(client)
    assert_ended_broken(server, name)


@leaving
def test_client_goes_after_a_message(server: RunningServer, name: str, leave: Leave) -> None:
    client = raw_client(server, f"/wait?id={name}")
    client.send_frame(1, b"message")
    client.read_until(b"\x81\x07message")
    leave(client)
    assert_ended_broken(server, name)


@leaving
def test_client_goes_while_the_application_is_busy(server: RunningServer, name: str, leave: Leave) -> None:
    client = raw_client(server, f"/busy?id={name}")
    seen(server, name, "accepted")
    leave(client)
    open_gate(server, name)
    assert_ended_broken(server, name)


@leaving
def test_client_goes_amid_a_message(server: RunningServer, name: str, leave: Leave) -> None:
    client = raw_client(server, f"/wait?id={name}")
    client.send_frame(1, b"frag", final=False)
    client.send_frame(9, b"ping")
    client.send_frame(0, b"ment", final=False)
    client.read_until(b"\x8a\x04ping")
    leave(client)
    assert_ended_broken(server, name)


@leaving
def test_client_goes_amid_a_frame(server: RunningServer, name: str, leave: Leave) -> None:
    client = raw_client(server, f"/wait?id={name}")
    client.send_frame(1, b"message")
    client.socket.sendall(b"\x81\xfe\x01\x00\0\0\0\0half of it")
    client.read_until(b"\x81\x07message")
    leave(client)
    assert_ended_broken(server, name)


@leaving
def test_client_goes_while_the_application_sends(server: RunningServer, name: str, leave: Leave) -> None:
    client = raw_client(server, f"/flood?id={name}")
    client.socket.recv(1000)
    leave(client)
    sending, ending, last = seen(server, name)
    if server.name.startswith("uvicorn"):
        # its send raises an OSError
        assert sending == ["sending failed", True]
        assert ending == ["disconnect", 1006, ""]
    else:
        # granian and hypercorn drop what is sent to nobody
        assert sending[0] == "sending did not fail" or sending == ["sending failed", True]
        assert_broken(server, ending)
    assert last == "ended"


def test_frame_that_breaks_the_protocol(server: RunningServer, name: str) -> None:
    client = raw_client(server, f"/wait?id={name}")
    # reserved bits, no mask; and nothing will follow, or a server may wait for a close frame
    client.socket.sendall(b"\xf1\x02hi")
    client.socket.shutdown(socket.SHUT_WR)
    _, [kind, code, _], last = seen(server, name)
    # RFC 6455 section 7.4.1: 1002 is a protocol error
    assert (kind, last) == ("disconnect", "ended")
    assert code in (1002, 1005, 1006)
    client.vanish()


# handlers that fail


def test_handler_that_raises(server: RunningServer, name: str) -> None:
    async def conversation() -> None:
        async with opened(server, "/echo") as other, opened(server, f"/fail?id={name}") as client:
            await echoed(other, "before")
            await client.send("x")
            with pytest.raises(ConnectionClosed):
                await client.recv()
            assert client.close_code in (1011, 1006, HANDLER_FAILED.get(server.name))
            await echoed(other, "after")

    talk(conversation())
    assert seen(server, name) == ["ended"]
    assert server.process.poll() is None


def test_handler_that_raises_before_accept(server: RunningServer, name: str) -> None:
    async def conversation() -> None:
        async with opened(server, "/echo") as other:
            await echoed(other, "before")
            with pytest.raises(InvalidStatus) as caught:
                await opened(server, f"/fail?early&id={name}")
            assert caught.value.response.status_code in (500, HANDLER_FAILED_EARLY.get(server.name))
            await echoed(other, "after")

    talk(conversation())
    assert seen(server, name) == ["ended"]
    assert server.process.poll() is None
