"""The components of a URL, and how they are read from a scope (RFC 3986, ASGI 3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from .._errors import immutable_url, invalid_host, missing_key, text_type, wrong_scheme, wrong_type
from .._shared.scope import exact_bytes, exact_str, lookup
from .._shared.url import DEFAULT_PORTS, is_ipv6, is_scheme, list_headers, path_of_target, port_number
from .headers import find_header

__all__ = ("URLBase", "make_url", "raw_headers", "url_from_scope")

_HOST: Final = re.compile(rb"(\[[0-9A-Fa-f:.]++\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})++)(?::([0-9]{0,5}))?+")
_UNSAFE_IN_PATH: Final = re.compile(r"[\x00-\x1f\x7f%?#\\]")
_UNSAFE_IN_QUERY: Final = re.compile(rb"[^\x21\x24-\x3b\x3d\x3f-\x7e]")


class URLBase:
    """The five components of an immutable URL."""

    __slots__ = ("__weakref__", "_text", "fragment", "netloc", "path", "query", "scheme")

    scheme: str
    netloc: str
    path: str
    query: str
    fragment: str
    _text: str | None

    def __str__(self) -> str:
        text = self._text
        if text is None:
            text = self.path
            # an empty authority is written if the path would be read as one (RFC 3986 section 5.3)
            if self.netloc or text.startswith("//"):
                text = f"//{self.netloc}{text}"
            if self.scheme:
                text = f"{self.scheme}:{text}"
            if self.query:
                text = f"{text}?{self.query}"
            if self.fragment:
                text = f"{text}#{self.fragment}"
            object.__setattr__(self, "_text", text)
        return text

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (URLBase, str)):
            return str(self) == str(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise immutable_url(name)

    def __delattr__(self, name: str) -> NoReturn:
        raise immutable_url()


def make_url(cls: type[Any], scheme: str, netloc: str, path: str, query: str, fragment: str) -> Any:
    """Return a URL of that class.

    Args:
        cls: A subclass of `URLBase`.
        scheme: The scheme, without the colon.
        netloc: The host and port, and optionally user and password.
        path: The path, percent-encoded.
        query: The query, percent-encoded, without the question mark.
        fragment: The fragment, percent-encoded, without the number sign.

    Raises:
        TypeError: A component is not a str.
    """
    url = URLBase.__new__(cls)
    setattribute = object.__setattr__
    setattribute(url, "scheme", _check_component(scheme))
    setattribute(url, "netloc", _check_component(netloc))
    setattribute(url, "path", _check_component(path))
    setattribute(url, "query", _check_component(query))
    setattribute(url, "fragment", _check_component(fragment))
    setattribute(url, "_text", None)
    return url


def _check_component(value: str) -> str:
    if not isinstance(value, str):
        raise text_type("a component of a URL", value)
    return exact_str(value)


def raw_headers(scope: Mapping[str, Any]) -> Any:
    """Return `scope["headers"]` as a list or tuple; another iterable is read into the scope, once.

    Args:
        scope: The scope of any kind of connection.

    Raises:
        ImproperlyConfiguredException: The headers are not iterable.
    """
    headers = lookup(scope, "headers", ())
    if isinstance(headers, (list, tuple)):
        return headers
    if isinstance(headers, (str, bytes)):
        raise wrong_type("headers", headers, "an iterable of pairs of bytes")
    return list_headers(scope, headers)


def url_from_scope(cls: type[Any], scope: Mapping[str, Any], base: bool) -> Any:
    """Return the URL of a connection.

    Args:
        cls: A subclass of `URLBase`.
        scope: The scope of any kind of connection.
        base: Whether to return the URL of the root of the application instead: the root path and a slash, no query.

    Raises:
        ClientException: The Host header is not a valid authority, or the request's target names another one.
        ImproperlyConfiguredException: The scope breaks the ASGI specification.
    """
    scheme = _scheme(scope)
    host = find_header(raw_headers(scope), b"host")
    netloc = _netloc(scope, scheme, host)
    # without an authority, a path after a scheme would have another meaning
    written_scheme = scheme if netloc else ""
    if base:
        # inside a mount, app_root_path is the root path of the outer application, which may be empty
        key = "root_path" if lookup(scope, "app_root_path") is None else "app_root_path"
        root_path = _root_path(scope, key)
        path = lookup(scope, "path")
        if isinstance(path, str):
            _path_of_other_target(scope, exact_str(path), root_path, host, scheme)
        return make_url(cls, written_scheme, netloc, _encode_path(root_path + "/"), "", "")
    path = _full_path(scope, host, scheme)
    query = lookup(scope, "query_string", b"")
    if not isinstance(query, bytes):
        raise wrong_type("query_string", query, "bytes")
    if path == "" and lookup(scope, "path") != "":
        # a target of that form has neither path nor query (RFC 9112 section 3.3)
        query = b""
    return make_url(cls, written_scheme, netloc, _encode_path(path), _encode_query(exact_bytes(query)), "")


def _scheme(scope: Mapping[str, Any]) -> str:
    scheme = lookup(scope, "scheme")
    if scheme is None or scheme == "":
        return "ws" if lookup(scope, "type") == "websocket" else "http"
    if not isinstance(scheme, str):
        raise wrong_type("scheme", scheme, "a str")
    scheme = exact_str(scheme)
    if scheme not in DEFAULT_PORTS:
        if not is_scheme(scheme):
            raise wrong_scheme(scheme)
        scheme = scheme.lower()
    return scheme


def _netloc(scope: Mapping[str, Any], scheme: str, host: bytes | None) -> str:
    if host:
        match = _HOST.fullmatch(host)
        name = "" if match is None else match[1].decode("ascii")
        digits = "" if match is None else (match[2] or b"").decode("ascii")
        port = int(digits) if digits else None
        if not name or (name[0] == "[" and not is_ipv6(name[1:-1])) or (port is not None and port > 65535):
            raise invalid_host(host.decode("latin-1"))
    else:
        name, port = _server_address(scope)
    return name if port is None or not name or DEFAULT_PORTS.get(scheme) == str(port) else f"{name}:{port}"


def _server_address(scope: Mapping[str, Any]) -> tuple[str, int | None]:
    server = lookup(scope, "server")
    if not isinstance(server, (tuple, list)) or not server or not isinstance(server[0], str):
        return "", None
    name = exact_str(server[0])
    port = port_number(server[1]) if len(server) > 1 else None
    if ":" in name:
        name = name.strip("[]")
        name = f"[{name}]" if is_ipv6(name) else ""
    # the path of a unix socket is not a host
    if not name.isascii() or _HOST.fullmatch(name.encode("ascii")) is None:
        return "", None
    return name, port


def _full_path(scope: Mapping[str, Any], host: bytes | None, scheme: str) -> str:
    path = lookup(scope, "path")
    if not isinstance(path, str):
        raise missing_key("path") if path is None else wrong_type("path", path, "a str")
    path = exact_str(path)
    root_path = _root_path(scope, "root_path")
    other = _path_of_other_target(scope, path, root_path, host, scheme)
    if other is not None:
        return other
    # the specification includes the root path in the path; older servers and frameworks do not
    if root_path and path != root_path and not path.startswith(root_path + "/"):
        path = root_path + path
    return path


def _path_of_other_target(
    scope: Mapping[str, Any], path: str, root_path: str, host: bytes | None, scheme: str
) -> str | None:
    """Return the path of a target that is not a path itself (RFC 9112 section 3.2); None for one that is."""
    target = path
    prefix = ""
    # uvicorn puts the root path before a target of any form
    if root_path and path.startswith(root_path):
        target = path[len(root_path) :]
        prefix = root_path
    if not target or target[0] == "/":
        return None
    other = path_of_target(target, lookup(scope, "method"), host, scheme)
    if not other or prefix or other == root_path or other.startswith(root_path + "/"):
        return prefix + other if other else other
    return root_path + other


def _root_path(scope: Mapping[str, Any], key: str) -> str:
    root_path = lookup(scope, key)
    if not root_path:
        return ""
    if not isinstance(root_path, str):
        raise wrong_type(key, root_path, "a str")
    return exact_str(root_path).rstrip("/")


def _encode_path(path: str) -> str:
    if _UNSAFE_IN_PATH.search(path) is not None:
        path = _UNSAFE_IN_PATH.sub(lambda character: f"%{ord(character[0]):02X}", path)
    if path and path[0] != "/":
        return "/" + path
    return "/%2F" + path[2:] if path.startswith("//") else path


def _encode_query(query: bytes) -> str:
    if _UNSAFE_IN_QUERY.search(query) is not None:
        query = _UNSAFE_IN_QUERY.sub(lambda byte: b"%%%02X" % byte[0][0], query)
    return query.decode("ascii")
