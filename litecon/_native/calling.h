/* How the hot paths ask the interpreter. */
#ifndef LITECON_CALLING_H
#define LITECON_CALLING_H

/* how often something is the case decides where the compiler puts the code for it */
#ifdef __GNUC__
#define LITECON_ALIGNED __attribute__((aligned(64)))
#define litecon_likely(condition) __builtin_expect(!!(condition), 1)
#define litecon_unlikely(condition) __builtin_expect(!!(condition), 0)
#else
#define LITECON_ALIGNED
#define litecon_likely(condition) (condition)
#define litecon_unlikely(condition) (condition)
#endif

/* PERF: the linker gives each address of the interpreter a place of its own, and all have left the caches when a message
   comes; here they fill one line */
static struct {
    PyTypeObject *method, *function, *coroutine, *dict, *str;
    /* of native coroutines */
    sendfunc send;
    PyObject *(*get_item)(PyObject *, PyObject *);
    int (*next)(PyObject *, Py_ssize_t *, PyObject **, PyObject **);
} litecon_near LITECON_ALIGNED;

/* to be called once, before anything else here */
static inline void litecon_look_around(void) {
    litecon_near.method = &PyMethod_Type;
    litecon_near.function = &PyFunction_Type;
    litecon_near.coroutine = &PyCoro_Type;
    litecon_near.dict = &PyDict_Type;
    litecon_near.str = &PyUnicode_Type;
    litecon_near.send = PyCoro_Type.tp_as_async->am_send;
    litecon_near.get_item = PyDict_GetItemWithError;
    litecon_near.next = PyDict_Next;
}

#define litecon_is_coroutine(o) (Py_TYPE(o) == litecon_near.coroutine)
#define litecon_is_dict(o) (Py_TYPE(o) == litecon_near.dict)
#define litecon_is_str(o) (Py_TYPE(o) == litecon_near.str)

/* PyIter_Send() */
static inline PySendResult litecon_send_into(PyObject *iterator, PyObject *value, PyObject **result) {
    return litecon_is_coroutine(iterator) ? litecon_near.send(iterator, value, result) : PyIter_Send(iterator, value, result);
}

/* PERF: PyObject_CallNoArgs() and PyObject_CallOneArg() without the check that a result and an error exclude each other,
   which costs as much as the call */
static inline PyObject *litecon_vectorcall(PyObject *callable, PyObject **arguments, size_t count) {
    PyTypeObject *type = Py_TYPE(callable);
    if (litecon_likely(type == litecon_near.method)) {
        /* what a method does when it is called, before the arguments there is room */
        *--arguments = PyMethod_GET_SELF(callable);
        count++;
        callable = PyMethod_GET_FUNCTION(callable);
        if (litecon_likely(Py_TYPE(callable) == litecon_near.function))
            return ((PyFunctionObject *) callable)->vectorcall(callable, arguments, count, NULL);
        return PyObject_Vectorcall(callable, arguments, count, NULL);
    }
    if (type->tp_flags & Py_TPFLAGS_HAVE_VECTORCALL) {
        vectorcallfunc function;
        memcpy(&function, (char *) callable + type->tp_vectorcall_offset, sizeof(function));
        if (function != NULL) return function(callable, arguments, count | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    }
    return PyObject_Vectorcall(callable, arguments, count | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}

static inline PyObject *litecon_call(PyObject *callable) {
    PyObject *arguments[1] = {NULL};
    return litecon_vectorcall(callable, arguments + 1, 0);
}

static inline PyObject *litecon_call_with(PyObject *callable, PyObject *argument) {
    PyObject *arguments[2] = {NULL, argument};
    return litecon_vectorcall(callable, arguments + 1, 1);
}

/* Py_DECREF() of what this probably has the last reference to */
static inline void litecon_drop(PyObject *o) {
#if !defined(Py_GIL_DISABLED) && !defined(Py_DEBUG)
    if (litecon_likely(Py_REFCNT(o) == 1)) {
        Py_SET_REFCNT(o, 0);
        _Py_Dealloc(o);
        return;
    }
#endif
    Py_DECREF(o);
}

#endif
