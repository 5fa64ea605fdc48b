from litecon._native.body cimport BodyReader
from litecon._native.scope cimport ConnectionBase
from litecon._native.traits cimport Traits


cdef class RequestBase(ConnectionBase):
    cdef object _accept
    cdef object _content_type
    cdef BodyReader _reader


# Return the reader of the body of a request with this scope.
cdef BodyReader reader_of(RequestBase request, object scope)
# Raise the exceptions that are known before the body is received, after the reader was claimed; return the number of
# bytes that is accepted, -1 for any number.
cdef Py_ssize_t start_reading(RequestBase request, object scope, BodyReader reader, Traits traits) except -2
