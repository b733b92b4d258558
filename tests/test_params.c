/* Circuits with named parameters: the list of names, forms read back, binding over the gate table to the bits of a
 * circuit of numbers, inverses, and what is refused without a trace. */
#include <math.h>

#include "helpers.h"

enum { N = 4, FORMS = KETSIM_MAX_ANGLES };

static const char *const names[] = {"theta", "phi", "lambda", "alpha", "beta"};
enum { NAMES = sizeof names / sizeof *names };

/* Angle k of an operation: offset + factors times two of the names. */
struct form_op {
    struct stored_op stored;
    ketsim_term terms[FORMS][2];
    ketsim_linear linear[FORMS];
};

static ketsim_circuit *new_circuit(unsigned n)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    return circuit;
}

static void add_forms(struct form_op *out, uint64_t *seed)
{
    for (unsigned k = 0; k < FORMS; k++) {
        const unsigned first = random_below(seed, NAMES);
        out->terms[k][0] = (ketsim_term){names[first], random_real(seed, -2, 2)};
        out->terms[k][1] = (ketsim_term){names[(first + 1) % NAMES], random_real(seed, -2, 2)};
        out->linear[k] = (ketsim_linear){out->terms[k], random_below(seed, 3)};
    }
}

static ketsim_op form_op(const struct form_op *form)
{
    ketsim_op op = op_of(&form->stored);
    if (op.gate != KETSIM_GATE_UNITARY) op.linear = form->linear;
    return op;
}

static double value_of(const char *name, const double *values)
{
    for (unsigned k = 0; k < NAMES; k++)
        if (!strcmp(name, names[k])) return values[k];
    CHECK(false, "no parameter %s", name);
    return 0;
}

/* The same operation with numbers, by the definition of a form. */
static ketsim_op number_op(struct stored_op *out, const struct form_op *form, const double *values)
{
    *out = form->stored;
    for (unsigned k = 0; k < FORMS; k++)
        for (size_t t = 0; t < form->linear[k].nterms; t++)
            out->angles[k] += form->terms[k][t].factor * value_of(form->terms[k][t].parameter, values);
    return op_of(out);
}

/* Values in the order of the circuit's names. */
static size_t values_for(double *out, const ketsim_circuit *circuit, const double *values)
{
    const size_t count = ketsim_circuit_nparameters(circuit);
    for (size_t k = 0; k < count; k++) out[k] = value_of(ketsim_circuit_parameter(circuit, k), values);
    return count;
}

static ketsim_circuit *bound(const ketsim_circuit *circuit, const double *values)
{
    double own[NAMES];
    ketsim_circuit *out;
    CHECK_OK(ketsim_circuit_bind(&out, circuit, own, values_for(own, circuit, values)));
    return out;
}

/* ---- binding ------------------------------------------------------------------------------------ */

/* In place of what is there: letters on some qubits, next to each other in a ring; none: a phase. */
static void make_pauli(struct stored_op *out, uint64_t *seed)
{
    static const char *const words[] = {"", "X", "ZY", "XIY"};
    const unsigned first = random_below(seed, N), count = random_below(seed, 4);
    out->op = (ketsim_op){.gate = KETSIM_GATE_PAULI_ROTATION, .nqubits = count};
    memcpy(out->letters, words[count], count);
    for (unsigned k = 0; k < count; k++) out->qubits[k] = (int)((first + k) % N);
}

static void random_forms(struct form_op *out, size_t count, ketsim_circuit *circuit, uint64_t *seed)
{
    for (size_t k = 0; k < count; k++) {
        random_op(&out[k].stored, N, seed);
        if (!random_below(seed, 6)) make_pauli(&out[k].stored, seed);
        add_forms(&out[k], seed);
        const ketsim_op op = form_op(&out[k]);
        CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
    }
}

static ketsim_circuit *of_numbers(const struct form_op *forms, size_t count, const double *values)
{
    ketsim_circuit *circuit = new_circuit(N);
    for (size_t k = 0; k < count; k++) {
        struct stored_op stored;
        const ketsim_op op = number_op(&stored, &forms[k], values);
        CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
    }
    return circuit;
}

static void same_run(const ketsim_circuit *circuit, const ketsim_circuit *numbers, const double *values)
{
    double own[NAMES];
    ketsim_state *a = new_state(N, KETSIM_COMPLEX128), *b = new_state(N, KETSIM_COMPLEX128);
    CHECK_OK(ketsim_apply_bound(a, circuit, own, values_for(own, circuit, values), NULL));
    CHECK_OK(ketsim_apply(b, numbers, NULL));
    CHECK(state_hash(a) == state_hash(b), "other bits than a circuit of numbers");
    ketsim_state_free(b);
    ketsim_state_free(a);
}

static void bind_and_compare(const ketsim_circuit *circuit, const struct form_op *forms, size_t count,
                             const double *values)
{
    ketsim_circuit *numbers = of_numbers(forms, count, values), *got = bound(circuit, values), *inverse,
                   *inverse_of_bound, *bound_inverse;
    CHECK(ketsim_circuit_equal(got, numbers), "bound circuit is another");
    CHECK(!ketsim_circuit_nparameters(got), "a bound circuit has parameters");
    same_run(circuit, numbers, values);
    CHECK_OK(ketsim_circuit_inverse(&inverse, circuit));
    CHECK_OK(ketsim_circuit_inverse(&inverse_of_bound, got));
    bound_inverse = bound(inverse, values);
    CHECK(ketsim_circuit_equal(bound_inverse, inverse_of_bound), "inverse, then bound, is another");
    ketsim_circuit_free(bound_inverse);
    ketsim_circuit_free(inverse_of_bound);
    ketsim_circuit_free(inverse);
    ketsim_circuit_free(got);
    ketsim_circuit_free(numbers);
}

/* Again and again with new values, so that plans of others are found. */
static void random_circuits(void)
{
    enum { LONGEST = 24, CIRCUITS = 60, BINDINGS = 4 };
    static struct form_op forms[LONGEST];
    uint64_t seed = 11;
    for (unsigned c = 0; c < CIRCUITS; c++) {
        const size_t count = 1 + random_below(&seed, LONGEST);
        ketsim_circuit *circuit = new_circuit(N);
        random_forms(forms, count, circuit, &seed);
        for (unsigned b = 0; b < BINDINGS; b++) {
            double values[NAMES];
            for (unsigned k = 0; k < NAMES; k++) values[k] = b ? random_real(&seed, -7, 7) : 0;
            bind_and_compare(circuit, forms, count, values);
        }
        ketsim_circuit_free(circuit);
    }
}

/* Every row with angles, each of them a form, under no and one further control. */
static void gate_table(void)
{
    uint64_t seed = 12;
    const double values[NAMES] = {0.3, -1.1, 2.5, 0, M_PI};
    for (int g = 0; g < KETSIM_GATE_COUNT; g++)
        for (size_t ncontrols = 0; ncontrols < 2; ncontrols++) {
            ketsim_circuit *circuit = new_circuit(N);
            struct form_op form = {.stored.op = {.gate = (ketsim_gate)g, .ncontrols = ncontrols},
                                   .stored.qubits = {0, 1, 2},
                                   .stored.controls = {3}};
            form.stored.op.nqubits = row_qubits((ketsim_gate)g);
            random_angles(form.stored.angles, &seed);
            add_forms(&form, &seed);
            for (unsigned k = 0; k < FORMS; k++) form.linear[k].nterms = 2;
            const ketsim_op op = form_op(&form);
            CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
            bind_and_compare(circuit, &form, 1, values);
            ketsim_circuit_free(circuit);
        }
}

/* ---- lists -------------------------------------------------------------------------------------- */

static ketsim_status rotate(ketsim_circuit *circuit, const char *name, double factor, double offset,
                            int qubit)
{
    const ketsim_linear linear = {&(ketsim_term){name, factor}, 1};
    const ketsim_op op = {
        .gate = KETSIM_GATE_RX, .angles = &offset, .linear = &linear, .qubits = &qubit, .nqubits = 1};
    return ketsim_circuit_append(circuit, &op, 1);
}

static void has_names(const ketsim_circuit *circuit, const char *wanted)
{
    char got[64] = "";
    for (size_t k = 0; k < ketsim_circuit_nparameters(circuit); k++) {
        strcat(got, ketsim_circuit_parameter(circuit, k));
        strcat(got, " ");
    }
    CHECK(!strcmp(got, wanted), "parameters %s, not %s", got, wanted);
}

static void first_use(void)
{
    ketsim_circuit *circuit = new_circuit(N), *copy, *inverse;
    CHECK_OK(rotate(circuit, "b", 1, 0, 0));
    CHECK_OK(rotate(circuit, "a", 2, 0.5, 1));
    CHECK_OK(rotate(circuit, "b", -1, 0, 2));
    CHECK_OK(rotate(circuit, "c", 1, 0, 3));
    has_names(circuit, "b a c ");
    CHECK(!ketsim_circuit_parameter(circuit, 3), "a fourth parameter");
    CHECK_OK(ketsim_circuit_copy(&copy, circuit));
    CHECK(ketsim_circuit_equal(copy, circuit), "the copy is another");
    CHECK_OK(ketsim_circuit_inverse(&inverse, circuit));
    has_names(inverse, "c b a ");
    CHECK_OK(ketsim_circuit_extend(copy, inverse));
    CHECK_OK(ketsim_circuit_extend(copy, copy));
    has_names(copy, "b a c ");
    CHECK(ketsim_circuit_length(copy) == 16, "%zu operations", ketsim_circuit_length(copy));
    CHECK_OK(ketsim_circuit_truncate(copy, 1));
    has_names(copy, "b ");
    CHECK_OK(ketsim_circuit_truncate(copy, 0));
    has_names(copy, "");
    ketsim_circuit_free(inverse);
    ketsim_circuit_free(copy);
    ketsim_circuit_free(circuit);
}

static void read_back(void)
{
    ketsim_circuit *circuit = new_circuit(N), *other = new_circuit(N);
    ketsim_op_record record;
    ketsim_term term;
    CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_H, NULL, (int[]){0}));
    CHECK_OK(rotate(circuit, "theta", 2, 0.25, 1));
    CHECK_OK(ketsim_circuit_get(circuit, &record, 1));
    CHECK(record.angles[0] == 0.25 && record.nterms[0] == 1, "offset %g, %zu terms", record.angles[0],
          record.nterms[0]);
    CHECK_OK(ketsim_circuit_get_term(circuit, &term, 1, 0, 0));
    CHECK(!strcmp(term.parameter, "theta") && term.factor == 2, "%g %s", term.factor, term.parameter);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_get_term(circuit, &term, 1, 0, 1), "there are 1");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_get_term(circuit, &term, 0, 0, 0), "there are 0");
    CHECK_OK(ketsim_circuit_gate(other, KETSIM_GATE_H, NULL, (int[]){0}));
    CHECK_OK(rotate(other, "theta", -2, 0.25, 1));
    CHECK(!ketsim_circuit_equal(circuit, other), "equal with another factor");
    CHECK_OK(ketsim_circuit_truncate(other, 1));
    CHECK_OK(rotate(other, "phi", 2, 0.25, 1));
    CHECK(!ketsim_circuit_equal(circuit, other), "equal with another name");
    ketsim_circuit_free(other);
    ketsim_circuit_free(circuit);
}

/* ---- refused ------------------------------------------------------------------------------------ */

/* None of this leaves a trace, names included. */
/* The chain rule by the definition: a linear function of the angles, of which each has its own slope. */
static void chains(void)
{
    ketsim_circuit *circuit = new_circuit(N);
    const double by_angle[] = {3, -5, 7, 11};
    double out[3] = {77, 77, 77};
    CHECK_OK(rotate(circuit, "theta", 2, 0.5, 0));
    CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_RZ, (double[]){0.3}, (int[]){0}));
    CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_CNOT, NULL, (int[]){0, 1}));
    CHECK_OK(rotate(circuit, "phi", -0.5, 0, 1));
    CHECK_OK(rotate(circuit, "theta", 1, 0, 1));
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_chain(circuit, out, 2, by_angle, 3),
                "derivatives by 3 angles: the circuit has 4");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_chain(circuit, out, 3, by_angle, 4),
                "derivatives by 3 parameters: the circuit has 2");
    CHECK(out[0] == 77 && out[1] == 77, "something was written");
    CHECK_OK(ketsim_circuit_chain(circuit, out, 2, by_angle, 4));
    CHECK(out[0] == 2 * 3 + 11 && out[1] == -0.5 * 7 && out[2] == 77, "%g %g %g", out[0], out[1], out[2]);
    ketsim_circuit_free(circuit);
}

static void bad_forms(ketsim_circuit *circuit)
{
    char endless[KETSIM_MAX_NAME + 2];
    memset(endless, 'x', sizeof endless);
    endless[sizeof endless - 1] = 0;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, rotate(circuit, "new", NAN, 0, 0), "factor is nan");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, rotate(circuit, "new", INFINITY, 0, 0), "factor is inf");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, rotate(circuit, "new", 1, NAN, 0), "angle 0 is nan");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, rotate(circuit, "new", 1, 0, N), "qubit 4");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, rotate(circuit, "", 1, 0, 0), "1..64 bytes");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, rotate(circuit, NULL, 1, 0, 0), "1..64 bytes");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, rotate(circuit, endless, 1, 0, 0), "1..64 bytes");
    const ketsim_linear linear = {&(ketsim_term){"new", 1}, 1};
    const ketsim_op ops[] = {{.gate = KETSIM_GATE_RX,
                              .angles = (double[]){0},
                              .linear = &linear,
                              .qubits = (int[]){0},
                              .nqubits = 1},
                             {.gate = KETSIM_GATE_H, .qubits = (int[]){9}, .nqubits = 1}};
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_append(circuit, ops, 2), "qubit 9");
}

static void bad_values(const ketsim_circuit *circuit)
{
    ketsim_circuit *out = NULL;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_bind(&out, circuit, (double[]){1}, 1), "theta, phi");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_bind(&out, circuit, (double[]){1, NAN}, 2), "phi is nan");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_bind(&out, circuit, (double[]){1e308, 0}, 2),
                "operation 0: angle 0 is inf");
    CHECK(!out, "a failing call wrote to its output");
}

static void bad_runs(ketsim_circuit *circuit)
{
    ketsim_state *state = new_state(N, KETSIM_COMPLEX128);
    ketsim_plan *plan = NULL;
    CHECK_OK(gate1(state, KETSIM_GATE_RY, 0.4, 1, 0, 0));
    const uint64_t before = state_hash(state), generation = ketsim_state_generation(state);
    const ketsim_linear linear = {&(ketsim_term){"theta", 1}, 1};
    const ketsim_op op = {.gate = KETSIM_GATE_RX,
                          .angles = (double[]){0},
                          .linear = &linear,
                          .qubits = (int[]){0},
                          .nqubits = 1};
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_apply(state, circuit, NULL), "unbound parameters: theta, phi");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_apply_once(state, circuit, NULL), "theta, phi");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_apply_bound(state, circuit, (double[]){1}, 1, NULL), "1 values");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_apply_bound(state, circuit, (double[]){1e308, 0}, 2, NULL),
                "inf");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_plan_new(&plan, circuit, NULL), "theta, phi");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_queue(state, &op, 1), "only a circuit");
    CHECK(state_hash(state) == before && ketsim_state_generation(state) == generation &&
              !ketsim_pending(state),
          "a refused run changed the state");
    ketsim_state_free(state);
}

static void refused(void)
{
    ketsim_circuit *circuit = new_circuit(N), *copy;
    CHECK_OK(rotate(circuit, "theta", 2e0, 0.5, 0));
    CHECK_OK(rotate(circuit, "phi", 1, 0, 1));
    CHECK_OK(ketsim_circuit_copy(&copy, circuit));
    bad_forms(circuit);
    bad_values(circuit);
    bad_runs(circuit);
    CHECK(ketsim_circuit_equal(circuit, copy), "a refused call changed the circuit");
    has_names(circuit, "theta phi ");
    ketsim_circuit_free(copy);
    ketsim_circuit_free(circuit);
}

int main(void)
{
    first_use();
    read_back();
    gate_table();
    random_circuits();
    chains();
    refused();
    return 0;
}
