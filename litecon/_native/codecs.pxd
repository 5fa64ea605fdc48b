# Return the value of a JSON text in bytes, within the limits of the connection's class; None for an empty one, if the
# type admits None. type_ is typing.Any for a value of any type.
cdef object from_json(object body, object type_, object connection)
# Return the value of a MessagePack object, likewise.
cdef object from_msgpack(object body, object type_, object connection)
# Return a value as JSON, or as MessagePack, in bytes.
cdef object to_json(object value, object serializer)
cdef object to_msgpack(object value, object serializer)
