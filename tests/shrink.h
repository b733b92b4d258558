/* shrink.h - a list of operations that fails made short, and what is left of it in words. */
#ifndef KETSIM_TESTS_SHRINK_H
#define KETSIM_TESTS_SHRINK_H

#include "helpers.h"

/* Whether a test of the operations fails; context is the test's own. */
typedef bool fails_function(void *context, const struct stored_op *ops, size_t count);

/* Leave out operations as long as it still fails, for at most a minute; returns how many are left at the front. */
size_t shrink(struct stored_op *ops, size_t count, fails_function *fails, void *context);

/* One line an operation to stderr: gate, qubits, controls with their values, angles or matrix, all digits. */
void print_ops(const struct stored_op *ops, size_t count);

/* Why the list under test fails, by the first EXPECT() that did not hold; "" while all have. */
extern char failure[300];

/* The condition, noted with a printf-style message when it does not hold: for tests whose lists are shrunk. */
#define EXPECT(cond, ...) ((cond) || (note_failure(__VA_ARGS__), false))

__attribute__((format(printf, 1, 2))) void note_failure(const char *format, ...);

#endif
