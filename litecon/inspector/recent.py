"""What clients have sent: a line of text for each, and the last of them, kept in memory."""

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
"""What a header's name has in it whose value others are not shown."""

_KEPT: Final = 50
_MAX_COMMAND: Final = 8192
_SECRET_HEADER: Final = re.compile(
    rf"(--header '?[^:' ]*(?:{'|'.join(SECRET_WORDS)})[^:' ]*: ?)(?:[^']|'\"'\"')*", re.IGNORECASE
)


class Recent:
    """The last requests, for anybody to see, without what may be a secret; none of it outlives the process."""

    __slots__ = ("_entries", "_number")

    def __init__(self) -> None:
        self._entries: deque[Report] = deque(maxlen=_KEPT)
        self._number = 0

    def add(self, report: Report, status: int) -> None:
        """Keep a request.

        Args:
            report: The report, as `make_report()` returns it.
            status: What it was answered with.
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
        """Return what came behind a request, the oldest first.

        Args:
            number: Of the request; 0 for all that is kept.
        """
        return [entry for entry in self._entries if entry["number"] > number]


def without_secrets(command: str) -> str:
    """Return a command of curl's without the values of headers that may be secrets.

    Args:
        command: As `curl_command` makes it.
    """
    return _SECRET_HEADER.sub(r"\1(hidden)", command)


def log_line(scope: Scope, status: int | None, size: int | None) -> str:
    """Return a line of visible ASCII about a request or a WebSocket.

    Args:
        scope: The scope of a request or of a WebSocket.
        status: What it was answered with; None for a WebSocket.
        size: Bytes of its body; None where it was not received.
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
    """Return the number of a request that a client asks from; 0 for what is none.

    Args:
        text: A message.
    """
    return int(text) if isinstance(text, str) and re.fullmatch(r"[0-9]{1,12}", text, re.ASCII) else 0
