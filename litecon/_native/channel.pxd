cimport cython

from litecon._native.operation cimport CoroutineCallable, Operation

cdef extern from *:
    """
    #ifndef LITECON_CHANNEL
    #define LITECON_CHANNEL

    /* 1 for websocket.connect, 2 for websocket.receive, 3 for websocket.disconnect, 0 for anything else */
    static inline int litecon_socket_event(PyObject *type) {
        const char *text;
        if (!PyUnicode_Check(type) || !PyUnicode_IS_ASCII(type)) return 0;
        text = (const char *) PyUnicode_1BYTE_DATA(type);
        switch (PyUnicode_GET_LENGTH(type)) {
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
    int litecon_socket_event(object type_) noexcept


cdef enum:
    # the states, as _shared/websocket.py describes them
    INIT = 0
    CONNECT = 1
    ACCEPTED = 2
    OPEN = 3
    DENYING = 4
    CLOSED = 5
    DISCONNECTED = 6
    # kinds of events that are sent, the columns of the table there
    ACCEPT_EVENT = 0
    SEND_EVENT = 1
    CLOSE_EVENT = 2
    RESPONSE_START = 3
    RESPONSE_BODY = 4
    # kinds of events that are received
    CONNECT_EVENT = 1
    RECEIVE_EVENT = 2
    DISCONNECT_EVENT = 3
    # flags: which callables were replaced, and whether a framework's rules apply
    CUSTOM_RECEIVE = 1
    CUSTOM_SEND = 2
    HAS_RULES = 4


# NOTE: it has functions instead of C methods, since a table of these costs each socket 8 bytes; the order of the
# attributes packs the last four into 8 bytes
cdef class Channel:
    cdef object receive
    cdef object send
    # a future from receive() that is not done, or an event that was received and not yet returned; else None
    cdef public object pending
    # None until the connection has ended
    cdef str reason
    cdef bint busy
    cdef unsigned short code
    cdef unsigned char state
    cdef unsigned char flags


# The behaviour in which a framework's WebSockets differ. Besides, if there are rules: only events after the end are
# refused, and closing by the application is not the end; events are sent unchanged, or with both keys; a message of the
# other kind counts as an empty one; a second accept() does nothing; an OSError of the server is raised unchanged.
cdef class Rules:
    # functions that return an exception for a close code: one for a disconnect event that has just arrived, one for
    # calls after the end; the latter's code is None if there was no such event
    cdef object disconnect_event_error
    cdef object disconnected_error
    # the class of both exceptions
    cdef object disconnect_class
    # functions of the socket, the data and a type
    cdef object from_json
    cdef object from_msgpack
    # functions of the value and a serializer
    cdef object to_json
    cdef object to_msgpack


# The state of a WebSocket that has rules; its flags include HAS_RULES.
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
    cdef unsigned char state_before
    cdef unsigned char state_after
    cdef bint sent

    # Enter a state, and call the server's send() with the event.
    cdef object send_event(self, Channel channel, object send, object event, int state)
    # Raise the exception for an error of the server's send().
    cdef object handle_send_error(self, Channel channel, object error)


cdef str state_name(Channel channel)
# Set the state of that name, as connection_state does.
cdef int set_state(Channel channel, object name) except -1
# Return the awaitable of the next event: after an await that was cancelled, the same one again.
cdef object next_awaitable(Channel channel, object receive)
cdef int raise_claim_error(Channel channel) except -1


# Claim the channel for one receiving task, until release_channel(); raise if it is closed or another task has it.
cdef inline int claim(Channel channel) except -1:
    cdef bint is_claimed
    with cython.critical_section(channel):
        is_claimed = channel.state < CLOSED and not channel.busy
        if is_claimed:
            channel.busy = True
    return 0 if is_claimed else raise_claim_error(channel)


cdef inline void release_channel(Channel channel) noexcept:
    channel.busy = False


cdef object disconnected_error(Channel channel)
cdef RuledChannel new_ruled_channel(Rules rules)


# Return the rules of a channel; None if it has none.
cdef inline Rules rules_of(Channel channel):
    return (<RuledChannel> channel).rules if channel is not None and channel.flags & HAS_RULES else None


# Take an event that receive() returned, and return its kind; from_application: whether a callable of the application
# returned it.
cdef int process_event(Channel channel, object event, bint from_application) except -1
# Take an event that receive() returned, and return its text or bytes; max_size is -1 for no bound.
cdef object process_message(Channel channel, object event, bint binary, Py_ssize_t max_size, bint from_application)
# Return the state after an event of a kind is sent; raise if it must not be sent.
cdef int check_send(Channel channel, int kind) except -1
# Enter the state that follows the sending of an event.
cdef int enter_state(Channel channel, int state, object event) except -1
# Return to a state, since the server refused the event that was to end it.
cdef int roll_back(Channel channel, int state) noexcept
# Store the close code and the reason; the default is used if there is no code.
cdef int store_close_code(Channel channel, object code, object reason, int default) except -1
# Record that the connection is lost, since the server's send() failed; return the exception for it.
cdef object record_lost_connection(Channel channel)
# Return whether the server offers HTTP responses to the handshake.
cdef bint offers_denial(object scope) except -1
