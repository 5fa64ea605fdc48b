cdef class Operation:
    """The awaitable that a compiled asynchronous method returns; see operation.pyx."""

    cdef object _inner
    cdef unsigned char _state
    cdef bint _done

    # What to do first: the next awaitable to drive or, with _done set, the value of the whole.
    cdef object begin(self)
    # The same again, with what the last awaitable returned.
    cdef object step(self, object result)
    # The end, however it came: let go what others wait for. Never raises, may run twice.
    cdef void release(self) noexcept
    # The qualified name of the method, for people.
    cdef str label(self)
    cdef void finish(self) noexcept


# Make a subclass drivable; to be called once for each, at import.
cdef int install(type cls) except -1
# Make inspect.iscoroutinefunction() true of a method that returns an operation.
cdef int mark(type cls, str name) except -1

cdef bint is_suspended(Operation operation) noexcept
