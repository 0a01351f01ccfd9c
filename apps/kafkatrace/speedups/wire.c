/* What spans are made of, as in kafkatrace.otlp and kafkatrace.wire. */
#include "wire.h"

enum { ATTRIBUTE = 0x4a, LONGEST_KEY = 1024 };

void wire_begin(Wire *wire) { wire->used = 0, wire->full = 0; }

void wire_raw(Wire *wire, const void *bytes, size_t length)
{
    if (wire->full || length > ROOM - wire->used) {
        wire->full = 1;
        return;
    }
    memcpy(wire->bytes + wire->used, bytes, length);
    wire->used += length;
}

void wire_object(Wire *wire, PyObject *bytes)
{
    wire_raw(wire, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
}

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
    unsigned char ignored[10];
    return varint(ignored, number);
}

static void wire_varint(Wire *wire, uint64_t number)
{
    unsigned char bytes[10];
    wire_raw(wire, bytes, varint(bytes, number));
}

static void wire_byte(Wire *wire, unsigned char byte) { wire_raw(wire, &byte, 1); }

static void wire_fixed(Wire *wire, uint64_t number, int length)
{
    unsigned char bytes[8];
    for (int each = 0; each < length; each++)
        bytes[each] = (unsigned char)(number >> (8 * each));
    wire_raw(wire, bytes, (size_t)length);
}

static int half(char character) { return character <= '9' ? character - '0' : (character | 0x20) - 'a' + 10; }

static void wire_id(Wire *wire, unsigned char tag, const char *digits, size_t length)
{
    wire_byte(wire, tag);
    wire_byte(wire, (unsigned char)length);
    for (size_t each = 0; each < length; each++)
        wire_byte(wire, (unsigned char)(half(digits[2 * each]) << 4 | half(digits[2 * each + 1])));
}

void wire_head(Wire *wire, const Ids *ids, long long begun, long long ended, int flags)
{
    wire_id(wire, 0x0a, ids->trace, 16);
    wire_id(wire, 0x12, ids->own, 8);
    if (ids->parent != NULL)
        wire_id(wire, 0x22, ids->parent, 8);
    wire_byte(wire, 0x39);
    wire_fixed(wire, (uint64_t)begun, 8);
    wire_byte(wire, 0x41);
    wire_fixed(wire, (uint64_t)ended, 8);
    wire_varint(wire, 0x85); /* field 16 */
    wire_fixed(wire, (uint64_t)(flags | PARENT_KNOWN), 4);
}

/* An attribute's beginning, for a value (an AnyValue) of that many bytes. */
static void attribute(Wire *wire, PyObject *key, size_t value)
{
    size_t name = (size_t)PyBytes_GET_SIZE(key);
    wire_byte(wire, ATTRIBUTE);
    wire_varint(wire, 1 + varint_length(name) + name + 1 + varint_length(value) + value);
    wire_byte(wire, 0x0a);
    wire_varint(wire, name);
    wire_object(wire, key);
    wire_byte(wire, 0x12);
    wire_varint(wire, value);
}

void wire_int(Wire *wire, PyObject *key, long long number)
{
    attribute(wire, key, 1 + varint_length((uint64_t)number));
    wire_byte(wire, 0x18);
    wire_varint(wire, (uint64_t)number);
}

void wire_double(Wire *wire, PyObject *key, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    attribute(wire, key, 9);
    wire_byte(wire, 0x21);
    wire_fixed(wire, bits, 8);
}

void wire_text(Wire *wire, PyObject *key, const char *text, size_t length)
{
    attribute(wire, key, 1 + varint_length(length) + length);
    wire_byte(wire, 0x0a);
    wire_varint(wire, length);
    wire_raw(wire, text, length);
}

/* The attribute of a record's key; 0 where Python had better look at it, or no key is told. */
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
