# parse_query() and parse_cookies() of parameters.pyx for the other kernels; a limit of -1 is no limit.
cdef list read_query(bytes query, Py_ssize_t limit)
cdef dict read_cookies(object headers)
