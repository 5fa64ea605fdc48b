"""Litestar's `URL` of a scope, a new object for each request."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from litestar.datastructures import URL
from litestar.exceptions import ClientException
from litestar.types import Empty

from .._core import find_header

__all__ = ("url_from_scope",)

_DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ftp": 21, "ws": 80, "wss": 443}


def url_from_scope(scope: Any, path: str, query: bytes) -> URL:
    """Return the URL of a scope, as Litestar makes it.

    Args:
        scope: The scope of any kind of connection.
        path: The path, including the root path.
        query: The query without the question mark; if it is not valid UTF-8, it is percent-encoded.

    Raises:
        ClientException: The Host header is not a valid authority.
    """
    scheme = scope.get("scheme", "http")
    server = scope.get("server")
    header = find_header(scope.get("headers", ()), b"host")
    host = "" if header is None else header.decode("latin-1")
    if server and not host:
        host, port = server
        if port is not None and port != _DEFAULT_PORTS.get(scheme):
            host = f"{host}:{port}"
    try:
        text = query.decode()
    except UnicodeDecodeError:
        text = quote(query, safe="!$%&'()*+,/:;=?@[]")
    try:
        return _copy_url(URL.from_components(scheme=scheme if server else "", query=text, netloc=host, path=path))
    except ValueError as error:
        if header is None:
            raise
        # such as a port that is no number, or too large
        raise ClientException("Invalid host header") from error


def _copy_url(shared: URL) -> URL:
    """Return a copy of a URL that Litestar caches for all requests, since its `query_params` can be changed."""
    url: Any = object.__new__(URL)
    url.scheme = shared.scheme
    url.netloc = shared.netloc
    url.path = shared.path
    url.query = shared.query
    url.fragment = shared.fragment
    url.username = shared.username
    url.password = shared.password
    url.hostname = shared.hostname
    url.port = shared.port
    # PERF: the text is made once for all copies
    url._parsed_url = str(shared)
    url._query_params = Empty
    return url  # type: ignore[no-any-return]
