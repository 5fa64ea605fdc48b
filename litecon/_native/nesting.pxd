# Whether JSON nests deeper than a limit.
cdef bint nests(bytes body, Py_ssize_t limit) noexcept
