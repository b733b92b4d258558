/* What stops calls that take no options, and plans in the making: nothing is written, states keep their bits, and what
 * is not stopped gives the bits that it gives without limits. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "helpers.h"

enum { N = 20, SHOTS = 3000, KEPT = 3, ANGLES = 2, ROUNDS = 12 };

/* What the calls below write to. */
struct out {
    double numbers[8], *probabilities;
    uint64_t *shots;
    ketsim_complex *amplitudes, density[4 << 2 * KEPT];
};

struct work {
    const char *name;
    ketsim_status (*call)(ketsim_state *state, struct out *out);
    bool writes; /* to the state */
};

static const int kept[] = {0, 7, N - 1};
static const uint64_t seed = 5;
static ketsim_observable *energy;
static ketsim_circuit *dynamic, *rotations;
static ketsim_state *other;

static ketsim_status norm(ketsim_state *state, struct out *out)
{
    return ketsim_norm(state, out->numbers);
}

static ketsim_status inner(ketsim_state *state, struct out *out)
{
    return ketsim_inner(state, other, (ketsim_complex *)out->numbers);
}

static ketsim_status amplitudes(ketsim_state *state, struct out *out)
{
    return ketsim_get_amplitudes(state, out->amplitudes, 0, UINT64_C(1) << N);
}

static ketsim_status probabilities(ketsim_state *state, struct out *out)
{
    return ketsim_probabilities(state, out->probabilities, NULL, 0);
}

static ketsim_status marginals(ketsim_state *state, struct out *out)
{
    return ketsim_probabilities(state, out->probabilities, kept, KEPT);
}

static ketsim_status density(ketsim_state *state, struct out *out)
{
    return ketsim_density_matrix(state, out->density, kept, KEPT);
}

static ketsim_status sample(ketsim_state *state, struct out *out)
{
    return ketsim_sample(state, out->shots, SHOTS, NULL, 0, &seed);
}

static ketsim_status expectation(ketsim_state *state, struct out *out)
{
    return ketsim_expectation(state, energy, out->numbers);
}

static ketsim_status estimate(ketsim_state *state, struct out *out)
{
    return ketsim_estimate(state, energy, SHOTS, out->numbers, out->numbers + 1, &seed);
}

static ketsim_status measure(ketsim_state *state, struct out *out)
{
    return ketsim_measure(state, out->shots, kept, KEPT, &seed);
}

static ketsim_status postselect(ketsim_state *state, struct out *out)
{
    return ketsim_postselect(state, out->numbers, kept, KEPT, 3, true);
}

static ketsim_status set(ketsim_state *state, struct out *out)
{
    return ketsim_state_set(state, out->amplitudes, UINT64_C(1) << N, true);
}

static ketsim_status edit(ketsim_state *state, struct out *out)
{
    ketsim_edit *edit;
    (void)out;
    const ketsim_status status = ketsim_edit_begin(&edit, state);
    if (status != KETSIM_OK) return status;
    ((double *)ketsim_edit_amplitudes(edit))[1] = 0.25;
    return ketsim_edit_commit(edit);
}

/* Of so many different outcomes that they are sorted bit by bit. */
static ketsim_status tally(ketsim_state *state, struct out *out)
{
    const size_t shots = (size_t)1 << N;
    size_t different;
    uint64_t *outcomes = malloc(shots * sizeof *outcomes);
    CHECK(outcomes && state, "no memory");
    for (size_t k = 0; k < shots; k++) outcomes[k] = k * UINT64_C(0x9E3779B97F4A7C15) >> 24;
    const ketsim_status status = ketsim_tally(NULL, &different, outcomes, shots);
    if (status == KETSIM_OK) out->numbers[0] = (double)different;
    free(outcomes);
    return status;
}

static ketsim_status from_amplitudes(ketsim_state *state, struct out *out)
{
    ketsim_state *made;
    const ketsim_status status = ketsim_state_from_amplitudes(&made, out->amplitudes, UINT64_C(1) << N,
                                                              ketsim_state_dtype(state), true);
    if (status == KETSIM_OK) ketsim_state_free(made);
    return status;
}

static ketsim_status covariance(ketsim_state *state, struct out *out)
{
    return ketsim_covariance(state, &(const ketsim_observable *){energy}, 1, out->numbers, NULL);
}

static ketsim_status shot(ketsim_state *state, struct out *out)
{
    return ketsim_run_shot(state, out->shots, dynamic, &seed, 0, NULL);
}

static ketsim_status apply_operator(ketsim_state *state, struct out *out)
{
    static const ketsim_complex damp[] = {{1, 0}, {0, 0}, {0, 0}, {0.5, 0}};
    const ketsim_op op = {.gate = KETSIM_GATE_UNITARY, .qubits = kept, .nqubits = 1, .matrix = damp};
    return ketsim_apply_operator(state, out->numbers, &op, true, NULL);
}

static ketsim_status gradient(ketsim_state *state, struct out *out)
{
    return ketsim_gradient(state, out->numbers, out->numbers + 1, ANGLES, rotations, energy, NULL);
}

static ketsim_status metric(ketsim_state *state, struct out *out)
{
    return ketsim_metric(state, out->numbers, ANGLES, rotations, NULL);
}

static ketsim_status run(ketsim_state *state, struct out *out)
{
    (void)out;
    return ketsim_run(state, NULL);
}

static const struct work works[] = {{"norm", norm, false},
                                    {"inner", inner, false},
                                    {"amplitudes", amplitudes, false},
                                    {"probabilities", probabilities, false},
                                    {"marginals", marginals, false},
                                    {"density", density, false},
                                    {"sample", sample, false},
                                    {"expectation", expectation, false},
                                    {"estimate", estimate, false},
                                    {"measure", measure, true},
                                    {"postselect", postselect, true},
                                    {"set", set, true},
                                    {"edit", edit, true},
                                    {"tally", tally, false},
                                    {"from_amplitudes", from_amplitudes, false},
                                    {"covariance", covariance, false},
                                    {"shot", shot, true},
                                    {"operator", apply_operator, true},
                                    {"gradient", gradient, false},
                                    {"metric", metric, false},
                                    {"run", run, true}};
enum { WORKS = sizeof works / sizeof *works };

/* ---- help ------------------------------------------------------------------------------------- */

static struct out new_out(void)
{
    struct out out = {.probabilities = calloc((size_t)1 << N, sizeof(double)),
                      .shots = calloc(SHOTS, sizeof(uint64_t)),
                      .amplitudes = malloc(sizeof(ketsim_complex) << N)};
    CHECK(out.probabilities && out.shots && out.amplitudes, "no memory");
    for (size_t k = 0; k < (size_t)1 << N; k++) out.amplitudes[k] = (ketsim_complex){(double)(k % 7), 1};
    return out;
}

static void free_out(struct out *out)
{
    free(out->probabilities);
    free(out->shots);
    free(out->amplitudes);
}

static bool same_out(const struct out *a, const struct out *b)
{
    return !memcmp(a->numbers, b->numbers, sizeof a->numbers) &&
           !memcmp(a->density, b->density, sizeof a->density) &&
           !memcmp(a->shots, b->shots, SHOTS * sizeof *a->shots) &&
           !memcmp(a->probabilities, b->probabilities, sizeof(double) << N) &&
           !memcmp(a->amplitudes, b->amplitudes, sizeof(ketsim_complex) << N);
}

static void queue(ketsim_state *state)
{
    for (int q = 0; q < N; q++)
        CHECK_OK(ketsim_queue(state, &(ketsim_op){.gate = KETSIM_GATE_H, .qubits = &q, .nqubits = 1}, 1));
}

/* The same each time, with no qubit in a basis state. */
static ketsim_state *start(void)
{
    uint64_t mixed = 3;
    ketsim_state *state = new_state(N, KETSIM_COMPLEX128);
    ketsim_circuit *circuit = random_circuit(N, 40, &mixed, NULL);
    queue(state);
    apply_once(state, circuit);
    for (int q = 0; q < N; q++) CHECK_OK(gate1(state, KETSIM_GATE_RY, 0.3 + q, q, 0, 0));
    CHECK_OK(ketsim_run(state, NULL));
    ketsim_circuit_free(circuit);
    return state;
}

/* ---- stopped before it begins ----------------------------------------------------------------- */

struct limit {
    ketsim_run_options options;
    bool passes; /* wait until its time has passed */
};

static void stop_each(struct limit limit, ketsim_status why, const char *part)
{
    for (unsigned k = 0; k < WORKS; k++) {
        struct out out = new_out(), before = new_out();
        ketsim_state *state = start();
        const uint64_t hash = state_hash(state), generation = ketsim_state_generation(state);
        if (works[k].call == run) queue(state);
        ketsim_set_limits(&limit.options);
        if (limit.passes) nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
        const ketsim_status status = works[k].call(state, &out);
        ketsim_set_limits(NULL);
        CHECK(status == why && strstr(ketsim_last_error(), part), "%s: %s: %s", works[k].name,
              ketsim_status_name(status), ketsim_last_error());
        CHECK(ketsim_state_generation(state) == generation, "%s was stopped and has committed",
              works[k].name);
        CHECK(works[k].call == amplitudes || works[k].call == probabilities || same_out(&out, &before),
              "%s was stopped and has written", works[k].name);
        CHECK_OK(ketsim_discard(state));
        CHECK(state_hash(state) == hash, "%s was stopped, and the bits are others", works[k].name);
        ketsim_state_free(state);
        free_out(&out);
        free_out(&before);
    }
}

static void each_before_it_begins(void)
{
    ketsim_cancel *cancel;
    CHECK_OK(ketsim_cancel_new(&cancel));
    ketsim_cancel_raise(cancel);
    stop_each((struct limit){{.cancel = cancel}, false}, KETSIM_ERR_CANCELLED, "cancelled");
    stop_each((struct limit){{.timeout_ms = 1}, true}, KETSIM_ERR_DEADLINE, "timeout_ms = 1 passed");
    ketsim_cancel_free(cancel);
}

/* ---- stopped anywhere -------------------------------------------------------------------------- */

struct raiser {
    ketsim_cancel *cancel;
    long delay_ns;
    _Atomic bool begun;
};

static void *raise_later(void *context)
{
    struct raiser *raiser = context;
    while (!raiser->begun) {}
    nanosleep(&(struct timespec){.tv_nsec = raiser->delay_ns}, NULL);
    ketsim_cancel_raise(raiser->cancel);
    return NULL;
}

/* Returns whether it was stopped; either way the state is as it was before or behind. */
static bool interrupted(const struct work *work, long delay_ns, uint64_t before, uint64_t behind,
                        const struct out *wanted)
{
    struct raiser raiser = {.delay_ns = delay_ns};
    struct out out = new_out();
    pthread_t thread;
    ketsim_state *state = start();
    CHECK_OK(ketsim_cancel_new(&raiser.cancel));
    if (work->call == run) queue(state);
    ketsim_set_limits(&(ketsim_run_options){.cancel = raiser.cancel});
    CHECK(!pthread_create(&thread, NULL, raise_later, &raiser), "no thread");
    raiser.begun = true;
    const ketsim_status status = work->call(state, &out);
    pthread_join(thread, NULL);
    ketsim_set_limits(NULL);
    CHECK(status == KETSIM_OK || status == KETSIM_ERR_CANCELLED, "%s: %s", work->name, ketsim_last_error());
    CHECK(status != KETSIM_OK || same_out(&out, wanted), "%s: other bits under limits", work->name);
    CHECK_OK(ketsim_discard(state));
    CHECK(state_hash(state) == (status == KETSIM_OK ? behind : before), "%s: a state in between", work->name);
    ketsim_state_free(state);
    ketsim_cancel_free(raiser.cancel);
    free_out(&out);
    return status != KETSIM_OK;
}

/* Later and later, until it is not stopped any more. */
static void each_anywhere(void)
{
    for (unsigned k = 0; k < WORKS; k++) {
        struct out wanted = new_out();
        ketsim_state *state = start();
        const uint64_t before = state_hash(state);
        if (works[k].call == run) queue(state);
        CHECK_OK(works[k].call(state, &wanted));
        const uint64_t behind = state_hash(state);
        CHECK((before != behind) == works[k].writes, "%s: the state", works[k].name);
        long delay_ns = 0;
        for (unsigned round = 0; round < ROUNDS; round++, delay_ns += 100000 + delay_ns / 2)
            if (!interrupted(&works[k], delay_ns, before, behind, &wanted)) break;
        ketsim_state_free(state);
        free_out(&wanted);
    }
}

/* ---- polls -------------------------------------------------------------------------------------- */

static bool refuse(void *context, double done)
{
    CHECK(done >= 0 && done <= 1, "%g done", done);
    ++*(unsigned *)context;
    return false;
}

/* 10 qubits' density matrix takes a second; the poll itself may read, without being called again. */
static bool refuse_after_reading(void *context, double done)
{
    double value;
    CHECK_OK(ketsim_norm(other, &value));
    return refuse(context, done);
}

static void polled(void)
{
    unsigned polls = 0;
    int qubits[10];
    ketsim_complex *out = calloc(sizeof *out, (size_t)1 << 20);
    CHECK(out, "no memory");
    for (int q = 0; q < 10; q++) qubits[q] = 2 * q;
    ketsim_set_limits(&(ketsim_run_options){.poll = refuse_after_reading, .poll_context = &polls});
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_density_matrix(other, out, qubits, 10), "poll function");
    ketsim_set_limits(NULL);
    CHECK(polls == 1, "asked %u times", polls);
    free(out);
}

/* Calls that take options and are given NULL ask the limits' poll in their passes, too: what is queued stays queued. */
static void polled_without_options(void)
{
    enum { LONG = 400 };
    unsigned polls = 0;
    uint64_t random = 12;
    double value = 7;
    ketsim_state *state = start();
    const uint64_t hash = state_hash(state);
    ketsim_circuit *circuit = random_circuit(N, LONG, &random, NULL);
    const size_t nangles = ketsim_circuit_angles(circuit);
    double *out = calloc(nangles * nangles + 1, sizeof *out);
    struct out unused = {.numbers = {7}};
    CHECK(out, "no memory");
    ketsim_set_limits(&(ketsim_run_options){.poll = refuse, .poll_context = &polls});
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_gradient(state, &value, out, nangles, circuit, energy, NULL),
                "poll function");
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_metric(state, out, nangles, circuit, NULL), "poll function");
    CHECK(polls == 2 && value == 7 && out[0] == 0, "asked %u times, or something was written", polls);
    for (unsigned k = 0; k < LONG; k++) {
        struct stored_op stored;
        random_op(&stored, N, &random);
        const ketsim_op op = op_of(&stored);
        CHECK_OK(ketsim_queue(state, &op, 1));
    }
    CHECK_FAILS(KETSIM_ERR_CANCELLED, apply_operator(state, &unused), "poll function");
    CHECK(polls == 3 && ketsim_pending(state) == LONG && unused.numbers[0] == 7, "%zu are queued",
          ketsim_pending(state));
    ketsim_set_limits(NULL);
    CHECK_OK(ketsim_discard(state));
    CHECK(state_hash(state) == hash, "the bits are others");
    free(out);
    ketsim_circuit_free(circuit);
    ketsim_state_free(state);
}

/* What poll reads in a run under limits does not poll again, and the run goes on under the same limits. */
static bool read_once(void *context, double done)
{
    unsigned *const depth = context;
    double value;
    (void)done;
    CHECK(++*depth == 1, "poll was called by what it read");
    CHECK_OK(ketsim_norm(other, &value));
    ketsim_set_limits(NULL);
    --*depth;
    return true;
}

static void polled_in_a_run(void)
{
    unsigned depth = 0;
    uint64_t random = 8;
    ketsim_state *state = start();
    ketsim_circuit *circuit = random_circuit(N, 400, &random, NULL);
    ketsim_cancel *cancel;
    CHECK_OK(ketsim_cancel_new(&cancel));
    ketsim_set_limits(&(ketsim_run_options){.cancel = cancel, .poll = read_once, .poll_context = &depth});
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    ketsim_cancel_raise(cancel);
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_apply(state, circuit, NULL), "cancelled");
    ketsim_set_limits(NULL);
    ketsim_cancel_free(cancel);
    ketsim_circuit_free(circuit);
    ketsim_state_free(state);
}

/* A plan of very many operations is stopped, by limits and by the options of a run, and is not kept. */
static void plans(void)
{
    uint64_t random = 9;
    unsigned polls = 0;
    ketsim_plan *plan;
    ketsim_circuit *circuit = random_circuit(14, 200, &random, NULL);
    for (unsigned k = 0; k < 10; k++) CHECK_OK(ketsim_circuit_extend(circuit, circuit));
    const ketsim_run_options refuses = {.poll = refuse, .poll_context = &polls}, hurries = {.timeout_ms = 5};
    ketsim_state *state = new_state(14, KETSIM_COMPLEX128);
    const uint64_t hash = state_hash(state);
    ketsim_set_limits(&refuses);
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_plan_new(&plan, circuit, NULL), "plan: stopped by the poll");
    ketsim_set_limits(NULL);
    CHECK(polls == 1, "asked %u times", polls);
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_apply(state, circuit, &refuses), "plan: stopped by the poll");
    CHECK_FAILS(KETSIM_ERR_DEADLINE, ketsim_apply(state, circuit, &hurries), "plan: timeout_ms = 5");
    CHECK(state_hash(state) == hash && !ketsim_pending(state), "a stopped plan has left something");
    ketsim_state_free(state);
    ketsim_circuit_free(circuit);
}

/* Measures all qubits: most of it is finding the probabilities, and a stop comes before the projection. */
static void make_dynamic(void)
{
    int qubits[N];
    for (int q = 0; q < N; q++) qubits[q] = q;
    CHECK_OK(ketsim_circuit_new(&dynamic, N));
    CHECK_OK(ketsim_circuit_add_bits(dynamic, N));
    CHECK_OK(ketsim_circuit_append_dynamic(
        dynamic,
        &(ketsim_dynamic){
            .kind = KETSIM_DYNAMIC_MEASURE, .qubits = qubits, .nqubits = N, .bits = qubits, .nbits = N}));
}

static void make_rotations(void)
{
    const double angles[ANGLES] = {0.4, 1.1};
    CHECK_OK(ketsim_circuit_new(&rotations, N));
    for (int q = 0; q < ANGLES; q++) {
        CHECK_OK(ketsim_circuit_gate(rotations, KETSIM_GATE_RY, &angles[q], &q));
        CHECK_OK(ketsim_circuit_gate(rotations, KETSIM_GATE_CNOT, NULL, (int[]){q, q + 1}));
    }
}

int main(void)
{
    static const char text[] = "Z0 Z1 + 0.5 X0 X7 - Y19";
    CHECK(!setenv("KETSIM_NUM_THREADS", "3", 1), "no environment");
    CHECK_OK(ketsim_observable_parse(&energy, text, sizeof text - 1));
    other = start();
    make_dynamic();
    make_rotations();
    each_before_it_begins();
    each_anywhere();
    polled();
    polled_in_a_run();
    polled_without_options();
    plans();
    ketsim_state_free(other);
    ketsim_circuit_free(dynamic);
    ketsim_circuit_free(rotations);
    ketsim_observable_free(energy);
    return 0;
}
