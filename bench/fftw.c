/* fftw.c - is the Fourier transform quicker as a circuit on a state, or by FFTW on an array?
 *
 *   fftw [--n 22] [--threads 2] [--samples 9] [--strict 1]          make bench-fftw
 *
 * Ours: ketsim_apply() of the QFT with its swaps, on random amplitudes in complex128, planning and transaction
 * included.  FFTW: complex128, out of place and in place, planned before with FFTW_MEASURE, on as many threads,
 * in memory with the same huge pages.  The circuit is FFTW's backward transform (exponent +2 pi i) divided by
 * sqrt(2^n): both are compared before a time is believed.  Samples take turns.
 *
 * Needs fftw3.h, which is why `make` alone does not build it. */
#if __has_include(<fftw3.h>)

#include "bench.h"
#include "stream.h"

#include <fftw3.h>

struct transforms {
    unsigned n, threads;
    size_t doubles;
    ketsim_state *state;
    ketsim_circuit *circuit;
    double *before, *from, *to; /* from is transformed into to, and to into itself */
    fftw_plan apart, inplace;
};

static ketsim_circuit *qft_circuit(int n)
{
    ketsim_circuit *circuit;
    BENCH_TRY(ketsim_circuit_new(&circuit, (unsigned)n));
    for (int i = 0; i < n; i++) {
        BENCH_TRY(ketsim_circuit_gate(circuit, KETSIM_GATE_H, NULL, (int[]){i}));
        for (int j = i + 1; j < n; j++) {
            const double angle = ldexp(acos(-1), i - j);
            BENCH_TRY(ketsim_circuit_gate(circuit, KETSIM_GATE_CP, &angle, (int[]){j, i}));
        }
    }
    for (int i = 0; i < n / 2; i++)
        BENCH_TRY(ketsim_circuit_gate(circuit, KETSIM_GATE_SWAP, NULL, (int[]){i, n - 1 - i}));
    return circuit;
}

/* Planning writes to both arrays. */
static void plan_fftw(struct transforms *t)
{
    const int size = 1 << t->n;
    if (!fftw_init_threads()) bench_die("fftw_init_threads", "failed");
    fftw_plan_with_nthreads((int)t->threads);
    fftw_complex *from = (fftw_complex *)t->from, *to = (fftw_complex *)t->to;
    t->apart = fftw_plan_dft_1d(size, from, to, FFTW_BACKWARD, FFTW_MEASURE);
    t->inplace = fftw_plan_dft_1d(size, to, to, FFTW_BACKWARD, FFTW_MEASURE);
    if (!t->apart || !t->inplace) bench_die("fftw_plan_dft_1d", "no plan");
}

static void start(struct transforms *t)
{
    t->doubles = (size_t)2 << t->n;
    t->state = bench_arbitrary_state(t->n, KETSIM_COMPLEX128, t->threads);
    t->circuit = qft_circuit((int)t->n);
    t->before = stream_alloc(t->doubles, (int)t->threads);
    t->from = stream_alloc(t->doubles, (int)t->threads);
    t->to = stream_alloc(t->doubles, (int)t->threads);
    plan_fftw(t);
    BENCH_TRY(ketsim_get_amplitudes(t->state, t->before, 0, t->doubles / 2));
    memcpy(t->from, t->before, t->doubles * sizeof *t->from);
}

static void finish(struct transforms *t)
{
    fftw_destroy_plan(t->apart);
    fftw_destroy_plan(t->inplace);
    fftw_cleanup_threads();
    ketsim_circuit_free(t->circuit);
    ketsim_state_free(t->state);
    free(t->before);
    free(t->from);
    free(t->to);
}

/* ---- is it right ------------------------------------------------------------------------------ */

/* Largest difference between what FFTW left in to and the state, as a share of a typical amplitude. */
static double difference(const struct transforms *t, const double *amps)
{
    const double size = exp2(t->n);
    double error = 0;
    for (size_t i = 0; i < t->doubles; i++)
        error = fmax(error, fabs(t->to[i] / sqrt(size) - amps[i]) * sqrt(size));
    return error;
}

static void check(struct transforms *t)
{
    ketsim_view *view;
    BENCH_TRY(ketsim_apply(t->state, t->circuit, NULL));
    BENCH_TRY(ketsim_view_new(&view, t->state));
    fftw_execute(t->apart);
    const double apart = difference(t, ketsim_view_amplitudes(view));
    memcpy(t->to, t->before, t->doubles * sizeof *t->to);
    fftw_execute(t->inplace);
    const double inplace = difference(t, ketsim_view_amplitudes(view));
    ketsim_view_free(view);
    printf("difference to FFTW: %.2g of a typical amplitude out of place, %.2g in place\n", apart, inplace);
    if (!(fmax(apart, inplace) <= 1e-10)) bench_die("QFT", "another result than FFTW's");
}

/* ---- times ------------------------------------------------------------------------------------ */

static double time_ours(const struct transforms *t)
{
    const double begin = bench_now();
    BENCH_TRY(ketsim_apply(t->state, t->circuit, NULL));
    return bench_now() - begin;
}

static double time_fftw(fftw_plan plan)
{
    const double begin = bench_now();
    fftw_execute(plan);
    return bench_now() - begin;
}

static struct bench_times report(const char *row, double *ns, int samples)
{
    const struct bench_times times = bench_summary(ns, samples);
    printf("%-22s best %8.3f ms, median %8.3f ms\n", row, times.best / 1e6, times.median / 1e6);
    return times;
}

static void measure(struct transforms *t, int samples)
{
    static double ours[BENCH_MOST_SAMPLES], apart[BENCH_MOST_SAMPLES], inplace[BENCH_MOST_SAMPLES];
    for (int k = 0; k < samples; k++) {
        ours[k] = time_ours(t);
        apart[k] = time_fftw(t->apart);
        memcpy(t->to, t->before, t->doubles * sizeof *t->to); /* in place the numbers would grow and grow */
        inplace[k] = time_fftw(t->inplace);
    }
    const double circuit = report("QFT, ketsim_apply()", ours, samples).best;
    const double out = report("FFTW, out of place", apart, samples).best;
    const double in = report("FFTW, in place", inplace, samples).best;
    char text[96];
    snprintf(text, sizeof text, "QFT-%u on an arbitrary state, %u threads: quicker FFTW / ours", t->n,
             t->threads);
    bench_at_least(text, fmin(out, in) / circuit, 1);
}

int main(int argc, char **argv)
{
    static const char *const options[] = {"--n", "--threads", "--samples", "--strict", NULL};
    bench_check_options(argc, argv, options);
    struct transforms t = {.n = (unsigned)bench_parse_int(bench_option(argc, argv, "--n", "22"), 1, 28)};
    t.threads = (unsigned)bench_parse_int(bench_option(argc, argv, "--threads", "0"), 0, KETSIM_MAX_THREADS);
    if (!t.threads) t.threads = ketsim_default_threads();
    const char *samples = bench_option(argc, argv, "--samples", "9");
    start(&t);
    printf("%s, %s, kernels %s\n", fftw_version, ketsim_openmp(), ketsim_isa());
    check(&t);
    measure(&t, bench_parse_int(samples, BENCH_SAMPLES, BENCH_MOST_SAMPLES));
    finish(&t);
    return bench_exit(argc, argv);
}

#else
typedef int no_fftw; /* a file must hold something */
#endif
