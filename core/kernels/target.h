/* target.h - TARGET_BEGIN("isa") ... TARGET_END: compile what stands between for an ISA, whatever the flags.
 * Standard headers are included before it; no OpenMP inside (clang 14 loses the target in outlined regions). */
#ifndef KETSIM_CORE_TARGET_H
#define KETSIM_CORE_TARGET_H

#define TARGET_PRAGMA(...) _Pragma(#__VA_ARGS__)
#if defined(__clang__)
#define TARGET_BEGIN(isa) \
    TARGET_PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
#define TARGET_END TARGET_PRAGMA(clang attribute pop)
#else
#define TARGET_BEGIN(isa) TARGET_PRAGMA(GCC push_options) TARGET_PRAGMA(GCC target(isa))
#define TARGET_END TARGET_PRAGMA(GCC pop_options)
#endif

#endif
