/* Access to the slots of a class by their offsets. */
#ifndef LITECON_SLOTS_H
#define LITECON_SLOTS_H

#include <stddef.h>
#include <structmember.h>

/* Return the offset of the slot of a descriptor; -1 if the descriptor is not that of a slot. */
static Py_ssize_t litecon_slot_offset(PyObject *descriptor) {
    if (Py_TYPE(descriptor) != &PyMemberDescr_Type) return -1;
    if (((PyMemberDescrObject *) descriptor)->d_member->type != T_OBJECT_EX) return -1;
    return ((PyMemberDescrObject *) descriptor)->d_member->offset;
}

/* This checks the type itself; isinstance() also accepts a __class__, which a mock sets. */
#define litecon_is_instance(o, cls) PyObject_TypeCheck(o, (PyTypeObject *) (cls))

#define litecon_slot_at(o, offset) (*(PyObject **) ((char *) (o) + (offset)))

#endif
