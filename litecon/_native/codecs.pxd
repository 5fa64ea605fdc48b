# The value of a JSON text in bytes; None for an empty one. type_ is typing.Any for whatever it is.
cdef object from_json(object body, object type_)
# The value of a MessagePack object in bytes; None for an empty body.
cdef object from_msgpack(object body, object type_)
# A value as JSON and as MessagePack, in bytes.
cdef object to_json(object value, object serializer)
cdef object to_msgpack(object value, object serializer)
