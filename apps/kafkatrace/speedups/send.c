/* Send: what is known of a send, at its beginning and after its delivery report. */
#include "producer.h"

Send *send_new(const State *state, PyObject *topic)
{
    Send *made = PyObject_New(Send, state->types[SEND_TYPE]);
    if (made == NULL)
        return NULL;
    made->call = delivered;
    made->sending = NULL;
    made->callback = NULL;
    made->topic = Py_XNewRef(topic);
    made->traceparent = made->parent = made->state = made->key = made->outcome = made->unsampled = NULL;
    made->start = made->ended = made->timestamp = 0;
    made->partition = -1;
    made->offset = -1;
    made->timestamp_type = 0;
    made->remote = made->tombstone = 0;
    return made;
}

static PyObject *type_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {NULL};
    State *state = state_of(type);
    if (state == NULL || !PyArg_ParseTupleAndKeywords(args, kwargs, ":Send", names))
        return NULL;
    return (PyObject *)send_new(state, NULL);
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
    Py_XDECREF(self->unsampled);
    free_object(object);
}

#define FIELD(name, type) {#name, type, offsetof(Send, name), 0, NULL}

static PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Send, call), READONLY, NULL},
    FIELD(topic, T_OBJECT),
    FIELD(start, T_LONGLONG),
    FIELD(traceparent, T_OBJECT),
    FIELD(parent, T_OBJECT),
    FIELD(remote, T_BOOL),
    FIELD(state, T_OBJECT),
    FIELD(key, T_OBJECT),
    FIELD(tombstone, T_BOOL),
    FIELD(ended, T_LONGLONG),
    FIELD(partition, T_INT),
    FIELD(offset, T_LONGLONG),
    FIELD(timestamp_type, T_INT),
    FIELD(timestamp, T_LONGLONG),
    FIELD(outcome, T_OBJECT),
    FIELD(unsampled, T_OBJECT),
    {NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "What is known of a send."}, {Py_tp_call, PyVectorcall_Call}, {Py_tp_new, type_new},
    {Py_tp_dealloc, send_dealloc},           {Py_tp_members, members},        {0, NULL},
};

/* Not tracked by the collector, which each send would pay for: one that waits for its report is held by librdkafka, where
 * the collector doesn't look, and it lets go of its sender and callback when the report comes. */
PyType_Spec send_spec = {
    .name = "kafkatrace._speedups.Send",
    .basicsize = sizeof(Send),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = slots,
};
