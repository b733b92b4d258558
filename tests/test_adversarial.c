/* Circuits made to hurt: families of operations on which some pass of the planner or some kernel has most to get wrong.
 * Each as passes over tiles against the definition, on 6 to 10 qubits; then through the public header on more: the
 * same bits with any number of threads, and a run that is stopped leaves every byte as it was.
 *
 *   test_adversarial [rounds [gates]]    default 6 rounds of every family, and 20000 gates where there are many */
#include <math.h>

#include "tiled.h"
#include "unitaries.h"

enum { MOST_OPS = 120, THREADED_QUBITS = 18, STOPPED_QUBITS = 19 };

static const double tolerances[2] = {1e-14, 1e-6}; /* over many gates those of the project would see little */

/* ---- families ------------------------------------------------------------------------------------- */

/* Where in a circuit an operation is drawn: its number, and a number that is the same for all of the circuit. */
struct spot {
    unsigned n, k, pick;
    uint64_t *seed;
};

static bool one_in(const struct spot *s, unsigned count)
{
    return !random_below(s->seed, count);
}

/* A row on these qubits, as many as it has. */
static void put(struct stored_op *out, ketsim_gate gate, unsigned a, unsigned b, unsigned c)
{
    out->op.gate = gate;
    out->op.nqubits = row_qubits(gate);
    out->qubits[0] = (int)a;
    out->qubits[1] = (int)b;
    out->qubits[2] = (int)c;
}

/* A row on any qubits, now and then under one or two further controls. */
static void put_anywhere(struct stored_op *out, ketsim_gate gate, const struct spot *s)
{
    int q[KETSIM_MAX_QUBITS];
    random_qubits(q, 5, s->n, s->seed);
    put(out, gate, (unsigned)q[0], (unsigned)q[1], (unsigned)q[2]);
    if (!one_in(s, 6)) return;
    out->op.ncontrols = 1 + random_below(s->seed, 2);
    out->op.control_values = random_below(s->seed, 4) & ((1u << out->op.ncontrols) - 1);
    memcpy(out->controls, q + out->op.nqubits, out->op.ncontrols * sizeof *q);
}

static void turn(struct stored_op *out, unsigned qubit, const struct spot *s)
{
    put(out, one_in(s, 2) ? KETSIM_GATE_RY : one_in(s, 2) ? KETSIM_GATE_H : KETSIM_GATE_U, qubit, 0, 0);
}

static void one_qubit(struct stored_op *out, const struct spot *s)
{
    ketsim_gate gate;
    do gate = (ketsim_gate)random_below(s->seed, KETSIM_GATE_COUNT);
    while (row_qubits(gate) != 1);
    put(out, gate, s->pick % s->n, 0, 0);
}

#define ONE_OF(list, s) (list)[random_below((s)->seed, sizeof(list) / sizeof *(list))]

static void diagonal(struct stored_op *out, const struct spot *s)
{
    static const ketsim_gate list[] = {KETSIM_GATE_Z,   KETSIM_GATE_S,   KETSIM_GATE_T,  KETSIM_GATE_TDG,
                                       KETSIM_GATE_RZ,  KETSIM_GATE_P,   KETSIM_GATE_CZ, KETSIM_GATE_CP,
                                       KETSIM_GATE_CRZ, KETSIM_GATE_RZZ, KETSIM_GATE_CCZ};
    put_anywhere(out, ONE_OF(list, s), s);
}

static void permutation(struct stored_op *out, const struct spot *s)
{
    static const ketsim_gate list[] = {
        KETSIM_GATE_X,   KETSIM_GATE_Y,     KETSIM_GATE_CNOT, KETSIM_GATE_CY,  KETSIM_GATE_SWAP,
        KETSIM_GATE_CCX, KETSIM_GATE_CSWAP, KETSIM_GATE_CNOT, KETSIM_GATE_CCX, KETSIM_GATE_ISWAP};
    put_anywhere(out, ONE_OF(list, s), s);
}

/* The first and the last qubits in turns, and gates between them. */
static void high_and_low(struct stored_op *out, const struct spot *s)
{
    const unsigned high = random_below(s->seed, 2), low = s->n - 1 - random_below(s->seed, 2);
    static const ketsim_gate pairs[] = {KETSIM_GATE_CNOT, KETSIM_GATE_CP, KETSIM_GATE_SWAP, KETSIM_GATE_RXX};
    if (one_in(s, 3)) put(out, ONE_OF(pairs, s), s->k & 1 ? high : low, s->k & 1 ? low : high, 0);
    else turn(out, s->k & 1 ? high : low, s);
}

static void special_angles(struct stored_op *out, const struct spot *s)
{
    static const ketsim_gate list[] = {KETSIM_GATE_RX,  KETSIM_GATE_RY,  KETSIM_GATE_RZ,   KETSIM_GATE_U,
                                       KETSIM_GATE_CRX, KETSIM_GATE_CRY, KETSIM_GATE_CU,   KETSIM_GATE_CP,
                                       KETSIM_GATE_RXX, KETSIM_GATE_RYY, KETSIM_GATE_FSIM, KETSIM_GATE_RZZ};
    put_anywhere(out, ONE_OF(list, s), s);
    for (unsigned k = 0; k < KETSIM_MAX_ANGLES; k++) out->angles[k] = random_special_angle(s->seed);
}

/* Rotations of a few qubits by next to pi, one after the other: the last of each bit leaves a flip over, or not. */
static void near_pi(struct stored_op *out, const struct spot *s)
{
    put(out, one_in(s, 2) ? KETSIM_GATE_RY : KETSIM_GATE_RX, random_below(s->seed, s->n), 0, 0);
    out->angles[0] = M_PI * (one_in(s, 2) ? 1 : -1) + pow(10, -(double)random_below(s->seed, 17));
    if (one_in(s, 4)) put(out, KETSIM_GATE_CZ, s->k % s->n, (s->k + 1) % s->n, 0);
}

/* CNOTs up, down, from above or from below, each after a rotation or not; or in any order. */
static void ladder(struct stored_op *out, const struct spot *s)
{
    unsigned a = s->k % (s->n - 1), b;
    if (s->pick & 8) a = random_below(s->seed, s->n - 1);
    if (s->pick & 1) a = s->n - 2 - a;
    b = s->pick & 16 ? a + 1 + random_below(s->seed, s->n - 1 - a) : a + 1;
    if (s->pick & 4 && one_in(s, 3)) turn(out, a, s);
    else put(out, KETSIM_GATE_CNOT, s->pick & 2 ? b : a, s->pick & 2 ? a : b, 0);
}

/* The four lowest bits as controls of flips of the others, and the other way. */
static void lanes(struct stored_op *out, const struct spot *s)
{
    const unsigned lane = s->n - 1 - random_below(s->seed, 4), other = random_below(s->seed, s->n - 4);
    const unsigned second = other ? other - 1 : s->n - 5;
    const bool from_lane = s->pick & 2 ? one_in(s, 2) : s->pick & 1;
    if (one_in(s, 4)) turn(out, one_in(s, 2) ? lane : other, s);
    else if (one_in(s, 3) && second != other)
        put(out, KETSIM_GATE_CCX, from_lane ? lane : second, other, lane);
    else put(out, KETSIM_GATE_CNOT, from_lane ? lane : other, from_lane ? other : lane, 0);
    if (out->op.gate == KETSIM_GATE_CCX && from_lane) put(out, KETSIM_GATE_CCX, lane, second, other);
}

/* X under up to all other qubits, with any values. */
static void controlled_flips(struct stored_op *out, const struct spot *s)
{
    int q[KETSIM_MAX_QUBITS];
    random_qubits(q, s->n, s->n, s->seed);
    put(out, one_in(s, 6) ? KETSIM_GATE_H : KETSIM_GATE_X, (unsigned)q[0], 0, 0);
    out->op.ncontrols = out->op.gate == KETSIM_GATE_X ? random_below(s->seed, s->n) : 0;
    out->op.control_values = random_bits(s->seed) & ((UINT64_C(1) << out->op.ncontrols) - 1);
    memcpy(out->controls, q + 1, out->op.ncontrols * sizeof *q);
}

/* Layers of exchanges of neighbors, or of any two, with little between them. */
static void swaps(struct stored_op *out, const struct spot *s)
{
    const unsigned half = s->n / 2, a = 2 * (s->k % half) + (s->k / half & 1);
    static const ketsim_gate list[] = {KETSIM_GATE_SWAP,  KETSIM_GATE_SWAP,    KETSIM_GATE_SWAP,
                                       KETSIM_GATE_ISWAP, KETSIM_GATE_ISWAPDG, KETSIM_GATE_CSWAP};
    if (one_in(s, 4)) turn(out, random_below(s->seed, s->n), s);
    else if (s->pick & 1 || a + 1 >= s->n) put_anywhere(out, ONE_OF(list, s), s);
    else put(out, KETSIM_GATE_SWAP, a, a + 1, 0);
}

/* What becomes a core, on few pairs so that runs merge, or on any. */
static void cores(struct stored_op *out, const struct spot *s)
{
    static const ketsim_gate list[] = {KETSIM_GATE_FSIM, KETSIM_GATE_ISWAP, KETSIM_GATE_RXX,
                                       KETSIM_GATE_RYY,  KETSIM_GATE_ECR,   KETSIM_GATE_CNOT};
    int q[2];
    random_qubits(q, 2, s->pick & 1 ? 3 : s->n, s->seed);
    if (s->pick & 2) q[0] = (int)s->n - 1 - q[0], q[1] = (int)s->n - 1 - q[1];
    put(out, ONE_OF(list, s), (unsigned)q[0], (unsigned)q[1], 0);
    if (one_in(s, 2))
        for (unsigned k = 0; k < 2; k++) out->angles[k] = random_special_angle(s->seed);
    if (one_in(s, 4)) {
        turn(out, (unsigned)q[0], s);
        return;
    }
    if (!one_in(s, 3)) return;
    out->op.gate = KETSIM_GATE_UNITARY;
    out->op.nqubits = 2;
    random_pair_unitary(out->matrix, s->seed);
}

/* Nothing that a scale could be paid with. */
static void real_turns(struct stored_op *out, const struct spot *s)
{
    put(out, KETSIM_GATE_RY, s->pick & 1 ? s->k % s->n : random_below(s->seed, s->n), 0, 0);
    if (s->pick & 2) out->angles[0] = M_PI / 2 * (one_in(s, 2) ? 1 : -1); /* the largest scale */
}

static void real_entangled(struct stored_op *out, const struct spot *s)
{
    if (one_in(s, 2)) real_turns(out, s);
    else put_anywhere(out, one_in(s, 3) ? KETSIM_GATE_CCX : KETSIM_GATE_CNOT, s);
}

static void clifford(struct stored_op *out, const struct spot *s)
{
    static const ketsim_gate list[] = {KETSIM_GATE_H,  KETSIM_GATE_S,    KETSIM_GATE_T,
                                       KETSIM_GATE_SX, KETSIM_GATE_CNOT, KETSIM_GATE_CZ};
    int q[2];
    random_qubits(q, 2, s->n, s->seed);
    put(out, ONE_OF(list, s), (unsigned)q[0], (unsigned)q[1], 0);
}

/* Tiles cut short again and again by matrices that have no canonical form. */
static void segments(struct stored_op *out, const struct spot *s)
{
    int q[3];
    random_tiled_op(out, s->n, s->seed);
    if (!one_in(s, 8)) return;
    random_qubits(q, 3, s->n, s->seed);
    out->op = (ketsim_op){.gate = KETSIM_GATE_UNITARY, .nqubits = 2, .ncontrols = 1};
    memcpy(out->qubits, q, 2 * sizeof *q);
    out->controls[0] = q[2];
    random_pair_unitary(out->matrix, s->seed);
}

static void anything(struct stored_op *out, const struct spot *s)
{
    random_tiled_op(out, s->n, s->seed);
}

static const struct family {
    const char *name;
    void (*draw)(struct stored_op *out, const struct spot *spot);
} families[] = {{"all on one qubit", one_qubit},
                {"all diagonal", diagonal},
                {"all permutations", permutation},
                {"high and low qubits", high_and_low},
                {"special angles", special_angles},
                {"angles next to pi", near_pi},
                {"ladder of CNOT", ladder},
                {"lanes and others", lanes},
                {"flips under controls", controlled_flips},
                {"networks of SWAP", swaps},
                {"cores", cores},
                {"only RY", real_turns},
                {"RY and flips", real_entangled},
                {"Clifford and T", clifford},
                {"many segments", segments},
                {"anything", anything}};
enum { FAMILIES = sizeof families / sizeof *families };

static void draw(struct stored_op *ops, unsigned count, const struct family *family, unsigned n,
                 unsigned pick, uint64_t *seed)
{
    for (unsigned k = 0; k < count; k++) {
        ops[k] = (struct stored_op){0};
        random_angles(ops[k].angles, seed);
        family->draw(&ops[k], &(struct spot){n, k, pick, seed});
    }
}

/* ---- against the definition ------------------------------------------------------------------------ */

/* Both precisions, from amplitudes and from a label, each in place or not. */
static void check_family(const struct family *family, unsigned pick, uint64_t *seed)
{
    struct stored_op ops[MOST_OPS];
    const unsigned n = 6 + random_below(seed, 4) + (random_below(seed, 4) == 0);
    const unsigned count = 1 + random_below(seed, MOST_OPS);
    draw(ops, count, family, n, pick, seed);
    for (unsigned dtype = 0; dtype < 2; dtype++)
        for (unsigned way = 0; way < 2; way++) {
            struct trial trial;
            do draw_trial(&trial, family->name, n, seed);
            while ((*trial.label != 0) != way);
            trial.dtype = (ketsim_dtype)dtype;
            memcpy(trial.tolerance, tolerances, sizeof tolerances);
            check_tiled(&trial, ops, count);
        }
}

/* Many gates on few qubits; and many rotations without a phase, whose scales would overflow. */
static void check_many(unsigned count, uint64_t *seed)
{
    struct stored_op *ops = malloc(count * sizeof *ops);
    CHECK(ops, "no memory for %u operations", count);
    for (unsigned k = 0; k < FAMILIES; k++) {
        const bool is_long = families[k].draw == anything || families[k].draw == one_qubit;
        const bool only_turns = families[k].draw == real_turns || families[k].draw == real_entangled;
        for (unsigned pick = 0; pick < (is_long ? 1u : only_turns ? 4u : 0u); pick++) {
            struct trial trial;
            const unsigned length = is_long ? count : count / 4;
            draw(ops, length, &families[k], 6, pick, seed);
            draw_trial(&trial, families[k].name, 6, seed);
            trial.dtype = only_turns || random_below(seed, 2) ? KETSIM_COMPLEX64 : KETSIM_COMPLEX128;
            memcpy(trial.tolerance, tolerances, sizeof tolerances);
            check_tiled(&trial, ops, length);
        }
    }
    free(ops);
}

/* ---- through the public header --------------------------------------------------------------------- */

static ketsim_circuit *family_circuit(const struct family *family, unsigned n, unsigned count, uint64_t *seed)
{
    struct stored_op ops[MOST_OPS];
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    const unsigned pick = random_below(seed, 32);
    for (unsigned done = 0; done < count; done += MOST_OPS) {
        const unsigned more = count - done < MOST_OPS ? count - done : MOST_OPS;
        draw(ops, more, family, n, pick, seed);
        for (unsigned k = 0; k < more; k++) {
            const ketsim_op op = op_of(&ops[k]);
            CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
        }
    }
    return circuit;
}

/* From the label and once more from what that gave. */
static void check_threads(const struct family *family, ketsim_dtype dtype, uint64_t *seed)
{
    static const unsigned teams[] = {1, 2, 3, 5, 8, 16};
    ketsim_circuit *circuit = family_circuit(family, THREADED_QUBITS, 60, seed);
    uint64_t hash = 0;
    for (unsigned k = 0; k < sizeof teams / sizeof *teams; k++) {
        ketsim_state *state = new_state(THREADED_QUBITS, dtype);
        for (unsigned times = 0; times < 2; times++)
            CHECK_OK(ketsim_apply(state, circuit, &(ketsim_run_options){.threads = teams[k]}));
        const uint64_t own = state_hash(state);
        CHECK(!k || own == hash, "%s: other bits with %u threads than with 1", family->name, teams[k]);
        hash = own;
        ketsim_state_free(state);
    }
    ketsim_circuit_free(circuit);
}

/* Stops at one of the calls, by what it returns or by a token. */
struct stop {
    unsigned calls, stop_at; /* 0: never */
    ketsim_cancel *cancel;   /* NULL: by returning false */
};

static bool count_calls(void *context, double done)
{
    struct stop *stop = context;
    (void)done;
    if (++stop->calls != stop->stop_at) return true;
    if (stop->cancel) ketsim_cancel_raise(stop->cancel);
    return stop->cancel;
}

static ketsim_status run_stopped(ketsim_state *state, const ketsim_circuit *circuit, struct stop *stop,
                                 unsigned threads)
{
    return ketsim_apply(
        state, circuit,
        &(ketsim_run_options){
            .threads = threads, .cancel = stop->cancel, .poll = count_calls, .poll_context = stop});
}

/* The run stopped at every boundary between two slices; each time nothing has changed. */
static unsigned stop_everywhere(ketsim_state *state, const ketsim_circuit *circuit, bool by_token,
                                unsigned threads)
{
    const size_t bytes = state_bytes(state);
    const uint64_t generation = ketsim_state_generation(state);
    void *before = read_amplitudes(state);
    for (unsigned at = 1;; at++) {
        struct stop stop = {.stop_at = at};
        if (by_token) CHECK_OK(ketsim_cancel_new(&stop.cancel));
        const ketsim_status status = run_stopped(state, circuit, &stop, threads);
        ketsim_cancel_free(stop.cancel);
        if (status == KETSIM_OK) {
            CHECK(stop.calls < at, "went on though stopped at call %u", at);
            free(before);
            return at - 1;
        }
        CHECK(status == KETSIM_ERR_CANCELLED && stop.calls == at, "%s after %u calls, stopped at %u",
              ketsim_status_name(status), stop.calls, at);
        void *after = read_amplitudes(state);
        CHECK(!memcmp(before, after, bytes), "stopped at call %u: amplitudes have changed", at);
        CHECK(ketsim_state_generation(state) == generation, "stopped at call %u: committed", at);
        free(after);
    }
}

/* After all the stops, the run gives what it gives without. */
static void check_stops(const struct family *family, unsigned count, bool by_token, uint64_t *seed)
{
    ketsim_circuit *circuit = family_circuit(family, STOPPED_QUBITS, count, seed),
                   *first = family_circuit(&families[FAMILIES - 1], STOPPED_QUBITS, 20, seed);
    ketsim_state *state = new_state(STOPPED_QUBITS, KETSIM_COMPLEX64), *other;
    CHECK_OK(ketsim_apply(state, first, NULL));
    CHECK_OK(ketsim_state_clone(&other, state));
    CHECK_OK(ketsim_apply(other, circuit, NULL));
    const unsigned stops = stop_everywhere(state, circuit, by_token, 1 + by_token);
    CHECK(stops >= 3, "%s: only %u boundaries between slices", family->name, stops);
    CHECK(state_hash(state) == state_hash(other), "%s: other bits after %u stopped runs", family->name,
          stops);
    printf("%s: stopped %u times by %s\n", family->name, stops, by_token ? "the token" : "poll");
    ketsim_state_free(state);
    ketsim_state_free(other);
    ketsim_circuit_free(circuit);
    ketsim_circuit_free(first);
}

int main(int argc, char **argv)
{
    const unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 6;
    const unsigned many = argc > 2 ? (unsigned)atoi(argv[2]) : 20000;
    uint64_t seed = 17;
    tiled_open();
    for (unsigned k = 0; k < rounds; k++)
        for (unsigned f = 0; f < FAMILIES; f++) check_family(&families[f], random_below(&seed, 32), &seed);
    check_many(many, &seed);
    tiled_close();
    printf("%u families, %lu runs, %lu passes, %lu items; largest error / root of gates %.1e and %.1e\n",
           (unsigned)FAMILIES, tiled_totals.runs, tiled_totals.passes, tiled_totals.items,
           tiled_totals.worst[0], tiled_totals.worst[1]);
    for (unsigned f = 0; f < FAMILIES; f++) check_threads(&families[f], (ketsim_dtype)(f & 1), &seed);
    check_stops(&families[FAMILIES - 1], 1000, false, &seed);
    check_stops(&families[FAMILIES - 1], 1000, true, &seed);
    return 0;
}
