/* What people and tools see of an operation: a frame, a code object, the flag of a coroutine function, a warning. */
#ifndef LITECON_DISPLAY_H
#define LITECON_DISPLAY_H

#include <frameobject.h>

static void litecon_warn_never_awaited(PyObject *name) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (PyErr_WarnFormat(PyExc_RuntimeWarning, 1, "coroutine '%U' was never awaited", name) < 0) {
        PyErr_WriteUnraisable(name);
    }
    PyErr_Restore(type, value, traceback);
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

#endif
