/* The parts of operations for which Cython has no syntax: slots, a freelist, and the objects that tools show. */
#ifndef LITECON_OPERATION_H
#define LITECON_OPERATION_H

#include <stddef.h>
#include <frameobject.h>

/* Return whether an object is a coroutine, native or generator-based. */
static int litecon_is_coroutine(PyObject *o) {
    PyCodeObject *code;
    int flags;
    if (PyCoro_CheckExact(o)) return 1;
    if (!PyGen_CheckExact(o)) return 0;
#if PY_VERSION_HEX >= 0x030C0000
    code = PyGen_GetCode((PyGenObject *) o);
    flags = code->co_flags;
    Py_DECREF(code);
#else
    code = (PyCodeObject *) ((PyGenObject *) o)->gi_code;
    flags = code->co_flags;
#endif
    return (flags & CO_ITERABLE_COROUTINE) != 0;
}

/* Raise the interpreter's TypeError for an __await__() that returned an invalid iterator. */
static void litecon_refuse_iterator(PyObject *o, PyObject *iterator) {
    int is_coroutine = litecon_is_coroutine(iterator);
#if PY_VERSION_HEX >= 0x030F0000
    PyErr_Format(PyExc_TypeError, "%T.__await__() must return an iterator, not %s", o,
                 is_coroutine ? "coroutine" : Py_TYPE(iterator)->tp_name);
#else
    if (is_coroutine) PyErr_SetString(PyExc_TypeError, "__await__() returned a coroutine");
    else PyErr_Format(PyExc_TypeError, "__await__() returned non-iterator of type '%.100s'",
                      Py_TYPE(iterator)->tp_name);
#endif
}

/* Return the iterator of `await o` if o is not a native coroutine, obtained and checked as the interpreter does, as a
   new reference. NULL without an exception means that o has no __await__. */
static PyObject *litecon_await_iter(PyObject *o) {
    PyAsyncMethods *methods = Py_TYPE(o)->tp_as_async;
    PyObject *iterator;
    if (methods == NULL || methods->am_await == NULL) return NULL;
    iterator = methods->am_await(o);
    if (iterator == NULL) return NULL;
    if (!PyIter_Check(iterator) || litecon_is_coroutine(iterator)) {
        litecon_refuse_iterator(o, iterator);
        Py_CLEAR(iterator);
    }
    return iterator;
}

/* Raise StopIteration with a value, whose reference is stolen, and return NULL; for None no exception is set, which
   means StopIteration(None). PERF: from CPython 3.12 to 3.14 the value of each await is passed in this way, and calling
   the class costs twice as much; the only difference is that `args` is empty. */
static PyObject *litecon_stop_iteration(PyObject *value, PyObject *no_arguments) {
    PyTypeObject *type = (PyTypeObject *) PyExc_StopIteration;
    PyObject *stop = NULL;
    if (value != Py_None) stop = type->tp_new(type, no_arguments, NULL);
    if (stop == NULL) {
        Py_DECREF(value);
        return NULL;
    }
    Py_XSETREF(((PyStopIterationObject *) stop)->value, value);
#if PY_VERSION_HEX >= 0x030C0000
    PyErr_SetRaisedException(stop);
#else
    PyErr_SetObject(PyExc_StopIteration, stop);
    Py_DECREF(stop);
#endif
    return NULL;
}

/* Raise StopAsyncIteration instead of returning a value, and return -1. PERF: done as asynchronous generators do it, so
   that no traceback is made. */
static int litecon_end_iteration(PyObject **value) {
    Py_CLEAR(*value);
    PyErr_SetNone(PyExc_StopAsyncIteration);
    return -1;
}

/* An operation lives for one await. PERF: a few blocks of each size are kept for the next operations; the benchmark
   that suspends needs 8 % fewer instructions. As in CPython's own freelists, the blocks are untracked and have no
   references. */
#ifdef Py_GIL_DISABLED
#define litecon_use_freelist(type)
#else
#define LITECON_FREELISTS 32
#define LITECON_MAX_FREE 8

static struct {
    int count;
    PyObject *blocks[LITECON_MAX_FREE];
} litecon_freelists[LITECON_FREELISTS];

#define litecon_freelist_of(type) (&litecon_freelists[(size_t) (type)->tp_basicsize / sizeof(void *)])

static PyObject *litecon_alloc(PyTypeObject *type, Py_ssize_t items) {
    PyObject *o;
    if (litecon_freelist_of(type)->count == 0) return PyType_GenericAlloc(type, items);
    o = litecon_freelist_of(type)->blocks[--litecon_freelist_of(type)->count];
    memset(o, 0, (size_t) type->tp_basicsize);
    (void) PyObject_Init(o, type);
    PyObject_GC_Track(o);
    return o;
}

static void litecon_free(void *o) {
    PyTypeObject *type = Py_TYPE((PyObject *) o);
    if (litecon_freelist_of(type)->count == LITECON_MAX_FREE) PyObject_GC_Del(o);
    else litecon_freelist_of(type)->blocks[litecon_freelist_of(type)->count++] = (PyObject *) o;
}

static void litecon_use_freelist(PyTypeObject *type) {
    if ((size_t) type->tp_basicsize / sizeof(void *) >= LITECON_FREELISTS) return;
    type->tp_alloc = litecon_alloc;
    type->tp_free = litecon_free;
}
#endif

/* Return the exception that is set, and clear it. */
static PyObject *litecon_get_raised_exception(void) {
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

/* Refuse to create an instance, as a coroutine's class does: only methods make operations. */
static PyObject *litecon_refuse_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    PyErr_Format(PyExc_TypeError, "cannot create '%.100s' instances", type->tp_name);
    return NULL;
}

/* Make a final subclass of Operation an awaitable. */
static int litecon_register_operation(PyTypeObject *type, void *drive, void *iternext) {
    type->tp_new = litecon_refuse_new;
    type->tp_vectorcall = NULL;
    type->tp_as_async->am_send = (sendfunc) drive;
    /* only the slots are set: `yield from operation.__await__()` works, without attributes __iter__ and __next__ */
    type->tp_iter = PyObject_SelfIter;
    type->tp_iternext = (iternextfunc) iternext;
    litecon_use_freelist(type);
    PyType_Modified(type);
    return 0;
}

/* Methods of extension classes that Cython binds (`binding=True`) take the first argument for an instance, whatever it
   is. These functions check it first, as the interpreter does for methods in C, and then call Cython's. */

static int litecon_refuse_self(PyObject *method, PyObject *self) {
    PyErr_Format(PyExc_TypeError, "descriptor '%.200s' for '%.100s' objects doesn't apply to a '%.100s' object",
                 ((PyCFunctionObject *) method)->m_ml->ml_name, ((PyCMethodObject *) method)->mm_class->tp_name,
                 Py_TYPE(self)->tp_name);
    return 1;
}

static inline int litecon_has_wrong_self(PyObject *method, PyObject *const *arguments, size_t flags) {
    PyTypeObject *cls = ((PyCMethodObject *) method)->mm_class;
    /* without arguments, Cython raises the TypeError; PERF: a public class is nearly always derived directly */
    if (PyVectorcall_NARGS(flags) == 0 || Py_TYPE(arguments[0])->tp_base == cls) return 0;
    return PyObject_TypeCheck(arguments[0], cls) ? 0 : litecon_refuse_self(method, arguments[0]);
}

#define LITECON_CHECKED(kind) \
    static vectorcallfunc litecon_unchecked_##kind = NULL; \
    static PyObject *litecon_checked_##kind( \
        PyObject *method, PyObject *const *arguments, size_t flags, PyObject *names \
    ) { \
        if (litecon_has_wrong_self(method, arguments, flags)) return NULL; \
        return litecon_unchecked_##kind(method, arguments, flags, names); \
    } \
    static void litecon_replace_##kind(PyCFunctionObject *method) { \
        /* these functions of all modules do the same */ \
        if (litecon_unchecked_##kind == NULL) litecon_unchecked_##kind = method->vectorcall; \
        method->vectorcall = litecon_checked_##kind; \
    }

LITECON_CHECKED(without_arguments)
LITECON_CHECKED(with_one)
LITECON_CHECKED(with_keywords)

/* Have a method check that the first argument is an instance of its class; return 0 if it is not of a known kind. */
static int litecon_check_self(PyObject *method, PyTypeObject *cls) {
    PyCFunctionObject *function = (PyCFunctionObject *) method;
    PyCMethodObject *with_class = (PyCMethodObject *) method;
    if (Py_TYPE(method)->tp_vectorcall_offset != offsetof(PyCFunctionObject, vectorcall)) return 0;
    if (function->vectorcall == NULL || with_class->mm_class != NULL) return 0;
    switch (function->m_ml->ml_flags) {
        case METH_NOARGS: litecon_replace_without_arguments(function); break;
        case METH_O: litecon_replace_with_one(function); break;
        case METH_FASTCALL | METH_KEYWORDS: litecon_replace_with_keywords(function); break;
        default: return 0;
    }
    Py_INCREF(cls);
    with_class->mm_class = cls;
    return 1;
}

static void litecon_warn_never_awaited(PyObject *name) {
    if (PyErr_WarnFormat(PyExc_RuntimeWarning, 1, "coroutine '%U' was never awaited", name) < 0) {
        PyErr_WriteUnraisable(name);
    }
}

static void litecon_write_unraisable(PyObject *error) {
    PyErr_SetObject((PyObject *) Py_TYPE(error), error);
    PyErr_WriteUnraisable(NULL);
}

static PyObject *litecon_new_frame(PyObject *code) {
    PyObject *globals = PyDict_New();
    PyObject *frame;
    if (globals == NULL) return NULL;
    frame = (PyObject *) PyFrame_New(PyThreadState_Get(), (PyCodeObject *) code, globals, NULL);
    Py_DECREF(globals);
    return frame;
}

static PyObject *litecon_new_code(PyObject *name) {
    const char *text = PyUnicode_AsUTF8(name);
    return text == NULL ? NULL : (PyObject *) PyCode_NewEmpty("litecon/_native", text, 1);
}

static void litecon_flag_coroutine(PyObject *code) {
    ((PyCodeObject *) code)->co_flags |= CO_COROUTINE;
}

#endif
