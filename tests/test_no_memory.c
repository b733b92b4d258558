/* Every allocation fails once, of reads of density matrices, averages over shots, gradients, sweeps, observables, and of circuits
 * with bodies: KETSIM_ERR_MEMORY or all is well, states as they were, nothing made by halves, and the same results afterwards. */
#include "failing.h"

#include "dynamics.h"

enum { N = 3, SHOTS = 40, NUMBERS = 64 };

/* What calls look at, which stays as it is. */
static struct {
    ketsim_circuit *dynamic, *noisy, *gates, *turning;
    ketsim_state *rho, *psi, *start;
    ketsim_observable *observables[2], *z;
} world;

struct result {
    double numbers[NUMBERS];
    uint64_t outcomes[SHOTS];
    size_t length;
};

static const ketsim_observable *const *observables(void)
{
    return (const ketsim_observable *const *)world.observables;
}

/* ---- calls ------------------------------------------------------------------------------------- */

typedef ketsim_status action(struct result *out);

static ketsim_status density_sample(struct result *out)
{
    return ketsim_density_sample(world.rho, out->outcomes, SHOTS, (int[]){2, 0}, 2, (uint64_t[]){7});
}

static ketsim_status density_expectations(struct result *out)
{
    return ketsim_density_expectations(world.rho, observables(), 2, out->numbers, NULL);
}

static ketsim_status density_fidelity(struct result *out)
{
    return ketsim_density_fidelity(world.rho, world.psi, out->numbers);
}

static ketsim_status density_reduced(struct result *out)
{
    ketsim_state *made = world.psi;
    const ketsim_status status = ketsim_density_reduced(&made, world.rho, (int[]){1}, 1);
    if (status != KETSIM_OK) {
        CHECK(made == world.psi, "a partial trace that failed made a state");
        return status;
    }
    const ketsim_status read = ketsim_get_amplitudes(made, out->numbers, 0, 4);
    ketsim_state_free(made);
    return read;
}

static ketsim_status vectorize(struct result *out)
{
    ketsim_circuit *made = NULL;
    const ketsim_status status = ketsim_circuit_vectorize(&made, world.noisy);
    CHECK((status == KETSIM_OK) == (made != NULL), "a circuit that failed was made");
    if (made) out->length = ketsim_circuit_length(made);
    ketsim_circuit_free(made);
    return status;
}

/* A condition in a loop, each with its body, and copies of the whole. */
static ketsim_status build_bodies(struct result *out)
{
    const int zero = 0, one = 1;
    const ketsim_dynamic loop = {.kind = KETSIM_DYNAMIC_REPEAT,
                                 .bits = &one,
                                 .nbits = 1,
                                 .value = 1,
                                 .limit = 3,
                                 .body = world.dynamic};
    const ketsim_dynamic condition = {
        .kind = KETSIM_DYNAMIC_IF, .bits = &zero, .nbits = 1, .value = 1, .body = world.dynamic};
    ketsim_circuit *circuit = NULL, *copy = NULL;
    ketsim_status status = ketsim_circuit_new(&circuit, N);
    if (status == KETSIM_OK) status = ketsim_circuit_add_bits(circuit, 4);
    if (status == KETSIM_OK) status = ketsim_circuit_append_dynamic(circuit, &loop);
    const size_t before = circuit ? ketsim_circuit_length(circuit) : 0;
    if (status == KETSIM_OK) status = ketsim_circuit_append_dynamic(circuit, &condition);
    if (circuit && status != KETSIM_OK)
        CHECK(ketsim_circuit_length(circuit) == before, "an operation that failed is there");
    if (status == KETSIM_OK) status = ketsim_circuit_copy(&copy, circuit);
    if (status == KETSIM_OK) status = ketsim_circuit_extend(copy, circuit);
    if (status == KETSIM_OK) out->length = ketsim_circuit_length(copy);
    ketsim_circuit_free(copy);
    ketsim_circuit_free(circuit);
    return status;
}

static ketsim_shots_options alone(const uint64_t *seed)
{
    return (ketsim_shots_options){.seed = seed, .max_concurrency = 1, .state = world.start};
}

static ketsim_status shots(struct result *out)
{
    const uint64_t seed = 5;
    const ketsim_shots_options options = alone(&seed);
    return ketsim_run_shots(world.dynamic, out->outcomes, SHOTS, &options);
}

static ketsim_status averages(struct result *out)
{
    const uint64_t seed = 5;
    const ketsim_shots_options options = alone(&seed);
    return ketsim_shots_expectations(world.dynamic, out->outcomes, out->numbers, out->numbers + 2,
                                     observables(), 2, SHOTS, &options);
}

static ketsim_status one_shot(struct result *out)
{
    ketsim_state *state = NULL;
    const uint64_t seed = 9;
    ketsim_status status = ketsim_state_clone(&state, world.start);
    if (status == KETSIM_OK) {
        const uint64_t generation = ketsim_state_generation(state);
        status = ketsim_run_shot(state, out->outcomes, world.dynamic, &seed, 3, NULL);
        if (status != KETSIM_OK)
            CHECK(ketsim_state_generation(state) == generation, "a shot that failed was committed");
    }
    if (status == KETSIM_OK) status = ketsim_get_amplitudes(state, out->numbers, 0, 1 << N);
    ketsim_state_free(state);
    return status;
}

static ketsim_status gradient(struct result *out)
{
    return ketsim_vjp(world.start, out->numbers, out->numbers + 2, ketsim_circuit_angles(world.gates),
                      world.gates, observables(), (double[]){1, -2}, 2, NULL);
}

/* Of which operations are left out whose angles must be looked at all the same. */
static ketsim_status sweep(struct result *out)
{
    return ketsim_sweep_expectations(world.turning, out->numbers, (const ketsim_observable *const *)&world.z,
                                     1, (double[]){0.5, 1e200}, 2, 1,
                                     &(ketsim_sweep_options){.max_concurrency = 1});
}

static ketsim_status covariance(struct result *out)
{
    return ketsim_covariance(world.start, observables(), 2, out->numbers, NULL);
}

static ketsim_status elements(struct result *out)
{
    return ketsim_matrix_elements(world.psi, observables(), 2, world.start, (ketsim_complex *)out->numbers,
                                  NULL);
}

static ketsim_status estimate(struct result *out)
{
    return ketsim_estimate(world.start, world.observables[0], SHOTS, out->numbers, out->numbers + 1,
                           (uint64_t[]){3});
}

static ketsim_status parse(struct result *out)
{
    static const char text[] = "0.5 Z0 Z1 + X2 - 0.25 Y0 X1 + 3";
    ketsim_observable *made = NULL;
    const ketsim_status status = ketsim_observable_parse(&made, text, sizeof text - 1);
    CHECK((status == KETSIM_OK) == (made != NULL), "an observable that failed was made");
    if (made) out->length = ketsim_observable_length(made);
    ketsim_observable_free(made);
    return status;
}

static const struct {
    const char *name;
    action *call;
} calls[] = {{"density_sample", density_sample},
             {"density_expectations", density_expectations},
             {"density_fidelity", density_fidelity},
             {"density_reduced", density_reduced},
             {"circuit_vectorize", vectorize},
             {"bodies of a circuit", build_bodies},
             {"run_shots", shots},
             {"shots_expectations", averages},
             {"run_shot", one_shot},
             {"vjp", gradient},
             {"sweep_expectations", sweep},
             {"covariance", covariance},
             {"matrix_elements", elements},
             {"estimate", estimate},
             {"observable_parse", parse}};

/* ---- failing one by one ------------------------------------------------------------------------ */

static uint64_t hashes(void)
{
    return state_hash(world.rho) ^ 3 * state_hash(world.psi) ^ 5 * state_hash(world.start);
}

static void fail_each(const char *name, action *call)
{
    const uint64_t before = hashes();
    struct result wanted = {.length = 0}, out;
    CHECK_OK(call(&wanted));
    unsigned after = 0, refused = 0;
    for (bool failed = FAILING_WORKS; failed; after++) {
        out = (struct result){.length = 0};
        ketsim_plan_cache_clear();
        ketsim_pool_trim();
        failing_start(after);
        const ketsim_status status = call(&out);
        failed = failing_stop();
        CHECK(status == KETSIM_OK || (failed && status == KETSIM_ERR_MEMORY), "%s: %s: %s", name,
              ketsim_status_name(status), ketsim_last_error());
        if (status == KETSIM_OK) CHECK(!memcmp(&out, &wanted, sizeof out), "%s: other results", name);
        refused += status != KETSIM_OK;
        CHECK(hashes() == before, "%s: a state changed", name);
    }
    CHECK(refused || !FAILING_WORKS, "%s: no allocation that it cannot do without", name);
    out = (struct result){.length = 0};
    CHECK_OK(call(&out));
    CHECK(!memcmp(&out, &wanted, sizeof out), "%s: other results after allocations that failed", name);
    printf("%s: %u of %u allocations refused it\n", name, refused, after - !!after);
}

static ketsim_circuit *diagonal_gates(uint64_t *seed)
{
    ketsim_circuit *circuit = new_circuit(N, 0);
    for (int k = 0; k < 6; k++) {
        const double angle = random_real(seed, -3, 3);
        CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_RZZ, &angle, (int[]){k % N, (k + 1) % N}));
        CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_RX, &angle, (int[]){k % N}));
        CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_RXX, &angle, (int[]){k % N, (k + 2) % N}));
    }
    return circuit;
}

static ketsim_circuit *turning_gates(void)
{
    ketsim_circuit *circuit = new_circuit(N, 0);
    const ketsim_linear half = {&(ketsim_term){"theta", 0.5}, 1};
    for (int q = 0; q < N; q++)
        CHECK_OK(ketsim_circuit_append(circuit,
                                       &(ketsim_op){.gate = KETSIM_GATE_RX,
                                                    .angles = (double[]){0.1 * q},
                                                    .linear = &half,
                                                    .qubits = &q,
                                                    .nqubits = 1},
                                       1));
    return circuit;
}

static ketsim_circuit *noisy_gates(uint64_t *seed)
{
    ketsim_circuit *circuit = new_circuit(N, 1);
    random_gates(circuit, 8, seed);
    for (int q = 0; q < N; q++)
        add(circuit,
            (ketsim_dynamic){
                .kind = KETSIM_DYNAMIC_CHANNEL, .qubits = &q, .nqubits = 1, .channel = channels[q % 2]});
    random_gates(circuit, 8, seed);
    return circuit;
}

static void make_world(uint64_t *seed)
{
    static const char *const texts[] = {"0.5 Z0 Z1 + X2 - 0.25 Y0 X1", "Z2 + 0.1 X0 X1 X2"};
    ketsim_circuit *twice;
    oracle_amp psi[1 << N];
    make_channels();
    world.dynamic = random_shots(N, seed);
    world.noisy = noisy_gates(seed);
    world.gates = diagonal_gates(seed);
    world.turning = turning_gates();
    CHECK_OK(ketsim_observable_parse(&world.z, "Z1", 2));
    world.psi = random_state(psi, N, KETSIM_COMPLEX128, seed);
    world.start = random_state(psi, N, KETSIM_COMPLEX128, seed);
    CHECK_OK(ketsim_state_new(&world.rho, 2 * N, KETSIM_COMPLEX128));
    CHECK_OK(ketsim_circuit_vectorize(&twice, world.noisy));
    CHECK_OK(ketsim_apply(world.rho, twice, NULL));
    ketsim_circuit_free(twice);
    for (unsigned k = 0; k < 2; k++)
        CHECK_OK(ketsim_observable_parse(&world.observables[k], texts[k], strlen(texts[k])));
}

int main(void)
{
    uint64_t seed = 77;
    make_world(&seed);
    for (size_t k = 0; k < sizeof calls / sizeof *calls; k++) fail_each(calls[k].name, calls[k].call);
    for (unsigned k = 0; k < 2; k++) ketsim_observable_free(world.observables[k]);
    ketsim_circuit_free(world.dynamic);
    ketsim_circuit_free(world.noisy);
    ketsim_circuit_free(world.gates);
    ketsim_circuit_free(world.turning);
    ketsim_observable_free(world.z);
    ketsim_state_free(world.rho);
    ketsim_state_free(world.psi);
    ketsim_state_free(world.start);
    free_channels();
    return 0;
}
