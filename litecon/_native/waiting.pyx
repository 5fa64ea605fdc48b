# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""Awaiting the futures of servers, so that cancelling an await loses no event."""

cimport cython
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF

from litecon._native.operation cimport NEXT, RETURN, check_self, steal_reference

from litecon._shared.loops import cancel_threadsafe

cdef extern from *:
    """
    static int litecon_register_send(PyTypeObject *type, void *send) {
        type->tp_as_async->am_send = (sendfunc) send;
        return 0;
    }
    """
    int litecon_register_send(type cls, void *send) except -1


# PERF: the class of the server's futures is checked once
cdef object _future_class = None


cdef object shield_future(object holder, object awaitable):
    global _future_class
    cdef ShieldedFuture shielded
    if type(awaitable) is not _future_class:
        if getattr(awaitable, "_asyncio_future_blocking", None) is None:
            return awaitable
        _future_class = type(awaitable)
    shielded = ShieldedFuture.__new__(ShieldedFuture)
    shielded.future = awaitable
    holder.pending = shielded
    return shielded


cdef object resume_pending(object holder):
    cdef object pending = holder.pending
    cdef bint is_pending
    if type(pending) is ShieldedFuture:
        is_pending = (<ShieldedFuture> pending).rearm()
    elif hasattr(pending, "rearm"):
        is_pending = pending.rearm()
    else:
        holder.pending = None
        return pending
    if is_pending:
        return pending
    holder.pending = None
    return None


cdef int cancel_pending(object holder) except -1:
    cdef object pending = holder.pending
    holder.pending = None
    # cancelled now, since the traceback of a cancelled task may keep it alive
    if type(pending) is ShieldedFuture:
        (<ShieldedFuture> pending).cancel_future()
    return 0


@cython.final
cdef class ShieldedFuture:
    """An awaitable over a future: cancelling the task that awaits it leaves the future alone.

    A server that returns futures from `receive()` (granian) has already started to receive, and drops the event with
    the future. The task waits for this object instead, and the future wakes the task; `asyncio.shield()` would take
    another turn of the event loop. The future is cancelled when no task will await it any more.
    """

    def __await__(self):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        cdef PyObject *out = NULL
        cdef int status = _am_send(self, <PyObject *> None, &out)
        cdef object value = steal_reference(out)
        if status == RETURN:
            raise StopIteration(value)
        return value

    cdef int remove_callback(self) except -1:
        cdef object callback = self.callback
        if callback is not None and self.future is not None:
            self.callback = None
            self.future.remove_done_callback(callback)
        return 0

    cdef bint rearm(self) except -1:
        if self.future is None:
            return False
        if not self.future.done():
            if self.future.get_loop().is_closed():
                self.future = None
                return False
        # the task was woken by an exception, was cancelled when the event arrived, or was destroyed; or the future was
        # cancelled while no task awaited it, as it is when an event loop ends
        elif self.callback is not None or self.future.cancelled():
            try:
                self.future.result()
            except BaseException:
                self.future = None
                return False
        self.remove_callback()
        self.yielded = False
        return True

    def close(self):
        """Stop waiting for the future."""
        self.remove_callback()

    def done(self):
        """Return whether there is nothing to await."""
        return self.future is None or self.future.done()

    def get_loop(self):
        """Return the event loop of the future."""
        return self.future.get_loop()

    def add_done_callback(self, callback, *, context=None):
        """Add the callback that wakes the task when the future is done.

        Args:
            callback: The callback of the task, which is called with the future.
            context: The context in which it is called.
        """
        self.callback = callback
        self.context = context
        self.future.add_done_callback(callback, context=context)

    def cancel(self, msg=None):
        """Wake the task with a CancelledError, and leave the future alone; return whether the task is woken.

        Args:
            msg: The message of the error.
        """
        cdef object callback = self.callback
        if callback is None or self.done():
            return False
        self.remove_callback()
        self.message = msg
        self.future.get_loop().call_soon(callback, self, context=self.context)
        return True

    def result(self):
        """Raise the CancelledError for which the task was woken."""
        from asyncio import CancelledError

        raise CancelledError() if self.message is None else CancelledError(self.message)

    cdef int cancel_future(self) except -1:
        if self.future is not None:
            cancel_threadsafe(self.future)
        return 0

    def __del__(self):
        self.cancel_future()


cdef int _am_send(ShieldedFuture self, PyObject *value, PyObject **result) except -1:
    cdef object future = self.future
    cdef object event
    # a debug interpreter checks that it is NULL if an exception is raised
    result[0] = NULL
    if future is None:
        raise RuntimeError("cannot reuse already awaited future")
    if self.yielded:
        # PERF: done() is not called; if the future is not done, this raises, and the future is kept
        event = future.result()
        self.future = None
        return return_value(event, result)
    if future.done():
        self.future = None
        return return_value(future.result(), result)
    self.yielded = self._asyncio_future_blocking = True
    Py_INCREF(self)
    result[0] = <PyObject *> self
    return NEXT


cdef inline int return_value(object value, PyObject **result) except -1:
    Py_INCREF(value)
    result[0] = <PyObject *> value
    return RETURN


check_self(ShieldedFuture)
litecon_register_send(ShieldedFuture, <void *> _am_send)
