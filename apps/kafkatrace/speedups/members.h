/* The objects that a struct of ours refers to, listed once, as each(name) each(name) ...: the list declares them, has the
 * collector visit them, and lets them go, so that none is visited and not let go, or let go and not visited. */
#ifndef KAFKATRACE_MEMBERS_H
#define KAFKATRACE_MEMBERS_H

#define DECLARE(name) PyObject *name;
#define VISIT(name) Py_VISIT(self->name);
#define CLEAR(name) Py_CLEAR(self->name);

/* Ends a dealloc: the type, which is on the heap, has one object less. */
static inline void free_object(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    type->tp_free(object);
    Py_DECREF(type);
}

/* <prefix>_traverse, <prefix>_clear and <prefix>_dealloc. */
#define COLLECTED(Struct, prefix, MEMBERS)                                     \
    static int prefix##_traverse(PyObject *object, visitproc visit, void *arg) \
    {                                                                          \
        Struct *self = (Struct *)object;                                       \
        Py_VISIT(Py_TYPE(object));                                             \
        MEMBERS(VISIT)                                                         \
        return 0;                                                              \
    }                                                                          \
    static int prefix##_clear(PyObject *object)                                \
    {                                                                          \
        Struct *self = (Struct *)object;                                       \
        MEMBERS(CLEAR)                                                         \
        return 0;                                                              \
    }                                                                          \
    static void prefix##_dealloc(PyObject *object)                             \
    {                                                                          \
        PyObject_GC_UnTrack(object);                                           \
        prefix##_clear(object);                                                \
        free_object(object);                                                   \
    }

#define COLLECTED_SLOTS(prefix) \
    {Py_tp_traverse, prefix##_traverse}, {Py_tp_clear, prefix##_clear}, { Py_tp_dealloc, prefix##_dealloc }

#endif
