from litecon._native.channel cimport FOREIGN_RECEIVE, FOREIGN_SEND, Channel
from litecon._native.scope cimport ConnectionBase
from litecon._native.traits cimport RECEIVE, SEND, Traits


cdef class SocketBase(ConnectionBase):
    cdef Channel channel

    # Install the callables that a subclass's wrappers return.
    cdef int wrap(self) except -1


cdef object constructor_missing(SocketBase socket)


# Raise where the constructor has not run.
cdef inline int expect_constructed(SocketBase socket) except -1:
    if socket._seen is None:
        raise constructor_missing(socket)
    return 0


# Whether the callable that receives, or sends, is another than litecon's own over the server's.
cdef inline bint receives_elsewhere(Channel channel, Traits traits) noexcept:
    return channel.foreign & FOREIGN_RECEIVE or traits.overrides & RECEIVE


cdef inline bint sends_elsewhere(Channel channel, Traits traits) noexcept:
    return channel.foreign & FOREIGN_SEND or traits.overrides & SEND
