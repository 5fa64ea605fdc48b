cdef extern from *:
    const Py_ssize_t PY_SSIZE_T_MAX


# A bound of Limits as a C integer, -1 for None; more than there can be is no bound.
cdef inline Py_ssize_t bound(object limit) except -2:
    return -1 if limit is None or limit > PY_SSIZE_T_MAX else limit
