/* Gates and operations.  Included by ketsim.h, whose conventions hold. */
#ifndef KETSIM_GATES_H
#define KETSIM_GATES_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One value per row of ketsim_gates.def.  Rows are only ever appended: values are part of the ABI. */
typedef enum ketsim_gate {
#define KETSIM_GATE_ROW(id, ...) KETSIM_GATE_##id,
#include "../ketsim_gates.def"
    KETSIM_GATE_COUNT,
    KETSIM_GATE_UNITARY = 65536, /* no row: the operation carries its matrix */
    KETSIM_GATE_PAULI_ROTATION,  /* no row: exp(-i angle P / 2), P being the Pauli string of its letters */
    KETSIM_GATE_DYNAMIC,         /* no gate: see ketsim_circuit_append_dynamic() */
    KETSIM_GATE_DIAGONAL,        /* no row: |x> becomes matrix[x] |x> */
    KETSIM_GATE_PERMUTATION      /* no row: |x> becomes |table[x]> */
} ketsim_gate;

enum {
    KETSIM_MAX_QUBITS = 40,        /* of a state */
    KETSIM_MAX_ROW_QUBITS = 3,     /* controls and targets of a row */
    KETSIM_MAX_TARGETS = 2,        /* of a row */
    KETSIM_MAX_MATRIX_QUBITS = 10, /* that a matrix acts on */
    KETSIM_MAX_ANGLES = 3,         /* of a row */
    KETSIM_MAX_NAME = 64           /* bytes of a parameter's name, UTF-8 */
};

/* How far from unitary a matrix may be said to be, and from complete the operators of a channel: such from single precision
 * are off by 1e-5. */
#define KETSIM_MAX_TOLERANCE 1e-3

typedef struct ketsim_gate_info {
    const char *name;
    const char *aliases;   /* other names, separated by a space; "" if none */
    const char *angles;    /* names of the angles, each followed by ", "; "" if none */
    const char *generator; /* Pauli word G with U = exp(-i theta G / 2); "" if the row is not of that form */
    const char *doc;       /* one sentence */
    unsigned ncontrols;    /* leading qubits that act as controls */
    unsigned ntargets;     /* qubits the matrix acts on */
    unsigned nangles;
    ketsim_gate inverse;                   /* row that undoes this one ... */
    int inverse_angles[KETSIM_MAX_ANGLES]; /* ... with angle j = sign(k) * angles[|k|-1], k = this entry */
} ketsim_gate_info;

/* Row of the gate table, or NULL when gate is not below KETSIM_GATE_COUNT.  Borrowed, static. */
KETSIM_API const ketsim_gate_info *ketsim_gate_lookup(ketsim_gate gate);

/* Row whose name or alias is name (case matters).
 * Fails with KETSIM_ERR_ARGUMENT; the message suggests the nearest name. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_gate_find(ketsim_gate *out, const char *name);

/* Write the 2^t by 2^t matrix of a row (t = ntargets, controls left out), row-major, to out[4^t].
 * angles holds the row's nangles finite numbers and may be NULL when there are none.
 * Fails with KETSIM_ERR_ARGUMENT. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_gate_matrix(ketsim_gate gate, ketsim_complex *out,
                                                             const double *angles);

/* One term of a linear form: factor, which is finite, times the value of a parameter. */
typedef struct ketsim_term {
    const char *parameter; /* its name, 1..KETSIM_MAX_NAME bytes */
    double factor;
} ketsim_term;

/* What is added to an angle once the parameters have values; no terms: nothing. */
typedef struct ketsim_linear {
    const ketsim_term *terms;
    size_t nterms;
} ketsim_linear;

/* One operation as the caller states it: a row or a matrix, on some qubits, under further controls.
 * Unused members are zero:  {.gate = KETSIM_GATE_H, .qubits = (int[]){0}, .nqubits = 1}. */
typedef struct ketsim_op {
    ketsim_gate gate;
    const double *angles; /* the row's nangles finite numbers */
    const int *qubits;    /* the row's controls, then its targets; all different */
    size_t nqubits;
    const int *controls; /* further controls, different from qubits and from each other */
    size_t ncontrols;
    uint64_t control_values;      /* bit k: value on which controls[k] acts */
    const ketsim_complex *matrix; /* KETSIM_GATE_UNITARY: 2^nqubits by 2^nqubits, row-major, nqubits 1 to
                                     KETSIM_MAX_MATRIX_QUBITS.  KETSIM_GATE_DIAGONAL: the 2^nqubits entries
                                     of its diagonal, numbers of modulus 1, on any number of qubits */
    double tolerance; /* KETSIM_GATE_UNITARY: max |U U* - 1| accepted, up to KETSIM_MAX_TOLERANCE; 0 means
                                     1e-10.  For others there is ketsim_apply_operator().  KETSIM_GATE_DIAGONAL: of
                                     the modulus, likewise */
    const char
        *letters; /* KETSIM_GATE_PAULI_ROTATION: letters[k], one of I X Y Z in either case, acts on qubits[k];
                                                        one angle; no qubits, or I alone: a phase of exp(-i angle / 2) */
    const ketsim_linear *linear; /* NULL, or for each of the angles, then its offset; circuits only */
    const uint64_t *
        table; /* KETSIM_GATE_PERMUTATION: the 2^nqubits numbers 0 to 2^nqubits - 1 in any order; the first of
                              the qubits is the most significant bit of x and of table[x] */
} ketsim_op;

/* A function of whole numbers: writes its value at x to *out.  Another status than KETSIM_OK stops who calls it, which returns
 * that. */
typedef ketsim_status (*ketsim_function)(void *context, uint64_t *out, uint64_t x);

/* Write the values of a function at 0 to 2^nqubits - 1, called once for each in this order, to out[2^nqubits]: the table of
 * |x> -> |f(x)>, which an operation accepts when it is a bijection.
 * Fails with KETSIM_ERR_ARGUMENT when nqubits is not 1..KETSIM_MAX_QUBITS, or as the function does. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_tabulate(uint64_t *out, unsigned nqubits,
                                                          ketsim_function function, void *context);

/* Write the table of |x>|y> -> |x>|y xor values[x]> (the oracle of Deutsch, Jozsa and Grover), x having ninputs qubits, which
 * come first, and y noutputs, to out[2^(ninputs + noutputs)].  A phase of -1 for f(x) = 1 is such an oracle on a y in |->,
 * or KETSIM_GATE_DIAGONAL.
 * Fails with KETSIM_ERR_ARGUMENT when there are no inputs, no outputs or more than KETSIM_MAX_QUBITS together, or a value is not
 * below 2^noutputs. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_tabulate_oracle(uint64_t *out, const uint64_t *values,
                                                                 unsigned ninputs, unsigned noutputs);

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_GATES_H */
