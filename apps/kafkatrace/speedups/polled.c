/* Polled: when each message was handed out. A confluent Message takes neither attributes nor weak references, so it is
 * known by its address and its place; one table for all consumers, so that an address that is used again has its newest owner's time. */
#include "speedups.h"

typedef struct {
    PyObject_HEAD
    PyObject *look;      /* called with the consumer now and then */
    PyObject *no_record; /* called with each event; or NULL */
    long long consumed, look_due;
} Polled;

enum { LOOK_NS = 100000000 };

/* Whether a message is a record and no event; -1 with an exception. */
static int is_record(PyObject *message)
{
    PyObject *error = reading(message, &read_error);
    Py_XDECREF(error);
    return error == NULL ? -1 : error == Py_None;
}

static int note(PyObject *message, long long time)
{
    Place place;
    return where_is(message, &place) < 0 ? -1 : times_put(message, time, place);
}

static int look(Polled *self, PyObject *consumer, long long now)
{
    if (now <= self->look_due)
        return 0;
    self->look_due = now + LOOK_NS;
    PyObject *done = PyObject_CallOneArg(self->look, consumer);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* Whether a message is a record; an event is told to whom it concerns. */
static int is_record_or_told(Polled *self, PyObject *message)
{
    int record = is_record(message);
    if (record != 0 || self->no_record == NULL)
        return record;
    PyObject *done = PyObject_CallOneArg(self->no_record, message);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

int polled_note(PyObject *object, PyObject *consumer, PyObject *message)
{
    Polled *self = (Polled *)object;
    int record = is_record_or_told(self, message);
    if (record <= 0)
        return record;
    long long now = now_ns();
    self->consumed++;
    return note(message, now) < 0 ? -1 : look(self, consumer, now);
}

static PyObject *method_one(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "one(consumer, message)");
        return NULL;
    }
    if (polled_note(self, args[0], args[1]) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *note_all(Polled *self, PyObject *messages)
{
    PyObject *records = PyList_New(0);
    long long now = now_ns();
    for (Py_ssize_t each = 0; records != NULL && each < PyList_GET_SIZE(messages); each++) {
        PyObject *message = Py_NewRef(PyList_GET_ITEM(messages, each)); /* error() may change the list */
        int record = is_record_or_told(self, message);
        if (record < 0 || (record && (note(message, now) < 0 || PyList_Append(records, message) < 0)))
            Py_CLEAR(records);
        Py_DECREF(message);
    }
    if (records != NULL)
        self->consumed += PyList_GET_SIZE(records);
    return records;
}

static PyObject *method_all(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2 || !PyList_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError, "all(consumer, list of messages)");
        return NULL;
    }
    PyObject *records = note_all((Polled *)self, args[1]);
    if (records != NULL && PyList_GET_SIZE(records) > 0 && look((Polled *)self, args[0], now_ns()) < 0)
        Py_CLEAR(records);
    return records;
}

static PyObject *method_at(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    long long time;
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "at(message, time)");
        return NULL;
    }
    if (!read_exactly(args[1], &time) || time < 0)
        return PyErr_Format(PyExc_ValueError, "expected nanoseconds since the epoch, as an int below 2**63, not %R",
                            args[1]);
    if (note(args[0], time) < 0)
        return NULL;
    ((Polled *)self)->consumed++;
    Py_RETURN_NONE;
}

static PyObject *method_take(PyObject *Py_UNUSED(self), PyObject *message)
{
    Place place;
    return where_is(message, &place) < 0 ? NULL : PyLong_FromLongLong(times_take(message, place));
}

static PyObject *method_forget(PyObject *self, PyObject *message)
{
    Place place;
    if (where_is(message, &place) < 0)
        return NULL;
    times_take(message, place);
    ((Polled *)self)->consumed--;
    Py_RETURN_NONE;
}

static PyObject *polled_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    PyObject *look, *no_record = NULL, *made;
    if (!PyArg_ParseTuple(args, "O|O:Polled", &look, &no_record) || (made = type->tp_alloc(type, 0)) == NULL)
        return NULL;
    ((Polled *)made)->look = Py_NewRef(look);
    ((Polled *)made)->no_record = Py_XNewRef(no_record);
    return made;
}

static int polled_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((Polled *)self)->look);
    Py_VISIT(((Polled *)self)->no_record);
    return 0;
}

static int polled_clear(PyObject *self)
{
    Py_CLEAR(((Polled *)self)->look);
    Py_CLEAR(((Polled *)self)->no_record);
    return 0;
}

static void polled_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    polled_clear(self);
    Py_TYPE(self)->tp_free(self);
}

static PyMemberDef members[] = {
    {"consumed", T_LONGLONG, offsetof(Polled, consumed), READONLY, "How many messages were handed out."},
    {NULL},
};

static PyMethodDef methods[] = {
    {"one", (PyCFunction)(void (*)(void))method_one, METH_FASTCALL, "Note a message, or an event that is none."},
    {"all", (PyCFunction)(void (*)(void))method_all, METH_FASTCALL, "Note a batch; the result is its records."},
    {"at", (PyCFunction)(void (*)(void))method_at, METH_FASTCALL,
     "Note a record that came at this time; 0: not known."},
    {"forget", method_forget, METH_O, "Take back what at() noted."},
    {"take", method_take, METH_O | METH_STATIC, "Give the time, nanoseconds since the epoch, once; 0 if not known."},
    {NULL},
};

PyTypeObject PolledType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "kafkatrace._speedups.Polled",
    .tp_doc = "Notes when messages reached the caller.",
    .tp_basicsize = sizeof(Polled),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = polled_new,
    .tp_traverse = polled_traverse,
    .tp_clear = polled_clear,
    .tp_dealloc = polled_dealloc,
    .tp_members = members,
    .tp_methods = methods,
};
