/* script.c - from a circuit to acts. */
#include "script.h"

#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "direct.h"
#include "error.h"
#include "guess.h"

/* A stretch with noise ends after so many operations for each qubit: longer ones share less between shots, shorter ones
 * have more passes. */
enum { LONG_STRETCH = 4 };
/* Measurements that follow each other are one, of so many qubits at most; and so many qubits are reset at once. */
enum { JOINT_MEASURE = 20, JOINT_RESET = 8 };

struct maker {
    struct script *script;
    struct stretch *open; /* that operations go to; NULL: none */
    size_t landing;       /* where a jump goes last: acts before and after it stay apart */
    unsigned loops;       /* around what is added */
};

static ketsim_status no_memory(void)
{
    return fail(KETSIM_ERR_MEMORY, "shots: cannot allocate the acts of the circuit");
}

/* ---- acts and stretches ----------------------------------------------------------------------- */

/* NULL when there is no memory. */
static struct act *add_act(struct script *script, enum act_kind kind)
{
    if (script->count == script->capacity) {
        const size_t capacity = 2 * script->capacity + 16;
        void *moved = realloc(script->acts, capacity * sizeof *script->acts);
        if (!moved) return NULL;
        script->acts = moved;
        script->capacity = capacity;
    }
    struct act *act = &script->acts[script->count++];
    memset(act, 0, sizeof *act);
    act->kind = kind;
    return act;
}

/* NULL when there is no memory. */
static struct stretch *need_stretch(struct maker *maker)
{
    if (maker->open) return maker->open;
    struct act *act = add_act(maker->script, ACT_RUN);
    struct stretch *stretch = act ? calloc(1, sizeof *stretch) : NULL;
    if (!stretch) return NULL;
    program_init(&stretch->program, maker->script->nqubits);
    return maker->open = act->stretch = stretch;
}

static void close_stretch(struct maker *maker)
{
    maker->open = NULL;
}

static ketsim_status add_operation(struct maker *maker, const struct program *from, const struct op *op)
{
    struct op moved = *op;
    const struct program one = {.nqubits = from->nqubits,
                                .tables = op_has_table(op),
                                .length = 1,
                                .ops = &moved,
                                .nentries = op_entries(op),
                                .entries = from->entries + (op_entries(op) ? op->matrix : 0)};
    moved.matrix = 0;
    struct stretch *stretch = need_stretch(maker);
    if (!stretch) return no_memory();
    return program_extend(&stretch->program, &one);
}

/* ---- channels ---------------------------------------------------------------------------------- */

static ketsim_status find_choices(struct script *script, const struct choices **out,
                                  const ketsim_channel *channel)
{
    for (size_t k = 0; k < script->nchoices; k++)
        if (script->choices[k]->channel == channel) {
            *out = script->choices[k];
            return KETSIM_OK;
        }
    void *moved = realloc(script->choices, (script->nchoices + 1) * sizeof(struct choices *));
    if (!moved) return no_memory();
    script->choices = moved;
    TRY(choices_make(&script->choices[script->nchoices], channel));
    *out = script->choices[script->nchoices++];
    return KETSIM_OK;
}

static ketsim_status add_noise(struct maker *maker, const ketsim_dynamic *given)
{
    struct stretch *stretch = maker->open;
    const size_t most = (size_t)LONG_STRETCH * maker->script->nqubits;
    if (stretch && stretch->nnoise && (stretch->program.length >= most || stretch->nnoise >= most))
        close_stretch(maker);
    stretch = need_stretch(maker);
    if (!stretch) return no_memory();
    if (stretch->nnoise == stretch->noise_capacity) {
        const size_t capacity = 2 * stretch->noise_capacity + 8;
        void *moved = realloc(stretch->noise, capacity * sizeof *stretch->noise);
        if (!moved) return no_memory();
        stretch->noise = moved;
        stretch->noise_capacity = capacity;
    }
    struct noise *noise = &stretch->noise[stretch->nnoise];
    *noise = (struct noise){.at = stretch->program.length};
    for (size_t k = 0; k < given->nqubits && k < CHOICE_PARTS; k++)
        noise->qubits[k] = (uint8_t)given->qubits[k];
    TRY(find_choices(maker->script, &noise->choices, given->channel));
    stretch->nnoise++;
    return KETSIM_OK;
}

/* ---- what looks at the state ------------------------------------------------------------------- */

static void put_qubits(struct act *act, const struct script *script, const int *qubits, size_t count)
{
    for (size_t k = 0; k < count; k++)
        act->bits[act->count++] = (uint8_t)(script->nqubits - 1 - (unsigned)qubits[k]);
}

static uint8_t place_of(const struct script *script, int bit)
{
    return (uint8_t)(script->nbits - 1 - (unsigned)bit);
}

/* Whether a measurement may join the one before it: at once, of other qubits and into other bits. */
static bool joins(const struct maker *maker, const ketsim_dynamic *given)
{
    const struct script *script = maker->script;
    const struct act *last = script->count ? &script->acts[script->count - 1] : NULL;
    if (maker->open || !last || last->kind != ACT_MEASURE || maker->landing == script->count) return false;
    if (last->count + given->nqubits > JOINT_MEASURE) return false;
    for (unsigned k = 0; k < last->count; k++)
        for (size_t j = 0; j < given->nqubits; j++)
            if (last->bits[k] == script->nqubits - 1 - (unsigned)given->qubits[j] ||
                last->places[k] == place_of(script, given->bits[j]))
                return false;
    return true;
}

static ketsim_status add_measure(struct maker *maker, const ketsim_dynamic *given)
{
    struct script *script = maker->script;
    const bool joined = joins(maker, given);
    close_stretch(maker);
    struct act *act = joined ? &script->acts[script->count - 1] : add_act(script, ACT_MEASURE);
    if (!act) return no_memory();
    for (size_t k = 0; k < given->nbits; k++) act->places[act->count + k] = place_of(script, given->bits[k]);
    put_qubits(act, script, given->qubits, given->nqubits);
    return KETSIM_OK;
}

static ketsim_status add_reset(struct maker *maker, const ketsim_dynamic *given)
{
    close_stretch(maker);
    for (size_t k = 0; k < given->nqubits; k += JOINT_RESET) {
        struct act *act = add_act(maker->script, ACT_RESET);
        const size_t left = given->nqubits - k;
        if (!act) return no_memory();
        put_qubits(act, maker->script, given->qubits + k, left < JOINT_RESET ? left : JOINT_RESET);
    }
    return KETSIM_OK;
}

/* It does not look at the state, but what comes next may look at the bits. */
static ketsim_status add_readout(struct maker *maker, const ketsim_dynamic *given)
{
    close_stretch(maker);
    struct act *act = add_act(maker->script, ACT_READOUT);
    if (!act) return no_memory();
    act->count = (unsigned)given->nbits;
    for (size_t k = 0; k < given->nbits; k++) act->places[k] = place_of(maker->script, given->bits[k]);
    act->flips[0] = given->confusion[1];
    act->flips[1] = given->confusion[2];
    return KETSIM_OK;
}

static ketsim_status add_channel(struct maker *maker, const ketsim_dynamic *given)
{
    if (choices_fit(given->channel)) return add_noise(maker, given);
    close_stretch(maker);
    struct act *act = add_act(maker->script, ACT_CHANNEL);
    if (!act) return no_memory();
    act->channel = given->channel;
    put_qubits(act, maker->script, given->qubits, given->nqubits);
    return KETSIM_OK;
}

/* ---- what looks at bits ------------------------------------------------------------------------ */

static void put_condition(struct act *act, const struct script *script, const ketsim_dynamic *given)
{
    for (size_t k = 0; k < given->nbits; k++) {
        const unsigned place = place_of(script, given->bits[k]);
        act->mask |= UINT64_C(1) << place;
        act->values |= (given->value >> (given->nbits - 1 - k) & 1) << place;
    }
}

static void land(struct maker *maker)
{
    close_stretch(maker);
    maker->landing = maker->script->count;
}

static ketsim_status add_circuit(struct maker *maker, const ketsim_circuit *circuit);

static ketsim_status add_if(struct maker *maker, const ketsim_dynamic *given)
{
    struct script *script = maker->script;
    close_stretch(maker);
    const size_t at = script->count;
    struct act *act = add_act(script, ACT_IF);
    if (!act) return no_memory();
    put_condition(act, script, given);
    TRY(add_circuit(maker, given->body));
    land(maker);
    script->acts[at].target = script->count;
    return KETSIM_OK;
}

static ketsim_status add_repeat(struct maker *maker, const ketsim_dynamic *given)
{
    struct script *script = maker->script;
    land(maker);
    const size_t start = script->count;
    maker->loops++;
    TRY(add_circuit(maker, given->body));
    maker->loops--;
    close_stretch(maker);
    struct act *act = add_act(script, ACT_REPEAT);
    if (!act) return no_memory();
    put_condition(act, script, given);
    act->limit = given->limit;
    act->counter = maker->loops;
    act->target = start;
    return KETSIM_OK;
}

static ketsim_status add_dynamic(struct maker *maker, const ketsim_dynamic *given)
{
    switch (given->kind) {
    case KETSIM_DYNAMIC_MEASURE: return add_measure(maker, given);
    case KETSIM_DYNAMIC_RESET: return add_reset(maker, given);
    case KETSIM_DYNAMIC_IF: return add_if(maker, given);
    case KETSIM_DYNAMIC_REPEAT: return add_repeat(maker, given);
    case KETSIM_DYNAMIC_READOUT: return add_readout(maker, given);
    default: return add_channel(maker, given);
    }
}

/* A circuit that nobody changes any more. */
static ketsim_status add_circuit(struct maker *maker, const ketsim_circuit *circuit)
{
    const struct program *program = &circuit->program;
    for (size_t k = 0; k < program->length; k++) {
        const struct op *op = &program->ops[k];
        TRY(op->gate == KETSIM_GATE_DYNAMIC ? add_dynamic(maker, &circuit->dynamics.items[op->dynamic]->given)
                                            : add_operation(maker, program, op));
    }
    return KETSIM_OK;
}

/* ---- all of it --------------------------------------------------------------------------------- */

static ketsim_status plan_stretch(struct stretch *stretch, unsigned nqubits, ketsim_dtype dtype)
{
    const struct plan_options options = {.nqubits = nqubits, .dtype = dtype};
    const struct program *program = &stretch->program;
    stretch->direct = !program->length || direct_is_quicker(nqubits, dtype, program->length);
    if (stretch->direct) return KETSIM_OK;
    return program->length > PLAN_SMALL ? cache_plan(&stretch->plan, program, &options)
                                        : plan_new(&stretch->plan, program, &options);
}

static void estimate(struct script *script)
{
    const struct guess guess = {.nqubits = script->nqubits, .dtype = script->dtype, .has_plan = true};
    double ns = 0;
    for (size_t k = script->count; k-- > 0;) {
        const struct stretch *stretch = script->acts[k].stretch;
        ns += stretch ? guess_program_ns(&guess, &stretch->program) : guess_collapse_ns(script->nqubits);
        script->acts[k].ns_after = ns;
    }
}

static ketsim_status make(struct script *script)
{
    struct maker maker = {.script = script, .landing = SIZE_MAX};
    if (script->circuit->program.nqubits > script->nqubits)
        return fail(KETSIM_ERR_ARGUMENT, "circuit on %u qubits: must have at most %u",
                    script->circuit->program.nqubits, script->nqubits);
    if (script->circuit->params.count) return params_fail_unbound(&script->circuit->params);
    script->nbits = script->circuit->nbits;
    TRY(add_circuit(&maker, script->circuit));
    script->looked = script->count;
    while (script->looked && script->acts[script->looked - 1].kind == ACT_READOUT) script->looked--;
    for (size_t k = 0; k < script->count; k++)
        if (script->acts[k].stretch)
            TRY(plan_stretch(script->acts[k].stretch, script->nqubits, script->dtype));
    estimate(script);
    return KETSIM_OK;
}

ketsim_status script_make(struct script *script, const ketsim_circuit *circuit, unsigned nqubits,
                          ketsim_dtype dtype)
{
    *script = (struct script){.nqubits = nqubits, .dtype = dtype};
    ketsim_status status = ketsim_circuit_copy(&script->circuit, circuit);
    if (status == KETSIM_OK) status = make(script);
    if (status != KETSIM_OK) script_clear(script);
    return status;
}

void script_clear(struct script *script)
{
    for (size_t k = 0; k < script->count; k++) {
        struct stretch *stretch = script->acts[k].stretch;
        if (!stretch) continue;
        program_clear(&stretch->program);
        plan_release(stretch->plan);
        free(stretch->noise);
        free(stretch);
    }
    for (size_t k = 0; k < script->nchoices; k++) choices_free(script->choices[k]);
    free(script->choices);
    free(script->acts);
    ketsim_circuit_free(script->circuit);
    *script = (struct script){.count = 0};
}

/* ---- weaving ----------------------------------------------------------------------------------- */

static void insert(struct program *out, const struct noise *noise, const struct choice *choice)
{
    for (unsigned p = 0; p < choice->count; p++) {
        struct op *op = &out->ops[out->length++];
        *op = (struct op){
            .gate = KETSIM_GATE_UNITARY, .matrix = out->nentries, .nqubits = choice->parts[p].nqubits};
        for (unsigned k = 0; k < op->nqubits; k++) op->qubits[k] = noise->qubits[choice->parts[p].qubits[k]];
        memcpy(out->entries + out->nentries, choice->parts[p].matrix, op_entries(op) * sizeof *out->entries);
        out->nentries += op_entries(op);
    }
}

static void copy_operations(struct program *out, const struct program *from, size_t first, size_t last)
{
    if (first == last) return;
    memcpy(out->ops + out->length, from->ops + first, (last - first) * sizeof *out->ops);
    for (size_t k = first; from->tables && k < last; k++) op_retain(&from->ops[k]);
    out->tables |= from->tables;
    out->length += last - first;
}

ketsim_status script_weave(struct program *out, const struct stretch *stretch, const uint64_t *pairs,
                           size_t count)
{
    const struct program *base = &stretch->program;
    size_t at = 0;
    program_truncate(out, 0);
    TRY(program_reserve(out, base->length + CHOICE_PARTS * count, base->nentries + CHOICE_ENTRIES * count));
    if (base->nentries) memcpy(out->entries, base->entries, base->nentries * sizeof *out->entries);
    out->nentries = base->nentries;
    for (size_t k = 0; k < count; k++) {
        const struct noise *noise = &stretch->noise[pairs[2 * k]];
        copy_operations(out, base, at, noise->at);
        at = noise->at;
        insert(out, noise, &noise->choices->list[pairs[2 * k + 1]]);
    }
    copy_operations(out, base, at, base->length);
    return KETSIM_OK;
}
