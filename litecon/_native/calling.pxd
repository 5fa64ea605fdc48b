from cpython.object cimport PyObject

cdef extern from "calling.h":
    bint likely "litecon_likely"(bint condition) noexcept
    bint unlikely "litecon_unlikely"(bint condition) noexcept
    void litecon_look_around() noexcept
    bint litecon_is_coroutine(PyObject *o) noexcept
    bint litecon_is_str(PyObject *o) noexcept
    int litecon_send_into(PyObject *iterator, PyObject *value, PyObject **result) noexcept
    void litecon_drop(PyObject *o) noexcept
    object litecon_call(object callable)
    PyObject *litecon_call_raw "litecon_call"(PyObject *callable) noexcept
    PyObject *litecon_call_with_raw "litecon_call_with"(PyObject *callable, PyObject *argument) noexcept
    object litecon_call_with(object callable, object argument)
