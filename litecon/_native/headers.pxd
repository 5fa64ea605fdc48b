cdef class HeadersBase:
    cdef object _raw
    # how many look-ups went through the list since an index was thought of
    cdef int _lookups
    # a _HeaderIndex, None without one
    cdef object _index
    cdef object __weakref__


# A view of that class, a subclass of HeadersBase, over a raw list.
cdef object new_headers(type cls, object raw)
# The value of the first header of that name, None without one. Case does not count.
cdef object scan_headers(object headers, const char *name, Py_ssize_t length)
# The values of all headers of that name, in their order.
cdef list scan_all_headers(object headers, const char *name, Py_ssize_t length)
# The value of a header that is a list, in however many lines it came (RFC 9110 section 5.3); None without one.
cdef object scan_list(object headers, const char *name, Py_ssize_t length)
# mapping[key] where the mapping may be no dict, or a dict subclass with a way of its own to look up
cdef object lookup_slowly(object mapping, object key, object default)
# Bytes of a subclass as exact bytes; TypeError for anything else.
cdef bytes plain_bytes(object data)

cdef extern from *:
    """
    #ifndef LITECON_UNCHANGING
    #define LITECON_UNCHANGING
    /* what a loop goes over while another thread may change it */
    #ifdef Py_GIL_DISABLED
    #define litecon_unchanging(headers) PySequence_List(headers)
    #else
    static inline PyObject *litecon_unchanging(PyObject *headers) {
        Py_INCREF(headers);
        return headers;
    }
    #endif
    #endif
    """
    object unchanging "litecon_unchanging"(object headers)
