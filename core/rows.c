/* rows.c - sweeps: what is asked, by whom the rows are run, what came of it. */
#include "rows.h"

#include <math.h>
#include <stdlib.h>

#include "batch.h"
#include "cone.h"
#include "direct.h"
#include "error.h"
#include "expect.h"
#include "guess.h"
#include "memory.h"
#include "observable.h"
#include "pool.h"
#include "rng.h"
#include "threads.h"

/* Angles that are sums of values up to here are finite, as a rule. */
static const double LARGE = 1e100;

/* Rows that are taken at a time are to take so long, but for long ones; and less work is done sooner alone. */
static const double CHUNK_NS = 20000, HELPED_NS = 50000;

typedef unsigned long long ull;

/* ---- stopping ---------------------------------------------------------------------------------- */

bool rows_stopped(const struct rows *rows)
{
    return atomic_load_explicit(&rows->stop, memory_order_relaxed) ||
           (rows->options.cancel && ketsim_cancel_raised(rows->options.cancel)) ||
           (rows->deadline && clock_ns() >= rows->deadline);
}

/* A child that poll forks has lost the workers, and the rows they were running. */
void rows_poll(struct rows *rows, double part)
{
    if (!rows->options.poll || atomic_load_explicit(&rows->stop, memory_order_relaxed)) return;
    if (clock_ns() - rows->polled_ns < BATCH_POLL_NS * 9 / 10) return;
    const double done = (double)atomic_load_explicit(&rows->done, memory_order_relaxed) + part;
    const unsigned cores = cores_pause(); /* poll may wait for a job */
    const bool go_on = rows->options.poll(rows->options.poll_context, done / (double)rows->count);
    cores_resume(cores);
    if (!go_on || rows->epoch != fork_epoch()) atomic_store_explicit(&rows->stop, true, memory_order_relaxed);
    rows->polled_ns = clock_ns();
}

/* ---- what is asked ----------------------------------------------------------------------------- */

static ketsim_status check_values(struct rows *rows)
{
    const struct params *params = &rows->circuit->params;
    if (rows->nvalues != params->count) return params_check(params, NULL, rows->nvalues);
    for (size_t k = 0; k < rows->count * rows->nvalues; k++) {
        if (fabs(rows->values[k]) <= LARGE) continue;
        rows->large = true;
        if (!isfinite(rows->values[k]))
            return fail(KETSIM_ERR_ARGUMENT, "row %zu: parameter %s is %g: must be finite", k / rows->nvalues,
                        params->names[k % rows->nvalues].text, rows->values[k]);
    }
    return KETSIM_OK;
}

static ketsim_status check_options(const struct rows *rows)
{
    TRY(batch_check(&(const ketsim_batch_options){.dtype = rows->dtype, .shots = rows->shots}));
    if (rows->circuit->program.nqubits > rows->nqubits)
        return fail(KETSIM_ERR_ARGUMENT, "circuit on %u qubits: must have at most %u",
                    rows->circuit->program.nqubits, rows->nqubits);
    return KETSIM_OK;
}

static bool poll_start(void *context, double done)
{
    (void)done; /* of what comes before the rows */
    rows_poll(context, 0);
    return !rows_stopped(context);
}

/* Its queue runs within the stops of the sweep. */
static ketsim_status clone_start(struct rows *rows)
{
    const ketsim_run_options options = {.timeout_ms = rows->options.timeout_ms,
                                        .cancel = rows->options.cancel,
                                        .poll = poll_start,
                                        .poll_context = rows};
    return state_clone_within(&rows->base, rows->options.state, &options, rows->deadline);
}

/* A clone: the caller's state may change meanwhile. */
static ketsim_status find_start(struct rows *rows)
{
    if (rows->options.state) return clone_start(rows);
    return ketsim_state_new(&rows->base, rows->circuit->program.nqubits, rows->options.dtype);
}

static void size_row(struct rows *rows)
{
    const uint64_t amp_bytes = rows->dtype == KETSIM_COMPLEX128 ? 16 : 8;
    if (rows->kind == ROWS_STATES) rows->row_bytes = amp_bytes << rows->nqubits;
    else if (rows->kind == ROWS_COUNTS) rows->row_bytes = sizeof(uint64_t) << rows->nqubits;
    else rows->row_bytes = rows->nobservables * sizeof(double);
}

static size_t mark_felt(bool *kept, const struct rows *rows)
{
    uint64_t x = 0, z = 0;
    for (size_t k = 0; k < rows->nobservables; k++)
        for (size_t t = 0; t < rows->observables[k]->count; t++) {
            x |= rows->observables[k]->terms[t].x;
            z |= rows->observables[k]->terms[t].z;
        }
    return cone_mark(kept, &rows->circuit->program, x, z);
}

/* Angles of what is left out must be finite too: where they may not be, each row looks at them. */
static ketsim_status keep_whole(struct rows *rows)
{
    const ketsim_circuit *circuit = rows->circuit;
    if (!rows->large && params_bounded(&circuit->params, &circuit->program, LARGE)) return KETSIM_OK;
    return ketsim_circuit_copy(&rows->whole, circuit);
}

/* Leave out what no observable feels: by the form of the circuit alone, so that bits do not depend on values. */
static ketsim_status leave_out(struct rows *rows)
{
    const size_t length = rows->circuit->program.length;
    bool *kept = memory_take(length, sizeof *kept, "operations");
    if (!kept) return KETSIM_ERR_MEMORY;
    const bool all = mark_felt(kept, rows) == length;
    ketsim_status status = all ? KETSIM_OK : keep_whole(rows);
    if (!all && status == KETSIM_OK) status = circuit_keep(rows->circuit, kept);
    free(kept);
    return status;
}

static ketsim_status prepare_observables(struct rows *rows)
{
    if (rows->kind != ROWS_EXPECTATIONS) return KETSIM_OK;
    TRY(expect_terms(&rows->sums, rows->nqubits, rows->observables, rows->nobservables));
    return leave_out(rows);
}

static ketsim_status prepare(struct rows *rows, const ketsim_circuit *circuit)
{
    TRY(ketsim_circuit_copy(&rows->circuit, circuit));
    TRY(circuit_refuse_dynamic(rows->circuit));
    TRY(check_values(rows));
    TRY(find_start(rows));
    rows->nqubits = ketsim_state_nqubits(rows->base);
    rows->dtype = ketsim_state_dtype(rows->base);
    TRY(check_options(rows));
    size_row(rows);
    TRY(prepare_observables(rows));
    rows->direct = direct_is_quicker(rows->nqubits, rows->dtype, rows->circuit->program.length);
    if (!rows->direct) return KETSIM_OK;
    TRY(state_read(&rows->start, rows->base, true));
    rows->support = direct_support(rows->start.amps, rows->nqubits, rows->dtype);
    return KETSIM_OK;
}

static void clear(struct rows *rows)
{
    buffer_release(rows->start.buffer);
    free(rows->sums.terms);
    ketsim_state_free(rows->base);
    ketsim_circuit_free(rows->circuit);
    ketsim_circuit_free(rows->whole);
}

/* ---- by whom ----------------------------------------------------------------------------------- */

/* Nanoseconds on one thread: the run, and what is read. */
static double cost_of_row(const struct rows *rows)
{
    const struct guess guess = {
        .nqubits = rows->nqubits, .dtype = rows->dtype, .from_label = !rows->options.state, .has_plan = true};
    return guess_program_ns(&guess, &rows->circuit->program) +
           guess_terms_ns(rows->nqubits, (double)rows->sums.nterms) +
           guess_samples_ns(rows->nqubits, rows->shots);
}

/* How long to wait for all cores to work on wide rows. */
static uint64_t patience_ns(const struct rows *rows)
{
    return order_patience_ns(&(struct place){.cost = cost_of_row(rows) * (double)rows->count});
}

/* As many as find memory: a row has two buffers at most. */
static ketsim_status allot(const struct rows *rows, unsigned *threads)
{
    const uint64_t each = 2 * buffer_bytes(rows->nqubits, rows->dtype) + rows->shots * 28;
    const uint64_t small = UINT64_C(64) << 20, given = rows->options.memory_limit;
    const uint64_t limit = given                     ? given
                           : each * *threads < small ? UINT64_MAX
                                                     : ketsim_memory_available() / 10 * 6;
    if (each > limit)
        return fail(KETSIM_ERR_MEMORY,
                    "sweep: a row needs about %llu bytes: %llu may be taken (memory_limit)", (ull)each,
                    (ull)limit);
    if (limit / each < *threads) *threads = (unsigned)(limit / each);
    return KETSIM_OK;
}

static void help(void *context)
{
    rows_work(context, false);
}

static void share(struct rows *rows, unsigned threads)
{
    const double row_ns = cost_of_row(rows), all_ns = row_ns * (double)rows->count;
    const size_t even = rows->count / ((size_t)threads * 8) + 1, fitting = (size_t)(CHUNK_NS / row_ns) + 1;
    const size_t most = rows->count < threads ? rows->count : threads;
    rows->chunk = even < fitting ? even : fitting;
    const unsigned helpers = all_ns < HELPED_NS || most < 2 ? 0 : (unsigned)most - 1;
    struct pool_job *job = helpers ? pool_begin(helpers, help, rows) : NULL;
    rows_work(rows, true);
    cores_leave();
    while (!pool_end(job, BATCH_POLL_NS)) rows_poll(rows, 0);
}

static ketsim_status run(struct rows *rows)
{
    const unsigned most = ketsim_default_threads(), asked = rows->options.max_concurrency;
    unsigned threads = asked && asked < most ? asked : most;
    const bool wide = rows->nqubits >= WIDE_QUBITS;
    const unsigned team = wide ? threads : 1;
    if (wide) threads = 1;
    TRY(allot(rows, &threads));
    rows->threads = cores_enter(team, patience_ns(rows));
    share(rows, threads);
    return KETSIM_OK;
}

/* ---- what came of it --------------------------------------------------------------------------- */

static ketsim_status outcome(const struct rows *rows)
{
    const size_t failed = atomic_load(&rows->failed), done = atomic_load(&rows->done);
    if (failed != SIZE_MAX) return fail(rows->status, "row %zu: %s", failed, rows->message);
    if (done == rows->count) return KETSIM_OK;
    if (rows->epoch != fork_epoch())
        return fail(KETSIM_ERR_CANCELLED, "sweep: rows were lost in a fork after %zu of %zu", done,
                    rows->count);
    if (rows->deadline && clock_ns() >= rows->deadline)
        return fail(KETSIM_ERR_DEADLINE, "sweep: timeout_ms = %llu passed after %zu of %zu rows",
                    (ull)rows->options.timeout_ms, done, rows->count);
    return fail(KETSIM_ERR_CANCELLED, "sweep: stopped after %zu of %zu rows", done, rows->count);
}

static ketsim_status sweep(struct rows *rows, const ketsim_circuit *circuit,
                           const ketsim_sweep_options *options)
{
    if (options) rows->options = *options;
    rows->epoch = fork_epoch();
    rows->polled_ns = clock_ns();
    rows->deadline = clock_deadline(rows->options.timeout_ms);
    atomic_init(&rows->failed, SIZE_MAX);
    ketsim_status status = prepare(rows, circuit);
    if (status == KETSIM_OK && rows->count) status = run(rows);
    if (status == KETSIM_OK) status = outcome(rows);
    clear(rows);
    return status;
}

ketsim_status ketsim_sweep_states(const ketsim_circuit *circuit, void *out, const double *values,
                                  size_t nrows, size_t nvalues, const ketsim_sweep_options *options)
{
    struct rows rows = {
        .kind = ROWS_STATES, .out = out, .values = values, .count = nrows, .nvalues = nvalues};
    return sweep(&rows, circuit, options);
}

ketsim_status ketsim_sweep_expectations(const ketsim_circuit *circuit, double *out,
                                        const ketsim_observable *const *observables, size_t nobservables,
                                        const double *values, size_t nrows, size_t nvalues,
                                        const ketsim_sweep_options *options)
{
    struct rows rows = {.kind = ROWS_EXPECTATIONS,
                        .out = out,
                        .observables = observables,
                        .nobservables = nobservables,
                        .values = values,
                        .count = nrows,
                        .nvalues = nvalues};
    return sweep(&rows, circuit, options);
}

ketsim_status ketsim_sweep_counts(const ketsim_circuit *circuit, uint64_t *out, uint64_t shots,
                                  const uint64_t *seed, const double *values, size_t nrows, size_t nvalues,
                                  const ketsim_sweep_options *options)
{
    struct rows rows = {.kind = ROWS_COUNTS,
                        .out = out,
                        .shots = shots,
                        .values = values,
                        .count = nrows,
                        .nvalues = nvalues};
    if (seed) rows.seed = *seed;
    else TRY(rng_os_seed(&rows.seed));
    return sweep(&rows, circuit, options);
}
