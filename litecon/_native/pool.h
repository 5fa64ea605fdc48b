/* An operation lives for one await. PERF: it is not freed at its end, but kept for the next of its class, with all its
   fields as they were when it was new; making one is then taking it from here. */
#ifndef LITECON_POOL_H
#define LITECON_POOL_H

#define LITECON_KEPT 8
#define LITECON_WORDS 32

typedef struct {
    /* the type's own, so that the type leads here */
    PyAsyncMethods methods;
    PyTypeObject *type;
    /* what frees one for good */
    destructor free;
    int count;
    PyObject *kept[LITECON_KEPT];
    /* what a new one has of its own, from `first` on: None in the fields that are objects, numbers in the rest */
    Py_ssize_t first, words;
    PyObject *image[LITECON_WORDS];
    /* which of them are objects, and which numbers */
    unsigned char objects[LITECON_WORDS], numbers[LITECON_WORDS];
    int object_count, number_count;
} LiteconPool;

#define litecon_words(o, pool) ((PyObject **) (o) + (pool)->first)

#define litecon_pool_of(o) ((LiteconPool *) Py_TYPE(o)->tp_as_async)

/* a new one, or one that was kept */
static inline PyObject *litecon_take(LiteconPool *pool, PyObject *no_arguments) {
    return pool->count ? pool->kept[--pool->count] : pool->type->tp_new(pool->type, no_arguments, NULL);
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
    PyObject **words = litecon_words(o, pool);
    int i;
    for (i = 0; i < pool->object_count; i++) {
        PyObject **word = words + pool->objects[i];
        PyObject *was = *word;
        if (was == Py_None) continue;
        Py_INCREF(Py_None);
        *word = Py_None;
        Py_DECREF(was);
    }
    for (i = 0; i < pool->number_count; i++) words[pool->numbers[i]] = pool->image[pool->numbers[i]];
}

static inline int litecon_keep(PyObject *o, LiteconPool *pool) {
#ifdef Py_GIL_DISABLED
    return 0;
#else
    if (pool->count == LITECON_KEPT) return 0;
    pool->kept[pool->count++] = o;
    return 1;
#endif
}

static inline void litecon_free_for_good(PyObject *o, LiteconPool *pool) {
    Py_SET_REFCNT(o, 0);
    pool->free(o);
}

/* from now on objects of this type end in `recycle`, which itself sees to what is the base's; new_one is one */
static inline int litecon_open_pool(LiteconPool *pool, PyObject *new_one, PyTypeObject *base, void *recycle) {
    PyTypeObject *type = Py_TYPE(new_one);
    size_t base_size = (size_t) base->tp_basicsize;
    int i;
    pool->type = type;
    pool->first = (Py_ssize_t) (base_size / sizeof(PyObject *));
    pool->words = (Py_ssize_t) (((size_t) type->tp_basicsize - base_size) / sizeof(PyObject *));
    if (pool->words > LITECON_WORDS || base_size % sizeof(PyObject *)) {
        PyErr_Format(PyExc_SystemError, "litecon: %s does not fit a pool", type->tp_name);
        return -1;
    }
    for (i = 0; i < pool->words; i++) {
        pool->image[i] = litecon_words(new_one, pool)[i];
        if (pool->image[i] == Py_None) pool->objects[pool->object_count++] = (unsigned char) i;
        else pool->numbers[pool->number_count++] = (unsigned char) i;
    }
    pool->methods = *type->tp_as_async;
    type->tp_as_async = &pool->methods;
    pool->free = type->tp_dealloc;
    type->tp_dealloc = (destructor) recycle;
    return 0;
}

#endif
