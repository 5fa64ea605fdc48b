/* How the value of an operation travels where the interpreter has no other way. */
#ifndef LITECON_STOP_H
#define LITECON_STOP_H

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

#endif
