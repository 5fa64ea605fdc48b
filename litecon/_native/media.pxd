# The function of the same ending in media.pyx.
cdef tuple read_content_type(str value)
