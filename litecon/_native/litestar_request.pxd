# Set what Litestar's constructor of a connection sets.
cdef int fill_connection(object connection, object scope, object receive, object send) except -1
