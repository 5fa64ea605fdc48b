from cpython.dict cimport PyDict_CheckExact
from cpython.object cimport PyObject

cdef extern from *:
    PyObject *PyDict_GetItemWithError(object mapping, object key) except? NULL


# mapping.get(key), for an event; PERF: inline, a dict is asked without a call of a method.
cdef inline object item(object mapping, object key):
    cdef PyObject *found
    if PyDict_CheckExact(mapping):
        found = PyDict_GetItemWithError(mapping, key)
        return None if found is NULL else <object> found
    return mapping.get(key)
