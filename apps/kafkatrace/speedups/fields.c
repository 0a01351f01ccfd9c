/* The numbers and flags of a span as attributes. A handler may set each of them to anything: what the C field can't hold is
 * kept as it is, and reads as it was set, so that Python, which such a span is left to, says the same as without C. */
#include "fields.h"

#define FIELD(name, kind, bit) {#name, offsetof(SpanFields, name), kind, bit}

const Field fields[] = {
    [RECORDING] = FIELD(recording, FLAG, HAS_RECORDING),
    [ENDED_AT] = FIELD(ended_at, LONG, HAS_ENDED_AT),
    [LINKED] = FIELD(linked, FLAG, HAS_LINKED),
    [TOMBSTONE] = FIELD(tombstone, FLAG, HAS_TOMBSTONE),
    [TIMESTAMP_TYPE] = FIELD(timestamp_type, INT, HAS_TIMESTAMP_TYPE),
    [TIMESTAMP] = FIELD(timestamp, LONG, HAS_TIMESTAMP),
    [POLLED] = FIELD(polled, LONG, HAS_POLLED),
    [START] = FIELD(start, LONG, HAS_START),
    [PARTITION] = FIELD(partition, INT, HAS_PARTITION),
    [OFFSET] = FIELD(offset, LONG, HAS_OFFSET),
    [KEEP_AFTER] = FIELD(keep_after, LONG, HAS_KEEP_AFTER),
};

static long long number_of(SpanFields *span, const Field *field)
{
    const char *place = (const char *)span + field->place;
    if (field->kind == LONG)
        return *(const long long *)place;
    return field->kind == INT ? *(const int *)place : *place;
}

static void put_number(SpanFields *span, const Field *field, long long number)
{
    char *place = (char *)span + field->place;
    if (field->kind == LONG)
        *(long long *)place = number;
    else if (field->kind == INT)
        *(int *)place = (int)number;
    else
        *place = (char)number;
}

/* Whether the field can hold the value. */
static int fits(const Field *field, PyObject *value, long long *number)
{
    int overflow;
    if (field->kind == FLAG) {
        *number = value == Py_True;
        return value == Py_True || value == Py_False;
    }
    if (!PyLong_CheckExact(value))
        return 0;
    *number = PyLong_AsLongLongAndOverflow(value, &overflow);
    return !overflow && (field->kind == LONG || (*number >= INT_MIN && *number <= INT_MAX));
}

static int missing(const Field *field)
{
    PyErr_SetString(PyExc_AttributeError, field->name);
    return -1;
}

/* Borrowed; NULL without an exception where there is none. */
static PyObject *odd_of(SpanFields *span, const Field *field)
{
    return span->odd == NULL ? NULL : PyDict_GetItemString(span->odd, field->name);
}

static PyObject *field_get(PyObject *self, void *closure)
{
    const Field *field = closure;
    SpanFields *span = (SpanFields *)self;
    if (span->valid & field->bit)
        return field->kind == FLAG ? PyBool_FromLong((long)number_of(span, field))
                                   : PyLong_FromLongLong(number_of(span, field));
    PyObject *odd = odd_of(span, field);
    if (odd == NULL)
        missing(field);
    return Py_XNewRef(odd);
}

static int field_delete(SpanFields *span, const Field *field)
{
    if (span->valid & field->bit)
        span->valid &= ~field->bit;
    else if (odd_of(span, field) == NULL)
        return missing(field);
    else
        return PyDict_DelItemString(span->odd, field->name);
    return 0;
}

static int set_odd(SpanFields *span, const Field *field, PyObject *value)
{
    if (span->odd == NULL && (span->odd = PyDict_New()) == NULL)
        return -1;
    if (PyDict_SetItemString(span->odd, field->name, value) < 0)
        return -1;
    span->valid &= ~field->bit;
    return 0;
}

static int field_set(PyObject *self, PyObject *value, void *closure)
{
    const Field *field = closure;
    SpanFields *span = (SpanFields *)self;
    long long number;
    if (value == NULL)
        return field_delete(span, field);
    if (!fits(field, value, &number))
        return set_odd(span, field, value);
    put_number(span, field, number);
    span->valid |= field->bit;
    return odd_of(span, field) == NULL ? 0 : PyDict_DelItemString(span->odd, field->name);
}

int field_truth(SpanFields *span, const Field *field)
{
    if (span->valid & field->bit)
        return number_of(span, field) != 0;
    PyObject *value = field_get((PyObject *)span, (void *)field);
    int truth = value == NULL ? -1 : PyObject_IsTrue(value);
    Py_XDECREF(value);
    return truth;
}

#define ATTRIBUTE(name, which) {name, field_get, field_set, NULL, (void *)&fields[which]}

PyGetSetDef field_attributes[] = {
    ATTRIBUTE("recording", RECORDING),
    ATTRIBUTE("ended_at", ENDED_AT),
    ATTRIBUTE("linked", LINKED),
    ATTRIBUTE("tombstone", TOMBSTONE),
    ATTRIBUTE("timestamp_type", TIMESTAMP_TYPE),
    ATTRIBUTE("timestamp", TIMESTAMP),
    ATTRIBUTE("polled", POLLED),
    ATTRIBUTE("start", START),
    ATTRIBUTE("partition", PARTITION),
    ATTRIBUTE("offset", OFFSET),
    ATTRIBUTE("keep_after", KEEP_AFTER),
    {NULL},
};
