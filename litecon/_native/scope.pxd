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

    # What is left to do once the first three are set.
    cdef int constructed(self) except -1
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
# The scope of a connection; after another one was set, the cells are forgotten.
cdef object scope_of(ConnectionBase connection)
cdef object receive_of(ConnectionBase connection)
# scope[key], which the specification requires
cdef object required_str(object scope, str key)
