# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The components of a URL, and how they are read from a scope (RFC 3986, ASGI 3)."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.unicode cimport (
    PyUnicode_DATA,
    PyUnicode_FromObject,
    PyUnicode_GET_LENGTH,
    PyUnicode_KIND,
    PyUnicode_READ,
    PyUnicode_READ_CHAR,
)

from litecon._native.headers cimport exact_bytes, scan_headers
from litecon._native.mapping cimport item, item_or

from litecon._errors import (
    immutable_url,
    invalid_host,
    missing_key,
    not_constructed,
    text_type,
    wrong_scheme,
    wrong_type,
)
from litecon._shared.scope import lookup
from litecon._shared.url import is_ipv6, is_scheme, list_headers, path_of_target, port_number

cdef extern from *:
    """
    #include <string.h>

    /* PERF: the constructor of a Python subclass is neither looked up nor called */
    static PyObject *litecon_new(PyTypeObject *base, PyTypeObject *cls, PyObject *no_arguments) {
        return base->tp_new(cls, no_arguments, NULL);
    }

    /* a character of a reg-name (RFC 3986 section 3.2.2), except percent escapes */
    static int litecon_is_reg_name(unsigned char c) {
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return 1;
        switch (c) {
            case '-': case '.': case '_': case '~': case '!': case '$': case '&': case '\\'': case '(': case ')':
            case '*': case '+': case ',': case ';': case '=': return 1;
        }
        return 0;
    }

    static int litecon_is_hex(unsigned char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    }

    /* Return the port after the colon: -1 if there is none, -2 if it is not a valid port. */
    static long litecon_parse_port(const unsigned char *text, Py_ssize_t length) {
        long port = 0;
        Py_ssize_t i;
        if (length < 2) return -1;
        if (length > 6) return -2;
        for (i = 1; i < length; i++) {
            if (text[i] < '0' || text[i] > '9') return -2;
            port = port * 10 + (text[i] - '0');
        }
        return port > 65535 ? -2 : port;
    }

    static int litecon_is_query(unsigned char c) {
        return c > 0x20 && c < 0x7F && c != '#' && c != '"' && c != '<' && c != '>';
    }

    /* a character that, in a URL, would end a decoded path or be read as something else */
    static int litecon_is_unsafe(Py_UCS4 c) {
        return c < 0x20 || c == 0x7F || c == '%' || c == '?' || c == '#' || c == '\\\\';
    }

    enum { LITECON_REG_NAME = 1, LITECON_QUERY = 2, LITECON_PATH = 4 };

    /* PERF: the components in which each byte is allowed; a look-up costs less than comparisons */
    static unsigned char litecon_char_classes[256];

    static void litecon_fill_char_classes(void) {
        int c;
        for (c = 0; c < 256; c++) {
            litecon_char_classes[c] = (unsigned char) ((litecon_is_reg_name((unsigned char) c) ? LITECON_REG_NAME : 0) |
                (litecon_is_query((unsigned char) c) ? LITECON_QUERY : 0)
                | (litecon_is_unsafe((Py_UCS4) c) ? 0 : LITECON_PATH));
        }
    }

    /* Return the number of bytes at the beginning that are of a kind. */
    static Py_ssize_t litecon_span(const unsigned char *text, Py_ssize_t length, int kind) {
        const unsigned char *kinds = litecon_char_classes, *at = text, *end = text + length;
        while (at < end && kinds[*at] & kind) at++;
        return at - text;
    }

    static int litecon_is_all(const unsigned char *text, Py_ssize_t length, int kind) {
        return litecon_span(text, length, kind) == length;
    }

    /* Return the length of the host in an authority without user; 0 if it is not a host, or if something other than a
       port follows. */
    static Py_ssize_t litecon_host_length(const unsigned char *text, Py_ssize_t length) {
        Py_ssize_t i = 0;
        if (length && text[0] == '[') {
            for (i = 1; i < length && (litecon_is_hex(text[i]) || text[i] == ':' || text[i] == '.'); i++);
            if (i == 1 || i == length || text[i] != ']') return 0;
            i++;
        } else {
            while (1) {
                i += litecon_span(text + i, length - i, LITECON_REG_NAME);
                if (length - i < 3 || text[i] != '%') break;
                if (!litecon_is_hex(text[i + 1]) || !litecon_is_hex(text[i + 2])) break;
                i += 3;
            }
        }
        return i < length && text[i] != ':' ? 0 : i;
    }

    /* Return the default port of http, https, ws or wss; -1 for any other scheme. PERF: no objects are compared. */
    static long litecon_default_port(PyObject *scheme) {
        const char *text;
        if (!PyUnicode_IS_ASCII(scheme)) return -1;
        text = (const char *) PyUnicode_1BYTE_DATA(scheme);
        switch (PyUnicode_GET_LENGTH(scheme)) {
            case 2: return memcmp(text, "ws", 2) == 0 ? 80 : -1;
            case 3: return memcmp(text, "wss", 3) == 0 ? 443 : -1;
            case 4: return memcmp(text, "http", 4) == 0 ? 80 : -1;
            case 5: return memcmp(text, "https", 5) == 0 ? 443 : -1;
        }
        return -1;
    }

    static PyObject *litecon_new_ascii(const unsigned char *text, Py_ssize_t length) {
        PyObject *result = PyUnicode_New(length, 127);
        if (result != NULL) memcpy(PyUnicode_1BYTE_DATA(result), text, (size_t) length);
        return result;
    }

    #define LITECON_APPEND(text) \
        memcpy(to, PyUnicode_1BYTE_DATA(text), (size_t) PyUnicode_GET_LENGTH(text)); to += PyUnicode_GET_LENGTH(text)

    /* Return scheme://netloc, path and ?query as one text; all of them must be ASCII. PERF: one copy, where a general
       join reads each part twice. */
    static PyObject *litecon_join_url(PyObject *scheme, PyObject *netloc, PyObject *path, PyObject *query) {
        Py_ssize_t length = PyUnicode_GET_LENGTH(query);
        PyObject *result = PyUnicode_New(PyUnicode_GET_LENGTH(scheme) + 3 + PyUnicode_GET_LENGTH(netloc) +
            PyUnicode_GET_LENGTH(path) + (length ? 1 + length : 0), 127);
        Py_UCS1 *to;
        if (result == NULL) return NULL;
        to = PyUnicode_1BYTE_DATA(result);
        LITECON_APPEND(scheme);
        memcpy(to, "://", 3);
        to += 3;
        LITECON_APPEND(netloc);
        LITECON_APPEND(path);
        if (length) {
            *to++ = '?';
            LITECON_APPEND(query);
        }
        return result;
    }
    """
    enum:
        LITECON_REG_NAME
        LITECON_PATH
        LITECON_QUERY
    void litecon_fill_char_classes() noexcept
    bint litecon_is_all(const unsigned char *text, Py_ssize_t length, int kind) noexcept
    bint litecon_is_unsafe(Py_UCS4 c) noexcept
    object litecon_new_ascii(const unsigned char *text, Py_ssize_t length)
    object litecon_join_url(str scheme, str netloc, str path, str query)
    bint PyUnicode_IS_ASCII(object text) noexcept
    object litecon_new(type base, type cls, tuple no_arguments)
    Py_ssize_t litecon_host_length(const unsigned char *text, Py_ssize_t length) noexcept
    long litecon_default_port(str scheme) noexcept
    long litecon_parse_port(const unsigned char *text, Py_ssize_t length) noexcept
    bint litecon_is_query(unsigned char c) noexcept


cdef str _exact_str(object text):
    """Return a text as an exact str, whatever a subclass overrides."""
    return <str> text if type(text) is str else PyUnicode_FromObject(text)


cdef object headers_of(object scope):
    cdef object headers = item_or(scope, "headers", ())
    if type(headers) is list or type(headers) is tuple or isinstance(headers, (list, tuple)):
        return headers
    if isinstance(headers, (str, bytes)):
        raise wrong_type("headers", headers, "an iterable of pairs of bytes")
    return list_headers(scope, headers)


def raw_headers(scope):
    """Return `scope["headers"]` as a list or tuple; another iterable is read into the scope, once.

    Args:
        scope: The scope of any kind of connection.

    Raises:
        ImproperlyConfiguredException: The headers are not iterable.
    """
    return headers_of(scope)


cdef class URLBase:
    """The five components of an immutable URL."""

    def __str__(self):
        if self._text is None:
            self._text = _recompose(self)
        return self._text

    def __eq__(self, other):
        if isinstance(other, (URLBase, str)):
            return str(self) == str(other)
        return NotImplemented

    def __hash__(self):
        return hash(str(self))

    def __setattr__(self, name, value):
        raise immutable_url(name)

    def __delattr__(self, name):
        raise immutable_url()


litecon_fill_char_classes()


cdef inline bint _is_ascii(URLBase url) noexcept:
    return (
        PyUnicode_IS_ASCII(url.scheme)
        and PyUnicode_IS_ASCII(url.netloc)
        and PyUnicode_IS_ASCII(url.path)
        and PyUnicode_IS_ASCII(url.query)
    )


cdef str _recompose(URLBase url):
    cdef str text
    cdef bint authority
    if url.netloc is None:
        # no component was set
        raise not_constructed(url)
    # an empty authority is written if the path would be read as one (RFC 3986 section 5.3)
    authority = PyUnicode_GET_LENGTH(url.netloc) != 0 or url.path.startswith("//")
    if authority and PyUnicode_GET_LENGTH(url.scheme) and PyUnicode_GET_LENGTH(url.fragment) == 0 and _is_ascii(url):
        return litecon_join_url(url.scheme, url.netloc, url.path, url.query)
    text = f"//{url.netloc}{url.path}" if authority else url.path
    if url.scheme:
        text = f"{url.scheme}:{text}"
    if url.query:
        text = f"{text}?{url.query}"
    return f"{text}#{url.fragment}" if url.fragment else text


cdef object _new_url(type cls, str scheme, str netloc, str path, str query, str fragment):
    # SAFETY: the callers pass subclasses of URLBase only
    cdef URLBase url = <URLBase> litecon_new(URLBase, cls, ())
    url.scheme = scheme
    url.netloc = netloc
    url.path = path
    url.query = query
    url.fragment = fragment
    return url


def make_url(cls, scheme, netloc, path, query, fragment):
    """Return a URL of that class.

    Args:
        cls: A subclass of `URLBase`.
        scheme: The scheme, without the colon.
        netloc: The host and port, and optionally user and password.
        path: The path, percent-encoded.
        query: The query, percent-encoded, without the question mark.
        fragment: The fragment, percent-encoded, without the number sign.

    Raises:
        TypeError: A component is not a str.
    """
    if not issubclass(cls, URLBase):
        raise TypeError(f"{cls!r} is not a subclass of URLBase")
    return _new_url(
        cls,
        _check_component(scheme),
        _check_component(netloc),
        _check_component(path),
        _check_component(query),
        _check_component(fragment),
    )


cdef str _check_component(object value):
    if not isinstance(value, str):
        raise text_type("a component of a URL", value)
    return _exact_str(value)


def url_from_scope(cls, scope, base):
    """Return the URL of a connection.

    Args:
        cls: A subclass of `URLBase`.
        scope: The scope of any kind of connection.
        base: Whether to return the URL of the root of the application instead: the root path and a slash, no query.

    Raises:
        ClientException: The Host header is not a valid authority, or the request's target names another one.
        ImproperlyConfiguredException: The scope breaks the ASGI specification.
    """
    if not issubclass(cls, URLBase):
        raise TypeError(f"{cls!r} is not a subclass of URLBase")
    return new_url_from_scope(cls, scope, base)


cdef object new_url_from_scope(type cls, object scope, bint base):
    cdef str scheme = _scheme(scope)
    cdef object host = scan_headers(headers_of(scope), "host", 4)
    cdef str netloc = _netloc(scope, scheme, host)
    # without an authority, a path after a scheme would have another meaning
    cdef str written_scheme = scheme if PyUnicode_GET_LENGTH(netloc) else ""
    cdef object query
    cdef str path
    if base:
        return _new_url(cls, written_scheme, netloc, _base_path(scope, host, scheme), "", "")
    path = _full_path(scope, host, scheme)
    query = item_or(scope, "query_string", b"")
    if type(query) is not bytes and not isinstance(query, bytes):
        raise wrong_type("query_string", query, "bytes")
    if PyUnicode_GET_LENGTH(path) == 0 and item(scope, "path") != "":
        # a target of that form has neither path nor query (RFC 9112 section 3.3)
        query = b""
    return _new_url(cls, written_scheme, netloc, _encode_path(path), _encode_query(exact_bytes(query)), "")


cdef str _scheme(object scope):
    cdef object value = item(scope, "scheme")
    cdef str scheme
    if type(value) is str and litecon_default_port(value) > 0:
        return <str> value
    if value is None or value == "":
        return "ws" if item(scope, "type") == "websocket" else "http"
    if not isinstance(value, str):
        raise wrong_type("scheme", value, "a str")
    scheme = _exact_str(value)
    if litecon_default_port(scheme) < 0:
        if not is_scheme(scheme):
            raise wrong_scheme(scheme)
        return scheme.lower()
    return scheme


cdef str _netloc(object scope, str scheme, object host):
    cdef const unsigned char *text
    cdef Py_ssize_t size, length
    cdef long port
    cdef str name
    if host is None or PyBytes_GET_SIZE(host) == 0:
        return _server_netloc(scope, scheme)
    text = <const unsigned char *> PyBytes_AS_STRING(host)
    size = PyBytes_GET_SIZE(host)
    length = litecon_host_length(text, size)
    port = litecon_parse_port(text + length, size - length)
    if length == 0 or port == -2 or (text[0] == c"[" and not is_ipv6(text[1:length - 1].decode("ascii"))):
        raise invalid_host(host.decode("latin-1"))
    name = litecon_new_ascii(text, length)
    return name if port < 0 or port == litecon_default_port(scheme) else f"{name}:{port}"


cdef str _server_netloc(object scope, str scheme):
    cdef object server = item(scope, "server")
    cdef object port
    cdef bytes host
    cdef str name
    if not isinstance(server, (tuple, list)) or not server or not isinstance(server[0], str):
        return ""
    name = _exact_str(server[0])
    port = port_number(server[1]) if len(server) > 1 else None
    if ":" in name:
        name = name.strip("[]")
        name = f"[{name}]" if is_ipv6(name) else ""
    # the path of a unix socket is not a host
    if not name.isascii():
        return ""
    host = name.encode("ascii")
    if not host or litecon_host_length(<const unsigned char *> PyBytes_AS_STRING(host), len(host)) != len(host):
        return ""
    if port is None or port == litecon_default_port(scheme):
        return name
    return f"{name}:{port}"


cdef str _root_path(object scope, str key):
    cdef object root_path = item(scope, key)
    if root_path is None or (type(root_path) is str and PyUnicode_GET_LENGTH(root_path) == 0) or not root_path:
        return ""
    if not isinstance(root_path, str):
        raise wrong_type(key, root_path, "a str")
    return _exact_str(root_path).rstrip("/")


cdef inline bint _is_full_path(object path, str root_path) noexcept:
    """Return whether a path is the full path of the URL. PERF: nearly all are."""
    return (
        PyUnicode_GET_LENGTH(root_path) == 0
        and type(path) is str
        and PyUnicode_GET_LENGTH(path) != 0
        and PyUnicode_READ_CHAR(path, 0) == c"/"
    )


cdef str _base_path(object scope, object host, str scheme):
    # inside a mount, app_root_path is the root path of the outer application, which may be empty
    cdef str key = "root_path" if item(scope, "app_root_path") is None else "app_root_path"
    cdef str root_path = _root_path(scope, key)
    cdef object path = item(scope, "path")
    if _is_full_path(path, root_path):
        return "/"
    if isinstance(path, str):
        _path_of_other_target(scope, _exact_str(path), root_path, host, scheme)
    return _encode_path(root_path + "/") if root_path else "/"


cdef str _full_path(object scope, object host, str scheme):
    cdef object value = item(scope, "path")
    cdef str path, other, root_path
    if not isinstance(value, str):
        raise missing_key("path") if value is None else wrong_type("path", value, "a str")
    root_path = _root_path(scope, "root_path")
    if _is_full_path(value, root_path):
        return <str> value
    path = _exact_str(value)
    other = _path_of_other_target(scope, path, root_path, host, scheme)
    if other is not None:
        return other
    # the specification includes the root path in the path; older servers and frameworks do not
    if PyUnicode_GET_LENGTH(root_path) and path != root_path and not path.startswith(root_path + "/"):
        return root_path + path
    return path


cdef str _path_of_other_target(object scope, str path, str root_path, object host, str scheme):
    """Return the path of a target that is not a path itself (RFC 9112 section 3.2); None for one that is."""
    cdef str target = path
    cdef str prefix = ""
    cdef str other
    # uvicorn puts the root path before a target of any form
    if root_path and path.startswith(root_path):
        target = path[PyUnicode_GET_LENGTH(root_path):]
        prefix = root_path
    if not target or target[0] == "/":
        return None
    other = path_of_target(target, item(scope, "method"), host, scheme)
    if not other or prefix or other == root_path or other.startswith(root_path + "/"):
        return prefix + other if other else other
    return root_path + other


cdef bint _has_unsafe(str path) noexcept:
    cdef int kind = PyUnicode_KIND(path)
    cdef const void *data = PyUnicode_DATA(path)
    cdef Py_ssize_t index
    if kind == 1:
        return not litecon_is_all(<const unsigned char *> data, PyUnicode_GET_LENGTH(path), LITECON_PATH)
    for index in range(PyUnicode_GET_LENGTH(path)):
        if litecon_is_unsafe(PyUnicode_READ(kind, data, index)):
            return True
    return False


cdef str _encode_path(str path):
    if _has_unsafe(path):
        path = "".join([f"%{<int> c:02X}" if litecon_is_unsafe(c) else c for c in path])
    if PyUnicode_GET_LENGTH(path) == 0:
        return path
    if PyUnicode_READ_CHAR(path, 0) != c"/":
        return "/" + path
    if PyUnicode_GET_LENGTH(path) > 1 and PyUnicode_READ_CHAR(path, 1) == c"/":
        return "/%2F" + path[2:]
    return path


cdef str _encode_query(bytes query):
    cdef const unsigned char *text = <const unsigned char *> PyBytes_AS_STRING(query)
    cdef Py_ssize_t length = PyBytes_GET_SIZE(query)
    if length == 0:
        return ""
    if litecon_is_all(text, length, LITECON_QUERY):
        return litecon_new_ascii(text, length)
    return "".join([chr(c) if litecon_is_query(c) else f"%{c:02X}" for c in query])
