# Return the media type and the parameters, as parse_content_type() does.
cdef tuple read_content_type(str value)
