/* Process: begins the span of a record that carries a lone, valid traceparent, with nothing current around it. All else
 * is begun by `otherwise`, in Python. */
#include "speedups.h"
#include <string.h>

#define MEMBERS(each)                                                                                                  \
    each(span_type) each(otherwise) each(unreadable) each(receiver) each(account) each(encoder) each(ready) each(take) \
        each(started) each(highs)
typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    State *state;
    MEMBERS(DECLARE)
    char metrics_enabled, keeps;
    long long limit; /* nanoseconds from which on a message is slow */
} Process;

/* How many records of the partition come after this one. */
static int read_lag(Process *self, SpanFields *span)
{
    PyObject *partition, *place, *high = NULL;
    long long after = -1;
    span->lag = Py_NewRef(Py_None);
    if (PyDict_GET_SIZE(self->highs) == 0)
        return 0;
    if ((partition = PyLong_FromLong(span->partition)) == NULL)
        return -1;
    place = PyTuple_Pack(2, span->topic, partition);
    Py_DECREF(partition);
    if (place == NULL)
        return -1;
    high = PyDict_GetItemWithError(self->highs, place);
    Py_DECREF(place);
    if (high == NULL || !read_exactly(high, &after) || after < 0)
        return PyErr_Occurred() ? -1 : 0;
    SET(span->lag, PyLong_FromLongLong(after > span->offset ? after - span->offset - 1 : 0));
    return span->lag == NULL ? -1 : 0;
}

static PyObject *new_id(Process *self)
{
    PyObject *made = pop_ready(self->ready, self->take);
    if (made != NULL && !is_bytes(made, SPAN_ID_LENGTH)) {
        PyErr_Format(PyExc_TypeError, "expected a span's id of %d digits, not %R", SPAN_ID_LENGTH, made);
        Py_CLEAR(made);
    }
    return made;
}

/* The sender's traceparent with an id of its own. */
static PyObject *child_of(Process *self, PyObject *sender)
{
    PyObject *span_id = new_id(self), *made;
    if (span_id == NULL)
        return NULL;
    if ((made = PyBytes_FromStringAndSize(PyBytes_AS_STRING(sender), TRACEPARENT)) != NULL)
        memcpy(PyBytes_AS_STRING(made) + SPAN_ID, PyBytes_AS_STRING(span_id), SPAN_ID_LENGTH);
    Py_DECREF(span_id);
    return made;
}

/* What only a recorded span says of its message. */
static int record(Process *self, SpanFields *span, PyObject *message, PyObject *sender)
{
    PyObject *value;
    span->sender = Py_NewRef(sender);
    if ((span->traceparent = child_of(self, sender)) == NULL || (span->queue_id = new_id(self)) == NULL ||
        (span->key = reading(self->state, message, READ_KEY)) == NULL ||
        (value = reading(self->state, message, READ_VALUE)) == NULL)
        return -1;
    span->tombstone = value == Py_None;
    Py_DECREF(value);
    span->recording = 1;
    span->valid = IN_RECORDED;
    span->encoder = Py_NewRef(self->encoder);
    return read_lag(self, span) < 0 || count_one(self->started) < 0 || count_one(self->started) < 0 ? -1 : 0;
}

/* Has one that is not recorded looked at when it ends, as kafkatrace.operations.keeping.Keeping.watch() does. */
static void watch(Process *self, SpanFields *span, PyObject *message)
{
    long long first = span->polled > 0 && span->polled < span->start ? span->polled : span->start;
    span->message = Py_NewRef(message);
    if ((span->timestamp_type == CREATE_TIME || span->timestamp_type == LOG_APPEND_TIME) && span->timestamp >= 0 &&
        span->timestamp <= first / NS_PER_MS)
        first = span->timestamp * NS_PER_MS;
    if (self->limit <= LLONG_MAX - first)
        span->keep_after = first + self->limit;
}

static int begin(Process *self, SpanFields *span, PyObject *message, PyObject *sender)
{
    int is_sampled = PyBytes_AS_STRING(sender)[FLAGS] & SAMPLED;
    span->receiver = Py_NewRef(self->receiver);
    if (self->metrics_enabled || is_sampled)
        span->account = Py_NewRef(self->account);
    span->valid = IN_EACH;
    if (is_sampled) {
        if (record(self, span, message, sender) < 0)
            return -1;
    }
    else
        span->traceparent = Py_NewRef(sender);
    Place place = {PyObject_Hash(span->topic), span->partition, span->offset};
    span->polled = times_take(&self->state->times, message, place);
    span->start = now_ns();
    if (self->keeps && !is_sampled)
        watch(self, span, message);
    return 0;
}

/* Reads what a record has; its place also tells whether the time of its poll is its own. */
static int look_at(SpanFields *span, PyObject *message)
{
    int found = read_topic_name(span, message);
    if (found > 0)
        found = read_place(span, message);
    return found > 0 ? read_time(span->state, message, &span->timestamp_type, &span->timestamp) : found;
}

/* Begins the span, or has Python do it: before anything but the message itself was touched. */
static PyObject *common(Process *self, PyObject *message, PyObject *headers, PyObject *sender, PyObject *ambient)
{
    PyObject *made = span_make(self->state, (PyTypeObject *)self->span_type);
    if (made == NULL)
        return NULL;
    SpanFields *span = (SpanFields *)made;
    span->ambient = Py_NewRef(ambient);
    int found = look_at(span, message);
    if (found > 0 && begin(self, span, message, sender) == 0)
        return made;
    Py_DECREF(made);
    return found == 0 ? PyObject_CallFunctionObjArgs(self->otherwise, message, headers, NULL) : NULL;
}

static PyObject *process(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Process *self = (Process *)callable;
    PyObject *ambient = NULL, *headers, *sender, *result;
    int plain = 0;
    if (PyVectorcall_NARGS(nargsf) == 1 && names == NULL && (plain = plain_context(self->state, &ambient)) < 0)
        return NULL;
    if (!plain) {
        Py_XDECREF(ambient);
        return PyObject_Vectorcall(self->otherwise, args, nargsf, names);
    }
    headers = reading(self->state, args[0], READ_HEADERS);
    if (headers == NULL && PyErr_ExceptionMatches(PyExc_Exception)) {
        PyErr_Clear(); /* never ask again: confluent-kafka 2.16 then gives null pointers */
        headers = PyObject_CallOneArg(self->unreadable, args[0]);
    }
    if (headers == NULL) {
        Py_DECREF(ambient);
        return NULL;
    }
    sender = Py_XNewRef(lone_traceparent(headers)); /* what reads the message may change its headers */
    result = sender == NULL ? PyObject_CallFunctionObjArgs(self->otherwise, args[0], headers, NULL)
                            : common(self, args[0], headers, sender, ambient);
    Py_XDECREF(sender);
    Py_DECREF(headers);
    Py_DECREF(ambient);
    return result;
}

static int is_span_type(const State *state, PyObject *type)
{
    int is = PyType_IsSubtype((PyTypeObject *)type, state->types[SPAN_FIELDS_TYPE]);
    if (!is)
        PyErr_Format(PyExc_TypeError, "expected a subclass of SpanFields, not %R", type);
    return is;
}

static PyObject *process_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *parts[] = {"otherwise", "span_type", "unreadable", "receiver",        "account", "encoder", "ready",
                            "take",      "started",   "highs",      "metrics_enabled", "keeps",   "limit",   NULL};
    PyObject *span_type, *otherwise, *unreadable, *receiver, *account, *encoder, *ready, *take, *started, *highs;
    int metrics_enabled, keeps;
    long long limit;
    State *state = state_of(type);
    Process *self;
    if (state == NULL ||
        !PyArg_ParseTupleAndKeywords(args, kwargs, "$OO!OOO!O!O!OOO!ppL:Process", parts, &otherwise, &PyType_Type,
                                     &span_type, &unreadable, &receiver, state->types[ACCOUNT_TYPE], &account,
                                     state->types[ENCODER_TYPE], &encoder, &PyList_Type, &ready, &take, &started,
                                     &PyDict_Type, &highs, &metrics_enabled, &keeps, &limit) ||
        !is_counter(started) || !is_span_type(state, span_type) || (self = (Process *)type->tp_alloc(type, 0)) == NULL)
        return NULL;
    self->state = state;
    self->span_type = Py_NewRef(span_type);
    self->otherwise = Py_NewRef(otherwise);
    self->unreadable = Py_NewRef(unreadable);
    self->receiver = Py_NewRef(receiver);
    self->account = Py_NewRef(account);
    self->encoder = Py_NewRef(encoder);
    self->ready = Py_NewRef(ready);
    self->take = Py_NewRef(take);
    self->started = Py_NewRef(started);
    self->highs = Py_NewRef(highs);
    self->metrics_enabled = (char)metrics_enabled;
    self->keeps = (char)keeps;
    self->limit = limit;
    self->call = process;
    return (PyObject *)self;
}

COLLECTED(Process, process, MEMBERS)

static PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Process, call), READONLY, NULL},
    {NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Begins the process span of a record."},
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_new, process_new},
    {Py_tp_members, members},
    COLLECTED_SLOTS(process),
    {0, NULL},
};

PyType_Spec process_spec = {
    .name = "kafkatrace._speedups.Process",
    .basicsize = sizeof(Process),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = slots,
};
