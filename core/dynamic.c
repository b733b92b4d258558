/* dynamic.c - making and checking the operations that are not gates. */
#include "dynamic.h"

#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "check.h"
#include "circuit.h"
#include "error.h"
#include "readout.h"

typedef unsigned long long ull;

const char *dynamic_name(ketsim_dynamic_kind kind)
{
    static const char *const names[] = {
        [KETSIM_DYNAMIC_MEASURE] = "measure", [KETSIM_DYNAMIC_RESET] = "reset",
        [KETSIM_DYNAMIC_IF] = "if",           [KETSIM_DYNAMIC_REPEAT] = "repeat",
        [KETSIM_DYNAMIC_CHANNEL] = "channel", [KETSIM_DYNAMIC_READOUT] = "readout"};
    return kind < sizeof names / sizeof *names ? names[kind] : "?";
}

/* ---- checks ------------------------------------------------------------------------------------ */

static ketsim_status check_bits(const ketsim_dynamic *given, unsigned nbits)
{
    uint64_t seen = 0;
    if (given->nbits && !given->bits)
        return fail(KETSIM_ERR_ARGUMENT, "bits is NULL: their number is given as %zu", given->nbits);
    for (size_t k = 0; k < given->nbits; k++) {
        const int bit = given->bits[k];
        if (bit < 0 || (unsigned)bit >= nbits)
            return fail(KETSIM_ERR_ARGUMENT, "bit %d: must be below %u, the circuit's classical bits", bit,
                        nbits);
        if (seen >> bit & 1)
            return fail(KETSIM_ERR_ARGUMENT, "bit %d: given twice; the bits of one operation must differ",
                        bit);
        seen |= UINT64_C(1) << bit;
    }
    return KETSIM_OK;
}

static ketsim_status check_condition(const ketsim_dynamic *given)
{
    const char *name = dynamic_name(given->kind);
    if (!given->nbits) return fail(KETSIM_ERR_ARGUMENT, "%s: given no bits to look at", name);
    if (given->nbits < 64 && given->value >> given->nbits)
        return fail(KETSIM_ERR_ARGUMENT, "%s: value %llu: must be 0..%llu for %zu bits", name,
                    (ull)given->value, (1ull << given->nbits) - 1, given->nbits);
    if (given->kind == KETSIM_DYNAMIC_REPEAT && !given->limit)
        return fail(KETSIM_ERR_ARGUMENT, "repeat: limit 0: must be at least 1");
    return KETSIM_OK;
}

static ketsim_status check_measure(const ketsim_dynamic *given)
{
    if (given->nqubits == given->nbits) return KETSIM_OK;
    return fail(KETSIM_ERR_ARGUMENT, "measure: %zu bits for %zu qubits: must be one each", given->nbits,
                given->nqubits);
}

static ketsim_status check_channel(const ketsim_dynamic *given)
{
    if (!given->channel) return fail(KETSIM_ERR_ARGUMENT, "channel is NULL");
    if (given->nqubits == given->channel->nqubits) return KETSIM_OK;
    return fail(KETSIM_ERR_ARGUMENT, "channel: given %zu qubits: takes %u", given->nqubits,
                given->channel->nqubits);
}

static ketsim_status check_readout(const ketsim_dynamic *given)
{
    if (!given->nbits) return fail(KETSIM_ERR_ARGUMENT, "readout: given no bits");
    return readout_check(given->confusion, 1);
}

static ketsim_status check_some_qubits(const ketsim_dynamic *given, unsigned nqubits)
{
    uint64_t seen = 0;
    if (!given->nqubits) return fail(KETSIM_ERR_ARGUMENT, "%s: given no qubits", dynamic_name(given->kind));
    return check_qubits(&seen, nqubits, given->qubits, given->nqubits);
}

static ketsim_status check_kind(const ketsim_dynamic *given, unsigned nqubits)
{
    switch (given->kind) {
    case KETSIM_DYNAMIC_IF:
    case KETSIM_DYNAMIC_REPEAT: return check_condition(given);
    case KETSIM_DYNAMIC_READOUT: return check_readout(given);
    case KETSIM_DYNAMIC_MEASURE: TRY(check_some_qubits(given, nqubits)); return check_measure(given);
    case KETSIM_DYNAMIC_CHANNEL: TRY(check_some_qubits(given, nqubits)); return check_channel(given);
    case KETSIM_DYNAMIC_RESET: return check_some_qubits(given, nqubits);
    default: break;
    }
    return fail(KETSIM_ERR_ARGUMENT, "dynamic operation %d: there is no such kind", (int)given->kind);
}

static ketsim_status check(const ketsim_dynamic *given, unsigned nqubits, unsigned nbits)
{
    TRY(check_kind(given, nqubits));
    return check_bits(given, nbits);
}

/* ---- bodies ------------------------------------------------------------------------------------ */

static unsigned depth_of(const ketsim_circuit *circuit)
{
    unsigned most = 0;
    for (size_t k = 0; k < circuit->dynamics.count; k++)
        if (circuit->dynamics.items[k]->depth > most) most = circuit->dynamics.items[k]->depth;
    return most;
}

static ketsim_status check_body(const ketsim_circuit *body, const char *name, unsigned nqubits,
                                unsigned nbits)
{
    if (body->program.nqubits > nqubits)
        return fail(KETSIM_ERR_ARGUMENT, "%s: circuit on %u qubits: must have at most %u", name,
                    body->program.nqubits, nqubits);
    if (body->nbits > nbits)
        return fail(KETSIM_ERR_ARGUMENT, "%s: circuit with %u classical bits: must have at most %u", name,
                    body->nbits, nbits);
    if (depth_of(body) >= KETSIM_MAX_NESTING)
        return fail(KETSIM_ERR_ARGUMENT, "%s: conditions and loops %d deep: must be at most %d", name,
                    KETSIM_MAX_NESTING + 1, KETSIM_MAX_NESTING);
    return KETSIM_OK;
}

/* A copy: nobody else has it, so it is read without its lock. */
static ketsim_status take_body(struct dynamic *dynamic, const ketsim_dynamic *given, unsigned nqubits,
                               unsigned nbits)
{
    ketsim_circuit *body = NULL;
    if (given->kind != KETSIM_DYNAMIC_IF && given->kind != KETSIM_DYNAMIC_REPEAT) return KETSIM_OK;
    if (!given->body) return fail(KETSIM_ERR_ARGUMENT, "%s: given no circuit", dynamic_name(given->kind));
    TRY(ketsim_circuit_copy(&body, given->body));
    const ketsim_status status = check_body(body, dynamic_name(given->kind), nqubits, nbits);
    if (status != KETSIM_OK) {
        ketsim_circuit_free(body);
        return status;
    }
    dynamic->given.body = body;
    dynamic->depth = 1 + depth_of(body);
    return KETSIM_OK;
}

/* ---- life -------------------------------------------------------------------------------------- */

static void fill(struct dynamic *dynamic, const ketsim_dynamic *given)
{
    const bool looks = given->kind == KETSIM_DYNAMIC_IF || given->kind == KETSIM_DYNAMIC_REPEAT;
    const bool reads = given->kind == KETSIM_DYNAMIC_READOUT;
    const bool writes = given->kind == KETSIM_DYNAMIC_MEASURE || reads;
    dynamic->given = (ketsim_dynamic){.kind = given->kind,
                                      .qubits = dynamic->qubits,
                                      .nqubits = looks || reads ? 0 : given->nqubits,
                                      .bits = dynamic->bits,
                                      .nbits = writes || looks ? given->nbits : 0,
                                      .value = looks ? given->value : 0,
                                      .limit = given->kind == KETSIM_DYNAMIC_REPEAT ? given->limit : 0};
    if (given->kind == KETSIM_DYNAMIC_CHANNEL) dynamic->given.channel = channel_share(given->channel);
    for (unsigned k = 0; reads && k < 4; k++) dynamic->given.confusion[k] = given->confusion[k];
    for (size_t k = 0; k < dynamic->given.nqubits; k++) dynamic->qubits[k] = given->qubits[k];
    for (size_t k = 0; k < dynamic->given.nbits; k++) dynamic->bits[k] = given->bits[k];
}

static ketsim_status create(struct dynamic **out, const ketsim_dynamic *given)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return fail(KETSIM_ERR_MEMORY, "%s: cannot allocate %zu bytes", dynamic_name(given->kind),
                    sizeof **out);
    atomic_init(&(*out)->refs, 1);
    fill(*out, given);
    return KETSIM_OK;
}

ketsim_status dynamic_new(struct dynamic **out, const ketsim_dynamic *given, unsigned nqubits, unsigned nbits)
{
    struct dynamic *dynamic;
    TRY(check(given, nqubits, nbits));
    TRY(create(&dynamic, given));
    const ketsim_status status = take_body(dynamic, given, nqubits, nbits);
    if (status == KETSIM_OK) *out = dynamic;
    else dynamic_release(dynamic);
    return status;
}

ketsim_status dynamic_bind(struct dynamic **out, const struct dynamic *dynamic, const double *values,
                           size_t count)
{
    struct dynamic *bound;
    ketsim_circuit *body;
    TRY(create(&bound, &dynamic->given));
    bound->depth = dynamic->depth;
    const ketsim_status status = ketsim_circuit_bind(&body, dynamic->given.body, values, count);
    if (status == KETSIM_OK) bound->given.body = body;
    if (status == KETSIM_OK) *out = bound;
    else dynamic_release(bound);
    return status;
}

void dynamic_release(struct dynamic *dynamic)
{
    if (!dynamic || atomic_fetch_sub_explicit(&dynamic->refs, 1, memory_order_acq_rel) != 1) return;
    ketsim_circuit_free((ketsim_circuit *)dynamic->given.body);
    ketsim_channel_free((ketsim_channel *)dynamic->given.channel);
    free(dynamic);
}

bool dynamic_equal(const struct dynamic *a, const struct dynamic *b)
{
    const ketsim_dynamic *x = &a->given, *y = &b->given;
    if (a == b) return true;
    return x->kind == y->kind && x->nqubits == y->nqubits && x->nbits == y->nbits && x->value == y->value &&
           x->limit == y->limit && !memcmp(a->qubits, b->qubits, sizeof a->qubits) &&
           !memcmp(a->bits, b->bits, sizeof a->bits) &&
           !memcmp(x->confusion, y->confusion, sizeof x->confusion) &&
           (!x->body || ketsim_circuit_equal(x->body, y->body)) &&
           (!x->channel || ketsim_channel_equal(x->channel, y->channel));
}

/* ---- lists ------------------------------------------------------------------------------------- */

static ketsim_status reserve(struct dynamics *dynamics, size_t count)
{
    if (count <= dynamics->capacity - dynamics->count) return KETSIM_OK;
    const size_t least = dynamics->count + count, twice = 2 * dynamics->capacity;
    const size_t wanted = least > twice ? least : twice;
    void *moved = wanted <= SIZE_MAX / sizeof *dynamics->items
                      ? realloc(dynamics->items, wanted * sizeof *dynamics->items)
                      : NULL;
    if (!moved) return fail(KETSIM_ERR_MEMORY, "circuit: cannot allocate a list of %zu operations", wanted);
    dynamics->items = moved;
    dynamics->capacity = wanted;
    return KETSIM_OK;
}

ketsim_status dynamics_add(struct dynamics *dynamics, struct dynamic *dynamic)
{
    TRY(reserve(dynamics, 1));
    dynamics->items[dynamics->count++] = dynamic;
    return KETSIM_OK;
}

ketsim_status dynamics_extend(struct dynamics *dynamics, const struct dynamics *other)
{
    const size_t count = other->count;
    TRY(reserve(dynamics, count));
    for (size_t k = 0; k < count; k++) {
        atomic_fetch_add_explicit(&other->items[k]->refs, 1, memory_order_relaxed);
        dynamics->items[dynamics->count++] = other->items[k];
    }
    return KETSIM_OK;
}

void dynamics_truncate(struct dynamics *dynamics, size_t count)
{
    while (dynamics->count > count) dynamic_release(dynamics->items[--dynamics->count]);
    if (count) return;
    free(dynamics->items);
    *dynamics = (struct dynamics){.count = 0};
}
