"""The registry of the tasks for a Litestar app, each a request or a message of a WebSocket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from ..data import (
    CHUNK_SIZE,
    CHUNKS,
    CONNECT,
    DOCUMENT,
    FIELDS,
    Event,
    Scope,
    boundary,
    events,
    http_scope,
    json_of,
    multipart_of,
    request_id,
    session,
    text_of_message,
    urlencoded_of,
    websocket_scope,
)
from ..tasks import SUSPENDED, Task

__all__ = ("APP", "EVERYWHERE", "FUTURE", "TASKS", "loaded_tasks")

APP: Final = "app"
"""The operation that returns the app; the plugin, if any, is used without arguments, as in its guide."""

EVERYWHERE: Final = "everywhere"
"""The operation that returns the app with `everywhere=True` for the plugin."""

FUTURE: Final = "/future"
"""The ending of the names of tasks whose server returns futures."""

_SIZE: Final = 1000
_CHUNK: Final = bytes(range(256)) * (CHUNK_SIZE // 256)
_MULTIPART: Final = multipart_of(FIELDS, bytes(range(250)) * (_SIZE // 250))


def _request(
    path: str, summary: str, expected: Callable[[int], Any], *, name: str = "", status: int = 200, **details: Any
) -> Task:
    """Return a task that is a request without a body.

    Args:
        path: The path of the request, without the slash.
        summary: The description, for people.
        expected: A function that returns the content of the response for an index, bytes or the value of its JSON text.
        name: The name of the task; its path by default.
        status: The status of the response.
        details: Further arguments of `Task`.
    """

    def scope(index: int) -> Scope:
        made = _at(path, {**http_scope(index), "method": "GET"})
        # a browser sends no Content-* headers without a body
        made["headers"] = [header for header in made["headers"] if not header[0].startswith(b"content-")]
        return made

    details = {"operation": APP, "repeats": 60, "events": events(b""), "asynchronous": True, **details}
    operation = details.pop("operation")
    return Task(name or path, operation, summary, scope, lambda index: (status, expected(index)), **details)


def _upload(
    path: str,
    summary: str,
    content_type: str,
    chunks: list[bytes],
    expected: Callable[[int], Any],
    repeats: int = 60,
    cold_events: Callable[[int], tuple[Event, ...]] | None = None,
) -> tuple[Task, ...]:
    """Return a task that is a request with a body, and its variants."""
    length = sum(map(len, chunks))
    task = Task(
        path,
        APP,
        summary,
        lambda index: _at(path, http_scope(index, content_type, length)),
        lambda index: (200, expected(index)),
        events(*chunks),
        asynchronous=True,
        repeats=repeats,
        cold_events=cold_events,
    )
    return _in_all_ways(task)


def _messages(path: str, summary: str, message: Callable[[int], Event], sent: Callable[[int], Any]) -> tuple[Task, ...]:
    """Return a task that is a message and its echo, and its variants."""
    task = Task(
        path,
        APP,
        summary,
        lambda index: _at(path, websocket_scope(index)),
        lambda index: None,
        asynchronous=True,
        kind="websocket",
        per_message=True,
        message=message,
        sent=sent,
        repeats=150,
    )
    return _in_all_ways(task)


def _in_all_ways(task: Task) -> tuple[Task, ...]:
    """Return the task, and its variants with a server that suspends, in coroutines or by returning futures."""
    suspended = task._replace(name=task.name + SUSPENDED, summary=f"{task.summary}; receive suspends", suspends=True)
    summary = f"{task.summary}; receive gives futures"
    return task, suspended, suspended._replace(name=task.name + FUTURE, summary=summary, futures=True)


def _at(path: str, scope: Scope) -> Scope:
    # as without a proxy, since some servers obey this header and others do not
    headers = [header for header in scope["headers"] if header[0] != b"x-forwarded-proto"]
    return {**scope, "scheme": "http", "path": f"/{path}", "raw_path": f"/{path}".encode(), "headers": headers}


def _document(index: int) -> Any:
    return {**DOCUMENT, "id": DOCUMENT["id"] + index}


def _cold_document(index: int) -> tuple[Event, ...]:
    return events(json_of(_document(index)))


def _text_event(index: int) -> Event:
    return {"type": "websocket.receive", "text": text_of_message(index)}


def _json_event(index: int) -> Event:
    return {"type": "websocket.receive", "text": json_of(_document(index)).decode()}


def _url(index: int) -> list[str]:
    return [f"http://api.example.com/url?page={index + 1}&order=name", "/url"]


def _session_tasks() -> list[Task]:
    return [
        _request(path, summary + ending, expected, name=path + suffix, operation=operation)
        for suffix, operation, ending in (
            ("", APP, ""),
            ("/everywhere", EVERYWHERE, "; the plugin with everywhere=True"),
        )
        for path, summary, expected in (
            ("session", "behind a session middleware, which keeps the session in memory", lambda index: b"ada"),
            (
                "authenticated",
                "behind a session and an authentication middleware",
                lambda index: ["dark", request_id(index), "ada"],
            ),
        )
    ]


_JSON: Final = [json_of(DOCUMENT)]
_FORM: Final = [urlencoded_of(FIELDS)]
_URLENCODED: Final = "application/x-www-form-urlencoded"
_FORM_TYPE: Final = f"multipart/form-data; boundary={boundary(0)}"

TASKS: Final[tuple[Task, ...]] = (
    _request("plain", "a handler that reads nothing", lambda index: b"plain"),
    _request(
        "read",
        "a header, a cookie and two query parameters, read off the request",
        lambda index: [request_id(index), session(index), f"{index + 1}", "name"],
    ),
    _request(
        "declared",
        "the same as parameters of the handler",
        lambda index: [request_id(index), session(index), index + 1, "name"],
    ),
    _request("url", "the URL as str, and its path", _url),
    *_upload(
        "json-data",
        "JSON of 200 bytes as the parameter `data`, and back",
        "application/json",
        _JSON,
        lambda index: DOCUMENT,
        cold_events=_cold_document,
    ),
    *_upload(
        "json-request",
        "the same with `await request.json()`",
        "application/json",
        _JSON,
        lambda index: DOCUMENT,
        cold_events=_cold_document,
    ),
    *_upload("form-data", "an urlencoded form as `data`", _URLENCODED, _FORM, lambda index: FIELDS),
    *_upload("form-request", "the same with `await request.form()`", _URLENCODED, _FORM, lambda index: FIELDS),
    *_upload(
        "multipart-data",
        "a multipart form of ten fields and a file of 1 KB as `data`",
        _FORM_TYPE,
        [_MULTIPART],
        lambda index: [FIELDS["subject"], "engine.bin", _SIZE],
    ),
    *_upload(
        "multipart-request",
        "the same with `await request.form()`",
        _FORM_TYPE,
        [_MULTIPART],
        lambda index: [FIELDS["subject"], "engine.bin", _SIZE],
    ),
    *_upload(
        "stream",
        "64 chunks of 16 KiB with `request.stream()`",
        "application/octet-stream",
        [_CHUNK] * CHUNKS,
        lambda index: CHUNKS * CHUNK_SIZE,
        repeats=30,
    ),
    _request(
        "missing",
        "a path that no handler has",
        lambda index: {"status_code": 404, "detail": "Not Found"},
        status=404,
    ),
    *_session_tasks(),
    *_messages("ws-text", "WebSocket: iter_data() and send_text()", _text_event, text_of_message),
    *_messages("ws-json", "WebSocket: receive_json() and send_json()", _json_event, _document),
    *_messages("ws-listener-text", "WebSocket: a listener of str", _text_event, text_of_message),
    *_messages("ws-listener-json", "WebSocket: a listener of dict", _json_event, _document),
    *_in_all_ways(
        Task(
            "ws-connect",
            APP,
            "WebSocket: connect, accept() and close()",
            lambda index: _at("ws-connect", websocket_scope(index)),
            lambda index: ["websocket.accept", "websocket.close"],
            (CONNECT,),
            asynchronous=True,
            kind="websocket",
            repeats=60,
        )
    ),
)


def loaded_tasks(tasks: Sequence[Task]) -> list[Task]:
    """Return the tasks that can be measured behind a whole server.

    Variants that suspend are left out, since the server itself decides whether it suspends.

    Args:
        tasks: The tasks of the registry.
    """
    return [
        task for task in tasks if task.operation == APP and not task.suspends and (task.message or task.kind == "http")
    ]
