/* forming.h - building blocks of the canonical form, for form.c and append.c. */
#ifndef KETSIM_CORE_PASSES_FORMING_H
#define KETSIM_CORE_PASSES_FORMING_H

#include "../cplx.h"
#include "form.h"
#include "list.h"

/* Below this an entry of a unitary matrix is a rounding error of 0. */
#define FORM_NOTHING 1e-15

/* Make room in a list of the form, or remember that there is none. */
#define FORM_RESERVE(form, items, capacity, length, count) \
    (LIST_RESERVE(form, items, length, capacity, count) || ((form)->out_of_memory = true, false))

static inline struct epoch *form_current(struct form *form, unsigned bit)
{
    return &form->epochs[form->last[bit]];
}

/* Whether what is pending on a bit is a flip with phases. */
static inline bool form_is_flipped(const struct form *form, unsigned bit)
{
    return c_is(form->pending[bit][0], 0);
}

/* a / b of phases; what is pending on a bit mostly has 1 for b. */
static inline ketsim_complex form_ratio(ketsim_complex a, ketsim_complex b)
{
    return c_is(b, 1) ? a : c_div(a, b);
}

static inline void form_exchange(uint8_t *place, const uint8_t *bits)
{
    const uint8_t first = place[bits[0]];
    place[bits[0]] = place[bits[1]];
    place[bits[1]] = first;
}

/* Close the current epoch of the bit with what the caller has put in it, and open the next. */
bool form_next_epoch(struct form *form, unsigned bit);

/* The gate u acts on the bit. */
void form_gate(struct form *form, unsigned bit, const ketsim_complex *u);

/* The same for a diagonal. */
void form_diagonal_gate(struct form *form, unsigned bit, ketsim_complex on0, ketsim_complex on1);

/* Move what is pending into the epochs, all but a diagonal or a flip with a diagonal; at the end rather no flip. */
void form_flush(struct form *form, unsigned bit, bool at_end);

/* Bring conditions into the frames of the current epochs, and leave out bits that still are what they were.  False
 * when they can never hold. */
bool form_reduce(struct form *form, uint64_t *mask, uint64_t *values);

/* A phase where the bits of mask have their values. */
void form_phase(struct form *form, uint64_t mask, uint64_t values, ketsim_complex factor);

/* The same with conditions that form_reduce() has brought into the frames of the current epochs. */
void form_place(struct form *form, uint64_t mask, uint64_t values, ketsim_complex factor);

/* Drop the current epoch of the bit, which is empty, and the step before it. */
void form_reopen(struct form *form, unsigned bit);

/* A new term in the current epochs of its bits. */
void form_term(struct form *form, uint64_t mask, uint64_t values, ketsim_complex factor);

/* Whether a matrix on two bits exchanges them, phases apart. */
bool form_is_swap(const ketsim_complex *m);

#endif
