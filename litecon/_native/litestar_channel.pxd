from litecon._native.operation cimport CoroutineCallable, Operation


# The state of one WebSocket, which its callables keep without keeping the socket itself.
cdef class Channel:
    cdef object state
    # of the event that ended it, None until then
    cdef object code
    # a future that receive() gave and that is not done, or an event that is still to be given out
    cdef public object pending
    cdef bint busy


cdef class SocketReceive(CoroutineCallable):
    cdef Channel channel
    cdef object receive


cdef class SocketSend(CoroutineCallable):
    cdef Channel channel
    cdef object send


# Whether it is in a state, other than that of receiving. PERF: strings are compared only where it is not, which is seldom
cdef inline bint is_at(Channel channel, str state) except -1:
    return channel.state is not "receive" and channel.state == state


cdef Channel channel_of(object socket)
# Give a socket a channel of its own.
cdef int open_channel(object socket) except -1
# The code that a disconnect has, 1005 without one.
cdef object code_of(object event)
# Claim the channel; what to await for the next event.
cdef object start_receiving(Operation operation, Channel channel, object receive)
cdef void release_channel(Channel channel) noexcept
# Take the event that came, release the channel, and return the event's kind.
cdef int received(Operation operation, Channel channel, object event) except -1
# Take what came to accept(); whether another task has accepted meanwhile.
cdef bint connected(Channel channel, object event) except -1
# What to await for an event to be sent.
cdef object start_sending(Channel channel, object send, object event)
