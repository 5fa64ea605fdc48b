"""The client that loads a whole server.

`python -m benchmarks.load SUITE TASK CONNECTIONS MESSAGES ROUNDS PORT PROCESS CONTESTANT...`: each connection has one
text message under way, or one request. The contestants, which one server runs, take turns, round by round. The seconds
of each in each round are printed as JSON, and then the processor time that the server has had for it, where Linux tells
it. The client speaks no more of RFC 6455 than an echo needs, and of HTTP that a response has a Content-Length, so that
the server is what is slow.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import clock_gettime, perf_counter
from typing import NamedTuple

from .suites import load_suite
from .tasks import find_task

__all__ = ("Exchange", "echo_of", "main")

_WARM_UP = 500
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class Exchange(NamedTuple):
    """What is sent over a connection, and what comes back.

    Args:
        opening: Sent once, and answered with a head; empty for HTTP.
        question: Sent each time.
        answer: What comes back, or, of HTTP, the content of it.
        closing: Sent at the end.
    """

    opening: bytes
    question: bytes
    answer: bytes
    closing: bytes


def echo_of(data: bytes, target: str = "/") -> Exchange:
    """Return the exchange that is a text message and its echo.

    Args:
        data: Of the message, at most 65,535 bytes.
        target: Of the handshake.
    """
    handshake = (
        f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    # one byte tells a length of at most 125 bytes, or that two more do (RFC 6455 section 5.2)
    length = [len(data)] if len(data) <= 125 else [126, *len(data).to_bytes(2, "big")]
    # a mask of zeros leaves the data as it is (section 5.3)
    question = bytes([0x81, 0x80 | length[0], *length[1:], 0, 0, 0, 0]) + data
    closing = bytes([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8])
    return Exchange(handshake.encode(), question, bytes([0x81, *length]) + data, closing)


class Client:
    """The connections to one server.

    Args:
        port: Where the server listens, on the loopback.
        connections: How many.
        exchange: What is sent, and what comes back.

    Raises:
        OSError: The server does not answer, or not as it should.
    """

    def __init__(self, port: int, connections: int, exchange: Exchange) -> None:
        self._question = exchange.question
        self._end = exchange.answer
        self._size = len(exchange.answer)
        self._closing = exchange.closing
        self._sockets = [_open(port, exchange.opening) for _ in range(connections)]
        self._selector = selectors.DefaultSelector()
        for connection in self._sockets:
            self._selector.register(connection, selectors.EVENT_READ, connection)
        if not exchange.opening:
            # the heads of all responses are as long as that of the second: a first one may open a session
            for _ in range(2):
                self._size = self._size_of_response()

    def _size_of_response(self) -> int:
        connection = self._sockets[0]
        connection.sendall(self._question)
        head = _read_head(connection)
        length = _LENGTH.search(head)
        content = _read(connection, int(length[1])) if length else b""
        if content != self._end:
            raise OSError(f"the server has answered something else: {head + content!r:.300}")
        return len(head) + len(content)

    def echo(self, messages: int) -> float:
        """Have so many messages or requests answered and return how many seconds that took.

        Args:
            messages: Over all connections.

        Raises:
            OSError: Something else came back.
        """
        to_send = to_come = messages
        start = perf_counter()
        for connection in self._sockets[:messages]:
            connection.sendall(self._question)
            to_send -= 1
        while to_come:
            for key, _ in self._selector.select():
                ready: socket.socket = key.data
                if not _read(ready, self._size).endswith(self._end):
                    raise OSError("the server has sent something else than the answer")
                to_come -= 1
                if to_send:
                    ready.sendall(self._question)
                    to_send -= 1
        return perf_counter() - start

    def close(self) -> None:
        """Close all connections."""
        for connection in self._sockets:
            connection.sendall(self._closing)
            connection.close()
        self._selector.close()


def _open(port: int, opening: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if opening:
        connection.sendall(opening)
        head = _read_head(connection)
        if not head.startswith(b"HTTP/1.1 101"):
            raise OSError(f"the server has refused the WebSocket: {head[:80]!r}")
    return connection


def _read_head(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += _read(connection, 1)
    return head


def _read(connection: socket.socket, size: int) -> bytes:
    data = connection.recv(size)
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise OSError("the server has closed the connection")
        data += more
    return data


def _load(
    port: int,
    exchanges: Sequence[Exchange],
    connections: int,
    messages: int,
    rounds: int,
    processor_clock: Callable[[], float] | None,
) -> list[list[float]]:
    """Return the seconds of each exchange in each round.

    Args:
        port: Where the server listens.
        exchanges: What is sent, and what comes back.
        connections: For each of them.
        messages: Or requests, in one round of one of them.
        rounds: How many.
        processor_clock: What tells the processor time that the server has had, which then follows in each round.

    Raises:
        OSError: A server does not answer, or not as it should.
    """
    clients = [Client(port, connections, exchange) for exchange in exchanges]
    for client in clients:
        client.echo(min(_WARM_UP, messages))
    found = []
    for turn in range(rounds):
        seconds = [0.0] * len(clients)
        processor_seconds = [0.0] * len(clients)
        # each is first as often as any other, and comes after itself, with warm caches, as often
        first = turn % len(clients)
        for number in [*range(first, len(clients)), *range(first)]:
            before = processor_clock() if processor_clock else 0.0
            seconds[number] = clients[number].echo(messages)
            if processor_clock:
                processor_seconds[number] = processor_clock() - before
        found.append(seconds + processor_seconds if processor_clock else seconds)
    for client in clients:
        client.close()
    return found


def _processor_clock(process: int) -> Callable[[], float]:
    """Return what tells the seconds that a process and those that it has started have had of the processors.

    Args:
        process: Its id.
    """
    # the clock of another process's time, as clock_getcpuclockid() makes its id on Linux
    clocks = [~one << 3 | 2 for one in _family_of(process)]
    return lambda: sum(map(clock_gettime, clocks))


def _family_of(process: int) -> list[int]:
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            # the name before the parenthesis may have any characters
            words = path.read_text().rpartition(")")[2].split()
        except OSError:
            # a process that has just ended
            continue
        parents[int(path.parent.name)] = int(words[1])
    family = [process]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


def main(arguments: list[str]) -> int:
    """Do what the arguments say and return the exit status."""
    suite = load_suite(arguments[0])
    task = find_task(arguments[1], suite.tasks)
    connections, messages, rounds, port, process = map(int, arguments[2:7])
    clock = _processor_clock(process) if sys.platform == "linux" else None
    exchanges = [suite.exchange_of(task, name) for name in arguments[7:]]
    print(json.dumps(_load(port, exchanges, connections, messages, rounds, clock)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
