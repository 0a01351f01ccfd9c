/* The common case of the hot path: what every message costs. Everything else is left to the Python code beside it. */
#ifndef KAFKATRACE_SPEEDUPS_H
#define KAFKATRACE_SPEEDUPS_H

#include "state.h"

/* A traceparent of version 00 and where its parts lie, https://www.w3.org/TR/trace-context-2/#traceparent-header */
enum {
    TRACEPARENT = 55,
    TRACE_ID = 3,
    TRACE_ID_LENGTH = 32,
    SPAN_ID = 36,
    SPAN_ID_LENGTH = 16,
    FLAGS = 54,
    SAMPLED = 1
};

/* What Message.timestamp() gives: a kind, and milliseconds. */
enum { CREATE_TIME = 1, LOG_APPEND_TIME = 2, NS_PER_MS = 1000000 };

/* Which numbers and flags of a span are in its C fields. One that Python set to something else, or took away, is in `odd`
 * or nowhere: such a span is left to Python. */
enum {
    HAS_TIMESTAMP = 1,
    HAS_TIMESTAMP_TYPE = 2,
    HAS_POLLED = 4,
    HAS_START = 8,
    HAS_ENDED_AT = 16,
    HAS_RECORDING = 32,
    HAS_LINKED = 64,
    HAS_PARTITION = 128,
    HAS_OFFSET = 256,
    HAS_TOMBSTONE = 512,
    HAS_KEEP_AFTER = 1024,
    AT_FIRST = HAS_ENDED_AT | HAS_RECORDING | HAS_LINKED | HAS_KEEP_AFTER,
    IN_EACH = AT_FIRST | HAS_TIMESTAMP | HAS_TIMESTAMP_TYPE | HAS_POLLED | HAS_START,
    IN_RECORDED = IN_EACH | HAS_PARTITION | HAS_OFFSET | HAS_TOMBSTONE
};

/* The fields of kafkatrace.spans.message_span.MessageSpan, which adds the rest; times are nanoseconds since the epoch. */
#define SPAN_MEMBERS(each)                                                                                       \
    each(receiver) each(ambient) each(traceparent) each(topic) each(token) each(sender) each(queue_id) each(key) \
        each(lag) each(failure) each(account) each(encoder) each(open) each(message)                             \
            each(odd) /* numbers and flags, by name, that are none */
typedef struct {
    PyDictObject context;
    State *state;
    SPAN_MEMBERS(DECLARE)
    long long timestamp, polled, start, ended_at, offset, keep_after;
    int timestamp_type, partition, valid;
    char recording, tombstone, linked;
} SpanFields;

/* One histogram of durations in nanoseconds. */
enum { MOST_BOUNDS = 512 };
#define HISTOGRAM_MEMBERS(each) \
    each(sum) /* an integer: nanoseconds of many long waits do not fit into 64 bits for ever */
typedef struct {
    PyObject_HEAD
    Py_ssize_t bounds;
    long long *bucket; /* one more than bounds; these lie behind it */
    long long lowest, highest;
    HISTOGRAM_MEMBERS(DECLARE)
    long long part; /* what is not in `sum` yet */
} Histogram;

#define METHOD_MEMBERS(each)           \
    each(function)     /* in Python */ \
        each(original) /* of confluent-kafka, which it calls */
typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    State *state;
    METHOD_MEMBERS(DECLARE)
} Method;

PyObject *reading(const State *state, PyObject *message, Reading which);
int use_message(State *state, PyObject *type);
int read_exactly(PyObject *given, long long *number);
int read_integer(const State *state, PyObject *message, Reading which, long long *number);
int read_time(const State *state, PyObject *message, int *type, long long *timestamp);
int read_topic_name(SpanFields *span, PyObject *message);
int read_place(SpanFields *span, PyObject *message);
PyObject *lone_traceparent(PyObject *headers);

/* Where a message is: its topic's hash, which the string keeps, and -1 for what it does not have. */
typedef struct {
    Py_hash_t topic;
    long long partition, offset;
} Place;
int where_is(const State *state, PyObject *message, Place *place);

extern PyType_Spec span_fields_spec, histogram_spec, polled_spec, process_spec, account_spec, encoder_spec, method_spec,
    sending_spec, send_spec;

/* Whether it is bytes, of that length: what Python made is looked at before it is read. */
static inline int is_bytes(PyObject *object, Py_ssize_t length)
{
    return object != NULL && PyBytes_CheckExact(object) && PyBytes_GET_SIZE(object) == length;
}

long long now_ns(void);
PyObject *span_make(State *state, PyTypeObject *type);
PyObject *pop_ready(PyObject *ready, PyObject *take);
int is_counter(PyObject *given);
int count_one(PyObject *counter);
int plain_context(const State *state, PyObject **ambient);
PyObject *part_of(PyObject *object, PyObject *name, PyTypeObject *type);
PyObject *produce(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names);
int polled_note(PyObject *polled, PyObject *consumer, PyObject *message);
int times_put(Times *times, const void *key, long long time, Place place);
long long times_take(Times *times, const void *key, Place place);
int histogram_add(PyObject *histogram, long long nanoseconds);
PyObject *encode_message(PyObject *encoder, SpanFields *span);
PyObject *account_span(PyObject *account, SpanFields *span);
PyObject *topics_value(PyObject *known, PyObject *make, PyObject *topic);

/* A field that is an object: `self.field = value`. */
#define SET(field, value)                        \
    do {                                         \
        PyObject *before_ = (PyObject *)(field); \
        (field) = (value);                       \
        Py_XDECREF(before_);                     \
    } while (0)

#endif
