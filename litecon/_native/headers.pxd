cdef class HeadersBase:
    cdef object _raw
    cdef object __weakref__


# A view of that class, a subclass of HeadersBase, over a raw list.
cdef object new_headers(type cls, object raw)
