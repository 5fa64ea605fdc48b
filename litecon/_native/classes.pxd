cdef extern from *:
    """
    #ifndef LITECON_CLASSES
    #define LITECON_CLASSES
    #define litecon_class(object) ((void *) Py_TYPE(object))
    #ifdef Py_GIL_DISABLED
    #define litecon_version(object) 0
    #else
    #define litecon_version(object) (Py_TYPE(object)->tp_version_tag)
    #endif
    #endif
    """
    void *litecon_class(object o) noexcept
    # The version of an object's class: another after each change of the class or of its bases, 0 if it is not known.
    unsigned int litecon_version(object o) noexcept
