/* Send: what is known of a send, at its beginning and after its delivery report. */
#include "producer.h"

Send *send_new(Sending *sending, PyObject *callback, PyObject *topic)
{
    Send *made = PyObject_New(Send, &SendType);
    if (made == NULL)
        return NULL;
    made->call = delivered;
    made->sending = (Sending *)Py_XNewRef(sending);
    made->callback = Py_XNewRef(callback);
    made->topic = Py_XNewRef(topic);
    made->traceparent = made->parent = made->state = made->key = made->outcome = NULL;
    made->start = made->ended = made->timestamp = 0;
    made->partition = -1;
    made->offset = -1;
    made->timestamp_type = 0;
    made->remote = made->tombstone = 0;
    return made;
}

static PyObject *type_new(PyTypeObject *Py_UNUSED(type), PyObject *args, PyObject *kwargs)
{
    static char *names[] = {NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, ":Send", names))
        return NULL;
    return (PyObject *)send_new(NULL, NULL, NULL);
}

static void send_dealloc(PyObject *object)
{
    Send *self = (Send *)object;
    Py_XDECREF(self->sending);
    Py_XDECREF(self->callback);
    Py_XDECREF(self->topic);
    Py_XDECREF(self->traceparent);
    Py_XDECREF(self->parent);
    Py_XDECREF(self->state);
    Py_XDECREF(self->key);
    Py_XDECREF(self->outcome);
    Py_TYPE(object)->tp_free(object);
}

#define FIELD(name, type) {#name, type, offsetof(Send, name), 0, NULL}

static PyMemberDef members[] = {
    FIELD(topic, T_OBJECT),       FIELD(start, T_LONGLONG),  FIELD(traceparent, T_OBJECT),
    FIELD(parent, T_OBJECT),      FIELD(remote, T_BOOL),     FIELD(state, T_OBJECT),
    FIELD(key, T_OBJECT),         FIELD(tombstone, T_BOOL),  FIELD(ended, T_LONGLONG),
    FIELD(partition, T_INT),      FIELD(offset, T_LONGLONG), FIELD(timestamp_type, T_INT),
    FIELD(timestamp, T_LONGLONG), FIELD(outcome, T_OBJECT),  {NULL},
};

PyTypeObject SendType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "kafkatrace._speedups.Send",
    .tp_doc = "What is known of a send.",
    .tp_basicsize = sizeof(Send),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(Send, call),
    .tp_call = PyVectorcall_Call,
    .tp_new = type_new,
    .tp_dealloc = send_dealloc,
    .tp_members = members,
};
