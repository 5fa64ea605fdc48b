"""The registry of tasks.

A task is the work for one request, from the server's scope and receive to the values wanted, or for one message of a
WebSocket that was accepted before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final, Literal, NamedTuple

from .data import (
    ACCEPTED,
    CHUNK_SIZE,
    CHUNKS,
    CLIENT,
    CONNECT,
    DOCUMENT,
    FIELDS,
    FILE,
    FILE_END,
    FILE_NAME,
    LONG_DOCUMENT,
    MANY_FIELDS,
    MSGPACK,
    PACKED_DOCUMENT,
    TEXT,
    USER_AGENT,
    Event,
    Scope,
    boundary,
    events,
    http_scope,
    in_pieces,
    json_of,
    multipart_of,
    request_id,
    session,
    text_of_message,
    urlencoded_of,
    websocket_scope,
)

__all__ = ("SUSPENDED", "TASKS", "Task", "find_task", "select_tasks")

SUSPENDED: Final = "/suspended"


class Task(NamedTuple):
    """A piece of work that every contestant does in its own way.

    Args:
        name: The name in tables and for `--only`.
        operation: The name under which contestants offer the operation.
        summary: The description, for people.
        scope: A function that returns a new scope for an index.
        expected: A function that returns the expected result for the scope, or after the message, of that index.
        events: The events that `receive` returns, over and over.
        cold_events: A function that returns the events for an index if no two inputs may be alike, of the same length
            as `events`; None if the body is always the same.
        asynchronous: Whether the operation is a coroutine function.
        in_asyncio: Whether it runs in an asyncio loop, since it uses threads; the turns of the loop are then counted.
        suspends: Whether `receive` and `send` suspend once for each event; otherwise they return at once.
        futures: Whether `receive` returns futures of the event loop, as a server's may.
        kind: The protocol.
        work: Who does most of the work: litecon itself, or a decoder that it calls (of JSON, of multipart).
        repeats: The number of operations in the smaller run under callgrind.
        per_message: Whether the operation takes an accepted socket and a number of messages, so that one message is the
            unit that is measured.
        message: A function that returns the event that `receive` returns as the message of that index.
        sent: A function that returns the data that must be sent for the message of that index: a str, bytes, or the
            value of a JSON text.
    """

    name: str
    operation: str
    summary: str
    scope: Callable[[int], Scope]
    expected: Callable[[int], Any]
    events: tuple[Event, ...] = ()
    asynchronous: bool = False
    in_asyncio: bool = False
    suspends: bool = False
    futures: bool = False
    kind: Literal["http", "websocket"] = "http"
    work: Literal["own", "decoder"] = "own"
    repeats: int = 400
    per_message: bool = False
    message: Callable[[int], Event] | None = None
    sent: Callable[[int], Any] | None = None
    cold_events: Callable[[int], tuple[Event, ...]] | None = None

    @property
    def has_loop(self) -> bool:
        """Whether the operation has the loop in itself: it is called once, and the loop is counted with it."""
        return self.kind == "websocket"


def _body_tasks(
    name: str, summary: str, chunks: list[bytes], expected: Callable[[int], Any], **details: Any
) -> tuple[Task, Task]:
    """Return a task that reads a body, and its variant with a `receive` that suspends."""
    content_type = details.pop("content_type", "application/json")
    length = sum(map(len, chunks))
    task = Task(
        name,
        details.pop("operation", name),
        summary,
        lambda index: http_scope(index, content_type, length),
        expected,
        events(*chunks),
        asynchronous=True,
        **details,
    )
    return _in_both_ways(task)


def _in_both_ways(task: Task) -> tuple[Task, Task]:
    """Return the task, and its variant with a server that suspends."""
    return task, task._replace(name=task.name + SUSPENDED, summary=f"{task.summary}; receive suspends", suspends=True)


def _multipart_tasks(name: str, summary: str, body: bytes, **details: Any) -> tuple[Task, Task]:
    """Return a task that reads a multipart form in events of 64 KiB, and its variant with a `receive` that suspends."""
    content_type = f"multipart/form-data; boundary={boundary(0)}"
    return _body_tasks(name, summary, in_pieces(body), content_type=content_type, work="decoder", **details)


def _message_tasks(name: str, summary: str, operation: str, **details: Any) -> tuple[Task, Task]:
    """Return a task about one message of an open socket, and its variant with a server that suspends."""
    return _in_both_ways(
        Task(
            name,
            operation,
            summary,
            websocket_scope,
            details.pop("expected", lambda index: None),
            asynchronous=True,
            kind="websocket",
            per_message=True,
            **details,
        )
    )


def _text_event(index: int) -> Event:
    return {"type": "websocket.receive", "text": text_of_message(index)}


def _bytes_event(index: int) -> Event:
    return {"type": "websocket.receive", "bytes": text_of_message(index).encode()}


def _json_document(index: int) -> Any:
    return {**DOCUMENT, "id": DOCUMENT["id"] + index}


def _json_event(index: int) -> Event:
    return {"type": "websocket.receive", "text": json_of(_json_document(index)).decode()}


_CHUNK: Final = bytes(range(256)) * (CHUNK_SIZE // 256)
_JSON: Final = json_of(DOCUMENT)
_FORM: Final = urlencoded_of(FIELDS)
_LONG_FORM: Final = urlencoded_of(MANY_FIELDS)
_URLENCODED: Final = "application/x-www-form-urlencoded"

TASKS: Final[tuple[Task, ...]] = (
    Task("construct", "construct", "the connection object alone", http_scope, lambda index: None),
    Task("one-header", "one_header", "the value of one header as str", http_scope, request_id),
    Task(
        "headers-and-cookies",
        "headers_and_cookies",
        "three headers as str and all cookies",
        http_scope,
        lambda index: (
            USER_AGENT,
            "en-GB,en;q=0.5",
            request_id(index),
            {"session": session(index), "theme": "dark"},
        ),
    ),
    Task("query", "query", "two query parameters", http_scope, lambda index: (f"{index + 1}", "name")),
    Task(
        "url",
        "url",
        "the URL as str, and its path",
        http_scope,
        lambda index: (
            f"https://api.example.com/v1/users/42/orders?page={index + 1}&order=name",
            "/v1/users/42/orders",
        ),
    ),
    Task("base-url", "base_url", "the base URL as str", http_scope, lambda index: "https://api.example.com/"),
    Task(
        "content-type",
        "content_type",
        "the media type and its parameters",
        lambda index: http_scope(index, f'multipart/form-data; boundary="{boundary(index)}"'),
        lambda index: ("multipart/form-data", {"boundary": boundary(index)}),
    ),
    Task("accept", "accept", "the best of three offers", http_scope, lambda index: ACCEPTED, repeats=200),
    *_body_tasks("body-200B", "a body of one event", [_JSON], lambda index: _JSON, operation="body"),
    *_body_tasks(
        "body-64x16KiB",
        "a body of 64 events of 16 KiB",
        [_CHUNK] * CHUNKS,
        lambda index: _CHUNK * CHUNKS,
        operation="body",
        repeats=20,
    ),
    *_body_tasks(
        "stream-64x16KiB",
        "64 events of 16 KiB, chunk by chunk",
        [_CHUNK] * CHUNKS,
        lambda index: CHUNK_SIZE * CHUNKS,
        operation="stream",
        repeats=30,
    ),
    *_body_tasks("json-200B", "JSON of 200 bytes", [_JSON], lambda index: DOCUMENT, operation="json", work="decoder"),
    *_body_tasks(
        "json-20KB",
        "JSON of 20 KB",
        [json_of(LONG_DOCUMENT)],
        lambda index: LONG_DOCUMENT,
        operation="json",
        work="decoder",
        repeats=20,
    ),
    *_body_tasks(
        "msgpack-150B",
        "MessagePack of 150 bytes",
        [MSGPACK],
        lambda index: PACKED_DOCUMENT,
        operation="msgpack",
        content_type="application/msgpack",
        work="decoder",
    ),
    *_body_tasks(
        "typical",
        "method, path, 3 headers, 2 query parameters, 2 cookies, client, JSON of 200 bytes",
        [_JSON],
        lambda index: (
            "POST",
            "/v1/users/42/orders",
            (USER_AGENT, "en-GB,en;q=0.5", request_id(index)),
            (f"{index + 1}", "name"),
            (session(index), "dark"),
            CLIENT,
            DOCUMENT,
        ),
        operation="typical",
        repeats=150,
    ),
    *_body_tasks(
        "form-10-fields",
        "a urlencoded form of 10 fields without escapes",
        [_FORM],
        lambda index: FIELDS,
        operation="form",
        cold_events=lambda index: events(_FORM.replace(b"Lovelace", b"%08d" % index)),
        content_type=_URLENCODED,
        repeats=150,
    ),
    *_body_tasks(
        "form-1000-fields",
        "a urlencoded form of 1,000 fields with escapes",
        [_LONG_FORM],
        lambda index: MANY_FIELDS,
        operation="form",
        cold_events=lambda index: events(_LONG_FORM[:-8] + b"%08d" % index),
        content_type=_URLENCODED,
        repeats=5,
    ),
    *_multipart_tasks(
        "multipart-10-fields",
        "a multipart form of 10 fields",
        multipart_of(FIELDS),
        expected=lambda index: FIELDS,
        operation="multipart",
        repeats=80,
    ),
    *_multipart_tasks(
        "multipart-1000-fields",
        "a multipart form of 1,000 fields",
        multipart_of(MANY_FIELDS),
        expected=lambda index: MANY_FIELDS,
        operation="multipart",
        repeats=4,
    ),
    *_multipart_tasks(
        "multipart-8MiB",
        "a multipart form with a file of 8 MiB in events of 64 KiB, kept in memory",
        multipart_of({}, FILE),
        expected=lambda index: (FILE_NAME, "application/octet-stream", FILE[-FILE_END:]),
        operation="multipart_file",
        repeats=4,
    ),
    _multipart_tasks(
        "multipart-8MiB-on-disk",
        "the same file with the default limits, which write it to disk in threads; the floor keeps it in memory",
        multipart_of({}, FILE),
        expected=lambda index: (FILE_NAME, "application/octet-stream", FILE[-FILE_END:]),
        operation="multipart_file_on_disk",
        in_asyncio=True,
        repeats=4,
    )[0],
    *_multipart_tasks(
        "multipart-8MiB-stream",
        "the same file, part by part and chunk by chunk, and nothing kept",
        multipart_of({}, FILE),
        expected=lambda index: [("file", FILE_NAME, len(FILE))],
        operation="multipart_stream",
        repeats=4,
    ),
    *_in_both_ways(
        Task(
            "ws-accept",
            "ws_accept",
            "WebSocket: construct the object and accept",
            websocket_scope,
            lambda index: None,
            (CONNECT,),
            asynchronous=True,
            kind="websocket",
        )
    ),
    *_message_tasks(
        "ws-receive-text",
        "WebSocket: receive a text message",
        "ws_receive_text",
        message=_text_event,
        expected=text_of_message,
    ),
    *_message_tasks(
        "ws-iterate-text",
        "WebSocket: one step of the iteration over text messages",
        "ws_iterate_text",
        message=_text_event,
        expected=text_of_message,
    ),
    *_message_tasks("ws-send-text", "WebSocket: send a text message", "ws_send_text", sent=lambda index: TEXT),
    *_message_tasks(
        "ws-send-json",
        "WebSocket: send a document as JSON",
        "ws_send_json",
        sent=lambda index: DOCUMENT,
        work="decoder",
    ),
    *_message_tasks(
        "ws-echo-text",
        "WebSocket: receive a text message and send it",
        "ws_echo_text",
        message=_text_event,
        sent=text_of_message,
    ),
    *_message_tasks(
        "ws-receive-bytes",
        "WebSocket: receive a binary message",
        "ws_receive_bytes",
        message=_bytes_event,
        expected=lambda index: text_of_message(index).encode(),
    ),
    *_message_tasks(
        "ws-receive-json",
        "WebSocket: receive a document as JSON",
        "ws_receive_json",
        message=_json_event,
        expected=_json_document,
        work="decoder",
    ),
    *_message_tasks(
        "ws-iterate-json",
        "WebSocket: one step of the iteration over JSON documents",
        "ws_iterate_json",
        message=_json_event,
        expected=_json_document,
        work="decoder",
    ),
    *_message_tasks(
        "ws-echo-json",
        "WebSocket: receive a document as JSON and send it",
        "ws_echo_json",
        message=_json_event,
        sent=_json_document,
        work="decoder",
    ),
)


def find_task(name: str, tasks: Sequence[Task] = TASKS) -> Task:
    """Return the task of that name."""
    return next(task for task in tasks if task.name == name)


def select_tasks(patterns: list[str], tasks: Sequence[Task] = TASKS) -> list[Task]:
    """Return the tasks whose name matches one of the patterns, which work as for filenames; all without patterns."""
    return [task for task in tasks if not patterns or any(fnmatchcase(task.name, pattern) for pattern in patterns)]
