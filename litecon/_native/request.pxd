from litecon._native.body cimport BodyReader
from litecon._native.scope cimport ConnectionBase


cdef class RequestBase(ConnectionBase):
    cdef object _accept
    cdef object _content_type
    cdef BodyReader _reader
