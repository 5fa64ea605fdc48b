"""The head and the charset of a part of a multipart form (RFC 7578 section 4, RFC 8187, WHATWG HTML section 4.10.22.8).

A head that different parsers could understand differently is refused.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from contextlib import suppress
from encodings import normalize_encoding
from encodings.aliases import aliases
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from .._errors import broken_field, broken_multipart

__all__ = ("PartHead", "check_content_type", "decode_text", "parse_head")

_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# PERF: the head of a file as browsers write it; parsing it line by line takes five times as long
_SIMPLE_FILE_HEAD: Final = re.compile(
    rb'Content-Disposition: (form-data; name="([ !#$&-:<-\[\]-~]*)"; filename="([ !#$&-:<-\[\]-~]*)")\r\n'
    rb"Content-Type: ([!#$&'*+\-./^_`|~0-9A-Za-z]+)"
)
_FOLD: Final = re.compile(rb"\r\n[ \t]+")
_EMPTY_FOLD: Final = re.compile(rb"\r\n[ \t]+(?:\r\n|\Z)")
# a parameter, up to the next semicolon: its name, and its quoted or unquoted value
# (possessive quantifiers keep it linear, since blanks are also part of an unquoted value)
_PARAMETER: Final = re.compile(
    rb'([^=;"]*+)(?:=[ \t]*+(?:"((?:[^"\\]++|\\.)*+)"[ \t]*+|([^";]*+)))?(?=;|\Z)', re.DOTALL
)
# browsers do not escape backslashes, so one at the end of a name looks like the escape of the closing quote
_ENDS_WITH_BACKSLASH: Final = re.compile(rb'([^=;"]*)=[ \t]*"([^"\\]*(?:\\.[^"\\]*)*\\)"\Z', re.DOTALL)
_ESCAPE: Final = re.compile(rb'\\(["\\])')
_BLANK_OR_COMMA: Final = re.compile(rb"[ \t,]")
_IMPOSSIBLE_IN_BOUNDARY: Final = re.compile(rb'["\\]|[ \t]\Z')
_INVALID_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")

# the values of Content-Transfer-Encoding that change nothing; an empty one counts as none
_PLAIN_ENCODINGS: Final = frozenset({b"", b"7bit", b"8bit", b"binary"})

# the content type of nearly all clients, up to its boundary
_SIMPLE_FORM_TYPE: Final = b"multipart/form-data; boundary="

# the names of the interpreter's codec modules, with and without aliases, except those that no form uses and that take
# quadratic time or are not text encodings
_CODECS: Final = frozenset(aliases.values()) - {"utf_7"} | set(
    "cp1006 cp720 cp737 cp856 cp874 cp875 koi8_t koi8_u mac_arabic mac_croatian mac_farsi mac_romanian "
    "utf_8_sig".split()
)


def check_content_type(values: Sequence[bytes]) -> None:
    """Raise ClientException if the boundary of a multipart form can be read in two ways.

    Args:
        values: The values of all Content-Type headers of the request.
    """
    if len(values) > 1:
        raise broken_multipart("the request has two Content-Type headers")
    if not values:
        return
    value = values[0]
    # PERF: as most clients write it, since parsing takes twenty times as long
    if value.startswith(_SIMPLE_FORM_TYPE) and value[len(_SIMPLE_FORM_TYPE) :].strip(b"-").isalnum():
        return
    _, parameters, is_whole = _parse_parameters(value)
    if not is_whole:
        raise broken_multipart("the Content-Type of the request has quotes that cannot be read")
    boundary = _find_parameters("the Content-Type of the request", parameters, (b"boundary",)).get(b"boundary", b"")
    if _IMPOSSIBLE_IN_BOUNDARY.search(boundary) is not None:
        # RFC 2046 section 5.1.1 excludes them, and parsers unescape and strip in different ways
        raise broken_multipart("the boundary has a quote, a backslash, or a blank at its end")
    if _BLANK_OR_COMMA.search(boundary) is not None and b'"%b"' % boundary not in value:
        # some parsers end the boundary there
        raise broken_multipart("the boundary has a blank or a comma, but no quotes")


class PartHead(NamedTuple):
    """The headers of a part.

    Args:
        name: The name of the field.
        filename: The name of the file as the client sent it; None for a field that is not a file.
        headers: The headers, by their names in lower case.
        content_type: The media type in lower case, without parameters; None without one.
        charset: The charset parameter of the content type; None without one.
    """

    name: str
    filename: str | None
    headers: dict[str, str]
    content_type: str | None
    charset: str | None


def parse_head(head: bytes) -> PartHead:
    """Return the parsed head of a part.

    Args:
        head: The header lines, separated by CRLF, without other line breaks; the first line is not folded.

    Raises:
        ClientException: The head is malformed, or can be read in two ways.
    """
    simple = _SIMPLE_FILE_HEAD.fullmatch(head)
    if simple is not None:
        disposition_text, name, filename, kind_text = [text.decode("ascii") for text in simple.groups()]
        headers = {"content-disposition": disposition_text, "content-type": kind_text}
        return PartHead(name, filename, headers, kind_text.lower(), None)
    return _parse_head_lines(head)


def _parse_head_lines(head: bytes) -> PartHead:
    if not head:
        raise broken_multipart("a part has no headers")
    if _FOLD.search(head) is not None:
        if _EMPTY_FOLD.search(head) is not None:
            # other parsers take it for the end of the head
            raise broken_multipart("a folded line of a part's header is empty")
        head = _FOLD.sub(b" ", head)
    headers: dict[str, str] = {}
    disposition = kind = None
    for line in head.split(b"\r\n"):
        field, colon, value = line.partition(b":")
        if not colon or _TOKEN.fullmatch(field) is None:
            raise broken_multipart("a line in the head of a part is not a header")
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
        elif name == "content-transfer-encoding" and value.lower() not in _PLAIN_ENCODINGS:
            # RFC 7578 section 4.7 deprecates it; some parsers decode the content, others do not
            raise broken_multipart("a part has a Content-Transfer-Encoding other than 7bit, 8bit and binary")
        headers[name] = _decode(value)
    if disposition is None:
        raise broken_multipart("a part has no Content-Disposition header")
    form_name, filename = _parse_disposition(disposition)
    content_type, charset = (None, None) if kind is None else _parse_type(kind)
    return PartHead(form_name, filename, headers, content_type, charset)


def _parse_disposition(value: bytes) -> tuple[str, str | None]:
    """Return the names of the field and of the file."""
    kind, parameters, is_whole = _parse_parameters(value)
    if kind.lower() != b"form-data":
        raise broken_multipart("the Content-Disposition of a part is not form-data")
    if not is_whole:
        raise broken_multipart("the Content-Disposition of a part has quotes that cannot be read")
    found = _find_parameters("the Content-Disposition of a part", parameters, (b"name", b"filename", b"filename*"))
    if b"name" not in found:
        raise broken_multipart("a part has no name")
    try:
        name = found[b"name"].decode()
    except UnicodeDecodeError:
        name = None
    if name is None:
        raise broken_multipart("the name of a part is not encoded in UTF-8")
    return name, _choose_filename(found.get(b"filename"), found.get(b"filename*"))


def _choose_filename(plain: bytes | None, extended: bytes | None) -> str | None:
    """Return the name of a file; `filename*` (RFC 8187) takes precedence if it can be decoded."""
    if extended is not None:
        charset, _, rest = extended.partition(b"'")
        _, quote, text = rest.partition(b"'")
        if quote and _INVALID_ESCAPE.search(text) is None:
            octets = unquote_to_bytes(text)
            if charset.lower() == b"iso-8859-1":
                return octets.decode("latin-1")
            if charset.lower() == b"utf-8" and _is_utf8(octets):
                return octets.decode()
        if plain is None:
            # without a name that can be decoded, the part is still a file
            return _decode(unquote_to_bytes(text if quote else extended))
    if plain is None:
        return None
    filename = _decode(plain)
    if filename[1:3] == ":\\" or filename[:2] == "\\\\":
        # Internet Explorer sent the whole path
        return filename.rpartition("\\")[2]
    return filename


def _parse_type(value: bytes) -> tuple[str | None, str | None]:
    """Return the media type and the charset."""
    kind, parameters, is_whole = _parse_parameters(value)
    if not is_whole:
        raise broken_multipart("the Content-Type of a part has quotes that cannot be read")
    charset = _find_parameters("the Content-Type of a part", parameters, (b"charset",)).get(b"charset", b"")
    return _decode(kind).lower() or None, _decode(charset) or None


def _find_parameters(
    header: str, parameters: list[tuple[bytes, bytes]], names: tuple[bytes, ...]
) -> dict[bytes, bytes]:
    """Return the values of these parameters, by their names.

    Args:
        header: What has the parameters, for messages.
        parameters: All parameters of the header.
        names: The names of those that are wanted.

    Raises:
        ClientException: A parameter is there twice, or also in pieces or with a charset of its own (RFC 2231).
    """
    found: dict[bytes, bytes] = {}
    for key, text in parameters:
        if key in names:
            if key in found:
                raise broken_multipart(f"{header} says {key.decode()} twice")
            found[key] = text
        elif b"*" in key:
            name = key.partition(b"*")[0]
            if name in names:
                # some parsers prefer it to the plain parameter, others skip it
                raise broken_multipart(f"{header} has a {name.decode()} as in RFC 2231")
    return found


def _parse_parameters(value: bytes) -> tuple[bytes, list[tuple[bytes, bytes]], bool]:
    """Return the text before the parameters, the parameters (names in lower case), and whether all are well-formed."""
    position = value.find(b";")
    if position < 0:
        return value, [], True
    kind = value[:position].strip(b" \t")
    parameters: list[tuple[bytes, bytes]] = []
    while position < len(value):
        match = _PARAMETER.match(value, position + 1) or _ENDS_WITH_BACKSLASH.match(value, position + 1)
        if match is None:
            return kind, parameters, False
        # the last group that matched: 1 is a name without a value, 2 a quoted value, 3 an unquoted one
        if match.lastindex != 1:
            text = match[2] if match.lastindex == 2 else match[3].strip(b" \t")
            parameters.append((match[1].strip(b" \t").lower(), _unquote(text)))
        position = match.end()
    return kind, parameters, True


def _unquote(text: bytes) -> bytes:
    r"""Return an unescaped value: command line tools and RFC 9110 write a quote as `\"`, browsers as `%22`."""
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


def _decode(text: bytes) -> str:
    """Return a text decoded from UTF-8, or from Latin-1 if it is not UTF-8."""
    return text.decode() if _is_utf8(text) else text.decode("latin-1")


def decode_text(data: bytes | bytearray, charset: str | None) -> str:
    """Return the decoded text of a field.

    Args:
        data: The bytes of the field.
        charset: The charset as the client sent it; None for UTF-8.

    Raises:
        ClientException: The charset is unknown or not a text encoding, or the data is not encoded in it.
    """
    codec = "utf-8" if charset is None or charset.lower() == "utf-8" else _find_text_codec(charset)
    try:
        return data.decode(codec)
    except ValueError:
        # raised below, so that this error, which holds the bytes, is not its context
        pass
    raise broken_field(f"it is not encoded in {codec}")


def _find_text_codec(charset: str) -> str:
    """Return the name of a codec; raise ClientException if there is none for that charset."""
    info = None
    # from CPython 3.15 on, normalize_encoding() warns about other characters
    if charset.isascii() and charset.isprintable():
        # some names end with the year of the standard, which few aliases have
        name = normalize_encoding(charset.partition(":")[0]).lower()
        name = aliases.get(name) or aliases.get(name.replace(".", "_")) or name
        # NOTE: codecs.lookup() caches unknown names without a bound, and searches the disk for a module of each
        if name in _CODECS:
            # a codec of another operating system may be missing
            with suppress(LookupError):
                info = codecs.lookup(name)
    if info is None or not info._is_text_encoding:
        # the name comes from the body, which messages must not quote
        raise broken_field("its charset is unknown or not a text encoding")
    return info.name
