# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The parts of the drop-in's requests that a benchmark shows: their construction, parsing, and reading the body."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_CheckExact
from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_DecodeLatin1
from libc.string cimport memchr

from litecon._native.body cimport BodyReader, new_stream, shared_reader
from litecon._native.headers cimport scan_headers, snapshot
from litecon._native.mapping cimport PyDict_GetItemWithError, item, item_or
from litecon._native.operation cimport (
    DONE,
    Operation,
    finalize,
    mark_coroutine_function,
    register_operation,
    release_claim,
)
from litecon._native.parameters cimport read_query
from litecon._native.traits cimport BODY as BODY_OVERRIDDEN
from litecon._native.traits cimport STREAM as STREAM_OVERRIDDEN
from litecon._native.traits cimport track_override, traits_of

from typing import Any

import litestar
from litestar._parsers import parse_cookie_string, parse_query_string, parse_url_encoded_form_data
from litestar.connection import base as _base
from litestar.connection.base import empty_receive, empty_send
from litestar.datastructures import Headers, MultiDict
from litestar.types import Empty
from litestar.utils.scope.state import CONNECTION_STATE_KEY
from multidict import CIMultiDict, CIMultiDictProxy
from multidict import MultiDict as BaseMultiDict

from litecon._native.interpreted import join_chunks
from litecon._native.litestar_rules import BODY_ERRORS, from_json, from_msgpack, max_body_size

cdef extern from "slots.h":
    Py_ssize_t litecon_slot_offset(object descriptor) noexcept
    bint litecon_is_instance(object o, object cls) noexcept

cdef extern from *:
    """
    static inline void litecon_set_slot(PyObject *o, Py_ssize_t offset, PyObject *value) {
        PyObject *old = litecon_slot_at(o, offset);
        Py_INCREF(value);
        litecon_slot_at(o, offset) = value;
        Py_XDECREF(old);
    }

    /* Return an instance of a class, initialised by the constructor of one of its bases. */
    static PyObject *litecon_construct(PyObject *cls, PyObject *base, PyObject *arguments) {
        PyObject *made = ((PyTypeObject *) cls)->tp_new((PyTypeObject *) cls, arguments, NULL);
        if (made != NULL && ((PyTypeObject *) base)->tp_init(made, arguments, NULL) < 0) Py_CLEAR(made);
        return made;
    }
    """
    object litecon_construct(object cls, object base, object arguments)
    void litecon_set_slot(object o, Py_ssize_t offset, object value) noexcept
    PyObject *litecon_slot_at(object o, Py_ssize_t offset) noexcept
    Py_ssize_t PY_SSIZE_T_MAX

cdef object EMPTY = Empty
cdef object _KEY = CONNECTION_STATE_KEY
cdef object _body_errors = BODY_ERRORS
cdef object _max_body_size = max_body_size
cdef object _from_json = from_json
cdef object _from_msgpack = from_msgpack
cdef object _Headers = Headers
cdef object _new_headers = Headers.__new__
cdef object _init_proxy = CIMultiDictProxy.__init__
cdef object _CIMultiDict = CIMultiDict
cdef object _MultiDict = MultiDict
cdef object _BaseMultiDict = BaseMultiDict

cdef enum:
    BODY = 0
    JSON = 1
    MSGPACK = 2
    # what an operation waits for: the server, or a method that a subclass overrides
    SERVER = 0
    OVERRIDDEN_BODY = 1
    OVERRIDDEN_STREAM = 2


cdef object state_of(object scope):
    cdef object state
    if PyDict_CheckExact(scope):
        # held, since a key of the state may run code that replaces it
        state = item(scope, "state")
        if PyDict_CheckExact(state):
            state = item(state, _KEY)
            if state is not None:
                return state
    # looked up each time, since the class may have been replaced
    return _base.ScopeState.from_scope(scope)


# PERF: if Litestar's classes have slots, these are filled at their offsets; a setattr() for each would cost half of
# what Litestar's constructor costs
cdef enum:
    CONNECTION_SLOTS = 9
    REQUEST_SLOTS = 9

cdef tuple _NAMES = (
    "scope", "receive", "send", "_connection_state", "_base_url", "_url", "_parsed_query", "_cookies",
    "_server_extensions", "is_connected", "_body", "_form", "_json", "_msgpack", "_content_type", "_accept",
    "_content_length", "supports_push_promise",
)
cdef Py_ssize_t _offsets[CONNECTION_SLOTS + REQUEST_SLOTS]
cdef object _connection_class = litestar.connection.ASGIConnection
cdef object _request_class = litestar.Request

for _index, _slot in enumerate(_NAMES):
    _class = _connection_class if _index < CONNECTION_SLOTS else _request_class
    _offsets[_index] = litecon_slot_offset(_class.__dict__.get(_slot))


cdef inline int _set_attribute(object connection, int index, object value) except -1:
    if _offsets[index] > 0:
        litecon_set_slot(connection, _offsets[index], value)
    else:
        setattr(connection, _NAMES[index], value)
    return 0


# Return the value that _set_attribute() stored.
cdef inline object _get_attribute(object connection, int index):
    cdef PyObject *found = NULL
    if _offsets[index] > 0:
        found = litecon_slot_at(connection, _offsets[index])
    return getattr(connection, _NAMES[index]) if found is NULL else <object> found


cdef int fill_connection(object connection, object scope, object receive, object send) except -1:
    # SAFETY: the offsets are those of instances of this class
    if not litecon_is_instance(connection, _connection_class):
        raise TypeError(f"{type(connection).__name__!r} is not a connection class")
    cdef object extensions = item(scope, "extensions")
    _set_attribute(connection, 0, scope)
    _set_attribute(connection, 1, receive)
    _set_attribute(connection, 2, send)
    _set_attribute(connection, 3, state_of(scope))
    for index in range(4, 8):
        _set_attribute(connection, index, EMPTY)
    _set_attribute(connection, 8, extensions or {})
    return 0


cdef int fill_request(object request, object scope, object receive, object send) except -1:
    if not litecon_is_instance(request, _request_class):
        raise TypeError(f"{type(request).__name__!r} is not a request class")
    fill_connection(request, scope, receive, send)
    cdef object extensions = request._server_extensions
    _set_attribute(request, 9, True)
    _set_attribute(request, 10, request._connection_state.body)
    for index in range(11, 17):
        _set_attribute(request, index, EMPTY)
    _set_attribute(request, 17, "http.response.push" in extensions)
    return 0


class ConnectionMethods:
    """The constructor of a connection, which sets the attributes that Litestar's sets, and `query_params`."""

    __slots__ = ()

    def __init__(self, scope, receive=empty_receive, send=empty_send):
        fill_connection(self, scope, receive, send)

    @property
    def query_params(self):
        """The parameters of the query string."""
        cdef object parsed
        cdef object state
        # SAFETY: the offsets are those of instances of this class
        if not litecon_is_instance(self, _connection_class):
            raise TypeError(f"{type(self).__name__!r} is not a connection class")
        parsed = _get_attribute(self, 6)
        if parsed is EMPTY:
            state = _get_attribute(self, 3)
            parsed = state.parsed_query
            if parsed is EMPTY:
                state.parsed_query = parsed = _parse_pairs(item_or(self.scope, "query_string", b""))
            _set_attribute(self, 6, parsed)
        # PERF: this bypasses a constructor in Python, which does the same
        return litecon_construct(_MultiDict, _BaseMultiDict, (parsed,))


def make_headers(raw):
    """Return Litestar's `Headers` over raw headers.

    Args:
        raw: The headers, pairs of bytes.
    """
    cdef list pairs = []
    cdef object headers
    for name, value in snapshot(raw):
        pairs.append((_latin1(name), _latin1(value)))
    headers = _new_headers(_Headers)
    _init_proxy(headers, _CIMultiDict(pairs))
    headers._header_list = None
    return headers


cdef object _latin1(object value):
    if PyBytes_CheckExact(value):
        return PyUnicode_DecodeLatin1(PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), NULL)
    return value.decode("latin-1")


cdef bint _is_printable_ascii(bytes value) noexcept:
    """Return whether a value has only visible ASCII characters and spaces, without quotes and percent signs."""
    cdef const unsigned char *text = <const unsigned char *> PyBytes_AS_STRING(value)
    cdef Py_ssize_t index
    for index in range(PyBytes_GET_SIZE(value)):
        if text[index] < 0x20 or text[index] > 0x7E or text[index] == c'"' or text[index] == c"%":
            return False
    return True


cdef tuple _parse_pairs(object query):
    """Return the pairs of a query string, as Litestar parses it."""
    if PyBytes_CheckExact(query) and (<bytes> query).isascii():
        return tuple(read_query(query, -1))
    return tuple(parse_query_string.__wrapped__(query))


def parse_form(body):
    """Return the fields of an urlencoded form, as Litestar parses it, in a new dict each time.

    Args:
        body: The encoded form, in bytes.
    """
    cdef dict fields = {}
    cdef PyObject *found
    if not PyBytes_CheckExact(body) or not (<bytes> body).isascii():
        return parse_url_encoded_form_data.__wrapped__(body)
    for name, value in read_query(body, -1):
        found = PyDict_GetItemWithError(fields, name)
        if found is NULL:
            fields[name] = value
        elif type(<object> found) is list:
            (<list> found).append(value)
        else:
            fields[name] = [<object> found, value]
    return fields


def parse_cookies(header):
    """Return the cookies of a Cookie header, as Litestar parses it, in a new dict each time.

    Args:
        header: The value of the header, in bytes.
    """
    cdef const char *text
    cdef const char *end
    cdef const char *stop
    cdef dict cookies = {}
    if not PyBytes_CheckExact(header) or not _is_printable_ascii(header):
        return parse_cookie_string.__wrapped__(header.decode("latin-1"))
    text = PyBytes_AS_STRING(header)
    end = text + PyBytes_GET_SIZE(header)
    while text <= end:
        stop = <const char *> memchr(text, c";", end - text)
        if stop is NULL:
            stop = end
        _add_cookie(cookies, text, stop)
        text = stop + 1
    return cookies


cdef int _add_cookie(dict cookies, const char *start, const char *end) except -1:
    cdef const char *middle = <const char *> memchr(start, c"=", end - start)
    cdef str name = ""
    cdef str value
    if middle is not NULL:
        name = _strip_spaces(start, middle)
        start = middle + 1
    value = _strip_spaces(start, end)
    if name or value:
        cookies[name] = value
    return 0


cdef str _strip_spaces(const char *start, const char *end):
    while start < end and start[0] == c" ":
        start += 1
    while end > start and end[-1] == c" ":
        end -= 1
    return PyUnicode_DecodeLatin1(start, end - start, NULL)


cdef BodyReader reader_of(object request):
    cdef BodyReader reader = shared_reader(request.scope)
    reader.errors = _body_errors
    return reader


cdef Py_ssize_t _max_size(object request) except? -2:
    cdef object size = _max_body_size(request)
    # less than a length that does not fit, which is announced as the greatest number
    return -1 if size is None else min(size, PY_SSIZE_T_MAX - 1)


cdef Py_ssize_t _announced_length(object request) except? -2:
    if scan_headers(item(request.scope, "headers"), "content-length", 14) is None:
        return -1
    # as Litestar reads the header, from `headers` that a class may override
    length = request.content_length
    # the exact length does not matter if it is too large, or negative
    return -1 if length is None else max(min(length, PY_SSIZE_T_MAX), -1)


@cython.final
@cython.no_gc_clear
cdef class ReadBody(Operation):
    """The operation of `Request.body()`, `.json()` and `.msgpack()`: it reads the whole body, and decodes it."""

    cdef object request
    cdef object state
    cdef BodyReader reader
    # the type to decode into; the value is kept only if this is Any
    cdef object type
    cdef Py_ssize_t max_size
    cdef int method
    cdef int waits_for

    def __dealloc__(self):
        if self._state != DONE:
            finalize(self)

    cdef void release(self) noexcept:
        self.reader.release()

    cdef str qualified_name(self):
        if self.method == BODY:
            return "Request.body"
        return "Request.json" if self.method == JSON else "Request.msgpack"

    cdef object begin(self):
        cdef object request = self.request
        cdef object value
        cdef int overrides
        if self.method != BODY and self.type is Any:
            value = request._json if self.method == JSON else request._msgpack
            if value is not EMPTY:
                self._has_result = True
                return value
            self.state = request._connection_state
            value = self.state.json if self.method == JSON else self.state.msgpack
            if value is not EMPTY:
                self.store_value(value)
                self._has_result = True
                return value
        overrides = traits_of(request).overrides
        if overrides & BODY_OVERRIDDEN and self.method != BODY:
            self.waits_for = OVERRIDDEN_BODY
            return request.body()
        value = request._body
        if value is not EMPTY:
            return self.finish(value)
        if self.state is None:
            self.state = request._connection_state
        value = self.state.body
        if value is not EMPTY:
            request._body = value
            return self.finish(value)
        if overrides & STREAM_OVERRIDDEN:
            self.waits_for = OVERRIDDEN_STREAM
            return join_chunks(request.stream())
        return self.read()

    cdef int store_value(self, object value) except -1:
        if self.method == JSON:
            self.request._json = value
        else:
            self.request._msgpack = value
        return 0

    cdef object read(self):
        cdef BodyReader reader = reader_of(self.request)
        self.reader = reader
        reader.claim()
        self._has_claim = True
        reader.check_unstreamed()
        self.max_size = _max_size(self.request)
        reader.check_size(self.max_size, _announced_length(self.request))
        return self.advance()

    cdef object advance(self):
        cdef BodyReader reader = self.reader
        cdef object body
        if not reader.ended:
            return reader.next_awaitable(self.request.receive)
        body = reader.finish_body()
        release_claim(self)
        return self.store_and_finish(body)

    cdef object step(self, object result):
        if self.waits_for == OVERRIDDEN_BODY:
            return self.finish(result)
        if self.waits_for == OVERRIDDEN_STREAM:
            return self.store_and_finish(result)
        self.reader.feed_event(result, self.max_size)
        return self.advance()

    cdef object store_and_finish(self, object body):
        self.request._body = body
        self.state.body = body
        return self.finish(body)

    cdef object finish(self, object body):
        cdef object value
        self._has_result = True
        if self.method == BODY:
            return body
        if self.method == JSON:
            value = _from_json(self.request, body or b"null", self.type)
        else:
            value = _from_msgpack(self.request, body or b"\xc0", self.type)
        if self.type is Any:
            if self.method == JSON:
                self.state.json = value
            else:
                self.state.msgpack = value
            self.store_value(value)
        return value


register_operation(ReadBody)


cdef object _new_read_operation(object request, int method, object type_):
    cdef ReadBody operation = ReadBody.__new__(ReadBody)
    operation.request = request
    operation.method = method
    operation.type = type_
    return operation


class RequestMethods:
    """A request's constructor, which sets the attributes that Litestar's sets, and the methods that read its body."""

    __slots__ = ()

    def __init__(self, scope, receive=empty_receive, send=empty_send):
        fill_request(self, scope, receive, send)

    @property
    def body_reader(self):
        """The reader of the body, which all connections over the scope share."""
        cdef BodyReader reader = reader_of(self)
        cdef object body = self._body if self._body is not EMPTY else self._connection_state.body
        if reader.body is None and PyBytes_CheckExact(body):
            # other code has read the body, or replaced it
            reader.body = body
        return reader

    def body(self):
        """Return the whole body, read once for all connections over the scope.

        If a read is cancelled, the next call continues it.

        Raises:
            RequestEntityTooLarge: The body is larger than the handler accepts, as announced or as received.
            InternalServerException: The client disconnected before the end, or a stream has yielded a part of the body.
            RuntimeError: Another task is reading the body.
        """
        return _new_read_operation(self, BODY, Any)

    def stream(self):
        """Return an asynchronous iterator over the chunks of the body, each yielded once, and a final `b""`.

        After `body()` it yields the body that was kept. While iterating, it raises what `body()` raises.
        """
        cdef object body = self._body
        cdef BodyReader reader
        if body is EMPTY:
            body = self._connection_state.body
        if body is not EMPTY:
            reader = BodyReader.__new__(BodyReader)
            reader.body = body
            return new_stream(reader, self.receive, -1, -1)
        return new_stream(reader_of(self), self.receive, _max_size(self), _announced_length(self))

    def json(self, type=Any):
        """Return the body, decoded as JSON; None for an empty body.

        Args:
            type: The type to decode into; Litestar's method has no such argument.

        Raises:
            SerializationException: The body is not valid JSON, or is not of that type.
            RequestEntityTooLarge: The body is larger than the handler accepts, as announced or as received.
            InternalServerException: The client disconnected before the end, or a stream has yielded a part of the body.
            RuntimeError: Another task is reading the body.
        """
        return _new_read_operation(self, JSON, type)

    def msgpack(self, type=Any):
        """Return the body, decoded as MessagePack; None for an empty body.

        Args:
            type: The type to decode into; Litestar's method has no such argument.

        Raises:
            SerializationException: The body is not valid MessagePack, or is not of that type.
            RequestEntityTooLarge: The body is larger than the handler accepts, as announced or as received.
            InternalServerException: The client disconnected before the end, or a stream has yielded a part of the body.
            RuntimeError: Another task is reading the body.
        """
        return _new_read_operation(self, MSGPACK, type)


for _name in ("body", "json", "msgpack"):
    mark_coroutine_function(RequestMethods, _name)
track_override(RequestMethods, "body", BODY_OVERRIDDEN)
track_override(RequestMethods, "stream", STREAM_OVERRIDDEN)
