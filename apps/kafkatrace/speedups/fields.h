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

enum {
    RECORDING,
    ENDED_AT,
    LINKED,
    TOMBSTONE,
    TIMESTAMP_TYPE,
    TIMESTAMP,
    POLLED,
    START,
    PARTITION,
    OFFSET,
    KEEP_AFTER
};
extern const Field fields[];
extern PyGetSetDef field_attributes[];

/* What `if span.<field>` finds: 1, 0, or -1 with an exception. */
int field_truth(SpanFields *span, const Field *field);

static inline int is_recording(SpanFields *span)
{
    return span->valid & HAS_RECORDING ? span->recording : field_truth(span, &fields[RECORDING]);
}

static inline int has_ended(SpanFields *span)
{
    return span->valid & HAS_ENDED_AT ? span->ended_at != 0 : field_truth(span, &fields[ENDED_AT]);
}

#endif
