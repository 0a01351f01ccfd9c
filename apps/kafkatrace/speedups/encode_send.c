/* The span of a send, as kafkatrace.operations.send.Sender.encode() has it. */
#include "encoder.h"

enum { SENT_BEGUN, SENT_TOPIC, SENT_TRACEPARENT, SENT_PARENT, SENT_REMOTE, SENT_STATE, SENT_KEY, SENT_TOMBSTONE, SENT };
enum { ITEM_SENDER, ITEM_SENT, ITEM_ENDED, ITEM_ERROR, ITEM_PARTITION, ITEM_OFFSET, ITEM_CLOCK, ITEM };

/* What is written of a send, once it has been looked at. */
typedef struct {
    PyObject *topic, *key;
    const char *own, *parent;
    long long start, ended, offset;
    int partition, remote, tombstone;
} Send;

/* Whether all of `sent` is of the type, and as long, as produce() makes it; `send` then has it. */
static int is_whole_sent(PyObject *sent, Send *send)
{
    if (!PyTuple_CheckExact(sent) || PyTuple_GET_SIZE(sent) != SENT)
        return 0;
    PyObject *own = PyTuple_GET_ITEM(sent, SENT_TRACEPARENT), *parent = PyTuple_GET_ITEM(sent, SENT_PARENT);
    PyObject *state = PyTuple_GET_ITEM(sent, SENT_STATE), *remote = PyTuple_GET_ITEM(sent, SENT_REMOTE);
    PyObject *tombstone = PyTuple_GET_ITEM(sent, SENT_TOMBSTONE);
    if (!is_bytes(own, TRACEPARENT) || !(is_bytes(parent, 0) || is_bytes(parent, SPAN_ID_LENGTH)) ||
        !PyUnicode_CheckExact(state) || PyUnicode_GET_LENGTH(state) != 0 || !PyBool_Check(remote) ||
        !PyBool_Check(tombstone))
        return 0;
    send->topic = PyTuple_GET_ITEM(sent, SENT_TOPIC);
    send->key = PyTuple_GET_ITEM(sent, SENT_KEY);
    send->own = PyBytes_AS_STRING(own);
    send->parent = PyBytes_GET_SIZE(parent) ? PyBytes_AS_STRING(parent) : NULL;
    send->remote = remote == Py_True;
    send->tombstone = tombstone == Py_True;
    return PyUnicode_CheckExact(send->topic) && read_exactly(PyTuple_GET_ITEM(sent, SENT_BEGUN), &send->start) &&
           send->start >= 0;
}

static int is_common_send(PyObject *item, Send *send)
{
    long long partition;
    if (PyTuple_GET_SIZE(item) != ITEM || PyTuple_GET_ITEM(item, ITEM_ERROR) != Py_None ||
        !read_exactly(PyTuple_GET_ITEM(item, ITEM_PARTITION), &partition) || partition < 0 || partition > INT_MAX)
        return 0;
    send->partition = (int)partition;
    return read_exactly(PyTuple_GET_ITEM(item, ITEM_OFFSET), &send->offset) &&
           read_exactly(PyTuple_GET_ITEM(item, ITEM_ENDED), &send->ended) && send->ended >= 0 &&
           is_whole_sent(PyTuple_GET_ITEM(item, ITEM_SENT), send);
}

static int send_body(Encoder *self, Wire *wire, const Send *send)
{
    if (send->offset >= 0)
        wire_int(wire, name(self, OFFSET), send->offset);
    if (!wire_key(wire, name(self, KEY), send->key))
        return 0;
    if (send->tombstone)
        wire_object(wire, self->tombstone);
    return clock_attributes(self, wire);
}

static PyObject *send_span(Encoder *self, const Send *send, PyObject *opening)
{
    Wire wire;
    Ids ids = {send->own + TRACE_ID, send->own + SPAN_ID, send->parent};
    wire_begin(&wire);
    wire_head(&wire, &ids, send->start, send->ended, (send->own[FLAGS] & KNOWN_FLAGS) | (send->remote ? REMOTE : 0));
    wire_object(&wire, opening);
    return send_body(self, &wire, send) > 0 ? wire_span(&wire) : NULL;
}

/* (finisher, send span); NULL without an exception where Python had better encode it. `item` is a tuple. */
PyObject *encode_send(PyObject *encoder, PyObject *item)
{
    Encoder *self = (Encoder *)encoder;
    PyObject *opening, *span = NULL, *made = NULL;
    Send send;
    if (!is_common_send(item, &send) || (opening = opening_of(self, send.topic, send.partition)) == NULL)
        return NULL;
    if (PyBytes_CheckExact(opening))
        span = send_span(self, &send, opening);
    if (span != NULL)
        made = PyTuple_Pack(2, self->finisher, span);
    Py_DECREF(opening);
    Py_XDECREF(span);
    return made;
}
