/* Histogram: counts durations; the interpreter's lock makes each add() whole. */
#include "speedups.h"
#include <string.h>

static const long long LARGE = 1LL << 61;

/* Whole without histogram_init(), which a subclass may forget: then all is in one bucket. */
static PyObject *histogram_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    PyObject *sum = PyLong_FromLong(0), *made = sum == NULL ? NULL : type->tp_alloc(type, 0);
    if (made == NULL) {
        Py_XDECREF(sum);
        return NULL;
    }
    ((Histogram *)made)->sum = sum;
    ((Histogram *)made)->lowest = LLONG_MAX;
    ((Histogram *)made)->highest = LLONG_MIN;
    return made;
}

/* Bounds count only once all of them are good. */
static int histogram_init(PyObject *self, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    Histogram *histogram = (Histogram *)self;
    PyObject *bounds;
    long long bound[MOST_BOUNDS];
    if (!PyArg_ParseTuple(args, "O!:Histogram", &PyTuple_Type, &bounds))
        return -1;
    if (PyTuple_GET_SIZE(bounds) > MOST_BOUNDS) {
        PyErr_Format(PyExc_ValueError, "a histogram has at most %d bounds", MOST_BOUNDS);
        return -1;
    }
    for (Py_ssize_t each = 0; each < PyTuple_GET_SIZE(bounds); each++)
        if ((bound[each] = PyLong_AsLongLong(PyTuple_GET_ITEM(bounds, each))) == -1 && PyErr_Occurred())
            return -1;
    histogram->bounds = PyTuple_GET_SIZE(bounds);
    memcpy(histogram->bound, bound, (size_t)histogram->bounds * sizeof bound[0]);
    return 0;
}

static int settle_sum(Histogram *histogram)
{
    PyObject *part = PyLong_FromLongLong(histogram->part), *sum;
    if (part == NULL)
        return -1;
    sum = PyNumber_Add(histogram->sum, part);
    Py_DECREF(part);
    if (sum == NULL)
        return -1;
    histogram->part = 0;
    SET(histogram->sum, sum);
    return 0;
}

int histogram_add(PyObject *self, long long nanoseconds)
{
    Histogram *histogram = (Histogram *)self;
    Py_ssize_t each = 0;
    if (histogram->part > LARGE || histogram->part < -LARGE || nanoseconds > LARGE || nanoseconds < -LARGE) {
        if (settle_sum(histogram) < 0)
            return -1;
    }
    histogram->part += nanoseconds;
    if (nanoseconds < histogram->lowest)
        histogram->lowest = nanoseconds;
    if (nanoseconds > histogram->highest)
        histogram->highest = nanoseconds;
    while (each < histogram->bounds && nanoseconds > histogram->bound[each])
        each++;
    histogram->bucket[each]++;
    return 0;
}

static PyObject *method_add(PyObject *self, PyObject *nanoseconds)
{
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(nanoseconds, &overflow);
    if (overflow)
        number = overflow > 0 ? LLONG_MAX : LLONG_MIN;
    if ((number == -1 && PyErr_Occurred()) || histogram_add(self, number) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *buckets_of(Histogram *histogram)
{
    PyObject *buckets = PyTuple_New(histogram->bounds + 1);
    for (Py_ssize_t each = 0; buckets != NULL && each <= histogram->bounds; each++) {
        PyObject *count = PyLong_FromLongLong(histogram->bucket[each]);
        if (count == NULL)
            Py_CLEAR(buckets);
        else
            PyTuple_SET_ITEM(buckets, each, count);
    }
    return buckets;
}

static PyObject *method_state(PyObject *self, PyObject *Py_UNUSED(none))
{
    Histogram *histogram = (Histogram *)self;
    PyObject *buckets = buckets_of(histogram);
    if (buckets == NULL || settle_sum(histogram) < 0) {
        Py_XDECREF(buckets);
        return NULL;
    }
    return Py_BuildValue("NOLL", buckets, histogram->sum, histogram->lowest, histogram->highest);
}

COLLECTED(Histogram, histogram, HISTOGRAM_MEMBERS)

static PyMethodDef methods[] = {
    {"add", method_add, METH_O, "Count one, in nanoseconds."},
    {"state", method_state, METH_NOARGS, "Give the counts of the buckets, the sum, the lowest and the highest."},
    {NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "One histogram of durations in nanoseconds."},
    {Py_tp_new, histogram_new},
    {Py_tp_init, histogram_init},
    {Py_tp_methods, methods},
    COLLECTED_SLOTS(histogram),
    {0, NULL},
};

PyType_Spec histogram_spec = {
    .name = "kafkatrace._speedups.Histogram",
    .basicsize = sizeof(Histogram),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_BASETYPE,
    .slots = slots,
};
