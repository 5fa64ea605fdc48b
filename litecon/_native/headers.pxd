cdef class HeadersBase:
    cdef object _raw
    # how many look-ups went through the list since an index was thought of
    cdef int _lookups
    # the items that the index was made of, None without one
    cdef tuple _pairs
    # all values of each lower-case name
    cdef dict _index
    cdef object __weakref__


# A view of that class, a subclass of HeadersBase, over a raw list.
cdef object new_headers(type cls, object raw)
