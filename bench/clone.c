/* clone.c - which share of a call is the clone, by size and by gates in the call?
 *
 *   clone [--least 10] [--most 24] [--threads 2] [--samples 7] [--strict 1]
 *
 * Fresh: a copy by memcpy() into memory from malloc(), given back at once; warm: the same into memory that was
 * written before; ours: the first pass of a transactional run, which reads one buffer and writes the other.  All
 * three are against the same call in place, which clones nothing.  A share is the clone's part of its call, of the
 * best samples; noise makes small ones negative.  What is small in size is not small in share: clone and pass grow
 * alike with n, and only more gates a call spread the clone.
 *
 * By turns: the same call in place, on one state and then on another.  It clones nothing either, but the caches see two
 * buffers, as they do with any clone: where one fits into them and two do not, its share is what ours cannot be below. */
#include "bench.h"

enum { SHORT_NS = 500000 }; /* a sample lasts at least so long */

struct call {
    ketsim_state *state, *other;
    ketsim_circuit *circuit;
    void *copy; /* warm */
    size_t bytes;
};

/* ---- what is timed ---------------------------------------------------------------------------- */

static void run(struct call *call)
{
    BENCH_TRY(ketsim_apply(call->state, call->circuit, NULL));
}

static void run_other(struct call *call)
{
    BENCH_TRY(ketsim_apply(call->other, call->circuit, NULL));
}

static void run_by_turns(struct call *call)
{
    run(call);
    run_other(call);
}

static void copy_to(void *copy, const struct call *call)
{
    ketsim_view *view;
    BENCH_TRY(ketsim_view_new(&view, call->state));
    memcpy(copy, ketsim_view_amplitudes(view), call->bytes);
    ketsim_view_free(view);
}

static void copy_warm(struct call *call)
{
    copy_to(call->copy, call);
}

static void copy_fresh(struct call *call)
{
    void *copy = bench_alloc(call->bytes);
    copy_to(copy, call);
    bench_keep(copy);
    free(copy);
}

/* Nanoseconds of one, over as many as a sample needs, with the caches as the one before leaves them. */
static double timed(void (*work)(struct call *call), struct call *call)
{
    unsigned done = 0;
    work(call);
    const double start = bench_now();
    double now = start;
    for (; now - start < SHORT_NS; now = bench_now(), done++) work(call);
    return (now - start) / done;
}

/* ---- one size and length ---------------------------------------------------------------------- */

struct bests {
    double inplace, turns, ours, warm, fresh;
};

static void lower(double *best, double ns)
{
    if (ns < *best) *best = ns;
}

static struct bests measure(struct call *call, int samples)
{
    struct bests b = {HUGE_VAL, HUGE_VAL, HUGE_VAL, HUGE_VAL, HUGE_VAL};
    for (int s = 0; s < samples; s++) {
        BENCH_TRY(ketsim_state_set_inplace(call->state, true));
        lower(&b.inplace, timed(run, call));
        lower(&b.turns, timed(run_by_turns, call) / 2);
        BENCH_TRY(ketsim_state_set_inplace(call->state, false));
        lower(&b.ours, timed(run, call));
        lower(&b.warm, timed(copy_warm, call));
        lower(&b.fresh, timed(copy_fresh, call));
    }
    return b;
}

/* What a call takes longer than the same in place, of the call. */
static double percent(double ns, const struct bests *b)
{
    return 100 * (ns - b->inplace) / ns;
}

static ketsim_state *inplace_state(unsigned n, unsigned threads)
{
    ketsim_state *state = bench_arbitrary_state(n, KETSIM_COMPLEX128, threads);
    BENCH_TRY(ketsim_state_set_inplace(state, true));
    return state;
}

static void shares(unsigned n, size_t gates, unsigned threads, int samples)
{
    uint64_t at = 17;
    struct call call = {.state = inplace_state(n, threads),
                        .other = inplace_state(n, threads),
                        .circuit = bench_random_circuit(n, gates, &at),
                        .bytes = ketsim_memory_needed(n, KETSIM_COMPLEX128)};
    call.copy = bench_alloc(call.bytes);
    memset(call.copy, 0, call.bytes);
    const struct bests b = measure(&call, samples);
    const double ours = percent(b.ours, &b);
    printf("| n=%2u, gates a call: %2zu | %11.4f | %11.4f | %8.1f | %8.1f | %8.1f | %10.1f |\n", n, gates,
           b.inplace / 1e6, b.ours / 1e6, percent(b.inplace + b.fresh, &b), percent(b.inplace + b.warm, &b),
           ours, percent(b.turns, &b));
    char text[96];
    snprintf(text, sizeof text, "clone share, ours, n=%u, 40 gates a call, %%", n);
    if (gates == 40) bench_at_most(text, ours, 5);
    free(call.copy);
    ketsim_circuit_free(call.circuit);
    ketsim_state_free(call.other);
    ketsim_state_free(call.state);
}

int main(int argc, char **argv)
{
    static const char *const options[] = {"--least", "--most", "--threads", "--samples", "--strict", NULL};
    static const size_t gates[] = {1, 3, 10, 40};
    bench_check_options(argc, argv, options);
    const unsigned least = (unsigned)bench_parse_int(bench_option(argc, argv, "--least", "10"), 2, 30),
                   most = (unsigned)bench_parse_int(bench_option(argc, argv, "--most", "24"), 2, 30);
    const int samples = bench_parse_int(bench_option(argc, argv, "--samples", "7"), 1, BENCH_MOST_SAMPLES);
    const unsigned threads = (unsigned)bench_parse_int(bench_option(argc, argv, "--threads", "0"), 0, 1024);
    printf("ketsim %s, %s, %u threads\n", ketsim_version_string(), ketsim_isa(),
           threads ? threads : ketsim_default_threads());
    printf("| %-22s | %11s | %11s | %8s | %8s | %8s | %10s |\n", "row", "in place ms", "ours ms", "fresh %",
           "warm %", "ours %", "by turns %");
    for (unsigned n = least; n <= most; n += 2)
        for (unsigned k = 0; k < sizeof gates / sizeof *gates; k++) shares(n, gates[k], threads, samples);
    return bench_exit(argc, argv);
}
