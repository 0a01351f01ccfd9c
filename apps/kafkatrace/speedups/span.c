/* SpanFields: what a message's span keeps, and its two ends. */
#include "fields.h"

#define OBJECT(name) {#name, T_OBJECT_EX, offsetof(SpanFields, name), 0, NULL}

static PyMemberDef members[] = {
    OBJECT(receiver), OBJECT(ambient), OBJECT(traceparent), OBJECT(topic),   OBJECT(sender), OBJECT(queue_id),
    OBJECT(key),      OBJECT(lag),     OBJECT(failure),     OBJECT(message), {NULL},
};

PyObject *span_make(State *state, PyTypeObject *type)
{
    PyObject *made = PyDict_Type.tp_new(type, state->nothing, NULL);
    if (made != NULL) {
        ((SpanFields *)made)->state = state;
        ((SpanFields *)made)->failure = Py_NewRef(Py_None);
        ((SpanFields *)made)->valid = AT_FIRST;
        ((SpanFields *)made)->keep_after = LLONG_MAX;
    }
    return made;
}

static PyObject *span_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    State *state = state_of(type);
    return state == NULL ? NULL : span_make(state, type);
}

static int span_traverse(PyObject *object, visitproc visit, void *arg)
{
    SpanFields *self = (SpanFields *)object;
    Py_VISIT(Py_TYPE(object));
    SPAN_MEMBERS(VISIT)
    return PyDict_Type.tp_traverse(object, visit, arg);
}

static int span_clear(PyObject *object)
{
    SpanFields *self = (SpanFields *)object;
    SPAN_MEMBERS(CLEAR)
    return PyDict_Type.tp_clear(object);
}

static void span_dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    span_clear(object);
    PyDict_Type.tp_dealloc(object);
    Py_DECREF(type);
}

/* span.receiver.<name> */
static PyObject *receivers(SpanFields *span, PyObject *name)
{
    PyObject *receiver = Py_XNewRef(span->receiver), *found = NULL; /* looking may set another one */
    if (receiver == NULL)
        PyErr_SetString(PyExc_AttributeError, "receiver");
    else
        found = PyObject_GetAttr(receiver, name);
    Py_XDECREF(receiver);
    return found;
}

/* The receiver's spans that are open, by id(); borrowed. */
static PyObject *open_spans(SpanFields *span)
{
    if (span->open == NULL && (span->open = receivers(span, span->state->names[NAME_OPEN])) == NULL)
        return NULL;
    if (PyDict_CheckExact(span->open))
        return span->open;
    PyErr_SetString(PyExc_TypeError, "a receiver's open spans are a dict");
    return NULL;
}

static int open_span(SpanFields *span)
{
    PyObject *open = open_spans(span), *id = open == NULL ? NULL : PyLong_FromVoidPtr(span);
    int failed = id == NULL || PyDict_SetItem(open, id, (PyObject *)span) < 0;
    Py_XDECREF(id);
    return failed ? -1 : 0;
}

/* Whether the span was still open: 1, 0, or -1 with an exception. */
static int close_span(SpanFields *span)
{
    PyObject *open = open_spans(span), *id = open == NULL ? NULL : PyLong_FromVoidPtr(span);
    int found = id == NULL ? -1 : PyDict_Contains(open, id);
    if (found > 0 && PyDict_DelItem(open, id) < 0)
        found = -1;
    Py_XDECREF(id);
    return found;
}

static PyObject *span_enter(PyObject *self, PyObject *Py_UNUSED(none))
{
    SpanFields *span = (SpanFields *)self;
    PyObject *token;
    int recording = is_recording(span);
    if (recording < 0 || (recording && open_span(span) < 0) ||
        (token = PyContextVar_Set(span->state->current, self)) == NULL)
        return NULL;
    SET(span->token, token);
    return Py_NewRef(self);
}

static int leave_context(SpanFields *span)
{
    PyObject *token = span->token;
    if (token == NULL || PyContextVar_Reset(span->state->current, token) == 0) {
        Py_CLEAR(span->token); /* it refers to the context before: a chain, where spans nest */
        return 0;
    }
    if (!PyErr_ExceptionMatches(PyExc_ValueError))
        return -1;
    PyErr_Clear(); /* left in another context than entered: nothing to undo */
    return 0;
}

/* receiver.<method>(what) */
static PyObject *call_receiver(SpanFields *span, PyObject *method, PyObject *what)
{
    PyObject *callable = receivers(span, method), *done;
    if (callable == NULL)
        return NULL;
    done = PyObject_CallOneArg(callable, what);
    Py_DECREF(callable);
    return done;
}

/* A recorded span has ended: encoded and counted here where that is quick, else in the background. */
static PyObject *end_recorded(SpanFields *span)
{
    PyObject *item = span->encoder == NULL ? NULL : encode_message(span->encoder, span), *counted, *done;
    if (item == NULL)
        return PyErr_Occurred() ? NULL : call_receiver(span, span->state->names[NAME_PUT], (PyObject *)span);
    if ((counted = account_span(span->account, span)) == NULL) {
        Py_DECREF(item);
        return NULL;
    }
    Py_DECREF(counted);
    done = call_receiver(span, span->state->names[NAME_PUT], item);
    Py_DECREF(item);
    return done;
}

/* Of one that is not recorded only the metrics want to know, unless it may be one to be kept: that is Python's to say. */
static PyObject *end_unrecorded(SpanFields *span)
{
    PyObject *enabled;
    if (!(span->valid & HAS_KEEP_AFTER) || span->ended_at > span->keep_after)
        return call_receiver(span, span->state->names[NAME_KEEP], (PyObject *)span);
    Py_CLEAR(span->message);
    if (span->account != NULL)
        return account_span(span->account, span);
    if ((enabled = receivers(span, span->state->names[NAME_METRICS_ENABLED])) == NULL)
        return NULL;
    int wanted = PyObject_IsTrue(enabled);
    Py_DECREF(enabled);
    if (wanted <= 0)
        return wanted < 0 ? NULL : Py_NewRef(Py_None);
    return call_receiver(span, span->state->names[NAME_ACCOUNT], (PyObject *)span);
}

/* Whether the span ends now: 1, 0, or -1 with an exception. */
static int ends(SpanFields *span)
{
    int recording = is_recording(span);
    if (recording > 0)
        return close_span(span); /* not open: ended by the handler, or by a rebalance in another thread */
    int ended = recording < 0 ? -1 : has_ended(span);
    return ended < 0 ? -1 : !ended;
}

/* Ends it, with the exception that the handler left by, if any; the result is NULL where that failed. */
static PyObject *end(SpanFields *span, PyObject *error)
{
    int ending = ends(span), recording;
    if (ending <= 0)
        return ending < 0 ? NULL : Py_NewRef(Py_None);
    if (error != Py_None) {
        PyObject *noted = PyObject_CallMethodOneArg((PyObject *)span, span->state->names[NAME_FAILED], error);
        if (noted == NULL)
            return NULL;
        Py_DECREF(noted);
    }
    span->ended_at = now_ns();
    span->valid |= HAS_ENDED_AT;
    if ((recording = is_recording(span)) < 0)
        return NULL;
    return recording ? end_recorded(span) : end_unrecorded(span);
}

/* A span that can't be ended is lost, and says so; the handler goes on. */
static PyObject *lost(SpanFields *span)
{
    PyObject *type, *error, *trace, *done;
    if (!PyErr_ExceptionMatches(PyExc_Exception))
        return NULL;
    PyErr_Fetch(&type, &error, &trace);
    PyErr_NormalizeException(&type, &error, &trace);
    if (trace != NULL)
        PyException_SetTraceback(error, trace);
    done = PyObject_CallMethodOneArg((PyObject *)span, span->state->names[NAME_LOST], error);
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(trace);
    return done;
}

static PyObject *span_exit(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    SpanFields *span = (SpanFields *)self;
    PyObject *done;
    if (leave_context(span) < 0)
        return NULL;
    if ((done = end(span, count > 1 ? args[1] : Py_None)) == NULL && (done = lost(span)) == NULL)
        return NULL;
    Py_DECREF(done);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"__enter__", span_enter, METH_NOARGS, "Make this the current span, and its message's baggage the current one."},
    {"__exit__", (PyCFunction)(void (*)(void))span_exit, METH_FASTCALL, "End the span; an exception goes on."},
    {NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "What a message's span keeps, and its two ends."},
    {Py_tp_base, &PyDict_Type},
    {Py_tp_new, span_new},
    {Py_tp_members, members},
    {Py_tp_getset, field_attributes},
    {Py_tp_methods, methods},
    COLLECTED_SLOTS(span),
    {0, NULL},
};

PyType_Spec span_fields_spec = {
    .name = "kafkatrace._speedups.SpanFields",
    .basicsize = sizeof(SpanFields),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_BASETYPE,
    .slots = slots,
};
