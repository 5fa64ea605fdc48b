# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""Parsers of what a client sends in headers and query; each is linear in its input and raises nothing undocumented."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE
from cpython.unicode cimport (
    PyUnicode_DATA,
    PyUnicode_DecodeLatin1,
    PyUnicode_DecodeUTF8,
    PyUnicode_GET_LENGTH,
    PyUnicode_KIND,
    PyUnicode_READ,
    PyUnicode_Substring,
)
from libc.string cimport memchr

from litecon._errors import too_many_fields, wrong_header

cdef extern from *:
    """
    /* token characters (RFC 9110 section 5.6.2) */
    static int litecon_is_token(Py_UCS4 c) {
        if (c >= 'a' && c <= 'z') return 1;
        if (c >= 'A' && c <= 'Z') return 1;
        if (c >= '0' && c <= '9') return 1;
        switch (c) {
            case '!': case '#': case '$': case '%': case '&': case '\\'': case '*': case '+': case '-': case '.':
            case '^': case '_': case '`': case '|': case '~': return 1;
        }
        return 0;
    }

    static inline unsigned char litecon_lower(unsigned char c) {
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    }

    static inline int litecon_hex(unsigned char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    }

    static int litecon_same_name(const char *left, const char *lower, Py_ssize_t length) {
        Py_ssize_t i;
        for (i = 0; i < length; i++) {
            if (left[i] != lower[i] && litecon_lower((unsigned char) left[i]) != (unsigned char) lower[i]) return 0;
        }
        return 1;
    }

    /* The value of the next header of that name from *at on, borrowed; NULL without one, or with *at -1 where the headers
       are not just pairs of bytes. PERF: no reference is counted, as nothing runs between that could drop one. */
    static PyObject *litecon_scan(PyObject *headers, const char *name, Py_ssize_t length, Py_ssize_t *at) {
    #ifndef Py_GIL_DISABLED
        PyObject **items;
        Py_ssize_t i, count;
        if (PyList_CheckExact(headers) || PyTuple_CheckExact(headers)) {
            items = PySequence_Fast_ITEMS(headers);
            count = PySequence_Fast_GET_SIZE(headers);
            for (i = *at; i < count; i++) {
                PyObject *key, *value;
                if (!PyTuple_CheckExact(items[i]) || PyTuple_GET_SIZE(items[i]) != 2) goto unusual;
                key = PyTuple_GET_ITEM(items[i], 0);
                if (!PyBytes_CheckExact(key)) goto unusual;
                if (PyBytes_GET_SIZE(key) != length) continue;
                if (!litecon_same_name(PyBytes_AS_STRING(key), name, length)) continue;
                value = PyTuple_GET_ITEM(items[i], 1);
                if (!PyBytes_CheckExact(value)) goto unusual;
                *at = i + 1;
                return value;
            }
            return NULL;
        }
    unusual:
    #endif
        *at = -1;
        return NULL;
    }

    /* percent-decoding into a buffer that is at least as long; with plus, "+" is a space */
    static Py_ssize_t litecon_unquote(const char *from, Py_ssize_t length, char *to, int plus) {
        const char *end = from + length;
        char *start = to;
        while (from < end) {
            if (*from == '%' && end - from > 2) {
                int high = litecon_hex((unsigned char) from[1]), low = litecon_hex((unsigned char) from[2]);
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

    static Py_ssize_t litecon_count_brackets(const char *text, Py_ssize_t length) {
        Py_ssize_t i, count = 0;
        while (length) {
            /* PERF: a sum that fits a byte is taken of sixteen at a time; the two brackets differ in one bit */
            Py_ssize_t block = length < 255 ? length : 255;
            unsigned char some = 0;
            for (i = 0; i < block; i++) some += (text[i] | 0x20) == '{';
            count += some;
            text += block;
            length -= block;
        }
        return count;
    }

    static int litecon_nests_deeper(const char *text, Py_ssize_t length, Py_ssize_t limit) {
        const char *end = text + length;
        Py_ssize_t depth = 0;
        for (; text < end; text++) {
            switch (*text) {
                case '"':
                    for (text++; text < end && *text != '"'; text++) if (*text == '\\\\') text++;
                    break;
                case '[': case '{':
                    if (++depth > limit) return 1;
                    break;
                case ']': case '}':
                    if (depth) depth--;
            }
        }
        return 0;
    }

    static unsigned long long litecon_big_endian(const unsigned char *text, int width) {
        unsigned long long number = 0;
        while (width--) number = number * 256 + *text++;
        return number;
    }

    /* how a MessagePack object goes on behind its first byte: by so many bytes, a length of so many bytes, or objects */
    static int litecon_msgpack_head(unsigned char first, int *width, int *more, int *times) {
        *width = *more = *times = 0;
        if (first < 0x80 || first >= 0xE0) return 0;
        if (first < 0x90) { *times = 2; *more = first & 0x0F; return 1; }
        if (first < 0xA0) { *times = 1; *more = first & 0x0F; return 1; }
        if (first < 0xC0) { *more = first & 0x1F; return 0; }
        switch (first) {
            case 0xC4: case 0xD9: *width = 1; break;
            case 0xC5: case 0xDA: *width = 2; break;
            case 0xC6: case 0xDB: *width = 4; break;
            case 0xC7: *width = 1; *more = 1; break;
            case 0xC8: *width = 2; *more = 1; break;
            case 0xC9: *width = 4; *more = 1; break;
            case 0xCC: case 0xD0: *more = 1; break;
            case 0xCD: case 0xD1: *more = 2; break;
            case 0xCA: case 0xCE: case 0xD2: *more = 4; break;
            case 0xCB: case 0xCF: case 0xD3: *more = 8; break;
            case 0xD4: *more = 2; break;
            case 0xD5: *more = 3; break;
            case 0xD6: *more = 5; break;
            case 0xD7: *more = 9; break;
            case 0xD8: *more = 17; break;
            case 0xDC: *width = 2; *times = 1; return 1;
            case 0xDD: *width = 4; *times = 1; return 1;
            case 0xDE: *width = 2; *times = 2; return 1;
            case 0xDF: *width = 4; *times = 2; return 1;
        }
        return 0;
    }

    static Py_ssize_t litecon_measure_msgpack(const unsigned char *text, Py_ssize_t size, Py_ssize_t limit,
                                              unsigned long long *open) {
        Py_ssize_t position = 0, depth = 0;
        open[0] = 1;
        while (depth >= 0) {
            int width, more, times, container;
            unsigned long long number;
            if (open[depth] == 0) { depth--; continue; }
            if (position >= size) return size + 1;
            open[depth]--;
            container = litecon_msgpack_head(text[position++], &width, &more, &times);
            if (width > size - position) return size + 1;
            number = litecon_big_endian(text + position, width) + (unsigned long long) more;
            position += width;
            if (container) {
                if (depth >= limit) return -1;
                open[++depth] = number * (unsigned long long) times;
            } else {
                if (number > (unsigned long long) (size - position)) return size + 1;
                position += (Py_ssize_t) number;
            }
        }
        return position;
    }
    """
    Py_ssize_t litecon_measure_msgpack(
        const unsigned char *text, Py_ssize_t size, Py_ssize_t limit, unsigned long long *open
    ) noexcept
    bint litecon_is_token(Py_UCS4 c) noexcept
    int litecon_hex(unsigned char c) noexcept
    PyObject *litecon_scan(object headers, const char *name, Py_ssize_t length, Py_ssize_t *at) noexcept
    bint litecon_same_name(const char *left, const char *lower, Py_ssize_t length) noexcept
    Py_ssize_t litecon_unquote(const char *source, Py_ssize_t length, char *target, bint plus) noexcept
    Py_ssize_t litecon_count_brackets(const char *text, Py_ssize_t length) noexcept
    bint litecon_nests_deeper(const char *text, Py_ssize_t length, Py_ssize_t limit) noexcept


cdef bint _is_named(object key, const char *name, Py_ssize_t length) except -1:
    if not isinstance(key, bytes):
        raise TypeError
    return PyBytes_GET_SIZE(key) == length and litecon_same_name(PyBytes_AS_STRING(key), name, length)


cdef object scan_headers(object headers, const char *name, Py_ssize_t length):
    cdef Py_ssize_t at = 0
    cdef PyObject *found = litecon_scan(headers, name, length, &at)
    if at < 0:
        return _scan_unusual(headers, name, length)
    return None if found is NULL else <object> found


cdef object _scan_unusual(object headers, const char *name, Py_ssize_t length):
    cdef object pair = None
    cdef object key, value
    try:
        for pair in headers:
            key, value = pair
            if _is_named(key, name, length):
                if isinstance(value, bytes):
                    return value
                break
        else:
            return None
    except (TypeError, ValueError):
        pass
    raise wrong_header(pair)


def find_header(headers, bytes name not None):
    """Return the value of the first header of that name, None if there is none.

    Args:
        headers: Pairs of bytes, as in `scope["headers"]`.
        name: A lower-case name; the headers' case does not count.

    Raises:
        ImproperlyConfiguredException: A header is no pair of bytes.
    """
    return scan_headers(headers, PyBytes_AS_STRING(name), PyBytes_GET_SIZE(name))


def find_headers(headers, bytes name not None):
    """Return the values of all headers of that name, in their order.

    Args:
        headers: Pairs of bytes, as in `scope["headers"]`.
        name: A lower-case name; the headers' case does not count.

    Raises:
        ImproperlyConfiguredException: A header is no pair of bytes.
    """
    return _scan_all(headers, PyBytes_AS_STRING(name), PyBytes_GET_SIZE(name))


cdef list _scan_all(object headers, const char *name, Py_ssize_t length):
    cdef list found = []
    cdef Py_ssize_t at = 0
    cdef PyObject *value = litecon_scan(headers, name, length, &at)
    while value is not NULL:
        found.append(<object> value)
        value = litecon_scan(headers, name, length, &at)
    return _scan_all_unusual(headers, name, length) if at < 0 else found


cdef list _scan_all_unusual(object headers, const char *name, Py_ssize_t length):
    cdef list found = []
    cdef object pair = None
    cdef object key, value
    try:
        for pair in headers:
            key, value = pair
            if _is_named(key, name, length):
                if not isinstance(value, bytes):
                    break
                found.append(value)
        else:
            return found
    except (TypeError, ValueError):
        pass
    raise wrong_header(pair)


def parse_query(bytes query not None, max_fields):
    """Return the name and value pairs of a query string, or of an urlencoded form.

    Only `&` separates, blank values are kept, empty pairs are not, what is no UTF-8 becomes U+FFFD.

    Args:
        query: The encoded pairs.
        max_fields: How many of them are accepted; None for any number.

    Raises:
        RequestEntityTooLarge: There are more.
    """
    return read_query(query, -1 if max_fields is None else max_fields)


cdef list read_query(bytes query, Py_ssize_t limit):
    cdef const char *text = PyBytes_AS_STRING(query)
    cdef const char *end = text + PyBytes_GET_SIZE(query)
    cdef const char *stop
    cdef const char *middle
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
                middle = <const char *> memchr(text, c"=", stop - text)
                if middle is NULL:
                    fields.append((_decode_field(text, stop, &buffer, end), ""))
                else:
                    fields.append((_decode_field(text, middle, &buffer, end), _decode_field(middle + 1, stop, &buffer, end)))
            text = stop + 1
    finally:
        PyMem_Free(buffer)
    return fields


cdef str _decode_field(const char *start, const char *stop, char **buffer, const char *end):
    """Decode a field; the buffer is made at the first that needs it, long enough for all that follow."""
    cdef Py_ssize_t length = stop - start
    if memchr(start, c"%", length) is NULL and memchr(start, c"+", length) is NULL:
        return PyUnicode_DecodeUTF8(start, length, "replace")
    if buffer[0] is NULL:
        buffer[0] = <char *> PyMem_Malloc(end - start)
        if buffer[0] is NULL:
            raise MemoryError()
    length = litecon_unquote(start, length, buffer[0], True)
    return PyUnicode_DecodeUTF8(buffer[0], length, "replace")


def parse_cookies(headers):
    """Return the cookies of all Cookie headers (RFC 6265 section 5.4); the last of a name wins.

    A pair without `=`, without a name or with a control character is skipped. Values are unquoted and percent-decoded.

    Args:
        headers: Pairs of bytes, as in `scope["headers"]`.

    Raises:
        ImproperlyConfiguredException: A header is no pair of bytes.
    """
    return read_cookies(headers)


cdef dict read_cookies(object headers):
    cdef dict cookies = {}
    cdef Py_ssize_t at = 0
    cdef PyObject *header = litecon_scan(headers, "cookie", 6, &at)
    while header is not NULL:
        _add_cookies(cookies, <bytes> header)
        header = litecon_scan(headers, "cookie", 6, &at)
    if at < 0:
        cookies.clear()
        for value in _scan_all_unusual(headers, "cookie", 6):
            _add_cookies(cookies, value)
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
    """Decode latin-1 whose percent escapes are UTF-8."""
    cdef char *buffer
    cdef Py_ssize_t i
    if memchr(value, c"%", length) is NULL:
        return PyUnicode_DecodeLatin1(value, length, NULL)
    for i in range(length):
        if <unsigned char> value[i] >= 0x80:
            # escapes on both sides of a raw byte are decoded each for itself
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


cdef class _Text:
    """A str as the parameter parsers read it: characters by position."""

    cdef str text
    cdef int kind
    cdef void *data
    cdef Py_ssize_t length

    def __cinit__(self, str text not None):
        self.text = text
        self.kind = PyUnicode_KIND(text)
        self.data = PyUnicode_DATA(text)
        self.length = PyUnicode_GET_LENGTH(text)


cdef inline Py_UCS4 _at(_Text text, Py_ssize_t index) noexcept:
    return PyUnicode_READ(text.kind, text.data, index)


cdef inline bint _is_space(Py_UCS4 c) noexcept:
    return c == c" " or c == c"\t"


cdef Py_ssize_t _skip_spaces(_Text text, Py_ssize_t index, Py_ssize_t end) noexcept:
    while index < end and _is_space(_at(text, index)):
        index += 1
    return index


cdef Py_ssize_t _drop_spaces(_Text text, Py_ssize_t start, Py_ssize_t end) noexcept:
    while end > start and _is_space(_at(text, end - 1)):
        end -= 1
    return end


cdef Py_ssize_t _find(_Text text, Py_UCS4 wanted, Py_ssize_t index, Py_ssize_t end) noexcept:
    while index < end and _at(text, index) != wanted:
        index += 1
    return index


cdef bint _is_name(_Text text, Py_ssize_t start, Py_ssize_t end) noexcept:
    if start == end:
        return False
    while start < end:
        if not litecon_is_token(_at(text, start)):
            return False
        start += 1
    return True


cdef str _lower(_Text text, Py_ssize_t start, Py_ssize_t end):
    cdef Py_ssize_t index
    cdef str part = PyUnicode_Substring(text.text, start, end)
    for index in range(start, end):
        if c"A" <= _at(text, index) <= c"Z":
            return part.lower()
    return part


cdef Py_ssize_t _slash_of(_Text text, Py_ssize_t start, Py_ssize_t end) noexcept:
    """Return where the slash of a media type is, -1 in what is none."""
    cdef Py_ssize_t slash = _find(text, c"/", start, end)
    if slash < end and _is_name(text, start, slash) and _is_name(text, slash + 1, end):
        return slash
    return -1


cdef dict _parse_parameters(_Text text, Py_ssize_t index, Py_ssize_t end):
    """Parse parameters from the first semicolon on."""
    cdef dict parameters = {}
    cdef Py_ssize_t start, stop, close, value
    cdef bint escaped
    cdef str name, plain
    while True:
        index = _find(text, c";", index, end)
        if index == end:
            return parameters
        start = index = _skip_spaces(text, index + 1, end)
        while index < end and _at(text, index) != c"=" and _at(text, index) != c";":
            index += 1
        if index == end or _at(text, index) == c";":
            continue
        stop = _drop_spaces(text, start, index)
        value = index = _skip_spaces(text, index + 1, end)
        close = -1
        escaped = False
        if index < end and _at(text, index) == c'"':
            close = index + 1
            while close < end and _at(text, close) != c'"':
                if _at(text, close) == c"\\":
                    escaped = True
                    close += 1
                close += 1
            if close >= end:
                close = -1
        index = _find(text, c";", index if close < 0 else close + 1, end)
        if not _is_name(text, start, stop):
            continue
        name = _lower(text, start, stop)
        if name in parameters:
            continue
        if close < 0:
            plain = PyUnicode_Substring(text.text, value, _drop_spaces(text, value, index))
        else:
            plain = PyUnicode_Substring(text.text, value + 1, close)
            if escaped:
                plain = _unescape(plain)
        parameters[name] = plain


cdef str _unescape(str quoted):
    cdef list characters = []
    cdef bint escape = False
    cdef Py_UCS4 c
    for c in quoted:
        if c == c"\\" and not escape:
            escape = True
        else:
            escape = False
            characters.append(c)
    return "".join(characters)


def parse_content_type(str value not None):
    """Return a media type, in lower case, and its parameters (RFC 9110 section 8.3.1).

    Parameters that are none are skipped; the first of a name wins, and names are in lower case.

    Args:
        value: The header's value.

    Returns:
        `("application/octet-stream", {})` for what is no media type, `("", {})` for an empty value.
    """
    return read_content_type(value)


cdef tuple read_content_type(str value):
    cdef _Text text = _Text.__new__(_Text, value)
    cdef Py_ssize_t kind = _find(text, c";", 0, text.length)
    cdef Py_ssize_t start = _skip_spaces(text, 0, kind)
    cdef Py_ssize_t end = _drop_spaces(text, start, kind)
    if _slash_of(text, start, end) < 0:
        return ("application/octet-stream" if _skip_spaces(text, 0, text.length) < text.length else ""), {}
    return _lower(text, start, end), _parse_parameters(text, kind, text.length)


def parse_accept(str value not None):
    """Return the media ranges of an Accept header, the most wanted first (RFC 9110 section 12.5.1).

    Args:
        value: The header's value.

    Returns:
        For each range: its quality in thousandths, its specificity, type, subtype, parameters without `q`, and its text.
        A quality that is no number counts as 1; an item that is no media range is skipped.
    """
    cdef _Text text = _Text.__new__(_Text, value)
    cdef Py_ssize_t start = 0
    cdef Py_ssize_t end
    cdef list ranges = []
    while start < text.length:
        end = _end_of_item(text, start)
        _add_range(ranges, text, start, end)
        start = end + 1
    if len(ranges) > 1:
        ranges.sort(key=_rank)
    return ranges


def _rank(item):
    return -item[0], -item[1]


cdef Py_ssize_t _end_of_item(_Text text, Py_ssize_t index) noexcept:
    while index < text.length and _at(text, index) != c",":
        if _at(text, index) == c'"':
            index += 1
            while index < text.length and _at(text, index) != c'"':
                index += 2 if _at(text, index) == c"\\" else 1
        index += 1
    return index if index < text.length else text.length


cdef int _add_range(list ranges, _Text text, Py_ssize_t start, Py_ssize_t end) except -1:
    cdef Py_ssize_t kind, stop, slash, specificity
    cdef dict parameters
    cdef str main, sub, media_type
    start = _skip_spaces(text, start, end)
    end = _drop_spaces(text, start, end)
    kind = _find(text, c";", start, end)
    stop = _drop_spaces(text, start, kind)
    if stop == start + 1 and _at(text, start) == c"*":
        main = sub = "*"
    else:
        slash = _slash_of(text, start, stop)
        if slash < 0:
            return 0
        main = _lower(text, start, slash)
        sub = _lower(text, slash + 1, stop)
    parameters = _parse_parameters(text, kind, end)
    quality = _quality(parameters.pop("q", "1")) if parameters else 1000
    specificity = 0 if main == "*" else 1 if sub == "*" else 2 + len(parameters)
    media_type = f"{main}/{sub}{PyUnicode_Substring(text.text, kind, end)}"
    ranges.append((quality, specificity, main, sub, parameters, media_type))
    return 0


cdef int _quality(str value) except -1:
    """Return a quality in thousandths; 1000 for what is no number."""
    cdef int thousandths = 0
    cdef int weight = 100
    cdef bint fraction = False
    cdef bint digits = False
    cdef bint above = False
    cdef Py_UCS4 c
    for c in value:
        if c == c"." and not fraction:
            fraction = True
        elif c"0" <= c <= c"9":
            digits = True
            if fraction:
                thousandths += (<int> c - 48) * weight
                weight //= 10
            elif c != c"0":
                above = True
        else:
            return 1000
    return thousandths if digits and not above else 1000


def best_match(ranges, offers):
    """Return the offer that a client wants most, None if it accepts none of them.

    The most specific range that matches an offer decides its quality. Between equal offers the more specific range
    decides, then the order of the ranges, then the order of the offers.

    Args:
        ranges: What `parse_accept` returned.
        offers: Media types; a wildcard in one is filled in from the range that it matches.
    """
    cdef str best = None
    cdef str offer, main, sub
    cdef _Text text
    cdef dict parameters
    cdef tuple item, found
    cdef Py_ssize_t kind, start, stop, slash, index, position
    cdef Py_ssize_t quality, specificity
    cdef Py_ssize_t best_quality = 0, best_specificity = 0, best_position = 0
    cdef bint wildcard
    for offer in offers:
        text = _Text.__new__(_Text, offer)
        kind = _find(text, c";", 0, text.length)
        start = _skip_spaces(text, 0, kind)
        stop = _drop_spaces(text, start, kind)
        slash = _find(text, c"/", start, stop)
        main = _lower(text, start, slash)
        sub = _lower(text, slash + 1 if slash < stop else stop, stop)
        parameters = _parse_parameters(text, kind, text.length) if kind != text.length else None
        wildcard = main == "*" or sub == "*"
        found = None
        position = specificity = 0
        for index, item in enumerate(ranges):
            if (
                (found is None or <Py_ssize_t> item[1] > specificity)
                and (main == item[2] or item[2] == "*" or main == "*")
                and (sub == item[3] or item[3] == "*" or sub == "*")
                and _has_parameters(parameters, item[4])
            ):
                found = item
                position = index
                specificity = item[1]
                if wildcard:
                    break
        if found is None:
            continue
        quality = found[0]
        if quality == 0:
            continue
        if best is None or (quality, specificity, -position) > (best_quality, best_specificity, -best_position):
            best_quality = quality
            best_specificity = specificity
            best_position = position
            best = offer
            if wildcard:
                best = f"{found[2] if main == '*' else main}/{found[3] if sub == '*' else sub}"
    return best


cdef bint _has_parameters(dict parameters, dict wanted) except -1:
    if not wanted:
        return True
    if parameters is None:
        return False
    for name, value in wanted.items():
        if parameters.get(name) != value:
            return False
    return True


def nests_deeper(bytes body not None, Py_ssize_t limit):
    """Return whether JSON nests arrays and objects deeper than a limit.

    Decoders recurse on the C stack, and on a thread with a small one they crash where they should raise.

    Args:
        body: JSON, valid or not.
        limit: Levels.
    """
    return nests(body, limit)


cdef bint nests(bytes body, Py_ssize_t limit) noexcept:
    cdef const char *text = PyBytes_AS_STRING(body)
    cdef Py_ssize_t length = PyBytes_GET_SIZE(body)
    # as deep as it is long at the most
    if length <= limit:
        return False
    return litecon_count_brackets(text, length) > limit and litecon_nests_deeper(text, length, limit)


def measure_msgpack(bytes body not None, Py_ssize_t limit):
    """Return the length of the MessagePack object that a body begins with.

    Decoders recurse on the C stack, and on a thread with a small one they crash where they should raise; some ignore
    what follows the object.

    Args:
        body: MessagePack, valid or not.
        limit: How many arrays and maps may lie in each other.

    Returns:
        -1 where they nest deeper, more than there is where the body ends too early.
    """
    cdef unsigned long long *open_ = <unsigned long long *> PyMem_Malloc((limit + 1) * sizeof(unsigned long long))
    if open_ is NULL:
        raise MemoryError()
    try:
        return litecon_measure_msgpack(
            <const unsigned char *> PyBytes_AS_STRING(body), PyBytes_GET_SIZE(body), limit, open_
        )
    finally:
        PyMem_Free(open_)
