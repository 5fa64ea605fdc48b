# The value of the first header of that name, None without one. The name is in lower case.
cdef object scan_headers(object headers, const char *name, Py_ssize_t length)
# Whether JSON nests deeper than a limit.
cdef bint nests(bytes body, Py_ssize_t limit) noexcept
# The functions of the same endings in parsing.pyx
cdef list read_query(bytes query, Py_ssize_t limit)
cdef dict read_cookies(object headers)
cdef tuple read_content_type(str value)
