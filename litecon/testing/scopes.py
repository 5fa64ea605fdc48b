"""Scopes as a server makes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import quote, urlencode

from ..types import Empty, EmptyType, HeaderPairs, RawHeaders, Scope

__all__ = ("Peer", "Query", "encode_headers", "http_scope", "websocket_scope")

Query: TypeAlias = str | bytes | Mapping[str, Any] | Iterable[tuple[str, Any]]
"""A query as it stands in a URL, or the parameters to encode."""

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
