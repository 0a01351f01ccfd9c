/* What produce() keeps for a record until its delivery report. */
#ifndef KAFKATRACE_PRODUCER_H
#define KAFKATRACE_PRODUCER_H

#include "speedups.h"

typedef struct {
    PyObject_HEAD
    PyObject *sender; /* kafkatrace.operations.send.Sender */
    PyObject *told;   /* the configuration's on_delivery, or None */
    PyObject *ready, *take, *started, *histogram, *known, *encoder;
    PyObject *put; /* the sender's; a transaction has it hold its sends, by another one */
    char measures;
    long long clock_due;
} Sending;

typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    Sending *sending;
    PyObject *told, *topic, *traceparent, *key; /* traceparent and key: NULL where not sampled */
    long long start;
    char tombstone;
} Delivery;

PyObject *sent(Delivery *delivery);
Delivery *delivery_new(Sending *sending, PyObject *told, PyObject *topic);

#endif
