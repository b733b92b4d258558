/* row.c - one thread's share of the rows: bind, run, write down. */
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "direct.h"
#include "error.h"
#include "rows.h"
#include "sample.h"
#include "scratch.h"
#include "threads.h"

/* What a thread has for itself, so that a row allocates nothing. */
struct worker {
    struct rows *rows;
    bool by_caller;
    ketsim_run_options options; /* of a row that has a plan */
    struct program program;     /* the circuit's, with the row's angles */
    struct buffer *buffer;      /* of direct runs */
    struct pauli_sums sums;     /* the rows', whose terms are sorted */
    struct pauli_prepared *prepared;
    uint64_t *outcomes;
    uint8_t bits[KETSIM_MAX_QUBITS]; /* of an outcome: all */
};

static bool poll(void *context, double done)
{
    const struct worker *w = context;
    if (w->by_caller) rows_poll(w->rows, done);
    return !rows_stopped(w->rows);
}

/* ---- what it has ------------------------------------------------------------------------------- */

static ketsim_status no_memory(size_t bytes)
{
    return fail(KETSIM_ERR_MEMORY, "sweep: cannot allocate %zu bytes", bytes);
}

static ketsim_status get_direct(struct worker *w)
{
    const struct rows *rows = w->rows;
    if (!rows->direct) return KETSIM_OK;
    TRY(program_extend(&w->program, &rows->circuit->program));
    return scratch_take(&w->buffer, buffer_bytes(rows->nqubits, rows->dtype));
}

static ketsim_status get_sums(struct worker *w)
{
    const struct rows *rows = w->rows;
    const size_t bytes = rows->sums.nterms * sizeof *w->sums.terms;
    const struct pauli_state state = {
        .dtype = rows->dtype,
        .n = rows->nqubits,
        .threads = rows->threads,
        .pace = {.stops = {rows->direct ? NULL : &w->options, rows->deadline}, .what = "sweep", .ends = 1}};
    if (rows->kind != ROWS_EXPECTATIONS) return KETSIM_OK;
    w->sums = rows->sums;
    w->sums.terms = malloc(bytes ? bytes : 1);
    if (!w->sums.terms) return no_memory(bytes);
    if (bytes) memcpy(w->sums.terms, rows->sums.terms, bytes);
    return pauli_prepare(&w->prepared, &state, &w->sums);
}

static ketsim_status get_outcomes(struct worker *w)
{
    const struct rows *rows = w->rows;
    const size_t bytes = rows->shots * sizeof *w->outcomes;
    if (rows->kind != ROWS_COUNTS) return KETSIM_OK;
    for (unsigned q = 0; q < rows->nqubits; q++) w->bits[q] = (uint8_t)(rows->nqubits - 1 - q);
    w->outcomes = malloc(bytes ? bytes : 1);
    return w->outcomes ? KETSIM_OK : no_memory(bytes);
}

static ketsim_status equip(struct worker *w)
{
    program_init(&w->program, w->rows->nqubits);
    TRY(get_direct(w));
    TRY(get_sums(w));
    return get_outcomes(w);
}

static void dismiss(struct worker *w)
{
    program_clear(&w->program);
    if (w->buffer) scratch_give(w->buffer);
    pauli_forget(w->prepared);
    free(w->sums.terms);
    free(w->outcomes);
}

/* One that runs directly is too short to be stopped. */
static struct exec exec_of(const struct worker *w)
{
    const struct rows *rows = w->rows;
    return (struct exec){.dtype = rows->dtype,
                         .nqubits = rows->nqubits,
                         .threads = rows->threads,
                         .deadline = rows->direct ? 0 : rows->deadline,
                         .options = rows->direct ? NULL : &w->options,
                         .ends = 1};
}

/* ---- writing down ------------------------------------------------------------------------------ */

static ketsim_status count_outcomes(struct worker *w, uint64_t *out, const void *amps, size_t index)
{
    const struct rows *rows = w->rows;
    const struct exec exec = exec_of(w);
    memset(out, 0, rows->row_bytes);
    TRY(sample_outcomes(w->outcomes, rows->shots, amps, &exec, w->bits, rows->nqubits,
                        ketsim_batch_seed(rows->seed, index)));
    for (uint64_t k = 0; k < rows->shots; k++) out[w->outcomes[k]]++;
    return KETSIM_OK;
}

static ketsim_status write_down(struct worker *w, const void *amps, size_t index)
{
    const struct rows *rows = w->rows;
    void *out = (char *)rows->out + index * rows->row_bytes;
    if (rows->kind == ROWS_COUNTS) return count_outcomes(w, out, amps, index);
    if (rows->kind == ROWS_EXPECTATIONS) return pauli_evaluate(w->prepared, out, amps);
    memcpy(out, amps, rows->row_bytes);
    return KETSIM_OK;
}

/* ---- a row ------------------------------------------------------------------------------------- */

static const double *values_of(const struct rows *rows, size_t index)
{
    return rows->values + index * rows->nvalues;
}

static ketsim_status run_directly(struct worker *w, size_t index)
{
    const struct rows *rows = w->rows;
    const struct exec exec = exec_of(w);
    void *amps = atomic_load_explicit(&w->buffer->amps, memory_order_relaxed);
    double residue = rows->start.buffer->residue;
    size_t passes = 0;
    TRY(params_bind(&rows->circuit->params, &w->program, &rows->circuit->program, values_of(rows, index)));
    TRY(direct_run(&exec, &w->program, amps, rows->start.amps, &rows->support, &residue, &passes));
    return write_down(w, amps, index);
}

static ketsim_status apply(struct worker *w, ketsim_state *state, size_t index)
{
    const struct rows *rows = w->rows;
    struct snapshot now;
    TRY(ketsim_apply_bound(state, rows->circuit, values_of(rows, index), rows->nvalues, &w->options));
    TRY(state_read(&now, state, true));
    const ketsim_status status = write_down(w, now.amps, index);
    buffer_release(now.buffer);
    return status;
}

/* By the plans in the cache, whose passes rows share. */
static ketsim_status run_planned(struct worker *w, size_t index)
{
    ketsim_state *state;
    TRY(ketsim_state_clone(&state, w->rows->base));
    const ketsim_status status = apply(w, state, index);
    ketsim_state_free(state);
    return status;
}

/* ---- all of them ------------------------------------------------------------------------------- */

/* Rows are taken in order, and those before a failed one run to their end: so whoever runs them, the failure that is
 * kept is that of the first. */
static void note_failure(struct rows *rows, size_t index, ketsim_status status)
{
    spin_lock(&rows->lock);
    if (index < atomic_load(&rows->failed)) {
        rows->status = status;
        strncpy(rows->message, ketsim_last_error(), sizeof rows->message - 1);
        atomic_store(&rows->failed, index);
    }
    spin_unlock(&rows->lock);
}

static ketsim_status run_one(struct worker *w, size_t index)
{
    const ketsim_circuit *whole = w->rows->whole;
    if (whole) TRY(params_bind(&whole->params, NULL, &whole->program, values_of(w->rows, index)));
    return w->rows->direct ? run_directly(w, index) : run_planned(w, index);
}

static bool run_row(struct worker *w, size_t index)
{
    struct rows *rows = w->rows;
    if (index > atomic_load_explicit(&rows->failed, memory_order_relaxed) || rows_stopped(rows)) return false;
    const ketsim_status status = run_one(w, index);
    if (status == KETSIM_OK) atomic_fetch_add_explicit(&rows->done, 1, memory_order_relaxed);
    else if (!rows_stopped(rows)) note_failure(rows, index, status);
    return status == KETSIM_OK;
}

static void run_rows(struct worker *w)
{
    struct rows *rows = w->rows;
    for (size_t first; (first = atomic_fetch_add(&rows->next, rows->chunk)) < rows->count;) {
        const size_t left = rows->count - first;
        for (size_t k = 0; k < rows->chunk && k < left; k++)
            if (!run_row(w, first + k)) return;
        if (w->by_caller) rows_poll(rows, 0);
    }
}

void rows_work(struct rows *rows, bool by_caller)
{
    struct worker worker = {.rows = rows, .by_caller = by_caller};
    worker.options = (ketsim_run_options){
        .threads = rows->threads, .cancel = rows->options.cancel, .poll = poll, .poll_context = &worker};
    const ketsim_status status = equip(&worker);
    if (status == KETSIM_OK) run_rows(&worker);
    else if (by_caller) note_failure(rows, 0, status); /* without helpers it takes longer */
    dismiss(&worker);
}
