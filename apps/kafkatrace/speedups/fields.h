/* The numbers and flags of a span. */
#ifndef KAFKATRACE_FIELDS_H
#define KAFKATRACE_FIELDS_H

#include "speedups.h"

typedef struct {
    const char *name;
    size_t place;
    enum { FLAG, INT, LONG } kind;
    int bit; /* of SpanFields.valid */
} Field;

enum { RECORDING, ENDED_AT, LINKED, TOMBSTONE, TIMESTAMP_TYPE, TIMESTAMP, POLLED, START, PARTITION, OFFSET };
extern const Field fields[];
extern PyGetSetDef field_attributes[];

/* What `if span.<field>` finds: 1, 0, or -1 with an exception. */
int field_truth(SpanFields *span, const Field *field);

#endif
