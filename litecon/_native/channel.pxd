from cpython.object cimport PyObject

from litecon._native.calling cimport likely
from litecon._native.operation cimport Operation

cdef extern from *:
    """
    #ifndef LITECON_CHANNEL
    #define LITECON_CHANNEL

    #include "calling.h"

    /* 1 for websocket.connect, 2 for websocket.receive, 3 for websocket.disconnect, 0 for anything else */
    static inline int litecon_socket_event(PyObject *kind) {
        const char *text;
        if (!PyUnicode_Check(kind) || !PyUnicode_IS_ASCII(kind)) return 0;
        text = (const char *) PyUnicode_1BYTE_DATA(kind);
        switch (PyUnicode_GET_LENGTH(kind)) {
            case 17:
                if (memcmp(text, "websocket.receive", 17) == 0) return 2;
                return memcmp(text, "websocket.connect", 17) == 0;
            case 20:
                return memcmp(text, "websocket.disconnect", 20) == 0 ? 3 : 0;
        }
        return 0;
    }

    static PyObject *litecon_known_kind = NULL;

    /* Whether it is the type of a message. PERF: a server gives the same string each time, and it is looked at once. */
    static inline int litecon_is_message(PyObject *kind) {
        if (litecon_unlikely(kind != litecon_known_kind)) {
            if (litecon_socket_event(kind) != 2) return 0;
            Py_INCREF(kind);
            Py_XSETREF(litecon_known_kind, kind);
        }
        return 1;
    }

    /* The text or bytes of a message in the form that servers give: a dict whose first item is its type. Borrowed, NULL for
       any other. PERF: to walk over the items takes half the instructions of two look-ups. */
    static inline PyObject *litecon_message(PyObject *event, PyObject *type_key, PyObject *key, int binary) {
    #ifndef Py_GIL_DISABLED
        Py_ssize_t position = 0;
        PyObject *found, *value;
        if (litecon_is_dict(event) && litecon_near.next(event, &position, &found, &value) && found == type_key &&
            litecon_is_message(value)) {
            while (litecon_near.next(event, &position, &found, &value)) {
                if (found == key) return (binary ? PyBytes_CheckExact(value) : litecon_is_str(value)) ? value : NULL;
            }
        }
    #endif
        return NULL;
    }

    /* The same after the server has waited. PERF: nothing is in the caches then but what the interpreter uses all the time,
       as it does the look-ups. */
    static inline PyObject *litecon_message_at_last(PyObject *event, PyObject *type_key, PyObject *key, int binary) {
    #ifndef Py_GIL_DISABLED
        PyObject *kind, *value;
        if (litecon_likely(litecon_is_dict(event))) {
            kind = litecon_near.get_item(event, type_key);
            value = litecon_unlikely(kind == NULL) ? NULL : litecon_near.get_item(event, key);
            if (litecon_likely(value != NULL) && litecon_likely(litecon_is_message(kind))) {
                return litecon_likely(binary ? PyBytes_CheckExact(value) : litecon_is_str(value)) ? value : NULL;
            }
            PyErr_Clear();
        }
    #endif
        return NULL;
    }
    #endif
    """
    int litecon_socket_event(object kind) noexcept
    PyObject *litecon_message(PyObject *event, str type_key, str key, bint binary) noexcept
    PyObject *litecon_message_at_last(PyObject *event, str type_key, str key, bint binary) noexcept


cdef enum:
    # the states, as _websocket_events.py describes them
    INIT = 0
    CONNECT = 1
    ACCEPTED = 2
    OPEN = 3
    DENYING = 4
    CLOSED = 5
    DISCONNECTED = 6
    # kinds of events that are sent, the columns of its table
    TO_ACCEPT = 0
    TO_SEND = 1
    TO_CLOSE = 2
    TO_START = 3
    TO_END = 4
    # kinds of events that are received
    CONNECTED = 1
    MESSAGE = 2
    ENDED = 3
    # which callables were replaced
    FOREIGN_RECEIVE = 1
    FOREIGN_SEND = 2


# NOTE: it has no methods, since a table of them costs each socket 8 bytes; the order packs the last four into 8
cdef class Channel:
    cdef object receive
    cdef object send
    # a future that receive() gave and that is not done, or an event that is still to be given out
    cdef public object pending
    # None until the end
    cdef str reason
    cdef bint busy
    cdef unsigned short code
    cdef unsigned char state
    cdef unsigned char foreign


cdef class SocketReceive:
    cdef Channel channel
    cdef object receive


cdef class SocketSend:
    cdef Channel channel
    cdef object send
    cdef object scope


# An operation that hands events to the server.
cdef class Sending(Operation):
    cdef Channel channel
    cdef unsigned char before
    cdef unsigned char after
    cdef bint handed

    # Enter a state and call the server with the event.
    cdef object hand(self, object send, object event, int state)


cdef inline PyObject *usual_message(PyObject *event, bint binary) noexcept:
    if likely(not binary):
        return litecon_message(event, "type", "text", False)
    return litecon_message(event, "type", "bytes", True)


cdef inline PyObject *usual_message_at_last(PyObject *event, bint binary) noexcept:
    if likely(not binary):
        return litecon_message_at_last(event, "type", "text", False)
    return litecon_message_at_last(event, "type", "bytes", True)


cdef str state_name(Channel channel)
# connection_state was set
cdef int rename(Channel channel, object name) except -1
# What to await for the next event, also after an await that was cancelled.
cdef object receiving(Channel channel, object receive)
# Raise where nothing can be received: at the end, or by another task.
cdef int expect_free(Channel channel) except -1
cdef object disconnected(Channel channel)
# Take an event that receive() gave, and return its kind; foreign: it is from a callable of the application.
cdef int take(Channel channel, object event, bint foreign) except -1
# The same, and return its text or bytes; max_size is -1 for no bound.
cdef object take_message(Channel channel, object event, bint binary, Py_ssize_t max_size, bint foreign)
# Return the state after an event of a kind is sent, raise where it cannot be.
cdef int check_send(Channel channel, int kind) except -1
# Enter the state after an event.
cdef int enter(Channel channel, int state, object event) except -1
# Enter a state again, since the server has refused the event that ended it.
cdef int go_back(Channel channel, int state) noexcept
# Keep the code and the reason of the end; the default stands in for a missing code.
cdef int keep_code(Channel channel, object code, object reason, int default) except -1
# The server's send has failed; return the exception for it.
cdef object lose(Channel channel)
