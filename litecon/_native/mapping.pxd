from cpython.dict cimport PyDict_CheckExact
from cpython.object cimport PyObject

from litecon._native.headers cimport lookup_generic

cdef extern from *:
    PyObject *PyDict_GetItemWithError(object mapping, object key) except? NULL


# Return mapping[key] of a scope or an event, or the default if there is no such key. PERF: inline, and without a method
# call for a dict.
cdef inline object item_or(object mapping, object key, object default):
    cdef PyObject *found
    if PyDict_CheckExact(mapping):
        found = PyDict_GetItemWithError(mapping, key)
        return default if found is NULL else <object> found
    return lookup_generic(mapping, key, default)


cdef inline object item(object mapping, object key):
    return item_or(mapping, key, None)
