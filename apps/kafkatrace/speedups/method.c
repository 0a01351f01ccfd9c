/* Method: a descriptor around a method that is written in Python, with the common case of it in C. */
#include "speedups.h"

/* An attribute of the object that is of this type; NULL without an exception where there is none. */
PyObject *part_of(PyObject *object, PyObject *name, PyTypeObject *type)
{
    PyObject *part = PyObject_GetAttr(object, name);
    if (part == NULL)
        PyErr_Clear();
    else if (!Py_IS_TYPE(part, type))
        Py_CLEAR(part);
    return part;
}

static PyObject *poll(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Method *self = (Method *)callable;
    PyObject *polled = NULL, *message;
    if (PyVectorcall_NARGS(nargsf) > 0)
        polled = part_of(args[0], self->state->names[NAME_POLLED], self->state->types[POLLED_TYPE]);
    if (polled == NULL)
        return PyObject_Vectorcall(self->function, args, nargsf, names);
    message = PyObject_Vectorcall(self->original, args, PyVectorcall_NARGS(nargsf), names);
    if (message != NULL && message != Py_None && polled_note(polled, args[0], message) < 0)
        Py_CLEAR(message);
    Py_DECREF(polled);
    return message;
}

static PyObject *process(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Method *self = (Method *)callable;
    PyObject *begin = NULL, *span;
    if (PyVectorcall_NARGS(nargsf) == 2 && names == NULL)
        begin = part_of(args[0], self->state->names[NAME_PROCESS], self->state->types[PROCESS_TYPE]);
    if (begin == NULL)
        return PyObject_Vectorcall(self->function, args, nargsf, names);
    span = PyObject_Vectorcall(begin, args + 1, 1, NULL);
    Py_DECREF(begin);
    return span;
}

static PyObject *method_get(PyObject *self, PyObject *object, PyObject *Py_UNUSED(type))
{
    return object == NULL || object == Py_None ? Py_NewRef(self) : PyMethod_New(self, object);
}

static PyObject *method_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    static const struct {
        const char *name;
        vectorcallfunc call;
    } known[] = {{"poll", poll}, {"process", process}, {"produce", produce}};
    PyObject *function, *original;
    const char *name;
    size_t which = 0, count = sizeof(known) / sizeof(known[0]);
    State *state = state_of(type);
    Method *self;
    if (state == NULL || !PyArg_ParseTuple(args, "sOO:Method", &name, &function, &original))
        return NULL;
    while (which < count && strcmp(known[which].name, name) != 0)
        which++;
    if (which == count)
        return PyErr_Format(PyExc_ValueError, "no method %s is known", name);
    if ((self = (Method *)type->tp_alloc(type, 0)) == NULL)
        return NULL;
    self->state = state;
    self->function = Py_NewRef(function);
    self->original = Py_NewRef(original);
    self->call = known[which].call;
    return (PyObject *)self;
}

static PyObject *method_getattro(PyObject *self, PyObject *name)
{
    PyObject *found = PyObject_GenericGetAttr(self, name);
    if (found != NULL || !PyErr_ExceptionMatches(PyExc_AttributeError))
        return found;
    PyErr_Clear(); /* __name__, __annotations__, ...: the function's */
    return PyObject_GetAttr(((Method *)self)->function, name);
}

/* What the type itself has, too: the function's. */
static PyObject *of_function(PyObject *self, void *name)
{
    return PyObject_GetAttrString(((Method *)self)->function, name);
}

COLLECTED(Method, method, METHOD_MEMBERS)

static PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Method, call), READONLY, NULL},
    {"__wrapped__", T_OBJECT, offsetof(Method, function), READONLY, "The function in Python."},
    {NULL},
};

static PyGetSetDef computed[] = {
    {"__doc__", of_function, NULL, NULL, "__doc__"},
    {"__module__", of_function, NULL, NULL, "__module__"},
    {NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_call, PyVectorcall_Call},   {Py_tp_descr_get, method_get},
    {Py_tp_getattro, method_getattro}, {Py_tp_new, method_new},
    {Py_tp_members, members},          {Py_tp_getset, computed},
    COLLECTED_SLOTS(method),           {0, NULL},
};

PyType_Spec method_spec = {
    .name = "kafkatrace._speedups.Method",
    .basicsize = sizeof(Method),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_VECTORCALL |
             Py_TPFLAGS_METHOD_DESCRIPTOR,
    .slots = slots,
};
