cdef class HeadersBase:
    cdef object _raw
    # how many look-ups went through the list since an index was thought of
    cdef int _lookups
    # a _HeaderIndex, None without one
    cdef object _index
    cdef object __weakref__


# A view of that class, a subclass of HeadersBase, over a raw list.
cdef object new_headers(type cls, object raw)
