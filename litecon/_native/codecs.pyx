# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The short way to the decoders and encoders of `serialization`, which are loaded when they are first used."""

from litecon._native.nesting cimport json_verdict, msgpack_length
from litecon._native.traits cimport Traits, bounds_of

from typing import Any

from litecon._shared.codecs import default_serializer

cdef extern from *:
    object PyObject_CallOneArg(object function, object argument)

cdef object ANY = Any
cdef object _default_serializer = default_serializer
cdef object _decode_json = None
cdef object _decode_plain_json = None
cdef object _decode_msgpack = None
cdef object _decode_plain_msgpack = None
cdef object _encode_json = None
cdef object _encode_plain_json = None
cdef object _encode_msgpack = None
cdef Py_ssize_t _max_depth = 0
cdef Py_ssize_t _max_msgpack_depth = 0


cdef int _load() except -1:
    # not at import: who reads no JSON does not pay for the decoders
    global _decode_json, _decode_plain_json, _decode_msgpack, _decode_plain_msgpack
    global _encode_json, _encode_plain_json, _encode_msgpack, _max_depth, _max_msgpack_depth
    from msgspec.json import decode

    from litecon.serialization import (
        MAX_DEPTH,
        MAX_MSGPACK_DEPTH,
        decode_json,
        decode_msgpack,
        decode_plain_msgpack,
        encode_json,
        encode_msgpack,
        encode_plain_json,
    )

    _max_depth = MAX_DEPTH
    _max_msgpack_depth = MAX_MSGPACK_DEPTH
    _decode_plain_json = decode
    _decode_msgpack = decode_msgpack
    _decode_plain_msgpack = decode_plain_msgpack
    _encode_json = encode_json
    _encode_plain_json = encode_plain_json
    _encode_msgpack = encode_msgpack
    _decode_json = decode_json
    return 0


cdef object _limit(Py_ssize_t bound):
    return None if bound < 0 else bound


cdef object from_json(object body, object type_, object connection):
    cdef Traits bounds = bounds_of(connection)
    if _decode_json is None:
        _load()
    # PERF: what decodes needs no more; what does not is decoded again where the errors are made
    if (
        type_ is ANY
        and type(body) is bytes
        and body
        and json_verdict(body, _max_depth, bounds.max_items) == 0
    ):
        try:
            return PyObject_CallOneArg(_decode_plain_json, body)
        except Exception:
            pass
    return _decode_json(body, type_, max_items=_limit(bounds.max_items))


cdef object from_msgpack(object body, object type_, object connection):
    cdef Traits bounds = bounds_of(connection)
    if _decode_json is None:
        _load()
    if (
        type_ is ANY
        and type(body) is bytes
        and body
        and msgpack_length(body, _max_msgpack_depth, bounds.max_items, bounds.max_other_keys) == len(<bytes> body)
    ):
        try:
            return PyObject_CallOneArg(_decode_plain_msgpack, body)
        except Exception:
            pass
    return _decode_msgpack(
        body, type_, max_items=_limit(bounds.max_items), max_other_keys=_limit(bounds.max_other_keys)
    )


cdef object to_json(object value, object serializer):
    if _decode_json is None:
        _load()
    if serializer is _default_serializer:
        try:
            return PyObject_CallOneArg(_encode_plain_json, value)
        except Exception:
            pass
    return _encode_json(value, serializer)


cdef object to_msgpack(object value, object serializer):
    if _decode_json is None:
        _load()
    return _encode_msgpack(value, serializer)
