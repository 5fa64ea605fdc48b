cdef enum:
    # what a class overrides
    SCOPE = 1
    RECEIVE = 2
    SEND = 4
    BODY = 8
    STREAM = 16
    WRAPPER = 32
    RECEIVE_DATA = 64
    RECEIVE_JSON = 128
    RECEIVE_MSGPACK = 256
    SEND_DATA = 512
    ITER_DATA = 1024


cdef class Traits:
    cdef void *cls
    cdef unsigned int version
    cdef int overrides
    # of its `limits`, -1 for None; read with bounds_of()
    cdef bint has_bounds
    cdef Py_ssize_t max_fields
    cdef Py_ssize_t max_field_size
    cdef Py_ssize_t max_body_size
    cdef Py_ssize_t max_message_size
    cdef Py_ssize_t max_items
    cdef Py_ssize_t max_other_keys


# What a connection's class overrides.
cdef Traits traits_of(object connection)
# The same, with its limits.
cdef Traits bounds_of(object connection)
# From now on traits_of() tells whether a class overrides this attribute of a kernel class.
cdef int track_override(type base, str name, int bit) except -1
