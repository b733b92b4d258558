/* Whatever is wrong with a label, amplitudes, a list of qubits or a setting: the documented status, a message
 * that holds what was given and what is needed, and not a bit of the state or its queue changed. */
#include <limits.h>
#include <math.h>

#include "bad_input.h"

/* ---- new states ---------------------------------------------------------------------------------- */

static void no_state(ketsim_status status, ketsim_state *made)
{
    CHECK(status != KETSIM_OK && !made, "a failing call wrote to its output");
    cases++;
}

static void bad_sizes(void)
{
    static const unsigned sizes[] = {0, 41, 50, 63, 64, 65, 1000, 1u << 31, UINT_MAX};
    static const int dtypes[] = {2, -1, 1000, INT_MAX};
    ketsim_state *made = NULL;
    for (unsigned k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        char given[32];
        snprintf(given, sizeof given, "%u", sizes[k]);
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_new(&made, sizes[k], KETSIM_COMPLEX128), given);
        CHECK(strstr(ketsim_last_error(), "40"), "the limit is not in: %s", ketsim_last_error());
        no_state(KETSIM_ERR_ARGUMENT, made);
    }
    for (unsigned k = 0; k < sizeof dtypes / sizeof *dtypes; k++) {
        ketsim_dtype dtype = (ketsim_dtype)dtypes[k];
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_new(&made, 3, dtype), "dtype");
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_from_label(&made, "01", 2, dtype), "dtype");
        CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                    ketsim_state_from_amplitudes(&made, (double[]){1, 0, 0, 0}, 2, dtype, false), "dtype");
        no_state(KETSIM_ERR_ARGUMENT, made);
    }
}

static void bad_label(const char *label, size_t length, const char *given)
{
    ketsim_state *made = NULL;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_from_label(&made, label, length, KETSIM_COMPLEX128), given);
    no_state(KETSIM_ERR_ARGUMENT, made);
}

/* Every byte that is no label character, at the front and behind a good one; bad lengths. */
static void bad_labels(void)
{
    static char longer[1000000];
    memset(longer, '0', sizeof longer);
    for (int c = 0; c < 256; c++) {
        char label[3] = {(char)c, '0', (char)c}, given[4] = {(char)c, 0};
        if (c && strchr("01+-rl", c)) continue;
        if (c < ' ' || c > '~') given[0] = 0;
        bad_label(label, 1, given);
        bad_label(label, 3, given);
        bad_label(label + 1, 2, given);
    }
    bad_label("2", 1, "0 1 + - r l");
    bad_label("0\0001", 3, "");
    bad_label("", 0, "0");
    bad_label(longer, 41, "41");
    bad_label(longer, 64, "64");
    bad_label(longer, sizeof longer, "1000000");
    bad_label(longer, SIZE_MAX, "40");
}

static void bad_amplitudes(void)
{
    static const uint64_t counts[] = {0, 1, 3, 5, 6, 7, 12, (UINT64_C(1) << 40) + 1, UINT64_MAX};
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    ketsim_state *made = NULL;
    double a[32] = {1};
    for (unsigned k = 0; k < sizeof counts / sizeof *counts; k++) {
        char given[32];
        snprintf(given, sizeof given, "%llu", (unsigned long long)counts[k]);
        CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                    ketsim_state_from_amplitudes(&made, a, counts[k], KETSIM_COMPLEX128, k & 1), given);
        no_state(KETSIM_ERR_ARGUMENT, made);
    }
    for (unsigned k = KETSIM_MAX_QUBITS + 1; k < 64; k++) {
        CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                    ketsim_state_from_amplitudes(&made, a, UINT64_C(1) << k, KETSIM_COMPLEX128, k & 1), "40");
        no_state(KETSIM_ERR_ARGUMENT, made);
    }
    if (ketsim_memory_available() < ketsim_memory_needed(40, KETSIM_COMPLEX64)) {
        CHECK_FAILS(KETSIM_ERR_MEMORY,
                    ketsim_state_from_amplitudes(&made, a, UINT64_C(1) << 40, KETSIM_COMPLEX64, 0), "");
        no_state(KETSIM_ERR_MEMORY, made);
    }
    for (unsigned place = 0; place < 16; place++)
        for (unsigned k = 0; k < 6; k++) {
            double wide[16] = {[3] = 1};
            float narrow[16] = {[5] = 1};
            wide[place] = bad[k % 3];
            narrow[place] = (float)bad[k % 3];
            CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                        ketsim_state_from_amplitudes(&made, wide, 8, KETSIM_COMPLEX128, k < 3), "finite");
            CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                        ketsim_state_from_amplitudes(&made, narrow, 8, KETSIM_COMPLEX64, k < 3), "finite");
            no_state(KETSIM_ERR_ARGUMENT, made);
        }
    for (unsigned k = 0; k < 2; k++) {
        static const double scales[] = {0, 1.001, 0.999, 1 + 1e-6, 2, 1e-300, 1e300};
        for (unsigned s = 0; s < sizeof scales / sizeof *scales; s++) {
            a[0] = scales[s];
            if (k && scales[s] != 0) continue;
            CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_from_amplitudes(&made, a, 4, KETSIM_COMPLEX128, k),
                        "norm");
            no_state(KETSIM_ERR_ARGUMENT, made);
        }
    }
}

/* set: as above, and the state is what it was. */
static void bad_sets(void)
{
    static const uint64_t counts[] = {0, 1, 8, 15, 17, 32, UINT64_MAX};
    double a[64] = {1};
    for (unsigned k = 0; k < sizeof counts / sizeof *counts; k++) {
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_set(state, a, counts[k], false), "16");
        cases++;
    }
    for (unsigned k = 0; k < 32; k++) {
        double b[32] = {0};
        b[0] = 1;
        b[k] = k & 1 ? NAN : -INFINITY;
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_set(state, b, 16, false), "finite");
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_set(state, b, 16, true), "finite");
        cases += 2;
    }
    a[0] = 1.001;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_set(state, a, 16, false), "norm");
    a[0] = 0;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_set(state, a, 16, true), "norm");
    cases += 2;
    nothing_changed();
}

/* ---- reads, runs, settings ------------------------------------------------------------------------ */

static void bad_lists(void)
{
    static const int bad[] = {-1, N, INT_MAX, INT_MIN};
    double p[32] = {42};
    uint64_t out[4] = {42}, seed = 3;
    for (unsigned k = 0; k < 6; k++)
        for (unsigned place = 0; place < 3; place++) {
            int list[5] = {0, 3, 1, 2, 0};
            size_t count = k < 5 ? 3 : (size_t[]){5, 41, SIZE_MAX}[place];
            char given[32];
            if (k == 4) list[place] = list[(place + 1) % 3];
            else if (k < 4) list[place] = bad[k];
            snprintf(given, sizeof given, "%d", list[place]);
            if (k == 5) given[0] = 0;
            CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_probabilities(state, p, list, count), given);
            CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_sample(state, out, 4, list, count, &seed), given);
            CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_measure(state, out, list, count, &seed), given);
            CHECK(p[0] == 42 && out[0] == 42, "a failing read wrote to its output");
            cases += 3;
        }
    nothing_changed();
}

static void no_shots(void)
{
    ketsim_state *plus = label_state("++");
    uint64_t out = 42, seed = 4;
    CHECK_OK(ketsim_sample(plus, &out, 0, NULL, 0, &seed));
    CHECK_OK(ketsim_sample(plus, &out, 0, (int[]){1}, 1, NULL));
    CHECK(out == 42, "no shots wrote an outcome");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_sample(plus, &out, 0, (int[]){2}, 1, NULL), "2");
    ketsim_state_free(plus);
    cases += 3;
}

static void bad_threads(void)
{
    static const unsigned bad[] = {KETSIM_MAX_THREADS + 1, 1000000, UINT_MAX};
    const ketsim_op op = {.gate = KETSIM_GATE_X, .qubits = (int[]){0}, .nqubits = 1};
    for (unsigned k = 0; k < 3; k++) {
        ketsim_run_options options = {.threads = bad[k]};
        char given[32];
        snprintf(given, sizeof given, "%u", bad[k]);
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_set_threads(state, bad[k]), given);
        CHECK(strstr(ketsim_last_error(), "1024"), "the limit is not in: %s", ketsim_last_error());
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_run(state, &options), given);
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_apply(state, circuit, &options), given);
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_apply_ops(state, &op, 1, &options), given);
        cases += 4;
    }
    nothing_changed();
}

static void bad_isas(void)
{
    static const char *const names[] = {"", "sse9", "AVX2", "avx", "avx2 ", "base,avx2"};
    char before[16];
    snprintf(before, sizeof before, "%s", ketsim_isa());
    for (unsigned k = 0; k < sizeof names / sizeof *names; k++) {
        CHECK(!ketsim_isa_available(names[k]), "'%s' is available", names[k]);
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_set_isa(names[k]), names[k]);
        CHECK(!strcmp(ketsim_isa(), before), "a failing call changed the kernel set");
        cases++;
    }
}

static void larger_circuit(void)
{
    for (unsigned n = N + 1; n <= KETSIM_MAX_QUBITS; n++) {
        ketsim_circuit *larger;
        char given[16];
        snprintf(given, sizeof given, "%u", n);
        CHECK_OK(ketsim_circuit_new(&larger, n));
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_apply(state, larger, NULL), given);
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_extend(circuit, larger), given);
        ketsim_circuit_free(larger);
        cases += 2;
    }
    nothing_changed();
}

int main(void)
{
    set_up();
    bad_sizes();
    bad_labels();
    bad_amplitudes();
    bad_sets();
    bad_lists();
    no_shots();
    bad_threads();
    bad_isas();
    larger_circuit();
    tear_down();
    printf("%lu cases\n", cases);
    return EXIT_SUCCESS;
}
