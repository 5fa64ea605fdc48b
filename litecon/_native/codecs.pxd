# The value of a JSON text in bytes, within the limits of the connection's class; None for an empty one. type_ is
# typing.Any for whatever it is.
cdef object from_json(object body, object type_, object connection)
# The same of a MessagePack object.
cdef object from_msgpack(object body, object type_, object connection)
# A value as JSON and as MessagePack, in bytes.
cdef object to_json(object value, object serializer)
cdef object to_msgpack(object value, object serializer)
