# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""JSON and MessagePack: measuring a body before a decoder builds any value, and calling the decoders."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc

from litecon._native.bounds cimport bound
from litecon._native.traits cimport Traits, traits_with_bounds

from typing import Any

from litecon._shared.codecs import default_serializer

cdef enum:
    LOCAL_DEPTH = 255

cdef extern from *:
    """
    static Py_ssize_t litecon_count_openings(const char *text, Py_ssize_t length) {
        Py_ssize_t i, count = 0;
        while (length) {
            /* PERF: sums that fit into a byte are added sixteen at a time; the two brackets differ in one bit */
            Py_ssize_t block = length < 255 ? length : 255;
            unsigned char block_count = 0;
            for (i = 0; i < block; i++) block_count += (text[i] | 0x20) == '{';
            count += block_count;
            text += block;
            length -= block;
        }
        return count;
    }

    static Py_ssize_t litecon_count_separators(const char *text, Py_ssize_t length) {
        Py_ssize_t i, count = 0;
        while (length) {
            Py_ssize_t block = length < 255 ? length : 255;
            unsigned char block_count = 0;
            for (i = 0; i < block; i++) block_count += (text[i] == ',') + (text[i] == ':');
            count += block_count;
            text += block;
            length -= block;
        }
        return count;
    }

    static const char *litecon_skip_string(const char *text, const char *end) {
        for (text++; text < end && *text != '"'; text++) if (*text == '\\\\') text++;
        return text < end ? text + 1 : end;
    }

    static int litecon_nests_deeper(const char *text, Py_ssize_t length, Py_ssize_t max_depth) {
        const char *end = text + length;
        Py_ssize_t depth = 0;
        while (text < end) {
            switch (*text) {
                case '"':
                    text = litecon_skip_string(text, end);
                    continue;
                case '[': case '{':
                    if (++depth > max_depth) return 1;
                    break;
                case ']': case '}':
                    if (depth) depth--;
            }
            text++;
        }
        return 0;
    }

    static int litecon_ends_scalar(char character) {
        switch (character) {
            case '"': case '[': case '{': case ']': case '}': case ',': case ':':
            case ' ': case '\\t': case '\\n': case '\\r':
                return 1;
        }
        return 0;
    }

    static int litecon_has_more_items(const char *text, Py_ssize_t length, Py_ssize_t max_items) {
        const char *end = text + length;
        Py_ssize_t items = 0;
        while (text < end) {
            switch (*text) {
                case '"':
                    items++;
                    text = litecon_skip_string(text, end);
                    break;
                case '[': case '{':
                    items++;
                    text++;
                    break;
                case ']': case '}': case ',': case ':': case ' ': case '\\t': case '\\n': case '\\r':
                    text++;
                    continue;
                default:
                    items++;
                    while (text < end && !litecon_ends_scalar(*text)) text++;
            }
            if (items > max_items) return 1;
        }
        return 0;
    }

    static int litecon_measure_json(const char *text, Py_ssize_t length, Py_ssize_t max_depth, Py_ssize_t max_items) {
        Py_ssize_t openings;
        int is_long = max_items >= 0 && length > max_items;
        /* neither the depth nor the number of values exceeds the length */
        if (length <= max_depth && !is_long) return 0;
        openings = litecon_count_openings(text, length);
        if (openings > max_depth && litecon_nests_deeper(text, length, max_depth)) return -1;
        /* in valid JSON each value is the first, or follows one of these */
        if (is_long && 1 + openings + litecon_count_separators(text, length) > max_items
                && litecon_has_more_items(text, length, max_items)) return -2;
        return 0;
    }

    static unsigned long long litecon_read_big_endian(const unsigned char *text, int width) {
        unsigned long long number = 0;
        while (width--) number = number * 256 + *text++;
        return number;
    }

    static int litecon_is_other_key(unsigned char first) {
        return !(first >= 0xA0 && first < 0xC0) && !(first >= 0xC4 && first <= 0xC6)
            && !(first >= 0xD9 && first <= 0xDB);
    }

    /* What follows the first byte of a MessagePack object. `width` is the number of bytes of a length or count field,
       and `extra` is added to the number in the field, or is the number itself without one. `times` is the number of
       objects per count, or 0 if bytes are counted. */
    typedef struct {
        unsigned char width, extra, times, is_other_key;
    } litecon_head;

    static litecon_head litecon_head_of(unsigned char first) {
        litecon_head head = {0, 0, 0, 0};
        head.is_other_key = litecon_is_other_key(first);
        if (first < 0x80 || first >= 0xE0) return head;
        if (first < 0xC0) {
            head.times = first < 0x90 ? 2 : first < 0xA0 ? 1 : 0;
            head.extra = first & (head.times ? 0x0F : 0x1F);
            return head;
        }
        switch (first) {
            case 0xC4: case 0xD9: head.width = 1; break;
            case 0xC5: case 0xDA: head.width = 2; break;
            case 0xC6: case 0xDB: head.width = 4; break;
            case 0xC7: head.width = 1; head.extra = 1; break;
            case 0xC8: head.width = 2; head.extra = 1; break;
            case 0xC9: head.width = 4; head.extra = 1; break;
            case 0xCC: case 0xD0: head.extra = 1; break;
            case 0xCD: case 0xD1: head.extra = 2; break;
            case 0xCA: case 0xCE: case 0xD2: head.extra = 4; break;
            case 0xCB: case 0xCF: case 0xD3: head.extra = 8; break;
            case 0xD4: head.extra = 2; break;
            case 0xD5: head.extra = 3; break;
            case 0xD6: head.extra = 5; break;
            case 0xD7: head.extra = 9; break;
            case 0xD8: head.extra = 17; break;
            case 0xDC: head.width = 2; head.times = 1; break;
            case 0xDD: head.width = 4; head.times = 1; break;
            case 0xDE: head.width = 2; head.times = 2; break;
            case 0xDF: head.width = 4; head.times = 2; break;
        }
        return head;
    }

    /* PERF: a look-up costs less than litecon_head_of() */
    static litecon_head litecon_heads[256];

    static void litecon_fill_heads(void) {
        int first;
        for (first = 0; first < 256; first++) litecon_heads[first] = litecon_head_of((unsigned char) first);
    }

    static Py_ssize_t litecon_measure_msgpack(
        const unsigned char *text, Py_ssize_t size, Py_ssize_t max_depth, Py_ssize_t max_items,
        Py_ssize_t max_other_keys, unsigned long long *missing
    ) {
        /* `missing`: for each open array or map, twice the number of objects that it still lacks, plus one for a map */
        Py_ssize_t position = 0, depth = 0;
        unsigned long long items = 1, other_keys = 0;
        if (size == 0) return 1;
        if (max_items == 0) return -2;
        missing[0] = 2;
        while (depth >= 0) {
            litecon_head head;
            unsigned long long number;
            if (missing[depth] < 2) { depth--; continue; }
            if (position >= size) return size + 1;
            head = litecon_heads[text[position++]];
            /* a map lacks an even number of objects before a key */
            if (head.is_other_key && (missing[depth] & 3) == 1
                    && ++other_keys > (unsigned long long) max_other_keys && max_other_keys >= 0) return -3;
            missing[depth] -= 2;
            number = head.extra;
            if (head.width) {
                if (head.width > size - position) return size + 1;
                number += litecon_read_big_endian(text + position, head.width);
                position += head.width;
            }
            if (head.times) {
                if (depth >= max_depth) return -1;
                number *= head.times;
                /* each object has at least one byte */
                if (number > (unsigned long long) (size - position)) return size + 1;
                items += number;
                if (max_items >= 0 && items > (unsigned long long) max_items) return -2;
                missing[++depth] = number * 2 + (head.times == 2);
            } else {
                if (number > (unsigned long long) (size - position)) return size + 1;
                position += (Py_ssize_t) number;
            }
        }
        return position;
    }
    """
    void litecon_fill_heads() noexcept
    int litecon_measure_json(
        const char *text, Py_ssize_t length, Py_ssize_t max_depth, Py_ssize_t max_items
    ) noexcept
    Py_ssize_t litecon_measure_msgpack(
        const unsigned char *text,
        Py_ssize_t size,
        Py_ssize_t max_depth,
        Py_ssize_t max_items,
        Py_ssize_t max_other_keys,
        unsigned long long *missing,
    ) noexcept


litecon_fill_heads()


def measure_json(bytes body not None, Py_ssize_t max_depth, max_items):
    """Return 0 if a JSON text is within bounds, before any value is built.

    Decoders recurse on the C stack, so on a thread with a small one they crash instead of raising; and they can turn
    one received byte into a hundred in memory.

    Args:
        body: The JSON text, valid or not.
        max_depth: The number of levels to which arrays and objects may nest.
        max_items: The number of values that the text may have, containers and keys included; None for any number.

    Returns:
        -1 if the text nests deeper, else -2 if it has more values, else 0.
    """
    return measure_json_bytes(body, max_depth, bound(max_items))


cdef int measure_json_bytes(bytes body, Py_ssize_t max_depth, Py_ssize_t max_items) noexcept:
    return litecon_measure_json(PyBytes_AS_STRING(body), PyBytes_GET_SIZE(body), max_depth, max_items)


def measure_msgpack(bytes body not None, Py_ssize_t max_depth, max_items, max_other_keys):
    """Return the length of the MessagePack object at the beginning of a body, before any value is built.

    Decoders recurse on the C stack, so on a thread with a small one they crash instead of raising; some ignore bytes
    after the object; and they can turn one received byte into a hundred in memory. Keys that a client chose to collide
    in a dict take quadratic time, except str and bytes, for which that is impossible.

    Args:
        body: The MessagePack, valid or not.
        max_depth: The number of levels to which arrays and maps may nest.
        max_items: The number of objects that the body may have, containers and keys included; None for any number.
        max_other_keys: The number of keys that may be neither str nor bytes; None for any number.

    Returns:
        The length of the object; a number greater than the length of the body if the body ends too early; or, whichever
        is found first, -1 if the body nests deeper, -2 if it has more objects, -3 if it has more such keys.
    """
    return measure_msgpack_bytes(body, max_depth, bound(max_items), bound(max_other_keys))


cdef Py_ssize_t measure_msgpack_bytes(
    bytes body, Py_ssize_t max_depth, Py_ssize_t max_items, Py_ssize_t max_other_keys
) except -4:
    cdef unsigned long long local_missing[LOCAL_DEPTH + 1]
    cdef unsigned long long *missing = local_missing
    cdef Py_ssize_t length
    if max_depth > LOCAL_DEPTH:
        # each level takes a byte, so that the array is not larger than the body requires, nor its size beyond size_t
        max_depth = max(min(max_depth, PyBytes_GET_SIZE(body)), LOCAL_DEPTH)
        missing = <unsigned long long *> PyMem_Malloc((max_depth + 1) * sizeof(unsigned long long))
        if missing is NULL:
            raise MemoryError()
    length = litecon_measure_msgpack(
        <const unsigned char *> PyBytes_AS_STRING(body),
        PyBytes_GET_SIZE(body),
        max_depth,
        max_items,
        max_other_keys,
        missing,
    )
    if missing != local_missing:
        PyMem_Free(missing)
    return length


cdef extern from *:
    object PyObject_CallOneArg(object function, object argument)

cdef object ANY = Any
cdef object _default_serializer = default_serializer
cdef object _decode_json = None
cdef object _decode_plain_json = None
cdef object _decode_msgpack = None
cdef object _decode_plain_msgpack = None
cdef object _encode_json = None
cdef object _encode_plain_json = None
cdef object _encode_msgpack = None
cdef Py_ssize_t _max_depth = 0
cdef Py_ssize_t _max_msgpack_depth = 0


cdef int _load_codecs() except -1:
    # not at import, since a process that decodes nothing needs no decoders
    global _decode_json, _decode_plain_json, _decode_msgpack, _decode_plain_msgpack
    global _encode_json, _encode_plain_json, _encode_msgpack, _max_depth, _max_msgpack_depth
    from msgspec.json import decode

    from litecon.serialization import (
        MAX_DEPTH,
        MAX_MSGPACK_DEPTH,
        decode_json,
        decode_msgpack,
        decode_plain_msgpack,
        encode_json,
        encode_msgpack,
        encode_plain_json,
    )

    _max_depth = MAX_DEPTH
    _max_msgpack_depth = MAX_MSGPACK_DEPTH
    _decode_plain_json = decode
    _decode_msgpack = decode_msgpack
    _decode_plain_msgpack = decode_plain_msgpack
    _encode_json = encode_json
    _encode_plain_json = encode_plain_json
    _encode_msgpack = encode_msgpack
    _decode_json = decode_json
    return 0


cdef object _none_if_unbounded(Py_ssize_t bound):
    return None if bound < 0 else bound


cdef object from_json(object body, object type_, object connection):
    cdef Traits bounds = traits_with_bounds(connection)
    if _decode_json is None:
        _load_codecs()
    # PERF: valid data needs nothing else; invalid data is decoded again by the function that makes the errors
    if (
        type_ is ANY
        and type(body) is bytes
        and body
        and measure_json_bytes(body, _max_depth, bounds.max_items) == 0
    ):
        try:
            return PyObject_CallOneArg(_decode_plain_json, body)
        except Exception:
            pass
    return _decode_json(body, type_, max_items=_none_if_unbounded(bounds.max_items))


cdef object from_msgpack(object body, object type_, object connection):
    cdef Traits bounds = traits_with_bounds(connection)
    if _decode_json is None:
        _load_codecs()
    if (
        type_ is ANY
        and type(body) is bytes
        and body
        and measure_msgpack_bytes(body, _max_msgpack_depth, bounds.max_items, bounds.max_other_keys)
        == len(<bytes> body)
    ):
        try:
            return PyObject_CallOneArg(_decode_plain_msgpack, body)
        except Exception:
            pass
    return _decode_msgpack(
        body,
        type_,
        max_items=_none_if_unbounded(bounds.max_items),
        max_other_keys=_none_if_unbounded(bounds.max_other_keys),
    )


cdef object to_json(object value, object serializer):
    if _decode_json is None:
        _load_codecs()
    if serializer is _default_serializer:
        try:
            return PyObject_CallOneArg(_encode_plain_json, value)
        except Exception:
            pass
    return _encode_json(value, serializer)


cdef object to_msgpack(object value, object serializer):
    if _decode_json is None:
        _load_codecs()
    return _encode_msgpack(value, serializer)
