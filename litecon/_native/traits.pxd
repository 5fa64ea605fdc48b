cimport cython

cdef extern from *:
    """
    #define litecon_class(object) ((void *) Py_TYPE(object))
    /* another after each change of the class or of its bases, 0 while it has none */
    #define litecon_version(object) (Py_TYPE(object)->tp_version_tag)
    """
    void *litecon_class(object o) noexcept
    unsigned int litecon_version(object o) noexcept

cdef enum:
    # a power of two
    KNOWN = 8
    # what a class overrides
    SCOPE = 1
    RECEIVE = 2
    SEND = 4
    BODY = 8
    STREAM = 16
    WRAPPER = 32
    RECEIVE_DATA = 64
    RECEIVE_JSON = 128
    RECEIVE_MSGPACK = 256
    SEND_DATA = 512
    ITER_DATA = 1024


cdef class Traits:
    cdef void *cls
    cdef unsigned int version
    cdef int overrides
    # of its `limits`, -1 for None; read with bounds_of()
    cdef bint has_bounds
    cdef Py_ssize_t max_fields
    cdef Py_ssize_t max_field_size
    cdef Py_ssize_t max_body_size
    cdef Py_ssize_t max_message_size
    cdef Py_ssize_t max_items
    cdef Py_ssize_t max_other_keys


# The traits of so many classes, at the index of each.
cdef list known_traits
cdef Traits look_up(object connection)
cdef Traits look_bounds_up(object connection, Traits known)


cdef inline Py_ssize_t index_of(void *cls) noexcept:
    return <Py_ssize_t> ((<size_t> cls >> 5) & (KNOWN - 1))


# What a connection's class overrides. PERF: inline, since nearly all that is asked of a connection asks this first.
cdef inline Traits traits_of(object connection):
    cdef void *cls = litecon_class(connection)
    cdef unsigned int version = litecon_version(connection)
    cdef object known
    # SAFETY: the index is below the length
    with cython.boundscheck(False), cython.wraparound(False):
        known = known_traits[index_of(cls)]
    if known is not None and (<Traits> known).cls is cls and (<Traits> known).version == version != 0:
        return <Traits> known
    return look_up(connection)


# The same, with its limits.
cdef inline Traits bounds_of(object connection):
    cdef Traits traits = traits_of(connection)
    return traits if traits.has_bounds else look_bounds_up(connection, traits)


# From now on traits_of() tells whether a class overrides this attribute of a kernel class.
cdef int track_override(type base, str name, int bit) except -1
