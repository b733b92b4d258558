/* Matrices that need not be unitary, against dense linear algebra: every number of targets, controls of both kinds, both
 * precisions; what they do to the norm; and that a failure leaves the state as it was. */
#include <math.h>

#include "helpers.h"

enum { N = 6 };

static oracle_amp psi[1 << N];
static ketsim_complex matrix[1 << 2 * N];

static double norm2_of(unsigned n)
{
    long double sum = 0;
    for (size_t i = 0; i < (size_t)1 << n; i++) sum += creall(psi[i] * conjl(psi[i]));
    return (double)sum;
}

static void scale(unsigned n, double factor)
{
    for (size_t i = 0; i < (size_t)1 << n; i++) psi[i] *= factor;
}

static void random_operator(ketsim_op *op, int *qubits, unsigned k, unsigned ncontrols, unsigned n,
                            uint64_t *seed)
{
    random_qubits(qubits, k + ncontrols, n, seed);
    for (size_t j = 0; j < (size_t)1 << 2 * k; j++)
        matrix[j] = (ketsim_complex){random_real(seed, -2, 2), random_real(seed, -2, 2)};
    *op = (ketsim_op){.gate = KETSIM_GATE_UNITARY,
                      .qubits = qubits,
                      .nqubits = k,
                      .controls = qubits + k,
                      .ncontrols = ncontrols,
                      .control_values = random_below(seed, 4),
                      .matrix = matrix};
}

static void against_dense(unsigned n, unsigned k, unsigned ncontrols, ketsim_dtype dtype, bool normalize,
                          uint64_t *seed)
{
    int qubits[KETSIM_MAX_QUBITS];
    ketsim_op op;
    double norm2;
    ketsim_state *state = random_state(psi, n, dtype, seed);
    const ketsim_op h = {.gate = KETSIM_GATE_H, .qubits = (int[]){0}, .nqubits = 1};
    CHECK_OK(ketsim_queue(state, &h, 1));
    oracle_op(psi, n, &h);
    random_operator(&op, qubits, k, ncontrols, n, seed);
    oracle_op(psi, n, &op);
    CHECK_OK(ketsim_apply_operator(state, &norm2, &op, normalize, NULL));
    const double wanted = norm2_of(n), unit = dtype == KETSIM_COMPLEX128 ? 1e-13 : 1e-4;
    CHECK(fabs(norm2 / wanted - 1) < unit, "squared norm %.17g, it is %.17g", norm2, wanted);
    if (normalize) scale(n, 1 / sqrt(wanted));
    const double error = state_error(state, psi);
    CHECK(error < unit * (normalize ? 1 : sqrt(wanted)), "n=%u k=%u: off by %g", n, k, error);
    ketsim_state_free(state);
}

static void every_size(uint64_t *seed)
{
    for (unsigned n = 1; n <= N; n++)
        for (unsigned k = 1; k <= n; k++)
            for (unsigned c = 0; c < 3 && k + c <= n; c++)
                for (unsigned form = 0; form < 4; form++)
                    against_dense(n, k, c, (ketsim_dtype)(form & 1), form & 2, seed);
}

static void refused(ketsim_state *state, const ketsim_op *op, bool normalize, const char *part)
{
    const uint64_t hash = state_hash(state), generation = ketsim_state_generation(state);
    double norm2 = 7;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_apply_operator(state, &norm2, op, normalize, NULL), part);
    CHECK(norm2 == 7 && state_hash(state) == hash && ketsim_state_generation(state) == generation,
          "a refused operator changed the state");
}

static void refusals(void)
{
    ketsim_state *state = label_state("0+1");
    static ketsim_complex m[64];
    const int qubits[] = {0, 1, 2}, twice[] = {1, 1, 2}, far[] = {0, 3, 1};
    ketsim_op op = {.gate = KETSIM_GATE_UNITARY, .qubits = qubits, .nqubits = 3, .matrix = m};
    for (int normalize = 0; normalize < 2; normalize++) {
        refused(state, &op, normalize, "norm of 0");
        m[0] = (ketsim_complex){1, 0}; /* of |000>, of which there is nothing */
        refused(state, &op, normalize, "norm of 0");
        m[9] = (ketsim_complex){NAN, 0};
        refused(state, &op, normalize, "operator: entry (1, 1)");
        m[9] = (ketsim_complex){1e200, 0};
        refused(state, &op, normalize, "must be finite");
        m[9] = (ketsim_complex){1, 0};
        ketsim_op bad = op;
        bad.qubits = twice;
        refused(state, &bad, normalize, "qubit 1: given twice");
        bad.qubits = far;
        refused(state, &bad, normalize, "qubit 3: must be 0..2");
        bad = op;
        bad.nqubits = 0;
        refused(state, &bad, normalize, "operator: given 0 qubits: takes 1 to 10");
        bad = op;
        bad.controls = qubits;
        bad.ncontrols = 1;
        refused(state, &bad, normalize, "qubit 0: given twice");
        bad = (ketsim_op){.gate = KETSIM_GATE_X, .qubits = qubits, .nqubits = 1};
        refused(state, &bad, normalize, "KETSIM_GATE_UNITARY");
        m[0] = m[9] = (ketsim_complex){0, 0};
    }
    ketsim_state_free(state);
}

/* Raised before: nothing is done; and the identity is allowed. */
static void stopped_and_identity(void)
{
    ketsim_cancel *cancel;
    ketsim_state *state = label_state("0+1");
    const ketsim_complex one[] = {{1, 0}, {0, 0}, {0, 0}, {1, 0}};
    const ketsim_op op = {.gate = KETSIM_GATE_UNITARY, .qubits = (int[]){1}, .nqubits = 1, .matrix = one};
    const uint64_t hash = state_hash(state);
    double norm2;
    CHECK_OK(ketsim_cancel_new(&cancel));
    CHECK_OK(ketsim_apply_operator(state, &norm2, &op, false, NULL));
    CHECK(fabs(norm2 - 1) < 1e-15 && state_hash(state) == hash, "the identity changed a state");
    ketsim_cancel_raise(cancel);
    CHECK_FAILS(KETSIM_ERR_CANCELLED,
                ketsim_apply_operator(state, &norm2, &op, false, &(ketsim_run_options){.cancel = cancel}),
                "");
    CHECK(state_hash(state) == hash, "a cancelled operator changed a state");
    ketsim_cancel_free(cancel);
    ketsim_state_free(state);
}

int main(void)
{
    uint64_t seed = 1;
    every_size(&seed);
    refusals();
    stopped_and_identity();
    return EXIT_SUCCESS;
}
