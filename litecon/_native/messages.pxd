from litecon._native.handshake cimport SocketBase
from litecon._native.operation cimport Operation

cdef enum:
    # which method an operation is of
    DATA = 0
    TEXT = 1
    BYTES = 2
    JSON = 3
    MSGPACK = 4
    # what an operation waits for: the server, accept(), or a method that a subclass overrides
    SERVER = 0
    ACCEPTING = 1
    OVERRIDDEN_DATA = 2
    OVERRIDDEN = 3


cdef inline str method_name(str verb, int method):
    return f"WebSocket.{verb}_{('data', 'text', 'bytes', 'json', 'msgpack')[method]}"


# An operation that receives, by one of the methods; type_: of what is decoded.
cdef Operation new_receive(SocketBase socket, int method, object mode, object type_)
cdef object new_iterator(SocketBase socket, int method, object mode, object type_)
# An operation that sends, by one of the methods; serializer is None where nothing is encoded.
cdef Operation new_send(SocketBase socket, int method, object data, object mode, object encoding, object serializer)
