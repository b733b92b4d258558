/* Each pass of the planner alone keeps the unitary: merged pairs, run by the plainest kernels; the canonical form, read
 * the slow way straight from the definitions in form.h; and, of the choice of local bits, that it gets to the end.
 *
 *   test_passes [circuits]    default 2000 */
#include <math.h>

#include "../core/passes/form.h"
#include "../core/passes/pairs.h"
#include "../core/passes/route.h"
#include "../core/plan.h"
#include "../core/wide.h"
#include "shrink.h"

enum { QUBITS = 6, MOST_OPS = 40, AMPS = 1 << QUBITS };

static unsigned long merged, steps, passes;

/* ---- the canonical form, read slowly --------------------------------------------------------------- */

struct reading {
    const struct form *form;
    oracle_amp *psi;
    uint32_t at[KETSIM_MAX_QUBITS];
    bool *applied;   /* terms */
    uint64_t phased; /* bits whose epoch's phase has been applied */
};

static void apply_phase(oracle_amp *psi, uint64_t mask, uint64_t values, ketsim_complex factor)
{
    for (unsigned i = 0; i < AMPS; i++)
        if (((i ^ values) & mask) == 0) psi[i] *= factor.re + factor.im * I;
}

static bool all_here(const struct reading *r, const struct term *term)
{
    unsigned k = term->refs;
    for (unsigned bit = 0; bit < QUBITS; bit++)
        if (term->mask >> bit & 1 && r->at[bit] != r->form->refs[k++].epoch) return false;
    return true;
}

/* All phases that can be applied now. */
static void apply_phases(struct reading *r)
{
    for (unsigned bit = 0; bit < QUBITS; bit++) {
        const uint64_t mask = UINT64_C(1) << bit;
        if (!(r->phased & mask)) apply_phase(r->psi, mask, mask, r->form->epochs[r->at[bit]].phase);
        r->phased |= mask;
    }
    for (size_t k = 0; k < r->form->nterms; k++) {
        const struct term *term = &r->form->terms[k];
        if (r->applied[k] || term->flip != FORM_NONE || !all_here(r, term)) continue;
        apply_phase(r->psi, term->mask, term->values, term->factor);
        r->applied[k] = true;
    }
}

/* Whether nothing of the epoch is left that its step would be too early for. */
static bool epoch_done(const struct reading *r, uint32_t epoch)
{
    for (uint32_t k = r->form->epochs[epoch].terms; k != FORM_NONE; k = r->form->refs[k].next)
        if (!r->applied[r->form->refs[k].term]) return false;
    return true;
}

static void matrix_on(oracle_amp *psi, const oracle_amp *m, unsigned high, unsigned low, unsigned nbits)
{
    const int qubits[] = {QUBITS - 1 - (int)high, QUBITS - 1 - (int)low};
    oracle_matrix(psi, QUBITS, m, qubits, nbits, NULL, 0, 0);
}

static void go_on(struct reading *r, unsigned bit)
{
    r->at[bit] = r->form->epochs[r->at[bit]].next;
    r->phased &= ~(UINT64_C(1) << bit);
    steps++;
}

static void rotate_or_flip(struct reading *r, unsigned bit, const struct epoch *epoch)
{
    const double c = 1 / hypot(1, epoch->t), s = c * epoch->t;
    const oracle_amp rotation[] = {c, -s, s, c};
    if (epoch->step == STEP_ROTATE) {
        matrix_on(r->psi, rotation, bit, 0, 1);
    } else {
        const struct term *term = &r->form->terms[epoch->dense];
        for (unsigned i = 0; i < AMPS; i++) {
            const unsigned other = i | 1u << bit;
            if (i == other || ((i ^ term->values) & term->mask)) continue;
            const oracle_amp amp = r->psi[i];
            r->psi[i] = r->psi[other];
            r->psi[other] = amp;
        }
        r->applied[epoch->dense] = true;
    }
    go_on(r, bit);
}

/* One step of the bit, if it can run; bits in any order, so that the order is seen not to matter. */
static bool try_step(struct reading *r, unsigned bit)
{
    const struct epoch *epoch = &r->form->epochs[r->at[bit]];
    if (epoch->step == STEP_NONE || !epoch_done(r, r->at[bit])) return false;
    if (epoch->step == STEP_FLIP && !all_here(r, &r->form->terms[epoch->dense])) return false;
    if (epoch->step != STEP_DENSE) return rotate_or_flip(r, bit, epoch), true;
    if (r->at[epoch->mate] != epoch->mate_epoch || !epoch_done(r, epoch->mate_epoch)) return false;
    const struct dense *dense = &r->form->dense[epoch->dense];
    oracle_amp m[16];
    for (unsigned k = 0; k < 16; k++) m[k] = dense->entries[k].re + dense->entries[k].im * I;
    for (unsigned k = 0; dense->core && k < 2; k++) {
        const oracle_amp c = 1 / sqrt(1 + dense->t[k] * dense->t[k]), s = c * dense->t[k];
        matrix_on(r->psi, (oracle_amp[]){c, -s, s, c}, k ? dense->low : dense->high, 0, 1);
    }
    matrix_on(r->psi, m, dense->high, dense->low, 2);
    go_on(r, epoch->mate);
    go_on(r, bit);
    return true;
}

static void read_form(const struct form *form, oracle_amp *psi, uint64_t *seed)
{
    struct reading r = {.form = form, .psi = psi, .applied = calloc(form->nterms + 1, sizeof(bool))};
    memcpy(r.at, form->first, sizeof r.at);
    for (unsigned idle = 0; idle < 200; idle++) { /* so many misses in a row mean the end */
        apply_phases(&r);
        if (try_step(&r, random_below(seed, QUBITS))) idle = 0;
    }
    for (unsigned bit = 0; bit < QUBITS; bit++)
        (void)EXPECT(r.at[bit] == form->last[bit], "bit %u is stuck at epoch %u", bit,
                     form->epochs[r.at[bit]].number);
    for (size_t k = 0; k < form->nterms; k++) (void)EXPECT(r.applied[k], "term %zu was never met", k);
    apply_phase(psi, 0, 0, form->global);
    free(r.applied);
}

/* Amplitude i of the program's bits lies where their names say. */
static void unname(oracle_amp *psi, const uint8_t *place)
{
    oracle_amp out[AMPS];
    for (unsigned i = 0; i < AMPS; i++) {
        unsigned from = 0;
        for (unsigned bit = 0; bit < QUBITS; bit++) from |= (i >> bit & 1) << place[bit];
        out[i] = psi[from];
    }
    memcpy(psi, out, sizeof out);
}

static double distance(const oracle_amp *a, const oracle_amp *b)
{
    double most = 0;
    for (unsigned i = 0; i < AMPS; i++) most = fmax(most, (double)cabsl(a[i] - b[i]));
    return most;
}

/* ---- one circuit ---------------------------------------------------------------------------------- */

struct trial {
    const char *label; /* NULL: any state */
    bool cores;
    uint64_t seed; /* of the state to start from, and of choices on the way */
};

static void check_form(const struct pairs *pairs, const struct trial *trial, const oracle_amp *start,
                       const oracle_amp *end, uint64_t *seed)
{
    struct form form;
    oracle_amp psi[AMPS];
    memcpy(psi, start, sizeof psi);
    if (trial->label) oracle_label(psi, QUBITS, "000000");
    form_init(&form, QUBITS, trial->label, pairs->sweeps, pairs->count);
    form.cores = trial->cores;
    const size_t count = form_append(&form, pairs->sweeps, pairs->count);
    CHECK(form_finish(&form), "no memory");
    if (count == pairs->count) {
        read_form(&form, psi, seed);
        unname(psi, form.place);
        (void)EXPECT(distance(psi, end) < 1e-13, "the form is off by %g", distance(psi, end));
    }
    struct walk walk;
    struct layout layout;
    memcpy(walk.at, form.first, sizeof walk.at);
    layout_init(&layout, &form);
    for (unsigned k = 0; !walk_ended(&form, &walk) || layout.away; k++, passes++) {
        const struct walk before = walk;
        const int away = __builtin_popcountll(layout.away);
        const uint64_t local = route_choose(&form, &walk, &layout, QUBITS - 2, 1 + random_below(seed, 2),
                                            AMPS - 1, random_below(seed, 2));
        (void)EXPECT(__builtin_popcountll(local) == QUBITS - 2, "%d local bits", __builtin_popcountll(local));
        struct tiled_pass pass = {.local = layout_places(&layout, local)};
        layout_send_home(&layout, &pass);
        layout_follow(&layout, &pass);
        if (!EXPECT(memcmp(&before, &walk, sizeof walk) || __builtin_popcountll(layout.away) < away,
                    "pass %u gets nowhere", k))
            break;
    }
    form_clear(&form);
}

static void run_sweeps(const struct pairs *pairs, double *amplitudes)
{
    static _Alignas(64) char scratch[2 * WIDE_ROW_BYTES << QUBITS];
    const struct kernel_set *set = kernels();
    for (size_t k = 0; k < pairs->count; k++) {
        const struct wide *wide = pairs->sweeps[k].wide;
        if (wide) {
            set->wide[KETSIM_COMPLEX128](amplitudes, amplitudes, wide, 0, wide_units(wide, QUBITS, true),
                                         scratch, false);
            continue;
        }
        const uint64_t groups = kernel_groups(set, KETSIM_COMPLEX128, &pairs->sweeps[k], QUBITS, true);
        set->run[KETSIM_COMPLEX128](amplitudes, amplitudes, &pairs->sweeps[k], 0, groups, false);
    }
}

/* As fails_function; the context is the trial. */
static bool trial_fails(void *context, const struct stored_op *ops, size_t count)
{
    static _Alignas(64) double amplitudes[2 * AMPS];
    const struct trial *trial = context;
    uint64_t seed = trial->seed;
    struct program program;
    struct plan plan;
    struct pairs pairs;
    oracle_amp start[AMPS], end[AMPS];
    *failure = 0;
    oracle_random(start, amplitudes, QUBITS, KETSIM_COMPLEX128, &seed);
    memcpy(end, start, sizeof end);
    if (trial->label) oracle_label(end, QUBITS, trial->label);
    program_init(&program, QUBITS);
    for (size_t k = 0; k < count; k++) {
        const ketsim_op op = op_of(&ops[k]);
        CHECK_OK(program_append(&program, &op, 1));
        CHECK(oracle_op(end, QUBITS, &op), "no definition");
    }
    CHECK_OK(plan_init(&plan, &program, &(struct plan_options){.nqubits = QUBITS, .sweeps_only = true}));
    CHECK(pairs_init(&pairs, plan.sweeps, plan.length, trial->cores), "no memory");
    merged += plan.length - pairs.count;
    run_sweeps(&pairs, amplitudes);
    if (!trial->label)
        (void)EXPECT(oracle_error(end, amplitudes, QUBITS, KETSIM_COMPLEX128) < 1e-13,
                     "merging pairs went wrong");
    check_form(&pairs, trial, start, end, &seed);
    pairs_clear(&pairs);
    plan_clear(&plan);
    program_clear(&program);
    return *failure;
}

static void check_circuit(uint64_t *seed)
{
    static const char *const labels[] = {"000000", "010011", "01+-rl"};
    struct stored_op ops[MOST_OPS];
    struct trial trial = {.cores = random_below(seed, 2),
                          .label = random_below(seed, 2) ? labels[random_below(seed, 3)] : NULL,
                          .seed = random_bits(seed)};
    const size_t count = 5 + random_below(seed, MOST_OPS - 4);
    for (size_t k = 0; k < count; k++) /* on few qubits there are runs to merge */
        random_tiled_op(&ops[k], random_below(seed, 3) ? 3 : QUBITS, seed);
    if (!trial_fails(&trial, ops, count)) return;
    const size_t left = shrink(ops, count, trial_fails, &trial);
    trial_fails(&trial, ops, left);
    fprintf(stderr, "%s, %s, seed %llu\n", trial.label ? trial.label : "any state",
            trial.cores ? "cores" : "no cores", (unsigned long long)trial.seed);
    print_ops(ops, left);
    CHECK(false, "%s (%zu of %zu operations are left)", failure, left, count);
}

int main(int argc, char **argv)
{
    const unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 2000;
    uint64_t seed = 5;
    CHECK_OK(ketsim_set_isa("base"));
    for (unsigned k = 0; k < count; k++) check_circuit(&seed);
    printf("%u circuits: %lu sweeps merged away, %lu steps, %lu choices of local bits\n", count, merged,
           steps, passes);
    CHECK(merged && steps && passes, "nothing was tested");
    return 0;
}
