cdef class URLBase:
    cdef readonly str scheme
    cdef readonly str netloc
    cdef readonly str path
    cdef readonly str query
    cdef readonly str fragment
    cdef str _text
    cdef object __weakref__


# scope["headers"] as a list or tuple; another iterable is read into the scope, once
cdef object headers_of(object scope)
# The URL of a connection, of that class; base: that of the application's root
cdef object new_url_from_scope(type cls, object scope, bint base)
