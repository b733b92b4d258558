/* squares_body.h - sums of squares of neighbors, written once.  Included by each ISA's file with
 *
 *   SET    suffix of the names, e.g. avx2
 *   REALS  doubles in a vector: 2, 4 or 8
 *
 * which are undefined again at the end.  Squares are rounded before they are added, and each sum has its own order: hence the
 * same bits on every ISA. */
#define CAT_(a, b) a##_##b
#define CAT(a, b) CAT_(a, b)
#define FN(name) CAT(name, SET)
#define vec FN(squares_vec)
#define pair FN(squares_pair)

typedef double vec __attribute__((vector_size(REALS * sizeof(double))));
typedef double pair __attribute__((vector_size(2 * sizeof(double))));

static inline double FN(squares_leaf)(const double *x)
{
    enum { TOGETHER = SQUARES_SUMS / REALS, ROUNDS = 2 * SQUARES_LEAF / SQUARES_SUMS };
    vec sum[TOGETHER], v;
    pair p[SQUARES_SUMS / 2];
    for (unsigned r = 0; r < ROUNDS; r++)
        for (unsigned k = 0; k < TOGETHER; k++) {
            memcpy(&v, x + r * SQUARES_SUMS + k * REALS, sizeof v);
            sum[k] = r ? sum[k] + v * v : v * v;
        }
    memcpy(p, sum, sizeof p);
    const pair all = p[0] + p[2] + (p[1] + p[3]);
    return all[0] + all[1];
}

static void FN(squares)(double *sums, const double *x, uint64_t leaves)
{
    for (uint64_t l = 0; l < leaves; l++) sums[l] = FN(squares_leaf)(x + 2 * SQUARES_LEAF * l);
}

#undef CAT_
#undef CAT
#undef FN
#undef vec
#undef pair
#undef SET
#undef REALS
