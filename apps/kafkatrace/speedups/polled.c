/* Polled: when each message was handed out. A confluent Message takes neither attributes nor weak references, so it is
 * known by its address and its place; one table for all consumers, so that an address that is used again has its newest owner's time. */
#include "speedups.h"

#define MEMBERS(each)                                               \
    each(look)          /* called with the consumer now and then */ \
        each(no_record) /* called with each event; or NULL */
typedef struct {
    PyObject_HEAD
    State *state;
    MEMBERS(DECLARE)
    long long consumed, look_due;
} Polled;

enum { LOOK_NS = 100000000 };

/* Whether a message is a record and no event; -1 with an exception. */
static int is_record(const State *state, PyObject *message)
{
    PyObject *error = reading(state, message, READ_ERROR);
    Py_XDECREF(error);
    return error == NULL ? -1 : error == Py_None;
}

static int note(State *state, PyObject *message, long long time)
{
    Place place;
    return where_is(state, message, &place) < 0 ? -1 : times_put(&state->times, message, time, place);
}

/* The time of the message, once; 0 where none is known; -1 with an exception. */
static long long take(State *state, PyObject *message)
{
    Place place;
    return where_is(state, message, &place) < 0 ? -1 : times_take(&state->times, message, place);
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
    int record = is_record(self->state, message);
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
    return note(self->state, message, now) < 0 ? -1 : look(self, consumer, now);
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
        if (record < 0 || (record && (note(self->state, message, now) < 0 || PyList_Append(records, message) < 0)))
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
    if (note(((Polled *)self)->state, args[0], time) < 0)
        return NULL;
    ((Polled *)self)->consumed++;
    Py_RETURN_NONE;
}

static PyObject *method_take(PyObject *self, PyObject *message)
{
    long long time = take(((Polled *)self)->state, message);
    return time < 0 ? NULL : PyLong_FromLongLong(time);
}

static PyObject *method_forget(PyObject *self, PyObject *message)
{
    if (take(((Polled *)self)->state, message) < 0)
        return NULL;
    ((Polled *)self)->consumed--;
    Py_RETURN_NONE;
}

static PyObject *polled_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    PyObject *look, *no_record = NULL, *made;
    State *state = state_of(type);
    if (state == NULL || !PyArg_ParseTuple(args, "O|O:Polled", &look, &no_record) ||
        (made = type->tp_alloc(type, 0)) == NULL)
        return NULL;
    ((Polled *)made)->state = state;
    ((Polled *)made)->look = Py_NewRef(look);
    ((Polled *)made)->no_record = Py_XNewRef(no_record);
    return made;
}

COLLECTED(Polled, polled, MEMBERS)

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
    {"take", method_take, METH_O, "Give the time, nanoseconds since the epoch, once; 0 if not known."},
    {NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Notes when messages reached the caller."},
    {Py_tp_new, polled_new},
    {Py_tp_members, members},
    {Py_tp_methods, methods},
    COLLECTED_SLOTS(polled),
    {0, NULL},
};

PyType_Spec polled_spec = {
    .name = "kafkatrace._speedups.Polled",
    .basicsize = sizeof(Polled),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
