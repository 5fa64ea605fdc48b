"""Scopes, doubles of `receive` and `send`, and requests, for tests without a server."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Generator, Iterable, Mapping
from types import coroutine
from typing import Any, Final, TypeAlias
from urllib.parse import quote, urlencode

from .request import Request
from .types import Empty, EmptyType, Event, HeaderPairs, RawHeaders, Receive, Scope

__all__ = ("RequestFactory", "Sender", "http_scope", "receiver", "websocket_scope")

Query: TypeAlias = str | bytes | Mapping[str, Any] | Iterable[tuple[str, Any]]
"""A query as it stands in a URL, or the parameters to encode."""

Peer: TypeAlias = tuple[str, int | None]
"""A host and a port."""

Form: TypeAlias = Mapping[str, Any] | Iterable[tuple[str, Any]]
"""The fields of a form; a list or tuple is a field for each of its items."""

File: TypeAlias = bytes | tuple[str, bytes] | tuple[str, bytes, str]
"""What is in a file, or its filename, that, and its content type."""

Files: TypeAlias = Mapping[str, File] | Iterable[tuple[str, File]]
"""The files of a form, by the names of their fields."""

_SAFE_IN_COOKIE: Final = "!#$&'()*+/:<=>?@[]^`{|}"
_BOUNDARY: Final = b"litecon-form-boundary"
# WHATWG HTML, multipart/form-data encoding algorithm
_QUOTED: Final = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


def http_scope(
    *,
    method: str = "GET",
    path: str = "/",
    headers: HeaderPairs = (),
    query: Query = b"",
    cookies: Mapping[str, str] | None = None,
    client: Peer | None = ("127.0.0.1", 50000),
    server: Peer | EmptyType | None = Empty,
    scheme: str = "http",
    root_path: str = "",
    http_version: str = "1.1",
    extensions: Mapping[str, Any] | None = None,
    state: dict[str, Any] | None = None,
    path_params: dict[str, Any] | None = None,
    **extra: Any,
) -> Scope:
    """Return the scope of an HTTP request (ASGI 3, HTTP message format 2.5).

    Args:
        method: As it is sent.
        path: Decoded, with the root path.
        headers: A mapping or pairs, of str or bytes; names of str are lower-cased.
        query: Text as it stands in a URL, or parameters to encode.
        cookies: Sent in one Cookie header, values percent-encoded.
        client: Host and port of the client; None for an unknown one.
        server: Host and port of the server; the default is `localhost` and the scheme's port.
        scheme: Of the URL.
        root_path: Where the application is mounted.
        http_version: Of the request.
        extensions: What the server offers beyond the specification; left out if None.
        state: The application's state; left out if None.
        path_params: What a router found in the path; left out if None.
        **extra: Further items of the scope, as `app`, `user` or `session`.

    Raises:
        UnicodeEncodeError: A header has characters beyond latin-1.
    """
    return {
        "type": "http",
        "method": method,
        **_common(path, headers, query, cookies, client, server, scheme, root_path, http_version),
        **_given(extensions=extensions, state=state, path_params=path_params),
        **extra,
    }


def websocket_scope(
    *,
    path: str = "/",
    headers: HeaderPairs = (),
    query: Query = b"",
    cookies: Mapping[str, str] | None = None,
    client: Peer | None = ("127.0.0.1", 50000),
    server: Peer | EmptyType | None = Empty,
    scheme: str = "ws",
    root_path: str = "",
    http_version: str = "1.1",
    subprotocols: Iterable[str] = (),
    extensions: Mapping[str, Any] | None = None,
    state: dict[str, Any] | None = None,
    path_params: dict[str, Any] | None = None,
    **extra: Any,
) -> Scope:
    """Return the scope of a WebSocket connection (ASGI 3, WebSocket message format 2.5).

    Args:
        path: Decoded, with the root path.
        headers: A mapping or pairs, of str or bytes; names of str are lower-cased.
        query: Text as it stands in a URL, or parameters to encode.
        cookies: Sent in one Cookie header, values percent-encoded.
        client: Host and port of the client; None for an unknown one.
        server: Host and port of the server; the default is `localhost` and the scheme's port.
        scheme: Of the URL.
        root_path: Where the application is mounted.
        http_version: Of the handshake.
        subprotocols: What the client offers.
        extensions: What the server offers beyond the specification; left out if None.
        state: The application's state; left out if None.
        path_params: What a router found in the path; left out if None.
        **extra: Further items of the scope, as `app`, `user` or `session`.

    Raises:
        UnicodeEncodeError: A header has characters beyond latin-1.
    """
    return {
        "type": "websocket",
        "subprotocols": list(subprotocols),
        **_common(path, headers, query, cookies, client, server, scheme, root_path, http_version),
        **_given(extensions=extensions, state=state, path_params=path_params),
        **extra,
    }


def _common(
    path: str,
    headers: HeaderPairs,
    query: Query,
    cookies: Mapping[str, str] | None,
    client: Peer | None,
    server: Peer | EmptyType | None,
    scheme: str,
    root_path: str,
    http_version: str,
) -> dict[str, Any]:
    raw_headers = _encode_headers(headers)
    if cookies:
        cookie = "; ".join(f"{name}={quote(value, safe=_SAFE_IN_COOKIE)}" for name, value in cookies.items())
        raw_headers.append((b"cookie", cookie.encode("latin-1")))
    if server is Empty:
        server = ("localhost", 443 if scheme in ("https", "wss") else 80)
    return {
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": http_version,
        "scheme": scheme,
        "path": path,
        "raw_path": quote(path, errors="surrogatepass").encode("ascii"),
        "query_string": _encode_query(query),
        "root_path": root_path,
        "headers": raw_headers,
        "client": client,
        "server": server,
    }


def _given(**items: Any) -> dict[str, Any]:
    return {key: value for key, value in items.items() if value is not None}


def _encode_headers(headers: HeaderPairs) -> RawHeaders:
    pairs: Any = headers.items() if isinstance(headers, Mapping) else headers
    return [
        (
            name if isinstance(name, bytes) else name.lower().encode("latin-1"),
            value if isinstance(value, bytes) else value.encode("latin-1"),
        )
        for name, value in pairs
    ]


def _encode_query(query: Query) -> bytes:
    if isinstance(query, bytes):
        return query
    if isinstance(query, str):
        return query.encode("utf-8")
    items: Iterable[Any] = query.items() if isinstance(query, Mapping) else query
    return urlencode(list(items), doseq=True).encode("ascii")


def _form_fields(form: Form) -> list[tuple[str, str | bytes]]:
    items: Iterable[tuple[str, Any]] = form.items() if isinstance(form, Mapping) else form
    return [
        (name, one if isinstance(one, (str, bytes)) else str(one))
        for name, value in items
        for one in (value if isinstance(value, (list, tuple)) else (value,))
    ]


def _encode_form(form: Form | None, files: Files | None) -> tuple[bytes, bytes]:
    """Return a form's content type and body: urlencoded where there is no `files`, else multipart."""
    fields = _form_fields(form or ())
    if files is None:
        return b"application/x-www-form-urlencoded", urlencode(fields).encode("ascii")
    parts = [
        (_part_head(name), value if isinstance(value, bytes) else value.encode("utf-8")) for name, value in fields
    ]
    parts += map(_file_part, files.items() if isinstance(files, Mapping) else files)
    boundary = _BOUNDARY
    number = 0
    # always the same, so that a test sees the same bytes each time
    while any(boundary in content for part in parts for content in part):
        number += 1
        boundary = b"%s-%d" % (_BOUNDARY, number)
    body = b"".join(b"--%s\r\n%s\r\n\r\n%s\r\n" % (boundary, head, content) for head, content in parts)
    return b"multipart/form-data; boundary=" + boundary, b"%s--%s--\r\n" % (body, boundary)


def _part_head(name: str, rest: str = "") -> bytes:
    return f'Content-Disposition: form-data; name="{name.translate(_QUOTED)}"{rest}'.encode()


def _file_part(item: tuple[str, File]) -> tuple[bytes, bytes]:
    """Return the header lines and the content of a file's part."""
    name, file = item
    filename, content, content_type = name, file, "application/octet-stream"
    if isinstance(file, tuple) and len(file) == 3:
        filename, content, content_type = file
    elif isinstance(file, tuple) and len(file) == 2:
        filename, content = file
    if not isinstance(content, bytes) or not isinstance(filename, str):
        raise TypeError(
            f"the file {name!r:.80} is a {type(file).__name__}: pass bytes, (filename, bytes) or "
            "(filename, bytes, content_type)"
        )
    rest = f'; filename="{filename.translate(_QUOTED)}"\r\nContent-Type: {content_type}'
    return _part_head(name, rest), content


@coroutine
def _yield_once() -> Generator[None, None, None]:
    yield


async def _pause() -> None:
    """Let other tasks run; under asyncio, trio, or whatever drives the coroutine by hand."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_task():
        await trio.lowlevel.checkpoint()
    else:
        await _yield_once()


def receiver(*events: Event | bytes | str, suspend: bool = False) -> Receive:
    """Return a `receive` callable that gives these events, and a disconnect after the last.

    Args:
        *events: Events. Bytes are an `http.request` with that body, whose `more_body` is true where something follows;
            on a WebSocket, that is behind a `websocket.connect`, bytes and str are messages.
        suspend: Whether to let other tasks run before each event, as a server does that waits for the network.
    """
    is_websocket = bool(events) and isinstance(events[0], Mapping) and events[0]["type"] == "websocket.connect"
    encode = _message_event if is_websocket else _body_event
    last = len(events) - 1
    queue: deque[Event] = deque(
        encode(event, index < last) if isinstance(event, (str, bytes)) else event for index, event in enumerate(events)
    )
    end = "websocket.disconnect" if is_websocket else "http.disconnect"

    async def receive() -> Event:
        if suspend:
            await _pause()
        return queue.popleft() if queue else {"type": end}

    return receive


def _body_event(body: str | bytes, more: bool) -> Event:
    return {"type": "http.request", "body": body.encode() if isinstance(body, str) else body, "more_body": more}


def _message_event(data: str | bytes, more: bool) -> Event:
    return {"type": "websocket.receive", "text" if isinstance(data, str) else "bytes": data}


class Sender:
    """A `send` callable that keeps what it is given, in `events`."""

    __slots__ = ("__weakref__", "events")

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def __call__(self, event: Event) -> None:
        """Keep an event.

        Args:
            event: Of any type.
        """
        self.events.append(event)


class RequestFactory:
    """Makes requests as a server would; the `send` of each is a `Sender`.

    Args:
        request_class: `Request` or a subclass.
        headers: Of all requests that set no others of the same names.
        cookies: Of all requests, likewise.
        **scope: What `http_scope` takes beyond these, for all requests.
    """

    __slots__ = ("_cookies", "_headers", "_request_class", "_scope")

    def __init__(
        self,
        request_class: type[Request[Any, Any, Any]] = Request,
        *,
        headers: HeaderPairs = (),
        cookies: Mapping[str, str] | None = None,
        **scope: Any,
    ) -> None:
        self._request_class = request_class
        self._headers = _encode_headers(headers)
        self._cookies = dict(cookies or {})
        self._scope = scope

    def request(
        self,
        method: str,
        path: str = "/",
        *,
        json: Any = Empty,
        content: bytes | str | Iterable[bytes] | None = None,
        form: Form | None = None,
        files: Files | None = None,
        headers: HeaderPairs = (),
        cookies: Mapping[str, str] | None = None,
        query: Query = b"",
        **scope: Any,
    ) -> Request[Any, Any, Any]:
        """Return a request.

        Args:
            method: As it is sent.
            path: Decoded, without a query.
            json: A value to encode as the body.
            content: The body; an iterable of bytes is received chunk by chunk, without a Content-Length.
            form: The fields of a form to encode as the body, a mapping or pairs; a list or tuple is a field for each of
                its items. It is urlencoded where no files are given.
            files: The files of a form, a mapping or pairs of the field's name and bytes, `(filename, bytes)` or
                `(filename, bytes, content_type)`; the filename is the field's name where there is none. They are
                sent as multipart, behind the fields of `form`.
            headers: A mapping or pairs, of str or bytes. Content-Type and Content-Length are added where they are
                missing and known.
            cookies: Sent in one Cookie header, values percent-encoded.
            query: Text as it stands in a URL, or parameters to encode.
            **scope: What `http_scope` takes beyond these.

        Raises:
            TypeError: More than one of `json`, `content` and a form was given, or a file is none of these.
            SerializationException: The value cannot be encoded.
        """
        added: RawHeaders = []
        has_form = form is not None or files is not None
        if (json is not Empty) + (content is not None) + has_form > 1:
            raise TypeError("a request has one body: pass json=, or content=, or a form with form= and files=")
        if has_form:
            content_type, content = _encode_form(form, files)
            added.append((b"content-type", content_type))
        elif json is not Empty:
            from .serialization import encode_json

            content = encode_json(json)
            added.append((b"content-type", b"application/json"))
        if isinstance(content, str):
            content = content.encode("utf-8")
        if isinstance(content, bytes):
            added.append((b"content-length", b"%d" % len(content)))
            chunks = [content]
        else:
            chunks = list(content or ())
        raw_headers = _encode_headers(headers)
        for defaults in (self._headers, added):
            names = {name.lower() for name, _ in raw_headers}
            raw_headers += [(name, value) for name, value in defaults if name.lower() not in names]
        cookies = {**self._cookies, **(cookies or {})}
        items = {**self._scope, **scope}
        return self._request_class(
            http_scope(method=method, path=path, headers=raw_headers, query=query, cookies=cookies, **items),
            receiver(*(chunks or [b""])),
            Sender(),
        )

    def get(self, path: str = "/", **options: Any) -> Request[Any, Any, Any]:
        """Return a GET request.

        Args:
            path: Decoded, without a query.
            **options: What `request` takes.
        """
        return self.request("GET", path, **options)

    def post(self, path: str = "/", **options: Any) -> Request[Any, Any, Any]:
        """Return a POST request.

        Args:
            path: Decoded, without a query.
            **options: What `request` takes.
        """
        return self.request("POST", path, **options)

    def put(self, path: str = "/", **options: Any) -> Request[Any, Any, Any]:
        """Return a PUT request.

        Args:
            path: Decoded, without a query.
            **options: What `request` takes.
        """
        return self.request("PUT", path, **options)

    def patch(self, path: str = "/", **options: Any) -> Request[Any, Any, Any]:
        """Return a PATCH request.

        Args:
            path: Decoded, without a query.
            **options: What `request` takes.
        """
        return self.request("PATCH", path, **options)

    def delete(self, path: str = "/", **options: Any) -> Request[Any, Any, Any]:
        """Return a DELETE request.

        Args:
            path: Decoded, without a query.
            **options: What `request` takes.
        """
        return self.request("DELETE", path, **options)

    def head(self, path: str = "/", **options: Any) -> Request[Any, Any, Any]:
        """Return a HEAD request.

        Args:
            path: Decoded, without a query.
            **options: What `request` takes.
        """
        return self.request("HEAD", path, **options)

    def options(self, path: str = "/", **options: Any) -> Request[Any, Any, Any]:
        """Return an OPTIONS request.

        Args:
            path: Decoded, without a query.
            **options: What `request` takes.
        """
        return self.request("OPTIONS", path, **options)
