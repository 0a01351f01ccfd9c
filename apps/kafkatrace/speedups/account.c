/* Account: counts an ended message into the histograms of its topic. What is seldom is counted by `otherwise`, in Python. */
#include "speedups.h"

#define MEMBERS(each)                                                                            \
    each(otherwise) each(histograms) /* (topic) -> three: process, queue, since the timestamp */ \
        each(received)               /* (timestamp, polled): the broker's clock and ours */      \
        each(known) each(topic)                                                                  \
            each(of_topic) /* all, and the last topic's: its name is a new string in each message */
typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    State *state;
    MEMBERS(DECLARE)
    long long bound, bound_until; /* the largest difference that went to `received`, and until when that is enough */
} Account;

enum { SECOND_NS = 1000000000 };
static const long long LATEST = 1LL << 62; /* so that a second more is no overflow */

PyObject *topics_value(PyObject *known, PyObject *make, PyObject *topic)
{
    PyObject *value = PyDict_GetItemWithError(known, topic);
    if (value != NULL || PyErr_Occurred())
        return value;
    if ((value = PyObject_CallOneArg(make, topic)) == NULL)
        return NULL;
    int failed = PyDict_SetItem(known, topic, value);
    Py_DECREF(value); /* `known` keeps it */
    return failed < 0 ? NULL : value;
}

/* Only what is larger than before says anything new about the clocks; clocks drift, so each second begins again. */
static int note_clocks(Account *self, SpanFields *span, long long ahead, long long polled)
{
    if (polled < self->bound_until && ahead <= self->bound)
        return 0;
    self->bound = ahead;
    self->bound_until = polled + SECOND_NS;
    PyObject *done = PyObject_CallFunction(self->received, "LL", span->timestamp, polled);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* Whether a callback gave what it should: three histograms. */
static int are_histograms(const State *state, PyObject *given)
{
    if (!PyTuple_CheckExact(given) || PyTuple_GET_SIZE(given) != 3)
        return 0;
    for (Py_ssize_t each = 0; each < 3; each++)
        if (!PyObject_TypeCheck(PyTuple_GET_ITEM(given, each), state->types[HISTOGRAM_TYPE]))
            return 0;
    return 1;
}

static int count(Account *self, SpanFields *span, PyObject *histograms)
{
    long long polled = span->polled ? span->polled : span->start, appended = span->timestamp * NS_PER_MS;
    if (histogram_add(PyTuple_GET_ITEM(histograms, 0), span->ended_at - span->start) < 0 ||
        histogram_add(PyTuple_GET_ITEM(histograms, 1), polled - appended) < 0 ||
        histogram_add(PyTuple_GET_ITEM(histograms, 2), span->ended_at - appended) < 0)
        return -1;
    return span->timestamp_type == LOG_APPEND_TIME ? note_clocks(self, span, appended - polled, polled) : 0;
}

/* A record in order: handled without an exception, part of its sender's trace, with a timestamp that lies before its poll. */
static int is_common(SpanFields *span)
{
    long long polled = span->polled ? span->polled : span->start;
    return (span->valid & IN_EACH) == IN_EACH && !span->linked && span->failure == Py_None && span->topic != NULL &&
           PyUnicode_CheckExact(span->topic) &&
           (span->timestamp_type == CREATE_TIME || span->timestamp_type == LOG_APPEND_TIME) && span->timestamp >= 0 &&
           polled >= 0 && polled < LATEST && span->timestamp <= polled / NS_PER_MS && span->start >= 0 &&
           span->ended_at >= span->start;
}

static PyObject *histograms_of(Account *self, PyObject *topic)
{
    PyObject *found;
    if (self->topic != NULL && PyUnicode_Compare(self->topic, topic) == 0)
        return self->of_topic;
    if ((found = topics_value(self->known, self->histograms, topic)) == NULL)
        return NULL;
    if (!are_histograms(self->state, found)) {
        PyErr_Format(PyExc_TypeError, "expected three histograms for a topic, not %R", found);
        return NULL;
    }
    SET(self->topic, Py_NewRef(topic));
    SET(self->of_topic, Py_NewRef(found));
    return found;
}

PyObject *account_span(PyObject *callable, SpanFields *span)
{
    Account *self = (Account *)callable;
    PyObject *histograms;
    if (!is_common(span))
        return PyObject_CallOneArg(self->otherwise, (PyObject *)span);
    if ((histograms = histograms_of(self, span->topic)) == NULL)
        return NULL;
    Py_INCREF(histograms);
    int failed = count(self, span, histograms);
    Py_DECREF(histograms);
    return failed < 0 ? NULL : PyLong_FromLong(span->recording ? 2 : 0);
}

static PyObject *account(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Account *self = (Account *)callable;
    if (PyVectorcall_NARGS(nargsf) != 1 || names != NULL ||
        !PyObject_TypeCheck(args[0], self->state->types[SPAN_FIELDS_TYPE]))
        return PyObject_Vectorcall(self->otherwise, args, nargsf, names);
    return account_span(callable, (SpanFields *)args[0]);
}

static PyObject *account_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *parts[] = {"otherwise", "histograms", "received", NULL};
    PyObject *otherwise, *histograms, *received;
    State *state = state_of(type);
    if (state == NULL ||
        !PyArg_ParseTupleAndKeywords(args, kwargs, "$OOO:Account", parts, &otherwise, &histograms, &received))
        return NULL;
    PyObject *known = PyDict_New();
    Account *self = known == NULL ? NULL : (Account *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_XDECREF(known);
        return NULL;
    }
    self->state = state;
    self->otherwise = Py_NewRef(otherwise);
    self->histograms = Py_NewRef(histograms);
    self->received = Py_NewRef(received);
    self->known = known;
    self->call = account;
    return (PyObject *)self;
}

COLLECTED(Account, account, MEMBERS)

static PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Account, call), READONLY, NULL},
    {NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Counts an ended message into the histograms of its topic."},
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_new, account_new},
    {Py_tp_members, members},
    COLLECTED_SLOTS(account),
    {0, NULL},
};

PyType_Spec account_spec = {
    .name = "kafkatrace._speedups.Account",
    .basicsize = sizeof(Account),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = slots,
};
