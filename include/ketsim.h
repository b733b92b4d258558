/* ketsim.h - quantum state-vector simulation on all cores of one machine.
 *
 * Conventions, which hold for every function below unless it says otherwise:
 *
 *   Qubit 0 is the leftmost character of a label and the most significant bit of the basis index:
 *   on n qubits, qubit q is bit n-1-q.  A matrix on several qubits has its first qubit as the most
 *   significant bit of the row.  Angles are in radians, sizes of memory in bytes, times in milliseconds.
 *
 *   Arguments go: object, outputs, inputs; a count follows the array it counts.
 *   Pointers must not be NULL.  "Borrowed" pointers stay the library's; all else is the caller's.
 *
 *   A function that returns ketsim_status changes nothing when it fails, and leaves a one-line message
 *   for ketsim_last_error().  Nothing in the library exits, aborts or prints.
 *
 *   Every object may be used by several threads at once.  A state has at most one writer: a second one
 *   gets KETSIM_ERR_BUSY at once; readers see the last committed generation.  Only freeing an object
 *   must not happen while another thread still uses it.
 */
#ifndef KETSIM_H
#define KETSIM_H

#ifndef KETSIM_CFFI /* the CFFI binding reads this header through `cc -E -P -DKETSIM_CFFI` */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

#define KETSIM_VERSION_MAJOR 0
#define KETSIM_VERSION_MINOR 1
#define KETSIM_VERSION_PATCH 0
#define KETSIM_VERSION_NUMBER \
    (KETSIM_VERSION_MAJOR * 10000 + KETSIM_VERSION_MINOR * 100 + KETSIM_VERSION_PATCH)

#if defined(KETSIM_CFFI)
#define KETSIM_API
#define KETSIM_NODISCARD
#elif defined(__GNUC__)
#define KETSIM_API __attribute__((visibility("default")))
#define KETSIM_NODISCARD __attribute__((warn_unused_result))
#else
#define KETSIM_API
#define KETSIM_NODISCARD
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- status ---------------------------------------------------------------------------------- */

typedef enum ketsim_status {
    KETSIM_OK = 0,
    KETSIM_ERR_ARGUMENT,   /* an argument is out of its documented range */
    KETSIM_ERR_MEMORY,     /* the memory this needs is not there; the message holds both sizes */
    KETSIM_ERR_BUSY,       /* another writer holds the state, or it is at another generation than expected */
    KETSIM_ERR_CLOSED,     /* ketsim_state_close() was called */
    KETSIM_ERR_INVALID,    /* an in-place run was interrupted; give the state new amplitudes */
    KETSIM_ERR_VIEWED,     /* a view of the amplitudes is alive and this call would change or drop them */
    KETSIM_ERR_QUEUE_FULL, /* a bounded queue has no room */
    KETSIM_ERR_DEADLINE,   /* timeout_ms passed; the state is the last committed one */
    KETSIM_ERR_CANCELLED,  /* the cancel token or the poll callback said stop; likewise */
    KETSIM_ERR_PARSE       /* text is malformed */
} ketsim_status;

/* Message of the last failure in the calling thread: what was given and what is needed, one line,
 * no newline, never NULL.  Borrowed; valid until the next failing call in the same thread. */
KETSIM_API const char *ketsim_last_error(void);

/* Name of a status, e.g. "KETSIM_ERR_BUSY"; "KETSIM_ERR_?" for a value not in the enum.  Borrowed. */
KETSIM_API const char *ketsim_status_name(ketsim_status status);

/* KETSIM_VERSION_NUMBER of the library that is linked, which may differ from the header's, and its text. */
KETSIM_API uint32_t ketsim_version(void);
KETSIM_API const char *ketsim_version_string(void);

/* ---- gates ----------------------------------------------------------------------------------- */

typedef struct ketsim_complex {
    double re, im; /* layout of C99 double _Complex and of NumPy complex128 */
} ketsim_complex;

/* One value per row of ketsim_gates.def.  Rows are only ever appended: values are part of the ABI. */
typedef enum ketsim_gate {
#define KETSIM_GATE_ROW(id, ...) KETSIM_GATE_##id,
#include "ketsim_gates.def"
    KETSIM_GATE_COUNT,
    KETSIM_GATE_UNITARY = 65536, /* no row: the operation carries its matrix */
    KETSIM_GATE_PAULI_ROTATION   /* no row: exp(-i angle P / 2), P being the Pauli string of its letters */
} ketsim_gate;

enum {
    KETSIM_MAX_QUBITS = 40,    /* of a state */
    KETSIM_MAX_ROW_QUBITS = 3, /* controls and targets of a row */
    KETSIM_MAX_TARGETS = 2,    /* of a row or of a matrix */
    KETSIM_MAX_ANGLES = 3,     /* of a row */
    KETSIM_MAX_NAME = 64       /* bytes of a parameter's name, UTF-8 */
};

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
    const ketsim_complex *matrix; /* KETSIM_GATE_UNITARY: 2^nqubits by 2^nqubits, row-major, nqubits 1 or 2 */
    double tolerance;             /* KETSIM_GATE_UNITARY: max |U U* - 1| accepted; 0 means 1e-10 */
    const char
        *letters; /* KETSIM_GATE_PAULI_ROTATION: letters[k], one of I X Y Z in either case, acts on qubits[k];
                                                        one angle; no qubits, or I alone: a phase of exp(-i angle / 2) */
    const ketsim_linear *linear; /* NULL, or for each of the angles, then its offset; circuits only */
} ketsim_op;

/* ---- circuits -------------------------------------------------------------------------------- */

typedef struct ketsim_circuit ketsim_circuit;

/* One operation as a circuit stores it. */
typedef struct ketsim_op_record {
    ketsim_gate gate;
    unsigned nqubits, nangles;
    int qubits[KETSIM_MAX_ROW_QUBITS];     /* the row's controls, then its targets */
    uint64_t control_mask, control_values; /* further controls: bit q is qubit q */
    double angles[KETSIM_MAX_ANGLES];
    ketsim_complex matrix[1 << 2 * KETSIM_MAX_TARGETS]; /* KETSIM_GATE_UNITARY only, else zeros */
    uint64_t x,
        z; /* KETSIM_GATE_PAULI_ROTATION: where X or Y, and where Z or Y acts; bit q is qubit q, and nqubits 0 */
    size_t
        nterms[KETSIM_MAX_ANGLES]; /* of the linear form that an angle is the offset of; 0: just a number */
} ketsim_op_record;

/* Make an empty circuit on nqubits qubits, 1 <= nqubits <= KETSIM_MAX_QUBITS.
 * Fails with KETSIM_ERR_ARGUMENT or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_new(ketsim_circuit **out, unsigned nqubits);
KETSIM_API void ketsim_circuit_free(ketsim_circuit *circuit); /* NULL is allowed */

/* Append all of ops[count], or none of them when one is bad: a qubit out of range or repeated, an angle
 * or matrix entry that is not finite, a matrix that is not unitary, a wrong number of qubits.
 * Fails with KETSIM_ERR_ARGUMENT or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_append(ketsim_circuit *circuit, const ketsim_op *ops,
                                                                size_t count);

/* The common case of ketsim_circuit_append(): one row, with as many qubits as the row says. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_gate(ketsim_circuit *circuit, ketsim_gate gate,
                                                              const double *angles, const int *qubits);

/* Append every operation of other, which must not have more qubits; other may be circuit itself. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_extend(ketsim_circuit *circuit,
                                                                const ketsim_circuit *other);

/* Make a copy, or the circuit that undoes this one. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_copy(ketsim_circuit **out,
                                                              const ketsim_circuit *circuit);
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_inverse(ketsim_circuit **out,
                                                                 const ketsim_circuit *circuit);

/* Append the quantum Fourier transform of some qubits: |x> becomes the sum over y of exp(2 pi i x y / 2^nqubits) |y>, divided
 * by sqrt(2^nqubits), the first qubit being the most significant bit of x and of y; or its inverse.  qubits NULL with
 * nqubits 0: all of them.  One H a qubit, one CP a pair, and SWAPs, which cost nothing.
 * Fails with KETSIM_ERR_ARGUMENT or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_qft(ketsim_circuit *circuit, const int *qubits,
                                                             size_t nqubits, bool inverse);

/* A sum of Pauli strings; see below. */
typedef struct ketsim_observable ketsim_observable;

/* Append evolution under a Hamiltonian, exp(-i time H), in so many Trotter steps, each one rotation a term: of first order,
 * with an error of order time^2 / steps, or of second order (Strang splitting), time^3 / steps^2; exact when all terms
 * commute.  The identity's term is a phase.
 *     ketsim_circuit_evolve(circuit, ising, 1.0, 100, 2)
 * Fails with KETSIM_ERR_ARGUMENT when the observable needs more qubits than the circuit has, time or an angle is not finite,
 * steps is 0 or order neither 1 nor 2, or with KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_evolve(ketsim_circuit *circuit,
                                                                const ketsim_observable *observable,
                                                                double time, uint64_t steps, unsigned order);

/* Drop every operation after the first length; length must not exceed the circuit's. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_truncate(ketsim_circuit *circuit, size_t length);

KETSIM_API unsigned ketsim_circuit_nqubits(const ketsim_circuit *circuit);
KETSIM_API size_t ketsim_circuit_length(const ketsim_circuit *circuit);

/* Angles of all operations together. */
KETSIM_API size_t ketsim_circuit_angles(const ketsim_circuit *circuit);

/* Write operation number index to *out.  Fails with KETSIM_ERR_ARGUMENT when index is not below the length. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_get(const ketsim_circuit *circuit,
                                                             ketsim_op_record *out, size_t index);

/* Same qubit count and the same operations; angles, matrices and factors of terms compared bit by bit. */
KETSIM_API bool ketsim_circuit_equal(const ketsim_circuit *a, const ketsim_circuit *b);

/* Angles may be linear forms of named parameters, for which bind puts numbers.  RX(2 theta + 0.3) on qubit 0:
 *     const ketsim_linear form = {&(ketsim_term){"theta", 2}, 1};
 *     const ketsim_op op = {.gate = KETSIM_GATE_RX, .angles = (double[]){0.3}, .linear = &form,
 *                           .qubits = (int[]){0}, .nqubits = 1};
 *     ketsim_circuit_append(circuit, &op, 1);
 * What needs numbers, as ketsim_apply() does, fails with KETSIM_ERR_ARGUMENT and names the parameters.
 *
 * Number of parameters, which count from 0 in the order of their first use; the name of one, NULL when index is
 * not below that, borrowed until operations are dropped or the circuit is freed. */
KETSIM_API size_t ketsim_circuit_nparameters(const ketsim_circuit *circuit);
KETSIM_API const char *ketsim_circuit_parameter(const ketsim_circuit *circuit, size_t index);

/* Write one term of the linear form that an angle of operation number index is; its name is borrowed likewise.
 * Fails with KETSIM_ERR_ARGUMENT when there is no such term. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_get_term(const ketsim_circuit *circuit,
                                                                  ketsim_term *out, size_t index,
                                                                  unsigned angle, size_t term);

/* Make the circuit in which each angle is its offset plus factor times value, term after term; values[count] are those
 * of the parameters in their order.  Fails with KETSIM_ERR_ARGUMENT when count is not their number or a value or an
 * angle is not finite, or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_bind(ketsim_circuit **out,
                                                              const ketsim_circuit *circuit,
                                                              const double *values, size_t count);

/* ---- states ---------------------------------------------------------------------------------- */

typedef enum ketsim_dtype {
    KETSIM_COMPLEX128, /* 16 bytes an amplitude: double re, double im */
    KETSIM_COMPLEX64   /* 8 bytes an amplitude: float re, float im */
} ketsim_dtype;

typedef struct ketsim_state ketsim_state;

/* Bytes one state's amplitudes take; 0 when nqubits or dtype is out of range.
 * A transactional run holds two such buffers, an in-place one holds one. */
KETSIM_API uint64_t ketsim_memory_needed(unsigned nqubits, ketsim_dtype dtype);

/* Bytes one more state may take now: 0.9 of the least of the memory available, the control group's
 * limit and the address-space limit. */
KETSIM_API uint64_t ketsim_memory_available(void);

/* Make |0...0> on nqubits qubits, 1 <= nqubits <= KETSIM_MAX_QUBITS.  Amplitudes are first written by the
 * first run or read.  Fails with KETSIM_ERR_ARGUMENT, or with KETSIM_ERR_MEMORY when they could not fit. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_state_new(ketsim_state **out, unsigned nqubits,
                                                           ketsim_dtype dtype);

/* Make the product state a label names, one character a qubit, qubit 0 first:
 * 0 1 + - and r = (|0>+i|1>)/sqrt2, l = (|0>-i|1>)/sqrt2.  length counts characters. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_state_from_label(ketsim_state **out, const char *label,
                                                                  size_t length, ketsim_dtype dtype);

/* Make a state from count amplitudes of the given dtype, count = 2^n, 1 <= n.  All must be finite.  The norm
 * must be 1 to within 1e-8 (1e-4 for KETSIM_COMPLEX64), or, with normalize, positive and finite. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_state_from_amplitudes(ketsim_state **out,
                                                                       const void *amplitudes, uint64_t count,
                                                                       ketsim_dtype dtype, bool normalize);

/* Make a second state equal to this one, O(1): the amplitudes are shared until one of the two changes.
 * Operations queued on state are run first.  Threads and mode are copied. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_state_clone(ketsim_state **out, ketsim_state *state);

KETSIM_API void ketsim_state_free(ketsim_state *state); /* NULL is allowed */

/* Leave a clone of state for whoever has the token, a random number of 63 bits: another interpreter of this
 * process, say, which cannot be given a pointer.  tag is the caller's, handed on with the state.  The clone is held
 * until it is taken or dropped.  Fails as ketsim_state_clone() does, or with KETSIM_ERR_QUEUE_FULL while 1,024 states
 * wait to be taken. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_share(uint64_t *token, ketsim_state *state, uint64_t tag);

/* Take the state that a token names; each can be taken once, by any thread.  tag may be NULL.
 * Fails with KETSIM_ERR_ARGUMENT for any other number, with nothing else changed. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_share_take(ketsim_state **out, uint64_t *tag,
                                                            uint64_t token);

/* Free the state that a token names; does nothing when it was taken or names none. */
KETSIM_API void ketsim_share_drop(uint64_t token);

/* Give the amplitudes back now; every later call but free and the getters fails with KETSIM_ERR_CLOSED.
 * A second close does nothing.  Fails with KETSIM_ERR_BUSY during a run, KETSIM_ERR_VIEWED under a view. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_state_close(ketsim_state *state);

/* Replace the amplitudes: count must be 2^nqubits, dtype the state's; otherwise as from_amplitudes.
 * Drops queued operations and makes an invalid state valid again. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_state_set(ketsim_state *state, const void *amplitudes,
                                                           uint64_t count, bool normalize);

KETSIM_API unsigned ketsim_state_nqubits(const ketsim_state *state);
KETSIM_API ketsim_dtype ketsim_state_dtype(const ketsim_state *state);

/* How often the amplitudes were committed, from 1. */
KETSIM_API uint64_t ketsim_state_generation(const ketsim_state *state);

/* KETSIM_OK, or why the state cannot be used: KETSIM_ERR_CLOSED or KETSIM_ERR_INVALID. */
KETSIM_API ketsim_status ketsim_state_check(const ketsim_state *state);

/* Threads that runs and reads of this state use at most; 0 means the default (ketsim_default_threads()).
 * At most KETSIM_MAX_THREADS. */
enum { KETSIM_MAX_THREADS = 1024 };
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_state_set_threads(ketsim_state *state, unsigned threads);

/* In-place runs need no second buffer, but are no transactions: a run that is stopped half-way leaves
 * the state invalid.  Off at first. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_state_set_inplace(ketsim_state *state, bool inplace);

/* ---- running --------------------------------------------------------------------------------- */

typedef struct ketsim_cancel ketsim_cancel;

/* A flag any thread or signal handler may raise; runs that were given it stop soon after. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_cancel_new(ketsim_cancel **out);
KETSIM_API void ketsim_cancel_free(ketsim_cancel *cancel); /* NULL is allowed */
KETSIM_API void ketsim_cancel_raise(ketsim_cancel *cancel);
KETSIM_API bool ketsim_cancel_raised(const ketsim_cancel *cancel);

/* What the time of a run is spent on, in this order. */
typedef enum ketsim_stage {
    KETSIM_STAGE_WAIT,   /* taking the writer's place */
    KETSIM_STAGE_ENCODE, /* checking and storing the operations that the call brought */
    KETSIM_STAGE_PLAN,   /* making a plan, or finding it in the cache */
    KETSIM_STAGE_CLONE, /* getting a second buffer, and writing out a product state; the first pass moves the rest */
    KETSIM_STAGE_PASSES, /* over the amplitudes, or operations run directly */
    KETSIM_STAGE_POLL,   /* in the caller's poll function */
    KETSIM_STAGE_COMMIT, /* the pointer swap, what is given back, and whatever a failure leaves to do */
    KETSIM_STAGE_COUNT
} ketsim_stage;

/* Where the time went; the caller clears it, and each run that is given it adds to it, one run at a time.  The stages of one run add up to
 * the time from its begin_ns to its end_ns.
 *     ketsim_profile profile = {0};
 *     status = ketsim_run(state, &(ketsim_run_options){.profile = &profile}); */
typedef struct ketsim_profile {
    uint64_t ns[KETSIM_STAGE_COUNT];
    uint64_t begin_ns, end_ns; /* of the last run, on CLOCK_MONOTONIC */
    uint64_t runs, passes;     /* passes: of runs that succeeded, over a state's amplitudes */
    uint64_t mark_ns;          /* the library's */
} ketsim_profile;

/* How to run; all zeros, or a NULL pointer, is the default. */
typedef struct ketsim_run_options {
    unsigned threads;                         /* at most so many; 0: the state's */
    uint64_t timeout_ms;                      /* 0: none */
    uint64_t expect_generation;               /* fail with KETSIM_ERR_BUSY unless at this one; 0: any */
    const ketsim_cancel *cancel;              /* may be NULL */
    bool (*poll)(void *context, double done); /* called by the calling thread between slices of a run of
                                                        more than about 20 ms with the fraction done; false
                                                        stops the run.  May be NULL */
    void *poll_context;
    ketsim_profile *profile; /* may be NULL: then no clock is read for it */
} ketsim_run_options;

/* Append ops[count] to the operations queued on the state, all or none.  They run at the next
 * ketsim_run(), ketsim_apply() or read.  Fails as ketsim_circuit_append() does, or KETSIM_ERR_BUSY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_queue(ketsim_state *state, const ketsim_op *ops,
                                                       size_t count);

/* Operations queued; drop them; a copy of them as a circuit. */
KETSIM_API size_t ketsim_pending(const ketsim_state *state);
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_discard(ketsim_state *state);
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_queued(ketsim_state *state, ketsim_circuit **out);

/* Run the queued operations and commit.  When it fails the state is the last committed one and the queue
 * is kept.  Fails with KETSIM_ERR_MEMORY, _BUSY, _DEADLINE, _CANCELLED, _VIEWED (in place only). */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_run(ketsim_state *state, const ketsim_run_options *options);

/* Run the queued operations and then the circuit, as one transaction.  When it fails the queue is as it was.
 * The circuit must not have more qubits than the state; it may change during the run without effect. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_apply(ketsim_state *state, const ketsim_circuit *circuit,
                                                       const ketsim_run_options *options);

/* The same with values for the circuit's parameters: ketsim_circuit_bind() and ketsim_apply() in one, to the bit.
 * Plans of other values are made use of.  Fails as these two do. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_apply_bound(ketsim_state *state,
                                                             const ketsim_circuit *circuit,
                                                             const double *values, size_t count,
                                                             const ketsim_run_options *options);

/* ketsim_apply() of a circuit that is not needed again, and has no operations afterwards; when it fails it is as it was.
 * On few qubits it is not planned, for that takes longer than to run it.  So it is with ketsim_run() and
 * ketsim_apply_ops(), but not with ketsim_apply(): their amplitudes may differ by roundings.  No other thread may use
 * the circuit meanwhile. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_apply_once(ketsim_state *state, ketsim_circuit *circuit,
                                                            const ketsim_run_options *options);

/* The same for ops[count], checked as ketsim_queue() checks them, before anything runs. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_apply_ops(ketsim_state *state, const ketsim_op *ops,
                                                           size_t count, const ketsim_run_options *options);

/* The common case of one gate, at once: one row, with as many qubits as the row says. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_apply_gate(ketsim_state *state, ketsim_gate gate,
                                                            const double *angles, const int *qubits);

/* Nanoseconds that running the queue and so many more operations is expected to take on one thread; a guess
 * that callers use to decide whether letting go of a lock pays. */
KETSIM_API uint64_t ketsim_estimate_ns(const ketsim_state *state, size_t operations);

/* Wait until no writer holds the state, at most timeout_ms (0: return at once).
 * KETSIM_OK, or KETSIM_ERR_DEADLINE.  Another thread may take it again before the caller does. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_wait(const ketsim_state *state, uint64_t timeout_ms);

/* ---- plans ----------------------------------------------------------------------------------- */

/* What a circuit becomes before it runs: the passes over the amplitudes, and what each does.  Made once, it runs
 * any number of times on any number of states, also at once in several threads; it never changes, and the circuit
 * may change or be freed after it was made. */
typedef struct ketsim_plan ketsim_plan;

/* What to plan for; all zeros, or a NULL pointer, is the default. */
typedef struct ketsim_plan_options {
    unsigned nqubits; /* of the states, at least the circuit's; 0: as many as the circuit's */
    ketsim_dtype dtype;
    const char *label; /* the product state it will start from, one character a qubit, which saves work;
                                                        NULL: any state */
} ketsim_plan_options;

/* Plan the circuit as it is now: about half a microsecond an operation.
 * Fails with KETSIM_ERR_ARGUMENT or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_plan_new(ketsim_plan **out, const ketsim_circuit *circuit,
                                                          const ketsim_plan_options *options);
KETSIM_API void ketsim_plan_free(ketsim_plan *plan); /* NULL is allowed */

/* The plan of the same operations with other angles, in radians: count of them, those of the first operation first,
 * matrices as they were.  Passes are taken over where the numbers allow it; the new plan is, bit for bit, the one that
 * ketsim_plan_new() would make.  plan stays as it is.
 * Fails with KETSIM_ERR_ARGUMENT when count is not that of the operations' angles or an angle is not finite, and with
 * KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_plan_bind(ketsim_plan **out, const ketsim_plan *plan,
                                                           const double *angles, size_t count);

/* Run the queued operations and then the plan, as one transaction.  The result is, bit for bit, that of
 * ketsim_run() and then ketsim_apply() of the circuit to a state that starts where the plan was made to start.
 * When it fails the state and its queue are as they were.
 * Fails as ketsim_run() does, and with KETSIM_ERR_ARGUMENT when the plan was made for another number of qubits or
 * dtype than the state has, or for a product state other than the one the state still is. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_run_plan(ketsim_state *state, const ketsim_plan *plan,
                                                          const ketsim_run_options *options);

/* Write what a plan does as text, a line for each pass: streaming or over tiles, on which qubits, how much of what,
 * amplitudes worked on, bytes moved, and the time expected of one thread of this machine, which the first call
 * measures for about 15 ms.  As snprintf() does: at most size - 1 characters and a final 0 are written, and the
 * length of the whole text is returned; text may be NULL when size is 0. */
KETSIM_API size_t ketsim_plan_describe(const ketsim_plan *plan, char *text, size_t size);

/* Runs plan what they were not given as a plan, and keep what they made: a program that is run again is found
 * among up to 256 plans of together 64 MiB.  Clear forgets them all; plans in use live until their runs end. */
KETSIM_API void ketsim_plan_cache_clear(void);

/* ---- reading --------------------------------------------------------------------------------- */

/* Each read runs the queued operations first, when no other thread holds the state.  Qubit lists: qubits NULL
 * with nqubits 0 means all of them; otherwise each in range and different; the first is the most
 * significant bit of the index that comes back. */

/* sqrt(sum |amplitude|^2), and <a|b>, in which a is conjugated; both states have the same size and dtype. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_norm(ketsim_state *state, double *out);
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_inner(ketsim_state *a, ketsim_state *b, ketsim_complex *out);

/* Copy count amplitudes from index first on, in the state's dtype. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_get_amplitudes(ketsim_state *state, void *out,
                                                                uint64_t first, uint64_t count);

/* Write the 2^nqubits probabilities of the outcomes of some qubits to out. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_probabilities(ketsim_state *state, double *out,
                                                               const int *qubits, size_t nqubits);

enum { KETSIM_MAX_DENSITY_QUBITS = 12 }; /* of ketsim_density_matrix(): 256 MiB */

/* Write the reduced density matrix of some qubits, 2^k by 2^k for k of them, row-major, to out[4^k]: the sum over the
 * values e of all other qubits of psi(r, e) conj(psi(c, e)), not divided by the norm.  Hermitian to the bit.
 * Cost: 2^k multiplications an amplitude.  Fails with KETSIM_ERR_ARGUMENT for more than KETSIM_MAX_DENSITY_QUBITS
 * qubits, or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_density_matrix(ketsim_state *state, ketsim_complex *out,
                                                                const int *qubits, size_t nqubits);

/* Draw shots outcomes; the state stays as it is.  Shot k depends on the state, *seed and k alone: not on
 * the number of threads.  seed NULL: from the operating system.  Random numbers: Philox4x64-10 (Salmon et
 * al., SC 2011).  Fails with KETSIM_ERR_ARGUMENT when the norm is zero. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_sample(ketsim_state *state, uint64_t *out, uint64_t shots,
                                                        const int *qubits, size_t nqubits,
                                                        const uint64_t *seed);

/* How often an outcome was sampled. */
typedef struct ketsim_count {
    uint64_t outcome, count;
} ketsim_count;

/* Sort outcomes and count how often each occurs: write them, most frequent first, then by value, to out, which may be NULL,
 * and return how many different ones there are.
 *     const size_t different = ketsim_tally(NULL, outcomes, shots);
 *     ketsim_count *counts = malloc(different * sizeof *counts);
 *     ketsim_tally(counts, outcomes, shots); */
KETSIM_API size_t ketsim_tally(ketsim_count *out, uint64_t *outcomes, size_t shots);

/* Measure some qubits: draw one outcome, project the state onto it and normalize.  A write, as a run is. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_measure(ketsim_state *state, uint64_t *out,
                                                         const int *qubits, size_t nqubits,
                                                         const uint64_t *seed);

/* Project the state onto an outcome of some qubits that the caller chooses, as if it had been measured: amplitudes of other
 * outcomes become 0.  *probability, which may be NULL: the squared norm of what is left, which is the outcome's probability
 * in a state of norm 1.  With normalize what is left is brought to norm 1, and KETSIM_ERR_ARGUMENT is the answer when its norm
 * is 0 or too small for that, below 1e-140; without it the projector is all that is applied.  A write, as a run is. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_postselect(ketsim_state *state, double *probability,
                                                            const int *qubits, size_t nqubits,
                                                            uint64_t outcome, bool normalize);

/* ---- observables ------------------------------------------------------------------------------ */

/* A sum of Pauli strings with real coefficients, 0.5 Z0 Z1 + X2 - 1.5, on no particular number of qubits.  It never
 * changes after it was made.  Equal strings are one term, terms of coefficient 0 are none, and terms are sorted: two
 * observables are equal when their texts are. */

/* One term as the caller states it: letters[k], one of I X Y Z in either case, acts on qubits[k]; all qubits different
 * and below KETSIM_MAX_QUBITS.  nqubits 0 is a multiple of the identity, and so are letters I alone. */
typedef struct ketsim_pauli {
    double coefficient; /* finite */
    const char *letters;
    const int *qubits;
    size_t nqubits;
} ketsim_pauli;

/* One term as an observable stores it; bit q is qubit q. */
typedef struct ketsim_pauli_record {
    double coefficient;
    uint64_t x, z; /* where X or Y, and where Z or Y acts */
} ketsim_pauli_record;

/* Make the sum of terms[count].  Fails with KETSIM_ERR_ARGUMENT, the message naming the term, or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_observable_new(ketsim_observable **out,
                                                                const ketsim_pauli *terms, size_t count);

/* Make the sum that text[length] says:  term (('+'|'-') term)*,  a term being a number, letters with their qubits as in
 * "Z0 X12", or both, the number first; case, white space and '*' between factors do not matter, a number may have a sign.
 *     ketsim_observable_parse(&energy, "-1.5 + 0.5 Z0 Z1 + X2", 21)
 * Fails with KETSIM_ERR_PARSE, the message giving the position, a character's index from 0, or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_observable_parse(ketsim_observable **out, const char *text,
                                                                  size_t length);

/* Make the sum of factors[k] times observables[k].
 * Fails with KETSIM_ERR_ARGUMENT when a factor or a coefficient of the sum is not finite, or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status
ketsim_observable_combine(ketsim_observable **out, const ketsim_observable *const *observables,
                          const double *factors, size_t count);
KETSIM_API void ketsim_observable_free(ketsim_observable *observable); /* NULL is allowed */

/* Number of terms; and the least number of qubits of a state it can be used with, 0 for a multiple of the identity. */
KETSIM_API size_t ketsim_observable_length(const ketsim_observable *observable);
KETSIM_API unsigned ketsim_observable_nqubits(const ketsim_observable *observable);

/* Write term number index to *out.  Fails with KETSIM_ERR_ARGUMENT when index is not below the length. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_observable_get(const ketsim_observable *observable,
                                                                ketsim_pauli_record *out, size_t index);

/* The same terms with the same coefficients. */
KETSIM_API bool ketsim_observable_equal(const ketsim_observable *a, const ketsim_observable *b);

/* Write it as text that ketsim_observable_parse() makes the same observable of, "0" when it has no terms.  As snprintf()
 * does: at most size - 1 characters and a final 0 are written, and the length of the whole text is returned; text may be
 * NULL when size is 0. */
KETSIM_API size_t ketsim_observable_text(const ketsim_observable *observable, char *text, size_t size);

/* Write <psi|O|psi>, in units of the coefficients, to *out, or for each of observables[count] to out[count]; the sums are
 * not divided by the norm.  Reads, as those above: a queue is run, writers are not kept waiting.  The result depends on
 * the amplitudes and the observables alone, not on the number of threads.
 * Cost: strings that have X or Y on the same qubits share their products of amplitudes; one call for several observables
 * is faster than several calls.  Memory: 72 bytes a term, at most 2 KiB an observable and 32 KiB.
 * Fails with KETSIM_ERR_ARGUMENT when an observable needs more qubits than the state has, with KETSIM_ERR_MEMORY, or as
 * the queue does. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_expectation(ketsim_state *state,
                                                             const ketsim_observable *observable,
                                                             double *out);
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_expectations(ketsim_state *state,
                                                              const ketsim_observable *const *observables,
                                                              size_t count, double *out);

/* ketsim_expectations() that can be stopped, as a run can; the queue runs under the same options, of which
 * expect_generation is compared with what is read.  options may be NULL.
 * Fails as ketsim_expectations() does, and with KETSIM_ERR_DEADLINE, _CANCELLED or _BUSY as the options say; then nothing
 * is written to out. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_evaluate(ketsim_state *state,
                                                          const ketsim_observable *const *observables,
                                                          size_t count, double *out,
                                                          const ketsim_run_options *options);

/* Write <O^2> - <O>^2 of a state of norm 1 to *out, as the squared norm of (O - <O>) psi: never negative, and accurate near
 * 0.  Takes several times as long as ketsim_expectation(), and fails as that does. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_variance(ketsim_state *state,
                                                          const ketsim_observable *observable, double *out);

/* Write the covariances of observables[count], of a state of norm 1, to the symmetric matrix out[count * count]: the
 * expectation value of half of (O_j O_k + O_k O_j), less that of O_j times that of O_k, computed as the real part of the
 * inner product of (O_j - <O_j>) psi and (O_k - <O_k>) psi.  Variances are on the diagonal.
 * Memory: 16 KiB an observable and thread besides what ketsim_expectations() takes.  Fails as ketsim_evaluate() does. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_covariance(ketsim_state *state,
                                                            const ketsim_observable *const *observables,
                                                            size_t count, double *out,
                                                            const ketsim_run_options *options);

/* Write <X>, <Y> and <Z> of each qubit to out[3 * n], n the state's number of qubits: the Bloch vectors, of length 1 where
 * a qubit is not entangled.  Fails as ketsim_evaluate() does. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_bloch_vectors(ketsim_state *state, double *out,
                                                               const ketsim_run_options *options);

/* Estimate <psi|O|psi> as an experiment does, and the standard error of the estimate: strings whose letters agree on every
 * qubit that both act on are measured together, shots times for each such setting, in the order of the terms, first fit.
 * The error is the root of the summed sample variances over shots; the estimate's mean is the expectation value of a
 * state of norm 1.  The state stays as it is.  Outcomes depend on the state, the observable and *seed alone; seed NULL:
 * from the operating system.
 * Cost: a run of one or two gates a qubit and a ketsim_sample() for each setting.  Memory: a second state, 8 bytes a
 * shot and 48 bytes a term.  Fails with KETSIM_ERR_ARGUMENT when shots is below 2 or the observable needs more qubits
 * than the state has, with KETSIM_ERR_MEMORY, or as the queue does. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_estimate(ketsim_state *state,
                                                          const ketsim_observable *observable, uint64_t shots,
                                                          double *mean, double *error, const uint64_t *seed);

/* Write <bra|O|ket>, in which bra is conjugated, for each of observables[count] to out[count].  Both states have the same
 * size and dtype.  Takes about four times as long as ketsim_expectations().
 * Fails with KETSIM_ERR_ARGUMENT when they do not, and as ketsim_evaluate() does. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_matrix_elements(ketsim_state *bra,
                                                                 const ketsim_observable *const *observables,
                                                                 size_t count, ketsim_state *ket,
                                                                 ketsim_complex *out,
                                                                 const ketsim_run_options *options);

/* ---- gradients -------------------------------------------------------------------------------- */

/* Write <psi|O|psi> to *value, where psi is start behind the circuit, and its derivative by each of the circuit's angles,
 * in radians, in the order of the operations and of their angles, to gradient[nangles].  The start stays as it is, but
 * queued operations are run; the result does not depend on the number of threads.  Works for every gate with angles
 * under any controls, by adjoint differentiation (Jones and Gacon, arXiv:2009.02823): the time of several runs of the
 * circuit however many angles it has, and two states of memory besides the start.
 *     ketsim_gradient(start, &energy, slopes, ketsim_circuit_angles(ansatz), ansatz, hamiltonian, NULL)
 * Fails with KETSIM_ERR_ARGUMENT when nangles is not the circuit's, or when the circuit or the observable needs more
 * qubits than the start has, with KETSIM_ERR_MEMORY, and as ketsim_apply() does: nothing is written then.  With
 * options->expect_generation the start must be at that generation. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_gradient(ketsim_state *start, double *value,
                                                          double *gradient, size_t nangles,
                                                          const ketsim_circuit *circuit,
                                                          const ketsim_observable *observable,
                                                          const ketsim_run_options *options);

/* The same for several observables: write the value of each to values[count], and the derivatives of the sum of
 * weights[k] values[k] to gradient[nangles], a product of the weights with the Jacobian, in the time that one takes.
 * Fails with KETSIM_ERR_ARGUMENT also when a weight is not finite. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_vjp(ketsim_state *start, double *values, double *gradient,
                                                     size_t nangles, const ketsim_circuit *circuit,
                                                     const ketsim_observable *const *observables,
                                                     const double *weights, size_t count,
                                                     const ketsim_run_options *options);

/* ---- views ----------------------------------------------------------------------------------- */

/* One committed generation of a state, which stays as it is while runs go on: 2^nqubits amplitudes at a
 * 64-byte aligned address.  Outlives its state. */
typedef struct ketsim_view ketsim_view;

KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_view_new(ketsim_view **out, ketsim_state *state);
KETSIM_API void ketsim_view_free(ketsim_view *view); /* NULL is allowed */
KETSIM_API const void *ketsim_view_amplitudes(const ketsim_view *view);
KETSIM_API uint64_t ketsim_view_generation(const ketsim_view *view);

/* Take the writer's place and a copy of the amplitudes that the caller may write to, until commit (which makes
 * them the state's, unchecked but for being finite: KETSIM_ERR_ARGUMENT) or abort (which drops them). */
typedef struct ketsim_edit ketsim_edit;

KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_edit_begin(ketsim_edit **out, ketsim_state *state);
KETSIM_API void *ketsim_edit_amplitudes(const ketsim_edit *edit);
KETSIM_API KETSIM_NODISCARD ketsim_status
ketsim_edit_commit(ketsim_edit *edit);                /* frees edit, also on failure */
KETSIM_API void ketsim_edit_abort(ketsim_edit *edit); /* frees edit */

/* ---- batches --------------------------------------------------------------------------------- */

/* Many circuits, each run on a state of its own.  The calling thread and a pool of workers share them, one circuit a
 * thread, the longest first; circuits on many qubits are run one by one, each by all threads.  A result is, bit for bit,
 * that of ketsim_apply_once() alone, and whether a circuit fails makes no difference to the others.  The workers are started
 * by the first batch and sleep between batches. */
typedef struct ketsim_batch ketsim_batch; /* what came of one */

/* How to run; all zeros, or a NULL pointer, is the default. */
typedef struct ketsim_batch_options {
    unsigned max_concurrency; /* threads at most; 0, and whatever is more: ketsim_default_threads() */
    uint64_t timeout_ms;      /* of the whole batch; circuits that ended before keep their results; 0: none */
    uint64_t per_circuit_timeout_ms; /* 0: none */
    ketsim_state *const
        *states;          /* where circuits start; they stay as they are, but queued operations are run */
    size_t nstates;       /* 0: each starts from |0...0>; 1: all from one state; else one a circuit */
    ketsim_dtype dtype;   /* of the states when none are given */
    uint64_t shots;       /* samples of all qubits to count in each result; 0: none */
    const uint64_t *seed; /* of the samples: circuit k draws with ketsim_batch_seed(*seed, k); NULL: from
                                                        the operating system */
    bool counts_only;     /* drop each state when its samples are counted */
    const ketsim_cancel *cancel; /* may be NULL */
    bool (*poll)(void *context,
                 double done); /* called by the calling thread about every 20 ms with the fraction of
                                                        the circuits that are done; false stops them.  May be NULL */
    void *poll_context;
    uint64_t
        memory_limit; /* bytes that circuits running at once may take, by estimate, results not counted; 0: 60 % of
                                                        ketsim_memory_available() */
} ketsim_batch_options;

/* Run circuits[count].  KETSIM_OK once all have ended, well or not: ketsim_batch_status() says how each did.
 * Fails with KETSIM_ERR_ARGUMENT when the options are wrong, and with KETSIM_ERR_MEMORY when there is no memory for
 * the list of results. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_batch_run(ketsim_batch **out,
                                                           const ketsim_circuit *const *circuits,
                                                           size_t count, const ketsim_batch_options *options);
KETSIM_API void ketsim_batch_free(ketsim_batch *batch); /* NULL is allowed; frees what was not taken */

/* How circuit number index ended, and the message of its failure, "" if it did not fail; borrowed from the batch.
 * KETSIM_ERR_ARGUMENT when there is no such circuit.  Those that a timeout or a stop kept from running have
 * KETSIM_ERR_DEADLINE or KETSIM_ERR_CANCELLED too. */
KETSIM_API ketsim_status ketsim_batch_status(const ketsim_batch *batch, size_t index);
KETSIM_API const char *ketsim_batch_message(const ketsim_batch *batch, size_t index);

/* The state circuit number index ended in, the caller's from now on; NULL when it failed, was taken before, or was
 * dropped for counts_only. */
KETSIM_API ketsim_state *ketsim_batch_take(ketsim_batch *batch, size_t index);

/* The outcomes of circuit number index that were sampled, most frequent first, then by value, in *out, borrowed from
 * the batch, and how many there are: 0 when it failed or no shots were asked for. */
KETSIM_API size_t ketsim_batch_counts(const ketsim_batch *batch, const ketsim_count **out, size_t index);

/* The seed that circuit number index of a batch samples with: ketsim_sample() gives the same outcomes with it. */
KETSIM_API uint64_t ketsim_batch_seed(uint64_t seed, size_t index);

typedef struct ketsim_batch_stats {
    size_t circuits;                                /* the sum of the next four */
    size_t succeeded, failed, timed_out, cancelled; /* failed: otherwise than by a timeout or a stop */
    size_t wide;                                    /* run by all threads together */
    uint64_t operations;                            /* of circuits that succeeded */
    unsigned threads;                               /* that took part */
    uint64_t bytes_peak;        /* of running circuits and kept results together, by estimate */
    uint64_t wall_ns, cpu_ns;   /* cpu: of the threads that took part; during wide circuits of the process */
    uint64_t start_ns;          /* until the last worker that helped had begun; 0: none did */
    uint64_t median_ns, p99_ns; /* of the circuits that ran */
} ketsim_batch_stats;
KETSIM_API void ketsim_batch_get_stats(const ketsim_batch *batch, ketsim_batch_stats *out);

/* ---- jobs ------------------------------------------------------------------------------------ */

/* One circuit, run on a state of its own by the workers that serve batches, while the caller does something else.  Circuits
 * on few qubits take one core each; one on many waits a while for all cores, and takes those that are free.  Together
 * with batches, jobs never use more threads than ketsim_default_threads(), but for the threads that call.  A result is,
 * bit for bit, that of a batch.
 *     ketsim_job *job;
 *     if (ketsim_job_submit(&job, circuit, NULL) != KETSIM_OK) ...
 *     ketsim_job_wait(job, UINT64_MAX);
 *     ketsim_state *state = ketsim_job_take(job);      NULL: see ketsim_job_status()
 *     ketsim_job_free(job);
 * A job may be used by several threads at once, but not after ketsim_job_free().  A forked child does not have the workers
 * of its parent: there, jobs that had not ended at the fork have KETSIM_ERR_CANCELLED. */
typedef struct ketsim_job ketsim_job;
typedef struct ketsim_jobs ketsim_jobs; /* see below */

/* How to run; all zeros, or a NULL pointer, is the default. */
typedef struct ketsim_job_options {
    ketsim_state *state;  /* where the circuit starts: amplitudes and queue as they are now; NULL: |0...0> */
    ketsim_dtype dtype;   /* of the state when none is given */
    uint64_t shots;       /* samples of all qubits to count; 0: none */
    const uint64_t *seed; /* of the samples, drawn as those of circuit number index of a batch are; NULL: from
                             the operating system */
    size_t index;
    bool counts_only;            /* drop the state when its samples are counted */
    uint64_t timeout_ms;         /* of the run, from when it begins; 0: none */
    const ketsim_cancel *cancel; /* stops it as ketsim_job_cancel() does; may be freed before.  May be NULL */
    bool no_wait;                /* where very many jobs wait: fail, instead of waiting for room */
    bool (*poll)(void *context, double done); /* called by the calling thread about every 20 ms while it waits
                                                 for room; false gives up.  May be NULL */
    void *poll_context;
    ketsim_jobs *jobs; /* where the job is handed back when it has ended; may be NULL */
    void *context;     /* of the caller's, see ketsim_job_context() */
} ketsim_job_options;

/* Submit a copy of the circuit.  Fails with KETSIM_ERR_ARGUMENT, KETSIM_ERR_QUEUE_FULL, KETSIM_ERR_MEMORY, when there is
 * neither memory nor a thread for it, KETSIM_ERR_CANCELLED by the poll, or as the start state does. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_job_submit(ketsim_job **out, const ketsim_circuit *circuit,
                                                            const ketsim_job_options *options);

/* Give it up, at any time: one that has not ended is stopped, and its worker cleans up.  NULL is allowed. */
KETSIM_API void ketsim_job_free(ketsim_job *job);

/* Stop it, soon; no effect on one that has ended. */
KETSIM_API void ketsim_job_cancel(ketsim_job *job);

/* Whether it has ended, well or not; or wait until it has: KETSIM_ERR_DEADLINE after timeout_ms, 0 looks once. */
KETSIM_API bool ketsim_job_ended(const ketsim_job *job);
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_job_wait(const ketsim_job *job, uint64_t timeout_ms);

/* How it ended, KETSIM_ERR_BUSY when it has not; and the message of its failure, "" if it did not fail; borrowed. */
KETSIM_API ketsim_status ketsim_job_status(const ketsim_job *job);
KETSIM_API const char *ketsim_job_message(const ketsim_job *job);

/* What it gave, as ketsim_batch_take() and ketsim_batch_counts() have it: nothing before it has ended. */
KETSIM_API ketsim_state *ketsim_job_take(ketsim_job *job);
KETSIM_API size_t ketsim_job_counts(const ketsim_job *job, const ketsim_count **out);

/* The pointer that was given with it. */
KETSIM_API void *ketsim_job_context(const ketsim_job *job);

/* Where jobs are handed back in the order in which they end: one thread can wait for many.  Each is handed back once;
 * one that was freed is not. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_jobs_new(ketsim_jobs **out);

/* Jobs on their way are not stopped, but handed back no more.  NULL is allowed. */
KETSIM_API void ketsim_jobs_free(ketsim_jobs *jobs);

/* Wait for the next one, timeout_ms at most, 0 looks once.  NULL when there is none, and in a forked child, whose parent
 * has them. */
KETSIM_API ketsim_job *ketsim_jobs_next(ketsim_jobs *jobs, uint64_t timeout_ms);

/* ---- workers --------------------------------------------------------------------------------- */

/* On which CPUs the workers of batches and jobs stay: any that the thread that sets this may run on; or one each, in the
 * order of their numbers: next to each other, or, where there are fewer workers than CPUs, far from each other.  None at
 * first.  Threads of OpenMP, which share one circuit, are not pinned: OMP_PROC_BIND does that. */
typedef enum ketsim_pin { KETSIM_PIN_NONE, KETSIM_PIN_COMPACT, KETSIM_PIN_SPREAD } ketsim_pin;

/* Pin the workers there are and those to come.  Fails with KETSIM_ERR_ARGUMENT. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_set_pin(ketsim_pin pin);

/* ---- sweeps ---------------------------------------------------------------------------------- */

/* How to run; all zeros, or a NULL pointer, is the default. */
typedef struct ketsim_sweep_options {
    unsigned max_concurrency; /* threads at most; 0, and whatever is more: ketsim_default_threads() */
    uint64_t timeout_ms;      /* of the whole sweep; 0: none */
    ketsim_state
        *state;         /* where rows start, on at least as many qubits as the circuit; it stays as it is, but
                                                        queued operations are run.  NULL: |0...0> */
    ketsim_dtype dtype; /* of |0...0> */
    const ketsim_cancel *cancel; /* may be NULL */
    bool (*poll)(void *context,
                 double done); /* called by the calling thread about every 20 ms with the fraction of
                                                        the rows that are done; false stops them.  May be NULL */
    void *poll_context;
    uint64_t
        memory_limit; /* bytes that rows running at once may take; 0: 60 % of ketsim_memory_available() */
} ketsim_sweep_options;

/* Run a circuit for each of nrows rows of nvalues numbers, the values of its parameters, each row from the same start, on
 * all threads, which share the rows; on 18 qubits or more, rows run one by one, each by all threads.  Row k of out,
 * which has nrows rows too, is what ketsim_circuit_bind() and then ketsim_apply() give with row k of values, to the bit;
 * on few qubits ketsim_apply_once(), by whose conditions.  So out does not depend on the number of threads, nor on which
 * rows are swept together.
 *     double angles[2][1] = {{0.1}, {0.2}}, z[2];
 *     ketsim_sweep_expectations(circuit, z, &observable, 1, angles[0], 2, 1, NULL);
 * Fails with KETSIM_ERR_ARGUMENT when nvalues is not the number of parameters or a value or an angle is not finite, the
 * message naming the row; with _MEMORY, _DEADLINE and _CANCELLED; and as ketsim_apply() does.  Then what out holds is of
 * no use.
 *
 * states: 2^n amplitudes a row, in the dtype of the start. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_sweep_states(const ketsim_circuit *circuit, void *out,
                                                              const double *values, size_t nrows,
                                                              size_t nvalues,
                                                              const ketsim_sweep_options *options);

/* ketsim_expectations() of the states: nobservables numbers a row. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_sweep_expectations(
    const ketsim_circuit *circuit, double *out, const ketsim_observable *const *observables,
    size_t nobservables, const double *values, size_t nrows, size_t nvalues,
    const ketsim_sweep_options *options);

/* How often each of the 2^n outcomes is among so many samples: 2^n numbers a row.  Row k draws with
 * ketsim_batch_seed(*seed, k); NULL: from the operating system. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_sweep_counts(const ketsim_circuit *circuit, uint64_t *out,
                                                              uint64_t shots, const uint64_t *seed,
                                                              const double *values, size_t nrows,
                                                              size_t nvalues,
                                                              const ketsim_sweep_options *options);

/* ---- noise ------------------------------------------------------------------------------------ */

/* A quantum channel rho -> sum K rho K* on some qubits, the first being the most significant bit of the rows of its Kraus
 * operators K (Nielsen and Chuang, Quantum Computation and Quantum Information, section 8.2.3).  It never changes after it
 * was made, and counts its owners. */
typedef struct ketsim_channel ketsim_channel;

enum {
    KETSIM_MAX_CHANNEL_QUBITS = 3,
    KETSIM_MAX_KRAUS = 1024 /* operators that a channel may be made of */
};

/* Make a channel on nqubits qubits, 1..KETSIM_MAX_CHANNEL_QUBITS, of count operators, each 2^nqubits by 2^nqubits and
 * row-major, one after the other in kraus[count * 4^nqubits].  max |sum K* K - 1| may be up to tolerance; 0 means 1e-10.
 * Operators that are 0 are not kept.
 * Fails with KETSIM_ERR_ARGUMENT when an entry is not finite or the operators are not complete, or with KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_channel_new(ketsim_channel **out, unsigned nqubits,
                                                             const ketsim_complex *kraus, size_t count,
                                                             double tolerance);

/* Make a channel by its name, with parameters[count]; probabilities p, gamma, lam and excited are 0..1.
 *     depolarizing, depolarizing2    p: with probability p the qubit, or two qubits, become 1/2, or 1/4
 *     bit_flip, phase_flip, bit_phase_flip    p: of X, Z, Y
 *     amplitude_damping    gamma: |1> decays to |0>
 *     generalized_amplitude_damping    gamma, excited: towards the mixture in which |1> has that probability
 *     phase_damping    lam: coherences are multiplied by sqrt(1 - lam)
 *     thermal_relaxation    t1, t2, time, excited: for so long, in one unit; t1 and t2 may be infinite, t2 <= 2 t1
 *     reset    p0, p1: to |0>, to |1>; p0 + p1 <= 1
 * Fails with KETSIM_ERR_ARGUMENT when there is no such name, count is another than it takes or a parameter is out of
 * range, or with KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_channel_named(ketsim_channel **out, const char *name,
                                                               const double *parameters, size_t count);

/* Name of the channel at a place of the table that ketsim_channel_named() has, and of its parameters, each followed by a
 * space; NULL when there are not so many.  Borrowed, static. */
KETSIM_API const char *ketsim_channel_name(size_t index);
KETSIM_API const char *ketsim_channel_parameters(size_t index);

/* Make the channel that applies Pauli strings: string k, the nqubits letters I X Y Z from letters[k * nqubits] on, the first
 * for the first qubit, with probabilities[k], and none in all other cases.
 *     ketsim_channel_pauli(&channel, 2, "XXZI", (double[]){0.01, 0.02}, 2)
 * Fails with KETSIM_ERR_ARGUMENT when a probability is not 0..1 or they add up to more than 1, or with KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_channel_pauli(ketsim_channel **out, unsigned nqubits,
                                                               const char *letters,
                                                               const double *probabilities, size_t count);

/* Make the channel that is first and then second, both on as many qubits.  Operators that are multiples of one another
 * are one; if there are more than 4^nqubits, as many are made that are independent (which need not be unitary then).
 * Fails with KETSIM_ERR_ARGUMENT or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_channel_compose(ketsim_channel **out,
                                                                 const ketsim_channel *first,
                                                                 const ketsim_channel *second);

/* One owner less; the last one frees it.  NULL is allowed.  Circuits that a channel is in are owners of their own. */
KETSIM_API void ketsim_channel_free(ketsim_channel *channel);

/* Qubits and operators of a channel; the operators, as ketsim_channel_new() takes them.  Borrowed. */
KETSIM_API unsigned ketsim_channel_nqubits(const ketsim_channel *channel);
KETSIM_API size_t ketsim_channel_length(const ketsim_channel *channel);
KETSIM_API const ketsim_complex *ketsim_channel_kraus(const ketsim_channel *channel);

/* When each operator is a multiple of a unitary, K = sqrt(p) U: the probabilities p, which add up to 1, and the unitaries;
 * otherwise NULL.  Then which operator acts does not depend on the state.  Borrowed. */
KETSIM_API const double *ketsim_channel_probabilities(const ketsim_channel *channel);
KETSIM_API const ketsim_complex *ketsim_channel_unitaries(const ketsim_channel *channel);

/* Write the sum of K x conj(K), 4^nqubits by 4^nqubits and row-major, to out[16^nqubits]: what multiplies a density matrix
 * that is written row after row. */
KETSIM_API void ketsim_channel_superoperator(const ketsim_channel *channel, ketsim_complex *out);

/* The same qubit count and the same operators in the same order, compared bit by bit. */
KETSIM_API bool ketsim_channel_equal(const ketsim_channel *a, const ketsim_channel *b);

/* Readout that errs, each qubit by itself: confusion[4 q + 2 a + b] is the probability that qubit number q, of nqubits that
 * outcomes are of, is read as b when it is a.  Flip bits of outcomes[shots]; outcome k depends on *seed and k alone,
 * seed NULL: from the operating system.  Or write to probabilities[2^nqubits] those of what is read.
 * Fails with KETSIM_ERR_ARGUMENT when an entry is not 0..1 or p(0) + p(1) not 1 to within 1e-10; then nothing is changed. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_readout_outcomes(uint64_t *outcomes, size_t shots,
                                                                  const double *confusion, size_t nqubits,
                                                                  const uint64_t *seed);
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_readout_probabilities(double *probabilities,
                                                                       const double *confusion,
                                                                       size_t nqubits);

/* ---- the machine ----------------------------------------------------------------------------- */

/* Kernel set in use: "avx512", "avx2", "neon" or "base"; the best this CPU runs unless KETSIM_ISA names another. */
KETSIM_API const char *ketsim_isa(void);
KETSIM_API bool ketsim_isa_available(const char *name);

/* Use another kernel set from now on; for tests and benches.  Fails with KETSIM_ERR_ARGUMENT when the name is
 * unknown or the CPU lacks it. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_set_isa(const char *name);

/* Threads that a run uses when neither the call nor the state says: KETSIM_NUM_THREADS, else OMP_NUM_THREADS,
 * else the CPUs this process may run on, else what its control group grants. */
KETSIM_API unsigned ketsim_default_threads(void);

/* CPUs that the control group grants on average, as containers see theirs, e.g. 1.5; 0: no limit. */
KETSIM_API double ketsim_cpu_quota(void);

/* Name of the OpenMP runtime: "libgomp", "libomp" or "none"; and how transparent huge pages are set here. */
KETSIM_API const char *ketsim_openmp(void);
KETSIM_API const char *ketsim_huge_pages(void);

/* Freed buffers are kept for reuse up to a cap (at first a quarter of the machine's memory).
 * Trim gives all that are unused back to the system; a lower cap trims down to it. */
KETSIM_API void ketsim_pool_trim(void);
KETSIM_API void ketsim_pool_set_cap(uint64_t bytes);

/* Totals since the process started, over all states. */
typedef struct ketsim_counters {
    uint64_t runs;       /* transactions committed */
    uint64_t operations; /* operations in them */
    uint64_t passes;     /* passes over a state's amplitudes in them */
    uint64_t clones;     /* out-of-place first passes */
    uint64_t pool_hits, pool_misses;
    uint64_t pool_bytes; /* held for reuse now */
    uint64_t busy_ns;    /* time threads spent in kernels, summed over threads; long runs only */
    uint64_t region_ns;  /* time the calling threads spent in parallel regions; long runs only */
    uint64_t acquire_ns; /* getting a second buffer and giving the first one back; long runs only */
    uint64_t commit_ns;  /* writing back, by pointer swap; long runs only */
    uint64_t plan_hits, plan_misses; /* programs of more than 4 operations that had a plan already, or not */
    uint64_t plan_bytes;             /* of plans that are kept now, about */
    uint64_t busy; /* calls that found another writer at work; those that then read the last commit, too */
    uint64_t timeouts,
        cancels;            /* runs and circuits of batches that a deadline, or a token or a poll, stopped */
    uint64_t batches, jobs; /* batches that ended; circuits of batches, and jobs, that did */
    uint64_t workers;       /* threads of the worker pool now; 0: not started in this process */
    uint64_t workers_busy;  /* of them at work now */
    uint64_t tickets;       /* requests for workers that wait in the queue now, of KETSIM_TICKETS at most */
} ketsim_counters;
enum { KETSIM_TICKETS = 1024 };
KETSIM_API void ketsim_get_counters(ketsim_counters *out);

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_H */
