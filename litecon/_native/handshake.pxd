from cpython.object cimport PyObject

from litecon._native.calling cimport likely
from litecon._native.channel cimport Channel
from litecon._native.classes cimport litecon_class, litecon_version
from litecon._native.scope cimport ConnectionBase

cdef enum:
    # what a class overrides
    WRAPPER = 1
    RECEIVE_DATA = 2
    SEND_DATA = 4
    RECEIVE_JSON = 8
    RECEIVE_MSGPACK = 16


cdef class SocketBase(ConnectionBase):
    cdef Channel channel

    # Install the callables that a subclass's wrappers return.
    cdef int wrap(self) except -1


# What a socket's class overrides; its max_message_size is stored, -1 for None.
cdef int overrides_of(object socket, Py_ssize_t *max_message_size) except -1
cdef struct Plain:
    void *cls
    unsigned int version


# Whether it is known that a socket's class overrides none of these methods, but for wrappers, and bounds no messages. PERF:
# the class that was asked for last is known without a call.
cdef bint look_up_plain(object socket, Plain *last) noexcept

cdef inline bint is_plain(PyObject *socket, Plain *last) noexcept:
    if likely(last.cls is litecon_class(<object> socket)) and likely(last.version == litecon_version(<object> socket)):
        return True
    return look_up_plain(<object> socket, last)


# From now on overrides_of() tells whether a class overrides this method of a kernel class.
cdef int watch(type cls, str name, int bit) except -1
# The callables of a socket that are not its own wrappers.
cdef object foreign_receive(SocketBase socket)
cdef object foreign_send(SocketBase socket)
