/* cache.c - a table of plans by a hash of all that a plan depends on: operations, angles, matrices, size, dtype, label
 * and kernels.  What the hash finds is compared with the program before it is used.  A plan that differs in angles and
 * matrices only saves a new one the search for passes.
 *
 * Bounded by SETS x WAYS plans and by MOST_BYTES.  A full set gives up a plan that was not asked for since it was
 * last passed over; so does the whole table, slot by slot, when it holds too many bytes. */
#include "cache.h"

#include <string.h>

#include "error.h"
#include "spin.h"

enum { SETS = 64, WAYS = 4 };
static const size_t MOST_BYTES = (size_t)64 << 20;

/* The structure is the hash of gates, qubits and controls alone: programs that differ in angles and entries of
 * matrices share it. */
struct key {
    uint64_t structure, hash;
};

struct slot {
    struct key key;
    struct ketsim_plan *plan; /* NULL: free */
    size_t bytes;
    bool used; /* asked for since it was last passed over */
};

static struct {
    struct set {
        struct spin lock; /* guards slots and hand; held for a few instructions */
        unsigned hand;
        struct slot slots[WAYS];
    } sets[SETS];
    _Atomic size_t bytes;
    _Atomic unsigned hand; /* slot that is looked at next when there are too many bytes */
    _Atomic uint64_t hits, misses;
} cache;

/* ---- keys -------------------------------------------------------------------------------------- */

/* High and low half of a product, folded (W. Yi, "wyhash", 2019). */
static uint64_t mix(uint64_t a, uint64_t b)
{
    const unsigned __int128 product = (unsigned __int128)(a ^ 0x9e3779b97f4a7c15) * (b ^ 0xe7037ed1a0b428db);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* The gate, whether its matrix stays as it is, and its qubits, which lie side by side with their number. */
static uint64_t form_of(const struct op *op)
{
    uint32_t qubits;
    _Static_assert(offsetof(struct op, nqubits) == offsetof(struct op, qubits) + 3, "four bytes in a row");
    memcpy(&qubits, (const char *)op + offsetof(struct op, qubits), sizeof qubits);
    return op->gate | (uint64_t)op->as_it_is << 31 | (uint64_t)qubits << 32;
}

static uint64_t mix_entries(uint64_t hash, const struct program *program, const struct op *op)
{
    const ketsim_complex *m = program->entries + op->matrix;
    for (size_t k = 0; k < op_entries(op); k++) hash = mix(hash ^ bits_of(m[k].re), bits_of(m[k].im));
    return hash;
}

/* Two chains of one product an operation, whose other products do not wait for them. */
static struct key key_of(const struct program *program, const struct plan_options *options)
{
    uint64_t structure = mix(program->length, options->nqubits << 1 | (unsigned)options->dtype), values = 0;
    structure = mix(structure, (uintptr_t)kernels());
    for (unsigned q = 0; options->label && q < options->nqubits; q++)
        structure = mix(structure, (unsigned char)options->label[q]);
    for (size_t k = 0; k < program->length; k++) {
        const struct op *op = &program->ops[k];
        structure = mix(structure ^ form_of(op),
                        op->control_mask ? mix(op->control_mask, op->control_values) : k);
        if (op->gate == KETSIM_GATE_PAULI_ROTATION) structure = mix(structure ^ op->pauli.x, op->pauli.z);
        if (op_has_table(op)) {
            values = mix(values ^ op->table->hash, op->undone);
            continue;
        }
        if (op_is_wide(op)) structure = mix(structure ^ op->packed[0], op->packed[1] ^ op->packed[2]);
        values = mix(values ^ bits_of(op->angles[0]), mix(bits_of(op->angles[1]), bits_of(op->angles[2])));
        if (op->gate == KETSIM_GATE_UNITARY) values = mix_entries(values, program, op);
    }
    return (struct key){structure, mix(structure, values)};
}

static bool is_same_op(const struct program *a, const struct program *b, size_t k)
{
    const struct op *x = &a->ops[k], *y = &b->ops[k];
    if (form_of(x) != form_of(y) || x->control_mask != y->control_mask ||
        x->control_values != y->control_values)
        return false;
    if (op_has_table(x)) return x->undone == y->undone && table_equal(x->table, y->table);
    return !memcmp(x->angles, y->angles, sizeof x->angles) &&
           (x->gate != KETSIM_GATE_UNITARY ||
            !memcmp(a->entries + x->matrix, b->entries + y->matrix, op_entries(x) * sizeof *a->entries));
}

/* Whether a plan was made for the same start, size, dtype and kernels. */
static bool is_alike(const struct ketsim_plan *plan, const struct plan_options *options)
{
    return plan->plan.nqubits == options->nqubits && plan->plan.dtype == options->dtype &&
           plan->plan.set == kernels() && plan->from_product == (options->label != NULL) &&
           (!options->label || !memcmp(plan->label, options->label, options->nqubits));
}

/* Whether it was made for just this. */
static bool is_for(const struct ketsim_plan *plan, const struct program *program,
                   const struct plan_options *options)
{
    if (plan->program.length != program->length || !is_alike(plan, options)) return false;
    for (size_t k = 0; k < program->length; k++)
        if (!is_same_op(&plan->program, program, k)) return false;
    return true;
}

/* ---- the table --------------------------------------------------------------------------------- */

static struct set *set_of(struct key key)
{
    return &cache.sets[key.structure % SETS];
}

/* The plan with this key; else one of its structure, or NULL. */
static struct ketsim_plan *find(struct key key)
{
    struct slot *found = NULL;
    struct ketsim_plan *plan = NULL;
    struct set *set = set_of(key);
    spin_lock(&set->lock);
    for (unsigned k = 0; k < WAYS; k++) {
        struct slot *slot = &set->slots[k];
        if (slot->plan && slot->key.structure == key.structure && (!found || slot->key.hash == key.hash))
            found = slot;
    }
    if (found) {
        plan = found->plan;
        found->used = true;
        plan_retain(plan);
    }
    spin_unlock(&set->lock);
    return plan;
}

/* Where a new plan goes: in the place of one with its hash, or of none, or of one that was not used lately. */
static struct slot *choose(struct set *set, struct key key)
{
    for (unsigned k = 0; k < WAYS; k++)
        if (set->slots[k].plan && set->slots[k].key.hash == key.hash) return &set->slots[k];
    for (unsigned k = 0; k < WAYS; k++)
        if (!set->slots[k].plan) return &set->slots[k];
    for (;;) {
        struct slot *slot = &set->slots[set->hand++ % WAYS];
        if (!slot->used) return slot;
        slot->used = false;
    }
}

/* Put new in a slot, whose set is locked, and return the plan that was there.  A child forked in the midst of this
 * finds the slot free. */
static struct ketsim_plan *replace(struct slot *slot, struct slot new)
{
    struct ketsim_plan *const old = slot->plan, *const plan = new.plan;
    slot->plan = new.plan = NULL;
    atomic_signal_fence(memory_order_seq_cst);
    if (old) atomic_fetch_sub_explicit(&cache.bytes, slot->bytes, memory_order_relaxed);
    *slot = new;
    if (plan) atomic_fetch_add_explicit(&cache.bytes, new.bytes, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    slot->plan = plan;
    return old;
}

static void drop(struct set *set, struct slot *slot, bool even_used)
{
    struct ketsim_plan *old = NULL;
    spin_lock(&set->lock);
    if (even_used || !slot->used) old = replace(slot, (struct slot){.plan = NULL});
    slot->used = false;
    spin_unlock(&set->lock);
    plan_release(old);
}

/* Twice round, because the first round may only find plans that were used. */
static void keep_below(size_t most)
{
    for (unsigned k = 0; k < 2 * SETS * WAYS; k++) {
        if (atomic_load_explicit(&cache.bytes, memory_order_relaxed) <= most) return;
        const unsigned at = atomic_fetch_add_explicit(&cache.hand, 1, memory_order_relaxed) % (SETS * WAYS);
        drop(&cache.sets[at / WAYS], &cache.sets[at / WAYS].slots[at % WAYS], false);
    }
}

/* Without the memory for a copy of the program, or when it would fill a quarter of the table, it is not kept. */
static void insert(struct ketsim_plan *plan, struct key key, const struct program *program)
{
    struct set *set = set_of(key);
    if (program->nentries * sizeof *program->entries > MOST_BYTES / 4) return;
    if (program_extend(&plan->program, program) != KETSIM_OK) return;
    const size_t bytes = plan_bytes(plan);
    if (bytes > MOST_BYTES / 4) return;
    keep_below(MOST_BYTES - bytes);
    plan_retain(plan);
    spin_lock(&set->lock);
    struct ketsim_plan *old = replace(choose(set, key),
                                      (struct slot){.key = key, .plan = plan, .bytes = bytes});
    spin_unlock(&set->lock);
    plan_release(old);
    keep_below(MOST_BYTES); /* other threads have found the same room */
}

/* ---- outside ----------------------------------------------------------------------------------- */

ketsim_status cache_plan(struct ketsim_plan **out, const struct program *program,
                         const struct plan_options *options)
{
    const struct key key = key_of(program, options);
    struct ketsim_plan *plan = find(key);
    const bool found = plan && is_for(plan, program, options);
    atomic_fetch_add_explicit(found ? &cache.hits : &cache.misses, 1, memory_order_relaxed);
    if (!found) {
        struct plan_options like = *options;
        struct ketsim_plan *const old = plan;
        if (old && is_alike(old, options)) like.like = &old->plan;
        const ketsim_status status = plan_new(&plan, program, &like);
        plan_release(old);
        TRY(status);
        insert(plan, key, program);
    }
    *out = plan;
    return KETSIM_OK;
}

void ketsim_plan_cache_clear(void)
{
    if (!atomic_load_explicit(&cache.bytes, memory_order_relaxed)) return;
    for (unsigned k = 0; k < SETS * WAYS; k++)
        drop(&cache.sets[k / WAYS], &cache.sets[k / WAYS].slots[k % WAYS], true);
}

void cache_counters(ketsim_counters *out)
{
    out->plan_hits = atomic_load_explicit(&cache.hits, memory_order_relaxed);
    out->plan_misses = atomic_load_explicit(&cache.misses, memory_order_relaxed);
    out->plan_bytes = atomic_load_explicit(&cache.bytes, memory_order_relaxed);
}
