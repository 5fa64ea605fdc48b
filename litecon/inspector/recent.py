"""The last requests, kept in memory, and the line of text that is printed for each request."""

from __future__ import annotations

import re
from collections import deque
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from ..types import Scope
from .plain import Report

__all__ = ("SECRET_WORDS", "Recent", "log_line")

SECRET_WORDS: Final = ("auth", "cookie", "token", "secret", "password", "session", "credential", "jwt", "api-key")
"""The words that mark a header as secret if its name contains one; its value is not shown to others."""

_KEPT: Final = 50
_MAX_COMMAND: Final = 8192
_SECRET_HEADER: Final = re.compile(
    rf"(--header '?[^:' ]*(?:{'|'.join(SECRET_WORDS)})[^:' ]*: ?)(?:[^']|'\"'\"')*", re.IGNORECASE
)


class Recent:
    """The last requests, which anybody may see, without possible secrets; they are kept in memory only."""

    __slots__ = ("_entries", "_number")

    def __init__(self) -> None:
        self._entries: deque[Report] = deque(maxlen=_KEPT)
        self._number = 0

    def add(self, report: Report, status: int) -> None:
        """Keep a request.

        Args:
            report: The report, as `make_report()` returns it.
            status: The status of the response.
        """
        self._number += 1
        client = report["client"]
        command = report["curl"]
        self._entries.append(
            {
                "number": self._number,
                "time": _now(),
                "client": client.get("host") if isinstance(client, dict) else None,
                "method": report["method"],
                "url": report["url"],
                "status": status,
                "size": report["body"]["size"],
                "curl": without_secrets(command)[:_MAX_COMMAND] if isinstance(command, str) else None,
            }
        )

    def since(self, number: int) -> list[Report]:
        """Return the requests that came after a request, the oldest first.

        Args:
            number: The number of the request; 0 for all that are kept.
        """
        return [entry for entry in self._entries if entry["number"] > number]


def without_secrets(command: str) -> str:
    """Return a curl command without the values of headers that may be secrets.

    Args:
        command: The command, as `curl_command` returns it.
    """
    return _SECRET_HEADER.sub(r"\1(hidden)", command)


def log_line(scope: Scope, status: int | None, size: int | None) -> str:
    """Return a line of visible ASCII about a request or a WebSocket.

    Args:
        scope: The scope of a request or of a WebSocket.
        status: The status of the response; None for a WebSocket.
        size: The size of the body in bytes; None if it was not received.
    """
    client = scope.get("client")
    host = str(client[0]) if isinstance(client, (tuple, list)) and client else "-"
    path, query = scope.get("path"), scope.get("query_string")
    target = quote(path if isinstance(path, str) else "", safe="/:@!$&'()*+,;=-._~", errors="surrogatepass")
    if isinstance(query, bytes) and query:
        target += "?" + quote(query, safe="/:@!$&'()*+,;=-._~?%")
    words = [_now(), quote(host, safe="[]:."), quote(str(scope.get("method", "WebSocket")), safe=""), target]
    if status is not None:
        body = "a body that was not received" if size is None else f"{size:,} bytes"
        words += ["->", str(status), f"({body})"]
    return " ".join(words)


def _now() -> str:
    return datetime.now().astimezone().strftime("%H:%M:%S")


def as_number(text: Any) -> int:
    """Return the number of a request that a client has sent; 0 if the message is not a number.

    Args:
        text: The message of the client.
    """
    return int(text) if isinstance(text, str) and re.fullmatch(r"[0-9]{1,12}", text, re.ASCII) else 0
