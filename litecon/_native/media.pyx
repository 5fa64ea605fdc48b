# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""Parsers of media types: Content-Type and Accept; each is linear in its input and raises nothing undocumented."""

from cpython.unicode cimport (
    PyUnicode_DATA,
    PyUnicode_GET_LENGTH,
    PyUnicode_KIND,
    PyUnicode_READ,
    PyUnicode_Substring,
)

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
    """
    bint litecon_is_token(Py_UCS4 c) noexcept


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
