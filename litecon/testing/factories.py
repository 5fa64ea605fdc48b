"""Factories that make requests and WebSockets as a server would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Generic, overload

from .._shared.generics import TypeVar
from ..request import Request
from ..types import Empty, Event, HeaderPairs, RawHeaders
from ..websocket import WebSocket
from .bodies import Files, Form, encode_form
from .doubles import Sender, receiver
from .scopes import Query, encode_headers, http_scope, websocket_scope

__all__ = ("RequestFactory", "WebSocketFactory")

RequestT = TypeVar("RequestT", bound=Request[Any, Any, Any], default=Request[Any, Any, Any])
SocketT = TypeVar("SocketT", bound=WebSocket[Any, Any, Any], default=WebSocket[Any, Any, Any])


class _Defaults:
    """The default values for all scopes of a factory, which a call may override."""

    __slots__ = ("_cookies", "_headers", "_scope")

    def __init__(self, headers: HeaderPairs, cookies: Mapping[str, str] | None, scope: dict[str, Any]) -> None:
        self._headers = encode_headers(headers)
        self._cookies = dict(cookies or {})
        self._scope = scope

    def _items(
        self, headers: HeaderPairs, cookies: Mapping[str, str] | None, scope: dict[str, Any], added: RawHeaders
    ) -> dict[str, Any]:
        """Return arguments of the function that makes the scope.

        Args:
            headers: The headers of the call.
            cookies: The cookies of the call.
            scope: The further arguments of the call.
            added: The headers to add if neither the call nor the factory has them.
        """
        raw_headers = _with_defaults(_with_defaults(encode_headers(headers), self._headers), added)
        return {"headers": raw_headers, "cookies": {**self._cookies, **(cookies or {})}, **self._scope, **scope}


class RequestFactory(_Defaults, Generic[RequestT]):
    """Makes requests as a server would; the `send` of each is a `Sender`.

    ```python
    request = RequestFactory(app=app).post("/users", json={"name": "Ada"})
    assert await request.json() == {"name": "Ada"}
    ```

    Args:
        request_class: The class of the requests, `Request` or a subclass.
        headers: The headers of all requests that have none of the same name.
        cookies: The cookies of all requests that have none of the same name.
        **scope: Further arguments of `http_scope()`, for all requests.
    """

    __slots__ = ("_request_class",)

    @overload
    def __init__(
        self: RequestFactory[Request],
        *,
        headers: HeaderPairs = ...,
        cookies: Mapping[str, str] | None = ...,
        **scope: Any,
    ) -> None: ...
    @overload
    def __init__(
        self,
        request_class: type[RequestT],
        *,
        headers: HeaderPairs = ...,
        cookies: Mapping[str, str] | None = ...,
        **scope: Any,
    ) -> None: ...
    def __init__(
        self,
        request_class: type[Any] = Request,
        *,
        headers: HeaderPairs = (),
        cookies: Mapping[str, str] | None = None,
        **scope: Any,
    ) -> None:
        self._request_class: type[RequestT] = request_class
        super().__init__(headers, cookies, scope)

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
    ) -> RequestT:
        """Return a request.

        Args:
            method: The method, in upper case.
            path: The path, decoded, without a query.
            json: The value that is encoded as the body.
            content: The body; an iterable of bytes is received chunk by chunk, without a Content-Length.
            form: The fields of a form that is encoded as the body, a mapping or pairs; a list or tuple is a field for
                each of its items. The form is urlencoded if there are no files.
            files: The files of a form, a mapping or pairs of the name of the field and bytes, `(filename, bytes)` or
                `(filename, bytes, content_type)`; without a filename it is the name of the field. They are sent as
                multipart, after the fields of `form`.
            headers: The headers, a mapping or pairs of str or bytes. Content-Type and Content-Length are added if they
                are missing and known.
            cookies: The cookies, sent in one Cookie header with percent-encoded values.
            query: The query string, percent-encoded, or the parameters to encode.
            **scope: Further arguments of `http_scope()`.

        Raises:
            TypeError: More than one of `json`, `content` and a form was given, or a file is none of these.
            SerializationException: The value cannot be encoded.
        """
        added: RawHeaders = []
        has_form = form is not None or files is not None
        if (json is not Empty) + (content is not None) + has_form > 1:
            raise TypeError("a request has one body: pass json=, or content=, or a form with form= and files=")
        if has_form:
            content_type, content = encode_form(form, files)
            added.append((b"content-type", content_type))
        elif json is not Empty:
            from ..serialization import encode_json

            content = encode_json(json)
            added.append((b"content-type", b"application/json"))
        if isinstance(content, str):
            content = content.encode("utf-8")
        if isinstance(content, bytes):
            added.append((b"content-length", b"%d" % len(content)))
            chunks = [content]
        else:
            chunks = list(content or ())
        items = self._items(headers, cookies, scope, added)
        return self._request_class(
            http_scope(method=method, path=path, query=query, **items),
            receiver(*(chunks or [b""])),
            Sender(),
        )

    def get(self, path: str = "/", **options: Any) -> RequestT:
        """Return a GET request.

        Args:
            path: The path, decoded, without a query.
            **options: Further arguments of `request()`.
        """
        return self.request("GET", path, **options)

    def post(self, path: str = "/", **options: Any) -> RequestT:
        """Return a POST request.

        Args:
            path: The path, decoded, without a query.
            **options: Further arguments of `request()`.
        """
        return self.request("POST", path, **options)

    def put(self, path: str = "/", **options: Any) -> RequestT:
        """Return a PUT request.

        Args:
            path: The path, decoded, without a query.
            **options: Further arguments of `request()`.
        """
        return self.request("PUT", path, **options)

    def patch(self, path: str = "/", **options: Any) -> RequestT:
        """Return a PATCH request.

        Args:
            path: The path, decoded, without a query.
            **options: Further arguments of `request()`.
        """
        return self.request("PATCH", path, **options)

    def delete(self, path: str = "/", **options: Any) -> RequestT:
        """Return a DELETE request.

        Args:
            path: The path, decoded, without a query.
            **options: Further arguments of `request()`.
        """
        return self.request("DELETE", path, **options)

    def head(self, path: str = "/", **options: Any) -> RequestT:
        """Return a HEAD request.

        Args:
            path: The path, decoded, without a query.
            **options: Further arguments of `request()`.
        """
        return self.request("HEAD", path, **options)

    def options(self, path: str = "/", **options: Any) -> RequestT:
        """Return an OPTIONS request.

        Args:
            path: The path, decoded, without a query.
            **options: Further arguments of `request()`.
        """
        return self.request("OPTIONS", path, **options)


class WebSocketFactory(_Defaults, Generic[SocketT]):
    """Makes WebSockets as a server would; the `send` of each is a `Sender`.

    ```python
    socket = WebSocketFactory(app=app).connect("/chat", "hello")
    assert await socket.receive_text() == "hello"
    ```

    Args:
        socket_class: The class of the WebSockets, `WebSocket` or a subclass.
        headers: The headers of all handshakes that have none of the same name.
        cookies: The cookies of all handshakes that have none of the same name.
        **scope: Further arguments of `websocket_scope()`, for all handshakes.
    """

    __slots__ = ("_socket_class",)

    @overload
    def __init__(
        self: WebSocketFactory[WebSocket],
        *,
        headers: HeaderPairs = ...,
        cookies: Mapping[str, str] | None = ...,
        **scope: Any,
    ) -> None: ...
    @overload
    def __init__(
        self,
        socket_class: type[SocketT],
        *,
        headers: HeaderPairs = ...,
        cookies: Mapping[str, str] | None = ...,
        **scope: Any,
    ) -> None: ...
    def __init__(
        self,
        socket_class: type[Any] = WebSocket,
        *,
        headers: HeaderPairs = (),
        cookies: Mapping[str, str] | None = None,
        **scope: Any,
    ) -> None:
        self._socket_class: type[SocketT] = socket_class
        super().__init__(headers, cookies, scope)

    def connect(
        self,
        path: str = "/",
        *messages: str | bytes | Event,
        headers: HeaderPairs = (),
        cookies: Mapping[str, str] | None = None,
        query: Query = b"",
        subprotocols: Iterable[str] = (),
        **scope: Any,
    ) -> SocketT:
        """Return a WebSocket whose client connects, sends these messages, and disconnects.

        Args:
            path: The path, decoded, without a query.
            *messages: The messages: a str is a text message, bytes are a binary one, an event is received unchanged.
            headers: The headers, a mapping or pairs of str or bytes.
            cookies: The cookies, sent in one Cookie header with percent-encoded values.
            query: The query string, percent-encoded, or the parameters to encode.
            subprotocols: The subprotocols that the client offers.
            **scope: Further arguments of `websocket_scope()`.
        """
        made = websocket_scope(
            path=path, query=query, subprotocols=subprotocols, **self._items(headers, cookies, scope, [])
        )
        return self._socket_class(made, receiver({"type": "websocket.connect"}, *messages), Sender())


def _with_defaults(headers: RawHeaders, defaults: RawHeaders) -> RawHeaders:
    """Return the headers, followed by those defaults whose names are missing."""
    names = {name.lower() for name, _ in headers}
    return [*headers, *((name, value) for name, value in defaults if name.lower() not in names)]
