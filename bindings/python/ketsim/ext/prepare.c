/* prepare.c - classmethods of Ket: products of states of single qubits, Dicke and W states, random states. */
#include "args.h"
#include "many.h"

/* What is to be made, and how. */
struct recipe {
    struct ext *ext;
    struct ket options; /* and dtype */
    unsigned nqubits, weight;
    bool normalize;
    uint64_t seed_value;
    const uint64_t *seed;
    ketsim_complex amplitudes[2 * KETSIM_MAX_QUBITS];
};

typedef ketsim_status make(ketsim_state **out, const struct recipe *recipe);

static PyObject *prepare(struct recipe *recipe, const struct stop_options *stops, make *make)
{
    struct call call = {.entered_ns = run_now_ns()};
    ketsim_state *state = NULL;
    if (options_set(&call, recipe->ext, stops) < 0) return NULL;
    many_stop_by_limits(&call);
    run_enter(recipe->ext, &call);
    const ketsim_status status = make(&state, recipe);
    run_leave(recipe->ext, &call);
    return many_new_ket(recipe->ext, status, state, &recipe->options);
}

static int parse_size(struct recipe *recipe, PyObject *given)
{
    uint64_t nqubits;
    if (args_integer(recipe->ext, given, "number of qubits", 1, KETSIM_MAX_QUBITS, &nqubits) < 0) return -1;
    recipe->nqubits = (unsigned)nqubits;
    return 0;
}

/* ---- products ---------------------------------------------------------------------------------- */

static int parse_pair(struct recipe *recipe, PyObject *given, Py_ssize_t qubit)
{
    PyObject *pair = PySequence_Tuple(given);
    if (!pair) return -1;
    int result = -1;
    if (PyTuple_Size(pair) != 2)
        error_argument(recipe->ext, "product: %zd amplitudes of qubit %zd: must be 2", PyTuple_Size(pair),
                       qubit);
    else result = 0;
    for (Py_ssize_t k = 0; result == 0 && k < 2; k++)
        result = args_complex(recipe->ext, PyTuple_GetItem(pair, k), "amplitude",
                              &recipe->amplitudes[2 * qubit + k]);
    Py_DECREF(pair);
    return result;
}

static int parse_pairs(struct recipe *recipe, PyObject *given)
{
    PyObject *pairs = PySequence_Tuple(given);
    if (!pairs) return -1;
    const Py_ssize_t count = PyTuple_Size(pairs);
    int result = 0;
    if (count < 1 || count > KETSIM_MAX_QUBITS) {
        error_argument(recipe->ext, "product of %zd qubits: must be 1..%d", count, KETSIM_MAX_QUBITS);
        result = -1;
    }
    for (Py_ssize_t q = 0; result == 0 && q < count; q++)
        result = parse_pair(recipe, PyTuple_GetItem(pairs, q), q);
    recipe->nqubits = (unsigned)count;
    Py_DECREF(pairs);
    return result;
}

static ketsim_status make_product(ketsim_state **out, const struct recipe *recipe)
{
    return ketsim_state_product(out, recipe->amplitudes, recipe->nqubits, recipe->options.dtype,
                                recipe->normalize);
}

static PyObject *ket_product(PyObject *type, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"", "normalize", KET_OPTION_NAMES, STOP_NAMES, NULL};
    struct recipe recipe = {.ext = PyType_GetModuleState((PyTypeObject *)type)};
    struct ket_options given = {0};
    struct stop_options stops = {0};
    PyObject *pairs;
    int normalize = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|p$" KET_OPTION_FORMAT STOP_FORMAT ":product",
                                     (char **)names, &pairs, &normalize, KET_OPTION_PLACES(given),
                                     STOP_PLACES(stops)) ||
        ket_parse_options(recipe.ext, &given, &recipe.options) < 0 || parse_pairs(&recipe, pairs) < 0)
        return NULL;
    recipe.normalize = normalize;
    return prepare(&recipe, &stops, make_product);
}

/* ---- Dicke states ------------------------------------------------------------------------------ */

static ketsim_status make_dicke(ketsim_state **out, const struct recipe *recipe)
{
    return ketsim_state_dicke(out, recipe->nqubits, recipe->weight, recipe->options.dtype);
}

static PyObject *ket_dicke(PyObject *type, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"", "", KET_OPTION_NAMES, STOP_NAMES, NULL};
    struct recipe recipe = {.ext = PyType_GetModuleState((PyTypeObject *)type)};
    struct ket_options given = {0};
    struct stop_options stops = {0};
    PyObject *nqubits, *weight;
    uint64_t ones;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO|$" KET_OPTION_FORMAT STOP_FORMAT ":dicke",
                                     (char **)names, &nqubits, &weight, KET_OPTION_PLACES(given),
                                     STOP_PLACES(stops)) ||
        ket_parse_options(recipe.ext, &given, &recipe.options) < 0 || parse_size(&recipe, nqubits) < 0 ||
        args_integer(recipe.ext, weight, "weight", 0, recipe.nqubits, &ones) < 0)
        return NULL;
    recipe.weight = (unsigned)ones;
    return prepare(&recipe, &stops, make_dicke);
}

/* ---- random states ----------------------------------------------------------------------------- */

static ketsim_status make_random(ketsim_state **out, const struct recipe *recipe)
{
    return ketsim_state_random(out, recipe->nqubits, recipe->options.dtype, recipe->seed);
}

static PyObject *ket_random(PyObject *type, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"", "seed", KET_OPTION_NAMES, STOP_NAMES, NULL};
    struct recipe recipe = {.ext = PyType_GetModuleState((PyTypeObject *)type)};
    struct ket_options given = {0};
    struct stop_options stops = {0};
    PyObject *nqubits, *seed = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$O" KET_OPTION_FORMAT STOP_FORMAT ":random",
                                     (char **)names, &nqubits, &seed, KET_OPTION_PLACES(given),
                                     STOP_PLACES(stops)) ||
        ket_parse_options(recipe.ext, &given, &recipe.options) < 0 || parse_size(&recipe, nqubits) < 0 ||
        args_seed(recipe.ext, seed, &recipe.seed_value, &recipe.seed) < 0)
        return NULL;
    return prepare(&recipe, &stops, make_random);
}

/* ---- documentation ----------------------------------------------------------------------------- */

PyDoc_STRVAR(product_doc,
"product($type, amplitudes, /, normalize=False, *, dtype='complex128', threads=None,\n"
"        eager=False, inplace=False, on_busy='error',\n"
"        " STOP_ARGUMENTS ")\n--\n\n"
"Make the product of states of single qubits.\n"
"\n"
"Parameters\n"
"----------\n"
"amplitudes : sequence of pairs of complex, such as an array of shape (n, 2)\n"
"    Those of |0> and |1> of each qubit.\n"
"normalize : bool\n"
"    Divide each pair by its norm.  Otherwise its norm must be 1 to within 1e-8.\n"
"dtype, threads, eager, inplace, on_busy\n"
"    As for `Ket`.\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"Ket\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument\n"
"    A number of qubits or of amplitudes, or a norm, is wrong.\n"
"DeadlineExceeded, Cancelled\n"
"    No state was made.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Ket\n"
">>> Ket.product([(1, 0), (3, 4j)], normalize=True)\n"
"Ket(0.6|00> + 0.8j|01>)\n");

PyDoc_STRVAR(dicke_doc,
"dicke($type, nqubits, weight, /, *, dtype='complex128', threads=None, eager=False,\n"
"      inplace=False, on_busy='error',\n"
"        " STOP_ARGUMENTS ")\n--\n\n"
"Make a Dicke state: the even superposition of all basis states with so many ones.\n"
"\n"
"That of weight 1 is the W state (Dicke, Physical Review 93, 1954).\n"
"\n"
"Parameters\n"
"----------\n"
"nqubits : int\n"
"weight : int\n"
"    Number of ones, 0 to nqubits.\n"
"dtype, threads, eager, inplace, on_busy\n"
"    As for `Ket`.\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"Ket\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument\n"
"    A number is out of range.\n"
"DeadlineExceeded, Cancelled\n"
"    No state was made.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Ket\n"
">>> Ket.dicke(3, 1)\n"
"Ket(0.57735|001> + 0.57735|010> + 0.57735|100>)\n");

PyDoc_STRVAR(random_doc,
"random($type, nqubits, /, *, seed=None, dtype='complex128', threads=None, eager=False,\n"
"       inplace=False, on_busy='error',\n"
"        " STOP_ARGUMENTS ")\n--\n\n"
"Make a random state, evenly distributed over all of norm 1 (by the Haar measure).\n"
"\n"
"Parameters\n"
"----------\n"
"nqubits : int\n"
"seed : int, optional\n"
"    0 to 2**64 - 1: the state depends on it, the size and the dtype alone, not on the number of\n"
"    threads; None is one from the operating system.\n"
"dtype, threads, eager, inplace, on_busy\n"
"    As for `Ket`.\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"Ket\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument\n"
"    A number is out of range.\n"
"DeadlineExceeded, Cancelled\n"
"    No state was made.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Ket\n"
">>> round(Ket.random(10, seed=1).norm(), 12)\n"
"1.0\n");

const PyMethodDef prepare_methods[] = {
    {"product", METHOD(ket_product), METH_VARARGS | METH_KEYWORDS | METH_CLASS, product_doc},
    {"dicke", METHOD(ket_dicke), METH_VARARGS | METH_KEYWORDS | METH_CLASS, dicke_doc},
    {"random", METHOD(ket_random), METH_VARARGS | METH_KEYWORDS | METH_CLASS, random_doc},
    {NULL, NULL, 0, NULL},
};
