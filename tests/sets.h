/* sets.h - the kernel sets that a test can run here, and the shape of AVX-512 on any machine. */
#ifndef KETSIM_TESTS_SETS_H
#define KETSIM_TESTS_SETS_H

#include "../core/kernels/kernel.h"
#include "check.h"

enum { MOST_SETS = 8 };
extern const struct kernel_set kernels_emulated512 __attribute__((weak)); /* `make EMULATED=` has none */

/* The emulated one, where it was built, comes first, and the set in use last.  Returns how many. */
static inline unsigned find_sets(const struct kernel_set **sets)
{
    static const char *const isas[] = {"base", "avx2", "avx512", "neon"};
    unsigned count = 0;
    if (&kernels_emulated512 != NULL) sets[count++] = &kernels_emulated512;
    else printf("emulated512: left out of this build\n");
    for (unsigned k = 0; k < sizeof isas / sizeof *isas; k++) {
        if (ketsim_isa_available(isas[k])) {
            CHECK_OK(ketsim_set_isa(isas[k]));
            sets[count++] = kernels();
        } else {
            printf("%s: skipped, not built or not on this CPU\n", isas[k]);
        }
    }
    return count;
}

#endif
