cdef class HeadersBase:
    cdef object _raw
    # how many look-ups went through the list since an index was thought of
    cdef int _lookups
    # the items that the index was made of, None without one
    cdef tuple _pairs
    # where each lower-case name stands in them
    cdef dict _index
    # the part of them that is compared with the list next
    cdef Py_ssize_t _part
    cdef object __weakref__


# A view of that class, a subclass of HeadersBase, over a raw list.
cdef object new_headers(type cls, object raw)
