"""A request as a command line that sends it again."""

from __future__ import annotations

from shlex import quote
from typing import Any, Final
from urllib.parse import quote as percent_encoded

from ..request import Request

__all__ = ("curl_command",)

# curl makes these itself, of what it sends
_OWN: Final = frozenset({"host", "content-length", "connection", "transfer-encoding", "expect", "accept-encoding"})

_IN_URL: Final = "%/:?#[]@!$&'()*+,;=-._~"
_ESCAPES: Final = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def curl_command(request: Request[Any, Any, Any], raw: bytes, size: int | None) -> str:
    """Return a command of curl's, for a POSIX shell, that sends a request again.

    Args:
        request: Its body was read.
        raw: The beginning of the body.
        size: Of the body; None where it was not received.
    """
    words = ["curl"]
    if request.method == "HEAD":
        words.append("--head")
    elif request.method != ("POST" if raw else "GET"):
        words += ["--request", quote(request.method)]
    url = percent_encoded(str(request.url), safe=_IN_URL)
    if "[" in url:
        # to curl, brackets are a range
        words.append("--globoff")
    words.append(quote(url))
    for name, value in request.headers.multi_items():
        if name.lower() not in _OWN:
            # one without a value needs the semicolon
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
        # what a command line cannot hold, or what is not here as a whole
        return ["--data-binary", "@body"]
    # curl reads a file where the text begins with an at sign
    return ["--data-raw", _quoted(text)]


def _quoted(text: str) -> str:
    """Return a word of a shell's; one with control characters as `$'...'`, which copying does not change."""
    if not any(letter < " " and letter != "\n" for letter in text):
        return quote(text)
    escaped = (_ESCAPES.get(letter) or (f"\\{ord(letter):03o}" if letter < " " else letter) for letter in text)
    return f"$'{''.join(escaped)}'"
