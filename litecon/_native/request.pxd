from litecon._native.body cimport BodyReader
from litecon._native.scope cimport ConnectionBase
from litecon._native.traits cimport Traits


cdef class RequestBase(ConnectionBase):
    cdef object _accept
    cdef object _content_type
    cdef BodyReader _reader


# What was received of the body of a request with this scope.
cdef BodyReader reader_of(RequestBase request, object scope)
# Raise what is known before the body is received, for whom has claimed the reader; return how many bytes are accepted.
cdef Py_ssize_t start_reading(RequestBase request, object scope, BodyReader reader, Traits traits) except -2
