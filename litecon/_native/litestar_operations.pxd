from litecon._native.operation cimport Operation

# The operations; which method they are of, messages.pxd says.
cdef Operation new_receive(object socket, int method, object mode)
cdef object new_iterator(object socket, int method, object mode)
cdef object new_send(object socket, int method, object data, object mode, object encoding, object serializer)
cdef object new_handshake(object socket, bint closing, object first, object second)
