/* Dynamic circuits elsewhere than in shots: readout inside of a circuit from its definition, in batches and jobs, and with
 * parameters. */
#include "dynamics.h"

#include "rng.h"

enum { SHOTS = 500 };

/* ---- readout ------------------------------------------------------------------------------------- */

/* Bits 110..., and then nine of them, in another order, read with events 1, 2 and 3, for the measurement is event 0. */
static void test_readout_numbers(void)
{
    enum { BITS = 9 };
    static const int order[BITS] = {8, 0, 3, 1, 2, 7, 6, 5, 4};
    static const double p01 = 0.3, p10 = 0.6;
    const uint64_t seed = 11, first = 40;
    uint64_t out[SHOTS];
    ketsim_circuit *circuit = new_circuit(2, BITS);
    CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_X, NULL, (int[]){0}));
    CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_X, NULL, (int[]){1}));
    add(circuit, (ketsim_dynamic){.kind = KETSIM_DYNAMIC_MEASURE,
                                  .qubits = (int[]){0, 1},
                                  .nqubits = 2,
                                  .bits = (int[]){0, 1},
                                  .nbits = 2});
    read_out(circuit, p01, p10, order, BITS);
    CHECK_OK(ketsim_run_shots(circuit, out, SHOTS, &(ketsim_shots_options){.seed = &seed, .first = first}));
    for (unsigned k = 0; k < SHOTS; k++) {
        uint64_t bits = 3u << (BITS - 2), words[4];
        for (unsigned b = 0; b < BITS; b++) {
            const uint64_t bit = UINT64_C(1) << (BITS - 1 - order[b]);
            philox4x64(words, (uint64_t[]){first + k, 1 + b / 4, 0, RNG_SHOT}, (uint64_t[]){seed, 0});
            if (rng_double(words[b % 4]) < (bits & bit ? p10 : p01)) bits ^= bit;
        }
        CHECK(out[k] == bits, "shot %u reads %llx, not %llx", k, (unsigned long long)out[k],
              (unsigned long long)bits);
    }
    ketsim_circuit_free(circuit);
}

/* Feed-forward sees what was read: a second qubit is flipped where the first, which is always 0, was read as 1. */
static void test_feed_forward(void)
{
    enum { MANY = 20000 };
    static uint64_t out[MANY];
    unsigned read[4] = {0};
    ketsim_circuit *circuit = new_circuit(2, 3), *body = new_circuit(2, 0);
    CHECK_OK(ketsim_circuit_gate(body, KETSIM_GATE_X, NULL, (int[]){1}));
    measure(circuit, 0, 0);
    read_out(circuit, 0.1, 0, (int[]){0}, 1);
    add(circuit, (ketsim_dynamic){
                     .kind = KETSIM_DYNAMIC_IF, .bits = (int[]){0}, .nbits = 1, .value = 1, .body = body});
    measure(circuit, 1, 1);
    measure(circuit, 0, 0);
    read_out(circuit, 0.25, 0.5, (int[]){2}, 1);
    CHECK_OK(ketsim_run_shots(circuit, out, MANY, &(ketsim_shots_options){.seed = &(uint64_t){5}}));
    for (unsigned k = 0; k < MANY; k++) {
        CHECK(!(out[k] & 4), "shot %u: bit 0 was measured again and is 1", k);
        read[out[k]]++;
    }
    const double p[4] = {0.9 * 0.75, 0.9 * 0.25, 0.1 * 0.75, 0.1 * 0.25};
    for (unsigned k = 0; k < 4; k++)
        CHECK(fabs(read[k] - p[k] * MANY) < 5 * sqrt(p[k] * (1 - p[k]) * MANY), "%u shots read %u", read[k],
              k);
    ketsim_circuit_free(circuit);
    ketsim_circuit_free(body);
}

static void test_bad_readout(void)
{
    ketsim_circuit *circuit = new_circuit(1, 2), *other;
    ketsim_dynamic read = {
        .kind = KETSIM_DYNAMIC_READOUT, .bits = (int[]){0, 1}, .nbits = 2, .confusion = {0.9, 0.1, 0, 1}};
    add(circuit, read);
    ketsim_dynamic got;
    CHECK_OK(ketsim_circuit_get_dynamic(circuit, &got, 0));
    CHECK(got.nbits == 2 && got.bits[1] == 1 && !memcmp(got.confusion, read.confusion, sizeof got.confusion),
          "the readout is not what was given");
    CHECK_OK(ketsim_circuit_copy(&other, circuit));
    CHECK(ketsim_circuit_equal(circuit, other), "a copy differs");
    CHECK_OK(ketsim_circuit_truncate(other, 0));
    read.confusion[0] = 0.8;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_append_dynamic(other, &read), "row 0 adds up to 0.9");
    read.confusion[1] = 0.2;
    add(other, read);
    CHECK(!ketsim_circuit_equal(circuit, other), "readouts with other tables are equal");
    read.confusion[3] = NAN;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_append_dynamic(circuit, &read),
                "entry (1, 1) is nan: must be 0..1");
    read.confusion[3] = 1;
    read.nbits = 0;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_append_dynamic(circuit, &read), "readout: given no bits");
    read.nbits = 1;
    read.bits = (int[]){2};
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_append_dynamic(circuit, &read), "bit 2: must be below 2");
    CHECK(ketsim_circuit_length(circuit) == 1, "a bad operation was appended");
    ketsim_circuit_free(circuit);
    ketsim_circuit_free(other);
}

/* ---- batches ------------------------------------------------------------------------------------- */

enum { CIRCUITS = 24 };

static const uint64_t batch_seed = 123;

static void make_circuits(ketsim_circuit **circuits)
{
    uint64_t seed = 31;
    for (unsigned k = 0; k < CIRCUITS; k++)
        circuits[k] = k % 3 == 2 ? random_circuit(2 + k % 5, 10, &seed, NULL)
                                 : random_shots(k == 7 ? 12 : 2 + k % 5, &seed);
}

/* As the definition has it: shots with the batch's seed for this circuit. */
static void check_dynamic(const ketsim_batch *batch, const ketsim_circuit *circuit, unsigned index,
                          const ketsim_observable *observable)
{
    const uint64_t seed = ketsim_batch_seed(batch_seed, index);
    uint64_t out[SHOTS];
    double mean;
    ketsim_count wanted[SHOTS];
    const ketsim_count *counts;
    const double *values;
    CHECK_OK(ketsim_shots_expectations(circuit, out, &mean, NULL, &observable, 1, SHOTS,
                                       &(ketsim_shots_options){.seed = &seed}));
    size_t different;
    CHECK_OK(ketsim_tally(wanted, &different, out, SHOTS));
    CHECK(ketsim_batch_counts(batch, &counts, index) == different &&
              !memcmp(counts, wanted, different * sizeof *counts),
          "circuit %u has other counts in a batch", index);
    CHECK(ketsim_batch_values(batch, &values, index) == 1 && values[0] == mean,
          "circuit %u has another mean in a batch", index);
}

static void test_batch(unsigned threads)
{
    ketsim_circuit *circuits[CIRCUITS];
    ketsim_observable *observable;
    ketsim_batch *batch, *alone;
    ketsim_batch_options options = {.max_concurrency = threads, .shots = SHOTS, .seed = &batch_seed};
    make_circuits(circuits);
    CHECK_OK(ketsim_observable_parse(&observable, "X0 - 2 Z1", 9));
    options.observables = (const ketsim_observable *const *)&observable;
    options.nobservables = 1;
    CHECK_OK(ketsim_batch_run(&batch, (const ketsim_circuit *const *)circuits, CIRCUITS, &options));
    for (unsigned k = 0; k < CIRCUITS; k++) {
        CHECK(ketsim_batch_status(batch, k) == KETSIM_OK, "circuit %u: %s", k,
              ketsim_batch_message(batch, k));
        ketsim_state *state = ketsim_batch_take(batch, k);
        CHECK(!state == ketsim_circuit_is_dynamic(circuits[k]), "circuit %u: state", k);
        ketsim_state_free(state);
        if (ketsim_circuit_is_dynamic(circuits[k])) check_dynamic(batch, circuits[k], k, observable);
    }
    CHECK_OK(ketsim_batch_run(&alone, (const ketsim_circuit *const *)circuits, 1, &options));
    check_dynamic(alone, circuits[0], 0, observable);
    ketsim_batch_free(alone);
    ketsim_batch_free(batch);
    ketsim_observable_free(observable);
    for (unsigned k = 0; k < CIRCUITS; k++) ketsim_circuit_free(circuits[k]);
}

/* Without shots, or with parameters, or on too few qubits, it fails in its place; a start is where shots begin. */
static void test_slots(void)
{
    ketsim_circuit *looks = new_circuit(1, 1), *plain = new_circuit(1, 0), *wide = new_circuit(2, 1);
    const ketsim_circuit *circuits[] = {plain, looks, plain, wide};
    ketsim_state *one = label_state("1");
    ketsim_batch *batch;
    const ketsim_count *counts;
    measure(looks, 0, 0);
    measure(wide, 1, 0);
    CHECK_OK(ketsim_apply_gate(one, KETSIM_GATE_X, NULL, (int[]){0}));
    CHECK_OK(ketsim_apply_gate(one, KETSIM_GATE_X, NULL, (int[]){0}));
    CHECK_OK(ketsim_batch_run(&batch, circuits, 4, NULL));
    CHECK(ketsim_batch_status(batch, 0) == KETSIM_OK && ketsim_batch_status(batch, 2) == KETSIM_OK,
          "plain circuits failed");
    CHECK(ketsim_batch_status(batch, 1) == KETSIM_ERR_ARGUMENT &&
              strstr(ketsim_batch_message(batch, 1), "shots must be given"),
          "without shots: %s", ketsim_batch_message(batch, 1));
    ketsim_batch_free(batch);
    CHECK_OK(ketsim_batch_run(&batch, circuits, 4,
                              &(ketsim_batch_options){.shots = 10, .states = &one, .nstates = 1}));
    CHECK(ketsim_batch_counts(batch, &counts, 1) == 1 && counts[0].outcome == 1 && counts[0].count == 10,
          "from |1> a shot does not see 1");
    CHECK(ketsim_batch_status(batch, 3) == KETSIM_ERR_ARGUMENT &&
              strstr(ketsim_batch_message(batch, 3), "circuit on 2 qubits: must have at most 1"),
          "too wide: %s", ketsim_batch_message(batch, 3));
    ketsim_batch_free(batch);
    ketsim_state_free(one);
    ketsim_circuit_free(looks);
    ketsim_circuit_free(plain);
    ketsim_circuit_free(wide);
}

/* One that does not end is stopped, and the others keep their results. */
static void test_stopped(unsigned n)
{
    ketsim_circuit *circuit = endless(n), *looks = new_circuit(1, 1);
    const ketsim_circuit *circuits[] = {circuit, looks};
    ketsim_batch *batch;
    measure(looks, 0, 0);
    CHECK_OK(ketsim_batch_run(&batch, circuits, 2,
                              &(ketsim_batch_options){.shots = 64, .per_circuit_timeout_ms = 50}));
    CHECK(ketsim_batch_status(batch, 0) == KETSIM_ERR_DEADLINE &&
              strstr(ketsim_batch_message(batch, 0), "circuit 0: per_circuit_timeout_ms = 50 passed"),
          "endless: %s", ketsim_batch_message(batch, 0));
    CHECK(ketsim_batch_status(batch, 1) == KETSIM_OK, "%s", ketsim_batch_message(batch, 1));
    ketsim_batch_free(batch);
    ketsim_job *job;
    CHECK_OK(ketsim_job_submit(&job, circuit, &(ketsim_job_options){.shots = 8}));
    ketsim_job_cancel(job);
    CHECK_OK(ketsim_job_wait(job, UINT64_MAX));
    CHECK(ketsim_job_status(job) == KETSIM_ERR_CANCELLED, "%s", ketsim_job_message(job));
    ketsim_job_free(job);
    ketsim_circuit_free(circuit);
    ketsim_circuit_free(looks);
}

static void test_job(void)
{
    uint64_t seed = 8, out[SHOTS];
    const uint64_t own = ketsim_batch_seed(batch_seed, 5);
    ketsim_circuit *circuit = random_shots(4, &seed);
    ketsim_count wanted[SHOTS];
    const ketsim_count *counts;
    ketsim_job *job;
    CHECK_OK(ketsim_job_submit(&job, circuit,
                               &(ketsim_job_options){.shots = SHOTS, .seed = &batch_seed, .index = 5}));
    CHECK_OK(ketsim_job_wait(job, UINT64_MAX));
    CHECK_OK(ketsim_run_shots(circuit, out, SHOTS, &(ketsim_shots_options){.seed = &own}));
    size_t different;
    CHECK_OK(ketsim_tally(wanted, &different, out, SHOTS));
    CHECK(ketsim_job_counts(job, &counts) == different && !memcmp(counts, wanted, different * sizeof *counts),
          "a job has other counts: %s", ketsim_job_message(job));
    CHECK(!ketsim_job_take(job), "a job of shots has a state");
    ketsim_job_free(job);
    CHECK_OK(ketsim_job_submit(&job, circuit, NULL));
    CHECK_OK(ketsim_job_wait(job, UINT64_MAX));
    CHECK(ketsim_job_status(job) == KETSIM_ERR_ARGUMENT &&
              strstr(ketsim_job_message(job), "shots must be given"),
          "without shots: %s", ketsim_job_message(job));
    ketsim_job_free(job);
    ketsim_circuit_free(circuit);
}

/* ---- parameters ---------------------------------------------------------------------------------- */

static void turn(ketsim_circuit *circuit, const char *name, double factor, double offset, int qubit)
{
    const ketsim_linear form = {&(ketsim_term){name, factor}, 1};
    CHECK_OK(ketsim_circuit_append(circuit,
                                   &(ketsim_op){.gate = KETSIM_GATE_RX,
                                                .angles = &offset,
                                                .linear = name ? &form : NULL,
                                                .qubits = &qubit,
                                                .nqubits = 1},
                                   1));
}

static ketsim_circuit *wrap(ketsim_circuit *body, kind_t kind)
{
    ketsim_circuit *outer = new_circuit(2, 2);
    add(outer, (ketsim_dynamic){.kind = kind,
                                .bits = (int[]){1},
                                .nbits = 1,
                                .limit = kind == KETSIM_DYNAMIC_REPEAT,
                                .body = body});
    ketsim_circuit_free(body);
    return outer;
}

/* RX(2b) RX(a) inside, RX(c + 1) and RX(a) outside, with names or with numbers. */
static ketsim_circuit *nested(const double *numbers)
{
    const char *const names[] = {"b", "a", "c"};
    ketsim_circuit *body = new_circuit(2, 2);
#define TURN(circuit, which, factor, offset, qubit)      \
    turn(circuit, numbers ? NULL : names[which], factor, \
         numbers ? (offset) + (factor)*numbers[which] : (offset), qubit)
    TURN(body, 0, 2, 0, 0);
    TURN(body, 1, 1, 0, 1);
    ketsim_circuit *outer = wrap(wrap(body, KETSIM_DYNAMIC_IF), KETSIM_DYNAMIC_REPEAT);
    ketsim_circuit *whole = new_circuit(2, 2);
    TURN(whole, 2, 1, 1, 0);
    CHECK_OK(ketsim_circuit_extend(whole, outer));
    TURN(whole, 1, 1, 0, 1);
    measure(whole, 0, 0);
    measure(whole, 1, 1);
    ketsim_circuit_free(outer);
    return whole;
}

static void test_parameters(void)
{
    const double numbers[] = {0.4, 1.3, -0.7}, values[] = {numbers[2], numbers[0], numbers[1]};
    ketsim_circuit *open = nested(NULL), *wanted = nested(numbers), *bound, *copy;
    uint64_t bits[2];
    CHECK(ketsim_circuit_nparameters(open) == 3 && !strcmp(ketsim_circuit_parameter(open, 0), "c") &&
              !strcmp(ketsim_circuit_parameter(open, 1), "b") &&
              !strcmp(ketsim_circuit_parameter(open, 2), "a"),
          "names are not in the order of their first use");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_run_shots(open, bits, 2, NULL), "unbound parameters: c, b, a");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_bind(&bound, open, values, 2),
                "2 values: the circuit has 3");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_bind(&bound, open, (double[]){0, 1e308, 0}, 3),
                "angle 0 is inf");
    CHECK_OK(ketsim_circuit_bind(&bound, open, values, 3));
    CHECK(ketsim_circuit_equal(bound, wanted), "bound to numbers it is another circuit");
    CHECK(!ketsim_circuit_nparameters(bound) && ketsim_circuit_nparameters(open) == 3, "names are left");
    CHECK_OK(ketsim_circuit_copy(&copy, open));
    CHECK(ketsim_circuit_equal(copy, open), "a copy differs");
    CHECK_OK(ketsim_circuit_truncate(copy, 1));
    CHECK(ketsim_circuit_nparameters(copy) == 1, "a truncated circuit has names of what was dropped");
    CHECK_OK(ketsim_circuit_extend(copy, open));
    CHECK(ketsim_circuit_nparameters(copy) == 3, "extended by a circuit, it has not its names");
    ketsim_circuit_free(copy);
    ketsim_circuit_free(open);
    ketsim_circuit_free(wanted);
    ketsim_circuit_free(bound);
}

int main(void)
{
    make_channels();
    test_readout_numbers();
    test_feed_forward();
    test_bad_readout();
    for (unsigned threads = 1; threads <= 8; threads *= 2) test_batch(threads);
    test_batch(0);
    test_slots();
    test_stopped(3);
    test_stopped(18);
    test_job();
    test_parameters();
    free_channels();
    return 0;
}
