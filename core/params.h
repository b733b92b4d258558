/* params.h - the named parameters of a circuit, and which of its angles are linear forms in them.
 *
 * The program holds the offset of such a form as the operation's angle; the terms are here.  Names stand in the order of
 * their first use, so that circuits of equal operations have equal lists. */
#ifndef KETSIM_CORE_PARAMS_H
#define KETSIM_CORE_PARAMS_H

#include "program.h"

struct param_term {
    size_t param;
    double factor;
};

/* One angle of one operation: its offset and the terms [first, last); or what the body of one uses. */
struct param_form {
    size_t op, first, last;
    unsigned angle;
};

struct param_name {
    uint64_t hash;
    char *text;
};

/* All zeros: none. */
struct params {
    size_t count, capacity;
    struct param_name *names;
    size_t nforms, form_capacity;
    struct param_form *forms; /* by operation, then angle */
    size_t nterms, term_capacity;
    struct param_term *terms; /* in the order of forms */
};

void params_clear(struct params *params); /* frees what it holds; none afterwards */

/* The linear forms of the angles of an operation that was checked and is number index of the program.  When these fail
 * the caller truncates. */
ketsim_status params_append(struct params *params, size_t index, const ketsim_linear *linear,
                            unsigned nangles);

/* Those of other, whose operations stand from number base on. */
ketsim_status params_extend(struct params *params, const struct params *other, size_t base);

/* Those of the inverse of a program. */
ketsim_status params_extend_inverse(struct params *params, const struct params *other,
                                    const struct program *program);

/* Those of the body of operation number index, each once, in the order of the body's names. */
enum { PARAMS_BODY = 1 << 16 }; /* the angle that their form has */
ketsim_status params_append_body(struct params *params, size_t index, const struct params *body);

/* Forget what the operations after the first length used. */
void params_truncate(struct params *params, size_t length);

/* Forget the forms of the operations that are not kept, by their numbers before.  All names stay: values are as many. */
void params_keep(struct params *params, const bool *kept);

/* The form that an angle is, or NULL. */
const struct param_form *params_find(const struct params *params, size_t index, unsigned angle);

/* Whether values are as many as the parameters, and finite. */
ketsim_status params_check(const struct params *params, const double *values, size_t count);

/* Write the angles of to, which has the operations of from, or is NULL; fails when one is not finite. */
ketsim_status params_bind(const struct params *params, struct program *to, const struct program *from,
                          const double *values);

/* Whether no angle of the program can be anything but finite while all values are at most so large. */
bool params_bounded(const struct params *params, const struct program *program, double largest);

/* The failure of what needs numbers, naming the parameters. */
ketsim_status params_fail_unbound(const struct params *params);

#endif
