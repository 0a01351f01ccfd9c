/* kafkatrace._speedups */
#include "speedups.h"
#include <time.h>

Shared shared;

long long now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* The last of a list that `take` fills. */
PyObject *pop_ready(PyObject *ready, PyObject *take)
{
    Py_ssize_t size = PyList_GET_SIZE(ready);
    if (size == 0)
        return PyObject_CallNoArgs(take);
    PyObject *last = Py_NewRef(PyList_GET_ITEM(ready, size - 1));
    if (PyList_SetSlice(ready, size - 1, size, NULL) < 0)
        Py_CLEAR(last);
    return last;
}

int is_counter(PyObject *given)
{
    if (!PyIter_Check(given))
        PyErr_SetString(PyExc_TypeError, "expected an itertools.count");
    return PyIter_Check(given);
}

/* Advances an itertools.count, or another iterator, which may come to its end. */
int count_one(PyObject *counter)
{
    PyObject *number = PyIter_Next(counter);
    if (number == NULL && !PyErr_Occurred())
        PyErr_SetString(PyExc_RuntimeError, "there are no more numbers to count with");
    Py_XDECREF(number);
    return number == NULL ? -1 : 0;
}

/* Whether nothing is current: no span, no baggage, nothing suppressed; -1 with an exception. */
int plain_context(PyObject **ambient)
{
    if (PyContextVar_Get(shared.current, NULL, ambient) < 0)
        return -1;
    return *ambient != NULL && PyDict_Check(*ambient) && PyDict_GET_SIZE(*ambient) == 0 &&
           !PyObject_TypeCheck(*ambient, &SpanFieldsType);
}

static PyObject *use(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *variable, *message;
    if (!PyArg_ParseTuple(args, "O!O:use", &PyContextVar_Type, &variable, &message) || use_message(message) < 0)
        return NULL;
    SET(shared.current, Py_NewRef(variable));
    Py_RETURN_NONE;
}

static int intern_names(void)
{
    static const char *const arguments[] = {"topic",    "value",       "key",       "partition",
                                            "callback", "on_delivery", "timestamp", "headers"};
#define NAME(name) ((shared.name = PyUnicode_InternFromString(#name)) == NULL)
    if (NAME(account) || NAME(clock_attributes) || NAME(delivered) || NAME(failed) || NAME(lost) ||
        NAME(metrics_enabled) || NAME(open) || NAME(put) || NAME(refused) || NAME(traceparent))
        return -1;
    if ((shared.sending = PyUnicode_InternFromString("_sending")) == NULL ||
        (shared.polled = PyUnicode_InternFromString("_polled")) == NULL ||
        (shared.process = PyUnicode_InternFromString("_process")) == NULL)
        return -1;
    for (int each = 0; each < 8; each++)
        if ((shared.produce_names[each] = PyUnicode_InternFromString(arguments[each])) == NULL)
            return -1;
    shared.nothing = PyTuple_New(0);
    shared.minus_one = PyLong_FromLong(-1);
    shared.zero = PyLong_FromLong(0);
    shared.current = PyContextVar_New("unused", NULL); /* until use(): nothing here is ever without one */
    if (shared.current == NULL || intern_readings() < 0)
        return -1;
    return shared.nothing == NULL || shared.minus_one == NULL || shared.zero == NULL ? -1 : 0;
}

static PyMethodDef functions[] = {
    {"use", use, METH_VARARGS, "Use OpenTelemetry's context variable, and the type of messages."},
    {NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "kafkatrace._speedups", .m_doc = "The common case of kafkatrace's hot path.",
    .m_size = -1,          .m_methods = functions,
};

PyMODINIT_FUNC PyInit__speedups(void)
{
    PyTypeObject *types[] = {&SpanFieldsType, &HistogramType, &PolledType,  &ProcessType, &AccountType,
                             &EncoderType,    &MethodType,    &SendingType, &SendType};
    PyObject *module;
    if (intern_names() < 0 || (module = PyModule_Create(&definition)) == NULL)
        return NULL;
    for (size_t each = 0; module != NULL && each < sizeof(types) / sizeof(types[0]); each++)
        if (PyModule_AddType(module, types[each]) < 0)
            Py_CLEAR(module);
    return module;
}
