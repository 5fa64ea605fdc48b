"""Scopes as a server would make them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import quote, urlencode

from ..types import Empty, EmptyType, HeaderPairs, RawHeaders, Scope

__all__ = ("Peer", "Query", "encode_headers", "http_scope", "websocket_scope")

Query: TypeAlias = str | bytes | Mapping[str, Any] | Iterable[tuple[str, Any]]
"""A query string, percent-encoded, or the parameters to encode."""

Peer: TypeAlias = tuple[str, int | None]
"""A host and a port."""

_SAFE_IN_COOKIE: Final = "!#$&'()*+/:<=>?@[]^`{|}"


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

    ```python
    request = Request(http_scope(path="/users/7", query={"full": "1"}), receiver())
    ```

    Args:
        method: The method, in upper case.
        path: The path, decoded, including the root path.
        headers: The headers, a mapping or pairs of str or bytes; names that are str become lower-case.
        query: The query string, percent-encoded, or the parameters to encode.
        cookies: The cookies, sent in one Cookie header with percent-encoded values.
        client: The host and port of the client; None if unknown.
        server: The host and port of the server; by default `localhost` and the default port of the scheme.
        scheme: The scheme of the URL.
        root_path: The path at which the application is mounted.
        http_version: The HTTP version of the request.
        extensions: The ASGI extensions that the server offers; omitted if None.
        state: The state of the application; omitted if None.
        path_params: The path parameters that a router found; omitted if None.
        **extra: Further items of the scope, such as `app`, `user` or `session`.

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
    """Return the scope of a WebSocket (ASGI 3, WebSocket message format 2.5).

    ```python
    socket = WebSocket(websocket_scope(path="/chat"), receiver({"type": "websocket.connect"}, "hello"), Sender())
    ```

    Args:
        path: The path, decoded, including the root path.
        headers: The headers, a mapping or pairs of str or bytes; names that are str become lower-case.
        query: The query string, percent-encoded, or the parameters to encode.
        cookies: The cookies, sent in one Cookie header with percent-encoded values.
        client: The host and port of the client; None if unknown.
        server: The host and port of the server; by default `localhost` and the default port of the scheme.
        scheme: The scheme of the URL.
        root_path: The path at which the application is mounted.
        http_version: The HTTP version of the handshake.
        subprotocols: The subprotocols that the client offers.
        extensions: The ASGI extensions that the server offers; omitted if None.
        state: The state of the application; omitted if None.
        path_params: The path parameters that a router found; omitted if None.
        **extra: Further items of the scope, such as `app`, `user` or `session`.

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
    raw_headers = encode_headers(headers)
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


def encode_headers(headers: HeaderPairs) -> RawHeaders:
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
