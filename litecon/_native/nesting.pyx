# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""How deep bodies nest, asked before a decoder recurses into them."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc

cdef extern from *:
    """
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
    Py_ssize_t litecon_count_brackets(const char *text, Py_ssize_t length) noexcept
    bint litecon_nests_deeper(const char *text, Py_ssize_t length, Py_ssize_t limit) noexcept


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
