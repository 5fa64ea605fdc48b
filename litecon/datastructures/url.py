"""A URL (RFC 3986)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

from .._core import URLBase, make_url, parse_query, url_from_scope
from ..types import Empty, EmptyType, Scope
from .multidict import MultiDict

__all__ = ("URL",)

# RFC 3986 appendix B, with the scheme as section 3.1 has it
_COMPONENTS: Final = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL
)


class URL(URLBase):
    """An immutable URL, which equals its text.

    ```python
    str(URL("https://example.org/a?b=1").with_replacements(query={"b": 2}))  # "https://example.org/a?b=2"
    ```

    Args:
        url: The absolute or relative reference.

    Raises:
        TypeError: The reference is not a str.
    """

    __slots__ = ()

    def __new__(cls, url: str) -> Self:
        if isinstance(url, URLBase):
            url = str(url)
        if not isinstance(url, str):
            raise TypeError(f"a URL is made of a str, not {type(url).__name__!r}")
        match = _COMPONENTS.fullmatch(url)
        scheme, netloc, path, query, fragment = match.groups("") if match else ("", "", url, "", "")
        return make_url(cls, scheme.lower(), netloc, path, query, fragment)

    @classmethod
    def from_components(
        cls, scheme: str = "", netloc: str = "", path: str = "", fragment: str = "", query: str = ""
    ) -> Self:
        """Return the URL with these components.

        Args:
            scheme: The scheme, without the colon.
            netloc: The host and port, and optionally user and password.
            path: The path, percent-encoded; with a netloc, a missing slash is added at its beginning.
            fragment: The fragment, percent-encoded, without the number sign.
            query: The query, percent-encoded, without the question mark.
        """
        if netloc and path and path[0] != "/":
            path = "/" + path
        # schemes are in lower case (RFC 3986 section 3.1), as in the URL that is made of a text
        scheme = scheme.lower() if isinstance(scheme, str) else scheme
        return make_url(cls, scheme, netloc, path, query, fragment)

    @classmethod
    def from_scope(cls, scope: Scope) -> Self:
        """Return the URL of a connection.

        Args:
            scope: The scope of an HTTP request or a WebSocket.

        Raises:
            ClientException: The Host header is not a valid authority (RFC 9110 section 7.2).
            ImproperlyConfiguredException: The scope breaks the ASGI specification.
        """
        return url_from_scope(cls, scope, False)

    def with_replacements(
        self,
        scheme: str = "",
        netloc: str = "",
        path: str = "",
        query: str | Mapping[str, Any] | Iterable[tuple[str, Any]] | EmptyType | None = Empty,
        fragment: str = "",
    ) -> Self:
        """Return the URL with some components replaced; an empty argument keeps the component.

        Args:
            scheme: The scheme, without the colon.
            netloc: The host and port, and optionally user and password.
            path: The path, percent-encoded.
            query: The query, percent-encoded, or the parameters to encode; None or an empty one removes the query.
            fragment: The fragment, percent-encoded, without the number sign.
        """
        if query is Empty:
            text = self.query
        elif query is None or isinstance(query, str):
            text = query or ""
        else:
            from urllib.parse import urlencode

            items = query.items() if isinstance(query, Mapping) else query
            text = urlencode(list(items), doseq=True)
        return self.from_components(
            scheme=scheme or self.scheme,
            netloc=netloc or self.netloc,
            path=path or self.path,
            query=text,
            fragment=fragment or self.fragment,
        )

    @property
    def query_params(self) -> MultiDict[str]:
        """The parameters of the query, a new MultiDict each time."""
        return MultiDict(parse_query(self.query.encode("utf-8", "surrogatepass"), None))

    @property
    def username(self) -> str | None:
        """The user name; None if there is none."""
        user, at, _ = self.netloc.rpartition("@")
        return user.partition(":")[0] if at else None

    @property
    def password(self) -> str | None:
        """The password; None if there is none."""
        user, at, _ = self.netloc.rpartition("@")
        _, colon, password = user.partition(":")
        return password if at and colon else None

    @property
    def hostname(self) -> str | None:
        """The host in lower case, an IPv6 address without brackets; None if there is none."""
        host, _ = _split_host(self.netloc)
        return host.lower() or None

    @property
    def port(self) -> int | None:
        """The port number; None if the URL has none, or none up to 65535."""
        _, port = _split_host(self.netloc)
        if not port.isascii() or not port.isdigit() or len(port) > 5:
            return None
        number = int(port)
        return number if number <= 65535 else None

    def __reduce__(self) -> tuple[Any, ...]:
        # not of the text, which has other components if one of them has a delimiter, as in the path "a?b"
        return self.from_components, (self.scheme, self.netloc, self.path, self.fragment, self.query)

    def __repr__(self) -> str:
        text = str(self)
        if self.password is not None:
            text = str(self.with_replacements(netloc=f"{self.username}:***@{self.netloc.rpartition('@')[2]}"))
        return f"{type(self).__name__}({text!r})"


def _split_host(netloc: str) -> tuple[str, str]:
    address = netloc.rpartition("@")[2]
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        return host, rest[1:] if rest.startswith(":") else ""
    host, _, port = address.partition(":")
    return host, port
