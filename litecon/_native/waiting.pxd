cimport cython


@cython.final
cdef class Waiting:
    cdef object future
    cdef object steps
    # of the task, while it waits
    cdef object callback
    cdef object context
    cdef object message
    cdef bint cancelled
    cdef bint woken
    # whether it has raised the future's error
    cdef bint failed
    cdef public bint _asyncio_future_blocking

    cdef int forget(self) except -1


@cython.final
cdef class Kept:
    cdef readonly object awaitable
    # what awaits it, or was the last that did
    cdef Waiting waiting
    # whether its event was taken
    cdef bint taken


# What to await for what receive() gave; a future is kept in holder.pending, which is None before, so that a cancelled await
# drops no event.
cdef object kept(object holder, object awaitable)
# What to await for what was kept; None where there is nothing any more, but the next is to be asked for.
cdef object resumed(object holder)

# To be told where the event of what was kept is taken. PERF: the future is not asked then whether it is done.
cdef inline void taken(object pending) noexcept:
    if type(pending) is Kept:
        (<Kept> pending).taken = True
