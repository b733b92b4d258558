/* Every row of the gate table says the same thing in all its columns, and what the textbooks say. */
#include <math.h>

#include "helpers.h"

enum { TRIALS = 50 };
static const double tolerance = 1e-15;

struct square {
    unsigned rows;
    oracle_amp at[16];
};

static struct square own_matrix(ketsim_gate gate, const double *angles)
{
    const ketsim_gate_info *info = ketsim_gate_lookup(gate);
    ketsim_complex m[16];
    struct square out = {1u << info->ntargets, {0}};
    CHECK_OK(ketsim_gate_matrix(gate, m, info->nangles ? angles : NULL));
    for (unsigned i = 0; i < out.rows * out.rows; i++) out.at[i] = m[i].re + I * m[i].im;
    return out;
}

static struct square times(struct square a, struct square b)
{
    struct square out = {a.rows, {0}};
    for (unsigned i = 0; i < a.rows; i++)
        for (unsigned j = 0; j < a.rows; j++)
            for (unsigned k = 0; k < a.rows; k++)
                out.at[i * a.rows + j] += a.at[i * a.rows + k] * b.at[k * a.rows + j];
    return out;
}

static struct square dagger(struct square a)
{
    struct square out = a;
    for (unsigned i = 0; i < a.rows; i++)
        for (unsigned j = 0; j < a.rows; j++) out.at[i * a.rows + j] = conjl(a.at[j * a.rows + i]);
    return out;
}

static double distance(struct square a, struct square b)
{
    double worst = 0;
    for (unsigned i = 0; i < a.rows * a.rows; i++) worst = fmax(worst, (double)cabsl(a.at[i] - b.at[i]));
    return worst;
}

static struct square unit(unsigned rows)
{
    struct square out = {rows, {0}};
    for (unsigned i = 0; i < rows; i++) out.at[i * rows + i] = 1;
    return out;
}

/* Kronecker product of the Pauli matrices of a word: each maps basis state j to j with X's and Y's bits flipped. */
static struct square pauli_word(const char *letters)
{
    unsigned count = (unsigned)strlen(letters);
    struct square out = {1u << count, {0}};
    for (unsigned j = 0; j < out.rows; j++) {
        unsigned i = j;
        oracle_amp factor = 1;
        for (unsigned k = 0; k < count; k++) {
            unsigned shift = count - 1 - k, bit = j >> shift & 1;
            if (letters[k] == 'X' || letters[k] == 'Y') i ^= 1u << shift;
            if (letters[k] == 'Y') factor *= bit ? -I : I;
            if (letters[k] == 'Z' && bit) factor = -factor;
        }
        out.at[i * out.rows + j] = factor;
    }
    return out;
}

/* exp(-i theta G / 2) by its power series, which uses nothing of what G is. */
static struct square exponential(struct square g, double theta)
{
    struct square term = unit(g.rows), total = term;
    for (unsigned k = 1; k < 60; k++) {
        term = times(term, g);
        for (unsigned i = 0; i < g.rows * g.rows; i++) {
            term.at[i] *= -I * (long double)theta / (2.0L * k);
            total.at[i] += term.at[i];
        }
    }
    return total;
}

/* ---- one row ----------------------------------------------------------------------------------- */

static unsigned occurrences(const char *text, const char *part)
{
    unsigned count = 0;
    while ((text = strstr(text, part))) {
        text += strlen(part);
        count++;
    }
    return count;
}

static void static_facts(ketsim_gate gate, const ketsim_gate_info *info)
{
    size_t doc = strlen(info->doc);
    CHECK(info->name[0], "row %d has no name", gate);
    CHECK(doc > 1 && info->doc[doc - 1] == '.', "%s: the doc is no sentence: %s", info->name, info->doc);
    CHECK(info->ntargets >= 1 && info->ntargets <= KETSIM_MAX_TARGETS, "%s: %u targets", info->name,
          info->ntargets);
    CHECK(info->ncontrols + info->ntargets <= KETSIM_MAX_ROW_QUBITS, "%s: too many qubits", info->name);
    CHECK(info->nangles <= KETSIM_MAX_ANGLES, "%s: %u angles", info->name, info->nangles);
    CHECK(occurrences(info->angles, ", ") == info->nangles, "%s: %u angles, named \"%s\"", info->name,
          info->nangles, info->angles);
    CHECK((unsigned)info->inverse < KETSIM_GATE_COUNT, "%s: inverse %d", info->name, (int)info->inverse);
    CHECK(!info->generator[0] || (strlen(info->generator) == info->ntargets && info->nangles == 1),
          "%s: generator %s", info->name, info->generator);
}

static void inverse_facts(ketsim_gate gate, const ketsim_gate_info *info)
{
    const ketsim_gate_info *inverse = ketsim_gate_lookup(info->inverse);
    CHECK(inverse->ncontrols == info->ncontrols && inverse->ntargets == info->ntargets &&
              inverse->nangles == info->nangles,
          "%s: its inverse %s has another form", info->name, inverse->name);
    CHECK(inverse->inverse == gate, "%s: its inverse %s has another inverse", info->name, inverse->name);
    for (unsigned k = 0; k < KETSIM_MAX_ANGLES; k++) {
        int from = info->inverse_angles[k];
        bool used = k < info->nangles;
        CHECK(used ? from != 0 && abs(from) <= (int)info->nangles : from == 0,
              "%s: inverse angle %u comes from %d", info->name, k, from);
    }
}

static void mapped_angles(double *out, const ketsim_gate_info *info, const double *angles)
{
    for (unsigned k = 0; k < info->nangles; k++) {
        int from = info->inverse_angles[k];
        out[k] = from < 0 ? -angles[-from - 1] : angles[from - 1];
    }
}

/* The oracle's matrix has the row's controls in it: the identity, and the row's matrix in its last corner. */
static bool same_as_oracle(const ketsim_gate_info *info, struct square m, const double *angles)
{
    oracle_amp full[ORACLE_MAX_MATRIX];
    unsigned qubits = oracle_gate(full, info->name, angles), all = 1u << qubits, first = all - m.rows;
    if (!qubits) return false;
    CHECK(qubits == info->ncontrols + info->ntargets, "%s: %u qubits in textbooks", info->name, qubits);
    for (unsigned i = 0; i < all; i++)
        for (unsigned j = 0; j < all; j++) {
            bool corner = i >= first && j >= first;
            oracle_amp own = corner ? m.at[(i - first) * m.rows + j - first] : i == j;
            CHECK(cabsl(own - full[i * all + j]) <= tolerance,
                  "%s: entry %u, %u is %g%+gi, by definition %g%+gi", info->name, i, j, (double)creall(own),
                  (double)cimagl(own), (double)creall(full[i * all + j]), (double)cimagl(full[i * all + j]));
        }
    return true;
}

static void has_generator(const ketsim_gate_info *info, struct square m, double theta)
{
    double error = distance(m, exponential(pauli_word(info->generator), theta));
    CHECK(error <= tolerance, "%s(%g) is not exp(-i theta %s / 2): off by %g", info->name, theta,
          info->generator, error);
}

/* A row without a generator is the rotation of no Pauli word, else gradients would miss it. */
static void has_no_generator(const ketsim_gate_info *info, struct square m, double theta)
{
    static const char letters[] = "IXYZ";
    for (unsigned w = 0; w < 1u << 2 * info->ntargets; w++) {
        char word[3] = {letters[w & 3], info->ntargets > 1 ? letters[w >> 2] : 0, 0};
        CHECK(distance(m, exponential(pauli_word(word), theta)) > 1e-3,
              "%s is generated by %s but does not say so", info->name, word);
    }
}

static bool check_angles(ketsim_gate gate, const ketsim_gate_info *info, const double *angles)
{
    double back[KETSIM_MAX_ANGLES] = {0};
    struct square m = own_matrix(gate, angles), undo;
    double error = distance(times(m, dagger(m)), unit(m.rows));
    CHECK(error <= tolerance, "%s is not unitary: off by %g", info->name, error);

    mapped_angles(back, info, angles);
    undo = own_matrix(info->inverse, back);
    error = distance(times(undo, m), unit(m.rows));
    CHECK(error <= tolerance, "%s is not undone by %s: off by %g", info->name,
          ketsim_gate_lookup(info->inverse)->name, error);

    if (info->generator[0]) has_generator(info, m, angles[0]);
    return same_as_oracle(info, m, angles);
}

static bool check_row(ketsim_gate gate)
{
    const ketsim_gate_info *info = ketsim_gate_lookup(gate);
    uint64_t seed = 1000 + (unsigned)gate;
    bool known = true;
    CHECK(info, "row %d: no entry", (int)gate);
    static_facts(gate, info);
    inverse_facts(gate, info);
    for (unsigned trial = 0; trial < (info->nangles ? TRIALS : 1); trial++) {
        double angles[KETSIM_MAX_ANGLES];
        random_angles(angles, &seed);
        known = check_angles(gate, info, angles) && known;
    }
    if (info->nangles) known = check_angles(gate, info, (double[]){0, 0, 0}) && known;
    if (info->nangles == 1 && !info->ncontrols && !info->generator[0])
        has_no_generator(info, own_matrix(gate, (double[]){1.3, 0, 0}), 1.3);
    return known;
}

/* ---- names ------------------------------------------------------------------------------------- */

static unsigned find_name(ketsim_gate gate, const char *name)
{
    static char seen[8192];
    char wanted[64], lower[64];
    ketsim_gate found = KETSIM_GATE_COUNT;
    snprintf(wanted, sizeof wanted, " %s ", name);
    CHECK(!strstr(seen, wanted), "two rows are called %s", name);
    strncat(seen, wanted, sizeof seen - strlen(seen) - 1);
    CHECK_OK(ketsim_gate_find(&found, name));
    CHECK(found == gate, "%s finds row %d, it is row %d", name, (int)found, (int)gate);

    snprintf(lower, sizeof lower, "%s", name);
    for (char *c = lower; *c; c++) *c = (char)(*c | (*c >= 'A' && *c <= 'Z' ? 0x20 : 0));
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_gate_find(&found, lower), lower);
    CHECK(found == gate, "a name that is not found changed the output to %d", (int)found);
    return 1;
}

static unsigned find_all_names(ketsim_gate gate)
{
    const ketsim_gate_info *info = ketsim_gate_lookup(gate);
    unsigned count = find_name(gate, info->name);
    char aliases[128], *rest = aliases, *name;
    snprintf(aliases, sizeof aliases, "%s", info->aliases);
    while ((name = strtok_r(rest, " ", &rest))) count += find_name(gate, name);
    return count;
}

/* The message for an unknown name holds it, and after it one of the words that are near. */
static void suggests(const char *name, const char *const *near)
{
    ketsim_gate found;
    const char *after;
    bool good = false;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_gate_find(&found, name), name);
    after = strstr(ketsim_last_error(), name) + strlen(name);
    for (; *near; near++) good = good || strstr(after, *near);
    CHECK(good, "no near name in: %s", ketsim_last_error());
}

static void suggestions(void)
{
    suggests("cnot", (const char *const[]){"CNOT", NULL});
    suggests("RXZ", (const char *const[]){"RX", "RZ", "RXX", "RZZ", NULL});
    suggests("HADAMARD", (const char *const[]){"H", NULL});
    suggests("TOFOLI", (const char *const[]){"TOFFOLI", "CCX", NULL});
    suggests("sdg", (const char *const[]){"SDG", NULL});
    suggests("CNOTT", (const char *const[]){"CNOT", NULL});

    ketsim_gate found;
    char longer[3000];
    memset(longer, 'Q', sizeof longer);
    longer[sizeof longer - 1] = 0;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_gate_find(&found, ""), "");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_gate_find(&found, longer), "QQQQ");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_gate_find(&found, " H"), "H");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_gate_find(&found, "CNOT CX"), "CNOT");
}

/* ---- errors ------------------------------------------------------------------------------------ */

static void errors(void)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    ketsim_complex out[16] = {{42, 43}};
    CHECK(!ketsim_gate_lookup(KETSIM_GATE_COUNT), "an entry behind the last row");
    CHECK(!ketsim_gate_lookup((ketsim_gate)-1), "an entry before the first row");
    CHECK(!ketsim_gate_lookup(KETSIM_GATE_UNITARY), "an entry for a matrix");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_gate_matrix(KETSIM_GATE_COUNT, out, NULL), "gate");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_gate_matrix((ketsim_gate)-1, out, NULL), "gate");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_gate_matrix(KETSIM_GATE_UNITARY, out, NULL), "");
    for (unsigned k = 0; k < sizeof bad / sizeof *bad; k++) {
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_gate_matrix(KETSIM_GATE_RX, out, &bad[k]), "finite");
        for (unsigned j = 0; j < 3; j++) {
            double angles[3] = {0.1, 0.2, 0.3};
            angles[j] = bad[k];
            CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_gate_matrix(KETSIM_GATE_U, out, angles), "finite");
        }
    }
    CHECK(out[0].re == 42 && out[0].im == 43, "a failing call wrote to its output");
}

int main(void)
{
    unsigned names = 0, unknown = 0;
    for (ketsim_gate gate = 0; gate < KETSIM_GATE_COUNT; gate++) {
        if (!check_row(gate)) {
            printf("%s: tests/oracle.c has no definition of it; checked against itself only\n",
                   ketsim_gate_lookup(gate)->name);
            unknown++;
        }
    }
    for (ketsim_gate gate = 0; gate < KETSIM_GATE_COUNT; gate++) names += find_all_names(gate);
    suggestions();
    errors();
    printf("%d rows, %u names, %u rows without a definition\n", (int)KETSIM_GATE_COUNT, names, unknown);
    return EXIT_SUCCESS;
}
