# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The look-ups of `Headers`, over the raw list."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeLatin1

from litecon._native.lookup cimport scan_all_headers, scan_headers

from litecon._errors import header_name_type

cdef extern from *:
    """
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

    /* PERF: the constructor of a Python subclass is not called, nor looked up */
    static PyObject *litecon_new(PyTypeObject *base, PyTypeObject *cls, PyObject *no_arguments) {
        return base->tp_new(cls, no_arguments, NULL);
    }
    """
    enum:
        LITECON_SHORT
    object litecon_new(type base, type cls, tuple no_arguments)
    Py_ssize_t litecon_short_name(object name, char *buffer) noexcept


cdef bytes _encoded(object name):
    """Return the raw form of a name, None for one that no header can have."""
    if not isinstance(name, str):
        raise header_name_type(name)
    try:
        return name.encode("latin-1").lower()
    except UnicodeEncodeError:
        return None


cdef object _find(HeadersBase self, object name):
    cdef char buffer[LITECON_SHORT]
    cdef Py_ssize_t length
    cdef bytes key
    if type(name) is str:
        length = litecon_short_name(name, buffer)
        if length >= 0:
            return scan_headers(self._raw, buffer, length)
    key = _encoded(name)
    return None if key is None else scan_headers(self._raw, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))


cdef inline str _decoded(object value):
    return PyUnicode_DecodeLatin1(PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), NULL)


cdef class HeadersBase:
    """A case-insensitive view of a list of headers, which is read at each call and never copied."""

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
        return [] if key is None else [_decoded(value) for value in scan_all_headers(self._raw, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))]


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
