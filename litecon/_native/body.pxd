cdef object UNSET
"""Stands in `BodyReader.json` and `.msgpack` until there is a value."""

cdef class BodyReader:
    cdef bint is_busy
    cdef readonly bytes body
    cdef readonly bint ended
    cdef readonly bint disconnected
    cdef readonly bint consumed
    cdef readonly Py_ssize_t size
    cdef readonly Py_ssize_t streamed
    cdef readonly Py_ssize_t peeked_size
    # a future that receive() gave and that is not done
    cdef public object pending
    # None until it was read
    cdef public object form
    # what is raised, BODY_ERRORS or the like
    cdef public object errors
    cdef object json
    cdef object msgpack
    # the chunks that were not read: the first, and those behind it from _at on
    cdef bytes _first
    cdef list _more
    cdef Py_ssize_t _at
    cdef object _peeked

    # Have one task read alone: raise where another does.
    cpdef object claim(self)
    cpdef void release(self) noexcept
    cdef int check_size(self, Py_ssize_t max_size, Py_ssize_t announced) except -1
    # Take an event; max_size is -1 for no bound.
    cdef int take(self, object event, Py_ssize_t max_size) except -1
    cdef object next_awaitable(self, object receive)
    cdef object pop_peeked(self)
    cdef bytes pop_chunk(self)
    cdef bytes whole(self)


# The reader that all connections over a scope share; it is made when it is first asked for.
cdef BodyReader shared_reader(object scope)
cdef object new_stream(BodyReader reader, object receive, Py_ssize_t max_size, Py_ssize_t announced)
