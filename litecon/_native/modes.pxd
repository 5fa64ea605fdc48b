cdef enum:
    # which method an operation is of
    DATA = 0
    TEXT = 1
    BYTES = 2
    JSON = 3
    MSGPACK = 4
    # what a mode is
    IS_TEXT = 0
    IS_BINARY = 1
    UNKNOWN = 2
    # what an operation waits for: the server, accept(), or a method that a subclass overrides
    SERVER = 0
    ACCEPTING = 1
    OVERRIDDEN_DATA = 2
    OVERRIDDEN = 3


# PERF: those that everybody writes are known by identity.
cdef inline int mode_of(object mode) noexcept:
    return IS_TEXT if mode is "text" else IS_BINARY if mode is "binary" else UNKNOWN


cdef inline str method_name(str verb, int method):
    return f"WebSocket.{verb}_{('data', 'text', 'bytes', 'json', 'msgpack')[method]}"
