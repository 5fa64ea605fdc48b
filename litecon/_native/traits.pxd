cimport cython

cdef extern from *:
    """
    #define litecon_class(object) ((void *) Py_TYPE(object))
    /* a number that changes with each change of the class or of its bases; 0 if the class has none */
    #define litecon_version(object) (Py_TYPE(object)->tp_version_tag)
    """
    void *litecon_class(object o) noexcept
    unsigned int litecon_version(object o) noexcept

cdef enum:
    # the size of the cache, a power of two
    KNOWN = 8
    # the attributes that a class may override, as bits
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
    # the bounds of its `limits`, -1 for None; use bounds_of() to read them
    cdef bint has_bounds
    cdef Py_ssize_t max_fields
    cdef Py_ssize_t max_field_size
    cdef Py_ssize_t max_body_size
    cdef Py_ssize_t max_message_size
    cdef Py_ssize_t max_items
    cdef Py_ssize_t max_other_keys


# The cache of traits, with those of a class at its index.
cdef list known_traits
cdef Traits look_up(object connection)
cdef Traits look_bounds_up(object connection, Traits known)


cdef inline Py_ssize_t index_of(void *cls) noexcept:
    return <Py_ssize_t> ((<size_t> cls >> 5) & (KNOWN - 1))


# Return the traits of a connection's class. PERF: inline, since nearly every member of a connection calls it first.
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


# Return the traits of a connection's class, with its limits.
cdef inline Traits bounds_of(object connection):
    cdef Traits traits = traits_of(connection)
    return traits if traits.has_bounds else look_bounds_up(connection, traits)


# Make traits_of() tell, from now on, whether a class overrides this attribute of a kernel class.
cdef int track_override(type base, str name, int bit) except -1
