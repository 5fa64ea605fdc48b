# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The body of a request: what was received of it, shared by all connections over one scope, and the stream."""

cimport cython
from cpython.bytes cimport PyBytes_GET_SIZE
from cpython.dict cimport PyDict_Check, PyDict_CheckExact
from cpython.object cimport PyObject

from litecon._native.mapping cimport PyDict_GetItemWithError, item
from litecon._native.operation cimport AsyncIteratorBase, Operation, discard, register_operation
from litecon._native.waiting cimport kept, resumed

from collections import deque

from litecon._errors import BODY_ERRORS, not_constructed, wrong_event, wrong_event_body

cdef extern from *:
    """
    /* 1 for http.request, 2 for http.disconnect, 0 for anything else */
    static int litecon_http_event(PyObject *kind) {
        if (!PyUnicode_Check(kind) || !PyUnicode_IS_ASCII(kind)) return 0;
        if (PyUnicode_GET_LENGTH(kind) == 12) return memcmp(PyUnicode_1BYTE_DATA(kind), "http.request", 12) == 0;
        if (PyUnicode_GET_LENGTH(kind) == 15) return memcmp(PyUnicode_1BYTE_DATA(kind), "http.disconnect", 15) == 0 ? 2 : 0;
        return 0;
    }
    """
    int litecon_http_event(object kind) noexcept
    int PyCoro_CheckExact(object o) noexcept

UNSET = object()

cdef str _SCOPE_KEY = "litecon.body"
cdef object _body_errors = BODY_ERRORS


cdef enum:
    REQUEST = 1
    DISCONNECT = 2


cdef int _kind_of(object event) except -1:
    cdef PyObject *found
    cdef object kind
    cdef int code
    if PyDict_CheckExact(event):
        found = PyDict_GetItemWithError(event, "type")
        if found is NULL:
            raise wrong_event(event)
        kind = <object> found
    else:
        try:
            kind = event["type"]
        except (TypeError, KeyError, IndexError):
            raise wrong_event(event) from None
    code = litecon_http_event(kind)
    if code == 0:
        raise wrong_event(event)
    return code


cdef Py_ssize_t bound(object limit) except -2:
    return -1 if limit is None else limit


@cython.final
@cython.freelist(8)
cdef class BodyReader:
    """What was received of one body. It does no I/O: events go in, bytes come out.

    As a context manager it is claimed by one task, which alone may feed it.
    """

    def __cinit__(self):
        self.json = self.msgpack = UNSET
        self.errors = _body_errors

    @property
    def busy(self):
        return self.is_busy

    def __enter__(self):
        self.claim()
        return self

    def __exit__(self, *details):
        self.release()

    cpdef object claim(self):
        """Have one task read alone, until `release()`; one thread gets it where several ask at once.

        Raises:
            RuntimeError: Another task is reading.
        """
        cdef bint was_busy
        with cython.critical_section(self):
            was_busy = self.is_busy
            self.is_busy = True
        if was_busy:
            raise self.errors.busy()

    cpdef void release(self) noexcept:
        """Let others read."""
        with cython.critical_section(self):
            self.is_busy = False

    cdef int check_size(self, Py_ssize_t max_size, Py_ssize_t announced) except -1:
        if max_size >= 0 and (self.size > max_size or announced > max_size):
            raise self.errors.too_large(max_size)
        return 0

    def check(self, max_size, announced):
        """Raise what is known before anything more is received.

        Args:
            max_size: Bytes that are accepted; None for any number.
            announced: The Content-Length, None if it is missing or invalid.

        Raises:
            RequestEntityTooLarge: More was received, or is announced.
        """
        self.check_size(bound(max_size), bound(announced))

    def peek(self, event):
        """Keep an event that was received ahead of reading; `next_peeked` gives it.

        Args:
            event: Of an HTTP connection.

        Raises:
            ImproperlyConfiguredException: It is no event of an HTTP connection.
        """
        if _kind_of(event) == DISCONNECT:
            self.disconnected = True
        else:
            body = item(event, "body")
            if isinstance(body, bytes):
                self.peeked_size += len(body)
        if self._peeked is None:
            self._peeked = deque()
        self._peeked.append(event)

    cdef object pop_peeked(self):
        if self._peeked:
            return self._peeked.popleft()
        if self.disconnected:
            raise self.errors.disconnected()
        return None

    def next_peeked(self):
        """Return the first event that was received ahead, None if there is none and more can be received.

        Raises:
            ClientDisconnect: The client has gone, and no event is left.
        """
        return self.pop_peeked()

    cdef object next_awaitable(self, object receive):
        cdef object awaitable
        if self.pending is not None:
            awaitable = resumed(self)
            if awaitable is not None:
                return awaitable
        awaitable = receive()
        return awaitable if PyCoro_CheckExact(awaitable) else kept(self, awaitable)

    def receiving(self, receive):
        """Return what to await for the next event: what `receive` returns, or a future that it gave before.

        A future is not cancelled with the read, which would drop its event.

        Args:
            receive: The server's callable.
        """
        return self.next_awaitable(receive)

    cdef int take(self, object event, Py_ssize_t max_size) except -1:
        cdef object chunk
        if _kind_of(event) == DISCONNECT:
            self.disconnected = True
            raise self.errors.disconnected()
        chunk = item(event, "body")
        if type(chunk) is not bytes and chunk is not None:
            if chunk and not isinstance(chunk, bytes):
                raise wrong_event_body(chunk)
            chunk = bytes(chunk) if chunk else None
        if chunk is not None and PyBytes_GET_SIZE(chunk):
            self.size += PyBytes_GET_SIZE(chunk)
            if self._first is None:
                self._first = chunk
            elif self._more is None:
                self._more = [chunk]
            else:
                self._more.append(chunk)
        if not item(event, "more_body"):
            self.ended = True
        if 0 <= max_size < self.size:
            raise self.errors.too_large(max_size)
        return 0

    def feed(self, event, max_size):
        """Take an event that `receive` gave.

        Args:
            event: `http.request` or `http.disconnect`.
            max_size: Bytes of body that are accepted; None for any number.

        Raises:
            ClientDisconnect: The client has gone before the end.
            RequestEntityTooLarge: The bytes received are more than accepted; they are kept.
            ImproperlyConfiguredException: It is no event of an HTTP connection.
        """
        self.take(event, bound(max_size))

    cdef bytes pop_chunk(self):
        cdef bytes chunk = self._first
        self._first = None
        if self._more is not None:
            self._first = self._more[self._at]
            self._more[self._at] = None
            self._at += 1
            if self._at == len(self._more):
                self._more = None
                self._at = 0
        if chunk is not None:
            self.streamed += PyBytes_GET_SIZE(chunk)
        return chunk

    cdef bytes whole(self):
        if self.streamed:
            raise self.errors.streamed()
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
            StreamConsumed: A stream has given a part of it away.
        """
        return self.whole()


cdef BodyReader shared_reader(object scope):
    cdef object reader = None
    cdef PyObject *found
    # of a dict subclass, what was stored: not what it makes up for keys that it does not have
    if PyDict_Check(scope):
        found = PyDict_GetItemWithError(scope, _SCOPE_KEY)
        if found is not NULL:
            return <BodyReader?> found
        # of two threads that both ask first, one makes it
        return <BodyReader?> (<dict> scope).setdefault(_SCOPE_KEY, BodyReader.__new__(BodyReader))
    reader = item(scope, _SCOPE_KEY)
    if not isinstance(reader, BodyReader):
        reader = BodyReader.__new__(BodyReader)
        try:
            scope[_SCOPE_KEY] = reader
        except TypeError:
            # where the scope cannot be changed, each connection has a reader of its own
            pass
    return reader


@cython.final
@cython.no_gc_clear
cdef class NextChunk(Operation):
    """`BodyStream.__anext__`."""

    cdef BodyStream stream
    cdef BodyReader reader

    def __dealloc__(self):
        discard(self)

    cdef str label(self):
        return "BodyStream.__anext__"

    cdef void release(self) noexcept:
        self.reader.release()

    cdef object begin(self):
        cdef BodyStream stream = self.stream
        cdef BodyReader reader = self.reader
        cdef Py_ssize_t announced
        if stream.closed:
            return self.end_iteration()
        if reader.body is not None:
            self._done = True
            return stream.kept(reader.body)
        if not stream.started and reader.consumed:
            raise reader.errors.streamed()
        reader.claim()
        self._holds = True
        announced = -1 if stream.started else stream.announced
        stream.started = True
        reader.check_size(stream.max_size, announced)
        return self.advance()

    cdef object step(self, object result):
        cdef BodyReader reader = self.reader
        if reader.pending is not None:
            reader.pending = None
        reader.take(result, self.stream.max_size)
        return self.advance()

    cdef object advance(self):
        cdef BodyStream stream = self.stream
        cdef BodyReader reader = self.reader
        cdef object event
        while reader._first is None and not reader.ended:
            event = reader.pop_peeked()
            if event is None:
                return reader.next_awaitable(stream.receive)
            reader.take(event, stream.max_size)
        self._done = True
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
    cdef bint at_end

    def __init__(self, BodyReader reader not None, receive, max_size, announced):
        self.reader = reader
        self.receive = receive
        self.max_size = bound(max_size)
        self.announced = bound(announced)

    cdef Operation next_operation(self):
        cdef NextChunk operation
        if self.reader is None:
            raise not_constructed(self)
        operation = NextChunk.__new__(NextChunk)
        operation.stream = self
        operation.reader = self.reader
        operation._is_step = True
        return operation

    cdef bytes kept(self, bytes body):
        self.started = True
        if self.at_end or not body:
            self.closed = True
            return b""
        self.at_end = True
        return body


cdef object new_stream(BodyReader reader, object receive, Py_ssize_t max_size, Py_ssize_t announced):
    cdef BodyStream stream = BodyStream.__new__(BodyStream)
    stream.reader = reader
    stream.receive = receive
    stream.max_size = max_size
    stream.announced = announced
    return stream

