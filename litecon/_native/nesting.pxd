# Whether JSON is within bounds: 0, -1 where it nests deeper, -2 where it holds more values; -1 is no bound of these.
cdef int json_verdict(bytes body, Py_ssize_t max_depth, Py_ssize_t max_items) noexcept
# The length of a MessagePack object, or as json_verdict() and -3 where it has more keys that are neither str nor bytes.
cdef Py_ssize_t msgpack_length(
    bytes body, Py_ssize_t max_depth, Py_ssize_t max_items, Py_ssize_t max_other_keys
) except -4
