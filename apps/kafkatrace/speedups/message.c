/* Reads of a message. By their C functions, since looking a method up costs as much as many of them. */
#include "speedups.h"

Reading read_error = {"error", NULL, NULL}, read_headers = {"headers", NULL, NULL}, read_key = {"key", NULL, NULL},
        read_offset = {"offset", NULL, NULL}, read_partition = {"partition", NULL, NULL},
        read_timestamp = {"timestamp", NULL, NULL}, read_topic = {"topic", NULL, NULL},
        read_value = {"value", NULL, NULL};

static Reading *const readings[] = {&read_error,     &read_headers,   &read_key,   &read_offset,
                                    &read_partition, &read_timestamp, &read_topic, &read_value};
static PyTypeObject *message_type;

PyObject *reading(PyObject *message, const Reading *method)
{
    if (method->function == NULL || !Py_IS_TYPE(message, message_type))
        return PyObject_CallMethodNoArgs(message, method->interned);
    PyObject *result = method->function(message, NULL);
    if (result != NULL && PyErr_Occurred()) /* headers() of confluent-kafka 2.16 does both */
        Py_CLEAR(result);
    return result;
}

/* The C function of a method that `type` has of its own or inherits; NULL where it is none, or another type's. */
static PyCFunction function_of(PyObject *method, PyTypeObject *type)
{
    if (!Py_IS_TYPE(method, &PyMethodDescr_Type) || !PyType_IsSubtype(type, PyDescr_TYPE(method)))
        return NULL;
    PyMethodDef *definition = ((PyMethodDescrObject *)method)->d_method;
    return definition->ml_flags == METH_NOARGS ? definition->ml_meth : NULL;
}

/* Learns the methods of confluent_kafka.Message; one that is none in C, or takes arguments, is called in the usual way. */
int use_message(PyObject *type)
{
    if (!PyType_Check(type)) {
        PyErr_SetString(PyExc_TypeError, "expected the type of messages");
        return -1;
    }
    SET(message_type, NULL); /* no function may be called while they are those of two types */
    for (size_t each = 0; each < sizeof(readings) / sizeof(readings[0]); each++) {
        Reading *method = readings[each];
        PyObject *found = PyObject_GetAttr(type, method->interned);
        if (found == NULL)
            return -1;
        method->function = function_of(found, (PyTypeObject *)type);
        Py_DECREF(found);
    }
    message_type = (PyTypeObject *)Py_NewRef(type);
    return 0;
}

int intern_readings(void)
{
    for (size_t each = 0; each < sizeof(readings) / sizeof(readings[0]); each++)
        if ((readings[each]->interned = PyUnicode_InternFromString(readings[each]->name)) == NULL)
            return -1;
    return 0;
}

/* ---- into a span */

/* Each of these reads a part of the message: 1; 0 where it is not what a record has, and Python looks at it; -1 with an
 * exception. */

/* An integer of up to 64 bits, and no object that only acts as one. */
int read_exactly(PyObject *given, long long *number)
{
    int overflow = 0;
    if (!PyLong_CheckExact(given))
        return 0;
    *number = PyLong_AsLongLongAndOverflow(given, &overflow);
    return !overflow;
}

int read_time(PyObject *message, int *type_of, long long *timestamp)
{
    PyObject *pair = reading(message, &read_timestamp);
    long long type = 0;
    if (pair == NULL)
        return -1;
    int read = PyTuple_CheckExact(pair) && PyTuple_GET_SIZE(pair) == 2 &&
               read_exactly(PyTuple_GET_ITEM(pair, 0), &type) && type >= 0 && type <= INT_MAX &&
               read_exactly(PyTuple_GET_ITEM(pair, 1), timestamp);
    *type_of = (int)type;
    Py_DECREF(pair);
    return read;
}

int read_integer(PyObject *message, const Reading *method, long long *number)
{
    PyObject *given = reading(message, method);
    if (given == NULL)
        return -1;
    int read = read_exactly(given, number);
    Py_DECREF(given);
    return read;
}

static int read_number(PyObject *message, const Reading *method, long long *number)
{
    int read = read_integer(message, method, number);
    return read > 0 ? *number >= 0 : read;
}

int where_is(PyObject *message, Place *place)
{
    PyObject *topic = reading(message, &read_topic);
    place->topic = topic == NULL ? -1 : PyObject_Hash(topic);
    place->partition = place->offset = -1;
    Py_XDECREF(topic);
    if (place->topic == -1 || read_integer(message, &read_partition, &place->partition) < 0)
        return -1;
    return read_integer(message, &read_offset, &place->offset) < 0 ? -1 : 0;
}

/* That it is no event, and its topic. */
int read_topic_name(SpanFields *span, PyObject *message)
{
    PyObject *error = reading(message, &read_error);
    Py_XDECREF(error);
    if (error != Py_None)
        return error == NULL ? -1 : 0;
    if ((span->topic = reading(message, &read_topic)) == NULL)
        return -1;
    return PyUnicode_CheckExact(span->topic);
}

/* Where in its topic it is. */
int read_place(SpanFields *span, PyObject *message)
{
    long long partition;
    int read = read_number(message, &read_partition, &partition);
    if (read <= 0 || partition > INT_MAX)
        return read < 0 ? -1 : 0;
    span->partition = (int)partition;
    return read_number(message, &read_offset, &span->offset);
}
