from litecon._native.operation cimport Operation

cdef enum:
    # what a class overrides
    RECEIVE_DATA = 1
    SEND_DATA = 2
    ITER_DATA = 4


# From now on overrides_of() tells whether a class overrides these.
cdef int use_methods(object receive_data, object send_data, object iter_data) except -1
cdef int overrides_of(object socket) except -1
# The operations; which method they are of, modes.pxd says.
cdef Operation new_receive(object socket, int method, object mode)
cdef object new_iterator(object socket, int method, object mode)
cdef object new_send(object socket, int method, object data, object mode, object encoding, object serializer)
cdef object new_answer(object socket, bint closing, object first, object second)
