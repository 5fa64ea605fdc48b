from litecon._native.channel cimport Channel
from litecon._native.scope cimport ConnectionBase
from litecon._native.traits cimport Traits


cdef class SocketBase(ConnectionBase):
    cdef Channel channel

    # Install the callables that a subclass's wrappers return.
    cdef int wrap(self) except -1


# Raise where the constructor has not run.
cdef int expect_constructed(SocketBase socket) except -1
# Whether the callable that receives, or sends, is another than litecon's own over the server's.
cdef bint receives_elsewhere(Channel channel, Traits traits) noexcept
cdef bint sends_elsewhere(Channel channel, Traits traits) noexcept
