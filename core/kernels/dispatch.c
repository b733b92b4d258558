/* dispatch.c - which kernel set runs on this CPU.  The only file that asks what the CPU has. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "../bits.h"
#include "../error.h"
#include "kernel.h"

/* Best first; the last row needs nothing. */
#if defined(__x86_64__)
static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#define NATIVE_SETS(X) X(avx512) X(avx2)
#elif defined(__aarch64__)
static bool has_neon(void)
{
    return true; /* part of the base architecture */
}
#define NATIVE_SETS(X) X(neon)
#else
#define NATIVE_SETS(X)
#endif
static bool has_base(void)
{
    return true;
}

#define DECLARE(isa) extern const struct kernel_set kernels_##isa;
NATIVE_SETS(DECLARE)
DECLARE(base)

static const struct {
    const struct kernel_set *set;
    bool (*has)(void);
} sets[] = {
#define ROW(isa) {&kernels_##isa, has_##isa},
    NATIVE_SETS(ROW) ROW(base)};
enum { NSETS = sizeof sets / sizeof *sets };

static _Atomic(const struct kernel_set *) chosen;

static const struct kernel_set *find(const char *isa)
{
    for (int k = 0; k < NSETS; k++)
        if ((!isa || !strcmp(isa, sets[k].set->isa)) && sets[k].has()) return sets[k].set;
    return NULL;
}

const struct kernel_set *kernels(void)
{
    const struct kernel_set *set = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (!set) {
        const char *wanted = getenv("KETSIM_ISA");
        set = wanted ? find(wanted) : NULL;
        if (!set) set = find(NULL); /* an unknown name is not worth refusing to work */
        atomic_store_explicit(&chosen, set, memory_order_relaxed);
    }
    return set;
}

const char *ketsim_isa(void)
{
    return kernels()->isa;
}

bool ketsim_isa_available(const char *name)
{
    return find(name) != NULL;
}

ketsim_status ketsim_set_isa(const char *name)
{
    const struct kernel_set *set = find(name);
    if (!set)
        return fail(KETSIM_ERR_ARGUMENT,
                    "ISA '%.20s': must be one this CPU runs, of avx512, avx2, neon, base", name);
    atomic_store_explicit(&chosen, set, memory_order_relaxed);
    return KETSIM_OK;
}

uint64_t kernel_groups(const struct kernel_set *set, ketsim_dtype dtype, const struct sweep *sweep,
                       unsigned nbits, bool in_place)
{
    const unsigned lanes = set->lane_bits[dtype], bits = nbits > lanes ? nbits : lanes;
    const uint64_t skip = skip_bits(dtype == KETSIM_COMPLEX128 ? 16 : 8);
    const uint64_t constant = sweep_group_bits(sweep) | (in_place ? sweep->control_mask & skip : 0);
    return UINT64_C(1) << (bits - lanes - bit_count(constant >> lanes));
}
