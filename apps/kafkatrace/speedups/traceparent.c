/* The traceparent in a record's headers, https://www.w3.org/TR/trace-context-2/#traceparent-header */
#include "speedups.h"
#include <stdint.h>
#include <string.h>

static const uint64_t EACH = 0x0101010101010101, HIGHEST = 0x8080808080808080;

/* Whether `name` is this one; they come from C, so each is a string of its own. */
static int is_named(PyObject *name, const char *wanted, Py_ssize_t length)
{
    return PyUnicode_CheckExact(name) && PyUnicode_GET_LENGTH(name) == length && PyUnicode_IS_COMPACT_ASCII(name) &&
           memcmp(PyUnicode_1BYTE_DATA(name), wanted, (size_t)length) == 0;
}

/* Each of the eight bytes that lies between two characters has its highest bit set; of use only where no byte is
 * above 127. */
static inline uint64_t between(uint64_t bytes, unsigned char first, unsigned char last)
{
    uint64_t from = bytes + EACH * (0x80 - first), beyond = bytes + EACH * (0x7f - last);
    return from & ~beyond;
}

/* Whether these are hexadecimal digits and not all zero. Eight at once: one by one they cost half of an unsampled record. */
static inline int is_id(const char *text, int length)
{
    uint64_t right = HIGHEST, some = 0, bytes;
    for (int each = 0; each < length; each += 8) {
        memcpy(&bytes, text + each, 8);
        right &= (between(bytes, '0', '9') | between(bytes, 'a', 'f')) & ~bytes;
        some |= bytes ^ EACH * '0';
    }
    return right == HIGHEST && some != 0;
}

/* Whether it is a valid traceparent of version 00 with no flags but the two that are known. */
static int is_traceparent(PyObject *value)
{
    const char *text;
    if (!PyBytes_CheckExact(value) || PyBytes_GET_SIZE(value) != TRACEPARENT)
        return 0;
    text = PyBytes_AS_STRING(value);
    return text[0] == '0' && text[1] == '0' && text[2] == '-' && text[35] == '-' && text[52] == '-' &&
           text[53] == '0' && text[FLAGS] >= '0' && text[FLAGS] <= '3' && is_id(text + TRACE_ID, TRACE_ID_LENGTH) &&
           is_id(text + SPAN_ID, SPAN_ID_LENGTH);
}

/* The lone traceparent (borrowed) of headers; NULL where there is more or less, without an exception. */
PyObject *lone_traceparent(PyObject *headers)
{
    PyObject *found = NULL;
    if (!PyList_CheckExact(headers))
        return NULL;
    for (Py_ssize_t each = 0; each < PyList_GET_SIZE(headers); each++) {
        PyObject *pair = PyList_GET_ITEM(headers, each), *name;
        if (pair == NULL || !PyTuple_CheckExact(pair) || PyTuple_GET_SIZE(pair) != 2)
            return NULL;
        name = PyTuple_GET_ITEM(pair, 0);
        if (is_named(name, "traceparent", 11))
            found = PyTuple_GET_ITEM(pair, 1);
        else if (is_named(name, "tracestate", 10) || is_named(name, "baggage", 7))
            return NULL;
    }
    return found != NULL && is_traceparent(found) ? found : NULL;
}
