# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""Asynchronous iterators with the methods of an asynchronous generator."""

cimport cython

from litecon._native.operation cimport LiteconPool, Operation, install, litecon_take, mark


@cython.final
cdef class Immediate(Operation):
    """An asynchronous method that waits for nothing."""

    cdef Iteration iteration
    cdef object error
    cdef object name

    cdef str label(self):
        return f"{type(self.iteration).__name__}.{self.name}"

    cdef object begin(self):
        if self.name != "asend":
            self.iteration.closed = True
        if self.error is not None:
            raise self.error
        self._done = True


cdef LiteconPool _immediates
install(Immediate, &_immediates)


cdef class Iteration:
    """An asynchronous iterator that is its own; a subclass has the step."""

    cdef Operation following(self):
        raise NotImplementedError

    def __aiter__(self):
        return self

    def __anext__(self):
        return self.following()

    def asend(self, value):
        """Return the next value, as `__anext__` does.

        Args:
            value: None before the first value; ignored afterwards.

        Raises:
            TypeError: Another value was sent before the first value.
            StopAsyncIteration: The end was reached.
        """
        if value is not None and not self.started:
            return _immediate(self, "asend", TypeError("can't send non-None value to a just-started async generator"))
        return self.following()

    def athrow(self, error, *details):
        """Close the iterator and raise an exception.

        Args:
            error: The exception.
            details: Accepted for the older signature of three arguments, and not used.
        """
        return _immediate(self, "athrow", error)

    def aclose(self):
        """Close the iterator; what was received and not given out stays for the next."""
        return _immediate(self, "aclose", None)


cdef Immediate _immediate(Iteration iteration, str name, object error):
    cdef Immediate operation = <Immediate> litecon_take(&_immediates)
    operation.iteration = iteration
    operation.name = name
    operation.error = error
    return operation


for _name in ("asend", "athrow", "aclose"):
    mark(Iteration, _name)
