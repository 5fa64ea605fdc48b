# The functions of the same endings in parsing.pyx; -1 is no limit.
cdef list read_query(bytes query, Py_ssize_t limit)
cdef dict read_cookies(object headers)
