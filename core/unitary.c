/* unitary.c - see unitary.h. */
#include "unitary.h"

#include <math.h>

#include "error.h"
#include "kernels/kernel.h"

enum { ROWS = 64 /* of which a row is multiplied with at a time */, SMALL = GRAM_SUMS / 2 };

void matrix_adjoint(ketsim_complex *m, unsigned dim)
{
    for (size_t r = 0; r < dim; r++)
        for (size_t c = 0; c <= r; c++) {
            const ketsim_complex a = m[r * dim + c], b = m[c * dim + r];
            m[r * dim + c] = (ketsim_complex){b.re, -b.im};
            m[c * dim + r] = (ketsim_complex){a.re, -a.im};
        }
}

/* Inner products of rows that are too short for the kernel. */
static void multiply_short(ketsim_complex *out, const ketsim_complex *a, const ketsim_complex *b, size_t rows,
                           size_t dim)
{
    for (size_t r = 0; r < rows; r++) {
        out[r] = (ketsim_complex){0, 0};
        for (size_t c = 0; c < dim; c++) {
            const ketsim_complex y = b[r * dim + c];
            out[r].re += a[c].re * y.re + a[c].im * y.im;
            out[r].im += a[c].im * y.re - a[c].re * y.im;
        }
    }
}

/* Row r with rows from first to it. */
static double worst_of(const ketsim_complex *u, size_t dim, size_t r, size_t first, size_t last)
{
    gram_kernel *const multiply = dim < SMALL ? multiply_short : kernels()->gram;
    ketsim_complex product[ROWS];
    double worst = 0;
    multiply(product, u + r * dim, u + first * dim, last - first, dim);
    for (size_t s = first; s < last && !isnan(worst); s++) {
        const double size = hypot(product[s - first].re - (r == s), product[s - first].im);
        if (!(size <= worst)) worst = size;
    }
    return worst;
}

/* Some rows at a time, which stay in the cache while all that follow are multiplied with them. */
double matrix_defect(const ketsim_complex *u, unsigned dim)
{
    double worst = 0;
    for (size_t first = 0; first < dim; first += ROWS)
        for (size_t r = first; r < dim; r++) {
            const size_t last = r < first + ROWS ? r + 1 : first + ROWS;
            const double size = worst_of(u, dim, r, first, last);
            if (!(size <= worst)) worst = size;
            if (isnan(worst)) return worst;
        }
    return worst;
}

ketsim_status tolerance_limit(double *limit, const char *what, double tolerance)
{
    static const double usual = 1e-10;
    *limit = tolerance > 0 ? tolerance : usual;
    return tolerance >= 0 && tolerance <= KETSIM_MAX_TOLERANCE
               ? KETSIM_OK
               : fail(KETSIM_ERR_ARGUMENT, "%s: tolerance is %g: must be 0..%g", what, tolerance,
                      KETSIM_MAX_TOLERANCE);
}

bool defect_is_rounding(double defect)
{
    return defect <= 0x1p-46; /* 64 of the last digit of 1: a matrix on one or two qubits has a few */
}
