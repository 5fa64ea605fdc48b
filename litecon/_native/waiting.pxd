cimport cython


@cython.final
cdef class ShieldedFuture:
    # None once its event or its exception was returned
    cdef object future
    # the callback of the task, from when it is suspended until it is cancelled
    cdef object callback
    cdef object context
    cdef object message
    # whether it was yielded
    cdef bint yielded
    cdef public bint _asyncio_future_blocking

    cdef int forget(self) except -1
    cdef bint rearm(self) except -1
    cdef int abandon(self) except -1


# What to await for what receive() gave; a future is kept in holder.pending, which is None before, until its event has
# come.
cdef object shield_future(object holder, object awaitable)
# What to await for holder.pending; None where there is nothing any more, but the next is to be asked for.
cdef object resume_pending(object holder)
# Nothing more is received: drop holder.pending, and cancel a future.
cdef int abandon(object holder) except -1
