# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The scanner of multipart forms (RFC 2046 section 5.1.1, RFC 7578): it splits chunks of any size into parts."""

cimport cython
from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_GET_SIZE, PyByteArray_Resize
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.string cimport memchr, memcmp, memcpy

from litecon._native.bounds cimport bound
from litecon._native.operation cimport check_self

from litecon._errors import (
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
from litecon.exceptions import ClientException

cdef extern from *:
    """
    /* Fill in, for each byte, how far the search may advance if the delimiter does not match and this byte is aligned
       with its last one (Horspool). */
    static void litecon_fill_shifts(const unsigned char *delimiter, Py_ssize_t size, unsigned char *shifts) {
        Py_ssize_t i, shift;
        memset(shifts, size < 255 ? (int) size : 255, 256);
        for (i = 0; i < size - 1; i++) {
            shift = size - 1 - i;
            shifts[delimiter[i]] = (unsigned char) (shift < 255 ? shift : 255);
        }
    }

    /* Return the position of the first complete delimiter, or NULL. The search is linear: a delimiter has a carriage
       return only at its beginning, so memcmp() compares each byte once. */
    static const char *litecon_find_delimiter(
        const char *text, const char *end, const char *delimiter, Py_ssize_t size, const unsigned char *shifts
    ) {
        const char last = delimiter[size - 1];
        Py_ssize_t left = end - text - size;
        while (left >= 0) {
            const char under = text[size - 1];
            if (under == last && text[0] == '\\r' && memcmp(text, delimiter, size) == 0) return text;
            text += shifts[(unsigned char) under];
            left -= shifts[(unsigned char) under];
        }
        return NULL;
    }
    """
    void litecon_fill_shifts(const unsigned char *delimiter, Py_ssize_t size, unsigned char *shifts) noexcept
    const char *litecon_find_delimiter(
        const char *text, const char *end, const char *delimiter, Py_ssize_t size, const unsigned char *shifts
    ) noexcept

cdef enum:
    MAX_BOUNDARY = 1024
    STEP = 4096

cdef enum State:
    PREAMBLE
    AFTER_BOUNDARY
    PADDING
    AFTER_RETURN
    AFTER_HYPHEN
    HEAD
    CONTENT
    EPILOGUE

# the usual head of a text field; parse_head() reads it in the same way
cdef bytes _SIMPLE_HEAD = b'Content-Disposition: form-data; name="'

# imported when they are first used, since most processes read no forms
cdef object _parse_head = None
cdef object _decode_text = None


cdef object parse_head(bytes head):
    global _parse_head
    if _parse_head is None:
        from litecon._shared.multipart import parse_head as function

        _parse_head = function
    return _parse_head(head)


cdef object decode_text(bytes data, charset):
    global _decode_text
    if _decode_text is None:
        from litecon._shared.multipart import decode_text as function

        _decode_text = function
    return _decode_text(data, charset)


cdef int append(bytearray buffered, const char *text, Py_ssize_t length) except -1:
    cdef Py_ssize_t size = PyByteArray_GET_SIZE(buffered)
    # this allocates an eighth more than it needs, so that appending takes linear time
    PyByteArray_Resize(buffered, size + length)
    memcpy(PyByteArray_AS_STRING(buffered) + size, text, length)
    return 0


cdef inline const char *find(const char *text, const char *end, int byte) noexcept:
    return <const char *> memchr(text, byte, end - text) if text < end else NULL


cdef inline bint is_boundary_end(const char *text, const char *end) noexcept:
    return end - text >= 2 and ((text[0] == c"\r" and text[1] == c"\n") or (text[0] == c"-" and text[1] == c"-"))


@cython.final
cdef class MultipartReader:
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

    cdef bytes delimiter
    cdef unsigned char[256] shifts
    cdef bint whole_fields
    cdef State state
    # the error that follows the returned events: the class or function that makes it, and its argument
    cdef object make_error
    cdef object error_argument
    # the end of the preamble
    cdef bytes preamble
    # the head or the text field that is arriving; None if there is none
    cdef bytearray buffered
    # the number of bytes of a delimiter at the end of the last chunk; how many of them are the line break before the
    # content, which belongs to the head
    cdef Py_ssize_t matched, implied
    cdef Py_ssize_t parts, max_parts
    cdef Py_ssize_t max_headers, max_header_size, max_field_size, max_file_size
    # of the head: the positions of its last line and of the next search, the number of its headers, and the number of
    # bytes in earlier lines of the last header, if it is folded
    cdef Py_ssize_t line, search_start, headers, folded_size
    # of the part that is arriving
    cdef str name
    cdef object charset
    cdef bint is_file
    # whether the part ends if the bytes after the boundary are well-formed
    cdef bint has_open_part
    cdef Py_ssize_t size

    def __init__(self, boundary, limits, whole_fields):
        cdef bytes encoded
        if not boundary:
            raise no_boundary()
        encoded = (<str?> boundary).encode("latin-1", "replace")
        if len(encoded) > MAX_BOUNDARY:
            raise broken_multipart(f"a boundary of more than {MAX_BOUNDARY} bytes")
        if b"\r" in encoded or b"\n" in encoded:
            raise broken_multipart(BOUNDARY_WITH_LINE_BREAK)
        self.delimiter = b"\r\n--" + encoded
        litecon_fill_shifts(<const unsigned char *> PyBytes_AS_STRING(self.delimiter), len(self.delimiter), self.shifts)
        self.whole_fields = whole_fields
        self.state = PREAMBLE
        self.max_parts = bound(limits.max_fields)
        self.max_headers = bound(limits.max_part_headers)
        self.max_header_size = bound(limits.max_part_header_size)
        self.max_field_size = bound(limits.max_field_size)
        self.max_file_size = bound(limits.max_file_size)

    def feed(self, chunk):
        """Return the events of a chunk; `check()` then raises the error that follows them, if any.

        The events of a part are its `PartHead`, its bytes as they arrive, and None at its end. If `whole_fields` is
        true, a text field is one pair of name and text instead.

        Args:
            chunk: The next chunk of the body, b"" at its end.
        """
        cdef list events = []
        cdef bytes data = bytes(chunk)
        cdef Py_ssize_t size = PyBytes_GET_SIZE(data)
        cdef Py_ssize_t position = 0
        if size == 0:
            self.end_body()
        while position < size and self.make_error is None:
            if self.state == CONTENT:
                position = self.scan_content(data, position, events)
            elif self.state == AFTER_BOUNDARY:
                position = self.scan_boundary(data, position, events)
            elif self.state == HEAD:
                position = self.scan_head(data, position, events)
            elif self.state == EPILOGUE:
                position = size
            elif self.state == PREAMBLE:
                position = self.scan_preamble(data)
            else:
                position = self.scan_rest_of_boundary(data, position, events)
        return events

    def check(self):
        """Raise the error that follows the returned events, if any.

        Raises:
            ClientException: The body is not a multipart form, ends too early, or has a text field that cannot be
                decoded.
            RequestEntityTooLarge: A bound of the limits is exceeded.
        """
        if self.make_error is not None:
            # made anew each time, since a stored exception would keep the frames through which it was raised
            raise self.make_error(self.error_argument)

    cdef Py_ssize_t set_error(self, object make, object argument) noexcept:
        self.error_argument = argument
        self.make_error = make
        return -1

    cdef int end_body(self) except -1:
        cdef bint is_empty = self.state == PREAMBLE and self.preamble is None
        if not is_empty and self.state != EPILOGUE and self.make_error is None:
            self.set_error(broken_multipart, ENDS_TOO_EARLY)
        return 0

    cdef Py_ssize_t scan_preamble(self, bytes chunk) except -2:
        cdef bytes boundary = self.delimiter[2:]
        cdef bytes data
        cdef Py_ssize_t found
        if self.preamble is None:
            if chunk.startswith(boundary):
                self.state = AFTER_BOUNDARY
                return len(boundary)
            # a line break is assumed before the body
            self.preamble = b"\r\n"
        data = self.preamble + chunk
        found = data.find(boundary)
        if found < 0:
            self.preamble = data[-len(boundary) - 1 :]
            return len(chunk)
        if data[found - 2 : found] != b"\r\n":
            return self.set_error(broken_multipart, FIRST_BOUNDARY_WITHIN_LINE)
        self.state = AFTER_BOUNDARY
        return found + len(boundary) - len(self.preamble)

    cdef Py_ssize_t scan_boundary(self, bytes chunk, Py_ssize_t position, list events) except -2:
        cdef const char *text = PyBytes_AS_STRING(chunk) + position
        if PyBytes_GET_SIZE(chunk) - position >= 2:
            if text[0] == c"\r" and text[1] == c"\n":
                return self.begin_head(position + 2, events)
            if text[0] == c"-" and text[1] == c"-":
                return self.begin_epilogue(position + 2, events)
        return self.scan_rest_of_boundary(chunk, position, events)

    cdef Py_ssize_t scan_rest_of_boundary(self, bytes chunk, Py_ssize_t position, list events) except -2:
        """Scan one byte, or several blanks, after a boundary."""
        cdef const char *text = PyBytes_AS_STRING(chunk)
        cdef char byte = text[position]
        if self.state == AFTER_RETURN:
            if byte == c"\n":
                return self.begin_head(position + 1, events)
        elif self.state == AFTER_HYPHEN:
            if byte == c"-":
                return self.begin_epilogue(position + 1, events)
        elif byte == c" " or byte == c"\t":
            self.state = PADDING
            while position < PyBytes_GET_SIZE(chunk) and (text[position] == c" " or text[position] == c"\t"):
                position += 1
            return position
        elif byte == c"\r":
            self.state = AFTER_RETURN
            return position + 1
        elif byte == c"-" and self.state == AFTER_BOUNDARY:
            self.state = AFTER_HYPHEN
            return position + 1
        # RFC 2046 section 5.1.1 takes it for a boundary, other parsers for content
        return self.set_error(broken_multipart, TEXT_AFTER_BOUNDARY)

    cdef Py_ssize_t begin_epilogue(self, Py_ssize_t position, list events) except -2:
        self.state = EPILOGUE
        if self.has_open_part:
            self.end_part(NULL, 0, events)
        return position

    cdef Py_ssize_t begin_head(self, Py_ssize_t position, list events) except -2:
        if self.has_open_part and not self.end_part(NULL, 0, events):
            return -1
        self.parts += 1
        if 0 <= self.max_parts < self.parts:
            return self.set_error(too_many_fields, self.max_parts)
        self.buffered = None
        self.line = self.search_start = self.headers = self.folded_size = 0
        self.state = HEAD
        return position

    cdef Py_ssize_t scan_head(self, bytes chunk, Py_ssize_t position, list events) except -2:
        cdef const char *text = PyBytes_AS_STRING(chunk) + position
        cdef Py_ssize_t size = PyBytes_GET_SIZE(chunk) - position
        cdef Py_ssize_t before, end
        cdef bytearray buffered
        if self.buffered is None:
            end = self.find_end_of_head(text, size)
            if end < 0:
                self.buffered = bytearray()
                append(self.buffered, text, size)
                return position + size
            self.begin_part(text, end - 4, events)
            return position + end
        buffered = self.buffered
        before = PyByteArray_GET_SIZE(buffered)
        size = min(size, STEP)
        append(buffered, text, size)
        end = self.find_end_of_head(PyByteArray_AS_STRING(buffered), before + size)
        if end < 0:
            return position + size
        self.begin_part(PyByteArray_AS_STRING(buffered), end - 4, events)
        return position + end - before

    cdef Py_ssize_t find_end_of_head(self, const char *head, Py_ssize_t size) except -2:
        """Return the position of the content; -1 if the head continues in the next chunk, or is refused."""
        cdef const char *end = head + size
        cdef const char *line = head + self.line
        cdef const char *search_start = head + self.search_start
        cdef const char *last
        cdef const char *back
        cdef bint is_too_long
        while True:
            if search_start == line:
                if line == end:
                    break
                if line[0] == c"\r":
                    if end - line == 1:
                        break
                    return line + 2 - head if line[1] == c"\n" else self.set_line_break_error()
                if line[0] == c" " or line[0] == c"\t":
                    if self.headers == 0:
                        return self.set_error(broken_multipart, FOLDED_FIRST_LINE)
                else:
                    self.headers += 1
                    self.folded_size = 0
                    if 0 <= self.max_headers < self.headers:
                        return self.set_error(too_many_part_headers, self.max_headers)
            # the position after the last one at which the line break may begin
            last = end
            is_too_long = 0 <= self.max_header_size < self.folded_size + (end - line)
            if is_too_long:
                last = line + (self.max_header_size - self.folded_size) + 1
            back = find(search_start, last, c"\r")
            if find(search_start, last if back is NULL else back, c"\n") is not NULL:
                return self.set_line_break_error()
            if back is NULL:
                if is_too_long:
                    return self.set_error(part_header_too_large, self.max_header_size)
                search_start = end
                break
            if end - back == 1:
                search_start = back
                break
            if back[1] != c"\n":
                return self.set_line_break_error()
            if line[0] == c"-" and self.is_boundary(line, back - line):
                # a parser that searches for delimiters alone takes it for one
                return self.set_error(broken_multipart, BOUNDARY_IN_HEAD)
            self.folded_size += back - line
            line = search_start = back + 2
        self.line = line - head
        self.search_start = search_start - head
        return -1

    cdef bint is_boundary(self, const char *line, Py_ssize_t length) noexcept:
        """Return whether a line begins with the boundary."""
        cdef Py_ssize_t size = PyBytes_GET_SIZE(self.delimiter) - 2
        return length >= size and memcmp(line, PyBytes_AS_STRING(self.delimiter) + 2, size) == 0

    cdef Py_ssize_t set_line_break_error(self) except -2:
        return self.set_error(broken_multipart, BARE_LINE_BREAK)

    cdef int begin_part(self, const char *head, Py_ssize_t length, list events) except -1:
        cdef object parsed
        if not self.whole_fields or not self.begin_simple_field(head, length):
            try:
                parsed = parse_head(PyBytes_FromStringAndSize(head, max(length, 0)))
            except ClientException as error:
                self.set_error(ClientException, error.detail)
                return 0
            self.name = parsed.name
            self.charset = parsed.charset
            self.is_file = parsed.filename is not None
            if self.is_file or not self.whole_fields:
                events.append(parsed)
        self.buffered = None
        self.size = 0
        self.matched = self.implied = 2
        self.state = CONTENT
        return 0

    cdef bint begin_simple_field(self, const char *head, Py_ssize_t length) except -1:
        """Return whether a head is the usual one of a text field; if so, store its name."""
        cdef Py_ssize_t start = PyBytes_GET_SIZE(_SIMPLE_HEAD)
        cdef Py_ssize_t index
        cdef unsigned char byte
        if length <= start or head[length - 1] != c'"' or memcmp(head, PyBytes_AS_STRING(_SIMPLE_HEAD), start) != 0:
            return False
        for index in range(start, length - 1):
            byte = <unsigned char> head[index]
            if byte == c'"' or byte == c"\\" or byte == c"%" or byte == c"\r" or byte >= 0x80:
                return False
        self.name = PyUnicode_DecodeUTF8(head + start, length - 1 - start, NULL)
        self.charset = None
        self.is_file = False
        return True

    cdef Py_ssize_t scan_content(self, bytes chunk, Py_ssize_t position, list events) except -2:
        cdef const char *start = PyBytes_AS_STRING(chunk)
        cdef const char *text = start + position
        cdef const char *end = start + PyBytes_GET_SIZE(chunk)
        cdef const char *delimiter = PyBytes_AS_STRING(self.delimiter)
        cdef Py_ssize_t size = PyBytes_GET_SIZE(self.delimiter)
        cdef Py_ssize_t length
        cdef const char *buffered
        cdef const char *found
        if self.matched:
            length = min(size - self.matched, end - text)
            if memcmp(text, delimiter + self.matched, length) == 0:
                self.matched += length
                if self.matched == size:
                    if self.implied:
                        # RFC 2046 section 5.1.1 and some parsers take it for a boundary, others for content
                        return self.set_error(broken_multipart, BOUNDARY_BEFORE_CONTENT)
                    self.matched = 0
                    self.has_open_part = True
                    self.state = AFTER_BOUNDARY
                return position + length
            # only the first byte of a delimiter is a carriage return, so no delimiter begins within the buffered bytes
            buffered = delimiter + self.implied
            length = self.matched - self.implied
            self.matched = self.implied = 0
            if not self.add_content(buffered, length, None, events):
                return -1
        found = litecon_find_delimiter(text, end, delimiter, size, self.shifts)
        if found is not NULL:
            self.state = AFTER_BOUNDARY
            position = found + size - start
            if not is_boundary_end(found + size, end):
                self.has_open_part = self.add_content(text, found - text, None, events)
                return position
            return self.scan_boundary(chunk, position, events) if self.end_part(text, found - text, events) else -1
        # the chunk may end with the beginning of a delimiter
        found = find(max(text, end - size + 1), end, c"\r")
        while found is not NULL and memcmp(found, delimiter, end - found) != 0:
            found = find(found + 1, end, c"\r")
        if found is NULL:
            self.add_content(text, end - text, chunk if position == 0 else None, events)
        else:
            self.add_content(text, found - text, None, events)
            self.matched = end - found
        return end - start

    cdef bint count_content(self, Py_ssize_t length) except -1:
        # the reader of a part that is returned in pieces checks the bound itself
        cdef Py_ssize_t limit = self.max_file_size if self.is_file else self.max_field_size if self.whole_fields else -1
        self.size += length
        if 0 <= limit < self.size:
            self.set_error(file_too_large if self.is_file else field_too_large, limit)
            return False
        return True

    cdef bint add_content(self, const char *text, Py_ssize_t length, bytes piece, list events) except -1:
        """Add a piece of the content, or buffer it; return whether it is within the bounds.

        Args:
            text: The first byte of the piece.
            length: The number of its bytes.
            piece: The piece as an object, if there is one already; otherwise None.
            events: The list to which the piece is added.
        """
        if length == 0:
            return True
        if not self.count_content(length):
            length -= self.size - self.max_file_size
            if self.is_file and length > 0:
                # return what is within the bounds, so that the result does not depend on where the chunks end
                events.append(PyBytes_FromStringAndSize(text, length))
            return False
        if not self.whole_fields or self.is_file:
            events.append(PyBytes_FromStringAndSize(text, length) if piece is None else piece)
        else:
            if self.buffered is None:
                self.buffered = bytearray()
            append(self.buffered, text, length)
        return True

    cdef bint end_part(self, const char *text, Py_ssize_t length, list events) except -1:
        """Add the last piece of the content and the end of the part; return whether both are valid."""
        cdef object field = None
        self.has_open_part = False
        if not self.whole_fields or self.is_file:
            if not self.add_content(text, length, None, events):
                return False
            events.append(None)
            return True
        if not self.count_content(length):
            return False
        if self.buffered is not None:
            if length:
                append(self.buffered, text, length)
            text = PyByteArray_AS_STRING(self.buffered)
            length = PyByteArray_GET_SIZE(self.buffered)
        if length == 0 and self.charset is None:
            field = ""
        elif self.charset is None:
            try:
                field = PyUnicode_DecodeUTF8(text, length, NULL)
            except UnicodeDecodeError:
                # refused below
                pass
        if field is None:
            try:
                field = decode_text(PyBytes_FromStringAndSize(text, length), self.charset)
            except ClientException as error:
                self.set_error(ClientException, error.detail)
                return False
        events.append((self.name, field))
        return True


check_self(MultipartReader)
