/* What the spans of messages and of sends are encoded with. */
#ifndef KAFKATRACE_ENCODER_H
#define KAFKATRACE_ENCODER_H

#include "wire.h"

enum { OFFSET, KEY, OF_A_SEND, QUEUE_MS = OF_A_SEND, SINCE_TIMESTAMP_MS, LAG, OF_A_MESSAGE, KINDS = 4 };

#define ENCODER_MEMBERS(each)                                                           \
    each(finisher) each(owner) /* whose attribute `clock_attributes` is written, too */ \
        each(prefixes)         /* what all spans of a place begin with */               \
        each(names)            /* of attributes */                                      \
        each(tombstone) each(kinds)
typedef struct {
    PyObject_HEAD
    State *state;
    ENCODER_MEMBERS(DECLARE)
} Encoder;

static inline PyObject *name(Encoder *self, int which) { return PyTuple_GET_ITEM(self->names, which); }

int clock_attributes(Encoder *self, Wire *wire);
PyObject *prefix_of(Encoder *self, PyObject *topic, long partition);

#endif
