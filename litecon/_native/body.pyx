# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The body of a request: its reader, which all connections over one scope share, and the stream."""

cimport cython
from cpython.bytes cimport PyBytes_GET_SIZE
from cpython.dict cimport PyDict_Check, PyDict_CheckExact, PyDict_SetItem
from cpython.object cimport PyObject

from litecon._native.bounds cimport PY_SSIZE_T_MAX, bound
from litecon._native.headers cimport exact_bytes
from litecon._native.mapping cimport PyDict_GetItemWithError, item
from litecon._native.operation cimport (
    DONE,
    AsyncIteratorBase,
    Operation,
    check_self,
    finalize,
    register_operation,
)
from litecon._native.waiting cimport resume_pending, shield_future

from litecon._errors import BODY_ERRORS, cannot_pickle, not_constructed, wrong_event, wrong_event_body
from litecon._shared.body import await_as_reader
from litecon._shared.scope import event_type

cdef extern from *:
    """
    /* 1 for http.request, 2 for http.disconnect, 0 for anything else */
    static int litecon_http_event(PyObject *type) {
        if (!PyUnicode_Check(type) || !PyUnicode_IS_ASCII(type)) return 0;
        if (PyUnicode_GET_LENGTH(type) == 12) return memcmp(PyUnicode_1BYTE_DATA(type), "http.request", 12) == 0;
        if (PyUnicode_GET_LENGTH(type) == 15) {
            return memcmp(PyUnicode_1BYTE_DATA(type), "http.disconnect", 15) == 0 ? 2 : 0;
        }
        return 0;
    }
    """
    int litecon_http_event(object type_) noexcept
    int PyCoro_CheckExact(object o) noexcept
    object PyObject_CallNoArgs(object function)

UNSET = object()

cdef str _SCOPE_KEY = "litecon.body"
cdef object _body_errors = BODY_ERRORS


cdef enum:
    REQUEST = 1
    DISCONNECT = 2
    # the number of unread chunks that are kept one by one; small ones after them are joined
    SEPARATE_CHUNKS = 64
    SMALL_CHUNK = 512
    JOINED_CHUNKS = 65536


cdef int _kind_of(object event) except -1:
    cdef PyObject *found
    cdef object type_
    cdef int kind
    if PyDict_CheckExact(event):
        found = PyDict_GetItemWithError(event, "type")
        if found is NULL:
            raise wrong_event(event)
        type_ = <object> found
    else:
        type_ = event_type(event)
    kind = litecon_http_event(type_)
    if kind == 0:
        raise wrong_event(event)
    return kind


cdef Py_ssize_t announced_size(object announced) except? -2:
    return -1 if announced is None else min(announced, PY_SSIZE_T_MAX)


@cython.final
@cython.freelist(8)
cdef class BodyReader:
    """The received part of one body. It does no I/O: it is fed with events, and returns bytes.

    Entering the reader claims it for one task, which alone may feed it; leaving releases it.
    """

    def __cinit__(self):
        self.json = self.msgpack = UNSET
        self.errors = _body_errors

    @property
    def busy(self):
        """Whether a task is reading."""
        return self.is_busy

    def __enter__(self):
        self.claim()
        return self

    def __exit__(self, kind, error, traceback, /):
        self.release()

    def __reduce_ex__(self, protocol):
        raise cannot_pickle(self)

    cdef int claim(self) except -1:
        cdef bint was_busy
        with cython.critical_section(self):
            was_busy = self.is_busy
            self.is_busy = True
        if was_busy:
            raise self.errors.busy()
        return 0

    cdef void release(self) noexcept:
        with cython.critical_section(self):
            self.is_busy = False

    cdef int check_size(self, Py_ssize_t max_size, Py_ssize_t announced) except -1:
        if max_size >= 0 and (self.size > max_size or announced > max_size):
            raise self.errors.too_large(max_size)
        return 0

    def check(self, max_size, announced):
        """Raise an exception if the body is known to be too large before more of it is received.

        Args:
            max_size: The number of bytes that is accepted; None for any number.
            announced: The Content-Length; None if it is missing or invalid.

        Raises:
            RequestEntityTooLarge: More bytes were received, or are announced.
        """
        self.check_size(bound(max_size), announced_size(announced))

    cdef int check_unstreamed(self) except -1:
        if self.streamed_size:
            # the caller must know that the rest will never arrive
            if self.disconnected and not self.ended:
                raise self.errors.disconnected()
            raise self.errors.streamed()
        return 0

    def check_unread(self):
        """Raise an exception if the whole body is not available any more.

        Raises:
            ClientDisconnect: The client disconnected before the end.
            StreamConsumed: A stream has yielded a part of the body.
        """
        if self.body is None:
            self.check_unstreamed()
            if self.consumed:
                raise self.errors.streamed()

    cdef object next_awaitable(self, object receive):
        cdef object awaitable
        if self.disconnected:
            raise self.errors.disconnected()
        # a caller that receives has read everything that was buffered
        self.ahead_size = 0
        if self.pending is not None:
            awaitable = resume_pending(self)
            if awaitable is not None:
                return awaitable
        awaitable = PyObject_CallNoArgs(receive)
        if not PyCoro_CheckExact(awaitable):
            awaitable = shield_future(self, awaitable)
        if self.has_replay and self.pending is None:
            return await_as_reader(self, awaitable)
        return awaitable

    def next_event(self, receive):
        """Return the awaitable of the next event: that of a receive under way, or else the one that `receive` returns.

        Cancelling the read does not cancel a receive that is under way, since that would drop its event.

        Args:
            receive: The connection's `receive`.

        Raises:
            ClientDisconnect: The client disconnected, so that there are no more events.
        """
        return self.next_awaitable(receive)

    def resume(self):
        """Return the awaitable of the receive that is under way; None if there is none."""
        return None if self.pending is None else resume_pending(self)

    def shield(self, awaitable):
        """Store a future as the receive that is under way; other awaitables are not stored.

        Args:
            awaitable: The awaitable that `receive()` returned, or a task.
        """
        shield_future(self, awaitable)

    cdef bytes store_event(self, object event):
        cdef object chunk
        cdef int kind = _kind_of(event)
        if self.pending is not None:
            self.pending = None
        if kind == DISCONNECT:
            self.disconnected = True
            return None
        chunk = item(event, "body")
        if type(chunk) is not bytes and chunk is not None:
            if chunk and not isinstance(chunk, bytes):
                raise wrong_event_body(chunk)
            chunk = exact_bytes(chunk) if chunk else None
        if chunk is None:
            chunk = b""
        if PyBytes_GET_SIZE(chunk):
            self.size += PyBytes_GET_SIZE(chunk)
            if self._first is None:
                self._first = chunk
            elif self._more is None:
                self._more = [chunk]
            else:
                self.append(chunk)
        if not item(event, "more_body"):
            self.ended = True
        return <bytes> chunk

    cdef int append(self, bytes chunk) except -1:
        cdef object last
        if len(self._more) >= SEPARATE_CHUNKS and PyBytes_GET_SIZE(chunk) < SMALL_CHUNK:
            # one object per chunk would take many times the memory of its content
            last = self._more[-1]
            if type(last) is bytearray and len(<bytearray> last) < JOINED_CHUNKS:
                last += chunk
                return 0
            self._more.append(bytearray(chunk))
            return 0
        self._more.append(chunk)
        return 0

    cdef bytes feed_event(self, object event, Py_ssize_t max_size):
        cdef bytes chunk = self.store_event(event)
        if chunk is None:
            raise self.errors.disconnected()
        if 0 <= max_size < self.size:
            raise self.errors.too_large(max_size)
        return chunk

    def feed(self, event, max_size):
        """Take an event that `receive` returned, and return the bytes of the body that it contains.

        Args:
            event: The event, `http.request` or `http.disconnect`.
            max_size: The number of bytes of the body that is accepted; None for any number.

        Raises:
            ClientDisconnect: The client disconnected before the end.
            RequestEntityTooLarge: More bytes than accepted were received; they are kept.
            ImproperlyConfiguredException: The event is not one of an HTTP request.
        """
        return self.feed_event(event, bound(max_size))

    def buffer(self, event):
        """Take an event that was received ahead of reading.

        Args:
            event: The event, `http.request` or `http.disconnect`.

        Raises:
            ImproperlyConfiguredException: The event is not one of an HTTP request.
        """
        cdef Py_ssize_t size = self.size
        self.store_event(event)
        self.ahead_size += self.size - size

    def skip(self, event):
        """Take an event without keeping its bytes, which the caller passes on or drops.

        Args:
            event: The event, `http.request` or `http.disconnect`.

        Raises:
            ImproperlyConfiguredException: The event is not one of an HTTP request.
        """
        self.store_event(event)
        while self.pop_chunk() is not None:
            pass
        self.consumed = self.ended

    def next_chunk(self):
        """Remove the first unread chunk and return it; None if there is none."""
        cdef bytes chunk = self.pop_chunk()
        if self._first is None and self.ended:
            self.consumed = True
        return chunk

    cdef bytes pop_chunk(self):
        cdef bytes chunk = self._first
        cdef object following
        self._first = None
        if self._more is not None:
            following = self._more[self._next_index]
            self._first = following if type(following) is bytes else bytes(following)
            self._more[self._next_index] = None
            self._next_index += 1
            if self._next_index == len(self._more):
                self._more = None
                self._next_index = 0
        if chunk is not None:
            self.streamed_size += PyBytes_GET_SIZE(chunk)
        return chunk

    cdef bytes finish_body(self):
        self.check_unstreamed()
        if self.body is None:
            if self._first is None:
                self.body = b""
            elif self._more is None:
                self.body = self._first
            else:
                self._more.insert(0, self._first)
                self.body = b"".join(self._more)
            self._first = self._more = None
        return self.body

    def finish(self):
        """Return the whole body, once its last event was fed.

        Raises:
            StreamConsumed: A stream has yielded a part of the body.
            ClientDisconnect: A stream has yielded a part of the body, and the client disconnected before the end.
        """
        return self.finish_body()

    @property
    def form(self):
        """The form that was read; None before."""
        with cython.critical_section(self):
            return self._form

    @form.setter
    def form(self, form):
        with cython.critical_section(self):
            self._form = form

    # the first decoded value is never replaced, since another thread may be reading it

    cdef object store_json(self, object value):
        with cython.critical_section(self):
            if self.json is UNSET:
                self.json = value
        return value

    cdef object store_msgpack(self, object value):
        with cython.critical_section(self):
            if self.msgpack is UNSET:
                self.msgpack = value
        return value


check_self(BodyReader)


cdef BodyReader shared_reader(object scope):
    cdef object reader
    cdef PyObject *found
    # only a stored reader counts, not a value that the __missing__ of a dict subclass returns, nor any other object
    if PyDict_Check(scope):
        found = PyDict_GetItemWithError(scope, _SCOPE_KEY)
        if found is not NULL:
            reader = <object> found
        else:
            # if two threads call this at once, both get the same reader
            reader = (<dict> scope).setdefault(_SCOPE_KEY, BodyReader.__new__(BodyReader))
        # a cast of a pointer would not check the type
        if not isinstance(reader, BodyReader):
            reader = BodyReader.__new__(BodyReader)
            PyDict_SetItem(scope, _SCOPE_KEY, reader)
        return <BodyReader> reader
    reader = item(scope, _SCOPE_KEY)
    if not isinstance(reader, BodyReader):
        reader = BodyReader.__new__(BodyReader)
        try:
            scope[_SCOPE_KEY] = reader
        except TypeError:
            # if the scope cannot be changed, each connection has its own reader
            pass
    return reader


@cython.final
@cython.no_gc_clear
cdef class NextChunk(Operation):
    """The operation of `BodyStream.__anext__()`."""

    cdef BodyStream stream
    cdef BodyReader reader

    def __dealloc__(self):
        if self._state != DONE:
            finalize(self)

    cdef str qualified_name(self):
        return "BodyStream.__anext__"

    cdef void release(self) noexcept:
        self.reader.release()

    cdef object begin(self):
        cdef BodyStream stream = self.stream
        cdef BodyReader reader = self.reader
        cdef Py_ssize_t announced
        if stream.closed:
            return self.end_iteration()
        if reader.body is None:
            reader.claim()
            self._has_claim = True
        # checked after the claim, since another thread may have read the body before it
        if reader.body is not None:
            self._has_result = True
            return stream.yield_body(reader.body)
        if not stream.started and reader.consumed:
            raise reader.errors.streamed()
        announced = -1 if stream.started else stream.announced
        stream.started = True
        reader.check_size(stream.max_size, announced)
        return self.advance()

    cdef object step(self, object result):
        cdef BodyReader reader = self.reader
        reader.feed_event(result, self.stream.max_size)
        return self.advance()

    cdef object advance(self):
        cdef BodyStream stream = self.stream
        cdef BodyReader reader = self.reader
        if reader._first is None and not reader.ended:
            return reader.next_awaitable(stream.receive)
        self._has_result = True
        if reader._first is not None:
            return reader.pop_chunk()
        stream.closed = reader.consumed = True
        return b""


register_operation(NextChunk)


@cython.final
cdef class BodyStream(AsyncIteratorBase):
    """An asynchronous iterator over the chunks of a body, with the methods of an asynchronous generator."""

    cdef BodyReader reader
    cdef object receive
    cdef Py_ssize_t max_size
    cdef Py_ssize_t announced
    cdef bint has_yielded_body

    def __init__(self, BodyReader reader not None, receive, max_size, announced):
        self.reader = reader
        self.receive = receive
        self.max_size = bound(max_size)
        self.announced = announced_size(announced)

    cdef Operation next_operation(self):
        cdef NextChunk operation
        if self.reader is None:
            raise not_constructed(self)
        operation = NextChunk.__new__(NextChunk)
        operation.stream = self
        operation.reader = self.reader
        operation._is_step = True
        return operation

    cdef bytes yield_body(self, bytes body):
        self.started = True
        if self.has_yielded_body or not body:
            self.closed = True
            return b""
        self.has_yielded_body = True
        return body


cdef object new_stream(BodyReader reader, object receive, Py_ssize_t max_size, Py_ssize_t announced):
    cdef BodyStream stream = BodyStream.__new__(BodyStream)
    stream.reader = reader
    stream.receive = receive
    stream.max_size = max_size
    stream.announced = announced
    return stream

