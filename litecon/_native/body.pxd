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
    # the number of bytes that were received ahead of reading
    cdef readonly Py_ssize_t ahead_size
    # whether the receive() of an inner application may call this reader, see Replay
    cdef public bint replayed
    # what is awaited for the next event, where a receive() is under way that nobody may have awaited
    cdef public object pending
    # None until it was read
    cdef object _form
    # what is raised, BODY_ERRORS or the like
    cdef public object errors
    cdef object json
    cdef object msgpack
    # the chunks that were not read: the first, and those behind it from _at on; small ones lie together in a bytearray
    cdef bytes _first
    cdef list _more
    cdef Py_ssize_t _at
    cdef object __weakref__

    # Have one task read alone, until release(), and raise where another does; of several threads at once, one gets it.
    cdef int claim(self) except -1
    cdef void release(self) noexcept
    cdef int check_size(self, Py_ssize_t max_size, Py_ssize_t announced) except -1
    # Raise where a stream has given out a part.
    cdef int expect_unstreamed(self) except -1
    # Take an event, and return the bytes that it has of the body; max_size is -1 for no bound.
    cdef bytes take(self, object event, Py_ssize_t max_size)
    # What to await for the next event; ClientDisconnect where none comes.
    cdef object next_awaitable(self, object receive)
    # The same without a bound; None where the client disconnected.
    cdef bytes add(self, object event)
    cdef int append(self, bytes chunk) except -1
    cdef object keep_json(self, object value)
    cdef object keep_msgpack(self, object value)
    cdef bytes pop_chunk(self)
    cdef bytes whole(self)


# The reader that all connections over a scope share; it is made when it is first asked for.
cdef BodyReader shared_reader(object scope)
cdef object new_stream(BodyReader reader, object receive, Py_ssize_t max_size, Py_ssize_t announced)
