/* What produce() works with, and what is kept of a record until its delivery report. */
#ifndef KAFKATRACE_PRODUCER_H
#define KAFKATRACE_PRODUCER_H

#include "speedups.h"

#define SENDING_MEMBERS(each)                                                          \
    each(sender)          /* kafkatrace.operations.send.Sender */                      \
        each(on_delivery) /* the configuration's, or None */                           \
        each(ready) each(take) each(started) each(histogram) each(known) each(encoder) \
            each(put) /* the sender's; a transaction has it hold its sends, by another one */
typedef struct {
    PyObject_HEAD
    State *state;
    SENDING_MEMBERS(DECLARE)
    char metrics_enabled, keeps_errors;
    long long clock_due;
} Sending;

/* One send. Its fields, as kafkatrace.hotpath.pure.Send has them, are all that is known of it, in C and in Python alike: a
 * test compares the two. Text and bytes are NULL where there is none, which Python sees as None. */
typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    Sending *sending; /* with `callback`: until the report, and only where C began it. What waits for the export must */
    PyObject *callback; /* not refer to its sender: the interpreter does not look for cycles here. */
    PyObject *topic, *traceparent, *parent, *state, *key, *outcome, *unsampled;
    long long start, ended, offset, timestamp;
    int partition, timestamp_type;
    char remote, tombstone;
} Send;

Send *send_new(const State *state, PyObject *topic);
PyObject *delivered(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names);
PyObject *encode_send(PyObject *encoder, Send *send);

#endif
