"""The curl command that sends a request again."""

from __future__ import annotations

from shlex import quote
from typing import Any, Final
from urllib.parse import quote as percent_encoded

from ..request import Request

__all__ = ("curl_command",)

# curl sets these itself
_OWN: Final = frozenset({"host", "content-length", "connection", "transfer-encoding", "expect", "accept-encoding"})

_IN_URL: Final = "%/:?#[]@!$&'()*+,;=-._~"
_ESCAPES: Final = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def curl_command(request: Request[Any, Any, Any], raw: bytes, size: int | None) -> str:
    """Return a curl command for a POSIX shell that sends a request again.

    Args:
        request: The request, whose body was read.
        raw: The beginning of the body.
        size: The size of the body in bytes; None if it was not received.
    """
    words = ["curl"]
    if request.method == "HEAD":
        words.append("--head")
    elif request.method != ("POST" if raw else "GET"):
        words += ["--request", quote(request.method)]
    url = percent_encoded(str(request.url), safe=_IN_URL)
    if "[" in url:
        # curl would take brackets for a range
        words.append("--globoff")
    words.append(quote(url))
    for name, value in request.headers.multi_items():
        if name.lower() not in _OWN:
            # curl needs a semicolon after the name of a header without a value
            words += ["--header", quote(f"{name}: {value}" if value else f"{name};")]
    if raw:
        words += _body_words(raw, size)
    return " ".join(words)


def _body_words(raw: bytes, size: int | None) -> list[str]:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or size != len(raw):
        # a command line cannot contain the body, or only its beginning was kept
        return ["--data-binary", "@body"]
    # with --data, curl would read a file if the text began with an at sign
    return ["--data-raw", _quoted(text)]


def _quoted(text: str) -> str:
    """Return a quoted shell word; control characters are written as in `$'...'`, which copying does not change."""
    if not any(letter < " " and letter != "\n" for letter in text):
        return quote(text)
    escaped = (_ESCAPES.get(letter) or (f"\\{ord(letter):03o}" if letter < " " else letter) for letter in text)
    return f"$'{''.join(escaped)}'"
