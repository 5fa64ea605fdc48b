# Set the attributes that the constructor of Litestar's connections sets.
cdef int fill_connection(object connection, object scope, object receive, object send) except -1
