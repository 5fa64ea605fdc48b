from litecon._native.handshake cimport SocketBase
from litecon._native.operation cimport Operation

# An operation of one of the methods; serializer is None where nothing is encoded.
cdef Operation new_send(SocketBase socket, int method, object data, int mode, object encoding, object serializer)
# The same for a mode as it was given.
cdef Operation new_send_in(SocketBase socket, int method, object data, object mode, object encoding, object serializer)
