/* Sending: what produce() needs of a kafkatrace.operations.send.Sender. */
#include "producer.h"

static PyObject *sending_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *parts[] = {"sender",  "on_delivery", "put",     "ready",           "take",
                            "started", "histogram",   "encoder", "metrics_enabled", NULL};
    PyObject *sender, *on_delivery, *put, *ready, *take, *started, *histogram, *encoder, *known = NULL;
    Sending *self = NULL;
    int metrics_enabled;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "$OOOO!OOOO!p:Sending", parts, &sender, &on_delivery, &put,
                                     &PyList_Type, &ready, &take, &started, &histogram, &EncoderType, &encoder,
                                     &metrics_enabled) ||
        !is_counter(started) || (known = PyDict_New()) == NULL || (self = (Sending *)type->tp_alloc(type, 0)) == NULL) {
        Py_XDECREF(known);
        return NULL;
    }
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
    return (PyObject *)self;
}

static int sending_traverse(PyObject *object, visitproc visit, void *arg)
{
    Sending *self = (Sending *)object;
    Py_VISIT(self->sender);
    Py_VISIT(self->on_delivery);
    Py_VISIT(self->take);
    Py_VISIT(self->histogram);
    Py_VISIT(self->known);
    Py_VISIT(self->encoder);
    Py_VISIT(self->put);
    return 0;
}

static int sending_clear(PyObject *object)
{
    Sending *self = (Sending *)object;
    Py_CLEAR(self->sender);
    Py_CLEAR(self->on_delivery);
    Py_CLEAR(self->put);
    Py_CLEAR(self->encoder);
    Py_CLEAR(self->ready);
    Py_CLEAR(self->take);
    Py_CLEAR(self->started);
    Py_CLEAR(self->histogram);
    Py_CLEAR(self->known);
    return 0;
}

static void sending_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    sending_clear(self);
    Py_TYPE(self)->tp_free(self);
}

PyTypeObject SendingType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "kafkatrace._speedups.Sending",
    .tp_doc = "What produce() needs of its sender.",
    .tp_basicsize = sizeof(Sending),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = sending_new,
    .tp_traverse = sending_traverse,
    .tp_clear = sending_clear,
    .tp_dealloc = sending_dealloc,
};
