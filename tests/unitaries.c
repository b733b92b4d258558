/* unitaries.c - see unitaries.h. */
#include "unitaries.h"

#include <math.h>

#include "check.h"

double random_special_angle(uint64_t *seed)
{
    const double angle = M_PI / 4 * ((double)random_below(seed, 33) - 16);
    const unsigned way = random_below(seed, 4);
    if (way == 0) return random_real(seed, -7, 7);
    if (way == 1) return angle + random_real(seed, -1, 1) * pow(10, -4 - (double)random_below(seed, 14));
    return angle;
}

/* Root of SWAP, which the table does not have. */
static const ketsim_complex root_swap[16] = {{1, 0},      {0, 0}, {0, 0}, {0, 0},      {0, 0},     {0.5, 0.5},
                                             {0.5, -0.5}, {0, 0}, {0, 0}, {0.5, -0.5}, {0.5, 0.5}, {0, 0},
                                             {0, 0},      {0, 0}, {0, 0}, {1, 0}};

/* One more factor on the left, of one row of the table or the root of SWAP. */
static void multiply(oracle_amp columns[4][4], uint64_t *seed)
{
    static const char *const names[] = {"H",   "S",   "SX",   "X",    "T",    "RX",    "RY",
                                        "RZ",  "U",   "CNOT", "CNOT", "SWAP", "ISWAP", "ECR",
                                        "RXX", "RYY", "RZZ",  "CP",   "FSIM", ""};
    const char *name = names[random_below(seed, sizeof names / sizeof *names)];
    oracle_amp matrix[ORACLE_MAX_MATRIX];
    double angles[KETSIM_MAX_ANGLES];
    for (unsigned k = 0; k < KETSIM_MAX_ANGLES; k++) angles[k] = random_special_angle(seed);
    unsigned count = 2;
    if (*name) count = oracle_gate(matrix, name, angles);
    else
        for (unsigned k = 0; k < 16; k++) matrix[k] = root_swap[k].re + root_swap[k].im * I;
    const int first = (int)random_below(seed, 2), qubits[] = {first, 1 - first};
    for (unsigned k = 0; k < 4; k++) oracle_matrix(columns[k], 2, matrix, qubits, count, NULL, 0, 0);
}

void random_pair_unitary(ketsim_complex *out, uint64_t *seed)
{
    oracle_amp columns[4][4] = {{1}, {0, 1}, {0, 0, 1}, {0, 0, 0, 1}};
    if (!random_below(seed, 8)) {
        oracle_random_unitary(out, 2, seed);
        return;
    }
    for (unsigned k = random_below(seed, 9); k; k--) multiply(columns, seed);
    for (unsigned k = 0; k < 16; k++) {
        const oracle_amp entry = columns[k % 4][k / 4];
        out[k] = (ketsim_complex){(double)creall(entry), (double)cimagl(entry)};
    }
}
