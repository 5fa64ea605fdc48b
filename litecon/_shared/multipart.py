"""The head of a part of a multipart form (RFC 7578 section 4, RFC 8187, WHATWG HTML section 4.10.22.8), and its charset.

Where two readers could take the same head for different parts, it is refused.
"""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from encodings import normalize_encoding
from encodings.aliases import aliases
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from .._errors import broken_field, broken_multipart

__all__ = ("PartHead", "decode_text", "parse_head")

_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FOLD: Final = re.compile(rb"\r\n[ \t]+")
_EMPTY_FOLD: Final = re.compile(rb"\r\n[ \t]+(?:\r\n|\Z)")
# a parameter up to the next semicolon: its name, and its value in quotes or without
_PARAMETER: Final = re.compile(rb'([^=;"]*)(?:=[ \t]*(?:"([^"\\]*(?:\\.[^"\\]*)*)"[ \t]*|([^";]*)))?(?=;|\Z)', re.DOTALL)
# browsers do not escape a backslash, so the last of a name looks like the escape of the quote behind it
_ENDS_WITH_BACKSLASH: Final = re.compile(rb'([^=;"]*)=[ \t]*"([^"\\]*(?:\\.[^"\\]*)*\\)"\Z', re.DOTALL)
_ESCAPE: Final = re.compile(rb'\\(["\\])')
_NO_OCTET: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")

# the interpreter's encodings, by the names of their modules: those that have other names too, and those that have none; not
# the ones that no form uses, and that take quadratic time or are no encoding of bytes
_CODECS: Final = frozenset(aliases.values()) - {"utf_7"} | set(
    "cp1006 cp720 cp737 cp856 cp874 cp875 koi8_t koi8_u mac_arabic mac_croatian mac_farsi mac_romanian utf_8_sig".split()
)


class PartHead(NamedTuple):
    """What stands before the content of a part.

    Args:
        name: Of the field.
        filename: As the client says it, None for what is no file.
        headers: By their names in lower case.
        content_type: In lower case and without parameters, None without one.
        charset: That of the content type, None without one.
    """

    name: str
    filename: str | None
    headers: dict[str, str]
    content_type: str | None
    charset: str | None


def parse_head(head: bytes) -> PartHead:
    """Return what a head says.

    Args:
        head: Lines with CRLF between them, and no other line breaks; the first is not folded.

    Raises:
        ClientException: It is none of a form, or can be read in two ways.
    """
    if not head:
        raise broken_multipart("a part has no headers")
    if _FOLD.search(head) is not None:
        if _EMPTY_FOLD.search(head) is not None:
            # others take it for the end of the head
            raise broken_multipart("a folded line of a part's header is empty")
        head = _FOLD.sub(b" ", head)
    headers: dict[str, str] = {}
    disposition = kind = None
    for line in head.split(b"\r\n"):
        field, colon, value = line.partition(b":")
        if not colon or _TOKEN.fullmatch(field) is None:
            raise broken_multipart("a line of a part's head is no header")
        name = field.decode("ascii").lower()
        value = value.strip(b" \t")
        if name == "content-disposition":
            if disposition is not None:
                raise broken_multipart("a part has two Content-Disposition headers")
            disposition = value
        elif name == "content-type":
            if kind is not None:
                raise broken_multipart("a part has two Content-Type headers")
            kind = value
        headers[name] = _decoded(value)
    if disposition is None:
        raise broken_multipart("a part has no Content-Disposition header")
    form_name, filename = _parse_disposition(disposition)
    content_type, charset = (None, None) if kind is None else _parse_type(kind)
    return PartHead(form_name, filename, headers, content_type, charset)


def _parse_disposition(value: bytes) -> tuple[str, str | None]:
    """Return the name of the field and that of the file."""
    kind, parameters, is_whole = _parse_parameters(value)
    if kind.lower() != b"form-data":
        raise broken_multipart("the Content-Disposition of a part is not form-data")
    if not is_whole:
        raise broken_multipart("the Content-Disposition of a part has quotes that cannot be read")
    found: dict[bytes, bytes] = {}
    for key, text in parameters:
        if key in (b"name", b"filename", b"filename*"):
            if key in found:
                raise broken_multipart(f"the Content-Disposition of a part says {key.decode()} twice")
            found[key] = text
    if b"name" not in found:
        raise broken_multipart("a part has no name")
    try:
        name = found[b"name"].decode()
    except UnicodeDecodeError:
        name = None
    if name is None:
        raise broken_multipart("the name of a part is not encoded in UTF-8")
    return name, _filename(found.get(b"filename"), found.get(b"filename*"))


def _filename(plain: bytes | None, extended: bytes | None) -> str | None:
    """Return the name of a file; the form of RFC 8187 wins where it can be decoded."""
    if extended is not None:
        charset, _, rest = extended.partition(b"'")
        _, quote, text = rest.partition(b"'")
        if quote and _NO_OCTET.search(text) is None:
            octets = unquote_to_bytes(text)
            if charset.lower() == b"iso-8859-1":
                return octets.decode("latin-1")
            if charset.lower() == b"utf-8" and _is_utf8(octets):
                return octets.decode()
        if plain is None:
            # a file all the same
            return _decoded(unquote_to_bytes(text if quote else extended))
    if plain is None:
        return None
    filename = _decoded(plain)
    if filename[1:3] == ":\\" or filename[:2] == "\\\\":
        # what Internet Explorer sent was the path
        return filename.rpartition("\\")[2]
    return filename


def _parse_type(value: bytes) -> tuple[str | None, str | None]:
    """Return the media type and the charset."""
    kind, parameters, _ = _parse_parameters(value)
    charset = next((text for key, text in parameters if key == b"charset"), b"")
    return _decoded(kind).lower() or None, _decoded(charset) or None


def _parse_parameters(value: bytes) -> tuple[bytes, list[tuple[bytes, bytes]], bool]:
    """Return what stands before the parameters, these with names in lower case, and whether all could be read."""
    position = value.find(b";")
    if position < 0:
        return value, [], True
    kind = value[:position].strip(b" \t")
    parameters: list[tuple[bytes, bytes]] = []
    while position < len(value):
        match = _PARAMETER.match(value, position + 1) or _ENDS_WITH_BACKSLASH.match(value, position + 1)
        if match is None:
            return kind, parameters, False
        # the last group that took part: 1 for a name without a value, 2 for one in quotes, 3 for one without
        if match.lastindex != 1:
            text = match[2] if match.lastindex == 2 else match[3].strip(b" \t")
            parameters.append((match[1].strip(b" \t").lower(), _unquoted(text)))
        position = match.end()
    return kind, parameters, True


def _unquoted(text: bytes) -> bytes:
    r"""Return a value without its escapes: `\"` of command line tools and of RFC 9110, or `%22` of browsers."""
    if b'\\"' in text:
        return _ESCAPE.sub(rb"\1", text)
    if b"%" in text:
        return text.replace(b"%0D", b"\r").replace(b"%0A", b"\n").replace(b"%22", b'"')
    return text


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decoded(text: bytes) -> str:
    """Return a text in UTF-8, or in Latin-1 where it is none."""
    return text.decode() if _is_utf8(text) else text.decode("latin-1")


def decode_text(data: bytes | bytearray, charset: str | None) -> str:
    """Return the text of a field.

    Args:
        data: As it was received.
        charset: As the client says it, None for UTF-8.

    Raises:
        ClientException: The charset is unknown or none of text, or the data is not encoded in it.
    """
    codec = "utf-8" if charset is None or charset.lower() == "utf-8" else _text_codec(charset)
    try:
        return data.decode(codec)
    except ValueError:
        # raised below, where the error with the bytes in it is no context
        pass
    raise broken_field(f"it is not encoded in {codec}")


def _text_codec(charset: str) -> str:
    """Return the name of a text encoding; raise ClientException where there is none of that name."""
    info = None
    # from CPython 3.15 on, normalize_encoding() warns of other characters
    if charset.isascii() and charset.isprintable():
        # the year of a standard, which some names end with, is in few of the aliases
        name = normalize_encoding(charset.partition(":")[0]).lower()
        name = aliases.get(name) or aliases.get(name.replace(".", "_")) or name
        # NOTE: codecs.lookup() keeps each name that it does not know for ever, and looks for a module of that name on the disk
        if name in _CODECS:
            # one of another system may be missing
            with suppress(LookupError):
                info = codecs.lookup(name)
    if info is None or not info._is_text_encoding:
        # its name is a part of the body, which no message shows
        raise broken_field("its charset is unknown, or none of text")
    return info.name
