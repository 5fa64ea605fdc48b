# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""What to await for the next event, where `receive()` gives futures: a cancelled await loses nothing."""

cimport cython
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF

from litecon._native.operation cimport NEXT, RETURN, iterator_of, returned

cdef extern from *:
    """
    static int litecon_install_send(PyTypeObject *type, void *send) {
        type->tp_as_async->am_send = (sendfunc) send;
        return 0;
    }

    #define litecon_given(o) (o)
    """
    int litecon_install_send(type cls, void *send) except -1
    object litecon_given(PyObject *o)
    int PyIter_Send(PyObject *iterator, PyObject *value, PyObject **result) noexcept


# PERF: the class of the server's futures is asked once
cdef object _future_class = None


cdef object kept(object holder, object awaitable):
    global _future_class
    cdef Kept kept
    if type(awaitable) is not _future_class:
        if getattr(awaitable, "_asyncio_future_blocking", None) is None:
            return awaitable
        _future_class = type(awaitable)
    kept = Kept.__new__(Kept)
    kept.awaitable = awaitable
    holder.pending = kept
    return _waiting(kept)


cdef object resumed(object holder):
    cdef object pending = holder.pending
    if type(pending) is Kept and (<Kept> pending).waiting.failed:
        holder.pending = None
        return None
    if pending.done():
        holder.pending = None
        return pending.awaitable
    return _waiting(pending)


@cython.final
@cython.freelist(8)
cdef class Kept:
    """A future that `receive()` gave, which is cancelled when nobody will ask for it any more."""

    def done(self):
        """Return whether it is done."""
        return self.awaitable.done()

    def __dealloc__(self):
        # a server may wait for its receive() to end before it lets go of the connection
        if not self.taken and self.awaitable is not None and not self.awaitable.done():
            self.awaitable.cancel()


@cython.final
@cython.freelist(8)
cdef class Waiting:
    """An await of a future which ends when the awaiting task is cancelled, and leaves the future alone.

    A server that gives futures from `receive()` (granian) has begun to receive, and drops the event with the future. The
    task waits for this instead, which wakes it in the same turn of the loop: `asyncio.shield()` takes another.
    """

    def __await__(self):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        cdef PyObject *out = NULL
        cdef int status = _step(self, <PyObject *> None, &out)
        cdef object value = litecon_given(out)
        if status == RETURN:
            raise StopIteration(value)
        return value

    cdef int forget(self) except -1:
        if self.callback is not None:
            self.callback = None
            self.future.remove_done_callback(self)
        return 0

    def close(self):
        """End the waiting."""
        self.forget()

    def get_loop(self):
        """Return the event loop of the future."""
        return self.future.get_loop()

    def add_done_callback(self, callback, *, context=None):
        """Have the task woken when the future is done.

        Args:
            callback: Of the task; called with this.
            context: To call it in.
        """
        self.callback = callback
        self.context = context
        self.future.add_done_callback(self, context=context)

    def __call__(self, future):
        cdef object callback = self.callback
        # none where the task was cancelled in the moment in which the future was done
        if callback is not None:
            self.callback = None
            self.woken = True
            callback(self)

    def cancel(self, msg=None):
        """Wake the task with a CancelledError, and leave the future alone; return False where it is done already.

        Args:
            msg: Of the error.
        """
        cdef object callback = self.callback
        if callback is None or self.future.done():
            return False
        self.forget()
        self.cancelled = True
        self.message = msg
        self.future.get_loop().call_soon(callback, self, context=self.context)
        return True

    def result(self):
        """Raise CancelledError where the task was cancelled; what becomes of the future is seen when the task goes on."""
        if self.cancelled:
            from asyncio import CancelledError

            raise CancelledError() if self.message is None else CancelledError(self.message)


cdef Waiting _waiting(Kept kept):
    cdef Waiting waiting = Waiting.__new__(Waiting)
    waiting.future = kept.awaitable
    kept.waiting = waiting
    return waiting


cdef int _step(Waiting self, PyObject *value, PyObject **result) except -1:
    self.failed = True
    cdef int status = _step_of(self, value, result)
    # it stays True where an error was raised
    self.failed = False
    return status


cdef inline int _step_of(Waiting self, PyObject *value, PyObject **result) except -1:
    cdef PyObject *out = NULL
    cdef int status
    if self.steps is None:
        self.steps = iterator_of(self.future)
    status = PyIter_Send(<PyObject *> self.steps, value, &out)
    result[0] = out
    if status == NEXT and out is <PyObject *> self.future:
        if self.woken:
            # granian's where it was cancelled: it says so here alone
            result[0] = NULL
            Py_DECREF(<object> out)
            return returned(self.future.result(), result)
        self.future._asyncio_future_blocking = False
        self._asyncio_future_blocking = True
        Py_INCREF(self)
        result[0] = <PyObject *> self
        Py_DECREF(<object> out)
    return status


litecon_install_send(Waiting, <void *> _step)
