/* Histogram: counts durations; the interpreter's lock makes each add() whole. */
#include "speedups.h"

static const long long LARGE = 1LL << 61;
enum { FEW = 32 }; /* bounds: most durations are below the first ones */

static long long *bounds_of(const Histogram *histogram) { return histogram->bucket + histogram->bounds + 1; }

/* Whole without histogram_init(), which a subclass may forget: then all is in one bucket. */
static PyObject *histogram_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    Histogram *made = (Histogram *)type->tp_alloc(type, 0);
    if (made == NULL)
        return NULL;
    made->lowest = LLONG_MAX;
    made->highest = LLONG_MIN;
    made->bucket = PyMem_Calloc(1, sizeof(long long));
    if (made->bucket == NULL)
        PyErr_NoMemory();
    if (made->bucket == NULL || (made->sum = PyLong_FromLong(0)) == NULL)
        Py_CLEAR(made);
    return (PyObject *)made;
}

/* Room for the buckets, and the bounds behind them; NULL with an exception. */
static long long *read_bounds(PyObject *bounds)
{
    Py_ssize_t size = PyTuple_GET_SIZE(bounds);
    long long *room = PyMem_Calloc((size_t)size * 2 + 1, sizeof(long long));
    if (room == NULL)
        PyErr_NoMemory();
    for (Py_ssize_t each = 0; room != NULL && each < size; each++) {
        long long bound = PyLong_AsLongLong(PyTuple_GET_ITEM(bounds, each));
        if (bound == -1 && PyErr_Occurred()) {
            PyMem_Free(room);
            room = NULL;
        }
        else
            room[size + 1 + each] = bound;
    }
    return room;
}

/* Bounds count only once all of them are good. */
static int histogram_init(PyObject *self, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    Histogram *histogram = (Histogram *)self;
    PyObject *bounds;
    long long *room;
    if (!PyArg_ParseTuple(args, "O!:Histogram", &PyTuple_Type, &bounds))
        return -1;
    if (PyTuple_GET_SIZE(bounds) > MOST_BOUNDS) {
        PyErr_Format(PyExc_ValueError, "a histogram has at most %d bounds", MOST_BOUNDS);
        return -1;
    }
    if ((room = read_bounds(bounds)) == NULL)
        return -1;
    PyMem_Free(histogram->bucket);
    histogram->bucket = room;
    histogram->bounds = PyTuple_GET_SIZE(bounds);
    return 0;
}

/* The first bound that is not below the number. */
static Py_ssize_t bucket_of(const Histogram *histogram, long long nanoseconds)
{
    const long long *bound = bounds_of(histogram);
    Py_ssize_t first = 0, last = histogram->bounds;
    while (last - first > FEW) {
        Py_ssize_t middle = first + (last - first) / 2;
        if (nanoseconds > bound[middle])
            first = middle + 1;
        else
            last = middle;
    }
    while (first < last && nanoseconds > bound[first])
        first++;
    return first;
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
    if (histogram->part > LARGE || histogram->part < -LARGE || nanoseconds > LARGE || nanoseconds < -LARGE) {
        if (settle_sum(histogram) < 0)
            return -1;
    }
    histogram->part += nanoseconds;
    if (nanoseconds < histogram->lowest)
        histogram->lowest = nanoseconds;
    if (nanoseconds > histogram->highest)
        histogram->highest = nanoseconds;
    histogram->bucket[bucket_of(histogram, nanoseconds)]++;
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

static int histogram_traverse(PyObject *object, visitproc visit, void *arg)
{
    Histogram *self = (Histogram *)object;
    Py_VISIT(Py_TYPE(object));
    HISTOGRAM_MEMBERS(VISIT)
    return 0;
}

static int histogram_clear(PyObject *object)
{
    Histogram *self = (Histogram *)object;
    HISTOGRAM_MEMBERS(CLEAR)
    return 0;
}

static void histogram_dealloc(PyObject *object)
{
    PyObject_GC_UnTrack(object);
    histogram_clear(object);
    PyMem_Free(((Histogram *)object)->bucket);
    free_object(object);
}

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
