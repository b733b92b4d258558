/* overlap_body.h - sums of products of two states, written once.  Included by each ISA's file with
 *
 *   SET           suffix of the names, e.g. avx2
 *   REALS         doubles in a vector: 2, 4 or 8
 *   FMA(a, b, c)  a * b + c, rounded once where the ISA can
 *
 * which are undefined again at the end.
 *
 * Each of the reals of a group has a sum of its own, added to in rising order: so bits are the same on every ISA that
 * has a fused multiply-add.  As many sums as fit the registers are made at a time. */
#include "lanes.h"

#define CAT_(a, b) a##_##b
#define CAT(a, b) CAT_(a, b)
#define FN(name) CAT(name, SET)
#define vec FN(overlap_vec)

typedef double vec __attribute__((vector_size(REALS * sizeof(double))));

static void FN(overlap)(double straight[OVERLAP_REALS], double crossed[OVERLAP_REALS], const double *bra,
                        const double *ket, const struct overlap_loop *loop)
{
    enum { TOGETHER = 4 };
    const uint64_t skip = loop->skip, values = loop->values, x = loop->x, end = loop->end;
    for (unsigned first = 0; first < OVERLAP_REALS; first += TOGETHER * REALS) {
        vec p[TOGETHER] = {{0}}, q[TOGETHER] = {{0}};
        for (uint64_t i = values; i < end; i = next_around(i, skip, OVERLAP_GROUP) | values)
            for (unsigned k = 0; k < TOGETHER; k++) {
                const vec v = *(const vec *)(bra + 2 * i + first + k * REALS),
                          w = *(const vec *)(ket + 2 * (i ^ x) + first + k * REALS);
                p[k] = FMA(v, w, p[k]);
                q[k] = FMA(v, EXCHANGE_PARTS(w, REALS), q[k]);
            }
        memcpy(straight + first, p, sizeof p);
        memcpy(crossed + first, q, sizeof q);
    }
}

#undef CAT_
#undef CAT
#undef FN
#undef vec
#undef SET
#undef REALS
#undef FMA
