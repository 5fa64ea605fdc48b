# cython: language_level=3, binding=True, freethreading_compatible=True, auto_pickle=False, embedsignature=True
"""The overridden attributes and the limits of a connection class: determined once, and again if the class changes."""

cimport cython

from litecon._native.bounds cimport bound

from litecon._shared.scope import attribute_of
from litecon.limits import Limits

cdef list traits_cache = [None] * CACHE_SIZE
# by name: the bit, and the attributes of that name that the kernel classes define
cdef dict _tracked_attributes = {}


@cython.final
cdef class Traits:
    """The overridden attributes and the limits of a connection class."""


cdef Traits determine_traits(object connection):
    cdef Traits traits = Traits.__new__(Traits)
    cdef type cls = type(connection)
    traits.cls = <void *> cls
    # looking up an attribute gives the class a version, if it can have one; a change of the class below changes the
    # version
    getattr(cls, "__weakref__", None)
    traits.version = litecon_type_version(connection)
    traits.overrides = overrides_of(cls)
    if traits.version != 0:
        traits_cache[cache_index(traits.cls)] = traits
    return traits


cdef Traits determine_bounds(object connection, Traits cached):
    # not stored in the cached traits, which other threads may be reading
    cdef Traits traits = Traits.__new__(Traits)
    cdef type cls = type(connection)
    cdef object limits = cls.limits
    traits.cls = cached.cls
    traits.version = cached.version
    traits.overrides = cached.overrides
    # a descriptor may return other limits each time
    traits.has_bounds = type(limits) is Limits and attribute_of(cls, "limits") is limits
    traits.max_fields = bound(limits.max_fields)
    traits.max_field_size = bound(limits.max_field_size)
    traits.max_body_size = bound(limits.max_body_size)
    traits.max_message_size = bound(limits.max_message_size)
    traits.max_items = bound(limits.max_items)
    traits.max_other_keys = bound(limits.max_other_keys)
    if traits.has_bounds and traits.version != 0:
        traits_cache[cache_index(traits.cls)] = traits
    return traits


cdef int overrides_of(type cls) except -1:
    cdef int overrides = 0
    cdef int bit
    if attribute_of(cls, "__getattribute__") is not _getattribute:
        # it may get any of these from elsewhere
        overrides = SCOPE | RECEIVE | SEND
    for name, (bit, originals) in _tracked_attributes.items():
        found = attribute_of(cls, name)
        if found is not None and not is_one_of(found, originals):
            overrides |= bit
    return overrides


cdef bint is_one_of(object found, list originals):
    for original in originals:
        if found is original:
            return True
    return False


cdef int track_override(type base, str name, int bit) except -1:
    _tracked_attributes.setdefault(name, (bit, []))[1].append(base.__dict__[name])
    return 0


cdef object _getattribute = object.__dict__["__getattribute__"]
