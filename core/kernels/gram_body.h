/* gram_body.h - inner products of rows of a matrix, written once.  Included by each ISA's file with
 *
 *   SET           suffix of the names, e.g. avx2
 *   REALS         doubles in a vector: 2, 4 or 8
 *   FMA(a, b, c)  a * b + c, rounded once where the ISA can
 *
 * which are undefined again at the end.
 *
 * Real number i goes to sum i % 8 of each product, whatever the vectors are and how many rows are done together: so bits are
 * the same on every ISA that has a fused multiply-add. */
#include "lanes.h"

#define CAT_(a, b) a##_##b
#define CAT(a, b) CAT_(a, b)
#define FN(name) CAT(name, SET)
#define vec FN(gram_vec)

typedef double vec __attribute__((vector_size(REALS * sizeof(double))));

static inline ketsim_complex FN(gram_sum)(const double *straight, const double *crossed)
{
    double re = 0, im = 0;
    for (unsigned k = 0; k < GRAM_SUMS; k++) {
        re += straight[k];
        im += k % 2 ? -crossed[k] : crossed[k];
    }
    return (ketsim_complex){re, im};
}

/* So many rows of b together, as a constant. */
static inline
    __attribute__((always_inline)) void FN(gram_some)(ketsim_complex *out, const ketsim_complex *a,
                                                      const ketsim_complex *b, unsigned rows, size_t dim)
{
    enum { PARTS = GRAM_SUMS / REALS };
    const double *x = (const double *)a, *y = (const double *)b;
    vec straight[4][PARTS] = {0}, crossed[4][PARTS] = {0}, v, w;
    for (size_t i = 0; i < 2 * dim; i += GRAM_SUMS)
        for (unsigned p = 0; p < PARTS; p++) {
            memcpy(&v, x + i + p * REALS, sizeof v);
            const vec swapped = EXCHANGE_PARTS(v, REALS);
            for (unsigned r = 0; r < rows; r++) {
                memcpy(&w, y + 2 * dim * r + i + p * REALS, sizeof w);
                straight[r][p] = FMA(v, w, straight[r][p]);
                crossed[r][p] = FMA(swapped, w, crossed[r][p]);
            }
        }
    for (unsigned r = 0; r < rows; r++)
        out[r] = FN(gram_sum)((const double *)straight[r], (const double *)crossed[r]);
}

static void FN(gram)(ketsim_complex *out, const ketsim_complex *a, const ketsim_complex *b, size_t rows,
                     size_t dim)
{
    enum { TOGETHER = REALS == 8 ? 4 : 2 }; /* whose sums fit the registers */
    size_t r = 0;
    for (; r + TOGETHER <= rows; r += TOGETHER) FN(gram_some)(out + r, a, b + r * dim, TOGETHER, dim);
    for (; r < rows; r++) FN(gram_some)(out + r, a, b + r * dim, 1, dim);
}

#undef CAT_
#undef CAT
#undef FN
#undef vec
#undef SET
#undef REALS
#undef FMA
