from cpython.object cimport PyObject

cdef enum:
    # the states of an operation
    CREATED = 0
    RUNNING = 1
    SUSPENDED = 2
    DONE = 3
    # the values of PySendResult
    RETURN = 0
    ERROR = -1
    NEXT = 1


cdef extern from *:
    """
    #ifndef LITECON_STEAL
    #define LITECON_STEAL
    static inline PyObject *litecon_steal(PyObject *value) { return value; }
    #endif
    """
    # Take over the reference to a value that PyIter_Send() or a similar function returned.
    object steal_reference "litecon_steal"(PyObject *value)


cdef class Operation:
    # The awaitable on which this is suspended; None while it is not suspended.
    cdef object _inner
    cdef unsigned char _state
    # Whether begin() or step() has returned the result of the operation.
    cdef bint _has_result
    # Whether release() must be called, however this ends.
    cdef bint _has_claim
    # Whether this is a step of an asynchronous iterator, and whether the iterator is at its end.
    cdef bint _is_step
    cdef bint _exhausted

    # Start: return the first awaitable to drive or, with _has_result set, the result of the operation.
    cdef object begin(self)
    # Continue with the result of the last awaitable: return the next one or, with _has_result set, the result of the
    # operation.
    cdef object step(self, object result)
    # Handle an exception that the awaitable, begin() or step() raised: raise it or another one, or return the result of
    # the operation.
    cdef object handle_error(self, object error)
    # Release the claim for which this has set _has_claim.
    cdef void release(self) noexcept
    # Return the qualified name of the method, for display.
    cdef str qualified_name(self)
    # End the iteration: begin(), step() or handle_error() returns the result of this call, and StopAsyncIteration is
    # raised.
    cdef object end_iteration(self)


# An asynchronous iterator that returns itself from __aiter__(); a subclass defines the step.
cdef class AsyncIteratorBase:
    cdef bint started
    cdef bint closed
    cdef object __weakref__

    # Return the operation of the next step.
    cdef Operation next_operation(self)


# A callable object whose calls return operations: iscoroutinefunction() is true for it.
cdef class CoroutineCallable:
    pass


# Call release() of an operation, early or at its end, if that is still due.
cdef inline void release_claim(Operation self) noexcept:
    if self._has_claim:
        self._has_claim = False
        self.release()


# Return the iterator over which `await` iterates for an awaitable that is not a native coroutine.
cdef object iterator_of(object awaitable)
# Each final subclass calls this when it is freed: it warns of an operation that was never awaited, and closes one that
# is suspended.
cdef void finalize(Operation self) noexcept
# Make a final subclass awaitable; once for each, at import.
cdef int register_operation(type cls) except -1
# Make the methods of an extension class raise TypeError if they are called with another object as self, as
# `Request.body(5)` does; once for each class that has methods, at import.
cdef int check_self(type cls) except -1
# Make inspect.iscoroutinefunction() true for a method that returns an operation.
cdef int mark_coroutine_function(type cls, str name) except -1
