from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF

from litecon._native.calling cimport likely, litecon_look_around, litecon_send_into

cdef extern from "pool.h":
    ctypedef struct LiteconPool:
        pass
    object litecon_take(LiteconPool *pool)


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


cdef class Operation:
    """The awaitable that a compiled asynchronous method returns; see operation.pyx."""

    cdef object _inner
    # What this alone uses until it ends, and the flag of it that tells the others; NULL without one.
    cdef object _claimed
    cdef bint *_busy
    cdef unsigned char _state
    cdef bint _done
    # whether failed() is asked; it stays as it is when the memory is used again
    cdef bint _guarded

    # What to do first: the next awaitable to drive or, with _done set, the value of the whole.
    cdef object begin(self)
    # The same again, with what the last awaitable returned.
    cdef object step(self, object result)
    # What becomes of an error, of the awaitable's or of one's own: raise it or another, or return the value of the whole.
    cdef object failed(self, object error)
    # Let others use what this claimed; the end does it too, however it comes.
    cdef void let_go(self) noexcept
    # The qualified name of the method, for people.
    cdef str label(self)
    cdef void finish(self) noexcept


# Use something alone, until the end; its flag is not set by another.
cdef inline void claim(Operation self, object claimed, bint *busy) noexcept:
    self._claimed = claimed
    self._busy = busy
    busy[0] = True


# Return a value, as PyIter_Send does.
cdef inline int returned(object value, PyObject **result) except -1:
    Py_INCREF(value)
    result[0] = <PyObject *> value
    return RETURN


# Let go in the usual case, without a call; the state is DONE already or SUSPENDED no more.
cdef inline void let_go_quickly(Operation self) noexcept:
    # SAFETY: the flag lies in what is claimed; where the collector has cleared that, it has cleared the owner of the flag
    if likely(self._claimed is not None):
        self._busy[0] = False
        self._claimed = None
    self._busy = NULL


# Go on with the awaitable that a suspended operation waits for. Where it waits on, that is all, and NEXT is returned. Else
# the references to the awaitable and to what it returned are the caller's, for drive_on() or for the end.
cdef inline int go_on_waiting(Operation self, PyObject *value, PyObject **inner, PyObject **out) noexcept:
    cdef int status
    self._state = RUNNING
    # SAFETY: borrowed, since nobody else changes an operation that is RUNNING
    status = litecon_send_into(<PyObject *> self._inner, value, out)
    if status == NEXT:
        self._state = SUSPENDED
    else:
        inner[0] = <PyObject *> self._inner
        Py_INCREF(self._inner)
        self._inner = None
    return status


# Wait for an awaitable that was begun already and has yielded; the references to both are taken over.
cdef inline int wait_for(Operation self, PyObject *awaitable, PyObject *out, PyObject **result) noexcept:
    self._inner = <object> awaitable
    Py_DECREF(<object> awaitable)
    self._state = SUSPENDED
    result[0] = out
    return NEXT


ctypedef int (*am_send)(Operation, PyObject *, PyObject **) noexcept

# The am_send of operations. An error is set where ERROR is returned.
cdef int drive(Operation self, PyObject *value, PyObject **result) noexcept
# The same, for an am_send that has begun by itself: go on with what PyIter_Send has said of an awaitable, NULL where there
# is none but an error. The references to the awaitable and to what it gave are taken over.
cdef int drive_on(Operation self, int status, PyObject *inner, PyObject *out, PyObject **result) noexcept
# The same, with the awaitable to begin with, whose reference is taken over.
cdef int drive_from(Operation self, PyObject *awaitable, PyObject **result) noexcept
# What `await` iterates over for an awaitable that is no native coroutine.
cdef object iterator_of(object awaitable)
# Make a final subclass drivable, and litecon_take() its constructor; to be called once for each, at import. Its fields are
# objects or numbers: what points into memory must not outlive its end. `send` is for one that knows a shorter way.
cdef inline int install(type cls, LiteconPool *pool, am_send send=NULL) except -1:
    litecon_look_around()
    return install_type(cls, pool, send)


cdef int install_type(type cls, LiteconPool *pool, am_send send) except -1
# Make inspect.iscoroutinefunction() true of a method that returns an operation.
cdef int mark(type cls, str name) except -1
