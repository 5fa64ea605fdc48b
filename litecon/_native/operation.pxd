cdef class Operation:
    """The awaitable that a compiled asynchronous method returns; see operation.pyx."""

    cdef object _inner
    # What this alone uses until it ends, and the flag of it that tells the others; NULL without one.
    cdef object _claimed
    cdef bint *_busy
    cdef unsigned char _state
    cdef bint _done

    # What to do first: the next awaitable to drive or, with _done set, the value of the whole.
    cdef object begin(self)
    # The same again, with what the last awaitable returned.
    cdef object step(self, object result)
    # Use something alone; its flag is not set by another.
    cdef void claim(self, object claimed, bint *busy) noexcept
    # Let others use what this claimed; the end does it too, however it comes.
    cdef void let_go(self) noexcept
    # The qualified name of the method, for people.
    cdef str label(self)
    cdef void finish(self) noexcept


# Make a subclass drivable; to be called once for each, at import.
cdef int install(type cls) except -1
# Make inspect.iscoroutinefunction() true of a method that returns an operation.
cdef int mark(type cls, str name) except -1