# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""Headers: look-ups in the raw list, and the base class of `Headers`, which keeps an index of a long list."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_AsLatin1String, PyUnicode_DecodeLatin1, PyUnicode_GET_LENGTH

from litecon._native.operation cimport check_self

from litecon._errors import header_name_type, wrong_header
from litecon._shared.scope import lookup

cdef extern from *:
    """
    static inline unsigned char litecon_lower(unsigned char c) {
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    }

    static int litecon_same_name(const char *left, const char *right, Py_ssize_t length) {
        Py_ssize_t i;
        /* PERF: nearly all servers send names in lower case */
        if (memcmp(left, right, (size_t) length) == 0) return 1;
        for (i = 0; i < length; i++) {
            if (left[i] == right[i]) continue;
            if (litecon_lower((unsigned char) left[i]) != litecon_lower((unsigned char) right[i])) return 0;
        }
        return 1;
    }

    /* Return the value of the next header of that name from *at on, as a borrowed reference; NULL if there is none, or,
       with *at set to -1, if the headers are not exact pairs of bytes. PERF: no references are counted, since no code
       runs in between that could drop one. */
    static PyObject *litecon_next_value(PyObject *headers, const char *name, Py_ssize_t length, Py_ssize_t *at) {
    #ifndef Py_GIL_DISABLED
        PyObject **items;
        Py_ssize_t i, count;
        if (PyList_CheckExact(headers) || PyTuple_CheckExact(headers)) {
            items = PySequence_Fast_ITEMS(headers);
            count = PySequence_Fast_GET_SIZE(headers);
            for (i = *at; i < count; i++) {
                PyObject *key, *value;
                if (!PyTuple_CheckExact(items[i]) || PyTuple_GET_SIZE(items[i]) != 2) goto not_exact;
                key = PyTuple_GET_ITEM(items[i], 0);
                if (!PyBytes_CheckExact(key)) goto not_exact;
                if (PyBytes_GET_SIZE(key) != length) continue;
                if (!litecon_same_name(PyBytes_AS_STRING(key), name, length)) continue;
                value = PyTuple_GET_ITEM(items[i], 1);
                if (!PyBytes_CheckExact(value)) goto not_exact;
                *at = i + 1;
                return value;
            }
            return NULL;
        }
    not_exact:
    #endif
        *at = -1;
        return NULL;
    }
    """
    PyObject *litecon_next_value(object headers, const char *name, Py_ssize_t length, Py_ssize_t *at) noexcept
    bint litecon_same_name(const char *left, const char *right, Py_ssize_t length) noexcept


cdef object lookup_generic(object mapping, object key, object default):
    return lookup(mapping, key, default)


cdef bytes exact_bytes(object data):
    if type(data) is bytes:
        return <bytes> data
    if not isinstance(data, bytes):
        raise TypeError(f"expected bytes, not {type(data).__name__!r}")
    return PyBytes_FromStringAndSize(PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))


cdef bint _is_named(object key, const char *name, Py_ssize_t length) except -1:
    if not isinstance(key, bytes):
        raise TypeError
    return PyBytes_GET_SIZE(key) == length and litecon_same_name(PyBytes_AS_STRING(key), name, length)


cdef object scan_headers(object headers, const char *name, Py_ssize_t length):
    cdef Py_ssize_t at = 0
    cdef PyObject *found = litecon_next_value(headers, name, length, &at)
    if at < 0:
        return _scan_generic(headers, name, length)
    return None if found is NULL else <object> found


cdef object _scan_generic(object headers, const char *name, Py_ssize_t length):
    cdef object pair = None
    cdef object key, value
    try:
        for pair in snapshot(headers):
            key, value = pair
            if _is_named(key, name, length):
                if isinstance(value, bytes):
                    return exact_bytes(value)
                break
        else:
            return None
    except (TypeError, ValueError):
        pass
    raise wrong_header(pair)


cdef object scan_list_header(object headers, const char *name, Py_ssize_t length):
    cdef list values = scan_all_headers(headers, name, length)
    if len(values) < 2:
        return values[0] if values else None
    return b", ".join(values)


def find_header(headers, name):
    """Return the value of the first header of that name; None if there is none.

    Args:
        headers: The headers, pairs of bytes as in `scope["headers"]`.
        name: The name of the header, in any case.

    Raises:
        ImproperlyConfiguredException: A header is not a pair of bytes.
    """
    cdef bytes key = exact_bytes(name)
    return scan_headers(headers, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))


def find_headers(headers, name):
    """Return the values of all headers of that name, in order.

    Args:
        headers: The headers, pairs of bytes as in `scope["headers"]`.
        name: The name of the header, in any case.

    Raises:
        ImproperlyConfiguredException: A header is not a pair of bytes.
    """
    cdef bytes key = exact_bytes(name)
    return scan_all_headers(headers, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))


cdef list scan_all_headers(object headers, const char *name, Py_ssize_t length):
    cdef list found = []
    cdef Py_ssize_t at = 0
    cdef PyObject *value = litecon_next_value(headers, name, length, &at)
    while value is not NULL:
        found.append(<object> value)
        value = litecon_next_value(headers, name, length, &at)
    return _scan_all_generic(headers, name, length) if at < 0 else found


cdef list _scan_all_generic(object headers, const char *name, Py_ssize_t length):
    cdef list found = []
    cdef object pair = None
    cdef object key, value
    try:
        for pair in snapshot(headers):
            key, value = pair
            if _is_named(key, name, length):
                if not isinstance(value, bytes):
                    break
                found.append(exact_bytes(value))
        else:
            return found
    except (TypeError, ValueError):
        pass
    raise wrong_header(pair)


cdef extern from *:
    """
    #include <string.h>

    static int litecon_same_items(PyObject **one, PyObject **other, Py_ssize_t from, Py_ssize_t count) {
        return memcmp(one + from, other + from, (size_t) count * sizeof(PyObject *)) == 0;
    }

    #define LITECON_COMPARE_ALL 1024
    #define LITECON_PART 256

    /* Return whether raw headers still have the items of which an index was made, as far as the look-up of a name can
       tell. `positions` are those of the name, of which the look-up needs the first `count`; NULL if the name is
       absent. PERF: pointers are compared, where a look-up by name reads three objects for each item. A list does not
       report changes, so its items are compared: all of them if there are at most LITECON_COMPARE_ALL, or if the name
       is absent. In a longer list only the items of the name, the first and the last LITECON_PART, and a part of that
       size that advances with each look-up are compared; otherwise n look-ups in n headers would take quadratic time.
       One change can then be noticed late, after up to one look-up per LITECON_PART items: a header that replaces one
       of another name, if its own name was in the list before. The caller holds the critical section of the list. */
    static int litecon_compare_items(
        PyObject *raw, PyObject *pairs, PyObject *positions, Py_ssize_t count, Py_ssize_t *part
    ) {
        PyObject **now, **then;
        Py_ssize_t i, size = PyTuple_GET_SIZE(pairs);
        if (raw == pairs) return 1;
        if (!PyList_CheckExact(raw) || PyList_GET_SIZE(raw) != size) return 0;
        now = PySequence_Fast_ITEMS(raw);
        then = PySequence_Fast_ITEMS(pairs);
        if (positions == NULL || size <= LITECON_COMPARE_ALL) return litecon_same_items(now, then, 0, size);
        for (i = 0; i < count; i++) {
            Py_ssize_t at = PyLong_AsSsize_t(PyList_GET_ITEM(positions, i));
            if (now[at] != then[at]) return 0;
        }
        if (*part > size - LITECON_PART) *part = 0;
        i = *part;
        *part += LITECON_PART;
        return litecon_same_items(now, then, 0, LITECON_PART) && litecon_same_items(now, then, i, LITECON_PART) &&
            litecon_same_items(now, then, size - LITECON_PART, LITECON_PART);
    }

    /* PERF: the constructor of a Python subclass is neither looked up nor called */
    static PyObject *litecon_new(PyTypeObject *base, PyTypeObject *cls, PyObject *no_arguments) {
        return base->tp_new(cls, no_arguments, NULL);
    }
    """
    bint litecon_compare_items(
        object raw, tuple pairs, PyObject *positions, Py_ssize_t count, Py_ssize_t *part
    ) noexcept
    object litecon_new(type base, type cls, tuple no_arguments)
    bint PyUnicode_IS_ASCII(object text) noexcept
    const unsigned char *PyUnicode_1BYTE_DATA(object text) noexcept


cdef bytes _encode_name(object name):
    """Return the raw form of a name; None for one that no header can have."""
    if not isinstance(name, str):
        raise header_name_type(name)
    try:
        return PyUnicode_AsLatin1String(name).lower()
    except UnicodeEncodeError:
        return None


cdef enum:
    # the number of look-ups before an index is made, and the number of headers below which there is none
    LOOKUPS_BEFORE_INDEX = 16
    MIN_INDEXED = 32


@cython.final
cdef class _HeaderIndex:
    """The positions of each lower-case name in headers, and the items from which they were read."""

    cdef tuple pairs
    cdef dict positions
    # the position of the part that is compared next
    cdef Py_ssize_t part


cdef object _find(HeadersBase self, object name):
    cdef bytes key
    # PERF: the text of an ASCII name is its raw form
    if self._lookups < LOOKUPS_BEFORE_INDEX and type(name) is str and PyUnicode_IS_ASCII(name):
        self._lookups += 1
        return scan_headers(self._raw, <const char *> PyUnicode_1BYTE_DATA(name), PyUnicode_GET_LENGTH(name))
    key = _encode_name(name)
    if key is None:
        return None
    if self._lookups == LOOKUPS_BEFORE_INDEX:
        return _find_indexed(self, key)
    self._lookups += 1
    return _scan(self, key)


cdef object _scan(HeadersBase self, bytes key):
    return scan_headers(self._raw, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))


cdef object _find_indexed(HeadersBase self, bytes key):
    cdef _HeaderIndex index = _ensure_index(self)
    cdef list positions
    if index is not None:
        positions = index.positions.get(key)
        if _validate_index(self, index, positions, 1):
            return None if positions is None else (<tuple> index.pairs[positions[0]])[1]
    return _scan(self, key)


cdef list _find_all(HeadersBase self, object name):
    cdef bytes key = _encode_name(name)
    cdef _HeaderIndex index
    cdef list positions
    if key is None:
        return []
    if self._lookups < LOOKUPS_BEFORE_INDEX:
        self._lookups += 1
    else:
        index = _ensure_index(self)
        if index is not None:
            positions = index.positions.get(key, [])
            if _validate_index(self, index, positions if positions else None, len(positions)):
                return [(<tuple> index.pairs[at])[1] for at in positions]
    return scan_all_headers(self._raw, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))


cdef _HeaderIndex _ensure_index(HeadersBase self):
    """Return the index, which may be outdated; it is made when it begins to pay off. Return None if there is none."""
    cdef _HeaderIndex index
    cdef tuple pairs
    cdef dict positions
    with cython.critical_section(self):
        index = self._index
    if index is not None:
        return index
    # if an index is impossible or does not pay off, this is not checked again at every look-up
    self._lookups = 0
    if type(self._raw) not in (list, tuple) or len(self._raw) < MIN_INDEXED:
        return None
    # the positions are those in a copy, since a finalizer, which the collector may run at an allocation, can change the
    # list; a tuple is made of a list of our own, since CPython 3.11 reads a list that such a finalizer has changed
    pairs = self._raw if type(self._raw) is tuple else tuple(list(self._raw))
    positions = _build_index(pairs)
    if positions is None:
        return None
    index = _HeaderIndex.__new__(_HeaderIndex)
    index.positions = positions
    index.pairs = pairs
    with cython.critical_section(self):
        self._index = index
    self._lookups = LOOKUPS_BEFORE_INDEX
    return index


cdef bint _validate_index(HeadersBase self, _HeaderIndex index, list positions, Py_ssize_t count) except -1:
    """Return whether the list still matches the index; if not, the next look-ups search the list."""
    cdef PyObject *own = NULL if positions is None else <PyObject *> positions
    cdef object raw = self._raw
    cdef bint is_same
    # a build without the GIL changes a list only in its critical section
    with cython.critical_section(raw):
        is_same = litecon_compare_items(raw, index.pairs, own, count, &index.part)
    if is_same:
        return True
    with cython.critical_section(self):
        self._index = None
    self._lookups = 0
    return False


cdef dict _build_index(object raw):
    """Return the positions of each lower-case name; None if an item is mutable or not a pair of bytes."""
    cdef dict index = {}
    cdef Py_ssize_t at
    cdef object pair, name, positions
    for at, pair in enumerate(raw):
        if type(pair) is not tuple or len(<tuple> pair) != 2:
            return None
        name = (<tuple> pair)[0]
        if type(name) is not bytes or type((<tuple> pair)[1]) is not bytes:
            return None
        name = (<bytes> name).lower()
        positions = index.get(name)
        if positions is None:
            index[name] = [at]
        else:
            (<list> positions).append(at)
    return index


cdef inline str _decode_value(object value):
    return PyUnicode_DecodeLatin1(PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), NULL)


cdef class HeadersBase:
    """A case-insensitive view of a list of headers, which is read at each call.

    After some look-ups in a long list it keeps an index, which is used as long as the list has the same items.
    """

    @property
    def raw(self):
        """The list of raw headers of which this is a view."""
        return self._raw

    def __getitem__(self, name):
        value = _find(self, name)
        if value is None:
            raise KeyError(name)
        return _decode_value(value)

    def __contains__(self, name):
        return isinstance(name, str) and _find(self, name) is not None

    def get(self, name, default=None):
        """Return the first value of a header.

        Args:
            name: The name of the header, in any case.
            default: The value to return if there is no such header.

        Raises:
            TypeError: The name is not a str.
        """
        value = _find(self, name)
        return default if value is None else _decode_value(value)

    def _values(self, name):
        return [_decode_value(value) for value in _find_all(self, name)]


check_self(HeadersBase)


cdef object new_headers(type cls, object raw):
    # SAFETY: the callers pass subclasses of HeadersBase only
    cdef HeadersBase headers = <HeadersBase> litecon_new(HeadersBase, cls, ())
    headers._raw = raw
    return headers


def make_headers(cls, raw):
    """Return a view of that class over a raw list.

    Args:
        cls: A subclass of `HeadersBase`.
        raw: The headers, pairs of bytes as in `scope["headers"]`.
    """
    if not issubclass(cls, HeadersBase):
        raise TypeError(f"{cls!r} is not a subclass of HeadersBase")
    return new_headers(cls, raw)
