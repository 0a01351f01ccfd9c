/* The module's state: made with the module, let go with it. */
#include "speedups.h"

static PyType_Spec *const specs[] = {
    [SPAN_FIELDS_TYPE] = &span_fields_spec, [HISTOGRAM_TYPE] = &histogram_spec, [POLLED_TYPE] = &polled_spec,
    [PROCESS_TYPE] = &process_spec,         [ACCOUNT_TYPE] = &account_spec,     [ENCODER_TYPE] = &encoder_spec,
    [METHOD_TYPE] = &method_spec,           [SENDING_TYPE] = &sending_spec,     [SEND_TYPE] = &send_spec,
};

static const char *const names[NAMES] = {
    [NAME_ACCOUNT] = "account",
    [NAME_CLOCK_ATTRIBUTES] = "clock_attributes",
    [NAME_DELIVERED] = "delivered",
    [NAME_FAILED] = "failed",
    [NAME_KEEP] = "keep",
    [NAME_LOST] = "lost",
    [NAME_METRICS_ENABLED] = "metrics_enabled",
    [NAME_OPEN] = "open",
    [NAME_POLLED] = "_polled",
    [NAME_PROCESS] = "_process",
    [NAME_PUT] = "put",
    [NAME_REFUSED] = "refused",
    [NAME_SENDING] = "_sending",
    [NAME_TRACEPARENT] = "traceparent",
    [NAMES_OF_ARGUMENTS] = "topic",
    "value",
    "key",
    "partition",
    "callback",
    "on_delivery",
    "timestamp",
    "headers",
};

static const char *const readings[READINGS] = {
    [READ_ERROR] = "error",         [READ_HEADERS] = "headers",     [READ_KEY] = "key",     [READ_OFFSET] = "offset",
    [READ_PARTITION] = "partition", [READ_TIMESTAMP] = "timestamp", [READ_TOPIC] = "topic", [READ_VALUE] = "value",
};

static int intern(PyObject **interned, const char *const *texts, int count)
{
    for (int each = 0; each < count; each++)
        if ((interned[each] = PyUnicode_InternFromString(texts[each])) == NULL)
            return -1;
    return 0;
}

static int make_types(State *state, PyObject *module)
{
    for (int each = 0; each < TYPES; each++) {
        PyObject *made = PyType_FromModuleAndSpec(module, specs[each], NULL);
        state->types[each] = (PyTypeObject *)made;
        if (made == NULL || PyModule_AddType(module, state->types[each]) < 0)
            return -1;
    }
    return 0;
}

/* What is missing after a failure is NULL, and let go with the module. */
int state_make(State *state, PyObject *module)
{
    state->current = PyContextVar_New("unused", NULL); /* until use(): nothing here is ever without one */
    state->nothing = PyTuple_New(0);
    state->minus_one = PyLong_FromLong(-1);
    state->zero = PyLong_FromLong(0);
    if (state->current == NULL || state->nothing == NULL || state->minus_one == NULL || state->zero == NULL)
        return -1;
    if (intern(state->names, names, NAMES) < 0 || intern(state->readings, readings, READINGS) < 0)
        return -1;
    return make_types(state, module);
}

int state_traverse(const State *self, visitproc visit, void *arg)
{
    for (int each = 0; each < TYPES; each++)
        Py_VISIT(self->types[each]);
    Py_VISIT(self->message_type);
    STATE_MEMBERS(VISIT)
    return 0; /* names are strings, and refer to nothing */
}

void state_clear(State *self)
{
    for (int each = 0; each < TYPES; each++)
        Py_CLEAR(self->types[each]);
    for (int each = 0; each < NAMES; each++)
        Py_CLEAR(self->names[each]);
    for (int each = 0; each < READINGS; each++)
        Py_CLEAR(self->readings[each]);
    Py_CLEAR(self->message_type);
    STATE_MEMBERS(CLEAR)
}
