/* SpanFields: what a message's span keeps, and its two ends. */
#include "speedups.h"

#define OBJECT(name) {#name, T_OBJECT_EX, offsetof(SpanFields, name), 0, NULL}
#define NUMBER(name) {#name, T_LONGLONG, offsetof(SpanFields, name), 0, NULL}
#define FLAG(name) {#name, T_BOOL, offsetof(SpanFields, name), 0, NULL}

static PyMemberDef members[] = {
    OBJECT(receiver), OBJECT(ambient), OBJECT(traceparent), OBJECT(topic), OBJECT(sender), OBJECT(queue_id), OBJECT(key),
    {"lag", T_OBJECT, offsetof(SpanFields, lag), 0, NULL},
    {"failure", T_OBJECT, offsetof(SpanFields, failure), 0, NULL},
    NUMBER(timestamp), NUMBER(polled), NUMBER(begun), NUMBER(ended_at), NUMBER(offset),
    {"timestamp_type", T_INT, offsetof(SpanFields, timestamp_type), 0, NULL},
    {"partition", T_INT, offsetof(SpanFields, partition), 0, NULL},
    FLAG(recording), FLAG(tombstone), FLAG(apart),
    {NULL},
};

static int span_traverse(PyObject *self, visitproc visit, void *arg)
{
    SpanFields *span = (SpanFields *)self;
    Py_VISIT(span->receiver);
    Py_VISIT(span->ambient);
    Py_VISIT(span->token);
    Py_VISIT(span->key);
    Py_VISIT(span->account);
    Py_VISIT(span->encoder);
    Py_VISIT(span->open);
    return PyDict_Type.tp_traverse(self, visit, arg);
}

static int span_clear(PyObject *self)
{
    SpanFields *span = (SpanFields *)self;
    Py_CLEAR(span->receiver);
    Py_CLEAR(span->ambient);
    Py_CLEAR(span->traceparent);
    Py_CLEAR(span->topic);
    Py_CLEAR(span->token);
    Py_CLEAR(span->sender);
    Py_CLEAR(span->queue_id);
    Py_CLEAR(span->key);
    Py_CLEAR(span->lag);
    Py_CLEAR(span->failure);
    Py_CLEAR(span->account);
    Py_CLEAR(span->encoder);
    Py_CLEAR(span->open);
    return PyDict_Type.tp_clear(self);
}

static void span_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    span_clear(self);
    PyDict_Type.tp_dealloc(self);
}

/* The receiver's spans that are open, by id(); borrowed. */
static PyObject *open_spans(SpanFields *span)
{
    if (span->open == NULL && (span->open = PyObject_GetAttr(span->receiver, shared.open)) == NULL)
        return NULL;
    if (PyDict_Check(span->open))
        return span->open;
    PyErr_SetString(PyExc_TypeError, "a receiver's open spans are a dict");
    return NULL;
}

static int open_span(SpanFields *span)
{
    PyObject *open = open_spans(span), *id = PyLong_FromVoidPtr(span);
    int failed = open == NULL || id == NULL || PyDict_SetItem(open, id, (PyObject *)span) < 0;
    Py_XDECREF(id);
    return failed ? -1 : 0;
}

/* Whether the span was still open: 1, 0, or -1 with an exception. */
static int close_span(SpanFields *span)
{
    PyObject *open = open_spans(span), *id = PyLong_FromVoidPtr(span);
    int found = -1;
    if (open != NULL && id != NULL && (found = PyDict_Contains(open, id)) > 0 && PyDict_DelItem(open, id) < 0)
        found = -1;
    Py_XDECREF(id);
    return found;
}

static PyObject *span_enter(PyObject *self, PyObject *Py_UNUSED(none))
{
    SpanFields *span = (SpanFields *)self;
    PyObject *token = PyContextVar_Set(shared.current, self);
    if (token == NULL)
        return NULL;
    SET(span->token, token);
    if (span->recording && open_span(span) < 0)
        return NULL;
    return Py_NewRef(self);
}

static int leave_context(SpanFields *span)
{
    PyObject *token = span->token;
    if (token == NULL || PyContextVar_Reset(shared.current, token) == 0) {
        Py_CLEAR(span->token); /* it refers to the context before: a chain, where spans nest */
        return 0;
    }
    if (!PyErr_ExceptionMatches(PyExc_ValueError))
        return -1;
    PyErr_Clear(); /* left in another context than entered: nothing to undo */
    return 0;
}

/* calls receiver.<method>(what) */
static PyObject *tell(SpanFields *span, PyObject *method, PyObject *what)
{
    PyObject *told = PyObject_GetAttr(span->receiver, method), *done;
    if (told == NULL)
        return NULL;
    done = PyObject_CallOneArg(told, what);
    Py_DECREF(told);
    return done;
}

/* A recorded span has ended: encoded and counted here where that is quick, else in the background. */
static PyObject *hand_recorded_over(SpanFields *span)
{
    PyObject *item = span->encoder == NULL ? NULL : encode_message(span->encoder, span), *counted, *done;
    if (item == NULL)
        return PyErr_Occurred() ? NULL : tell(span, shared.put, (PyObject *)span);
    if ((counted = account_span(span->account, span)) == NULL) {
        Py_DECREF(item);
        return NULL;
    }
    Py_DECREF(counted);
    done = tell(span, shared.put, item);
    Py_DECREF(item);
    return done;
}

/* Of one that is not recorded only the metrics want to know. */
static PyObject *hand_other_over(SpanFields *span)
{
    PyObject *measures;
    if (span->account != NULL)
        return account_span(span->account, span);
    if ((measures = PyObject_GetAttr(span->receiver, shared.measures)) == NULL)
        return NULL;
    Py_DECREF(measures);
    return measures == Py_True ? tell(span, shared.account, (PyObject *)span) : Py_NewRef(Py_None);
}

static PyObject *span_exit(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    SpanFields *span = (SpanFields *)self;
    PyObject *done;
    if (leave_context(span) < 0)
        return NULL;
    if (span->recording) {
        int was_open = close_span(span);
        if (was_open <= 0) /* ended before: by the handler, or by a rebalance in another thread */
            return was_open < 0 ? NULL : Py_NewRef(Py_None);
    }
    else if (span->ended_at)
        Py_RETURN_NONE;
    if (count > 1 && args[1] != Py_None) {
        PyObject *noted = PyObject_CallMethodOneArg(self, shared.failed, args[1]);
        if (noted == NULL)
            return NULL;
        Py_DECREF(noted);
    }
    span->ended_at = now_ns();
    done = span->recording ? hand_recorded_over(span) : hand_other_over(span);
    if (done == NULL)
        return NULL;
    Py_DECREF(done);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"__enter__", span_enter, METH_NOARGS, "Make this the current span, and its message's baggage the current one."},
    {"__exit__", (PyCFunction)(void (*)(void))span_exit, METH_FASTCALL, "End the span; an exception goes on."},
    {NULL},
};

PyTypeObject SpanFieldsType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "kafkatrace._speedups.SpanFields",
    .tp_doc = "What a message's span keeps, and its two ends.",
    .tp_basicsize = sizeof(SpanFields),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_base = &PyDict_Type,
    .tp_traverse = span_traverse,
    .tp_clear = span_clear,
    .tp_dealloc = span_dealloc,
    .tp_members = members,
    .tp_methods = methods,
};
