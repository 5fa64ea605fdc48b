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

    cdef int remove_callback(self) except -1
    cdef bint rearm(self) except -1
    cdef int cancel_future(self) except -1


# Return the object to await instead of an awaitable of receive(); a future is kept in holder.pending, which is None
# before, until its event was returned.
cdef object shield_future(object holder, object awaitable)
# Return holder.pending, to be awaited; None if it cannot return an event any more.
cdef object resume_pending(object holder)
# Drop holder.pending, since nothing more will be received, and cancel its future, if any.
cdef int cancel_pending(object holder) except -1
