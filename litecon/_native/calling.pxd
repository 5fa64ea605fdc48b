from cpython.object cimport PyObject

cdef extern from *:
    """
    #ifndef LITECON_CALLING
    #define LITECON_CALLING

    /* PERF: PyObject_CallNoArgs() and PyObject_CallOneArg() without the check that a result and an error exclude each
       other, which costs as much as the call */
    static inline PyObject *litecon_vectorcall(PyObject *callable, PyObject **arguments, size_t count) {
        PyTypeObject *type;
        if (PyMethod_Check(callable)) {
            /* what a method does when it is called, before the arguments there is room */
            *--arguments = PyMethod_GET_SELF(callable);
            count++;
            callable = PyMethod_GET_FUNCTION(callable);
            if (PyFunction_Check(callable)) return ((PyFunctionObject *) callable)->vectorcall(callable, arguments, count, NULL);
            return PyObject_Vectorcall(callable, arguments, count, NULL);
        }
        type = Py_TYPE(callable);
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
    #endif
    """
    object litecon_call(object callable)
    PyObject *litecon_call_raw "litecon_call"(object callable) noexcept
    PyObject *litecon_call_with_raw "litecon_call_with"(object callable, PyObject *argument) noexcept
    object litecon_call_with(object callable, object argument)
