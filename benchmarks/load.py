"""The client that loads a whole server.

`python -m benchmarks.load SUITE TASK CONNECTIONS MESSAGES ROUNDS PORT PROCESS CONTESTANT...`: each connection has one
text message or one request under way. The contestants, which all run in one server, take turns, round by round. The
seconds of each in each round are printed as JSON, followed by the server's processor time for them where Linux reports
it. The client supports only the part of RFC 6455 that an echo needs, and only HTTP responses with a Content-Length, so
that the server is slower than the client.
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
from .tasks import Task, find_task

__all__ = ("Exchange", "echo_of", "main", "request_of")

_WARM_UP = 500
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class Exchange(NamedTuple):
    """The bytes that are sent over a connection, and the bytes of the answer.

    Args:
        opening: The bytes that are sent once, which the server answers with a head; empty for HTTP.
        question: The bytes that are sent each time.
        answer: The bytes of the answer; for HTTP those of its content.
        closing: The bytes that are sent at the end.
    """

    opening: bytes
    question: bytes
    answer: bytes
    closing: bytes


def echo_of(data: bytes, target: str = "/") -> Exchange:
    """Return the exchange of a text message and its echo.

    Args:
        data: The content of the message, at most 65,535 bytes.
        target: The target of the handshake.
    """
    handshake = (
        f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    # one byte holds a length of up to 125 bytes, or says that two more bytes hold it (RFC 6455 section 5.2)
    length = [len(data)] if len(data) <= 125 else [126, *len(data).to_bytes(2, "big")]
    # a mask of zeros leaves the data unchanged (section 5.3)
    question = bytes([0x81, 0x80 | length[0], *length[1:], 0, 0, 0, 0]) + data
    closing = bytes([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8])
    return Exchange(handshake.encode(), question, bytes([0x81, *length]) + data, closing)


def request_of(task: Task, target: str) -> bytes:
    """Return the bytes of the HTTP request of a task; without a body it is a GET.

    Args:
        task: The task.
        target: The target of the request.
    """
    scope = task.scope(0)
    body = b"".join(event["body"] for event in task.events)
    method = scope["method"] if body else "GET"
    headers = [b"%b: %b" % header for header in scope["headers"] if body or not header[0].startswith(b"content-")]
    return b"\r\n".join([f"{method} {target} HTTP/1.1".encode(), *headers, b"", body])


class Client:
    """The connections to one server.

    Args:
        port: The port of the server, on the loopback interface.
        connections: The number of connections.
        exchange: The bytes that are sent, and the bytes of the answer.

    Raises:
        OSError: The server does not answer, or sends something unexpected.
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
            # all responses have a head as long as the second one; the first may differ, since it may open a session
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
        """Send a number of messages or requests, wait for the answers, and return the seconds that this took.

        Args:
            messages: The number of messages or requests, over all connections.

        Raises:
            OSError: The server sent something unexpected.
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
        port: The port of the server, on the loopback interface.
        exchanges: The exchanges.
        connections: The number of connections for each exchange.
        messages: The number of messages or requests for each exchange in one round.
        rounds: The number of rounds.
        processor_clock: A function that returns the server's processor time, which is then appended in each round; None
            for no such times.

    Raises:
        OSError: The server does not answer, or sends something unexpected.
    """
    clients = [Client(port, connections, exchange) for exchange in exchanges]
    for client in clients:
        client.echo(min(_WARM_UP, messages))
    found = []
    for turn in range(rounds):
        seconds = [0.0] * len(clients)
        processor_seconds = [0.0] * len(clients)
        # each one is first, and follows its own previous turn with warm caches, as often as any other
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
    """Return a function that returns the processor time of a process and its children, in seconds.

    Args:
        process: The id of the process.
    """
    # the id of the clock of another process's time, computed as clock_getcpuclockid() does on Linux
    clocks = [~one << 3 | 2 for one in _family_of(process)]
    return lambda: sum(map(clock_gettime, clocks))


def _family_of(process: int) -> list[int]:
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            # the name of the process, before the last parenthesis, may contain any characters
            words = path.read_text().rpartition(")")[2].split()
        except OSError:
            # the process has just ended
            continue
        parents[int(path.parent.name)] = int(words[1])
    family = [process]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


def main(arguments: list[str]) -> int:
    """Run the command line, and return the exit status."""
    suite = load_suite(arguments[0])
    task = find_task(arguments[1], suite.tasks)
    connections, messages, rounds, port, process = map(int, arguments[2:7])
    clock = _processor_clock(process) if sys.platform == "linux" else None
    exchanges = [suite.exchange_of(task, name) for name in arguments[7:]]
    print(json.dumps(_load(port, exchanges, connections, messages, rounds, clock)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
