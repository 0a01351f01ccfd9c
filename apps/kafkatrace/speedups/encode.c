/* Encoder: the spans of a message, or of a send, to OTLP; the common case of kafkatrace.operations.process.Processed.encode() and
 * kafkatrace.operations.send.Sender.encode(), byte for byte the same. It is quick enough for the calling thread, where all that is
 * read is still in the processor's caches; and what waits for the export is then two bytes objects. */
#include "encoder.h"
#include "producer.h"

static const long long EXACT = 1LL << 53; /* a double holds each integer up to it */

/* 1: written; 0: not for us; -1: an exception. */
int clock_attributes(Encoder *self, Wire *wire)
{
    PyObject *attributes = PyObject_GetAttr(self->owner, self->state->names[NAME_CLOCK_ATTRIBUTES]);
    int written = attributes == NULL ? -1 : PyBytes_CheckExact(attributes);
    if (written > 0)
        wire_object(wire, attributes);
    Py_XDECREF(attributes);
    return written;
}

/* ---- of a message */

static int has_seldom(SpanFields *span)
{
    PyObject **rest = _PyObject_GetDictPtr((PyObject *)span);
    return rest != NULL && *rest != NULL && PyDict_GET_SIZE(*rest) > 0;
}

/* Whether all that is read below is of the type, and as long, as when the span began. */
static int is_whole(SpanFields *span)
{
    return span->valid == IN_RECORDED && is_bytes(span->sender, TRACEPARENT) &&
           is_bytes(span->traceparent, TRACEPARENT) && is_bytes(span->queue_id, SPAN_ID_LENGTH) &&
           span->topic != NULL && PyUnicode_CheckExact(span->topic) && span->key != NULL && span->lag != NULL &&
           (span->lag == Py_None || PyLong_CheckExact(span->lag));
}

static int is_common(SpanFields *span)
{
    long long polled = span->polled ? span->polled : span->start;
    return is_whole(span) && !span->linked && !has_seldom(span) &&
           (span->timestamp_type == 1 || span->timestamp_type == 2) && span->timestamp >= 0 && polled > 0 &&
           span->timestamp <= polled / NS_PER_MS && span->ended_at >= span->start && span->start > 0 &&
           span->ended_at - span->timestamp * NS_PER_MS < EXACT;
}

/* What both spans say. */
static int record(Encoder *self, SpanFields *span, Wire *wire)
{
    long long polled = span->polled ? span->polled : span->start;
    wire_int(wire, name(self, OFFSET), span->offset);
    wire_object(wire, PyTuple_GET_ITEM(self->kinds, (span->timestamp_type - 1) * 2 + (span->polled != 0)));
    if (!wire_key(wire, name(self, KEY), span->key))
        return 0;
    if (span->tombstone)
        wire_object(wire, self->tombstone);
    wire_double(wire, name(self, QUEUE_MS), (double)(polled - span->timestamp * NS_PER_MS) / NS_PER_MS);
    return 1;
}

static PyObject *queue_span(SpanFields *span, PyObject *prefix, Wire *both)
{
    Wire wire;
    const char *sender = PyBytes_AS_STRING(span->sender), *own = PyBytes_AS_STRING(span->traceparent);
    Ids ids = {sender + TRACE_ID, PyBytes_AS_STRING(span->queue_id), sender + SPAN_ID};
    wire_begin(&wire);
    wire_head(&wire, &ids, span->timestamp * NS_PER_MS, span->polled ? span->polled : span->start,
              (own[FLAGS] & KNOWN_FLAGS) | REMOTE);
    wire_object(&wire, prefix);
    wire_raw(&wire, both->bytes, both->used);
    return wire_span(&wire);
}

static int lag(Encoder *self, SpanFields *span, Wire *wire)
{
    int overflow = 0;
    if (span->lag == Py_None)
        return 1;
    long long number = PyLong_AsLongLongAndOverflow(span->lag, &overflow);
    wire_int(wire, name(self, LAG), number);
    return !overflow;
}

static PyObject *process_span(Encoder *self, SpanFields *span, PyObject *prefix, Wire *both)
{
    Wire wire;
    const char *own = PyBytes_AS_STRING(span->traceparent);
    Ids ids = {own + TRACE_ID, own + SPAN_ID, PyBytes_AS_STRING(span->queue_id)};
    wire_begin(&wire);
    wire_head(&wire, &ids, span->start, span->ended_at, own[FLAGS] & KNOWN_FLAGS);
    wire_object(&wire, prefix);
    wire_raw(&wire, both->bytes, both->used);
    if (!lag(self, span, &wire))
        return NULL;
    wire_double(&wire, name(self, SINCE_TIMESTAMP_MS),
                (double)(span->ended_at - span->timestamp * NS_PER_MS) / NS_PER_MS);
    return clock_attributes(self, &wire) > 0 ? wire_span(&wire) : NULL;
}

PyObject *prefix_of(Encoder *self, PyObject *topic, long partition)
{
    PyObject *number = PyLong_FromLong(partition), *place = number == NULL ? NULL : PyTuple_Pack(2, topic, number);
    PyObject *found = place == NULL ? NULL : Py_XNewRef(PyDict_GetItemWithError(self->prefixes, place));
    Py_XDECREF(number);
    Py_XDECREF(place);
    return found;
}

static int are_bytes(PyObject *given)
{
    for (Py_ssize_t each = 0; each < PyTuple_GET_SIZE(given); each++)
        if (!PyBytes_CheckExact(PyTuple_GET_ITEM(given, each)))
            return 0;
    return 1;
}

/* (finisher, process span, queue span); NULL without an exception where Python had better encode it. */
PyObject *encode_message(PyObject *encoder, SpanFields *span)
{
    Encoder *self = (Encoder *)encoder;
    PyObject *prefixes, *queue = NULL, *process = NULL, *made = NULL;
    Wire both;
    wire_begin(&both);
    if (PyTuple_GET_SIZE(self->kinds) != KINDS || !is_common(span) || !record(self, span, &both) || both.full)
        return NULL;
    if ((prefixes = prefix_of(self, span->topic, span->partition)) == NULL)
        return NULL;
    if (PyTuple_CheckExact(prefixes) && PyTuple_GET_SIZE(prefixes) == 2 && are_bytes(prefixes))
        queue = queue_span(span, PyTuple_GET_ITEM(prefixes, 0), &both);
    if (queue != NULL && (process = process_span(self, span, PyTuple_GET_ITEM(prefixes, 1), &both)) != NULL)
        made = PyTuple_Pack(3, self->finisher, process, queue);
    Py_DECREF(prefixes);
    Py_XDECREF(queue);
    Py_XDECREF(process);
    return made;
}

/* ---- to Python */

static PyObject *or_none(PyObject *made) { return made != NULL || PyErr_Occurred() ? made : Py_NewRef(Py_None); }

static PyObject *method_message(PyObject *self, PyObject *span)
{
    if (!PyObject_TypeCheck(span, ((Encoder *)self)->state->types[SPAN_FIELDS_TYPE])) {
        PyErr_SetString(PyExc_TypeError, "expected a message's span");
        return NULL;
    }
    return or_none(encode_message(self, (SpanFields *)span));
}

static PyObject *method_send(PyObject *self, PyObject *send)
{
    if (!Py_IS_TYPE(send, ((Encoder *)self)->state->types[SEND_TYPE])) {
        PyErr_SetString(PyExc_TypeError, "expected a Send");
        return NULL;
    }
    return or_none(encode_send(self, (Send *)send));
}

/* A send's encoder has two names and no kinds, a message's has five and four. */
static int are_names(PyObject *names, PyObject *kinds)
{
    Py_ssize_t wanted = PyTuple_GET_SIZE(kinds) == KINDS ? OF_A_MESSAGE : OF_A_SEND;
    if (PyTuple_GET_SIZE(names) >= wanted && are_bytes(names) && are_bytes(kinds))
        return 1;
    PyErr_Format(PyExc_TypeError, "expected at least %zd names, and they and the kinds as bytes", wanted);
    return 0;
}

static PyObject *encoder_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *parts[] = {"finisher", "owner", "prefixes", "names", "tombstone", "kinds", NULL};
    PyObject *finisher, *owner, *prefixes, *names, *tombstone, *kinds;
    State *state = state_of(type);
    Encoder *self;
    if (state == NULL ||
        !PyArg_ParseTupleAndKeywords(args, kwargs, "$OOO!O!SO!:Encoder", parts, &finisher, &owner, &PyDict_Type,
                                     &prefixes, &PyTuple_Type, &names, &tombstone, &PyTuple_Type, &kinds) ||
        !are_names(names, kinds) || (self = (Encoder *)type->tp_alloc(type, 0)) == NULL)
        return NULL;
    self->state = state;
    self->finisher = Py_NewRef(finisher);
    self->owner = Py_NewRef(owner);
    self->prefixes = Py_NewRef(prefixes);
    self->names = Py_NewRef(names);
    self->tombstone = Py_NewRef(tombstone);
    self->kinds = Py_NewRef(kinds);
    return (PyObject *)self;
}

COLLECTED(Encoder, encoder, ENCODER_MEMBERS)

static PyMethodDef methods[] = {
    {"message", method_message, METH_O,
     "Encode a message's spans: (finisher, process, queue); None for Python to do it."},
    {"send", method_send, METH_O, "Encode a send's span: (finisher, send); None for Python to do it."},
    {NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Encodes the spans of a message or of a send."},
    {Py_tp_new, encoder_new},
    {Py_tp_methods, methods},
    COLLECTED_SLOTS(encoder),
    {0, NULL},
};

PyType_Spec encoder_spec = {
    .name = "kafkatrace._speedups.Encoder",
    .basicsize = sizeof(Encoder),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
