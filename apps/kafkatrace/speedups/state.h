/* The module's state. Each import has its own, as each interpreter has its own import: nothing is shared between them. What
 * needs it keeps a pointer to it. An object keeps its type, and that the module; so the state lives as long as the object. */
#ifndef KAFKATRACE_STATE_H
#define KAFKATRACE_STATE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <structmember.h>
#include "members.h"

enum {
    SPAN_FIELDS_TYPE,
    HISTOGRAM_TYPE,
    POLLED_TYPE,
    PROCESS_TYPE,
    ACCOUNT_TYPE,
    ENCODER_TYPE,
    METHOD_TYPE,
    SENDING_TYPE,
    SEND_TYPE,
    TYPES
};

enum {
    NAME_ACCOUNT,
    NAME_CLOCK_ATTRIBUTES,
    NAME_DELIVERED,
    NAME_FAILED,
    NAME_KEEP,
    NAME_LOST,
    NAME_METRICS_ENABLED,
    NAME_OPEN,
    NAME_POLLED,
    NAME_PROCESS,
    NAME_PUT,
    NAME_REFUSED,
    NAME_SENDING,
    NAME_TRACEPARENT,
    NAMES_OF_ARGUMENTS, /* those of produce(), by position */
    NAMES = NAMES_OF_ARGUMENTS + 8
};

/* What is read of a message: by methods of confluent_kafka.Message that take no arguments. */
typedef enum {
    READ_ERROR,
    READ_HEADERS,
    READ_KEY,
    READ_OFFSET,
    READ_PARTITION,
    READ_TIMESTAMP,
    READ_TOPIC,
    READ_VALUE,
    READINGS
} Reading;

/* When messages were polled, by their addresses: times.c. */
typedef struct {
    struct Entry *entries;
    size_t size, used; /* size: a power of two */
} Times;

#define STATE_MEMBERS(each)                                  \
    each(current)     /* OpenTelemetry's context variable */ \
        each(nothing) /* an empty tuple */                   \
        each(minus_one) each(zero)

typedef struct {
    PyTypeObject *types[TYPES];
    PyObject *names[NAMES];
    PyObject *readings[READINGS]; /* names, too */
    PyTypeObject *message_type;   /* whose methods are called straight: */
    PyCFunction readers[READINGS];
    Times times;
    STATE_MEMBERS(DECLARE)
} State;

int state_make(State *state, PyObject *module);
int state_traverse(const State *state, visitproc visit, void *arg);
void state_clear(State *state);
State *state_of(PyTypeObject *type); /* one of the module's types, or a subclass */

#endif
