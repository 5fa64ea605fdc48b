from litecon._native.channel cimport CUSTOM_RECEIVE, CUSTOM_SEND, HAS_RULES, Channel
from litecon._native.scope cimport ConnectionBase
from litecon._native.traits cimport RECEIVE, SEND, Traits


cdef class SocketBase(ConnectionBase):
    cdef Channel channel

    # Install the callables that a subclass's wrappers return.
    cdef int install_wrappers(self) except -1


cdef object uninitialised_error(SocketBase socket)


# Raise if the constructor has not run; a framework's socket gets its channel from its constructor.
cdef inline int check_constructed(object socket, Channel channel) except -1:
    # without a channel, the collector has cleared the socket, even if its constructor ran once more since
    if channel is None or (not channel.flags & HAS_RULES and (<SocketBase> socket)._cached_scope is None):
        raise uninitialised_error(<SocketBase> socket)
    return 0


# Return the operation of accept(), close() or deny().
cdef object new_handshake_operation(
    object socket, Channel channel, int method, object first, object second, object third
)


# Return whether events are received, or sent, by a callable other than litecon's own over the server's.
cdef inline bint uses_custom_receive(Channel channel, Traits traits) noexcept:
    return channel.flags & CUSTOM_RECEIVE or traits.overrides & RECEIVE


cdef inline bint uses_custom_send(Channel channel, Traits traits) noexcept:
    return channel.flags & CUSTOM_SEND or traits.overrides & SEND
