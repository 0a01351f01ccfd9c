/* The span of a send, as kafkatrace.operations.send.Sender.encode() has it. */
#include "encoder.h"
#include "producer.h"

static int is_none(PyObject *given) { return given == NULL || given == Py_None; }

static int is_id_or_none(PyObject *id) { return is_none(id) || is_bytes(id, 0) || is_bytes(id, SPAN_ID_LENGTH); }

static int is_empty_text(PyObject *text)
{
    return is_none(text) || (PyUnicode_CheckExact(text) && PyUnicode_GET_LENGTH(text) == 0);
}

/* Whether all of it is of the type, and as long, as produce() makes it. */
static int is_common(const Send *send)
{
    return is_bytes(send->traceparent, TRACEPARENT) && is_id_or_none(send->parent) && is_empty_text(send->state) &&
           is_none(send->outcome) && is_none(send->unsampled) && send->topic != NULL &&
           PyUnicode_CheckExact(send->topic) && send->start >= 0 && send->ended >= 0 && send->partition >= 0;
}

static int send_body(Encoder *self, Wire *wire, const Send *send)
{
    if (send->offset >= 0)
        wire_int(wire, name(self, OFFSET), send->offset);
    if (send->key != NULL && !wire_key(wire, name(self, KEY), send->key))
        return 0;
    if (send->tombstone)
        wire_object(wire, self->tombstone);
    return clock_attributes(self, wire);
}

static PyObject *send_span(Encoder *self, const Send *send, PyObject *prefix)
{
    Wire wire;
    const char *own = PyBytes_AS_STRING(send->traceparent);
    int has_parent = !is_none(send->parent) && PyBytes_GET_SIZE(send->parent) > 0;
    Ids ids = {own + TRACE_ID, own + SPAN_ID, has_parent ? PyBytes_AS_STRING(send->parent) : NULL};
    wire_begin(&wire);
    wire_head(&wire, &ids, send->start, send->ended, (own[FLAGS] & KNOWN_FLAGS) | (send->remote ? REMOTE : 0));
    wire_object(&wire, prefix);
    return send_body(self, &wire, send) > 0 ? wire_span(&wire) : NULL;
}

/* (finisher, send span); NULL without an exception where Python had better encode it. */
PyObject *encode_send(PyObject *encoder, Send *send)
{
    Encoder *self = (Encoder *)encoder;
    PyObject *prefix, *span = NULL, *made = NULL;
    if (!is_common(send) || (prefix = prefix_of(self, send->topic, send->partition)) == NULL)
        return NULL;
    if (PyBytes_CheckExact(prefix))
        span = send_span(self, send, prefix);
    if (span != NULL)
        made = PyTuple_Pack(2, self->finisher, span);
    Py_DECREF(prefix);
    Py_XDECREF(span);
    return made;
}
