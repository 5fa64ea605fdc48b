# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""Parsers of query strings and cookies; each is linear in its input and raises nothing undocumented."""

cimport cython
from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_GET_SIZE, PyByteArray_Resize
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.unicode cimport PyUnicode_DecodeLatin1, PyUnicode_DecodeUTF8
from libc.string cimport memchr, memcpy

from litecon._native.bounds cimport bound
from litecon._native.headers cimport exact_bytes, scan_all_headers
from litecon._native.operation cimport check_self

from litecon._errors import field_too_large, too_many_fields

cdef extern from *:
    """
    #include <stdint.h>

    static inline int litecon_hex_value(unsigned char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    }

    /* Percent-decode into a buffer that is at least as long, and return the length; with `plus`, "+" is a space. */
    static Py_ssize_t litecon_unquote(const char *from, Py_ssize_t length, char *to, int plus) {
        const char *end = from + length;
        char *start = to;
        while (from < end) {
            if (*from == '%' && end - from > 2) {
                int high = litecon_hex_value((unsigned char) from[1]), low = litecon_hex_value((unsigned char) from[2]);
                if (high >= 0 && low >= 0) {
                    *to++ = (char) (high * 16 + low);
                    from += 3;
                    continue;
                }
            }
            *to++ = plus && *from == '+' ? ' ' : *from;
            from++;
        }
        return to - start;
    }

    #define LITECON_REPEAT(byte) (0x0101010101010101 * (uint64_t) (byte))

    /* Return eight bytes of ASCII in which each byte that equals `byte` has become 0x80, and each other byte 0; no byte
       carries into the next. */
    static inline uint64_t litecon_match_byte(uint64_t bytes, unsigned char byte) {
        return ~((bytes ^ LITECON_REPEAT(byte)) + LITECON_REPEAT(0x7F)) & LITECON_REPEAT(0x80);
    }

    /* Return a short field of ASCII without escapes, with "+" as a space; None for any other field. PERF: one walk,
       eight bytes at a time, where the UTF-8 decoder and the searches for special bytes take twice the instructions. */
    static PyObject *litecon_decode_short_field(const char *from, Py_ssize_t length) {
        PyObject *result;
        Py_UCS1 *to;
        Py_ssize_t i = 0;
        /* the decoder returns a cached object for a single character */
        if (length < 2 || length > 64) Py_RETURN_NONE;
        result = PyUnicode_New(length, 127);
        if (result == NULL) return NULL;
        to = PyUnicode_1BYTE_DATA(result);
        for (; length - i >= 8; i += 8) {
            uint64_t bytes;
            memcpy(&bytes, from + i, 8);
            if (bytes & LITECON_REPEAT(0x80) || litecon_match_byte(bytes, '%')) break;
            bytes -= (litecon_match_byte(bytes, '+') >> 7) * ('+' - ' ');
            memcpy(to + i, &bytes, 8);
        }
        for (; i < length; i++) {
            unsigned char c = (unsigned char) from[i];
            if (c == '%' || c >= 0x80) {
                Py_DECREF(result);
                Py_RETURN_NONE;
            }
            to[i] = c == '+' ? ' ' : c;
        }
        return result;
    }

    /* Return the length after percent-decoding. */
    static Py_ssize_t litecon_unquoted_length(const char *from, Py_ssize_t length) {
        const char *end = from + length;
        Py_ssize_t escapes = 0;
        while ((from = from < end ? (const char *) memchr(from, '%', end - from) : NULL) != NULL) {
            if (end - from > 2 && litecon_hex_value((unsigned char) from[1]) >= 0
                    && litecon_hex_value((unsigned char) from[2]) >= 0) {
                escapes++;
                from += 3;
            } else {
                from++;
            }
        }
        return length - 2 * escapes;
    }
    """
    object litecon_decode_short_field(const char *source, Py_ssize_t length)
    Py_ssize_t litecon_unquoted_length(const char *source, Py_ssize_t length) noexcept
    Py_ssize_t litecon_unquote(const char *source, Py_ssize_t length, char *target, bint plus) noexcept


def parse_query(query, max_fields):
    """Return the name and value pairs of a query string, or of an urlencoded form.

    Only `&` separates pairs; blank values are kept, empty pairs are not; malformed UTF-8 becomes U+FFFD.

    Args:
        query: The encoded pairs.
        max_fields: The number of pairs that is accepted; None for any number.

    Raises:
        RequestEntityTooLarge: There are more pairs.
    """
    return read_query(exact_bytes(query), bound(max_fields))


cdef list read_query(bytes query, Py_ssize_t limit):
    cdef const char *text = PyBytes_AS_STRING(query)
    cdef const char *end = text + PyBytes_GET_SIZE(query)
    cdef const char *stop
    cdef char *buffer = NULL
    cdef Py_ssize_t count = 0
    cdef list fields = []
    try:
        while text < end:
            stop = <const char *> memchr(text, c"&", end - text)
            if stop is NULL:
                stop = end
            if stop != text:
                count += 1
                if limit >= 0 and count > limit:
                    raise too_many_fields(limit)
                _add_field(fields, text, stop, &buffer, end)
            text = stop + 1
    finally:
        PyMem_Free(buffer)
    return fields


cdef int _add_field(list fields, const char *text, const char *stop, char **buffer, const char *end) except -1:
    """Add the name and the value of a pair that is not empty."""
    cdef const char *middle = <const char *> memchr(text, c"=", stop - text)
    if middle is NULL:
        fields.append((_decode_field(text, stop, buffer, end), ""))
    else:
        fields.append((_decode_field(text, middle, buffer, end), _decode_field(middle + 1, stop, buffer, end)))
    return 0


@cython.final
cdef class FieldReader:
    """An incremental parser of urlencoded forms, whose result does not depend on where the chunks end.

    It buffers the field that is arriving. Fields are parsed as by `parse_query()`.

    Args:
        limits: The limits, of which `max_fields` and `max_field_size` are used; the latter bounds the decoded size of
            each name and of each value.
    """

    cdef object make_error
    cdef Py_ssize_t count, max_fields, max_size
    # the field that is arriving; None if there is none
    cdef bytearray buffered
    # of the buffered field: the number of counted bytes, their decoded size, and whether the name has ended
    cdef Py_ssize_t counted, size
    cdef bint has_equals

    def __init__(self, limits):
        self.max_fields = bound(limits.max_fields)
        self.max_size = bound(limits.max_field_size)

    def feed(self, chunk):
        """Return the fields that a chunk completes; `check()` then raises the error that follows them, if any.

        Args:
            chunk: The next chunk of the body, b"" at its end.
        """
        cdef bytes data = bytes(chunk)
        cdef list fields = []
        cdef const char *text = PyBytes_AS_STRING(data)
        cdef const char *end = text + PyBytes_GET_SIZE(data)
        cdef const char *stop
        cdef char *buffer = NULL
        if text == end:
            if self.buffered is not None and self.make_error is None:
                self.finish_field(text, text, fields)
            return fields
        try:
            while text < end and self.make_error is None:
                stop = <const char *> memchr(text, c"&", end - text)
                if stop is NULL:
                    self.buffer_piece(text, end - text, False)
                    break
                if self.buffered is not None:
                    self.finish_field(text, stop, fields)
                elif stop != text and self.count_field():
                    if 0 <= self.max_size < stop - text:
                        self.finish_field(text, stop, fields, True)
                    else:
                        _add_field(fields, text, stop, &buffer, end)
                text = stop + 1
        finally:
            PyMem_Free(buffer)
        return fields

    def check(self):
        """Raise the error that follows the returned fields, if any.

        Raises:
            RequestEntityTooLarge: There are more fields than accepted, or one is too large.
        """
        if self.make_error is not None:
            raise self.make_error(self.max_fields if self.make_error is too_many_fields else self.max_size)

    cdef bint count_field(self) except -1:
        """Count a field, and return whether it is within the bounds."""
        self.count += 1
        if 0 <= self.max_fields < self.count:
            self.make_error = too_many_fields
            return False
        return True

    cdef bint buffer_piece(self, const char *text, Py_ssize_t length, bint is_last, bint is_counted=False) except -1:
        """Add a piece to the field that is arriving, and return whether it is within the bounds."""
        cdef Py_ssize_t size
        if self.buffered is None:
            if not is_counted and not self.count_field():
                return False
            self.buffered = bytearray()
            self.counted = self.size = 0
            self.has_equals = False
        size = PyByteArray_GET_SIZE(self.buffered)
        if length:
            # this allocates an eighth more than it needs, so that appending takes linear time
            PyByteArray_Resize(self.buffered, size + length)
            memcpy(PyByteArray_AS_STRING(self.buffered) + size, text, length)
        # decoding does not enlarge a field
        if 0 <= self.max_size < size + length and self.measure(is_last) > self.max_size:
            self.make_error = field_too_large
            return False
        return True

    cdef Py_ssize_t measure(self, bint is_last) except -1:
        """Count the new bytes of the buffered field, and return the decoded size of its name or value."""
        cdef const char *text = PyByteArray_AS_STRING(self.buffered) + self.counted
        cdef Py_ssize_t length = PyByteArray_GET_SIZE(self.buffered) - self.counted
        cdef const char *equals
        if not is_last:
            # an escape may continue in the next chunk
            if length > 0 and text[length - 1] == c"%":
                length -= 1
            elif length > 1 and text[length - 2] == c"%":
                length -= 2
        self.counted += length
        if not self.has_equals:
            equals = <const char *> memchr(text, c"=", length) if length else NULL
            self.size += litecon_unquoted_length(text, length if equals is NULL else equals - text)
            if equals is NULL or self.size > self.max_size:
                return self.size
            self.has_equals = True
            self.size = 0
            length -= equals + 1 - text
            text = equals + 1
        self.size += litecon_unquoted_length(text, length)
        return self.size

    cdef int finish_field(self, const char *text, const char *stop, list fields, bint is_counted=False) except -1:
        """Add the buffered field, of which this is the last piece."""
        cdef char *buffer = NULL
        cdef const char *start
        cdef const char *end
        if not self.buffer_piece(text, stop - text, True, is_counted):
            return 0
        start = PyByteArray_AS_STRING(self.buffered)
        end = start + PyByteArray_GET_SIZE(self.buffered)
        try:
            _add_field(fields, start, end, &buffer, end)
        finally:
            PyMem_Free(buffer)
        self.buffered = None
        return 0


check_self(FieldReader)


cdef str _decode_field(const char *start, const char *stop, char **buffer, const char *end):
    """Decode a field; the buffer is allocated for the first field that needs it, large enough for all that follow."""
    cdef Py_ssize_t length = stop - start
    cdef object short = litecon_decode_short_field(start, length)
    if short is not None:
        return <str> short
    if memchr(start, c"%", length) is NULL and memchr(start, c"+", length) is NULL:
        return PyUnicode_DecodeUTF8(start, length, "replace")
    if buffer[0] is NULL:
        buffer[0] = <char *> PyMem_Malloc(end - start)
        if buffer[0] is NULL:
            raise MemoryError()
    length = litecon_unquote(start, length, buffer[0], True)
    return PyUnicode_DecodeUTF8(buffer[0], length, "replace")


def parse_cookies(headers):
    """Return the cookies of all Cookie headers (RFC 6265 section 5.4); the last value of a name is used.

    A pair without `=`, without a name or with a control character is skipped. Values are unquoted and percent-decoded.

    Args:
        headers: The headers, pairs of bytes as in `scope["headers"]`.

    Raises:
        ImproperlyConfiguredException: A header is not a pair of bytes.
    """
    return read_cookies(headers)


cdef dict read_cookies(object headers):
    cdef dict cookies = {}
    cdef bytes header
    for header in scan_all_headers(headers, "cookie", 6):
        _add_cookies(cookies, header)
    return cookies


cdef int _add_cookies(dict cookies, bytes header) except -1:
    cdef const char *text = PyBytes_AS_STRING(header)
    cdef const char *end = text + PyBytes_GET_SIZE(header)
    cdef const char *stop
    while text < end:
        stop = <const char *> memchr(text, c";", end - text)
        if stop is NULL:
            stop = end
        _add_cookie(cookies, text, stop)
        text = stop + 1
    return 0


cdef bint _has_control(const char *text, const char *end) noexcept:
    cdef unsigned char c
    while text < end:
        c = <unsigned char> text[0]
        if (c < 0x20 and c != c"\t") or c == 0x7F:
            return True
        text += 1
    return False


cdef int _add_cookie(dict cookies, const char *text, const char *end) except -1:
    cdef const char *middle = <const char *> memchr(text, c"=", end - text)
    cdef const char *value
    if middle is NULL:
        return 0
    value = middle + 1
    while text < middle and (text[0] == c" " or text[0] == c"\t"):
        text += 1
    while middle > text and (middle[-1] == c" " or middle[-1] == c"\t"):
        middle -= 1
    while value < end and (value[0] == c" " or value[0] == c"\t"):
        value += 1
    while end > value and (end[-1] == c" " or end[-1] == c"\t"):
        end -= 1
    if text == middle or _has_control(text, middle) or _has_control(value, end):
        return 0
    cookies[PyUnicode_DecodeLatin1(text, middle - text, NULL)] = _decode_cookie(value, end - value)
    return 0


cdef str _decode_cookie(const char *value, Py_ssize_t length):
    cdef char *buffer
    cdef Py_ssize_t i = 0
    cdef Py_ssize_t size = 0
    if length > 1 and value[0] == c'"' and value[length - 1] == c'"':
        value += 1
        length -= 2
        if memchr(value, c"\\", length) is NULL:
            return _percent_decode(value, length)
        buffer = <char *> PyMem_Malloc(length)
        if buffer is NULL:
            raise MemoryError()
        try:
            while i < length:
                if value[i] != c"\\" or i + 1 == length:
                    buffer[size] = value[i]
                    i += 1
                elif (
                    i + 3 < length
                    and c"0" <= value[i + 1] <= c"3"
                    and c"0" <= value[i + 2] <= c"7"
                    and c"0" <= value[i + 3] <= c"7"
                ):
                    buffer[size] = <char> ((value[i + 1] - 48) * 64 + (value[i + 2] - 48) * 8 + value[i + 3] - 48)
                    i += 4
                else:
                    buffer[size] = value[i + 1]
                    i += 2
                size += 1
            return _percent_decode(buffer, size)
        finally:
            PyMem_Free(buffer)
    return _percent_decode(value, length)


cdef str _percent_decode(const char *value, Py_ssize_t length):
    """Decode a Latin-1 text whose percent escapes are UTF-8."""
    cdef char *buffer
    cdef Py_ssize_t i
    if memchr(value, c"%", length) is NULL:
        return PyUnicode_DecodeLatin1(value, length, NULL)
    for i in range(length):
        if <unsigned char> value[i] >= 0x80:
            # escapes on the two sides of a raw byte are decoded separately
            from urllib.parse import unquote

            return unquote(PyUnicode_DecodeLatin1(value, length, NULL))
    buffer = <char *> PyMem_Malloc(length)
    if buffer is NULL:
        raise MemoryError()
    try:
        length = litecon_unquote(value, length, buffer, False)
        return PyUnicode_DecodeUTF8(buffer, length, "replace")
    finally:
        PyMem_Free(buffer)
