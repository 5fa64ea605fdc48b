# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The members of a request that read its headers, and the methods that read its body."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeLatin1

from litecon._native.body cimport UNSET, BodyReader, new_stream, shared_reader
from litecon._native.codecs cimport from_json, from_msgpack
from litecon._native.headers cimport scan_headers, scan_list_header
from litecon._native.media cimport read_content_type
from litecon._native.operation cimport (
    DONE,
    Operation,
    check_self,
    finalize,
    mark_coroutine_function,
    register_operation,
    release_claim,
)
from litecon._native.scope cimport ConnectionBase, receive_of, required_str, scope_of
from litecon._native.traits cimport BODY as BODY_OVERRIDDEN
from litecon._native.traits cimport STREAM as STREAM_OVERRIDDEN
from litecon._native.traits cimport Traits, track_override, traits_of, traits_with_bounds
from litecon._native.url cimport headers_of

from typing import Any

from litecon._errors import invalid_content_length
from litecon._native.interpreted import join_chunks
from litecon._shared.body import parse_content_length
from litecon.datastructures import Accept

cdef extern from *:
    const Py_ssize_t PY_SSIZE_T_MAX
    object PyObject_CallOneArg(object function, object argument)

# PERF: a C variable needs no look-up in the module's dict
cdef object _accept_class = Accept
cdef object ANY = Any

cdef enum:
    BODY = 0
    JSON = 1
    MSGPACK = 2


cdef inline str _latin1(object value):
    return PyUnicode_DecodeLatin1(PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), NULL)


cdef Py_ssize_t _parse_length(bytes value) noexcept:
    """Return a Content-Length of any number of digits, PY_SSIZE_T_MAX for a larger one; -1 if it is not a number."""
    cdef const char *text = PyBytes_AS_STRING(value)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(value)
    cdef Py_ssize_t index
    cdef Py_ssize_t length = 0
    if size == 0:
        return -1
    for index in range(size):
        if not c"0" <= text[index] <= c"9":
            return -1
        if length > (PY_SSIZE_T_MAX - 9) // 10:
            length = PY_SSIZE_T_MAX
        elif length != PY_SSIZE_T_MAX:
            length = length * 10 + (text[index] - c"0")
    return length


cdef Py_ssize_t _announced_length(object scope) except -2:
    cdef object value = scan_headers(headers_of(scope), "content-length", 14)
    return -1 if value is None else _parse_length(value)


@cython.final
@cython.no_gc_clear
cdef class ReadBody(Operation):
    """The operation of `Request.body()`, `.json()` and `.msgpack()`: it reads the whole body, and decodes it."""

    cdef RequestBase request
    cdef BodyReader reader
    cdef object type
    cdef Py_ssize_t max_size
    cdef int method
    cdef bint calls_override

    def __dealloc__(self):
        if self._state != DONE:
            finalize(self)

    cdef str qualified_name(self):
        if self.method == BODY:
            return "Request.body"
        return "Request.json" if self.method == JSON else "Request.msgpack"

    cdef void release(self) noexcept:
        self.reader.release()

    cdef object begin(self):
        cdef RequestBase request = self.request
        cdef object scope = scope_of(request)
        cdef BodyReader reader = reader_of(request, scope)
        cdef Traits traits
        self.reader = reader
        if self.method == JSON and self.type is ANY and reader.json is not UNSET:
            self._has_result = True
            return reader.json
        if self.method == MSGPACK and self.type is ANY and reader.msgpack is not UNSET:
            self._has_result = True
            return reader.msgpack
        if reader.body is not None:
            return self.finish(reader.body)
        traits = traits_of(request)
        if traits.overrides & (STREAM_OVERRIDDEN | BODY_OVERRIDDEN):
            if self.method != BODY:
                self.calls_override = True
                return request.body()
            if traits.overrides & STREAM_OVERRIDDEN:
                self.calls_override = True
                return join_chunks(request.stream())
        reader.claim()
        self._has_claim = True
        self.max_size = start_reading(request, scope, reader, traits)
        return self.advance()

    cdef object step(self, object result):
        if self.calls_override:
            if self.method == BODY:
                self.reader.body = result
            return self.finish(result)
        self.reader.feed_event(result, self.max_size)
        return self.advance()

    cdef object advance(self):
        cdef BodyReader reader = self.reader
        cdef object body
        if not reader.ended:
            return reader.next_awaitable(receive_of(self.request))
        body = reader.finish_body()
        release_claim(self)
        return self.finish(body)

    cdef object finish(self, object body):
        cdef object value
        self._has_result = True
        if self.method == BODY:
            return body
        if self.method == JSON:
            value = from_json(body, self.type, self.request)
            if self.type is ANY:
                self.reader.store_json(value)
        else:
            value = from_msgpack(body, self.type, self.request)
            if self.type is ANY:
                self.reader.store_msgpack(value)
        return value


register_operation(ReadBody)


cdef Py_ssize_t start_reading(RequestBase request, object scope, BodyReader reader, Traits traits) except -2:
    reader.check_unstreamed()
    if not traits.has_bounds:
        traits = traits_with_bounds(request)
    if traits.max_body_size >= 0:
        reader.check_size(traits.max_body_size, _announced_length(scope))
    return traits.max_body_size


cdef BodyReader reader_of(RequestBase request, object scope):
    cdef BodyReader reader
    with cython.critical_section(request):
        reader = request._reader
    if reader is None:
        reader = shared_reader(scope)
        with cython.critical_section(request):
            if request._cached_scope is scope:
                request._reader = reader
    return reader


cdef object _new_read_operation(RequestBase request, int method, object type_):
    cdef ReadBody operation = ReadBody.__new__(ReadBody)
    operation.request = request
    operation.method = method
    operation.type = type_
    return operation


cdef class RequestBase(ConnectionBase):
    """The members of an HTTP request, and the methods that read its body."""

    cdef int clear_cached_values(self) except -1:
        ConnectionBase.clear_cached_values(self)
        self._accept = None
        self._content_type = None
        self._reader = None
        return 0

    @property
    def method(self):
        """The method of the request.

        Raises:
            ImproperlyConfiguredException: The scope has none.
        """
        return required_str(scope_of(self), "method")

    @property
    def content_type(self):
        """The media type, in lower case, and its parameters (RFC 9110 section 8.3.1).

        It is `("application/octet-stream", {})` if the header is not a media type, and `("", {})` without a header.

        Raises:
            ImproperlyConfiguredException: The headers of the scope are not pairs of bytes.
        """
        cdef object scope = scope_of(self)
        cdef object value
        cdef object content_type
        with cython.critical_section(self):
            content_type = self._content_type
        if content_type is None:
            value = scan_headers(headers_of(scope), "content-type", 12)
            content_type = read_content_type("" if value is None else _latin1(value))
            with cython.critical_section(self):
                if self._cached_scope is scope:
                    self._content_type = content_type
        return content_type

    @property
    def content_length(self):
        """The number of bytes that the client announced; None if it announced none.

        Raises:
            ClientException: The header is not a number in ASCII digits (RFC 9110 section 8.6).
            RequestEntityTooLarge: The number has more digits than any possible length.
            ImproperlyConfiguredException: The headers of the scope are not pairs of bytes.
        """
        cdef object value = scan_headers(headers_of(scope_of(self)), "content-length", 14)
        cdef Py_ssize_t length
        if value is None:
            return None
        length = _parse_length(value)
        if length < 0:
            raise invalid_content_length(_latin1(value))
        return parse_content_length(value) if length == PY_SSIZE_T_MAX else length

    @property
    def accept(self):
        """The media types that the client accepts (RFC 9110 section 12.5.1); all of them without an Accept header.

        Raises:
            ImproperlyConfiguredException: The headers of the scope are not pairs of bytes.
        """
        cdef object scope = scope_of(self)
        cdef object value
        cdef object accept
        with cython.critical_section(self):
            accept = self._accept
        if accept is None:
            value = scan_list_header(headers_of(scope), "accept", 6)
            accept = _accept_class("*/*" if value is None else _latin1(value))
            with cython.critical_section(self):
                if self._cached_scope is scope:
                    self._accept = accept
        return accept

    @property
    def is_connected(self):
        """Whether the client is connected, as far as the received events tell."""
        return not reader_of(self, scope_of(self)).disconnected

    @property
    def body_reader(self):
        """The reader of the body, which all connections over the scope share."""
        return reader_of(self, scope_of(self))

    def body(self):
        """Return the whole body, read once for all connections over the scope.

        If a read is cancelled, the next call continues it.

        Raises:
            RequestEntityTooLarge: The body is larger than `limits.max_body_size`, as announced or as received.
            ClientDisconnect: The client disconnected before the end.
            StreamConsumed: A stream has yielded a part of the body.
            RuntimeError: Another task is reading the body.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
        """
        return _new_read_operation(self, BODY, None)

    def stream(self):
        """Return an asynchronous iterator over the chunks of the body, each yielded once, and a final `b""`.

        After `body()` it yields the body that was kept. While iterating, it raises what `body()` raises.

        ```python
        async for chunk in request.stream():
            file.write(chunk)
        ```
        """
        cdef object scope = scope_of(self)
        cdef Py_ssize_t max_size = traits_with_bounds(self).max_body_size
        cdef Py_ssize_t announced = _announced_length(scope)
        return new_stream(reader_of(self, scope), receive_of(self), max_size, announced)

    def json(self, type=Any):
        """Return the body, decoded as JSON; None for an empty body, if the type admits None.

        ```python
        order = await request.json(type=Order)
        ```

        Args:
            type: The type to decode into: a dataclass, Struct, TypedDict, list[int], or another that msgspec supports.

        Raises:
            SerializationException: The body is not valid JSON, is not of that type, or nests too deep.
            RequestEntityTooLarge: The body is larger than `limits.max_body_size`, as announced or as received.
            ClientDisconnect: The client disconnected before the end.
            StreamConsumed: A stream has yielded a part of the body.
            RuntimeError: Another task is reading the body.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
        """
        return _new_read_operation(self, JSON, type)

    def msgpack(self, type=Any):
        """Return the body, decoded as MessagePack; None for an empty body, if the type admits None.

        Args:
            type: The type to decode into: a dataclass, Struct, TypedDict, list[int], or another that msgspec supports.

        Raises:
            SerializationException: The body is not valid MessagePack, is not of that type, nests too deep or has
                trailing bytes.
            RequestEntityTooLarge: The body is larger than `limits.max_body_size`, as announced or as received.
            ClientDisconnect: The client disconnected before the end.
            StreamConsumed: A stream has yielded a part of the body.
            RuntimeError: Another task is reading the body.
            ImproperlyConfiguredException: The server's events break the ASGI specification.
        """
        return _new_read_operation(self, MSGPACK, type)


check_self(RequestBase)
for _name in ("body", "json", "msgpack"):
    mark_coroutine_function(RequestBase, _name)
track_override(RequestBase, "body", BODY_OVERRIDDEN)
track_override(RequestBase, "stream", STREAM_OVERRIDDEN)
