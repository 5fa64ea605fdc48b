cdef class ConnectionBase:
    # the members scope, receive and send read the first three: see install_members in scope.pyx
    cdef object scope
    cdef object _receive
    cdef object _send
    # the scope that the cells below were read from
    cdef object _seen
    cdef object _base_url
    cdef object _cookies
    cdef object _headers
    cdef object _query_params
    cdef object _url
    cdef object __weakref__

    # What is left to do once the first three are set.
    cdef int constructed(self) except -1
    # Forget what was read from the last scope.
    cdef int forget(self) except -1


# Two bounds of a class's `limits`, -1 for None.
cdef struct Bounds:
    void *cls
    unsigned int version
    Py_ssize_t max_fields
    Py_ssize_t max_body_size


cdef Bounds bounds_of(object connection) except *
# The scope of a connection; after another one was set, the cells are forgotten.
cdef object scope_of(ConnectionBase connection)
cdef object receive_of(ConnectionBase connection)
# scope[key], which the specification requires
cdef object required_str(object scope, str key)
