/* The delivery report of a send that produce() began in C. A failed one is Python's to look at. */
#include "producer.h"

enum { CLOCK_NS = 100000000 };

static int count(Send *send, Sending *sending)
{
    PyObject *histogram = topics_value(sending->known, sending->histogram, send->topic);
    if (histogram == NULL)
        return -1;
    if (PyObject_TypeCheck(histogram, sending->state->types[HISTOGRAM_TYPE]))
        return histogram_add(histogram, send->ended - send->start);
    PyErr_Format(PyExc_TypeError, "expected a histogram for a topic, not %R", histogram);
    return -1;
}

/* Reads where the record lies, and the broker's clock, where a look at it is due: 1; 0 where these are not what a report
 * has; -1 with an exception. */
static int read_report(Send *send, Sending *sending, PyObject *message)
{
    long long partition;
    int read = read_integer(sending->state, message, READ_PARTITION, &partition);
    if (read <= 0 || partition < INT_MIN || partition > INT_MAX)
        return read < 0 ? -1 : 0;
    send->partition = (int)partition;
    if ((read = read_integer(sending->state, message, READ_OFFSET, &send->offset)) <= 0 ||
        send->ended < sending->clock_due)
        return read;
    sending->clock_due = send->ended + CLOCK_NS;
    return read_time(sending->state, message, &send->timestamp_type, &send->timestamp);
}

/* What its export gets: the span, counted, where it is quickly encoded; else the send, for the background. */
static PyObject *item_of(Send *send, Sending *sending, int encodes)
{
    PyObject *item = encodes ? encode_send(sending->encoder, send) : NULL;
    if (item == NULL)
        return PyErr_Occurred() ? NULL : PyTuple_Pack(3, sending->sender, send, Py_None);
    if (count(send, sending) < 0)
        Py_CLEAR(item);
    return item;
}

/* A send that is not sampled is only counted: 1, or -1 with an exception. */
static int count_unsampled(Send *send, Sending *sending)
{
    return sending->metrics_enabled && count(send, sending) < 0 ? -1 : 1;
}

/* Hands a sampled send over to its export; returns what read_report() did. */
static int put(Send *send, Sending *sending, PyObject *message)
{
    int looks_at_clock = send->ended >= sending->clock_due, read = read_report(send, sending, message);
    PyObject *put = read <= 0 ? NULL : PyObject_GetAttr(sending->sender, sending->state->names[NAME_PUT]), *item,
             *done = NULL;
    if (put == NULL)
        return read <= 0 ? read : -1;
    if ((item = item_of(send, sending, put == sending->put && !looks_at_clock)) != NULL)
        done = PyObject_CallOneArg(put, item);
    Py_DECREF(put);
    Py_XDECREF(item);
    Py_XDECREF(done);
    return done == NULL ? -1 : 1;
}

static PyObject *reported(Send *send, Sending *sending, PyObject *callback, PyObject *const *args)
{
    int done = 0;
    if (args[0] == Py_None) {
        send->ended = now_ns();
        done = send->traceparent != NULL ? put(send, sending, args[1]) : count_unsampled(send, sending);
    }
    if (done < 0)
        return NULL;
    if (done == 0)
        return PyObject_CallMethodObjArgs(sending->sender, sending->state->names[NAME_DELIVERED], send, callback,
                                          args[0], args[1], NULL);
    return callback == Py_None ? Py_NewRef(Py_None) : PyObject_Vectorcall(callback, args, 2, NULL);
}

PyObject *delivered(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *Py_UNUSED(names))
{
    Send *send = (Send *)callable;
    Sending *sending = send->sending;
    PyObject *callback = send->callback, *result;
    if (PyVectorcall_NARGS(nargsf) != 2 || sending == NULL) {
        PyErr_SetString(PyExc_TypeError, "a delivery report is an error and a message, and comes once");
        return NULL;
    }
    send->sending = NULL;
    send->callback = NULL;
    result = reported(send, sending, callback, args);
    Py_DECREF(sending);
    Py_DECREF(callback);
    return result;
}
