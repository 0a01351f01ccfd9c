/* Process: begins the span of a record that carries a lone, valid traceparent, with nothing current around it. All else
 * is begun by `other`, in Python. */
#include "speedups.h"
#include <string.h>

typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    PyObject *span_type, *other, *unreadable, *receiver, *account, *encoder, *ready, *take, *started, *highs;
    char measures;
} Process;

/* Whether `name` is this one; they come from C, so each is a string of its own. */
static int is_named(PyObject *name, const char *wanted, Py_ssize_t length)
{
    return PyUnicode_CheckExact(name) && PyUnicode_GET_LENGTH(name) == length && PyUnicode_IS_COMPACT_ASCII(name) &&
           memcmp(PyUnicode_1BYTE_DATA(name), wanted, (size_t)length) == 0;
}

static int is_hexadecimal(const char *text, int from, int until)
{
    for (int each = from; each < until; each++)
        if (!((text[each] >= '0' && text[each] <= '9') || (text[each] >= 'a' && text[each] <= 'f')))
            return 0;
    return 1;
}

static int is_zero(const char *text, int from, int until)
{
    for (int each = from; each < until; each++)
        if (text[each] != '0')
            return 0;
    return 1;
}

/* Whether it is a valid traceparent of version 00 with no flags but the two that are known. */
static int is_traceparent(PyObject *value)
{
    const char *text;
    if (!PyBytes_CheckExact(value) || PyBytes_GET_SIZE(value) != TRACEPARENT)
        return 0;
    text = PyBytes_AS_STRING(value);
    return text[0] == '0' && text[1] == '0' && text[2] == '-' && text[35] == '-' && text[52] == '-' && text[53] == '0' &&
           text[FLAGS] >= '0' && text[FLAGS] <= '3' && is_hexadecimal(text, TRACE_ID, 35) &&
           is_hexadecimal(text, SPAN_ID, SPAN_ID_END) && !is_zero(text, TRACE_ID, 35) &&
           !is_zero(text, SPAN_ID, SPAN_ID_END);
}

/* The lone traceparent (borrowed) of headers; NULL where there is more or less, without an exception. */
static PyObject *lone_traceparent(PyObject *headers)
{
    PyObject *found = NULL;
    if (!PyList_CheckExact(headers))
        return NULL;
    for (Py_ssize_t each = 0; each < PyList_GET_SIZE(headers); each++) {
        PyObject *pair = PyList_GET_ITEM(headers, each), *name;
        if (pair == NULL || !PyTuple_CheckExact(pair) || PyTuple_GET_SIZE(pair) != 2)
            return NULL;
        name = PyTuple_GET_ITEM(pair, 0);
        if (is_named(name, "traceparent", 11))
            found = PyTuple_GET_ITEM(pair, 1);
        else if (is_named(name, "tracestate", 10) || is_named(name, "baggage", 7))
            return NULL;
    }
    return found != NULL && is_traceparent(found) ? found : NULL;
}

static int read_time(SpanFields *span, PyObject *message)
{
    PyObject *pair = reading(message, &read_timestamp);
    if (pair == NULL)
        return -1;
    if (PyTuple_CheckExact(pair) && PyTuple_GET_SIZE(pair) == 2) {
        span->timestamp_type = (int)PyLong_AsLong(PyTuple_GET_ITEM(pair, 0));
        span->timestamp = PyLong_AsLongLong(PyTuple_GET_ITEM(pair, 1));
    }
    Py_DECREF(pair);
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *child_of(PyObject *sender, PyObject *span_id)
{
    PyObject *made = PyBytes_FromStringAndSize(PyBytes_AS_STRING(sender), TRACEPARENT);
    if (made != NULL && PyBytes_CheckExact(span_id) && PyBytes_GET_SIZE(span_id) == SPAN_ID_LENGTH)
        memcpy(PyBytes_AS_STRING(made) + SPAN_ID, PyBytes_AS_STRING(span_id), SPAN_ID_LENGTH);
    return made;
}

static int read_number(PyObject *message, const Reading *method, long long *number)
{
    PyObject *given = reading(message, method);
    if (given == NULL)
        return -1;
    *number = PyLong_AsLongLong(given);
    Py_DECREF(given);
    return PyErr_Occurred() ? -1 : 0;
}

/* How many records of the partition come after this one. */
static int read_lag(Process *self, SpanFields *span)
{
    PyObject *partition, *place, *high = NULL;
    long long after;
    if (PyDict_GET_SIZE(self->highs) == 0)
        return 0;
    if ((partition = PyLong_FromLong(span->partition)) == NULL)
        return -1;
    if ((place = PyTuple_Pack(2, span->topic, partition)) != NULL)
        high = PyDict_GetItemWithError(self->highs, place);
    if (high != NULL && (after = PyLong_AsLongLong(high)) >= 0) {
        after -= span->offset + 1;
        span->lag = PyLong_FromLongLong(after < 0 ? 0 : after);
    }
    Py_DECREF(partition);
    Py_XDECREF(place);
    return PyErr_Occurred() ? -1 : 0;
}

/* What only a recorded span says of its message. */
static int record(Process *self, SpanFields *span, PyObject *message, PyObject *sender)
{
    PyObject *span_id, *value;
    long long partition;
    span->sender = Py_NewRef(sender);
    if ((span_id = pop_ready(self->ready, self->take)) == NULL)
        return -1;
    span->traceparent = child_of(sender, span_id);
    Py_DECREF(span_id);
    span->queue_id = pop_ready(self->ready, self->take);
    span->key = reading(message, &read_key);
    value = reading(message, &read_value);
    span->tombstone = value == Py_None;
    Py_XDECREF(value);
    if (span->traceparent == NULL || span->queue_id == NULL || span->key == NULL || value == NULL)
        return -1;
    if (read_number(message, &read_partition, &partition) < 0 || read_number(message, &read_offset, &span->offset) < 0)
        return -1;
    span->partition = (int)partition;
    span->recording = 1;
    span->encoder = Py_NewRef(self->encoder);
    return read_lag(self, span) < 0 || count_one(self->started) < 0 || count_one(self->started) < 0 ? -1 : 0;
}

static int begin(Process *self, SpanFields *span, PyObject *message, PyObject *sender)
{
    int is_sampled = PyBytes_AS_STRING(sender)[FLAGS] & SAMPLED;
    span->receiver = Py_NewRef(self->receiver);
    if (self->measures || is_sampled)
        span->account = Py_NewRef(self->account);
    span->polled = times_take(message);
    if (read_time(span, message) < 0)
        return -1;
    if ((span->topic = reading(message, &read_topic)) == NULL)
        return -1;
    if (is_sampled)
        return record(self, span, message, sender);
    span->traceparent = Py_NewRef(sender);
    return 0;
}

static PyObject *common(Process *self, PyObject *message, PyObject *sender, PyObject *ambient)
{
    PyObject *made = PyDict_Type.tp_new((PyTypeObject *)self->span_type, shared.nothing, NULL);
    if (made == NULL)
        return NULL;
    ((SpanFields *)made)->ambient = Py_NewRef(ambient);
    if (begin(self, (SpanFields *)made, message, sender) < 0) {
        Py_DECREF(made);
        return NULL;
    }
    ((SpanFields *)made)->begun = now_ns();
    return made;
}

static PyObject *process(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Process *self = (Process *)callable;
    PyObject *ambient = NULL, *headers, *sender, *result;
    int plain = 0;
    if (PyVectorcall_NARGS(nargsf) == 1 && names == NULL && (plain = plain_context(&ambient)) < 0)
        return NULL;
    if (!plain) {
        Py_XDECREF(ambient);
        return PyObject_Vectorcall(self->other, args, nargsf, names);
    }
    headers = reading(args[0], &read_headers);
    if (headers == NULL && PyErr_ExceptionMatches(PyExc_Exception)) {
        PyErr_Clear(); /* never ask again: confluent-kafka 2.16 then gives null pointers */
        headers = PyObject_CallOneArg(self->unreadable, args[0]);
    }
    if (headers == NULL) {
        Py_DECREF(ambient);
        return NULL;
    }
    sender = lone_traceparent(headers);
    result = sender == NULL ? PyObject_CallFunctionObjArgs(self->other, args[0], headers, NULL)
                            : common(self, args[0], sender, ambient);
    Py_DECREF(headers);
    Py_DECREF(ambient);
    return result;
}

static int process_init(PyObject *object, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    PyObject *span_type, *other, *unreadable, *receiver, *account, *encoder, *ready, *take, *started, *highs;
    int measures;
    Process *self = (Process *)object;
    if (!PyArg_ParseTuple(args, "OO!OOO!O!O!OOO!p:Process", &other, &PyType_Type, &span_type, &unreadable, &receiver,
                          &AccountType, &account, &EncoderType, &encoder,
                          &PyList_Type, &ready, &take, &started, &PyDict_Type, &highs, &measures))
        return -1;
    SET(self->span_type, Py_NewRef(span_type));
    SET(self->other, Py_NewRef(other));
    SET(self->unreadable, Py_NewRef(unreadable));
    SET(self->receiver, Py_NewRef(receiver));
    SET(self->account, Py_NewRef(account));
    SET(self->encoder, Py_NewRef(encoder));
    SET(self->ready, Py_NewRef(ready));
    SET(self->take, Py_NewRef(take));
    SET(self->started, Py_NewRef(started));
    SET(self->highs, Py_NewRef(highs));
    self->measures = (char)measures;
    self->call = process;
    return 0;
}

static int process_traverse(PyObject *object, visitproc visit, void *arg)
{
    Process *self = (Process *)object;
    Py_VISIT(self->span_type);
    Py_VISIT(self->other);
    Py_VISIT(self->receiver);
    Py_VISIT(self->account);
    Py_VISIT(self->encoder);
    Py_VISIT(self->take);
    Py_VISIT(self->highs);
    return 0;
}

static int process_clear(PyObject *object)
{
    Process *self = (Process *)object;
    Py_CLEAR(self->span_type);
    Py_CLEAR(self->other);
    Py_CLEAR(self->unreadable);
    Py_CLEAR(self->receiver);
    Py_CLEAR(self->account);
    Py_CLEAR(self->encoder);
    Py_CLEAR(self->ready);
    Py_CLEAR(self->take);
    Py_CLEAR(self->started);
    Py_CLEAR(self->highs);
    return 0;
}

static void process_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    process_clear(self);
    Py_TYPE(self)->tp_free(self);
}

PyTypeObject ProcessType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "kafkatrace._speedups.Process",
    .tp_doc = "Begins the process span of a record.",
    .tp_basicsize = sizeof(Process),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(Process, call),
    .tp_call = PyVectorcall_Call,
    .tp_new = PyType_GenericNew,
    .tp_init = process_init,
    .tp_traverse = process_traverse,
    .tp_clear = process_clear,
    .tp_dealloc = process_dealloc,
};
