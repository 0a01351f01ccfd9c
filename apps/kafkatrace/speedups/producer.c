/* produce(): a record that nothing is current around. All else is produced by the method in Python. */
#include "producer.h"

enum { TOPIC, VALUE, KEY, PARTITION, CALLBACK, ON_DELIVERY, TIMESTAMP, HEADERS, ARGUMENTS };

static Send *begin(Sending *sending, PyObject **given, PyObject *callback, PyObject *traceparent)
{
    Send *made = send_new(sending->state, given[TOPIC]);
    if (made == NULL)
        return NULL;
    made->sending = (Sending *)Py_NewRef(sending);
    made->callback = Py_NewRef(callback);
    made->tombstone = given[VALUE] == Py_None;
    if (PyBytes_AS_STRING(traceparent)[FLAGS] & 1) {
        made->traceparent = Py_NewRef(traceparent);
        made->key = Py_NewRef(given[KEY]);
        if (count_one(sending->started) < 0)
            Py_CLEAR(made);
    }
    else if (sending->keeps_errors) {
        made->unsampled = Py_NewRef(traceparent);
        made->key = Py_NewRef(given[KEY]);
    }
    if (made != NULL)
        made->start = now_ns();
    return made;
}

static PyObject *headers_of(const State *state, PyObject *traceparent)
{
    PyObject *pair = PyTuple_Pack(2, state->names[NAME_TRACEPARENT], traceparent),
             *headers = pair == NULL ? NULL : PyList_New(1);
    if (headers == NULL)
        Py_XDECREF(pair);
    else
        PyList_SET_ITEM(headers, 0, pair);
    return headers;
}

/* Tells the sender what kept the record out of the producer's queue, and lets that exception go on. */
static void refused(Send *send, Sending *sending)
{
    PyObject *type, *error, *trace, *done;
    Py_CLEAR(send->sending); /* there will be no report */
    Py_CLEAR(send->callback);
    PyErr_Fetch(&type, &error, &trace);
    PyErr_NormalizeException(&type, &error, &trace);
    done = PyObject_CallMethodObjArgs(sending->sender, sending->state->names[NAME_REFUSED], send, error, NULL);
    Py_XDECREF(done);
    if (done == NULL)
        PyErr_WriteUnraisable((PyObject *)send);
    PyErr_Restore(type, error, trace);
}

static PyObject *new_traceparent(Sending *sending)
{
    PyObject *made = pop_ready(sending->ready, sending->take);
    if (made != NULL && !is_bytes(made, TRACEPARENT)) {
        PyErr_Format(PyExc_TypeError, "expected a traceparent of %d characters, not %R", TRACEPARENT, made);
        Py_CLEAR(made);
    }
    return made;
}

static PyObject *send_record(PyObject *original, PyObject *producer, Sending *sending, PyObject **given,
                             PyObject *callback)
{
    PyObject *traceparent = new_traceparent(sending), *headers, *result = NULL;
    Send *send = NULL;
    if (traceparent == NULL)
        return NULL;
    if ((headers = headers_of(sending->state, traceparent)) != NULL &&
        (send = begin(sending, given, callback, traceparent)) != NULL) {
        int reported = send->traceparent != NULL || sending->metrics_enabled || sending->keeps_errors;
        PyObject *args[] = {producer,   given[TOPIC],     given[VALUE],
                            given[KEY], given[PARTITION], reported ? (PyObject *)send : callback,
                            Py_None,    given[TIMESTAMP], headers};
        result = PyObject_Vectorcall(original, args, 9, NULL);
        if (result == NULL)
            refused(send, sending);
    }
    Py_DECREF(traceparent);
    Py_XDECREF(headers);
    Py_XDECREF(send);
    return result;
}

/* Sorts the arguments of produce() by position; 0 where Python had better look at them. */
static int sort(const State *state, PyObject **given, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    if (count > ARGUMENTS)
        return 0;
    for (Py_ssize_t each = 0; each < count; each++)
        given[each] = args[each];
    for (Py_ssize_t each = 0; names != NULL && each < PyTuple_GET_SIZE(names); each++) {
        Py_ssize_t place = 0; /* names in code are interned */
        while (place < ARGUMENTS && state->names[NAMES_OF_ARGUMENTS + place] != PyTuple_GET_ITEM(names, each))
            place++;
        if (place == ARGUMENTS || given[place] != NULL)
            return 0;
        given[place] = args[count + each];
    }
    return given[TOPIC] != NULL && PyUnicode_CheckExact(given[TOPIC]);
}

static PyObject *callback_of(Sending *sending, PyObject **given)
{
    for (int each = CALLBACK; each <= ON_DELIVERY; each++)
        if (given[each] != NULL && given[each] != Py_None)
            return PyCallable_Check(given[each]) ? given[each] : NULL;
    return sending->on_delivery;
}

static PyObject *common(Method *self, PyObject *producer, PyObject **given, int *done)
{
    PyObject *ambient = NULL, *callback, *result = NULL;
    Sending *sending;
    int plain = plain_context(self->state, &ambient);
    Py_XDECREF(ambient);
    if (plain <= 0 || (sending = (Sending *)part_of(producer, self->state->names[NAME_SENDING],
                                                    self->state->types[SENDING_TYPE])) == NULL) {
        *done = plain < 0;
        return NULL;
    }
    if ((callback = callback_of(sending, given)) != NULL) {
        *done = 1;
        result = send_record(self->original, producer, sending, given, callback);
    }
    Py_DECREF(sending);
    return result;
}

PyObject *produce(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Method *self = (Method *)callable;
    const State *state = self->state;
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    PyObject *given[ARGUMENTS] = {NULL}, *result;
    PyObject *const defaults[] = {NULL, Py_None, Py_None, state->minus_one, Py_None, Py_None, state->zero, Py_None};
    int done = 0;
    if (count >= 2 && sort(state, given, args + 1, count - 1, names)) {
        for (int each = 0; each < ARGUMENTS; each++)
            if (given[each] == NULL)
                given[each] = defaults[each];
        if (given[HEADERS] == Py_None) {
            result = common(self, args[0], given, &done);
            if (done)
                return result;
        }
    }
    return PyObject_Vectorcall(self->function, args, nargsf, names);
}
