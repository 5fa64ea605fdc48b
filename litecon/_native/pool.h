/* An operation lives for one await. PERF: it is not freed at its end, but kept for the next of its class, with all its
   fields as they were when it was new; making one is then taking it from here. */
#ifndef LITECON_POOL_H
#define LITECON_POOL_H

#include "calling.h"

#define LITECON_KEPT 8
#define LITECON_WORDS 32

/* PERF: this fills one line of the caches, which it has left each time that a server was waiting */
typedef struct {
    /* the type's own, so that the type leads here */
    PyAsyncMethods methods;
    PyTypeObject *type;
    /* what frees one for good */
    destructor free;
    /* the first of those that are kept; each has the next in itself, that many bytes behind its beginning */
    PyObject *kept;
    unsigned char link;
    unsigned char count;
    /* how many words are a class's own, behind how many, and which of them are objects: None in a new one, the rest is 0 */
    unsigned char words, first;
    unsigned int objects;
} LITECON_ALIGNED LiteconPool;

#define litecon_words(o, pool) ((PyObject **) (o) + (pool)->first)

#define litecon_next(o, pool) (*(PyObject **) ((char *) (o) + (pool)->link))

#define litecon_pool_of(o) ((LiteconPool *) Py_TYPE(o)->tp_as_async)

/* a new one, or one that was kept */
static inline PyObject *litecon_take(LiteconPool *pool) {
    PyObject *o = pool->kept, *no_arguments;
    if (o != NULL) {
        pool->kept = litecon_next(o, pool);
        litecon_next(o, pool) = NULL;
        pool->count--;
        return o;
    }
    no_arguments = PyTuple_New(0);
    if (no_arguments == NULL) return NULL;
    o = pool->type->tp_new(pool->type, no_arguments, NULL);
    Py_DECREF(no_arguments);
    return o;
}

/* NOTE: it stays visible to the garbage collector, which must never see an object that nobody refers to */
static inline void litecon_raise_from_the_dead(PyObject *o) {
#ifdef Py_DEBUG
    _Py_NewReference(o);
#else
    Py_SET_REFCNT(o, 1);
#endif
}

static inline void litecon_wipe(PyObject *o, LiteconPool *pool) {
    PyObject **word = litecon_words(o, pool), **end = word + pool->words;
    unsigned int objects = pool->objects;
    for (; objects; word++, objects >>= 1) {
        PyObject *was = *word;
        if (litecon_unlikely(!(objects & 1))) {
            *word = NULL;
        } else if (was != Py_None) {
            Py_INCREF(Py_None);
            *word = Py_None;
            Py_DECREF(was);
        }
    }
    while (word < end) *word++ = NULL;
}

static inline int litecon_keep(PyObject *o, LiteconPool *pool) {
#ifdef Py_GIL_DISABLED
    return 0;
#else
    if (pool->count == LITECON_KEPT) return 0;
    pool->count++;
    litecon_next(o, pool) = pool->kept;
    pool->kept = o;
    return 1;
#endif
}

static inline void litecon_free_for_good(PyObject *o, LiteconPool *pool) {
    Py_SET_REFCNT(o, 0);
    pool->free(o);
}

/* From now on objects of this type end in `recycle`, which itself sees to what is the base's. new_one is one, and link a
   field of it which is 0 as long as it lives. */
static inline int litecon_open_pool(LiteconPool *pool, PyObject *new_one, PyTypeObject *base, void *link,
                                    void *recycle) {
    PyTypeObject *type = Py_TYPE(new_one);
    size_t base_size = (size_t) base->tp_basicsize;
    int i;
    size_t words = ((size_t) type->tp_basicsize - base_size) / sizeof(PyObject *);
    int fits = words <= LITECON_WORDS && base_size % sizeof(PyObject *) == 0 && base_size <= UCHAR_MAX;
    pool->type = type;
    pool->link = (unsigned char) ((char *) link - (char *) new_one);
    pool->first = (unsigned char) (base_size / sizeof(PyObject *));
    pool->words = (unsigned char) words;
    for (i = 0; fits && i < pool->words; i++) {
        PyObject *word = litecon_words(new_one, pool)[i];
        if (word == Py_None) pool->objects |= 1u << i;
        else if (word != NULL) fits = 0;
    }
    if (!fits) {
        PyErr_Format(PyExc_SystemError, "litecon: %s does not fit a pool", type->tp_name);
        return -1;
    }
    pool->methods = *type->tp_as_async;
    type->tp_as_async = &pool->methods;
    pool->free = type->tp_dealloc;
    type->tp_dealloc = (destructor) recycle;
    return 0;
}

#endif
