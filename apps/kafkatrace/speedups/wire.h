/* Protocol buffers into a buffer of fixed size: what does not fit, or is no id, sets `full`, and
 * Python writes that span.
 * https://protobuf.dev/programming-guides/encoding/ and
 * https://github.com/open-telemetry/opentelemetry-proto/blob/v1.8.0/opentelemetry/proto/trace/v1/trace.proto */
#ifndef KAFKATRACE_WIRE_H
#define KAFKATRACE_WIRE_H

#include "speedups.h"
#include <stdint.h>
#include <string.h>

enum { ROOM = 4096 };
typedef struct {
    unsigned char bytes[ROOM];
    size_t used;
    int full;
} Wire;

/* The ids of a span, hexadecimal: of its trace, its own, and its parent's, which may be NULL. */
typedef struct {
    const char *trace, *own, *parent;
} Ids;

enum { KNOWN_FLAGS = 3, PARENT_KNOWN = 0x100, REMOTE = 0x300 };

static inline void wire_begin(Wire *wire) { wire->used = 0, wire->full = 0; }

static inline void wire_raw(Wire *wire, const void *bytes, size_t length)
{
    if (wire->full || length > ROOM - wire->used) {
        wire->full = 1;
        return;
    }
    memcpy(wire->bytes + wire->used, bytes, length);
    wire->used += length;
}

static inline void wire_object(Wire *wire, PyObject *bytes)
{
    wire_raw(wire, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
}

void wire_head(Wire *wire, const Ids *ids, long long start, long long ended, int flags);
void wire_int(Wire *wire, PyObject *key, long long number);
void wire_double(Wire *wire, PyObject *key, double number);
void wire_text(Wire *wire, PyObject *key, const char *text, size_t length);
PyObject *wire_span(Wire *wire);
int wire_key(Wire *wire, PyObject *name, PyObject *key);

#endif
