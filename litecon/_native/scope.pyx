# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The members of every connection, and the constructor of all connection classes."""

cimport cython
from cpython.object cimport PyObject

from litecon._native.headers cimport HeadersBase, exact_bytes, new_headers
from litecon._native.mapping cimport item, item_or
from litecon._native.parameters cimport read_cookies, read_query
from litecon._native.traits cimport RECEIVE, SCOPE, SEND, track_override, traits_of, traits_with_bounds
from litecon._native.url cimport headers_of, new_url_from_scope

from litecon._errors import missing_key, no_app, not_initialised, not_set, wrong_type
from litecon._shared.scope import empty_receive, empty_send, pass_to_setter
from litecon._shared.url import port_number
from litecon.datastructures import URL, Address, Headers, MultiDict, State

cdef extern from *:
    """
    static int litecon_is_port(PyObject *port) {
        int overflow;
        long number;
        if (!PyLong_CheckExact(port)) return 0;
        number = PyLong_AsLongAndOverflow(port, &overflow);
        return overflow == 0 && number >= 0 && number <= 65535;
    }

    static PyObject *litecon_new_tuple(PyTypeObject *cls, PyObject *items) {
        return PyTuple_Type.tp_vectorcall((PyObject *) cls, &items, 1, NULL);
    }

    static PyObject *litecon_allocate(PyTypeObject *cls, PyObject *no_arguments) {
        return cls->tp_new(cls, no_arguments, NULL);
    }

    /* the constructor of another kernel class, which does the same if it is given three arguments */
    static initproc litecon_other_init = NULL;

    static void litecon_set_other_init(PyTypeObject *base) {
        litecon_other_init = base->tp_init;
    }

    /* Return whether neither the class nor a mock has replaced __init__ or __new__. */
    static int litecon_has_kernel_constructor(PyTypeObject *cls, PyTypeObject *base) {
        return (cls->tp_init == base->tp_init || cls->tp_init == litecon_other_init)
            && cls->tp_new == cls->tp_base->tp_new;
    }

    static void litecon_set_vectorcall(PyTypeObject *cls, void *function) {
        cls->tp_vectorcall = (vectorcallfunc) function;
    }
    """
    object PyObject_CallOneArg(object function, object argument)
    bint litecon_is_port(object port) noexcept
    object litecon_new_tuple(type cls, tuple items)
    object litecon_allocate(type cls, tuple no_arguments)
    bint litecon_has_kernel_constructor(type cls, type base) noexcept
    void litecon_set_other_init(type base) noexcept
    void litecon_set_vectorcall(type cls, void *function) noexcept
    Py_ssize_t PyVectorcall_NARGS(size_t flags) noexcept

# PERF: a C variable needs no look-up in the module's dict
cdef object _address_class = Address
cdef object _headers_class = Headers
cdef object _multidict = MultiDict
cdef object _state = State
cdef object _url_class = URL


cdef object refresh_scope(ConnectionBase connection):
    """Return a scope that may have changed; if it has, drop the values that were read from the previous one."""
    cdef object scope
    if traits_of(connection).overrides & SCOPE:
        scope = connection.scope
    else:
        with cython.critical_section(connection):
            scope = connection._scope
    check_initialised(connection, scope, "scope")
    with cython.critical_section(connection):
        if scope is not connection._cached_scope:
            connection.clear_cached_values()
            # None means that the constructor has not run
            connection._cached_scope = DELETED if scope is None else scope
    return scope


cdef object receive_of(ConnectionBase connection):
    if traits_of(connection).overrides & RECEIVE:
        return connection.receive
    return connection.stored_receive()


# the value of a deleted attribute
cdef object DELETED = object()


cdef object check_initialised(ConnectionBase connection, object value, str name):
    if value is DELETED or connection._cached_scope is None:
        raise not_initialised(connection, name)
    return value


cdef object required_str(object scope, str key):
    cdef object value = item(scope, key)
    if not isinstance(value, str):
        raise missing_key(key) if value is None else wrong_type(key, value, "a str")
    return value


cdef object query_of(object scope):
    cdef object query = item_or(scope, "query_string", b"")
    if not isinstance(query, bytes):
        raise wrong_type("query_string", query, "bytes")
    return exact_bytes(query)


cdef object add_state(object scope):
    cdef object state = {}
    # if two threads call this at once, both get the same state
    cdef object other = scope.setdefault("state", state) if type(scope) is dict else None
    if other is None:
        scope["state"] = state
    return state if other is None else other


cdef object _MISSING = object()


cdef object _required_value(object scope, str key):
    cdef object value = item_or(scope, key, _MISSING)
    if value is _MISSING:
        raise not_set(key)
    return value


cdef int init_connection(ConnectionBase connection, object scope, object receive, object send) except -1:
    """Store the arguments of the constructor."""
    cdef int overrides = traits_of(connection).overrides
    with cython.critical_section(connection):
        if connection._cached_scope is not None:
            # the constructor is called a second time
            connection.clear_cached_values()
        connection._scope = scope
        connection._cached_scope = DELETED if scope is None else scope
        connection._receive = receive
        connection._send = send
    connection.complete_construction(overrides)
    if overrides & SCOPE:
        pass_to_setter(connection, "scope", scope)
    if overrides & RECEIVE:
        pass_to_setter(connection, "receive", connection.stored_receive())
    if overrides & SEND:
        pass_to_setter(connection, "send", connection.stored_send())
    return 0


cdef class ConnectionBase:
    """The members that an HTTP request and a WebSocket share."""

    def __init__(self, scope, receive=empty_receive, send=empty_send):
        init_connection(self, scope, receive, send)

    cdef int complete_construction(self, int overrides) except -1:
        return 0

    cdef object stored_receive(self):
        cdef object receive
        with cython.critical_section(self):
            receive = self._receive
        return check_initialised(self, receive, "receive")

    cdef object stored_send(self):
        cdef object send
        with cython.critical_section(self):
            send = self._send
        return check_initialised(self, send, "send")

    cdef int clear_cached_values(self) except -1:
        self._base_url = None
        self._cookies = None
        self._headers = None
        self._query_params = None
        self._url = None
        return 0

    @property
    def scope(self):
        """The mapping with which the server describes the connection."""
        cdef object scope
        with cython.critical_section(self):
            scope = self._scope
        return check_initialised(self, scope, "scope")

    @scope.setter
    def scope(self, scope):
        with cython.critical_section(self):
            self._scope = scope

    @scope.deleter
    def scope(self):
        with cython.critical_section(self):
            check_initialised(self, self._scope, "scope")
            self._scope = DELETED

    @property
    def receive(self):
        """The callable that returns the next event."""
        return self.stored_receive()

    @receive.setter
    def receive(self, receive):
        with cython.critical_section(self):
            self._receive = receive

    @receive.deleter
    def receive(self):
        with cython.critical_section(self):
            check_initialised(self, self._receive, "receive")
            self._receive = DELETED

    @property
    def send(self):
        """The callable that takes an event."""
        return self.stored_send()

    @send.setter
    def send(self, send):
        with cython.critical_section(self):
            self._send = send

    @send.deleter
    def send(self):
        with cython.critical_section(self):
            check_initialised(self, self._send, "send")
            self._send = DELETED

    @property
    def app(self):
        """The application: `scope["litestar_app"]`, or else `scope["app"]`.

        Raises:
            ImproperlyConfiguredException: The scope has neither of them.
        """
        cdef object scope = scope_of(self)
        cdef object app = item(scope, "litestar_app")
        if app is None:
            app = item(scope, "app")
            if app is None:
                raise no_app()
        return app

    @property
    def route_handler(self):
        """The handler that the router chose.

        Raises:
            ImproperlyConfiguredException: The scope has none.
        """
        return _required_value(scope_of(self), "route_handler")

    @property
    def auth(self):
        """The credentials, as the authentication middleware stored them.

        Raises:
            ImproperlyConfiguredException: No middleware stored them in the scope.
        """
        return _required_value(scope_of(self), "auth")

    @property
    def user(self):
        """The user, as the authentication middleware stored it.

        Raises:
            ImproperlyConfiguredException: No middleware stored it in the scope.
        """
        return _required_value(scope_of(self), "user")

    @property
    def session(self):
        """The data of the session.

        Raises:
            ImproperlyConfiguredException: No middleware stored them in the scope.
        """
        return _required_value(scope_of(self), "session")

    @property
    def state(self):
        """The state of the connection, which reads and writes `scope["state"]`."""
        cdef object scope = scope_of(self)
        cdef object state = item(scope, "state")
        if state is None:
            state = add_state(scope)
        return _state(state)

    @property
    def url(self):
        """The requested URL.

        Raises:
            ClientException: The Host header is not a valid authority (RFC 9110 section 7.2).
            ImproperlyConfiguredException: The scope breaks the ASGI specification.
        """
        cdef object scope = scope_of(self)
        cdef object url
        with cython.critical_section(self):
            url = self._url
        if url is None:
            url = new_url_from_scope(_url_class, scope, False)
            with cython.critical_section(self):
                if self._cached_scope is scope:
                    self._url = url
        return url

    @property
    def base_url(self):
        """The URL of the root of the application: that of the connection without path and query.

        Raises:
            ClientException: The Host header is not a valid authority (RFC 9110 section 7.2).
            ImproperlyConfiguredException: The scope breaks the ASGI specification.
        """
        cdef object scope = scope_of(self)
        cdef object url
        with cython.critical_section(self):
            url = self._base_url
        if url is None:
            url = new_url_from_scope(_url_class, scope, True)
            with cython.critical_section(self):
                if self._cached_scope is scope:
                    self._base_url = url
        return url

    @property
    def headers(self):
        """The headers, a live view of `scope["headers"]`.

        Raises:
            ImproperlyConfiguredException: The headers of the scope are not iterable.
        """
        cdef object raw = headers_of(scope_of(self))
        cdef object headers
        with cython.critical_section(self):
            headers = self._headers
        if headers is None or (<HeadersBase> headers)._raw is not raw:
            headers = new_headers(_headers_class, raw)
            with cython.critical_section(self):
                self._headers = headers
        return headers

    @property
    def query_params(self):
        """The parameters of the query string, in order, with all values of repeated ones.

        Raises:
            RequestEntityTooLarge: There are more parameters than `limits.max_fields`.
            ImproperlyConfiguredException: The query string of the scope is not bytes.
        """
        cdef object scope = scope_of(self)
        cdef object params
        with cython.critical_section(self):
            params = self._query_params
        if params is None:
            params = PyObject_CallOneArg(_multidict, read_query(query_of(scope), traits_with_bounds(self).max_fields))
            with cython.critical_section(self):
                if self._cached_scope is scope:
                    self._query_params = params
        return params

    @property
    def path_params(self):
        """The path parameters that the router found; an empty dict if there was no router."""
        cdef object params = item(scope_of(self), "path_params")
        return {} if params is None else params

    @property
    def cookies(self):
        """The cookies of all Cookie headers (RFC 6265 section 5.4); the last value of a name is used.

        Raises:
            ImproperlyConfiguredException: The headers of the scope are not pairs of bytes.
        """
        cdef object scope = scope_of(self)
        cdef object cookies
        with cython.critical_section(self):
            cookies = self._cookies
        if cookies is None:
            cookies = read_cookies(headers_of(scope))
            with cython.critical_section(self):
                if self._cached_scope is scope:
                    self._cookies = cookies
        return cookies

    @property
    def client(self):
        """The host and port of the client; None if the server does not know them, as with a unix socket."""
        cdef object client = item(scope_of(self), "client")
        # PERF: the constructor of a named tuple is a Python function
        if type(client) is tuple and len(<tuple> client) == 2 and litecon_is_port((<tuple> client)[1]):
            return None if (<tuple> client)[0] is None else litecon_new_tuple(_address_class, client)
        if not isinstance(client, (tuple, list)) or len(client) < 2 or client[0] is None:
            return None
        return litecon_new_tuple(_address_class, (client[0], port_number(client[1])))


track_override(ConnectionBase, "scope", SCOPE)
track_override(ConnectionBase, "receive", RECEIVE)
track_override(ConnectionBase, "send", SEND)

cdef object _call_type = type.__call__
cdef tuple _NAMES = ("scope", "receive", "send")
cdef object _empty_receive = empty_receive
cdef object _empty_send = empty_send


cdef object _construct(type cls, PyObject **arguments, size_t flags, PyObject *names):
    """Call a connection class, as its tp_vectorcall, which needs no tuple and no dict of the arguments."""
    cdef PyObject *values[3]
    cdef Py_ssize_t count = PyVectorcall_NARGS(flags)
    cdef Py_ssize_t index, at
    cdef ConnectionBase connection
    # a class whose constructor was replaced later, by a mock for example, is called in the ordinary way
    if count > 3 or not litecon_has_kernel_constructor(cls, ConnectionBase):
        return _construct_generic(cls, arguments, count, names)
    values[0] = NULL
    values[1] = <PyObject *> _empty_receive
    values[2] = <PyObject *> _empty_send
    for index in range(count):
        values[index] = arguments[index]
    if names is not NULL:
        for index in range(len(<tuple> names)):
            # both names are interned; for a wrong or a repeated one, the constructor raises the TypeError
            for at in range(count, 3):
                if (<tuple> names)[index] is _NAMES[at]:
                    values[at] = arguments[count + index]
                    break
            else:
                return _construct_generic(cls, arguments, count, names)
    if values[0] is NULL:
        return _construct_generic(cls, arguments, count, names)
    connection = <ConnectionBase> litecon_allocate(cls, ())
    init_connection(connection, <object> values[0], <object> values[1], <object> values[2])
    return connection


cdef object _construct_generic(type cls, PyObject **arguments, Py_ssize_t count, PyObject *names):
    cdef list positional = [<object> arguments[index] for index in range(count)]
    cdef dict keywords = {}
    if names is not NULL:
        for index, name in enumerate(<tuple> names):
            keywords[name] = <object> arguments[count + index]
    return _call_type(cls, *positional, **keywords)


cdef void allow_fast_constructor(type base) noexcept:
    litecon_set_other_init(base)


def with_fast_constructor(cls):
    """Make calls of a class faster, if the side can do that; a class decorator.

    Args:
        cls: A subclass of `ConnectionBase` without its own constructor. Its subclasses are called in the ordinary way.

    Raises:
        TypeError: The class has its own constructor.
    """
    if not issubclass(cls, ConnectionBase) or not litecon_has_kernel_constructor(cls, ConnectionBase):
        raise TypeError(f"{cls!r} has its own constructor")
    litecon_set_vectorcall(cls, <void *> _construct)
    return cls
