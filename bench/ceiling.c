/* ceiling.c - how much more can all threads of this machine do at once than one of them?
 *
 *   ceiling [--threads 2] [--samples 25]
 *
 * Multiplications and additions of numbers that stay in registers: nothing is shared but clock, power and heat.  No
 * program can be expected to gain more from its threads.  One thread and all are timed in turns; a ratio is that of
 * neighbors. */
#include "bench.h"

#include <omp.h>

typedef double wide __attribute__((vector_size(64)));

enum { CHAINS = 6, TURNS = 1 << 21 };

#if defined __x86_64__
#define FOR_EACH_ISA __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FOR_EACH_ISA __attribute__((noinline))
#endif

/* Sum of what chains that depend on nothing else come to. */
FOR_EACH_ISA static double work(double start)
{
    const wide factor = start * 1e-9 + (wide){0} + 0.999, term = 1 - factor;
    wide chain[CHAINS], sum = {0};
    for (int c = 0; c < CHAINS; c++) chain[c] = (wide){0} + start + c;
    for (int turn = 0; turn < TURNS; turn++)
        for (int c = 0; c < CHAINS; c++) chain[c] = chain[c] * factor + term;
    for (int c = 0; c < CHAINS; c++) sum += chain[c];
    return sum[0];
}

static double timed(int threads)
{
    double total = 0;
    const double begin = bench_now();
#pragma omp parallel num_threads(threads) reduction(+ : total)
    total += work(omp_get_thread_num());
    const double end = bench_now();
    if (!(fabs(total - threads * CHAINS) < CHAINS)) bench_die("ceiling", "the chains have not come to 1");
    return end - begin;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"--threads", "--samples", NULL};
    double one[BENCH_MOST_SAMPLES], ratio[BENCH_MOST_SAMPLES];
    bench_check_options(argc, argv, names);
    const int samples = bench_parse_int(bench_option(argc, argv, "--samples", "25"), BENCH_SAMPLES,
                                        BENCH_MOST_SAMPLES);
    const char *asked = bench_option(argc, argv, "--threads", NULL);
    const int threads = asked ? bench_parse_int(asked, 1, KETSIM_MAX_THREADS) : (int)ketsim_default_threads();
    timed(threads); /* the team starts */
    for (int k = 0; k < samples; k++) {
        one[k] = timed(1);
        ratio[k] = threads * one[k] / timed(threads);
    }
    const double ns = bench_summary(one, samples).best;
    const struct bench_times r = bench_summary(ratio, samples);
    printf("multiply-adds of doubles in registers: %.3g a nanosecond on one thread; on %d %.3g times as many "
           "(median; %.3g to %.3g)\n",
           8.0 * CHAINS * TURNS / ns, threads, r.median, ratio[0], ratio[samples - 1]);
    return 0;
}
