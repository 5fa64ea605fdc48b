# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""Look-ups of headers in the raw list."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject

from litecon._errors import wrong_header
from litecon._shared.scope import lookup

cdef extern from *:
    """
    static inline unsigned char litecon_lower(unsigned char c) {
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    }

    static int litecon_same_name(const char *left, const char *right, Py_ssize_t length) {
        Py_ssize_t i;
        for (i = 0; i < length; i++) {
            if (left[i] == right[i]) continue;
            if (litecon_lower((unsigned char) left[i]) != litecon_lower((unsigned char) right[i])) return 0;
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
    """
    PyObject *litecon_scan(object headers, const char *name, Py_ssize_t length, Py_ssize_t *at) noexcept
    bint litecon_same_name(const char *left, const char *right, Py_ssize_t length) noexcept


cdef object lookup_slowly(object mapping, object key, object default):
    return lookup(mapping, key, default)


cdef bytes plain_bytes(object data):
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
    cdef PyObject *found = litecon_scan(headers, name, length, &at)
    if at < 0:
        return _scan_unusual(headers, name, length)
    return None if found is NULL else <object> found


cdef object _scan_unusual(object headers, const char *name, Py_ssize_t length):
    cdef object pair = None
    cdef object key, value
    try:
        for pair in unchanging(headers):
            key, value = pair
            if _is_named(key, name, length):
                if isinstance(value, bytes):
                    return plain_bytes(value)
                break
        else:
            return None
    except (TypeError, ValueError):
        pass
    raise wrong_header(pair)


cdef object scan_list(object headers, const char *name, Py_ssize_t length):
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
        ImproperlyConfiguredException: A header is no pair of bytes.
    """
    cdef bytes key = plain_bytes(name)
    return scan_headers(headers, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))


def find_headers(headers, name):
    """Return the values of all headers of that name, in order.

    Args:
        headers: The headers, pairs of bytes as in `scope["headers"]`.
        name: The name of the header, in any case.

    Raises:
        ImproperlyConfiguredException: A header is no pair of bytes.
    """
    cdef bytes key = plain_bytes(name)
    return scan_all_headers(headers, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))


cdef list scan_all_headers(object headers, const char *name, Py_ssize_t length):
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
        for pair in unchanging(headers):
            key, value = pair
            if _is_named(key, name, length):
                if not isinstance(value, bytes):
                    break
                found.append(plain_bytes(value))
        else:
            return found
    except (TypeError, ValueError):
        pass
    raise wrong_header(pair)
