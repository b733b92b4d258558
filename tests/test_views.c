/* Views stay what they were, edits are all or nothing, and in-place runs respect both. */
#include <math.h>

#include "helpers.h"

static ketsim_view *view_of(ketsim_state *state)
{
    ketsim_view *view;
    CHECK_OK(ketsim_view_new(&view, state));
    CHECK((uintptr_t)ketsim_view_amplitudes(view) % 64 == 0, "a view at %p", ketsim_view_amplitudes(view));
    return view;
}

static uint64_t view_hash(const ketsim_view *view, size_t bytes)
{
    return hash_bytes(ketsim_view_amplitudes(view), bytes);
}

static ketsim_edit *edit_of(ketsim_state *state)
{
    ketsim_edit *edit;
    CHECK_OK(ketsim_edit_begin(&edit, state));
    CHECK((uintptr_t)ketsim_edit_amplitudes(edit) % 64 == 0, "an edit at %p", ketsim_edit_amplitudes(edit));
    return edit;
}

/* ---- views -------------------------------------------------------------------------------------- */

/* A view of each generation, kept while the state goes on and after it is freed. */
static void kept_generations(unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    enum { GENERATIONS = 12 };
    ketsim_view *views[GENERATIONS];
    uint64_t hashes[GENERATIONS];
    ketsim_state *state = new_state(n, dtype);
    ketsim_circuit *circuit = random_circuit(n, 10, seed, NULL);
    size_t bytes = state_bytes(state);
    for (unsigned k = 0; k < GENERATIONS; k++) {
        views[k] = view_of(state);
        hashes[k] = state_hash(state);
        CHECK(view_hash(views[k], bytes) == hashes[k], "a view differs from its state");
        CHECK(ketsim_view_generation(views[k]) == ketsim_state_generation(state), "a view of generation %d",
              (int)ketsim_view_generation(views[k]));
        CHECK_OK(ketsim_apply(state, circuit, NULL));
    }
    for (unsigned k = 0; k < GENERATIONS; k++)
        CHECK(view_hash(views[k], bytes) == hashes[k], "view %u changed", k);
    ketsim_state_free(state);
    for (unsigned k = 0; k < GENERATIONS; k++) {
        CHECK(view_hash(views[k], bytes) == hashes[k], "view %u changed when its state was freed", k);
        CHECK(ketsim_view_generation(views[k]) == k + 1, "view %u is of generation %d", k,
              (int)ketsim_view_generation(views[k]));
        ketsim_view_free(views[k]);
    }
    ketsim_circuit_free(circuit);
    ketsim_view_free(NULL);
}

/* Views outlive trims of the pool and everything that reuses freed buffers. */
static void view_and_pool(void)
{
    ketsim_state *state = label_state("++++++++++++");
    ketsim_view *view = view_of(state);
    uint64_t hash = view_hash(view, 16 << 12);
    CHECK_OK(gate1(state, KETSIM_GATE_X, 0, 1, 0, 0));
    ketsim_state_free(state);
    ketsim_pool_trim();
    for (unsigned k = 0; k < 8; k++) {
        state = label_state("rrrrrrrrrrrr");
        CHECK_OK(gate1(state, KETSIM_GATE_H, 0, 1, 0, 0));
        ketsim_state_free(state);
    }
    CHECK(view_hash(view, 16 << 12) == hash, "a view's buffer was reused");
    ketsim_view_free(view);
}

/* What is queued runs first. */
static void view_runs_queue(void)
{
    ketsim_state *state = label_state("00");
    CHECK_OK(ketsim_queue(state, &(ketsim_op){.gate = KETSIM_GATE_X, .qubits = (int[]){0}, .nqubits = 1}, 1));
    ketsim_view *view = view_of(state);
    const double *amplitudes = ketsim_view_amplitudes(view);
    CHECK(ketsim_pending(state) == 0 && ketsim_view_generation(view) == 2, "the queue did not run");
    CHECK(amplitudes[4] == 1 && amplitudes[0] == 0, "the view is of before the queue ran");
    ketsim_view_free(view);
    ketsim_state_free(state);
}

static void close_under_view(void)
{
    ketsim_state *state = label_state("+-");
    ketsim_view *view = view_of(state);
    uint64_t hash = state_hash(state);
    CHECK_FAILS(KETSIM_ERR_VIEWED, ketsim_state_close(state), "view");
    CHECK(ketsim_state_check(state) == KETSIM_OK && state_hash(state) == hash,
          "a failing close did something");
    ketsim_view_free(view);
    CHECK_OK(ketsim_state_close(state));
    ketsim_state_free(state);
}

/* ---- in place ----------------------------------------------------------------------------------- */

/* Under a view an in-place run is refused, the queue kept; without one it runs, and on the same buffer. */
static void inplace_under_view(void)
{
    ketsim_state *state = label_state("+0r");
    const ketsim_op op = {.gate = KETSIM_GATE_H, .qubits = (int[]){1}, .nqubits = 1};
    uint64_t hash = state_hash(state), generation = ketsim_state_generation(state);
    CHECK_OK(ketsim_state_set_inplace(state, true));
    ketsim_view *view = view_of(state);
    const void *address = ketsim_view_amplitudes(view);
    CHECK_FAILS(KETSIM_ERR_VIEWED, ketsim_apply_ops(state, &op, 1, NULL), "view");
    CHECK_FAILS(KETSIM_ERR_VIEWED, gate1(state, KETSIM_GATE_X, 0, 0, 0, 0), "view");
    CHECK_OK(ketsim_queue(state, &op, 1));
    CHECK_FAILS(KETSIM_ERR_VIEWED, ketsim_run(state, NULL), "view");
    CHECK(ketsim_pending(state) == 1, "the failing run dropped the queue");
    CHECK(view_hash(view, 16 << 3) == hash, "the view changed");
    CHECK(ketsim_state_generation(state) == generation, "a refused run committed");
    CHECK(ketsim_state_check(state) == KETSIM_OK, "a refused run made the state invalid");
    ketsim_view_free(view);
    CHECK_OK(ketsim_run(state, NULL));
    CHECK(state_hash(state) != hash, "nothing ran");
    view = view_of(state);
    CHECK(ketsim_view_amplitudes(view) == address, "an in-place run moved the amplitudes");
    CHECK_OK(ketsim_state_set_inplace(state, false));
    CHECK_OK(ketsim_apply_ops(state, &op, 1, NULL));
    ketsim_view_free(view);
    ketsim_state_free(state);
}

/* Other writes to an in-place state may be refused under a view, or leave the view its amplitudes. */
static void inplace_writes_under_view(void)
{
    const double amplitudes[] = {0, 1, 0, 0};
    for (unsigned k = 0; k < 3; k++) {
        ketsim_state *state = label_state("+");
        CHECK_OK(ketsim_state_set_inplace(state, true));
        CHECK_OK(gate1(state, KETSIM_GATE_S, 0, 0, 0, 0));
        ketsim_view *view = view_of(state);
        ketsim_edit *edit;
        uint64_t hash = view_hash(view, 32), outcome;
        ketsim_status status = k == 0   ? ketsim_measure(state, &outcome, NULL, 0, NULL)
                               : k == 1 ? ketsim_state_set(state, amplitudes, 2, false)
                                        : ketsim_edit_begin(&edit, state);
        CHECK(status == KETSIM_OK || status == KETSIM_ERR_VIEWED, "%s", ketsim_status_name(status));
        if (k == 2 && status == KETSIM_OK) {
            memcpy(ketsim_edit_amplitudes(edit), amplitudes, sizeof amplitudes);
            status = ketsim_edit_commit(edit);
        }
        CHECK(view_hash(view, 32) == hash, "write %u reached the view", k);
        CHECK((state_hash(state) == hash) == (status != KETSIM_OK), "write %u gave %s", k,
              ketsim_status_name(status));
        ketsim_view_free(view);
        CHECK_OK(gate1(state, KETSIM_GATE_S, 0, 0, 0, 0));
        ketsim_state_free(state);
    }
}

/* A clone, or a view of a clone, that shares the buffer keeps what it has. */
static void inplace_shared(bool viewed, unsigned n, uint64_t *seed)
{
    ketsim_state *state = new_state(n, KETSIM_COMPLEX128), *clone;
    ketsim_circuit *circuit = random_circuit(n, 20, seed, NULL);
    ketsim_view *view = NULL;
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    CHECK_OK(ketsim_state_set_inplace(state, true));
    CHECK_OK(ketsim_state_clone(&clone, state));
    uint64_t hash = state_hash(clone);
    if (viewed) view = view_of(clone);
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    CHECK(state_hash(clone) == hash, "an in-place run reached the clone");
    CHECK(!view || view_hash(view, state_bytes(clone)) == hash,
          "an in-place run reached a view of the clone");
    CHECK(state_hash(state) != hash, "nothing ran");
    ketsim_view_free(view);

    view = view_of(clone);
    CHECK_FAILS(KETSIM_ERR_VIEWED, ketsim_apply(clone, circuit, NULL), "view");
    ketsim_view_free(view);
    CHECK_OK(ketsim_apply(clone, circuit, NULL));
    CHECK(state_hash(clone) == state_hash(state), "the same circuit on the clone gives another state");
    ketsim_circuit_free(circuit);
    ketsim_state_free(clone);
    ketsim_state_free(state);
}

/* Both modes give the same bits. */
static void same_bits(unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    ketsim_state *state = new_state(n, dtype), *inplace = new_state(n, dtype);
    CHECK_OK(ketsim_state_set_inplace(inplace, true));
    for (unsigned k = 0; k < 5; k++) {
        ketsim_circuit *circuit = random_circuit(n, 1 + random_below(seed, 40), seed, NULL);
        CHECK_OK(ketsim_apply(state, circuit, NULL));
        CHECK_OK(ketsim_apply(inplace, circuit, NULL));
        CHECK(state_hash(state) == state_hash(inplace), "%u qubits: in place gives other bits", n);
        ketsim_circuit_free(circuit);
    }
    ketsim_state_free(state);
    ketsim_state_free(inplace);
}

/* ---- edits -------------------------------------------------------------------------------------- */

/* An edit is the writer until it ends: others are refused, reads see the last commit. */
static void edit_holds(bool commit)
{
    ketsim_state *state = label_state("0+");
    const ketsim_op op = {.gate = KETSIM_GATE_X, .qubits = (int[]){0}, .nqubits = 1};
    uint64_t hash = state_hash(state), outcome;
    ketsim_edit *edit = edit_of(state), *second = NULL;
    double *amplitudes = ketsim_edit_amplitudes(edit);
    CHECK(hash_bytes(amplitudes, 16 << 2) == hash, "an edit begins with other amplitudes");
    for (unsigned k = 0; k < 8; k++) amplitudes[k] = k == 6;

    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_edit_begin(&second, state), "");
    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_queue(state, &op, 1), "");
    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_apply_ops(state, &op, 1, NULL), "");
    CHECK_FAILS(KETSIM_ERR_BUSY, gate1(state, KETSIM_GATE_X, 0, 0, 0, 0), "");
    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_run(state, NULL), "");
    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_state_set(state, amplitudes, 4, false), "");
    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_measure(state, &outcome, NULL, 0, NULL), "");
    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_state_close(state), "");
    CHECK_FAILS(KETSIM_ERR_DEADLINE, ketsim_wait(state, 1), "");
    CHECK(!second, "a failing call wrote to its output");
    CHECK(state_hash(state) == hash && ketsim_state_generation(state) == 1,
          "a read sees an edit not committed");

    if (commit) CHECK_OK(ketsim_edit_commit(edit));
    else ketsim_edit_abort(edit);
    CHECK_OK(ketsim_wait(state, 0));
    double out[8], expected[8] = {0};
    CHECK_OK(ketsim_get_amplitudes(state, out, 0, 4));
    expected[6] = 1;
    CHECK(commit ? !memcmp(out, expected, sizeof out) : hash_bytes(out, sizeof out) == hash,
          "another state after it");
    CHECK(ketsim_state_generation(state) == (commit ? 2 : 1), "generation %d",
          (int)ketsim_state_generation(state));
    CHECK_OK(gate1(state, KETSIM_GATE_X, 0, 0, 0, 0));
    ketsim_state_free(state);
}

static void edit_checks(ketsim_dtype dtype)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    for (unsigned k = 0; k < 3; k++)
        for (unsigned place = 0; place < 16; place += 5) {
            ketsim_state *state = new_state(3, dtype);
            CHECK_OK(gate1(state, KETSIM_GATE_H, 0, 1, 0, 0));
            uint64_t hash = state_hash(state);
            ketsim_edit *edit = edit_of(state);
            if (dtype == KETSIM_COMPLEX64) ((float *)ketsim_edit_amplitudes(edit))[place] = (float)bad[k];
            else ((double *)ketsim_edit_amplitudes(edit))[place] = bad[k];
            CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_edit_commit(edit), "finite");
            CHECK(state_hash(state) == hash && ketsim_state_generation(state) == 2,
                  "a refused commit changed it");
            CHECK_OK(gate1(state, KETSIM_GATE_H, 0, 1, 0, 0));
            ketsim_state_free(state);
        }
}

/* Queued gates run before the edit begins; clones and views keep what they had; in-place states can be edited. */
static void edit_and_others(bool inplace)
{
    ketsim_state *state = label_state("00"), *clone;
    const ketsim_op op = {.gate = KETSIM_GATE_X, .qubits = (int[]){0}, .nqubits = 1};
    CHECK_OK(ketsim_state_set_inplace(state, inplace));
    CHECK_OK(ketsim_queue(state, &op, 1));
    CHECK_OK(ketsim_state_clone(&clone, state));
    uint64_t hash = state_hash(clone);
    ketsim_view *view = view_of(clone);
    CHECK_OK(ketsim_queue(state, &op, 1));
    ketsim_edit *edit = edit_of(state);
    double *amplitudes = ketsim_edit_amplitudes(edit);
    CHECK(amplitudes[0] == 1 && amplitudes[4] == 0, "queued gates are missing from the edit");
    amplitudes[0] = 0, amplitudes[3] = -1;
    CHECK_OK(ketsim_edit_commit(edit));
    CHECK(state_hash(clone) == hash && view_hash(view, 16 << 2) == hash, "an edit reached a clone");
    CHECK(state_hash(state) != hash, "an edit did nothing");
    ketsim_view_free(view);
    ketsim_state_free(clone);
    ketsim_state_free(state);
}

int main(void)
{
    uint64_t seed = 1;
    for (unsigned n = 1; n <= 16; n += 3) {
        kept_generations(n, KETSIM_COMPLEX128, &seed);
        kept_generations(n, KETSIM_COMPLEX64, &seed);
        same_bits(n, KETSIM_COMPLEX128, &seed);
        same_bits(n, KETSIM_COMPLEX64, &seed);
        inplace_shared(false, n, &seed);
        inplace_shared(true, n, &seed);
    }
    view_and_pool();
    view_runs_queue();
    close_under_view();
    inplace_under_view();
    inplace_writes_under_view();
    edit_holds(true);
    edit_holds(false);
    edit_checks(KETSIM_COMPLEX128);
    edit_checks(KETSIM_COMPLEX64);
    edit_and_others(false);
    edit_and_others(true);
    puts("views of 144 generations, in-place runs, edits");
    return EXIT_SUCCESS;
}
