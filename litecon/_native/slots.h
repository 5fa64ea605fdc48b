/* Where a class with slots keeps one. */
#ifndef LITECON_SLOTS_H
#define LITECON_SLOTS_H

#include <stddef.h>
#include <structmember.h>

/* -1 for what is no slot */
static Py_ssize_t litecon_offset(PyObject *descriptor) {
    if (Py_TYPE(descriptor) != &PyMemberDescr_Type) return -1;
    if (((PyMemberDescrObject *) descriptor)->d_member->type != T_OBJECT_EX) return -1;
    return ((PyMemberDescrObject *) descriptor)->d_member->offset;
}

/* what really is one; isinstance() asks __class__ too, which a mock sets */
#define litecon_is_instance(o, cls) PyObject_TypeCheck(o, (PyTypeObject *) (cls))

#define litecon_slot_at(o, offset) (*(PyObject **) ((char *) (o) + (offset)))

#endif
