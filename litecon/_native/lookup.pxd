# The value of the first header of that name, None without one. The name is in lower case.
cdef object scan_headers(object headers, const char *name, Py_ssize_t length)
# The values of all headers of that name, in their order.
cdef list scan_all_headers(object headers, const char *name, Py_ssize_t length)
