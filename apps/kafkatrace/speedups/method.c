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
    PyObject *polled = PyVectorcall_NARGS(nargsf) < 1 ? NULL : part_of(args[0], shared.polled, &PolledType), *message;
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
        begin = part_of(args[0], shared.process, &ProcessType);
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
    Method *self;
    if (!PyArg_ParseTuple(args, "sOO:Method", &name, &function, &original))
        return NULL;
    while (which < count && strcmp(known[which].name, name) != 0)
        which++;
    if (which == count)
        return PyErr_Format(PyExc_ValueError, "no method %s is known", name);
    if ((self = (Method *)type->tp_alloc(type, 0)) == NULL)
        return NULL;
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
    PyErr_Clear(); /* __name__, __module__, __annotations__, ...: the function's */
    return PyObject_GetAttr(((Method *)self)->function, name);
}

static PyObject *method_doc(PyObject *self, void *Py_UNUSED(closure))
{
    return PyObject_GetAttrString(((Method *)self)->function, "__doc__");
}

static void method_dealloc(PyObject *object)
{
    Method *self = (Method *)object;
    Py_XDECREF(self->function);
    Py_XDECREF(self->original);
    Py_TYPE(object)->tp_free(object);
}

static PyMemberDef members[] = {
    {"__wrapped__", T_OBJECT, offsetof(Method, function), READONLY, "The function in Python."},
    {NULL},
};

static PyGetSetDef computed[] = {
    {"__doc__", method_doc, NULL, NULL, NULL},
    {NULL},
};

PyTypeObject MethodType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "kafkatrace._speedups.Method",
    .tp_basicsize = sizeof(Method),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_vectorcall_offset = offsetof(Method, call),
    .tp_call = PyVectorcall_Call,
    .tp_descr_get = method_get,
    .tp_getattro = method_getattro,
    .tp_new = method_new,
    .tp_dealloc = method_dealloc,
    .tp_members = members,
    .tp_getset = computed,
};
