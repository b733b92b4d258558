/* Copies of circuits hold the same operations until one of them changes: whatever is done to a circuit, to its copies, to a
 * state that ran it and by several threads at once, each has the operations that a list beside it says. */
#include <pthread.h>

#include "helpers.h"

enum { CIRCUITS = 5, STEPS = 5000, MOST = 60, QUBITS = 3, CALLERS = 4, ROUNDS = 300 };

/* A circuit of RX gates, told apart by their angles. */
struct listed {
    ketsim_circuit *circuit;
    size_t length;
    double angles[MOST];
};

static struct listed all[CIRCUITS];
static uint64_t seed = 11;

static void renew(struct listed *l)
{
    ketsim_circuit_free(l->circuit);
    CHECK_OK(ketsim_circuit_new(&l->circuit, QUBITS));
    l->length = 0;
}

static void append(struct listed *l)
{
    const double angle = random_real(&seed, -3, 3);
    if (l->length == MOST) return;
    CHECK_OK(ketsim_circuit_gate(l->circuit, KETSIM_GATE_RX, &angle, (int[]){1}));
    l->angles[l->length++] = angle;
}

static void truncate(struct listed *l)
{
    l->length = random_below(&seed, (unsigned)l->length + 1);
    CHECK_OK(ketsim_circuit_truncate(l->circuit, l->length));
}

static void copy(struct listed *to, const struct listed *from)
{
    if (to == from) return;
    ketsim_circuit_free(to->circuit);
    CHECK_OK(ketsim_circuit_copy(&to->circuit, from->circuit));
    to->length = from->length;
    memcpy(to->angles, from->angles, sizeof to->angles);
}

static void extend(struct listed *to, const struct listed *from)
{
    if (to->length + from->length > MOST) return;
    CHECK_OK(ketsim_circuit_extend(to->circuit, from->circuit));
    memcpy(to->angles + to->length, from->angles, from->length * sizeof *to->angles);
    to->length += to == from ? to->length : from->length;
}

/* The state keeps what waits on it apart from the circuit. */
static void run(ketsim_state *state, struct listed *l)
{
    const size_t length = ketsim_circuit_length(l->circuit);
    CHECK_OK(ketsim_apply(state, l->circuit, NULL));
    CHECK_OK(ketsim_queue(state, &(ketsim_op){.gate = KETSIM_GATE_H, .qubits = (int[]){0}, .nqubits = 1}, 1));
    append(l);
    CHECK(ketsim_pending(state) == 1, "%zu operations wait", ketsim_pending(state));
    CHECK(ketsim_circuit_length(l->circuit) >= length, "the run has shortened the circuit");
    if (random_below(&seed, 2)) CHECK_OK(ketsim_run(state, NULL));
    else CHECK_OK(ketsim_discard(state));
}

static void reserve(struct listed *l)
{
    CHECK_OK(ketsim_circuit_reserve(l->circuit, random_below(&seed, MOST)));
    CHECK_FAILS(KETSIM_ERR_MEMORY, ketsim_circuit_reserve(l->circuit, SIZE_MAX), "operations");
}

static void compare(const struct listed *l)
{
    ketsim_op_record record;
    CHECK(ketsim_circuit_length(l->circuit) == l->length, "%zu operations, not %zu",
          ketsim_circuit_length(l->circuit), l->length);
    for (size_t k = 0; k < l->length; k++) {
        CHECK_OK(ketsim_circuit_get(l->circuit, &record, k));
        CHECK(record.gate == KETSIM_GATE_RX && record.angles[0] == l->angles[k],
              "operation %zu of %zu is %g, not %g", k, l->length, record.angles[0], l->angles[k]);
    }
}

static void step(ketsim_state *state)
{
    struct listed *l = &all[random_below(&seed, CIRCUITS)], *other = &all[random_below(&seed, CIRCUITS)];
    switch (random_below(&seed, 16)) {
    case 0: renew(l); break;
    case 1: truncate(l); break;
    case 2:
    case 3: copy(l, other); break;
    case 4:
        renew(l);
        extend(l, other);
        break;
    case 5: extend(l, other); break;
    case 6: run(state, l); break;
    case 7: reserve(l); break;
    default: append(l); break;
    }
}

/* ---- threads ------------------------------------------------------------------------------------ */

/* Copies, changes and runs what another thread may be appending to, and copying, too. */
static void *use_shared(void *context)
{
    ketsim_circuit *shared = context, *own;
    ketsim_state *state;
    CHECK_OK(ketsim_state_new(&state, QUBITS, KETSIM_COMPLEX128));
    for (unsigned r = 0; r < ROUNDS; r++) {
        CHECK_OK(ketsim_circuit_copy(&own, shared));
        const size_t length = ketsim_circuit_length(own);
        CHECK_OK(ketsim_circuit_gate(own, KETSIM_GATE_X, NULL, (int[]){0}));
        CHECK(ketsim_circuit_length(own) == length + 1, "another thread's operations");
        if (r % 4 == 0) CHECK_OK(ketsim_circuit_gate(shared, KETSIM_GATE_H, NULL, (int[]){1}));
        if (r % 16 == 0) CHECK_OK(ketsim_apply(state, shared, NULL));
        ketsim_circuit_free(own);
    }
    ketsim_state_free(state);
    return NULL;
}

static void from_threads(void)
{
    ketsim_circuit *shared;
    ketsim_op_record record;
    pthread_t threads[CALLERS];
    const size_t want = (size_t)CALLERS * ((ROUNDS + 3) / 4);
    CHECK_OK(ketsim_circuit_new(&shared, QUBITS));
    for (unsigned k = 0; k < CALLERS; k++)
        CHECK(!pthread_create(&threads[k], NULL, use_shared, shared), "no thread");
    for (unsigned k = 0; k < CALLERS; k++) pthread_join(threads[k], NULL);
    CHECK(ketsim_circuit_length(shared) == want, "%zu operations, not %zu", ketsim_circuit_length(shared),
          want);
    for (size_t k = 0; k < want; k++) {
        CHECK_OK(ketsim_circuit_get(shared, &record, k));
        CHECK(record.gate == KETSIM_GATE_H, "operation %zu is a copy's", k);
    }
    ketsim_circuit_free(shared);
}

int main(void)
{
    ketsim_state *state;
    CHECK_OK(ketsim_state_new(&state, QUBITS, KETSIM_COMPLEX128));
    for (unsigned k = 0; k < CIRCUITS; k++) renew(&all[k]);
    for (unsigned k = 0; k < STEPS; k++) {
        step(state);
        for (unsigned c = 0; c < CIRCUITS; c++) compare(&all[c]);
    }
    for (unsigned k = 0; k < CIRCUITS; k++) ketsim_circuit_free(all[k].circuit);
    ketsim_state_free(state);
    from_threads();
    printf("%d steps on %d circuits that share operations; %d threads, %d rounds each\n", STEPS, CIRCUITS,
           CALLERS, ROUNDS);
    return EXIT_SUCCESS;
}
