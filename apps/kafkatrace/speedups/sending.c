/* Sending: what produce() needs of a kafkatrace.operations.send.Sender. */
#include "producer.h"

static PyObject *sending_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *parts[] = {"sender",  "on_delivery",     "put",          "ready", "take", "started", "histogram",
                            "encoder", "metrics_enabled", "keeps_errors", NULL};
    PyObject *sender, *on_delivery, *put, *ready, *take, *started, *histogram, *encoder, *known = NULL;
    Sending *self = NULL;
    State *state = state_of(type);
    int metrics_enabled, keeps_errors;
    if (state == NULL ||
        !PyArg_ParseTupleAndKeywords(args, kwargs, "$OOOO!OOOO!pp:Sending", parts, &sender, &on_delivery, &put,
                                     &PyList_Type, &ready, &take, &started, &histogram, state->types[ENCODER_TYPE],
                                     &encoder, &metrics_enabled, &keeps_errors) ||
        !is_counter(started) || (known = PyDict_New()) == NULL || (self = (Sending *)type->tp_alloc(type, 0)) == NULL) {
        Py_XDECREF(known);
        return NULL;
    }
    self->state = state;
    self->sender = Py_NewRef(sender);
    self->on_delivery = Py_NewRef(on_delivery);
    self->put = Py_NewRef(put);
    self->encoder = Py_NewRef(encoder);
    self->ready = Py_NewRef(ready);
    self->take = Py_NewRef(take);
    self->started = Py_NewRef(started);
    self->histogram = Py_NewRef(histogram);
    self->known = known;
    self->metrics_enabled = (char)metrics_enabled;
    self->keeps_errors = (char)keeps_errors;
    return (PyObject *)self;
}

COLLECTED(Sending, sending, SENDING_MEMBERS)

static PyType_Slot slots[] = {
    {Py_tp_doc, "What produce() needs of its sender."},
    {Py_tp_new, sending_new},
    COLLECTED_SLOTS(sending),
    {0, NULL},
};

PyType_Spec sending_spec = {
    .name = "kafkatrace._speedups.Sending",
    .basicsize = sizeof(Sending),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
