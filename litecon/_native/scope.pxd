cimport cython

from litecon._native.traits cimport SCOPE, traits_of


cdef class ConnectionBase:
    # the arguments of the constructor
    cdef object _scope
    cdef object _receive
    cdef object _send
    # the scope from which the values below were read; None before the constructor has run, DELETED if the scope is None
    cdef object _cached_scope
    cdef object _base_url
    cdef object _cookies
    cdef object _headers
    cdef object _query_params
    cdef object _url
    cdef object __weakref__

    # Complete the construction after the first three were set; overrides are those of the class.
    cdef int complete_construction(self, int overrides) except -1
    # Return the stored callables, whatever a subclass overrides.
    cdef object stored_receive(self)
    cdef object stored_send(self)
    # Drop the values that were read from the previous scope.
    cdef int clear_cached_values(self) except -1


# The value of a deleted attribute.
cdef object DELETED
# Store the arguments of the constructor.
cdef int init_connection(ConnectionBase connection, object scope, object receive, object send) except -1
# Let calls bypass the constructor of another kernel class, too: given three arguments, it must do what that of
# ConnectionBase does.
cdef void allow_fast_constructor(type base) noexcept
cdef object refresh_scope(ConnectionBase connection)


# Return the scope of a connection; if another one was set, the values read from the previous one are dropped. PERF:
# inline, since every member of a connection calls it.
cdef inline object scope_of(ConnectionBase connection):
    cdef object scope = None
    if not traits_of(connection).overrides & SCOPE:
        with cython.critical_section(connection):
            if connection._scope is connection._cached_scope:
                scope = connection._scope
    return refresh_scope(connection) if scope is None or scope is DELETED else scope


cdef object receive_of(ConnectionBase connection)
# Return scope[key], which the specification requires.
cdef object required_str(object scope, str key)
