/* gates.c - the gate table turned into data and functions.  See ketsim_gates.def. */
#include "gates.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cplx.h"
#include "error.h"

#define C(re, im)  \
    {              \
        (re), (im) \
    }
#define O C(0, 0)
#define E C(1, 0)
#define EXP(x) C(cos(x), sin(x))
#define EXPM(x) C(cos(x), -sin(x)) /* sin(-x) would be computed a second time */
#define R2 0.70710678118654752440

/* One function per row that evaluates its matrix. */
#define KETSIM_GATE_ROW(id, aliases, ncontrols, ntargets, nangles, angle_names, inverse, generator, doc, \
                        ...)                                                                             \
    static void matrix_##id(ketsim_complex *out, const double *a)                                        \
    {                                                                                                    \
        const c_whole m[] = {__VA_ARGS__};                                                               \
        _Static_assert(sizeof m / sizeof *m == 1u << 2 * (ntargets), #id ": matrix size");               \
        _Static_assert((ntargets) <= KETSIM_MAX_TARGETS && (nangles) <= KETSIM_MAX_ANGLES, #id);         \
        _Static_assert((ncontrols) + (ntargets) <= KETSIM_MAX_ROW_QUBITS, #id);                          \
        (void)a;                                                                                         \
        memcpy(out, m, sizeof m);                                                                        \
    }
#include "ketsim_gates.def"

/* The same expressions in numbers a + b h, of which h squared is 0, give the derivative by the angle whose b is 1.
 * Complex numbers with imaginary parts too small to have squares are such numbers. */
typedef double _Complex dual;
static const double H = 0x1p-300;

struct dual_entry {
    dual re, im;
};

static dual dual_cos(dual x)
{
    return __builtin_complex(cos(__real__ x), -sin(__real__ x) * __imag__ x);
}

static dual dual_sin(dual x)
{
    return __builtin_complex(sin(__real__ x), cos(__real__ x) * __imag__ x);
}

#define cos(x) dual_cos(x)
#define sin(x) dual_sin(x)
#define KETSIM_GATE_ROW(id, aliases, ncontrols, ntargets, nangles, angle_names, inverse, generator, doc, \
                        ...)                                                                             \
    static void derivative_##id(ketsim_complex *out, const dual *a)                                      \
    {                                                                                                    \
        const struct dual_entry m[] = {__VA_ARGS__};                                                     \
        (void)a;                                                                                         \
        for (size_t k = 0; k < sizeof m / sizeof *m; k++)                                                \
            out[k] = (ketsim_complex){__imag__ m[k].re / H, __imag__ m[k].im / H};                       \
    }
#include "ketsim_gates.def"
#undef cos
#undef sin

/* Once more to see of which numbers cosines and sines are: angle k as it is, or half of it.  Where the angles are 4^k, a
 * number tells whose it is, and the compiler folds the question. */
_Static_assert(KETSIM_MAX_ANGLES == 3, "angles that have a number here");
#define PLACE(x) ((x) < 1.5 ? 0 : (x) < 6 ? 1 : 2)
static const double marks[KETSIM_MAX_ANGLES] = {1, 4, 16};

static inline double note(double *out, const double *angles, double x)
{
    return out[PLACE(x)] = angles[PLACE(x)] * (x / marks[PLACE(x)]);
}

#define cos(x) note(out, angles, x)
#define sin(x) note(out, angles, x)
#define KETSIM_GATE_ROW(id, aliases, ncontrols, ntargets, nangles, angle_names, inverse, generator, doc, \
                        ...)                                                                             \
    static void arguments_##id(double *out, const double *angles)                                        \
    {                                                                                                    \
        const double *const a = marks;                                                                   \
        const c_whole m[] = {__VA_ARGS__};                                                               \
        (void)a;                                                                                         \
        (void)m;                                                                                         \
        (void)out;                                                                                       \
        (void)angles;                                                                                    \
    }
#include "ketsim_gates.def"
#undef cos
#undef sin

/* And the matrices made of these cosines and sines. */
#define cos(x) cosines[PLACE(x)]
#define sin(x) sines[PLACE(x)]
#define KETSIM_GATE_ROW(id, aliases, ncontrols, ntargets, nangles, angle_names, inverse, generator, doc, \
                        ...)                                                                             \
    static void matrix_of_##id(ketsim_complex *out, const double *cosines, const double *sines)          \
    {                                                                                                    \
        const double *const a = marks;                                                                   \
        const c_whole m[] = {__VA_ARGS__};                                                               \
        (void)a;                                                                                         \
        (void)cosines;                                                                                   \
        (void)sines;                                                                                     \
        memcpy(out, m, sizeof m);                                                                        \
    }
#include "ketsim_gates.def"
#undef cos
#undef sin

#define INVERSE(row, k0, k1, k2) \
    KETSIM_GATE_##row,           \
    {                            \
        k0, k1, k2               \
    }

/* Once more the same expressions, as whether they can be other than 0. */
#undef C
#undef O
#undef E
#undef EXP
#undef EXPM
#define C(re, im) 1
#define O 0
#define E 1
#define EXP(x) 1
#define EXPM(x) 1
#define FORM(filled, dim, on_diagonal) \
    ((filled) > (dim) ? GATE_MIXES : (on_diagonal) == (dim) ? GATE_PHASES : GATE_FLIPS)
#define FORM_1(a, b, c, d) FORM((a) + (b) + (c) + (d), 2, (a) + (d))
#define FORM_2(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)                                             \
    FORM((a) + (b) + (c) + (d) + (e) + (f) + (g) + (h) + (i) + (j) + (k) + (l) + (m) + (n) + (o) + (p), 4, \
         (a) + (f) + (k) + (p))
#define SPREAD_1(a, b, c, d) ((b) | (c))
#define SPREAD_2(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) \
    (((b) | (e) | (l) | (o)) * 1 | ((c) | (h) | (i) | (n)) * 2 | ((d) | (g) | (j) | (m)) * 3)
/* Rows are on one or two targets. */
#define FORM_OF(ntargets, ...) FORM_##ntargets(__VA_ARGS__)
#define SPREAD_OF(ntargets, ...) SPREAD_##ntargets(__VA_ARGS__)

const struct gate_shape gates_shapes[KETSIM_GATE_COUNT] = {
#define KETSIM_GATE_ROW(id, aliases, ncontrols, ntargets, nangles, angle_names, inverse, generator, doc, \
                        ...)                                                                             \
    [KETSIM_GATE_##id] = {ncontrols, ntargets, nangles, FORM_OF(ntargets, __VA_ARGS__),                  \
                          SPREAD_OF(ntargets, __VA_ARGS__)},
#include "ketsim_gates.def"
};

static const struct row {
    ketsim_gate_info info;
    void (*matrix)(ketsim_complex *out, const double *angles);
    void (*derivative)(ketsim_complex *out, const dual *angles);
    void (*arguments)(double *out, const double *angles);
    void (*matrix_of)(ketsim_complex *out, const double *cosines, const double *sines);
} table[KETSIM_GATE_COUNT] = {
#define KETSIM_GATE_ROW(id, aliases, ncontrols, ntargets, nangles, angle_names, inverse, generator, doc, \
                        ...)                                                                             \
    [KETSIM_GATE_##                                                                                      \
        id] = {{#id, aliases, angle_names, generator, doc, ncontrols, ntargets, nangles, inverse},       \
               matrix_##id,                                                                              \
               derivative_##id,                                                                          \
               arguments_##id,                                                                           \
               matrix_of_##id},
#include "ketsim_gates.def"
};

const ketsim_gate_info *ketsim_gate_lookup(ketsim_gate gate)
{
    return (unsigned)gate < KETSIM_GATE_COUNT ? &table[gate].info : NULL;
}

void gates_matrix(ketsim_gate gate, ketsim_complex *out, const double *angles)
{
    table[gate].matrix(out, angles);
}

void gates_arguments(ketsim_gate gate, double *out, const double *angles)
{
    table[gate].arguments(out, angles);
}

void gates_matrix_of(ketsim_gate gate, ketsim_complex *out, const double *cosines, const double *sines)
{
    table[gate].matrix_of(out, cosines, sines);
}

void gates_derivative(ketsim_gate gate, ketsim_complex *out, const double *angles, unsigned by)
{
    dual a[KETSIM_MAX_ANGLES];
    for (unsigned k = 0; k < table[gate].info.nangles; k++)
        a[k] = __builtin_complex(angles[k], k == by ? H : 0.0);
    table[gate].derivative(out, a);
}

ketsim_status ketsim_gate_matrix(ketsim_gate gate, ketsim_complex *out, const double *angles)
{
    const ketsim_gate_info *row = ketsim_gate_lookup(gate);
    if (!row)
        return fail(KETSIM_ERR_ARGUMENT, "gate %d: must be a row of the table, 0..%d", (int)gate,
                    KETSIM_GATE_COUNT - 1);
    for (unsigned k = 0; k < row->nangles; k++)
        if (!isfinite(angles[k]))
            return fail(KETSIM_ERR_ARGUMENT, "%s: angle %u is %g: must be finite", row->name, k, angles[k]);
    gates_matrix(gate, out, angles);
    return KETSIM_OK;
}

/* Whether word is one of the space-separated words of list. */
static bool is_listed(const char *list, const char *word)
{
    const size_t length = strlen(word);
    for (const char *at = list; length && (at = strstr(at, word)); at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || !at[length])) return true;
    return false;
}

/* Letters to insert, drop or change to make b of a, case aside (Levenshtein 1966); long words count as far. */
static unsigned edit_distance(const char *a, const char *b)
{
    enum { LONGEST = 16, FAR = 99 };
    unsigned cost[LONGEST + 1];
    const size_t na = strlen(a), nb = strlen(b);
    if (na > LONGEST || nb > LONGEST) return FAR;
    for (size_t j = 0; j <= nb; j++) cost[j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned diagonal = cost[0];
        cost[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            const unsigned change = diagonal + (strncasecmp(a + i - 1, b + j - 1, 1) != 0);
            const unsigned shift = (cost[j] < cost[j - 1] ? cost[j] : cost[j - 1]) + 1;
            diagonal = cost[j];
            cost[j] = change < shift ? change : shift;
        }
    }
    return cost[nb];
}

/* The name, or alias, that is fewest edits from name, if any is near. */
static const char *nearest_name(char *out, size_t size, const char *name)
{
    unsigned best = 3;
    *out = 0;
    for (int g = 0; g < KETSIM_GATE_COUNT; g++) {
        char words[64];
        snprintf(words, sizeof words, "%s %s", table[g].info.name, table[g].info.aliases);
        for (char *rest = words, *word; (word = strtok_r(rest, " ", &rest));) {
            const unsigned distance = edit_distance(name, word);
            if (distance < best && distance < strlen(name)) {
                best = distance;
                snprintf(out, size, "%s", word);
            }
        }
    }
    return *out ? out : NULL;
}

static ketsim_status fail_unknown(const char *name)
{
    char near[64], all[400] = "";
    if (nearest_name(near, sizeof near, name))
        return fail(KETSIM_ERR_ARGUMENT, "gate '%.40s': unknown; did you mean '%s'?", name, near);
    size_t used = 0;
    for (int g = 0; g < KETSIM_GATE_COUNT && used < sizeof all; g++)
        used += (size_t)snprintf(all + used, sizeof all - used, " %s", table[g].info.name);
    return fail(KETSIM_ERR_ARGUMENT, "gate '%.40s': unknown; must be one of%s", name, all);
}

ketsim_status ketsim_gate_find(ketsim_gate *out, const char *name)
{
    for (int g = 0; g < KETSIM_GATE_COUNT; g++)
        if (!strcmp(table[g].info.name, name) || is_listed(table[g].info.aliases, name)) {
            *out = (ketsim_gate)g;
            return KETSIM_OK;
        }
    return fail_unknown(name);
}
