/* A run that is cancelled before any of its passes leaves the state as it was, bit for bit.  The cancel token here is the
 * test's own: it counts how often it is looked at, and is raised at the chosen look. */
#include <stdatomic.h>

#include "helpers.h"

/* From 16 qubits on more than one thread works. */
enum { N = 16, GATES = 80, CIRCUITS = 2 };

struct ketsim_cancel {
    atomic_long left; /* looks until it is raised */
};

static ketsim_cancel token;
static long total;

/* In place of those of core/cancel.c, which the linker then leaves out. */
ketsim_status ketsim_cancel_new(ketsim_cancel **out)
{
    *out = &token;
    return KETSIM_OK;
}

void ketsim_cancel_free(ketsim_cancel *cancel)
{
    (void)cancel;
}

void ketsim_cancel_raise(ketsim_cancel *cancel)
{
    atomic_store(&cancel->left, 0);
}

bool ketsim_cancel_raised(const ketsim_cancel *cancel)
{
    return atomic_fetch_sub(&((ketsim_cancel *)cancel)->left, 1) <= 0;
}

static size_t passes(const ketsim_circuit *circuit, const ketsim_plan_options *options)
{
    static char text[1 << 14];
    ketsim_plan *plan;
    size_t count = 0;
    CHECK_OK(ketsim_plan_new(&plan, circuit, options));
    CHECK(ketsim_plan_describe(plan, text, sizeof text) < sizeof text, "a long description");
    for (const char *at = text; (at = strstr(at, "\npass ")); at++) count++;
    ketsim_plan_free(plan);
    return count;
}

static ketsim_status run_until(ketsim_state *state, const ketsim_circuit *circuit, unsigned threads,
                               long looks)
{
    ketsim_plan_cache_clear(); /* so that every run makes its plan, which looks too */
    atomic_store(&token.left, looks);
    return ketsim_apply(state, circuit, &(ketsim_run_options){.threads = threads, .cancel = &token});
}

/* How often a run looks at its token, which never rises. */
static long looks_of(ketsim_state *state, const ketsim_circuit *circuit, unsigned threads)
{
    const long many = 1L << 40;
    ketsim_state *clone;
    CHECK_OK(ketsim_state_clone(&clone, state));
    CHECK_OK(run_until(clone, circuit, threads, many));
    ketsim_state_free(clone);
    return many - atomic_load(&token.left);
}

static long stop_everywhere(ketsim_state *state, const ketsim_circuit *circuit, unsigned threads)
{
    ketsim_state *clone;
    CHECK_OK(ketsim_state_clone(&clone, state));
    const uint64_t before = state_hash(clone), generation = ketsim_state_generation(state);
    ketsim_state_free(clone);
    const long looks = looks_of(state, circuit, threads);
    for (long k = 0; k < looks; k++) {
        CHECK_FAILS(KETSIM_ERR_CANCELLED, run_until(state, circuit, threads, k), "cancelled");
        CHECK(ketsim_state_generation(state) == generation, "look %ld: something was committed", k);
        CHECK_OK(ketsim_state_clone(&clone, state));
        CHECK(state_hash(clone) == before, "look %ld: the amplitudes changed", k);
        ketsim_state_free(clone);
    }
    return looks;
}

static void from(ketsim_state *state, const ketsim_circuit *circuit, const char *label)
{
    const size_t count = passes(circuit,
                                &(ketsim_plan_options){.dtype = ketsim_state_dtype(state), .label = label});
    CHECK(count > 1, "a plan of %zu passes", count);
    for (unsigned threads = 1; threads <= 3; threads++) {
        const long looks = stop_everywhere(state, circuit, threads);
        CHECK(looks >= (long)count, "%u threads, %ld looks in %zu passes", threads, looks, count);
        total += looks;
    }
    CHECK_OK(run_until(state, circuit, 2, 1L << 40));
    ketsim_state_free(state);
}

int main(void)
{
    uint64_t seed = 11;
    char zeros[N + 1] = {0};
    memset(zeros, '0', N);
    for (unsigned k = 0; k < CIRCUITS; k++) {
        ketsim_circuit *circuit = random_circuit(N, GATES, &seed, NULL);
        ketsim_state *state = new_state(N, k % 2 ? KETSIM_COMPLEX64 : KETSIM_COMPLEX128);
        from(new_state(N, KETSIM_COMPLEX128), circuit, zeros);
        CHECK_OK(ketsim_apply(state, circuit, NULL));
        from(state, circuit, NULL);
        ketsim_circuit_free(circuit);
    }
    printf("%ld runs, each stopped at another look at its token\n", total);
    return EXIT_SUCCESS;
}
