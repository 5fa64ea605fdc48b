from litecon._native.operation cimport Operation


cdef class Iteration:
    cdef bint started
    cdef bint closed
    cdef object __weakref__

    # The operation of the next step.
    cdef Operation following(self)
