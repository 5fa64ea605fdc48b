cimport cython

from litecon._native.operation cimport CoroutineCallable, Operation

cdef extern from *:
    """
    #ifndef LITECON_CHANNEL
    #define LITECON_CHANNEL

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
    #endif
    """
    int litecon_socket_event(object kind) noexcept


cdef enum:
    # the states, as _shared/websocket.py describes them
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
    # which callables were replaced, and whether a framework's rules apply
    FOREIGN_RECEIVE = 1
    FOREIGN_SEND = 2
    RULED = 4


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
    cdef unsigned char flags


# What a framework's WebSockets do in its own way. Besides, with rules: only what follows the end is refused, and the
# application's closing does not end it; events go out as they are given, or with both keys; a message of the other kind
# is an empty one; a second accept() does nothing; an OSError of the server's is its own.
cdef class Rules:
    # calls with the code that give an exception: as the event of the end arrives, and for what is asked after it; the
    # code is None there where no event has said it
    cdef object ended
    cdef object disconnected
    # the class of both
    cdef object disconnect_class
    # calls with the socket, the data and a type
    cdef object from_json
    cdef object from_msgpack
    # calls with the value and a serializer
    cdef object to_json
    cdef object to_msgpack


# The state of a WebSocket with such rules; its flags have RULED.
cdef class RuledChannel(Channel):
    cdef Rules rules


cdef class SocketReceive(CoroutineCallable):
    cdef Channel channel
    cdef object receive


cdef class SocketSend(CoroutineCallable):
    cdef Channel channel
    cdef object send
    cdef object scope


# An operation that sends events to the server.
cdef class SendingOperation(Operation):
    cdef unsigned char before
    cdef unsigned char after
    cdef bint sent

    # Enter a state and call the server with the event.
    cdef object send_event(self, Channel channel, object send, object event, int state)
    # What becomes of an error of the server's.
    cdef object refused(self, Channel channel, object error)


cdef str state_name(Channel channel)
# connection_state was set
cdef int set_state(Channel channel, object name) except -1
# What to await for the next event, also after an await that was cancelled.
cdef object next_awaitable(Channel channel, object receive)
cdef int claim_failed(Channel channel) except -1


# Take the channel for one receiving task, up to release_channel(); raise at the end, or where another task has it.
cdef inline int claim(Channel channel) except -1:
    cdef bint free
    with cython.critical_section(channel):
        free = channel.state < CLOSED and not channel.busy
        if free:
            channel.busy = True
    return 0 if free else claim_failed(channel)


cdef inline void release_channel(Channel channel) noexcept:
    channel.busy = False


cdef object disconnected(Channel channel)
cdef RuledChannel new_ruled_channel(Rules rules)


# Its rules, None without any.
cdef inline Rules rules_of(Channel channel):
    return (<RuledChannel> channel).rules if channel is not None and channel.flags & RULED else None


# Take an event that receive() gave, and return its kind; foreign: it is from a callable of the application.
cdef int take(Channel channel, object event, bint foreign) except -1
# The same, and return its text or bytes; max_size is -1 for no bound.
cdef object take_message(Channel channel, object event, bint binary, Py_ssize_t max_size, bint foreign)
# Return the state after an event of a kind is sent, raise where it cannot be.
cdef int check_send(Channel channel, int kind) except -1
# Enter the state after an event.
cdef int enter(Channel channel, int state, object event) except -1
# Enter a state again, since the server has refused the event that ended it.
cdef int roll_back(Channel channel, int state) noexcept
# Keep the code and the reason of the end; the default stands in for a missing code.
cdef int keep_code(Channel channel, object code, object reason, int default) except -1
# The server's send has failed; return the exception for it.
cdef object connection_lost(Channel channel)
# Whether the server offers to answer the handshake with a response.
cdef bint offers_denial(object scope) except -1
