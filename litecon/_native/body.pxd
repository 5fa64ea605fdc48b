cdef object UNSET
"""The value of `BodyReader.json` and `.msgpack` until the body was decoded."""

cdef class BodyReader:
    cdef bint is_busy
    cdef readonly bytes body
    cdef readonly bint ended
    cdef readonly bint disconnected
    cdef readonly bint consumed
    cdef readonly Py_ssize_t size
    cdef readonly Py_ssize_t streamed_size
    # the number of bytes that were received ahead of reading
    cdef readonly Py_ssize_t ahead_size
    # whether the receive() of an inner application may call this reader, see Replay
    cdef public bint has_replay
    # the receive that is under way, which perhaps no task awaits; None if there is none
    cdef public object pending
    # None until the form was read
    cdef object _form
    # the exceptions to raise, a BodyErrors
    cdef public object errors
    cdef object json
    cdef object msgpack
    # the unread chunks: the first, and the others in _more from _next_index on; small ones are joined in a bytearray
    cdef bytes _first
    cdef list _more
    cdef Py_ssize_t _next_index
    cdef object __weakref__

    # Claim the reader for one task, until release(); raise if another task has it. Of several threads, one gets it.
    cdef int claim(self) except -1
    cdef void release(self) noexcept
    cdef int check_size(self, Py_ssize_t max_size, Py_ssize_t announced) except -1
    # Raise if a stream has yielded a part of the body.
    cdef int check_unstreamed(self) except -1
    # Take an event, and return the bytes of the body that it contains; max_size is -1 for no bound.
    cdef bytes feed_event(self, object event, Py_ssize_t max_size)
    # Return the awaitable of the next event; raise ClientDisconnect if there are no more events.
    cdef object next_awaitable(self, object receive)
    # Do what feed_event() does, without a bound; return None if the client disconnected.
    cdef bytes store_event(self, object event)
    cdef int append(self, bytes chunk) except -1
    cdef object store_json(self, object value)
    cdef object store_msgpack(self, object value)
    cdef bytes pop_chunk(self)
    cdef bytes finish_body(self)


# Return the reader that all connections over a scope share; the first call makes it.
cdef BodyReader shared_reader(object scope)
cdef object new_stream(BodyReader reader, object receive, Py_ssize_t max_size, Py_ssize_t announced)
