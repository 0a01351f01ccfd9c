/* Reads of a message. By their C functions, since looking a method up costs as much as many of them. */
#include "speedups.h"

/* Called straight where the message is of confluent-kafka's own type. */
PyObject *reading(const State *state, PyObject *message, Reading which)
{
    PyCFunction reader = state->readers[which];
    if (reader == NULL || !Py_IS_TYPE(message, state->message_type))
        return PyObject_CallMethodNoArgs(message, state->readings[which]);
    PyObject *result = reader(message, NULL);
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
int use_message(State *state, PyObject *type)
{
    if (!PyType_Check(type)) {
        PyErr_SetString(PyExc_TypeError, "expected the type of messages");
        return -1;
    }
    SET(state->message_type, NULL); /* no function may be called while they are those of two types */
    for (int each = 0; each < READINGS; each++) {
        PyObject *found = PyObject_GetAttr(type, state->readings[each]);
        if (found == NULL)
            return -1;
        state->readers[each] = function_of(found, (PyTypeObject *)type);
        Py_DECREF(found);
    }
    state->message_type = (PyTypeObject *)Py_NewRef(type);
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

int read_time(const State *state, PyObject *message, int *type_of, long long *timestamp)
{
    PyObject *pair = reading(state, message, READ_TIMESTAMP);
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

int read_integer(const State *state, PyObject *message, Reading which, long long *number)
{
    PyObject *given = reading(state, message, which);
    if (given == NULL)
        return -1;
    int read = read_exactly(given, number);
    Py_DECREF(given);
    return read;
}

static int read_number(const State *state, PyObject *message, Reading which, long long *number)
{
    int read = read_integer(state, message, which, number);
    return read > 0 ? *number >= 0 : read;
}

int where_is(const State *state, PyObject *message, Place *place)
{
    PyObject *topic = reading(state, message, READ_TOPIC);
    place->topic = topic == NULL ? -1 : PyObject_Hash(topic);
    place->partition = place->offset = -1;
    Py_XDECREF(topic);
    if (place->topic == -1 || read_integer(state, message, READ_PARTITION, &place->partition) < 0)
        return -1;
    return read_integer(state, message, READ_OFFSET, &place->offset) < 0 ? -1 : 0;
}

/* That it is no event, and its topic. */
int read_topic_name(SpanFields *span, PyObject *message)
{
    const State *state = span->state;
    PyObject *error = reading(state, message, READ_ERROR);
    Py_XDECREF(error);
    if (error != Py_None)
        return error == NULL ? -1 : 0;
    if ((span->topic = reading(state, message, READ_TOPIC)) == NULL)
        return -1;
    return PyUnicode_CheckExact(span->topic);
}

/* Where in its topic it is. */
int read_place(SpanFields *span, PyObject *message)
{
    const State *state = span->state;
    long long partition;
    int read = read_number(state, message, READ_PARTITION, &partition);
    if (read <= 0 || partition > INT_MAX)
        return read < 0 ? -1 : 0;
    span->partition = (int)partition;
    return read_number(state, message, READ_OFFSET, &span->offset);
}
