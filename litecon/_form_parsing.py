"""Bodies of forms in, fields and parts out: no I/O (WHATWG URL section 5.1, RFC 7578)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from encodings import normalize_encoding
from encodings.aliases import aliases
from itertools import chain
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    ParserLimitReached,
    PushMultipartParser,
    parse_content_disposition,
    parse_options_header,
)

from ._core import parse_query
from ._errors import quoted, too_many_fields
from .exceptions import ClientException, RequestEntityTooLarge
from .limits import Limits

__all__ = (
    "MULTIPART",
    "URLENCODED",
    "FieldReader",
    "FieldWatch",
    "MultipartError",
    "MultipartReader",
    "decode_text",
    "expect_unread",
    "field_too_large",
    "file_too_large",
    "headers_of",
)

MULTIPART: Final = "multipart/form-data"
URLENCODED: Final = "application/x-www-form-urlencoded"

_AMPERSANDS: Final = re.compile(rb"&&+")
_ESCAPE: Final = re.compile(rb"%[0-9A-Fa-f]{2}")
_MAX_BOUNDARY: Final = 1024
# the interpreter's encodings, by the names of their modules: those that have other names too, and those that have none; not
# the ones that no form uses, and that take quadratic time or are no encoding of bytes
_CODECS: Final = frozenset(aliases.values()) - {"utf_7"} | set(
    "cp1006 cp720 cp737 cp856 cp874 cp875 koi8_t koi8_u mac_arabic mac_croatian mac_farsi mac_romanian utf_8_sig".split()
)


def field_too_large(limit: int) -> RequestEntityTooLarge:
    return RequestEntityTooLarge(f"a field is larger than {limit} bytes: raise Limits.max_field_size to accept it")


def file_too_large(limit: int) -> RequestEntityTooLarge:
    return RequestEntityTooLarge(f"a file is larger than {limit} bytes: raise Limits.max_file_size to accept it")


def broken_multipart(reason: object) -> ClientException:
    return ClientException(f"the multipart body is broken: {quoted(str(reason))[1:-1]}")


def broken_field(reason: str) -> ClientException:
    return ClientException(f"a text field of the form cannot be decoded: {reason}")


def expect_unread(request: Any) -> None:
    """Raise where a stream, or a form that was not read to its end, has taken a part of the body.

    Args:
        request: The form's.

    Raises:
        StreamConsumed: The form would be a part of itself.
        ClientDisconnect: It would, and the client disconnected before the end.
    """
    request.body_reader.expect_unread()


def pieces_of(chunk: bytes) -> list[bytes]:
    """Return what stands between the ampersands of a chunk; of empty pieces in a row one is left, since none counts."""
    return (_AMPERSANDS.sub(b"&", chunk) if b"&&" in chunk else chunk).split(b"&")


class FieldWatch:
    """Counts an urlencoded body while it arrives, so that what is too much is refused at once.

    Args:
        limits: `max_fields` and `max_field_size` count.
    """

    __slots__ = ("_ampersands", "_fields", "_has_begun", "_in_value", "_limits", "_received", "_size", "_tail", "_unseen")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        # PERF: while all that came could pass no bound, whatever is in it, nothing is looked at
        self._unseen: list[bytes] | None = []
        self._received = self._ampersands = 0
        self._fields = 0
        self._has_begun = self._in_value = False
        # bytes, decoded, of the name or the value that is arriving, and the beginning of an escape behind them
        self._size = 0
        self._tail = b""

    def feed(self, chunk: bytes) -> None:
        """Look at a chunk.

        Args:
            chunk: The next of the body.

        Raises:
            RequestEntityTooLarge: There are too many fields, or one is too large.
        """
        if self._unseen is None:
            self._look_at(chunk)
            return
        self._unseen.append(chunk)
        self._received += len(chunk)
        self._ampersands += chunk.count(b"&")
        if not self._is_within_bounds():
            chunks, self._unseen = self._unseen, None
            for unseen in chunks:
                self._look_at(unseen)

    def _look_at(self, chunk: bytes) -> None:
        for index, piece in enumerate(pieces_of(chunk)):
            if index:
                self.end_field()
            self.grow(piece)

    def _is_within_bounds(self) -> bool:
        max_fields, max_field_size = self._limits.max_fields, self._limits.max_field_size
        return (max_fields is None or self._ampersands < max_fields) and (
            max_field_size is None or self._received <= max_field_size
        )

    def grow(self, piece: bytes) -> None:
        """Look at the next piece of a field.

        Args:
            piece: Without an ampersand.

        Raises:
            RequestEntityTooLarge: It is too large, or one field too many.
        """
        if piece and not self._has_begun:
            self._has_begun = True
            self._fields += 1
            limit = self._limits.max_fields
            if limit is not None and self._fields > limit:
                raise too_many_fields(limit)
        if not self._in_value:
            name, equals, piece = piece.partition(b"=")
            self._count(name)
            if not equals:
                return
            self._count_tail()
            self._in_value = True
        self._count(piece)

    def end_field(self) -> None:
        """Say that an ampersand has come.

        Raises:
            RequestEntityTooLarge: The field is too large.
        """
        self._count_tail()
        self._has_begun = self._in_value = False

    def _count(self, piece: bytes) -> None:
        if self._tail:
            piece = self._tail + piece
        # an escape may go on in the next chunk
        cut = piece.rfind(b"%", max(len(piece) - 2, 0))
        self._tail = b"" if cut < 0 else piece[cut:]
        self._size += len(piece) - len(self._tail)
        if b"%" in piece:
            counted = piece[: len(piece) - len(self._tail)]
            self._size -= 2 * (len(counted) - len(_ESCAPE.sub(b"", counted))) // 3
        self._check()

    def _count_tail(self) -> None:
        self._size += len(self._tail)
        self._check()
        self._size = 0
        self._tail = b""

    def _check(self) -> None:
        limit = self._limits.max_field_size
        if limit is not None and self._size > limit:
            raise field_too_large(limit)


class FieldHead(NamedTuple):
    """What stands before the value of an urlencoded field, as a multipart segment has it.

    Args:
        name: Of the field.
    """

    name: str
    filename: None = None
    headerlist: tuple[tuple[str, str], ...] = ()
    content_type: None = None
    charset: None = None


class FieldReader:
    """Gives an urlencoded body field by field.

    Args:
        limits: `max_fields` and `max_field_size` count.
    """

    __slots__ = ("_pieces", "_watch")

    def __init__(self, limits: Limits) -> None:
        self._watch = FieldWatch(limits)
        self._pieces: list[bytes] = []

    def feed(self, chunk: bytes) -> Iterator[Any]:
        """Give the events of a chunk: a head, then the value as bytes of UTF-8, then None, and so on.

        Args:
            chunk: The next of the body, b"" at its end.

        Raises:
            RequestEntityTooLarge: There are too many fields, or one is too large.
        """
        for index, piece in enumerate(pieces_of(chunk) if chunk else (b"", b"")):
            if index:
                self._watch.end_field()
                for name, value in parse_query(b"".join(self._pieces), None):
                    yield FieldHead(name)
                    yield value.encode("utf-8", "surrogatepass")
                    yield None
                self._pieces.clear()
            self._watch.grow(piece)
            self._pieces.append(piece)


class MultipartReader:
    """A push parser whose errors are those of litecon.

    Args:
        boundary: Of the content type, None without one.
        limits: `max_fields`, `max_part_headers` and `max_part_header_size` count.

    Raises:
        ClientException: The boundary is missing, empty or impossible.
    """

    __slots__ = ("_delimiter", "_held", "_in_content", "_limits", "_parser", "_preamble", "_segment")

    def __init__(self, boundary: str | None, limits: Limits) -> None:
        if not boundary:
            raise ClientException("the content type multipart/form-data has no boundary (RFC 7578 section 4.1)")
        self._limits = limits
        encoded = boundary.encode("latin-1")
        if len(encoded) > _MAX_BOUNDARY:
            raise broken_multipart(f"a boundary of more than {_MAX_BOUNDARY} bytes")
        self._delimiter = b"\r\n--" + encoded
        # the end of what comes before the first boundary; a line break may be thought before the body
        self._preamble: bytes | None = b"\r\n"
        # the parser counts a carriage return to a header where the line feed has not come, so it is given both
        self._held = b""
        # the part that is arriving, and whether nothing but bytes of it has come and the parser holds none of them back
        self._segment: Any = None
        self._in_content = False
        try:
            self._parser = PushMultipartParser(
                encoded,
                max_header_size=_or_unlimited(limits.max_part_header_size),
                max_header_count=_or_unlimited(limits.max_part_headers),
                max_segment_count=_or_unlimited(limits.max_fields),
            )
        except MultipartError as error:
            raise broken_multipart(error) from None

    def feed(self, chunk: bytes) -> Iterable[Any]:
        """Give the events of a chunk: a segment, then bytes of it, then None at its end, and so on.

        Args:
            chunk: The next of the body, b"" at its end.

        Raises:
            ClientException: It is no multipart body, or ends too early.
            RequestEntityTooLarge: There are too many parts, or headers in one, or one of these is too large.
        """
        return (chunk,) if self.is_content(chunk) else self._checked(chunk)

    def _checked(self, chunk: bytes) -> Iterator[Any]:
        event = None
        try:
            for event in self.parse(chunk):
                if event is not None and type(event) is not bytes:
                    self.check_head(event)
                yield event
        except MultipartError as error:
            raise self.refusal(error) from None
        self.remember(chunk, event)

    def is_content(self, chunk: bytes) -> bool:
        """Return whether a chunk is all content of the part that is arriving, so that `parse()` need not see it.

        Args:
            chunk: The next of the body.
        """
        if not self._in_content:
            return False
        delimiter = self._delimiter
        if delimiter not in chunk:
            index = chunk.rfind(b"\r", -len(delimiter))
            if index < 0 or not delimiter.startswith(chunk[index:]):
                return bool(chunk)
        return False

    def remember(self, chunk: bytes, event: Any) -> None:
        """Say what the last event of a chunk was, once `parse()` has given all, so that `is_content()` can be right.

        Args:
            chunk: As `parse()` was given it.
            event: None if there was none.
        """
        # PERF: a part of many chunks needs no more than the search for the delimiter: 7 % above hand-written code, not 32 %.
        # Of a chunk that the parser has given back as the same object it holds nothing, nor of those before; a single byte is
        # one object wherever it stands. A part that announces its length is left to the parser, which counts the bytes
        self._in_content = event is chunk and (
            self._in_content or (len(chunk) > 1 and self._segment.header("Content-Length") is None)
        )

    def parse(self, chunk: bytes) -> Iterator[Any]:
        """Return the events of a chunk as `feed()` gives them, unchecked.

        `check_head()`, `remember()` and `refusal()` are the caller's.

        Args:
            chunk: The next of the body, b"" at its end.
        """
        if self._held:
            chunk, self._held = self._held + chunk, b""
            if len(chunk) == 1:
                # the end, behind a carriage return
                return chain(self._parser.parse(chunk), self._parser.parse(b""))
        if self._preamble is not None and chunk:
            chunk = self._skip_preamble(self._preamble + chunk)
            if not chunk:
                return iter(())
        if chunk.endswith(b"\r"):
            chunk, self._held = chunk[:-1], b"\r"
            if not chunk:
                return iter(())
        return self._parser.parse(chunk)  # type: ignore[no-any-return]

    def finish(self) -> None:
        """Say that the body has ended.

        Raises:
            MultipartError: It ends too early.
        """
        self._parser.close()

    def refusal(self, error: Any) -> ClientException:
        """Return the exception for an error of the parser.

        Args:
            error: A `MultipartError`.
        """
        # the parser and its frames have it, and it has them
        self._parser.error = None
        error.__traceback__ = None
        return self._limit_error(str(error)) if isinstance(error, ParserLimitReached) else broken_multipart(error)

    def check_head(self, segment: Any) -> None:
        """Raise where the headers of a part are none of a form.

        Args:
            segment: As the parser gives it; a filename in the form of RFC 8187 is added.

        Raises:
            ClientException: The name is missing, or a header has a line break.
        """
        self._segment = segment
        for name, value in segment.headerlist:
            if "\n" in value or "\r" in value:
                raise broken_multipart("a line break in a part's header")
            if "filename*" in value and name == "Content-Disposition" and segment.filename is None:
                segment.filename = _extended_filename(value)
        # the parser takes a missing name for an empty one
        if not segment.name and parse_content_disposition(segment.header("Content-Disposition"))[1] is None:
            raise broken_multipart("a part has no name")

    def _skip_preamble(self, data: bytes) -> bytes:
        """Return what begins with the first boundary, b"" while it has not come.

        The parser would do it, but what it accepts depends on where the chunks end.
        """
        index = data.find(self._delimiter)
        if index < 0:
            self._preamble = data[1 - len(self._delimiter) :]
            return b""
        self._preamble = None
        return data[index + 2 :]

    def _limit_error(self, reason: str) -> RequestEntityTooLarge:
        limits = self._limits
        if "count" in reason and "header" not in reason:
            return too_many_fields(limits.max_fields or 0)
        name = "max_part_headers" if "count" in reason else "max_part_header_size"
        what = "more headers" if "count" in reason else "a header with more bytes"
        return RequestEntityTooLarge(
            f"a part has {what} than {getattr(limits, name)}: raise Limits.{name} to accept them"
        )


def _or_unlimited(limit: int | None) -> Any:
    return float("inf") if limit is None else limit


def _extended_filename(disposition: str) -> str | None:
    """Return a filename in the form of RFC 8187, which RFC 7578 forbids and some clients send."""
    charset, _, rest = parse_options_header(disposition)[1].get("filename*", "").partition("'")
    _, quote, text = rest.partition("'")
    if not quote or charset.lower() not in ("utf-8", "iso-8859-1"):
        return None
    return unquote(text, charset)


def text_codec(charset: str) -> str:
    """Return the name of a text encoding.

    Args:
        charset: As the client says it.

    Raises:
        ClientException: There is no such encoding, or it is none of text.
    """
    # NOTE: codecs.lookup() keeps each name that it does not know for ever, and looks for a module of that name on the disk
    name = normalize_encoding(charset).lower()
    name = aliases.get(name) or aliases.get(name.replace(".", "_")) or name
    info = None
    if name in _CODECS and charset.isascii() and charset.isprintable():
        # one of another system may be missing
        with suppress(LookupError):
            info = codecs.lookup(name)
    if info is None or not info._is_text_encoding:
        raise broken_field(f"{quoted(charset)} is no charset of text")
    return info.name


def decode_text(data: bytes, charset: str | None) -> str:
    """Return the text of a field.

    Args:
        data: As it was received.
        charset: As the client says it, None for UTF-8.

    Raises:
        ClientException: The charset is unknown or none of text, or the data is not encoded in it.
    """
    codec = "utf-8" if charset is None or charset.lower() == "utf-8" else text_codec(charset)
    try:
        return data.decode(codec)
    except ValueError:
        raise broken_field(f"it is not encoded in {codec}") from None


def headers_of(head: Any) -> dict[str, str]:
    """Return the headers of a part, names in lower case."""
    return {name.lower(): value for name, value in head.headerlist}
