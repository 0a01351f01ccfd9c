/* What spans are made of, as in kafkatrace.spans.otlp and kafkatrace.spans.protobuf. */
#include "wire.h"

enum { ATTRIBUTE = 0x4a, LONGEST_KEY = 1024 };

static size_t varint(unsigned char *to, uint64_t number)
{
    size_t length = 0;
    for (; number >= 0x80; number >>= 7)
        to[length++] = (unsigned char)(number | 0x80);
    to[length++] = (unsigned char)number;
    return length;
}

static size_t varint_length(uint64_t number)
{
    size_t length = 1;
    for (; number >= 0x80; number >>= 7)
        length++;
    return length;
}

static unsigned char *fixed(unsigned char *to, uint64_t number, int length)
{
    for (int each = 0; each < length; each++)
        to[each] = (unsigned char)(number >> (8 * each));
    return to + length;
}

/* One more than a hexadecimal digit is worth; 0: it is none. */
static const unsigned char worth[256] = {['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
                                         ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
                                         ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16};

static unsigned char *id(unsigned char *to, unsigned char tag, const char *digits, int length, int *wrong)
{
    *to++ = tag;
    *to++ = (unsigned char)length;
    for (int each = 0; each < length; each++, digits += 2) {
        unsigned high = worth[(unsigned char)digits[0]], low = worth[(unsigned char)digits[1]];
        *wrong |= high == 0 || low == 0;
        *to++ = (unsigned char)((high - 1) << 4 | ((low - 1) & 15));
    }
    return to;
}

void wire_head(Wire *wire, const Ids *ids, long long start, long long ended, int flags)
{
    unsigned char head[64], *to = id(head, 0x0a, ids->trace, 16, &wire->full);
    to = id(to, 0x12, ids->own, 8, &wire->full);
    if (ids->parent != NULL)
        to = id(to, 0x22, ids->parent, 8, &wire->full);
    *to++ = 0x39;
    to = fixed(to, (uint64_t)start, 8);
    *to++ = 0x41;
    to = fixed(to, (uint64_t)ended, 8);
    *to++ = 0x85; /* field 16 */
    *to++ = 0x01;
    to = fixed(to, (uint64_t)(flags | PARENT_KNOWN), 4);
    wire_raw(wire, head, (size_t)(to - head));
}

/* An attribute's beginning, for a value (an AnyValue) of that many bytes. */
static void attribute(Wire *wire, PyObject *key, size_t value)
{
    size_t name = (size_t)PyBytes_GET_SIZE(key), used = 1;
    unsigned char head[24] = {ATTRIBUTE};
    used += varint(head + used, 1 + varint_length(name) + name + 1 + varint_length(value) + value);
    head[used++] = 0x0a;
    used += varint(head + used, name);
    wire_raw(wire, head, used);
    wire_object(wire, key);
    head[0] = 0x12;
    wire_raw(wire, head, 1 + varint(head + 1, value));
}

void wire_int(Wire *wire, PyObject *key, long long number)
{
    unsigned char value[11] = {0x18};
    size_t length = 1 + varint(value + 1, (uint64_t)number);
    attribute(wire, key, length);
    wire_raw(wire, value, length);
}

void wire_double(Wire *wire, PyObject *key, double number)
{
    unsigned char value[9] = {0x21};
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    fixed(value + 1, bits, 8);
    attribute(wire, key, sizeof value);
    wire_raw(wire, value, sizeof value);
}

void wire_text(Wire *wire, PyObject *key, const char *text, size_t length)
{
    unsigned char head[11] = {0x0a};
    size_t used = 1 + varint(head + 1, length);
    attribute(wire, key, used + length);
    wire_raw(wire, head, used);
    wire_raw(wire, text, length);
}

/* The attribute of a record's key; 0 where Python had better look at it, or no key is shown. */
int wire_key(Wire *wire, PyObject *name, PyObject *key)
{
    const char *text;
    Py_ssize_t length;
    if (key == Py_None)
        return 1;
    if (PyUnicode_CheckExact(key) && PyUnicode_IS_COMPACT_ASCII(key)) {
        text = (const char *)PyUnicode_1BYTE_DATA(key);
        length = PyUnicode_GET_LENGTH(key);
    }
    else if (PyBytes_CheckExact(key)) {
        text = PyBytes_AS_STRING(key);
        length = PyBytes_GET_SIZE(key);
        for (Py_ssize_t each = 0; each < length; each++)
            if (text[each] & 0x80)
                return 0;
    }
    else
        return 0;
    if (length > LONGEST_KEY)
        return 0;
    wire_text(wire, name, text, (size_t)length);
    return 1;
}

/* What was written, framed as a span of its scope; NULL without an exception where it did not fit. */
PyObject *wire_span(Wire *wire)
{
    unsigned char head[11] = {0x12};
    size_t length = 1 + varint(head + 1, wire->used);
    PyObject *made;
    if (wire->full)
        return NULL;
    if ((made = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(length + wire->used))) != NULL) {
        memcpy(PyBytes_AS_STRING(made), head, length);
        memcpy(PyBytes_AS_STRING(made) + length, wire->bytes, wire->used);
    }
    return made;
}
