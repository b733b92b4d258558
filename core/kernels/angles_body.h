/* angles_body.h - cosines and sines of many angles, written once.  Included by each ISA's file that has a fused multiply-add
 * with
 *
 *   SET           suffix of the names, e.g. avx2
 *   REALS         doubles in a vector: 2, 4 or 8
 *   FMA(a, b, c)  a * b + c, rounded once
 *
 * which are undefined again at the end.  Each number takes the same steps on every ISA: hence the same bits.
 *
 * An angle is a multiple k of pi/2 and a rest of at most pi/4, in two parts (Cody and Waite, Software Manual for the
 * Elementary Functions, chapter 8); the rest's cosine and sine are their Taylor series, short of 2^-60. */
#define CAT_(a, b) a##_##b
#define CAT(a, b) CAT_(a, b)
#define FN(name) CAT(name, SET)
#define vec FN(angles_vec)
#define ivec FN(angles_ivec)
#define ALL(x) ((vec){0} + (x))

typedef double vec __attribute__((vector_size(REALS * sizeof(double))));
typedef int64_t ivec __attribute__((vector_size(REALS * sizeof(double))));

static inline vec FN(angles_pick)(ivec mask, vec yes, vec no)
{
    return (vec)((mask & (ivec)yes) | (~mask & (ivec)no));
}

/* Sum of terms[k] z^k, of so many terms that the loop is none. */
static inline __attribute__((always_inline)) vec FN(angles_series)(const double *terms, unsigned count, vec z)
{
    vec sum = ALL(terms[count - 1]);
    for (unsigned k = count - 1; k-- > 0;) sum = FMA(sum, z, ALL(terms[k]));
    return sum;
}

static inline void FN(angles_some)(double *cosines, double *sines, const double *angles)
{
    /* Of (sin x - x) / x^3 and (cos x - 1 + x^2 / 2) / x^4. */
    static const double of_sine[] = {
        -1.0 / 6,        1.0 / 120,        -1.0 / 5040,          1.0 / 362880,
        -1.0 / 39916800, 1.0 / 6227020800, -1.0 / 1307674368000, 1.0 / 355687428096000};
    static const double of_cosine[] = {
        1.0 / 24,        -1.0 / 720,         1.0 / 40320,         -1.0 / 3628800,
        1.0 / 479001600, -1.0 / 87178291200, 1.0 / 20922789888000};
    const vec x = *(const vec *)angles, round = ALL(0x1.8p52);
    const vec shifted = FMA(x, ALL(ANGLES_2_PI), round), k = shifted - round;
    const ivec quarter = (ivec)shifted;
    const vec near = FMA(-k, ALL(ANGLES_PI_2_HIGH), x); /* without a rounding */
    const vec r = FMA(-k, ALL(ANGLES_PI_2_LOW), near), rest = FMA(-k, ALL(ANGLES_PI_2_LOW), near - r);
    const vec z = r * r, half = z * 0.5, most = 1 - half;
    const vec rest_of_sine = FMA(-rest, half, rest),
              sine = r + FMA(r * z, FN(angles_series)(of_sine, 8, z), rest_of_sine);
    const vec cosine = most + (1 - most - half + FMA(z * z, FN(angles_series)(of_cosine, 7, z), -r * rest));
    const ivec odd = -(quarter & 1), cosine_sign = (quarter + 1) << 62, sine_sign = quarter << 62;
    const ivec minus = (ivec){0} + INT64_MIN;
    *(vec *)cosines = (vec)((ivec)FN(angles_pick)(odd, sine, cosine) ^ (cosine_sign & minus));
    *(vec *)sines = (vec)((ivec)FN(angles_pick)(odd, cosine, sine) ^ (sine_sign & minus));
}

static void FN(angles)(double *cosines, double *sines, const double *angles, unsigned count)
{
    for (unsigned k = 0; k < count; k += REALS) FN(angles_some)(cosines + k, sines + k, angles + k);
}

#undef CAT_
#undef CAT
#undef FN
#undef vec
#undef ivec
#undef ALL
#undef SET
#undef REALS
#undef FMA
