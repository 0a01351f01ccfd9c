/* The traceparent in a record's headers, https://www.w3.org/TR/trace-context-2/#traceparent-header */
#include "speedups.h"
#include <string.h>

/* Whether `name` is this one; they come from C, so each is a string of its own. */
static int is_named(PyObject *name, const char *wanted, Py_ssize_t length)
{
    return PyUnicode_CheckExact(name) && PyUnicode_GET_LENGTH(name) == length && PyUnicode_IS_COMPACT_ASCII(name) &&
           memcmp(PyUnicode_1BYTE_DATA(name), wanted, (size_t)length) == 0;
}

enum { DIGIT = 1, NOT_ZERO = 3 };
static const unsigned char kinds[256] = {['0'] = DIGIT,    ['1'] = NOT_ZERO, ['2'] = NOT_ZERO, ['3'] = NOT_ZERO,
                                         ['4'] = NOT_ZERO, ['5'] = NOT_ZERO, ['6'] = NOT_ZERO, ['7'] = NOT_ZERO,
                                         ['8'] = NOT_ZERO, ['9'] = NOT_ZERO, ['a'] = NOT_ZERO, ['b'] = NOT_ZERO,
                                         ['c'] = NOT_ZERO, ['d'] = NOT_ZERO, ['e'] = NOT_ZERO, ['f'] = NOT_ZERO};

/* Whether these are hexadecimal digits and not all zero. */
static inline int is_id(const char *text, int length)
{
    unsigned char all = NOT_ZERO, some = 0;
    for (int each = 0; each < length; each++) {
        all &= kinds[(unsigned char)text[each]];
        some |= kinds[(unsigned char)text[each]];
    }
    return all && some == NOT_ZERO;
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
