/* Encoder: the spans of a message, or of a send, to OTLP; the common case of kafkatrace.processed.Processed.encode() and
 * kafkatrace.sending.Sender.encode(), byte for byte the same. It is quick enough for the calling thread, where all that is
 * read is still in the processor's caches; and what waits for the export is then two bytes objects. */
#include "wire.h"

enum { OFFSET, KEY, QUEUE_MS, SINCE_TIMESTAMP_MS, LAG, NAMES, NS_PER_MS = 1000000 };
static const long long EXACT = 1LL << 53; /* a double holds each integer up to it */

typedef struct {
    PyObject_HEAD
    PyObject *finisher, *owner; /* owner: whose attribute `clock_attributes` is told, too */
    PyObject *openings;      /* what all spans of a place begin with */
    PyObject *names;         /* of attributes */
    PyObject *tombstone, *kinds;
} Encoder;

static PyObject *name(Encoder *self, int which) { return PyTuple_GET_ITEM(self->names, which); }

/* 1: written; 0: not for us; -1: an exception. */
static int clock_attributes(Encoder *self, Wire *wire)
{
    PyObject *told = PyObject_GetAttr(self->owner, shared.clock_attributes);
    int written = told == NULL ? -1 : PyBytes_CheckExact(told);
    if (written > 0)
        wire_object(wire, told);
    Py_XDECREF(told);
    return written;
}

/* ---- of a message */

static int has_seldom(SpanFields *span)
{
    PyObject **rest = _PyObject_GetDictPtr((PyObject *)span);
    return rest != NULL && *rest != NULL && PyDict_GET_SIZE(*rest) > 0;
}

static int is_common(SpanFields *span)
{
    long long polled = span->polled ? span->polled : span->begun, appended = span->timestamp * NS_PER_MS;
    return !span->apart && !has_seldom(span) && span->sender != NULL && PyBytes_CheckExact(span->sender) &&
           span->traceparent != NULL && span->queue_id != NULL && span->topic != NULL && span->key != NULL &&
           (span->timestamp_type == 1 || span->timestamp_type == 2) && span->timestamp >= 0 &&
           span->timestamp <= polled / NS_PER_MS && span->ended_at >= span->begun && span->begun > 0 &&
           span->ended_at - appended < EXACT;
}

/* What both spans say. */
static int record(Encoder *self, SpanFields *span, Wire *wire)
{
    long long polled = span->polled ? span->polled : span->begun;
    wire_int(wire, name(self, OFFSET), span->offset);
    wire_object(wire, PyTuple_GET_ITEM(self->kinds, (span->timestamp_type - 1) * 2 + (span->polled != 0)));
    if (!wire_key(wire, name(self, KEY), span->key))
        return 0;
    if (span->tombstone)
        wire_object(wire, self->tombstone);
    wire_double(wire, name(self, QUEUE_MS), (double)(polled - span->timestamp * NS_PER_MS) / NS_PER_MS);
    return 1;
}

static PyObject *queue_span(SpanFields *span, PyObject *opening, Wire *said)
{
    Wire wire;
    const char *sender = PyBytes_AS_STRING(span->sender), *own = PyBytes_AS_STRING(span->traceparent);
    Ids ids = {sender + TRACE_ID, PyBytes_AS_STRING(span->queue_id), sender + SPAN_ID};
    wire_begin(&wire);
    wire_head(&wire, &ids, span->timestamp * NS_PER_MS, span->polled ? span->polled : span->begun,
              (own[FLAGS] & KNOWN_FLAGS) | REMOTE);
    wire_object(&wire, opening);
    wire_raw(&wire, said->bytes, said->used);
    return wire_span(&wire);
}

static PyObject *process_span(Encoder *self, SpanFields *span, PyObject *opening, Wire *said)
{
    Wire wire;
    const char *own = PyBytes_AS_STRING(span->traceparent);
    Ids ids = {own + TRACE_ID, own + SPAN_ID, PyBytes_AS_STRING(span->queue_id)};
    wire_begin(&wire);
    wire_head(&wire, &ids, span->begun, span->ended_at, own[FLAGS] & KNOWN_FLAGS);
    wire_object(&wire, opening);
    wire_raw(&wire, said->bytes, said->used);
    if (span->lag != NULL && span->lag != Py_None)
        wire_int(&wire, name(self, LAG), PyLong_AsLongLong(span->lag));
    wire_double(&wire, name(self, SINCE_TIMESTAMP_MS), (double)(span->ended_at - span->timestamp * NS_PER_MS) / NS_PER_MS);
    return clock_attributes(self, &wire) > 0 ? wire_span(&wire) : NULL;
}

static PyObject *opening_of(Encoder *self, PyObject *topic, long partition)
{
    PyObject *number = PyLong_FromLong(partition), *place = number == NULL ? NULL : PyTuple_Pack(2, topic, number);
    PyObject *found = place == NULL ? NULL : PyDict_GetItemWithError(self->openings, place);
    Py_XDECREF(number);
    Py_XDECREF(place);
    return found; /* `openings` keeps it: nothing is ever taken out */
}

/* (finisher, process span, queue span); NULL without an exception where Python had better encode it. */
PyObject *encode_message(PyObject *encoder, SpanFields *span)
{
    Encoder *self = (Encoder *)encoder;
    PyObject *openings, *queue, *process = NULL, *made = NULL;
    Wire said;
    wire_begin(&said);
    if (!is_common(span) || !record(self, span, &said) || said.full)
        return NULL;
    if ((openings = opening_of(self, span->topic, span->partition)) == NULL)
        return NULL;
    queue = queue_span(span, PyTuple_GET_ITEM(openings, 0), &said);
    if (queue != NULL && (process = process_span(self, span, PyTuple_GET_ITEM(openings, 1), &said)) != NULL)
        made = PyTuple_Pack(3, self->finisher, process, queue);
    Py_XDECREF(queue);
    Py_XDECREF(process);
    return made;
}

/* ---- of a send */

enum { SENT_BEGUN, SENT_TOPIC, SENT_TRACEPARENT, SENT_PARENT, SENT_REMOTE, SENT_STATE, SENT_KEY, SENT_TOMBSTONE, SENT };
enum { ITEM_SENDER, ITEM_SENT, ITEM_ENDED, ITEM_ERROR, ITEM_PARTITION, ITEM_OFFSET, ITEM_CLOCK, ITEM };

static int is_common_send(PyObject *item, PyObject *sent)
{
    return PyTuple_GET_SIZE(item) == ITEM && PyTuple_CheckExact(sent) && PyTuple_GET_SIZE(sent) == SENT &&
           PyTuple_GET_ITEM(item, ITEM_ERROR) == Py_None && PyLong_CheckExact(PyTuple_GET_ITEM(item, ITEM_PARTITION)) &&
           PyLong_CheckExact(PyTuple_GET_ITEM(item, ITEM_OFFSET)) &&
           PyBytes_CheckExact(PyTuple_GET_ITEM(sent, SENT_TRACEPARENT)) &&
           PyUnicode_GetLength(PyTuple_GET_ITEM(sent, SENT_STATE)) == 0;
}

static int send_body(Encoder *self, Wire *wire, PyObject *item, PyObject *sent)
{
    long long offset = PyLong_AsLongLong(PyTuple_GET_ITEM(item, ITEM_OFFSET));
    if (offset >= 0)
        wire_int(wire, name(self, OFFSET), offset);
    if (!wire_key(wire, name(self, KEY), PyTuple_GET_ITEM(sent, SENT_KEY)))
        return 0;
    if (PyTuple_GET_ITEM(sent, SENT_TOMBSTONE) == Py_True)
        wire_object(wire, self->tombstone);
    return clock_attributes(self, wire);
}

static PyObject *send_span(Encoder *self, PyObject *item, PyObject *sent, PyObject *opening)
{
    Wire wire;
    const char *own = PyBytes_AS_STRING(PyTuple_GET_ITEM(sent, SENT_TRACEPARENT));
    PyObject *parent = PyTuple_GET_ITEM(sent, SENT_PARENT);
    Ids ids = {own + TRACE_ID, own + SPAN_ID, PyBytes_GET_SIZE(parent) ? PyBytes_AS_STRING(parent) : NULL};
    wire_begin(&wire);
    wire_head(&wire, &ids, PyLong_AsLongLong(PyTuple_GET_ITEM(sent, SENT_BEGUN)),
              PyLong_AsLongLong(PyTuple_GET_ITEM(item, ITEM_ENDED)),
              (own[FLAGS] & KNOWN_FLAGS) | (PyTuple_GET_ITEM(sent, SENT_REMOTE) == Py_True ? REMOTE : 0));
    wire_object(&wire, opening);
    return send_body(self, &wire, item, sent) > 0 ? wire_span(&wire) : NULL;
}

/* (finisher, send span); NULL without an exception where Python had better encode it. */
PyObject *encode_send(PyObject *encoder, PyObject *item)
{
    Encoder *self = (Encoder *)encoder;
    PyObject *sent = PyTuple_GET_ITEM(item, ITEM_SENT), *opening, *span, *made;
    long partition;
    if (!is_common_send(item, sent) || (partition = PyLong_AsLong(PyTuple_GET_ITEM(item, ITEM_PARTITION))) < 0)
        return NULL;
    if ((opening = opening_of(self, PyTuple_GET_ITEM(sent, SENT_TOPIC), partition)) == NULL)
        return NULL;
    if ((span = send_span(self, item, sent, opening)) == NULL)
        return NULL;
    made = PyTuple_Pack(2, self->finisher, span);
    Py_DECREF(span);
    return made;
}

/* ---- to Python */

static PyObject *or_none(PyObject *made)
{
    return made != NULL || PyErr_Occurred() ? made : Py_NewRef(Py_None);
}

static PyObject *method_message(PyObject *self, PyObject *span)
{
    if (!PyObject_TypeCheck(span, &SpanFieldsType)) {
        PyErr_SetString(PyExc_TypeError, "expected a message's span");
        return NULL;
    }
    return or_none(encode_message(self, (SpanFields *)span));
}

static PyObject *method_send(PyObject *self, PyObject *item)
{
    if (!PyTuple_CheckExact(item) || PyTuple_GET_SIZE(item) < ITEM) {
        PyErr_SetString(PyExc_TypeError, "expected a send as Sender.put() gets it");
        return NULL;
    }
    return or_none(encode_send(self, item));
}

static int encoder_init(PyObject *object, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    PyObject *finisher, *owner, *openings, *names, *tombstone, *kinds;
    Encoder *self = (Encoder *)object;
    if (!PyArg_ParseTuple(args, "OOO!O!SO!:Encoder", &finisher, &owner, &PyDict_Type, &openings, &PyTuple_Type, &names,
                          &tombstone, &PyTuple_Type, &kinds))
        return -1;
    SET(self->finisher, Py_NewRef(finisher));
    SET(self->owner, Py_NewRef(owner));
    SET(self->openings, Py_NewRef(openings));
    SET(self->names, Py_NewRef(names));
    SET(self->tombstone, Py_NewRef(tombstone));
    SET(self->kinds, Py_NewRef(kinds));
    return 0;
}

static int encoder_traverse(PyObject *object, visitproc visit, void *arg)
{
    Encoder *self = (Encoder *)object;
    Py_VISIT(self->finisher);
    Py_VISIT(self->owner);
    Py_VISIT(self->openings);
    return 0;
}

static int encoder_clear(PyObject *object)
{
    Encoder *self = (Encoder *)object;
    Py_CLEAR(self->finisher);
    Py_CLEAR(self->owner);
    Py_CLEAR(self->openings);
    Py_CLEAR(self->names);
    Py_CLEAR(self->tombstone);
    Py_CLEAR(self->kinds);
    return 0;
}

static void encoder_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    encoder_clear(self);
    Py_TYPE(self)->tp_free(self);
}

static PyMethodDef methods[] = {
    {"message", method_message, METH_O, "Encode a message's spans: (finisher, process, queue); None for Python to do it."},
    {"send", method_send, METH_O, "Encode a send's span: (finisher, send); None for Python to do it."},
    {NULL},
};

PyTypeObject EncoderType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "kafkatrace._speedups.Encoder",
    .tp_doc = "Encodes the spans of a message or of a send.",
    .tp_basicsize = sizeof(Encoder),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = PyType_GenericNew,
    .tp_init = encoder_init,
    .tp_traverse = encoder_traverse,
    .tp_clear = encoder_clear,
    .tp_dealloc = encoder_dealloc,
    .tp_methods = methods,
};
