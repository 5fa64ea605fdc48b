# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The driven operation: an awaitable that drives the server's awaitable itself, with no frame of its own.

It behaves as a native coroutine does, and costs less: awaiting it runs `am_send`, which sends into the iterator of what
`receive()` or `send(event)` returned. A subclass is a state machine of two methods, `begin` and `step`.
"""

from cpython.exc cimport PyErr_SetString
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_DECREF, Py_INCREF

from types import GeneratorType


cdef extern from *:
    """
    #include <frameobject.h>

    /* Up to 3.14 the interpreter awaits a foreign object through tp_iternext, and the value travels in a StopIteration.
       PERF: making one costs more than all the rest, so one instance is used again whenever nobody else holds it. */
    #if defined(Py_GIL_DISABLED) || PY_VERSION_HEX < 0x030C0000
    static int litecon_stop_with(PyObject *value) {
        PyObject *stop = PyObject_CallOneArg(PyExc_StopIteration, value);
        if (stop == NULL) return -1;
        PyErr_SetObject(PyExc_StopIteration, stop);
        Py_DECREF(stop);
        return 0;
    }
    #define litecon_forget_stop()
    #else
    static PyObject *litecon_stop = NULL;

    static int litecon_stop_with(PyObject *value) {
        PyStopIterationObject *stop = (PyStopIterationObject *) litecon_stop;
        /* whoever caught it may have left a traceback or a context in it */
        if (stop == NULL || Py_REFCNT(stop) != 1 || stop->traceback || stop->context || stop->cause || stop->notes ||
            stop->dict) {
            Py_XSETREF(litecon_stop, PyObject_CallNoArgs(PyExc_StopIteration));
            if (litecon_stop == NULL) return -1;
            stop = (PyStopIterationObject *) litecon_stop;
        }
        Py_XSETREF(stop->value, Py_NewRef(value));
        PyErr_SetRaisedException(Py_NewRef(litecon_stop));
        return 0;
    }

    /* the instance must not keep alive what one request returned */
    static void litecon_forget_stop(void) {
        PyStopIterationObject *stop = (PyStopIterationObject *) litecon_stop;
        if (stop != NULL && Py_REFCNT(stop) == 1 && stop->value != Py_None) {
            Py_XSETREF(stop->value, Py_NewRef(Py_None));
        }
    }
    #endif

    /* PERF: an operation lives for one await, so its memory is kept for the next of the same size. Cython has freelists for
       classes without a base only. */
    #ifdef Py_GIL_DISABLED
    #define litecon_keep_memory(type)
    #else
    #define LITECON_KEPT 8
    #define LITECON_SIZES 32
    static PyObject *litecon_kept[LITECON_SIZES][LITECON_KEPT];
    static int litecon_kept_count[LITECON_SIZES];

    static PyObject *litecon_alloc(PyTypeObject *type, Py_ssize_t items) {
        size_t size = (size_t) type->tp_basicsize / sizeof(void *);
        if (litecon_kept_count[size]) {
            PyObject *o = litecon_kept[size][--litecon_kept_count[size]];
            memset(o, 0, (size_t) type->tp_basicsize);
            (void) PyObject_Init(o, type);
            PyObject_GC_Track(o);
            return o;
        }
        return PyType_GenericAlloc(type, items);
    }

    static void litecon_free(void *o) {
        size_t size = (size_t) Py_TYPE(o)->tp_basicsize / sizeof(void *);
        if (litecon_kept_count[size] < LITECON_KEPT) {
            litecon_kept[size][litecon_kept_count[size]++] = (PyObject *) o;
        } else {
            PyObject_GC_Del(o);
        }
    }

    static void litecon_keep_memory(PyTypeObject *type) {
        if ((size_t) type->tp_basicsize / sizeof(void *) < LITECON_SIZES && PyType_IS_GC(type)) {
            type->tp_alloc = litecon_alloc;
            type->tp_free = litecon_free;
        }
    }
    #endif

    static int litecon_install(PyTypeObject *type, void *send, void *next) {
        if (type->tp_as_async == NULL) {
            PyErr_SetString(PyExc_SystemError, "litecon: the operation has no __await__");
            return -1;
        }
        type->tp_as_async->am_send = (sendfunc) send;
        /* in the slots alone: `yield from operation.__await__()` works, and nothing has __iter__ or __next__ */
        type->tp_iter = PyObject_SelfIter;
        type->tp_iternext = (iternextfunc) next;
        litecon_keep_memory(type);
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

    static void litecon_warn_never_awaited(PyObject *name) {
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        if (PyErr_WarnFormat(PyExc_RuntimeWarning, 1, "coroutine '%U' was never awaited", name) < 0) {
            PyErr_WriteUnraisable(name);
        }
        PyErr_Restore(type, value, traceback);
    }

    static void *litecon_replace_dealloc(PyTypeObject *type, void *dealloc) {
        void *replaced = (void *) type->tp_dealloc;
        type->tp_dealloc = (destructor) dealloc;
        return replaced;
    }

    /* call a function with an object that is being deallocated */
    static void litecon_while_alive(PyObject *o, void *function) {
        Py_SET_REFCNT(o, Py_REFCNT(o) + 1);
        ((void (*)(PyObject *)) function)(o);
        Py_SET_REFCNT(o, Py_REFCNT(o) - 1);
    }

    static PyObject *litecon_frame(PyObject *code) {
        PyObject *globals = PyDict_New();
        PyObject *frame;
        if (globals == NULL) return NULL;
        frame = (PyObject *) PyFrame_New(PyThreadState_Get(), (PyCodeObject *) code, globals, NULL);
        Py_DECREF(globals);
        return frame;
    }

    static PyObject *litecon_code(PyObject *name) {
        const char *text = PyUnicode_AsUTF8(name);
        return text == NULL ? NULL : (PyObject *) PyCode_NewEmpty("litecon/_native", text, 1);
    }

    static void litecon_flag_coroutine(PyObject *code) {
        ((PyCodeObject *) code)->co_flags |= CO_COROUTINE;
    }
    """
    int litecon_stop_with(object value) except -1
    void litecon_forget_stop() noexcept
    int litecon_install(PyTypeObject *type, void *send, void *next) except -1
    PyObject *litecon_await_iter(PyObject *o) except? NULL
    void litecon_warn_never_awaited(object name) noexcept
    void *litecon_replace_dealloc(PyTypeObject *type, void *dealloc) noexcept
    void litecon_while_alive(PyObject *o, void *function) noexcept
    object litecon_frame(object code)
    object litecon_code(object name)
    void litecon_flag_coroutine(object code) noexcept
    int PyIter_Send(PyObject *iterator, PyObject *value, PyObject **result) noexcept
    int PyCode_Check(object code) noexcept
    bint PyCoro_CheckExact(object o) noexcept

cdef enum:
    # of the operation
    CREATED = 0
    RUNNING = 1
    SUSPENDED = 2
    CLOSED = 3
    # of PySendResult
    RETURN = 0
    ERROR = -1
    NEXT = 1
    CO_ITERABLE_COROUTINE = 0x100


cdef object _iterator_of(object awaitable):
    cdef PyObject *iterator = litecon_await_iter(<PyObject *> awaitable)
    cdef object result
    if iterator is not NULL:
        result = <object> iterator
        Py_DECREF(result)
        return result
    if isinstance(awaitable, GeneratorType) and awaitable.gi_code.co_flags & CO_ITERABLE_COROUTINE:
        return awaitable
    raise TypeError(f"object {type(awaitable).__name__} can't be used in 'await' expression")


cdef int _go_on(Operation self, int status, PyObject *out, PyObject **result) except -1:
    """Drive from one result of PyIter_Send, whose reference is taken over, to a value to yield or to return."""
    cdef object value
    while status != NEXT:
        self._inner = None
        if status == ERROR:
            return ERROR
        value = <object> out
        Py_DECREF(value)
        value = self.step(value)
        if self._done:
            Py_INCREF(value)
            result[0] = <PyObject *> value
            return RETURN
        self._inner = value if PyCoro_CheckExact(value) else _iterator_of(value)
        status = PyIter_Send(<PyObject *> self._inner, <PyObject *> None, &out)
    self._state = SUSPENDED
    result[0] = out
    return NEXT


cdef int _start(Operation self, PyObject **result) except -1:
    cdef PyObject *out = NULL
    cdef int status
    cdef object value = self.begin()
    if self._done:
        Py_INCREF(value)
        result[0] = <PyObject *> value
        return RETURN
    self._inner = value if PyCoro_CheckExact(value) else _iterator_of(value)
    status = PyIter_Send(<PyObject *> self._inner, <PyObject *> None, &out)
    return _go_on(self, status, out, result)


cdef int _resume(Operation self, PyObject *value, PyObject **result) except -1:
    cdef PyObject *out = NULL
    cdef int status = PyIter_Send(<PyObject *> self._inner, value, &out)
    return _go_on(self, status, out, result)


ctypedef int (*starter)(Operation, PyObject **) noexcept
ctypedef int (*resumer)(Operation, PyObject *, PyObject **) noexcept


cdef int _am_send(PyObject *object_, PyObject *value, PyObject **result) noexcept:
    # SAFETY: the casts hide the exception clause from Cython: an error stays set, and the caller is told by -1
    cdef Operation self = <Operation> object_
    cdef int status
    if self._state == CREATED:
        if value is not <PyObject *> None:
            PyErr_SetString(TypeError, "can't send non-None value to a just-started coroutine")
            return ERROR
        self._state = RUNNING
        status = (<starter> _start)(self, result)
    elif self._state == SUSPENDED:
        self._state = RUNNING
        status = (<resumer> _resume)(self, value, result)
    else:
        return (<int (*)(Operation) noexcept> _refuse)(self)
    if status != NEXT:
        self.finish()
    return status


cdef PyObject *_iternext(PyObject *object_) noexcept:
    cdef PyObject *result = NULL
    cdef int status = _am_send(object_, <PyObject *> None, &result)
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
    cdef object value = <object> out
    Py_DECREF(value)
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
        if self._state == SUSPENDED or self._state == RUNNING:
            raise RuntimeError("coroutine is being awaited already")
        return self

    cdef object begin(self):
        raise NotImplementedError

    cdef object step(self, object result):
        raise NotImplementedError

    cdef void claim(self, object claimed, bint *busy) noexcept:
        self._claimed = claimed
        self._busy = busy
        busy[0] = True

    cdef void let_go(self) noexcept:
        # SAFETY: the flag lies in what is claimed; where the collector has cleared that, it has cleared the owner of the flag
        if self._busy is not NULL:
            if self._claimed is not None:
                self._busy[0] = False
                self._claimed = None
            self._busy = NULL

    cdef str label(self):
        return "Operation"

    cdef void finish(self) noexcept:
        self._state = CLOSED
        self._inner = None
        self.let_go()

    def send(self, value, /):
        """Resume with a value; return what is yielded, or raise StopIteration with what is returned."""
        cdef PyObject *out = NULL
        cdef int status = _am_send(<PyObject *> self, <PyObject *> value, &out)
        if status == ERROR:
            # the error is set; Cython raises it from a call that it believes to fail
            _raise_pending(status)
        return _handed_out(status, out)

    def throw(self, kind, value=None, traceback=None, /):
        """Raise an exception where this waits; return what is yielded, or raise StopIteration with what is returned."""
        cdef PyObject *out = NULL
        cdef int status
        cdef object inner
        cdef object error = _exception_of(kind, value, traceback)
        if self._state == RUNNING or self._state == CLOSED:
            _refuse(self)
        if self._state == CREATED:
            self.finish()
            raise error
        self._state = RUNNING
        try:
            inner = self._inner
            if isinstance(error, GeneratorExit):
                if hasattr(inner, "close"):
                    inner.close()
                raise error
            throw = getattr(inner, "throw", None)
            if throw is None:
                raise error
            try:
                value = throw(error)
            except StopIteration as stop:
                if stop is error:
                    raise
                value = stop.value
                Py_INCREF(value)
                status = _go_on(self, RETURN, <PyObject *> value, &out)
            else:
                self._state = SUSPENDED
                return value
        except BaseException:
            self.finish()
            raise
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
        return self._inner

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
        return None if self._state == CLOSED else litecon_frame(litecon_code(self.label()))

    def __repr__(self):
        return f"<coroutine object {self.label()} at {<size_t> <PyObject *> self:#x}>"


cdef int _raise_pending(int status) except -1:
    return status


cdef int install(type cls) except -1:
    return litecon_install(<PyTypeObject *> cls, <void *> _am_send, <void *> _iternext)


cdef int mark(type cls, str name) except -1:
    code = cls.__dict__[name].__code__
    if not PyCode_Check(code):
        raise TypeError(f"{cls.__name__}.{name} has no code object to mark")
    litecon_flag_coroutine(code)
    return 0


install(Operation)


# PERF: in place of a __dealloc__, around which Cython saves and restores the exception that is set, if any; the
# deallocators of all subclasses end in this one
ctypedef void (*destructor)(PyObject *) noexcept

cdef destructor _free = <destructor> litecon_replace_dealloc(<PyTypeObject *> Operation, <void *> _dealloc)


cdef void _dealloc(PyObject *object_) noexcept:
    if (<Operation> object_)._state != CLOSED:
        litecon_while_alive(object_, <void *> _drop)
    litecon_forget_stop()
    _free(object_)


cdef void _drop(PyObject *object_) noexcept:
    cdef Operation self = <Operation> object_
    if self._state == CREATED:
        litecon_warn_never_awaited(self.label())
    else:
        self.let_go()
