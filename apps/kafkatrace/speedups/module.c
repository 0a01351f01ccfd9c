/* kafkatrace._speedups */
#include "speedups.h"
#include <time.h>

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
int plain_context(const State *state, PyObject **ambient)
{
    if (PyContextVar_Get(state->current, NULL, ambient) < 0)
        return -1;
    return *ambient != NULL && PyDict_Check(*ambient) && PyDict_GET_SIZE(*ambient) == 0 &&
           !PyObject_TypeCheck(*ambient, state->types[SPAN_FIELDS_TYPE]);
}

static PyObject *use(PyObject *module, PyObject *args)
{
    State *state = PyModule_GetState(module);
    PyObject *variable, *message;
    if (!PyArg_ParseTuple(args, "O!O:use", &PyContextVar_Type, &variable, &message) || use_message(state, message) < 0)
        return NULL;
    SET(state->current, Py_NewRef(variable));
    Py_RETURN_NONE;
}

static int module_exec(PyObject *module) { return state_make(PyModule_GetState(module), module); }

static int module_traverse(PyObject *module, visitproc visit, void *arg)
{
    return state_traverse(PyModule_GetState(module), visit, arg);
}

static int module_clear(PyObject *module)
{
    state_clear(PyModule_GetState(module));
    return 0;
}

static void module_free(void *module)
{
    State *state = PyModule_GetState(module);
    state_clear(state);
    PyMem_Free(state->times.entries);
}

static PyMethodDef functions[] = {
    {"use", use, METH_VARARGS, "Use OpenTelemetry's context variable, and the type of messages."},
    {NULL},
};

/* Counters and tables rely on the interpreter's lock; which interpreter's is all the same, since each has its own state. */
static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, module_exec},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_gil, Py_MOD_GIL_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "kafkatrace._speedups",
    .m_doc = "The common case of kafkatrace's hot path.",
    .m_size = sizeof(State),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

State *state_of(PyTypeObject *type)
{
    PyObject *module = PyType_GetModuleByDef(type, &definition);
    return module == NULL ? NULL : PyModule_GetState(module);
}

PyMODINIT_FUNC PyInit__speedups(void) { return PyModuleDef_Init(&definition); }
