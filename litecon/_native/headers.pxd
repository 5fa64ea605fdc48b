cdef class HeadersBase:
    cdef object _raw
    # the number of look-ups that searched the list since an index was last considered
    cdef int _lookups
    # a _HeaderIndex, or None
    cdef object _index
    cdef object __weakref__


# Return a view of that class, a subclass of HeadersBase, over a raw list.
cdef object new_headers(type cls, object raw)
# Return the value of the first header of that name, in any case; None if there is none.
cdef object scan_headers(object headers, const char *name, Py_ssize_t length)
# Return the values of all headers of that name, in order.
cdef list scan_all_headers(object headers, const char *name, Py_ssize_t length)
# Return the value of a list header, whose lines are joined (RFC 9110 section 5.3); None if there is none.
cdef object scan_list_header(object headers, const char *name, Py_ssize_t length)
# Return mapping[key] for a dict subclass or another mapping, which may define its own look-up.
cdef object lookup_generic(object mapping, object key, object default)
# Return bytes as exact bytes; raise TypeError for anything else.
cdef bytes exact_bytes(object data)

cdef extern from *:
    """
    #ifndef LITECON_SNAPSHOT
    #define LITECON_SNAPSHOT
    /* Return headers over which a loop can go while another thread changes the list: a copy on builds without a GIL. */
    #ifdef Py_GIL_DISABLED
    #define litecon_snapshot(headers) PySequence_List(headers)
    #else
    static inline PyObject *litecon_snapshot(PyObject *headers) {
        Py_INCREF(headers);
        return headers;
    }
    #endif
    #endif
    """
    object snapshot "litecon_snapshot"(object headers)
