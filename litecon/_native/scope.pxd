cimport cython

from litecon._native.traits cimport SCOPE, traits_of


cdef class ConnectionBase:
    # the arguments of the constructor
    cdef object _scope
    cdef object _receive
    cdef object _send
    # the scope that the cells below were read from, None before the constructor has run, DELETED where the scope is
    # None
    cdef object _seen
    cdef object _base_url
    cdef object _cookies
    cdef object _headers
    cdef object _query_params
    cdef object _url
    cdef object __weakref__

    # What is left to do once the first three are set; overrides: of the class.
    cdef int constructed(self, int overrides) except -1
    # The callables, whatever a subclass has in their place.
    cdef object own_receive(self)
    cdef object own_send(self)
    # Forget what was read from the last scope.
    cdef int forget(self) except -1


# Stands for what was deleted.
cdef object DELETED
# Store the arguments of the constructor.
cdef int store(ConnectionBase connection, object scope, object receive, object send) except -1
# Have calls go past the constructor of another kernel, too: given three arguments, it does what ConnectionBase's does.
cdef void allow_constructor(type base) noexcept
cdef object changed_scope_of(ConnectionBase connection)


# The scope of a connection; after another one was set, the cells are forgotten. PERF: inline, since all that is read of
# a connection asks for it.
cdef inline object scope_of(ConnectionBase connection):
    cdef object scope = None
    if not traits_of(connection).overrides & SCOPE:
        with cython.critical_section(connection):
            if connection._scope is connection._seen:
                scope = connection._scope
    return changed_scope_of(connection) if scope is None or scope is DELETED else scope


cdef object receive_of(ConnectionBase connection)
# scope[key], which the specification requires
cdef object required_str(object scope, str key)
