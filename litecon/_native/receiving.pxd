from litecon._native.handshake cimport SocketBase
from litecon._native.operation cimport Operation

# Return IS_TEXT or IS_BINARY, or raise ValueError.
cdef int check_mode(object mode) except -1
# An operation of one of the methods; type_ is None where nothing is decoded.
cdef Operation new_receive(SocketBase socket, int method, int mode, object type_)
# The same for a mode as it was given.
cdef Operation new_receive_in(SocketBase socket, int method, object mode, object type_)
cdef object new_iterator(SocketBase socket, int method, object mode)
