/* Delivery: takes the delivery report of a record. A failed one is Python's to look at. */
#include "producer.h"

enum { CLOCK_NS = 100000000 };

/* kafkatrace.operations.send.Sent, as Python keeps it. */
PyObject *sent(Delivery *self)
{
    if (self->traceparent == NULL)
        return Py_BuildValue("LO", self->start, self->topic);
    return Py_BuildValue("LOOyOsOO", self->start, self->topic, self->traceparent, "", Py_False, "", self->key,
                         self->tombstone ? Py_True : Py_False);
}

static PyObject *clock_of(Sending *sending, PyObject *message, long long now)
{
    if (now < sending->clock_due)
        return Py_BuildValue("ii", 0, 0);
    sending->clock_due = now + CLOCK_NS;
    return reading(message, &read_timestamp);
}

/* What the background gets of a send; each part only once the one before it is there. */
static PyObject *item_of(Delivery *self, PyObject *error, PyObject *message, long long now)
{
    Sending *sending = self->sending;
    PyObject *what, *ended = NULL, *partition = NULL, *offset = NULL, *clock = NULL, *item = NULL;
    if ((what = sent(self)) != NULL && (ended = PyLong_FromLongLong(now)) != NULL &&
        (partition = reading(message, &read_partition)) != NULL && (offset = reading(message, &read_offset)) != NULL &&
        (clock = clock_of(sending, message, now)) != NULL)
        item = PyTuple_Pack(7, sending->sender, what, ended, error, partition, offset, clock);
    Py_XDECREF(what);
    Py_XDECREF(ended);
    Py_XDECREF(partition);
    Py_XDECREF(offset);
    Py_XDECREF(clock);
    return item;
}

static int count(Delivery *self, long long now)
{
    PyObject *histogram = topics_value(self->sending->known, self->sending->histogram, self->topic);
    if (histogram == NULL)
        return -1;
    if (PyObject_TypeCheck(histogram, &HistogramType))
        return histogram_add(histogram, now - self->start);
    PyErr_Format(PyExc_TypeError, "expected a histogram for a topic, not %R", histogram);
    return -1;
}

/* Encodes and counts a send here where that is quick; else leaves it as it is, for the background. */
static int encode(Delivery *self, PyObject **item, long long now)
{
    PyObject *encoded = encode_send(self->sending->encoder, *item);
    if (encoded == NULL)
        return PyErr_Occurred() ? -1 : 0;
    SET(*item, encoded);
    return count(self, now);
}

/* Hands a sampled send over to its export. */
static int put(Delivery *self, PyObject *error, PyObject *message, long long now)
{
    Sending *sending = self->sending;
    int looks_at_clock = now >= sending->clock_due, failed = -1;
    PyObject *item = item_of(self, error, message, now), *done = NULL;
    PyObject *told = item == NULL ? NULL : PyObject_GetAttr(sending->sender, shared.put);
    if (told != NULL) {
        failed = told == sending->put && !looks_at_clock ? encode(self, &item, now) : 0;
        if (failed == 0 && (done = PyObject_CallOneArg(told, item)) == NULL)
            failed = -1;
    }
    Py_XDECREF(item);
    Py_XDECREF(told);
    Py_XDECREF(done);
    return failed;
}

static PyObject *in_python(Delivery *self, PyObject *error, PyObject *message)
{
    PyObject *what = sent(self), *result = NULL;
    if (what != NULL)
        result =
            PyObject_CallMethodObjArgs(self->sending->sender, shared.delivered, what, self->told, error, message, NULL);
    Py_XDECREF(what);
    return result;
}

static PyObject *delivered(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *Py_UNUSED(names))
{
    Delivery *self = (Delivery *)callable;
    if (PyVectorcall_NARGS(nargsf) != 2) {
        PyErr_SetString(PyExc_TypeError, "a delivery report is an error and a message");
        return NULL;
    }
    if (args[0] != Py_None)
        return in_python(self, args[0], args[1]);
    long long now = now_ns();
    if ((self->traceparent == NULL ? count(self, now) : put(self, args[0], args[1], now)) < 0)
        return NULL;
    return self->told == Py_None ? Py_NewRef(Py_None) : PyObject_Vectorcall(self->told, args, 2, NULL);
}

Delivery *delivery_new(Sending *sending, PyObject *told, PyObject *topic)
{
    Delivery *made = PyObject_New(Delivery, &DeliveryType);
    if (made == NULL)
        return NULL;
    made->call = delivered;
    made->sending = (Sending *)Py_NewRef(sending);
    made->told = Py_NewRef(told);
    made->topic = Py_NewRef(topic);
    made->traceparent = made->key = NULL;
    made->start = 0;
    made->tombstone = 0;
    return made;
}

static void delivery_dealloc(PyObject *object)
{
    Delivery *self = (Delivery *)object;
    Py_XDECREF(self->sending);
    Py_XDECREF(self->told);
    Py_XDECREF(self->topic);
    Py_XDECREF(self->traceparent);
    Py_XDECREF(self->key);
    Py_TYPE(object)->tp_free(object);
}

PyTypeObject DeliveryType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "kafkatrace._speedups.Delivery",
    .tp_doc = "Takes the delivery report of one record.",
    .tp_basicsize = sizeof(Delivery),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(Delivery, call),
    .tp_call = PyVectorcall_Call,
    .tp_dealloc = delivery_dealloc,
};
