/* guess.h - how long a run should take on one thread, from its operations alone, before there is a plan.
 *
 * Nothing of it is measured where it runs, so that it costs little and is the same each time.  It has no say in what a run
 * does; only in who does it, and when. */
#ifndef KETSIM_CORE_GUESS_H
#define KETSIM_CORE_GUESS_H

#include "program.h"

/* Where operations run. */
struct guess {
    unsigned nqubits;
    ketsim_dtype dtype;
    bool from_label; /* amplitudes are only where operations have brought them */
    bool has_plan;   /* where they do not run directly (direct.h), nothing is planned any more */
};

/* Nanoseconds that a program takes: within about 2 times, but for operations that undo each other or do nothing.  Looks at each
 * operation where they are planned, which takes a hundred times as long; where they run directly at a few. */
double guess_program_ns(const struct guess *guess, const struct program *program);

/* The same of so many operations that nobody has looked at, as many on one qubit as on two. */
double guess_operations_ns(const struct guess *guess, size_t count);

/* That expectation values of so many terms take, and drawing outcomes, and a measurement that changes the state. */
double guess_terms_ns(unsigned nqubits, double terms);
double guess_samples_ns(unsigned nqubits, uint64_t shots);
double guess_collapse_ns(unsigned nqubits);

#endif
