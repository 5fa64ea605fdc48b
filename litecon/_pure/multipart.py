"""The scanner of multipart forms (RFC 2046 section 5.1.1, RFC 7578): it splits chunks of any size into parts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, final

from .._errors import (
    BARE_LINE_BREAK,
    BOUNDARY_BEFORE_CONTENT,
    BOUNDARY_IN_HEAD,
    BOUNDARY_WITH_LINE_BREAK,
    ENDS_TOO_EARLY,
    FIRST_BOUNDARY_WITHIN_LINE,
    FOLDED_FIRST_LINE,
    TEXT_AFTER_BOUNDARY,
    broken_multipart,
    field_too_large,
    file_too_large,
    no_boundary,
    part_header_too_large,
    too_many_fields,
    too_many_part_headers,
)
from .._shared.multipart import decode_text, parse_head
from ..exceptions import ClientException
from ..limits import Limits

__all__ = ("MultipartReader",)

_MAX_BOUNDARY: Final = 1024
_STEP: Final = 4096
# after a boundary, the usual head of a text field, up to its content, which does not begin as a boundary does;
# parse_head() reads it in the same way
_SIMPLE_HEAD: Final = re.compile(rb'\r\nContent-Disposition: form-data; name="([^"\\%\r\n\x80-\xff]*)"\r\n\r\n(?!--)')
_HYPHEN: Final = ord("-")
_BLANKS: Final = re.compile(rb"[ \t]*")


@final
class MultipartReader:
    """An incremental parser of multipart forms, whose result does not depend on where the chunks end.

    It buffers the possible beginning of a delimiter, the head that is arriving and, if `whole_fields` is true, the text
    field that is arriving. A boundary must be at the beginning of a line; the preamble and the epilogue are skipped.

    Args:
        boundary: The boundary in the content type; None if there is none.
        limits: The limits, of which those on fields, files and the headers of parts are used.
        whole_fields: Whether a text field is returned decoded, as a pair, instead of in pieces.

    Raises:
        ClientException: The boundary is missing, empty or impossible.
    """

    __slots__ = (
        "_folded_size",
        "_charset",
        "_delimiter",
        "_headers",
        "_buffered",
        "_implied",
        "_is_file",
        "_has_open_part",
        "_limits",
        "_line",
        "_matched",
        "_max_size",
        "_name",
        "_parts",
        "_error",
        "_search_start",
        "_size",
        "_scan",
        "_too_large",
        "_whole_fields",
    )

    def __init__(self, boundary: str | None, limits: Limits, whole_fields: bool) -> None:
        if not boundary:
            raise no_boundary()
        encoded = boundary.encode("latin-1", "replace")
        if len(encoded) > _MAX_BOUNDARY:
            raise broken_multipart(f"a boundary of more than {_MAX_BOUNDARY} bytes")
        if b"\r" in encoded or b"\n" in encoded:
            raise broken_multipart(BOUNDARY_WITH_LINE_BREAK)
        self._delimiter = b"\r\n--" + encoded
        self._limits = limits
        self._whole_fields = whole_fields
        # the error that follows the returned events: the class or function that makes it, and its argument
        self._error: tuple[Callable[[Any], Exception], Any] | None = None
        # not a bound method, which would refer back to this object
        self._scan: Callable[[Any, bytes, int, list[Any]], int] = MultipartReader._scan_preamble
        # the end of the preamble, the head or the text field that is arriving; a line break is assumed before the body
        self._buffered: Any = b"\r\n"
        # the number of bytes of a delimiter at the end of the last chunk; how many of them are the line break before
        # the content, which belongs to the head
        self._matched = self._implied = 0
        self._parts = 0
        # of the head: the positions of its last line and of the next search, the number of its headers, and the number
        # of bytes in earlier lines of the last header, if it is folded
        self._line = self._search_start = self._headers = self._folded_size = 0
        # of the part that is arriving
        self._name = ""
        self._charset: str | None = None
        self._is_file = False
        # whether the part ends if the bytes after the boundary are well-formed
        self._has_open_part = False
        self._size = 0
        self._max_size: int | None = None
        self._too_large: Callable[[int], Exception] = field_too_large

    def feed(self, chunk: bytes) -> list[Any]:
        """Return the events of a chunk; `check()` then raises the error that follows them, if any.

        The events of a part are its `PartHead`, its bytes as they arrive, and None at its end. If `whole_fields` is
        true, a text field is one pair of name and text instead.

        Args:
            chunk: The next chunk of the body, b"" at its end.
        """
        events: list[Any] = []
        chunk = bytes(chunk)
        size = len(chunk)
        position = 0
        if not size:
            self._end_body()
        while position < size and self._error is None:
            position = self._scan(self, chunk, position, events)
        return events

    def check(self) -> None:
        """Raise the error that follows the returned events, if any.

        Raises:
            ClientException: The body is not a multipart form, ends too early, or has a text field that cannot be
                decoded.
            RequestEntityTooLarge: A bound of the limits is exceeded.
        """
        if self._error is not None:
            # made anew each time, since a stored exception would keep the frames through which it was raised
            make, argument = self._error
            raise make(argument)

    def _set_error(self, make: Callable[[Any], Exception], argument: Any) -> int:
        self._error = make, argument
        return -1

    def _end_body(self) -> None:
        is_empty = self._scan is MultipartReader._scan_preamble and self._buffered == b"\r\n"
        if not is_empty and self._scan is not MultipartReader._scan_epilogue and self._error is None:
            self._set_error(broken_multipart, ENDS_TOO_EARLY)

    def _scan_preamble(self, chunk: bytes, position: int, events: list[Any]) -> int:
        boundary = self._delimiter[2:]
        if self._buffered == b"\r\n" and chunk.startswith(boundary):
            self._scan = MultipartReader._scan_boundary
            return len(boundary)
        data = self._buffered + chunk
        found = data.find(boundary)
        if found < 0:
            self._buffered = data[-len(boundary) - 1 :]
            return len(chunk)
        if data[found - 2 : found] != b"\r\n":
            return self._set_error(broken_multipart, FIRST_BOUNDARY_WITHIN_LINE)
        self._scan = MultipartReader._scan_boundary
        return int(found + len(boundary) - len(self._buffered))

    def _add_simple_fields(self, chunk: bytes, position: int, events: list[Any]) -> int:
        """Add the complete text fields with the usual head, from this position on; return the position after them.

        PERF: the other methods of this class take three times as long.
        """
        limits = self._limits
        delimiter = self._delimiter
        size = len(delimiter)
        left = len(chunk) if limits.max_fields is None else limits.max_fields - self._parts
        max_head = len(chunk) if limits.max_part_header_size is None else limits.max_part_header_size
        max_field = len(chunk) if limits.max_field_size is None else limits.max_field_size
        if limits.max_part_headers == 0:
            return position
        while left > 0:
            match = _SIMPLE_HEAD.match(chunk, position)
            if match is None:
                break
            start = match.end()
            end = chunk.find(delimiter, start)
            # the line breaks around the head do not count
            if end < 0 or end - start > max_field or start - position - 6 > max_head:
                break
            stop = end + size
            following = chunk[stop : stop + 2]
            if following != b"\r\n" and following != b"--":
                break
            try:
                events.append((match[1].decode(), chunk[start:end].decode()))
            except UnicodeDecodeError:
                break
            left -= 1
            self._parts += 1
            position = stop
        return position

    def _scan_boundary(self, chunk: bytes, position: int, events: list[Any]) -> int:
        if self._whole_fields and not self._has_open_part:
            position = self._add_simple_fields(chunk, position, events)
        following = chunk[position : position + 2]
        if following == b"\r\n":
            return self._begin_head(position + 2, events)
        if following == b"--":
            return self._begin_epilogue(chunk, events)
        if following[:1] in (b" ", b"\t"):
            self._scan = MultipartReader._scan_padding
            return position + 1
        if following == b"\r":
            self._scan = MultipartReader._scan_after_return
            return position + 1
        if following == b"-":
            self._scan = MultipartReader._scan_after_hyphen
            return position + 1
        return self._set_boundary_error()

    def _scan_padding(self, chunk: bytes, position: int, events: list[Any]) -> int:
        match = _BLANKS.match(chunk, position)
        if match is not None:
            position = match.end()
        following = chunk[position : position + 1]
        if following == b"\r":
            self._scan = MultipartReader._scan_after_return
            return position + 1
        return self._set_boundary_error() if following else position

    def _scan_after_return(self, chunk: bytes, position: int, events: list[Any]) -> int:
        if chunk[position : position + 1] == b"\n":
            return self._begin_head(position + 1, events)
        return self._set_boundary_error()

    def _scan_after_hyphen(self, chunk: bytes, position: int, events: list[Any]) -> int:
        if chunk[position : position + 1] == b"-":
            return self._begin_epilogue(chunk, events)
        return self._set_boundary_error()

    def _set_boundary_error(self) -> int:
        # RFC 2046 section 5.1.1 takes it for a boundary, other parsers for content
        return self._set_error(broken_multipart, TEXT_AFTER_BOUNDARY)

    def _begin_epilogue(self, chunk: bytes, events: list[Any]) -> int:
        self._scan = MultipartReader._scan_epilogue
        if self._has_open_part:
            self._end_part(b"", events)
        return len(chunk)

    def _scan_epilogue(self, chunk: bytes, position: int, events: list[Any]) -> int:
        return len(chunk)

    def _begin_head(self, position: int, events: list[Any]) -> int:
        if self._has_open_part and not self._end_part(b"", events):
            return -1
        self._parts += 1
        limit = self._limits.max_fields
        if limit is not None and self._parts > limit:
            return self._set_error(too_many_fields, limit)
        self._buffered = bytearray()
        self._line = self._search_start = self._headers = self._folded_size = 0
        self._scan = MultipartReader._scan_head
        return position

    def _scan_head(self, chunk: bytes, position: int, events: list[Any]) -> int:
        buffered = self._buffered
        if not buffered:
            end = self._find_end_of_head(chunk, position)
            if end < 0:
                buffered += chunk[position:]
                return len(chunk)
            head = chunk[position : max(end - 4, position)]
        else:
            before = len(buffered)
            buffered += chunk[position : position + _STEP]
            end = self._find_end_of_head(buffered, 0)
            if end < 0:
                return position + len(buffered) - before
            head = bytes(buffered[: max(end - 4, 0)])
            end += position - before
        self._begin_part(head, events)
        return end

    def _find_end_of_head(self, data: Any, start: int) -> int:
        """Return the position of the content; -1 if the head continues in the next chunk, or is refused.

        Args:
            data: The bytes of the head, perhaps followed by others.
            start: The position of the head.
        """
        size = len(data)
        max_headers = self._limits.max_part_headers
        max_size = self._limits.max_part_header_size
        line, search_start = start + self._line, start + self._search_start
        while True:
            if search_start == line:
                first = data[line : line + 2]
                if first == b"\r\n":
                    return line + 2
                if not first or first == b"\r":
                    break
                if first[:1] == b"\r":
                    return self._set_line_break_error()
                if first[:1] in (b" ", b"\t"):
                    if not self._headers:
                        return self._set_error(broken_multipart, FOLDED_FIRST_LINE)
                else:
                    self._headers += 1
                    self._folded_size = 0
                    if max_headers is not None and self._headers > max_headers:
                        return self._set_error(too_many_part_headers, max_headers)
            # the last position at which the line break may begin
            last = size if max_size is None else line + max_size - self._folded_size
            end = data.find(b"\r\n", search_start, last + 2)
            if end >= 0 and data.find(b"\n", search_start, end) < 0 and data.find(b"\r", search_start, end) < 0:
                if data[line] == _HYPHEN and data.startswith(self._delimiter[2:], line):
                    # a parser that searches for delimiters alone takes it for one
                    return self._set_error(broken_multipart, BOUNDARY_IN_HEAD)
                self._folded_size += end - line
                line = search_start = end + 2
                continue
            feed = data.find(b"\n", search_start, last + 1)
            back = data.find(b"\r", search_start, last + 1)
            if feed >= 0 and (back < 0 or feed < back):
                return self._set_line_break_error()
            if back >= 0:
                if back + 1 < size:
                    return self._set_line_break_error()
                search_start = back
                break
            if last < size:
                return self._set_error(part_header_too_large, max_size)
            search_start = size
            break
        self._line, self._search_start = line - start, search_start - start
        return -1

    def _set_line_break_error(self) -> int:
        return self._set_error(broken_multipart, BARE_LINE_BREAK)

    def _begin_part(self, head: bytes, events: list[Any]) -> None:
        try:
            parsed = parse_head(head)
        except ClientException as error:
            self._set_error(ClientException, error.detail)
            return
        self._name, self._charset = parsed.name, parsed.charset
        self._is_file = parsed.filename is not None
        if self._is_file or not self._whole_fields:
            events.append(parsed)
        self._buffered = bytearray()
        self._size = 0
        self._matched = self._implied = 2
        if self._is_file:
            self._max_size, self._too_large = self._limits.max_file_size, file_too_large
        else:
            # the reader of a part that is returned in pieces checks the bound itself
            self._max_size, self._too_large = (
                (self._limits.max_field_size if self._whole_fields else None),
                field_too_large,
            )
        self._scan = MultipartReader._scan_content

    def _scan_content(self, chunk: bytes, position: int, events: list[Any]) -> int:
        delimiter = self._delimiter
        if self._matched:
            rest = delimiter[self._matched :]
            piece = chunk[position : position + len(rest)]
            if rest == piece:
                if self._implied:
                    # RFC 2046 section 5.1.1 and some parsers take it for a boundary, others for content
                    return self._set_error(broken_multipart, BOUNDARY_BEFORE_CONTENT)
                self._matched = 0
                self._has_open_part = True
                self._scan = MultipartReader._scan_boundary
                return position + len(rest)
            if rest.startswith(piece):
                self._matched += len(piece)
                return len(chunk)
            # only the first byte of a delimiter is a carriage return, so no delimiter begins within the buffered bytes
            buffered = delimiter[self._implied : self._matched]
            self._matched = self._implied = 0
            if buffered and not self._add_content(buffered, events):
                return -1
        end = chunk.find(delimiter, position)
        if end >= 0:
            data, position = chunk[position:end], end + len(delimiter)
            if chunk[position : position + 2] in (b"\r\n", b"--"):
                return self._scan_boundary(chunk, position, events) if self._end_part(data, events) else -1
            self._has_open_part = self._add_content(data, events)
            self._scan = MultipartReader._scan_boundary
            return position
        end = chunk.rfind(b"\r", max(position, len(chunk) + 1 - len(delimiter)))
        if end >= 0 and delimiter.startswith(chunk[end:]):
            self._matched = len(chunk) - end
        else:
            end = len(chunk)
        self._add_content(chunk[position:end], events)
        return len(chunk)

    def _count_content(self, data: bytes) -> bool:
        self._size += len(data)
        if self._max_size is not None and self._size > self._max_size:
            self._set_error(self._too_large, self._max_size)
            return False
        return True

    def _add_content(self, data: bytes, events: list[Any]) -> bool:
        """Add a piece of the content, or buffer it; return whether it is within the bounds."""
        if data:
            if not self._count_content(data):
                if self._is_file and self._max_size is not None:
                    # return what is within the bounds, so that the result does not depend on where the chunks end
                    data = data[: self._max_size - self._size + len(data)]
                    events += [data] if data else []
                return False
            if self._whole_fields and not self._is_file:
                self._buffered += data
            else:
                events.append(data)
        return True

    def _end_part(self, data: bytes, events: list[Any]) -> bool:
        """Add the last piece of the content and the end of the part; return whether both are valid."""
        self._has_open_part = False
        if not self._whole_fields or self._is_file:
            if self._add_content(data, events):
                events.append(None)
            return self._error is None
        if not self._count_content(data):
            return False
        if self._buffered:
            self._buffered += data
            data = self._buffered
        try:
            events.append((self._name, decode_text(data, self._charset)))
        except ClientException as error:
            self._set_error(ClientException, error.detail)
            return False
        return True
