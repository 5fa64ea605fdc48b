cimport cython

cdef extern from *:
    """
    #define litecon_type(object) ((void *) Py_TYPE(object))
    /* a number that changes with each change of the class or of its bases; 0 if the class has none */
    #define litecon_type_version(object) (Py_TYPE(object)->tp_version_tag)
    """
    void *litecon_type(object o) noexcept
    unsigned int litecon_type_version(object o) noexcept

cdef enum:
    # the size of the cache, a power of two
    CACHE_SIZE = 8
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
    # the bounds of its `limits`, -1 for None; use traits_with_bounds() to read them
    cdef bint has_bounds
    cdef Py_ssize_t max_fields
    cdef Py_ssize_t max_field_size
    cdef Py_ssize_t max_body_size
    cdef Py_ssize_t max_message_size
    cdef Py_ssize_t max_items
    cdef Py_ssize_t max_other_keys


# The cache of traits, with those of a class at its index.
cdef list traits_cache
cdef Traits determine_traits(object connection)
cdef Traits determine_bounds(object connection, Traits cached)


cdef inline Py_ssize_t cache_index(void *cls) noexcept:
    return <Py_ssize_t> ((<size_t> cls >> 5) & (CACHE_SIZE - 1))


# Return the traits of a connection's class. PERF: inline, since nearly every member of a connection calls it first.
cdef inline Traits traits_of(object connection):
    cdef void *cls = litecon_type(connection)
    cdef unsigned int version = litecon_type_version(connection)
    cdef object cached
    # SAFETY: the index is below the length
    with cython.boundscheck(False), cython.wraparound(False):
        cached = traits_cache[cache_index(cls)]
    if cached is not None and (<Traits> cached).cls is cls and (<Traits> cached).version == version != 0:
        return <Traits> cached
    return determine_traits(connection)


# Return the traits of a connection's class, with its limits.
cdef inline Traits traits_with_bounds(object connection):
    cdef Traits traits = traits_of(connection)
    return traits if traits.has_bounds else determine_bounds(connection, traits)


# Make traits_of() tell, from now on, whether a class overrides this attribute of a kernel class.
cdef int track_override(type base, str name, int bit) except -1
