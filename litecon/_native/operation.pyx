# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The driven operation: an awaitable that drives the server's awaitable itself, with no frame of its own.

It behaves as a native coroutine does, and costs less: awaiting it runs `am_send`, which sends into the iterator of what
`receive()` or `send(event)` returned. A subclass is a state machine of two methods, `begin` and `step`.
"""

from cpython.exc cimport PyErr_SetString
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_DECREF, Py_INCREF, Py_REFCNT

from litecon._native.calling cimport litecon_is_coroutine, litecon_look_around, litecon_send_into

from types import GeneratorType

cdef extern from "stop.h":
    int litecon_stop_with(object value) except -1
    void litecon_forget_stop() noexcept

cdef extern from "display.h":
    void litecon_warn_never_awaited(object name) noexcept
    object litecon_frame(object code)
    object litecon_code(object name)
    void litecon_flag_coroutine(object code) noexcept

cdef extern from "pool.h":
    void litecon_raise_from_the_dead(PyObject *o) noexcept
    void litecon_wipe(PyObject *o, LiteconPool *pool) noexcept
    bint litecon_keep(PyObject *o, LiteconPool *pool) noexcept
    void litecon_free_for_good(PyObject *o, LiteconPool *pool) noexcept
    int litecon_open_pool(LiteconPool *pool, object new_one, PyTypeObject *base, void *link, void *recycle) except -1
    LiteconPool *litecon_pool_of(PyObject *o) noexcept

cdef extern from *:
    """
    static int litecon_install(PyTypeObject *type, void *send, void *next) {
        type->tp_as_async->am_send = (sendfunc) send;
        /* in the slots alone: `yield from operation.__await__()` works, and nothing has __iter__ or __next__ */
        type->tp_iter = PyObject_SelfIter;
        type->tp_iternext = (iternextfunc) next;
        PyType_Modified(type);
        return 0;
    }

    /* What the interpreter does for `await o`, where o is no coroutine; a new reference, NULL without an error where o has
       no __await__. */
    static PyObject *litecon_await_iter(PyObject *o) {
        PyAsyncMethods *methods;
        PyObject *iterator;
        methods = Py_TYPE(o)->tp_as_async;
        if (methods == NULL || methods->am_await == NULL) return NULL;
        iterator = methods->am_await(o);
        if (iterator != NULL && (!PyIter_Check(iterator) || PyCoro_CheckExact(iterator))) {
            PyErr_Format(PyExc_TypeError, "__await__() returned %s of type '%.100s'",
                         PyCoro_CheckExact(iterator) ? "a coroutine" : "a non-iterator", Py_TYPE(iterator)->tp_name);
            Py_CLEAR(iterator);
        }
        return iterator;
    }

    /* the error that is set, which it is no more; never NULL */
    static PyObject *litecon_take_error(void) {
    #if PY_VERSION_HEX >= 0x030C0000
        return PyErr_GetRaisedException();
    #else
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        PyErr_NormalizeException(&type, &value, &traceback);
        if (traceback != NULL) PyException_SetTraceback(value, traceback);
        Py_XDECREF(traceback);
        Py_DECREF(type);
        return value;
    #endif
    }

    #define litecon_send(self, value, result) (Py_TYPE(self)->tp_as_async->am_send((PyObject *) (self), value, result))

    /* Cython takes over the reference of what is returned */
    #define litecon_given(o) (o)
    """
    int litecon_install(PyTypeObject *type, void *send, void *next) except -1
    PyObject *litecon_await_iter(PyObject *o) except? NULL
    object litecon_take_error()
    object litecon_given(PyObject *o)
    int litecon_send(Operation self, PyObject *value, PyObject **result) noexcept
    int PyCode_Check(object code) noexcept

cdef enum:
    CO_ITERABLE_COROUTINE = 0x100

litecon_look_around()


cdef object iterator_of(object awaitable):
    cdef PyObject *iterator = litecon_await_iter(<PyObject *> awaitable)
    cdef object result
    if iterator is not NULL:
        result = <object> iterator
        Py_DECREF(result)
        return result
    if isinstance(awaitable, GeneratorType) and awaitable.gi_code.co_flags & CO_ITERABLE_COROUTINE:
        return awaitable
    raise TypeError(f"object {type(awaitable).__name__} can't be used in 'await' expression")


cdef int _drive(Operation self, object awaitable, PyObject **result) except -1:
    """Drive one awaitable after the other, up to a value to yield or to return."""
    cdef PyObject *out = NULL
    cdef int status
    while True:
        if not litecon_is_coroutine(<PyObject *> awaitable):
            awaitable = iterator_of(awaitable)
        status = litecon_send_into(<PyObject *> awaitable, <PyObject *> None, &out)
        if status != RETURN:
            if status == NEXT:
                self._inner = awaitable
                result[0] = out
            return status
        awaitable = self.step(litecon_given(out))
        if self._done:
            return returned(awaitable, result)


cdef int _start(Operation self, PyObject **result) except -1:
    cdef object value = self.begin()
    return returned(value, result) if self._done else _drive(self, value, result)


cdef int _resume(Operation self, PyObject *value, PyObject **result) except -1:
    cdef PyObject *out = NULL
    cdef object inner = self._inner
    cdef int status = litecon_send_into(<PyObject *> inner, value, &out)
    if status == NEXT:
        result[0] = out
        return NEXT
    self._inner = None
    return ERROR if status == ERROR else _go_on(self, litecon_given(out), result)


cdef int _go_on(Operation self, object result_of_one, PyObject **result) except -1:
    """Go on with what an awaitable has returned."""
    cdef object value = self.step(result_of_one)
    return returned(value, result) if self._done else _drive(self, value, result)


cdef int _recover(Operation self, PyObject **result) except -1:
    """Ask what becomes of the error that is set."""
    return returned(self.failed(litecon_take_error()), result)


# SAFETY: the casts hide the exception clause from Cython: an error stays set, and the caller is told by -1
ctypedef int (*_starter)(Operation, PyObject **) noexcept
ctypedef int (*_resumer)(Operation, PyObject *, PyObject **) noexcept
ctypedef int (*_refuser)(Operation) noexcept


cdef int drive(Operation self, PyObject *value, PyObject **result) noexcept:
    cdef int status
    if self._state == CREATED:
        if value is not <PyObject *> None:
            PyErr_SetString(TypeError, "can't send non-None value to a just-started coroutine")
            return ERROR
        self._state = RUNNING
        status = (<_starter> _start)(self, result)
    elif self._state == SUSPENDED:
        self._state = RUNNING
        status = (<_resumer> _resume)(self, value, result)
    else:
        return (<_refuser> _refuse)(self)
    return _settled(self, status, result)


cdef int drive_on(Operation self, int status, PyObject *inner, PyObject *out, PyObject **result) noexcept:
    self._state = RUNNING
    if status == NEXT:
        self._inner = litecon_given(inner)
        result[0] = out
    else:
        if inner is not NULL:
            Py_DECREF(<object> inner)
        if status == RETURN:
            status = (<_resumer> <void *> _go_on)(self, out, result)
            Py_DECREF(<object> out)
    return _settled(self, status, result)


cdef int drive_from(Operation self, PyObject *awaitable, PyObject **result) noexcept:
    cdef int status
    self._state = RUNNING
    status = (<_resumer> <void *> _drive)(self, awaitable, result)
    Py_DECREF(<object> awaitable)
    return _settled(self, status, result)


cdef inline int _settled(Operation self, int status, PyObject **result) noexcept:
    if status == NEXT:
        self._state = SUSPENDED
        return NEXT
    if status == ERROR:
        # asyncio's tasks look at this first
        result[0] = NULL
        if self._guarded:
            status = (<_starter> _recover)(self, result)
    self._state = DONE
    if self._busy is not NULL:
        self.let_go()
    return status


cdef PyObject *_iternext(Operation self) noexcept:
    cdef PyObject *result = NULL
    cdef int status = litecon_send(self, <PyObject *> None, &result)
    if status == RETURN:
        # no exception set means StopIteration(None)
        if result is not <PyObject *> None:
            (<int (*)(PyObject *) noexcept> litecon_stop_with)(result)
        Py_DECREF(<object> result)
        return NULL
    return result if status == NEXT else NULL


cdef int _refuse(Operation self) except -1:
    if self._state == RUNNING:
        raise ValueError("coroutine already executing")
    raise RuntimeError("cannot reuse already awaited coroutine")


cdef object _handed_out(int status, PyObject *out):
    """Return what was yielded, or raise the StopIteration of what was returned; the reference is taken over."""
    cdef object value = litecon_given(out)
    if status == NEXT:
        return value
    raise StopIteration(value)


cdef object _exception_of(object kind, object value, object traceback):
    if isinstance(kind, type) and issubclass(kind, BaseException):
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
    """What a compiled asynchronous method returns: to be awaited once, as a coroutine is."""

    def __await__(self):
        # `anext(iterator, default)` asks each time it resumes, and what it asks nobody else has
        if self._state != CREATED and (self._state == RUNNING or (self._state == SUSPENDED and Py_REFCNT(self) > 1)):
            raise RuntimeError("coroutine is being awaited already")
        return self

    cdef object begin(self):
        raise NotImplementedError

    cdef object step(self, object result):
        raise NotImplementedError

    cdef object failed(self, object error):
        raise error

    cdef void let_go(self) noexcept:
        if self._busy is not NULL:
            let_go_quickly(self)

    cdef str label(self):
        return "Operation"

    cdef void finish(self) noexcept:
        self._inner = None
        self._state = DONE
        self.let_go()

    def send(self, value, /):
        """Resume with a value; return what is yielded, or raise StopIteration with what is returned."""
        cdef PyObject *out = NULL
        cdef int status = litecon_send(self, <PyObject *> value, &out)
        if status == ERROR:
            # the error is set; Cython raises it from a call that it believes to fail
            _raise_pending(status)
        return _handed_out(status, out)

    def throw(self, kind, value=None, traceback=None, /):
        """Raise an exception where this waits; return what is yielded, or raise StopIteration with what is returned."""
        cdef PyObject *out = NULL
        cdef int status
        cdef object inner
        cdef object error
        cdef tuple thrown
        if self._state != SUSPENDED:
            error = _exception_of(kind, value, traceback)
            if self._state != CREATED:
                _refuse(self)
            self.finish()
            raise error
        self._state = RUNNING
        try:
            inner = self._inner
            try:
                error = _exception_of(kind, value, traceback)
                thrown = (error,)
            except BaseException as refused:
                # as with a coroutine the innermost refuses it, and the TypeError is raised in those around it
                error = refused
                thrown = (kind,) if value is None and traceback is None else (kind, value, traceback)
            if isinstance(error, GeneratorExit):
                if hasattr(inner, "close"):
                    inner.close()
                raise error
            throw = getattr(inner, "throw", None)
            if throw is None:
                raise error
            try:
                value = throw(*thrown)
            except StopIteration as stop:
                if stop is error:
                    raise
                self._inner = None
                status = _go_on(self, stop.value, &out)
                if status == NEXT:
                    self._state = SUSPENDED
            else:
                self._state = SUSPENDED
                return value
        except BaseException as raised:
            try:
                if not self._guarded:
                    raise
                value = self.failed(raised)
            finally:
                self.finish()
            raise StopIteration(value)
        if status != NEXT:
            self.finish()
        return _handed_out(status, out)

    def close(self):
        """Raise GeneratorExit where this waits, and end."""
        if self._state == RUNNING:
            _refuse(self)
        if self._state == SUSPENDED:
            self._state = RUNNING
            try:
                if hasattr(self._inner, "close"):
                    self._inner.close()
            finally:
                self.finish()
        elif self._state == CREATED:
            self.finish()

    @property
    def __name__(self):
        return self.label().rpartition(".")[2]

    @property
    def __qualname__(self):
        return self.label()

    @property
    def cr_await(self):
        """What this waits for, None while it does not wait."""
        return self._inner if self._state == SUSPENDED else None

    @property
    def cr_running(self):
        """Whether this is executing."""
        return self._state == RUNNING

    @property
    def cr_suspended(self):
        """Whether this waits."""
        return self._state == SUSPENDED

    @property
    def cr_origin(self):
        """None: the origin of operations is not tracked."""
        return None

    @property
    def cr_code(self):
        """A code object with the method's name, for displays."""
        return litecon_code(self.label())

    @property
    def cr_frame(self):
        """A frame with the method's name, for displays; None at the end."""
        return None if self._state == DONE else litecon_frame(litecon_code(self.label()))

    def __repr__(self):
        return f"<coroutine object {self.label()} at {<size_t> <PyObject *> self:#x}>"


cdef int _raise_pending(int status) except -1:
    return status


cdef int install_type(type cls, LiteconPool *pool, am_send send) except -1:
    # an example of a new one, which nobody forgot to await
    one = cls.__new__(cls)
    (<Operation> one)._state = DONE
    litecon_open_pool(pool, one, <PyTypeObject *> Operation, <void *> &(<Operation> one)._busy, <void *> _recycle)
    litecon_install(<PyTypeObject *> cls, <void *> (drive if send is NULL else send), <void *> _iternext)
    return 0


cdef void _recycle(PyObject *object_) noexcept:
    # SAFETY: casts that are not assigned count no reference
    cdef LiteconPool *pool = litecon_pool_of(object_)
    litecon_raise_from_the_dead(object_)
    if (<Operation> object_)._state != DONE:
        _drop(<Operation> object_)
    litecon_forget_stop()
    litecon_wipe(object_, pool)
    (<Operation> object_)._done = False
    if litecon_keep(object_, pool):
        (<Operation> object_)._state = CREATED
    else:
        litecon_free_for_good(object_, pool)


cdef int _drop(Operation self) noexcept:
    if self._state == CREATED:
        litecon_warn_never_awaited(self.label())
    else:
        self._inner = None
        self.let_go()
    self._state = DONE
    return 0


cdef int mark(type cls, str name) except -1:
    code = cls.__dict__[name].__code__
    if not PyCode_Check(code):
        raise TypeError(f"{cls.__name__}.{name} has no code object to mark")
    litecon_flag_coroutine(code)
    return 0
