/* Reads of a message. By their C functions, since looking a method up costs as much as many of them. */
#include "speedups.h"

Reading read_error = {"error", NULL, NULL}, read_headers = {"headers", NULL, NULL}, read_key = {"key", NULL, NULL},
        read_offset = {"offset", NULL, NULL}, read_partition = {"partition", NULL, NULL},
        read_timestamp = {"timestamp", NULL, NULL}, read_topic = {"topic", NULL, NULL}, read_value = {"value", NULL, NULL};

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

/* Learns the methods of confluent_kafka.Message; one that is none in C, or takes arguments, is called in the usual way. */
int use_message(PyObject *type)
{
    if (!PyType_Check(type)) {
        PyErr_SetString(PyExc_TypeError, "expected the type of messages");
        return -1;
    }
    SET(message_type, (PyTypeObject *)Py_NewRef(type));
    for (size_t each = 0; each < sizeof(readings) / sizeof(readings[0]); each++) {
        Reading *method = readings[each];
        SET(method->interned, PyUnicode_InternFromString(method->name));
        PyObject *found = method->interned == NULL ? NULL : PyObject_GetAttr(type, method->interned);
        if (found == NULL)
            return -1;
        if (Py_IS_TYPE(found, &PyMethodDescr_Type)) {
            PyMethodDef *definition = ((PyMethodDescrObject *)found)->d_method;
            method->function = definition->ml_flags == METH_NOARGS ? definition->ml_meth : NULL;
        }
        Py_DECREF(found);
    }
    return 0;
}
