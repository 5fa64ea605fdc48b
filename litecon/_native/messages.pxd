from litecon._native.channel cimport Channel
from litecon._native.handshake cimport SocketBase
from litecon._native.operation cimport Operation

cdef enum:
    # the method to which an operation belongs
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


# Return the operation of a method that receives; type_ is the type to decode into.
cdef Operation new_receive_operation(object socket, Channel channel, int method, object mode, object type_)
cdef object new_message_iterator(object socket, Channel channel, int method, object mode, object type_)
# Return the operation of a method that sends; serializer is None if nothing is encoded.
cdef Operation new_send_operation(
    object socket, Channel channel, int method, object data, object mode, object encoding, object serializer
)


# The same for litecon's own sockets.

cdef inline Operation new_receive(SocketBase socket, int method, object mode, object type_):
    cdef Channel channel = socket.channel
    return new_receive_operation(socket, channel, method, mode, type_)


cdef inline object new_iterator(SocketBase socket, int method, object mode, object type_):
    cdef Channel channel = socket.channel
    return new_message_iterator(socket, channel, method, mode, type_)


cdef inline Operation new_send(
    SocketBase socket, int method, object data, object mode, object encoding, object serializer
):
    cdef Channel channel = socket.channel
    return new_send_operation(socket, channel, method, data, mode, encoding, serializer)
