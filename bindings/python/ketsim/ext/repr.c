/* repr.c - a state as text: Dirac notation where it is small.  Never raises. */
#include "ext.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_QUBITS = 12, MOST_TERMS = 16 };

struct term {
    unsigned index;
    double re, im, size; /* size: squared modulus */
};

static int by_size(const void *a, const void *b)
{
    const struct term *x = a, *y = b;
    if (x->size != y->size) return x->size < y->size ? 1 : -1;
    return x->index < y->index ? -1 : 1;
}

static int by_index(const void *a, const void *b)
{
    const struct term *x = a, *y = b;
    return x->index < y->index ? -1 : 1;
}

/* The amplitudes that are not 0, in order of their indices; NULL when they cannot be had.  Signals wait until
 * the caller is done: an interrupt would have to come out of here as an exception. */
static struct term *read_terms(const struct ket *ket, unsigned *count)
{
    const unsigned total = 1u << ket->program.nqubits;
    const bool is_double = ket->dtype == KETSIM_COMPLEX128;
    struct term *terms = malloc(total * sizeof *terms);
    void *amplitudes = malloc(total * 2 * sizeof(double));
    ketsim_status status = KETSIM_ERR_MEMORY;
    if (terms && amplitudes) {
        Py_BEGIN_ALLOW_THREADS
        status = ketsim_get_amplitudes(ket->state, amplitudes, 0, total);
        Py_END_ALLOW_THREADS
    }
    const double smallest = is_double ? 1e-24 : 1e-12; /* rounding errors are no terms */
    *count = 0;
    for (unsigned k = 0; status == KETSIM_OK && k < total; k++) {
        const double re = is_double ? ((double *)amplitudes)[2 * k] : ((float *)amplitudes)[2 * k];
        const double im = is_double ? ((double *)amplitudes)[2 * k + 1] : ((float *)amplitudes)[2 * k + 1];
        const double size = re * re + im * im;
        if (!(size <= smallest)) terms[(*count)++] = (struct term){k, re, im, size};
    }
    free(amplitudes);
    if (status == KETSIM_OK) return terms;
    free(terms);
    return NULL;
}

/* Six digits, whatever the locale. */
static PyObject *number(double value)
{
    char *digits = PyOS_double_to_string(value, 'g', 6, 0, NULL);
    PyObject *text = digits ? PyUnicode_FromString(digits) : NULL;
    PyMem_Free(digits);
    return text;
}

static bool vanishes(double part, double beside)
{
    return fabs(part) <= 1e-7 * fabs(beside);
}

/* A coefficient, of which a part that is rounding error beside the other is left out; "" for 1.
 * The sign of the other part is written before it by the caller. */
static PyObject *coefficient(double re, double im)
{
    PyObject *x = number(re), *y = number(fabs(im)), *text = NULL;
    if (x && y) {
        if (vanishes(im, re))
            text = PyUnicode_CompareWithASCIIString(x, "1") ? Py_NewRef(x) : PyUnicode_FromString("");
        else if (vanishes(re, im)) text = PyUnicode_FromFormat("%Uj", y);
        else text = PyUnicode_FromFormat("(%U%c%Uj)", x, im < 0 ? '-' : '+', y);
    }
    Py_XDECREF(x);
    Py_XDECREF(y);
    return text;
}

/* " + 0.5j|01>", or without the plus for the first. */
static PyObject *term_text(const struct term *term, unsigned nqubits, bool is_first)
{
    char label[MOST_QUBITS + 1];
    for (unsigned q = 0; q < nqubits; q++) label[q] = (char)('0' + (term->index >> (nqubits - 1 - q) & 1));
    label[nqubits] = 0;
    const bool is_negative = vanishes(term->re, term->im) ? term->im < 0 : term->re < 0;
    const double sign = is_negative ? -1 : 1;
    PyObject *factor = coefficient(sign * term->re, sign * term->im);
    if (!factor) return NULL;
    const char *join = is_first ? (is_negative ? "-" : "") : (is_negative ? " - " : " + ");
    PyObject *text = PyUnicode_FromFormat("%s%U|%s>", join, factor, label);
    Py_DECREF(factor);
    return text;
}

static PyObject *dirac(const struct ket *ket, struct term *terms, unsigned count)
{
    const unsigned shown = count < MOST_TERMS ? count : MOST_TERMS;
    PyObject *parts = PyList_New(0), *empty = PyUnicode_FromString(""), *sum = NULL, *text = NULL;
    qsort(terms, count, sizeof *terms, by_size);
    qsort(terms, shown, sizeof *terms, by_index);
    int result = parts && empty ? 0 : -1;
    for (unsigned k = 0; result == 0 && k < shown; k++) {
        PyObject *part = term_text(&terms[k], ket->program.nqubits, k == 0);
        result = part ? PyList_Append(parts, part) : -1;
        Py_XDECREF(part);
    }
    if (result == 0) sum = PyUnicode_Join(empty, parts);
    if (sum && count > shown) text = PyUnicode_FromFormat("Ket(%U + %u smaller terms)", sum, count - shown);
    else if (sum) text = PyUnicode_FromFormat("Ket(%s%U)", count ? "" : "0", sum);
    Py_XDECREF(sum);
    Py_XDECREF(empty);
    Py_XDECREF(parts);
    return text;
}

static PyObject *summary(const struct ket *ket, const char *condition)
{
    return PyUnicode_FromFormat(
        "Ket(%s%u qubits, %s, %zu queued, generation %llu)", condition, ket->program.nqubits,
        ket->dtype == KETSIM_COMPLEX128 ? "complex128" : "complex64", ketsim_pending(ket->state),
        (unsigned long long)ketsim_state_generation(ket->state));
}

PyObject *ket_repr(PyObject *self)
{
    struct ket *ket = (struct ket *)self;
    const ketsim_status status = ketsim_state_check(ket->state);
    unsigned count;
    if (status == KETSIM_ERR_CLOSED)
        return PyUnicode_FromFormat("Ket(closed, %u qubits)", ket->program.nqubits);
    if (status != KETSIM_OK) return summary(ket, "invalid, ");
    if (ketsim_wait(ket->state, 0) != KETSIM_OK) return summary(ket, "busy, ");
    if (ket->program.nqubits > MOST_QUBITS) return summary(ket, "");
    struct term *terms = read_terms(ket, &count);
    if (!terms) return summary(ket, "unreadable, ");
    PyObject *text = dirac(ket, terms, count);
    free(terms);
    return text;
}
