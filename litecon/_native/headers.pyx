# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The look-ups of `Headers`, over the raw list."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_AsLatin1String, PyUnicode_DecodeLatin1

from litecon._native.lookup cimport scan_all_headers, scan_headers

from litecon._errors import header_name_type

cdef extern from *:
    """
    #include <string.h>

    #define LITECON_SHORT 64

    /* the raw form of an ASCII name, in lower case; -1 for one that is longer than the buffer or not ASCII */
    static Py_ssize_t litecon_short_name(PyObject *name, char *buffer) {
        const char *text;
        Py_ssize_t i, length = PyUnicode_GET_LENGTH(name);
        if (length > LITECON_SHORT || !PyUnicode_IS_ASCII(name)) return -1;
        text = (const char *) PyUnicode_1BYTE_DATA(name);
        for (i = 0; i < length; i++) buffer[i] = text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i];
        return length;
    }

    /* Whether a list or tuple has these items: the same objects in the same order. PERF: one comparison of memory, where a
       look-up by name reads three objects for each item. On builds without a GIL the list might change meanwhile. */
    static int litecon_has_items(PyObject *headers, PyObject *items) {
        if (headers == items) return 1;
    #ifndef Py_GIL_DISABLED
        if (PyList_CheckExact(headers) && PyList_GET_SIZE(headers) == PyTuple_GET_SIZE(items)) {
            size_t size = (size_t) PyTuple_GET_SIZE(items) * sizeof(PyObject *);
            return memcmp(PySequence_Fast_ITEMS(headers), PySequence_Fast_ITEMS(items), size) == 0;
        }
    #endif
        return 0;
    }

    #ifdef Py_GIL_DISABLED
        #define LITECON_INDEXES 0
    #else
        #define LITECON_INDEXES 1
    #endif

    /* PERF: the constructor of a Python subclass is not called, nor looked up */
    static PyObject *litecon_new(PyTypeObject *base, PyTypeObject *cls, PyObject *no_arguments) {
        return base->tp_new(cls, no_arguments, NULL);
    }
    """
    enum:
        LITECON_SHORT
        LITECON_INDEXES
    bint litecon_has_items(object headers, tuple items) noexcept
    object litecon_new(type base, type cls, tuple no_arguments)
    Py_ssize_t litecon_short_name(object name, char *buffer) noexcept


cdef bytes _encoded(object name):
    """Return the raw form of a name, None for one that no header can have."""
    if not isinstance(name, str):
        raise header_name_type(name)
    try:
        return PyUnicode_AsLatin1String(name).lower()
    except UnicodeEncodeError:
        return None


cdef enum:
    # how many look-ups go through the list before there is an index, and how many headers are not worth one
    LOOKUPS = 16
    FEW = 32


cdef object _find(HeadersBase self, object name):
    cdef char buffer[LITECON_SHORT]
    cdef Py_ssize_t length
    cdef bytes key
    cdef object values
    if self._lookups < LOOKUPS:
        self._lookups += 1
    elif _is_indexed(self):
        values = self._index.get(_encoded(name))
        return None if values is None else (<list> values)[0]
    if type(name) is str:
        length = litecon_short_name(name, buffer)
        if length >= 0:
            return scan_headers(self._raw, buffer, length)
    key = _encoded(name)
    return None if key is None else scan_headers(self._raw, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))


cdef bint _is_indexed(HeadersBase self) except -1:
    """Return whether the index is that of the list as it is now; it is made when it begins to pay."""
    cdef dict index
    if self._pairs is not None:
        if litecon_has_items(self._raw, self._pairs):
            return True
        self._pairs = None
    elif LITECON_INDEXES and type(self._raw) in (list, tuple) and len(self._raw) >= FEW:
        index = _index_of(self._raw)
        if index is not None:
            self._index = index
            self._pairs = tuple(self._raw)
            return True
    # the next look-ups go through the list again, so that a list that changes all the time costs no index each time
    self._lookups = 0
    return False


cdef dict _index_of(object raw):
    """Return all values of each lower-case name; None where an item could change, or is no pair of bytes."""
    cdef dict index = {}
    cdef object pair, name, value, values
    for pair in raw:
        if type(pair) is not tuple or len(<tuple> pair) != 2:
            return None
        name = (<tuple> pair)[0]
        value = (<tuple> pair)[1]
        if type(name) is not bytes or type(value) is not bytes:
            return None
        name = (<bytes> name).lower()
        values = index.get(name)
        if values is None:
            index[name] = [value]
        else:
            (<list> values).append(value)
    return index


cdef inline str _decoded(object value):
    return PyUnicode_DecodeLatin1(PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), NULL)


cdef class HeadersBase:
    """A case-insensitive view of a list of headers, which is read at each call.

    After some look-ups in many headers it keeps an index of them. That is used as long as the list has the same items,
    which is a comparison of pointers: much less than one of names.
    """

    @property
    def raw(self):
        """The list that this is a view of."""
        return self._raw

    def __getitem__(self, name):
        value = _find(self, name)
        if value is None:
            raise KeyError(name)
        return _decoded(value)

    def __contains__(self, name):
        return isinstance(name, str) and _find(self, name) is not None

    def get(self, name, default=None):
        """Return the first value of a header.

        Args:
            name: The header's name, in any case.
            default: What to return if there is no such header.

        Raises:
            TypeError: The name is no str.
        """
        value = _find(self, name)
        return default if value is None else _decoded(value)

    def _values(self, name):
        cdef bytes key = _encoded(name)
        cdef object values
        if key is None:
            return []
        if self._lookups < LOOKUPS:
            self._lookups += 1
        elif _is_indexed(self):
            return [_decoded(value) for value in self._index.get(key, ())]
        values = scan_all_headers(self._raw, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
        return [_decoded(value) for value in values]


cdef object new_headers(type cls, object raw):
    # SAFETY: the callers pass subclasses of HeadersBase only
    cdef HeadersBase headers = <HeadersBase> litecon_new(HeadersBase, cls, ())
    headers._raw = raw
    return headers


def make_headers(cls, raw):
    """Return a view of that class over a raw list.

    Args:
        cls: A subclass of `HeadersBase`.
        raw: Pairs of bytes, as in `scope["headers"]`.
    """
    if not issubclass(cls, HeadersBase):
        raise TypeError(f"{cls!r} is no subclass of HeadersBase")
    return new_headers(cls, raw)
