# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The driven operation: an awaitable that drives the server's awaitable directly, without a frame.

It behaves as a native coroutine does, and costs less: awaiting it runs `drive()`, which sends into the iterator of the
awaitable that `receive()` or `send(event)` returned. A subclass is a state machine with two methods, `begin` and
`step`. The base class of asynchronous iterators, whose steps are operations, is here too.
"""

cimport cython
from cpython cimport PY_VERSION_HEX
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_REFCNT

import sys

from litecon._errors import cannot_pickle, stop_async_iteration_error, stop_iteration_error
from litecon._native.interpreted import await_in_interpreter

cdef extern from "operation.h":
    void litecon_write_unraisable(object error) noexcept
    int PyCoro_CheckExact(object o) noexcept
    int PyCode_Check(object code) noexcept
    int PyIter_Send(object iterator, object value, PyObject **result) except -1
    PyObject *litecon_await_iter(object o) except? NULL
    object litecon_get_raised_exception()
    int litecon_end_iteration(PyObject **result) noexcept
    PyObject *litecon_stop_iteration(PyObject *value, tuple no_arguments) noexcept
    int litecon_register_operation(type cls, void *drive, void *iternext) except -1
    void litecon_warn_never_awaited(object name) noexcept
    object litecon_new_frame(object code)
    object litecon_new_code(object name)
    void litecon_flag_coroutine(object code) noexcept
    bint litecon_check_self(object method, type cls) noexcept


cdef object iterator_of(object awaitable):
    cdef PyObject *iterator = litecon_await_iter(awaitable)
    return await_in_interpreter(awaitable) if iterator is NULL else steal_reference(iterator)


cdef int drive(Operation self, PyObject *value, PyObject **result) except -1:
    """The am_send of operations: run until a value is yielded, or to the end."""
    cdef int previous_state, status
    # a debug interpreter checks that it is NULL if an exception is raised
    result[0] = NULL
    previous_state = set_running(self, value)
    # PERF: not a try statement, which saves and restores the exception that is being handled
    status = (<int (*)(Operation, int, PyObject *, PyObject **) noexcept> run)(self, previous_state, value, result)
    if status == ERROR:
        status = finish_on_error(self, litecon_get_raised_exception(), result)
    return litecon_end_iteration(result) if self._exhausted and status == RETURN else status


cdef inline int set_running(Operation self, PyObject *value) except -1:
    """Start or resume, for one caller at a time; return the previous state."""
    cdef int previous_state
    cdef bint can_run
    with cython.critical_section(self):
        previous_state = self._state
        can_run = previous_state == SUSPENDED or (previous_state == CREATED and value is <PyObject *> None)
        if can_run:
            self._state = RUNNING
    return previous_state if can_run else raise_not_resumable(previous_state)


cdef int raise_not_resumable(int previous_state) except -1:
    if previous_state == RUNNING:
        raise ValueError("coroutine already executing")
    if previous_state == DONE:
        raise RuntimeError("cannot reuse already awaited coroutine")
    raise TypeError("can't send non-None value to a just-started coroutine")


cdef int run(Operation self, int previous_state, PyObject *value, PyObject **result) except -1:
    """Run until a value is yielded, or to the end."""
    cdef PyObject *out = NULL
    if previous_state == SUSPENDED:
        if PyIter_Send(self._inner, <object> value, &out) == NEXT:
            result[0] = out
            self._state = SUSPENDED
            return NEXT
        self._inner = None
    return drive_awaitables(self, out, result)


cdef int drive_awaitables(Operation self, PyObject *last_result, PyObject **result) except -1:
    """Drive one awaitable after the other, until a value is yielded, or to the end.

    Args:
        last_result: The result of the last awaitable, whose reference is stolen; NULL at the start.
        result: The location for the value.
    """
    cdef PyObject *out = NULL
    cdef object value = self.begin() if last_result is NULL else self.step(steal_reference(last_result))
    while not self._has_result:
        # PERF: a coroutine with one reference cannot be awaited elsewhere, so cr_await is not read
        if not PyCoro_CheckExact(value):
            value = iterator_of(value)
        elif Py_REFCNT(value) > 1 and value.cr_await is not None:
            raise RuntimeError("coroutine is being awaited already")
        if PyIter_Send(value, None, &out) == NEXT:
            self._inner = value
            result[0] = out
            self._state = SUSPENDED
            return NEXT
        value = self.step(steal_reference(out))
    return finish(self, value, result)


cdef inline int finish(Operation self, object value, PyObject **result) except -1:
    """End with a value."""
    self._state = DONE
    release_claim(self)
    result[0] = new_reference(value)
    return RETURN


cdef int finish_on_error(Operation self, object error, PyObject **result) except -1:
    """End with an exception: raise it or another one, or return the value that handle_error() returns instead."""
    return finish(self, close_on_error(self, error), result)


cdef int throw_into(Operation self, object kind, object value, object traceback, PyObject **result) except -1:
    """Throw an exception into the inner awaitable, as a coroutine does; if the awaitable returns, continue."""
    cdef object inner = self._inner
    cdef object error = None
    cdef object arguments = (kind,) if value is None and traceback is None else (kind, value, traceback)
    try:
        error = exception_of(kind, value, traceback)
        arguments = (error,)
    except TypeError as refused:
        # the innermost awaitable refuses the arguments, so that those around it see the TypeError
        error = refused
    if isinstance(error, GeneratorExit):
        if hasattr(inner, "close"):
            inner.close()
        raise error
    throw = getattr(inner, "throw", None)
    try:
        if throw is None:
            raise error
        result[0] = new_reference(throw(*arguments))
        self._state = SUSPENDED
        return NEXT
    except StopIteration as stop:
        # the value that the awaitable returned, as for `await`, even if this is the exception that was thrown
        if throw is None and PY_VERSION_HEX < 0x030C0000:
            raise
        value = stop.value
    self._inner = None
    return drive_awaitables(self, new_reference(value), result)


cdef inline PyObject *new_reference(object value) noexcept:
    Py_INCREF(value)
    return <PyObject *> value


cdef object close_on_error(Operation self, object error, bint has_started=True):
    """Return the value that handle_error() returns for an exception, or raise it as PEP 479 and PEP 525 require."""
    try:
        try:
            raise error
        except BaseException:
            # exceptions that handle_error() raises have this one as their context
            if not has_started:
                raise
            return self.handle_error(error)
    except StopIteration as stop:
        if not has_started and PY_VERSION_HEX >= 0x030C0000:
            # a coroutine that has not started raises it unchanged
            raise
        raise stop_iteration_error() from stop
    except StopAsyncIteration as stop:
        if not self._is_step or not has_started:
            raise
        raise stop_async_iteration_error() from stop
    finally:
        self._state = DONE
        release_claim(self)
        self._inner = None


cdef PyObject *iternext(Operation self) noexcept:
    """The tp_iternext of operations, which `await` calls from CPython 3.12 to 3.14 for anything but a coroutine."""
    cdef PyObject *result = NULL
    cdef int status = (<int (*)(Operation, PyObject *, PyObject **) noexcept> drive)(self, <PyObject *> None, &result)
    # NULL if an exception is set
    return litecon_stop_iteration(result, ()) if status == RETURN else result


cdef object unwrap_send_result(int status, PyObject *out):
    """Return a value that was yielded, or raise StopIteration with one that was returned."""
    cdef object value = steal_reference(out)
    if status == NEXT:
        return value
    raise StopIteration() if value is None else StopIteration(value)


cdef bint is_exception(object o) except -1:
    """Return whether an object can be raised: an exception, or a class of exceptions."""
    return issubclass(o, BaseException) if isinstance(o, type) else isinstance(o, BaseException)


cdef object exception_of(object kind, object value, object traceback):
    """Return the exception that the arguments of throw() describe."""
    if isinstance(kind, type) and is_exception(kind):
        if value is None:
            value = kind()
        elif not isinstance(value, BaseException):
            value = kind(*value) if isinstance(value, tuple) else kind(value)
    elif isinstance(kind, BaseException):
        if value is not None:
            raise TypeError("instance exception may not have a separate value")
        value = kind
    else:
        raise TypeError(
            f"exceptions must be classes or instances deriving from BaseException, not {type(kind).__name__}"
        )
    return value if traceback is None else value.with_traceback(traceback)


cdef class Operation:
    """The return value of a compiled asynchronous method, which is awaited once, as a coroutine is."""

    def __await__(self):
        # `anext(iterator, default)` calls this each time it resumes, and has the only reference
        if self._state == RUNNING or (self._state == SUSPENDED and not (self._is_step and Py_REFCNT(self) == 1)):
            raise RuntimeError("coroutine is being awaited already")
        return self

    cdef object begin(self):
        raise NotImplementedError

    cdef object step(self, object result):
        raise NotImplementedError

    cdef object handle_error(self, object error):
        raise error

    cdef void release(self) noexcept:
        pass

    cdef str qualified_name(self):
        return "Operation"

    cdef object end_iteration(self):
        self._exhausted = self._has_result = True

    def send(self, value, /):
        """Resume with a value; return the value that is yielded, or raise StopIteration with the result.

        Args:
            value: The value that is sent into the awaitable on which this is suspended; None at the start.
        """
        cdef PyObject *out = NULL
        cdef int status = drive(self, <PyObject *> value, &out)
        return unwrap_send_result(status, out)

    def throw(self, kind, value=None, traceback=None, /):
        """Raise an exception inside; return the value that is yielded, or raise StopIteration with the result.

        Args:
            kind: The exception, or its class.
            value: The argument of the class, if `kind` is a class.
            traceback: The traceback of the exception.
        """
        cdef PyObject *out = NULL
        cdef int status
        cdef object error = None
        if PY_VERSION_HEX >= 0x030F0000 and (self._state == RUNNING or self._state == DONE):
            # from CPython 3.15 on, the state is checked before the arguments
            set_running(self, <PyObject *> None)
        if self._state != SUSPENDED or not hasattr(self._inner, "throw"):
            # invalid arguments are refused before the state changes
            error = exception_of(kind, value, traceback)
        if set_running(self, <PyObject *> None) == CREATED:
            return close_on_error(self, error, has_started=False)
        try:
            status = throw_into(self, kind, value, traceback, &out)
        except BaseException as raised:
            status = finish_on_error(self, raised, &out)
        if self._exhausted and status == RETURN:
            steal_reference(out)
            raise StopAsyncIteration
        return unwrap_send_result(status, out)

    def __reduce_ex__(self, protocol):
        raise TypeError("cannot pickle 'coroutine' object")

    def close(self):
        """Raise GeneratorExit inside, and end."""
        cdef int previous_state
        with cython.critical_section(self):
            previous_state = self._state
            if previous_state == CREATED:
                self._state = DONE
        if previous_state == CREATED or previous_state == DONE:
            return
        try:
            self.throw(GeneratorExit)
        except (GeneratorExit, StopIteration):
            return
        raise RuntimeError("coroutine ignored GeneratorExit")

    @property
    def __name__(self):
        return self.qualified_name().rpartition(".")[2]

    @property
    def __qualname__(self):
        return self.qualified_name()

    @property
    def cr_await(self):
        """The awaitable on which this is suspended; None while it is not suspended."""
        return self._inner if self._state == SUSPENDED else None

    @property
    def cr_running(self):
        """Whether this is executing."""
        return self._state == RUNNING

    @property
    def cr_suspended(self):
        """Whether this is suspended."""
        return self._state == SUSPENDED

    @property
    def cr_state(self):
        """The value that `inspect.getcoroutinestate()` returns, from CPython 3.15 on."""
        return ("CORO_CREATED", "CORO_RUNNING", "CORO_SUSPENDED", "CORO_CLOSED")[self._state]

    @property
    def cr_origin(self):
        """None: the origin of operations is not tracked."""
        return None

    @property
    def cr_code(self):
        """A code object with the method's name, for display."""
        return litecon_new_code(self.qualified_name())

    @property
    def cr_frame(self):
        """A frame with the method's name, for display; None at the end."""
        return None if self._state == DONE else litecon_new_frame(litecon_new_code(self.qualified_name()))

    def __repr__(self):
        return f"<coroutine object {self.qualified_name()} at {<size_t> <PyObject *> self:#x}>"


cdef void finalize(Operation self) noexcept:
    try:
        if self._state == CREATED:
            litecon_warn_never_awaited(self.qualified_name())
        elif self._state == SUSPENDED and hasattr(self._inner, "close"):
            self._inner.close()
    except BaseException as error:
        # there is no caller to catch it
        litecon_write_unraisable(error)
    release_claim(self)


cdef int register_operation(type cls) except -1:
    return litecon_register_operation(cls, <void *> drive, <void *> iternext)


cdef int mark_coroutine_function(type cls, str name) except -1:
    code = cls.__dict__[name].__code__
    if not PyCode_Check(code):
        raise TypeError(f"{cls.__name__}.{name} has no code object to mark")
    litecon_flag_coroutine(code)
    return 0


cdef int check_self(type cls) except -1:
    for name, method in cls.__dict__.items():
        if type(method).__name__ == "cython_function_or_method" and not litecon_check_self(method, cls):
            raise TypeError(f"{cls.__name__}.{name} is not a method of a known kind")
    return 0


check_self(Operation)


cdef class CoroutineCallable:
    """A callable object whose calls return operations: `iscoroutinefunction()` is true for it."""

    @property
    def _is_coroutine_mark(self):
        # a caller that checks for the mark has imported the module
        return getattr(sys.modules.get("inspect"), "_is_coroutine_mark", None)

    @property
    def _is_coroutine(self):
        return getattr(sys.modules.get("asyncio.coroutines"), "_is_coroutine", None)

    def __reduce_ex__(self, protocol):
        raise cannot_pickle(self)


check_self(CoroutineCallable)


@cython.final
@cython.no_gc_clear
cdef class CompletedOperation(Operation):
    """The operation of an iterator's method that never suspends."""

    cdef AsyncIteratorBase iterator
    cdef object error
    cdef object name

    def __dealloc__(self):
        if self._state != DONE:
            finalize(self)

    cdef str qualified_name(self):
        return f"{type(self.iterator).__name__}.{self.name}"

    cdef object begin(self):
        if self.name != "asend":
            self.iterator.closed = True
        if self.name == "athrow":
            if not is_exception(self.error):
                raise TypeError("exceptions must derive from BaseException")
            raise self.error
        if self.error is not None:
            raise self.error
        self._has_result = True


register_operation(CompletedOperation)


cdef class AsyncIteratorBase:
    """An asynchronous iterator with the methods of an asynchronous generator; a subclass defines the step."""

    cdef Operation next_operation(self):
        raise NotImplementedError

    def __aiter__(self):
        return self

    def __anext__(self):
        return self.next_operation()

    def asend(self, value):
        """Return the next value, as `__anext__` does.

        Args:
            value: The value that is sent: None before the first step, ignored afterwards.

        Raises:
            TypeError: A value other than None was sent before the first step.
            StopAsyncIteration: The end was reached.
        """
        if value is not None and not self.started:
            error = TypeError("can't send non-None value to a just-started async generator")
            return new_completed_operation(self, "asend", error)
        return self.next_operation()

    def athrow(self, error, *details):
        """Close the iterator and raise an exception.

        Args:
            error: The exception.
            details: Further arguments of the older signature, which are not used.
        """
        return new_completed_operation(self, "athrow", error)

    def aclose(self):
        """Close the iterator; data that was received and not yielded is left for the next one."""
        return new_completed_operation(self, "aclose", None)

    def __reduce_ex__(self, protocol):
        raise cannot_pickle(self)


cdef CompletedOperation new_completed_operation(AsyncIteratorBase iterator, str name, object error):
    cdef CompletedOperation operation = CompletedOperation.__new__(CompletedOperation)
    operation.iterator = iterator
    operation.name = name
    operation.error = error
    return operation


check_self(AsyncIteratorBase)
for _name in ("asend", "athrow", "aclose"):
    mark_coroutine_function(AsyncIteratorBase, _name)
