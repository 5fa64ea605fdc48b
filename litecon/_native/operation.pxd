from cpython.object cimport PyObject

cdef enum:
    # of an operation
    CREATED = 0
    RUNNING = 1
    SUSPENDED = 2
    DONE = 3
    # of PySendResult
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
    # A value that PyIter_Send() or the like has given with its reference.
    object steal_reference "litecon_steal"(PyObject *value)


cdef class Operation:
    # What this waits for; None while it does not wait.
    cdef object _inner
    cdef unsigned char _state
    # Whether begin() or step() has returned the value of the whole.
    cdef bint _done
    # Whether release() is due, however this ends.
    cdef bint _holds
    # Whether this is a step of an asynchronous iterator, and whether the iterator is at its end.
    cdef bint _is_step
    cdef bint _exhausted

    # What to do first: the next awaitable to drive or, with _done set, the value of the whole.
    cdef object begin(self)
    # The same again, with what the last awaitable returned.
    cdef object step(self, object result)
    # What becomes of an error, of the awaitable's or of one's own: raise it or another, or return the value of the
    # whole.
    cdef object failed(self, object error)
    # Give back what this alone uses, and for which it has set _holds.
    cdef void release(self) noexcept
    # The qualified name of the method, for people.
    cdef str label(self)
    # To be returned by begin(), step() or failed(): the iteration is at its end, and StopAsyncIteration is raised.
    cdef object end_iteration(self)


# An asynchronous iterator that is its own; a subclass has the step.
cdef class AsyncIteratorBase:
    cdef bint started
    cdef bint closed
    cdef object __weakref__

    # The operation of the next step.
    cdef Operation next_operation(self)


# A callable object whose calls return operations: iscoroutinefunction() is true of it.
cdef class CoroutineCallable:
    pass


# What operations give back early, or their end gives back.
cdef inline void release(Operation self) noexcept:
    if self._holds:
        self._holds = False
        self.release()


# What `await` iterates over where it awaits what is no native coroutine.
cdef object iterator_of(object awaitable)
# What each final subclass calls as it is freed: the warning of what was never awaited, the end of what was suspended.
cdef void discard(Operation self) noexcept
# Make a final subclass awaitable; once for each, at import.
cdef int register_operation(type cls) except -1
# Make inspect.iscoroutinefunction() true of a method that returns an operation.
cdef int mark_coroutine_function(type cls, str name) except -1
