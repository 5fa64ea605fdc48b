cdef extern from *:
    const Py_ssize_t PY_SSIZE_T_MAX


# Return a bound of Limits as a C integer; -1, no bound, for None and for a number beyond Py_ssize_t.
cdef inline Py_ssize_t bound(object limit) except? -2:
    return -1 if limit is None or limit > PY_SSIZE_T_MAX else limit
