# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""Forms read as a whole: urlencoded bodies (WHATWG URL section 5.1) here, multipart ones by `litecon.forms`."""

cimport cython

from litecon._native.body cimport BodyReader
from litecon._native.headers cimport exact_bytes
from litecon._native.operation cimport DONE, Operation, check_self, finalize, register_operation, release_claim
from litecon._native.parameters cimport read_query
from litecon._native.request cimport RequestBase, reader_of, start_reading
from litecon._native.scope cimport receive_of, scope_of
from litecon._native.traits cimport BODY, STREAM, Traits, traits_with_bounds

from litecon._errors import cannot_pickle
from litecon._native.interpreted import close_form
from litecon._native.parameters import FieldReader
from litecon.datastructures import FormMultiDict

cdef extern from *:
    object PyObject_CallOneArg(object function, object argument)

cdef str _URLENCODED = "application/x-www-form-urlencoded"
cdef str _MULTIPART = "multipart/form-data"
cdef object _multidict = FormMultiDict

cdef enum:
    # what is awaited: an event of an urlencoded body, a body() that a subclass overrides, or a multipart form
    EVENT = 0
    OVERRIDDEN_BODY = 1
    FORM = 2


@cython.final
@cython.no_gc_clear
cdef class FormAwaitable(Operation):
    """The result of `Request.form()`: a coroutine, and an asynchronous context manager that closes the files."""

    cdef RequestBase request
    cdef BodyReader reader
    cdef Traits traits
    cdef object read_parts
    cdef object form
    cdef Py_ssize_t max_size
    cdef int awaited
    # for an urlencoded body in several events: its parser, the fields so far, and the number of bytes that were parsed
    cdef object parser
    cdef list fields
    cdef Py_ssize_t parsed_size
    cdef object __weakref__

    def __dealloc__(self):
        if self._state != DONE:
            finalize(self)

    cdef str qualified_name(self):
        return "Request.form"

    cdef void release(self) noexcept:
        self.reader.release()

    def __aenter__(self):
        return self

    def __aexit__(self, kind, error, traceback):
        return close_form(self.form)

    def __reduce_ex__(self, protocol):
        raise cannot_pickle(self)

    cdef object begin(self):
        cdef RequestBase request = self.request
        cdef object media_type, parameters
        cdef object form
        self.reader = reader_of(request, scope_of(request))
        form = self.reader.form
        if form is not None:
            return self.finish(form)
        media_type, parameters = request.content_type
        if media_type == _URLENCODED:
            return self.begin_fields()
        if media_type == _MULTIPART:
            self.awaited = FORM
            return self.read_parts(request, parameters.get("boundary"))
        return self.store_and_finish(_multidict())

    cdef object begin_fields(self):
        cdef RequestBase request = self.request
        cdef BodyReader reader = self.reader
        self.traits = traits_with_bounds(request)
        if self.traits.overrides & (BODY | STREAM):
            self.awaited = OVERRIDDEN_BODY
            return request.body()
        reader.claim()
        self._has_claim = True
        # checked after the claim, since another thread may have read the body before it
        if reader.body is not None:
            release_claim(self)
            return self.parse_whole(reader.body)
        self.max_size = start_reading(request, scope_of(request), reader, self.traits)
        return self.advance()

    cdef object step(self, object result):
        cdef BodyReader reader = self.reader
        cdef bytes chunk
        if self.awaited == FORM:
            return self.store_and_finish(result)
        if self.awaited == OVERRIDDEN_BODY:
            return self.parse_whole(exact_bytes(result))
        chunk = reader.feed_event(result, self.max_size)
        # PERF: most bodies arrive in one event, and need no incremental parser
        if self.parser is None and not reader.ended:
            self.parser = FieldReader(type(self.request).limits)
            self.fields = []
        if self.parser is not None and chunk:
            # a form that exceeds a bound is refused at once, before the rest arrives
            self.parsed_size += len(chunk)
            self.feed(chunk)
        return self.advance()

    cdef object advance(self):
        cdef BodyReader reader = self.reader
        cdef bytes body
        if not reader.ended:
            return reader.next_awaitable(receive_of(self.request))
        body = reader.finish_body()
        release_claim(self)
        if self.parser is None or self.parsed_size != len(body):
            return self.parse_whole(body)
        self.feed(b"")
        return self.store_and_finish(PyObject_CallOneArg(_multidict, self.fields))

    cdef int feed(self, bytes chunk) except -1:
        self.fields += self.parser.feed(chunk)
        self.parser.check()
        return 0

    cdef object parse_whole(self, bytes body):
        cdef list fields
        if 0 <= self.traits.max_field_size < len(body):
            self.parser = FieldReader(type(self.request).limits)
            self.fields = []
            self.feed(body)
            self.feed(b"")
            fields = self.fields
        else:
            fields = read_query(body, self.traits.max_fields)
        return self.store_and_finish(PyObject_CallOneArg(_multidict, fields))

    cdef object store_and_finish(self, object form):
        self.reader.form = form
        return self.finish(form)

    cdef object finish(self, object form):
        self.form = form
        self._has_result = True
        return form


check_self(FormAwaitable)
register_operation(FormAwaitable)


def read_form(RequestBase request not None, read_parts):
    """Return the coroutine that reads a whole form, of either encoding, once for all connections over the scope.

    Args:
        request: The request whose body is the form.
        read_parts: A coroutine function that returns a multipart form, given the request and the boundary or None.
    """
    cdef FormAwaitable reading = FormAwaitable.__new__(FormAwaitable)
    reading.request = request
    reading.read_parts = read_parts
    return reading
