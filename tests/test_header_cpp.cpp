/* The header as a C++17 program sees it: it compiles without a warning, links, and makes a Bell pair. */
#include "ketsim.h"
#include "ketsim.h" /* NOLINT: twice on purpose */

#include <cmath>
#include <complex>
#include <cstdio>

static_assert(KETSIM_GATE_COUNT >= 36, "rows are never removed");
static_assert(sizeof(ketsim_complex) == sizeof(std::complex<double>), "layout of std::complex<double>");
#if defined(KETSIM_GATE_ROW) || defined(INVERSE)
#error "ketsim.h leaves a macro behind"
#endif

int main()
{
    const double half = 0.5;
    const int first[] = {0}, both[] = {0, 1};
    ketsim_state *state = nullptr;
    ketsim_op ops[2] = {};
    double p[4] = {};

    ops[0].gate = KETSIM_GATE_H;
    ops[0].qubits = first;
    ops[0].nqubits = 1;
    ops[1].gate = KETSIM_GATE_CNOT;
    ops[1].qubits = both;
    ops[1].nqubits = 2;
    bool right = ketsim_state_new(&state, 2, KETSIM_COMPLEX128) == KETSIM_OK &&
                 ketsim_apply_ops(state, ops, 2, nullptr) == KETSIM_OK &&
                 ketsim_probabilities(state, p, nullptr, 0) == KETSIM_OK && std::fabs(p[0] - half) < 1e-15 &&
                 p[1] == 0 && p[2] == 0 && std::fabs(p[3] - half) < 1e-15;
    if (!right)
        std::fprintf(stderr, "Bell pair: %g %g %g %g (%s)\n", p[0], p[1], p[2], p[3], ketsim_last_error());
    else std::printf("a Bell pair from C++, version %s\n", ketsim_version_string());
    ketsim_state_free(state);
    return right ? 0 : 1;
}
