"""The inputs of the tasks: scopes as a server behind a proxy makes them, and bodies.

Every input is a function of an index. With a different index each time, no two inputs are alike; with the same index,
the inputs are warm, and a contestant with process-wide caches benefits from them.
"""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import urlencode

__all__ = (
    "ACCEPTED",
    "CHUNKS",
    "CHUNK_SIZE",
    "CLIENT",
    "CONNECT",
    "DISCONNECT",
    "DOCUMENT",
    "FIELDS",
    "FILE",
    "FILE_END",
    "FILE_NAME",
    "LONG_DOCUMENT",
    "MSGPACK",
    "MANY_FIELDS",
    "OFFERS",
    "PACKED_DOCUMENT",
    "PIECE_SIZE",
    "SPOOL_SIZE",
    "TEXT",
    "USER_AGENT",
    "Event",
    "Scope",
    "boundary",
    "events",
    "http_scope",
    "in_pieces",
    "json_of",
    "multipart_of",
    "request_id",
    "session",
    "text_of_message",
    "urlencoded_of",
    "websocket_scope",
)

Scope = dict[str, Any]
Event = dict[str, Any]

CHUNKS: Final = 64
CHUNK_SIZE: Final = 16 * 1024
CLIENT: Final = ("203.0.113.7", 52114)
OFFERS: Final = ["application/json", "text/html", "application/msgpack"]
ACCEPTED: Final = "text/html"
USER_AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

DOCUMENT: Final[dict[str, Any]] = {
    "id": 1234567,
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "active": True,
    "score": 98.6,
    "tags": ["math", "engine", "poet"],
    "address": {"street": "12 St James's Square", "city": "London"},
    "note": "my notes.",
}
LONG_DOCUMENT: Final = [{**DOCUMENT, "id": 1000000 + number} for number in range(100)]

PACKED_DOCUMENT: Final = {**DOCUMENT, "note": ""}
# written out, so that no encoder is needed
MSGPACK: Final = (
    b"\x88\xa2id\xce\x00\x12\xd6\x87\xa4name\xacAda Lovelace\xa5email\xafada@example.com\xa6active\xc3"
    b"\xa5score\xcb\x40\x58\xa6\x66\x66\x66\x66\x66\xa4tags\x93\xa4math\xa6engine\xa4poet"
    b"\xa7address\x82\xa6street\xb412 St James's Square\xa4city\xa6London\xa4note\xa0"
)

TEXT: Final = "a message of a chat, which is what most WebSockets are for"
CONNECT: Final = {"type": "websocket.connect"}
DISCONNECT: Final = {"type": "websocket.disconnect", "code": 1000, "reason": ""}


PIECE_SIZE: Final = 64 * 1024
"""The number of bytes of one event of a form's body."""

FIELDS: Final = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "street": "12 St James Square",
    "city": "London",
    "postcode": "SW1Y 4JH",
    "country": "GB",
    "phone": "020 7946 0018",
    "subject": "a question",
    "message": "How does the engine work and what do its cards say",
    "terms": "on",
}
"""The fields of a form of which nothing is escaped."""

MANY_FIELDS: Final = {f"item-{number}": f"{number} äpfel & more" for number in range(1000)}
"""The fields of a form each of whose values has escapes if it is urlencoded."""

FILE_NAME: Final = "engine.bin"
FILE: Final = bytes(range(256)) * (8 * 1024 * 1024 // 256 - 1) + bytes(range(255, -1, -1))
FILE_END: Final = 64
"""The number of bytes at the end of the file that are read, to check that the file is complete."""

SPOOL_SIZE: Final = 16 * 1024 * 1024
"""The number of bytes of a file that stay in memory, with every contestant that has an option for it.

Otherwise the threads that write to the disk would be measured.
"""


def json_of(document: Any) -> bytes:
    """Return a document as compact JSON."""
    return json.dumps(document, separators=(",", ":")).encode()


def request_id(index: int) -> str:
    """Return the `x-request-id` of a scope."""
    return f"0af7651916cd43dd8448eb21{index:08x}"


def session(index: int) -> str:
    """Return the value of a scope's cookie `session`."""
    return f"eyJ1c2VyIjo0Mn0.{index:08x}.b7ad6b7169203331"


def boundary(index: int) -> str:
    """Return the boundary in a scope's multipart content type."""
    return f"----WebKitFormBoundary{index:016x}"


def http_scope(index: int, content_type: str = "application/json", length: int = 200) -> Scope:
    """Return the scope of a POST as uvicorn makes it, with the ten headers of a browser behind a proxy.

    Args:
        index: The index of the values that differ between scopes.
        content_type: The value of the Content-Type header.
        length: The value of the Content-Length header.
    """
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("10.0.0.5", 8000),
        "client": CLIENT,
        "scheme": "https",
        "method": "POST",
        "root_path": "",
        "path": "/v1/users/42/orders",
        "raw_path": b"/v1/users/42/orders",
        "query_string": b"page=%d&order=name" % (index + 1),
        "headers": [
            (b"host", b"api.example.com"),
            (b"user-agent", USER_AGENT.encode()),
            (b"accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.%03d" % (800 + index % 100)),
            (b"accept-language", b"en-GB,en;q=0.5"),
            (b"accept-encoding", b"gzip, deflate, br"),
            (b"content-type", content_type.encode()),
            (b"x-request-id", request_id(index).encode()),
            (b"content-length", b"%d" % length),
            (b"cookie", b"session=%s; theme=dark" % session(index).encode()),
            (b"x-forwarded-proto", b"https"),
        ],
        "state": {},
    }


def websocket_scope(index: int) -> Scope:
    """Return the scope of a WebSocket as uvicorn makes it, with the headers of a browser behind a proxy.

    Args:
        index: The index of the values that differ between scopes.
    """
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "server": ("10.0.0.5", 8000),
        "client": CLIENT,
        "scheme": "wss",
        "root_path": "",
        "path": "/v1/users/42/chat",
        "raw_path": b"/v1/users/42/chat",
        "query_string": b"page=%d&order=name" % (index + 1),
        "headers": [
            (b"host", b"api.example.com"),
            (b"user-agent", USER_AGENT.encode()),
            (b"accept-language", b"en-GB,en;q=0.5"),
            (b"origin", b"https://www.example.com"),
            (b"sec-websocket-version", b"13"),
            (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
            (b"connection", b"keep-alive, Upgrade"),
            (b"upgrade", b"websocket"),
            (b"x-request-id", request_id(index).encode()),
            (b"cookie", b"session=%s; theme=dark" % session(index).encode()),
        ],
        "subprotocols": [],
        "state": {},
        "extensions": {"websocket.http.response": {}},
    }


def text_of_message(index: int) -> str:
    """Return the text of a message that is received."""
    return f"{TEXT} {index:08x}"


def urlencoded_of(fields: dict[str, str]) -> bytes:
    """Return the body of a form as a browser sends it."""
    return urlencode(fields).encode()


def multipart_of(fields: dict[str, str], file: bytes | None = None) -> bytes:
    """Return the body of a form as a browser sends it, with the boundary of the first scope.

    Args:
        fields: The names and values of the fields.
        file: The content of the file, whose field has the name "file"; None for a form without a file.
    """
    start = f'--{boundary(0)}\r\nContent-Disposition: form-data; name="'
    parts = [f'{start}{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
    if file is not None:
        head = f'{start}file"; filename="{FILE_NAME}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        parts += [head.encode(), file, b"\r\n"]
    return b"".join([*parts, f"--{boundary(0)}--\r\n".encode()])


def in_pieces(body: bytes) -> list[bytes]:
    """Return a body in the pieces in which a server passes it on that reads `PIECE_SIZE` bytes at a time."""
    return [body[start : start + PIECE_SIZE] for start in range(0, len(body), PIECE_SIZE)]


def events(*chunks: bytes) -> tuple[Event, ...]:
    """Return the events of a body."""
    last = len(chunks) - 1
    return tuple(
        {"type": "http.request", "body": chunk, "more_body": number < last} for number, chunk in enumerate(chunks)
    )
