"""The client that loads whole servers: `python -m benchmarks.load CONNECTIONS MESSAGES ROUNDS PORT/PATH...`.

Each connection has one text message under way. The paths take turns, round by round; the seconds of each round and
path are printed as JSON. It speaks no more of RFC 6455 than an echo needs, so that the server is what is slow.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
from time import perf_counter

from .data import TEXT

__all__ = ("main",)

_HANDSHAKE = (
    b"GET /%b HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
_DATA = TEXT.encode()
# a mask of zeros leaves the data as it is (RFC 6455 section 5.3); one byte tells a length of at most 125 bytes
_FRAME = bytes([0x81, 0x80 | len(_DATA), 0, 0, 0, 0]) + _DATA
_ANSWER = bytes([0x81, len(_DATA)]) + _DATA
_CLOSE = bytes([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8])
_WARM_UP = 500


class Client:
    """The connections to one path of a server.

    Args:
        target: The port where the server listens, on the loopback, and the path, with a slash between them.
        connections: How many.

    Raises:
        OSError: The server does not answer, or not with a WebSocket.
    """

    def __init__(self, target: str, connections: int) -> None:
        self._sockets = [_open(target) for _ in range(connections)]
        self._selector = selectors.DefaultSelector()
        for connection in self._sockets:
            self._selector.register(connection, selectors.EVENT_READ, connection)

    def echo(self, messages: int) -> float:
        """Have so many messages sent back and return how many seconds that took.

        Args:
            messages: Over all connections.

        Raises:
            OSError: Something else came back.
        """
        to_send = to_come = messages
        start = perf_counter()
        for connection in self._sockets[:messages]:
            connection.sendall(_FRAME)
            to_send -= 1
        while to_come:
            for key, _ in self._selector.select():
                ready: socket.socket = key.data
                if _read(ready, len(_ANSWER)) != _ANSWER:
                    raise OSError("the server has sent something else than an echo")
                to_come -= 1
                if to_send:
                    ready.sendall(_FRAME)
                    to_send -= 1
        return perf_counter() - start

    def close(self) -> None:
        """Close all connections."""
        for connection in self._sockets:
            connection.sendall(_CLOSE)
            connection.close()
        self._selector.close()


def _open(target: str) -> socket.socket:
    port, _, path = target.partition("/")
    connection = socket.create_connection(("127.0.0.1", int(port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(_HANDSHAKE % path.encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += _read(connection, 1)
    if not head.startswith(b"HTTP/1.1 101"):
        raise OSError(f"the server has refused the WebSocket: {head[:80]!r}")
    return connection


def _read(connection: socket.socket, size: int) -> bytes:
    data = connection.recv(size)
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise OSError("the server has closed the connection")
        data += more
    return data


def main(arguments: list[str]) -> int:
    """Do what the arguments say and return the exit status."""
    connections, messages, rounds = map(int, arguments[:3])
    clients = [Client(target, connections) for target in arguments[3:]]
    for client in clients:
        client.echo(_WARM_UP)
    found = []
    for turn in range(rounds):
        seconds = [0.0] * len(clients)
        # each is first as often as any other
        for number in range(len(clients)) if turn % 2 else reversed(range(len(clients))):
            seconds[number] = clients[number].echo(messages)
        found.append(seconds)
    for client in clients:
        client.close()
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
