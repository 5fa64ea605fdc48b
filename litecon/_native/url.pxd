cdef class URLBase:
    cdef readonly str scheme
    cdef readonly str netloc
    cdef readonly str path
    cdef readonly str query
    cdef readonly str fragment
    cdef str _text
    cdef object __weakref__


# Return scope["headers"] as a list or tuple; another iterable is read into the scope, once.
cdef object headers_of(object scope)
# Return the URL of a connection, an object of that class; with base, that of the application's root.
cdef object new_url_from_scope(type cls, object scope, bint base)
