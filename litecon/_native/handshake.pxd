from litecon._native.channel cimport FOREIGN_RECEIVE, FOREIGN_SEND, RULED, Channel
from litecon._native.scope cimport ConnectionBase
from litecon._native.traits cimport RECEIVE, SEND, Traits


cdef class SocketBase(ConnectionBase):
    cdef Channel channel

    # Install the callables that a subclass's wrappers return.
    cdef int wrap(self) except -1


cdef object constructor_missing(SocketBase socket)


# Raise if the constructor has not run; a framework's socket gets its channel from its constructor.
cdef inline int expect_constructed(object socket, Channel channel) except -1:
    if (channel is None or not channel.flags & RULED) and (<SocketBase> socket)._seen is None:
        raise constructor_missing(<SocketBase> socket)
    return 0


# Return the operation of accept(), close() or deny().
cdef object handshake_operation(object socket, Channel channel, int method, object first, object second, object third)


# Return whether events are received, or sent, by a callable other than litecon's own over the server's.
cdef inline bint receives_elsewhere(Channel channel, Traits traits) noexcept:
    return channel.flags & FOREIGN_RECEIVE or traits.overrides & RECEIVE


cdef inline bint sends_elsewhere(Channel channel, Traits traits) noexcept:
    return channel.flags & FOREIGN_SEND or traits.overrides & SEND
