# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""Parsers of media types: Content-Type and Accept; each is linear in its input and raises nothing undocumented."""

from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject
from cpython.unicode cimport (
    PyUnicode_DATA,
    PyUnicode_FromObject,
    PyUnicode_GET_LENGTH,
    PyUnicode_KIND,
    PyUnicode_READ,
    PyUnicode_Substring,
)
from libc.string cimport memcpy

from litecon._errors import text_type

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


cdef struct Text:
    # a borrowed reference: the caller holds the text
    PyObject *text
    int kind
    void *data
    Py_ssize_t length


cdef inline Text _text_view(str text) noexcept:
    cdef Text read
    read.text = <PyObject *> text
    read.kind = PyUnicode_KIND(text)
    read.data = PyUnicode_DATA(text)
    read.length = PyUnicode_GET_LENGTH(text)
    return read


cdef inline Py_UCS4 _char_at(const Text *text, Py_ssize_t index) noexcept:
    return PyUnicode_READ(text.kind, text.data, index)


cdef inline str _substring(const Text *text, Py_ssize_t start, Py_ssize_t end):
    return PyUnicode_Substring(<str> text.text, start, end)


cdef str _require_str(str what, object text):
    """Return a text as an exact str; raise TypeError for anything but a str."""
    if type(text) is str:
        return <str> text
    if not isinstance(text, str):
        raise text_type(what, text)
    return PyUnicode_FromObject(text)


cdef inline bint _is_space(Py_UCS4 c) noexcept:
    return c == c" " or c == c"\t"


cdef Py_ssize_t _skip_spaces(const Text *text, Py_ssize_t index, Py_ssize_t end) noexcept:
    while index < end and _is_space(_char_at(text, index)):
        index += 1
    return index


cdef Py_ssize_t _strip_spaces_end(const Text *text, Py_ssize_t start, Py_ssize_t end) noexcept:
    while end > start and _is_space(_char_at(text, end - 1)):
        end -= 1
    return end


cdef Py_ssize_t _find_char(const Text *text, Py_UCS4 wanted, Py_ssize_t index, Py_ssize_t end) noexcept:
    while index < end and _char_at(text, index) != wanted:
        index += 1
    return index


cdef bint _is_token(const Text *text, Py_ssize_t start, Py_ssize_t end) noexcept:
    if start == end:
        return False
    while start < end:
        if not litecon_is_token(_char_at(text, start)):
            return False
        start += 1
    return True


cdef str _lower(const Text *text, Py_ssize_t start, Py_ssize_t end):
    """Return a part in lower case, unchanged if it has characters beyond ASCII, which no name has."""
    cdef Py_ssize_t index
    cdef str part = _substring(text, start, end)
    for index in range(start, end):
        if c"A" <= _char_at(text, index) <= c"Z":
            return part.lower() if part.isascii() else part
    return part


cdef Py_ssize_t _find_slash(const Text *text, Py_ssize_t start, Py_ssize_t end) noexcept:
    """Return the position of the slash of a media type; -1 if the text is not a media type."""
    cdef Py_ssize_t slash = _find_char(text, c"/", start, end)
    if slash < end and _is_token(text, start, slash) and _is_token(text, slash + 1, end):
        return slash
    return -1


cdef dict _parse_parameters(const Text *text, Py_ssize_t index, Py_ssize_t end):
    """Return the parameters, from the first semicolon on."""
    cdef dict parameters = {}
    cdef Py_ssize_t start, stop, close, value
    cdef bint escaped
    cdef str name, plain
    while True:
        index = _find_char(text, c";", index, end)
        if index == end:
            return parameters
        start = index = _skip_spaces(text, index + 1, end)
        while index < end and _char_at(text, index) != c"=" and _char_at(text, index) != c";":
            index += 1
        if index == end or _char_at(text, index) == c";":
            continue
        stop = _strip_spaces_end(text, start, index)
        value = index = _skip_spaces(text, index + 1, end)
        close = -1
        escaped = False
        if index < end and _char_at(text, index) == c'"':
            close = index + 1
            while close < end and _char_at(text, close) != c'"':
                if _char_at(text, close) == c"\\":
                    escaped = True
                    close += 1
                close += 1
            if close >= end:
                close = -1
        index = _find_char(text, c";", index if close < 0 else close + 1, end)
        if not _is_token(text, start, stop):
            continue
        name = _lower(text, start, stop)
        if name in parameters:
            continue
        if close < 0:
            plain = _substring(text, value, _strip_spaces_end(text, value, index))
        else:
            plain = _substring(text, value + 1, close)
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


def parse_content_type(value):
    """Return a media type, in lower case, and its parameters (RFC 9110 section 8.3.1).

    Malformed parameters are skipped; the first of several with the same name is used; names are in lower case.

    Args:
        value: The value of the header.

    Returns:
        The pair of them; `("application/octet-stream", {})` if the value is not a media type, `("", {})` if it is
        empty.
    """
    return read_content_type(_require_str("a Content-Type header", value))


cdef tuple read_content_type(str value):
    cdef Text read = _text_view(value)
    cdef const Text *text = &read
    cdef Py_ssize_t semicolon = _find_char(text, c";", 0, text.length)
    cdef Py_ssize_t start = _skip_spaces(text, 0, semicolon)
    cdef Py_ssize_t end = _strip_spaces_end(text, start, semicolon)
    if _find_slash(text, start, end) < 0:
        return ("application/octet-stream" if _skip_spaces(text, 0, text.length) < text.length else ""), {}
    return _lower(text, start, end), _parse_parameters(text, semicolon, text.length)


def parse_accept(value):
    """Return the media ranges of an Accept header, in order of preference (RFC 9110 section 12.5.1).

    Args:
        value: The value of the header.

    Returns:
        For each range: its quality in thousandths, its specificity, type, subtype, parameters without `q`, and its
        text. A quality that is not a number counts as 1; an item that is not a media range is skipped.
    """
    cdef str plain = _require_str("an Accept header", value)
    cdef Text read = _text_view(plain)
    cdef const Text *text = &read
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


cdef Py_ssize_t _end_of_item(const Text *text, Py_ssize_t index) noexcept:
    while index < text.length and _char_at(text, index) != c",":
        if _char_at(text, index) == c'"':
            index += 1
            while index < text.length and _char_at(text, index) != c'"':
                index += 2 if _char_at(text, index) == c"\\" else 1
        index += 1
    return index if index < text.length else text.length


cdef int _add_range(list ranges, const Text *text, Py_ssize_t start, Py_ssize_t end) except -1:
    cdef Range item
    cdef str main, sub
    cdef dict parameters = _read_range(&item, text, start, end)
    if item.semicolon < 0:
        return 0
    main = "*" if item.any_type else _lower(text, item.start, item.slash)
    sub = "*" if item.any_subtype else _lower(text, item.slash + 1, item.stop)
    media_type = f"{main}/{sub}{_substring(text, item.semicolon, item.end)}"
    ranges.append((item.quality, item.specificity, main, sub, {} if parameters is None else parameters, media_type))
    return 0


cdef struct Range:
    # a media range or an offer: type, subtype and parameters are [start, slash), (slash, stop) and [semicolon, end)
    Py_ssize_t start
    Py_ssize_t slash
    Py_ssize_t stop
    Py_ssize_t semicolon
    Py_ssize_t end
    bint any_type
    bint any_subtype
    int quality
    Py_ssize_t specificity
    # a borrowed reference to a dict; NULL if there are none besides the quality
    PyObject *parameters


cdef dict _read_range(Range *item, const Text *text, Py_ssize_t start, Py_ssize_t end):
    """Read a media range and return its parameters without `q`, or None; `semicolon` is -1 if the text is not one."""
    cdef dict parameters = None
    item.start = start = _skip_spaces(text, start, end)
    item.end = end = _strip_spaces_end(text, start, end)
    item.semicolon = _find_char(text, c";", start, end)
    item.stop = _strip_spaces_end(text, start, item.semicolon)
    item.quality = 1000
    item.parameters = NULL
    if item.stop == start + 1 and _char_at(text, start) == c"*":
        item.slash = item.stop
        item.any_type = item.any_subtype = True
    else:
        item.slash = _find_slash(text, start, item.stop)
        if item.slash < 0:
            item.semicolon = -1
            return None
        item.any_type = _is_star(text, start, item.slash)
        item.any_subtype = _is_star(text, item.slash + 1, item.stop)
    if item.semicolon < end:
        item.quality = _parse_simple_quality(text, item.semicolon, end)
        if item.quality < 0:
            parameters = _parse_parameters(text, item.semicolon, end)
            item.quality = _parse_quality(parameters.pop("q", "1"))
            item.parameters = <PyObject *> parameters if parameters else NULL
    item.specificity = 0 if item.any_type else 1 if item.any_subtype else 2
    if item.specificity == 2 and item.parameters is not NULL:
        item.specificity += len(parameters)
    return parameters


cdef inline bint _is_star(const Text *text, Py_ssize_t start, Py_ssize_t end) noexcept:
    return end == start + 1 and _char_at(text, start) == c"*"


cdef int _parse_simple_quality(const Text *text, Py_ssize_t index, Py_ssize_t end) noexcept:
    """Return the thousandths of a quality in the usual form, `;q=0.5`; -1 for any other. PERF: needs no dict."""
    cdef int thousandths = 0
    cdef int weight = 100
    index = _skip_spaces(text, index + 1, end)
    if end - index < 3 or _char_at(text, index) != c"q" or _char_at(text, index + 1) != c"=":
        return -1
    if _char_at(text, index + 2) == c"1" and end - index == 3:
        return 1000
    if _char_at(text, index + 2) != c"0":
        return -1
    if end - index == 3:
        return 0
    if _char_at(text, index + 3) != c"." or end - index > 7:
        return -1
    for index in range(index + 4, end):
        if not c"0" <= _char_at(text, index) <= c"9":
            return -1
        thousandths += (<int> _char_at(text, index) - 48) * weight
        weight //= 10
    return thousandths


cdef int _parse_quality(str value) except -1:
    """Return a quality in thousandths; 1000 if it is not a number."""
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


def best_match(value, offers):
    """Return the offer that a client prefers; None if it accepts none of them (RFC 9110 section 12.5.1).

    The most specific range that matches an offer decides its quality. Between offers of equal quality the more specific
    range decides, then the order of the ranges, then the order of the offers. A `charset` is compared
    case-insensitively, and an offer without one matches any.

    Args:
        value: The value of the Accept header.
        offers: The media types to choose from; a wildcard in an offer is replaced by the type or subtype of the range.
    """
    cdef str plain = _require_str("an Accept header", value)
    cdef Text text = _text_view(plain)
    cdef Range local_ranges[LOCAL_RANGES]
    cdef Range *ranges = local_ranges
    cdef Py_ssize_t capacity = LOCAL_RANGES
    cdef Py_ssize_t count = 0
    cdef Py_ssize_t start = 0
    cdef Py_ssize_t end
    # holds the parameters that the ranges borrow
    cdef list parameter_dicts = []
    try:
        while start < text.length:
            end = _end_of_item(&text, start)
            if count == capacity:
                # each range takes at least one character and a comma
                capacity = text.length // 2 + 1
                ranges = <Range *> PyMem_Malloc(capacity * sizeof(Range))
                if ranges is NULL:
                    raise MemoryError()
                memcpy(ranges, local_ranges, sizeof(local_ranges))
            parameters = _read_range(&ranges[count], &text, start, end)
            if ranges[count].semicolon >= 0:
                count += 1
                if parameters is not None:
                    parameter_dicts.append(parameters)
            start = end + 1
        return _best_offer(&text, ranges, count, offers)
    finally:
        if ranges is not local_ranges:
            PyMem_Free(ranges)


cdef enum:
    # browsers send up to eight ranges
    LOCAL_RANGES = 16


cdef struct Match:
    # the range, or NULL, and its specificity for an offer
    const Range *range
    Py_ssize_t specificity


cdef object _best_offer(const Text *text, const Range *ranges, Py_ssize_t count, object offers):
    cdef object best = None
    cdef Match best_found, match
    cdef Range item
    cdef Text offered
    cdef str plain
    cdef dict parameters
    best_found.range = NULL
    best_found.specificity = -1
    for offer in offers:
        plain = _require_str("an offered media type", offer)
        offered = _text_view(plain)
        parameters = _read_offer(&item, &offered)
        match = _match_of(text, ranges, count, &offered, &item, parameters)
        if match.range is NULL or match.range.quality == 0:
            continue
        if best_found.range is NULL or _is_better(&match, &best_found):
            best_found = match
            best = offer
            if item.any_type or item.any_subtype:
                best = _fill_wildcards(text, match.range, &offered, &item)
    return best


cdef dict _read_offer(Range *item, const Text *text):
    """Read an offer, whose type may be any text, and return its parameters, or None."""
    item.semicolon = _find_char(text, c";", 0, text.length)
    item.end = text.length
    item.start = _skip_spaces(text, 0, item.semicolon)
    item.stop = _strip_spaces_end(text, item.start, item.semicolon)
    item.slash = _find_char(text, c"/", item.start, item.stop)
    item.any_type = _is_star(text, item.start, item.slash)
    item.any_subtype = _is_star(text, item.slash + 1, item.stop)
    return None if item.semicolon == item.end else _parse_parameters(text, item.semicolon, item.end)


cdef Match _match_of(
    const Text *text, const Range *ranges, Py_ssize_t count, const Text *offered, const Range *offer, dict parameters
) except *:
    """Return the range that decides on an offer: the most specific one or, of several, the first in rank."""
    cdef bint wildcard = offer.any_type or offer.any_subtype
    cdef Match found, match
    cdef Py_ssize_t index
    found.range = NULL
    found.specificity = -1
    for index in range(count):
        match.range = &ranges[index]
        if not (match.range.any_type or offer.any_type or _equals_ignoring_case(
            text, match.range.start, match.range.slash, offered, offer.start, offer.slash
        )):
            continue
        if not (match.range.any_subtype or offer.any_subtype or _equals_ignoring_case(
            text, match.range.slash + 1, match.range.stop, offered, offer.slash + 1, offer.stop
        )):
            continue
        match.specificity = match.range.specificity
        if match.range.parameters is not NULL:
            match.specificity -= _missing_parameters(parameters, <dict> match.range.parameters)
            if match.specificity > match.range.specificity:
                continue
        if found.range is NULL or (not wildcard and match.specificity > found.specificity):
            found = match
        elif (wildcard or match.specificity == found.specificity) and _is_before(match.range, found.range):
            found = match
    return found


cdef inline bint _is_before(const Range *one, const Range *other) noexcept:
    """Return whether a range ranks before one that precedes it in the header."""
    if one.quality != other.quality:
        return one.quality > other.quality
    return one.specificity > other.specificity


cdef bint _is_better(const Match *one, const Match *other) noexcept:
    """Return whether a match is better than that of an earlier offer."""
    if one.range.quality != other.range.quality:
        return one.range.quality > other.range.quality
    if one.specificity != other.specificity:
        return one.specificity > other.specificity
    if one.range.specificity != other.range.specificity:
        return one.range.specificity > other.range.specificity
    return one.range < other.range


cdef bint _equals_ignoring_case(
    const Text *lower, Py_ssize_t start, Py_ssize_t end, const Text *other, Py_ssize_t begin, Py_ssize_t stop
) noexcept:
    """Return whether two names are the same, except for the case of ASCII letters."""
    cdef Py_ssize_t index
    cdef Py_UCS4 one, two
    if stop < begin:
        stop = begin
    if end - start != stop - begin:
        return False
    for index in range(end - start):
        one = _char_at(lower, start + index)
        two = _char_at(other, begin + index)
        if one != two and _ascii_lower(one) != _ascii_lower(two):
            return False
    return True


cdef inline Py_UCS4 _ascii_lower(Py_UCS4 c) noexcept:
    return <Py_UCS4> (<int> c + 32) if c"A" <= c <= c"Z" else c


cdef Py_ssize_t _missing_parameters(dict parameters, dict wanted) except? -1:
    """Return how many parameters of a range an offer lacks; -1 if it does not have those that the range requires."""
    cdef object own
    cdef Py_ssize_t missing = 0
    for name, value in wanted.items():
        own = None if parameters is None else parameters.get(name)
        if name == "charset":
            # an offer has some charset even if it does not name one (RFC 9110 section 8.3.2)
            if own is None:
                missing += 1
            elif own.lower() != value.lower():
                return -1
        elif own != value:
            return -1
    return missing


cdef str _fill_wildcards(const Text *text, const Range *item, const Text *offered, const Range *offer):
    """Return an offer with its wildcards replaced by the type and subtype of a range."""
    cdef str main, sub
    if not offer.any_type:
        main = _lower(offered, offer.start, offer.slash)
    else:
        main = "*" if item.any_type else _lower(text, item.start, item.slash)
    if not offer.any_subtype:
        sub = _lower(offered, min(offer.slash + 1, offer.stop), offer.stop)
    else:
        sub = "*" if item.any_subtype else _lower(text, item.slash + 1, item.stop)
    return f"{main}/{sub}"
