# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""What every connection reads from its scope, and the constructor of all connection classes."""

from cpython.object cimport PyObject

from litecon._native.classes cimport litecon_class, litecon_version
from litecon._native.headers cimport HeadersBase, new_headers
from litecon._native.parsing cimport read_cookies, read_query
from litecon._native.url cimport headers_of, new_url_from_scope, scope_get

from litecon._defaults import empty_receive, empty_send
from litecon._errors import missing_key, no_app, not_set, wrong_type
from litecon._hosts import port_number

cdef extern from *:
    """
    #include <stddef.h>
    #include <structmember.h>

    /* PERF: members instead of properties. The interpreter specialises a read of a member to a read of memory, where a
       property of a C attribute is a call. A deleted member is NULL: only scope_of() and receive_of() may read them. */
    #define LITECON_CONNECTION struct __pyx_obj_7litecon_7_native_5scope_ConnectionBase
    #define litecon_install_members(type) litecon_install_members_at((PyTypeObject *) (type), offsetof(LITECON_CONNECTION, scope), \\
        offsetof(LITECON_CONNECTION, _receive), offsetof(LITECON_CONNECTION, _send))

    static int litecon_install_members_at(PyTypeObject *type, size_t scope, size_t receive, size_t send) {
        static PyMemberDef members[] = {
            {"scope", T_OBJECT_EX, 0, 0, "What the server says of the connection."},
            {"receive", T_OBJECT_EX, 0, 0, "The callable that gives events."},
            {"send", T_OBJECT_EX, 0, 0, "The callable that takes events."},
        };
        size_t i;
        members[0].offset = (Py_ssize_t) scope;
        members[1].offset = (Py_ssize_t) receive;
        members[2].offset = (Py_ssize_t) send;
        for (i = 0; i < 3; i++) {
            PyObject *descriptor = PyDescr_NewMember(type, &members[i]);
            if (descriptor == NULL) return -1;
            if (PyDict_SetItemString(type->tp_dict, members[i].name, descriptor) < 0) {
                Py_DECREF(descriptor);
                return -1;
            }
            Py_DECREF(descriptor);
        }
        PyType_Modified(type);
        return 0;
    }

    static PyObject *litecon_tuple(PyTypeObject *cls, PyObject *items) {
        return PyTuple_Type.tp_vectorcall((PyObject *) cls, &items, 1, NULL);
    }

    static PyObject *litecon_allocate(PyTypeObject *cls, PyObject *no_arguments) {
        return cls->tp_new(cls, no_arguments, NULL);
    }

    /* whether neither __init__ nor __new__ is the class's own, nor a mock's */
    static int litecon_is_plain(PyTypeObject *cls, PyTypeObject *base) {
        return cls->tp_init == base->tp_init && cls->tp_new == cls->tp_base->tp_new;
    }

    static void litecon_set_vectorcall(PyTypeObject *cls, void *function) {
        cls->tp_vectorcall = (vectorcallfunc) function;
    }
    """
    int litecon_install_members(type cls) except -1
    object PyObject_CallOneArg(object function, object argument)
    object litecon_tuple(type cls, tuple items)
    object litecon_allocate(type cls, tuple no_arguments)
    bint litecon_is_plain(type cls, type base) noexcept
    void litecon_set_vectorcall(type cls, void *function) noexcept
    Py_ssize_t PyVectorcall_NARGS(size_t flags) noexcept


cdef object _address_class = None
cdef object _headers_class = None
cdef object _multidict = None
cdef object _state = None
cdef object _url_class = None


def use_classes(*, type address not None, type headers not None, multidict, state, type url not None):
    """Say which classes the accessors return: they are written once, above both kernels.

    Args:
        address: A subclass of tuple, of host and port.
        headers: A subclass of `HeadersBase`.
        multidict: Called with a list of pairs.
        state: Called with `scope["state"]`.
        url: A subclass of `URLBase`.
    """
    global _address_class, _headers_class, _multidict, _state, _url_class
    _address_class = address
    _headers_class = headers
    _multidict = multidict
    _state = state
    _url_class = url


cdef enum:
    KNOWN = 8

# PERF: what a class has as `limits` is looked up once, and again when the class has another version
cdef Bounds _known[KNOWN]


cdef Bounds bounds_of(object connection) except *:
    cdef void *cls = litecon_class(connection)
    cdef unsigned int version = litecon_version(connection)
    cdef Bounds *known = &_known[(<size_t> cls >> 6) % KNOWN]
    cdef Bounds bounds
    cdef object limits
    if known.cls is cls and version != 0 and known.version == version:
        return known[0]
    limits = type(connection).limits
    bounds.max_fields = -1 if limits.max_fields is None else limits.max_fields
    bounds.max_body_size = -1 if limits.max_body_size is None else limits.max_body_size
    bounds.cls = cls
    # looking up has given the class a version, if it can have one
    bounds.version = litecon_version(connection)
    if bounds.version != 0:
        known[0] = bounds
    return bounds


cdef object scope_of(ConnectionBase connection):
    if connection.scope is not connection._seen:
        # SAFETY: a deleted member is NULL, and _seen never is
        if <PyObject *> connection.scope is NULL:
            raise AttributeError(f"{type(connection).__name__!r} object has no attribute 'scope'")
        connection.forget()
        connection._seen = connection.scope
    return connection.scope


cdef object receive_of(ConnectionBase connection):
    # SAFETY: a deleted member is NULL
    if <PyObject *> connection._receive is NULL:
        raise AttributeError(f"{type(connection).__name__!r} object has no attribute 'receive'")
    return connection._receive


cdef object required_str(object scope, str key):
    cdef object value = scope_get(scope, key)
    if not isinstance(value, str):
        raise missing_key(key) if value is None else wrong_type(key, value, "a str")
    return value


cdef object _required(object scope, str key):
    cdef object value = scope_get(scope, key)
    if value is None and key not in scope:
        raise not_set(key)
    return value


cdef class ConnectionBase:
    """The accessors that an HTTP request and a WebSocket share."""

    def __init__(self, scope, receive=empty_receive, send=empty_send):
        self.scope = scope
        self._seen = scope
        self._receive = receive
        self._send = send
        self.constructed()

    cdef int constructed(self) except -1:
        return 0

    cdef int forget(self) except -1:
        self._base_url = None
        self._cookies = None
        self._headers = None
        self._query_params = None
        self._url = None
        return 0

    @property
    def app(self):
        """The application: `scope["litestar_app"]`, else `scope["app"]`.

        Raises:
            ImproperlyConfiguredException: The scope has neither.
        """
        cdef object scope = scope_of(self)
        cdef object app = scope_get(scope, "litestar_app")
        if app is None:
            app = scope_get(scope, "app")
            if app is None:
                raise no_app()
        return app

    @property
    def route_handler(self):
        """The handler that the router chose.

        Raises:
            ImproperlyConfiguredException: The scope has none.
        """
        return _required(scope_of(self), "route_handler")

    @property
    def auth(self):
        """What the authentication middleware made of the credentials.

        Raises:
            ImproperlyConfiguredException: No middleware has set it.
        """
        return _required(scope_of(self), "auth")

    @property
    def user(self):
        """The user that the authentication middleware found.

        Raises:
            ImproperlyConfiguredException: No middleware has set it.
        """
        return _required(scope_of(self), "user")

    @property
    def session(self):
        """The session's data.

        Raises:
            ImproperlyConfiguredException: No middleware has set it.
        """
        return _required(scope_of(self), "session")

    @property
    def state(self):
        """The connection's state, which writes through to `scope["state"]`."""
        cdef object scope = scope_of(self)
        cdef object state = scope_get(scope, "state")
        if state is None:
            state = scope["state"] = {}
        return _state(state)

    @property
    def url(self):
        """The URL that was asked for.

        Raises:
            ClientException: The Host header is no authority (RFC 9110 section 7.2).
            ImproperlyConfiguredException: The scope breaks the ASGI specification.
        """
        cdef object scope = scope_of(self)
        if self._url is None:
            self._url = new_url_from_scope(_url_class, scope, False)
        return self._url

    @property
    def base_url(self):
        """The URL of the application's root: that of the connection without path and query.

        Raises:
            ClientException: The Host header is no authority (RFC 9110 section 7.2).
            ImproperlyConfiguredException: The scope breaks the ASGI specification.
        """
        cdef object scope = scope_of(self)
        if self._base_url is None:
            self._base_url = new_url_from_scope(_url_class, scope, True)
        return self._base_url

    @property
    def headers(self):
        """The headers, a live view of `scope["headers"]`.

        Raises:
            ImproperlyConfiguredException: The scope's headers are no iterable.
        """
        cdef object raw = headers_of(scope_of(self))
        cdef object headers = self._headers
        if headers is None or (<HeadersBase> headers)._raw is not raw:
            self._headers = headers = new_headers(_headers_class, raw)
        return headers

    @property
    def query_params(self):
        """The parameters of the query string, all values of repeated ones.

        Raises:
            RequestEntityTooLarge: There are more than `limits.max_fields`.
            ImproperlyConfiguredException: The scope's query string is not bytes.
        """
        cdef object scope = scope_of(self)
        cdef object query
        if self._query_params is None:
            query = scope_get(scope, "query_string")
            if not isinstance(query, bytes):
                if query is not None or "query_string" in scope:
                    raise wrong_type("query_string", query, "bytes")
                query = b""
            self._query_params = PyObject_CallOneArg(_multidict, read_query(query, bounds_of(self).max_fields))
        return self._query_params

    @property
    def path_params(self):
        """What the router read from the path; an empty dict without one."""
        cdef object params = scope_get(scope_of(self), "path_params")
        return {} if params is None else params

    @property
    def cookies(self):
        """The cookies of all Cookie headers (RFC 6265 section 5.4); the last of a name wins.

        Raises:
            ImproperlyConfiguredException: The scope's headers are no pairs of bytes.
        """
        cdef object scope = scope_of(self)
        if self._cookies is None:
            self._cookies = read_cookies(headers_of(scope))
        return self._cookies

    @property
    def client(self):
        """The client's host and port; None where the server does not know them, as for a unix socket."""
        cdef object client = scope_get(scope_of(self), "client")
        # PERF: a named tuple's own constructor is a Python function
        if type(client) is tuple and len(<tuple> client) == 2 and type((<tuple> client)[1]) is int:
            return None if (<tuple> client)[0] is None else litecon_tuple(_address_class, client)
        if not isinstance(client, (tuple, list)) or len(client) < 2 or client[0] is None:
            return None
        return litecon_tuple(_address_class, (client[0], port_number(client[1])))


litecon_install_members(ConnectionBase)

cdef object _call_type = type.__call__
cdef tuple _NAMES = ("scope", "receive", "send")
cdef object _empty_receive = empty_receive
cdef object _empty_send = empty_send


cdef object _construct(type cls, PyObject **arguments, size_t flags, PyObject *names):
    """Call a connection class, as its tp_vectorcall: without a tuple and a dict of the arguments."""
    cdef PyObject *values[3]
    cdef Py_ssize_t count = PyVectorcall_NARGS(flags)
    cdef Py_ssize_t index, at
    cdef ConnectionBase connection
    # a class that got another constructor since, from a mock for example, is called as any class is
    if count > 3 or not litecon_is_plain(cls, ConnectionBase):
        return _construct_slowly(cls, arguments, count, names)
    values[0] = NULL
    values[1] = <PyObject *> _empty_receive
    values[2] = <PyObject *> _empty_send
    for index in range(count):
        values[index] = arguments[index]
    if names is not NULL:
        for index in range(len(<tuple> names)):
            # both are interned; a wrong or a repeated one is left to the constructor to name
            for at in range(count, 3):
                if (<tuple> names)[index] is _NAMES[at]:
                    values[at] = arguments[count + index]
                    break
            else:
                return _construct_slowly(cls, arguments, count, names)
    if values[0] is NULL:
        return _construct_slowly(cls, arguments, count, names)
    connection = <ConnectionBase> litecon_allocate(cls, ())
    connection.scope = connection._seen = <object> values[0]
    connection._receive = <object> values[1]
    connection._send = <object> values[2]
    connection.constructed()
    return connection


cdef object _construct_slowly(type cls, PyObject **arguments, Py_ssize_t count, PyObject *names):
    cdef list positional = [<object> arguments[index] for index in range(count)]
    cdef dict keywords = {}
    if names is not NULL:
        for index, name in enumerate(<tuple> names):
            keywords[name] = <object> arguments[count + index]
    return _call_type(cls, *positional, **keywords)


def quickly_constructed(cls):
    """Make calls of a class quicker, where that can be done; a class decorator.

    Args:
        cls: A subclass of `ConnectionBase` without a constructor of its own. Its subclasses are called as any class is.

    Raises:
        TypeError: It has a constructor of its own.
    """
    if not issubclass(cls, ConnectionBase) or not litecon_is_plain(cls, ConnectionBase):
        raise TypeError(f"{cls!r} has a constructor of its own")
    litecon_set_vectorcall(cls, <void *> _construct)
    return cls
