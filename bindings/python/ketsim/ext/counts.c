/* counts.c - sampled outcomes, counted by label. */
#include "call.h"
#include "results.h"

#include <stdlib.h>

/* A call that samples, and what comes of it. */
struct counting {
    struct call call;
    ketsim_count *tallies;
    size_t ntallies;
};

static ketsim_status tally(struct counting *counting, uint64_t *shots, uint64_t count)
{
    size_t different;
    const ketsim_status status = ketsim_tally(NULL, &different, shots, count);
    if (status != KETSIM_OK) return status;
    counting->tallies = malloc(different * sizeof *counting->tallies + 1);
    counting->ntallies = different;
    if (!counting->tallies) return KETSIM_OK; /* as_dict() says so */
    return ketsim_tally(counting->tallies, &counting->ntallies, shots, count);
}

static ketsim_status work_counts(struct call *call)
{
    const ketsim_status status = ketsim_sample(call->ket->state, call->out, call->count,
                                               call->nqubits ? call->qubits : NULL, call->nqubits,
                                               call->seed);
    if (status != KETSIM_OK) return status;
    return tally((struct counting *)call, call->out, call->count);
}

static int add(PyObject *dict, uint64_t outcome, uint64_t count, unsigned nqubits)
{
    char text[KETSIM_MAX_BITS];
    for (unsigned q = 0; q < nqubits; q++) text[q] = (char)('0' + (outcome >> (nqubits - 1 - q) & 1));
    PyObject *label = PyUnicode_FromStringAndSize(text, (Py_ssize_t)nqubits);
    PyObject *number = PyLong_FromUnsignedLongLong(count);
    const int result = label && number ? PyDict_SetItem(dict, label, number) : -1;
    Py_XDECREF(number);
    Py_XDECREF(label);
    return result;
}

PyObject *counts_dict(const ketsim_count *counts, size_t ncounts, unsigned nqubits)
{
    struct turn turn = {0};
    PyObject *dict = PyDict_New();
    for (size_t k = 0; dict && k < ncounts; k++, run_step(&turn))
        if (add(dict, counts[k].outcome, counts[k].count, nqubits) < 0) Py_CLEAR(dict);
    return dict;
}

static PyObject *as_dict(const struct counting *counting)
{
    const struct call *call = &counting->call;
    if (!counting->tallies)
        return error_memory(call->ket->program.ext, "%zu counts: cannot be allocated", counting->ntallies);
    return counts_dict(counting->tallies, counting->ntallies,
                       call->nqubits ? (unsigned)call->nqubits : call->ket->program.nqubits);
}

PyObject *ket_counts(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    int qubits[KETSIM_MAX_QUBITS];
    struct counting counting = {.call = {.ket = (struct ket *)self,
                                         .work = work_counts,
                                         .operations = 1,
                                         .queue_first = true,
                                         .qubits = qubits}};
    struct call *call = &counting.call;
    struct ext *ext = call->ket->program.ext;
    if (read_parse_shots(call, "counts", args, nargs, kwnames) < 0) return NULL;
    if (result_fits(ext, call->count, sizeof(uint64_t) + sizeof(ketsim_count)) < 0) return NULL;
    call->out = malloc(call->count * sizeof(uint64_t) + 1);
    if (!call->out)
        return error_memory(ext, "%llu shots: cannot be allocated", (unsigned long long)call->count);
    PyObject *dict = run_call(call) < 0 ? NULL : as_dict(&counting);
    free(counting.tallies);
    free(call->out);
    return dict;
}
